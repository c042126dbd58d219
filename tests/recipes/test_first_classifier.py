"""The first classifiers: what they know, what they are scaled by, and that nothing leaks."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from audiolessons import datasets, features
from audiolessons.errors import AudioError
from audiolessons.recipes.sound import first_classifier as recipe


@pytest.fixture(autouse=True)
def embedded_set(monkeypatch):
    monkeypatch.delenv("AUDIOLESSONS_DATA", raising=False)
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "1")
    monkeypatch.setenv("AUDIOLESSONS_CACHE", "/nonexistent")


@pytest.fixture(scope="module")
def table():
    """Statistics of the embedded digits, computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AUDIOLESSONS_DATA", raising=False)
        patch.setenv("AUDIOLESSONS_OFFLINE", "1")
        patch.setenv("AUDIOLESSONS_CACHE", "/nonexistent")
        digits = datasets.load("spoken_digits")
        cepstra = recipe.cepstra_of(digits, **recipe.DIGIT_FRAMES)
    return np.stack([recipe.describe(one) for one in cepstra])


def test_one_part_is_mean_and_deviation():
    cepstra = np.random.default_rng(0).standard_normal((13, 40))
    np.testing.assert_allclose(recipe.describe(cepstra), features.summary_statistics(cepstra))


def test_three_parts_keep_the_order_that_one_part_forgets():
    cepstra = np.random.default_rng(0).standard_normal((13, 30))
    backwards = cepstra[:, ::-1]
    np.testing.assert_allclose(recipe.describe(cepstra), recipe.describe(backwards))
    assert not np.allclose(
        recipe.describe(cepstra, n_parts=3), recipe.describe(backwards, n_parts=3)
    )


def test_too_few_frames_are_refused():
    with pytest.raises(AudioError, match="at least 3 frames"):
        recipe.describe(np.zeros((13, 2)), n_parts=3)


def test_new_takes_are_easy_and_new_voices_are_not(table):
    official = recipe.spoken_digits_official(table=table)
    held_out = recipe.spoken_digits_held_out_speaker(table=table)
    assert official["n_test"] == 300
    assert official["accuracy"] > 0.95
    assert 0.5 < held_out["accuracy"] < official["accuracy"] - 0.1
    assert held_out["n_test"] == len(table)
    assert len(held_out["by_speaker"]) == 6
    right = held_out["truth"] == held_out["predicted"]
    for speaker, accuracy in held_out["by_speaker"].items():
        assert accuracy == pytest.approx(right[held_out["speaker"] == speaker].mean())


def test_the_same_table_knows_who_speaks(table):
    assert recipe.spoken_digits_official(table=table, target="speaker")["accuracy"] > 0.9


def test_a_table_without_sound_is_no_better_than_chance(table):
    noise = np.random.default_rng(0).standard_normal(table.shape)
    assert recipe.spoken_digits_official(table=noise)["accuracy"] < 0.2
    shuffled = np.random.default_rng(0).permutation(table)
    assert recipe.spoken_digits_official(table=shuffled)["accuracy"] < 0.2


def test_the_table_is_chosen_without_the_held_out_speaker(table):
    """A column that gives the digit away for one speaker only must not be chosen for his round."""
    digits = datasets.load("spoken_digits")
    speakers, labels = digits.table["speaker"], digits.label_ids
    useless = np.zeros((len(table), 1))
    only_ada = np.where(speakers == "ada", labels, 0)[:, np.newaxis].astype(float)
    result = recipe.spoken_digits_held_out_speaker(table={"ada": only_ada, "useless": useless})
    assert result["by_speaker"]["ada"] == pytest.approx(0.1)


def test_scaling_is_fitted_on_the_training_rows_alone(table, monkeypatch):
    """Whatever the test rows hold, scale and model stay the same."""
    digits = datasets.load("spoken_digits")
    is_test = digits.table["take"] < 5
    spoiled = table.copy()
    spoiled[is_test] = 1e6
    kept = []
    original = recipe.pipeline
    monkeypatch.setattr(
        recipe, "pipeline", lambda *given, **options: kept.append(original(*given)) or kept[-1]
    )
    recipe.spoken_digits_official(table=table)
    recipe.spoken_digits_official(table=spoiled)
    clean, other = (model[0] for model in kept)
    np.testing.assert_array_equal(clean.mean_, other.mean_)
    np.testing.assert_array_equal(clean.scale_, other.scale_)
    np.testing.assert_allclose(clean.mean_, table[~is_test].mean(axis=0), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", recipe.CLASSIFIERS)
def test_every_clip_is_tested_once(name):
    clips = datasets.load("environmental_sounds")
    table = clips.label_ids[:, np.newaxis] + 0.01 * np.arange(len(clips))[:, np.newaxis] % 3
    result = recipe.environmental_sounds_folds(classifier=name, table=table)
    assert result["n_test"] == len(clips)
    assert sorted(result["by_fold"]) == [1, 2, 3, 4, 5]
    assert result["accuracy"] > 0.9


def test_environmental_sounds_from_their_files():
    result = recipe.environmental_sounds_folds()
    assert 0.65 < result["accuracy"] < 0.95
    assert result["spread"] > 0


def test_a_random_forest_is_repeatable(table):
    rows, labels = table[:200], datasets.load("spoken_digits").label_ids[:200]
    first, again = (
        recipe.pipeline("random forest", seed=3).fit(rows, labels).predict_proba(rows)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


def test_cross_validation_by_group_is_the_harder_question():
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(20), 10)
    labels = random.integers(0, 2, 20)[group]  # coins: nothing to learn across groups
    table = random.standard_normal((20, 5))[group] + 0.01 * random.standard_normal((200, 5))
    assert recipe.cross_validated(table, labels) > 0.9
    assert recipe.cross_validated(table, labels, groups=group) < 0.75


def test_bad_settings_are_named():
    with pytest.raises(AudioError, match="classifier is 'svn'"):
        recipe.pipeline("svn")
    with pytest.raises(AudioError, match="a row for each of 720 sounds"):
        recipe.spoken_digits_official(table=np.zeros((3, 26)))
    with pytest.raises(AudioError, match="target is 'gender'"):
        recipe.spoken_digits_official(target="gender")


def test_the_split_of_a_library_puts_slices_of_one_recording_on_both_sides():
    """The fault of the chapter's bug hunt, as a fact about the usual function."""
    recording = np.repeat(np.arange(20), 10)
    train, test = train_test_split(recording, random_state=0)
    assert set(train) & set(test)
