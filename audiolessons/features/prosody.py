"""Prosody in numbers: what a melody looks like, and one vector for a contour of any length."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_count, check_positive

PERCENTILES = (5, 25, 50, 75, 95)
N_FUNCTIONALS = len(PERCENTILES) + 6


def semitones(pitch_hz, *, reference_hz: float) -> np.ndarray:
    """Return how far a pitch lies above a reference, 12 to the octave: equal steps sound equal.

    Parameters
    ----------
    pitch_hz : array
        In Hz, above 0; NaN where there is no pitch stays NaN.
    reference_hz : float
        Hz, such as the median of a sentence, which takes away how high a voice lies.

    Raises
    ------
    AudioError
        If the reference or a pitch is not above 0.

    Examples
    --------
    >>> semitones([220.0, 440.0, float("nan")], reference_hz=220)
    array([ 0., 12., nan])

    Chapter: tasks/emotion
    """
    check_positive(reference_hz, name="reference_hz", unit="Hz")
    pitch_hz = as_array(pitch_hz, name="pitch_hz").astype(np.float64)
    if (pitch_hz <= 0).any():
        raise AudioError(
            f"pitch_hz holds {np.nanmin(pitch_hz):g}: mark frames without pitch as NaN"
        )
    return 12 * np.log2(pitch_hz / reference_hz)


def contour_points(contour, *, n_points: int) -> np.ndarray:
    """Return a contour at `n_points` places, evenly from its first to its last number.

    Gaps between are bridged by straight lines; what is NaN before the first and after the last
    number is cut away.

    Parameters
    ----------
    contour : array
        Shape (N,); NaN where there is nothing, such as the pitch of a consonant.
    n_points : int
        At least 2.

    Returns
    -------
    numpy.ndarray
        Shape (n_points,); zeros if the contour holds no number at all.

    Raises
    ------
    AudioError
        If the contour has not one axis, or there are fewer than two points.

    Examples
    --------
    >>> gap = float("nan")
    >>> contour_points([gap, 1.0, gap, 3.0, 4.0, gap], n_points=3)
    array([1. , 2.5, 4. ])

    Chapter: tasks/emotion
    """
    check_count(n_points, name="n_points", minimum=2)
    contour = _one_axis(contour)
    known = np.flatnonzero(np.isfinite(contour))
    if len(known) == 0:
        return np.zeros(n_points)
    return np.interp(np.linspace(known[0], known[-1], n_points), known, contour[known])


def functionals(contour) -> np.ndarray:
    """Return one vector for a contour of any length: where it lies, how it spreads, how it moves.

    Mean, standard deviation, five percentiles (5, 25, 50, 75, 95), the range from the first to the
    last of them, the slope of the fitted line over the whole stretch, and mean size and standard
    deviation of the steps from one number to the next.

    Parameters
    ----------
    contour : array
        Shape (N,); what is not finite is left out, as if its neighbours stood side by side.

    Returns
    -------
    numpy.ndarray
        Shape (11,), in units of the contour; zeros if fewer than three numbers are left.

    Raises
    ------
    AudioError
        If the contour has not one axis.

    Examples
    --------
    >>> functionals([1.0, 2.0, float("nan"), 3.0]).round(2)
    array([2.  , 0.82, 1.1 , 1.5 , 2.  , 2.5 , 2.9 , 1.8 , 2.  , 1.  , 0.  ])

    References
    ----------
    F. Eyben and others, "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for voice research
    and affective computing", IEEE Transactions on Affective Computing 7(2), 2016.

    Chapter: tasks/emotion
    """
    contour = _one_axis(contour)
    contour = contour[np.isfinite(contour)]
    if len(contour) < 3:
        return np.zeros(N_FUNCTIONALS)
    percentiles = np.percentile(contour, PERCENTILES)
    time = np.linspace(-0.5, 0.5, len(contour))
    slope = time @ contour / (time @ time)
    steps = np.diff(contour)
    spread = percentiles[-1] - percentiles[0]
    moves = [spread, slope, np.abs(steps).mean(), steps.std()]
    return np.concatenate([[contour.mean(), contour.std()], percentiles, moves])


def _one_axis(contour):
    contour = as_array(contour, name="contour").astype(np.float64)
    if contour.ndim != 1:
        raise AudioError(f"contour has shape {contour.shape}: give one contour, (N,)")
    return contour
