"""Detectors of activity and their reference, decisions, segments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import editing, signals
from audiolessons.errors import AudioError

RATE = 16000
BITS = st.lists(st.booleans(), min_size=1, max_size=60).map(np.array)


def voice(*, seconds, level_db, seed=0):
    """Return noise that swells like syllables, at a level."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    swell = 0.6 - 0.4 * np.cos(2 * np.pi * 4 * np.arange(len(noise)) / RATE)
    audio = noise * swell
    return audio * signals.db_to_amplitude(level_db - signals.level_db(audio))


def spliced(gap_s, *, floor_db=-75):
    """Return a second of voice, a gap, a second of voice, on a floor of noise."""
    gap = np.zeros(round(gap_s * RATE))
    loud = voice(seconds=1, level_db=-20)
    audio = np.concatenate([gap, loud, gap, loud, gap])
    return audio + voice(seconds=len(audio) / RATE, level_db=floor_db, seed=1)


def test_levels_are_those_of_three_hops():
    audio = voice(seconds=1, level_db=-30)
    level = editing.frame_level_db(audio, sample_rate=RATE)
    assert level.shape == (100,)
    assert level[50] == pytest.approx(signals.level_db(audio[49 * 160 : 52 * 160]), abs=1e-9)
    both = editing.frame_level_db(np.stack([audio, 2 * audio]), sample_rate=RATE)
    np.testing.assert_allclose(both[1] - both[0], 20 * np.log10(2))


def test_the_reference_finds_spliced_gaps_to_the_frame():
    found = editing.to_segments(editing.reference_activity(spliced(0.5), sample_rate=RATE))
    np.testing.assert_allclose(found, [[0.5, 1.5], [2.0, 3.0]], atol=0.011)


def test_the_reference_closes_gaps_under_a_fifth_of_a_second():
    for gap_s, n_segments in ((0.17, 1), (0.25, 2)):
        active = editing.reference_activity(spliced(gap_s), sample_rate=RATE)
        assert len(editing.to_segments(active)) == n_segments, gap_s


def test_the_reference_does_not_depend_on_the_level():
    audio = spliced(0.5)
    ours, softer = (editing.reference_activity(x, sample_rate=RATE) for x in (audio, 0.01 * audio))
    np.testing.assert_array_equal(ours, softer)
    with pytest.raises(AudioError, match="clean is silent"):
        editing.reference_activity(np.zeros(1000), sample_rate=RATE)
    with pytest.raises(AudioError, match="give one channel"):
        editing.reference_activity(np.zeros((2, 1000)), sample_rate=RATE)


@given(BITS)
def test_segments_and_activity_are_two_forms_of_the_same(active):
    segments = editing.to_segments(active, hop_s=0.01)
    assert (segments[:, 0] < segments[:, 1]).all()
    assert (segments[1:, 0] > segments[:-1, 1]).all()
    back = editing.to_activity(segments, n_frames=len(active), hop_s=0.01)
    np.testing.assert_array_equal(back, active)


@given(BITS, st.integers(0, 5), st.integers(0, 5))
def test_after_a_decision_no_gap_and_no_burst_is_too_short(scores, gap, shortest):
    decided = editing.decide(
        scores.astype(float),
        threshold=0.5,
        hop_s=1.0,
        longest_gap_s=float(gap),
        shortest_s=float(shortest),
    )
    found = editing.to_segments(decided, hop_s=1.0)
    if shortest:
        assert (found[:, 1] - found[:, 0] >= shortest - 1e-9).all()
    assert (found[1:, 0] - found[:-1, 1] >= gap - 1e-9).all()
    if shortest == 0:
        assert decided[scores].all()


def test_decisions_name_what_is_wrong():
    with pytest.raises(AudioError, match="scores has shape"):
        editing.decide(np.zeros((2, 3)), threshold=0.5)
    with pytest.raises(AudioError, match="scores has shape"):
        editing.decide(np.array([0.5, np.nan]), threshold=0.5)
    with pytest.raises(AudioError, match="longest_gap_s is -1 s"):
        editing.decide(np.zeros(3), threshold=0.5, longest_gap_s=-1)
    with pytest.raises(AudioError, match="give one row of True and False"):
        editing.to_segments(np.zeros(3))
    with pytest.raises(AudioError, match="goes from 2 to 1 s"):
        editing.to_activity([[2.0, 1.0]], n_frames=3)


@pytest.mark.parametrize("score", [editing.relative_level_db, editing.speech_likelihood])
@pytest.mark.parametrize("n_samples", [16000, 16001, 15999])
def test_scores_have_a_frame_for_each_hop(score, n_samples):
    audio = voice(seconds=1.1, level_db=-20)[:n_samples]
    assert len(score(audio, sample_rate=RATE)) == -(-n_samples // 160)


@pytest.mark.parametrize("score", [editing.relative_level_db, editing.speech_likelihood])
def test_scores_are_higher_where_a_voice_is_and_ignore_the_level(score):
    audio = spliced(0.7, floor_db=-45)
    is_voice = editing.reference_activity(spliced(0.7), sample_rate=RATE)
    values = score(audio, sample_rate=RATE)
    assert np.quantile(values[is_voice], 0.2) > np.quantile(values[~is_voice], 0.8)
    np.testing.assert_allclose(score(0.1 * audio, sample_rate=RATE), values, atol=0.05)


def test_borders_move_to_the_steepest_step_within_reach():
    truth = np.repeat([False, True, False, True, False], [100, 80, 60, 90, 70])
    level_db = np.where(truth, -20.0, -50.0) + np.random.default_rng(0).normal(0, 3, len(truth))
    for shift in (-20, -3, 0, 7, 20):
        found = editing.sharpen(np.roll(truth, shift), level_db)
        np.testing.assert_array_equal(found, truth)
    far = editing.sharpen(np.roll(truth, 20), level_db, reach_s=0.05)
    assert np.abs(np.flatnonzero(far)[0] - 120) <= 5  # it may not go back to 100


def test_borders_stay_where_nothing_changes_and_pieces_stay_in_order():
    active = np.repeat([False, True, False], [50, 3, 50])
    np.testing.assert_array_equal(editing.sharpen(active, np.zeros(103)), active)
    falls, rises = np.repeat([0.0, -40.0], [51, 52]), np.repeat([-40.0, 0.0], [51, 52])
    for level_db in (falls, rises):
        assert editing.sharpen(active, level_db).any()
    none = np.zeros(103, dtype=bool)
    np.testing.assert_array_equal(editing.sharpen(none, falls), none)
    with pytest.raises(AudioError, match=r"level_db has shape \(102,\) and active \(103,\)"):
        editing.sharpen(active, falls[1:])
    with pytest.raises(AudioError, match="reach_s is 0 s"):
        editing.sharpen(active, falls, reach_s=0)
