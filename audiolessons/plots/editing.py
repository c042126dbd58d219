"""A recording before and after it was edited."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from audiolessons.editing import Edit
from audiolessons.plots.styling import style, subplots


def before_and_after(edit: Edit) -> tuple[Axes, Axes]:
    """Draw the outline of a recording with what is cut out of it, and that of the result.

    Parameters
    ----------
    edit : Edit
        From `editing.edit_file`.

    Returns
    -------
    Two Axes, one below the other, on one scale of amplitudes and each on its own scale of time.

    Examples
    --------
    >>> from audiolessons.editing import Cut, Levels
    >>> outline = np.stack([-np.ones(10), np.ones(10)])
    >>> edit = Edit(Levels(9, -30, -9, outline), Levels(6, -16, -1, outline), [Cut(3, 6)], 14)
    >>> above, below = before_and_after(edit)
    >>> below.get_xlabel(), below.get_title()
    ('Time (s)', 'After: 6.0 s, -16.0 LUFS, true peak -1.0 dBTP')

    Chapter: tasks/editing
    """
    with style():
        _, (above, below) = subplots(2, 1, height_px=420, sharey=True)
        for ax, name, levels in ((above, "Before", edit.before), (below, "After", edit.after)):
            time = np.linspace(0, levels.duration_s, levels.outline.shape[-1])
            ax.fill_between(time, *levels.outline, linewidth=0.5, color="C0")
            ax.set_title(
                f"{name}: {levels.duration_s:.1f} s, {levels.lufs:.1f} LUFS, "
                f"true peak {levels.peak_dbtp:.1f} dBTP"
            )
            ax.set_ylabel("Amplitude")
            ax.set_xlim(0, levels.duration_s)
        for cut in edit.cuts:
            above.axvspan(cut.start_s, cut.end_s, color="C1", alpha=0.35, linewidth=0)
        below.set_xlabel("Time (s)")
    return above, below
