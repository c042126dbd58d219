"""Put a figure into the notebook: one small WebP picture with alternative text.

The output is HTML and a line of text, never a bare PNG: pictures of 10 to 30 kB keep notebooks
small, the alternative text travels with the picture, and the line of text can be compared when the
notebook is run again.
"""

from __future__ import annotations

import base64
import io
import re
from html import escape

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from audiolessons.errors import AudioError, check_count
from audiolessons.plots.styling import CSS_PIXELS_PER_INCH, style

MIN_ALT_CHARACTERS = 20
TARGET_BYTES = 30_000
N_COLOURS = 128
MAX_COLOUR_ERROR = 24  # of 255; more shows as bands in a colour bar and tints text


def show(figure=None, *, alt: str, width_px: int | None = None) -> None:
    """Show a figure with its alternative text, and close it.

    Parameters
    ----------
    figure : Figure or Axes, optional
        What to show; the current figure if left out.
    alt : str
        What is seen in the picture, for those who do not see it: a sentence, no file name.
    width_px : int, optional
        Width on the page in CSS pixels; the figure's own width (100 px an inch) if left out.

    Raises
    ------
    AudioError
        If there is no figure, or `alt` says nothing about it.

    Examples
    --------
    >>> figure, ax = plt.subplots()
    >>> line = ax.plot([0, 1], [0, 1])
    >>> show(figure, alt="A straight line rising from 0 to 1.")
    Figure: A straight line rising from 0 to 1.

    Chapter: sound/signals
    """
    from IPython.display import display

    display(_Shown(render_html(figure, alt=alt, width_px=width_px), f"Figure: {_one_line(alt)}"))


class _Shown:
    """Shown as HTML in a notebook and compared as text; a plain Python session prints the text."""

    def __init__(self, html: str, text: str):
        self._html, self._text = html, text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def render_html(figure=None, *, alt: str, width_px: int | None = None, scale: float = 2.0) -> str:
    """Return the HTML that `show` displays, and close the figure.

    Parameters
    ----------
    figure : Figure or Axes, optional
        What to show; the current figure if left out.
    alt : str
        What is seen in the picture.
    width_px : int, optional
        Width on the page in CSS pixels.
    scale : float
        Picture pixels for each CSS pixel: 2 is sharp on a phone. The frames of a slider are many
        and take 1.5.

    Returns
    -------
    str
        `<figure class="al-figure"><img src="data:image/webp;base64,..." alt="..."></figure>`

    Raises
    ------
    AudioError
        If there is no figure, or `alt` says nothing about it.

    Examples
    --------
    >>> figure, ax = plt.subplots()
    >>> render_html(figure, alt="An empty pair of axes, from 0 to 1.")[:26]
    '<figure class="al-figure">'

    Chapter: sound/signals
    """
    figure = _as_figure(figure)
    alt = _check_alt(alt)
    own_width, own_height = (
        round(inches * CSS_PIXELS_PER_INCH) for inches in figure.get_size_inches()
    )
    width = own_width if width_px is None else check_count(width_px, name="width_px", minimum=50)
    height = round(own_height * width / own_width)
    try:
        payload = _webp(figure, scale=scale)
    finally:
        plt.close(figure)
    source = "data:image/webp;base64," + base64.b64encode(payload).decode("ascii")
    return (
        f'<figure class="al-figure"><img src="{source}" alt="{escape(alt)}" '
        f'width="{width}" height="{height}"></figure>'
    )


def _as_figure(figure) -> Figure:
    if figure is None:
        if not plt.get_fignums():
            raise AudioError("there is no figure to show: draw one first, or give it as argument")
        return plt.gcf()
    if isinstance(figure, Axes):
        figure = figure.figure
    if not isinstance(figure, Figure):
        raise AudioError(
            f"figure is {type(figure).__name__}: give a matplotlib Figure or Axes, "
            "or nothing for the current figure"
        )
    return figure


def _one_line(alt: str) -> str:
    return " ".join(alt.split())


def _check_alt(alt) -> str:
    text = _one_line(alt) if isinstance(alt, str) else ""
    if not text:
        raise AudioError(f"alt is {alt!r}: say in a sentence what the figure shows")
    if re.search(r"\.(png|jpe?g|svg|webp|gif|pdf|ipynb)$", text, re.IGNORECASE):
        raise AudioError(f"alt is {alt!r}, a file name: say in a sentence what the figure shows")
    if len(text) < MIN_ALT_CHARACTERS:
        raise AudioError(
            f"alt is {alt!r}, {len(text)} characters: say in a sentence "
            f"(at least {MIN_ALT_CHARACTERS} characters) what the figure shows"
        )
    return text


def _webp(figure: Figure, *, scale: float) -> bytes:
    """Encode small: with a palette where that loses nothing that shows, else lossy.

    A picture that is still large then (a spectrogram of noise) is drawn again with 1.5 pixels for
    each CSS pixel. Neither kind writes metadata, so the same figure always gives the same bytes.
    """
    payload = _encode(_draw(figure, scale=scale), quality=75)
    if len(payload) > TARGET_BYTES:
        payload = min(payload, _encode(_draw(figure, scale=1.5), quality=45), key=len)
    return payload


def _draw(figure: Figure, *, scale: float) -> Image.Image:
    dpi = scale * CSS_PIXELS_PER_INCH
    buffer = io.BytesIO()
    if figure.get_layout_engine() is None:
        # a figure of plain `plt.subplots()`, whose axis labels would be cut off
        figure.set_layout_engine("constrained")
    with style():
        figure.savefig(buffer, format="rgba", dpi=dpi)  # raw pixels: quicker than a PNG
    width, height = (int(inches * dpi) for inches in figure.get_size_inches())
    return Image.frombytes("RGBA", (width, height), buffer.getvalue()).convert("RGB")


def _encode(picture: Image.Image, *, quality: int) -> bytes:
    candidates = [_to_webp(picture, quality=quality)]
    palette = picture.quantize(N_COLOURS, dither=Image.Dither.NONE).convert("RGB")
    worst = max(high for _, high in ImageChops.difference(picture, palette).getextrema())
    if worst <= MAX_COLOUR_ERROR:
        candidates.append(_to_webp(palette, lossless=True, quality=75))
    return min(candidates, key=len)


def _to_webp(picture: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", method=4, **options)
    return buffer.getvalue()
