"""Durations and pitch that follow their rules, and sounds of speech made by rule."""

import numpy as np
import pytest

from audiolessons import features, voice
from audiolessons.errors import AudioError

BED, BET = ("B", "EH1", "D"), ("B", "EH1", "T")


def seconds_of(words, at):
    return voice.rule_durations(words)[at][1]


def test_a_vowel_is_longer_at_the_end_before_d_with_stress_and_in_a_short_word():
    at_end = seconds_of([BED, (".",)], 1)
    assert at_end > seconds_of([BED, BED, (".",)], 1)
    assert at_end > seconds_of([BET, (".",)], 1)
    assert at_end > seconds_of([("B", "EH0", "D"), (".",)], 1)
    assert at_end > seconds_of([("B", "EH1", "D", "IY0"), (".",)], 1)


def test_a_duration_is_that_of_the_formula():
    share = 0.6 * (0.7 + 0.3 * 1.2)
    assert seconds_of([BED, BED], 1) == pytest.approx((70 + 80 * share) / 1000)
    assert voice.rule_durations([BED], speed=2)[1][1] == pytest.approx(seconds_of([BED], 1) / 2)


def test_pitch_falls_over_a_phrase_and_begins_anew_after_a_pause():
    times = voice.rule_durations([("AH0",)] * 8 + [(",",)] + [("AH0",)] * 8 + [(".",)])
    pitch = voice.rule_pitch(times)
    assert pitch[0] > pitch[40] > 0
    phrase = sum(seconds for _, seconds in times[:9])
    begins = round(phrase / voice.prosody.FRAME_S)
    assert pitch[begins + 2] > 1.1 * pitch[-110]


def test_a_stressed_vowel_lifts_the_pitch():
    plain, lifted = (
        voice.rule_pitch([("M", 0.2), (sound, 0.2), ("M", 0.2), (",", 0.1)])
        for sound in ("AA0", "AA1")
    )
    assert lifted[60] / plain[60] == pytest.approx(2 ** (4 / 12), rel=0.05)


@pytest.mark.parametrize(("vowel", "low"), [("IY1", (290, 2070)), ("AA1", (700, 1220))])
def test_a_vowel_has_the_formants_of_the_table(vowel, low):
    said = voice.speak_by_rule([(vowel, 0.5)], 100.0)
    middle = np.diff(said[4000:5600].astype(float)) * np.hanning(1599)
    found, _ = voice.formant_frequencies_hz(voice.lpc(middle, order=20), sample_rate=16000)
    np.testing.assert_allclose(found[:2], low, rtol=0.15)


def test_s_hisses_above_sh_and_only_voiced_sounds_have_a_pitch():
    def centre(sound):
        said = voice.speak_by_rule([("AA1", 0.2), (sound, 0.2)], 100.0)[4000:6000]
        power = np.abs(np.fft.rfft(said * np.hanning(2000))) ** 2
        return (power * np.fft.rfftfreq(2000, 1 / 16000)).sum() / power.sum()

    assert centre("S") > centre("SH") + 500
    for sound, is_voiced in (("S", False), ("M", True)):
        said = voice.speak_by_rule([("AA1", 0.2), (sound, 0.3)], 100.0)[4000:7500]
        found = features.pitch_yin(said, sample_rate=16000, min_hz=60, max_hz=300)
        assert np.isfinite(found[2:-3]).all() == is_voiced


def test_a_stop_is_silent_and_then_bursts():
    said = voice.speak_by_rule([("AA1", 0.2), ("T", 0.12), ("AA1", 0.2)], 100.0)
    closed, burst = said[3600:4000], said[4240:4640]
    assert burst.std() > 5 * closed.std()


def test_scaled_formants_lie_higher_and_the_seed_draws_the_noise():
    times = [("S", 0.1), ("AH1", 0.3)]
    lower, higher, other = (
        voice.speak_by_rule(times, 100.0, formant_scale=scale, seed=seed)
        for scale, seed in ((1.0, 0), (1.2, 0), (1.0, 1))
    )
    assert not np.array_equal(lower, other)
    weights = [np.abs(np.fft.rfft(one[2000:])) for one in (lower, higher)]
    at = np.arange(len(weights[0]))
    assert (weights[1] * at).sum() / weights[1].sum() > (weights[0] * at).sum() / weights[0].sum()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voice.rule_durations([("XX",)]), "no sound 'XX'"),
        (lambda: voice.rule_durations([BED], speed=0), "speed"),
        (lambda: voice.rule_pitch([]), "no sound"),
        (lambda: voice.speak_by_rule([("Q", 0.1)], 100.0), "no sound 'Q'"),
        (lambda: voice.speak_by_rule([], 100.0), "no sound"),
        (lambda: voice.speak_by_rule([("AA1", 0.1)], 100.0, sample_rate=8000), "16000"),
    ],
)
def test_what_cannot_be_spoken_is_refused(call, message):
    with pytest.raises(AudioError, match=message):
        call()


def test_a_hiss_alone_is_heard():
    audio = voice.speak_by_rule([("S", 0.3)], 100.0)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() == 0.5


def test_a_pause_alone_is_silent():
    assert not voice.speak_by_rule([(".", 0.3)], 100.0).any()
