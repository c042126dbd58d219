"""folk_tunes: dances composed by rules, in the files and the notation of the Nottingham tunes."""

from __future__ import annotations

from . import sound

ABOUT = """Tunes composed by rules, in ABC; none of them is traditional.

ABC_cleaned/*.abc: a file for each kind of dance, as upstream. A tune has two parts of eight bars,
each played twice; chords are drawn first, then a rhythm for each bar, then notes that fit both.
Some tunes come again under another name, in another key, with a few notes changed.
"""

LETTERS = "CDEFGAB"
# Rhythms of a bar in eighths, with weights; the last of each part ends on a long note.
JIG = {
    (1, 1, 1, 1, 1, 1): 6, (2, 1, 1, 1, 1): 4, (2, 1, 2, 1): 3, (1, 1, 1, 2, 1): 3, (3, 2, 1): 1,
    (1, 1, 1, 3): 1,
}  # fmt: skip
REEL = {
    (1, 1, 1, 1, 1, 1, 1, 1): 6, (2, 1, 1, 1, 1, 1, 1): 3, (2, 1, 1, 2, 1, 1): 3,
    (2, 2, 1, 1, 1, 1): 2, (1, 1, 1, 1, 2, 2): 2, (2, 2, 2, 2): 1, (2, 2, 2, 1, 1): 1,
}  # fmt: skip
HORNPIPE = {
    (1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5): 4, (2, 2, 1.5, 0.5, 1.5, 0.5): 3,
    (1.5, 0.5, 1.5, 0.5, 2, 2): 2, ("triplet", 1.5, 0.5, 1.5, 0.5, 1.5, 0.5): 2,
    (2, 1.5, 0.5, 2, 1.5, 0.5): 1,
}  # fmt: skip
STRAIGHT_HORNPIPE = {
    (1, 1, 1, 1, 1, 1, 1, 1): 4, ("triplet", 1, 1, 1, 1, 1, 1): 1, (2, 2, 1, 1, 1, 1): 2,
    (2, 2, 2, 2): 2, (1, 1, 1, 1, 2, 2): 1,
}  # fmt: skip
POLKA = {
    (1, 1, 1, 1): 3, (2, 1, 1): 2, (1, 1, 2): 2, (1, 0.5, 0.5, 1, 1): 2, (1.5, 0.5, 1, 1): 1,
    (2, 2): 1,
}  # fmt: skip
WALTZ = {
    (2, 2, 2): 5, (4, 2): 4, (2, 1, 1, 2): 2, (3, 1, 2): 2, (2, 1, 1, 1, 1): 1, (6,): 1,
    (1, 1, 1, 1, 1, 1): 1,
}  # fmt: skip
SLIP = {
    (2, 1, 2, 1, 1, 1, 1): 3, (1, 1, 1, 1, 1, 1, 2, 1): 3, (2, 1, 1, 1, 1, 3): 2,
    (1, 1, 1, 1, 1, 1, 1, 1, 1): 2,
}  # fmt: skip
CAROL = {(2, 2, 2, 2): 5, (4, 2, 2): 2, (2, 2, 4): 2, (3, 1, 2, 2): 1, (2, 1, 1, 2, 2): 1}

# Metre, rhythms, endings of a part, eighths of the upbeat.
KINDS = {
    "jig": ("6/8", JIG, ((2, 1, 2), (1, 1, 1, 2), (3, 2)), 1),
    "reel": ("4/4", REEL, ((2, 2, 2), (1, 1, 1, 1, 2), (2, 1, 1, 2)), 2),
    "hornpipe": ("4/4", HORNPIPE, ((2, 2, 2),), 2),
    "straight hornpipe": ("4/4", STRAIGHT_HORNPIPE, ((2, 2, 2), (1, 1, 1, 1, 2)), 2),
    "polka": ("2/4", POLKA, ((1, 1, 1), (2, 1)), 1),
    "waltz": ("3/4", WALTZ, ((4,),), 2),
    "slip jig": ("9/8", SLIP, ((1, 1, 1, 1, 1, 1, 2), (2, 1, 2, 1, 2)), 1),
    "carol": ("4/4", CAROL, ((4, 2), (2, 2, 2)), 2),
}
# Each file: kinds with weights, how many tunes, the unit of its notes, the field R:.
FILES = {
    "jigs": ({"jig": 1}, 64, "1/8", ""),
    "reelsa-c": ({"reel": 8, "straight hornpipe": 1, "polka": 1}, 84, "1/4", ""),
    "hpps": ({"hornpipe": 4, "straight hornpipe": 2, "polka": 2}, 34, "1/8", "Hornpipe"),
    "waltzes": ({"waltz": 1}, 30, "1/4", ""),
    "slip": ({"slip jig": 1}, 6, "1/8", ""),
    "morris": ({"reel": 1, "jig": 1}, 6, "1/4", ""),
    "playford": ({"jig": 1, "waltz": 1}, 4, "1/8", ""),
    "ashover": ({"jig": 1, "reel": 1, "waltz": 1}, 8, "1/8", ""),
    "xmas": ({"carol": 1}, 6, "1/4", ""),
}
MAJOR, MINOR = ("G", "D", "A", "C", "F"), ("E", "A", "D")
SIGNATURES = {
    "C": {}, "Am": {}, "G": {"F": "#"}, "Em": {"F": "#"}, "D": {"F": "#", "C": "#"},
    "A": {"F": "#", "C": "#", "G": "#"}, "F": {"B": "b"}, "Dm": {"B": "b"},
}  # fmt: skip
# Chords of eight bars: steps of the scale.
PROGRESSIONS = (
    (0, 0, 3, 4, 0, 0, 4, 0), (0, 3, 0, 4, 0, 3, 4, 0), (0, 4, 0, 4, 0, 3, 4, 0),
    (0, 0, 4, 4, 0, 0, 4, 0), (0, 5, 3, 4, 0, 5, 4, 0), (3, 0, 4, 0, 3, 0, 4, 0),
)  # fmt: skip
MODAL = ((0, 0, 6, 6, 0, 0, 6, 0), (0, 6, 0, 6, 0, 6, 4, 0), (0, 0, 3, 6, 0, 0, 6, 0))
FIRST = ("Miller", "Weaver", "Smith", "Ferry", "Harbour", "Orchard", "Market", "Winter", "Lantern",
         "Kettle", "Badger", "Heron", "Copper", "Willow", "Clock", "Barley")  # fmt: skip
SECOND = ("Fancy", "Morning", "Return", "Gate", "Hill", "Daughter", "Delight", "Bridge", "Corner",
          "Walk", "Whim", "Farewell", "Basket", "Lane", "Favourite", "Bell")  # fmt: skip
LOW, HIGH = -3, 11  # steps of the scale around the tonic
COPIES = 12  # of a hundred tunes, so many come again


def weighed(rng, weights: dict):
    names = list(weights)
    shares = [weights[name] for name in names]
    position = int(rng.integers(sum(shares)))
    for name, share in zip(names, shares, strict=True):
        position -= share
        if position < 0:
            return name
    raise AssertionError(position)


def nearest_chord_tone(rng, step: int, chord: int) -> int:
    """Return a step of the chord that is near; of those, one by chance."""
    tones = [s for s in range(LOW, HIGH + 1) if (s - chord) % 7 in (0, 2, 4)]
    near = sorted(tones, key=lambda tone: (abs(tone - step), tone))[:3]
    return near[int(rng.integers(len(near)))]


def fill(rng, rhythm, chord: int, step: int, beat: float) -> list[int]:
    """Return a step of the scale for each note of a bar: of the chord on the beat, near between."""
    steps, at = [], 0.0
    for held in rhythm:
        if at % beat == 0:
            step = nearest_chord_tone(rng, step, chord)
        else:
            step += (-2, -1, -1, 1, 1, 2)[int(rng.integers(6))]
            step = min(max(step, LOW), HIGH)
        steps.append(step)
        at += held
    return steps


def plain(rhythm) -> tuple:
    """Return the rhythm with each triplet as three notes."""
    return tuple(x for one in rhythm for x in ((2 / 3,) * 3 if one == "triplet" else (one,)))


def part(rng, kind: str, progression) -> list[tuple[tuple, list[int], int]]:
    """Return eight bars: (rhythm, steps, chord); the fifth and sixth are often the first two."""
    metre, rhythms, endings, _ = KINDS[kind]
    beat = 3.0 if metre in ("6/8", "9/8") else 2.0
    step = int(rng.integers(0, 8))
    bars = []
    for number, chord in enumerate(progression):
        last = number == 7
        rhythm = endings[int(rng.integers(len(endings)))] if last else weighed(rng, rhythms)
        steps = fill(rng, plain(rhythm), chord, step, beat)
        if last:
            steps[-1] = 0 if steps[-1] < 4 else 7
        bars.append((rhythm, steps, chord))
        step = steps[-1]
    if rng.integers(3):
        bars[4:6] = bars[0:2]
    return bars


def letter(step: int, tonic: str) -> str:
    """Return a step of the scale on the tonic as a letter of ABC."""
    place = LETTERS.index(tonic) + step
    octave, name = place // 7, LETTERS[place % 7]
    if octave <= 0:
        return name + "," * -octave
    return name.lower() + "'" * (octave - 1)


def length(eighths: float, unit: str) -> str:
    units = eighths / (2 if unit == "1/4" else 1)
    if units == 1:
        return ""
    if units == int(units):
        return str(int(units))
    return f"{int(units * 4)}/4" if units * 2 != int(units * 2) else f"{int(units * 2)}/2"


def written(bars, tonic: str, mode: str, unit: str, upbeat: list[int]) -> str:
    """Return a part in ABC, four bars a line."""
    text = "|:" + "".join(letter(step, tonic) + length(1, unit) for step in upbeat)
    for number, (rhythm, steps, chord) in enumerate(bars):
        minor = chord in ((0, 3, 4) if mode else (5,))
        root = LETTERS[(LETTERS.index(tonic) + chord) % 7]
        name = root + SIGNATURES[tonic + mode].get(root, "") + ("m" if minor else "")
        text += f'|"{name}"' if number or upbeat else f'"{name}"'
        left = list(steps)
        for held in rhythm:
            if held == "triplet":
                three = (letter(left.pop(0), tonic) + length(1, unit) for _ in range(3))
                text += "(3" + "".join(three)
            else:
                text += letter(left.pop(0), tonic) + length(held, unit)
        if number == 3:
            text += "\\\n"
    return text + ":|"


def title(rng, taken: set[str]) -> str:
    while True:
        name = f"The {FIRST[int(rng.integers(16))]}'s {SECOND[int(rng.integers(16))]}"
        if name not in taken:
            taken.add(name)
            return name


def tune(rng, kind: str) -> list:
    """Return two parts, each (bars, upbeat)."""
    minor = rng.integers(4) == 0
    mode = "m" if minor else ""
    progressions = MODAL if minor else PROGRESSIONS
    n_upbeat = KINDS[kind][3]
    parts = []
    for _ in range(2):
        bars = part(rng, kind, progressions[int(rng.integers(len(progressions)))])
        first = bars[0][1][0]
        parts.append((bars, [first - 1 - n for n in range(n_upbeat)][::-1]))
    return [parts, mode]


def changed(rng, parts) -> list:
    """Return the parts with about one note in twelve moved by a step."""
    again = []
    for bars, upbeat in parts:
        moved = [
            (rhythm, [s + (int(rng.integers(12)) == 0) for s in steps], chord)
            for rhythm, steps, chord in bars
        ]
        again.append((moved, upbeat))
    return again


def tunes_of(file: str, taken: set[str]) -> str:
    """Return one file of tunes."""
    kinds, count, unit, dance = FILES[file]
    rng = sound.random_for("folk_tunes", file)
    texts, parts, kind, mode = [], None, "", ""
    for number in range(1, count + 1):
        if parts is not None and int(rng.integers(100)) < COPIES:
            parts = changed(rng, parts)
        else:
            kind = weighed(rng, kinds)
            parts, mode = tune(rng, kind)
        tonics = MINOR if mode else MAJOR
        tonic = tonics[int(rng.integers(len(tonics)))]
        fields = [f"X: {number}", f"T:{title(rng, taken)}", "% composed by rules"]
        fields += [f"M:{KINDS[kind][0]}", f"L:{unit}", *([f"R:{dance}"] if dance else [])]
        fields += [f"K:{tonic}{mode}"]
        lines = [written(bars, tonic, mode, unit, upbeat) for bars, upbeat in parts]
        texts.append("\n".join([*fields, *lines]))
    return "\n\n\n".join(texts) + "\n"


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    taken: set[str] = set()
    return {f"ABC_cleaned/{file}.abc": tunes_of(file, taken).encode() for file in FILES}
