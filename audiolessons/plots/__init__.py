"""Figures of sound: axes with units, one style, and `show`, which puts them into the notebook.

Every drawing function takes `ax` (a new figure if left out) and returns the axes it drew on.
"""

from audiolessons.plots.showing import render_html, show
from audiolessons.plots.styling import style, subplots

__all__ = ["render_html", "show", "style", "subplots"]
