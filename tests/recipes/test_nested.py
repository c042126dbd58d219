"""A setting is chosen for a part by what is not in it, and each part is tested once."""

from itertools import combinations

import pytest
import torch

from audiolessons import results
from audiolessons.recipes import _nested

PARTS = (1, 2, 3)


def judged(worth):
    """Rows where the network without `one` and `other` has `worth[one, other]` on `one`."""
    return {
        row.name: row
        for row in _nested.inner_rows(
            lambda one, other: [(one, worth[one, other]), (other, worth[other, one])],
            right=lambda part, answer: answer[1] if answer[0] == part else pytest.fail("mixed up"),
            pairs=combinations(PARTS, 2),
            of="fold",
            source="made up",
        )
    }


def test_a_part_has_no_say_in_its_own_judgement():
    """worth[a, b]: how networks without a and b do on a; it may judge for b alone."""
    worth = {(a, b): 0.1 * a + 0.01 * b for a in PARTS for b in PARTS}
    rows = judged(worth)
    assert rows["fold_1"].value == pytest.approx(100 * (0.21 + 0.31) / 2)
    assert rows["fold_3"].value == pytest.approx(100 * (0.13 + 0.23) / 2)
    assert rows["accuracy"].value == pytest.approx(sum(rows[f"fold_{p}"].value for p in PARTS) / 3)
    assert "mean of 2 other folds" in rows["fold_1"].how


def test_the_best_setting_of_each_part_is_read_from_the_store(tmp_path):
    for setting, shares in {"plain": (0.5, 0.9), "wide": (0.7, 0.8)}.items():
        rows = [results.Row(f"fold_{i}", 100 * one) for i, one in enumerate(shares, start=1)]
        results.add("sounds", f"inner_{setting}", rows, {}, folder=tmp_path)
    chosen = [_nested.choose("sounds", ("plain", "wide"), i, folder=tmp_path) for i in (1, 2, 3)]
    assert chosen == ["wide", "plain", "plain"]  # nothing judged for the third: the first


def test_seeds_are_averaged_and_voted():
    """Two networks in three are a little wrong, one is surely right: together they are right."""
    answer = {0: [[0.4, 0.6]], 1: [[0.9, 0.1]], 2: [[0.4, 0.6]]}
    rows = {
        row.name: row
        for row in _nested.outer_rows(
            lambda part, seed: torch.tensor(answer[seed]),
            right=lambda part, chances: float(chances.argmax(dim=1)[0] == 0),
            parts=["Ann B."],
            seeds=(0, 1, 2),
            of="voice",
            source="made up",
            goal="",
        )
    }
    third = pytest.approx(100 / 3)
    assert {name: row.value for name, row in rows.items()} == {
        "accuracy": third,
        "seeds": third,
        "voted": 100,
        "ann_b": third,
    }
    assert rows["seeds"].spread == (0, 100)  # from seed to seed
    assert rows["accuracy"].spread == (third, third)  # from voice to voice: there is one
