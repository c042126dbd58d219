"""The two roundings of digital sound: in time (sampling) and in value (quantising)."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np
from scipy.signal import upfirdn

from audiolessons.errors import AudioError, check_audio, check_choice, check_count, check_rate

# The resampling filter: 64 samples of the lower rate on either side under a Kaiser window that
# reaches 100 dB, which takes a tenth of the lower Nyquist frequency from passing to stopping.
_HALF_LENGTH = 64
_KAISER_BETA = 10.06
_CUTOFF = 0.95


def resample(audio: np.ndarray, *, from_rate: int, to_rate: int) -> np.ndarray:
    """Return the same sound at another sample rate.

    Samples determine one band-limited curve: each sample carries a sinc, and their sum passes
    through all samples. To resample is to read that curve at other times. When the rate goes down,
    the sinc is made wider, so that it also removes what the new rate cannot hold. An endless sinc
    is impossible, so it is cut off by a Kaiser window after 64 samples of the lower rate: what lies
    below 90 % of the lower Nyquist frequency passes, and what lies above it is 100 dB down.

    Parameters
    ----------
    audio
        Shape (..., T). Before and after it there is silence.
    from_rate, to_rate
        Samples per second now and then, whole numbers.

    Returns
    -------
    Shape (..., ceil(T * to_rate / from_rate)), same precision, no delay.

    Raises
    ------
    AudioError
        If a rate is not a whole number above 0, or `audio` is not sound.

    References
    ----------
    J. O. Smith, *Digital Audio Resampling*, CCRMA, Stanford University (bandlimited interpolation).

    Examples
    --------
    >>> from audiolessons.signals import sine
    >>> resample(sine(440, duration_s=1.0, sample_rate=44100), from_rate=44100, to_rate=16000).shape
    (16000,)

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    from_rate = check_rate(from_rate, name="from_rate")
    to_rate = check_rate(to_rate, name="to_rate")
    if from_rate == to_rate:
        return audio.copy()

    # Put `up - 1` zeros between samples, low-pass, keep every `down`-th: the filter runs at a rate
    # that both rates divide. upfirdn computes only the values that are kept.
    common = gcd(from_rate, to_rate)
    up, down = to_rate // common, from_rate // common
    kernel = _windowed_sinc(up, down)

    # The kernel's middle is its time 0: zeros in front bring it onto a multiple of `down`, and the
    # outputs before it are dropped.
    half = kernel.size // 2
    n_front = -half % down
    kernel = np.concatenate([np.zeros(n_front), kernel]).astype(audio.dtype)
    n_samples = -(-audio.shape[-1] * to_rate // from_rate)  # rounded up
    skip = (half + n_front) // down
    resampled = upfirdn(kernel, audio, up, down, axis=-1)
    return resampled[..., skip : skip + n_samples].copy()


def take_every(audio: np.ndarray, *, step: int) -> np.ndarray:
    """Keep every `step`-th sample and drop the others: resampling done wrong.

    Nothing removes what lies above the new Nyquist frequency, so it folds down and stays as tones
    that were never there. `resample` removes it first.

    Parameters
    ----------
    audio
        Shape (..., T).
    step
        Whole number, 1 or above.

    Returns
    -------
    Shape (..., ceil(T / step)), a copy.

    Raises
    ------
    AudioError
        If `step` is below 1, or `audio` is not sound.

    Examples
    --------
    >>> take_every(np.array([0.0, 0.1, 0.2, 0.3, 0.4]), step=2)
    array([0. , 0.2, 0.4])

    Chapter: sound/signals
    """
    return check_audio(audio)[..., :: check_count(step, name="step")].copy()


def quantize(
    audio: np.ndarray, *, n_bits: int, dither: str | None = None, seed: int = 0
) -> np.ndarray:
    """Round every sample to one of the `2 ** n_bits` values that `n_bits` bits can tell apart.

    The values are k * step with step = 2 / 2**n_bits and k from -2**(n_bits - 1) to
    2**(n_bits - 1) - 1: 0 is among them (a "mid-tread" quantiser), -1 too, +1 not. This is what
    integer files hold; 16 bits give the multiples of 1/32768. What is out of range is clipped.

    Parameters
    ----------
    audio
        Shape (..., T), in [-1, 1].
    n_bits
        1 to 24.
    dither
        `None` rounds as it is: the error of a quiet sound then follows the sound and is heard as
        distortion. `"tpdf"` adds the sum of two uniform random numbers, each one step wide, before
        rounding: the error becomes steady noise, 4.8 dB stronger but independent of the sound in
        mean and in power.
    seed
        Of the dither.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If `n_bits` is outside 1 to 24, `dither` is unknown, or `audio` is not sound.

    References
    ----------
    S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and dither: a theoretical
    survey", J. Audio Eng. Soc. 40(5), 1992.

    Examples
    --------
    >>> quantize(np.array([-1.0, -0.3, 0.1, 0.3, 1.0]), n_bits=2)
    array([-1. , -0.5,  0. ,  0.5,  0.5])

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    n_bits = check_count(n_bits, name="n_bits")
    if n_bits > 24:
        raise AudioError(f"n_bits is {n_bits}: give at most 24, which is all that float32 can hold")
    check_choice(dither, name="dither", choices=(None, "tpdf"))

    highest = 2 ** (n_bits - 1)
    in_steps = audio.astype(np.float64) * highest
    if dither == "tpdf":
        random = np.random.default_rng(check_count(seed, name="seed", minimum=0))
        in_steps += random.random(audio.shape) - random.random(audio.shape)
    rounded = np.clip(np.round(in_steps), -highest, highest - 1)
    return (rounded / highest + 0.0).astype(audio.dtype)  # + 0.0 turns -0 into 0


@lru_cache(maxsize=4)  # a data set is resampled file by file, with the same two rates
def _windowed_sinc(up, down):
    """Return the low-pass of `resample`, of odd length, for a rate that is `up` times the old."""
    slower = max(up, down)
    half = _HALF_LENGTH * slower
    position = np.arange(-half, half + 1) / slower  # in samples of the lower rate
    kernel = np.sinc(_CUTOFF * position) * np.kaiser(2 * half + 1, _KAISER_BETA)
    return kernel * (up / kernel.sum())  # a constant keeps its value
