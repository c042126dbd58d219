"""chorales: four voices that follow rules of harmony, in both forms of the Bach chorales.

A chain of chords is drawn first (functions, then a cadence for each phrase). The voices are then
the cheapest path through all ways of singing those chords: small steps, no crossing voices, no
parallel fifths and octaves, leading notes that rise and sevenths that fall (dynamic programming).
All costs are whole numbers, so every machine finds the same path.
"""

from __future__ import annotations

import itertools

import numpy as np

from . import pack, sound

ABOUT = """Chorale-like progressions for four voices, composed by rules.

JSB_Chorales.npz: quarter-note piano rolls, {train,valid,test}_rolls (frames, 88) uint8, pieces
laid end to end, and {train,valid,test}_lengths, the frames of each piece. Key k is MIDI pitch
21 + k. The rolls are moved to C (major or minor) and lie an octave above the sung pitch, as in the
published file they stand in for: lower them by 12 to hear them.
four_voices.npz: soprano, alto, tenor, bass in sixteenths, {train,valid,test}_voices (steps, 4)
int16, MIDI pitch as sung, -1 is a rest, and {train,valid,test}_lengths.
"""

COUNTS = {"train": 40, "valid": 12, "test": 12}
# Lowest and highest MIDI pitch of soprano, alto, tenor, bass.
RANGES = ((60, 80), (55, 74), (48, 68), (40, 60))
ROLL_LOWEST_PITCH = 21
SIXTEENTHS = 4  # in a quarter
# The rolls are in C (major or minor) and an octave above the sung pitch, as the published ones.
ROLL_SHIFT = 12

# Chord: (pitch classes above the tonic, root first; which of them lies in the bass).
MAJOR = {
    "I": ((0, 4, 7), 0), "I6": ((0, 4, 7), 1), "ii": ((2, 5, 9), 0), "ii6": ((2, 5, 9), 1),
    "iii": ((4, 7, 11), 0), "IV": ((5, 9, 0), 0), "IV6": ((5, 9, 0), 1), "V": ((7, 11, 2), 0),
    "V6": ((7, 11, 2), 1), "V7": ((7, 11, 2, 5), 0), "V65": ((7, 11, 2, 5), 1),
    "vi": ((9, 0, 4), 0), "vii6": ((11, 2, 5), 1), "V/V": ((2, 6, 9), 0), "V6/V": ((2, 6, 9), 1),
    "V/vi": ((4, 8, 11), 0), "ii65": ((2, 5, 9, 0), 1),
}  # fmt: skip
MINOR = {
    "I": ((0, 3, 7), 0), "I6": ((0, 3, 7), 1), "ii": ((2, 5, 8), 1), "ii6": ((2, 5, 8), 1),
    "iii": ((3, 7, 10), 0), "IV": ((5, 8, 0), 0), "IV6": ((5, 8, 0), 1), "V": ((7, 11, 2), 0),
    "V6": ((7, 11, 2), 1), "V7": ((7, 11, 2, 5), 0), "V65": ((7, 11, 2, 5), 1),
    "vi": ((8, 0, 3), 0), "vii6": ((11, 2, 5), 1), "V/V": ((2, 6, 9), 0), "V6/V": ((2, 6, 9), 1),
    "V/vi": ((10, 2, 5), 0), "ii65": ((2, 5, 8, 0), 1),
}  # fmt: skip

# What may follow, with weights: tonic -> what prepares the dominant -> dominant -> tonic.
FOLLOWS = {
    "I": {"I6": 3, "ii6": 2, "IV": 4, "V": 4, "V6": 2, "vi": 4, "vii6": 2, "iii": 1, "V/vi": 1},
    "I6": {"IV": 4, "ii6": 3, "ii65": 2, "V": 2, "I": 2, "vii6": 1},
    "ii": {"V": 4, "V7": 2, "vii6": 1, "V6": 1},
    "ii6": {"V": 5, "V7": 2, "V/V": 1},
    "ii65": {"V": 5, "V7": 2},
    "iii": {"vi": 4, "IV": 3},
    "IV": {"I": 3, "V": 4, "ii6": 2, "vii6": 2, "I6": 2, "ii65": 1},
    "IV6": {"V": 2, "V6": 2, "I6": 1, "V65": 1},
    "V": {"I": 6, "vi": 3, "I6": 2, "IV6": 1},
    "V6": {"I": 1}, "V7": {"I": 5, "vi": 2}, "V65": {"I": 1},
    "vi": {"ii6": 3, "IV": 3, "V": 2, "V6/V": 1, "ii": 2, "I6": 1, "iii": 1},
    "vii6": {"I": 3, "I6": 3},
    "V/V": {"V": 1}, "V6/V": {"V": 1}, "V/vi": {"vi": 1},
}  # fmt: skip
CADENCES = {
    "perfect": (("IV", "V", "I"), ("ii6", "V7", "I"), ("ii65", "V", "I"), ("vi", "V7", "I")),
    "half": (("I", "V"), ("IV", "V"), ("V6/V", "V"), ("ii6", "V")),
    "deceptive": (("IV", "V", "vi"), ("ii6", "V7", "vi")),
    "plagal": (("I6", "IV", "I"),),
}


def _draw(rng, weights: dict[str, int]) -> str:
    names = list(weights)
    position = rng.integers(0, sum(weights.values()))
    return names[int(np.searchsorted(np.cumsum(list(weights.values())), position, side="right"))]


def _phrase(rng, first, cadence) -> list[str]:
    """Chain of seven chords, one a beat; the last is held for two."""
    ending = list(CADENCES[cadence][rng.integers(0, len(CADENCES[cadence]))])
    n_free = 7 - len(ending)
    while True:  # draw until the chain may lead into the cadence
        chords = [first]
        while len(chords) < n_free:
            chords.append(_draw(rng, FOLLOWS[chords[-1]]))
        if ending[0] in FOLLOWS[chords[-1]]:
            return chords + ending


def harmony(rng) -> list[list[str]]:
    """Chords of a whole chorale, phrase by phrase."""
    n_phrases = int(rng.integers(4, 9))
    middle = {"perfect": 4, "half": 5, "deceptive": 2, "plagal": 1}
    phrases = []
    for number in range(n_phrases):
        last = number == n_phrases - 1
        first = "I" if number == 0 else _draw(rng, {"I": 5, "vi": 2, "V": 1, "I6": 2, "IV": 1})
        phrases.append(_phrase(rng, first, "perfect" if last else _draw(rng, middle)))
    if n_phrases > 4 and rng.integers(0, 2):
        phrases[2:4] = phrases[0:2]  # the opening is sung twice, as in many a chorale
    return phrases


def _voicings(chord, tonic) -> np.ndarray:
    """All (soprano, alto, tenor, bass) that sing this chord, shape (M, 4)."""
    classes, bass_index = chord
    classes = [(tonic + c) % 12 for c in classes]
    low, high = RANGES[3]
    basses = [p for p in range(low, high + 1) if p % 12 == classes[bass_index]]
    upper = [[p for p in range(lo, hi + 1) if p % 12 in classes] for lo, hi in RANGES[:3]]
    found = []
    leading = (tonic + 11) % 12
    for bass, soprano, alto, tenor in itertools.product(basses, *upper):
        if not (soprano >= alto >= tenor >= bass and soprano - alto <= 12 and alto - tenor <= 12):
            continue
        sung = [p % 12 for p in (soprano, alto, tenor, bass)]
        # Only the fifth may be missing; leading note and seventh are sung by one voice only.
        complete = all(c in sung for i, c in enumerate(classes) if i != 2)
        if complete and sung.count(leading) <= 1 and all(sung.count(c) == 1 for c in classes[3:]):
            found.append((soprano, alto, tenor, bass))
    return np.array(found)


def _own_cost(voicings, chord, tonic, target) -> np.ndarray:
    """How far a voicing is from what is wanted by itself."""
    classes = [(tonic + c) % 12 for c in chord[0]]
    sung = voicings % 12
    cost = 2 * np.abs(voicings[:, 0] - target)
    cost += 12 * (~(sung == classes[2]).any(axis=1))  # no fifth
    cost += 6 * np.maximum(0, (sung == classes[1]).sum(axis=1) - 1)  # third doubled
    cost += 2 * np.abs(voicings[:, 1:3] - [65, 57]).sum(axis=1) // 3  # middle of the range
    return cost


def _step_cost(before, after, chord, tonic) -> np.ndarray:
    """Cost of every move from one voicing to another, shape (M, M')."""
    move = after[None] - before[:, None]  # (M, M', 4)
    size = np.abs(move)
    cost = (size * [3, 2, 2, 1]).sum(axis=2) + (4 * np.maximum(0, size - 4)).sum(axis=2)
    cost += 7 * (move[:, :, 0] == 0)  # a melody should move
    cost += 30 * (size[:, :, 0] > 7) + 60 * (size == 6).any(axis=2) + 8 * (move[:, :, 3] == 0)
    for high, low in itertools.combinations(range(4), 2):
        interval = (before[:, high] - before[:, low]) % 12
        later = (after[:, high] - after[:, low]) % 12
        perfect = np.isin(interval, (0, 7))[:, None] & (interval[:, None] == later[None])
        cost += 200 * (perfect & (move[:, :, high] != 0))
    # No voice goes beyond where its neighbour just was.
    for voice in range(3):
        cost += 25 * (after[None, :, voice + 1] > before[:, None, voice])
        cost += 25 * (after[None, :, voice] < before[:, None, voice + 1])
    sung = before % 12
    rises = (sung == (tonic + 11) % 12)[:, None, :] & (move != 1) & (move != 0)
    falls = np.zeros_like(rises)
    if len(chord[0]) == 4:
        seventh = (tonic + chord[0][3]) % 12
        falls = (sung == seventh)[:, None, :] & ~np.isin(move, (0, -1, -2))
    return cost + 30 * rises[:, :, 0] + 10 * rises.sum(axis=2) + 30 * falls.sum(axis=2)


def sing(rng, names, *, scale, tonic) -> np.ndarray:
    """Find the cheapest voices for a chain of chords, shape (n_chords, 4)."""
    chords = [scale[name] for name in names]
    options = [_voicings(chord, tonic) for chord in chords]
    # The melody is drawn to a line that rises and falls within each phrase.
    turning = rng.integers(64, 77, size=len(chords) // 3 + 2)
    targets = np.interp(np.arange(len(chords)), 3 * np.arange(len(turning)), turning).astype(int)
    best, came_from = [], []
    for number, voicings in enumerate(options):
        own = _own_cost(voicings, chords[number], tonic, targets[number])
        own = own + rng.integers(0, 8, size=len(own))
        if number == 0:
            best.append(own)
            continue
        total = best[-1][:, None] + _step_cost(
            options[number - 1], voicings, chords[number - 1], tonic
        )
        came_from.append(total.argmin(axis=0))
        best.append(total.min(axis=0) + own)
    at = int(best[-1].argmin())
    path = [options[-1][at]]
    for number in range(len(options) - 2, -1, -1):
        at = int(came_from[number][at])
        path.append(options[number][at])
    return np.array(path[::-1])


def _passing_notes(rng, voices, tonic, scale_steps) -> np.ndarray:
    """Fill thirds with the note between, an eighth long, here and there; (n, 4) -> (4 n, 4)."""
    sixteenths = np.repeat(voices, SIXTEENTHS, axis=0)
    in_scale = {(tonic + step) % 12 for step in scale_steps}
    for beat in range(len(voices) - 1):
        filled = 0
        for voice in rng.permutation(4):
            start, end = voices[beat, voice], voices[beat + 1, voice]
            if abs(end - start) not in (3, 4) or filled == 2 or rng.integers(0, 10) >= 6:
                continue
            between = [p for p in range(min(start, end) + 1, max(start, end)) if p % 12 in in_scale]
            if len(between) == 1:
                sixteenths[SIXTEENTHS * beat + 2 : SIXTEENTHS * (beat + 1), voice] = between[0]
                filled += 1
    return sixteenths


def chorale(split: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the piano roll (quarters, 88) uint8 and the four voices (sixteenths, 4) int16."""
    rng = sound.random_for("chorales", split, number)
    minor = bool(rng.integers(0, 5) < 2)
    tonic = int(rng.integers(0, 12))
    phrases = harmony(rng)
    names = [name for phrase in phrases for name in phrase]
    scale = dict(MINOR if minor else MAJOR)
    if minor and rng.integers(0, 2):
        scale["end"] = MAJOR["I"]  # a piece in minor may end in major
        names[-1] = "end"
    voices = sing(rng, names, scale=scale, tonic=tonic)
    steps = (0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11)
    moving = _passing_notes(rng, voices, tonic, steps)

    breathes = rng.integers(0, 4) == 0
    sung, at = [], 0
    for phrase in phrases:
        end = at + len(phrase)
        held = np.repeat(voices[end - 1 : end], 2 * SIXTEENTHS, axis=0)
        if breathes:
            held[-2:] = -1  # an eighth of silence before the next phrase
        sung += [moving[SIXTEENTHS * at : SIXTEENTHS * (end - 1)], held]
        at = end
    four_voices = np.concatenate(sung).astype(np.int16)

    quarters = four_voices[::SIXTEENTHS] + ROLL_SHIFT + ((-tonic + 5) % 12 - 5)
    roll = np.zeros((len(quarters), 88), dtype=np.uint8)
    roll[np.arange(len(quarters))[:, None], quarters - ROLL_LOWEST_PITCH] = 1
    return roll, four_voices


def members() -> dict[str, bytes]:
    """Both forms as plain arrays, pieces laid end to end, with the length of each."""
    rolls, voices = {}, {}
    for split, count in COUNTS.items():
        pieces = [chorale(split, number) for number in range(count)]
        rolls[f"{split}_rolls"] = np.concatenate([roll for roll, _ in pieces])
        rolls[f"{split}_lengths"] = np.array([len(roll) for roll, _ in pieces], dtype=np.int32)
        voices[f"{split}_voices"] = np.concatenate([four for _, four in pieces])
        voices[f"{split}_lengths"] = np.array([len(four) for _, four in pieces], dtype=np.int32)
    return {"JSB_Chorales.npz": pack.npz(rolls), "four_voices.npz": pack.npz(voices)}
