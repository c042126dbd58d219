"""The objects that `datasets.load` returns: a sequence of items with a table of what is known.

Nothing is decoded before it is asked for. A set has `len` and integer indexing, which is all that
`torch.utils.data.DataLoader` asks of a map-style data set.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields

import numpy as np
import soundfile

from audiolessons.errors import AudioError, check_choice

CACHE_BYTES = 256 * 2**20  # decoded samples kept in memory per set; what exceeds it is decoded anew


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Item:
    """One sound of a set and what is known about it.

    `audio` is float32 of shape (T,), `sample_rate` in Hz. `recording` names the real recording
    ("spoken_digits/7_theo_3") for the players, and is None for an embedded stand-in. `split` is the
    part of the set that it belongs to, None in a set without splits.
    """

    id: str
    audio: np.ndarray
    sample_rate: int
    label: int | None = None
    label_name: str | None = None
    recording: str | None = None
    split: str | None = None

    def __repr__(self) -> str:
        shown = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = f"{value.dtype} {value.shape}"
                shown.append(f"{field.name}=<{value}>")
            else:
                shown.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


class DataSet:
    """A set of sounds: `len`, indexing, filtering, and a table of everything but the samples.

    Index with a whole number for an item, with an id such as "7_theo_3" for the item of that name,
    or with a slice for a smaller set.
    """

    item_type = Item
    array_name = "audio"  # the attribute of an item that `as_arrays` stacks

    def __init__(self, files, rows: list[dict], *, labels=()):
        self._files = files
        self._rows = rows
        self._loaded_rows = rows  # stays, while parts of the set narrow `_rows`
        self._decoded: dict = {}
        self.labels = list(labels)

    # --- where it comes from -----------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._files.entry.name

    @property
    def source(self) -> str:
        """Return "recordings" or "embedded"."""
        return self._files.source

    @property
    def licence(self) -> str:
        if self.source == "embedded":
            return "as the book's text (stand-ins made by this project)"
        return self._files.entry.licence

    @property
    def credit(self) -> str:
        if self.source == "embedded":
            return "synthesised stand-ins of Audio Lessons"
        return self._files.entry.credit

    @property
    def citation(self) -> str:
        return self._files.entry.citation

    # --- what is in it -----------------------------------------------------------------------

    @property
    def table(self) -> dict:
        """Everything known without decoding: {column: array of one value per item}."""
        columns = [key for key in self._rows[0] if key != "path"] if self._rows else []
        return {key: np.array([row[key] for row in self._rows]) for key in columns}

    @property
    def label_ids(self) -> np.ndarray:
        """The class of each item, (B,), as an index into `labels`."""
        return np.array([row["label"] for row in self._rows], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._with_rows(self._rows[index])
        if isinstance(index, str):
            index = self._index_of(index)
        return self._item(self._rows[index])

    def __iter__(self):
        return (self._item(row) for row in self._rows)

    def __repr__(self) -> str:
        classes = f", {len(self.labels)} classes" if self.labels else ""
        return f"<{self.name}: {len(self)} items{classes}, {self.source}>"

    # --- parts of it -------------------------------------------------------------------------

    def split(self, name: str):
        """Return one of the set's official parts, as if nothing else had been loaded."""
        part = self.where(split=name)
        part._loaded_rows = part._rows
        return part

    def select(self, indices):
        """Return the set of the items at `indices`, in that order."""
        return self._with_rows([self._rows[index] for index in indices])

    def where(self, **conditions):
        """Return the items whose columns have the given values.

        A condition is one value or a list of accepted values: `digits.where(speaker="theo")`,
        `digits.where(digit=[0, 1])`. Several conditions must all hold.

        Raises
        ------
        AudioError
            If there is no such column, or a value that no item has.
        """
        matches = self._matcher(conditions)
        return self._with_rows([row for row in self._rows if matches(row)])

    def where_not(self, **conditions):
        """Return what `where` with the same conditions leaves out."""
        matches = self._matcher(conditions)
        return self._with_rows([row for row in self._rows if not matches(row)])

    def as_arrays(self):
        """Return everything as arrays: `(audio, lengths, labels)`.

        `audio` is float32 of shape (B, T), zero-padded at the end to the longest item; `lengths`
        (B,) are the true numbers of samples; `labels` (B,) are indices into `.labels`, or None for
        a set without classes.

        Raises
        ------
        AudioError
            If the set is empty or its items differ in sample rate.
        """
        if not self._rows:
            raise AudioError(f"{self.name} has no items here: loosen the filter before as_arrays()")
        arrays = [getattr(item, self.array_name) for item in self._items_of_one_rate()]
        lengths = np.array([len(array) for array in arrays], dtype=np.int64)
        shape = (len(arrays), int(lengths.max()), *arrays[0].shape[1:])
        padded = np.zeros(shape, dtype=arrays[0].dtype)  # (B, T) or (B, N, 88)
        for row, array in zip(padded, arrays, strict=True):
            row[: len(array)] = array
        return padded, lengths, self.label_ids if self.labels else None

    # --- inside ------------------------------------------------------------------------------

    def _items_of_one_rate(self):
        items = list(self)
        rates = sorted({item.sample_rate for item in items})
        if len(rates) > 1:
            raise AudioError(
                f"{self.name} holds sample rates {rates} Hz: resample the items to one rate with "
                "signals.resample before stacking them"
            )
        return items

    def _with_rows(self, rows):
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__)  # the decoded samples are shared
        part._rows = rows
        return part

    def _matcher(self, conditions: dict):
        """Return a function that tells whether a row meets all conditions; refuse misspelt ones."""
        columns = (
            [key for key in self._loaded_rows[0] if key != "path"] if self._loaded_rows else []
        )
        accepted = {}
        for column, value in conditions.items():
            check_choice(column, name=f"column of {self.name}", choices=columns)
            several = isinstance(value, list | tuple | set | range | np.ndarray)
            accepted[column] = set(value) if several else {value}
            known = {row[column] for row in self._loaded_rows}
            for unknown in accepted[column] - known:
                raise AudioError(
                    f"no item of {self.name} has {column}={unknown!r}: choose from "
                    f"{', '.join(repr(one) for one in sorted(known)[:20])}"
                )
        return lambda row: all(row[column] in accepted[column] for column in accepted)

    def _index_of(self, identity: str) -> int:
        for index, row in enumerate(self._rows):
            if row["id"] == identity:
                return index
        some = ", ".join(row["id"] for row in self._rows[:4])
        raise AudioError(f"{self.name} has no item {identity!r} here: it has {some}, ...")

    def _item(self, row: dict):
        audio, sample_rate = self._decode(row["path"])
        known = {key: value for key, value in row.items() if key != "path"}
        return self.item_type(
            audio=audio, sample_rate=sample_rate, recording=self._recording(row), **known
        )

    def _to_mono(self, audio: np.ndarray) -> np.ndarray:
        return audio.mean(axis=1, dtype=np.float32)  # (T, C) -> (T,)

    def _recording(self, row: dict) -> str | None:
        return f"{self.name}/{row['id']}" if self.source == "recordings" else None

    def _decode(self, path: str):
        if path not in self._decoded:
            content = self._files.read(path)
            try:
                audio, sample_rate = soundfile.read(io.BytesIO(content), dtype="float32")
            except soundfile.LibsndfileError as problem:
                raise AudioError(
                    f"{path} of {self.name} cannot be decoded ({problem}): "
                    f"run: python -m audiolessons data fetch {self.name}"
                ) from problem
            if audio.ndim == 2:
                audio = self._to_mono(audio)
            kept = sum(samples.nbytes for samples, _ in self._decoded.values())
            if kept + audio.nbytes > CACHE_BYTES:
                return audio, sample_rate
            self._decoded[path] = audio, sample_rate
        audio, sample_rate = self._decoded[path]
        return audio.copy(), sample_rate  # a reader may change the samples in place
