"""`student`, `notebook` and `sounds`: what is done to chapters."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from audiolessons.errors import AudioError

_CHAPTERS = {"nargs": "+", "type": Path, "metavar": "PATH", "help": "chapter (.ipynb) or folder"}


def add_to(commands) -> None:
    """Add the commands to the parser's."""
    student = commands.add_parser(
        "student",
        help="write student editions: chapters without their solutions",
        description="Write chapters without their solutions; the chapters stay as they are. What "
        "was written before and not touched since is replaced, all else is kept.",
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
    student.add_argument(
        "--force",
        action="store_true",
        help="write over what is there: editions that were filled in are lost",
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

    planned = plan(options.paths, options.output)
    return _each_chapter(
        planned, lambda path: editions.student_file(path, planned[path], force=options.force)
    )


def plan(paths, output: Path) -> dict[Path, Path]:
    """Return the folder that the edition of each chapter goes to.

    Chapters of a folder keep their subfolders. Chapters that are given one by one go side by side,
    those of one name into the folders that tell them apart.

    Raises
    ------
    AudioError
        If an edition would be written over one of the chapters.

    Examples
    --------
    >>> book = getfixture("tmp_path")
    >>> (book / "stft.ipynb").touch()
    >>> plan([book / "stft.ipynb"], book)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: .../stft.ipynb is the chapter itself: choose another ...

    Chapter: reference/how-to-use
    """
    given_as: dict[Path, Path] = {}  # the chapters, each once
    places: dict[Path, list[Path]] = {}  # of an edition below the output folder: its chapters
    for given in map(Path, paths):
        holds_output = given.is_dir() and given.resolve() in output.resolve().parents
        for path in chapters([given]):
            source = path.resolve()
            if source in given_as or (holds_output and output.resolve() in source.parents):
                continue  # the second is an edition that was written before
            given_as[source] = path
            place = path.relative_to(given) if given.is_dir() else Path(path.name)
            places.setdefault(place, []).append(source)
    planned = {}
    for place, sources in places.items():
        shared = os.path.commonpath([source.parent for source in sources])
        for source in sources:
            below = place.parent if len(sources) == 1 else source.parent.relative_to(shared)
            if (output / below / source.name).resolve() in given_as:
                raise AudioError(
                    f"{output / below / source.name} is the chapter itself: choose another output "
                    "folder"
                )
            planned[given_as[source]] = output / below
    return planned


def _notebook_run(options) -> int:
    from audiolessons import editions

    return _each_chapter(chapters(options.paths), editions.rerun)


def _notebook_minutes(options) -> int:
    from audiolessons import editions, reading

    def say(path):
        size = reading.measure(editions.read(path))
        return (
            f"{size.minutes:.0f} minutes to read ({size.words} words, {size.lines} lines of code); "
            f"{size.exercises} exercises, {size.sliders} sliders"
        )

    return _each_chapter(chapters(options.paths), say)


def _sounds(options) -> int:
    from audiolessons import editions

    return _each_chapter(chapters(options.paths), editions.make_sounds)


def _each_chapter(paths, action) -> int:
    """Go on after a chapter that fails: the next may be fine, and one run then names them all."""
    n_failed = 0
    for path in paths:
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
