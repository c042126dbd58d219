"""Many voices in noise: the training on one core for seconds, what is stored, what is measured."""

import itertools
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.denoising import (
    _made_noise,
    _voice_mixing,
    _voice_training,
    voices_in_noise,
)


@pytest.fixture(autouse=True)
def few_rooms(monkeypatch):
    monkeypatch.setattr(_voice_mixing, "N_ROOMS", 8)


@pytest.fixture(scope="module")
def material():
    rng = np.random.default_rng(0)
    sentences = [0.1 * np.sin(0.1 * rng.uniform(0.5, 2) * np.arange(50000)) for _ in range(2)]
    noises = [_made_noise.made_noise(number) for number in range(8)]
    return _voice_training.pack([one.astype(np.float32) for one in sentences], noises)


def mixer(material, seed=0):
    return _voice_mixing.Mixer(material, segment_s=0.5, seed=seed, device=torch.device("cpu"))


def test_mixtures_are_finite_and_come_again_with_their_seed(material):
    (noisy, clean), (again, _) = (mixer(material).batch(32) for _ in range(2))
    assert noisy.shape == clean.shape == (32, 8000)
    assert torch.isfinite(noisy).all()
    assert torch.equal(noisy, again)
    assert not torch.equal(noisy, mixer(material, seed=1).batch(32)[0])


def test_ratios_and_levels_lie_in_their_ranges(material):
    noisy, clean = mixer(material).batch(64)
    voice, noise = (one.square().mean(dim=1) for one in (clean, noisy - clean))
    both = (voice > 0) & (noise > 1e-3 * voice)
    ratio_db = 10 * torch.log10(voice / noise)[both]
    assert -5.1 < ratio_db.min() < ratio_db.max() < 25.1
    level_db = 10 * torch.log10(voice[voice > 0])
    assert -45.1 < level_db.min() < level_db.max() < -11.9


def test_there_are_voices_alone_and_noises_alone(material, monkeypatch):
    monkeypatch.setattr(_voice_mixing, "CLEAN", 1.0)
    noisy, clean = mixer(material).batch(4)
    assert torch.equal(noisy, clean)
    monkeypatch.setattr(_voice_mixing, "SPEECHLESS", 1.0)
    monkeypatch.setattr(_voice_mixing, "CLEAN", 0.0)
    noisy, clean = mixer(material).batch(4)
    assert (clean == 0).all()
    assert (noisy.square().mean(dim=1) > 0).all()


def test_a_narrow_line_carries_voice_and_noise_alike(material, monkeypatch):
    monkeypatch.setattr(_voice_mixing, "NARROW", 1.0)
    noisy, clean = mixer(material).batch(8)
    power = torch.fft.rfft(noisy - clean).abs().square()
    wide = torch.fft.rfft(mixer(material)._noises(8)).abs().square()
    above = [(one[:, -60:].sum() / one.sum()).item() for one in (power, wide)]  # 7880 Hz
    assert above[0] < 0.02 * above[1]


def test_rooms_begin_with_the_direct_sound_and_die_away(material):
    rooms = mixer(material)._rooms()
    assert (rooms[:, 0] == 1).all()
    tail = rooms[:, 1:].square()
    tail_db = 10 * torch.log10(tail.sum(dim=1))
    assert -18.5 < tail_db.min() < tail_db.max() < 4.1
    late = tail[:, -4000:].sum(dim=1) / tail[:, 480:4480].sum(dim=1)
    assert late.max() < 0.1


def test_a_share_of_the_noises_is_babble(material, monkeypatch):
    monkeypatch.setattr(_voice_mixing, "OF_BABBLE", 0.3)
    silent = _voice_mixing.Material(material.speech, torch.zeros_like(material.noise))
    noises = mixer(silent)._noises(10)
    assert int((noises.square().sum(dim=1) > 0).sum()) == 3


@pytest.mark.parametrize("number", range(8))
def test_every_kind_of_made_noise_has_a_level(number):
    noise = _made_noise.made_noise(number)
    assert noise.shape == (80000,)
    assert abs(np.sqrt(np.mean(noise**2)) - 0.1) < 1e-3


def test_a_voice_upside_down_is_no_success():
    clean = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
    noisy = clean + 1
    right, wrong = (_voice_training.loss(sign * clean, clean, noisy) for sign in (1, -1))
    assert (right < wrong - 20).all()


def test_where_nobody_speaks_silence_is_best():
    noisy = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
    nobody = torch.zeros(1, 8000)
    assert _voice_training.loss(0 * noisy, nobody, noisy) < _voice_training.loss(
        0.5 * noisy, nobody, noisy
    )


def test_training_ends_by_the_clock_and_goes_on_from_its_checkpoint(
    material, tmp_path, monkeypatch
):
    """By a clock that is a second on whenever it is looked at: a step takes a second."""
    clock = SimpleNamespace(perf_counter=partial(next, itertools.count()))
    monkeypatch.setattr(_voice_training, "time", clock)
    checkpoint = tmp_path / "state.ckpt"
    how = {"minutes": 1 / 6, "batch_size": 2, "checkpoint": checkpoint, "report_every_s": 3.0}
    network = models.MaskGRU(hidden_size=4, n_layers=1)
    assert _voice_training.train(network, material, **how)["steps"] == 9
    assert not network.training
    kept = torch.load(checkpoint, weights_only=True)["state"]
    assert (kept["steps"], kept["seconds"]) == (8, 8)
    again = _voice_training.train(models.MaskGRU(hidden_size=4, n_layers=1), material, **how)
    assert again["steps"] == 9


def test_training_ends_after_its_steps(material):
    how = {"n_steps": 3, "batch_size": 2, "segment_s": 0.5}
    network = models.MaskGRU(hidden_size=4, n_layers=1)
    assert _voice_training.train(network, material, **how)["steps"] == 3


def test_without_rooms_a_voice_ends_where_it_ended(material):
    click = torch.zeros(32, 8000)
    click[:, 100] = 1

    def heard_later(in_rooms):
        how = {"segment_s": 0.5, "seed": 0, "device": torch.device("cpu"), "in_rooms": in_rooms}
        mixer = _voice_mixing.Mixer(material, **how)
        later = mixer._filter(click, mixer.in_room, colour_db=0.0)[:, 1000:]
        return later.square().sum(dim=1) > 1e-3

    assert not heard_later(in_rooms=False).any()
    assert 8 <= heard_later(in_rooms=True).sum() <= 24


def test_the_stored_network_is_small_and_the_stream_gives_what_the_file_gives():
    network = voices_in_noise.trained()
    assert models.count_parameters(network) < 1e6
    sound = 0.05 * torch.randn(8 * 256, generator=torch.Generator().manual_seed(1))
    stream = models.DenoisingStream(network)
    parts = [*map(stream.push, sound.split(256)), stream.flush()]
    with torch.no_grad():
        whole = network(sound[None])[0]
    assert torch.allclose(torch.cat(parts[1:]), whole, atol=1e-6)


def test_a_system_that_is_not_there_is_named():
    with pytest.raises(AudioError, match="system is 'magic'"):
        voices_in_noise.run("magic", np.zeros(100, np.float32))


def test_one_mixture_a_ratio_is_measured():
    test = voices_in_noise._Test(quick=True)
    rows = {row.name: row for row in voices_in_noise._rows("noisy", test)}
    assert abs(rows["si_sdr_5db"].value - 5) < 0.2
    assert not any(name.startswith("dnsmos") for name in rows)
