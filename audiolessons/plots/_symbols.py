"""Signs of a score as shapes, in units of the distance between two staff lines."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Ellipse, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from scipy.interpolate import CubicSpline

INK = "#1a1a1a"
HEAD_WIDTH = 1.25
STEM_LENGTH = 3.4
# Places that the curves of the clefs go through; the line that the clef names lies at 0.
TREBLE = (
    *((0.1, -0.45), (-0.55, 0.1), (0.0, 0.75), (0.85, 0.25), (0.7, -0.75), (-0.15, -1.05)),
    *((-1.15, -0.45), (-1.05, 0.8), (-0.1, 2.1), (0.55, 3.2), (0.4, 4.2), (0.1, 4.3)),
    *((-0.2, 3.4), (0.15, 1.0), (0.5, -1.6), (0.2, -2.5), (-0.45, -2.3)),
)
BASS = (
    *((0.0, -0.05), (0.15, 0.6), (0.85, 0.95), (1.55, 0.45)),
    *((1.5, -0.7), (0.8, -1.9), (-0.2, -2.6)),
)


def text(ax, string, x, y, *, height, weight="normal"):
    """Draw text whose middle lies at (x, y), `height` staff spaces high."""
    path, size = _text_path(string, weight)
    moved = Path(np.add(path.vertices * height / size, [x, y]), path.codes)
    return ax.add_patch(PathPatch(moved, facecolor=INK, linewidth=0))


@functools.lru_cache(maxsize=64)
def _text_path(string, weight):
    path = TextPath((0, 0), string, prop=FontProperties(family="DejaVu Sans", weight=weight))
    low, high = path.vertices.min(axis=0), path.vertices.max(axis=0)
    return Path(path.vertices - (low + high) / 2, path.codes), high[1] - low[1]


def accidental(ax, sign, x, y):
    """Draw "♯", "♭", "♮" or another sign before a note whose head is centred on (x, y)."""
    if sign == "x":
        return text(ax, "✕", x - 1.4, y, height=0.9)
    return text(ax, sign, x - 1.4, y + 0.45 * ("♭" in sign), height=2.2 if "♭" in sign else 2.6)


def head(ax, x, y, length):
    """Draw the head of a note of `length` sixteenths: filled below a half note."""
    tilt = 0 if length >= 16 else 22
    width = 1.7 if length >= 16 else HEAD_WIDTH
    patch = ax.add_patch(Ellipse((x, y), width, 0.92, angle=tilt, facecolor=INK, linewidth=0))
    if length >= 8:
        hole = (0.85, 0.62, 55) if length >= 16 else (1.05, 0.5, 28)
        ax.add_patch(Ellipse((x, y), *hole[:2], angle=hole[2], facecolor="white", linewidth=0))
    if length in (3, 6, 12):  # a dot stands in a space
        on_line = abs(y - round(y)) < 0.1
        ax.add_patch(Ellipse((x + 1.3, y + 0.5 * on_line), 0.35, 0.35, facecolor=INK, linewidth=0))
    return patch


def clef(ax, name, x, line_y):
    """Draw a clef on the line that it names: the G of a treble, the F of a bass clef."""
    points = np.array(TREBLE if name == "treble" else BASS)
    along = np.append(0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    dense = np.linspace(0, along[-1], 120)
    curve = CubicSpline(along, points)(dense)
    # A pen that presses in the middle of its way: the outline lies on both sides of the curve.
    direction = np.gradient(curve, axis=0)
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    press = 0.09 + 0.1 * np.sin(np.linspace(0, 3 * np.pi, 120)) ** 2
    outline = np.concatenate(
        [curve + press[:, None] * normal, (curve - press[:, None] * normal)[::-1]]
    )
    ax.add_patch(Polygon(np.add(outline, [x, line_y]), facecolor=INK, linewidth=0))
    dots = [(-0.35, -2.2)] if name == "treble" else [(0.1, 0.0), (2.1, 0.5), (2.1, -0.5)]
    for number, (dx, dy) in enumerate(dots):
        size = 0.4 if number else 0.7
        ax.add_patch(Ellipse((x + dx, line_y + dy), size, size, facecolor=INK, linewidth=0))


def rest(ax, x, y, length):
    """Draw a rest of `length` sixteenths, in the middle of a staff at y."""
    if length >= 8:  # hangs from a line if it is whole, lies on one if it is a half
        bottom = y + 0.5 if length >= 16 else y
        ax.add_patch(Polygon(_box(x - 0.7, bottom, 1.4, 0.5), facecolor=INK, linewidth=0))
    elif length >= 4:
        points = [(-0.3, 1.4), (0.4, 0.5), (-0.1, 0.1), (0.4, -0.7), (-0.4, -0.4), (0.0, -1.3)]
        ax.plot(*np.add(points, [x, y]).T, color=INK, linewidth=1.8, linestyle="-")
    else:
        for k in range(2 if length == 1 else 1):
            ax.add_patch(Ellipse((x - 0.35 - 0.2 * k, y + 0.5 - k), 0.5, 0.5, facecolor=INK))
            ax.plot([x - 0.4 - 0.2 * k, x + 0.45 - 0.25 * k], [y + 0.35 - k, y + 0.7 - k],
                    color=INK, linewidth=1, linestyle="-")  # fmt: skip
        ax.plot([x + 0.45, x - 0.1], [y + 0.7, y - 1.2], color=INK, linewidth=1.2, linestyle="-")
    if length in (3, 6, 12):
        ax.add_patch(Ellipse((x + 1.1, y + 0.5), 0.35, 0.35, facecolor=INK, linewidth=0))


def flag(ax, x, y, direction):
    """Draw one flag at the end of a stem; direction is 1 if the stem points up."""
    points = np.array([(0, 0), (0.15, -1.0), (1.2, -1.2), (0.85, -2.6), (1.0, -1.5), (0.3, -1.3)])
    points = np.concatenate([points, [(0, -0.8), (0, 0)]]) * [1, direction]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, *[Path.CURVE4] * 3, Path.LINETO]
    ax.add_patch(PathPatch(Path(np.add(points, [x, y]), codes), facecolor=INK, linewidth=0))


def tie(ax, x0, x1, y, direction):
    """Draw a tie from one head to the next, bent upwards if direction is 1."""
    bend = min(1.2, 0.4 + 0.1 * (x1 - x0)) * direction
    middle = (x1 - x0) / 4
    y += 0.6 * direction
    outer = [(x0, y), (x0 + middle, y + bend), (x1 - middle, y + bend), (x1, y)]
    inner = [(x1 - middle, y + 0.7 * bend), (x0 + middle, y + 0.7 * bend), (x0, y)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 6]
    return ax.add_patch(PathPatch(Path(outer + inner, codes), facecolor=INK, linewidth=0))


def beam(ax, x0, y0, x1, y1, direction):
    """Draw a beam between the ends of two stems; it is thick towards the heads."""
    thick = -0.5 * direction
    corners = [(x0, y0), (x1, y1), (x1, y1 + thick), (x0, y0 + thick)]
    ax.add_patch(Polygon(corners, facecolor=INK, linewidth=0))


def _box(x, y, width, height):
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
