"""The echo canceller of Speex: partitioned blocks with a step that regulates itself (`pyaec`)."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from audiolessons.errors import AudioError

FRAME_LENGTH = 160
N_TAPS = 6144  # as many as our own
DELAY = {True: 168, False: 8}  # samples; what suppresses the rest works a frame later


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("pyaec") is not None


def cancel(
    far: np.ndarray, microphone: np.ndarray, *, sample_rate: int, suppress: bool = True
) -> np.ndarray:
    """Return the microphone (T,) without echo; `suppress`: with the filter for what is left."""
    if not is_installed():
        raise AudioError("pyaec is not installed: pip install --no-deps pyaec")
    from pyaec import Aec

    canceller = Aec(FRAME_LENGTH, N_TAPS, sample_rate, suppress)
    n_samples = len(microphone) + DELAY[suppress]
    frames = np.zeros((2, -(-n_samples // FRAME_LENGTH) * FRAME_LENGTH))
    frames[:, : len(microphone)] = far, microphone
    frames = np.clip(np.round(32768 * frames), -32768, 32767).astype(int)  # it counts in 16 bits
    parts = [
        canceller.cancel_echo(heard.tolist(), played.tolist())
        for played, heard in frames.reshape(2, -1, FRAME_LENGTH).swapaxes(0, 1)
    ]
    left = np.concatenate(parts)[DELAY[suppress] : n_samples] / 32768
    return left.astype(np.float32)
