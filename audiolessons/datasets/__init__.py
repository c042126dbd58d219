"""Data sets: found, checked and read by name.

>>> from audiolessons import datasets
>>> digits = datasets.load("spoken_digits", split="test")  # doctest: +SKIP
>>> digits[0].audio.shape, digits[0].sample_rate, digits[0].label_name  # doctest: +SKIP

Where the files come from, in this order: the folder named by AUDIOLESSONS_DATA, the user's cache
(AUDIOLESSONS_CACHE), the network, and else small stand-ins that travel with the package. Set
AUDIOLESSONS_OFFLINE=1 to stay off the network, AUDIOLESSONS_MIRROR to download from another server.
"""

from __future__ import annotations

from importlib import import_module

from audiolessons.datasets._store import library, registry
from audiolessons.datasets._store.describe import describe_sources
from audiolessons.datasets._store.registry import data_folder, names
from audiolessons.datasets._store.report import fetch, list_rows, verify
from audiolessons.datasets._store.sets import DataSet
from audiolessons.errors import check_choice

__all__ = [
    "data_folder",
    "describe_sources",
    "fetch",
    "list_rows",
    "load",
    "names",
    "splits",
    "verify",
]


def load(
    name: str,
    *,
    split: str | None = None,
    size: str | None = None,
    stand_ins: bool = False,
    **options,
) -> DataSet:
    """Return a data set by its name.

    Parameters
    ----------
    name : str
        One of `names()`.
    split : str, optional
        A part of it, one of `splits(name)`. All of it if not given; the column `split` of the
        table then tells which part each item belongs to.
    size : str, optional
        A larger form, which recipes train on: "full" of many_voices. Its stand-ins are the same.
    **options
        chorales: `form`, "quarter_notes" (default) or "four_voices".

    Returns
    -------
    DataSet
        With `len`, indexing, `labels`, `table`, `where(...)`, `as_arrays()`, `licence`, `credit`
        and `source`: "recordings" or "embedded".

    Raises
    ------
    AudioError
        If there is no such set or split, or if a file is damaged or a download went wrong.

    Examples
    --------
    >>> len(load("examples"))
    4
    >>> load("examples", stand_ins=True).source
    'embedded'

    Chapter: reference/data
    """
    entry = registry.entry(name, size=size)
    files = library.Embedded(entry) if stand_ins else library.find(name, size=size)
    check_choice(split, name=f"split of {name}", choices=(None, *splits(name)))
    if not stand_ins:
        library.announce(files)
    whole = import_module(f"audiolessons.datasets.{name}").load(files, **options)
    return whole if split is None else whole.split(split)


def splits(name: str) -> tuple[str, ...]:
    """Return the names of a set's official parts: published ones where there are, else the book's.

    Raises
    ------
    AudioError
        If there is no such set.

    Examples
    --------
    >>> splits("spoken_digits"), splits("examples")
    (('train', 'test'), ())

    Chapter: reference/data
    """
    return import_module(f"audiolessons.datasets.{registry.entry(name).name}").SPLITS
