"""Ways through the book, made from the chapters themselves: what each needs, and what it costs.

- `{chapter-map}`: a picture of which chapter needs which, the latest ones at the bottom
- `{chapter-costs}`: a table of what each needs, minutes of reading, and what it takes to run
- `{reading-path}`: chapters in an order, with the minutes of reading of each and of all

What a chapter needs are the chapters that its section "Before you start" links.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from statistics import mean
from textwrap import wrap

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from audiolessons import editions, reading, results

WIDTH, HEIGHT, GAP_X, GAP_Y = 124, 44, 16, 34  # of the boxes of the map, in its own unit
LETTERS = 18  # of a line in a box
MEASURED = (
    "*Seconds to run* are those of one core, from top to bottom with the recordings; *memory* is "
    "the most that the run held. Both are measured: `python -m audiolessons bench chapters`."
)
TURNS = 6  # of putting rows in order, from above and from below


@dataclass(frozen=True)
class Chapter:
    """A chapter, by its place such as "sound/stft": what it needs, and what reading it takes."""

    name: str
    title: str
    needs: tuple
    minutes: float


@cache
def chapters(root: Path) -> dict[str, Chapter]:
    """The chapters by name, in the order of the contents."""
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    names = re.findall(r"^\s*- file: book/((?!reference/)\S+)$", text, flags=re.MULTILINE)
    return {name: _read(root / "book", name, names) for name in names}


def _read(book, name, names):
    notebook = editions.read(book / f"{name}.ipynb")
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)[1]
    before = re.search(r"^## Before you start$(.*?)(?=^## )", text, flags=re.M | re.S)[1]
    links = re.findall(r"\]\(([^)#]+)\.ipynb[^)]*\)", before)
    linked = dict.fromkeys(os.path.normpath(f"{Path(name).parent}/{link}") for link in links)
    needs = tuple(one for one in linked if one in names)
    return Chapter(name, title, needs, reading.measure(notebook).minutes)


def all_needed(name, found) -> set:
    """Every chapter that comes before one, near or far."""
    near = set(found[name].needs)
    return near.union(*(all_needed(one, found) for one in near))


def nearest(name, found) -> list:
    """What a chapter needs, without what these need anyway."""
    near = found[name].needs
    return [one for one in near if not any(one in all_needed(other, found) for other in near)]


def links_of(found) -> list[tuple]:
    """The lines of the map, each from what is needed to what needs it: (name, ..., name), with a
    place (row, name, name) in every row that the line passes."""
    row = {}
    for name in found:  # what is needed comes earlier in the contents: a test looks
        row[name] = 1 + max((row[one] for one in found[name].needs), default=-1)
    return [
        (one, *((n, one, name) for n in range(row[one] + 1, row[name])), name)
        for name in found
        for one in nearest(name, found)
    ]


def places_of(found) -> dict:
    """Where each chapter stands on the map, and each place that a line passes: {entry: (x, y)}.

    The entries of a row are put in the order of what they hang on, by the rows above and the rows
    below in turn, so that few lines cross (K. Sugiyama, S. Tagawa and M. Toda, 1981).
    """
    beside: dict = {name: ([], []) for name in found}  # what is above it, and below
    for link in links_of(found):
        for upper, lower in pairwise(link):
            beside.setdefault(lower, ([], []))[0].append(upper)
            beside.setdefault(upper, ([], []))[1].append(lower)
    rows: list = []
    left = list(beside)
    while left:
        placed = {entry for row in rows for entry in row}
        rows.append([entry for entry in left if placed.issuperset(beside[entry][0])])
        left = [entry for entry in left if entry not in rows[-1]]
    x = {entry: place for row in rows for entry, place in _spread(row)}
    for side in (0, 1) * TURNS + (0,):
        for row in rows if side == 0 else reversed(rows):
            row.sort(key=lambda entry: mean([x[one] for one in beside[entry][side]] or [x[entry]]))
            x.update(_spread(row))
    return {entry: (x[entry], y * (HEIGHT + GAP_Y)) for y, row in enumerate(rows) for entry in row}


def _spread(row):
    """Where the entries of a row stand, side by side from the left, where a phone looks first."""
    x = 0.0
    for entry in row:
        width = WIDTH if isinstance(entry, str) else WIDTH / 4
        yield entry, x + width / 2
        x += width + GAP_X


def picture(found, address) -> str:
    """The map as SVG; `address(name)` is where a chapter's page is."""
    places = places_of(found)
    lines = [_curve([places[entry] for entry in link]) for link in links_of(found)]
    boxes = []
    for name in found:
        x, y = places[name]
        text = wrap(found[name].title, LETTERS)
        first = y + 4 - 7.5 * (len(text) - 1)
        said = "".join(
            f'<text x="{x:.0f}" y="{first + 15 * n:.0f}">{escape(line)}</text>'
            for n, line in enumerate(text)
        )
        box = f'<rect x="{x - WIDTH / 2:.0f}" y="{y - HEIGHT / 2:.0f}" rx="6"/>'
        boxes.append(f'<a href="{address(name)}">{box}{said}</a>')
    left = min(x for x, _ in places.values()) - WIDTH / 2 - 2
    wide = max(x for x, _ in places.values()) + WIDTH / 2 + 2 - left
    high = max(y for _, y in places.values()) + HEIGHT + 4
    return (
        '<div class="al-map" tabindex="0" role="region" aria-label="Which chapter needs which">'
        f'<svg viewBox="{left:.0f} {-HEIGHT / 2 - 2:.0f} {wide:.0f} {high:.0f}" width="{wide:.0f}" '
        f'height="{high:.0f}"><g>{"".join(lines)}</g>{"".join(boxes)}</svg></div>'
    )


def _curve(way):
    """A smooth line from the lower edge of a box, past others, to the upper edge of the last."""
    (x, y), *rest = way
    parts = [f"M{x:.0f} {y + HEIGHT / 2:.0f}"]
    for to_x, to_y in rest:
        end, middle = to_y - HEIGHT / 2, to_y - HEIGHT / 2 - GAP_Y / 2
        parts.append(f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {end:.0f}")
        if (to_x, to_y) != rest[-1]:
            parts.append(f"V{end + HEIGHT:.0f}")
        x = to_x
    return f'<path d="{"".join(parts)}"/>'


def costs(found, stored) -> str:
    """The table in Markdown; `stored` are the rows of the bench `chapters`, if it was run."""
    heads = ["chapter", "needs", "minutes to read", "with all it needs"]
    heads += ["seconds to run", "memory"] * bool(stored)
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, chapter in found.items():
        needs = ", ".join(_link(found[one]) for one in nearest(name, found)) or "nothing"
        hours = sum(found[one].minutes for one in {name, *all_needed(name, found)}) / 60
        whole = f"{hours:.0f} hours" if hours >= 1.5 else "an hour"
        cells = [_link(chapter), needs, f"{chapter.minutes:.0f}", whole]
        if stored:
            ran, held = (
                stored.get(f"{Path(name).name}.{row}") for row in ("processor_s", "memory_mb")
            )
            cells.append(f"{ran['value']:.0f}" if ran else "not measured")
            cells.append(f"{held['value'] / 1000:.1f} GB" if held else "not measured")
        lines.append(f"| {' | '.join(cells)} |")
    if stored:
        lines += ["", MEASURED]
    return "\n".join(lines)


def path(names, found) -> str:
    """A reading path in Markdown."""
    unknown = [name for name in names if name not in found]
    if unknown:
        raise ExtensionError(f"a reading path names {unknown[0]}, which is no chapter")
    lines = [
        f"{n}. {_link(found[name])}: {found[name].minutes:.0f} minutes"
        for n, name in enumerate(names, start=1)
    ]
    hours = sum(found[name].minutes for name in names) / 60
    return "\n".join([*lines, "", f"Together about {hours:.0f} hours of reading."])


def _link(chapter):
    return f"[{chapter.title}](/book/{chapter.name}.ipynb)"


class _FromChapters(SphinxDirective):
    """What is made from the chapters is made again when one of them changes."""

    def found(self):
        root = Path(self.env.srcdir)
        found = chapters(root)
        for name in found:
            self.env.note_dependency(str(root / "book" / f"{name}.ipynb"))
        self.env.note_dependency(str(root / "_toc.yml"))
        return found


class ChapterMap(_FromChapters):
    def run(self):
        def address(name):
            return os.path.relpath(f"book/{name}.html", Path(self.env.docname).parent)

        return [nodes.raw("", picture(self.found(), address), format="html")]


class ChapterCosts(_FromChapters):
    def run(self):
        self.env.note_dependency(str(results.results_folder() / "chapters.json"))
        return self.parse_text_to_nodes(costs(self.found(), results.rows("chapters")))


class ReadingPath(_FromChapters):
    has_content = True

    def run(self):
        return self.parse_text_to_nodes(path(" ".join(self.content).split(), self.found()))


def setup(app):
    app.add_directive("chapter-map", ChapterMap)
    app.add_directive("chapter-costs", ChapterCosts)
    app.add_directive("reading-path", ReadingPath)
