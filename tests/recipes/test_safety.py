"""Disguises, attackers, marks, machines and members: what the chapter on safety measures."""

import numpy as np
import pytest

from audiolessons import cli, datasets, results, signals, voice, watermark
from audiolessons.errors import AudioError
from audiolessons.recipes.large.safety import _attacks as attacks
from audiolessons.recipes.large.safety import _disguises as disguises
from audiolessons.recipes.large.safety import _generators as generators
from audiolessons.recipes.large.safety import _gives_away as gives_away
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


def test_a_steady_disguise_replaces_the_middle_of_all_sounds_of_the_speaker():
    sounds = list(datasets.load("many_voices", split="test"))
    sounds = [one for one in sounds if one.speaker == sounds[0].speaker][:2]
    made, alone = (
        disguises.disguise_all(name, sounds, sample_rate=RATE, seeds=[7, 7])
        for name in ("steady", "conversion")
    )
    own = disguises.manner([one.audio for one in sounds], sample_rate=RATE)
    wanted = disguises.disguise("steady", sounds[0].audio, sample_rate=RATE, seed=7, own=own)
    assert np.array_equal(made[0], wanted)
    assert not np.array_equal(made[0], alone[0])
    # The voice that was drawn: alone, each sound gets its middle; together, all of them do.
    middles = [np.mean([_cepstrum(one) for one in some], axis=0) for some in (made, alone)]
    assert np.abs(middles[0] - middles[1]).max() < 0.3
    apart = [np.abs(_cepstrum(some[0]) - _cepstrum(some[1])).max() for some in (made, alone)]
    assert apart[0] > apart[1]


def _cepstrum(audio):
    (mean, _), _ = disguises.manner([audio], sample_rate=RATE)
    return mean[:, 0]


def test_half_a_conversion_lies_between(sentence):
    whole, half, none = (
        _cepstrum(disguises.disguise(name, sentence, sample_rate=RATE, seed=3))
        for name in ("conversion", "conversion_half", "none")
    )
    between = (half - none) @ (whole - none) / ((whole - none) @ (whole - none))
    assert between == pytest.approx(0.5, abs=0.2)


def test_an_attacker_is_trained_once(tmp_path, monkeypatch):
    trained = []

    def train(name, *, seed):
        trained.append((name, seed))
        return anonymity.verifier.model(seed=seed).encoder

    monkeypatch.setattr(anonymity, "train", train)
    first, again = (anonymity.attacker("steady", seed=1, folder=tmp_path) for _ in range(2))
    assert trained == [("steady", 1)]
    for key, value in first.state_dict().items():
        assert np.array_equal(value, again.state_dict()[key])


def test_a_share_of_pairs_counts_those_that_differ_and_has_an_interval_over_speakers():
    true, told = np.array([20, 20, 30, 40]), np.array([1.0, 2.0, 3.0, 2.5])
    older = np.sign(true[:, None] - true)
    right = older * np.sign(told[:, None] - told) > 0
    value, (low, high) = gives_away.share_of_pairs(right, older != 0, same=True)
    assert value == pytest.approx(100 * 4 / 5)
    assert low < value < high


def test_pairs_of_the_same_speakers_are_drawn_together():
    """Then one good speaker drawn twice counts in rows and columns, and the interval is wider."""
    good = np.arange(60) % 5 > 0
    right, counted = good & good[:, None], np.ones((60, 60), bool)
    (low, high), (low_apart, high_apart) = (
        gives_away.share_of_pairs(right, counted, same=same)[1] for same in (True, False)
    )
    assert (high - low) / (high_apart - low_apart) == pytest.approx(np.sqrt(2), rel=0.1)


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
        kinds = ("mcadams", "listener_steady", "told_mcadams", "age_none", "child_steady")
        kinds = (*kinds, "retrained_conversion", "choice_attacked", "native_none")
        found = {name: found[name] for name in kinds}
    if recipe is synthetic:
        found = {name: found[name] for name in ("beginning", "without_mcadams")}
    for name, measured in found.items():
        rows = list(measured())
        assert rows or name == "quality"
        assert all(np.isfinite(row.value) for row in rows)
