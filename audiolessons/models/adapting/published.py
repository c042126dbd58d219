"""Encoders that others trained on much more speech: wav2vec 2.0, HuBERT, WavLM and Whisper.

They are read by `transformers`, which is optional (`pip install transformers`). The name of a model
is downloaded once; the path of a folder is read from there.
"""

from __future__ import annotations

from os import PathLike

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError
from audiolessons.padding import check_lengths

SAMPLE_RATE = 16000  # Hz: of all of them
SHORTEST = 400  # samples that one frame hears: 25 ms


class PublishedEncoder(nn.Module):
    """A model of `transformers` that takes waveforms at 16 kHz and gives the states of its layers.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Such as a `Wav2Vec2Model` or `HubertModel`.

    Chapter: large/finetuning
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def states(self, audio: Tensor, lengths: Tensor | None = None) -> list[Tensor]:
        """Return what enters the first layer and what leaves each, (B, N, W), about 50 a second.

        audio is (B, T), lengths (B,) in samples. Each sound is brought to mean 0 and deviation 1,
        as most of these models were trained. Sounds of unequal length are asked one by one: the
        smaller models normalise over time, padding included, so that a batch would change them.
        Behind the frames of a shorter sound stands 0.
        """
        if audio.ndim != 2:
            raise AudioError(f"audio has shape {tuple(audio.shape)}: give (B, T), at 16 kHz")
        if not audio.is_floating_point():
            raise AudioError(f"audio holds {audio.dtype}: give floating point, in [-1, 1]")
        if lengths is None:
            lengths = torch.full((len(audio),), audio.shape[1])
        lengths = check_lengths(lengths, n_frames=audio.shape[1], batch_size=len(audio))
        if lengths.min() < SHORTEST:
            raise AudioError(
                f"a sound has {int(lengths.min())} samples: give at least {SHORTEST}, 25 ms at "
                "16 kHz"
            )
        if (lengths == lengths[0]).all():
            return self._of_one_length(audio[:, : lengths[0]])
        each = [
            self._of_one_length(one[None, :n])
            for one, n in zip(audio, lengths.tolist(), strict=True)
        ]
        return [
            nn.utils.rnn.pad_sequence([one[0] for one in layer], batch_first=True)
            for layer in zip(*each, strict=True)
        ]

    def _of_one_length(self, audio):
        even = audio - audio.mean(dim=1, keepdim=True)
        even = even / (even.square().mean(dim=1, keepdim=True) + 1e-7).sqrt()
        return list(self.model(even, output_hidden_states=True).hidden_states)


def published_encoder(name: str | PathLike) -> PublishedEncoder:
    """Return an encoder that was trained on waveforms without labels.

    Parameters
    ----------
    name : str or path
        Such as "facebook/wav2vec2-base", "facebook/hubert-base-ls960" or "microsoft/wavlm-base", or
        a folder with `config.json` and the weights.

    Raises
    ------
    AudioError
        If transformers is not there, or the model is not found or of another kind.

    Examples
    --------
    >>> published_encoder("no/such folder")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: ...

    References
    ----------
    A. Baevski et al., "wav2vec 2.0: a framework for self-supervised learning of speech
    representations", NeurIPS 2020.

    Chapter: large/finetuning
    """
    model = _loaded("AutoModel", name)
    if getattr(model, "main_input_name", "") != "input_values":
        raise AudioError(
            f"{name!s} is {type(model).__name__}, which takes no waveforms: give a wav2vec 2.0, "
            "HuBERT or WavLM"
        )
    return PublishedEncoder(model).eval()


def published_whisper(name: str | PathLike) -> tuple:
    """Return Whisper, and what makes its input: (model, extractor).

    `extractor(audio, sampling_rate=16000, return_tensors="pt").input_features` are log-mel frames
    of 30 s; `model.generate(these)` gives tokens.

    Parameters
    ----------
    name : str or path
        Such as "openai/whisper-tiny", or a folder.

    Raises
    ------
    AudioError
        As `published_encoder` does.

    Examples
    --------
    >>> published_whisper("no/such folder")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: ...

    References
    ----------
    A. Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023.

    Chapter: large/finetuning
    """
    return _loaded("WhisperForConditionalGeneration", name).eval(), _loaded(
        "WhisperFeatureExtractor", name
    )


def _loaded(kind: str, name):
    """Return what a class of transformers reads, or say in one sentence why it does not."""
    try:
        import transformers
    except ImportError as problem:
        raise AudioError("transformers is not there: pip install transformers") from problem
    try:
        return getattr(transformers, kind).from_pretrained(name)
    except (OSError, ValueError, KeyError) as problem:
        said = " ".join(str(problem).split())[:160]
        raise AudioError(
            f"{str(name)!r} was not loaded: give the name of a published model, with a network, or "
            f"a folder that holds one ({said})"
        ) from problem
