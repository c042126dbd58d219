"""What a map holds, as a sound: the part of a recording that an explanation names, and the rest."""

from __future__ import annotations

import numpy as np

from audiolessons import features, spectral
from audiolessons.errors import AudioError, as_array


def bands_to_bins(mask, *, sample_rate: float, n_fft: int) -> np.ndarray:
    """Return a mask over mel bands as one over the bins of a Fourier transform.

    A bin gets the mean of the bands whose triangles it lies in, weighed by how much it gives to
    each. Bins below the first triangle, or above the last, get the nearest band.

    Parameters
    ----------
    mask : array
        Shape (..., n_mels, N), 0 to 1.
    sample_rate : float
        Hz.
    n_fft : int
        Samples of a frame.

    Returns
    -------
    array
        Shape (..., 1 + n_fft // 2, N).

    Raises
    ------
    AudioError
        If the mask has no axis of bands.

    Examples
    --------
    >>> bands_to_bins(np.ones((4, 1)), sample_rate=8000, n_fft=16)[:, 0]
    array([1., 1., 1., 1., 1., 1., 1., 1., 1.])

    Chapter: large/explaining
    """
    mask = as_array(mask, name="mask")
    if mask.ndim < 2:
        raise AudioError(f"mask has shape {mask.shape}: give one row a band, (..., n_mels, N)")
    filters = features.mel_filterbank(
        sample_rate=sample_rate, n_fft=n_fft, n_mels=mask.shape[-2], norm=None
    )  # (n_mels, F)
    total = filters.sum(axis=0)
    inside = np.flatnonzero(total > 1e-6)
    if not len(inside):
        raise AudioError(f"no bin of {n_fft} lies in any of {mask.shape[-2]} bands")
    # the nearest bin that lies in a triangle stands for one that lies in none
    nearest = inside[np.abs(np.arange(len(total))[:, None] - inside).argmin(axis=1)]
    shares = (filters / np.where(total > 1e-6, total, 1.0))[:, nearest]  # (n_mels, F), sum 1
    return np.einsum("mf,...mn->...fn", shares, mask)


def alone_and_removed(
    audio, mask, *, sample_rate: float, n_fft: int, hop_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split a sound into what a mask over its mel spectrogram holds, and what is left.

    The mask multiplies the short-time spectrum; the phase is the sound's own. The two parts add
    up to the sound.

    Parameters
    ----------
    audio : array
        Shape (T,).
    mask : array
        Shape (n_mels, N), 0 to 1, on the centred frames of the mel spectrogram.
    sample_rate : float
        Hz.
    n_fft, hop_length : int
        Samples, as the mel spectrogram has them.

    Returns
    -------
    (array, array)
        Both (T,): alone, and removed.

    Raises
    ------
    AudioError
        If the mask has another number of frames than the sound, or values outside 0 to 1.

    Examples
    --------
    >>> from audiolessons import signals
    >>> tone = signals.sine(440, duration_s=0.1, sample_rate=8000)
    >>> mask = np.zeros((40, 11))
    >>> mask[:, :6] = 1  # the first half
    >>> alone, removed = alone_and_removed(tone, mask, sample_rate=8000, n_fft=256, hop_length=80)
    >>> bool(abs(alone[-160:]).max() < 1e-6), bool(np.allclose(alone + removed, tone, atol=1e-6))
    (True, True)

    Chapter: large/explaining
    """
    audio, mask = as_array(audio, name="audio"), as_array(mask, name="mask")
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one sound, (T,)")
    spectrum = spectral.stft(audio, n_fft=n_fft, hop_length=hop_length)
    if mask.ndim != 2 or mask.shape[1] != spectrum.shape[1]:
        raise AudioError(
            f"mask has shape {mask.shape} for a sound of {spectrum.shape[1]} frames: give "
            f"(n_mels, {spectrum.shape[1]})"
        )
    if mask.size and not (mask.min() >= 0 and mask.max() <= 1):
        raise AudioError(f"mask holds {mask.min():.3g} to {mask.max():.3g}: it lies in 0 to 1")
    gains = bands_to_bins(mask, sample_rate=sample_rate, n_fft=n_fft).astype(audio.dtype)
    alone = spectral.istft(gains * spectrum, hop_length=hop_length, length=len(audio))
    return alone, audio - alone
