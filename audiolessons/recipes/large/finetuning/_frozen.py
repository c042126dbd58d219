"""Few takes of a new voice for a network that stays as it is: a ridge classifier on its states."""

from __future__ import annotations

import functools

import numpy as np

from audiolessons import datasets, metrics
from audiolessons.recipes.large.finetuning import _probes
from audiolessons.recipes.large.finetuning._arms import NUMBERS
from audiolessons.recipes.large.finetuning._pretraining import NAME
from audiolessons.results import Row, read_scenes

GOAL = 95
LAYER = "layer_3"  # of the frozen descriptions, fixed before anything was measured
FROZEN = {  # what describes the digits, and whether the probe also learns from the other voices
    "frozen_cepstra": ("cepstra", True, False),
    "frozen_untrained": (LAYER, False, False),
    "frozen_speech": (LAYER, True, False),
    "frozen_cepstra_others": ("cepstra", True, True),
    "frozen_untrained_others": (LAYER, False, True),
    "frozen_speech_others": (LAYER, True, True),
}


def _drawn(quick):
    """Return {(seed, speaker): takes} as they were drawn, or the stand-ins' own."""
    sounds = datasets.load("spoken_digits")
    if sounds.source != "recordings":
        return {
            (0, one): sorted(set(sounds.table["take"][sounds.table["speaker"] == one]))[5:] or [5]
            for one in sounds.speakers
        }
    drawn = read_scenes("finetuning")["takes"][: 6 if quick else None]
    return {(one["seed"], one["speaker"]): one["takes"] for one in drawn}


@functools.cache
def _right(name, n, quick):
    kind, is_trained, others = FROZEN[name]
    table = _probes.tables("digit", is_trained=is_trained)[kind]
    return _probes.few_takes(table, _drawn(quick), n, others=others)


def _voices_row(name, values, *, how, unit="%", **options):
    by_sound = 100 * np.asarray(values, dtype=float).mean(axis=0)
    groups = np.repeat(np.arange(len(by_sound)), by_sound.shape[1])
    spread = metrics.bootstrap_interval(by_sound.ravel(), groups=groups)
    source = _probes.asked("digit").source
    how = f"{source}, {how}, {len(values)} draws of takes, 95 % interval over the voices"
    stored = {"weights": (NAME,), "exact": True}
    value = float(by_sound.mean())
    return Row(name, value, unit, how=how, spread=spread, **{**stored, **options})


def arm_rows(name: str, quick: bool):
    """Yield what a description reaches after 1 to 20 takes of a new voice.

    Chapter: large/finetuning
    """
    for n in NUMBERS[: 1 if quick else None]:
        how = f"frozen description, ridge classifier, {n} takes of each digit of a new voice"
        goal = f">= {GOAL}" if (name, n) == ("frozen_speech_others", 5) else ""
        yield _voices_row(f"n{n}", _right(name, n, quick), how=how, goal=goal)


def lead_rows(quick: bool):
    """Yield how far the pre-trained description is ahead, paired.

    Chapter: large/finetuning
    """
    for first, second in (
        ("frozen_speech", "frozen_untrained"),
        ("frozen_speech", "frozen_cepstra"),
        ("frozen_speech_others", "frozen_untrained_others"),
        ("frozen_speech_others", "frozen_cepstra_others"),
    ):
        for n in NUMBERS[: 1 if quick else None]:
            lead = _right(first, n, quick).astype(float) - _right(second, n, quick)
            name = f"{first}_{second}_n{n}".replace("frozen_", "")
            goal = ">= 0" if second == "frozen_untrained" else ""
            how = f"{first} less {second}, {n} takes, paired"
            yield _voices_row(name, lead, unit="points", how=how, goal=goal)


def own_label_rows(quick: bool):
    """Yield what labels of its own are worth to a probe.

    Chapter: large/finetuning
    """
    for name in ("frozen_untrained", "frozen_speech", "frozen_cepstra"):
        kind, is_trained, _ = FROZEN[name]
        table = _probes.tables("digit", is_trained=is_trained)[kind]
        found = _probes.own_labels(table, _drawn(quick))
        gain = found["after"].astype(float) - found["before"]
        short = name.removeprefix("frozen_")
        how = f"{name}, one take of each digit labelled"
        yield _voices_row(f"{short}.before", found["before"], how=how)
        yield _voices_row(f"{short}.sure", found["sure"], how=f"{how}, own labels that are right")
        how = f"{how}, and the surer half of 19 more by itself"
        yield _voices_row(f"{short}.after", found["after"], how=how)
        yield _voices_row(f"{short}.gain", gain, unit="points", how=how)
