"""A run that is killed and continued ends where one that was not killed does, bit for bit."""

import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

from audiolessons import AudioError, training
from audiolessons.training import checkpoints, hashing

sys.path.insert(0, str(Path(__file__).parent))
import training_runs

SCRIPT = Path(training_runs.__file__)
FILE = checkpoints.FILE_NAME
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def without_times(history):
    return replace(history, epoch_s=[])


@pytest.mark.parametrize("scheduler", [None, "cosine", "one-cycle", "plateau"])
@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_continuing_gives_the_same_weights(tmp_path, monkeypatch, scheduler, optimiser):
    options = {"scheduler": scheduler, "optimiser": optimiser, "patience": 5}
    model, history = training_runs.train_one(None, **options)

    saved = checkpoints.save

    def save_thrice(state, folder):
        saved(state, folder)
        if len(state["history"]["train_loss"]) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_thrice)
    with pytest.raises(KeyboardInterrupt):
        training_runs.train_one(tmp_path, **options)
    monkeypatch.setattr(checkpoints, "save", saved)
    np.random.rand(), torch.rand(7)  # noqa: NPY002  whatever happened in between
    continued, its_history = training_runs.train_one(tmp_path, **options)
    assert same(model.state_dict(), continued.state_dict())
    assert without_times(history) == without_times(its_history)
    assert history.n_epochs == 6


@pytest.mark.slow("two processes, one killed")
def test_a_killed_process_continues_to_the_same_weights(tmp_path):
    folder = tmp_path / "run"
    killed = subprocess.run([sys.executable, SCRIPT, "killed", folder], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in folder.iterdir()] == [FILE]
    state = torch.load(folder / FILE, weights_only=True)
    assert len(state["history"]["train_loss"]) == 3  # and part of the fourth epoch is lost

    subprocess.run([sys.executable, SCRIPT, "whole", folder], timeout=120, check=True)
    weights, history = torch.load(folder / "result.pt", weights_only=True)
    model, whole = training_runs.train_one(None)
    assert same(model.state_dict(), weights)
    assert without_times(whole) == without_times(training.History(**history))


def test_a_finished_run_is_not_trained_again(tmp_path, capsys):
    model, history = training_runs.train_one(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    again, its_history = training_runs.train_one(tmp_path)
    assert same(model.state_dict(), again.state_dict())
    assert history == its_history
    assert (tmp_path / FILE).read_bytes() == before


def test_checkpoints_change_nothing(tmp_path):
    with_them, _ = training_runs.train_one(tmp_path)
    without, _ = training_runs.train_one(None)
    assert same(with_them.state_dict(), without.state_dict())


def fit(model, folder, *, n_batches=2, seed=0, **options):
    draw = torch.Generator().manual_seed(seed)
    batches = [(torch.randn(4, 12, generator=draw), torch.zeros(4, dtype=torch.long))] * n_batches
    config = training.Config(
        **({"epochs": 1, "device": "cpu", "show_progress": False} | options),
        checkpoint_folder=folder,
    )
    return training.fit(model, batches, batches, config=config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.5}, r"learning_rate was 0\.001 and is 0\.5.*another checkpoint"),
        ({"optimiser": "sgd"}, "optimiser was 'adamw' and is 'sgd'"),
        ({"n_batches": 3}, "batches in train was 2 and is 3"),
        ({"scheduler": "cosine"}, "scheduler was None and is 'cosine'"),
        ({"seed": 1}, r"data in train was '\w{12}' and is '\w{12}'; data in valid was"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path, change, message):
    fit(torch.nn.Linear(12, 3), tmp_path)
    with pytest.raises(AudioError, match=message):
        fit(torch.nn.Linear(12, 3), tmp_path, **change)


def test_more_epochs_continue_a_run_without_a_plan(tmp_path):
    assert fit(torch.nn.Linear(12, 3), tmp_path).n_epochs == 1
    assert fit(torch.nn.Linear(12, 3), tmp_path, epochs=4).n_epochs == 4
    fit(torch.nn.Linear(12, 3), tmp_path / "planned", epochs=2, scheduler="cosine")
    with pytest.raises(AudioError, match="epochs was 2 and is 3"):
        fit(torch.nn.Linear(12, 3), tmp_path / "planned", epochs=3, scheduler="cosine")


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    fit(torch.nn.Linear(12, 3), tmp_path)
    with pytest.raises(AudioError, match=r"is of another model \(.*size mismatch"):
        fit(torch.nn.Linear(12, 5), tmp_path)


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 half"])
def test_a_broken_checkpoint_is_refused(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(AudioError, match="no checkpoint that can be read: delete it"):
        fit(torch.nn.Linear(12, 3), tmp_path)


def rewritten(folder, change):
    """Change what a checkpoint holds; its hash stays, or is left out if `change` says so."""
    state = torch.load(folder / FILE, weights_only=True)
    change(state)
    torch.save(state, folder / FILE)


def test_a_byte_that_flipped_in_a_tensor_is_noticed(tmp_path):
    fit(torch.nn.Linear(12, 3), tmp_path)
    content = bytearray((tmp_path / FILE).read_bytes())
    weight = torch.load(tmp_path / FILE, weights_only=True)["model"]["weight"]
    place = content.index(weight.numpy().tobytes())
    for offset in range(0, weight.nbytes, 7):
        flipped = bytearray(content)
        flipped[place + offset] ^= 1
        (tmp_path / FILE).write_bytes(flipped)
        with pytest.raises(AudioError, match="is damaged, its hash is not that of its tensors"):
            fit(torch.nn.Linear(12, 3), tmp_path, epochs=2)


def test_a_checkpoint_of_an_older_version_is_refused(tmp_path):
    fit(torch.nn.Linear(12, 3), tmp_path)
    rewritten(tmp_path, lambda state: state.pop(checkpoints.HASH))
    with pytest.raises(AudioError, match="carries no hash, so an older version wrote it: delete"):
        fit(torch.nn.Linear(12, 3), tmp_path)


@pytest.mark.parametrize(
    "key", ["model", "optimiser", "scaler", "history", "best_score", "best_weights", "random"]
)
def test_a_checkpoint_that_lacks_something_is_one_clear_error(tmp_path, key):
    fit(torch.nn.Linear(12, 3), tmp_path)

    def lose(state):
        del state[key], state[checkpoints.HASH]
        state[checkpoints.HASH] = hashing.digest(state)

    rewritten(tmp_path, lose)
    with pytest.raises(AudioError, match=r"delete .* to train from the start"):
        fit(torch.nn.Linear(12, 3), tmp_path, epochs=2)


def test_cut_and_garbled_checkpoints_are_one_clear_error(tmp_path):
    fit(torch.nn.Linear(12, 3), tmp_path)
    right = (tmp_path / FILE).read_bytes()
    random = np.random.default_rng(0)
    for number in range(60):
        content = np.frombuffer(right, dtype=np.uint8).copy()
        if number % 2:
            content = content[: random.integers(content.size)]
        else:
            content[random.integers(content.size, size=20)] = random.integers(256, size=20)
        (tmp_path / FILE).write_bytes(content)
        try:
            fit(torch.nn.Linear(12, 3), tmp_path)
        except AudioError as told:
            assert "to train from the start" in str(told)  # noqa: PT017
        else:
            assert torch.load(tmp_path / FILE, weights_only=True)  # padding was hit
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(AudioError, match="no checkpoint that can be read"):
        fit(torch.nn.Linear(12, 3), tmp_path)


def test_a_folder_that_takes_no_checkpoint_is_told_before_anything_is_trained(tmp_path):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    model = torch.nn.Linear(12, 3)
    before = model.weight.clone()
    with pytest.raises(
        AudioError, match=r"cannot be written to .*file \(File exists\): give anoth"
    ):
        fit(model, tmp_path / "file")
    assert torch.equal(model.weight, before)


def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path):
    (tmp_path / f".{FILE}.0123abcd.part").write_bytes(b"half")
    fit(torch.nn.Linear(12, 3), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


class Clips(torch.utils.data.Dataset):
    """A data set that a reader writes: it holds what it gives."""

    def __init__(self, seed, *, n_items=8):
        draw = np.random.default_rng(seed)
        self.audio = draw.standard_normal((n_items, 12)).astype(np.float32)

    def __len__(self):
        return len(self.audio)

    def __getitem__(self, index):
        return self.audio[index], 0


def holders(seed):
    """The same data in everything that holds data."""
    clips = Clips(seed)
    tensors = TensorDataset(torch.from_numpy(clips.audio), torch.zeros(8, dtype=torch.long))
    batches = [(tensors.tensors[0][:4], tensors.tensors[1][:4])] * 2
    return {
        "a list": batches,
        "a loader of tensors": training.loader(tensors, batch_size=4, shuffle=True),
        "torch's loader": DataLoader(tensors, batch_size=4, shuffle=True),
        "a set of one's own": DataLoader(clips, batch_size=4),
        "a part of it": DataLoader(Subset(Clips(seed, n_items=20), range(8)), batch_size=4),
    }


@pytest.mark.parametrize("kind", holders(0))
def test_other_data_do_not_continue_a_run(tmp_path, kind):
    def train(seed, epochs):
        config = training.Config(
            epochs=epochs, device="cpu", show_progress=False, checkpoint_folder=tmp_path
        )
        return training.fit(torch.nn.Linear(12, 3), holders(seed)[kind], None, config=config)

    train(0, 1)
    assert train(0, 2).n_epochs == 2
    with pytest.raises(AudioError, match="data in train was"):
        train(1, 3)


def test_another_part_of_the_same_data_is_other_data():
    whole = Clips(0, n_items=20)
    one, other = (DataLoader(Subset(whole, range(start, start + 8))) for start in (0, 8))
    assert training.loaders.digest(one) != training.loaders.digest(other)


def test_a_checkpoint_runs_no_code(tmp_path):
    torch.save({"settings": torch.nn.Linear(2, 2), "random": [1]}, tmp_path / FILE)
    with pytest.raises(AudioError, match="no checkpoint that can be read"):
        fit(torch.nn.Linear(12, 3), tmp_path)


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    fit(torch.nn.Linear(12, 3), tmp_path)
    before = (tmp_path / FILE).read_bytes()

    def full(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(AudioError, match=r"No space left.*free some space"):
        fit(torch.nn.Linear(12, 3), tmp_path, epochs=2)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).read_bytes() == before


def test_settings_that_change_no_weights_may_differ():
    one = training.Config(show_progress=False, checkpoint_folder="a", epochs=3)
    other = training.Config(checkpoint_folder="b", device="cpu", epochs=9)
    assert checkpoints.settings(one, n_batches=2) == checkpoints.settings(other, n_batches=2)
    kept = set(asdict(one)) - set(checkpoints.settings(one, n_batches=2))
    assert kept == {"show_progress", "checkpoint_folder", "device", "epochs"}


# --- several processes --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """What torchrun with two processes gave: the folder with the results, and what was printed."""
    folder = tmp_path_factory.mktemp("shared")
    run = subprocess.run(
        [*TORCHRUN, "--standalone", "--nproc-per-node=2", SCRIPT, "shared", folder],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return folder, run.stdout


@pytest.mark.slow("two processes at once")
def test_two_processes_train_as_one_does(two_processes):
    folder, printed = two_processes
    results = [torch.load(folder / f"result_{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert same(results[0][0], results[1][0])
    model, history = training_runs.train_shared(None, show_progress=False)
    weights, its_history = results[0]
    for key, value in model.state_dict().items():
        torch.testing.assert_close(weights[key], value, rtol=1e-4, atol=1e-5)
    for name in ("train_loss", "valid_loss", "train_metric", "valid_metric"):
        np.testing.assert_allclose(getattr(history, name), its_history[name], rtol=1e-4)
    assert its_history["best_epoch"] == history.best_epoch
    assert printed.count("best epoch") == 1  # one of them prints
    assert printed.count("train loss") == 1


def test_one_process_does_not_continue_a_run_of_two(two_processes, tmp_path):
    folder, _ = two_processes
    (tmp_path / FILE).write_bytes((folder / FILE).read_bytes())
    with pytest.raises(AudioError, match="written by 2 processes, and 1 run now"):
        training_runs.train_shared(tmp_path, show_progress=False)


@pytest.fixture
def second_of_two(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")


@pytest.mark.parametrize("n_items", [32, 31])
def test_a_share_is_half_of_each_batch(monkeypatch, n_items):
    dataset = torch.utils.data.TensorDataset(torch.arange(n_items), torch.arange(n_items))
    alone = training.loader(dataset, batch_size=8, shuffle=True, seed=4)
    monkeypatch.setenv("WORLD_SIZE", "2")
    shares = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        shares.append(training.loader(dataset, batch_size=8, shuffle=True, seed=4))
    for epoch in (0, 1):
        for one in (alone, *shares):
            training.loaders.set_epoch(one, epoch)
        batches = zip(alone, *shares, strict=True)
        for number, ((whole, _), (first, _), (second, _)) in enumerate(batches, start=1):
            halves = set(first.tolist()) | set(second.tolist())
            if n_items == 32 or number < 4:
                assert halves == set(whole.tolist())
            else:  # one item again, so that both have as many
                assert halves > set(whole.tolist())
                assert len(first) == len(second)


def test_a_validation_is_shared_without_repetition(second_of_two):
    dataset = torch.utils.data.TensorDataset(torch.arange(7), torch.arange(7))
    own = torch.cat([one for one, _ in training.loader(dataset, batch_size=4)])
    assert own.tolist() == [1, 3, 5]


def test_an_ordinary_loader_is_shared(second_of_two):
    dataset = training_runs.data()
    for shuffle in (True, False):
        given = DataLoader(dataset, batch_size=16, shuffle=shuffle)
        own = training.loaders.share(given, name="train", seed=0)
        assert [len(target) for _, target in own] == [8] * 6
        assert training.loaders.share(own, name="train", seed=0) is own


def test_what_cannot_be_shared_is_refused(second_of_two):
    with pytest.raises(AudioError, match=r"train is list .* 2 processes cannot share"):
        training.loaders.share([1, 2], name="train", seed=0)
    with pytest.raises(AudioError, match=r"batch_size is 15, which 2 processes.*use 16"):
        training.loader(training_runs.data(), batch_size=15)
