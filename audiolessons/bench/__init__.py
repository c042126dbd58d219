"""Measurements: `python -m audiolessons bench NAME [--row ROW]`.

A recipe's `measure(*, quick)` returns its measurements by name: functions that train or compute,
and give one `results.Row` or several. What models reach is kept with the book in the store,
`data/results/NAME.json`; speeds and sizes belong to the machine, `_build/bench/NAME.json`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from audiolessons import recipes, results
from audiolessons.bench.context import context
from audiolessons.errors import AudioError
from audiolessons.results import Row

MACHINE_FOLDER = "_build/bench"
EXACTLY = 1e-4  # relative: six digits are stored, and processors differ in the last ones
ROUGHLY = 0.05  # relative, for what is trained and has no spread

__all__ = ["Row", "benches", "check", "measure", "run", "run_all"]


def benches(names=()) -> dict:
    """Return what can be measured, {name: module with `measure`}.

    Parameters
    ----------
    names : sequence of str
        Recipes such as "denoising", "speed", or parts such as "tasks", which mean all of their
        recipes. All there are unless given.

    Raises
    ------
    AudioError
        If there is no such recipe or part.

    Chapter: reference/how-to-use
    """
    all_of_them = {**_own(), **recipes.offering("measure")}
    part_of = {name: _part_of(module) for name, module in all_of_them.items()}
    chosen = {}
    for asked in names or all_of_them:
        found = [name for name, part in part_of.items() if asked in (name, part)]
        if not found:
            parts = ", ".join(dict.fromkeys(filter(None, part_of.values())))
            raise AudioError(
                f"name of a bench is {asked!r}: choose one of {', '.join(sorted(part_of))}, or a "
                f"part: {parts}"
            )
        chosen.update({name: all_of_them[name] for name in found})
    return chosen


def _own() -> dict:
    """Return the modules of this folder that measure: what is no recipe."""
    names = [one.name for one in pkgutil.iter_modules(__path__) if not one.ispkg]
    modules = {name: import_module(f"{__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def _part_of(module):
    """Return the part of the book: a recipe's folder, else what the module says, if anything."""
    if module.__name__.startswith(f"{recipes.__name__}."):
        return recipes.part_of(module)
    return getattr(module, "PART", None)


def run(names=(), **options) -> int:
    """Measure what has not been measured yet, and store it; return 1 if a goal was missed.

    Parameters
    ----------
    names : sequence of str
        As for `benches`.
    **options
        Of `run_all`.

    Chapter: reference/how-to-use
    """
    return run_all(benches(names), **options)


def run_all(
    modules: dict,
    *,
    row: str | None = None,
    quick: bool = False,
    again: bool = False,
    folder=None,
    machine_folder=MACHINE_FOLDER,
) -> int:
    """Measure what has not been measured yet, and store it; return 1 if a goal was missed.

    Each measurement is written when it is done, so that what was interrupted goes on.

    Parameters
    ----------
    modules : dict
        From `benches`, or others with `measure(*, quick)` by the names of their files.
    row : str, optional
        Only the measurement that gives this row, such as "crn.stoi_5db" or "crn".
    quick : bool
        Short sounds, one epoch: shows that it works, gives no figures to quote. They go to a
        subfolder `quick` of `machine_folder`, or to `folder`, and are always measured.
    again : bool
        Measure what is there as well.
    folder : path, optional
        The store; `data/results` unless given.
    machine_folder : path
        Where what belongs to the machine goes.

    Raises
    ------
    AudioError
        If a name or row is not known, or the folders cannot be written to.

    Chapter: reference/how-to-use
    """
    if quick:
        folder = machine_folder = folder or Path(machine_folder) / "quick"
    folder = results.results_folder() if folder is None else Path(folder)
    for one in (folder, machine_folder):
        results.check_writable(one)
    about = context()
    print(f"{about['machine']}; commit {about['commit']}")
    missed = []
    for name, module in modules.items():
        print(f"\n{name}")
        if getattr(module, "OF_MACHINE", False):  # the code's speed is measured for each commit
            entries = results.read(name, folder=machine_folder).items()
            stored = {key: one for key, one in entries if one["commit"] == about["commit"]}
        else:
            stored = results.read(name, folder=folder)
        for measurement, measured in _chosen(module.measure(quick=quick), row, name):
            if measurement in stored and not (again or quick):
                print(f"  {measurement}: measured on {stored[measurement]['date']}")
                continue
            command = f"python -m audiolessons bench {name}"
            given = measure(measured, name=f"{name}.{measurement}")
            for one in given:
                print_row(one, measurement)
            for where, part in _by_folder(given, folder, machine_folder):
                results.add(name, measurement, part, {"command": command, **about}, folder=where)
            missed += [(one, f"{name}.{measurement}") for one in given if one.ok is False]
    if missed:
        print(f"\n{len(missed)} goals missed:")
        for one, measurement in missed:
            print_row(one, measurement)
    return 1 if missed else 0


def check(names=(), *, row: str | None = None, folder=None) -> int:
    """Measure again and say which rows moved; nothing is written. Return 1 if any did.

    A row moved if it left its spread. Where it has none, and nothing is trained, it must be the
    same; what is trained may differ by a twentieth.

    Parameters
    ----------
    names, row, folder
        As for `run`.

    Chapter: reference/how-to-use
    """
    n_moved = 0
    for name, module in benches(names).items():
        print(f"\n{name}")
        stored = results.rows(name, folder=folder)
        for measurement, measured in _chosen(module.measure(quick=False), row, name):
            for one in measure(measured, name=f"{name}.{measurement}"):
                if one.of_machine:
                    continue
                verdict = moved(one, stored.get(f"{measurement}.{one.name}"))
                n_moved += bool(verdict)
                print_row(one, measurement, verdict or "as stored")
    print(f"\n{n_moved} rows moved" if n_moved else "\nno row moved")
    return 1 if n_moved else 0


def moved(row: Row, stored: dict | None) -> str:
    """Return how a row measured again differs from the stored one; "" if it does not."""
    if stored is None:
        return "not in the store"
    if row.exact or stored["spread"] is None:
        allowed = (EXACTLY if row.exact else ROUGHLY) * abs(stored["value"])
        low, high = stored["value"] - allowed, stored["value"] + allowed
    else:
        low, high = stored["spread"]
    return (
        "" if low <= row.value <= high else f"MOVED from {stored['value']:g} ({low:g} to {high:g})"
    )


def measure(measured, *, name: str) -> list[Row]:
    """Run one measurement and return its rows, each name once."""
    rows = list(measured())
    names = [row.name for row in rows]
    if len(set(names)) < len(names) or not rows:
        raise AudioError(f"{name} gives the rows {names}: give at least one, each name once")
    return rows


def print_row(row: Row, measurement: str = "", verdict: str | None = None) -> None:
    """Print one line of the table."""
    if verdict is None:
        verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
    goal = f"goal {row.goal}" if row.goal else ""
    spread = "" if row.spread is None else "({:.4g} to {:.4g})".format(*row.spread)
    name = f"{measurement}.{row.name}"
    print(
        f"  {name:44s} {row.value:10.4g} {row.unit:5s} {spread:20s} {goal:14s} {verdict}".rstrip(),
        flush=True,
    )


def _chosen(measurements: dict, row, name):
    """Return the measurements to run: the one that gives a row, or all."""
    if row is None:
        return list(measurements.items())
    given = [one for one in measurements if row == one or row.startswith(f"{one}.")]
    if not given:
        raise AudioError(
            f"row is {row!r}, which no measurement of {name} gives: begin with one of "
            f"{', '.join(measurements)}"
        )
    longest = max(given, key=len)
    return [(longest, measurements[longest])]


def _by_folder(rows, folder, machine_folder):
    """Sort rows by the folder they belong in; no folder without rows."""
    parts = {machine_folder: [one for one in rows if one.of_machine]}
    parts.setdefault(folder, []).extend(one for one in rows if not one.of_machine)
    return [(where, part) for where, part in parts.items() if part]
