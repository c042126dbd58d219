"""Disguises, attackers, marks, machines and members: what the chapter on safety measures."""

import numpy as np
import pytest

from audiolessons import cli, datasets, results, signals, voice, watermark
from audiolessons.errors import AudioError
from audiolessons.recipes.large.safety import _attacks as attacks
from audiolessons.recipes.large.safety import _disguises as disguises
from audiolessons.recipes.large.safety import _generators as generators
from audiolessons.recipes.large.safety import anonymity, membership, synthetic, watermarking

RATE = 16000


@pytest.fixture(scope="module")
def sentence():
    sounds = datasets.load("many_voices", split="test")
    return signals.resample(sounds[0].audio, from_rate=sounds[0].sample_rate, to_rate=RATE)


@pytest.mark.parametrize("name", disguises.DISGUISES)
def test_a_disguise_keeps_length_and_level_and_draws_by_its_seed(sentence, name):
    made = disguises.disguise(name, sentence, sample_rate=RATE, seed=1)
    assert made.shape == sentence.shape
    assert made.dtype == np.float32
    assert signals.level_db(made) == pytest.approx(float(signals.level_db(sentence)), abs=0.1)
    again, other = (
        disguises.disguise(name, sentence, sample_rate=RATE, seed=seed) for seed in (1, 2)
    )
    assert np.array_equal(made, again)
    assert np.array_equal(made, other) == (name in ("none", "mcadams_fixed"))


def test_the_fixed_disguise_is_that_of_the_package(sentence):
    made = disguises.disguise("mcadams_fixed", sentence, sample_rate=RATE, seed=0)
    wanted = voice.mcadams(sentence.astype(np.float32), sample_rate=RATE, coefficient=0.8)
    assert np.array_equal(made, wanted)


def test_what_has_no_voice_stays_and_an_unknown_disguise_is_named():
    hush = np.zeros(4000, dtype=np.float32)
    assert not disguises.disguise("conversion", hush, sample_rate=RATE, seed=0).any()
    with pytest.raises(AudioError, match="disguise is 'beard'"):
        disguises.disguise("beard", hush, sample_rate=RATE, seed=0)


def test_an_attacker_finds_all_or_guesses():
    trials = anonymity.load().trials("test", altered=False, n_ends=6)
    speakers = [one.speaker for one in trials.sides]
    known = {name: row for row, name in enumerate(dict.fromkeys(speakers))}
    names = np.eye(len(known))[[known[name] for name in speakers]]
    assert anonymity.attack_rate(trials, names, names) == 0
    truth, cosines, who = anonymity.scores(trials, names, -names)
    assert len(truth) == len(cosines) == len(who) == 2 * len(trials.truth)
    assert anonymity.attack_rate(trials, names, -names) == 100


def test_attacks_do_what_they_say():
    tone = signals.sine(1000, duration_s=1.0, sample_rate=RATE).astype(np.float32)
    assert len(attacks.attack("half", tone)) == RATE // 2
    assert len(attacks.attack("speed", tone, speed=1.02)) == pytest.approx(RATE / 1.02, abs=2)
    softer = signals.level_db(attacks.attack("gain", tone)) - signals.level_db(tone)
    assert softer == pytest.approx(-12)
    noise = attacks.attack("noise", tone) - tone
    assert signals.level_db(tone) - signals.level_db(noise) == pytest.approx(20, abs=0.1)
    high = signals.sine(6000, duration_s=1.0, sample_rate=RATE)
    assert signals.level_db(attacks.attack("narrow", high)) < signals.level_db(high) - 30
    assert np.array_equal(attacks.attack("none", tone), tone)
    decoded = attacks.attack("mp3", tone)
    assert signals.level_db(decoded) == pytest.approx(float(signals.level_db(tone)), abs=0.5)


def test_marked_and_unmarked_clips_share_nothing():
    drawn = watermarking.load().scenes
    marked = {scene["sound"] for scene in drawn["marked"]}
    learned = {scene["sound"] for scene in drawn["calibration"]}
    assert marked.isdisjoint(learned)
    assert {scene["set"] for scene in drawn["unmarked"]}.isdisjoint({"read_speech"})
    assert all(abs(scene["speed"] - 1) <= attacks.LARGEST_SPEED for scene in drawn["marked"])


@pytest.mark.recordings("many_voices")
def test_the_stored_sentences_are_those_of_the_seed(tmp_path):
    assert cli.main(["scenes", "synthetic", "-o", str(tmp_path)]) == 0
    drawn = results.read_scenes("synthetic")
    assert results.read_scenes("synthetic", folder=tmp_path) == drawn
    assert not {one["sound"] for one in drawn["train"]} & {one["sound"] for one in drawn["test"]}


def test_the_mark_is_found_in_what_the_vocoder_says():
    _, audio = next(watermarking.load().marked(first=1))
    marked = watermark.add_mark(audio, sample_rate=RATE, key=watermarking.KEY)
    assert watermarking.score(marked) > watermark.THRESHOLD > watermarking.score(audio)


def test_silence_is_cut_at_both_ends_and_clips_are_alike():
    speech = np.random.default_rng(0).normal(size=RATE)
    hiss = 0.001 * np.random.default_rng(1).normal(size=RATE // 2)
    cut = generators.without_silence(np.concatenate([hiss, speech, hiss]))
    assert len(cut) == pytest.approx(len(speech), abs=RATE // 25)
    clip = generators.clip(speech)
    assert clip.shape == (round(generators.CLIP_S * RATE),)
    assert signals.level_db(clip) == pytest.approx(20 * np.log10(0.05), abs=0.1)


def test_recordings_begin_softer_than_what_was_made_only_as_published():
    published, cut = (synthetic.load("test", cut=cut, first=2) for cut in (False, True))
    made = synthetic.beginning_db(published["mcadams"])
    assert synthetic.beginning_db(published["recorded"]).mean() < made.mean() + 1
    assert np.array_equal(published["mcadams"], cut["mcadams"])


def test_half_of_each_voice_is_learned_and_given_away_the_more_the_less_weights_cost():
    table, speakers = membership.load(n_voices=2)
    drawn = membership.halves(table, speakers)
    assert len(drawn.lessons) + len(drawn.others) == len(table)
    assert set(drawn.taught.tolist()) == set(drawn.unheard.tolist()) == {0, 1}
    gaps = []
    for strength in (1e-4, 1e4):
        model = membership.train(drawn, strength=strength)
        known = membership.losses(model, drawn.lessons, drawn.taught)
        new = membership.losses(model, drawn.others, drawn.unheard)
        gaps.append(new.mean() - known.mean())
    assert gaps[0] > gaps[1]


@pytest.mark.parametrize("recipe", [anonymity, membership, synthetic, watermarking])
def test_everything_is_measured_quickly(recipe):
    found = recipe.measure(quick=True)
    if recipe is anonymity:  # one of each kind
        found = {name: found[name] for name in ("mcadams", "listener_conversion", "told_mcadams")}
    if recipe is synthetic:
        found = {name: found[name] for name in ("beginning", "without_mcadams")}
    for name, measured in found.items():
        rows = list(measured())
        assert rows or name == "quality"
        assert all(np.isfinite(row.value) for row in rows)
