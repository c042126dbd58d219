"""A picture of a score: staves, clefs, notes with stems and beams, accidentals, bar lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes

from audiolessons.errors import AudioError, check_count
from audiolessons.music import key_heard
from audiolessons.music.keys import Key
from audiolessons.music.notation import bar_of, write_bars
from audiolessons.music.performance import parts_of
from audiolessons.plots import _symbols as symbols
from audiolessons.plots.axes import axes_or_new
from audiolessons.plots.styling import WIDTH_PX

UNITS = 66.0  # width of a line of music, in staff spaces
STAFF_GAP = 8.0  # between the lines of two staves that belong together
MARGIN = 4.2  # above and below a system, for notes on ledger lines
# The step (see `Written.step`) of the lowest line, where the named line lies, and how far below the
# places of a treble staff those of a signature lie.
CLEFS = {"treble": (30, 1, 0.0), "bass": (18, 3, 1.0)}
SIGNATURE = {1: (4, 2.5, 4.5, 3, 1.5, 3.5, 2), -1: (2, 3.5, 1.5, 3, 1, 2.5, 0.5)}
MIDDLE = 2.0  # the third line of a staff


@dataclass(frozen=True)
class _Staff:
    clef: str
    bottom: float  # where its lowest line lies
    stems: dict[int, int | None]  # direction for each of its voices; None: away from the middle


def score(
    music,
    *,
    key: Key | None = None,
    metre: str = "4/4",
    upbeat_quarters: float = 0.0,
    bars_a_line: int = 4,
    ax: Axes | None = None,
) -> Axes:
    """Draw music as a score: one voice on one staff, four voices on two.

    Soprano and tenor have their stems up, alto and bass down, as hymn books have it; a voice alone
    on its staff has them away from its edges. Notes of up to an eighth are joined by beams within a
    beat. Voices do not say whether a pitch that stays was sung again: it is written as held.

    Parameters
    ----------
    music
        Voices (N, V) of sixteenths, -1 for a rest, or the notes of a tune; see `music.parts_of`.
    key
        Decides on signature and names; what `music.key_heard` finds if left out.
    metre
        Such as "4/4" or "6/8".
    upbeat_quarters
        How much stands before the first bar line.
    bars_a_line
        At most so many bars beside each other.
    ax
        Where to draw; a figure of the right height if left out.

    Raises
    ------
    AudioError
        If there is no note, a note does not fit sixteenths, or there are more than four voices.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> ax = score(np.repeat([[67, 64, 60, 48], [67, 62, 59, 43]], 8, axis=0))
    >>> plt.close(ax.figure)

    Chapter: music/generation
    """
    parts = parts_of(music)
    if len(parts) > 4:
        raise AudioError(f"music has {len(parts)} voices: a score of up to four is drawn")
    if key is None:
        key = key_heard(music)
    check_count(bars_a_line, name="bars_a_line")
    signs = write_bars(music, key=key, metre=metre, upbeat_quarters=upbeat_quarters)
    n_bars = 1 + max(sign.bar for sign in signs)
    n_systems = math.ceil(n_bars / bars_a_line)
    staves = _staves(len(parts), signs)
    height = staves[0].bottom + 4 + 2 * MARGIN - staves[-1].bottom
    if ax is None:
        ax = axes_or_new(None, height_px=round(WIDTH_PX * n_systems * height / (UNITS + 2)))
    ax = axes_or_new(ax)
    ax.set(xlim=(-1, UNITS + 1), ylim=(-n_systems * height + 4 + MARGIN, 4 + MARGIN))
    ax.set_aspect("equal")
    ax.set_axis_off()
    for system in range(n_systems):
        bars = range(system * bars_a_line, min(n_bars, (system + 1) * bars_a_line))
        shown = [sign for sign in signs if sign.bar in bars]
        lowered = [_Staff(s.clef, s.bottom - system * height, s.stems) for s in staves]
        before = [sign for sign in signs if sign.bar == bars[0] - 1 and sign.tied]
        goes_on = {sign.voice for sign in before if sign.onset + sign.length == bar_of(metre)[0]}
        _draw_system(ax, shown, lowered, bars, key, metre, bars_a_line, n_bars, goes_on)
    return ax


def _staves(n_voices, signs) -> list[_Staff]:
    if n_voices == 1:
        steps = [sign.step for sign in signs if sign.pitch is not None]
        clef = "treble" if sum(steps) / len(steps) >= 27 else "bass"  # about the middle C
        return [_Staff(clef, 0.0, {0: None})]
    n_upper = (n_voices + 1) // 2
    staves = []
    for number, voices in enumerate((range(n_upper), range(n_upper, n_voices))):
        stems = {voice: (1, -1)[k] if len(voices) > 1 else None for k, voice in enumerate(voices)}
        staves.append(_Staff(("treble", "bass")[number], -number * (4 + STAFF_GAP), stems))
    return staves


def _draw_system(ax, signs, staves, bars, key, metre, bars_a_line, n_bars, goes_on):
    bar_length, beat = bar_of(metre)
    begin = 4.0
    for staff in staves:
        for line in range(5):
            width = UNITS * (len(bars) / bars_a_line) if len(bars) < bars_a_line else UNITS
            ax.plot(
                [0, width], [staff.bottom + line] * 2, color="#555555", lw=0.6, ls="-", zorder=1
            )
        _, named, lower = CLEFS[staff.clef]
        symbols.clef(ax, staff.clef, 1.7 if staff.clef == "treble" else 0.6, staff.bottom + named)
        sharps = sum(shift for _, shift in key.changes)
        if sharps:
            for place in range(abs(sharps)):
                y = staff.bottom + SIGNATURE[1 if sharps > 0 else -1][place] - lower
                symbols.accidental(ax, "♯" if sharps > 0 else "♭", 5.2 + 0.95 * place, y)
        begin = 4.4 + 0.95 * abs(sharps)
        if bars[0] == 0:
            for number, y in zip(metre.split("/"), (3, 1), strict=True):
                symbols.text(ax, number, begin + 0.8, staff.bottom + y, height=1.8, weight="bold")
            begin += 2.2
    top, low = staves[0].bottom + 4, staves[-1].bottom
    if len(staves) > 1:
        _line(ax, [0, 0], [low, top], 1)
    places, ends = _spread(signs, bars, bar_length, begin, width)
    for bar, x in zip(bars, ends, strict=True):
        last = bar == n_bars - 1
        if last:
            ax.plot([x - 0.9] * 2, [low, top], color=symbols.INK, lw=0.8, ls="-")
        ax.plot(
            [x - 0.2 * last] * 2, [low, top], color=symbols.INK, lw=2.5 if last else 0.8, ls="-"
        )

    def place(sign):
        return places[sign.bar, sign.onset]

    for staff in staves:
        own = [sign for sign in signs if sign.voice in staff.stems]
        _draw_staff(ax, own, staff, place, beat, (goes_on, width))


def _spread(signs, bars, bar_length, begin, width):
    """Return where each onset of a line of music lies, and where its bars end.

    A note that is twice as long takes half as much room again, as engravers have it.
    """
    places, ends, x = {}, [], 0.0
    for bar in bars:
        own = [sign for sign in signs if sign.bar == bar]
        onsets = sorted({sign.onset for sign in own})
        x += 0.6
        for onset, following in zip(onsets, [*onsets[1:], bar_length], strict=True):
            # More room before an accidental, and more for two.
            x += 0.8 * sum(bool(sign.accidental) for sign in own if sign.onset == onset)
            places[bar, onset] = x
            x += (following - onset) ** 0.585
        ends.append(x)
    # Fixed to all: some room behind the bar line.
    scale = (width - begin - 1.6 * len(bars)) / x
    shift = {bar: begin + 1.6 * (number + 1) for number, bar in enumerate(bars)}
    moved = {(bar, onset): shift[bar] + scale * x for (bar, onset), x in places.items()}
    return moved, [shift[bar] + scale * x for bar, x in zip(bars, ends, strict=True)]


def _draw_staff(ax, signs, staff, place, beat, edges):
    lowest, _, _ = CLEFS[staff.clef]
    xs, ys, crowded = {}, {}, {}
    for sign in signs:
        x = place(sign)
        if sign.pitch is None:
            offset = {1: 1.5, -1: -1.5, None: 0}[staff.stems[sign.voice]]
            symbols.rest(ax, x, staff.bottom + MIDDLE + round(offset), sign.length)
            continue
        y = staff.bottom + (sign.step - lowest) / 2
        others = crowded.setdefault((sign.bar, sign.onset), [])
        for other in others:
            apart = other.step - sign.step
            same_head = (other.length >= 8) == (sign.length >= 8)
            if abs(apart) == 1 or (apart == 0 and not same_head):
                x += symbols.HEAD_WIDTH  # two heads that would cover each other
        others.append(sign)
        xs[sign], ys[sign] = x, y
        symbols.head(ax, x, y, sign.length).set_gid(f"head {sign.pitch}")
        for line in _ledger_lines(y - staff.bottom):
            at = staff.bottom + line
            _line(ax, [x - 1.1, x + 1.1], [at, at], 0.7)
        if sign.accidental:
            close = [one for one in others[:-1] if one.accidental and abs(one.step - sign.step) < 6]
            at = place(sign) - 1.2 * len(close)
            symbols.accidental(ax, sign.accidental, at, y).set_gid(f"accidental {sign.pitch}")
    for voice, direction in staff.stems.items():
        own = [sign for sign in signs if sign.voice == voice]
        _draw_ties(ax, own, xs, ys, staff, direction, edges)
        for group in _beamed(own, beat):
            _draw_stems(ax, group, xs, ys, staff, direction)


def _ledger_lines(y):
    """Return the lines beside a staff that a note at height y needs."""
    if y <= -1:
        return range(-1, math.ceil(y) - 1, -1)
    return range(5, math.floor(y) + 1)


def _beamed(signs, beat):
    """Yield the notes of one voice in groups: those of one beat that a beam joins, others alone."""
    keys: list = []
    for number, sign in enumerate(signs):
        joins = sign.pitch is not None and sign.length < 4
        keys.append((sign.bar, sign.onset // beat, "beam") if joins else number)
    for _, group in groupby(zip(keys, signs, strict=True), key=lambda pair: pair[0]):
        yield [sign for _, sign in group if sign.pitch is not None]


def _draw_stems(ax, group, xs, ys, staff, direction):
    stemmed = [sign for sign in group if sign.length < 16]
    if not stemmed:
        return
    middle = staff.bottom + MIDDLE
    if direction is None:  # away from the note that lies farthest from the middle line
        farthest = max(stemmed, key=lambda sign: abs(ys[sign] - middle))
        direction = 1 if ys[farthest] < middle else -1
    shift = direction * (symbols.HEAD_WIDTH / 2 - 0.06)
    ends = {sign: ys[sign] + direction * symbols.STEM_LENGTH for sign in stemmed}
    for sign in stemmed:  # a stem reaches the middle line, from wherever it comes
        if (middle - ends[sign]) * direction > 0:
            ends[sign] = middle
    first, last = stemmed[0], stemmed[-1]
    if len(stemmed) > 1:
        run = xs[last] - xs[first]
        slope = max(-1.0, min(1.0, (ys[last] - ys[first]) / 2)) / run
        lift = max(direction * (ends[one] - slope * (xs[one] - xs[first])) for one in stemmed)
        ends = {one: direction * lift + slope * (xs[one] - xs[first]) for one in stemmed}
        _draw_beams(ax, stemmed, xs, ends, shift, direction, slope)
    for sign in stemmed:
        x = xs[sign] + shift
        line = ax.plot(
            [x, x], [ys[sign], ends[sign]], color=symbols.INK, lw=1, ls="-", solid_capstyle="butt"
        )[0]
        line.set_gid(f"stem {sign.pitch} {'up' if direction > 0 else 'down'}")
    if len(stemmed) == 1:
        for k in range({1: 2, 2: 1, 3: 1}.get(first.length, 0)):
            symbols.flag(ax, xs[first] + shift, ends[first] - 0.8 * k * direction, direction)


def _draw_beams(ax, notes, xs, ends, shift, direction, slope):
    def draw(begin, x0, x1):
        lines = [ends[begin] + slope * (x - xs[begin]) - level * direction for x in (x0, x1)]
        symbols.beam(ax, x0 + shift, lines[0], x1 + shift, lines[1], direction)

    level = 0.0
    draw(notes[0], xs[notes[0]], xs[notes[-1]])
    level = 0.8  # sixteenths have a second beam, or the stump of one towards their neighbour
    for number, sign in enumerate(notes):
        if sign.length > 1:
            continue
        following = notes[number + 1] if number + 1 < len(notes) else None
        if following and following.length == 1:
            draw(sign, xs[sign], xs[following])
        elif not (number and notes[number - 1].length == 1):
            side = -1 if number else 1
            draw(sign, xs[sign], xs[sign] + 1.1 * side)


def _draw_ties(ax, signs, xs, ys, staff, direction, edges):
    """Draw ties. `edges`: the voices that go on from the line before, and where this line ends."""
    goes_on, width = edges
    if signs and signs[0].voice in goes_on and signs[0] in xs:
        first = signs[0]
        bend = direction or (1 if ys[first] >= staff.bottom + MIDDLE else -1)
        symbols.tie(ax, xs[first] - 2.4, xs[first] - 0.8, ys[first], bend).set_gid("tie")
    for sign, following in zip(signs, [*signs[1:], None], strict=True):
        if not sign.tied:
            continue
        bend = direction or (1 if ys[sign] >= staff.bottom + MIDDLE else -1)
        end = xs[following] - 0.8 if following in xs else width
        begin = xs[sign] + 0.8
        if end - begin < 1.2:  # no room between the heads: from middle to middle
            begin, end = begin - 0.6, end + 0.6
        symbols.tie(ax, begin, end, ys[sign], bend).set_gid("tie")


def _line(ax, xs, ys, width):
    options = {"color": symbols.INK, "linestyle": "-", "solid_capstyle": "butt"}
    return ax.plot(xs, ys, linewidth=width, **options)[0]
