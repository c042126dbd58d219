"""The loop: what it computes against torch written out, what it keeps, and how it fails."""

import re
import warnings

import matplotlib
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from audiolessons import AudioError, training
from audiolessons.training import devices, stepping
from audiolessons.training.showing import Table


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.delenv("AUDIOLESSONS_DEVICE", raising=False)
    yield
    torch.set_num_threads(before)


def config(**options):
    return training.Config(**({"epochs": 3, "device": "cpu", "show_progress": False} | options))


def batches(n_batches=4, n_items=8, *, seed=0):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n_batches, n_items, 5, generator=generator)
    return [(x, (x[:, :3]).argmax(dim=1)) for x in features]


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(5, 3)


# --- what it computes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "optimiser"),
    [
        ({"optimiser": "sgd"}, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
        ({"optimiser": "adam"}, lambda p: torch.optim.Adam(p, lr=0.01)),
        (
            {"weight_decay": 0.1, "clip_norm": 0.05},
            lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
        ),
    ],
)
def test_it_trains_as_a_loop_written_out(options, optimiser):
    model, plain = linear(), linear()
    training.fit(model, batches(), None, config=config(learning_rate=0.01, **options))
    step = optimiser(plain.parameters())
    for _ in range(3):
        for x, target in batches():
            step.zero_grad()
            functional.cross_entropy(plain(x), target).backward()
            if "clip_norm" in options:
                nn.utils.clip_grad_norm_(plain.parameters(), 0.05)
            step.step()
    assert torch.equal(model.weight, plain.weight)


def test_a_mean_counts_every_item_the_same():
    whole = batches(1, 10)[0]
    parts = [(whole[0][:7], whole[1][:7]), (whole[0][7:], whole[1][7:])]
    for loss in (
        functional.cross_entropy,
        lambda o, t: functional.cross_entropy(o, t, reduction="none"),
    ):
        histories = [
            training.fit(
                linear(), [whole], valid, config=config(), loss=loss, metric=training.accuracy
            )
            for valid in ([whole], parts)
        ]
        np.testing.assert_allclose(histories[0].valid_loss, histories[1].valid_loss, rtol=1e-6)
        assert histories[0].valid_metric == pytest.approx(histories[1].valid_metric)


def test_losses_with_a_value_a_frame_are_averaged_over_frames():
    output = torch.tensor([[1.0, 2.0, 3.0], [10.0, 0.0, 0.0]])
    lengths = torch.tensor([3, 1])

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, x, lengths):
            return x * self.weight

    def loss(output, target):
        frames, lengths = target  # a target may be a tuple
        mask = torch.arange(3) < lengths[:, None]
        return (output - frames)[mask]

    batch = (output, lengths, (torch.zeros(2, 3), lengths))
    history = training.fit(
        Constant(), [batch], [batch], config=config(epochs=1, learning_rate=1e-9), loss=loss
    )
    assert history.train_loss == pytest.approx([(1 + 2 + 3 + 10) / 4])


@pytest.mark.parametrize("kind", [None, "cosine", "one-cycle", "plateau"])
def test_the_learning_rate_follows_its_plan(kind):
    history = training.fit(
        linear(), batches(), batches(), config=config(epochs=8, scheduler=kind, learning_rate=0.1)
    )
    rates = np.array(history.learning_rate)
    if kind is None:
        assert (rates == 0.1).all()
    if kind == "cosine":
        expected = 0.05 * (1 + np.cos(np.pi * np.arange(8) / 8))
        np.testing.assert_allclose(rates, expected, rtol=1e-6)
    if kind == "one-cycle":
        assert rates[0] < 0.01
        assert 2 <= rates.argmax() <= 3
        assert (np.diff(rates[3:]) < 0).all()


def test_a_plateau_halves_the_learning_rate_after_three_epochs():
    model = nn.Linear(5, 3)
    fixed = [(torch.zeros(4, 5), torch.tensor([0, 1, 2, 0]))]

    def flat(output, target):
        return output.sum() * 0 + 1.0  # nothing to learn

    history = training.fit(
        model,
        fixed,
        fixed,
        config=config(epochs=8, scheduler="plateau", learning_rate=0.4),
        loss=flat,
    )
    assert history.learning_rate == pytest.approx([0.4] * 4 + [0.2] * 3 + [0.1])


def test_seeds_decide_shuffling_and_dropout():
    features, target = (torch.cat(parts) for parts in zip(*batches(), strict=True))

    def weights(seed):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.5), nn.Linear(8, 3))
        train = DataLoader(TensorDataset(features, target), batch_size=8, shuffle=True)
        np.random.seed(7), torch.manual_seed(int(torch.randint(999, ())))  # noqa: NPY002
        training.fit(model, train, None, config=config(seed=seed))
        return model[0].weight

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


# --- the best weights ---------------------------------------------------------------------------


class Counter(nn.Module):
    """Its one weight falls by 1 a step (with `descend`), so that it tells which epoch it is of."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.weight.expand(len(x))


def descend(output, target):
    """In validation: distance from where the target says that the best epoch is."""
    if torch.is_grad_enabled():
        return output.mean()
    return (output + target).abs().mean()


ONE_STEP = [(torch.zeros(2, 1), torch.zeros(2))]


def fit_counter(*, best, loss=descend, metric=None, **options):
    model = Counter()
    # SGD's momentum: 1, 2.9, 5.61, ... after epochs 1, 2, 3
    valid = [(torch.zeros(2, 1), torch.full((2,), float(best)))]
    settings = config(**({"epochs": 9, "optimiser": "sgd", "learning_rate": 1.0} | options))
    history = training.fit(model, ONE_STEP, valid, config=settings, loss=loss, metric=metric)
    return model, history


def test_the_best_weights_come_back():
    model, history = fit_counter(best=5.61)
    assert (history.best_epoch, history.n_epochs) == (3, 9)
    assert model.weight.item() == pytest.approx(-5.61, rel=1e-4)
    assert not model.training
    assert not history.stopped_early


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_patience_ends_training(patience):
    model, history = fit_counter(best=2.9, patience=patience)
    assert history.stopped_early
    assert (history.best_epoch, history.n_epochs) == (2, 2 + patience)
    assert model.weight.item() == pytest.approx(-2.9)


def test_a_metric_is_better_when_higher():
    def nearness(output, target):
        return -(output + target).abs()

    def rising(output, target):  # the loss would choose the first epoch
        return output.mean() if torch.is_grad_enabled() else -output.mean()

    model, history = fit_counter(best=5.61, loss=rising, metric=nearness, monitor="metric")
    assert history.best_epoch == 3
    _, by_loss = fit_counter(best=5.61, loss=rising, metric=nearness)
    assert by_loss.best_epoch == 1
    assert history.metric_name == "Nearness"
    assert model.weight.item() == pytest.approx(-5.61, rel=1e-4)


def test_without_validation_the_last_weights_stay():
    model = Counter()
    history = training.fit(
        model, ONE_STEP, None, config=config(optimiser="sgd", learning_rate=1.0), loss=descend
    )
    assert model.weight.item() == pytest.approx(-5.61)
    assert (history.best_epoch, history.valid_loss) == (3, [])


def test_frozen_weights_stay():
    model = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 3))
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    training.fit(model, batches(), None, config=config(weight_decay=0.5))
    assert torch.equal(model[0].weight, before)


def test_streams_without_a_length_work():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([(x, t) for x, t in zip(*batches()[0], strict=True)])

    stream = DataLoader(Stream(), batch_size=4)
    assert training.fit(linear(), stream, stream, config=config()).n_epochs == 3
    with pytest.raises(AudioError, match="'cosine', which needs the number of batches"):
        training.fit(linear(), stream, stream, config=config(scheduler="cosine"))


# --- what it shows ------------------------------------------------------------------------------


def test_the_table_is_plain_text_on_the_output(capsys):
    history = training.fit(
        linear(),
        batches(),
        batches(),
        config=config(show_progress=True),
        metric=training.accuracy,
    )
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out == f"{history}\n"
    lines = shown.out.splitlines()
    assert lines[0] == "epoch  train loss  valid loss  train accuracy  valid accuracy"
    assert len(lines) == 5
    assert len({len(line) for line in lines[:4]}) == 1
    training.fit(linear(), batches(), None, config=config())
    assert capsys.readouterr().out == ""


def test_a_notebook_holds_one_display(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, raw):
            shown[-1].append(data["text/plain"])

    def display(data, raw, display_id):
        shown.append([data["text/plain"]])
        return Handle()

    monkeypatch.setattr("audiolessons.training.showing._in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("audiolessons.training.showing.EVERY_S", 0.0)
    history = training.fit(linear(), batches(), None, config=config(show_progress=True))
    assert len(shown) == 1
    assert shown[0][-1] == str(history)
    assert any("epoch 2 of 3  [#####               ]" in text for text in shown[0])


def test_a_table_that_is_not_shown_is_silent(capsys):
    table = Table(training.History(), epochs=3, is_shown=False)
    table.batch(1, 2), table.epoch(), table.end(), table.say("x")
    assert capsys.readouterr().out == ""


def test_plots_draws_a_history():
    matplotlib.use("Agg")
    from audiolessons import plots

    history = training.fit(
        linear(), batches(), batches(), config=config(), metric=training.accuracy
    )
    ax = plots.history(history)
    assert len(ax.get_legend().get_texts()) == 4
    assert "validation" in ax.get_legend().get_texts()[1].get_text()
    matplotlib.pyplot.close("all")


# --- what goes wrong ----------------------------------------------------------------------------


def fails(message, *, model=None, train=None, valid=None, loss=None, metric=None, **options):
    model = linear() if model is None else model
    train = batches() if train is None else train
    given = {} if loss is None else {"loss": loss}
    with pytest.raises(AudioError, match=message) as caught:
        training.fit(model, train, valid, config=config(**options), metric=metric, **given)
    assert len(str(caught.value)) < 600
    return caught.value


def test_a_nan_loss_names_epoch_batch_and_rate():
    def explode(output, target):
        explode.calls += 1
        return output.mean() / (0.0 if explode.calls == 7 else 1.0)

    explode.calls = 0
    text = r"not finite in epoch 2, batch 3, at learning rate 0\.02.*try 0\.002\) or clip_norm=1"
    fails(text, loss=explode, learning_rate=0.02)


def test_a_loss_that_is_bad_before_any_step_is_not_blamed_on_the_learning_rate():
    told = fails("epoch 1, batch 1, before any step", loss=lambda output, _: output.sum() / 0)
    assert "run away" not in str(told)
    assert "learning_rate" not in str(told)


def test_a_runaway_learning_rate_is_noticed():
    def squares(output, target):
        return (output**2).mean() ** 2

    fails(
        "not finite in epoch .* smaller learning_rate",
        loss=squares,
        optimiser="sgd",
        learning_rate=1e4,
        epochs=20,
    )


@pytest.mark.parametrize("valid", [None, batches(1)])
def test_a_step_that_ruins_the_weights_is_noticed_without_a_further_loss(valid):
    class Root(nn.Module):
        """Its loss is finite, and its gradient is not: the root of 0."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(5, 3))

        def forward(self, x):
            return (x @ self.weight).abs().sqrt()

    fails(
        r"1 of the model's tensors hold NaN or infinity after epoch 1, 'weight' among them, .*root",
        model=Root(),
        train=batches(1),
        valid=valid,
        epochs=1,
    )


def test_nan_in_the_data_is_told_from_a_runaway():
    bad = batches()
    bad[2][0][1, 1] = np.nan
    fails(r"epoch 1, batch 3: the batch itself holds NaN .*shape \(8, 5\) float32", train=bad)
    fails("epoch 1, validation, batch 3: the batch itself holds NaN", valid=bad)


def test_a_loss_is_looked_at_now_and_then_on_a_gpu():
    mean = stepping.Mean(torch.device("cpu"))
    mean._device = torch.device("cuda")  # nothing is moved: only how often to look
    found = []
    for number in range(1, 120):
        mean.add(torch.tensor(np.nan if number == 57 else 1.0), 1)
        found.append(mean.first_bad(is_last=number == 119))
    assert [number for number, bad in enumerate(found, start=1) if bad] == [100]
    assert found[99] == 57
    assert mean.first_bad(is_last=True) is None  # the last 50 are good


@pytest.mark.parametrize("empty", [[], DataLoader(TensorDataset(torch.zeros(0, 5)))])
def test_empty_loaders_are_refused(empty):
    fails("train gives no batches: the set is empty, or drop_last", train=empty)
    fails("valid gives no batches", valid=empty)


def test_a_stream_that_gives_nothing_is_refused():
    class Nothing(IterableDataset):
        def __iter__(self):
            return iter([])

    fails("train gives no batches", train=DataLoader(Nothing()))
    fails("valid gives no batches", valid=DataLoader(Nothing()))


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (iter([1]), "list_iterator, which gives its batches once"),
        (5, "train is int: give a DataLoader"),
        ([torch.zeros(3, 5)], "a batch is Tensor: loaders give tuples"),
        ([(torch.zeros(3, 5),)], "a batch is tuple of 1"),
        ([{"x": 1}], "a batch is dict"),
    ],
)
def test_what_is_no_loader_is_refused(train, message):
    fails(message, train=train)


def test_wrong_inputs_are_named_with_their_shape():
    wrong = [(torch.zeros(8, 7), torch.zeros(8, dtype=torch.long))]
    fails(
        r"the model does not take inputs of shape \(8, 7\) float32: .*flatten size .*\(epoch 1, "
        r"batch 1\)\. RuntimeError: mat1 and mat2 shapes cannot be multiplied \(8x7 and 5x3\)",
        train=wrong,
    )
    doubles = [(torch.zeros(8, 5, dtype=torch.float64), torch.zeros(8, dtype=torch.long))]
    fails(r"inputs of shape \(8, 5\) float64: .*same dtype", train=doubles)
    two = [(torch.zeros(8, 5), torch.zeros(8), torch.zeros(8, dtype=torch.long))]
    fails(r"inputs of shape \(8, 5\) float32 and shape \(8,\) float32.*TypeError", train=two)
    fails("validation of epoch 1, batch 1", valid=wrong)


@pytest.mark.parametrize(
    ("target", "loss", "message"),
    [
        (
            torch.zeros(6).long(),
            None,
            r"output of shape \(8, 3\) float32 with a target of shape \(6,\)",
        ),
        (torch.full((8,), 3), None, "classes 3 to 3, and the output has 3"),
        (torch.zeros(8), functional.mse_loss, r"\(8, 3\) float32 with a target of shape \(8,\)"),
        (torch.zeros(8, 1), functional.mse_loss, "with a target of .*Using a target size"),
        (torch.zeros(8), lambda o, t: 0.5, "loss gives float"),
        (torch.zeros(8), lambda o, t: torch.ones(()), "the step after the loss fails.*grad"),
    ],
)
def test_targets_that_do_not_fit_are_named(target, loss, message):
    fails(message, train=[(torch.zeros(8, 5), target)], loss=loss)


def test_shapes_that_torch_only_warns_of_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in a notebook, where a warning is overlooked
        fails(
            "Using a target size",
            train=[(torch.zeros(8, 5), torch.zeros(8, 1))],
            loss=functional.mse_loss,
        )


def test_a_metric_that_fails_is_told():
    fails("the step after the loss fails", metric=lambda output, target: output @ output)
    nan = lambda output, target: torch.tensor(np.nan)  # noqa: E731
    fails("the metric is NaN", valid=batches(), metric=nan, monitor="metric")


class Greedy(nn.Linear):
    """Asks for more memory than there is."""

    def __init__(self, ask):
        super().__init__(5, 3)
        self.ask = ask

    def forward(self, x):
        return super().forward(x) + self.ask()


def raise_as_cuda_does():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize("ask", [lambda: torch.empty(2**52), raise_as_cuda_does])
def test_too_little_memory_is_told_with_the_batch_size(ask):
    fails(
        r"out of memory with 8 items in a batch and inputs of shape \(8, 5\) float32: use a "
        r"smaller batch_size \(try 4\)",
        model=Greedy(ask),
    )


def test_nothing_to_train_is_refused():
    fails("none of the model's 2 parameters can be trained", model=linear().requires_grad_(False))
    fails("none of the model's 0 parameters", model=nn.ReLU())
    fails("lazy layers that know no size yet", model=nn.LazyLinear(3))
    fails("model is function", model=fails)


def test_settings_that_contradict_are_refused():
    fails("monitor is 'metric', and there is no metric", valid=batches(), monitor="metric")
    fails("patience is 2, and valid is None", patience=2)
    with pytest.raises(AudioError, match=r"config is dict: give training\.Config"):
        training.fit(linear(), batches(), None, config={})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"optimiser": "adams"}, "optimiser is 'adams': choose one of 'sgd'"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"scheduler": "cos"}, "scheduler is 'cos': choose one of None, 'cosine'"),
        ({"patience": 0}, "patience is 0"),
        ({"monitor": "accuracy"}, "monitor is 'accuracy': choose one of 'loss', 'metric'"),
        ({"clip_norm": 0}, "clip_norm is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**32}, "seed is 4294967296"),
    ],
)
def test_settings_that_cannot_work_are_refused(options, message):
    with pytest.raises(AudioError, match=re.escape(message)):
        training.Config(**options)


def test_an_error_in_the_users_own_code_keeps_its_trace():
    def loss(output, target):
        raise KeyError("a bug of the reader's")

    with pytest.raises(KeyError, match="a bug"):
        training.fit(linear(), batches(), None, config=config(), loss=loss)
    error = fails("does not take", train=[(torch.zeros(8, 7), torch.zeros(8).long())])
    assert isinstance(error.__cause__, RuntimeError)


# --- device and loader --------------------------------------------------------------------------


def test_the_device_is_chosen_once(monkeypatch):
    assert training.pick_device().type in ("cpu", "cuda", "mps")
    monkeypatch.setenv("AUDIOLESSONS_DEVICE", "cpu")
    assert training.pick_device() == torch.device("cpu")
    monkeypatch.setenv("AUDIOLESSONS_DEVICE", "gpu")
    with pytest.raises(AudioError, match="AUDIOLESSONS_DEVICE is 'gpu': give 'cpu'"):
        training.pick_device()
    monkeypatch.setenv("AUDIOLESSONS_DEVICE", "xla")
    with pytest.raises(AudioError, match="AUDIOLESSONS_DEVICE is 'xla': choose"):
        training.pick_device()


def pretend_gpus(monkeypatch, n_gpus):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: n_gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: n_gpus)


def test_a_gpu_is_picked_by_the_number_of_the_process(monkeypatch):
    pretend_gpus(monkeypatch, 2)
    assert training.pick_device() == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert training.pick_device() == torch.device("cuda", 1)
    assert devices.check_device("cuda:0") == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(AudioError, match=r"process 2 on a machine with 2 GPUs: .*per-node=2"):
        training.pick_device()


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    pretend_gpus(monkeypatch, 0)
    with pytest.raises(AudioError, match="device is 'cuda', and torch sees 0 CUDA GPUs"):
        training.fit(linear(), batches(), None, config=config(device="cuda"))


def test_seeds_reach_every_source():
    import random

    def draw():
        return random.random(), np.random.rand(), float(torch.rand(()))  # noqa: NPY002

    training.seed_everything(5)
    first = draw()
    assert draw() != first
    training.seed_everything(5)
    assert draw() == first
    with pytest.raises(AudioError, match=r"seed is 1\.5"):
        training.seed_everything(1.5)


def test_a_loader_gives_every_item_once_an_epoch_in_another_order():
    dataset = TensorDataset(torch.arange(10) * 2, torch.arange(10))
    loader = training.loader(dataset, batch_size=4, shuffle=True, seed=1)
    assert len(loader) == 3
    orders = []
    for epoch in (0, 1, 0):
        training.loaders.set_epoch(loader, epoch)
        features, target = (torch.cat(parts) for parts in zip(*loader, strict=True))
        assert torch.equal(features, 2 * target)
        orders.append(target.tolist())
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    other = training.loader(dataset, batch_size=4, shuffle=True, seed=2)
    assert torch.cat([target for _, target in other]).tolist() != orders[0]


def test_a_tensor_set_and_a_plain_one_give_the_same_batches():
    tensors = TensorDataset(torch.randn(9, 2), torch.arange(9))

    class Plain(Dataset):
        def __len__(self):
            return 9

        def __getitem__(self, index):
            return tensors[index]

    for shuffle in (True, False):
        loaders = [
            training.loader(one, batch_size=4, shuffle=shuffle) for one in (tensors, Plain())
        ]
        for one, other in zip(*loaders, strict=True):
            assert torch.equal(one[0], other[0])
            assert torch.equal(one[1], other[1])


def test_the_loop_orders_each_epoch_anew():
    seen = []

    class Watch(nn.Linear):
        def forward(self, x):
            if self.training:
                seen.append(x[:, 0].tolist())
            return super().forward(x)

    dataset = TensorDataset(torch.arange(6.0)[:, None], torch.zeros(6).long())
    loader = training.loader(dataset, batch_size=6, shuffle=True)
    training.fit(Watch(1, 2), loader, None, config=config())
    assert len({tuple(order) for order in seen}) == 3


def test_unequal_lengths_are_put_together_by_collate():
    sounds = [(torch.ones(n), torch.tensor(0)) for n in (3, 5)]

    def collate(items):
        audio = nn.utils.rnn.pad_sequence([one for one, _ in items], batch_first=True)
        return audio, torch.stack([target for _, target in items])

    ((audio, _),) = training.loader(sounds, batch_size=2, collate=collate)
    assert audio.shape == (2, 5)


def test_loaders_refuse_what_cannot_work():
    with pytest.raises(AudioError, match="dataset has no items"):
        training.loader([], batch_size=2)
    with pytest.raises(AudioError, match="batch_size is 0"):
        training.loader([1], batch_size=0)


def test_a_batch_is_cut_to_its_longest_item_along_the_time_axis():
    x, lengths, target = torch.rand(4, 3, 20), torch.tensor([5, 9, 20, 2]), torch.arange(4)
    data = TensorDataset(x, lengths, target)
    (first, n_first, _), (second, _, labels) = training.loader(data, batch_size=2, time_axis=2)
    assert torch.equal(first, x[:2, :, :9])
    assert n_first.tolist() == [5, 9]
    assert torch.equal(second, x[2:])
    assert labels.tolist() == [2, 3]


@pytest.mark.parametrize(
    "data",
    [
        TensorDataset(torch.zeros(2, 3), torch.zeros(2)),
        TensorDataset(torch.zeros(2, 3)),
        [(torch.zeros(3), 1)],
    ],
)
def test_a_set_without_lengths_cannot_be_cut(data):
    with pytest.raises(AudioError, match="time_axis is 1, but the set does not give"):
        training.loader(data, batch_size=2, time_axis=1)
