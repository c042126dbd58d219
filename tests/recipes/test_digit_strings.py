"""The recipe of digit strings: who is on which side, what is joined, and that a network learns."""

import numpy as np
import pytest
import torch

from audiolessons import matching
from audiolessons.errors import AudioError
from audiolessons.recipes.speech.recognition import _digit_lessons, _digit_training, _joined
from audiolessons.recipes.speech.recognition import digit_strings as recipe
from audiolessons.recipes.speech.recognition._joining import Joiner


@pytest.fixture(scope="module")
def takes():
    return recipe.load()


def test_parts_share_no_take_and_each_string_has_one_voice(takes):
    parts = [takes.part(name) for name in ("train", "valid", "test")]
    assert (np.sum(parts, axis=0) == 1).all()
    drawn = _joined.scenes(takes, seed=3)
    for part in ("valid", "test"):
        allowed = dict(
            zip(takes.id[takes.part(part)], takes.speaker[takes.part(part)], strict=True)
        )
        for one in drawn[part]:
            assert len({allowed[name] for name in one["takes"]}) == 1
            assert 2 <= len(one["takes"]) <= 7


def test_a_join_has_its_takes_where_the_gaps_put_them():
    loud = _joined.even(np.ones(800, dtype=np.float32))
    string = _joined.join(
        [loud, loud],
        gaps_ms=[50, 100, 25],
        levels_db=[0, -20],
        snr_db=60,
        rng=np.random.default_rng(0),
    )
    assert string.size == 400 + 800 + 800 + 800 + 200
    np.testing.assert_allclose(string[600:1000], 0.1, atol=0.005)
    np.testing.assert_allclose(string[1300:1900], 0, atol=0.005)
    np.testing.assert_allclose(string[2200:2500], 0.01, atol=0.005)
    assert np.abs(string[1300:1900]).min() < np.abs(string[1300:1900]).max()  # never quite silent


def test_a_batch_of_strings_is_what_joining_one_by_one_gives(takes, monkeypatch):
    for name, pair in {"GAPS_MS": (100, 101), "LEVELS_DB": (-3, -3), "SNRS_DB": (60, 60)}.items():
        monkeypatch.setattr(_joined, name, pair)
    voice = takes.speakers[1]
    rows = np.flatnonzero((takes.speaker == voice) & (takes.take == takes.take.max()))
    joiner = Joiner(takes, rows, seed=0, device="cpu")  # one take of each digit
    for audio, n, digits in zip(*joiner.batch(3, 4), strict=True):
        chosen = [rows[takes.digit[rows] == digit][0] for digit in digits.tolist()]
        one = _joined.join(
            [_joined.even(takes.audio[row]) for row in chosen],
            gaps_ms=[100] * 5,
            levels_db=[-3] * 4,
            snr_db=60,
            rng=np.random.default_rng(0),
        )
        assert len(one) == n
        np.testing.assert_allclose(audio[:n], one, atol=0.001)  # two noises
        assert not audio[n:].any()


def test_what_is_all_right_is_what_the_likeliest_path_says():
    random = np.random.default_rng(0)
    paths = random.integers(0, 3, size=(40, 6))
    n_frames = random.integers(3, 7, size=40)
    tokens = random.integers(1, 3, size=(40, 3))
    n_tokens = random.integers(1, 4, size=40)
    logits = torch.eye(4)[torch.from_numpy(paths)]
    said = [matching.best_path(one[:n]) for one, n in zip(logits.numpy(), n_frames, strict=True)]
    wanted = [one[:n].tolist() for one, n in zip(tokens, n_tokens, strict=True)]
    right = _digit_training.all_right(
        (logits, torch.from_numpy(n_frames)), (torch.from_numpy(tokens), torch.from_numpy(n_tokens))
    )
    assert right.tolist() == [one == other for one, other in zip(said, wanted, strict=True)]
    assert 0 < right.sum() < 40


def test_lessons_say_what_their_tokens_say(takes):
    rows = np.flatnonzero(takes.part("train"))
    lessons = _digit_lessons.Lessons(
        takes, rows, setting=_digit_lessons.SETTINGS["varied"], n_batches=3, n_digits=8
    )
    assert {int(n) for *_, (_, n_tokens) in lessons for n in n_tokens} <= {1, 2}
    list(lessons)
    for x, lengths, (tokens, n_tokens) in lessons:  # the third epoch
        assert x.shape[2] == lengths.max()
        assert len(tokens) == len(x)
        assert len(set(n_tokens.tolist())) == 1
        assert tokens.min() >= 1
        assert tokens.max() <= 10


def test_what_slowing_saves_is_a_difference_over_the_same_children():
    rows = {row.name: row for row in recipe.measure(quick=True)["stored"]()}
    saved = rows["slowing_saves"]
    assert saved.value == rows["children"].value - rows["children_slowed"].value
    assert saved.spread[0] <= saved.value <= saved.spread[1]


def test_an_unknown_voice_take_or_setting_is_named(takes):
    with pytest.raises(AudioError, match="held_out is 'nobody'"):
        recipe.train(takes, held_out=("nobody",))
    with pytest.raises(AudioError, match="setting is 'slow'"):
        recipe.train(takes, setting="slow")
    missing = {"takes": ["7_nobody_3"], "gaps_ms": [0, 0], "levels_db": [0], "snr_db": 30}
    with pytest.raises(AudioError, match="7_nobody_3"):
        _joined.make(takes, [missing])


def test_what_was_stored_hears_single_strings_of_any_length(takes):
    network = recipe.trained()
    some = recipe.strings(takes, "test").some(np.arange(0, 300, 60))
    alone = [recipe.recognise(network, [one])[0] for one in some.audio]
    assert recipe.recognise(network, some.audio) == alone  # padding changes nothing
    tokens = matching.best_path(recipe.log_probs(network, some.audio[0]))
    assert " ".join(recipe.WORDS[token - 1] for token in tokens) == alone[0]
    if takes.source == "recordings":
        right = np.mean([one == other for one, other in zip(some.texts, alone, strict=True)])
        assert right >= 0.6
