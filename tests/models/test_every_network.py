"""What holds for every network: padding, order and company of a sound do not change its answer."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiolessons import models
from audiolessons.errors import AudioError

D, K = 12, 3
SMALL = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

# name -> how to make it; the axis letters of its input tell where time is
CLASSIFIERS = {
    "waveform": lambda **kw: models.WaveformCNN(
        n_classes=K, channels=(8, 8, 8), first_kernel_size=9, **kw
    ),
    "spectrogram": lambda **kw: models.SpectrogramCNN(n_mels=D, n_classes=K, channels=(8, 8), **kw),
    "spectrogram, frequency forgotten": lambda **kw: models.SpectrogramCNN(
        n_mels=D, n_classes=K, channels=(8, 8), keep_frequency=False, **kw
    ),
    "rnn": lambda **kw: models.RecurrentClassifier(
        n_features=D, n_classes=K, cell="rnn", hidden_size=8, bidirectional=False, **kw
    ),
    "gru": lambda **kw: models.RecurrentClassifier(
        n_features=D, n_classes=K, cell="gru", hidden_size=8, **kw
    ),
    "lstm, two layers, mean": lambda **kw: models.RecurrentClassifier(
        n_features=D, n_classes=K, cell="lstm", hidden_size=8, n_layers=2, summary="mean", **kw
    ),
    "attention pooling only": lambda **kw: models.TransformerClassifier(
        n_features=D, n_classes=K, width=8, n_heads=2, n_layers=0, **kw
    ),
    "transformer": lambda **kw: models.TransformerClassifier(
        n_features=D, n_classes=K, width=8, n_heads=2, n_layers=2, **kw
    ),
    "transformer, mean": lambda **kw: models.TransformerClassifier(
        n_features=D, n_classes=K, width=8, n_heads=2, n_layers=1, pooling="mean", stride=3, **kw
    ),
}
SEQUENCE_MODELS = {
    "lstm rolls": lambda **kw: models.RecurrentSequenceModel(n_features=D, hidden_size=8, **kw),
    "gru rolls": lambda **kw: models.RecurrentSequenceModel(
        n_features=D, hidden_size=8, cell="gru", n_layers=2, **kw
    ),
    "convolution": lambda **kw: models.TemporalConvolution(
        n_features=D, n_channels=8, n_levels=3, **kw
    ),
}
ENCODERS = {
    "encoder": lambda **kw: models.TransformerEncoder(width=D, n_heads=3, n_layers=2, **kw),
    "causal encoder": lambda **kw: models.TransformerEncoder(
        width=D, n_heads=3, n_layers=2, causal=True, **kw
    ),
}
ALL = {**CLASSIFIERS, **SEQUENCE_MODELS, **ENCODERS}
CAUSAL = [*SEQUENCE_MODELS, "causal encoder"]
every_network = pytest.mark.parametrize("name", ALL)


def made(name, *, seed=0, **options):
    """Make a network whose running averages are not the ones it was born with."""
    torch.manual_seed(seed)
    model = ALL[name](**options)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(batch(name, [40, 33, 21], seed=seed) * 2 + 1, [40, 33, 21])
    return model.eval()


def batch(name, lengths, *, seed=0, n_frames=None, padding=0.0):
    """Return sounds of those lengths, padded with something, in the axes of the network."""
    generator = torch.Generator().manual_seed(seed)
    n_frames = n_frames or max(lengths)
    x = torch.full((len(lengths), D, n_frames), padding)
    for row, length in zip(x, lengths, strict=True):
        row[:, :length] = torch.randn(D, length, generator=generator)
    if name == "waveform":
        return x[:, 0]
    return x if name in CLASSIFIERS else x.transpose(1, 2)


def one(name, x, index, length):
    """Return one sound of a batch alone, its padding cut off."""
    x = x[index : index + 1]
    return x[..., :length] if name in CLASSIFIERS else x[:, :length]


def answer(name, model, x, lengths=None):
    """Return a list with what each sound gets; of sequences only the frames that are sound."""
    with torch.no_grad():
        y = model(x, lengths)
    if name in CLASSIFIERS:
        return list(y)
    lengths = [y.shape[1]] * len(y) if lengths is None else lengths
    return [row[:length] for row, length in zip(y, lengths, strict=True)]


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=2e-5)


@every_network
@pytest.mark.parametrize("padding", [0.0, -80.0, float("nan")])
@SMALL
@given(data=st.data())
def test_padding_never_changes_an_answer(name, padding, data):
    lengths = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    extra = data.draw(st.integers(0, 30))
    model = made(name)
    x = batch(name, lengths, n_frames=max(lengths) + extra, padding=padding)
    alone = [answer(name, model, one(name, x, i, n))[0] for i, n in enumerate(lengths)]
    assert_same(answer(name, model, x, lengths), alone)


@every_network
def test_padding_changes_no_gradient_and_no_average(name):
    """While training, too: batch normalisation counts only what is sound."""
    results = []
    for padding, n_frames in [(0.0, 40), (float("nan"), 61)]:
        model = made(name).train()
        y = model(batch(name, [40, 17], n_frames=n_frames, padding=padding), [40, 17])
        y = y if name in CLASSIFIERS else torch.cat([y[0, :40], y[1, :17]])
        y.square().mean().backward()
        gradients = {key: p.grad for key, p in model.named_parameters()}
        averages = {key: b for key, b in model.named_buffers() if b.is_floating_point()}
        results.append((gradients, averages))
    for ours, theirs in zip(*results, strict=True):
        for key in ours:
            torch.testing.assert_close(ours[key], theirs[key], rtol=1e-3, atol=1e-5, msg=key)


@every_network
def test_the_law_of_padding_does_bite(name):
    """Without lengths, padding counts as sound, and changes all answers but causal ones."""
    model = made(name)
    x = batch(name, [40, 9])
    ours = answer(name, model, x)[1]
    alone = answer(name, model, one(name, x, 1, 9))[0]
    ours = ours if name in CLASSIFIERS else ours[:9]
    assert torch.allclose(ours, alone, atol=1e-5) == (name in CAUSAL)


@every_network
@SMALL
@given(order=st.permutations(range(4)), n_together=st.integers(1, 4))
def test_order_and_size_of_the_batch_do_not_matter(name, order, n_together):
    model, lengths = made(name), [30, 11, 25, 4]
    x = batch(name, lengths)
    together = answer(name, model, x, lengths)
    order = list(order)[:n_together]
    ours = answer(name, model, x[order], [lengths[i] for i in order])
    assert_same(ours, [together[i] for i in order])


@every_network
def test_lengths_may_be_left_out_and_come_in_several_forms(name):
    model = made(name)
    x = batch(name, [20, 20])
    expected = answer(name, model, x)
    for lengths in ([20, 20], (20, 20), torch.tensor([20, 20]), torch.tensor([20, 20]).int()):
        assert_same(answer(name, model, x, lengths), expected)


@pytest.mark.parametrize("name", CAUSAL)
@SMALL
@given(now=st.integers(0, 29))
def test_causal_networks_do_not_see_the_future(name, now):
    model = made(name)
    x = batch(name, [30])
    changed = x.clone()
    changed[:, now + 1 :] *= -2  # (layers that normalise would not notice a shift)
    (before,), (after,) = answer(name, model, x), answer(name, model, changed)
    torch.testing.assert_close(before[: now + 1], after[: now + 1], rtol=0, atol=1e-6)
    assert now == 29 or not torch.allclose(before[now + 1 :], after[now + 1 :], atol=1e-3)


def test_the_encoder_that_is_not_causal_sees_the_future():
    model = made("encoder")
    x = batch("encoder", [30])
    changed = x.clone()
    changed[:, 20:] *= -2
    assert not torch.allclose(model(x)[:, :20], model(changed)[:, :20], atol=1e-3)


@every_network
def test_gradients_reach_every_parameter(name):
    model = made(name).train()
    y = model(batch(name, [40, 23, 35]), [40, 23, 35])
    (y * torch.randn(y.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().max() > 0, key


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_tiny_batch_can_be_learned_by_heart(name):
    torch.manual_seed(0)
    model = ALL[name]()
    lengths = [40, 23, 35, 18, 40, 31]
    x, target = batch(name, lengths), torch.arange(6) % K
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(model(x, lengths), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss < 0.05:
            break
    assert loss < 0.1
    assert (model.eval()(x, lengths).argmax(dim=1) == target).all()


@pytest.mark.parametrize("name", SEQUENCE_MODELS)
def test_a_short_tune_can_be_learned_by_heart(name):
    torch.manual_seed(0)
    model = ALL[name]()
    rolls = (batch(name, [16, 11]) > 0.5).float()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(300):
        loss = models.next_frame_nats(model(rolls, [16, 11]), rolls, [16, 11]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss < 0.4:
            break
    assert loss < 0.5  # nats a frame; even chances cost 12 log 2 = 8.3


@every_network
def test_the_state_is_restored_strictly(name, tmp_path):
    model, other = made(name), ALL[name]().eval()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True), strict=True)
    x = batch(name, [20, 7])
    torch.testing.assert_close(model(x, [20, 7]), other(x, [20, 7]), rtol=0, atol=0)


@every_network
def test_double_precision_stays_double(name):
    model = made(name).double()
    assert model(batch(name, [20, 7]).double(), [20, 7]).dtype == torch.float64


@every_network
def test_mixed_precision_runs(name):
    model = made(name).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = model(batch(name, [20, 7]), [20, 7])
    assert torch.isfinite(y).all()
    y.float().square().mean().backward()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_dropout_acts_while_training_only(name):
    torch.manual_seed(0)
    model = ALL[name](dropout=0.5)
    x = batch(name, [40, 30, 20])
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


@every_network
@pytest.mark.filterwarnings("ignore:The tensor attributes? self.layers._flat_weights")
def test_a_network_can_be_exported(name):
    """Recorded as a graph without Python: what a page or a server runs.

    torch warns of a list that its own recurrent layers keep.
    """
    model = made(name)
    x = batch(name, [24, 24])
    program = torch.export.export(model, (x,))
    torch.testing.assert_close(program.module()(x), model(x), rtol=1e-4, atol=1e-5)


# --- wrong input ---------------------------------------------------------------------------------


@every_network
@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([], r"lengths have shape \(0,\): give \(2,\), one length a sound"),
        ([20, 20, 20], r"lengths have shape \(3,\): give \(2,\)"),
        ([[20, 7]], r"lengths have shape \(1, 2\): give \(2,\)"),
        ([20, 0], r"lengths\[1\] is 0: a sound has at least 1 frame"),
        ([21, 7], r"lengths\[0\] is 21, but the batch has 20 along time.*own unit"),
        ([20.0, 7.0], "lengths hold torch.float32: give whole numbers"),
        ([True, True], "lengths hold torch.bool: give whole numbers"),
    ],
)
def test_wrong_lengths_are_named(name, lengths, message):
    model = made(name)
    with pytest.raises(AudioError, match=message):
        model(batch(name, [20, 7]), lengths if lengths else torch.tensor([], dtype=torch.long))


@every_network
def test_wrong_input_is_named(name):
    model = made(name)
    x = batch(name, [20, 7])
    with pytest.raises(AudioError, match=r"x is a ndarray: give a torch.Tensor.*from_numpy"):
        model(x.numpy())
    with pytest.raises(AudioError, match=r"x holds torch.int64: give floating point.*x.float\(\)"):
        model(x.long())
    with pytest.raises(AudioError, match=r"becomes a batch of one by x\[None\]"):
        model(x[0])
    with pytest.raises(AudioError, match=r"x has shape .*: give|channels: give one"):
        model(x[None, None])
    with pytest.raises(AudioError, match="which is empty"):
        model(x[:0])


@pytest.mark.parametrize("name", [n for n in ALL if n != "waveform"])
def test_a_wrong_number_of_features_is_named(name):
    model = made(name)
    x = batch(name, [20, 7])
    with pytest.raises(AudioError, match=rf"is 20: this network was made for {D}; .*transpose"):
        model(x.transpose(1, 2))
    wide = torch.cat([x, x], dim=1 if name in CLASSIFIERS else 2)
    with pytest.raises(AudioError, match=rf"is {2 * D}: this network was made for {D}"):
        model(wide)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("value", [1.0, -0.1, float("nan"), "much", True])
def test_a_wrong_dropout_is_named(name, value):
    with pytest.raises(AudioError, match=r"dropout is .*: it must be at least 0 and below 1"):
        ALL[name](dropout=value)
