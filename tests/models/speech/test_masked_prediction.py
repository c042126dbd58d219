"""Hidden stretches, and what a network learns of them."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from audiolessons import models, training
from audiolessons.errors import AudioError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def encoder(**options):
    torch.manual_seed(0)
    given = {"n_mels": 8, "width": 16, "n_heads": 2, "n_layers": 2, "dropout": 0.0, **options}
    return models.SpeechEncoder(**given)


def spans(lengths, **options):
    given = {"n_frames": max(lengths), "share": 0.5, "span_frames": 10, "generator": generator()}
    return models.hidden_spans(torch.tensor(lengths), **{**given, **options})


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_share_that_was_asked_for_is_hidden_in_stretches(share):
    hidden = spans([4000] * 20, share=share)
    assert hidden[:, 10:].float().mean() == pytest.approx(share, abs=0.02)
    edges = functional.pad(hidden.int(), (1, 1)).diff(dim=1)
    for row in edges:
        starts, ends = (row == 1).nonzero()[:, 0], (row == -1).nonzero()[:, 0]
        lengths = ends - starts
        assert (lengths[ends < 4000] >= 10).all()


def test_padding_is_never_hidden_and_every_sound_hides_something():
    hidden = spans([50, 3, 1] * 40, share=0.05, span_frames=4)
    assert hidden.any(dim=1).all()
    assert not hidden[1::3, 3:].any()
    assert not hidden[2::3, 1:].any()
    assert not spans([50, 3], share=0.0).any()


def test_the_draws_are_those_of_the_generator():
    assert torch.equal(spans([60, 40]), spans([60, 40]))
    assert not torch.equal(spans([60, 40]), spans([60, 40], generator=generator(1)))


def test_what_is_hidden_cannot_be_heard():
    network, hidden = encoder(), spans([40])
    x = torch.randn(1, 8, 40, generator=generator(2))
    other = torch.where(hidden[:, None], torch.randn(1, 8, 40, generator=generator(3)), x)
    torch.testing.assert_close(network(x, hidden=hidden), network(other, hidden=hidden))
    assert (network(x) - network(other)).abs().max() > 1e-3


def test_padding_and_company_change_nothing():
    network = encoder()
    x = torch.randn(2, 8, 30, generator=generator(2))
    alone = network.states(x[1:, :, :17])
    x[1, :, 17:] = torch.nan
    together = network.states(x, torch.tensor([30, 17]))
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one[0], other[1, :17], rtol=1e-4, atol=1e-5)
        assert not other[1, 17:].any()


def test_the_loss_counts_hidden_frames_alone():
    logits = torch.randn(3, 9, 5, generator=generator(1))
    units = torch.randint(5, (3, 12), generator=generator(2))  # of a longer set
    hidden = spans([9, 7, 2], span_frames=2)
    each = functional.cross_entropy(logits.transpose(1, 2), units[:, :9], reduction="none")
    found = models.masked_loss(models.Guess(logits, hidden), units)
    torch.testing.assert_close(found, (each * hidden).sum() / hidden.sum())
    sure = functional.one_hot(units[:, :9], 5).float()
    assert models.masked_accuracy(models.Guess(sure, hidden), units) == 1


def test_neighbours_tell_what_was_hidden():
    """Sounds that hold one unit each: what is seen tells what is not."""
    units = torch.arange(64) % 4
    x = functional.one_hot(units, 8).float()[..., None].repeat(1, 1, 24)
    dataset = torch.utils.data.TensorDataset(x, torch.full((64,), 24), units[:, None].repeat(1, 24))
    predictor = models.MaskedPredictor(encoder(), n_units=4, span_frames=4, generator=generator())
    training.fit_one_cycle(
        predictor,
        dataset,
        epochs=8,
        learning_rate=0.01,
        batch_size=16,
        show_progress=False,
        loss=models.masked_loss,
    )
    with training.evaluating(predictor):
        guess = predictor(x, torch.full((64,), 24))
    assert models.masked_accuracy(guess, dataset.tensors[2]) > 0.9


def test_a_layer_that_is_averaged():
    network = models.SpeechClassifier(encoder(), n_classes=3, layer=1).eval()
    x, lengths = torch.randn(2, 8, 20, generator=generator(5)), torch.tensor([20, 11])
    states = network.encoder.states(x, lengths)[1]
    mean = torch.stack([one[:n].mean(dim=0) for one, n in zip(states, lengths, strict=True)])
    torch.testing.assert_close(network(x, lengths), network.classify(mean), rtol=1e-4, atol=1e-5)


def test_bad_input_is_refused():
    network = encoder()
    with pytest.raises(AudioError, match="hidden has shape"):
        network(torch.zeros(2, 8, 20), hidden=torch.zeros(2, 19, dtype=torch.bool))
    with pytest.raises(AudioError, match=r"hidden holds torch\.int64"):
        network(torch.zeros(2, 8, 20), hidden=torch.zeros(2, 20, dtype=torch.long))
    with pytest.raises(AudioError, match="log_mel"):
        network(torch.zeros(2, 7, 20))
    with pytest.raises(AudioError, match="layer is 3, and the encoder has 2"):
        models.SpeechClassifier(network, n_classes=2, layer=3)
    with pytest.raises(AudioError, match="share"):
        spans([20], share=1.5)
    with pytest.raises(AudioError, match="n_units"):
        models.MaskedPredictor(network, n_units=0, generator=generator())
    with pytest.raises(AudioError, match="span_frames"):
        models.MaskedPredictor(network, n_units=3, generator=generator(), span_frames=0)
    predictor = models.MaskedPredictor(network, n_units=3, generator=generator())
    with pytest.raises(AudioError, match="lengths must be a tensor"):
        predictor(torch.zeros(2, 8, 20), None)
    guess = predictor(torch.zeros(2, 8, 20), torch.tensor([20, 9]))
    with pytest.raises(AudioError, match=r"units have shape \(2, 19\)"):
        models.masked_loss(guess, torch.zeros(2, 19, dtype=torch.long))
    with pytest.raises(AudioError, match=r"units hold torch\.float32"):
        models.masked_loss(guess, torch.zeros(2, 20))
    nothing = models.Guess(guess.logits, torch.zeros(2, 20, dtype=torch.bool))
    with pytest.raises(AudioError, match="no frame is hidden"):
        models.masked_loss(nothing, torch.zeros(2, 20, dtype=torch.long))
    assert isinstance(network.enter, nn.Conv1d)
