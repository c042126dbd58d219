"""Tells in a chapter's set-up cell which data this run uses."""

from __future__ import annotations

import html
from dataclasses import dataclass

from audiolessons.datasets._store import library, registry


@dataclass(frozen=True)
class SourcesNote:
    """What `describe_sources` returns: shows itself as text, and as HTML in a notebook."""

    lines: tuple[str, ...]
    is_embedded: bool

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        head, *rest = (html.escape(line) for line in self.lines)
        items = "".join(f"<li>{line}</li>" for line in rest)
        return f'<div class="al-sources"><p>{head}</p><ul>{items}</ul></div>'


def describe_sources(*names: str) -> SourcesNote:
    """Return a short note on where the named sets come from in this run, with licence and credit.

    Put it last in a chapter's set-up cell. A set that is told of here prints no further notice.

    Examples
    --------
    >>> describe_sources("examples")  # doctest: +SKIP
    Data of this run: the recordings that the figures in the text come from.
    examples: librosa example recordings, ...

    Chapter: reference/data
    """
    lines, embedded, why = [], [], ""
    for name in names or registry.names():
        files = library.find(name)
        library.mark_announced(name)
        if files.source == "embedded":
            embedded.append(name)
            why = why or files.why
            lines.append(f"{name}: stand-ins made by this project")
        else:
            entry = files.entry
            lines.append(f"{name}: {entry.title}, {entry.credit}; {entry.licence}")
    if embedded:
        which = embedded[0] if len(embedded) == 1 else "NAME"
        head = (
            "Data of this run: embedded stand-ins. Figures and sounds differ from those in the "
            "text, which come from recordings. To get the recordings: "
            f"python -m audiolessons data fetch {which}"
        )
        if why:
            lines.append(f"Not downloaded: {why}")
    else:
        head = "Data of this run: the recordings that the figures in the text come from."
    return SourcesNote((head, *lines), bool(embedded))
