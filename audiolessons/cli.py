"""The command line: `python -m audiolessons COMMAND`, or `audiolessons COMMAND`.

Exit codes: 0 all well; 1 something is wrong, said in one line; 2 the command was not understood;
130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from audiolessons import __version__
from audiolessons.errors import AudioError

_CHAPTERS = {"nargs": "+", "type": Path, "metavar": "PATH", "help": "chapter (.ipynb) or folder"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        What follows the program's name; `sys.argv[1:]` if left out.

    Examples
    --------
    >>> main(["data", "verify", "nowhere"])
    1

    Chapter: reference/how-to-use
    """
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        return options.run(options)
    except AudioError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("audiolessons"):
            raise
        extra = 'pip install "audiolessons[lab,book]"'
        return _fail(f"{error.name} is not installed, and this command needs it: {extra}")
    except BrokenPipeError:  # who reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a full disk, a folder without permission: nothing to debug in here
        return _fail(
            f"{error.strerror or error}: {error.filename or 'check space and permissions'}"
        )
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their help.

    Examples
    --------
    >>> build_parser().parse_args(["data", "fetch", "examples"]).name
    ['examples']

    Chapter: reference/how-to-use
    """
    parser = argparse.ArgumentParser(
        prog="audiolessons",
        description="Audio Lessons: data sets, student editions, checks and measurements.",
    )
    parser.add_argument("--version", action="version", version=f"audiolessons {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    _add_data(commands)

    doctor = commands.add_parser("doctor", help="say what is missing or slow, and what to do")
    doctor.set_defaults(run=_doctor)

    student = commands.add_parser(
        "student",
        help="write student editions: chapters without their solutions",
        description="Write chapters without their solutions; the chapters stay as they are.",
    )
    student.add_argument("paths", **_CHAPTERS)
    student.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("student"),
        metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )
    student.set_defaults(run=_student)

    notebook = commands.add_parser("notebook", help="work on chapters: run them in place")
    actions = notebook.add_subparsers(dest="action", metavar="ACTION", required=True)
    run = actions.add_parser(
        "run",
        help="run chapters from top to bottom and store their outputs in place",
        description="Run chapters from top to bottom and store their outputs in place. A chapter "
        "that fails is left as it was.",
    )
    run.add_argument("paths", **_CHAPTERS)
    run.set_defaults(run=_notebook_run)
    minutes = actions.add_parser(
        "minutes",
        help="count words and lines of code, and say how long chapters take to read",
        description="Count the words of prose and the lines of code that chapters show, and say "
        "how many minutes they take to read.",
    )
    minutes.add_argument("paths", **_CHAPTERS)
    minutes.set_defaults(run=_notebook_minutes)

    sounds = commands.add_parser(
        "sounds",
        help="run chapters to write the sounds made from recordings",
        description="Run chapters without storing their outputs, so that the sounds made from "
        "recordings, which are not part of the repository, are written to book/_sounds.",
    )
    sounds.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path("book")],
        metavar="PATH",
        help="chapter (.ipynb) or folder (default: book)",
    )
    sounds.set_defaults(run=_sounds)

    train = commands.add_parser(
        "train",
        help="train again the networks whose weights the project stores",
        description="Train networks on the recordings and store their weights, with a hash and a "
        "record of the training, in data/weights. Chapters start from them.",
    )
    train.add_argument("name", metavar="NAME", help="name of a recipe, such as denoising")
    train.add_argument(
        "--epochs", type=int, metavar="N", help="fewer or more than the recipe's own number"
    )
    train.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/weights"
    )
    train.set_defaults(run=_train)

    scenes = commands.add_parser(
        "scenes",
        help="draw the test scenes of a recipe, before anything is trained",
        description="Draw which voices, noises and levels a recipe is tested with, and write "
        "data/scenes/NAME.json. Scenes that are there are never replaced.",
    )
    scenes.add_argument("name", metavar="NAME", help="name of a recipe, such as denoising")
    scenes.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/scenes"
    )
    scenes.set_defaults(run=_scenes)

    bench = commands.add_parser(
        "bench",
        help="measure results and speed; store them in data/results and _build/bench",
        description="Measure what has not been measured yet, print it, and store it: what models "
        "reach in data/results/NAME.json, what belongs to this machine in _build/bench/NAME.json. "
        "What was interrupted goes on.",
    )
    bench.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="name of a recipe, such as denoising, or of a part, such as tasks (default: all)",
    )
    bench.add_argument("--row", metavar="ROW", help="only this row, such as crn.stoi_5db, or crn")
    bench.add_argument("--again", action="store_true", help="measure what is there as well")
    bench.add_argument(
        "--check",
        action="store_true",
        help="measure again, store nothing, and say which rows moved by more than their spread",
    )
    bench.add_argument("--quick", action="store_true", help="short sounds and one epoch, to try it")
    bench.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="another folder than data/results"
    )
    bench.set_defaults(run=_bench)
    return parser


def _add_data(commands):
    data = commands.add_parser(
        "data",
        help="list, download and verify the data sets",
        description="Without an action, list the sets with size, licence and what is here.",
    )
    data.set_defaults(run=_data_list)
    actions = data.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="list the data sets").set_defaults(run=_data_list)
    fetch = actions.add_parser("fetch", help="download data sets into the user's cache")
    fetch.add_argument("name", nargs="+", metavar="NAME", help="name of a set, or: all")
    fetch.set_defaults(run=_data_fetch)
    verify = actions.add_parser("verify", help="compare every file that is here with its SHA-256")
    verify.add_argument("name", nargs="*", metavar="NAME", help="name of a set (default: all)")
    verify.set_defaults(run=_data_verify)


def _data_list(options) -> int:
    from audiolessons.datasets._store import report

    rows = [("name", "MB", "files here", "what", "licence")]
    for row in report.list_rows():
        here = f"{row['files_present']} of {row['files']}"
        rows.append((row["name"], f"{row['megabytes']:.1f}", here, row["title"], row["licence"]))
    print_table(rows)
    print("\nSets without files here use the embedded stand-ins. To download one:")
    print("  python -m audiolessons data fetch NAME")
    return 0


def _data_fetch(options) -> int:
    from audiolessons.datasets._store import report

    for name in _set_names(options.name):
        n_files = report.fetch(name)
        print(f"{name}: {n_files} files downloaded" if n_files else f"{name}: already complete")
    return 0


def _data_verify(options) -> int:
    from audiolessons.datasets._store import report

    n_bad = 0
    n_here = {row["name"]: row["files_present"] for row in report.list_rows()}
    for name in _set_names(options.name or ["all"]):
        problems = report.verify(name)
        n_bad += bool(problems)
        if problems:
            print(f"{name}: {len(problems)} problems")
        elif n_here[name]:
            print(f"{name}: {n_here[name]} files, each as registered")
        else:
            print(f"{name}: no files here; chapters use the embedded stand-in")
        for problem in problems:
            print(f"  {problem}")
    return 1 if n_bad else 0


def _set_names(names) -> list[str]:
    from audiolessons.datasets._store import registry
    from audiolessons.errors import check_choice

    known = registry.names()
    if "all" in names:
        return list(known)
    return [check_choice(name, name="name of a data set", choices=known) for name in names]


def _doctor(options) -> int:
    from audiolessons import doctor

    return doctor.report()


def _student(options) -> int:
    from audiolessons import editions

    for given in options.paths:
        for path in chapters([given]):
            # Chapters of a folder keep their subfolders: two parts may use one name.
            below = path.parent.relative_to(given) if given.is_dir() else ""
            print(editions.student_file(path, options.output / below))
    return 0


def _notebook_run(options) -> int:
    from audiolessons import editions

    return _each_chapter(options.paths, editions.rerun)


def _notebook_minutes(options) -> int:
    from audiolessons import editions, reading

    def say(path):
        size = reading.measure(editions.read(path))
        return (
            f"{size.minutes:.0f} minutes to read ({size.words} words, {size.lines} lines of code); "
            f"{size.exercises} exercises, {size.sliders} sliders"
        )

    return _each_chapter(options.paths, say)


def _sounds(options) -> int:
    from audiolessons import editions

    return _each_chapter(options.paths, editions.make_sounds)


def _each_chapter(paths, action) -> int:
    """Go on after a chapter that fails: the next may be fine, and one run then names them all."""
    n_failed = 0
    for path in chapters(paths):
        try:
            said = action(path)
        except AudioError as error:
            n_failed += 1
            print(f"{path}: failed", file=sys.stderr)
            print(f"  {error}".replace("\n", "\n  "), file=sys.stderr)
        else:
            print(f"{path}: {said or 'done'}")
    return 1 if n_failed else 0


def _train(options) -> int:
    recipe = _recipe_with("store", options.name)
    for path in recipe.store(epochs=options.epochs, folder=options.output):
        print(path)
    return 0


def _scenes(options) -> int:
    from audiolessons import results

    scenes = _recipe_with("scenes", options.name).scenes()
    print(results.write_scenes(options.name, scenes, folder=options.output))
    return 0


def _recipe_with(function, name):
    from audiolessons import recipes
    from audiolessons.errors import check_choice

    offered = recipes.offering(function)
    return offered[check_choice(name, name="name of a recipe", choices=tuple(offered))]


def _bench(options) -> int:
    from audiolessons import bench

    where = {"row": options.row, "folder": options.output}
    if options.check:
        return bench.check(options.names, **where)
    return bench.run(options.names, quick=options.quick, again=options.again, **where)


def chapters(paths) -> list[Path]:
    """Return the notebooks among `paths`, those of each folder in order of name.

    Raises
    ------
    AudioError
        If a path does not exist or holds no notebook.

    Examples
    --------
    >>> chapters(["nowhere.ipynb"])
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: nowhere.ipynb does not exist: give a chapter ...

    Chapter: reference/how-to-use
    """
    found = []
    for path in map(Path, paths):
        if not path.exists():
            raise AudioError(f"{path} does not exist: give a chapter (.ipynb) or a folder")
        if path.is_dir():
            inside = (file.relative_to(path) for file in path.rglob("*.ipynb"))
            # Folders such as _build and .ipynb_checkpoints hold copies.
            inside = [file for file in inside if not any(p[0] in "._" for p in file.parts)]
            if not inside:
                raise AudioError(f"{path} holds no notebook (.ipynb): give another folder")
            found += sorted(path / file for file in inside)
        elif path.suffix == ".ipynb":
            found.append(path)
        else:
            raise AudioError(f"{path} is no notebook: give a file that ends in .ipynb, or a folder")
    return found


def print_table(rows) -> None:
    """Print rows of text in columns as wide as their widest cell.

    Examples
    --------
    >>> print_table([("name", "MB"), ("examples", "4.9")])
    name      MB
    examples  4.9

    Chapter: reference/how-to-use
    """
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _fail(message: str) -> int:
    print(f"audiolessons: {message}", file=sys.stderr)
    return 1
