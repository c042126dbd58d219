"""Cepstral coefficients, their change over time, and one vector for a whole sound."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_count
from audiolessons.features.mel import log_mel


def dct_matrix(n_out: int, n_in: int) -> np.ndarray:
    """Rows of the orthonormal DCT-II: cosines of 0, 1/2, 1, 3/2 ... periods over n_in samples.

    Parameters
    ----------
    n_out : int
        Rows to make, at most n_in.
    n_in : int
        Length of the vectors that the matrix multiplies.

    Returns
    -------
    numpy.ndarray
        Shape (n_out, n_in), float64. Rows are orthogonal and have length 1, so with n_out = n_in
        the transpose is the inverse.

    Raises
    ------
    AudioError
        If a size is not a whole number above 0, or n_out is above n_in.

    Examples
    --------
    >>> matrix = dct_matrix(3, 8)
    >>> bool(np.allclose(matrix @ matrix.T, np.eye(3)))
    True

    References
    ----------
    N. Ahmed, T. Natarajan and K. R. Rao, "Discrete cosine transform", IEEE Transactions on
    Computers, 1974.

    Chapter: sound/features
    """
    check_count(n_in, name="n_in")
    check_count(n_out, name="n_out")
    if n_out > n_in:
        raise AudioError(f"n_out is {n_out}: {n_in} values have only {n_in} coefficients")
    q = np.arange(n_out)[:, np.newaxis]  # (n_out, 1)
    j = np.arange(n_in) + 0.5  # (n_in,): cosines are taken half-way between the borders
    matrix = np.sqrt(2 / n_in) * np.cos(np.pi * q * j / n_in)
    matrix[0] /= np.sqrt(2)  # the constant row has twice the energy of the others
    return matrix


def dct(values, *, n_out: int | None = None) -> np.ndarray:
    """Orthonormal DCT-II along the second axis from the end, the feature axis.

    Parameters
    ----------
    values : array
        Shape (..., D, N).
    n_out : int, optional
        Coefficients to keep; all D unless given.

    Returns
    -------
    numpy.ndarray
        Shape (..., n_out, N).

    Raises
    ------
    AudioError
        If `values` has no (D, N) axes or n_out is above D.

    Examples
    --------
    >>> dct(np.ones((4, 1))).round(6).ravel() + 0
    array([2., 0., 0., 0.])

    Chapter: sound/features
    """
    values = _check_features(values, "values")
    n_in = values.shape[-2]
    matrix = dct_matrix(n_in if n_out is None else n_out, n_in)
    return matrix.astype(values.dtype) @ values  # (n_out, D) @ (..., D, N)


def mfcc(audio, *, sample_rate: float, n_mfcc: int = 20, **options) -> np.ndarray:
    """Mel-frequency cepstral coefficients: the DCT over the bands of the log-mel spectrogram.

    Low coefficients describe the broad shape of the spectrum (which vowel), high ones its fine
    ripple (the harmonics); keeping the first dozen or two keeps the shape.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_mfcc : int
        Coefficients to keep, at most n_mels.
    **options
        As for `log_mel` and `mel_spectrogram` (n_fft, hop_length, n_mels, ...).

    Returns
    -------
    numpy.ndarray
        Shape (..., n_mfcc, N).

    Raises
    ------
    AudioError
        As `mel_spectrogram` does, and if n_mfcc is above n_mels.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> options = {"n_fft": 512, "hop_length": 128, "n_mels": 40}
    >>> mfcc(tone, sample_rate=8000, n_mfcc=13, **options).shape
    (13, 63)

    References
    ----------
    S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
    word recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 28(4), 1980.

    Chapter: sound/features
    """
    return dct(log_mel(audio, sample_rate=sample_rate, **options), n_out=n_mfcc)


def deltas(features, *, width: int = 9) -> np.ndarray:
    """How fast features change: slope of the straight line fitted to `width` frames around each.

    The first and last width // 2 frames, which have too few neighbours on one side, take the slope
    of the first and last full stretch (librosa's mode "interp").

    Parameters
    ----------
    features : array
        Shape (..., D, N), N >= width.
    width : int
        Frames, odd and at least 3. Wider is smoother.

    Returns
    -------
    numpy.ndarray
        Shape (..., D, N), in units of the feature per frame.

    Raises
    ------
    AudioError
        If width is even or below 3, or there are fewer frames than that.

    Examples
    --------
    >>> deltas(np.arange(10.0)[np.newaxis] * 3, width=5)[0, :4]
    array([3., 3., 3., 3.])

    References
    ----------
    S. Furui, "Speaker-independent isolated word recognition using dynamic features of speech
    spectrum", IEEE Transactions on Acoustics, Speech, and Signal Processing 34(1), 1986.

    Chapter: sound/features
    """
    check_count(width, name="width", minimum=3)
    if width % 2 == 0:
        raise AudioError(f"width is {width}: use an odd number, so that a frame is in the middle")
    features = _check_features(features, "features")
    n_frames = features.shape[-1]
    if n_frames < width:
        raise AudioError(f"width is {width}, but features has {n_frames} frames: use fewer")
    half = width // 2
    offsets = np.arange(-half, half + 1)  # the line's slope is sum(offset * value) / sum(offset^2)
    weights = (offsets / np.sum(offsets**2)).astype(features.dtype)
    stretches = np.lib.stride_tricks.sliding_window_view(features, width, axis=-1)
    slopes = stretches @ weights  # (..., D, N - width + 1, width) @ (width,)
    return np.pad(slopes, [(0, 0)] * (features.ndim - 1) + [(half, half)], mode="edge")


def summary_statistics(features) -> np.ndarray:
    """One vector for a sound of any length: mean and standard deviation of each feature over time.

    Parameters
    ----------
    features : array
        Shape (..., D, N).

    Returns
    -------
    numpy.ndarray
        Shape (..., 2 D): the D means, then the D standard deviations.

    Raises
    ------
    AudioError
        If `features` has no (D, N) axes, is empty or not finite.

    Examples
    --------
    >>> summary_statistics(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([2., 5., 1., 0.])

    Chapter: sound/features
    """
    features = _check_features(features, "features")
    return np.concatenate([features.mean(axis=-1), features.std(axis=-1)], axis=-1)


def _check_features(features, name):
    features = check_audio(features, name=name)
    if features.ndim < 2:
        raise AudioError(f"{name} has shape {features.shape}: give (..., D, N)")
    return features
