"""RNNoise: a small recurrent network on the energies of 22 bands, at 48 kHz (PyPI `pyrnnoise`)."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np

from audiolessons import signals
from audiolessons.errors import AudioError

RATE = 48000
FRAME_LENGTH = 480
DELAY = 960  # samples at 48 kHz: what leaves belongs to two frames before


def is_installed() -> bool:
    """Tell whether the package is there."""
    return find_spec("pyrnnoise") is not None


def clean(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return a sound (T,) cleaned frame by frame, without the delay of the library."""
    at_rate = signals.resample(audio, from_rate=sample_rate, to_rate=RATE)
    n_frames = -(-(len(at_rate) + DELAY) // FRAME_LENGTH)
    frames = np.zeros(n_frames * FRAME_LENGTH, np.float32)
    frames[: len(at_rate)] = 32768 * at_rate  # it counts in 16 bits
    library = _library()
    state = library.create()
    pointer = library.ctypes.POINTER(library.ctypes.c_float)
    for frame in frames.reshape(-1, FRAME_LENGTH):
        place = frame.ctypes.data_as(pointer)
        library.lib.rnnoise_process_frame(state, place, place)  # cleans in place
    library.destroy(state)
    cleaned = frames[DELAY : DELAY + len(at_rate)] / 32768
    cleaned = signals.resample(cleaned, from_rate=RATE, to_rate=sample_rate)
    return cleaned[: len(audio)].astype(np.float32)


def _library():
    """Load the module that calls the library; the package itself would import a reader of files."""
    if not is_installed():
        raise AudioError("pyrnnoise is not installed: pip install --no-deps pyrnnoise")
    path = Path(find_spec("pyrnnoise").submodule_search_locations[0]) / "rnnoise.py"
    spec = spec_from_file_location("_rnnoise", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
