"""Scenes of spliced voices, detectors on them, and the network that is stored."""

import weakref

import numpy as np
import pytest
import torch

from audiolessons import editing, files, models
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.editing import editing as recipe
from audiolessons.recipes.tasks.editing import spoken_scenes
from audiolessons.results import read_scenes

HOP = spoken_scenes.HOP


@pytest.fixture(scope="module")
def scene():
    [one] = recipe.load("test", first=1)
    return one


def test_stored_scenes_keep_readers_and_noises_apart():
    stored = read_scenes("editing")
    assert {part: len(stored[part]) for part in stored} == spoken_scenes.N_SCENES
    noises = {part: {one["noise"][0] for one in stored[part]} for part in stored}
    assert noises == {"valid": {"4"}, "test": {"5"}}
    for one in stored["test"]:
        assert len(one["pauses_s"]) == len(one["sentences"]) + 1
        assert min(one["pauses_s"]) >= 0.5


def test_a_scene_is_silent_in_its_pauses_and_has_its_ratio(scene):
    assert len(scene.clean) == len(scene.noise) == len(scene.active) * HOP
    is_voice = np.repeat(scene.active, HOP)
    first = np.flatnonzero(scene.active)[0]
    assert first >= 45
    assert not scene.clean[: 45 * HOP].any()
    for snr_db in (0, 10):
        noise = scene.noisy(snr_db) - scene.clean
        ratio = np.mean(scene.clean[is_voice] ** 2) / np.mean(noise**2)
        assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.05)


@pytest.mark.parametrize("name", ["level", "likelihood", "gru"])
def test_detectors_find_a_voice_in_little_noise(name, scene):
    active = recipe.decide(name, recipe.scores(name, scene.noisy(20)))
    everything = np.ones_like(scene.active)
    assert recipe.frame_f1(scene.active, active) > recipe.frame_f1(scene.active, everything)
    with pytest.raises(AudioError, match="method is 'ear'"):
        recipe.scores("ear", scene.clean)


def test_the_network_hears_voices_and_no_others(scene):
    active = recipe.decide("gru", recipe.scores("gru", scene.noisy(10)))
    assert recipe.frame_f1(scene.active, active) > 0.9
    noise = recipe.decide("gru", recipe.scores("gru", scene.noise))
    assert noise.mean() < 0.2


def test_a_file_is_heard_as_its_sound_is(scene, tmp_path):
    audio = scene.noisy(10)
    files.save(tmp_path / "scene.wav", 0.5 * audio, sample_rate=16000, subtype="float")
    with files.reading(tmp_path / "scene.wav") as sound:
        ours = recipe.voice_segments(sound)
    level_db = editing.frame_level_db(0.5 * audio, sample_rate=16000)
    whole = recipe.decide("gru", recipe.scores("gru", 0.5 * audio), level_db=level_db)
    np.testing.assert_allclose(ours, editing.to_segments(whole), atol=0.021)


def test_no_answer_of_the_network_is_held_while_a_file_is_heard(tmp_path, monkeypatch):
    answers, most_alive = [], 0
    push = models.ActivityStream.push

    def watched(stream, part):
        nonlocal most_alive
        answer = push(stream, part)
        answers.append(weakref.ref(answer))
        most_alive = max(most_alive, sum(one() is not None for one in answers))
        return answer

    monkeypatch.setattr(models.ActivityStream, "push", watched)
    files.save(tmp_path / "long.wav", np.zeros(8000 * 60), sample_rate=8000)
    with files.reading(tmp_path / "long.wav") as sound:
        recipe.voice_segments(sound)
    assert len(answers) == 7  # six blocks, and what the network still owed
    assert most_alive <= 2  # the newest, and the one before it until then


def test_spliced_scenes_have_gaps_that_are_known(scene):
    [spliced] = recipe.load("test", first=1, is_spliced=True)
    is_voice = np.repeat(spliced.active, HOP)
    assert not spliced.clean[~is_voice].any()
    level = editing.relative_level_db(spliced.clean, sample_rate=spoken_scenes.SAMPLE_RATE)
    edges = (editing.to_segments(spliced.active) * 100).round().astype(int)
    assert level[edges[:, 0] + 1].min() > -20  # a piece sets in loudly, and ends so
    assert level[edges[:, 1] - 2].min() > -20
    assert scene.speaker == spliced.speaker
    assert scene.active.sum() > spliced.active.sum() > 0


def test_a_training_lowers_the_loss():
    segments, noise = recipe.training_set(first=6)
    torch.manual_seed(0)
    network = models.ActivityGRU(n_mels=16, hidden_size=12, n_layers=1)
    history = recipe.train(network, segments, noise, epochs=3, show_progress=False)
    assert history.train_loss[-1] < history.train_loss[0]


def test_cuts_are_right_only_near_their_places():
    truth = np.repeat([False, True, False], [50, 100, 50])
    assert recipe.cut_f1(truth, truth) == 1.0
    assert recipe.cut_f1(truth, np.roll(truth, 5)) == 1.0
    assert recipe.cut_f1(truth, np.roll(truth, 6)) == 0.0
