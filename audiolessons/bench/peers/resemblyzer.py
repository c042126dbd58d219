"""Resemblyzer: a recurrent speaker encoder that was trained on thousands of voices (PyPI)."""

from __future__ import annotations

import functools
import warnings
from importlib.util import find_spec

import numpy as np

from audiolessons.errors import AudioError


def is_installed() -> bool:
    """Tell whether the package and the activity detector that it needs are there."""
    return find_spec("resemblyzer") is not None and find_spec("webrtcvad") is not None


@functools.cache
def _encoder():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it takes from scipy what scipy will drop
            from resemblyzer import VoiceEncoder
    except ModuleNotFoundError as missing:
        raise AudioError(
            "resemblyzer is not installed: audiolessons/bench/peers.txt says how"
        ) from missing
    return VoiceEncoder("cpu", verbose=False)


def embed(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return the vector (256,) of a voice (T,), prepared as the package does: level, pauses."""
    encoder = _encoder()
    from resemblyzer import preprocess_wav

    return encoder.embed_utterance(preprocess_wav(audio, source_sr=sample_rate))
