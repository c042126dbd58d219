"""How long each sound of a sentence lasts, and how the pitch moves: by rule, for a man's voice.

Words are tuples of sounds of CMUdict, vowels with their stress (0, 1 or 2). A pause stands as a
word of its own with the sign that a text has there: `(",",)`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError, check_positive

# Inherent and least duration in ms: Allen, Hunnicutt and Klatt 1987, table 9.1.
DURATIONS_MS = {
    "AA": (240, 100), "AE": (230, 80), "AH": (140, 60), "AO": (240, 100), "AW": (260, 100),
    "AY": (250, 150), "EH": (150, 70), "ER": (180, 80), "EY": (180, 100), "IH": (135, 40),
    "IY": (155, 55), "OW": (220, 80), "OY": (280, 150), "UH": (160, 60), "UW": (210, 70),
    "B": (85, 60), "CH": (70, 50), "D": (75, 50), "DH": (50, 30), "F": (100, 80), "G": (80, 60),
    "HH": (80, 20), "JH": (70, 50), "K": (80, 60), "L": (80, 40), "M": (70, 60), "N": (60, 50),
    "NG": (95, 60), "P": (90, 50), "R": (80, 30), "S": (105, 60), "SH": (105, 80), "T": (75, 50),
    "TH": (90, 60), "V": (60, 40), "W": (80, 60), "Y": (80, 40), "Z": (75, 40), "ZH": (70, 40),
}  # fmt: skip
VOWEL_SOUNDS = frozenset(list(DURATIONS_MS)[:15])
PAUSES_S = {",": 0.2, ";": 0.3, ":": 0.3, ".": 0.5, "?": 0.5, "!": 0.5}
# What a consonant does to the vowel before it, as a share of the vowel's duration.
BEFORE = {
    **dict.fromkeys(["V", "DH", "Z", "ZH"], 1.6),
    **dict.fromkeys(["B", "D", "G", "JH"], 1.2),
    **dict.fromkeys(["M", "N", "NG"], 0.85),
    **dict.fromkeys(["P", "T", "K", "CH"], 0.7),
}
FRAME_S = 0.005


def is_vowel(phone: str) -> bool:
    """Say whether a sound is a vowel, with or without its stress.

    Examples
    --------
    >>> is_vowel("AY1"), is_vowel("Y")
    (True, False)

    Chapter: speech/synthesis
    """
    return phone.rstrip("012") in VOWEL_SOUNDS


def rule_durations(
    words: Sequence[Sequence[str]], *, speed: float = 1.0
) -> list[tuple[str, float]]:
    """Return each sound, and each pause, with how long it lasts.

    A sound has an inherent duration, and a least one; rules on where it stands multiply what is
    between: duration = least + (inherent - least) * product of the shares. Vowels are shorter
    within a phrase than at its end, in long words, without stress, and before p, t and k.

    Parameters
    ----------
    words : list of tuples of str
        Sounds; pauses as words of their own.
    speed : float
        2 is twice as fast.

    Returns
    -------
    list of (sound, seconds)

    Raises
    ------
    AudioError
        If a sound is not known, or the speed not above 0.

    Examples
    --------
    >>> for sound, seconds in rule_durations([("B", "EH1", "D"), (".",), ("B", "EH1", "T")]):
    ...     print(sound, round(seconds, 3))
    B 0.085
    EH1 0.204
    D 0.071
    . 0.5
    B 0.085
    EH1 0.148
    T 0.071

    References
    ----------
    J. Allen, M. S. Hunnicutt and D. H. Klatt, "From Text to Speech: The MITalk System", Cambridge
    University Press, 1987, chapter 9: of its eleven rules, those that change most.

    Chapter: speech/synthesis
    """
    check_positive(speed, name="speed")
    found = []
    for number, word in enumerate(words):
        after = words[number + 1] if number + 1 < len(words) else (".",)
        if word[0] in PAUSES_S:
            found.append((word[0], PAUSES_S[word[0]] / speed))
            continue
        for at, sound in enumerate(word):
            found.append((sound, _duration(word, at, after[0] in PAUSES_S) / speed))
    return found


def _duration(word, at, is_final):
    """Return the seconds of sound `at` of a word; `is_final`: the word ends a phrase."""
    sound = word[at].rstrip("012")
    if sound not in DURATIONS_MS:
        known = ", ".join(DURATIONS_MS)
        raise AudioError(f"there is no sound {word[at]!r}: give sounds of CMUdict, {known}")
    inherent, least = map(float, DURATIONS_MS[sound])
    vowels = [place for place, one in enumerate(word) if is_vowel(one)]
    before, after = word[at - 1 : at], word[at + 1 : at + 2]
    share = 1.0
    if is_vowel(sound):
        is_last = at == vowels[-1]
        share *= 1.4 if is_last and is_final else 0.6
        share *= 1.0 if is_last else 0.85
        share *= 0.8 if len(vowels) > 1 else 1.0
        if after:
            change = 1.2 if is_vowel(after[0]) else BEFORE.get(after[0], 1.0)
            share *= change if is_last and is_final else 0.7 + 0.3 * change
        stress = word[at]
    else:
        neighbours = [one for one in (*before, *after) if not is_vowel(one)]
        share *= (1.0, 0.7, 0.5)[len(neighbours)]
        share *= 0.85 if at else 1.0
        if is_final and sound in ("L", "R", "M", "N", "NG") and vowels and at > vowels[-1]:
            share *= 1.4
        stress = word[min(vowels, key=lambda place: abs(place - at - 0.1))] if vowels else "1"
    if stress.endswith("0"):
        least, share = least / 2, 0.7 * share
    return (least + (inherent - least) * share) / 1000


def rule_pitch(
    times: Sequence[tuple[str, float]],
    *,
    base_hz: float = 100.0,
    accent_st: float = 4.0,
    fall_st: float = 4.0,
) -> np.ndarray:
    """Return the pitch of a sentence, a value every 5 ms.

    From pause to pause it falls slowly (declination). Each stressed vowel lifts it, the first one
    most. Before a full stop it falls further, before a question mark it rises, and before a comma
    it rises a little: there is more to come.

    Parameters
    ----------
    times : list of (sound, seconds)
        From `rule_durations`.
    base_hz : float
        In the middle of a phrase, without stress.
    accent_st : float
        How far the first stressed vowel lifts it, in semitones.
    fall_st : float
        Semitones between beginning and end of a phrase.

    Returns
    -------
    numpy.ndarray
        Shape (N,), in Hz, pauses included.

    Raises
    ------
    AudioError
        If there are no sounds, or the base is not above 0.

    Examples
    --------
    >>> asked = [("AA1", 0.3), ("M", 0.1), ("AH0", 0.2), ("?", 0.5)]
    >>> said = [*asked[:-1], (".", 0.5)]
    >>> rises, falls = rule_pitch(asked), rule_pitch(said)
    >>> rises.shape, bool(rises[118] > 1.5 * falls[118])
    ((220,), True)

    References
    ----------
    J. Pierrehumbert, "Synthesizing intonation", JASA 70(4), 1981: targets on a line that falls.

    Chapter: speech/synthesis
    """
    check_positive(base_hz, name="base_hz", unit="Hz")
    if not times:
        raise AudioError("times holds no sound: give what rule_durations returns")
    ends = np.cumsum([seconds for _, seconds in times])
    at = FRAME_S * np.arange(max(1, round(ends[-1] / FRAME_S)))
    semitones = np.zeros(len(at))
    first = 0
    for number, (sound, _) in enumerate(times):
        is_last = number + 1 == len(times)
        if sound in PAUSES_S or is_last:
            last = number if sound in PAUSES_S else number + 1
            if last > first:
                sign = sound if sound in PAUSES_S else "."
                start = ends[first - 1] if first else 0.0
                rows = (at >= start) & (is_last | (at < ends[number]))
                phrase = [(one, end - s, end) for (one, s), end in
                          zip(times[first:last], ends[first:last], strict=True)]  # fmt: skip
                semitones[rows] = _phrase(at[rows], phrase, sign, accent_st, fall_st)
            first = number + 1
    return base_hz * 2 ** (semitones / 12)


def _phrase(at, phrase, sign, accent_st, fall_st):
    """Return semitones above the base at each moment of a phrase [(sound, start, end), ...]."""
    start, end = phrase[0][1], phrase[-1][2]
    place = np.clip((at - start) / (end - start), 0, 1)
    line = fall_st * (0.5 - place)
    stressed = [(a + b) / 2 for sound, a, b in phrase if sound.endswith("1")]
    for number, middle in enumerate(stressed):
        height = accent_st * max(0.5, 0.85**number)
        line = line + height * np.exp(-0.5 * ((at - middle) / 0.08) ** 2)
    nucleus = stressed[-1] if stressed else (start + end) / 2
    way = np.clip((at - nucleus) / max(end - nucleus, 0.05), 0, 1)
    return line + {"?": 9.0, ",": 2.5, ";": 1.0, ":": 1.0}.get(sign, -3.0) * way
