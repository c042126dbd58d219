"""Denoising: mixtures from a seed, nothing tested that was trained on, weights that are theirs."""

import functools
import json

import numpy as np
import pytest
import torch

from audiolessons import cli, datasets, metrics, models, results, signals
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.denoising import _denoisers as denoisers
from audiolessons.recipes.tasks.denoising import denoising, noisy_speech
from audiolessons.results import weights


@pytest.fixture(scope="module")
def sounds():
    return denoising.load()


def test_a_mixture_is_its_parts_at_its_ratio(sounds):
    for one in sounds.test[::17] + sounds.other[::17]:
        np.testing.assert_allclose(one.noisy, one.clean + one.noise, atol=1e-6)
        assert metrics.snr_db(one.clean, one.noisy) == pytest.approx(one.snr_db, abs=0.01)
        assert one.noisy.dtype == np.float32


def test_the_same_seed_gives_the_same_samples(sounds, monkeypatch):
    for name in ("_speech", "_noises"):  # read once for the two that are drawn here
        monkeypatch.setattr(noisy_speech, name, functools.cache(getattr(noisy_speech, name)))
    again, other = denoising.load(), denoising.load(seed=1)
    for one, two in zip(sounds.valid[::9], again.valid[::9], strict=True):
        assert one.noisy.tobytes() == two.noisy.tobytes()
    assert sounds.valid[0].noisy.tobytes() != other.valid[0].noisy.tobytes()


def test_the_same_pairs_stand_at_every_ratio(sounds):
    by_ratio = {}
    for one in sounds.test:
        by_ratio.setdefault(one.snr_db, []).append((one.speech_id, one.noise_id))
    assert list(by_ratio) == [0, 5, 10, 15]
    first, *others = by_ratio.values()
    assert len(first) == 30
    assert all(pairs == first for pairs in others)


def test_sentences_and_noises_are_tested_that_were_never_trained_on(sounds):
    for part, folds in (("valid", {4}), ("test", {5})):
        table = datasets.load("environmental_sounds").table
        fold_of = dict(zip(table["id"], table["fold"], strict=True))
        mixtures = getattr(sounds, part)
        assert {int(fold_of[one.noise_id]) for one in mixtures} == folds
        sentences = {one.speech_id for one in mixtures}
        assert sentences <= {one.id for one in datasets.load("read_speech", split=part)}
    assert {one.noise_name for one in sounds.test} == set(noisy_speech.NOISES)
    assert {one.noise_name for one in sounds.other} == set(noisy_speech.OTHER_NOISES)


def test_other_voices_speak_for_three_seconds_and_more(sounds):
    assert min(len(one.clean) for one in sounds.other) >= 3 * denoising.SAMPLE_RATE
    voices = {one.speech_id.split("_")[1] for one in sounds.other}
    assert voices == set(datasets.load("spoken_digits").speakers)


@pytest.mark.recordings("read_speech", "environmental_sounds", "spoken_digits")
def test_the_stored_scenes_are_those_of_the_seed(tmp_path, capsys):
    assert cli.main(["scenes", "denoising", "-o", str(tmp_path)]) == 0
    drawn = results.read_scenes("denoising", folder=tmp_path)
    assert results.read_scenes("denoising") == drawn


def test_training_sounds_have_levels_of_their_own(sounds):
    levels = [float(signals.level_db(one.numpy())) for one in sounds.speech]
    assert max(levels) - min(levels) > 10
    assert sounds.speech.shape[1] == noisy_speech.SEGMENT_S * denoising.SAMPLE_RATE
    assert (sounds.noise.abs().amax(dim=1) > 0).all()


def test_training_learns_and_repeats_itself(sounds):
    speech, noise = sounds.speech[:16, :8000], sounds.noise[:6]
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        network = models.MaskGRU(hidden_size=16, n_layers=1)
        history = denoising.train(
            network, speech, noise, epochs=6, learning_rate=0.01, show_progress=False
        )
        losses.append(history.train_loss)
    assert losses[0] == losses[1]
    assert losses[0][-1] < losses[0][0] - 1


@pytest.mark.parametrize("name", denoisers.SETTINGS)
def test_the_stored_networks_clean(sounds, name):
    """On the stand-ins as well, which are another voice in other noises than they learned from."""
    network = denoising.trained(name)
    gains_db = []
    for one in [one for one in sounds.test if one.snr_db == 5][:6]:
        cleaned = denoising.enhance(network, one.noisy)
        before, after = (metrics.si_sdr_db(one.clean, x) for x in (one.noisy, cleaned))
        gains_db.append(after - before)
    assert np.mean(gains_db) > (5 if sounds.source == "recordings" else 1)


@pytest.mark.parametrize("name", denoisers.SETTINGS)
def test_the_record_says_how_the_weights_were_made(name):
    record = weights.read_record(f"denoiser-{name}")
    assert record["source"] == "recordings"
    assert (
        record["epochs"] == denoisers.SETTINGS[name].epochs == len(record["history"]["train_loss"])
    )
    assert record["command"] == denoisers.COMMAND
    assert record["parameters"] == sum(w.numel() for w in denoising.model(name).parameters())


def test_the_command_trains_stores_and_loads(sounds, tmp_path, monkeypatch, capsys):
    tiny = noisy_speech.NoisySpeech(0)
    monkeypatch.setitem(tiny.__dict__, "speech", sounds.speech[:4, :8000])
    monkeypatch.setitem(tiny.__dict__, "noise", sounds.noise[:2])
    monkeypatch.setitem(tiny.__dict__, "valid", sounds.valid[:2])
    monkeypatch.setattr(denoising, "load", lambda: tiny)
    assert cli.main(["train", "denoising", "--epochs", "1", "-o", str(tmp_path)]) == 0
    assert "denoiser-crn.npz" in capsys.readouterr().out
    network = denoising.trained("gru", folder=tmp_path)
    assert not network.training
    assert json.loads((tmp_path / "denoiser-gru.json").read_text())["epochs"] == 1


def test_a_damaged_file_is_not_used(tmp_path):
    network = torch.nn.Linear(2, 2)
    path = weights.save(network, "small", record={"command": "the command"}, folder=tmp_path)
    assert weights.load(torch.nn.Linear(2, 2), "small", folder=tmp_path)["bytes"] > 0
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"not the file that was stored.*the command"):
        weights.load(network, "small", folder=tmp_path)


def test_weights_of_another_network_are_not_used(tmp_path):
    weights.save(torch.nn.Linear(2, 2), "small", record={}, folder=tmp_path)
    with pytest.raises(AudioError, match="another network"):
        weights.load(torch.nn.Linear(3, 2), "small", folder=tmp_path)
    with pytest.raises(AudioError, match="there are small"):
        weights.load(torch.nn.Linear(2, 2), "large", folder=tmp_path)


def test_storing_rounds_the_network_as_well(tmp_path):
    network = torch.nn.Linear(3, 3)
    weights.save(network, "small", record={}, folder=tmp_path)
    again = torch.nn.Linear(3, 3)
    weights.load(again, "small", folder=tmp_path)
    assert torch.equal(network.weight, again.weight)


def test_every_method_gives_a_sound_of_the_same_length(sounds):
    one = sounds.test[0]
    for name in (*denoising.METHODS, *denoising.ORACLES):
        estimate = denoising.run(name, one)
        assert estimate.shape == one.clean.shape, name
        assert np.isfinite(estimate).all(), name
    with pytest.raises(AudioError, match="magic"):
        denoising.run("magic", one)


def test_oracles_lead_and_the_noisy_sound_scores_its_ratio(sounds):
    table = denoising.compare(sounds.test[:3], names=["noisy", "wiener", "oracle wiener"])
    assert table["noisy", 0]["SI-SDR"] == pytest.approx(0, abs=0.2)
    assert table["oracle wiener", 0]["SI-SDR"] > table["wiener", 0]["SI-SDR"] + 3


def test_only_one_sound_at_a_time():
    with pytest.raises(AudioError, match=r"shape \(2, 100\)"):
        denoising.enhance(denoising.model("gru"), np.zeros((2, 100)))


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (np.ones(600, dtype=np.int16), "divide integer samples"),
        (np.array([0.0, np.nan]), "NaN or infinite"),
        (np.zeros(0, dtype=np.float32), "give at least 1"),
        (np.ones(600, dtype=complex), "complex"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_sound_is_not_cleaned(audio, said):
    with pytest.raises(AudioError, match=said):
        denoising.enhance(denoising.model("gru"), audio)
    with pytest.raises(AudioError, match="network is a Linear"):
        denoising.enhance(torch.nn.Linear(2, 2), np.ones(600))


@pytest.mark.parametrize("record", ["{bad", "{}", "[]"])
def test_a_damaged_record_is_named(tmp_path, record):
    network = torch.nn.Linear(2, 2)
    path = weights.save(network, "small", record={}, folder=tmp_path)
    path.with_suffix(".json").write_text(record, encoding="utf-8")
    with pytest.raises(AudioError, match=r"small\.json is no record"):
        weights.load(network, "small", folder=tmp_path)
    path.with_suffix(".json").unlink()
    with pytest.raises(AudioError, match="there are none"):
        weights.load(network, "small", folder=tmp_path)


def test_nothing_to_mix_or_to_choose_with():
    with pytest.raises(AudioError, match="0 sentences and 0 noises"):
        noisy_speech.draw([], [], n_each=1)
    network = models.MaskGRU(hidden_size=4, n_layers=1)
    sounds = torch.randn(2, 4000)
    past = denoising.train(network, sounds, sounds, [], epochs=1, show_progress=False)
    assert not past.valid_loss
