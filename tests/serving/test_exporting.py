"""Every trained network leaves the book, and says the same there."""

import hashlib

import numpy as np
import pytest
import torch

from audiolessons import AudioError, datasets, serving
from audiolessons.cli import main
from audiolessons.datasets._store import registry
from audiolessons.recipes.speech.recognition._causal_lessons import levels
from audiolessons.serving import exporting
from audiolessons.serving.catalogue import Entry, Pair
from audiolessons.serving.exporting import TOLERANCE, largest_difference
from audiolessons.transforms import Mel

N_SOUNDS = 60


def test_every_trained_network_is_in_the_catalogue():
    stored = {path.stem for path in (registry.data_folder() / "weights").glob("*.npz")}
    assert set(serving.CATALOGUE) == stored - {"attending"}  # writes in a loop of its own


@pytest.fixture(scope="module")
def sounds():
    """Sixty spoken digits and sixty sentences, each at the rate they were recorded at."""
    found = {}
    for name in ("spoken_digits", "many_voices"):
        one_set = datasets.load(name, split="test")
        chosen = [one_set[i] for i in np.linspace(0, len(one_set) - 1, N_SOUNDS).astype(int)]
        found[chosen[0].sample_rate] = [one.audio for one in chosen]
    return found


@pytest.mark.data
@pytest.mark.parametrize("name", serving.CATALOGUE)
def test_a_graph_says_what_the_book_says(name, sounds):
    entry = serving.CATALOGUE[name]
    graph = serving.to_onnx(entry)
    apart = largest_difference(
        entry,
        graph,
        n_examples=N_SOUNDS // 2,  # of two sounds each, in the mean
        sounds=sounds.get(entry.sample_rate, ()),
    )
    assert apart <= TOLERANCE
    for array, axes in zip(serving.session(graph).get_inputs(), entry.inputs.values(), strict=True):
        free = [axis for axis in array.shape if not isinstance(axis, int)]
        assert free == [axis for axis in axes.split() if not axis.isdigit()]


def scale(network=None, by=1.0):
    """Return an entry of one number, whose book may say another."""
    network = network or torch.nn.Linear(3, 2)
    return Entry(
        lambda: Pair(network, lambda x: by * network(x)),
        inputs={"x": "B 3"},
        outputs={"y": "B 2"},
        about="is a test",
    )


def test_differences_are_found():
    entry = scale()
    graph = serving.to_onnx(entry)
    assert largest_difference(entry, graph, n_examples=3) < TOLERANCE
    assert largest_difference(scale(by=1.01), graph, n_examples=3) > TOLERANCE


@pytest.fixture
def one(monkeypatch):
    """A catalogue of one network that takes no time."""
    monkeypatch.setattr(exporting, "CATALOGUE", {"speaker": scale()})


@pytest.mark.usefixtures("one")
def test_a_file_and_its_card_are_written_and_never_written_over(tmp_path, capsys):
    folder = tmp_path / "new"
    assert main(["export", "speaker", "--to", str(folder)]) == 0
    assert "speaker.onnx: 0.0 MB" in capsys.readouterr().out
    card = (folder / "speaker.md").read_text()
    record = exporting.weights.read_record("speaker")
    assert "| in: `x` | B 3 |  |" in card
    assert record["sha256"] in card
    before = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    assert main(["export", "speaker", "--to", str(folder)]) == 1
    assert "there already" in capsys.readouterr().err
    after = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    assert before == after


def test_a_graph_that_says_something_else_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "CATALOGUE", {"speaker": scale(by=1.01)})
    with pytest.raises(AudioError, match=r"speaker: answers of the graph differ .* by 0\.0"):
        serving.export("speaker", tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    assert main(["export", "speakr", "--to", str(tmp_path)]) == 1
    assert "speakr" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["export", "speaker", "--to", str(tmp_path)]) == 1
    assert 'pip install "audiolessons[export]"' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_name_all_are_listed(capsys):
    assert main(["export"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        *serving.CATALOGUE
    ]


def test_making_a_graph_changes_nothing_that_others_use():
    serving.CATALOGUE["digit-strings-causal"].make()
    assert any(isinstance(part, Mel) for part in levels().modules())
