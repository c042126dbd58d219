"""Changes made frame by frame to a spectrum: another speed, another outline."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_count, check_positive
from audiolessons.spectral import istft, stft


def phase_vocoder(spectrum, *, rate: float, hop_length: int) -> np.ndarray:
    """Play a spectrogram faster or slower at the same pitch: magnitudes read between frames.

    Each bin's phase moves on, from one frame to the next, by as much as it did in the sound: so
    every partial keeps its frequency, whatever the speed.

    Parameters
    ----------
    spectrum : array
        Shape (..., F, N), from `spectral.stft`.
    rate : float
        Frames of the sound for one frame of the result: 2 is twice as fast.
    hop_length : int
        Of the STFT.

    Returns
    -------
    numpy.ndarray
        Shape (..., F, ceil(N / rate)), complex, for `spectral.istft`.

    Raises
    ------
    AudioError
        If the spectrum is not complex with two axes, or the rate is not above 0.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    >>> spectrum = stft(tone, n_fft=256, hop_length=64)
    >>> phase_vocoder(spectrum, rate=0.5, hop_length=64).shape
    (129, 126)

    References
    ----------
    J. L. Flanagan and R. M. Golden, "Phase vocoder", Bell System Technical Journal 45, 1966.
    D. P. W. Ellis, "A phase vocoder in Matlab", 2002: the form that librosa has.

    Chapter: speech/conversion
    """
    spectrum = as_array(spectrum, name="spectrum")
    if spectrum.ndim < 2 or not np.iscomplexobj(spectrum):
        raise AudioError(f"spectrum is {spectrum.dtype} {spectrum.shape}: give stft's (..., F, N)")
    check_positive(rate, name="rate")
    check_count(hop_length, name="hop_length")
    n_bins, n_frames = spectrum.shape[-2:]
    steps = np.arange(0, n_frames, rate)
    padded = np.concatenate([spectrum, np.zeros_like(spectrum[..., :2])], axis=-1)
    left = steps.astype(int)
    here, there = padded[..., left], padded[..., left + 1]
    share = steps - left
    magnitude = (1 - share) * np.abs(here) + share * np.abs(there)
    # How far the phase moves in a hop: a whole turn more or less cannot be told, so the nearest to
    # what the middle of the bin would do is taken.
    expected = np.linspace(0, np.pi * hop_length, n_bins)[:, np.newaxis]
    turn = np.angle(there) - np.angle(here) - expected
    turn -= 2 * np.pi * np.round(turn / (2 * np.pi))
    moved = np.cumsum(expected + turn, axis=-1)
    phase = np.angle(spectrum[..., :1]) + np.concatenate(
        [np.zeros_like(moved[..., :1]), moved[..., :-1]], axis=-1
    )
    return (magnitude * np.exp(1j * phase)).astype(spectrum.dtype)


def filter_frames(audio, log_gain, *, n_fft: int, hop_length: int) -> np.ndarray:
    """Send a sound through a filter that is another one in each frame.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    log_gain : array
        Shape (..., F, N), natural logarithm of the gain: what `log_envelope` returns, or the
        difference of two of them. It should be smooth over frequency.
    n_fft, hop_length : int
        As for `spectral.stft`.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), of the sound's precision.

    Raises
    ------
    AudioError
        If there is not one gain for each bin and frame.

    Examples
    --------
    >>> sound = np.sin(np.arange(400.0))
    >>> louder = filter_frames(sound, np.full((65, 13), np.log(2)), n_fft=128, hop_length=32)
    >>> bool(np.allclose(louder, 2 * sound))
    True

    Chapter: speech/conversion
    """
    audio = check_audio(audio)
    spectrum = stft(audio, n_fft=n_fft, hop_length=hop_length)
    log_gain = as_array(log_gain, name="log_gain", dtype=float)
    if log_gain.shape[-2:] != spectrum.shape[-2:]:
        raise AudioError(
            f"log_gain has shape {log_gain.shape}, the spectrum {spectrum.shape}: give one gain "
            "for each bin and frame"
        )
    changed = (spectrum * np.exp(log_gain)).astype(spectrum.dtype)
    return istft(changed, hop_length=hop_length, length=audio.shape[-1])
