"""Who speaks: trials that share nothing but the voice, systems, training."""

import numpy as np
import pytest
import torch

from audiolessons import cli, datasets, filters, metrics, results, signals
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.speaker import _altered_voices as altered
from audiolessons.recipes.tasks.speaker import _voice_networks as networks
from audiolessons.recipes.tasks.speaker import _voice_trials as trials
from audiolessons.recipes.tasks.speaker import speaker


@pytest.fixture(scope="module")
def sounds():
    return speaker.load()


def test_nobody_is_tested_who_was_trained_on(sounds):
    known = {one.speaker for one in sounds.train}
    for part in trials.PARTS:
        assert known.isdisjoint(part_speakers(sounds, part))
    assert part_speakers(sounds, "valid").isdisjoint(part_speakers(sounds, "test"))
    children = set(datasets.load("many_voices", split="children").speakers)
    assert children.isdisjoint(known | part_speakers(sounds, "test"))


def part_speakers(sounds, part):
    known = trials._clean(part)
    return {known[scene["speech"].split("+")[0]].speaker for scene in sounds.scenes[part]}


def test_every_sound_is_altered_in_a_way_of_its_own(sounds):
    for part, fold in (("valid", 4), ("test", 5)):
        scenes = sounds.scenes[part]
        ways = {tuple(str(scene[k]) for k in sorted(scene) if k != "speech") for scene in scenes}
        assert len(ways) == len(scenes)
        table = datasets.load("environmental_sounds").table
        fold_of = dict(zip(table["id"], table["fold"], strict=True))
        assert {int(fold_of[scene["noise"]]) for scene in scenes} == {fold}
    assert all(isinstance(scene["room"], str) for scene in sounds.scenes["test"])
    assert not any(isinstance(scene["room"], str) for scene in sounds.scenes["valid"])


def test_no_digit_stands_on_two_sides(sounds):
    for n in trials.N_DIGITS:
        sides = [scene["speech"].split("+") for scene in sounds.scenes[f"digits_{n}"]]
        takes = [one for side in sides for one in side]
        assert len(takes) == len(set(takes))
        assert len(takes) == n * len(sides)


@pytest.mark.recordings("many_voices", "native_voices", "spoken_digits")
def test_the_stored_scenes_are_those_of_the_seed(tmp_path):
    assert cli.main(["scenes", "speaker", "-o", str(tmp_path)]) == 0
    assert results.read_scenes("speaker", folder=tmp_path) == results.read_scenes("speaker")


SCENE = {
    "room": [0.2, 0.0, 3],
    "room_db": -6.0,
    "noise": "hiss",
    "start": 100,
    "snr_db": 20.0,
    "low_hz": 200,
    "high_hz": 4000,
    "level_db": -30.0,
}


def test_an_altered_sound_by_hand():
    """The room, of which all but the beginning is lowered; noise, looped; the band; the level."""
    random = np.random.default_rng(0)
    voice, noise = random.normal(size=4000), random.normal(size=900)
    room, lowered = np.zeros((2, 600))
    room[[0, 30, 500]] = 1, 0.5, 0.4  # 30 samples are 1.9 ms
    lowered[[0, 30, 500]] = 1, 0.5, 0.4 * 10 ** (-6 / 20)
    heard = np.convolve(voice, lowered)[:4000]
    hiss = np.resize(np.roll(noise, -100), 4000)
    heard += hiss * np.sqrt(np.mean(heard**2) / np.mean(hiss**2) / 10**2)
    for design, edge_hz in ((filters.design_highpass, 200), (filters.design_lowpass, 4000)):
        heard = np.convolve(heard, design(edge_hz, sample_rate=16000, n_taps=257), mode="same")
    heard *= 10 ** (-30 / 20) / np.sqrt(np.mean(heard**2))
    ours = altered.alter(
        voice, SCENE | {"room": "hall"}, rooms={"hall": room}, noises={"hiss": noise}
    )
    np.testing.assert_allclose(ours, heard, atol=1e-5)
    assert room[500] == 0.4, "the room that was given has changed"


def test_what_is_drawn_lies_in_its_range_and_each_octave_alike():
    random, noises = np.random.default_rng(0), {"hiss": np.zeros(50)}
    scenes = [altered.draw_alteration(random, noises=noises) for _ in range(2000)]
    for key, (low, high) in {
        "room_db": altered.ROOM_DB,
        "snr_db": altered.SNR_DB,
        "low_hz": altered.LOW_HZ,
        "high_hz": altered.HIGH_HZ,
        "level_db": altered.LEVEL_DB,
        "start": (0, 49),
    }.items():
        values = np.array([scene[key] for scene in scenes])
        assert low <= values.min() < values.max() <= high
        middle = np.sqrt(low * high) if key.endswith("_hz") else (low + high) / 2
        assert np.median(values) == pytest.approx(middle, abs=0.03 * (high - low))


def test_rooms_begin_with_the_direct_sound_and_joined_sounds_have_pauses():
    for response in altered.house_rooms().values():
        assert abs(response[0]) == abs(response).max() == 1
    sounds = {name: altered.Voice(name, np.ones(800), "a", "man") for name in "xy"}
    one = altered.joined(sounds, "x+y")
    assert len(one.audio) == 1600 + 1600  # a tenth of a second
    assert not one.audio[800:2400].any()


def test_training_hears_noises_of_its_own_without_digital_silence():
    table = datasets.load("environmental_sounds").table
    fold_of = dict(zip(table["id"], table["fold"], strict=True))
    for name, noise in altered.noises("train").items():
        assert fold_of[name] in (1, 2, 3)
        assert (noise[1:] != noise[:-1]).mean() > 0.99


def test_an_altered_sound_has_its_level_and_its_band():
    random = np.random.default_rng(0)
    voice = random.normal(size=16000).astype(np.float32)
    noise = random.normal(size=9000).astype(np.float32)
    heard = altered.alter(voice, SCENE, rooms={}, noises={"hiss": noise})
    assert heard.shape == voice.shape
    assert heard.dtype == np.float32
    assert float(signals.level_db(heard)) == pytest.approx(-30, abs=0.01)
    power = abs(np.fft.rfft(heard)) ** 2
    hz = np.fft.rfftfreq(len(heard), 1 / 16000)
    inside = power[(hz > 400) & (hz < 3800)].mean()
    assert power[hz > 4300].mean() < 1e-3 * inside
    assert power[hz < 60].mean() < 0.1 * inside
    with pytest.raises(AudioError, match="noise is 'hum'"):
        altered.alter(voice, SCENE | {"noise": "hum"}, rooms={}, noises={"hiss": noise})


def test_trials_are_all_pairs_and_scores_are_cosines():
    sides = [altered.Voice(str(i), np.zeros(1), "ab"[i % 2], "woman") for i in range(5)]
    some = speaker.Trials(sides)
    assert len(some.truth) == 10
    assert some.truth.sum() == 4
    assert some.same_sex.all()
    vectors = np.random.default_rng(0).normal(size=(5, 3))
    by_hand = [
        vectors[i] @ vectors[j] / np.linalg.norm(vectors[i]) / np.linalg.norm(vectors[j])
        for i in range(5)
        for j in range(i + 1, 5)
    ]
    np.testing.assert_allclose(some.scores(vectors), by_hand)


def test_segments_are_a_speaker_at_three_speeds(sounds):
    voices = [one for one in sounds.train if one.speaker in sorted(known(sounds))[:2]][:2]
    noises = altered.noises("train")
    data = networks.prepare(voices, noises=noises, n_versions=2)
    x, lengths, target = data.tensors
    assert len(x) == len(voices) * 3 * 2
    assert x.shape[1] == 40
    assert set(target.tolist()) == set(range(3 * len({one.speaker for one in voices})))
    assert lengths.max() <= x.shape[2]
    again = networks.prepare(voices, noises=noises, n_versions=2)
    assert torch.equal(x, again.tensors[0])
    clean = networks.prepare(voices, noises=noises, n_versions=2, altered=False)
    assert not torch.equal(x, clean.tensors[0])


def test_speeds_move_the_pitch_and_pieces_are_cut_apart():
    tone = signals.sine(1000, duration_s=1, sample_rate=16000).astype(np.float32)
    voices = [altered.Voice(name, tone, name, "woman") for name in "ab"]
    x, lengths, target = networks.prepare(voices, noises={}, altered=False).tensors
    slow, as_it_is, fast = (int(x[i].mean(dim=1).argmax()) for i in (1, 0, 2))
    assert slow < as_it_is < fast
    assert target.tolist() == list(range(6))
    assert lengths.max() <= 112  # frames of 10 ms: slowed, the tone lasts 1.11 s
    assert not torch.equal(lengths[:3], lengths[3:])
    half = np.repeat([0.0, 1.0], 32000).astype(np.float32)
    random = np.random.default_rng(0)
    assert np.mean([networks._segment(random, half).mean() for _ in range(40)]) > 0.7


def known(sounds):
    return {one.speaker for one in sounds.train}


def test_training_learns_and_repeats_itself(sounds):
    data = networks.prepare(sounds.train[:6], noises=altered.noises("train"))
    losses = []
    for _ in range(2):
        network = networks.model(n_speakers=int(data.tensors[2].max()) + 1)
        history = networks.train(network, data, epochs=15, margin=0.0, show_progress=False)
        losses.append(history.train_loss)
    assert losses[0] == losses[1]
    assert losses[0][-1] < losses[0][0]


def test_systems_make_vectors(sounds):
    audio = np.random.default_rng(0).normal(size=16000).astype(np.float32)
    for name in ("floor", "mfcc", "lda", "network"):
        vector = speaker.system(name)(audio)
        assert vector.ndim == 1
        assert np.isfinite(vector).all()
    n_directions = min(speaker.N_DIRECTIONS, len(known(sounds)) - 1)
    assert len(speaker.system("lda")(audio)) == n_directions
    with pytest.raises(AudioError, match="system is 'ear'"):
        speaker.system("ear")


def test_the_floor_does_not_hear_the_voice():
    """What is loud does not enter it: the loud half of a sound may be anything."""
    random = np.random.default_rng(0)
    quiet, loud = 0.001 * random.normal(size=32000), random.normal(size=32000)
    one, two = (np.concatenate([quiet, part]) for part in (loud, np.sign(loud)))
    difference = np.abs(speaker.floor(one) - speaker.floor(two))[:-1]
    assert difference.max() < 1e-3


@pytest.mark.recordings("many_voices")
def test_the_network_beats_the_statistics(sounds):
    some = sounds.trials("test", n_ends=30)
    rates = [
        metrics.equal_error_rate(some.truth, speaker.score(some, speaker.system(name)))
        for name in ("network", "mfcc")
    ]
    assert rates[0] < 0.8 * rates[1]


def test_the_bench_gives_its_rows():
    found = speaker.measure(quick=True)
    assert {"floor", "mfcc", "lda", "network", "lead", "steps"} <= set(found)
    rows = {row.name: row for row in found["network"]()}
    parts = {"clean", "test", "same_sex", "native", "digits_1", "digits_3", "digits_5"}
    assert set(rows) == parts | {"cost", "least_cost", "llr_cost"}
    for part in parts:
        low, high = rows[part].spread
        assert 0 <= low <= rows[part].value <= high <= 100
    assert rows["least_cost"].value <= rows["cost"].value
    assert rows["clean"].value != rows["test"].value
    lead = {row.name: row.value for row in found["lead"]()}
    mfcc = {row.name: row.value for row in found["mfcc"]()}
    assert lead["digits_3"] == pytest.approx(100 * rows["digits_3"].value / mfcc["digits_3"])
