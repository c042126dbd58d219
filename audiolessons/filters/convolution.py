"""Convolution, in two ways that agree: sample by sample, and through the Fourier transform."""

from __future__ import annotations

import numpy as np
from scipy import fft

from audiolessons.errors import AudioError, as_array, check_audio

# Up to about this many taps, adding shifted copies is quicker than transforms (measured: the two
# meet at 65 taps for a sound of 16,000 samples, at 110 taps for one of 960,000).
_LARGEST_DIRECT = 64


def convolve(audio: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve, by hand: every tap of the kernel adds a copy of the sound, delayed and scaled.

    y[n] = sum over k of kernel[k] * audio[n - k], with silence around the sound. The cost is one
    multiplication for every pair of a sample and a tap.

    Parameters
    ----------
    audio
        Shape (..., T).
    kernel
        Shape (K,).

    Returns
    -------
    Shape (..., T + K - 1), the whole of it with the tail; precision of `audio`.

    Raises
    ------
    AudioError
        If either is empty or holds NaN or infinity, `audio` holds integers, or `kernel` is not
        one-dimensional.

    Examples
    --------
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]))
    array([ 1., 12., 23., 30.])

    Chapter: sound/filters
    """
    audio, kernel = check_audio(audio), check_taps(kernel, name="kernel")
    n_samples = audio.shape[-1]
    output = np.zeros((*audio.shape[:-1], n_samples + kernel.size - 1), dtype=audio.dtype)
    for delay, gain in enumerate(kernel.astype(audio.dtype)):
        output[..., delay : delay + n_samples] += gain * audio
    return output


def fft_convolve(audio: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve by multiplying spectra: the same output as `convolve`, quicker for long kernels.

    The transforms are taken over at least T + K - 1 samples. Over fewer, the tail would wrap
    around and be added to the start ("circular" convolution).

    Parameters
    ----------
    audio
        Shape (..., T).
    kernel
        Shape (K,), or with leading axes that fit those of `audio` (one kernel for each channel).

    Returns
    -------
    Shape (..., T + K - 1), precision of `audio`. Its error is relative to the loudest sample, about
    1e-7 of it in float32: quiet passages do not come out exactly silent.

    Raises
    ------
    AudioError
        If either is empty, holds integers, NaN or infinity, or the leading axes do not fit.

    Examples
    --------
    >>> fft_convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0]))
    array([ 1., 12., 23., 30.])

    Chapter: sound/filters
    """
    audio, kernel = check_audio(audio), check_audio(kernel, name="kernel")
    try:
        np.broadcast_shapes(audio.shape[:-1], kernel.shape[:-1])
    except ValueError:
        raise AudioError(
            f"kernel of shape {kernel.shape} does not fit audio of shape {audio.shape}: give one "
            "kernel of shape (K,), or one for each channel"
        ) from None
    length = audio.shape[-1] + kernel.shape[-1] - 1
    n_fft = fft.next_fast_len(length, real=True)
    spectrum = fft.rfft(audio, n_fft) * fft.rfft(kernel.astype(audio.dtype), n_fft)
    return fft.irfft(spectrum, n_fft)[..., :length]


def apply_fir(audio: np.ndarray, taps: np.ndarray, *, compensate_delay: bool = False) -> np.ndarray:
    """Filter a sound with the taps of an FIR filter; the output is as long as the input.

    Parameters
    ----------
    audio
        Shape (..., T). Before and after it there is silence.
    taps
        Shape (n_taps,): the filter's impulse response.
    compensate_delay
        `False` filters as a running machine does: output n needs no sample after n, the sound
        comes out late, and the end of its tail is cut off. A symmetric filter is late by
        (n_taps - 1) / 2 samples at every frequency. `True` moves the output back by as much, so
        that it lines up with the input; this needs an odd number of symmetric taps.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If either is empty or holds NaN or infinity, `audio` holds integers, `taps` is not
        one-dimensional, or a delay shall be compensated that is no whole number of samples or not
        the same at every frequency.

    Examples
    --------
    >>> step = np.array([0.0, 0.0, 1.0, 1.0])
    >>> apply_fir(step, np.array([0.25, 0.5, 0.25]))
    array([0.  , 0.  , 0.25, 0.75])
    >>> apply_fir(step, np.array([0.25, 0.5, 0.25]), compensate_delay=True)
    array([0.  , 0.25, 0.75, 0.75])

    Chapter: sound/filters
    """
    audio, taps = check_audio(audio), check_taps(taps, name="taps")
    delay = 0
    if compensate_delay:
        if taps.size % 2 == 0:
            raise AudioError(
                f"taps holds {taps.size} values, so the delay is {(taps.size - 1) / 2} samples: "
                "only an odd number of taps gives a delay of whole samples"
            )
        if not _is_symmetric(taps):
            raise AudioError(
                "taps are not symmetric, so each frequency has a delay of its own: leave "
                "compensate_delay=False"
            )
        delay = (taps.size - 1) // 2
    by_hand = taps.size <= _LARGEST_DIRECT
    output = convolve(audio, taps) if by_hand else fft_convolve(audio, taps)
    return output[..., delay : delay + audio.shape[-1]]


def check_taps(taps, *, name):
    """Return the taps of a filter as a one-dimensional array, or say what is wrong with them.

    Whole numbers are welcome here: as weights, unlike as samples, they mean what they say.
    """
    taps = as_array(taps, name=name)
    taps = check_audio(taps.astype(np.float64) if taps.dtype.kind in "iu" else taps, name=name)
    if taps.ndim != 1:
        raise AudioError(f"{name} has shape {taps.shape}: give one filter, of shape (n_taps,)")
    return taps


def _is_symmetric(taps):
    tolerance = 1e-6 * np.abs(taps).max()
    return np.allclose(taps, taps[::-1], rtol=0, atol=tolerance) or np.allclose(
        taps, -taps[::-1], rtol=0, atol=tolerance
    )
