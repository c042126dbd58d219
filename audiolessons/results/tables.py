"""Stored results as chapters show them: one value, or a table that names its command and date."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from audiolessons.errors import AudioError
from audiolessons.results import store

ENDS = ("low", "high")


def value(name: str, *, folder=None) -> float:
    """Return a stored figure: of a row, or an end of its spread.

    Parameters
    ----------
    name : str
        Bench, measurement and row, such as "denoising.crn.stoi_5db". With ".low" or ".high" after
        it, the end of its spread.
    folder : path, optional
        Another store than `data/results`.

    Raises
    ------
    AudioError
        If there is no such row; those that are there are named.

    Examples
    --------
    >>> from audiolessons.results import Row
    >>> folder = getfixture("tmp_path")
    >>> rows = [Row("taste", 7.5, spread=(7, 8))]
    >>> _ = store.add("tea", "green", rows, {}, folder=folder)
    >>> value("tea.green.taste", folder=folder), value("tea.green.taste.high", folder=folder)
    (7.5, 8.0)

    Chapter: reference/how-to-use
    """
    bench, _, rest = name.partition(".")
    rows = store.rows(bench, folder=folder)
    whole, _, end = rest.rpartition(".")
    if rest not in rows and end in ENDS and whole in rows:
        spread = rows[whole]["spread"]
        if spread is None:
            raise AudioError(f"{name} is not stored: {bench}.{whole} has no spread")
        return spread[ENDS.index(end)]
    return _row(rows, bench, rest)["value"]


def table(
    bench: str,
    *,
    rows,
    columns=None,
    pattern: str = "{row}.{column}",
    decimals=1,
    beside=None,
    spread: bool = False,
    goal: bool = False,
    title: str = "",
    folder=None,
) -> Table:
    """Return stored results as a table for a chapter; below it stand the command and the date.

    Parameters
    ----------
    bench : str
        Such as "denoising".
    rows : list of str, or dict
        Names, such as ["noisy", "crn"], or {what the table says: name}.
    columns : list of str, or dict, optional
        Likewise, such as {"SI-SDR, dB": "si_sdr_5db"}. Without, `rows` are whole names, such as
        {"late, no sound": "gain.image_text"}, and there is one column.
    pattern : str
        How a name is made of both.
    decimals : int, or dict
        After the point: for all, or {what the table says of a column: number}.
    beside : dict, optional
        More columns, {what the table says: a text for each row}, such as published figures.
    spread, goal : bool
        Whether they are shown as well.
    title : str
        What the table shows.
    folder : path, optional
        Another store than `data/results`.

    Returns
    -------
    Table
        HTML where it can be shown, else text.

    Raises
    ------
    AudioError
        If there is no such row; those that are there are named.

    Examples
    --------
    >>> from audiolessons.results import Row
    >>> folder, about = getfixture("tmp_path"), {"command": "bench tea", "date": "2026-11-26"}
    >>> for name, taste in (("green", 7.54), ("black", 6.0)):
    ...     rows = [Row("taste", taste, spread=(5, 8))]
    ...     _ = store.add("tea", name, rows, about, folder=folder)
    >>> table("tea", rows={"Sencha": "green", "Assam": "black"}, columns=["taste"], folder=folder)
            taste
    Sencha    7.5
    Assam     6.0
    bench tea, 2026-11-26

    Chapter: reference/how-to-use
    """
    stored = store.rows(bench, folder=folder)
    rows, columns = _labelled(rows), _labelled({"": ""} if columns is None else columns)
    lines, used = [], []
    for label, row in rows.items():
        cells = [label]
        for column_label, column in columns.items():
            name = pattern.format(row=row, column=column) if column else row
            found = _row(stored, bench, name)
            places = decimals[column_label] if isinstance(decimals, dict) else decimals
            cells.append(_cell(found, places, spread=spread, goal=goal))
            used.append(found)
        lines.append(cells)
    for label, texts in (beside or {}).items():
        if len(texts) != len(lines):
            raise AudioError(f"{label!r} has {len(texts)} texts: give one for each of {len(lines)}")
        lines = [[*cells, str(text)] for cells, text in zip(lines, texts, strict=True)]
    return Table(title, ["", *columns, *(beside or {})], lines, _origin(used))


@dataclass(frozen=True)
class Table:
    """A table of text: its title, the heads of its columns, its lines, and where it comes from.

    Chapter: reference/how-to-use
    """

    title: str
    heads: list
    lines: list
    origin: str

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(self.heads, *self.lines, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width)
                for number, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in [self.heads, *self.lines]
            if any(line)
        ]
        return "\n".join([*([self.title] if self.title else []), *lines, self.origin])

    def _repr_html_(self):
        heads = "".join(  # the empty corner is no heading
            f'<th scope="col">{escape(head)}</th>' if head else "<td></td>" for head in self.heads
        )
        body = "\n".join(
            f'<tr><th scope="row">{escape(line[0])}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in line[1:])
            + "</tr>"
            for line in self.lines
        )
        head = f"<thead><tr>{heads}</tr></thead>\n" if any(self.heads) else ""
        title = f"<strong>{escape(self.title)}.</strong> " if self.title else ""
        return (
            f'<table class="table results">\n'
            f'<caption style="caption-side: bottom">{title}{escape(self.origin)}</caption>\n'
            f"{head}<tbody>\n{body}\n</tbody>\n</table>"
        )


def _labelled(names):
    """Return {what the table says: name}."""
    return names if isinstance(names, dict) else {name.replace("_", " "): name for name in names}


def _row(rows, bench, name):
    if name not in rows:
        there = ", ".join(rows) or f"nothing: measure with python -m audiolessons bench {bench}"
        raise AudioError(f"{bench}.{name} is not stored: there is {there}")
    return rows[name]


def _cell(row, decimals, *, spread, goal):
    unit = " %" if row["unit"] == "%" else ""
    text = f"{row['value']:z.{decimals}f}{unit}"  # z: what rounds to 0 has no sign
    if spread and row["spread"] is not None:
        low, high = (f"{end:z.{decimals}f}" for end in row["spread"])
        text += f" ({low} to {high})"
    if goal and row["goal"]:
        text += f", goal {row['goal'].replace('<=', '≤').replace('>=', '≥')}"
    return text


def _origin(rows):
    """Name the commands and the dates that rows were measured with and at."""
    commands = dict.fromkeys(row["command"] for row in rows)
    dates = sorted({row["date"] for row in rows})
    return f"{'; '.join(commands)}, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"
