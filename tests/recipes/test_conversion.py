"""The recipe of voice conversion: takes kept apart, frames that fit, voices that come nearer."""

import numpy as np
import pytest

from audiolessons import metrics, results, voice
from audiolessons.bench.peers import world
from audiolessons.errors import AudioError
from audiolessons.recipes.speech.conversion import _converters, _pairs
from audiolessons.recipes.speech.conversion import conversion as recipe


@pytest.fixture(scope="module")
def pair():
    return recipe.load(n_takes=2)


def test_scenes_are_as_they_were_drawn_and_no_test_take_trains():
    scenes = results.read_scenes("conversion")
    assert scenes == recipe.scenes()
    assert len(scenes["test"]) == 4 * 20
    assert set(scenes["sentences"]) < set(_pairs.SENTENCES)
    for one in scenes["test"]:
        (digit, source, _), (same, target, wanted), (also, whose, other) = (
            one[key].split("_") for key in ("source", "target", "other")
        )
        assert digit == same == also
        assert target == whose != source
        assert wanted != other
        assert max(int(one[key][-1]) for key in one) < 5 <= min(_pairs.TRAIN_TAKES)


@pytest.mark.data
def test_aligned_frames_are_nearer_than_others(pair):
    x, y = _pairs.aligned(pair.said["train"], pair.wanted["train"])
    assert x.shape == y.shape
    fits = np.corrcoef((x * y).sum(axis=0), np.arange(x.shape[1]))  # finite throughout
    assert np.isfinite(fits).all()
    turned = np.roll(y, y.shape[1] // 2, axis=1)
    assert np.mean((x - y) ** 2) < np.mean((x - turned) ** 2)


@pytest.mark.data
@pytest.mark.parametrize("name", ["mean_variance", "ridge", "mixture", "neighbours"])
def test_a_converted_voice_is_nearer_to_its_target(pair, name):
    converter = recipe.train(name, pair)
    before, after = [], []
    for said, wanted in list(zip(pair.said["test"], pair.wanted["test"], strict=True))[:4]:
        new = converter.convert(said, lively=False)
        assert len(new) == len(said.audio)
        before.append(metrics.mel_cepstral_distortion(wanted.audio, said.audio, sample_rate=8000))
        after.append(metrics.mel_cepstral_distortion(wanted.audio, new, sample_rate=8000))
    assert np.mean(after) < np.mean(before)


@pytest.mark.data
def test_stretched_training_takes_have_the_variance_of_the_target(pair):
    converter = recipe.train("ridge", pair)

    def variance(takes, cepstra):
        frames = [cepstra(one)[:, one.is_voiced] for one in takes if one.is_voiced.sum() >= 2]
        return np.mean([metrics.global_variance(c) for c in frames], axis=0)

    wanted = variance(pair.wanted["train"], lambda one: one.cepstra[1:])
    found = variance(pair.said["train"], lambda one: converter.cepstra(one, lively=1))
    smooth = variance(pair.said["train"], lambda one: converter.cepstra(one, lively=0))
    np.testing.assert_allclose(found, wanted)
    assert np.exp(np.mean(np.log(smooth / wanted))) < 0.8


@pytest.mark.data
def test_readers_say_the_same_and_what_tests_does_not_train(monkeypatch):
    monkeypatch.setattr(_pairs, "SENTENCES", ("003", "011", "022"))
    pair = recipe.load_sentences(2)
    texts = {part: [one.label for one in takes] for part, takes in pair.said.items()}
    assert texts == {part: [one.label for one in takes] for part, takes in pair.wanted.items()}
    assert texts["test"]
    assert not set(texts["test"]) & set(texts["train"])
    converter = recipe.train("mean_variance", pair)
    [said, *_], [wanted, *_] = pair.said["test"], pair.wanted["test"]
    new = recipe.describe(converter.convert(said), sample_rate=16000)
    assert new.cepstra.shape[0] == 25
    before, after = recipe._distortion(wanted, said, said), recipe._distortion(wanted, new, said)
    assert after < before
    if world.is_installed():
        again = recipe.by_world(converter, said)
        assert len(again) == len(said.audio)
        assert metrics.mel_cepstral_distortion(new.audio, again, sample_rate=16000) < before


def test_pitch_is_moved_in_octaves_and_nowhere_without():
    converter = _converters.Converter(
        "none", lambda c: c, ((np.log(100), 0.1), (np.log(200), 0.2)), 1
    )
    ratios = converter.pitch_ratio(np.array([100.0, 100 * np.exp(0.1), np.nan]))
    np.testing.assert_allclose(ratios, [2, 2 * np.exp(0.1), 1])


def test_neighbours_in_time_stand_in_their_order():
    frames = np.arange(6.0).reshape(2, 3)
    wide = _converters.with_context(frames, context=1)
    np.testing.assert_array_equal(wide[2:4], frames)
    np.testing.assert_array_equal(wide[:2, 1:], frames[:, :-1])


@pytest.mark.data
def test_an_unknown_method_is_named(pair):
    with pytest.raises(AudioError, match="'magic'"):
        recipe.train("magic", pair)


def test_a_take_that_lost_its_pitch_counts_as_unconverted():
    said, wanted = (
        recipe.describe(voice.vowel(voice.VOWELS[word], sample_rate=8000))
        for word in ("hid", "hod")
    )
    lost = recipe.describe(0.1 * np.random.default_rng(0).standard_normal(4000))
    assert not lost.is_voiced.any()
    assert recipe._distortion(wanted, lost, said) == recipe._distortion(wanted, said, said) > 3
    assert recipe._distortion(wanted, wanted, said) == 0


@pytest.mark.data
def test_the_bench_measures_digits_and_sentences():
    measures = recipe.measure(quick=True)
    of_digits = {row.name: row for row in measures["mean_variance_lively"]()}
    assert list(of_digits) == ["mcd", "variance", "recognised", "verified"]
    assert of_digits["mcd"].value < next(measures["none"]()).value
    of_sentences = {row.name: row for row in measures["sentences_mean_variance"]()}
    assert list(of_sentences)[:2] == ["mcd", "variance"]
    assert 0 < of_sentences["mcd"].value < 15
