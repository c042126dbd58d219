"""Echo cancellation: who speaks when in the scenes, and what a call holds."""

from collections import Counter

import numpy as np
import pytest
import torch

from audiolessons import datasets, results, signals
from audiolessons.recipes.tasks.denoising.noisy_voices import held_back_speakers
from audiolessons.recipes.tasks.echo import _residual, echo


def test_the_stored_scenes_are_what_was_asked():
    scenes = results.read_scenes("echo")
    assert {part: len(drawn) for part, drawn in scenes.items()} == {"valid": 18, "test": 36}
    for drawn in scenes.values():
        third = len(drawn) // 3
        assert sum(one["drive"] is not None for one in drawn) == third
        assert sum(one["moved"] is not None for one in drawn) == third
        assert sum(None not in (one["drive"], one["moved"]) for one in drawn) == third // 3
    measured = Counter(not one["room"].startswith("computed-") for one in scenes["test"])
    assert measured == {True: 18, False: 18}
    readers = {one[side][0].split("-")[0] for one in scenes["test"] for side in ("far", "near")}
    assert len(readers) == 10
    assert all(one["room"].startswith("computed-") for one in scenes["valid"])


@pytest.mark.data
def test_the_near_end_is_another_voice():
    for one in [scene for drawn in echo.scenes().values() for scene in drawn]:
        speakers = [{name.split("-")[0][:5] for name in one[side]} for side in ("far", "near")]
        assert not speakers[0] & speakers[1]


@pytest.fixture(scope="module")
def call():
    return echo.load("valid", n_calls=2)[1]


@pytest.mark.data
def test_a_call_has_the_levels_that_were_drawn(call):
    rate, scene = echo.SAMPLE_RATE, call.scene
    spoken, alone = slice(0, 12 * rate), slice(round(12.5 * rate), round(14.9 * rate))
    both = slice(15 * rate, round(19.5 * rate))
    assert abs(signals.level_db(call.far[spoken]) + 26) < 0.1
    assert max(signals.peak(call.far), signals.peak(call.microphone)) < 1
    assert abs(signals.level_db(call.echo[spoken]) - scene["echo_db"]) < 0.1
    assert abs(signals.level_db(call.near[both]) - scene["echo_db"] - scene["near_db"]) < 0.1
    noise = call.microphone - call.echo - call.near
    assert abs(signals.level_db(noise) - scene["echo_db"] + 30) < 0.1
    assert signals.level_db(call.echo[alone]) < scene["echo_db"] - 35
    for part in ("first", "converged", "after"):
        silent = call.near[call.is_echo_alone(part)]
        assert len(silent) >= 2.9 * rate
        assert np.max(np.abs(silent)) < 1e-3 * np.max(np.abs(call.near))


@pytest.mark.data
def test_what_is_scored_is_where_it_says(call):
    """Half of the echo left is 6 dB, where the far end is alone; the near end itself is perfect."""
    found = echo.scores(call, call.near + 0.5 * (call.microphone - call.near))
    erles = [value for name, value in found.items() if name.startswith("erle")]
    assert len(erles) == 3
    np.testing.assert_allclose(erles, 6.02, atol=0.1)
    perfect, nothing = (
        echo.scores(call, one) for one in (call.microphone - call.echo, call.microphone)
    )
    assert perfect["si_sdr_both"] > 20
    if "aecmos_echo" in found:  # the package is here
        assert 1 < nothing["aecmos_echo"] < perfect["aecmos_echo"] - 1 < 4


@pytest.mark.data
def test_the_kalman_filter_takes_most_of_the_echo(call):
    found = echo.scores(call, echo.run("kalman", call))
    assert found["erle_converged"] > 10
    assert found["si_sdr_both"] > 8


def test_what_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(echo.speex, "is_installed", lambda: False)
    assert "kalman" in echo.available()
    assert not {"speex", "speex, filter alone"} & set(echo.available())
    assert list(echo.measure(quick=True))[:4] == [
        "microphone",
        "block_nlms",
        "kalman",
        "kalman_and_network",
    ]


@pytest.mark.recordings("many_voices")  # all stand-ins are held back
def test_calls_to_train_on_share_no_voice_and_no_room_with_the_scenes():
    stored = [scene for drawn in results.read_scenes("echo").values() for scene in drawn]
    used = {name for scene in stored for side in ("far", "near") for name in scene[side]}
    rooms = {name for scene in stored for name in (scene["room"], scene["moved"])}
    held_back = set(held_back_speakers())
    for call in _residual.training_calls(2):
        names = {name.split("-")[0] for side in ("far", "near") for name in call.scene[side]}
        assert not names & used
        speakers = {datasets.load("many_voices")[name].speaker for name in names}
        assert len(speakers) == 2
        assert not speakers & held_back
        assert call.scene["room"] not in rooms
        assert call.scene["seed"] >= _residual.FIRST_SEED > max(one["seed"] for one in stored)


@pytest.mark.data
def test_the_network_takes_what_the_filter_leaves(call):
    before, after = (
        echo.scores(call, echo.run(name, call)) for name in ("kalman", echo.WITH_NETWORK)
    )
    assert after["erle_converged"] > before["erle_converged"] + 10
    assert after["erle_first_5s"] > 18
    assert after["si_sdr_near_alone"] > 15
    assert after["si_sdr_both"] > 8


def test_a_loss_that_is_lower_where_the_near_end_is_kept():
    near = np.array([1.0, 0.0])[:, None] * np.ones(3)  # two frames, three bands
    powers = torch.from_numpy(np.stack([near + 0.5, near]))[None].float()
    right = torch.tensor([[[0.8] * 3, [0.0] * 3]])
    losses = [
        float(_residual.loss(one, powers)) for one in (right, 0 * right, torch.ones_like(right))
    ]
    assert losses[0] < min(losses[1:])
