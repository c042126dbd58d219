"""The networks of one seed, with a secret and without, and the test sounds that are explained."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import torch

from audiolessons import metrics
from audiolessons.recipes.large.explaining._methods import quiet_fill
from audiolessons.recipes.large.explaining._planted import Digits, Sounds, load, secret, train
from audiolessons.results import Row


class Run:
    """Two networks of one seed, trained when first asked for.

    Parameters
    ----------
    seed : int
    quick : bool
        Stand-ins, one epoch, few sounds.
    """

    def __init__(self, seed: int, *, quick: bool = False):
        self.seed, self.quick = seed, quick

    @property
    def digits(self) -> Digits:
        return load(stand_ins=self.quick)

    @property
    def digit(self) -> int:
        """Return the digit that beeps."""
        return secret(self.seed)

    @functools.cached_property
    def cheat(self) -> torch.nn.Module:
        return self._trained(self.digit)

    @functools.cached_property
    def honest(self) -> torch.nn.Module:
        return self._trained(None)

    def _trained(self, digit):
        options = {"epochs": 1} if self.quick else {}
        return train(self.digits, digit=digit, seed=self.seed, show_progress=False, **options)[0]

    @functools.cached_property
    def fill(self) -> torch.Tensor:
        return quiet_fill(self.digits)

    def judged(self, *, steps: tuple = (0, 2)) -> Sounds:
        """Return some of the first takes of every digit and voice of the test.

        Of 60, twelve for each of `steps`: every fifth, so that all voices and digits are there.
        """
        test = self.digits.test
        first = test.only(np.array([one.take for one in test.items]) == 0)
        if self.quick:
            return first.only(slice(0, None, 25))
        return first.only(np.isin(np.arange(len(first.items)) % 5, steps))

    def beeping(self) -> Sounds:
        """Return the test sounds of the digit that beeps."""
        test = self.digits.test
        return test.only(test.digits == self.digit).only(slice(0, None, 15 if self.quick else 1))


def said(runs, what: str) -> str:
    """Return how a row was measured: the source, what, and the seeds."""
    return f"{runs[0].digits.source}, {what}, seeds {tuple(run.seed for run in runs)}"


def over_speakers(name: str, values, speakers, *, how: str, **options) -> Row:
    """Return the mean of values, one a sound, with its interval when speakers are drawn anew."""
    values = np.asarray(values, dtype=float)
    spread = metrics.bootstrap_interval(values, groups=speakers)
    how = f"{how}, 95 % interval over {len(set(speakers))} speakers"
    return Row(name, float(values.mean()), how=how, spread=spread, **options)


def joined(parts: list[dict], combine: Callable = np.concatenate) -> dict:
    """Return what was measured in all runs together, key by key."""
    return {key: combine([part[key] for part in parts]) for key in parts[0]}
