"""One measured figure: its name, value, spread, unit, goal, and how it was measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import mean

from audiolessons import metrics


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Parameters
    ----------
    name : str
        Short and stable, of small letters, digits, underscores and dots, such as "stoi_5db". The
        bench puts the name of the measurement before it: "crn.stoi_5db".
    value : float
    unit : str
        Of `value` and `spread`.
    goal : str
        "", or "<= 1.25" or ">= 90" in the same unit.
    how : str
        What was measured, on what, with which seeds, and what the spread is.
    spread : (low, high), optional
        From the lowest to the highest over seeds, voices or folds, or an interval of 95 %.
    weights : sequence of str
        The stored weights that it was measured with, such as "denoiser-crn".
    exact : bool
        Whether measuring again gives the same value, as nothing is trained.
    of_machine : bool
        Whether it is a speed or a size of this machine, which is not kept with the book.

    Examples
    --------
    >>> Row("page", 2.7, "MB", "<= 2.5", "gzip").ok
    False
    >>> Row("page", 2.7, "MB").ok is None
    True

    Chapter: reference/how-to-use
    """

    name: str
    value: float
    unit: str = ""
    goal: str = ""
    how: str = ""
    spread: tuple | None = None
    weights: tuple = ()
    exact: bool = False
    of_machine: bool = False

    @property
    def ok(self) -> bool | None:
        """Whether the goal was met; None where there is none."""
        if not self.goal:
            return None
        relation, limit = self.goal.split()
        return self.value <= float(limit) if relation == "<=" else self.value >= float(limit)

    @classmethod
    def share(cls, name: str, share: float, n_test: int, *, how: str = "", **options) -> Row:
        """Return a share from 0 to 1 in percent, with its interval over the test items.

        Examples
        --------
        >>> Row.share("accuracy", 0.9, 100).spread
        (82.56, 94.48)
        """
        low, high = metrics.wilson_interval(round(share * n_test), n_test)
        how = f"{how}, 95 % interval over {n_test} test items".removeprefix(", ")
        return cls(name, 100 * share, "%", how=how, spread=(100 * low, 100 * high), **options)

    @classmethod
    def several(cls, name: str, values, unit: str = "", *, how: str, **options) -> Row:
        """Return the mean of several runs or parts, with the lowest and the highest.

        Examples
        --------
        >>> Row.several("accuracy", [80.0, 90.0], "%", how="two voices").value
        85.0
        """
        how = f"{how}, from the lowest to the highest"
        return cls(name, mean(values), unit, how=how, spread=(min(values), max(values)), **options)

    @classmethod
    def average(cls, name: str, values, unit: str = "", *, how: str, of: str, **options) -> Row:
        """Return the mean over test items, with its interval over them (bootstrap).

        Examples
        --------
        >>> row = Row.average("si_sdr", [1.0, 2.0, 3.0], "dB", how="white noise", of="mixtures")
        >>> row.how
        'white noise, 95 % interval over 3 mixtures'
        """
        how = f"{how}, 95 % interval over {len(values)} {of}"
        spread = metrics.bootstrap_interval(values)
        return cls(name, mean(values), unit, how=how, spread=spread, **options)


def slug(name: str) -> str:
    """Return a name as rows want it: small letters, digits and underscores.

    Examples
    --------
    >>> slug("noisereduce, 80 %")
    'noisereduce_80'

    Chapter: reference/how-to-use
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
