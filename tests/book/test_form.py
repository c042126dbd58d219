"""How a chapter meets its reader: the first screen, lines that fit the page, how long it takes."""

import re
from pathlib import Path

import nbformat.v4 as v4
import pytest

from audiolessons import cli, editions, reading
from audiolessons.editions import tags

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = [p for p in cli.chapters([BOOK]) if p.parent.name not in ("book", "reference")]
SEEN_OR_HEARD = re.compile(r"<al-(?:compare|explore|listening|map)\b|class=\"al-(?:player|figure)")
WORDS_BEFORE = 60  # of the first sound or picture: what a phone shows above it
COLUMNS = 100  # of a line of code: what a page of 1400 pixels shows, and the linter allows
MOST = reading.Size(words=5500, lines=800, exercises=9, sliders=8)
# Chapters from before the maxima keep what they held, and grow no further. Rounded up to tens: the
# lines include what is printed from the package, and a line more there is no longer chapter.
STANDING = {
    "cnn": {"lines": 890},
    "denoising": {"words": 6610, "lines": 910, "exercises": 11},
    "evaluation": {"words": 5600, "lines": 940},
    "filters": {"lines": 860, "sliders": 9},
    "gradients": {"words": 5730, "lines": 820},
    "multimodal": {"words": 5770, "lines": 840},
    "signals": {"exercises": 11},
}
MINUTES_OFF = 5


def shows(cell):
    """The HTML that a cell shows, in one piece."""
    outputs = cell.get("outputs", []) if cell.cell_type == "code" else []
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def first_screen(notebook):
    """What keeps the first sound or picture from standing right below the question."""
    title, *cells = notebook.cells
    if not re.fullmatch(r"# .+\n\n\*[^*]+\?\*", title.source):
        yield "the first cell is not `# Title`, an empty line, and `*one question?*`"
    opening = []
    for cell in cells:
        opening.append(cell)
        if SEEN_OR_HEARD.search(shows(cell)) or cell.source.startswith("## "):
            break
    first = opening[-1]
    if not SEEN_OR_HEARD.search(shows(first)):
        yield "no sound and no picture stand above the first heading"
        return
    text = " ".join(cell.source for cell in opening if cell.cell_type == "markdown")
    n_words = len(text.split())
    if n_words > WORDS_BEFORE:
        yield f"{n_words} words stand above the first sound or picture: at most {WORDS_BEFORE}"
    sounds = re.search(r"<al-(?:compare|listening|map)|<audio", shows(first))
    if sounds and not ("volume" in text and "headphones" in text):
        yield "no word on volume and headphones stands above the first sound"
    for cell in opening:
        if cell.cell_type == "code" and not is_folded(cell):
            yield f"{cell.id}: its code is not folded: tag it hide-input and run the chapter again"
        if cell is not first and shows(cell):
            yield f"{cell.id}: it shows something above the first sound or picture"


def is_folded(cell):
    """On the page, and in JupyterLab."""
    hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
    return "hide-input" in tags(cell) and hidden


def sources_elsewhere(notebook):
    """Lists of data that do not stand folded in a cell of their own under "Before you start"."""
    heading = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^## (.+)$", cell.source, flags=re.MULTILINE)
            heading = found[-1] if found else heading
        elif "describe_sources(" in cell.source:
            if heading != "Before you start":
                yield f"{cell.id}: the list of data stands under {heading!r}"
            if not re.fullmatch(r"al\.datasets\.describe_sources\([^()]*\)", cell.source):
                yield f"{cell.id}: the list of data has no cell of its own"
            if not is_folded(cell) or "from-recordings" not in tags(cell):
                yield f"{cell.id}: tag it hide-input and from-recordings"


def wide_lines(notebook):
    """Lines of code, and of code blocks in the text, that the page cuts off."""
    for cell in notebook.cells:
        text = cell.source
        if cell.cell_type == "markdown":
            text = "".join(re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL))
        for line in text.splitlines():
            if len(line) > COLUMNS:
                yield f"{cell.id}: {len(line)} columns: {line.strip()[:60]}"


def too_much(name, size):
    """The counts in which a chapter is above the maxima, or above what it held before them."""
    allowed = {**MOST._asdict(), **STANDING.get(name, {})}
    for what, count in size._asdict().items():
        if count > allowed[what]:
            yield f"{count} {what}, at most {allowed[what]}: make two chapters of it"


def wrong_minutes(notebook):
    """How far what the chapter says about reading it is from what is counted."""
    counted = reading.measure(notebook).minutes
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    said = re.findall(r"Reading takes about (\d+) minutes", text)
    if len(said) != 1:
        yield f"it says {len(said)} times 'Reading takes about {5 * round(counted / 5)} minutes'"
    elif abs(int(said[0]) - counted) > MINUTES_OFF:
        yield f"reading takes about {5 * round(counted / 5)} minutes, not {said[0]}"


RULES = [first_screen, sources_elsewhere, wide_lines, wrong_minutes]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_chapter_has_the_form(path, rule):
    assert list(rule(editions.read(path))) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_chapter_is_longer_than_a_chapter_may_be(path):
    assert list(too_much(path.stem, reading.measure(editions.read(path)))) == []


def test_the_lists_of_exceptions_hold_no_other_names():
    names = {path.stem for path in CHAPTERS}
    assert names >= STANDING.keys()
    for name, counts in STANDING.items():
        assert all(count > getattr(MOST, what) for what, count in counts.items()), name


# --- each rule is seen to fail -------------------------------------------------------------


def code(source, name, *names, html=""):
    cell = v4.new_code_cell(source, id=name)
    cell.metadata["tags"] = list(names)
    if "hide-input" in names:
        cell.metadata["jupyter"] = {"source_hidden": True}
    if html:
        cell.outputs = [v4.new_output("display_data", data={"text/html": html})]
    return cell


def chapter():
    """A chapter in form, as far as its first two sections."""
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# A title\n\n*A question?*"),
            code("import audiolessons as al", "set-up", "setup", "hide-input"),
            v4.new_markdown_cell("Set the volume low, and use headphones."),
            code("play()", "first", "hide-input", html='<figure class="al-player"><audio></audio>'),
            v4.new_markdown_cell("## Before you start\n\nReading takes about 5 minutes."),
            code("al.datasets.describe_sources()", "sources", "hide-input", "from-recordings"),
            v4.new_markdown_cell("## Hear it first"),
        ]
    )


def replaced(number, cell):
    notebook = chapter()
    notebook.cells[number] = cell
    return notebook


def test_a_chapter_in_form_breaks_no_rule():
    assert [list(rule(chapter())) for rule in RULES] == [[], [], [], []]


text = v4.new_markdown_cell
FAULTS = [
    (first_screen, 0, text("# A title\n\nNo question."), "one question"),
    (first_screen, 1, code("import x", "set-up", "setup"), "set-up: its code is not folded"),
    (first_screen, 1, code("x", "y", "hide-input", html="<p>Data of this run</p>"), "y: it shows"),
    (first_screen, 2, text("Set the volume low."), "no word on volume and headphones"),
    (first_screen, 2, text("volume headphones " * 40), "80 words stand above"),
    (first_screen, 3, code("play()", "first", "hide-input"), "no sound and no picture"),
    (first_screen, 3, code("", "z", html='<div class="al-figure">'), "z: its code is not folded"),
    (sources_elsewhere, 1, code("al.datasets.describe_sources()", "set-up"), "stands under None"),
    (sources_elsewhere, 5, code("x\nal.datasets.describe_sources()", "s"), "no cell of its own"),
    (sources_elsewhere, 5, code("al.datasets.describe_sources()", "s"), "s: tag it hide-input"),
    (wide_lines, 3, code("x" * 101, "first"), "first: 101 columns"),
    (wide_lines, 2, text(f"```python\n{'y' * 120}\n```"), "120 columns"),
    (wrong_minutes, 4, text("## Before you start"), "it says 0 times"),
    (wrong_minutes, 4, text("Reading takes about 25 minutes."), "not 25"),
]


@pytest.mark.parametrize(("rule", "number", "cell", "message"), FAULTS)
def test_a_chapter_out_of_form_is_noticed(rule, number, cell, message):
    assert message in " ".join(rule(replaced(number, cell)))


def test_a_chapter_that_grows_is_noticed():
    held = reading.Size(words=6610, lines=910, exercises=11, sliders=8)
    assert list(too_much("denoising", held)) == []
    assert "6611 words" in " ".join(too_much("denoising", held._replace(words=6611)))
    assert len(list(too_much("stft", held))) == 3


def test_what_is_counted_is_what_is_shown():
    cells = [
        text("One [two](three.ipynb) <b>three</b> $a + b$ four.\n\n```python\nx = 1\n\n```"),
        code("y = 1\n\nz = 2", "shown"),
        code("hidden", "a", "hide-input", html="<al-explore>"),
        code("hidden", "b", "solution", "hide-cell", html="<al-explore>"),
        code("check", "c", "check"),
    ]
    printed = v4.new_output("display_data", data={"text/markdown": "```python\nd\ne\n```"})
    cells[1].outputs = [printed]
    size = reading.measure(v4.new_notebook(cells=cells))
    assert size == reading.Size(words=5, lines=6, exercises=1, sliders=1)
    assert size.minutes == pytest.approx(5 / 200 + 6 / 25)
