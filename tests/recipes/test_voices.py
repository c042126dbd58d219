"""The recipe for voices never heard: nothing of the voice that is tested is learned."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audiolessons import signals, training
from audiolessons.errors import AudioError
from audiolessons.recipes import _held_out_voices as shared
from audiolessons.recipes.learning import voices as recipe


@pytest.fixture(scope="module")
def voices():
    return recipe.load()


def test_every_voice_is_tested_once_and_learned_at_every_speed_otherwise(voices):
    n_tested = 0
    for held_out in voices.speakers:
        learned, tested = voices.learned(held_out=held_out), voices.tested(held_out=held_out)
        (n_sounds,) = {len(part) for part in tested}
        assert len(tested) == len(shared.SPEEDS)
        assert len(learned) == len(shared.SPEEDS) * (len(voices.labels) - n_sounds)
        n_tested += n_sounds
    assert n_tested == len(voices.labels)


def test_no_sound_of_the_voice_that_is_tested_is_learned(voices):
    held_out = voices.speakers[0]
    learned = {bytes(x.numpy()) for x, *_ in voices.learned(held_out=held_out)}
    for part in voices.tested(held_out=held_out):
        assert not any(bytes(x.numpy()) in learned for x, *_ in part)


def test_labels_stay_with_their_sounds_at_every_speed(voices):
    _, _, labels = voices.learned(held_out=voices.speakers[0]).tensors
    own = voices.labels[torch.from_numpy(voices.speaker != voices.speakers[0])]
    assert labels.reshape(len(shared.SPEEDS), -1).eq(own).all()


def test_levels_count_from_the_loudest_point_and_padding_is_zero(voices):
    inside = torch.arange(voices.x.shape[-1]) < voices.lengths[..., None]  # (V, B, N)
    x = voices.x.transpose(2, 3)  # (V, B, N, F)
    assert float(x[inside].min()) == -1
    torch.testing.assert_close(voices.x.amax(dim=(2, 3)), torch.ones(voices.lengths.shape))
    assert float(x[~inside].abs().max()) == 0


def test_faster_is_shorter(voices):
    lengths = voices.lengths.double().mean(dim=1)
    assert lengths[0] > lengths[1] > lengths[2]
    slower = (lengths[0] / lengths[1]).item()
    assert slower == pytest.approx(shared.SPEEDS[1] / shared.SPEEDS[0], rel=0.1)


def test_a_gain_changes_nothing_of_what_the_network_is_given(monkeypatch, voices):
    trim = signals.trim_silence
    monkeypatch.setattr(signals, "trim_silence", lambda audio, **how: trim(0.05 * audio, **how))
    torch.testing.assert_close(recipe.load().x, voices.x, atol=1e-3, rtol=0)


def test_quiet_ends_are_cut(monkeypatch, voices):
    monkeypatch.setattr(shared, "THRESHOLD_DB", -200.0)  # nothing is quiet enough
    whole = recipe.load()
    assert (whole.lengths >= voices.lengths).all()
    assert whole.lengths.sum() > voices.lengths.sum()


def test_the_voice_that_is_tested_changes_nothing_of_what_is_learned(voices):
    held_out = voices.speakers[0]
    few = replace(
        voices,
        x=voices.x[:, ::9],
        lengths=voices.lengths[:, ::9],
        labels=voices.labels[::9],
        speaker=voices.speaker[::9],
    )
    rows = torch.from_numpy(few.speaker == held_out)
    assert 0 < rows.sum() < len(rows)
    x, labels = few.x.clone(), few.labels.clone()
    x[:, rows], labels[rows] = 5.0, 0
    networks = [
        recipe.train(one, held_out=held_out, setting="plain", epochs=1, show_progress=False)[0]
        for one in (few, replace(few, x=x, labels=labels))
    ]
    for first, second in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(first, second)


@pytest.mark.parametrize("is_right", [True, False], ids=["sure and right", "sure and wrong"])
def test_an_answer_that_is_sure_outweighs_two_that_are_not(monkeypatch, voices, is_right):
    held_out = voices.speakers[0]
    right = torch.nn.functional.one_hot(voices.tested(held_out=held_out)[0].tensors[2], 10).float()
    sure, unsure = (right, right.roll(1, 1)) if is_right else (right.roll(1, 1), right)
    answers = iter([unsure, 20 * sure, unsure])
    monkeypatch.setattr(training, "predict", lambda network, part, time_axis: next(answers))
    found = recipe.chances(None, voices.tested(held_out=held_out))
    assert recipe.share_right(voices, held_out, found) == is_right


def test_of_two_voices_that_are_unheard_nothing_is_learned(monkeypatch, voices):
    class ReachedError(Exception):
        pass

    def train(left, *, held_out, **options):
        heard = set(left.speakers) - {held_out}
        assert heard == set(voices.speakers[2:])
        assert len(left.labels) == left.x.shape[1] == left.lengths.shape[1]
        raise ReachedError

    monkeypatch.setattr(recipe, "train", train)
    with pytest.raises(ReachedError):
        recipe.answers(voices, held_out=voices.speakers[0], also_unheard=voices.speakers[1])


def test_each_voice_is_judged_by_three_others():
    pairs = recipe._pairs(["a", "b", "c", "d", "e", "f"])
    assert len(set(pairs)) == 9
    assert all(sum(one in pair for pair in pairs) == 3 for one in "abcdef")


def test_an_unknown_voice_is_named(voices):
    with pytest.raises(AudioError, match="'bach'"):
        recipe.train(voices, held_out="bach")


def test_a_single_voice_leaves_nothing_to_learn_from(voices):
    alone = replace(voices, speaker=np.full(len(voices.labels), "ann"))
    with pytest.raises(AudioError, match="the only voice"):
        recipe.train(alone, held_out="ann")
