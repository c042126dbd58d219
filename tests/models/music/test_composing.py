"""A composed piece ends where it should, keeps a given melody, and the best draft is kept."""

import numpy as np
import pytest
import torch

from audiolessons.errors import AudioError
from audiolessons.models import Harmoniser
from audiolessons.models.music import composing
from audiolessons.music import key_of, to_tokens

C, F, G7 = [67, 64, 60, 48], [69, 65, 60, 53], [65, 62, 59, 43]


class Scripted:
    """In place of a network: writes the pieces that it was given."""

    def __init__(self, *pieces):
        self.drawn = [torch.from_numpy(to_tokens(piece)) for piece in pieces]

    def draw(self, given, *, temperature, seed):
        return torch.stack([piece[: given.shape[1]] for piece in self.drawn])


def piece_with_cadence(at, n_bars):
    """Return quarters of F and C in turn, and an authentic cadence, its last chord at `at`."""
    chords = [C if k % 2 else F for k in range(4 * n_bars)]
    chords[at // 4 - 1 : at // 4 + 1] = [G7, C]
    return np.repeat(np.array(chords), 4, axis=0)


def test_a_draft_is_cut_at_a_cadence_near_the_length_and_its_last_chord_is_held():
    piece = composing.compose(Scripted(piece_with_cadence(56, 7)), n_bars=4, n_drafts=1)
    assert piece.key == key_of("C")
    assert piece.cadence in ("authentic", "plagal")
    assert len(piece.voices) % 8 == 0
    assert abs(len(piece.voices) - 64) <= 8
    assert (piece.voices[-composing.LAST_CHORD :] == piece.voices[-1]).all()
    assert piece.voices[-1].tolist() == C


def test_the_piece_with_a_cadence_and_fewer_faults_is_kept():
    def piece(chords, name):
        return composing.Piece(np.array(chords), key_of("C"), name)

    plain, ended = piece([C] * 16, ""), piece([C] * 16, "half")
    parallel = piece([C] * 8 + [[69, 66, 62, 50]] * 8, "half")
    assert composing._best([plain, ended]) is ended
    assert composing._best([parallel, ended]) is ended


def test_a_given_melody_is_kept():
    network = Harmoniser(hidden_size=8, melody_size=4, width=8)
    melody = np.repeat([67, 69, 71, -1, 72], 4)
    piece = composing.compose(network, soprano=melody, n_drafts=2)
    assert np.array_equal(piece.voices[:, 0], melody)


def test_bar_lines_stand_where_most_notes_begin():
    bars = np.array(([C] * 8 + [F] * 8) * 4)
    upbeat = np.array([G7] * 4 + [C] * 16 + [F] * 16)
    assert composing.Piece(upbeat, key_of("C"), "").upbeat_quarters == 1
    assert composing.Piece(bars[8:], key_of("C"), "").upbeat_quarters in (0, 2)


def test_what_cannot_be_composed_is_refused():
    for options, said in (
        ({"n_bars": 1}, "n_bars is 1"),
        ({"n_bars": 65}, "n_bars is 65"),
        ({"temperature": 0}, "temperature is 0"),
        ({"soprano": np.full(8, 90)}, "soprano reaches from 90"),
        ({"soprano": np.full(8, -1)}, "not all of them -1"),
        ({"soprano": np.full(2000, 70)}, "125 bars"),
    ):
        with pytest.raises(AudioError, match=said):
            composing.compose(object(), **options)
