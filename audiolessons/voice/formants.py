"""Formants, the resonances of throat and mouth: a voice made of them by rule, and moved in a sound.

Source and resonators are those of Klatt's cascade synthesiser, without its fricatives.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from audiolessons.errors import AudioError, as_array, check_audio, check_count, check_positive
from audiolessons.voice.cepstral_envelope import log_envelope, mel_cepstrum
from audiolessons.voice.vocoder import filter_frames

# First three formants in Hz, mean of 33 men who spoke "heed", "hid", ...: Peterson and Barney 1952.
VOWELS = {
    "heed": (270, 2290, 3010),
    "hid": (390, 1990, 2550),
    "head": (530, 1840, 2480),
    "had": (660, 1720, 2410),
    "hod": (730, 1090, 2440),
    "hawed": (570, 840, 2410),
    "hood": (440, 1020, 2240),
    "who'd": (300, 870, 2240),
    "hud": (640, 1190, 2390),
    "heard": (490, 1350, 1690),
}
BANDWIDTHS_HZ = (60, 90, 150)
UPDATE_S = 0.005


def resonator(
    frequency_hz: float, bandwidth_hz: float, *, sample_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return one formant as a filter: y[t] = A x[t] + B y[t-1] + C y[t-2], with gain 1 at 0 Hz.

    C = -exp(-2 pi bandwidth / rate), B = 2 exp(-pi bandwidth / rate) cos(2 pi frequency / rate),
    A = 1 - B - C.

    Parameters
    ----------
    frequency_hz : float
        From 0 to below half the sample rate. At 0 it is a low-pass.
    bandwidth_hz : float
        Between the points 3 dB below the peak. Narrower rings longer.
    sample_rate : float
        Hz.

    Returns
    -------
    b, a : numpy.ndarray
        Shapes (1,) and (3,), for `filters.apply_iir`.

    Raises
    ------
    AudioError
        If the frequency does not lie there, or the bandwidth is not above 0.

    Examples
    --------
    >>> b, a = resonator(500, 60, sample_rate=8000)
    >>> float((b.sum() / a.sum()).round(9))
    1.0

    References
    ----------
    D. H. Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67(3), 1980,
    equations (1) and (2).

    Chapter: speech/synthesis
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(bandwidth_hz, name="bandwidth_hz", unit="Hz")
    if not 0 <= frequency_hz < sample_rate / 2:
        raise AudioError(
            f"frequency_hz is {frequency_hz} Hz: it must lie between 0 and half the sample rate, "
            f"{sample_rate / 2:g} Hz"
        )
    radius = np.exp(-np.pi * bandwidth_hz / sample_rate)
    a = np.array([1.0, -2 * radius * np.cos(2 * np.pi * frequency_hz / sample_rate), radius**2])
    return np.array([a.sum()]), a


def voice_source(
    pitch_hz, *, sample_rate: int, duration_s: float, breath: float = 0.01, seed: int = 0
) -> np.ndarray:
    """Return what the vocal folds send into the throat: a pulse a period, dulled, and some breath.

    Parameters
    ----------
    pitch_hz : float or array
        Of all the sound, or a contour of any length that is spread over it.
    sample_rate : int
        Hz.
    duration_s : float
        Seconds.
    breath : float
        Level of the noise beside pulses of height 1.
    seed : int
        Of the noise.

    Returns
    -------
    numpy.ndarray
        Shape (T,), float64.

    Raises
    ------
    AudioError
        If pitch or duration are not above 0, or the pitch passes half the sample rate.

    Examples
    --------
    >>> source = voice_source(100, sample_rate=8000, duration_s=0.1, breath=0)
    >>> rises = np.diff(source) > 0
    >>> source.shape, int((rises[1:] & ~rises[:-1]).sum())  # nine periods begin after the first
    ((800,), 9)

    References
    ----------
    D. H. Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67(3), 1980: a
    resonator at 0 Hz makes pulses fall by 12 dB an octave.

    Chapter: speech/synthesis
    """
    check_count(sample_rate, name="sample_rate")
    check_positive(duration_s, name="duration_s", unit="s")
    contour = np.atleast_1d(as_array(pitch_hz, name="pitch_hz", dtype=float))
    if contour.ndim != 1 or not ((contour > 0) & (contour < sample_rate / 2)).all():
        raise AudioError(f"pitch_hz must lie between 0 and {sample_rate / 2:g} Hz throughout")
    n_samples = max(1, round(duration_s * sample_rate))
    spread = np.linspace(0, len(contour) - 1, n_samples)
    hz = np.interp(spread, np.arange(len(contour)), contour)
    turns = (np.cumsum(hz) - hz[0]) / sample_rate
    source = np.diff(np.floor(turns), prepend=-1.0)  # 1 where a new period begins, and at the start
    source += breath * np.random.default_rng(seed).standard_normal(n_samples)
    return lfilter(*resonator(0, 100, sample_rate=sample_rate), source)


def formant_filter(
    source,
    formants_hz,
    *,
    sample_rate: float,
    bandwidths_hz: Sequence[float] | np.ndarray = BANDWIDTHS_HZ,
) -> np.ndarray:
    """Send a source through one resonator after the other, as through a throat and a mouth.

    In a row the formants keep their relative heights by themselves. Where they move, the filters
    are set anew every 5 ms and go on from the samples before.

    Parameters
    ----------
    source : array
        Shape (T,).
    formants_hz : array
        Shape (K,); or (K, N), N places spread evenly over the sound, between which they glide.
    sample_rate : float
        Hz.
    bandwidths_hz : array
        Shape (K,).

    Returns
    -------
    numpy.ndarray
        Shape (T,), float64. The mouth sends high frequencies out more easily: the difference of
        neighbouring samples stands for that.

    Raises
    ------
    AudioError
        If the shapes do not fit, or as `resonator` does.

    Examples
    --------
    >>> source = voice_source(120, sample_rate=8000, duration_s=0.1)
    >>> formant_filter(source, VOWELS["heed"], sample_rate=8000).shape
    (800,)

    References
    ----------
    D. H. Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67(3), 1980.

    Chapter: speech/synthesis
    """
    source = check_audio(source, name="source").astype(np.float64)
    formants = as_array(formants_hz, name="formants_hz", dtype=float)
    formants = formants[:, np.newaxis] if formants.ndim == 1 else formants
    bandwidths = as_array(bandwidths_hz, name="bandwidths_hz", dtype=float)
    if source.ndim != 1 or formants.ndim != 2 or bandwidths.shape != formants.shape[:1]:
        raise AudioError(
            f"source has shape {source.shape}, formants_hz {np.shape(formants_hz)}, bandwidths_hz "
            f"{bandwidths.shape}: give (T,), (K,) or (K, N), and (K,)"
        )
    step = max(1, round(UPDATE_S * sample_rate))
    starts = range(0, len(source), step)
    places = np.linspace(0, formants.shape[1] - 1, len(starts))
    audio = source
    for frequencies, bandwidth in zip(formants, bandwidths, strict=True):
        heard = np.interp(places, np.arange(len(frequencies)), frequencies)
        audio = _resonate(audio, heard, bandwidth, starts, step, sample_rate)
    return np.diff(audio, prepend=0.0)


def _resonate(audio, frequencies, bandwidth, starts, step, sample_rate):
    """One resonator whose frequency changes from block to block; past samples stay as they were."""
    out = np.zeros(len(audio) + 2)  # sample t stands at t + 2
    for frequency, start in zip(frequencies, starts, strict=True):
        b, a = resonator(float(frequency), float(bandwidth), sample_rate=sample_rate)
        one, two = out[start + 1], out[start]
        state = np.array([-a[1] * one - a[2] * two, -a[2] * one])
        block = audio[start : start + step]
        out[start + 2 : start + 2 + len(block)], _ = lfilter(b, a, block, zi=state)
    return out[2:]


def vowel(
    formants_hz,
    *,
    pitch_hz: float | Sequence[float] | np.ndarray = (130.0, 120.0, 90.0),
    duration_s: float = 0.5,
    sample_rate: int = 16000,
    bandwidths_hz: Sequence[float] | np.ndarray = BANDWIDTHS_HZ,
) -> np.ndarray:
    """Return a vowel, or a glide between vowels, by rule.

    Parameters
    ----------
    formants_hz : array
        As for `formant_filter`, such as `VOWELS["heed"]`.
    pitch_hz, duration_s, sample_rate
        As for `voice_source`.
    bandwidths_hz : array
        As for `formant_filter`.

    Returns
    -------
    numpy.ndarray
        Shape (T,), float32, faded in and out over 20 ms, peak 0.5.

    Raises
    ------
    AudioError
        As `voice_source` and `formant_filter` do.

    Examples
    --------
    >>> eye = np.transpose([VOWELS["hod"], VOWELS["hid"]])  # "I" glides from one to the other
    >>> vowel(eye).shape
    (8000,)

    Chapter: speech/synthesis
    """
    source = voice_source(pitch_hz, sample_rate=sample_rate, duration_s=duration_s)
    audio = formant_filter(
        source, formants_hz, sample_rate=sample_rate, bandwidths_hz=bandwidths_hz
    )
    n_fade = min(round(0.02 * sample_rate), len(audio) // 2)
    fade = np.sin(0.5 * np.pi * np.arange(n_fade) / max(n_fade, 1)) ** 2
    audio[:n_fade] *= fade
    audio[len(audio) - n_fade :] *= fade[::-1]
    return (0.5 * audio / np.abs(audio).max()).astype(np.float32)


def shift_formants(
    audio, ratio: float, *, order: int, warping: float, n_fft: int, hop_length: int
) -> np.ndarray:
    """Move all formants up or down, as a shorter or longer throat does; the pitch stays.

    The outline of each frame is stretched along the frequency axis, and the sound goes through the
    difference of the new outline and the old. With a ratio below 1 the new outline would be read
    from beyond half the sample rate at its top: there the old one's end is held.

    Parameters
    ----------
    audio : array
        Shape (..., T).
    ratio : float
        New frequency over old: a woman's formants lie about 1.15 times as high as a man's.
    order, warping, n_fft, hop_length
        As for `mel_cepstrum`; `cepstrum_settings` knows usual ones.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), of the sound's precision.

    Raises
    ------
    AudioError
        If the ratio is not above 0, or as `mel_cepstrum` does.

    Examples
    --------
    >>> sound = vowel(VOWELS["hud"], sample_rate=8000)
    >>> settings = {"order": 16, "warping": 0.31, "n_fft": 256, "hop_length": 40}
    >>> shift_formants(sound, 1.15, **settings).shape
    (4000,)

    Chapter: speech/conversion
    """
    check_positive(ratio, name="ratio")
    frames = {"n_fft": n_fft, "hop_length": hop_length}
    cepstrum = mel_cepstrum(audio, order=order, warping=warping, **frames)
    outline = log_envelope(cepstrum, n_fft=n_fft, warping=warping)
    bins = np.arange(outline.shape[-2])
    source = np.clip(bins / ratio, 0, bins[-1])
    left = np.minimum(source.astype(int), bins[-1] - 1)
    share = (source - left)[:, np.newaxis]
    moved = (1 - share) * outline[..., left, :] + share * outline[..., left + 1, :]
    return filter_frames(audio, moved - outline, **frames)
