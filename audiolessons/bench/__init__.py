"""Measurements: `python -m audiolessons bench [sound|learning|tasks|site]`.

Each name is a module with `measure(*, quick) -> iterable of Row`. What it gives is printed as a
table and written to `_build/bench/NAME.json`: a list with one object a row, which carries the
machine, the versions and the commit as well, so that a row can be quoted by itself.
"""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path

from audiolessons.bench.rows import Row, context, print_row, write
from audiolessons.errors import AudioError, check_choice

NAMES = ("sound", "learning", "tasks", "site")

__all__ = ["NAMES", "Row", "run"]


def run(names=NAMES, *, quick: bool = False, folder="_build/bench") -> int:
    """Measure, print a table and write one JSON file a name; return 1 if a goal was missed.

    Parameters
    ----------
    names : sequence of str
        Which measurements: "sound", "learning", "tasks", "site".
    quick : bool
        Short sounds and few repeats: shows that it works, gives no figures to quote, which go to
        a subfolder `quick`.
    folder : path
        Where the JSON files go.

    Raises
    ------
    AudioError
        If a name is not known, or something to measure is not there.

    Chapter: reference/how-to-use
    """
    for name in names:
        check_choice(name, name="name of a bench", choices=NAMES)
    missed = []
    about = context()
    print(f"{about['machine']}; commit {about['commit']}")
    for name in names:
        print(f"\n{name}")
        if importlib.util.find_spec(f"{__name__}.{name}") is None:
            print("  nothing to measure yet")
            continue
        rows = []
        path = Path(folder) / ("quick" if quick else "") / f"{name}.json"
        try:
            for row in import_module(f"{__name__}.{name}").measure(quick=quick):
                print_row(row)
                rows.append(row)
        except AudioError:
            write(path, rows, about)  # what was measured before is not lost
            raise
        write(path, rows, about)
        print(f"  -> {path}")
        missed += [row for row in rows if row.ok is False]
    if missed:
        print(f"\n{len(missed)} goals missed:")
        for row in missed:
            print_row(row)
    return 1 if missed else 0
