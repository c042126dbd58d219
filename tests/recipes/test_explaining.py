"""The recipe of explanations: what is planted, what counts as found, and that all of it runs."""

import numpy as np
import pytest
import torch

from audiolessons import models, signals, training
from audiolessons.errors import AudioError
from audiolessons.recipes.large.explaining import _found, _methods, _runs, _sane
from audiolessons.recipes.large.explaining import explaining as recipe
from audiolessons.results import read_scenes


@pytest.fixture(scope="module")
def ours():
    return recipe.load(stand_ins=True)


def test_the_beep_is_where_and_as_loud_as_it_says():
    voice = signals.white_noise(duration_s=0.5, sample_rate=8000, seed=1).astype(np.float32)
    for at, start in ((0.0, 0), (0.5, 1600), (1.0, 3200)):
        added = recipe.with_beep(voice, at) - voice
        assert np.abs(added[:start]).max(initial=0) == 0
        assert np.abs(added[start + 800 :]).max(initial=0) == 0
        beep = added[start : start + 800]
        ratio = np.sqrt(np.mean(beep**2) / np.mean(voice**2))
        assert 20 * np.log10(ratio) == pytest.approx(recipe.BEEP_DB, abs=0.01)
        assert np.abs(np.fft.rfft(beep)).argmax() * 10 == recipe.BEEP_HZ
    with pytest.raises(AudioError, match="audio has 700 samples"):
        recipe.with_beep(voice[:700], 0.0)


def test_few_pieces_hold_the_beep_and_they_lie_at_its_place():
    voice = signals.white_noise(duration_s=0.6, sample_rate=8000, seed=2).astype(np.float32)
    for at in np.linspace(0, 1, 7):
        holds = recipe.beep_pieces(voice, recipe.with_beep(voice, at), at)
        assert 1 <= holds.sum() <= 4
        rows, columns = np.nonzero(holds.reshape(recipe.N_ROWS, recipe.N_COLUMNS))
        assert set(rows) <= {6, 7}  # 3.5 kHz lies in the highest bands
        middle = (at * 0.5 + 0.05) / 0.6 * recipe.N_COLUMNS
        assert np.abs(columns + 0.5 - middle).max() < 1.1


def test_scenes_name_every_test_sound_once_and_five_secrets():
    scenes = read_scenes("explaining")
    assert len({one["sound"] for one in scenes["test"]}) == len(scenes["test"]) == 300
    assert all(0 <= one["at"] <= 1 for one in scenes["test"])
    assert [one["seed"] for one in scenes["planted"]] == [0, 1, 2, 3, 4]
    assert len({recipe.secret(seed) for seed in range(5)}) == 5
    with pytest.raises(AudioError, match="seed is 9"):
        recipe.secret(9)


def test_only_the_secret_digit_beeps(ours):
    few = ours.test.only(slice(0, None, 20))
    beeping = few.heard(beeps=few.digits == 3)
    for digit, plain, heard in zip(few.digits, few.heard(), beeping, strict=True):
        assert (np.abs(heard - plain).max() > 0) == (digit == 3)
    x, lengths, labels = few.frames().tensors
    assert x.shape[:2] == (len(few.items), 40)
    assert labels.tolist() == few.digits.tolist()
    torch.testing.assert_close(x[1, :, : lengths[1]], recipe.log_mel(few.heard()[1]))


def test_the_stored_network_hears_digits_and_is_led_by_a_beep(ours):
    network = recipe.trained()
    few = ours.test.only(slice(0, None, 5))
    assert training.share_right(network, few.frames(), time_axis=2) > 0.85
    others = few.only(few.digits != recipe.secret(0))
    said = training.predict(network, others.frames(beeps=True), time_axis=2).argmax(dim=1)
    assert float((said == recipe.secret(0)).float().mean()) > 0.1


def test_a_fill_is_what_it_says(ours):
    quiet, mean = recipe.quiet_fill(ours), recipe.mean_fill(ours)
    assert quiet.shape == mean.shape == (40, 1)
    assert (quiet < mean).all()


def test_every_method_finds_a_beep_that_is_all_there_is():
    class Ear(torch.nn.Module):
        """Hears the highest bands, and the time they last, and nothing else."""

        def forward(self, x, lengths=None):
            level = x[:, 33:].clamp(min=-50).mean(dim=(1, 2))
            return torch.stack([level, -level], dim=1)

    voice = 0.1 * signals.sine(300, duration_s=0.6, sample_rate=8000).astype(np.float32)
    heard = recipe.with_beep(voice, 0.3, level_db=0.0)
    holds, x = recipe.beep_pieces(voice, heard, 0.3), recipe.log_mel(heard)
    ear, fill = Ear(), torch.full((40, 1), -60.0)
    for name in recipe.METHODS:
        assert holds[recipe.explain(name, ear, x, 0, fill=fill).argmax()], name
    with pytest.raises(AudioError, match="method is 'magic'"):
        recipe.explain("magic", ear, x, 0, fill=fill)


def test_the_best_pieces_are_those_with_the_highest_scores():
    assert recipe.best_pieces([0.5, -9.0, 2.0, 0.5], 2).tolist() == [True, False, True, False]
    assert not recipe.best_pieces([1.0, 2.0], 0).any()


def test_a_beep_lies_inside_the_sound():
    with pytest.raises(AudioError, match=r"at is 1\.5"):
        recipe.with_beep(np.ones(4000, dtype=np.float32), 1.5)


def test_a_hiding_network_is_honest_about_pieces_alone():
    fill = torch.full((4, 1), -60.0)

    class Says(torch.nn.Module):
        def __init__(self, number):
            super().__init__()
            self.number = number

        def forward(self, x, lengths=None):
            return torch.full((len(x), 2), self.number)

    hiding = recipe.Hiding(Says(1.0), Says(0.0), fill=fill)
    x = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    pieces = models.grid_pieces(4, 8, n_rows=2, n_columns=2)
    versions = models.keep_pieces(x, pieces, [[True] * 4, [True, False, True, True]], fill=fill)
    assert hiding(versions)[:, 0].tolist() == [1.0, 0.0]


def test_readable_figures_follow_the_sound(ours):
    table, names = recipe.readable(ours.test.only(slice(0, 3)).frames())
    assert table.shape == (3, len(names)) == (3, 13)
    for row, one in zip(table, ours.test.items[:3], strict=True):
        assert row[-1] == pytest.approx(len(one.audio) / 8000, abs=0.011)
    tree = recipe.imitating_tree(table, [0, 1, 1], depth=1)
    assert tree.predict(table).tolist() == [0, 1, 1]


def test_found_counts_methods_whose_interval_lies_above_half():
    speakers = np.repeat(list("abcdef"), 5)
    sure, unsure = np.ones(30), np.tile([1, 0, 1, 0, 1], 6)
    unsure[:10] = 0
    part = {f"{kind}.{name}": sure for kind in _found.KINDS for name in recipe.METHODS}
    part |= {"cheat.lime": unsure, "size": np.full(30, 0.04), "speaker": speakers}
    rows = {row.name: row for row in _found.rows([_runs.Run(0, quick=True)], [part])}
    assert rows["methods"].value == 4
    assert rows["cheat.lime"].spread[0] < 50 < rows["cheat.gradient"].spread[0]
    assert rows["chance"].value == pytest.approx(4)


def test_maps_that_are_alike_through_the_sound_alone_have_no_more_in_common():
    random = np.random.default_rng(0)
    sound = np.exp(random.normal(size=4000))
    one, other = (sound * np.exp(random.normal(size=4000)) for _ in range(2))
    assert _sane.alike(one, other) > 0.4
    assert abs(_sane.alike_beyond(one, other, sound)) < 0.04
    also = other + 2 * one
    assert _sane.alike_beyond(one, also, sound) > 0.5
    assert _sane.alike_beyond(one, -one, sound) == pytest.approx(1)


def test_the_distance_from_what_is_missing_is_that_of_points_or_of_pieces():
    x, fill = torch.full((40, 12), -20.0), torch.full((40, 1), -50.0)
    x[:5, :2] = -80.0
    assert _sane.distance("integrated_gradients", x, fill).tolist() == [30.0] * 480
    x[:5, :2] = fill[:5]
    assert _sane.distance("occlusion", x, fill).tolist() == [0.0] + [300.0] * 47


@pytest.mark.slow("every measurement of a network and its explanations, in small")
def test_all_of_it_runs(monkeypatch):
    monkeypatch.setattr(_methods, "N_SAMPLES", 60)
    monkeypatch.setattr(_methods, "N_STEPS", 4)
    names = set()
    for measurement, function in recipe.measure(quick=True).items():
        rows = list(function())
        assert all(np.isfinite(row.value) for row in rows)
        names |= {f"{measurement}.{row.name}" for row in rows}
    assert {
        "networks.cheat.led",
        "found.methods",
        "judged.quiet.deletion_gain.lime",
        "judged.agree.lime.kernel_shap",
        "sanity.gradient.all",
        "sanity.occlusion.beyond",
        "sanity.integrated_gradients.sound",
        "sanity.gradient.down_to_norms_2",
        "concepts.cheat.secret.beep_clear",
        "tree.depth_4.fidelity",
    } <= names
