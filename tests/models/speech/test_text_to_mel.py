"""Text to mel bands: each token as long as it lasts, padding of no effect, a loss without it."""

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.TextToMel(10, width=8, hidden_size=8, n_encoder=1, n_decoder=1).eval()


def _text(length, seed=0):
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(10, (length,), generator=generator)
    durations = torch.randint(0, 4, (length,), generator=generator)
    durations[0] = 2
    return tokens, durations, torch.randn(2, length, generator=generator)


def test_a_frame_belongs_to_the_token_that_lasts():
    durations = torch.tensor([3, 0, 1, 2])
    places, within = models.places_of(durations)
    assert places.tolist() == [0, 0, 0, 2, 3, 3]
    torch.testing.assert_close(within[:, 0], torch.tensor([1 / 6, 1 / 2, 5 / 6, 0.5, 0.25, 0.75]))
    torch.testing.assert_close(within[:, 1].expm1(), torch.tensor([3.0, 3, 3, 1, 2, 2]))


@torch.no_grad()
def test_padding_changes_no_frame_and_no_trait(network):
    texts = [_text(9, 1), _text(5, 2)]
    alone = [network.write(*one) for one in texts]
    pad = torch.nn.utils.rnn.pad_sequence
    tokens = pad([one[0] for one in texts], batch_first=True, padding_value=7)
    voice = pad([one[2].T for one in texts], batch_first=True, padding_value=9.0).transpose(1, 2)
    found = [models.places_of(one[1]) for one in texts]
    places, within = (pad(list(one), batch_first=True) for one in zip(*found, strict=True))
    lengths = torch.tensor([9, 5])
    n_frames = torch.tensor([one.shape[-1] for one in alone])
    mel, traits = network(tokens, lengths, voice, places, within, n_frames)
    for row, one in enumerate(alone):
        torch.testing.assert_close(mel[row, :, : one.shape[-1]], one)
        own = network.traits(texts[row][0][None])[0]
        torch.testing.assert_close(traits[row, :, : own.shape[-1]], own)


@torch.no_grad()
def test_a_piece_is_written_as_the_whole_but_for_its_ends(network):
    tokens, durations, voice = _text(30)
    whole = network.write(tokens, durations, voice)
    places, within = models.places_of(durations)
    piece, _ = network(
        tokens[None], None, voice[None], places[None, 5:25], within[None, 5:25], None
    )
    torch.testing.assert_close(piece[0, :, 3:-3], whole[:, 8:22])
    assert not torch.allclose(piece[0, :, 0], whole[:, 5])


def test_a_text_that_does_not_last_is_refused(network):
    with pytest.raises(AudioError, match="durations are all 0"):
        network.write(torch.tensor([1]), torch.tensor([0]), torch.zeros(2, 1))
    with pytest.raises(AudioError, match=r"tokens have shape \(1,\): give \(B, L\)"):
        network.traits(torch.tensor([1]))


def test_the_loss_counts_no_padding():
    torch.manual_seed(0)
    mel, traits = torch.randn(2, 80, 6), torch.randn(2, 3, 4)
    n_frames, n_tokens = torch.tensor([6, 4]), torch.tensor([4, 2])
    true = (mel.clone(), traits.clone(), n_frames, n_tokens)
    true[0][1, :, 4:] += 5
    true[1][1, :, 2:] += 5
    assert (models.writing_loss((mel, traits), true) == 0).all()
    true[0][1, :, :4] += 2
    true[1][0] += 1
    torch.testing.assert_close(
        models.writing_loss((mel, traits), true), torch.tensor([0.3, 2.0]), atol=1e-5, rtol=0
    )
