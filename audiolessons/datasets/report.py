"""What `python -m audiolessons data` shows and does: list, fetch, verify."""

from __future__ import annotations

from audiolessons.datasets import download, library, registry


def list_rows() -> list[dict]:
    """Return one row a set: name, title, summary, licence, megabytes, files, present.

    `present` is "recordings" (all files are there), "recordings in part" or "embedded".

    Chapter: data
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


def fetch(name: str) -> int:
    """Download what is missing or damaged of the set `name`; return how many files came.

    Raises
    ------
    AudioError
        If the network does not answer, the download is not what was expected, or the disk is full.

    Chapter: data
    """
    entry = registry.entry(name)
    cache = registry.cache_folder()
    wanted = []
    for file in library.locate(entry):
        in_cache = file.where is not None and cache in file.where.parents
        if file.where is None or (in_cache and library.read_checked(file)[1]):
            wanted.append(file)
    if wanted:
        download.fetch(name, wanted, patient=True)
    return len(wanted)


def verify(name: str) -> list[str]:
    """Return what is wrong with the files of the set `name`: an empty list if all is well.

    Chapter: data
    """
    entry = registry.entry(name)
    files = library.locate(entry)
    found = [file for file in files if file.where is not None]
    problems = [problem for file in found if (problem := library.read_checked(file)[1])]
    if len(found) < len(files):
        problems.append(
            f"{len(files) - len(found)} of {len(files)} files are not here: "
            f"run: python -m audiolessons data fetch {name}"
        )
    return problems
