"""Turns begin with a voice, pause, go on, and are over; a noise that stays is no voice."""

import numpy as np
import pytest

from audiolessons import AudioError
from audiolessons.assistant import TurnTaker, hop_levels_db


def events(levels, **options):
    taker = TurnTaker(**options)
    return [(hop, event) for hop, level in enumerate(levels) if (event := taker.push(level))]


def quiet(n, level=-60.0):
    return np.full(n, level)


VOICE = np.full(60, -20.0)


def test_a_turn_begins_pauses_and_is_over():
    found = events(np.r_[quiet(50), VOICE, quiet(150)])
    assert [event for _, event in found] == ["begun", "pause", "over"]
    begun, pause, over = (hop for hop, _ in found)
    assert 50 <= begun <= 55
    assert pause < over <= 50 + 60 + 123  # the long wait, and three hops of smoothing


def test_a_gap_that_is_shorter_than_the_wait_does_not_end_a_turn():
    found = events(np.r_[quiet(50), VOICE, quiet(100), VOICE, quiet(150)])
    assert [event for _, event in found] == ["begun", "pause", "pause", "over"]


@pytest.mark.parametrize(("whole", "hops"), [("surely", 25), ("maybe", 40), ("no", 120)])
def test_what_is_whole_is_over_sooner_and_a_new_voice_makes_it_open_again(whole, hops):
    taker = TurnTaker()
    first = [taker.push(level) for level in np.r_[quiet(50), VOICE, quiet(14)]]
    assert first[-1] is None
    assert "pause" in first
    taker.whole = whole
    rest = [taker.push(-60.0) for _ in range(140)]
    assert abs(14 + rest.index("over") + 1 - hops - 2) <= 1  # two hops of smoothing
    taker.start()
    for level in np.r_[quiet(10), VOICE, quiet(14)]:
        taker.push(level)
    taker.whole = whole
    for level in VOICE:
        taker.push(level)
    assert taker.whole == "no"


def test_nobody_comes_and_somebody_does_not_stop():
    assert events(quiet(500))[0] == (399, "nobody")
    noise = -40 + np.random.default_rng(0).normal(0, 1, 500)
    assert next(event for _, event in events(noise)) == "nobody"
    long = events(np.r_[quiet(50), np.tile(np.r_[VOICE, quiet(20)], 20)], longest_s=3.0)
    assert "over" in [event for _, event in long]


def test_while_nobody_listens_the_noise_is_learned():
    taker = TurnTaker()
    for _ in range(200):
        assert taker.push(-35.0, listening=False) is None
    assert all(taker.push(-34.0) is None for _ in range(100))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"short_s": 0.05}, "none is shorter"), ({"share": 1.0}, "share is 1.0")],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(AudioError, match=message):
        TurnTaker(**options)


def test_levels_are_those_of_whole_hops():
    sound = np.sin(2 * np.pi * 100 * np.arange(1700) / 16000)
    levels = hop_levels_db(sound, hop_length=160)
    assert levels.shape == (10,)
    np.testing.assert_allclose(levels, 10 * np.log10(0.5), atol=1e-6)
