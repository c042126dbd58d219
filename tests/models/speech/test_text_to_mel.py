"""Text to mel bands: each token as long as it lasts, padding of no effect, a loss without it."""

import numpy as np
import pytest
import torch

from audiolessons import features as al_features
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


def _melody(n_frames):
    generator = torch.Generator().manual_seed(n_frames)
    voiced, pitch = torch.rand(2, n_frames, generator=generator)
    return torch.stack([(voiced > 0.5).float(), pitch])


def test_a_frame_belongs_to_the_token_that_lasts():
    durations = torch.tensor([3, 0, 1, 2])
    places, within = models.places_of(durations)
    assert places.tolist() == [0, 0, 0, 2, 3, 3]
    torch.testing.assert_close(within[:, 0], torch.tensor([1 / 6, 1 / 2, 5 / 6, 0.5, 0.25, 0.75]))
    torch.testing.assert_close(within[:, 1].expm1(), torch.tensor([3.0, 3, 3, 1, 2, 2]))


@torch.no_grad()
def test_padding_changes_no_frame_and_no_trait(network):
    texts = [_text(9, 1), _text(5, 2)]
    pad = torch.nn.utils.rnn.pad_sequence
    tokens = pad([one[0] for one in texts], batch_first=True, padding_value=7)
    voice = pad([one[2].T for one in texts], batch_first=True, padding_value=9.0).transpose(1, 2)
    found = [models.places_of(one[1]) for one in texts]
    places, within = (pad(list(one), batch_first=True) for one in zip(*found, strict=True))
    lengths = torch.tensor([9, 5])
    n_frames = torch.tensor([len(one) for one, _ in found])
    melodies = [_melody(len(one)) for one, _ in found]
    melody = pad([one.T for one in melodies], batch_first=True, padding_value=5.0).transpose(1, 2)
    mel, traits, sung = network(tokens, lengths, voice, places, within, n_frames, melody)
    for row, (one, own) in enumerate(zip(texts, found, strict=True)):
        given = (one[0][None], None, one[2][None], own[0][None], own[1][None], None)
        for made, alone in zip(
            (mel, traits, sung), network(*given, melodies[row][None]), strict=True
        ):
            torch.testing.assert_close(made[row, :, : alone.shape[-1]], alone[0])


@torch.no_grad()
def test_a_piece_is_written_as_the_whole_but_for_its_ends(network):
    tokens, durations, voice = _text(40)
    places, within = models.places_of(durations)
    melody = _melody(len(places))

    def made(first, end):
        frames = (
            places[None, first:end],
            within[None, first:end],
            None,
            melody[None, :, first:end],
        )
        return network(tokens[None], None, voice[None], *frames)

    (whole, _, sung), (piece, _, own) = made(0, None), made(5, 35)
    torch.testing.assert_close(piece[0, :, 3:-3], whole[0, :, 8:32])
    torch.testing.assert_close(own[0, :, 6:-6], sung[0, :, 11:29])
    assert not torch.allclose(piece[0, :, 0], whole[0, :, 5])


@torch.no_grad()
def test_a_text_is_written_in_the_melody_that_was_predicted(network):
    tokens, durations, voice = _text(20)
    places, within = models.places_of(durations)
    given = (tokens[None], None, voice[None], places[None], within[None], None)
    _, _, sung = network(*given, _melody(len(places))[None])
    melody = torch.stack([(sung[:, 0] > 0).float(), sung[:, 1]], dim=1)
    torch.testing.assert_close(
        network(*given, melody)[0][0], network.write(tokens, durations, voice)
    )


def test_the_comb_has_its_tops_at_the_harmonics(network):
    pitch = torch.from_numpy(models.in_units(np.array([100.0, 200, 200]))).float()
    comb = network.comb(torch.stack([torch.tensor([1.0, 1, 0]), pitch])[None])[0].numpy()  # (80, 3)
    centres = al_features.mel_to_hz(np.linspace(0, al_features.hz_to_mel(8000), 82))[1:-1]
    low = centres < 1000
    for frame, hz in enumerate((100, 200)):
        true = np.cos(2 * np.pi * centres / hz)
        assert np.corrcoef(comb[low, frame], true[low])[0, 1] > 0.95
        assert np.abs(comb[centres > 6000, frame]).max() < 0.5  # wide bands hold hills and valleys
    assert (comb[:, 2] == 0).all()


def test_a_text_that_does_not_last_is_refused(network):
    with pytest.raises(AudioError, match="durations are all 0"):
        network.write(torch.tensor([1]), torch.tensor([0]), torch.zeros(2, 1))
    with pytest.raises(AudioError, match=r"tokens have shape \(1,\): give \(B, L\)"):
        network.traits(torch.tensor([1]))


def test_the_loss_counts_no_padding():
    torch.manual_seed(0)
    mel, traits = torch.randn(2, 80, 6), torch.randn(2, 3, 4)
    melody = torch.stack([torch.ones(2, 6), torch.randn(2, 6)], dim=1)
    sung = torch.stack([torch.full((2, 6), 100.0), melody[:, 1]], dim=1)  # quite sure
    n_frames, n_tokens = torch.tensor([6, 4]), torch.tensor([4, 2])
    true = (mel.clone(), traits.clone(), melody.clone(), n_frames, n_tokens)
    true[0][1, :, 4:] += 5
    true[1][1, :, 2:] += 5
    true[2][1, :, 4:] += 5
    assert (models.writing_loss((mel, traits, sung), true) < 1e-30).all()
    true[0][1, :, :4] += 2
    true[1][0] += 1
    true[2][1, 1, :4] += 3
    torch.testing.assert_close(
        models.writing_loss((mel, traits, sung), true), torch.tensor([0.3, 2.3]), atol=1e-5, rtol=0
    )
    true[2][0, 0] = 0  # not voiced: its pitch does not count, and to be sure of it was wrong
    torch.testing.assert_close(
        models.writing_loss((mel, traits, sung), true)[0], torch.tensor(10.3), atol=1e-4, rtol=0
    )


def test_pitch_there_and_back():
    hz = np.array([100.0, 200.0, 400.0])
    np.testing.assert_allclose(models.in_units(hz), [-3, 0, 3])
    np.testing.assert_allclose(models.in_hz(models.in_units(hz)), hz)
