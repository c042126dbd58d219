"""How loud a sound is: RMS, peak, decibels, changing the level, mixing at a given ratio."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_finite, check_positive


def rms(audio: np.ndarray) -> np.ndarray:
    """Return the root of the mean of the squared samples along the last axis.

    Parameters
    ----------
    audio
        Shape (..., T).

    Returns
    -------
    Shape (...): one number for a mono sound, one per channel for a stereo one. Always double
    precision, so that long sounds are summed exactly enough.

    Raises
    ------
    AudioError
        If `audio` is empty, holds integers, NaN or infinity.

    Examples
    --------
    >>> float(rms(np.array([3.0, -4.0, 3.0, -4.0])))
    3.5355

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    return np.sqrt(np.mean(np.square(audio, dtype=np.float64), axis=-1))


def peak(audio: np.ndarray) -> np.ndarray:
    """Return the largest absolute sample along the last axis; above 1 the sound will clip.

    Parameters
    ----------
    audio
        Shape (..., T).

    Returns
    -------
    Shape (...).

    Raises
    ------
    AudioError
        If `audio` is empty, holds integers, NaN or infinity.

    Examples
    --------
    >>> float(peak(np.array([0.25, -0.5])))
    0.5

    Chapter: sound/signals
    """
    return np.abs(check_audio(audio)).max(axis=-1)


def level_db(audio: np.ndarray) -> np.ndarray:
    """Return the RMS level in dB relative to full scale (an RMS value of 1 is 0 dB).

    A sine of amplitude 1 therefore has -3.01 dB: the other convention, which calls that sine 0 dB
    (AES17), reads 3.01 dB more. Silence has minus infinity.

    Parameters
    ----------
    audio
        Shape (..., T).

    Returns
    -------
    Shape (...), in dB.

    Raises
    ------
    AudioError
        If `audio` is empty, holds integers, NaN or infinity.

    Examples
    --------
    >>> float(level_db(np.array([0.1, -0.1, 0.1, -0.1])))
    -20.0
    >>> float(level_db(np.zeros(4)))
    -inf

    Chapter: sound/signals
    """
    return amplitude_to_db(rms(audio))


def amplitude_to_db(amplitude, *, floor_db: float = -np.inf) -> np.ndarray:
    """Return `20 log10(amplitude)`, never below `floor_db`.

    An amplitude of 0 is minus infinity here; in `spectral.magnitude_to_db`, for pictures of
    spectra with a range below their top, it reads -100 dB or more.

    Parameters
    ----------
    amplitude
        A number or an array of numbers, 0 or above; 1 is 0 dB, twice as much is 6.02 dB more.
    floor_db
        What quieter values are raised to. By default an amplitude of 0 gives minus infinity,
        which is right for a number and awkward for a picture: there, -80 or so is useful.

    Returns
    -------
    Same shape as `amplitude`, in dB.

    Raises
    ------
    AudioError
        If an amplitude is negative or NaN.

    Examples
    --------
    >>> float(amplitude_to_db(10.0))
    20.0
    >>> amplitude_to_db(np.array([1.0, 0.0]), floor_db=-80.0)
    array([  0., -80.])

    Chapter: sound/signals
    """
    amplitude = as_array(amplitude, name="amplitude")
    if not (amplitude >= 0).all():
        raise AudioError(
            f"amplitude holds {np.nanmin(amplitude)!s} or NaN: decibels need values of 0 or above, "
            "so take np.abs first"
        )
    with np.errstate(divide="ignore"):
        return np.maximum(20 * np.log10(amplitude), floor_db)


def db_to_amplitude(level_db) -> np.ndarray:
    """Return `10 ** (level_db / 20)`: the factor that a level in dB stands for.

    Parameters
    ----------
    level_db
        A number or an array of numbers; minus infinity gives 0.

    Returns
    -------
    Same shape as `level_db`.

    Raises
    ------
    AudioError
        If a level is NaN.

    Examples
    --------
    >>> float(db_to_amplitude(-20.0))
    0.1

    Chapter: sound/signals
    """
    level_db = as_array(level_db, name="level_db")
    if np.isnan(level_db).any():
        raise AudioError("level_db holds NaN: give a level in dB, -np.inf for silence")
    return np.power(10.0, level_db / 20)


def normalize(
    audio: np.ndarray,
    *,
    to_peak: float | None = None,
    to_rms: float | None = None,
    link_channels: bool = False,
) -> np.ndarray:
    """Scale each sound so that its peak, or its RMS value, is the one asked for.

    Parameters
    ----------
    audio
        Shape (..., T).
    to_peak, to_rms
        Give one of them; with neither the peak becomes 1. An RMS value that is too high takes the
        peaks above full scale: `clip` or a lower value is then the reader's decision.
    link_channels
        By default every channel, and every item of a batch, is scaled for itself. `True` reads the
        shape as (..., C, T) and gives all channels of one sound the same factor, so that left and
        right keep their balance.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If `audio` is silent (no factor makes silence louder), or if both are given.

    Examples
    --------
    >>> normalize(np.array([0.1, -0.2]), to_peak=0.5)
    array([ 0.25, -0.5 ])

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    if to_peak is not None and to_rms is not None:
        raise AudioError(f"to_peak is {to_peak!r} and to_rms is {to_rms!r}: give only one of them")
    together = (-2, -1) if link_channels and audio.ndim > 1 else -1
    if to_rms is None:
        target = check_positive(1.0 if to_peak is None else to_peak, name="to_peak")
        present = np.abs(audio).max(axis=together, keepdims=True)
    else:
        target = check_positive(to_rms, name="to_rms")
        power = np.square(audio, dtype=np.float64).mean(axis=together, keepdims=True)
        present = np.sqrt(power)
    if (present == 0).any():
        raise AudioError("audio is silent (every sample is 0): no factor gives silence a level")
    return (audio * (target / present)).astype(audio.dtype)


def clip(audio: np.ndarray, *, limit: float = 1.0) -> np.ndarray:
    """Cut every sample off at +-`limit`, as a converter does with what is too loud for it.

    Parameters
    ----------
    audio
        Shape (..., T).
    limit
        Above 0; 1 is full scale.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If `limit` is not above 0, or `audio` is not sound.

    Examples
    --------
    >>> clip(np.array([0.5, 1.5, -2.0]))
    array([ 0.5,  1. , -1. ])

    Chapter: sound/signals
    """
    check_positive(limit, name="limit")
    audio = check_audio(audio)
    return np.clip(audio, -limit, limit).astype(audio.dtype)


def to_mono(audio: np.ndarray) -> np.ndarray:
    """Return the mean of the channels.

    The mean, and not the sum, because the sum of two loud channels can leave [-1, 1]. What is
    opposite in both channels cancels.

    Parameters
    ----------
    audio
        Shape (..., C, T). A sound of shape (T,) is mono already and comes back as it is.

    Returns
    -------
    Shape (..., T).

    Raises
    ------
    AudioError
        If `audio` is empty, holds integers, NaN or infinity, or looks like (T, C).

    Examples
    --------
    >>> to_mono(np.array([[0.0, 1.0], [1.0, 1.0]]))
    array([0.5, 1. ])

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    if audio.ndim == 1:
        return audio
    n_channels, n_samples = audio.shape[-2:]
    if n_samples < n_channels and n_samples <= 8:
        raise AudioError(
            f"audio has shape {audio.shape}, which is {n_channels} channels of {n_samples} "
            "samples: the axes are (C, T), so try audio.T"
        )
    return audio.mean(axis=-2)


def mix_at_snr(signal: np.ndarray, noise: np.ndarray, *, snr_db: float) -> np.ndarray:
    """Add noise to a signal so that the signal stands `snr_db` above it.

    The noise is scaled, the signal stays as it is; the mixture may therefore leave [-1, 1]. Noise
    that is too short is repeated from its start, noise that is too long is cut off at the end.
    The ratio is that of the mean squares, 10 log10(signal power / noise power), and holds in every
    channel and every item of a batch for itself.

    Parameters
    ----------
    signal
        Shape (..., T).
    noise
        Shape (..., T2), of any length; its leading axes must fit those of `signal`, and a mono
        noise (T2,) is used for each of them.
    snr_db
        0 means equally strong; 20 means a tenth of the amplitude; may be negative.

    Returns
    -------
    The mixture, shape and precision of `signal`.

    Raises
    ------
    AudioError
        If either is silent, if the leading axes do not fit, or if `snr_db` is not finite.

    Examples
    --------
    >>> from audiolessons.signals import sine, white_noise
    >>> tone = sine(440, duration_s=1.0, sample_rate=8000)
    >>> noise = white_noise(duration_s=0.5, sample_rate=8000, seed=0)
    >>> mixture = mix_at_snr(tone, noise, snr_db=6.0)
    >>> float(level_db(tone) - level_db(mixture - tone))
    6.0

    Chapter: sound/signals
    """
    signal = check_audio(signal, name="signal")
    noise = check_audio(noise, name="noise")
    check_finite(snr_db, name="snr_db", unit="dB")

    n_samples = signal.shape[-1]
    n_repeats = -(-n_samples // noise.shape[-1])  # rounded up
    noise = np.tile(noise, n_repeats)[..., :n_samples]
    try:
        noise = np.broadcast_to(noise, signal.shape)
    except ValueError:
        raise AudioError(
            f"noise of shape {noise.shape} does not fit signal of shape {signal.shape}: give mono "
            "noise of shape (T,), or one for each channel of the signal"
        ) from None

    signal_rms, noise_rms = rms(signal)[..., np.newaxis], rms(noise)[..., np.newaxis]
    for name, value in (("signal", signal_rms), ("noise", noise_rms)):
        if (value == 0).any():
            raise AudioError(
                f"{name} is silent (every sample is 0 over the signal's length): a ratio to "
                f"silence has no value, so give a {name} with sound in every channel"
            )
    gain = signal_rms / noise_rms * 10.0 ** (-snr_db / 20)
    return (signal + gain * noise).astype(signal.dtype)
