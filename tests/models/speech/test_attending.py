"""Recognisers that write token after token: attention and the transducer, and its loss."""

import pytest
import torch

from audiolessons import models, training
from audiolessons.errors import AudioError

SMALL = {"n_tokens": 5, "n_mels": 12, "n_channels": 3, "hidden_size": 16, "n_layers": 1}
MAKE = {
    "attention": lambda: models.AttentionRecogniser(models.Recogniser(**SMALL), hidden_size=24),
    "transducer": lambda: models.Transducer(models.Recogniser(**SMALL), hidden_size=24),
}
LOSS = {"attention": models.attention_loss, "transducer": models.transducer_loss}


@pytest.mark.parametrize("name", MAKE)
def test_padding_of_sounds_and_of_texts_changes_no_loss(name):
    torch.manual_seed(0)
    model = MAKE[name]().eval()
    lengths, n_tokens = torch.tensor([31, 18]), torch.tensor([3, 1])
    x = torch.randn(2, 12, 31)
    x[1, :, 18:] = torch.nan
    tokens = torch.tensor([[1, 2, 2], [4, 3, 3]])  # the last two are padding
    together = LOSS[name](model(x, lengths, tokens), (tokens, n_tokens))
    assert together.shape == (2,)
    for row, (length, n) in enumerate(zip(lengths, n_tokens, strict=True)):
        text = tokens[row : row + 1, :n]
        output = model(x[row : row + 1, :, :length], length[None], text)
        alone = LOSS[name](output, (text, n[None]))
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "n_steps"), [("attention", 60), ("transducer", 200)])
def test_it_learns_two_texts_and_recognises_them(name, n_steps):
    training.seed_everything(0)
    model = MAKE[name]()
    x, lengths = torch.randn(2, 12, 40), torch.tensor([40, 40])
    tokens, n_tokens = torch.tensor([[1, 2, 2], [4, 1, 1]]), torch.tensor([3, 1])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(n_steps):
        loss = LOSS[name](model(x, lengths, tokens), (tokens, n_tokens)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    heard = [model.recognise(sound) for sound in x]
    if name == "attention":
        assert all(weights.shape == (len(text) + 1, 10) for text, weights in heard)
        for _, weights in heard:
            torch.testing.assert_close(weights.sum(dim=-1), torch.ones(len(weights)))
        heard = [text for text, _ in heard]
    assert heard == [[1, 2, 2], [4]]


def test_the_sum_on_the_grid_agrees_with_torchaudio():
    functional = pytest.importorskip("torchaudio.functional")
    torch.manual_seed(0)
    ours = torch.randn(3, 6, 5, 4, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    tokens = torch.tensor([[1, 2, 2, 3], [3, 1, 1, 1], [2, 2, 1, 1]])
    n_frames, n_tokens = torch.tensor([6, 3, 1]), torch.tensor([4, 1, 2])
    loss = models.transducer_loss((ours, n_frames), (tokens, n_tokens)) * n_tokens
    expected = functional.rnnt_loss(
        theirs, tokens.int(), n_frames.int(), n_tokens.int(), blank=0, reduction="none"
    )
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4)


def test_what_cannot_be_is_named():
    for make in MAKE.values():
        with pytest.raises(AudioError, match=r"tokens has shape \(3,\) for 2 sounds"):
            make()(torch.zeros(2, 12, 20), torch.tensor([20, 20]), torch.tensor([1, 2, 3]))
