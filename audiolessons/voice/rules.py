"""A voice made by rule: what each sound needs of throat, mouth and noise, and the ways between.

In the manner of Klatt's synthesiser: a row of formants for what comes from the vocal folds and for
breath, noise of its own for what hisses, and tables of targets. Formants are smoothed from one
target to the next, and consonants lean towards the vowel beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from audiolessons.errors import AudioError, check_positive
from audiolessons.voice.formants import formant_filter, resonator, voice_source
from audiolessons.voice.prosody import FRAME_S, PAUSES_S, is_vowel

# First three formants in Hz where a vowel begins and where it ends: Klatt 1980, table II.
VOWEL_TARGETS = {
    "AA": ((700, 1220, 2600), (700, 1220, 2600)),
    "AE": ((620, 1660, 2430), (650, 1490, 2470)),
    "AH": ((620, 1220, 2550), (620, 1220, 2550)),
    "AO": ((600, 990, 2570), (630, 1040, 2600)),
    "AW": ((640, 1230, 2550), (420, 940, 2350)),
    "AY": ((660, 1200, 2550), (400, 1880, 2500)),
    "EH": ((530, 1680, 2500), (620, 1530, 2530)),
    "ER": ((470, 1270, 1540), (420, 1310, 1540)),
    "EY": ((480, 1720, 2520), (330, 2020, 2600)),
    "IH": ((400, 1800, 2570), (470, 1600, 2600)),
    "IY": ((310, 2020, 2960), (290, 2070, 2960)),
    "OW": ((540, 1100, 2300), (450, 900, 2300)),
    "OY": ((550, 960, 2400), (360, 1820, 2450)),
    "UH": ((450, 1100, 2350), (500, 1180, 2390)),
    "UW": ((350, 1250, 2200), (320, 900, 2200)),
}
SCHWA = (500, 1400, 2500)  # towards which unstressed AH and IH move
# The same of consonants, before front vowels: Klatt 1980, table III. NG as G, ZH and JH as SH. His
# nasals have a pole at 270 Hz and a zero at 450 Hz beside a first formant at 480 Hz, which the zero
# all but cancels: this voice has no such pair, and its first formant stands for the pole.
CONSONANT_TARGETS = {
    "B": (200, 1100, 2150), "CH": (350, 1800, 2820), "D": (200, 1600, 2600),
    "DH": (270, 1290, 2540), "F": (340, 1100, 2080), "G": (200, 1990, 2850),
    "JH": (260, 1800, 2820), "K": (300, 1990, 2850), "L": (310, 1050, 2880),
    "M": (270, 1270, 2130), "N": (270, 1340, 2470), "NG": (270, 1990, 2850),
    "P": (400, 1100, 2150), "R": (310, 1060, 1380), "S": (320, 1390, 2530),
    "SH": (300, 1840, 2750), "T": (400, 1600, 2600), "TH": (320, 1290, 2540),
    "V": (220, 1100, 2080), "W": (290, 610, 2150), "Y": (260, 2070, 3020),
    "Z": (240, 1390, 2530), "ZH": (300, 1840, 2750),
}  # fmt: skip
# How far a consonant leans towards the formants of the vowel beside it: the tongue is free in
# "b", back and front for "k", and "h" is nothing but the vowel, whispered.
LEANS = {"HH": 1.0, "K": 0.6, "G": 0.6, "NG": 0.6, "P": 0.5, "B": 0.5, "M": 0.5, "F": 0.5, "V": 0.5}
HIGHER_HZ = (3300, 3750, 4900, 5900, 6900)  # formants that stand still; the last two are ours
WIDTHS_HZ = (60, 90, 150, 250, 250, 400, 600, 800)
# Noise that hisses: dB of a band around each frequency, and of white noise (last); after Klatt
# 1980, table III, with a band above his 5 kHz.
BANDS_HZ = ((1800, 300), (2800, 350), (3600, 600), (4900, 1000), (6500, 1500))
HISS_DB = {
    "S": (None, None, None, -20, -14, None),
    "SH": (None, -15, -16, -18, -26, None),
    "F": (None, None, None, None, None, -30),
    "TH": (None, None, None, None, -34, -32),
    "T": (None, -20, -14, -6, -6, None),
    "K": (-6, -6, -12, -20, None, None),
    "P": (None, None, None, None, None, -16),
}
HISS_OF = {"Z": "S", "ZH": "SH", "CH": "SH", "JH": "SH", "V": "F", "DH": "TH", "D": "T", "G": "K",
           "B": "P"}  # fmt: skip
STOPS = {"P": 0.045, "T": 0.05, "K": 0.055, "B": 0.012, "D": 0.015, "G": 0.02}  # release, in s
FORMANTS_S, LEVELS_S = 0.07, 0.015  # over which targets are smoothed


class Act(NamedTuple):
    """A stretch in which the targets stand still: seconds, formants in Hz, gains of the vocal
    folds, of breath and of the hiss, and which hiss.

    Chapter: speech/synthesis
    """

    seconds: float
    formants_hz: tuple
    voiced: float = 0.0
    breath: float = 0.0
    hiss: float = 0.0
    of: str = "S"


def acts(times: Sequence[tuple[str, float]]) -> list[Act]:
    """Return what throat and mouth do: one, two or three acts for each sound.

    Parameters
    ----------
    times : list of (sound, seconds)
        Sounds of CMUdict, vowels with stress, and pauses: what `rule_durations` returns.

    Raises
    ------
    AudioError
        If a sound is not known.

    Examples
    --------
    >>> [(one.seconds, one.voiced, one.hiss) for one in acts([("AY1", 0.2), ("T", 0.1)])]
    [(0.11, 1.0, 0.0), (0.09, 1.0, 0.0), (0.05, 0.0, 0.0), (0.02, 0.0, 1.0), (0.03, 0.0, 0.0)]

    Chapter: speech/synthesis
    """
    found: list = []
    for at, (sound, seconds) in enumerate(times):
        phone = sound.rstrip("012")
        if phone in PAUSES_S:
            found.append(Act(seconds, found[-1].formants_hz if found else SCHWA))
        elif phone in VOWEL_TARGETS:
            found += _vowel(phone, seconds, is_stressed=not sound.endswith("0"))
        elif phone in CONSONANT_TARGETS or phone == "HH":
            found += _consonant(phone, seconds, _leaning(times, at))
        else:
            raise AudioError(f"there is no sound {sound!r}: give sounds of CMUdict, such as 'AY1'")
    return found


def _vowel(phone, seconds, *, is_stressed):
    begins: tuple[float, ...]
    ends: tuple[float, ...]
    begins, ends = VOWEL_TARGETS[phone]
    if not is_stressed and phone in ("AH", "IH"):
        begins = ends = tuple((a + b) / 2 for a, b in zip(begins, SCHWA, strict=True))
    first = round(0.55 * seconds, 6)
    level = 1.0 if is_stressed else 0.7
    return [Act(first, begins, level), Act(round(seconds - first, 6), ends, level)]


def _leaning(times, at):
    """Return the formants of a consonant, which leans towards the nearest vowel; the next one."""
    phone = times[at][0].rstrip("012")
    beside = [(at + 1, 0), (at - 1, 1), (at + 2, 0), (at - 2, 1)]
    near = [
        VOWEL_TARGETS[times[place][0].rstrip("012")][end]
        for place, end in beside
        if 0 <= place < len(times) and is_vowel(times[place][0])
    ]
    lean = LEANS.get(phone, 0.25) if near else 0.0
    if phone in ("L", "R", "W", "Y"):
        lean = 0.1
    own = CONSONANT_TARGETS.get(phone, SCHWA)
    towards = near[0] if near else own
    mixed = [(1 - lean) * a + lean * b for a, b in zip(own, towards, strict=True)]
    return (own[0] if phone != "HH" else mixed[0], *mixed[1:])


def _consonant(phone, seconds, formants):
    hiss = HISS_OF.get(phone, phone)
    if phone in STOPS:
        is_voiced = phone in "BDG"
        release = min(STOPS[phone], 0.6 * seconds)
        burst = min(0.02, release)
        closed = Act(round(seconds - release, 6), formants, 0.12 if is_voiced else 0.0)
        burst_act = Act(burst, formants, 0.1 * is_voiced, 0.3 * (not is_voiced), 1.0, hiss)
        whispered = Act(round(release - burst, 6), formants, 0.0, 0.6)
        return [closed, burst_act] + ([whispered] if whispered.seconds > 0 else [])
    if phone in ("CH", "JH"):
        voiced = 0.12 * (phone == "JH")
        closed = Act(0.4 * seconds, formants, voiced)
        return [closed, Act(0.6 * seconds, formants, voiced, 0.0, 0.8, hiss)]
    if phone == "HH":
        return [Act(seconds, formants, 0.05, 0.7)]
    if phone in HISS_DB or phone in HISS_OF:
        is_voiced = phone in ("V", "DH", "Z", "ZH")
        return [Act(seconds, formants, 0.35 * is_voiced, 0.0, 0.6 if is_voiced else 1.0, hiss)]
    return [Act(seconds, formants, 0.45 if phone in ("M", "N", "NG") else 0.7)]


def speak_by_rule(
    times: Sequence[tuple[str, float]],
    pitch_hz,
    *,
    sample_rate: int = 16000,
    formant_scale: float = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Return a sentence, spoken by rule.

    Parameters
    ----------
    times : list of (sound, seconds)
        From `rule_durations`.
    pitch_hz : float or array
        A contour of any length that is spread over the sound, such as `rule_pitch` returns.
    sample_rate : int
        Hz, 16000 at least: hiss lies high.
    formant_scale : float
        Multiplies all formants: 1.15 is about a woman's, shorter throat.
    seed : int
        Of all noise.

    Returns
    -------
    numpy.ndarray
        Shape (T,), float32, peak 0.5.

    Raises
    ------
    AudioError
        As `acts` and `voice_source` do, or if the sample rate is below 16000.

    Examples
    --------
    >>> from audiolessons.voice import rule_durations, rule_pitch
    >>> times = rule_durations([("HH", "AH0", "L", "OW1"), (".",)])
    >>> speak_by_rule(times, rule_pitch(times)).dtype
    dtype('float32')

    References
    ----------
    D. H. Klatt, "Software for a cascade/parallel formant synthesizer", JASA 67(3), 1980.

    Chapter: speech/synthesis
    """
    check_positive(formant_scale, name="formant_scale")
    if sample_rate < 16000:
        raise AudioError(f"sample_rate is {sample_rate}: 16000 Hz at least, hiss lies high")
    done = acts(times)
    if not done:
        raise AudioError("times holds no sound: give what rule_durations returns")
    random = np.random.default_rng(seed)
    seconds = sum(one.seconds for one in done)
    n_samples = round(seconds * sample_rate)
    ends = np.cumsum([one.seconds for one in done])
    frames = np.arange(0, seconds, FRAME_S)
    which = np.minimum(np.searchsorted(ends, frames, side="right"), len(done) - 1)
    formants = _smooth(np.array([one.formants_hz for one in done])[which].T, FORMANTS_S)
    higher = np.repeat(np.array(HIGHER_HZ, dtype=float)[:, np.newaxis], len(frames), axis=1)

    def level(values):
        track = _smooth(np.array(values, dtype=float)[which], LEVELS_S)
        return np.interp(np.arange(n_samples) / sample_rate, frames, track)

    folds = voice_source(
        pitch_hz, sample_rate=sample_rate, duration_s=seconds, breath=0.02, seed=seed
    )
    air = 0.25 * lfilter(
        *resonator(0, 1000, sample_rate=sample_rate), random.standard_normal(n_samples)
    )
    source = level([one.voiced for one in done]) * folds / folds.std()
    source = source + level([one.breath for one in done]) * air
    tracks = np.minimum(formant_scale * np.concatenate([formants, higher]), 0.49 * sample_rate)
    audio = formant_filter(source, tracks, bandwidths_hz=WIDTHS_HZ, sample_rate=sample_rate)
    audio = audio / max(np.sqrt(np.mean(audio**2)), 1e-9)  # a hiss alone has no voice
    for number in range(len(BANDS_HZ) + 1):
        noise = random.standard_normal(n_samples)
        if number < len(BANDS_HZ):
            noise = lfilter(*resonator(*BANDS_HZ[number], sample_rate=sample_rate), noise)
            noise = np.diff(noise, prepend=0.0)
        gains = [one.hiss * _linear(HISS_DB[one.of][number]) for one in done]
        audio = audio + 2 * level(gains) * noise / noise.std()
    peak = np.abs(audio).max() or 1.0  # of pauses alone it is 0
    return (0.5 * audio / peak).astype(np.float32)


def _linear(decibels):
    return 0.0 if decibels is None else 10 ** (decibels / 20)


def _smooth(tracks, seconds):
    """Round off steps between frames with a window of so many seconds; the ends are held."""
    n = 2 * round(seconds / FRAME_S / 2) + 1
    window = np.hanning(n + 2)[1:-1]
    window /= window.sum()
    padded = np.pad(tracks, [(0, 0)] * (tracks.ndim - 1) + [(n // 2, n // 2)], mode="edge")
    return np.apply_along_axis(np.convolve, -1, padded, window, "valid")
