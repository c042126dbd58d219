"""`student`, `notebook` and `sounds`: what is done to chapters."""

from __future__ import annotations

import sys
from pathlib import Path

from audiolessons.errors import AudioError

_CHAPTERS = {"nargs": "+", "type": Path, "metavar": "PATH", "help": "chapter (.ipynb) or folder"}


def add_to(commands) -> None:
    """Add the commands to the parser's."""
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
