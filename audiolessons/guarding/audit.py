"""A log in which nobody changes an entry unseen: each holds the sum of the one before."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.guarding._writing import canonical
from audiolessons.writing import whole_file

START = "0" * 64  # what the first entry follows


def add_entry(path, entry: dict) -> str:
    """Add an entry to a log in which each holds the SHA-256 sum of the one before; return its own.

    Whoever changes, takes out or swaps entries has to write all later ones anew; the last sum, kept
    where he cannot reach it, shows even that.

    Parameters
    ----------
    path : path
        Of the log, a line of JSON for each entry; made if it is not there.
    entry : dict
        What happened: JSON values by name. The time is yours to give.

    Raises
    ------
    AudioError
        If the entry is not JSON values by name, or the log that is there was changed.

    Examples
    --------
    >>> log = getfixture("tmp_path") / "log.jsonl"
    >>> _ = add_entry(log, {"who": "clinic", "did": "trained", "with": "voice 7"})
    >>> last = add_entry(log, {"who": "clinic", "did": "deleted", "what": "voice 7"})
    >>> check_log(log) == last
    True
    >>> _ = log.write_text(log.read_text().replace("voice 7", "voice 8", 1))
    >>> check_log(log)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: entry 1 does not follow entry 0: one of the two was changed

    References
    ----------
    S. Haber and W. S. Stornetta, "How to time-stamp a digital document", Journal of Cryptology 3,
    1991.

    Chapter: large/safety
    """
    path = Path(path)
    before = check_log(path) if path.exists() else START
    if not isinstance(entry, dict):
        raise AudioError(f"entry is of type {type(entry).__name__}: give a dict of JSON values")
    try:
        line = canonical({"entry": entry, "follows": before})
    except (TypeError, ValueError) as problem:
        raise AudioError(f"entry holds what JSON cannot ({problem}): give texts, numbers") from None
    with whole_file(path) as file:
        file.write((path.read_bytes() if path.exists() else b"") + line + b"\n")
    return hashlib.sha256(line).hexdigest()


def check_log(path, *, last: str | None = None) -> str:
    """Return the sum of the last entry, if each follows the one before.

    Parameters
    ----------
    path : path
        Of a log from `add_entry`.
    last : str, optional
        What it should be: without it, nobody sees that the end of a log was cut off, or that all of
        it was written anew.

    Raises
    ------
    AudioError
        If there is no such log, a line is no entry, an entry does not follow the one before, or the
        last is not the one that was to be.

    Examples
    --------
    >>> log = getfixture("tmp_path") / "log.jsonl"
    >>> first, last = (add_entry(log, {"number": n}) for n in range(2))
    >>> _ = log.write_text(log.read_text().splitlines(keepends=True)[0])  # the last is cut off
    >>> check_log(log) == first
    True
    >>> check_log(log, last=last)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: the last entry is another: the end was cut off, or all is new

    Chapter: large/safety
    """
    if not Path(path).is_file():
        raise AudioError(f"{path} is no file: `add_entry` begins a log")
    before = START
    for number, line in enumerate(Path(path).read_bytes().splitlines()):
        try:
            follows = json.loads(line)["follows"]
        except (ValueError, TypeError, KeyError):
            raise AudioError(f"line {number} of {path} is no entry of a log") from None
        if follows != before:
            raise AudioError(
                f"entry {number} does not follow entry {number - 1}: one of the two was changed"
                if number
                else "entry 0 does not follow the beginning: it was changed, or stood further down"
            )
        before = hashlib.sha256(line).hexdigest()
    if last is not None and before != last:
        raise AudioError("the last entry is another: the end was cut off, or all is new")
    return before
