"""examples: a trumpet, strings, a celesta in the spirit of the Sugar Plum Fairy, a robin."""

from __future__ import annotations

import numpy as np

from . import pack
from .sound import (
    add_at,
    band,
    between,
    breakpoints,
    coloured_noise,
    decibels,
    fade,
    harmonics,
    peak_filter,
    place,
    random_for,
    rms,
    room_response,
    smooth_noise,
    to_level,
)

ABOUT = """Four computed examples: a trumpet call, strings, a celesta tune, a robin.

audio/{trumpet,strings,sugar_plum_fairy,robin}.flac, 22.05 kHz mono, 4.6-6.3 s. The tunes are our
own; sugar_plum_fairy is named after the recording that it stands in for.
"""

SAMPLE_RATE = 22050


def hertz(midi_pitch):
    return 440.0 * 2.0 ** ((midi_pitch - 69) / 12)


def _hall(rng, audio, *, decay_s, direct_db):
    response = room_response(rng, SAMPLE_RATE, decay_s=decay_s, direct_db=direct_db, dark_hz=4500.0)
    return place(audio, response)


def _trumpet_note(rng, pitch, length_s, loudness):
    """Harmonics that come in one after another: the louder a brass note, the brighter it is."""
    n = int(length_s * SAMPLE_RATE)
    time = np.arange(n) / SAMPLE_RATE
    # The pitch is found from a little below; vibrato sets in on long notes only.
    glide = -0.35 * np.exp(-time / 0.02)
    vibrato = 0.16 * np.clip((time - 0.3) / 0.3, 0, 1) * np.sin(2 * np.pi * 5.4 * time)
    f0_hz = hertz(pitch + glide + vibrato + 0.03 * smooth_noise(rng, n, 8.0, SAMPLE_RATE))
    attack, release = 0.045, 0.07
    level = np.clip(time / attack, 0, 1) ** 0.7 * np.clip((length_s - time) / release, 0, 1)
    level *= 0.82 + 0.18 * np.exp(-time / 0.12)
    level *= loudness * (1 + 0.02 * smooth_noise(rng, n, 12.0, SAMPLE_RATE))
    phase = 2 * np.pi * np.cumsum(f0_hz) / SAMPLE_RATE
    audio = np.zeros(n)
    for number in range(1, 26):
        if number * f0_hz.max() > 0.46 * SAMPLE_RATE:
            break
        # Spectrum that rises to about 1.3 kHz (the bell), then falls by how hard it is blown.
        hz = number * hertz(pitch)
        bell = (hz / 1300.0) ** 0.5 if hz < 1300.0 else (hz / 1300.0) ** -1.5
        audio += bell * level ** (1 + 0.28 * (number - 1)) * np.sin(number * phase)
    spit = band(coloured_noise(rng, n, 0.0, SAMPLE_RATE), SAMPLE_RATE, 1500.0, 6000.0)
    return audio + 0.12 * spit * level * (0.08 + np.exp(-time / 0.02))


def trumpet() -> np.ndarray:
    """A short call in B flat: two quick notes, a leap, a run down and a long last note."""
    rng = random_for("examples", "trumpet")
    beat_s = 0.26
    melody = [
        (58, 1, 0.8), (65, 0.5, 0.7), (65, 0.5, 0.75), (70, 2, 0.95), (74, 1, 0.9), (72, 0.5, 0.8),
        (70, 0.5, 0.75), (69, 1, 0.8), (72, 1, 0.85), (77, 2.5, 1.0), (75, 0.5, 0.8),
        (74, 0.5, 0.8), (72, 0.5, 0.75), (70, 4, 0.9),
    ]  # fmt: skip
    audio = np.zeros(int(5.3 * SAMPLE_RATE))
    at_s = 0.08
    for pitch, beats, loudness in melody:
        note = _trumpet_note(rng, pitch, beats * beat_s * 0.96, loudness)
        add_at(audio, note, (at_s + rng.normal(0, 0.004)) * SAMPLE_RATE)
        at_s += beats * beat_s
    audio = _hall(rng, audio, decay_s=0.9, direct_db=6.0)
    audio += rms(audio) * decibels(-58) * coloured_noise(rng, len(audio), 3.0, SAMPLE_RATE)
    return to_level(fade(audio, SAMPLE_RATE, out_s=0.25), -17.0, peak=0.9)


def _bowed(rng, pitch, length_s):
    """One player: a bright tone, a slow attack, a vibrato and a tuning of their own."""
    n = int(length_s * SAMPLE_RATE)
    time = np.arange(n) / SAMPLE_RATE
    rate_hz, depth = between(rng, 4.8, 6.3), between(rng, 0.06, 0.16)
    vibrato = (
        depth * np.clip(time / 0.4, 0, 1) * np.sin(2 * np.pi * (rate_hz * time + rng.random()))
    )
    drift = 0.03 * smooth_noise(rng, n, 3.0, SAMPLE_RATE)
    f0_hz = hertz(pitch + rng.normal(0, 0.05) + vibrato + drift)
    tone = harmonics(f0_hz, SAMPLE_RATE, tilt_db=6.5, n_max=28, rng=rng)
    bow = 0.06 * band(coloured_noise(rng, n, 1.0, SAMPLE_RATE), SAMPLE_RATE, 800.0)
    attack, release = between(rng, 0.1, 0.22), between(rng, 0.15, 0.25)
    level = np.clip(time / attack, 0, 1) * np.clip((length_s - time) / release, 0, 1)
    level = np.sin(0.5 * np.pi * level) * (1 + 0.06 * smooth_noise(rng, n, 5.0, SAMPLE_RATE))
    return (tone + bow) * level


def strings() -> np.ndarray:
    """Six chords in A minor for four groups of players, a little louder towards the middle."""
    rng = random_for("examples", "strings")
    chords = [  # (violins one and two, violas, cellos), beats
        ((76, 72, 64, 45), 2), ((74, 71, 65, 50), 1), ((77, 74, 65, 50), 1), ((76, 71, 68, 52), 2),
        ((74, 71, 68, 40), 1), ((72, 69, 64, 45), 3),
    ]  # fmt: skip
    beat_s = 0.56
    swell = [0.75, 0.85, 1.0, 1.0, 0.85, 0.75]
    audio = np.zeros(int((10 * beat_s + 0.7) * SAMPLE_RATE))
    at_s = 0.05
    for (pitches, beats), loudness in zip(chords, swell, strict=True):
        for pitch, weight in zip(pitches, (1.0, 0.8, 0.75, 1.1), strict=True):
            for _ in range(4):
                player = _bowed(rng, pitch, beats * beat_s + between(rng, 0.08, 0.16))
                start = (at_s + max(0.0, rng.normal(0.01, 0.012))) * SAMPLE_RATE
                add_at(audio, weight * loudness * player, start)
        at_s += beats * beat_s
    for centre_hz, gain_db in ((290, 3), (480, 3), (1100, -3), (2700, 4)):  # the wooden bodies
        audio = peak_filter(audio, SAMPLE_RATE, centre_hz, gain_db, quality=1.5)
    audio = _hall(rng, audio / rms(audio), decay_s=1.3, direct_db=3.0)
    return to_level(fade(audio, SAMPLE_RATE, out_s=0.4), -18.0, peak=0.9)


def _celesta_note(rng, pitch, loudness):
    """A struck steel plate over a wooden box: few partials, the high ones gone at once."""
    decay_s = 1.1 * 2.0 ** (-(pitch - 72) / 18)
    n = int(min(2.4, 5 * decay_s) * SAMPLE_RATE)
    time = np.arange(n) / SAMPLE_RATE
    audio = np.zeros(n)
    for ratio, weight, faster in ((1, 1.0, 1), (2.0, 0.12, 1.6), (4.02, 0.3, 4), (9.6, 0.10, 14)):
        hz = ratio * hertz(pitch)
        if hz < 0.46 * SAMPLE_RATE:
            phase = 2 * np.pi * hz * time
            audio += weight * np.exp(-time * faster / decay_s) * np.sin(phase)
    hammer = band(coloured_noise(rng, n, 3.0, SAMPLE_RATE), SAMPLE_RATE, 300.0, 4000.0)
    audio += 0.10 * hammer * np.exp(-time / 0.008)
    return loudness * audio * np.clip(time / 0.002, 0, 1)


def sugar_plum_fairy() -> np.ndarray:
    """A tune of our own for celesta over plucked basses, tiptoeing in E minor."""
    rng = random_for("examples", "sugar_plum_fairy")
    eighth_s = 0.235
    melody = [  # (eighth, pitch, loudness)
        (4, 83, 0.7), (5, 88, 0.8), (6, 87, 0.9), (8, 86, 0.7), (8.5, 85, 0.7), (9, 84, 0.8),
        (10, 79, 0.7), (11, 76, 0.8), (12, 78, 0.8), (12.5, 79, 0.7), (13, 81, 0.8), (14, 87, 0.9),
        (14.5, 84, 0.7), (15, 81, 0.7), (16, 83, 0.9), (18, 95, 0.6), (19, 88, 0.8),
    ]  # fmt: skip
    under = {6: 78, 9: 75, 11: 71, 12: 75, 14: 78, 16: 75, 19: 79}
    basses = [(0, 40), (2, 47), (4, 40), (6, 47), (8, 45), (10, 47), (12, 42), (14, 47), (16, 40),
              (18, 47), (19, 40)]  # fmt: skip
    audio = np.zeros(int(6.0 * SAMPLE_RATE))
    for eighth, pitch, loudness in melody:
        start = (0.05 + eighth * eighth_s + rng.normal(0, 0.005)) * SAMPLE_RATE
        add_at(audio, _celesta_note(rng, pitch, loudness), start)
        if eighth in under:
            add_at(audio, _celesta_note(rng, under[eighth], 0.6 * loudness), start)
    for eighth, pitch in basses:
        n = int(0.7 * SAMPLE_RATE)
        time = np.arange(n) / SAMPLE_RATE
        pluck = sum(
            0.8 / number**1.5 * np.exp(-time * (3 + 2.5 * number))
            * np.sin(2 * np.pi * number * hertz(pitch) * time)
            for number in range(1, 12)
        )  # fmt: skip
        start = (0.05 + eighth * eighth_s + rng.normal(0, 0.005)) * SAMPLE_RATE
        add_at(audio, 0.8 * pluck * np.clip(time / 0.006, 0, 1), start)
    audio = _hall(rng, audio, decay_s=1.4, direct_db=5.0)
    return to_level(fade(audio, SAMPLE_RATE, out_s=0.4), -20.0, peak=0.9)


def robin() -> np.ndarray:
    """Phrases of a small bird: pure whistles that sweep between 2 and 8 kHz, trills, thin ends."""
    rng = random_for("examples", "robin")
    audio = np.zeros(int(4.6 * SAMPLE_RATE))
    for phrase_at_s, phrase_length_s in ((0.15, 1.7), (2.45, 1.75)):
        at_s, kinds = phrase_at_s, []
        while at_s < phrase_at_s + phrase_length_s:
            kinds = kinds or list(rng.permutation(4))  # all four before one comes again
            kind = kinds.pop()
            if kind == 0:  # a trill: one short sweep again and again
                start_hz, end_hz = between(rng, 4500, 7500), between(rng, 3000, 5000)
                shapes = [[(0, start_hz), (1, end_hz)]] * int(rng.integers(4, 9))
                lengths = [between(rng, 0.028, 0.045)] * len(shapes)
            elif kind == 1:  # a slow whistle that bends
                low_hz = between(rng, 2300, 3400)
                shapes = [[(0, low_hz), (0.4, low_hz * between(rng, 1.05, 1.3)), (1, low_hz)]]
                lengths = [between(rng, 0.15, 0.3)]
            elif kind == 2:  # a fast climb and fall
                low_hz, high_hz = between(rng, 2500, 3800), between(rng, 6000, 8000)
                shapes = [[(0, low_hz), (0.5, high_hz), (1, between(rng, 3500, 5500))]]
                lengths = [between(rng, 0.08, 0.16)]
            else:  # a warble between two pitches
                low_hz, high_hz = between(rng, 3500, 4500), between(rng, 5000, 6500)
                shapes = [[(0, low_hz), (0.5, high_hz), (1, low_hz)]] * int(rng.integers(2, 5))
                lengths = [between(rng, 0.05, 0.08)] * len(shapes)
            for shape, length_s in zip(shapes, lengths, strict=True):
                n = int(length_s * SAMPLE_RATE)
                hz = breakpoints(n, shape)
                phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
                # The syrinx is close to a pure tone: the second harmonic is 25 dB down.
                second = decibels(-25) * np.sin(2 * phase) * (hz < 0.23 * SAMPLE_RATE)
                note = (np.sin(phase) + second) * np.sin(np.pi * np.arange(n) / n) ** 0.8
                add_at(audio, between(rng, 0.5, 1.0) * note, at_s * SAMPLE_RATE)
                at_s += length_s + 0.008
            at_s += between(rng, 0.02, 0.09)
    audio = _hall(rng, audio, decay_s=0.7, direct_db=9.0)
    garden = coloured_noise(rng, len(audio), 5.0, SAMPLE_RATE, from_hz=150.0)
    garden *= 1 + 0.3 * smooth_noise(rng, len(audio), 1.0, SAMPLE_RATE)
    audio = audio + rms(audio) * decibels(-34) * garden
    return to_level(fade(audio, SAMPLE_RATE, in_s=0.05, out_s=0.2), -22.0, peak=0.9)


RECIPES = {
    "trumpet": trumpet, "strings": strings, "sugar_plum_fairy": sugar_plum_fairy, "robin": robin
}  # fmt: skip


def members(names=tuple(RECIPES)) -> dict[str, bytes]:
    """The four recordings as FLAC."""
    return {
        f"audio/{name}.flac": pack.flac(RECIPES[name](), sample_rate=SAMPLE_RATE, n_bits=14)
        for name in names
    }
