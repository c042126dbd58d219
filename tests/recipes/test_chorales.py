"""The chorales recipe: the measure counts music and nothing else."""

import math
from dataclasses import replace

import pytest
import torch
from torch.utils.data import TensorDataset

from audiolessons import datasets, models
from audiolessons.errors import AudioError
from audiolessons.recipes.learning import chorales as recipe
from audiolessons.results import weights


def few(part, n):
    return TensorDataset(*(one[:n] for one in part.tensors))


@pytest.fixture(scope="module")
def chorales():
    return recipe.load()


def test_the_official_split_is_kept(chorales):
    for name in ("train", "valid", "test"):
        rolls = datasets.load("chorales", split=name).rolls
        x, lengths, target = getattr(chorales, name).tensors
        assert lengths.tolist() == [len(roll) for roll in rolls]
        torch.testing.assert_close(x[0, : lengths[0]], torch.from_numpy(rolls[0]).float())
        assert float(x.sum()) == sum(roll.sum() for roll in rolls)
        assert int((target[:, :, 0] < 0).sum()) == int((x.shape[1] - lengths).sum())


def test_even_chances_cost_88_coins(chorales):
    class Even(torch.nn.Linear):
        def forward(self, x, lengths=None):
            return torch.zeros_like(x)

    found = recipe.nats_per_frame(Even(1, 1), chorales.test)
    assert found == pytest.approx(88 * math.log(2), rel=1e-6)


def test_the_loss_is_the_measure_of_the_models_and_ignores_padding(chorales):
    x, lengths, target = (one[:4] for one in chorales.train.tensors)
    torch.manual_seed(0)
    logits = torch.randn_like(x)
    expected = models.next_frame_nats(logits, x, lengths)
    torch.testing.assert_close(recipe.loss(logits, target), expected)
    padded = torch.nn.functional.pad(target, (0, 0, 0, 7), value=-1.0)
    torch.testing.assert_close(recipe.loss(logits, padded), expected)


@pytest.mark.parametrize("name", recipe.SETTINGS)
def test_an_epoch_lowers_the_nats(name, chorales):
    parts = {part: few(getattr(chorales, part), 48) for part in ("train", "valid", "test")}
    small = replace(chorales, **parts)
    before = recipe.nats_per_frame(recipe.model(name), small.test)
    network, history = recipe.train(name, small, epochs=3, show_progress=False)
    assert history.n_epochs == 3
    assert recipe.nats_per_frame(network, small.test) < 0.9 * before


def test_the_notes_of_a_model_without_knowledge_cost_what_the_sets_cost(chorales):
    """Even chances of every next mark: of 88 keys, then of those below, and of the end."""
    network = recipe.model("notes")
    for layer in (network.predict, network.seek):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    x, lengths, _ = few(chorales.test, 8).tensors
    expected = []
    for roll, n in zip(x, lengths, strict=True):
        for frame in roll[1:n]:
            keys = frame.nonzero()[:, 0].tolist()
            expected.append(sum(math.log(below + 1) for below in [88, *keys]))
    found = recipe.nats_per_frame(network, few(chorales.test, 8))
    assert found == pytest.approx(sum(expected) / len(expected), rel=1e-5)


def test_the_notes_are_stored_with_their_record_and_come_back(tmp_path, chorales, monkeypatch):
    parts = {part: few(getattr(chorales, part), 6) for part in ("train", "valid", "test")}
    small = replace(chorales, **parts)
    monkeypatch.setattr(recipe, "load", lambda: small)
    (path,) = recipe.store(epochs=1, folder=tmp_path)
    record = weights.read_record(path.stem, folder=tmp_path)
    assert record["command"] == "python -m audiolessons train chorales"
    assert record["epochs"] == 1
    assert record["source"] == chorales.source
    assert len(record["history"]["valid_loss"]) == 1
    network = recipe.trained(folder=tmp_path)
    assert recipe.nats_per_frame(network, small.valid) == pytest.approx(
        record["history"]["valid_loss"][0], abs=0.02
    )


def test_the_stored_notes_are_small_and_their_record_whole():
    record = weights.read_record(recipe.STORED)
    assert record["source"] == "recordings"
    assert record["bytes"] < 3e6
    assert min(record["history"]["valid_loss"]) < 5.5  # coins need 8
    assert record["epochs"] == recipe.SETTINGS["notes"].epochs
    assert not recipe.trained().training


def test_an_unknown_model_is_named():
    with pytest.raises(AudioError, match="'bach'"):
        recipe.model("bach")


def test_some_keys_are_forgotten_in_training_and_none_after():
    forget = recipe._ForgetKeys(0.25, seed=0)
    rolls, lengths = torch.ones(4, 50, 88), torch.full((4,), 50)
    heard, same = forget(rolls, lengths)
    assert float(heard.mean()) == pytest.approx(0.75, abs=0.02)
    assert same is lengths
    assert torch.equal(forget.eval()(rolls, lengths)[0], rolls)


@pytest.mark.parametrize(("name", "part"), [("gru", "_ForgetKeys"), ("notes", "_Transpose")])
def test_a_training_hears_the_pieces_varied(name, part, chorales, monkeypatch):
    heard = []

    def forward(self, x, lengths):
        heard.append(self.training)
        return x, lengths

    monkeypatch.setattr(getattr(recipe, part), "forward", forward)
    small = replace(chorales, train=few(chorales.train, 2), valid=few(chorales.valid, 1))
    recipe.train(name, small, epochs=1, show_progress=False)
    assert set(heard) == {True, False}  # the validation comes through it unchanged


def test_pieces_are_transposed_in_training_and_none_after(chorales):
    x, lengths, _ = chorales.train.tensors
    transpose = recipe._Transpose(seed=0)
    assert transpose(x, lengths)[1] is lengths
    by = []
    for _ in range(10):  # the embedded set has few pieces
        moved, _ = transpose(x, lengths)
        for roll, was in zip(moved, x, strict=True):
            by.append((roll.any(dim=0).nonzero().min() - was.any(dim=0).nonzero().min()).item())
            assert torch.equal(was.roll(by[-1], dims=1), roll)
    assert 0.4 < sum(n == 0 for n in by) / len(by) < 0.7
    assert set(by) >= {-6, 6}
    assert max(map(abs, by)) == 6
    assert torch.equal(transpose.eval()(x, lengths)[0], x)
