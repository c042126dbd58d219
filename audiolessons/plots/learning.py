"""Pictures of what a model learned: its errors by class, its loss by epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import MaxNLocator

from audiolessons.errors import AudioError
from audiolessons.plots.axes import axes_or_new
from audiolessons.plots.styling import BLUE, GREEN, GREY, ORANGE, VERMILION, style


def confusion_matrix(matrix, *, labels, ax=None, colour_bar: bool = True):
    """Draw which class was taken for which: counts in the cells, colour by share of the row.

    Parameters
    ----------
    matrix : ndarray, shape (K, K)
        Counts; one row a true class, one column a predicted class.
    labels : sequence of str
        The K class names, in the order of the rows.
    ax : Axes, optional
        Where to draw; a new figure that grows with K if left out.
    colour_bar : bool
        Whether to draw the scale of colours.

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If `matrix` is not square, holds a negative or NaN, or `labels` are not as many.

    Examples
    --------
    >>> ax = confusion_matrix([[8, 2], [1, 9]], labels=["seven", "nine"])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Predicted class', 'True class')

    Chapter: sound/features
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise AudioError(f"matrix has shape {matrix.shape}: give counts of shape (K, K)")
    if matrix.dtype.kind not in "iuf" or not np.isfinite(matrix).all() or (matrix < 0).any():
        raise AudioError("matrix holds something else than counts: give numbers of at least 0")
    n_classes = len(matrix)
    if len(labels) != n_classes:
        raise AudioError(f"{len(labels)} labels for {n_classes} classes: give one label a class")
    labels = [str(label) for label in labels]
    totals = matrix.sum(axis=1, keepdims=True)
    share = 100 * matrix / np.where(totals == 0, 1, totals)  # (K, K), percent of the true class

    with style():
        ax = axes_or_new(ax, height_px=min(600, 200 + 36 * n_classes))
        image = ax.imshow(share, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        ax.grid(False)
        ax.set_xticks(range(n_classes), labels)
        ax.set_yticks(range(n_classes), labels)
        if max(map(len, labels)) * n_classes > 30:
            ax.tick_params(axis="x", labelrotation=90)
        ax.set_xlabel("Predicted class")
        ax.set_ylabel("True class")
        ax.tick_params(length=0)
        for row in range(n_classes):
            for column in range(n_classes):
                if matrix[row, column] > 0:
                    colour = "white" if share[row, column] > 55 else "black"
                    value = f"{matrix[row, column]:.4g}"
                    size = 11 if n_classes <= 12 else 8
                    ax.text(column, row, value, ha="center", va="center", color=colour, size=size)
        if colour_bar:
            bar = ax.figure.colorbar(image, ax=ax, label="Share of true class (%)", pad=0.02)
            bar.outline.set_visible(False)
    return ax


def history(history, *, ax=None):
    """Draw loss, and the metric where there is one, against epochs.

    Parameters
    ----------
    history : object or mapping
        Holds lists with one number an epoch, under any of the names `train_loss`, `valid_loss`
        (left axis), `train_metric`, `valid_metric` (right axis). Lists that are missing, None or
        empty are left out. `metric_name`, a str, labels the right axis; `best_epoch`, an int
        counted from 1, is marked.
    ax : Axes, optional
        Where to draw; a new figure if left out.

    Returns
    -------
    Axes
        The axes of the loss.

    Raises
    ------
    AudioError
        If there is no list to draw, or lists differ in length.

    Examples
    --------
    >>> ax = history({"train_loss": [2.3, 1.1, 0.6], "valid_loss": [2.2, 1.3, 1.1]})
    >>> ax.get_xlabel()
    'Epoch'

    Chapter: learning/gradients
    """
    curves = {name: _curve(history, name) for name in _CURVES}
    curves = {name: curve for name, curve in curves.items() if curve.size}
    if not curves:
        raise AudioError(f"history is {type(history).__name__} with none of {', '.join(_CURVES)}")
    lengths = {name: curve.size for name, curve in curves.items()}
    if len(set(lengths.values())) > 1:
        raise AudioError(f"history has lists of different lengths, {lengths}: one number an epoch")

    with style():
        ax = axes_or_new(ax)
        metric_name = _get(history, "metric_name") or "Metric"
        has_metric = any(name.endswith("metric") for name in curves)
        right = ax.twinx() if has_metric else None
        lines = []
        for name, curve in curves.items():
            label, colour, line_style, marker = _CURVES[name]
            side = right if name.endswith("metric") else ax
            lines += side.plot(
                np.arange(1, curve.size + 1),
                curve,
                label=label.format(metric_name[:1].lower() + metric_name[1:]),
                color=colour,
                linestyle=line_style,
                marker=marker,
                markersize=4.5,
            )
        if _get(history, "best_epoch") is not None:
            ax.axvline(_get(history, "best_epoch"), color=GREY, linestyle=":", linewidth=1.2)
        ax.set_xlabel("Epoch")
        ax.set_ylabel("Loss")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if right is not None:
            right.set_ylabel(metric_name)
            right.grid(False)
            right.spines["right"].set_visible(True)
        # Below the axes, where it hides no curve.
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.22), "frameon": False}
        ax.legend(handles=lines, ncols=2, **below)
    return ax


# name: (label, colour, line style, marker); training is solid, validation dashed.
_CURVES = {
    "train_loss": ("loss, training", BLUE, "-", "o"),
    "valid_loss": ("loss, validation", VERMILION, "--", "s"),
    "train_metric": ("{}, training", GREEN, "-", "^"),
    "valid_metric": ("{}, validation", ORANGE, "--", "D"),
}


def _get(history, name):
    return history.get(name) if isinstance(history, Mapping) else getattr(history, name, None)


def _curve(history, name) -> np.ndarray:
    values = _get(history, name)
    return np.asarray([] if values is None else values, dtype=float)
