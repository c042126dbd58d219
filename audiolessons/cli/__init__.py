"""The command line: `python -m audiolessons COMMAND`, or `audiolessons COMMAND`.

Exit codes: 0 all well; 1 something is wrong, said in one line; 2 the command was not understood;
130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys

from audiolessons import __version__
from audiolessons.cli import (
    assisting,
    composing,
    converting,
    data,
    editing,
    exporting,
    measuring,
    notebooks,
    saying,
    serving,
    transcribing,
)
from audiolessons.cli.notebooks import chapters
from audiolessons.errors import AudioError

__all__ = ["build_parser", "chapters", "main"]


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

    assisting.add_to(commands)
    composing.add_to(commands)
    converting.add_to(commands)
    data.add_to(commands)
    editing.add_to(commands)
    exporting.add_to(commands)
    saying.add_to(commands)
    serving.add_to(commands)
    transcribing.add_to(commands)
    doctor = commands.add_parser("doctor", help="say what is missing or slow, and what to do")
    doctor.set_defaults(run=_doctor)
    notebooks.add_to(commands)
    measuring.add_to(commands)
    return parser


def _doctor(options) -> int:
    from audiolessons import doctor

    return doctor.report()


def _fail(message: str) -> int:
    print(f"audiolessons: {message}", file=sys.stderr)
    return 1
