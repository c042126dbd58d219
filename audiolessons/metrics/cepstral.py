"""How far the outlines of two voices lie apart, and how lively an outline is."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_rate
from audiolessons.features import pitch_yin
from audiolessons.matching import distances, dtw
from audiolessons.signals import resample
from audiolessons.voice import cepstrum_settings, mel_cepstrum

PITCH_HZ = (60.0, 400.0)
CLEAREST = 0.4  # threshold of YIN: hoarse and noisy frames count as voiced as well


def mel_cepstral_distortion(reference, estimate, *, sample_rate: int) -> float:
    """Return the mel-cepstral distortion of two sounds that say the same, in dB.

    The root mean square of the difference of two outlines over the warped frequency axis, in
    decibels, mean over pairs of frames: (10 / ln 10) sqrt(2 sum of (c[m] - c'[m])^2), m from 1.
    c[0] is left out, so that level does not count. Frames that have a pitch are compared, and
    dynamic time warping decides which with which.

    Sounds of 16 kHz and more are compared at 16 kHz (order 24, warping 0.42), others at 8 kHz
    (order 16, warping 0.31), frames of 32 ms every 5 ms: `voice.cepstrum_settings`. Figures of the
    two settings, and of other programs, must not be compared. Lower is nearer to *this* take, which
    a smoothed voice can be more easily than a second take of the same speaker. The outline is a
    mean of logarithms, also between harmonics: faint noise there counts as much as what is loud.

    Parameters
    ----------
    reference, estimate : array
        Shape (T,) and (T',).
    sample_rate : int
        Of both, Hz; at least 8000.

    Returns
    -------
    float
        In dB; 0 for identical sounds, at whichever level.

    Raises
    ------
    AudioError
        If a sound has more than one channel or no frame with a pitch, or the rate is below 8 kHz.

    Examples
    --------
    >>> from audiolessons.voice import VOWELS, vowel
    >>> said = vowel(VOWELS["heed"], sample_rate=8000)
    >>> mel_cepstral_distortion(said, said, sample_rate=8000)
    0.0

    References
    ----------
    R. F. Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", IEEE
    Pacific Rim Conference on Communications, Computers and Signal Processing, 1993.

    Chapter: speech/conversion
    """
    rate = check_rate(sample_rate)
    if rate < 8000:
        raise AudioError(f"sample_rate is {rate} Hz: this measure needs 8000 Hz or more")
    at = 16000 if rate >= 16000 else 8000
    first, second = (
        _voiced_cepstrum(audio, name, rate, at)
        for audio, name in ((reference, "reference"), (estimate, "estimate"))
    )
    _, path = dtw(distances(first, second))
    difference = first[:, path[:, 0]] - second[:, path[:, 1]]
    return float(np.mean(10 / np.log(10) * np.sqrt(2 * np.sum(difference**2, axis=0))))


def _voiced_cepstrum(audio, name, rate, at):
    """Return c[1] ... c[order] of the frames that have a pitch."""
    audio = check_audio(audio, name=name)
    if audio.ndim != 1:
        raise AudioError(f"{name} has shape {audio.shape}: give one channel, (T,)")
    audio = resample(audio.astype(np.float64), from_rate=rate, to_rate=at)
    largest = np.abs(audio).max()
    audio = audio / (largest or 1.0)  # so that the quietest power that counts is relative
    settings = cepstrum_settings(at)
    pitch_hz = pitch_yin(
        audio,
        sample_rate=at,
        min_hz=PITCH_HZ[0],
        max_hz=PITCH_HZ[1],
        frame_length=at // 25,
        hop_length=settings["hop_length"],
        threshold=CLEAREST,
    )
    is_voiced = np.isfinite(pitch_hz)
    if not is_voiced.any():
        raise AudioError(f"{name} has no frame with a pitch: this measure compares voiced frames")
    return mel_cepstrum(audio, **settings)[1:, is_voiced]


def global_variance(features) -> np.ndarray:
    """Return the variance over time of each feature of a sound.

    What averages over many frames or takes smooths, and the variance falls: a voice whose outline
    moves too little sounds muffled, however near it is on average.

    Parameters
    ----------
    features : array
        Shape (..., D, N), such as mel-cepstra of voiced frames.

    Returns
    -------
    numpy.ndarray
        Shape (..., D).

    Raises
    ------
    AudioError
        If there are no (D, N) axes, or fewer than two frames.

    Examples
    --------
    >>> global_variance([[1.0, 3.0], [5.0, 5.0]])
    array([1., 0.])

    References
    ----------
    T. Toda, A. W. Black and K. Tokuda, "Voice conversion based on maximum-likelihood estimation of
    spectral parameter trajectory", IEEE Transactions on Audio, Speech, and Language Processing
    15(8), 2007, equation (26).

    Chapter: speech/conversion
    """
    features = as_array(features, name="features", dtype=float)
    if features.ndim < 2 or features.shape[-1] < 2:
        raise AudioError(f"features has shape {features.shape}: give (..., D, N), N at least 2")
    return features.var(axis=-1)
