"""From a noisy sound to a less noisy one: a gain applied to its spectrogram."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audiolessons.enhancement.gains import decision_directed_gain
from audiolessons.enhancement.noise_floor import noise_power
from audiolessons.errors import AudioError, as_array, check_audio, check_rate
from audiolessons.spectral import istft, stft

FRAME_S = 0.032  # a vowel hardly changes within it, and its harmonics are told apart
FLOOR_WINDOW_S = 1.5  # long enough to hold a pause between words


def apply_gain(
    noisy_audio: np.ndarray, gain: np.ndarray, *, n_fft: int, hop_length: int
) -> np.ndarray:
    """Multiply the spectrogram of a sound by a gain, and turn it back into a sound.

    A gain is real: it changes the magnitudes and leaves the noisy phase as it is.

    Parameters
    ----------
    noisy_audio
        Shape (..., T).
    gain
        Shape (..., F, N), F = 1 + n_fft // 2 and N = 1 + T // hop_length, or (..., F, 1).
    n_fft, hop_length
        Frame and hop of the STFT (Hann window, centred), as they were when the gain was made.

    Returns
    -------
    Shape and precision of `noisy_audio`.

    Raises
    ------
    AudioError
        If the gain does not fit the spectrogram, or is not real and finite.

    Examples
    --------
    >>> audio = np.random.default_rng(0).standard_normal(1000)
    >>> half = apply_gain(audio, np.full((129, 1), 0.5), n_fft=256, hop_length=128)
    >>> bool(np.allclose(half, 0.5 * audio))
    True

    Chapter: tasks/denoising
    """
    spectrum = stft(noisy_audio, n_fft=n_fft, hop_length=hop_length)  # (..., F, N)
    gain = as_array(gain, name="gain")
    if gain.dtype.kind != "f" or not np.isfinite(gain).all():
        raise AudioError(
            f"gain holds {gain.dtype} values, or some that are not finite: give real numbers, "
            "float32 or float64"
        )
    if gain.ndim < 2 or not _fits(gain.shape, spectrum.shape):
        raise AudioError(
            f"gain has shape {gain.shape} and the spectrogram {spectrum.shape}: make the gain "
            "from stft(noisy_audio, n_fft=n_fft, hop_length=hop_length)"
        )
    enhanced = spectrum * gain.astype(spectrum.real.dtype, copy=False)
    return istft(enhanced, hop_length=hop_length, n_fft=n_fft, length=np.shape(noisy_audio)[-1])


def denoise(
    audio: np.ndarray, *, sample_rate: float, gain_of: Callable = decision_directed_gain
) -> np.ndarray:
    """Take steady noise out of a sound, knowing nothing but the sound.

    The floor of the noise is found by `noise_power`, the gain by `gain_of`, in frames of 32 ms
    that overlap by half. Each channel is treated for itself. What changes as quickly as speech
    does, such as other voices, stays.

    Parameters
    ----------
    audio
        Noisy sound, shape (..., T).
    sample_rate
        Hz.
    gain_of
        A function of the noisy power and the noise power, shapes (..., F, N) and (..., F, 1), that
        returns the gain, such as `spectral_subtraction_gain`; with settings of your own, a
        `functools.partial` of one.

    Returns
    -------
    Shape and precision of `audio`.

    Raises
    ------
    AudioError
        If the sound is not a sound, or `gain_of` is no function or returns what is no gain.

    Examples
    --------
    >>> from audiolessons.signals import level_db, white_noise
    >>> noise = white_noise(duration_s=2.0, sample_rate=16000, seed=0)
    >>> bool(level_db(denoise(noise, sample_rate=16000)) < level_db(noise) - 10)
    True

    Chapter: tasks/denoising
    """
    audio = check_audio(audio)
    rate = check_rate(sample_rate)
    if not callable(gain_of):
        raise AudioError(
            f"gain_of is {gain_of!r}: give a function, such as enhancement.decision_directed_gain"
        )
    hop_length = max(1, round(rate * FRAME_S / 2))
    n_fft = 2 * hop_length
    power = np.abs(stft(audio, n_fft=n_fft, hop_length=hop_length)) ** 2
    window_frames = round(FLOOR_WINDOW_S * rate / hop_length)
    gain = gain_of(power, noise_power(power, window_frames=window_frames))
    return apply_gain(audio, gain, n_fft=n_fft, hop_length=hop_length)


def _fits(shape, whole):
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False
