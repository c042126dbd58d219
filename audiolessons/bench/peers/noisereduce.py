"""noisereduce: spectral gating (PyPI)."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from audiolessons.errors import AudioError


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("noisereduce") is not None


def clean(audio: np.ndarray, *, sample_rate: float, **settings) -> np.ndarray:
    """Return a sound (T,) cleaned with the package's own settings, or those given."""
    try:
        import noisereduce
    except ModuleNotFoundError as missing:
        raise AudioError(
            'noisereduce is not installed: pip install "audiolessons[bench]"'
        ) from missing
    return noisereduce.reduce_noise(y=audio, sr=sample_rate, **settings).astype(np.float32)
