"""Numbers in Mandarin: as syllables, and as sound by rule, each with the melody of its tone."""

from __future__ import annotations

import numbers

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.voice import speak_by_rule

DIGITS = ("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3")
PLACES = ("", "shi2", "bai3", "qian1")
# The nearest sounds of the English voice by rule, with their seconds: an accent, and understood.
SOUNDS = {
    "ling": (("L", 0.08), ("IY1", 0.16), ("NG", 0.11)),
    "yi": (("Y", 0.06), ("IY1", 0.27)),
    "er": (("AA1", 0.15), ("ER1", 0.18)),
    "san": (("S", 0.13), ("AA1", 0.18), ("N", 0.09)),
    "si": (("S", 0.15), ("Z", 0.06), ("UH1", 0.15)),
    "wu": (("W", 0.07), ("UW1", 0.27)),
    "liu": (("L", 0.08), ("IY1", 0.09), ("OW1", 0.20)),
    "qi": (("CH", 0.13), ("IY1", 0.24)),
    "ba": (("B", 0.08), ("AA1", 0.27)),
    "jiu": (("JH", 0.10), ("IY1", 0.09), ("OW1", 0.20)),
    "shi": (("SH", 0.15), ("ER1", 0.21)),
    "bai": (("B", 0.08), ("AY1", 0.29)),
    "qian": (("CH", 0.13), ("IY1", 0.08), ("EH1", 0.12), ("N", 0.10)),
}
# Semitones above the voice's middle, at the beginning, the middle and the end of a syllable: Chao's
# five levels are two semitones apart here.
TONES_ST = {1: (4, 4, 4), 2: (0, 1, 4), 3: (-2, -4, 1), 4: (5, 1, -4)}
PAUSE_S = 0.06


def numeral(number: int) -> list[str]:
    """Return a number from 0 to 9999 as the syllables of Mandarin, tones as numbers.

    Each digit is followed by its place (ten, hundred, thousand). Zeros between other digits are
    said once, however many there are, those at the end not at all; ten to nineteen begin with
    the ten.

    Raises
    ------
    AudioError
        If it is no such number.

    Examples
    --------
    >>> numeral(42), numeral(10), numeral(1005)
    (['si4', 'shi2', 'er4'], ['shi2'], ['yi1', 'qian1', 'ling2', 'wu3'])

    Chapter: large/assistant
    """
    is_number = isinstance(number, numbers.Real) and not isinstance(number, bool)
    if not is_number or not 0 <= number <= 9999 or int(number) != number:
        raise AudioError(f"number is {number!r}: give a whole number from 0 to 9999")
    digits = [int(digit) for digit in str(int(number))]
    if digits == [0]:
        return [DIGITS[0]]
    said: list[str] = []
    for at, digit in enumerate(digits):
        place = PLACES[len(digits) - 1 - at]
        if digit:
            said += [DIGITS[digit], *([place] if place else [])]
        elif any(digits[at:]) and said[-1] != DIGITS[0]:
            said.append(DIGITS[0])
    return said[1:] if 10 <= number <= 19 else said


def digit_by_digit(digits: str) -> list[str]:
    """Return figures one by one, as a telephone number is said.

    Examples
    --------
    >>> digit_by_digit("40")
    ['si4', 'ling2']

    Chapter: large/assistant
    """
    if not isinstance(digits, str) or not digits.isdecimal():
        raise AudioError(f"digits is {digits!r}: give figures, such as '407'")
    return [DIGITS[int(digit)] for digit in digits]


def speak_mandarin(
    syllables: list[str],
    *,
    base_hz: float = 120.0,
    sample_rate: int = 16000,
    formant_scale: float = 1.0,
) -> np.ndarray:
    """Return syllables of numbers as sound (T,), by rule: the nearest English sounds, and tones.

    Raises
    ------
    AudioError
        If a syllable is none of those of numbers, or has no tone.

    Examples
    --------
    >>> speak_mandarin(["si4", "shi2"]).shape[0] > 8000
    True

    Chapter: large/assistant
    """
    times: list[tuple[str, float]] = []
    pitch_st: list[np.ndarray] = []
    for syllable in syllables:
        name, tone = syllable[:-1], syllable[-1:]
        if name not in SOUNDS or tone not in "1234" or not tone:
            known = ", ".join(SOUNDS)
            raise AudioError(f"there is no syllable {syllable!r}: give {known}, with a tone")
        sounds = [*SOUNDS[name], (",", PAUSE_S)]
        n_frames = round(200 * sum(seconds for _, seconds in sounds))
        way = np.linspace(0, 1, n_frames)
        pitch_st.append(np.interp(way, (0, 0.5, 1), TONES_ST[int(tone)]))
        times += sounds
    if not times:
        raise AudioError("syllables is empty: give one at least")
    pitch = base_hz * 2 ** (np.concatenate(pitch_st) / 12)
    return speak_by_rule(times, pitch, sample_rate=sample_rate, formant_scale=formant_scale)
