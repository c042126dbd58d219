"""Sliders that work with a kernel and without one.

`explore` calls a render function once for every position and keeps what it shows. In a running
kernel the positions are reached by real ipywidgets; on the static page, and in a notebook that
nobody has run, by a small script that travels along. Both show the same frames.
"""

from __future__ import annotations

import html
import itertools
import json
from math import prod

from .errors import AudioError
from .listen.elements import script

__all__ = ["Explorer", "explore"]

MAX_FRAMES = 30
_UNITS = {"hz": "Hz", "khz": "kHz", "s": "s", "ms": "ms", "db": "dB", "bits": "bits"}


def explore(render, **parameters) -> None:
    """Show `render(**values)` behind one slider for each parameter.

    Parameters
    ----------
    render : callable
        Takes one keyword argument for each parameter and returns a text that says what this
        position shows, or a tuple of a text with a Matplotlib figure, a `listen.Player`, or both,
        in any order. The text stands below, is read out by screen readers, and is what tests
        compare: put rounded values into it. What is seen in the figure is its label,
        `figure.set_label("...")`, the alternative text; without a label the text serves as both,
        and is read out twice.
    **parameters : sequence
        The values of each slider, in order. Units in the names are shown: `cutoff_hz=[500, 1000]`
        becomes "cutoff (Hz)". At most 30 positions in all.

    Raises
    ------
    AudioError
        If there is no parameter, a parameter has fewer than two values, there are more than 30
        positions, or `render` returns something else. An error inside `render` at any position
        is raised as it is.

    Examples
    --------
    >>> explore(lambda n_bits: f"{2 ** n_bits} levels", n_bits=[1, 8, 16])
    Slider: n bits
      1: 2 levels
      8: 256 levels
      16: 65536 levels

    Chapter: sound/signals
    """
    from IPython.display import display

    display(Explorer(render, **parameters))


class Explorer:
    """The frames of `explore` and the ways to show them.

    Chapter: sound/signals
    """

    def __init__(self, render, **parameters):
        if not parameters:
            raise AudioError("explore got no parameter: name one, such as cutoff_hz=[500, 1000]")
        self.parameters = {name: list(values) for name, values in parameters.items()}
        for name, values in self.parameters.items():
            if len(values) < 2:
                raise AudioError(f"{name} has {len(values)} value(s): a slider needs at least two")
        n_frames = prod(len(values) for values in self.parameters.values())
        if n_frames > MAX_FRAMES:
            raise AudioError(
                f"{n_frames} positions are too many for a page: at most {MAX_FRAMES}; "
                "give fewer values"
            )
        self.texts: list[str] = []
        self.frames: list[str] = []
        for values in itertools.product(*self.parameters.values()):
            text, frame = _frame(render(**dict(zip(self.parameters, values, strict=True))))
            self.texts.append(text)
            self.frames.append(frame)

    def __str__(self):
        names = [_name_and_unit(name)[0] for name in self.parameters]
        lines = [f"Slider: {', '.join(names)}"]
        for values, text in zip(self._readouts(), self.texts, strict=True):
            lines.append(f"  {', '.join(values)}: {text}")
        return "\n".join(lines)

    __repr__ = __str__

    def _readouts(self):
        columns = [
            [_readout(value, _name_and_unit(name)[1]) for value in values]
            for name, values in self.parameters.items()
        ]
        return list(itertools.product(*columns))

    def to_html(self) -> str:
        """Return the static form: every frame, the first one shown, and the script."""
        described = []
        for name, values in self.parameters.items():
            shown, unit = _name_and_unit(name)
            described.append(
                {"name": shown, "values": [_readout(value, unit) for value in values], "start": 0}
            )
        data = html.escape(json.dumps(described, ensure_ascii=False), quote=True)
        # Folds, so that every position can be reached where scripts do not run, as in a notebook
        # that JupyterLab does not trust yet.
        positions = zip(self._readouts(), self.frames, strict=True)
        frames = "".join(
            f'<details class="al-frame"{" open" if i == 0 else ""}>'
            f"<summary>{html.escape(', '.join(values))}</summary>{frame}</details>"
            for i, (values, frame) in enumerate(positions)
        )
        return (
            f'<al-explore data-parameters="{data}" style="display:block">{frames}</al-explore>'
            f"{script('element', 'explore')}"
        )

    def to_widget(self):
        """Return the same frames behind ipywidgets, for a running kernel."""
        import ipywidgets as widgets

        view = widgets.HTML()
        sliders = []
        for name, values in self.parameters.items():
            shown, unit = _name_and_unit(name)
            options = [(_readout(value, unit), i) for i, value in enumerate(values)]
            sliders.append(
                widgets.SelectionSlider(
                    options=options,
                    description=shown,
                    style={"description_width": "initial"},
                    layout={"width": "32em", "max_width": "100%"},
                )
            )

        def show(_=None):
            position = 0
            for slider, values in zip(sliders, self.parameters.values(), strict=True):
                position = position * len(values) + slider.value
            view.value = self.frames[position]

        for slider in sliders:
            slider.observe(show, names="value")
        show()
        return widgets.VBox([*sliders, view])

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/html": self.to_html(), "text/plain": str(self)}
        if _kernel_is_running():
            bundle.update(self.to_widget()._repr_mimebundle_())
            bundle["text/plain"] = str(self)
        return bundle


def _kernel_is_running() -> bool:
    from IPython import get_ipython

    shell = get_ipython()
    return getattr(shell, "kernel", None) is not None


def _frame(shown) -> tuple[str, str]:
    """Sort what `render` returned into its text and its HTML."""
    parts = shown if isinstance(shown, tuple) else (shown,)
    text, figure, players = None, None, []
    for part in parts:
        if isinstance(part, str):
            text = part
        elif hasattr(part, "to_html"):
            players.append(part)
        elif hasattr(part, "savefig"):
            figure = part
        else:
            raise AudioError(
                f"render returned {type(part).__name__}: return a text, together with a "
                "Matplotlib figure, an al.listen.Player, or both"
            )
    if not text:
        raise AudioError(
            "render returned no text: say in one sentence what this position shows, with rounded "
            "values, for readers who cannot see it"
        )
    pieces = []
    if figure is not None:
        from .plots import render_html

        pieces.append(render_html(figure, alt=figure.get_label() or text, scale=1.5))
    pieces.extend(player.to_html() for player in players)
    pieces.append(f'<p class="al-text">{html.escape(text)}</p>')
    return text, "".join(pieces)


def _name_and_unit(name: str) -> tuple[str, str]:
    """Split "cutoff_hz" into what a reader sees and its unit."""
    stem, _, suffix = name.rpartition("_")
    if stem and suffix in _UNITS and stem != "n":
        return stem.replace("_", " "), _UNITS[suffix]
    return name.replace("_", " "), ""


def _readout(value, unit: str) -> str:
    text = value if isinstance(value, str) else f"{value:g}"
    return f"{text} {unit}".rstrip()
