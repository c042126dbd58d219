"""silero-vad: a network that hears voices (PyPI)."""

from __future__ import annotations

import functools
import warnings
from importlib.util import find_spec

import numpy as np
import torch

from audiolessons.errors import AudioError

SAMPLE_RATE = 16000
CHUNK = 512  # samples that it answers for at once: 32 ms


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("silero_vad") is not None


@functools.cache
def _model():
    if not is_installed():
        raise AudioError("silero-vad is not installed: pip install --no-deps silero-vad==6.2.3")
    n_threads = torch.get_num_threads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch.jit.load
        from silero_vad import load_silero_vad

        model = load_silero_vad(onnx=False)
    torch.set_num_threads(n_threads)  # importing it sets them to one
    return model


@torch.no_grad()
def probabilities(audio: np.ndarray, *, hop_length: int) -> np.ndarray:
    """Return how sure it is of a voice at the middle of each hop (N,) of a sound (T,), 16 kHz."""
    audio = np.asarray(audio, dtype=np.float32)
    n_hops = -(-len(audio) // hop_length)
    chunks = np.pad(audio, (0, -len(audio) % CHUNK)).reshape(-1, CHUNK)
    model = _model()
    model.reset_states()
    answers = [model(torch.from_numpy(chunk), SAMPLE_RATE).item() for chunk in chunks]
    middle = (np.arange(n_hops) + 0.5) * hop_length
    return np.array(answers)[np.minimum(middle // CHUNK, len(chunks) - 1).astype(int)]
