"""Recipes of the part on music: all notes are judged once, padding none, and networks learn."""

import numpy as np
import pytest
import torch

from audiolessons import datasets, music, results
from audiolessons.recipes.music import chorale_voices, folk_melodies, harmonising, melodies
from audiolessons.recipes.music._voice_lessons import Batches, Voices


@pytest.fixture(scope="module")
def voices():
    whole = chorale_voices.load()
    parts = [[piece[:64] for piece in part[:8]] for part in (whole.train, whole.valid, whole.test)]
    return Voices(*parts, ranges=whole.ranges, source=whole.source)


def mean_nats(system, pieces):
    found = chorale_voices.nats(system, pieces)
    assert [one.shape for one in found] == [piece.shape for piece in pieces]
    return np.concatenate(found).mean()


def test_lessons_are_the_pieces_in_keys_that_can_be_sung(voices):
    pieces = [piece[: 40 + number] for number, piece in enumerate(voices.train)]
    batches = Batches(pieces, batch_size=3, seed=0, ranges=voices.ranges)
    assert len(batches) == 3
    seen = [tokens[tokens[:, 0] >= 0] for batch, _ in batches for tokens in batch]
    by_length = sorted(seen, key=len)
    assert [len(one) for one in by_length] == [len(piece) for piece in pieces]
    moves = set()
    for tokens, piece in zip(by_length, pieces, strict=True):
        sounds = piece > 0
        apart = (tokens.numpy() - piece)[sounds]
        assert len(set(apart.tolist())) == 1
        assert not tokens.numpy()[~sounds].any()
        moves.add(int(apart[0]))
        pitches = music.from_tokens(tokens.numpy())
        inside = (pitches >= voices.ranges[:, 0]) & (pitches <= voices.ranges[:, 1])
        assert (inside | ~sounds).all() or apart[0] == 0
    assert len(moves) > 1


def test_what_is_given_is_no_target(voices):
    ((tokens, target),) = Batches(voices.train[:2], batch_size=2, given=[0])
    assert (target[..., 0] == -100).all()
    assert torch.equal(target[..., 1:], tokens[..., 1:])


@pytest.mark.parametrize("name", ["rnn", "transformer"])
def test_a_network_learns(name, voices):
    options = {"width": 16, "dropout": 0.0}
    fresh = chorale_voices.model(name, **options)
    assert mean_nats(fresh, voices.valid) == pytest.approx(np.log(music.N_TOKENS), abs=1.5)
    network, _ = chorale_voices.train(name, voices, epochs=3, show_progress=False, **options)
    assert mean_nats(network, voices.valid) < 0.9 * mean_nats(fresh, voices.valid)


def test_experts_together_beat_one(voices):
    pieces = chorale_voices.load().train[:40]
    alone = music.VoiceCounts(pieces, experts=(("voice", "last"),))
    together = music.VoiceCounts(pieces).weigh(voices.valid)
    assert mean_nats(together, voices.test) < 0.9 * mean_nats(alone, voices.test)


def test_a_melody_keeps_its_notes_when_it_is_harmonised(voices):
    sopranos = [piece[:20, 0] for piece in voices.test[:2]]
    counts = music.VoiceCounts(voices.train)
    for system in (harmonising.model(width=8), counts):
        written = harmonising.harmonise(system, sopranos)
        for piece, soprano in zip(written, sopranos, strict=True):
            assert piece.shape == (20, 4)
            np.testing.assert_array_equal(piece[:, 0], soprano)
            assert piece.min() >= 0


def test_the_harmoniser_learns(voices):
    network, history = harmonising.train(
        voices, epochs=3, width=16, dropout=0.0, show_progress=False
    )
    assert history.valid_loss[-1] < history.valid_loss[0]
    assert not network.training


def test_melodies_are_what_sopranos_sing_and_a_network_learns_them(voices):
    found = melodies.load()
    assert found.train.shape[1] == 32
    assert found.lowest == found.train.min() > 0
    few = melodies.Melodies(
        found.train[:64], found.valid[:16], found.test[:16], found.lowest, found.highest, "few"
    )
    network, history = melodies.train("vae", few, epochs=4, hidden_size=24, show_progress=False)
    assert history.valid_loss[-1] < history.valid_loss[0]
    costs = melodies.costs(network, few.test)
    assert costs["notes"].shape == costs["point"].shape == costs["right"].shape == (16,)
    assert costs["by_number"].sum() == pytest.approx(costs["point"].mean())


def test_tunes_are_written_and_judged_note_by_note():
    found = folk_melodies.load()
    tunes = found.train[:30]
    pitches, times = (np.concatenate([tune[start::2] for tune in tunes]) for start in (0, 1))
    assert pitches.min() >= 0
    assert pitches.max() < folk_melodies.N_PITCHES <= times.min()
    assert times.max() < folk_melodies.N_TOKENS
    few = folk_melodies.Melodies(tunes, found.valid[:5], found.test[:5], found.source)
    counted = folk_melodies.nats(folk_melodies.ngram(tunes, order=3), few.test)
    network, history = folk_melodies.train(few, epochs=3, width=24, show_progress=False)
    judged = folk_melodies.nats(network, few.test)
    assert [len(one) for one in counted] == [len(one) for one in judged]
    assert [len(one) for one in judged] == [len(tune) + 1 for tune in few.test]
    assert history.valid_loss[-1] < history.valid_loss[0]


def test_a_tune_stands_in_one_part():
    """Of the recordings; the stand-ins are in parts by number."""
    whole = datasets.load("folk_tunes")
    if whole.source == "embedded":
        pytest.skip("the scenes name tunes of the recordings")
    chosen = results.read_scenes("folk_melodies")
    part_of = {one["tune"]: part for part, members in chosen.items() for one in members}
    assert len(part_of) == sum(len(members) for members in chosen.values())
    titles = {}
    for item in whole:
        titles.setdefault(item.title, set()).add(part_of.pop(item.id, "train"))
    assert not part_of
    assert all(len(parts) == 1 for parts in titles.values())
