"""Stories: the twelve of *The Adventures of Sherlock Holmes*, as text.

One book by one author: the split, by story, tells how a model does on a new story of his, and not
on English. Header, contents and footer of the edition are left out; a paragraph is one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from audiolessons.datasets._store.sets import DataSet

SPLITS = ("train", "valid", "test")
PATH = "1661.txt"
HEADING = re.compile(r"^(?:ADVENTURE )?([IVX]+)\. ([A-Z' -]+)$", re.MULTILINE)
FOOTER = "End of the Project Gutenberg"
N_TRAIN, N_VALID = 9, 1  # the first nine stories, the next one; the last two are the test


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Story:
    """One story: `text` has a paragraph a line, `codes` are its bytes, uint8 (N,)."""

    id: str
    title: str
    text: str
    codes: np.ndarray
    split: str
    recording: str | None = None

    def __repr__(self) -> str:
        return f"Story(id={self.id!r}, title={self.title!r}, {len(self.text)} characters)"


class Stories(DataSet):
    """Stories; `texts` are all of them as a list."""

    item_type = Story
    array_name = "codes"

    def __init__(self, files, rows, *, texts: list[str]):
        super().__init__(files, rows)
        self._texts = texts

    @property
    def texts(self) -> list[str]:
        """The stories, each one text."""
        return [self._texts[row["path"]] for row in self._rows]

    def _items_of_one_rate(self):
        return list(self)

    def _item(self, row: dict) -> Story:
        text = self._texts[row["path"]]
        return Story(
            id=row["id"],
            title=row["title"],
            text=text,
            codes=np.frombuffer(text.encode("ascii"), dtype=np.uint8).copy(),
            split=row["split"],
            recording=self._recording(row),
        )


def load(files) -> Stories:
    """Read the set; an item's id is the number of the story in the book."""
    whole = files.read(PATH).decode("ascii").replace("\r\n", "\n").split(FOOTER)[0]
    headings = list(HEADING.finditer(whole))
    rows, texts = [], []
    for number, heading in enumerate(headings):
        last = number + 1 == len(headings)
        end = len(whole) if last else headings[number + 1].start()
        n_late = number - N_TRAIN
        split = "train" if n_late < 0 else "valid" if n_late < N_VALID else "test"
        title = heading[2].capitalize()
        rows.append({"id": str(number + 1), "path": number, "title": title, "split": split})
        texts.append(one_line_a_paragraph(whole[heading.end() : end]))
    return Stories(files, rows, texts=texts)


def one_line_a_paragraph(text: str) -> str:
    r"""Return a text with its lines joined, as they were before somebody broke them for print.

    Examples
    --------
    >>> one_line_a_paragraph("To Sherlock Holmes\nshe is\n\n  always\n THE woman.\n")
    'To Sherlock Holmes she is\nalways THE woman.'
    """
    paragraphs = (" ".join(one.split()) for one in re.split(r"\n\s*\n", text))
    return "\n".join(one for one in paragraphs if one)
