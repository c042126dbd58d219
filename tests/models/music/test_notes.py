"""Frames written note after note: a distribution over sets of keys, of the past alone."""

import itertools

import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import NoteByNoteModel, continue_roll, frame_marks

D = 5


@pytest.fixture
def model():
    torch.manual_seed(0)
    model = NoteByNoteModel(n_features=D, hidden_size=8, note_size=6, dropout=0.4, forgotten=0.4)
    with torch.no_grad():
        model.predict.weight.mul_(5)  # chances that differ
    return model.double().eval()


@pytest.fixture
def sets():
    """Every set of keys once: (32, D)."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=D)), dtype=torch.float64)


@pytest.fixture
def rolls():
    return (torch.rand(3, 7, D, generator=torch.Generator().manual_seed(1)) > 0.5).double()


def after(beginning, frames):
    """Return rolls of one beginning (N, D), each followed by another frame."""
    return torch.cat([beginning.expand(len(frames), -1, -1), frames[:, None]], dim=1)


@torch.no_grad()
def test_the_chances_of_all_sets_add_up_to_one(model, sets, rolls):
    for n_frames in (1, 4):
        whole = after(rolls[0, :n_frames], sets)
        nats = model(whole).reshape(len(sets), n_frames)[:, -1]
        assert float(torch.exp(-nats).sum()) == pytest.approx(1, abs=1e-12)
        assert nats.min() > 0
        assert nats.max() - nats.min() > 1


def test_marks_by_hand(sets):
    assert frame_marks(sets[[0b10110, 0b00000, 0b00001]]).tolist() == [
        [4, 3, 1, 0],
        [0, 0, 0, 0],
        [5, 0, 0, 0],
    ]
    assert frame_marks(torch.ones(1, 3)).tolist() == [[3, 2, 1, 0]]
    assert frame_marks(torch.zeros(2, 3)).tolist() == [[0], [0]]


@torch.no_grad()
def test_nats_are_those_of_one_mark_after_another(model, rolls):
    nats = model(rolls[:1])
    past, near = (part[0] for part in model.read(rolls[:1]))
    for n in range(1, rolls.shape[1]):
        keys = rolls[0, n].nonzero()[:, 0].flip(0).tolist()
        marks, expected = [D + 1], 0.0
        for mark in [key + 1 for key in keys] + [0]:
            logits = model.next_mark(past[n - 1 : n], near[n - 1 : n], torch.tensor([marks]))[0, -1]
            expected -= float(logits[mark] - torch.logsumexp(logits, 0))
            marks.append(mark)
        assert float(nats[n - 1]) == pytest.approx(expected)


@torch.no_grad()
def test_neither_the_future_nor_padding_nor_company_changes_the_nats(model, rolls):
    nats = model(rolls, [7, 3, 5])
    assert nats.shape == (6 + 2 + 4,)
    alone = torch.cat([model(rolls[k : k + 1, :n]) for k, n in enumerate([7, 3, 5])])
    torch.testing.assert_close(nats, alone)
    spoiled = rolls.clone()
    spoiled[1, 3:], spoiled[2, 5:] = torch.nan, torch.nan
    torch.testing.assert_close(model(spoiled, [7, 3, 5]), nats)
    later = rolls.clone()
    later[0, 4:] = 1 - later[0, 4:]
    torch.testing.assert_close(model(later)[:3], nats[:3])
    assert not torch.allclose(model(later)[3:6], nats[3:6])


@torch.no_grad()
def test_what_sounds_near_a_key_is_told_by_distance(model, rolls):
    """A piece one key higher means one key higher what it meant."""
    model.embed.weight.zero_()
    low = torch.nn.functional.pad(rolls[..., :3], (0, 2))
    near, moved = (model.read(x)[1] for x in (low, low.roll(1, dims=2)))
    torch.testing.assert_close(moved[:, :, 1:], near[:, :, :-1])


@torch.no_grad()
def test_a_note_hears_the_notes_above_it(model, sets, rolls):
    """The lowest key is no coin of its own: its chance changes with the keys that sound."""
    chances = torch.exp(-model(after(rolls[0, :1], sets))).reshape(2, 16)  # lowest key off, on
    given_others = chances[1] / chances.sum(dim=0)
    assert given_others.max() - given_others.min() > 0.1


def test_a_short_tune_can_be_learned_by_heart(rolls):
    torch.manual_seed(0)
    model = NoteByNoteModel(n_features=D, hidden_size=16, note_size=12)
    rolls = rolls.float()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        loss = model(rolls[:1]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert all(parameter.grad.abs().max() > 0 for parameter in model.parameters())
    assert loss < 0.1  # even chances cost 5 log 2 = 3.5
    continued = continue_roll(model, rolls[0, :2], n_frames=5, temperature=0.1)
    assert torch.equal(continued, rolls[0])


def test_frames_are_drawn_as_often_as_the_chances_say(model, sets, rolls):
    beginning = rolls[:1, :3].expand(4000, -1, -1)
    generator = torch.Generator().manual_seed(0)
    drawn = model.draw_next(beginning, temperature=1.0, generator=generator)
    counted = (drawn[:, None] == sets).all(dim=2).double().mean(dim=0)
    with torch.no_grad():
        nats = model(after(rolls[0, :3], sets)).reshape(32, 3)[:, -1]
    torch.testing.assert_close(counted, torch.exp(-nats), rtol=0, atol=0.03)


def test_a_seed_gives_one_continuation(model, rolls):
    model.train()
    first = continue_roll(model, rolls[0], n_frames=6, seed=1)
    assert first.shape == (13, D)
    assert first.dtype == torch.float64
    assert torch.equal(first, continue_roll(model, rolls[0], n_frames=6, seed=1))
    assert not torch.equal(first, continue_roll(model, rolls[0], n_frames=6, seed=2))
    assert model.training


def test_keys_are_forgotten_and_states_dropped_while_training_only(model, rolls):
    model.train()
    assert not torch.equal(model(rolls), model(rolls))
    model.eval()
    assert torch.equal(model(rolls), model(rolls))


def test_wrong_input_is_named(model, rolls):
    with pytest.raises(AudioError, match=r"rolls have shape .* at most one frame each"):
        model(rolls[:, :1])
    with pytest.raises(AudioError, match=rf"is 4: this network was made for {D}"):
        model(rolls[..., :4])
    with pytest.raises(AudioError, match=r"lengths\[0\] is 8"):
        model(rolls, [8, 3, 5])
    with pytest.raises(AudioError, match=r"forgotten is 1\.0"):
        NoteByNoteModel(forgotten=1.0)
    with pytest.raises(AudioError, match="note_size is 0"):
        NoteByNoteModel(note_size=0)
