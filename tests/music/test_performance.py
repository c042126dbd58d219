"""Notes are played when they are written, apart where they repeat, and placed in a room."""

from fractions import Fraction

import numpy as np
import pytest

from audiolessons.errors import AudioError
from audiolessons.music import parts_of, render

RATE = 8000
DRY = {"sample_rate": RATE, "room_s": 0, "slow_down": False, "tempo_bpm": 60}
LEAD = round(0.05 * RATE)


def loudness(audio, begin_s, end_s):
    part = audio[LEAD + round(begin_s * RATE) : LEAD + round(end_s * RATE)]
    return float(np.sqrt(np.mean(part**2)))


def test_notes_sound_when_they_are_written():
    voices = np.full((12, 1), -1)
    voices[4:8] = 69  # the second quarter
    audio = render(voices, **DRY)
    assert loudness(audio, 0, 0.95) == 0
    assert loudness(audio, 1.2, 2) > 0.1
    assert loudness(audio, 2.2, 2.9) == 0 if len(audio) > LEAD + 2.9 * RATE else True


def test_a_tune_of_fractions_is_played_alike():
    tune = [(Fraction(1, 4), Fraction(1, 4), 69)]
    voices = np.full((8, 1), -1)
    voices[4:] = 69
    assert np.array_equal(render(tune, **DRY), render(voices, **DRY))


def test_the_same_pitch_again_is_a_second_note():
    again = [(0, 0.25, 69), (0.25, 0.25, 69)]
    held = [(0, 0.5, 69)]
    assert loudness(render(held, **DRY), 0.98, 1.0) > 3 * loudness(render(again, **DRY), 0.99, 1.0)


def test_the_end_slows_down_and_a_fermata_holds():
    voices = np.full((32, 2), [64, 57])
    plain, slower, held = (
        len(render(voices, **(DRY | more)))
        for more in ({}, {"slow_down": True}, {"fermatas": [4.0]})
    )
    assert 0.5 * RATE < slower - plain < 1.2 * RATE
    assert held - plain == pytest.approx(0.6 * RATE, abs=2)


def test_the_room_rings_after_the_music_and_voices_have_places():
    voices = np.full((8, 2), [76, 45])
    dry, wet = render(voices, **DRY), render(voices, **(DRY | {"room_s": 1.0}))
    assert wet.size > dry.size + 0.8 * RATE
    left, right = render(voices, **DRY, stereo=True)
    high = np.abs(np.fft.rfft(left))[1000:].sum(), np.abs(np.fft.rfft(right))[1000:].sum()
    assert high[0] > 1.2 * high[1]  # the first part stands on the left


def test_each_part_may_have_its_instrument():
    voices = np.full((8, 2), [64, 57])
    mixed = render(voices, **DRY, instrument=["piano", "organ"])
    assert np.abs(mixed).max() == pytest.approx(0.7, abs=1e-4)


def test_what_is_no_music_is_refused():
    with pytest.raises(AudioError, match="no note"):
        render(np.full((4, 2), -1), **DRY)
    with pytest.raises(AudioError, match="no list of"):
        parts_of([1, 2])
    with pytest.raises(AudioError, match="2 parts"):
        render(np.full((4, 2), 60), **DRY, instrument=["organ"])
    with pytest.raises(AudioError, match="instrument is 'kazoo'"):
        render(np.full((4, 2), 60), **DRY, instrument="kazoo")
    with pytest.raises(AudioError, match="room_s is -1"):
        render(np.full((4, 2), 60), **(DRY | {"room_s": -1}))
