"""How long a chapter is: words of prose, lines of code that are shown, minutes to read them.

Chapters say how long they take to read. The figure is counted, not felt: `python -m audiolessons
notebook minutes book/sound/stft.ipynb`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from audiolessons.editions import tags

# Adults read English non-fiction silently at 238 words a minute (M. Brysbaert, "How many words do
# we read per minute?", Journal of Memory and Language 109, 2019). 200 is this book's convention for
# prose that holds formulae, and 25 lines a minute its convention for code that a reader follows.
WORDS_PER_MINUTE = 200
LINES_PER_MINUTE = 25

FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell", "solution"}
_CODE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)


class Size(NamedTuple):
    """What a reader of a chapter has before him; the figures add up.

    Examples
    --------
    >>> Size(words=4000, lines=500, exercises=8, sliders=5).minutes
    40.0
    """

    words: int
    lines: int
    exercises: int
    sliders: int

    @property
    def minutes(self) -> float:
        """Return the minutes to read the prose and the code, without running or exercises."""
        return self.words / WORDS_PER_MINUTE + self.lines / LINES_PER_MINUTE


def measure(notebook) -> Size:
    """Count what a page shows of an executed notebook; folded code is not counted.

    A formula counts as one word. Code that a cell prints (`al.sources.show`) counts as code.

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> cells = [v4.new_markdown_cell("Three *plain* words, $x^2$."), v4.new_code_cell("x = 1")]
    >>> measure(v4.new_notebook(cells=cells))
    Size(words=4, lines=1, exercises=0, sliders=0)
    """
    words = lines = exercises = sliders = 0
    for cell in notebook.cells:
        texts = [cell.source] if cell.cell_type == "markdown" else []
        if cell.cell_type == "code":
            exercises += "check" in tags(cell)
            if not FOLDED & set(tags(cell)):
                lines += _lines(cell.source)
            if "hide-cell" in tags(cell):
                continue
            data = [output.get("data", {}) for output in cell.outputs]
            sliders += sum("<al-explore" in one.get("text/html", "") for one in data)
            texts = [one["text/markdown"] for one in data if "text/markdown" in one]
        for text in texts:
            lines += sum(_lines(block) for block in _CODE.findall(text))
            words += _words(_CODE.sub(" ", text))
    return Size(words, lines, exercises, sliders)


def _lines(code):
    return sum(bool(line.strip()) for line in code.splitlines())


def _words(text):
    """Count the words of Markdown: neither tags nor the addresses of links."""
    text = re.sub(r"<[^>]+>", " ", _FORMULA.sub(" formula ", text))
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return len(re.findall(r"\w[\w'’.-]*", text))
