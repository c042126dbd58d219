"""Figures of sound: axes with units, one style, and `show`, which puts them into the notebook.

Every drawing function takes `ax` (a new figure if left out) and returns the axes it drew on.
"""

from audiolessons.plots.editing import before_and_after
from audiolessons.plots.frequency import filter_response, spectrum
from audiolessons.plots.learning import confusion_matrix, det_curve, history, reliability, roc_curve
from audiolessons.plots.score import score
from audiolessons.plots.showing import render_html, show
from audiolessons.plots.sound import spectrogram, waveform
from audiolessons.plots.styling import style, subplots

__all__ = [
    "before_and_after",
    "confusion_matrix",
    "det_curve",
    "filter_response",
    "history",
    "reliability",
    "render_html",
    "roc_curve",
    "score",
    "show",
    "spectrogram",
    "spectrum",
    "style",
    "subplots",
    "waveform",
]
