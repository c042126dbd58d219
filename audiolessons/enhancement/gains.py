"""Gains that take noise out of a spectrogram: spectral subtraction and the Wiener filter."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_finite
from audiolessons.spectral.decibels import check_magnitude


def spectral_subtraction_gain(
    noisy_power: np.ndarray,
    noise_power: np.ndarray,
    *,
    over_subtraction: float = 4.0,
    floor: float = 0.01,
) -> np.ndarray:
    """Return the gain of spectral subtraction: the noise's power is taken off the noisy power.

    What is left is the power of the speech, and its ratio to the noisy power, under a root, the
    gain. But the power of noise jumps from frame to frame, and only its mean is known: where it
    happens to lie above the mean a peak is left standing alone, heard as a short tone ("musical
    noise"). Two remedies: subtract more than the mean, and leave a floor of noise for the peaks
    to drown in.

    Parameters
    ----------
    noisy_power
        Power spectrogram of the noisy sound, shape (..., F, N).
    noise_power
        Power of the noise, shape (..., F, N) or (..., F, 1), for example of `noise_power`.
    over_subtraction
        How many times the noise power is subtracted. Above 1: fewer peaks, and less speech. Berouti
        and others take 3 to 6, less where the speech is clearer.
    floor
        Smallest power left, as a part of the noise power; 0 gives silence between the peaks.

    Returns
    -------
    Gain in [0, 1], shape (..., F, N).

    Raises
    ------
    AudioError
        If a spectrogram holds anything but powers, the shapes do not fit, over_subtraction is
        negative, or floor is not in [0, 1].

    Examples
    --------
    >>> noisy, noise = np.array([[0.5, 2.0, 4.0]]), np.array([[1.0]])
    >>> spectral_subtraction_gain(noisy, noise, over_subtraction=1, floor=0.0) ** 2
    array([[0.  , 0.5 , 0.75]])
    >>> spectral_subtraction_gain(noisy, noise, over_subtraction=1, floor=0.1) ** 2
    array([[0.2 , 0.5 , 0.75]])

    References
    ----------
    S. F. Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 27(2), 1979. M. Berouti, R. Schwartz,
    J. Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979, equation 2.

    Chapter: tasks/denoising
    """
    noisy_power, noise_power = check_powers(noisy_power=noisy_power, noise_power=noise_power)
    if check_finite(over_subtraction, name="over_subtraction") < 0:
        raise AudioError(f"over_subtraction is {over_subtraction!r}: it must be at least 0")
    _check_part(floor, "floor")
    left = np.maximum(noisy_power - over_subtraction * noise_power, floor * noise_power)
    return np.sqrt(_ratio(np.minimum(left, noisy_power), noisy_power))


def wiener_gain(speech_power: np.ndarray, noise_power: np.ndarray) -> np.ndarray:
    """Return the Wiener gain: the part of the power that is speech, S / (S + N).

    With the signal-to-noise ratio xi = S / N it is xi / (1 + xi). No other gain comes nearer to
    the clean spectrum on average, if the speech and the noise have these powers. Given the powers
    of the true speech and the true noise it is an oracle, and shows how far a gain can go.

    Parameters
    ----------
    speech_power
        Power of the speech, shape (..., F, N).
    noise_power
        Power of the noise, shape (..., F, N) or (..., F, 1).

    Returns
    -------
    Gain in [0, 1], shape (..., F, N); 0 where both powers are 0.

    Raises
    ------
    AudioError
        If a spectrogram holds anything but powers, or the shapes do not fit.

    Examples
    --------
    >>> wiener_gain(np.array([[10.0, 1.0, 0.1]]), np.array([[1.0]])).round(2)  # 10, 0, -10 dB
    array([[0.91, 0.5 , 0.09]])

    References
    ----------
    J. S. Lim and A. V. Oppenheim, "Enhancement and bandwidth compression of noisy speech",
    Proceedings of the IEEE 67(12), 1979.

    Chapter: tasks/denoising
    """
    speech_power, noise_power = check_powers(speech_power=speech_power, noise_power=noise_power)
    return _ratio(speech_power, speech_power + noise_power)


def decision_directed_gain(
    noisy_power: np.ndarray,
    noise_power: np.ndarray,
    *,
    smoothing: float = 0.98,
    lowest_snr_db: float = -10.0,
) -> np.ndarray:
    """Return the Wiener gain with a signal-to-noise ratio estimated frame after frame.

    The noisy power alone gives a ratio for each frame, max(power / noise - 1, 0), which jumps as
    noise does. The power of the speech that was *decided* on in the frame before gives another,
    one frame late but calm. Their mean, most of it the second, is the ratio that the Wiener gain
    is given ("a priori SNR"): calm in noise, where nothing musical is left, and quick to rise
    with the speech.

    Parameters
    ----------
    noisy_power
        Power spectrogram of the noisy sound, shape (..., F, N).
    noise_power
        Power of the noise, shape (..., F, N) or (..., F, 1), for example of `noise_power`.
    smoothing
        Weight of the frame before, from 0 (none) to 1.
    lowest_snr_db
        The ratio is never taken to be lower: a floor of noise stays and masks what is left over.

    Returns
    -------
    Gain in [0, 1], shape (..., F, N).

    Raises
    ------
    AudioError
        If a spectrogram holds anything but powers, the shapes do not fit, smoothing is not in
        [0, 1], or lowest_snr_db is not finite.

    Examples
    --------
    >>> noisy = np.array([[1.0, 1.0, 101.0, 101.0, 101.0]])  # 20 dB from frame 2 on
    >>> decision_directed_gain(noisy, np.array([[1.0]])).round(2)
    array([[0.09, 0.09, 0.67, 0.98, 0.99]])

    References
    ----------
    Y. Ephraim and D. Malah, "Speech enhancement using a minimum-mean square error short-time
    spectral amplitude estimator", IEEE Transactions on Acoustics, Speech, and Signal Processing
    32(6), 1984, equation 51 (the ratio; the gain is Wiener's).

    Chapter: tasks/denoising
    """
    noisy_power, noise_power = check_powers(noisy_power=noisy_power, noise_power=noise_power)
    _check_part(smoothing, "smoothing")
    lowest = 10 ** (check_finite(lowest_snr_db, name="lowest_snr_db", unit="dB") / 10)
    # A bin without noise has a ratio without end: any tiny floor gives it a gain of 1.
    ratio = noisy_power / np.maximum(noise_power, np.finfo(noisy_power.dtype).tiny ** 0.5)
    gain = np.empty_like(noisy_power)
    decided = np.maximum(ratio[..., 0] - 1, 0)
    for n in range(ratio.shape[-1]):
        snr = smoothing * decided + (1 - smoothing) * np.maximum(ratio[..., n] - 1, 0)
        snr = np.maximum(snr, lowest)
        gain[..., n] = snr / (1 + snr)
        decided = gain[..., n] ** 2 * ratio[..., n]
    return gain


def check_powers(**powers):
    """Return two power spectrograms of one precision; the second may have a single frame.

    Chapter: tasks/denoising
    """
    (name, first), (other_name, second) = powers.items()
    first = check_magnitude(first, name=name, min_ndim=2)
    second = check_magnitude(second, name=other_name, min_ndim=2)
    try:
        fits = np.broadcast_shapes(first.shape, second.shape) == first.shape
    except ValueError:
        fits = False
    if not fits:
        raise AudioError(
            f"{name} has shape {first.shape} and {other_name} {second.shape}: give both as "
            f"(..., F, N) of the same sound, or {other_name} as (..., F, 1)"
        )
    dtype = np.result_type(first, second)
    return first.astype(dtype, copy=False), second.astype(dtype, copy=False)


def _ratio(part, whole):
    """Return part / whole, and 0 where both are 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _check_part(value, name):
    if not 0 <= check_finite(value, name=name) <= 1:
        raise AudioError(f"{name} is {value!r}: it must lie in [0, 1]")
