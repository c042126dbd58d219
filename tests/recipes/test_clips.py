"""The recipe for environmental sounds: a fold that is tested is a fold never heard."""

import numpy as np
import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.recipes.learning import clips as recipe


@pytest.fixture(scope="module")
def clips():
    return recipe.load()


def test_the_folds_deal_every_clip_once(clips):
    parts = [clips.part([fold]) for fold in clips.folds]
    assert sum(len(part) for part in parts) == len(clips.fold)
    assert [len(part) for part in parts] == [int((clips.fold == f).sum()) for f in clips.folds]


def test_no_clip_stands_in_two_folds(clips):
    rows = [bytes(x.numpy()) for x in clips.tensors[0]]
    assert len(set(rows)) == len(rows)


def test_the_fold_that_is_tested_changes_nothing_of_what_is_learned(clips):
    fold = clips.folds[0]
    few = tuple(tensor[::4] for tensor in clips.tensors)
    spoilt = [tensor.clone() for tensor in few]
    rows = torch.from_numpy(clips.fold[::4] == fold)
    assert 0 < rows.sum() < len(rows)
    spoilt[0][rows] += 50.0
    spoilt[2][rows] = 0
    networks = [
        recipe.train(
            recipe.Clips(tensors, clips.fold[::4], clips.names, clips.source),
            test_fold=fold,
            setting="plain",
            epochs=1,
            show_progress=False,
        )[0]
        for tensors in (few, tuple(spoilt))
    ]
    for first, second in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(first, second)


def test_of_two_folds_that_are_unheard_nothing_is_learned(monkeypatch, clips):
    class ReachedError(Exception):
        pass

    def train(left, *, test_fold, **options):
        assert set(left.folds) - {test_fold} == set(clips.folds[2:])
        assert all(len(tensor) == len(left.fold) for tensor in left.tensors)
        raise ReachedError

    monkeypatch.setattr(recipe, "train", train)
    with pytest.raises(ReachedError):
        recipe.answers(clips, test_fold=clips.folds[0], also_unheard=clips.folds[1])


def test_an_unknown_setting_is_refused(clips):
    with pytest.raises(AudioError, match="setting"):
        recipe.train(clips, test_fold=clips.folds[0], setting="huge")


def test_an_unknown_fold_is_refused(clips):
    with pytest.raises(AudioError, match="test_fold"):
        recipe.train(clips, test_fold=9)


def test_a_single_fold_leaves_nothing_to_learn_from(clips):
    rows = clips.fold == clips.folds[0]
    alone = recipe.Clips(
        tuple(tensor[torch.from_numpy(rows)] for tensor in clips.tensors),
        np.asarray(clips.fold)[rows],
        clips.names,
        clips.source,
    )
    with pytest.raises(AudioError, match="the only one"):
        recipe.train(alone, test_fold=clips.folds[0])
