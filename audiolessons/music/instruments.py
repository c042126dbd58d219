"""Instruments, computed: an organ, plucked and struck strings, singers, bowed strings.

No recording and no sound font is behind them: each is a page of physics. Periodic tones are read
from a table that holds one period, with no partial above `HIGHEST_SHARE` of the rate, so nothing
aliases. Strings ring by themselves: a plucked one is a loop of delay and loss, a struck one a sum
of partials that fade, each at its own pace.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import scipy.signal

from audiolessons.errors import AudioError, check_choice, check_count, check_positive, check_rate

HIGHEST_SHARE = 0.45  # of the sample rate: no partial lies above
LOWEST_PITCH, HIGHEST_PITCH = 24, 100  # C1 and E7: what is tested
N_TABLE = 4096  # samples of one stored period
RING_STEP_S = 2.0  # strings ring for whole multiples of this: few lengths, so that most are kept

# Ranks of organ pipes: partial that they start from, level, how fast their harmonics fall off.
RANKS = ((1, 1.0, 1.3), (1, 0.7, 2.8), (2, 0.45, 1.5), (4, 0.15, 1.8))
RANK_CENTS = (-0.3, 0.4, -0.7, 0.5)  # no two pipes are in tune to the last cent

# Sung "ah": centres in Hz, levels in dB and bandwidths in Hz of five formants, for four voices.
VOICE_PITCHES = (45, 54, 62, 70)  # about the middle of bass, tenor, alto, soprano
FORMANT_HZ = (
    (600, 1040, 2250, 2450, 2750),
    (650, 1080, 2650, 2900, 3250),
    (800, 1150, 2800, 3500, 4950),
    (800, 1150, 2900, 3900, 4950),
)
FORMANT_DB = (
    (0, -7, -9, -9, -20),
    (0, -6, -7, -8, -22),
    (0, -4, -20, -36, -60),
    (0, -6, -32, -20, -50),
)
FORMANT_WIDTH_HZ = (120, 140, 220, 260, 300)  # of a group: no two singers shape a vowel alike
# The body of a violin, roughly: air, wood, and the broad hill that makes it carry.
BODY_HZ, BODY_DB = (280, 460, 900, 2500), (0, 0, -6, -8)
BODY_WIDTH_HZ = (150, 200, 600, 1500)


def frequency_of(pitch: float) -> float:
    """Return the frequency in Hz of a MIDI pitch: 69 is the A of 440 Hz, and 12 are an octave.

    Examples
    --------
    >>> frequency_of(69), round(frequency_of(60), 2)
    (440.0, 261.63)

    Chapter: music/generation
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)


def tone(
    pitch: float,
    *,
    instrument: str,
    duration_s: float,
    sample_rate: int,
    velocity: float = 0.7,
    seed: int = 0,
) -> np.ndarray:
    """Return one note of an instrument, from its onset until it has faded.

    Parameters
    ----------
    pitch
        MIDI pitch, from 24 to 100; parts of a semitone are allowed.
    instrument
        One of `INSTRUMENTS`.
    duration_s
        Seconds for which it is held; it fades after them.
    sample_rate
        In Hz.
    velocity
        How hard it is played, above 0 and up to 1. The level follows it, and strings sound
        duller when they are touched softly.
    seed
        Of what no two notes have in common: wind, bow, vibrato.

    Returns
    -------
    float32 array of shape (T,), T being at least `duration_s * sample_rate`. Its peak
    stays below `velocity`.

    Raises
    ------
    AudioError
        If an option cannot be, or the pitch is out of range.

    References
    ----------
    K. Karplus and A. Strong, "Digital synthesis of plucked-string and drum timbres", Computer
    Music Journal 7(2), 1983; D. Jaffe and J. Smith, "Extensions of the Karplus-Strong
    plucked-string algorithm", ibid.; H. Fletcher, "Normal vibration frequencies of a stiff piano
    string", JASA 36(1), 1964.

    Examples
    --------
    >>> audio = tone(69, instrument="organ", duration_s=1.0, sample_rate=8000)
    >>> int(np.argmax(np.abs(np.fft.rfft(audio[:8000]))))  # a bin is 1 Hz
    440

    Chapter: music/generation
    """
    check_choice(instrument, name="instrument", choices=tuple(INSTRUMENTS))
    check_positive(duration_s, name="duration_s", unit="s")
    rate = check_rate(sample_rate)
    check_count(seed, name="seed", minimum=0)
    if not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
        raise AudioError(
            f"pitch is {pitch!r}: instruments play MIDI pitches from {LOWEST_PITCH} to "
            f"{HIGHEST_PITCH}; 60 is the middle C"
        )
    if frequency_of(pitch) >= HIGHEST_SHARE * rate:
        raise AudioError(
            f"pitch {pitch!r} has {frequency_of(pitch):.0f} Hz, which is too high for sample_rate "
            f"{rate} Hz"
        )
    if not 0 < check_positive(velocity, name="velocity") <= 1:
        raise AudioError(f"velocity is {velocity!r}: give a number above 0, at most 1")
    play, release_s = INSTRUMENTS[instrument]
    n_held = max(1, round(duration_s * rate))
    n_release = round(release_s * rate)
    audio = play(float(pitch), n_held + n_release, rate, float(velocity), seed)
    fade = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, n_release))
    audio[n_held:] *= fade
    return (velocity * audio).astype(np.float32)


# --- tones that last as long as the key is held ------------------------------------------------


def _organ(pitch, n_samples, rate, velocity, seed):
    """Pipes: a few ranks, slightly out of tune, each with wind in it and a chiff as it speaks."""
    random = np.random.default_rng([seed, round(100 * pitch)])
    frequency_hz = frequency_of(pitch)
    time_s = np.arange(n_samples) / rate
    audio = np.zeros(n_samples)
    for (first, level, slope), cents in zip(RANKS, RANK_CENTS, strict=True):
        f = first * frequency_hz * 2 ** (cents / 1200)
        orders = np.arange(1.0, 25)
        # A wooden case and a long way to the listener take the edge off.
        weights = _below(orders**-slope / (1 + (orders * f / 2800) ** 2), f, rate)
        if not weights.any():
            continue
        start = random.uniform(-0.08, 0.08)  # about in step, so that no two ranks cancel
        speak_s = 0.02 + 6 / f  # a long pipe takes longer until it speaks
        rise = _rise(time_s, speak_s)
        audio += level * rise * _periodic(weights, f * time_s + start)
    wind = _band_noise(random, n_samples, rate, 2.0 * frequency_hz)
    chiff = _rise(time_s, 0.004) * np.exp(-time_s / (0.01 + 3 / frequency_hz))
    audio += (0.004 + 0.12 * chiff) * wind
    return 0.4 * audio


def _choir(pitch, n_samples, rate, velocity, seed):
    """Four singers on "ah", each with a vibrato of its own."""
    hz, db = (
        [np.interp(pitch, VOICE_PITCHES, column) for column in np.transpose(table)]
        for table in (FORMANT_HZ, FORMANT_DB)
    )
    weights = _resonances(pitch, rate, hz, db, FORMANT_WIDTH_HZ, slope=0.3)
    return _ensemble(
        pitch, n_samples, rate, seed, weights, attack_s=0.09, vibrato_cents=14, breath=0.012
    )


def _strings(pitch, n_samples, rate, velocity, seed):
    """Four bowed strings: a bow makes a sawtooth of the string, a body shapes it."""
    weights = _resonances(pitch, rate, BODY_HZ, BODY_DB, BODY_WIDTH_HZ, slope=1.0)
    return _ensemble(
        pitch, n_samples, rate, seed, weights, attack_s=0.06, vibrato_cents=9, breath=0.006
    )


def _ensemble(pitch, n_samples, rate, seed, weights, *, attack_s, vibrato_cents, breath):
    """Four players of one part: what makes a group of one is that they differ a little."""
    random = np.random.default_rng([seed, round(100 * pitch)])
    time_s = np.arange(n_samples) / rate
    detune = (-1.5, -0.5, 0.5, 1.5)  # cents
    audio = np.zeros(n_samples)
    for cents in detune:
        vibrato_hz, start, phase = (
            random.uniform(4.9, 5.9),
            random.uniform(0, 0.4),
            random.uniform(0, 6),
        )
        depth = vibrato_cents * random.uniform(0.7, 1.2) * _rise(time_s - 0.12, 0.35)
        bend = cents + depth * np.sin(2 * np.pi * vibrato_hz * time_s + phase)
        cycles = np.cumsum(frequency_of(pitch) * 2 ** (bend / 1200)) / rate + start
        audio += _rise(time_s - random.uniform(0, 0.02), attack_s) * _periodic(weights, cycles)
    noise = _band_noise(random, n_samples, rate, 3 * frequency_of(pitch))
    return 0.36 * (audio / 2 + breath * _rise(time_s, attack_s) * noise)


def _periodic(weights, cycles):
    """Return a sum of harmonics with the given weights, at phases counted in periods.

    One period is computed and read out between its samples by straight lines.
    """
    spectrum = np.zeros(N_TABLE // 2 + 1, dtype=complex)
    # Phases that lie apart, so that the peaks of the harmonics do not meet (Schroeder 1970).
    orders = np.arange(1, len(weights) + 1)
    spectrum[1 : len(weights) + 1] = weights * np.exp(-1j * np.pi * orders**2 / len(weights))
    period = np.fft.irfft(spectrum) * N_TABLE / 2
    period /= np.sqrt(2 * np.sum(np.square(weights)) + 1e-12)
    period = np.append(period, period[0])
    place = (cycles % 1.0) * N_TABLE
    below = np.minimum(place.astype(np.int64), N_TABLE - 1)
    return period[below] + (place - below) * (period[below + 1] - period[below])


def _below(weights, frequency_hz, rate):
    """Return the weights of the harmonics that fit under `HIGHEST_SHARE` of the rate."""
    orders = np.arange(1, len(weights) + 1)
    return weights[orders * frequency_hz < HIGHEST_SHARE * rate]


def _resonances(pitch, rate, centres_hz, levels_db, widths_hz, *, slope):
    """Return weights of harmonics shaped by resonances; the source falls with order ** -slope."""
    # A bend by vibrato must not lift the highest harmonic over the limit: 2 % are 34 cents.
    orders = np.arange(1, 61)
    weights = _below(orders**-slope, 1.02 * frequency_of(pitch), rate)
    f = orders[: len(weights)] * frequency_of(pitch)
    shape = np.full(len(f), 0.003)
    for centre, level_db, width in zip(centres_hz, levels_db, widths_hz, strict=True):
        shape += 10 ** (level_db / 20) / (1 + ((f - centre) / (width / 2)) ** 2)
    shape[0] += 0.25  # the fundamental stays audible, wherever the resonances lie
    return weights * shape


def _rise(time_s, length_s):
    """Return a rise from 0 to 1 without corners, from time 0 on."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(time_s / length_s, 0, 1))


def _band_noise(random, n_samples, rate, centre_hz):
    """Return noise around a frequency, with an RMS of about 1."""
    centre_hz = min(centre_hz, 0.35 * rate)
    taps = scipy.signal.butter(
        1, [0.6 * centre_hz, 1.25 * centre_hz], "bandpass", fs=rate, output="sos"
    )
    noise = scipy.signal.sosfilt(taps, random.standard_normal(n_samples + 256))[256:]
    return noise / (np.std(noise) + 1e-9)


# --- strings that ring by themselves -----------------------------------------------------------


def _guitar(pitch, n_samples, rate, velocity, seed):
    return _plucked(
        pitch, n_samples, rate, velocity, position=0.22, loss=0.3, ring_s=4.0, brightness=0.35
    )


def _harpsichord(pitch, n_samples, rate, velocity, seed):
    return _plucked(
        pitch, n_samples, rate, velocity, position=0.11, loss=0.12, ring_s=5.0, brightness=0.8
    )


def _plucked(pitch, n_samples, rate, velocity, *, position, loss, ring_s, brightness):
    softness = round(1 - brightness * (0.4 + 0.6 * velocity), 2)
    ring = _string_loop(
        pitch, _ring_samples(n_samples, rate), rate, position, loss, ring_s, softness
    )
    return ring[:n_samples].copy()


@functools.lru_cache(maxsize=128)
def _string_loop(pitch, n_samples, rate, position, loss, ring_s, softness):
    """Return a plucked string: a burst of noise in a loop of delay, loss and a fine delay.

    The loop takes exactly one period: the delay counts whole samples, the mean of two neighbours
    that takes away the highs adds a part of one, and an all-pass filter supplies the rest.
    """
    f = frequency_of(pitch)
    omega = 2 * np.pi * f / rate
    period = rate / f
    mean = np.array([1 - loss, loss])
    mean_delay = -np.angle(mean[0] + mean[1] * np.exp(-1j * omega)) / omega
    whole = int(period - mean_delay - 0.2)
    rest = period - mean_delay - whole  # 0.2 to 1.2 samples
    fine = np.sin((1 - rest) * omega / 2) / np.sin((1 + rest) * omega / 2)
    gain = 10 ** (-3 * period / rate / ring_s)  # the fundamental falls by 60 dB in ring_s
    gain /= abs(mean[0] + mean[1] * np.exp(-1j * omega))
    gain = min(gain, 0.99999)
    loop = gain * np.convolve(mean, [fine, 1.0])
    backwards = np.zeros(whole + 4)
    backwards[:2] = [1.0, fine]
    backwards[whole : whole + 3] -= loop
    burst = np.random.default_rng(round(100 * pitch)).standard_normal(round(period))
    burst = scipy.signal.lfilter([1 - softness], [1, -softness], burst)
    burst -= burst.mean()
    plucked = np.append(burst, np.zeros(len(burst)))  # a pluck at a place silences partials
    at = max(1, round(position * period))
    plucked[at : at + len(burst)] -= burst
    excited = np.zeros(n_samples)
    n = min(n_samples, len(plucked))
    excited[:n] = plucked[:n]
    ring = scipy.signal.lfilter([1.0, fine], backwards, excited)
    ring *= _rise(np.arange(n_samples) / rate, 0.002)
    ring = (0.9 * ring / np.abs(ring).max()).astype(np.float32)
    ring.flags.writeable = False
    return ring


def _piano(pitch, n_samples, rate, velocity, seed):
    hardness = round(velocity, 1)
    return _struck(pitch, _ring_samples(n_samples, rate), rate, hardness)[:n_samples].copy()


@functools.lru_cache(maxsize=128)
def _struck(pitch, n_samples, rate, hardness):
    """Return a struck string: stiff, so its partials are stretched; each fades fast, then slowly.

    Two strings of a note are 0.4 cents apart. They begin in step, which the bridge drains fast;
    what is left of them moves against each other and stays (Weinreich 1977).
    """
    f = frequency_of(pitch)
    stiffness = 2.5e-4 * 2 ** ((pitch - 60) / 9)
    orders = np.arange(1, 31)
    stretch = np.sqrt((1 + stiffness * orders**2) / (1 + stiffness))
    partials_hz = f * orders * stretch
    fits = partials_hz < HIGHEST_SHARE * rate
    orders, partials_hz = orders[fits], partials_hz[fits]
    # A soft hammer touches the string longer, and wakes fewer partials.
    cutoff_hz = (400 + 2600 * hardness) * (f / 262) ** 0.35
    weights = np.abs(np.sin(np.pi * orders / 8.3)) / orders**0.6
    weights /= 1 + (partials_hz / cutoff_hz) ** 2
    slow_s = 9.0 * 2 ** (-(pitch - 40) / 18) / (1 + 0.1 * orders + (partials_hz / 3500) ** 2)
    time_s = np.arange(n_samples) / rate
    audio = np.zeros(n_samples)
    for hz, weight, tau in zip(partials_hz, weights, slow_s, strict=True):
        envelope = 0.75 * np.exp(-6 * time_s / tau) + 0.25 * np.exp(-time_s / tau)
        for cents, share in ((-0.2, 0.55), (0.2, 0.45)):
            angle = 2 * np.pi * hz * 2 ** (cents / 1200) * time_s
            audio += share * weight * envelope * np.sin(angle)
    random = np.random.default_rng(round(100 * pitch))
    knock = scipy.signal.lfilter([0.08], [1, -0.92], random.standard_normal(n_samples))
    audio += 0.25 * weights[0] * np.exp(-time_s / 0.012) * knock
    audio *= _rise(time_s, 0.003)
    audio = (0.9 * audio / np.abs(audio).max()).astype(np.float32)
    audio.flags.writeable = False
    return audio


def _ring_samples(n_samples, rate):
    step = round(RING_STEP_S * rate)
    return -(-n_samples // step) * step


# What plays a note, and the seconds in which it fades when the key is let go.
INSTRUMENTS: dict[str, tuple[Callable, float]] = {
    "organ": (_organ, 0.09),
    "harpsichord": (_harpsichord, 0.07),
    "guitar": (_guitar, 0.12),
    "piano": (_piano, 0.12),
    "choir": (_choir, 0.16),
    "strings": (_strings, 0.14),
}
