"""The mel scale: frequencies spaced as the ear spaces them, and spectrograms on that scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from audiolessons.errors import AudioError, as_array, check_choice, check_count, check_positive
from audiolessons.spectral import fft_frequencies_hz, power_to_db, stft

# Slaney's scale: straight up to 1000 Hz, logarithmic above; 27 mel are a factor of 6.4 there.
LINEAR_HZ_PER_MEL = 200 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27


def hz_to_mel(hz, *, scale: str = "slaney") -> float | np.ndarray:
    """Frequencies in mel: equal steps in mel sound about equally far apart.

    Parameters
    ----------
    hz : float or array
        Frequencies >= 0, in Hz, any shape.
    scale : str
        "slaney": straight below 1000 Hz, logarithmic above (librosa's default).
        "htk": 2595 log10(1 + hz / 700), where 1000 Hz is 1000 mel.

    Returns
    -------
    float or numpy.ndarray
        Mel, the shape of `hz`.

    Raises
    ------
    AudioError
        If a frequency is negative or not finite, or the scale is unknown.

    Examples
    --------
    >>> hz_to_mel([0, 500, 1000, 2000])
    array([ 0.  ,  7.5 , 15.  , 25.08])
    >>> round(hz_to_mel(1000, scale="htk"))
    1000

    References
    ----------
    S. S. Stevens, J. Volkmann and E. B. Newman, "A scale for the measurement of the psychological
    magnitude pitch", JASA 8, 1937. M. Slaney, "Auditory Toolbox", 1998. "The HTK Book", section
    5.4.

    Chapter: sound/features
    """
    check_choice(scale, name="scale", choices=("slaney", "htk"))
    hz = _not_negative(hz, "hz", "frequencies are at least 0 Hz")
    if scale == "htk":
        return _as_given(2595 * np.log10(1 + hz / 700))
    above = BREAK_MEL + np.log(np.maximum(hz, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return _as_given(np.where(hz < BREAK_HZ, hz / LINEAR_HZ_PER_MEL, above))


def mel_to_hz(mel, *, scale: str = "slaney") -> float | np.ndarray:
    """Inverse of `hz_to_mel`.

    Parameters
    ----------
    mel : float or array
        Mel >= 0, any shape.
    scale : str
        "slaney" or "htk".

    Returns
    -------
    float or numpy.ndarray
        Hz, the shape of `mel`.

    Raises
    ------
    AudioError
        If a value is negative or not finite, or the scale is unknown.

    Examples
    --------
    >>> mel_to_hz([7.5, 15, 42])
    array([ 500., 1000., 6400.])

    Chapter: sound/features
    """
    check_choice(scale, name="scale", choices=("slaney", "htk"))
    mel = _not_negative(mel, "mel", "mel are at least 0")
    if scale == "htk":
        return _as_given(700 * (10 ** (mel / 2595) - 1))
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mel, BREAK_MEL) - BREAK_MEL))
    return _as_given(np.where(mel < BREAK_MEL, mel * LINEAR_HZ_PER_MEL, above))


def mel_filterbank(
    *,
    sample_rate: float,
    n_fft: int,
    n_mels: int,
    min_hz: float = 0.0,
    max_hz: float | None = None,
    scale: str = "slaney",
    norm: str | None = "slaney",
) -> np.ndarray:
    """Triangles that gather FFT bins into mel bands.

    n_mels + 2 corners lie equally far apart in mel. Each triangle rises from one corner to the next
    and falls to the one after that. So a bin belongs to two triangles, and shares itself between
    them: the nearer it lies to a corner, the more of it goes to the triangle whose top is there.

    Parameters
    ----------
    sample_rate : float
        Hz.
    n_fft : int
        Samples in the STFT's frame.
    n_mels : int
        Bands.
    min_hz, max_hz : float
        Lowest and highest corner; `max_hz` is half the sample rate unless given.
    scale : str
        "slaney" or "htk", as for `hz_to_mel`.
    norm : str or None
        "slaney": every triangle has area 1 (over Hz), so noise with a flat spectrum gives equal
        bands. None: every triangle has height 1, so wide bands at the top are louder.

    Returns
    -------
    numpy.ndarray
        Shape (n_mels, F), F = 1 + n_fft // 2, float64.

    Raises
    ------
    AudioError
        If the band is empty or reaches above half the sample rate, or a triangle is so narrow
        that it holds no FFT bin: its band would be silent whatever the sound.

    Examples
    --------
    >>> filters = mel_filterbank(sample_rate=8000, n_fft=512, n_mels=40)
    >>> filters.shape
    (40, 257)

    References
    ----------
    S. B. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
    word recognition", IEEE Transactions on Acoustics, Speech, and Signal Processing 28(4), 1980.

    Chapter: sound/features
    """
    check_count(n_mels, name="n_mels")
    check_choice(norm, name="norm", choices=("slaney", None))
    bins_hz = fft_frequencies_hz(sample_rate=sample_rate, n_fft=n_fft)  # (F,)
    min_hz, max_hz = _check_band(min_hz, max_hz, sample_rate)
    low, high = hz_to_mel(min_hz, scale=scale), hz_to_mel(max_hz, scale=scale)
    corners_mel = np.linspace(low, high, n_mels + 2)
    corners_hz = np.asarray(mel_to_hz(corners_mel, scale=scale))  # (n_mels + 2,)
    inside = np.flatnonzero((bins_hz >= corners_hz[0]) & (bins_hz < corners_hz[-1]))
    left = np.searchsorted(corners_hz, bins_hz[inside], side="right") - 1  # the corner below
    step = (bins_hz[inside] - corners_hz[left]) / (corners_hz[left + 1] - corners_hz[left])
    filters = np.zeros((n_mels + 2, len(bins_hz)))  # row j: the triangle with its top on corner j
    filters[left, inside] = 1 - step  # the falling side of one triangle ...
    filters[left + 1, inside] = step  # ... is where the next one rises
    filters = filters[1:-1]  # (n_mels, F): the outermost corners are feet only
    _check_no_empty_filter(filters, n_fft)
    if norm == "slaney":
        filters *= (2 / (corners_hz[2:] - corners_hz[:-2]))[:, np.newaxis]
    return filters


def mel_spectrogram(
    audio,
    *,
    sample_rate: float,
    n_fft: int = 2048,
    hop_length: int = 512,
    n_mels: int = 128,
    power: float = 2.0,
    window: str | np.ndarray = "hann",
    center: bool = True,
    min_hz: float = 0.0,
    max_hz: float | None = None,
    scale: str = "slaney",
    norm: str | None = "slaney",
) -> np.ndarray:
    """Energy in mel bands over time: the filterbank times the STFT's magnitudes to a power.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_fft, hop_length, window, center
        As for `spectral.stft`.
    n_mels, min_hz, max_hz, scale, norm
        As for `mel_filterbank`.
    power : float
        2 adds up energies, 1 adds up amplitudes.

    Returns
    -------
    numpy.ndarray
        Shape (..., n_mels, N), float32 for float32 audio, float64 for float64.

    Raises
    ------
    AudioError
        As `spectral.stft` and `mel_filterbank` do.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> mel = mel_spectrogram(tone, sample_rate=8000, n_fft=512, hop_length=128, n_mels=40)
    >>> mel.shape
    (40, 63)

    Chapter: sound/features
    """
    check_positive(power, name="power")
    spectrum = stft(audio, n_fft=n_fft, hop_length=hop_length, window=window, center=center)
    energy = np.abs(spectrum)  # (..., F, N)
    energy **= power
    filters = _filters_as(
        energy.dtype,
        sample_rate=sample_rate,
        n_fft=n_fft,
        n_mels=n_mels,
        min_hz=min_hz,
        max_hz=max_hz,
        scale=scale,
        norm=norm,
    )
    return filters @ energy  # (n_mels, F) @ (..., F, N)


@lru_cache(maxsize=16, typed=True)
def _filters_as(dtype, **settings):
    """`mel_filterbank`, kept for the next call: short sounds would wait for it most of the time."""
    return mel_filterbank(**settings).astype(dtype)


def log_mel(audio, *, sample_rate: float, top_db: float | None = 80.0, **options) -> np.ndarray:
    """Mel spectrogram in decibels (re 1): what most networks for sound are given.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    top_db : float or None
        As for `spectral.power_to_db`: the range kept below the loudest value of each sound.
    **options
        As for `mel_spectrogram`.

    Returns
    -------
    numpy.ndarray
        Shape (..., n_mels, N), in dB.

    Raises
    ------
    AudioError
        As `mel_spectrogram` does.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> level_db = log_mel(tone, sample_rate=8000, n_fft=512, hop_length=128, n_mels=40)
    >>> float((level_db.max() - level_db.min()).round())
    80.0

    Chapter: sound/features
    """
    mel = mel_spectrogram(audio, sample_rate=sample_rate, **options)
    return power_to_db(mel, top_db=top_db)


def _not_negative(values, name, rule):
    values = as_array(values, name=name, dtype=float)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise AudioError(f"{name} is {values}: {rule}, and finite")
    return values


def _as_given(values):
    """A plain number for a plain number, an array for anything else."""
    return values.item() if values.ndim == 0 else values


def _check_band(min_hz, max_hz, sample_rate):
    nyquist_hz = sample_rate / 2
    max_hz = nyquist_hz if max_hz is None else max_hz
    check_positive(max_hz, name="max_hz", unit="Hz")
    if max_hz > nyquist_hz:
        raise AudioError(
            f"max_hz is {max_hz} Hz, above half the sample rate: use at most {nyquist_hz:g} Hz"
        )
    if not 0 <= min_hz < max_hz:
        raise AudioError(
            f"min_hz is {min_hz!r} Hz: it must be at least 0 and below max_hz = {max_hz:g} Hz"
        )
    return float(min_hz), float(max_hz)


def _check_no_empty_filter(filters, n_fft):
    empty = np.flatnonzero(~filters.any(axis=1))
    if len(empty):
        raise AudioError(
            f"n_mels is {len(filters)}, too many for n_fft = {n_fft}: {len(empty)} filters (the "
            f"first is number {empty[0]}) lie between two FFT bins and would stay silent; use a "
            "larger n_fft, fewer n_mels, or a higher min_hz"
        )
