"""Voice quality: how evenly the vocal folds open and close, and how much breath is beside them."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive
from audiolessons.signals import frame
from audiolessons.spectral.shorttime import check_frames_fit, pad_time

SEARCH = 0.2  # of a period: how far from where it is expected a pulse is looked for


def harmonics_to_noise_db(
    audio, pitch_hz, *, sample_rate: float, frame_length: int, hop_length: int
) -> np.ndarray:
    """Return the ratio of what repeats after one period to what does not, in each frame.

    With r, the correlation of a stretch with the one a period later, a share r of the power repeats
    and 1 - r does not: 10 log10(r / (1 - r)). A clear voice has 15 to 25 dB, a breathy one less.

    Parameters
    ----------
    audio : array
        Shape (T,).
    pitch_hz : array
        Shape (N,), from `pitch_yin` with the same frames; NaN in frames that have no pitch.
    sample_rate : float
        Hz.
    frame_length, hop_length : int
        Samples. Two periods must fit into a frame.

    Returns
    -------
    numpy.ndarray
        Shape (N,), in dB, from -20 to 40; NaN in frames that have no pitch.

    Raises
    ------
    AudioError
        If the frames do not fit the pitch, or a period is longer than half a frame.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 200 * np.arange(4000) / 8000)
    >>> frames = {"sample_rate": 8000, "frame_length": 400, "hop_length": 80}
    >>> float(harmonics_to_noise_db(tone, np.full(51, 200.0), **frames)[25].round())
    40.0

    References
    ----------
    P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound", Proc. Institute of Phonetic Sciences 17, 1993.

    Chapter: tasks/emotion
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    audio = check_frames_fit(audio, frame_length, hop_length, True)
    padded = pad_time(audio, frame_length // 2).astype(np.float64)
    frames = frame(padded, frame_length=frame_length, hop_length=hop_length).swapaxes(-1, -2)
    pitch_hz = as_array(pitch_hz, name="pitch_hz")
    if pitch_hz.shape != frames.shape[:1]:
        raise AudioError(f"pitch_hz has shape {pitch_hz.shape} for {len(frames)} frames: one each")
    found = np.full(len(pitch_hz), np.nan)
    for n in np.flatnonzero(np.isfinite(pitch_hz)):
        lag = round(sample_rate / pitch_hz[n])
        if 2 * (lag + 1) > frame_length:
            raise AudioError(
                f"frame_length is {frame_length} samples, less than two periods of "
                f"{pitch_hz[n]:.0f} Hz: use at least {2 * (lag + 1)}"
            )
        # A period is no whole number of samples: the best correlation beside it counts.
        r = max(_correlation(frames[n], one) for one in (lag - 1, lag, lag + 1))
        found[n] = 10 * np.log10(np.clip(r, 0.01, 0.9999) / (1 - np.clip(r, 0.01, 0.9999)))
    return found


def _correlation(frame, lag):
    early, late = frame[:-lag], frame[lag:]
    return early @ late / np.sqrt((early @ early) * (late @ late) + 1e-20)


def pulses(
    audio, pitch_hz, *, sample_rate: float, hop_length: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Find the moments at which the voice pulses, one a period, in each stretch that has a pitch.

    From the highest peak of a stretch steps of one period go both ways. Each ends at the highest
    sample within a fifth of a period of where it is expected, and a parabola through it and its
    neighbours gives the moment to a fraction of a sample.

    Parameters
    ----------
    audio : array
        Shape (T,).
    pitch_hz : array
        Shape (N,), from `pitch_yin` with centred frames; NaN where there is no pitch.
    sample_rate : float
        Hz.
    hop_length : int
        Samples from one frame of the pitch to the next.

    Returns
    -------
    list of (moments, heights)
        For each stretch of at least three pulses: arrays (P,), in seconds and in units of the
        sound.

    Raises
    ------
    AudioError
        If the sound or the pitch has not one axis.

    Examples
    --------
    >>> clicks = np.zeros(800)
    >>> clicks[40::80] = 1.0
    >>> [(moments, heights)] = pulses(clicks, [100.0] * 9, sample_rate=8000, hop_length=100)
    >>> moments[:3], heights[:3]
    (array([0.005, 0.015, 0.025]), array([1., 1., 1.]))

    Chapter: tasks/emotion
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(hop_length, name="hop_length")
    audio, pitch_hz = as_array(audio, name="audio"), as_array(pitch_hz, name="pitch_hz")
    if audio.ndim != 1 or pitch_hz.ndim != 1:
        raise AudioError(
            f"audio has shape {audio.shape}, pitch_hz {pitch_hz.shape}: give one sound, one contour"
        )
    audio = audio.astype(np.float64)
    found = []
    for first, last in _stretches(np.isfinite(pitch_hz)):
        periods = sample_rate / pitch_hz[first:last]
        start, end = first * hop_length, min((last - 1) * hop_length, len(audio) - 1)
        if end - start < 2 * periods.max():
            continue
        top = start + int(np.argmax(audio[start:end]))
        walks = (_walk(audio, top, way, start, end, periods, hop_length) for way in (-1, 1))
        places = sorted({top}.union(*walks))
        if len(places) >= 3:
            refined = [_parabolic_peak(audio, place) for place in places]
            moments, heights = np.array(refined).T
            found.append((moments / sample_rate, heights))
    return found


def _stretches(is_voiced):
    """Return (first, last + 1) of each run of frames that have a pitch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_voiced.astype(int), [0]])))
    return zip(edges[::2], edges[1::2], strict=True)


def _walk(audio, place, direction, start, end, periods, hop_length):
    """Yield the pulses on one side of `place`, each about a period from the one before."""
    while True:
        period = periods[min((place - start) // hop_length, len(periods) - 1)]
        wide = max(1, round(SEARCH * period))
        expected = place + direction * round(period)
        low, high = expected - wide, expected + wide + 1
        if low < start or high > end:
            return
        place = low + int(np.argmax(audio[low:high]))
        yield place


def _parabolic_peak(audio, place):
    """Return where the parabola through a peak and its neighbours is highest, and how high."""
    if not 0 < place < len(audio) - 1:
        return float(place), float(audio[place])
    left, middle, right = audio[place - 1 : place + 2]
    curvature = left - 2 * middle + right
    shift = (left - right) / (2 * curvature) if curvature < 0 else 0.0
    shift = float(np.clip(shift, -0.5, 0.5))
    return place + shift, float(middle - (left - right) * shift / 4)


def jitter(moments) -> float:
    """Return how much one period differs from the next, as a share of the mean period.

    A steady voice has 0.002 to 0.01.

    Parameters
    ----------
    moments : array
        Shape (P,), P >= 3, rising, from `pulses`.

    Raises
    ------
    AudioError
        If there are fewer than three moments, or they do not rise.

    Examples
    --------
    >>> jitter([0.0, 1.0, 2.1, 3.1])
    0.0968

    References
    ----------
    Jitter (local) of Praat: P. Boersma and D. Weenink, Praat: doing phonetics by computer.

    Chapter: tasks/emotion
    """
    moments = as_array(moments, name="moments")
    if moments.ndim != 1 or len(moments) < 3:
        raise AudioError(f"moments has shape {moments.shape}: two periods need three pulses")
    periods = np.diff(moments)
    if (periods <= 0).any():
        raise AudioError("moments do not rise: give them in the order of time")
    return float(np.abs(np.diff(periods)).mean() / periods.mean())


def shimmer(heights) -> float:
    """Return how much one pulse's height differs from the next, as a share of the mean height.

    Parameters
    ----------
    heights : array
        Shape (P,), P >= 2, above 0 on average, from `pulses`.

    Raises
    ------
    AudioError
        If there are fewer than two heights, or their mean is not above 0.

    Examples
    --------
    >>> shimmer([1.0, 1.2, 1.0])
    0.1875

    References
    ----------
    Shimmer (local) of Praat, as for `jitter`.

    Chapter: tasks/emotion
    """
    heights = as_array(heights, name="heights")
    if heights.ndim != 1 or len(heights) < 2:
        raise AudioError(f"heights has shape {heights.shape}: give at least two, (P,)")
    if heights.mean() <= 0:
        raise AudioError(f"heights has mean {heights.mean():g}: pulses point up")
    return float(np.abs(np.diff(heights)).mean() / heights.mean())
