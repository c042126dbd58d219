"""What the drawing functions share: axes, scales, legends, decibels."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from audiolessons.errors import AudioError
from audiolessons.plots.styling import subplots
from audiolessons.signals import amplitude_to_db

LOG_TICKS_HZ = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def axes_or_new(ax, *, height_px: int | None = None) -> Axes:
    """Return `ax`, or the axes of a new figure if it is None."""
    if ax is None:
        _, ax = subplots(height_px=height_px)
    if not isinstance(ax, Axes):
        raise AudioError(f"ax is {type(ax).__name__}: give one matplotlib Axes, or leave it out")
    return ax


def make_log(ax, which: str, min_hz: float, max_hz: float) -> None:
    """Make one axis ("x" or "y") logarithmic, with few ticks in plain numbers."""
    ax.set(**{f"{which}scale": "log"})
    axis = getattr(ax, f"{which}axis")
    axis.set_ticks([hz for hz in LOG_TICKS_HZ if min_hz <= hz <= max_hz])
    axis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz:g}"))
    axis.set_minor_locator(NullLocator())


def legend(ax) -> None:
    """Draw a legend if anything has a name."""
    _, names = ax.get_legend_handles_labels()
    if any(names):
        ax.legend()


def to_db(amplitude) -> np.ndarray:
    """Turn amplitudes into decibels; silence reads -200 dB, not minus infinity."""
    return amplitude_to_db(amplitude, floor_db=-200.0)
