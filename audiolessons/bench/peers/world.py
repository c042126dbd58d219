"""WORLD: a vocoder of pitch, outline and breathiness, made without training (PyPI `pyworld`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError

FRAME_S = 0.005
LOWEST_RATE = 16000  # below it WORLD knows nothing of the breathiness of single bands


class Parts(NamedTuple):
    """What WORLD takes a voice apart into, frames every 5 ms: pitch in Hz (N,), 0 where there is
    none; power of the outline and share of noise, (F, N) each.
    """

    pitch_hz: np.ndarray
    power: np.ndarray
    aperiodicity: np.ndarray

    @property
    def n_fft(self) -> int:
        return 2 * (len(self.power) - 1)


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("pyworld") is not None


def analyse(audio: np.ndarray, *, sample_rate: int) -> Parts:
    """Return the parts of a voice (T,)."""
    pyworld = _package()
    audio = np.ascontiguousarray(audio, dtype=np.float64)
    pitch_hz, times_s = pyworld.harvest(audio, sample_rate, frame_period=1000 * FRAME_S)
    power = pyworld.cheaptrick(audio, pitch_hz, times_s, sample_rate)
    aperiodicity = pyworld.d4c(audio, pitch_hz, times_s, sample_rate)
    return Parts(pitch_hz, power.T, aperiodicity.T)


def synthesize(parts: Parts, *, sample_rate: int) -> np.ndarray:
    """Return the sound of parts: N frames make (N - 1) times 5 ms and a sample."""
    pitch_hz, power, aperiodicity = (np.ascontiguousarray(part.T) for part in parts)
    return _package().synthesize(
        pitch_hz, power, aperiodicity, sample_rate, frame_period=1000 * FRAME_S
    )


def resynthesise(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return a voice (T,) taken apart and put together again: what the vocoder alone costs."""
    made = synthesize(analyse(audio, sample_rate=sample_rate), sample_rate=sample_rate)
    return np.pad(made, (0, max(0, len(audio) - len(made))))[: len(audio)]


def _package():
    if not is_installed():
        raise AudioError(
            "pyworld is not installed: pip install --no-deps pyworld-prebuilt==0.3.6.post1"
        )
    import pyworld

    return pyworld
