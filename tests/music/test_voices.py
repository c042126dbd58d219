"""Four voices: what is held, which rules are broken, tokens and transpositions, and counting."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import music
from audiolessons.errors import AudioError

PITCHES = st.integers(35, 81).map(lambda pitch: -1 if pitch == 35 else pitch)
pieces = arrays(np.int16, st.tuples(st.integers(1, 20), st.just(4)), elements=PITCHES)
CHORD = [72, 67, 64, 48]  # C major


def faults(*chords):
    return {name: n for name, n in music.voice_leading_faults(np.array(chords)).items() if n}


@given(voices=pieces)
def test_tokens_are_the_pitches_and_back(voices):
    tokens = music.to_tokens(voices)
    assert set(tokens.ravel().tolist()) <= set(range(music.N_TOKENS))
    np.testing.assert_array_equal(music.from_tokens(tokens), voices)


@given(voices=pieces)
def test_notes_written_again_are_the_voices(voices):
    again = np.full_like(voices, -1)
    for voice, notes in enumerate(music.voice_notes(voices)):
        for pitch, first, after in notes:
            again[first:after, voice] = pitch
        assert all(a[2] < b[1] or a[0] != b[0] for a, b in pairwise(notes))
    np.testing.assert_array_equal(again, voices)


def test_what_repeats_is_held():
    assert music.held_share(np.array([CHORD] * 5)) == 1
    assert music.held_share(np.array([CHORD, [74, 67, 64, 48]])) == 0.75


def test_each_rule_is_seen_broken():
    assert faults(CHORD, CHORD) == {}
    assert faults(CHORD, [74, 67, 64, 48]) == {}
    assert faults([72, 67, 64, 45], [74, 67, 64, 47]) == {}  # a tenth is no fifth
    assert faults([72, 67, 60, 53], [72, 67, 62, 55]) == {"fifths": 1}
    assert faults([72, 67, 64, 48], [74, 67, 64, 50]) == {"octaves": 1}
    # both jump to a fifth from another interval: hidden, not parallel
    assert faults([72, 67, 60, 52], [72, 67, 62, 55]) == {}
    assert faults([67, 67, 60, 48], [67, 69, 60, 48]) == {"crossing": 1, "overlap": 1}
    assert faults([72, 67, 60, 48], [66, 64, 60, 48]) == {"overlap": 1}
    assert faults([72, 67, 60, 48], [72, 67, 60, 62]) == {"crossing": 1, "overlap": 1, "leap": 1}
    assert faults([72, 59, 55, 48]) == {"spacing": 1}
    assert faults([72, 69, 67, 37]) == {"range": 1}
    assert faults([72, 67, -1, -1], [74, 69, -1, -1]) == {}  # a fourth, and rests


@given(voices=pieces, by=st.integers(-7, 7))
def test_rules_do_not_depend_on_the_key(voices, by):
    wide = np.array([[0, 127]] * 4)
    moved = np.where(voices == -1, -1, voices + by)
    assert music.voice_leading_faults(voices, ranges=wide) == music.voice_leading_faults(
        moved, ranges=wide
    )


def test_faults_a_bar_are_the_faults_over_the_bars():
    voices = np.repeat([CHORD, [74, 69, 65, 50]], 24, axis=0)  # three bars, two faults
    assert music.faults_a_bar(voices) == pytest.approx(2 / 3)


@given(voices=pieces)
def test_a_transposed_piece_stays_in_range(voices):
    ranges = np.array([[60, 81], [52, 74], [46, 69], [36, 66]])
    moves = music.transpositions(voices, ranges)
    assert 0 in moves
    for by in moves[moves != 0]:
        moved = voices + by
        inside = (moved >= ranges[:, 0]) & (moved <= ranges[:, 1])
        assert (inside | (voices == -1)).all()


def test_histograms_are_shares():
    found = music.voice_histograms([np.array([CHORD] * 4 + [[74, 67, 64, 36]] * 2)])
    assert all(one.sum() == pytest.approx(1) for one in found.values())
    assert found["interval"][[12 + 2, 12 - 12]].tolist() == [0.5, 0.5]
    assert found["duration"][5] == pytest.approx(2 / 6)


def test_wrong_voices_are_named():
    with pytest.raises(AudioError, match="pitch 90: give 36 to 81"):
        music.to_tokens(np.array([90]))
    with pytest.raises(AudioError, match="float64: give whole numbers"):
        music.to_tokens(np.array([60.0]))
    with pytest.raises(AudioError, match="tokens hold 47"):
        music.from_tokens(np.array([47]))
    with pytest.raises(AudioError, match="soprano first"):
        music.voice_leading_faults(np.array([[60, 62]]))
    with pytest.raises(AudioError, match="two or more"):
        music.held_share(np.array([CHORD]))
    with pytest.raises(AudioError, match=r"give \(N, V\) and \(V, 2\)"):
        music.transpositions(np.array([CHORD]), np.zeros((3, 2)))


# --- counting -----------------------------------------------------------------------------------


def drawn(n_pieces, n_frames=30, seed=0):
    """Pieces whose voices walk about, with a rest here and there."""
    random = np.random.default_rng(seed)
    steps = random.integers(-2, 3, (n_pieces, n_frames, 4)) * random.integers(0, 2, (4,))
    tokens = np.clip(np.array([37, 32, 29, 20]) + steps.cumsum(axis=1), 1, 46)
    return list(np.where(random.random(tokens.shape) < 0.05, 0, tokens))


@pytest.fixture(scope="module")
def counts():
    return music.VoiceCounts(drawn(6)).weigh(drawn(3, seed=1))


def test_chances_add_up_and_surprise_is_theirs(counts):
    piece = drawn(1, seed=2)[0]
    chances = counts.chances(piece)
    np.testing.assert_allclose(chances.sum(axis=2), 1)
    n, v = np.indices(piece.shape)
    np.testing.assert_allclose(counts.nats(piece), -np.log(chances[n, v, piece]))
    np.testing.assert_allclose(counts.weights.sum(axis=1), 1)


def test_what_is_written_depends_on_nothing_later(counts):
    piece = drawn(1, seed=3)[0]
    chances = counts.chances(piece)
    for frame, voice in [(0, 0), (7, 1), (12, 3), (29, 2)]:
        changed = piece.copy()
        changed[frame, voice] = (changed[frame, voice] + 5) % music.N_TOKENS
        where = np.argwhere((counts.chances(changed) != chances).any(axis=2)).tolist()
        assert all(place > [frame, voice] for place in where)
        assert where or frame == 29
    for frame in (0, 4, 29):  # a beginning alone has the chances that the whole has there
        part = counts.chances(piece[: frame + 1], frames=slice(frame, None))
        np.testing.assert_allclose(part[0], chances[frame])


def test_counts_hold_in_every_key(counts):
    piece = np.clip(drawn(1, seed=4)[0], 10, 40)
    higher = counts.chances(piece + 3)[:, :, 10:]
    same = counts.chances(piece)[:, :, 7:-3]
    inner = slice(1, None)  # in the first sixteenth there is no distance yet
    np.testing.assert_allclose(higher[inner] / same[inner], 1, rtol=0.05)


def test_one_expert_of_one_clue_is_a_table():
    pieces = drawn(4)
    counts = music.VoiceCounts(pieces, experts=(("voice",),))
    held = np.concatenate([piece[1:, 0] == piece[:-1, 0] for piece in pieces])[:, None].mean()
    chance = counts.chances(pieces[0])[5, 0, pieces[0][4, 0]]
    assert chance == pytest.approx(held, abs=0.05)


def test_weights_find_the_better_expert():
    counts = music.VoiceCounts(drawn(8), experts=(("bar",), ("voice", "beat")))
    before = np.mean([counts.nats(piece).mean() for piece in drawn(3, seed=1)])
    after = np.mean([counts.weigh(drawn(3, seed=1)).nats(p).mean() for p in drawn(3, seed=1)])
    assert after <= before


def test_wrong_counts_are_named():
    with pytest.raises(AudioError, match="at least one"):
        music.VoiceCounts([])
    with pytest.raises(AudioError, match="'colour' is no clue: there are voice, beat"):
        music.VoiceCounts(drawn(1), experts=(("colour",),))
    with pytest.raises(AudioError, match=r"\(N, 4\), at least one"):
        music.voice_clues(np.zeros((0, 4), dtype=int))
    with pytest.raises(AudioError, match="give 0 to 46"):
        music.voice_clues(np.full((2, 4), 50))
