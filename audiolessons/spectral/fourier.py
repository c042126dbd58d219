"""The discrete Fourier transform: as its definition says, and by halving."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio


def dft(x) -> np.ndarray:
    """Discrete Fourier transform, as its definition says: correlate `x` with T spinning phasors.

    X[k] = sum over n of x[n] exp(-2 pi i k n / T). The matrix has T x T entries, so the cost grows
    with the square of T; `fft_recursive` gives the same numbers in T log T.

    Parameters
    ----------
    x : array
        Shape (..., T), real or complex.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), complex64 for float32 or complex64 input, otherwise complex128.

    Raises
    ------
    AudioError
        If `x` is empty, holds integers, NaN or infinity.

    Examples
    --------
    >>> np.abs(dft(np.array([1.0, 0.0, -1.0, 0.0]))).round(6)
    array([0., 2., 0., 2.])

    References
    ----------
    A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", section 8.5.

    Chapter: sound/stft
    """
    x = _check_signal(x)
    n = np.arange(x.shape[-1])
    turns = np.outer(n, n) % len(n) / len(n)  # (K, T): how often phasor k has turned by sample n
    phasors = np.exp(-2j * np.pi * turns)
    return (x @ phasors).astype(complex_dtype(x))  # (..., T) @ (T, K); the matrix is symmetric


def idft(spectrum) -> np.ndarray:
    """Inverse of `dft`: x[n] = 1/T sum over k of X[k] exp(+2 pi i k n / T).

    Parameters
    ----------
    spectrum : array
        Shape (..., T), real or complex.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), complex. Take `.real` when the signal was real.

    Raises
    ------
    AudioError
        If `spectrum` is empty, holds integers, NaN or infinity.

    Examples
    --------
    >>> idft(dft(np.array([1.0, 2.0, 3.0]))).real.round(6)
    array([1., 2., 3.])

    Chapter: sound/stft
    """
    # Conjugating before and after turns every phasor the other way round.
    spectrum = _check_signal(spectrum, name="spectrum")
    return np.conj(dft(np.conj(spectrum))) / spectrum.shape[-1]


def fft_recursive(x) -> np.ndarray:
    """Fast Fourier transform by halving: the DFT of T samples from two DFTs of T/2 samples.

    The even and the odd samples are transformed apart. Output k adds them, output k + T/2
    subtracts them, because exp(-2 pi i (k + T/2) / T) = -exp(-2 pi i k / T).

    Parameters
    ----------
    x : array
        Shape (..., T), real or complex, T a power of two.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), complex64 for float32 or complex64 input, otherwise complex128.

    Raises
    ------
    AudioError
        If T is no power of two, or `x` holds integers, NaN or infinity.

    Examples
    --------
    >>> np.abs(fft_recursive(np.array([1.0, 0.0, -1.0, 0.0]))).round(6)
    array([0., 2., 0., 2.])

    References
    ----------
    J. W. Cooley and J. W. Tukey, "An algorithm for the machine calculation of complex Fourier
    series", Mathematics of Computation 19, 1965.

    Chapter: sound/stft
    """
    x = _check_signal(x)
    length = x.shape[-1]
    if length & (length - 1):
        raise AudioError(
            f"x has {length} samples: halving needs a power of two, so pad with zeros to "
            f"{2 ** length.bit_length()}"
        )
    return _halve(x.astype(complex_dtype(x)))


def _halve(x):
    length = x.shape[-1]
    if length == 1:
        return x
    even, odd = _halve(x[..., 0::2]), _halve(x[..., 1::2])  # (..., T/2) each
    twiddle = np.exp(-2j * np.pi * np.arange(length // 2) / length).astype(x.dtype)
    return np.concatenate([even + twiddle * odd, even - twiddle * odd], axis=-1)


def _check_signal(x, name="x"):
    """`check_audio` for signals that may be complex."""
    x = as_array(x, name=name)
    if x.dtype.kind != "c":
        return check_audio(x, name=name)
    check_audio(x.real, name=name)
    check_audio(x.imag, name=name)
    return x


def complex_dtype(x):
    return np.result_type(x.dtype, np.complex64)
