"""What `python -m audiolessons data` shows and does: list, fetch, verify."""

from __future__ import annotations

import os

from audiolessons.datasets._store import download, library, registry
from audiolessons.errors import AudioError


def list_rows() -> list[dict]:
    """Return one row a set: name, title, summary, licence, megabytes, files, present.

    `present` is "recordings" (all files are there), "recordings in part" or "embedded".

    Examples
    --------
    >>> [row["name"] for row in list_rows() if row["licence"] == "public domain"]
    ['read_speech', 'stories']

    Chapter: reference/data
    """
    rows = []
    for name in registry.names():
        entry = registry.entry(name)
        files = library.locate(entry)
        n_present = sum(file.where is not None for file in files)
        if n_present == len(files):
            present = "recordings"
        else:
            present = "recordings in part" if n_present else "embedded"
        rows.append(
            {
                "name": name,
                "title": entry.title,
                "summary": entry.summary,
                "licence": entry.licence,
                "megabytes": round(entry.n_bytes / 1e6, 1),
                "files": len(files),
                "files_present": n_present,
                "present": present,
            }
        )
    return rows


def fetch(name: str, *, size: str | None = None) -> int:
    """Download what is missing or damaged of the set `name`; return how many files came.

    `size` names a larger form of the set, such as "full".

    Raises
    ------
    AudioError
        If AUDIOLESSONS_OFFLINE is set, the network does not answer, the download is not what was
        expected, or the disk is full.

    Examples
    --------
    >>> fetch("spoken_digits")  # doctest: +SKIP
    3002

    Chapter: reference/data
    """
    entry = registry.entry(name, size=size)
    wanted = []
    for file in library.locate(entry):
        if file.where is None:
            wanted.append(file)
        elif problem := library.read_checked(file)[1]:
            if registry.cache_folder() not in file.where.parents:
                raise AudioError(
                    f"AUDIOLESSONS_DATA holds damaged files of {name} and comes before the cache: "
                    f"{problem}; restore that file, or unset AUDIOLESSONS_DATA and fetch again"
                )
            wanted.append(file)
    if wanted and registry.is_offline():
        raise AudioError(
            f"AUDIOLESSONS_OFFLINE is {os.environ['AUDIOLESSONS_OFFLINE']!r}, which forbids "
            f"downloads, and {len(wanted)} files of {name} are not here: unset it and try again"
        )
    if wanted:
        download.fetch(entry.asked_as, wanted, patient=True)
    return len(wanted)


def verify(name: str) -> list[str]:
    """Return what is wrong with the files of the set `name`: an empty list if all is well.

    Recordings are compared with their registered SHA-256, and the embedded set is read once. That
    recordings were not downloaded at all is no problem; that some are missing is one.

    Examples
    --------
    >>> verify("examples")
    []

    Chapter: reference/data
    """
    entry = registry.entry(name)
    problems = []
    try:
        library.Embedded(entry)
    except AudioError as problem:
        problems.append(str(problem))
    files = library.locate(entry)
    found = [file for file in files if file.where is not None]
    problems += [problem for file in found if (problem := library.read_checked(file)[1])]
    if 0 < len(found) < len(files):
        problems.append(
            f"{len(files) - len(found)} of {len(files)} files are not here: "
            f"run: python -m audiolessons data fetch {name}"
        )
    return problems
