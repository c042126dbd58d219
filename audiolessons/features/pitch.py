"""Pitch: the fundamental frequency of one voice, and which of the twelve notes are sounding."""

from __future__ import annotations

import numpy as np
from scipy import fft

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.signals import frame
from audiolessons.spectral import stft
from audiolessons.spectral.shorttime import blocks, check_frames_fit, pad_time


def pitch_yin(
    audio,
    *,
    sample_rate: float,
    min_hz: float,
    max_hz: float,
    frame_length: int = 2048,
    hop_length: int = 512,
    threshold: float = 0.1,
    center: bool = True,
) -> np.ndarray:
    """Fundamental frequency by YIN: the shortest shift at which a sound looks like itself.

    1. Difference function: d(lag) = sum of (x[t] - x[t + lag])^2, 0 where lag is a whole period.
    2. Cumulative mean normalised difference: d'(lag) = d(lag) / mean of d(1) ... d(lag). It starts
       at 1, so that lag 0, which always matches, does not win.
    3. Absolute threshold: the first dip of d' below `threshold`. The deepest dip may be at two or
       three periods, which is the octave error. With no such dip the frame has no pitch (the
       paper then takes the deepest one).
    4. Parabolic interpolation: a parabola through d at the dip and its two neighbours gives the
       period to a fraction of a sample.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    min_hz, max_hz : float
        The range to search.
    frame_length : int
        Samples; at least two periods of `min_hz`.
    hop_length : int
        Samples from one frame to the next.
    threshold : float
        Share of unperiodic power that still counts as pitched, between 0 and 1. Higher finds more
        pitches and more wrong ones.
    center : bool
        True: frame n is centred on sample n * hop_length, with zeros around the sound.

    Returns
    -------
    numpy.ndarray
        Shape (..., N), in Hz; NaN in frames that have no pitch.

    Raises
    ------
    AudioError
        If the range is empty or reaches above half the sample rate, the frame is too short for
        `min_hz`, or the audio cannot be framed.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(8000) / 8000)
    >>> pitch_hz = pitch_yin(tone, sample_rate=8000, min_hz=80, max_hz=500)
    >>> float(pitch_hz[8].round(1))
    220.0

    References
    ----------
    A. de Cheveigne and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
    JASA 111(4), 2002, section II (steps 2 to 5).

    Chapter: sound/features
    """
    min_lag, max_lag = _lags(sample_rate, min_hz, max_hz, frame_length)
    if not 0 < threshold < 1:
        raise AudioError(f"threshold is {threshold!r}: it must lie between 0 and 1")
    audio = check_frames_fit(audio, frame_length, hop_length, center)
    if center:
        audio = pad_time(audio, frame_length // 2)
    frames = frame(audio, frame_length=frame_length, hop_length=hop_length).swapaxes(-1, -2)
    pitch_hz = np.empty(frames.shape[:-1], audio.dtype)  # (..., N)
    for block in blocks(frames.shape):
        difference = difference_function(frames[..., block, :], max_lag + 1)
        normalized = cumulative_mean_normalized(difference)  # (..., n, max_lag + 2)
        lag, found = _first_dip(normalized, min_lag, max_lag, threshold)
        period = _parabolic_minimum(difference, lag)
        pitch_hz[..., block] = np.where(found, sample_rate / period, np.nan)
    return pitch_hz


def difference_function(frames, max_lag: int) -> np.ndarray:
    """YIN step 1: d(lag) = sum over the first W samples t of (x[t] - x[t + lag])^2.

    W = frame_length - max_lag, so that every lag compares the same number of samples. The square
    is multiplied out into two energies and a correlation, which the FFT gives for all lags at once.

    Parameters
    ----------
    frames : array
        Shape (..., N, frame_length).
    max_lag : int
        Longest shift in samples.

    Returns
    -------
    numpy.ndarray
        Shape (..., N, max_lag + 1), float64, >= 0.

    Examples
    --------
    >>> difference_function(np.array([[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]), 2).round(6)
    array([[0., 4., 0.]])

    Chapter: sound/features
    """
    frames = np.asarray(frames, dtype=np.float64)  # energies nearly cancel: float32 is too coarse
    width = frames.shape[-1] - max_lag
    size = fft.next_fast_len(frames.shape[-1], real=True)
    start = np.conj(fft.rfft(frames[..., :width], size))
    correlation = fft.irfft(start * fft.rfft(frames, size), size)[..., : max_lag + 1]
    energy = np.cumsum(frames**2, axis=-1)  # energy of x[lag] ... x[lag + W - 1] is a difference
    energy = (
        energy[..., width - 1 :]
        - np.pad(energy, [(0, 0)] * (energy.ndim - 1) + [(1, 0)])[..., : max_lag + 1]
    )
    difference = energy[..., :1] + energy - 2 * correlation
    # What is left of exact matches is rounding error, which must not look like a difference.
    return np.where(difference > 1e-12 * energy[..., :1], difference, 0)


def cumulative_mean_normalized(difference) -> np.ndarray:
    """YIN step 2: d'(lag) = d(lag) / mean of d(1) ... d(lag), and d'(0) = 1.

    Parameters
    ----------
    difference : array
        Shape (..., L), from `difference_function`.

    Returns
    -------
    numpy.ndarray
        Shape (..., L); 1 throughout in silence, which has no period.

    Examples
    --------
    >>> cumulative_mean_normalized(np.array([0.0, 4.0, 2.0, 0.0]))
    array([1.        , 1.        , 0.66666667, 0.        ])

    Chapter: sound/features
    """
    normalized = np.ones_like(difference)
    lags = np.arange(1, difference.shape[-1])
    mean = np.cumsum(difference[..., 1:], axis=-1) / lags
    np.divide(difference[..., 1:], mean, out=normalized[..., 1:], where=mean > 0)
    return normalized


def _first_dip(normalized, min_lag, max_lag, threshold):
    """YIN step 3: the first local minimum below the threshold, and whether there is one."""
    here = normalized[..., min_lag : max_lag + 1]
    before = normalized[..., min_lag - 1 : max_lag]
    after = normalized[..., min_lag + 1 : max_lag + 2]
    dip = (here < threshold) & (here < before) & (here <= after)  # (..., n, lags)
    return min_lag + dip.argmax(axis=-1), dip.any(axis=-1)


def _parabolic_minimum(difference, lag):
    """YIN step 4: where the parabola through d(lag - 1), d(lag), d(lag + 1) is lowest.

    The paper takes d here and not d', whose slope would pull the minimum aside.
    """
    around = lag[..., np.newaxis] + np.array([-1, 0, 1])  # (..., n, 3)
    left, middle, right = np.moveaxis(np.take_along_axis(difference, around, axis=-1), -1, 0)
    curvature = left - 2 * middle + right
    shift = np.zeros_like(middle)
    np.divide((left - right) / 2, curvature, out=shift, where=curvature > 0)
    return lag + np.clip(shift, -1, 1)


def _lags(sample_rate, min_hz, max_hz, frame_length):
    for value, name in ((sample_rate, "sample_rate"), (min_hz, "min_hz"), (max_hz, "max_hz")):
        check_positive(value, name=name, unit="Hz")
    check_count(frame_length, name="frame_length", minimum=4)
    if max_hz > sample_rate / 2:
        raise AudioError(
            f"max_hz is {max_hz} Hz, above half the sample rate: use at most {sample_rate / 2:g} Hz"
        )
    if min_hz >= max_hz:
        raise AudioError(f"min_hz is {min_hz} Hz: it must be below max_hz = {max_hz} Hz")
    min_lag, max_lag = int(sample_rate // max_hz), int(np.ceil(sample_rate / min_hz))
    if frame_length < 2 * (max_lag + 1):
        raise AudioError(
            f"frame_length is {frame_length} samples, less than two periods of {min_hz} Hz: use at "
            f"least {2 * (max_lag + 1)}, or a higher min_hz"
        )
    return min_lag, max_lag


def chroma_filterbank(*, sample_rate: float, n_fft: int) -> np.ndarray:
    """Weights that gather FFT bins into the twelve pitch classes C, C sharp, ... B.

    Bin f lies 12 log2(f / 440) semitones from A4; octaves are folded away. Its energy is shared
    among the classes by a bell curve, wider for low bins, which cover several semitones. A second
    bell curve over octaves, centred on 880 Hz and 2 octaves wide, lets the middle range count most.

    Parameters
    ----------
    sample_rate : float
        Hz.
    n_fft : int
        Samples in the STFT's frame.

    Returns
    -------
    numpy.ndarray
        Shape (12, F), float64; row 0 is C, row 9 is A.

    Raises
    ------
    AudioError
        If the rate is not above 0 or n_fft is not a whole number of at least 4.

    Examples
    --------
    >>> filters = chroma_filterbank(sample_rate=22050, n_fft=4096)
    >>> int(filters[:, round(440 * 4096 / 22050)].argmax())
    9

    References
    ----------
    D. P. W. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007: the
    definition that librosa uses, tuned to A4 = 440 Hz.

    Chapter: sound/features
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(n_fft, name="n_fft", minimum=4)
    bins_hz = np.arange(1, 2 + n_fft // 2) * (sample_rate / n_fft)  # one more, for the last width
    semitones = 12 * np.log2(bins_hz / 440) + 57  # above C0: A4 is 57
    # 0 Hz has no pitch: a place 1.5 octaves below bin 1, as wide, spreads it over all classes.
    semitones = np.concatenate([semitones[:1] - 18, semitones])  # (F + 1,)
    width = np.maximum(np.diff(semitones), 1)  # (F,): semitones that a bin covers
    semitones = semitones[:-1]
    distance = (semitones - np.arange(12)[:, np.newaxis] + 6) % 12 - 6  # (12, F), -6 to 6
    filters = np.exp(-0.5 * (2 * distance / width) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    octave = (semitones - 57) / 12 + 4  # counted from A0 = 27.5 Hz; 5 is 880 Hz
    return filters * np.exp(-0.5 * ((octave - 5) / 2) ** 2)


def chroma(
    audio, *, sample_rate: float, n_fft: int = 2048, hop_length: int = 512, **options
) -> np.ndarray:
    """Energy of the twelve pitch classes over time: which chord is sounding, whatever the octave.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    sample_rate : float
        Hz.
    n_fft, hop_length, **options
        As for `spectral.stft`. Below about 17 * sample_rate / n_fft Hz neighbouring notes lie
        closer than one bin and are not told apart.

    Returns
    -------
    numpy.ndarray
        Shape (..., 12, N), row 0 is C; the strongest class of each frame is 1, silence is 0.

    Raises
    ------
    AudioError
        As `spectral.stft` does.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> int(chroma(tone, sample_rate=8000)[:, 8].argmax())
    9

    References
    ----------
    T. Fujishima, "Realtime chord recognition of musical sound", ICMC, 1999.

    Chapter: sound/features
    """
    filters = chroma_filterbank(sample_rate=sample_rate, n_fft=n_fft)
    power = np.abs(stft(audio, n_fft=n_fft, hop_length=hop_length, **options)) ** 2
    energy = filters.astype(power.dtype) @ power  # (12, F) @ (..., F, N)
    strongest = energy.max(axis=-2, keepdims=True)
    return energy / np.where(strongest > np.finfo(power.dtype).tiny, strongest, 1)
