"""Masks that know the answer: what a method that has to guess a gain is measured against."""

from __future__ import annotations

import numpy as np

from audiolessons.enhancement.gains import wiener_gain
from audiolessons.errors import AudioError, as_array, check_finite


def ideal_ratio_mask(clean_spectrum: np.ndarray, noise_spectrum: np.ndarray) -> np.ndarray:
    """Return the ideal ratio mask: the root of the part of the power that is speech.

    The Wiener gain of the true powers is S / (S + N); its root keeps the *power* of the speech
    right where speech and noise do not interfere. Most networks that estimate a mask are trained
    for this one, or compared with it.

    Parameters
    ----------
    clean_spectrum
        STFT of the clean speech, complex or its magnitude, shape (..., F, N).
    noise_spectrum
        STFT of the noise as it is in the mixture (noisy - clean), same shape.

    Returns
    -------
    Gain in [0, 1], shape (..., F, N); 0 where there is neither speech nor noise.

    Raises
    ------
    AudioError
        If the shapes differ, or a spectrogram is not finite.

    Examples
    --------
    >>> ideal_ratio_mask(np.array([[3.0, 1.0]]), np.array([[4.0, 0.0]]))
    array([[0.6, 1. ]])

    References
    ----------
    Y. Wang, A. Narayanan, D. Wang, "On training targets for supervised speech separation",
    IEEE/ACM Transactions on Audio, Speech, and Language Processing 22(12), 2014, equation 3.

    Chapter: tasks/denoising
    """
    clean, noise = _magnitudes(clean_spectrum, noise_spectrum)
    return np.sqrt(wiener_gain(clean**2, noise**2))


def ideal_binary_mask(
    clean_spectrum: np.ndarray, noise_spectrum: np.ndarray, *, threshold_db: float = 0.0
) -> np.ndarray:
    """Return the ideal binary mask: 1 where the speech is stronger than the noise, otherwise 0.

    Parameters
    ----------
    clean_spectrum
        STFT of the clean speech, complex or its magnitude, shape (..., F, N).
    noise_spectrum
        STFT of the noise as it is in the mixture (noisy - clean), same shape.
    threshold_db
        Signal-to-noise ratio that a bin must exceed to be kept.

    Returns
    -------
    0 or 1, shape (..., F, N), floating point of the spectra's precision.

    Raises
    ------
    AudioError
        If the shapes differ, a spectrogram is not finite, or threshold_db is not finite.

    Examples
    --------
    >>> ideal_binary_mask(np.array([[3.0, 5.0]]), np.array([[4.0, 4.0]]))
    array([[0., 1.]])

    References
    ----------
    Y. Wang, A. Narayanan, D. Wang, "On training targets for supervised speech separation",
    IEEE/ACM Transactions on Audio, Speech, and Language Processing 22(12), 2014, equation 1.

    Chapter: tasks/denoising
    """
    clean, noise = _magnitudes(clean_spectrum, noise_spectrum)
    factor = 10 ** (check_finite(threshold_db, name="threshold_db", unit="dB") / 20)
    return (clean > factor * noise).astype(clean.dtype)


def _magnitudes(clean, noise):
    """Return both magnitudes in one precision, or say why they are no pair."""
    pair = {
        "clean_spectrum": as_array(clean, name="clean_spectrum"),
        "noise_spectrum": as_array(noise, name="noise_spectrum"),
    }
    for name, values in pair.items():
        if values.dtype.kind not in "fc" or not np.isfinite(values).all():
            raise AudioError(
                f"{name} holds {values.dtype} values, or some that are not finite: give the "
                "output of stft"
            )
    clean, noise = (np.abs(values) for values in pair.values())
    if clean.shape != noise.shape or clean.ndim < 2:
        raise AudioError(
            f"clean_spectrum has shape {clean.shape} and noise_spectrum {noise.shape}: give both "
            "as (..., F, N), made alike from sounds of the same length"
        )
    dtype = np.result_type(clean, noise)
    return clean.astype(dtype, copy=False), noise.astype(dtype, copy=False)
