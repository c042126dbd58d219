"""PocketSphinx: mixtures, hidden Markov models, a lexicon and trigrams (PyPI `pocketsphinx`)."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec

import numpy as np

from audiolessons import signals
from audiolessons.errors import AudioError

RATE = 16000
FRAME_RATE = 100  # a second
NUMERALS = "zero | one | two | three | four | five | six | seven | eight | nine"
DIGIT = f"#JSGF V1.0; grammar digit; public <digit> = {NUMERALS};"
DIGITS = f"#JSGF V1.0; grammar digits; public <digits> = ({NUMERALS})+;"


def is_installed() -> bool:
    """Tell whether the package is there; its English model travels with it."""
    return find_spec("pocketsphinx") is not None


def recognise(audio: np.ndarray, *, sample_rate: float, grammar: str | None = None) -> str:
    """Return the words of a sound (T,), small letters: any English, or what a JSGF grammar allows.

    `DIGIT` and `DIGITS` are such grammars. Where nothing fits, "" is returned.
    """
    decoder = _decoder()
    if grammar is None:
        decoder.activate_search("_default")
    else:
        decoder.add_jsgf_string("given", grammar)
        decoder.activate_search("given")
    _hear(decoder, audio, sample_rate)
    found = decoder.hyp()
    return "" if found is None else re.sub(r"\(\d+\)", "", found.hypstr)


def align(text: str, audio: np.ndarray, *, sample_rate: float) -> list[tuple[str, float, float]]:
    """Return (word, start, end), in seconds, for each word of a text that a sound (T,) speaks."""
    words = re.findall(r"[a-z']+", text.lower())
    decoder = _decoder()
    unknown = [word for word in words if decoder.lookup_word(word) is None]
    if unknown:
        raise AudioError(
            f"pocketsphinx has no sounds of {', '.join(unknown)}: leave such a text out"
        )
    decoder.set_align_text(" ".join(words))
    _hear(decoder, audio, sample_rate)
    spoken = [
        (re.sub(r"\(\d+\)", "", part.word), part.start_frame, part.end_frame + 1)
        for part in decoder.seg() or ()
        if part.word[0] not in "<["  # silence, noise
    ]
    if [word for word, *_ in spoken] != words:
        raise AudioError(f"pocketsphinx finds no way through {text!r}: is it what is spoken?")
    return [(word, start / FRAME_RATE, end / FRAME_RATE) for word, start, end in spoken]


def _hear(decoder, audio, sample_rate):
    """Let it hear one sound as a whole: nothing is kept from one to the next."""
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=RATE)
    counted = np.clip(np.round(32768 * audio), -32768, 32767).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(counted.tobytes(), full_utt=True)
    decoder.end_utt()


@cache
def _decoder():
    if not is_installed():
        raise AudioError("pocketsphinx is not installed: pip install --no-deps pocketsphinx==5.1.1")
    from pocketsphinx import Decoder

    return Decoder(loglevel="FATAL")
