"""The store: `data/results/NAME.json`, what recipes measured, when, with what.

One file a bench, in it one entry a measurement: the command, commit, date, machine and versions,
and the rows that it gave. An entry is written whole when its measurement is done.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiolessons.datasets import data_folder
from audiolessons.errors import AudioError
from audiolessons.writing import whole_file, why_not_writable


def results_folder() -> Path:
    """Return the folder of the stored results.

    Examples
    --------
    >>> results_folder().name
    'results'

    Chapter: reference/how-to-use
    """
    return data_folder() / "results"


def read(bench: str, *, folder=None) -> dict:
    """Return the entries of a bench, {measurement: entry}; none if it was never measured.

    Raises
    ------
    AudioError
        If the file is no store.

    Examples
    --------
    >>> read("nothing of that name")
    {}

    Chapter: reference/how-to-use
    """
    path = _path(bench, folder)
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for entry in entries.values():
            entry["rows"].items()
    except (ValueError, AttributeError, KeyError, TypeError) as problem:
        raise AudioError(
            f"{path.name} holds no results ({problem}): get it again, or delete it and measure "
            f"again with python -m audiolessons bench {bench}"
        ) from problem
    return entries


def rows(bench: str, *, folder=None) -> dict:
    """Return all stored rows of a bench: {"crn.stoi_5db": {"value": ..., "commit": ..., ...}}.

    Each row carries what its measurement has in common, so that it can be quoted by itself.

    Examples
    --------
    >>> rows("nothing of that name")
    {}

    Chapter: reference/how-to-use
    """
    found = {}
    for measurement, entry in read(bench, folder=folder).items():
        about = {key: value for key, value in entry.items() if key != "rows"}
        for name, row in entry["rows"].items():
            found[f"{measurement}.{name}"] = {**row, **about}
    return found


def add(bench: str, measurement: str, measured, about: dict, *, folder=None) -> Path:
    """Write the rows of a measurement in place of its earlier ones; return the file.

    Parameters
    ----------
    bench, measurement : str
        Such as "denoising" and "crn".
    measured : list of Row
    about : dict
        What the rows have in common: command, commit, date, machine, versions.
    folder : path, optional
        `data/results` unless given.

    Chapter: reference/how-to-use
    """
    entries = read(bench, folder=folder)
    entries[measurement] = {**about, "rows": {row.name: _as_json(row) for row in measured}}
    path = _path(bench, folder)
    with whole_file(path, make_folder=True) as file:
        file.write(_text(entries).encode())
    return path


def check_writable(folder) -> None:
    """Raise an `AudioError` now if `add` could not write there later.

    Examples
    --------
    >>> check_writable(getfixture("tmp_path"))

    Chapter: reference/how-to-use
    """
    if refused := why_not_writable(folder, make_folder=True):
        raise AudioError(
            f"cannot write to {folder} ({refused}), where the results go: give another folder with "
            "--output"
        )


def _path(bench, folder):
    return (results_folder() if folder is None else Path(folder)) / f"{bench}.json"


def _as_json(row):
    """Return what is stored of a row; six digits, as more would differ from machine to machine."""
    stored = {
        "value": _rounded(row.value),
        "spread": None if row.spread is None else [_rounded(end) for end in row.spread],
        "unit": row.unit,
        "goal": row.goal,
        "exact": row.exact,
        "how": row.how,
    }
    if row.weights:
        from audiolessons.results import weights  # loads torch, and reading needs none

        stored["weights"] = {name: weights.read_record(name)["sha256"] for name in row.weights}
    return stored


def _rounded(value):
    return float(f"{value:.6g}")


def _text(entries):
    """Return JSON with a line a row, so that a diff shows which figures changed."""
    parts = []
    for measurement, entry in entries.items():
        about = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in entry.items() if k != "rows"]
        lines = [f"   {json.dumps(k)}: {json.dumps(v)}" for k, v in entry["rows"].items()]
        about.append('  "rows": {\n' + ",\n".join(lines) + "\n  }")
        parts.append(f" {json.dumps(measurement)}: {{\n" + ",\n".join(about) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"
