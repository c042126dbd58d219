"""GTCRN: grouped convolutions and recurrent networks, 48 thousand weights (an ONNX file)."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from audiolessons import spectral
from audiolessons.errors import AudioError

FILE = (
    "Xiaobin-Rong/gtcrn/3862c44808dca492ea5a8a145d2dc2a1028d08c8/stream/onnx_models/"
    "gtcrn_simple.onnx"
)
CACHES = {
    "conv_cache": (2, 1, 16, 16, 33),
    "tra_cache": (2, 3, 1, 1, 16),
    "inter_cache": (2, 1, 33, 16),
}
N_FFT, HOP_LENGTH = 512, 256


def is_installed() -> bool:
    """Tell whether the file lies in the folder AUDIOLESSONS_DATA, and its package is there."""
    return _path().exists() and find_spec("onnxruntime") is not None


def clean(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return a sound (T,) at 16 kHz cleaned frame by frame."""
    if sample_rate != 16000:
        raise AudioError(f"sample_rate is {sample_rate}: GTCRN works at 16000 Hz")
    window = np.sqrt(spectral.window("hann", N_FFT)).astype(np.float32)
    padding = -len(audio) % HOP_LENGTH
    padded = np.pad(audio.astype(np.float32), (HOP_LENGTH, HOP_LENGTH + padding))
    cleaned = np.zeros_like(padded)
    session = _session()
    caches = {name: np.zeros(shape, np.float32) for name, shape in CACHES.items()}
    for begin in range(0, len(padded) - HOP_LENGTH, HOP_LENGTH):
        frame = np.fft.rfft(window * padded[begin : begin + N_FFT])
        mix = np.stack([frame.real, frame.imag], axis=-1)[None, :, None].astype(np.float32)
        found, *states = session.run(None, {"mix": mix, **caches})
        caches = dict(zip(CACHES, states, strict=True))
        frame = found[0, :, 0, 0] + 1j * found[0, :, 0, 1]
        # Squared, the windows of two frames add up to 1.
        cleaned[begin : begin + N_FFT] += window * np.fft.irfft(frame)
    return cleaned[HOP_LENGTH : HOP_LENGTH + len(audio)]


def _path():
    return Path(os.environ.get("AUDIOLESSONS_DATA", "").strip() or ".") / FILE


@cache
def _session():
    if not is_installed():
        raise AudioError(
            f"GTCRN is not there: pip install onnxruntime, and put its file in the folder "
            f"AUDIOLESSONS_DATA as {FILE}"
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(_path()), options, providers=["CPUExecutionProvider"])
