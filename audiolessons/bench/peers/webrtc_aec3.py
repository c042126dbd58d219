"""The echo canceller of WebRTC, AEC3: delay, linear filter, suppression (`pywebrtc-audio`)."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from audiolessons.errors import AudioError

DELAY = 128  # samples


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("pywebrtc_audio") is not None


def cancel(far: np.ndarray, microphone: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return the microphone (T,) without echo, 10 ms at a time."""
    if not is_installed():
        raise AudioError("pywebrtc-audio is not installed: pip install --no-deps pywebrtc-audio")
    from pywebrtc_audio import EchoCanceller

    canceller, length = EchoCanceller(sample_rate=sample_rate), sample_rate // 100
    n_samples = len(microphone) + DELAY
    frames = np.zeros((2, -(-n_samples // length) * length), np.float32)
    frames[:, : len(microphone)] = far, microphone
    parts = [
        canceller.process(heard, played)
        for played, heard in frames.reshape(2, -1, length).swapaxes(0, 1)
    ]
    return np.concatenate(parts)[DELAY:n_samples]
