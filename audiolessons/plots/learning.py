"""Pictures of what a model learned: its loss by epoch, its errors, its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from audiolessons.errors import AudioError, as_array
from audiolessons.plots.axes import axes_or_new
from audiolessons.plots.styling import BLUE, GREEN, GREY, ORANGE, VERMILION, style


def confusion_matrix(
    matrix, *, labels: Sequence[str], ax: Axes | None = None, colour_bar: bool = True
) -> Axes:
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
    matrix = as_array(matrix, name="matrix")
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


def history(history, *, ax: Axes | None = None) -> Axes:
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


def roc_curve(false_alarms, hits, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw hits against false alarms, and the diagonal of guessing.

    Parameters
    ----------
    false_alarms, hits : array
        Shape (M,), rates from 0 to 1, as `metrics.roc_curve` returns them.
    ax : Axes, optional
        Where to draw, for example the axes of another curve; a new figure if left out.
    label : str, optional
        What the curve is, for the legend.

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If the two differ in length, or leave 0 to 1.

    Examples
    --------
    >>> ax = roc_curve([0, 0, 0.5, 1], [0, 0.5, 1, 1], label="Detector")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('False alarm rate', 'Hit rate')

    Chapter: learning/evaluation
    """
    false_alarms, hits = _rates(false_alarms, hits, name="hits")
    with style():
        ax = axes_or_new(ax, height_px=360)
        _diagonal(ax)
        ax.plot(false_alarms, hits, label=label, **_next_line(ax))
        ax.set(xlabel="False alarm rate", ylabel="Hit rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        if label:
            ax.legend(loc="lower right")
    return ax


def det_curve(false_alarms, misses, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw misses against false alarms, and the diagonal on which both are equally frequent.

    Both axes are scaled as the normal distribution: scores that are normal make a straight line,
    and one error in a hundred takes as much room as one in three.

    Parameters
    ----------
    false_alarms, misses : array
        Shape (M,), rates from 0 to 1, as `metrics.det_curve` returns them. Points where either is 0
        or 1 have no place on such axes.
    ax, label
        As for `roc_curve`.

    Raises
    ------
    AudioError
        If the two differ in length, or leave 0 to 1.

    Examples
    --------
    >>> ax = det_curve([0, 0.01, 0.5, 1], [1, 0.5, 0.01, 0], label="Detector")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('False alarms (%)', 'Misses (%)')

    Chapter: tasks/speaker
    """
    from scipy.special import ndtri

    false_alarms, misses = _rates(false_alarms, misses, name="misses")
    inside = (false_alarms > 0) & (false_alarms < 1) & (misses > 0) & (misses < 1)
    ticks = [0.5, 1, 2, 5, 10, 20, 40, 60]  # percent
    places = ndtri(np.array(ticks) / 100)
    ends = (places[0] - 0.1, places[-1] + 0.1)
    with style():
        ax = axes_or_new(ax, height_px=380)
        line = _next_line(ax)
        _diagonal(ax, ends)
        ax.plot(ndtri(false_alarms[inside]), ndtri(misses[inside]), label=label, **line)
        ax.set_xticks(places, [f"{tick:g}" for tick in ticks])
        ax.set_yticks(places, [f"{tick:g}" for tick in ticks])
        ax.set(xlabel="False alarms (%)", ylabel="Misses (%)", xlim=ends, ylim=ends)
        if label:
            ax.legend(loc="upper right")
    return ax


def reliability(bins, *, ax: Axes | None = None, label: str | None = None) -> Axes:
    """Draw accuracy against confidence, and the diagonal on which every claim holds.

    The size of a point grows with the number of answers in its bin. Below the diagonal a model
    claims too much, above it too little.

    Parameters
    ----------
    bins : (confidence, accuracy, n_answers)
        Each of shape (M,), as `metrics.reliability` returns them; empty bins are left out.
    ax : Axes, optional
        Where to draw, for example the axes of another curve; a new figure if left out.
    label : str, optional
        What the points are, for the legend.

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If the arrays differ in length, or all bins are empty.

    Examples
    --------
    >>> ax = reliability(([0.6, 0.9], [0.5, 0.9], [10, 40]), label="Model")
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Confidence', 'Accuracy')

    Chapter: learning/evaluation
    """
    confidence, accuracy, count = (as_array(part, name="bins", dtype=float) for part in bins)
    if not confidence.shape == accuracy.shape == count.shape or confidence.ndim != 1:
        raise AudioError(
            f"the bins have shapes {confidence.shape}, {accuracy.shape}, {count.shape}: give "
            "three arrays (M,), such as metrics.reliability(...)"
        )
    filled = count > 0
    if not filled.any():
        raise AudioError("all bins are empty: there is nothing to draw")
    with style():
        ax = axes_or_new(ax, height_px=360)
        _diagonal(ax)
        line = _next_line(ax)
        ax.plot(confidence[filled], accuracy[filled], label=label, linewidth=1.4, **line)
        size = 20 + 380 * count[filled] / count.sum()
        ax.scatter(confidence[filled], accuracy[filled], s=size, color=line["color"], alpha=0.5)
        ax.set(xlabel="Confidence", ylabel="Accuracy", xlim=(0, 1.03), ylim=(-0.03, 1.03))
        if label:
            ax.legend(loc="upper left")
    return ax


# name: (label, colour, line style, marker); training is solid, validation dashed.
_CURVES = {
    "train_loss": ("loss, training", BLUE, "-", "o"),
    "valid_loss": ("loss, validation", VERMILION, "--", "s"),
    "train_metric": ("{}, training", GREEN, "-", "^"),
    "valid_metric": ("{}, validation", ORANGE, "--", "D"),
}


# Curves of one figure differ in colour and in line style.
_LINES = [(BLUE, "-"), (VERMILION, "--"), (GREEN, "-."), (ORANGE, ":")]


def _rates(false_alarms, others, *, name):
    """Return two arrays of rates (M,), or say what is wrong with them."""
    false_alarms = as_array(false_alarms, name="false_alarms", dtype=float)
    others = as_array(others, name=name, dtype=float)
    if false_alarms.ndim != 1 or false_alarms.shape != others.shape or false_alarms.size == 0:
        raise AudioError(
            f"false_alarms has shape {false_alarms.shape} and {name} {others.shape}: give both as "
            "(M,)"
        )
    both = np.concatenate([false_alarms, others])
    if not ((both >= 0) & (both <= 1)).all():
        raise AudioError(f"a rate is {both.max():.4g} or {both.min():.4g}: rates lie from 0 to 1")
    return false_alarms, others


def _diagonal(ax, ends=(0, 1)):
    """Draw the line that curves are measured against, once a figure."""
    if not any(line.get_gid() == "diagonal" for line in ax.lines):
        ax.plot(ends, ends, color=GREY, linestyle=":", linewidth=1.2, gid="diagonal")


def _next_line(ax):
    """Return colour and line style of the next curve."""
    n_curves = sum(line.get_gid() != "diagonal" for line in ax.lines)
    colour, line_style = _LINES[n_curves % len(_LINES)]
    return {"color": colour, "linestyle": line_style}


def _get(history, name):
    return history.get(name) if isinstance(history, Mapping) else getattr(history, name, None)


def _curve(history, name) -> np.ndarray:
    values = _get(history, name)
    return np.asarray([] if values is None else values, dtype=float)
