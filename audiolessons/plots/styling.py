"""How every figure of the book looks: one set of matplotlib settings, and figures made with it.

Colours are those of Okabe and Ito (2008, "Color universal design"), which readers with any common
kind of colour blindness can tell apart, ordered so that neighbours also differ in lightness; each
comes with its own line style, so that a print in greys still tells the lines apart. Text is as
large on a phone, where a figure is shrunk to about 350 pixels, as it must be to be read.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import matplotlib
import matplotlib.pyplot as plt
from cycler import cycler

from audiolessons.errors import check_count

CSS_PIXELS_PER_INCH = 100
WIDTH_PX = 600
HEIGHT_PX = 320

BLUE, ORANGE, GREEN, PINK = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
SKY, VERMILION, BLACK, GREY = "#56b4e9", "#d55e00", "#1a1a1a", "#6b6b6b"
COLOURS = (BLUE, ORANGE, BLACK, VERMILION, SKY, GREEN, PINK)
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
COLOUR_MAP = "magma"

_SETTINGS = {
    "figure.figsize": (WIDTH_PX / CSS_PIXELS_PER_INCH, HEIGHT_PX / CSS_PIXELS_PER_INCH),
    "figure.dpi": CSS_PIXELS_PER_INCH,
    "figure.constrained_layout.use": True,
    # A solid light ground: transparent pictures lose their black labels in dark mode.
    "figure.facecolor": "#ffffff",
    "savefig.facecolor": "#ffffff",
    "savefig.bbox": None,
    "axes.facecolor": "#ffffff",
    "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINE_STYLES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "font.size": 12,
    "font.family": ["DejaVu Sans"],
    "axes.titlesize": 13,
    "axes.labelsize": 12.5,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "legend.fontsize": 11.5,
    "legend.framealpha": 0.9,
    "image.cmap": COLOUR_MAP,
    "axes.formatter.useoffset": False,
}


def style() -> AbstractContextManager:
    """Return a context in which matplotlib draws as the book does.

    Every function of `plots` uses it by itself; take it for figures that you draw by hand.

    Examples
    --------
    >>> with style():
    ...     figure, ax = plt.subplots()
    >>> plt.close(figure)

    Chapter: sound/signals
    """
    return matplotlib.rc_context(_SETTINGS)


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    height_px: int | None = None,
    width_px: int = WIDTH_PX,
    **options,
) -> tuple:
    """Return `(figure, axes)` in the book's style, 600 CSS pixels wide unless told otherwise.

    Parameters
    ----------
    rows, columns : int
        How many axes, below and beside each other.
    height_px : int, optional
        Height of the whole figure in CSS pixels; 320 for one row, 220 a row for more.
    width_px : int
        Its width. A narrower one is shrunk less on a phone, so that its text stays larger.
    **options
        Passed on to `matplotlib.pyplot.subplots`, for instance `sharex=True`.

    Raises
    ------
    AudioError
        If a count, the height or the width is no whole number above 0.

    Examples
    --------
    >>> figure, axes = subplots(2, sharex=True)
    >>> len(axes)
    2
    >>> plt.close(figure)

    Chapter: sound/signals
    """
    check_count(rows, name="rows")
    check_count(columns, name="columns")
    if height_px is None:
        height_px = HEIGHT_PX if rows == 1 else 220 * rows
    check_count(height_px, name="height_px", minimum=50)
    check_count(width_px, name="width_px", minimum=50)
    size = (width_px / CSS_PIXELS_PER_INCH, height_px / CSS_PIXELS_PER_INCH)
    with style():
        return plt.subplots(rows, columns, figsize=size, **options)
