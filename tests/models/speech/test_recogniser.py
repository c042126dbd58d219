"""The recogniser: lengths, padding, time, and the loss over all alignments."""

from itertools import product

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import Recogniser, ctc_loss, subsampled

SMALL = {"n_tokens": 5, "n_mels": 12, "n_channels": 3, "hidden_size": 6, "n_layers": 2}


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_no_answer(causal):
    torch.manual_seed(0)
    model = Recogniser(**SMALL, causal=causal).eval()
    lengths = torch.tensor([31, 18, 7])
    x = torch.randn(3, 12, 31)
    for sound, length in zip(x, lengths, strict=True):
        sound[:, length:] = torch.nan
    logits, n_frames = model(x, lengths)
    assert n_frames.tolist() == [8, 5, 2] == subsampled(lengths).tolist()
    for sound, length, answer, n in zip(x, lengths, logits, n_frames, strict=True):
        alone = model(sound[None, :, :length])
        assert alone.shape == (1, n, 5)
        torch.testing.assert_close(answer[:n], alone[0], atol=1e-5, rtol=1e-5)


def test_a_causal_answer_waits_for_nothing_and_another_knows_the_end():
    torch.manual_seed(0)
    x = torch.randn(1, 12, 40)
    changed = x.clone()
    changed[..., 21:] = 0
    for causal in (True, False):
        model = Recogniser(**SMALL, causal=causal).eval()
        # Answer n of a causal network has heard frames up to 4 n: number 5 is the last before 21.
        same = torch.isclose(model(x)[0, :6], model(changed)[0, :6], atol=1e-6).all()
        assert same == causal
    assert not torch.isclose(model(x)[0, 6:], model(changed)[0, 6:]).all()


def test_the_loss_is_the_sum_over_all_paths():
    torch.manual_seed(0)
    logits = torch.randn(1, 4, 3)
    chances = logits[0].softmax(dim=-1)
    for text in ([1], [1, 2], [2, 2]):
        total = torch.tensor(0.0)
        for path in product(range(3), repeat=4):
            told = [t for t, last in zip(path, (0, *path), strict=False) if t and t != last]
            if told == text:
                total += torch.stack([chances[n, t] for n, t in enumerate(path)]).prod()
        target = torch.tensor([text]), torch.tensor([len(text)])
        loss = ctc_loss((logits, torch.tensor([4])), target)
        torch.testing.assert_close(loss[0] * len(text), -total.log())


def test_what_cannot_be_is_named():
    with pytest.raises(AudioError, match="text 0 of the batch has 2 tokens, too many for its 2"):
        ctc_loss(
            (torch.zeros(1, 2, 3), torch.tensor([2])), (torch.tensor([[1, 1]]), torch.tensor([2]))
        )
    with pytest.raises(AudioError, match="log_mel has 40 bands, the network was made for 12"):
        Recogniser(**SMALL)(torch.zeros(1, 40, 20))
    with pytest.raises(AudioError, match="n_tokens"):
        Recogniser(1)
    with pytest.raises(AudioError, match="log_mel"):
        Recogniser(**SMALL)(torch.zeros(12, 20))
