"""Piano rolls as sound: the right pitches at the right times, and held notes joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import music, signals
from audiolessons.errors import AudioError

RATE = 16000
rolls = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 20)))


def one_key(key, frames, n_frames=8):
    roll = np.zeros((n_frames, 88))
    roll[frames, key] = 1
    return roll


def strongest_hz(audio):
    """The largest bin of one second, where a bin is 1 Hz."""
    return int(np.argmax(np.abs(np.fft.rfft(audio * np.hanning(audio.size), RATE))))


@pytest.mark.parametrize(("midi", "hz"), [(45, 110), (57, 220), (60, 261.63), (69, 440), (81, 880)])
def test_a_key_sounds_at_its_pitch(midi, hz):
    audio = music.render_roll(one_key(midi - 21, slice(None)), frame_s=0.2)
    assert abs(strongest_hz(audio[:RATE]) - hz) <= 1


def test_twelve_lower_is_an_octave_lower():
    roll = one_key(48, slice(None))
    high, low = (music.render_roll(roll, lowest_midi=lowest)[:RATE] for lowest in (21, 9))
    assert strongest_hz(high) == 2 * strongest_hz(low) == 440


def test_a_note_sounds_in_its_frames_and_dies_in_its_release():
    audio = music.render_roll(one_key(40, [2, 3]), frame_s=0.25, release_s=0.1)
    start, end = round(0.5 * RATE), round(1.1 * RATE)
    assert not audio[:start].any()
    assert signals.rms(audio[start : start + 8000]) > 0.01
    assert not audio[end:].any()


def test_a_held_key_is_one_note_and_a_repeated_one_two():
    assert music.roll_notes(one_key(5, [1, 2, 3])) == [(5, 1, 4)]
    assert music.roll_notes(one_key(5, [1, 3])) == [(5, 1, 2), (5, 3, 4)]
    held = music.render_roll(one_key(40, [0, 1]), frame_s=0.25)
    alone = music.render_roll(one_key(40, [0]), frame_s=0.25)
    np.testing.assert_allclose(held[:4000], alone[:4000], atol=1e-7)
    # where the frames meet, the held note goes on: no new attack
    assert signals.rms(held[4000:4200]) > 0.7 * signals.rms(held[3800:4000])


def test_keys_add_up():
    one, other = one_key(40, [0, 1]), one_key(47, [1, 2])
    both = music.render_roll(one + other)
    apart = music.render_roll(one) + music.render_roll(other)
    np.testing.assert_allclose(both, apart, atol=1e-6)


def test_harmonics_above_half_the_rate_are_left_out():
    """MIDI 105 is 3520 Hz: at 8000 Hz only the tone itself fits; an alias would lie below it."""
    audio = music.render_roll(one_key(84, slice(None)), sample_rate=8000, frame_s=0.5)
    spectrum = np.abs(np.fft.rfft(audio[:8000] * np.hanning(8000)))
    assert spectrum[:3400].max() < 1e-3 * spectrum.max()
    silent = music.render_roll(one_key(87, [0]), sample_rate=8000)  # 4186 Hz: nothing fits
    assert not silent.any()


@given(rolls)
def test_length_type_and_loudness_of_any_roll(roll):
    audio = music.render_roll(roll, sample_rate=8000, frame_s=0.05, release_s=0.02)
    assert audio.shape == (round((len(roll) * 0.05 + 0.02) * 8000),)
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= 0.1 * max(roll.sum(axis=0).size, 1)


@given(rolls)
def test_notes_rebuild_the_roll(roll):
    again = np.zeros_like(roll)
    for key, first, last in music.roll_notes(roll):
        assert not again[first:last, key].any()
        again[first:last, key] = True
    np.testing.assert_array_equal(again, roll)


@pytest.mark.parametrize(
    ("roll", "options", "message"),
    [
        (np.zeros(88), {}, r"roll has shape \(88,\)"),
        (np.zeros((0, 88)), {}, "at least one frame"),
        (np.full((2, 3), np.nan), {}, "NaN or infinity"),
        (np.array([["a"]]), {}, "give numbers"),
        (np.zeros((2, 3)), {"frame_s": 0}, "frame_s is 0"),
        (np.zeros((2, 3)), {"release_s": -1}, "release_s is -1"),
        (np.zeros((2, 3)), {"sample_rate": 0}, "sample_rate"),
        (np.zeros((2, 3)), {"lowest_midi": -1}, "lowest_midi is -1"),
    ],
)
def test_what_cannot_be_is_refused(roll, options, message):
    with pytest.raises(AudioError, match=message):
        music.render_roll(roll, **options)
