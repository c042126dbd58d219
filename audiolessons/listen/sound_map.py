"""A map whose points are heard, seen or read: what lies near each other, and does it belong there?

The points stand in the page as one drawing. A small script plays the sound of a point that is
pressed or, once something was pressed, pointed at. Where scripts do not run, the drawing stays and
the sounds stand below it as a list.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.listen.elements import script
from audiolessons.listen.player import Player

MAX_POINTS = 80
_WIDTH, _HEIGHT, _MARGIN = 600, 420, 26
_HALF = 14  # of a point, in units of the drawing
_GREYS = 5


class SoundMap:
    """Points in the plane with a sound, a picture or a word each; `sound_map` shows one.

    Chapter: tasks/multimodal
    """

    def __init__(
        self,
        points,
        *,
        labels: Sequence[str],
        marks: Sequence[str],
        sounds: dict,
        pictures: dict,
        sample_rate: float,
        alt: str,
        codec: str,
    ):
        points, n_points = _numbers(points, name="points"), len(labels)
        if points.shape != (n_points, 2) or not np.isfinite(points).all():
            raise AudioError(
                f"points has shape {points.shape} for {n_points} labels: give finite numbers of "
                f"shape ({n_points}, 2)"
            )
        if not 0 < n_points <= MAX_POINTS:
            raise AudioError(f"{n_points} points: give 1 to {MAX_POINTS}, so that each can be hit")
        if len(marks) != n_points:
            raise AudioError(f"{len(marks)} marks for {n_points} points: give one each")
        for name, given in (("sounds", sounds), ("pictures", pictures)):
            if not isinstance(given, dict):
                what = type(given).__name__
                raise AudioError(f"{name} is a {what}: give a dict, from places in `labels`")
            outside = [
                i for i in given if not isinstance(i, int | np.integer) or not 0 <= i < n_points
            ]
            if outside:
                raise AudioError(f"{name} has {outside[0]!r}: its keys are places in `labels`")
        both = sorted(set(sounds) & set(pictures))
        if both:
            raise AudioError(f"point {both[0]} has a sound and a picture: one point, one of them")
        if not sounds:
            raise AudioError("no point has a sound: draw this map with matplotlib")
        if len(str(alt).strip()) < 20:
            raise AudioError(f"alt is {alt!r}: say in a sentence what lies where on the map")
        self.labels, self.marks = [str(label) for label in labels], [str(mark) for mark in marks]
        self.alt = " ".join(str(alt).split())
        self.places = _spread(points)
        self.pictures = {i: _as_path(picture) for i, picture in pictures.items()}
        self.players = {
            i: Player(audio, sample_rate=sample_rate, label=self.labels[i], codec=codec)
            for i, audio in sorted(sounds.items())
        }

    def __str__(self):
        n_words = len(self.labels) - len(self.players) - len(self.pictures)
        counts = f"{len(self.players)} sounds, {len(self.pictures)} pictures, {n_words} words"
        return f"Sound map: {self.alt}\n  {counts}"

    __repr__ = __str__

    def to_html(self) -> str:
        """Return the drawing, the sounds below it, and the script that joins them."""
        # Sounds last: what is drawn last lies on top and is easy to hit.
        order = sorted(range(len(self.labels)), key=lambda i: i in self.players)
        drawn = "".join(self._point(i) for i in order)
        players = "".join(player.to_html(waveform=False) for player in self.players.values())
        return (
            '<al-map style="display:block">'
            f'<svg class="al-map" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="group" '
            f'aria-label="{html.escape(self.alt)}" '
            'style="display:block;width:100%;max-width:42em;height:auto;background:#ffffff;'
            'font:600 13px sans-serif">'
            f"{drawn}</svg>"
            '<p class="al-said" aria-live="polite">Press a circle to hear it.</p>'
            f"<details><summary>The {len(self.players)} sounds as a list</summary>{players}"
            f"</details></al-map>{script('element', 'map')}"
        )

    def _point(self, i):
        x, y = self.places[i]
        label, mark = html.escape(self.labels[i]), html.escape(self.marks[i])
        if i in self.pictures:
            drawn = (
                f'<rect x="-{_HALF}" y="-{_HALF}" width="{2 * _HALF}" height="{2 * _HALF}" '
                f'fill="#ffffff" stroke="#6b6b6b"/>{self.pictures[i]}'
            )
            opened = '<g class="al-thing" role="img"'
        elif i in self.players:
            number = list(self.players).index(i)
            drawn = (
                f'<circle r="{_HALF}" fill="#0072b2" stroke="#ffffff" stroke-width="2"/>'
                f'<text text-anchor="middle" dy="0.36em" fill="#ffffff">{mark}</text>'
            )
            opened = f'<g class="al-point" role="button" tabindex="0" data-sound="{number}"'
        else:
            drawn = f'<text text-anchor="middle" dy="0.36em" fill="#8a3c00">{mark}</text>'
            opened = '<g class="al-thing" role="img"'
        return (
            f'{opened} aria-label="{label}" transform="translate({x:.0f} {y:.0f})">'
            f"<title>{label}</title>{drawn}</g>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.to_html(), "text/plain": str(self)}


def sound_map(
    points,
    *,
    labels: Sequence[str],
    sounds: dict,
    sample_rate: float,
    alt: str,
    marks: Sequence[str] | None = None,
    pictures: dict | None = None,
    codec: str = "mp3",
) -> None:
    """Show points in the plane; those with a sound play it when they are pressed.

    Points are drawn as a circle if they have a sound, as the picture if they have one, and else as
    their mark, a word. They are moved and scaled to fill the drawing, both axes alike, and pushed
    apart where one would cover another.

    Parameters
    ----------
    points : array of shape (P, 2)
        Where each point lies.
    labels : sequence of P str
        What each point is, for everybody: shown when it is pointed at, and read aloud.
    sounds : dict of int to array of shape (T,)
        The sounds, by the place of their point in `labels`.
    sample_rate : int
        Rate of the sounds in Hz.
    alt : str
        What lies where on the map, in a sentence.
    marks : sequence of P str, optional
        The short text that is drawn; the labels unless given.
    pictures : dict of int to array of shape (H, W), optional
        Small pictures from 0 (white) to 1 (black), by place.
    codec : {"mp3", "flac"}
        See `Player`.

    Raises
    ------
    AudioError
        If the numbers of points, labels and marks differ, there are more than 80, or a sound
        cannot be played.

    Examples
    --------
    >>> tones = [0.2 * np.sin(2 * np.pi * hz * np.arange(4000) / 8000) for hz in (300, 600)]
    >>> sound_map(
    ...     [[0, 0], [1, 0], [1, 1]],
    ...     labels=["a low tone", "a high tone", "the word tone"],
    ...     marks=["low", "high", "tone"],
    ...     sounds=dict(enumerate(tones)),
    ...     sample_rate=8000,
    ...     alt="Two tones side by side, and a word above the second.",
    ... )
    Sound map: Two tones side by side, and a word above the second.
      2 sounds, 0 pictures, 1 words

    Chapter: tasks/multimodal
    """
    from IPython.display import display

    display(
        SoundMap(
            points,
            labels=labels,
            marks=labels if marks is None else marks,
            sounds=sounds,
            pictures={} if pictures is None else pictures,
            sample_rate=sample_rate,
            alt=alt,
            codec=codec,
        )
    )


def _spread(points) -> np.ndarray:
    """Move and scale points (P, 2) into the drawing, the second axis upwards, none covered."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN
    with np.errstate(divide="ignore", over="ignore"):
        scale = np.min(room / (high - low), initial=1e9)
    centred = (points - (low + high) / 2) * [scale, -scale]
    return _apart(centred + np.array([_WIDTH, _HEIGHT]) / 2)


def _apart(places) -> np.ndarray:
    """Push places (P, 2) that are too near each other apart, step by step, within the drawing."""
    least = 2 * _HALF
    # Equal places part in different directions.
    angle = 2.4 * np.arange(len(places))
    nudge = 0.01 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for _ in range(300):
        nudged = places + nudge
        between = nudged[:, None] - nudged[None]  # (P, P, 2), from the second to the first
        distance = np.linalg.norm(between, axis=-1) + 1e9 * np.eye(len(places))
        lack = np.clip(least - distance, 0, None)
        if lack.max() < 1:
            break
        places = places + 0.5 * np.sum((lack / distance)[..., None] * between, axis=1)
        places = np.clip(places, _MARGIN, np.array([_WIDTH, _HEIGHT]) - _MARGIN)
    return places


def _numbers(values, *, name) -> np.ndarray:
    """Return an array of real numbers, or say what was given."""
    try:
        if not np.iscomplexobj(values):
            return np.asarray(values, dtype=float)
    except (RuntimeError, TypeError, ValueError):  # words, ragged rows, a tensor with a gradient
        pass
    raise AudioError(f"{name} is no array of real numbers, but a {type(values).__name__}")


def _as_path(picture) -> str:
    """Draw a small grey picture as one path for each step of grey, in runs along the rows."""
    picture = _numbers(picture, name="a picture")
    if picture.ndim != 2 or picture.size == 0 or picture.size > 1024:
        raise AudioError(f"a picture has shape {picture.shape}: give (H, W), at most 32 by 32")
    if not (np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1):
        raise AudioError("a picture leaves 0 to 1: scale it, 0 is white and 1 is black")
    n_rows, n_columns = picture.shape
    step = np.round(picture * _GREYS).astype(int)
    paths = []
    for grey in range(1, _GREYS + 1):
        strokes = []
        for row in range(n_rows):
            column = 0
            while column < n_columns:
                run = 0
                while column + run < n_columns and step[row, column + run] == grey:
                    run += 1
                if run:
                    strokes.append(f"M{column} {row}h{run}v1h-{run}z")
                column += max(run, 1)
        if strokes:
            value = round(255 * (1 - grey / _GREYS))
            paths.append(f'<path fill="rgb({value},{value},{value})" d="{"".join(strokes)}"/>')
    scale = 2 * (_HALF - 1) / max(n_rows, n_columns)
    shift = f"translate({-_HALF + 1} {-_HALF + 1}) scale({scale:.4g})"
    return f'<g transform="{shift}">{"".join(paths)}</g>'
