"""Instruments are in tune, begin and end softly, do not alias, and follow the touch."""

import numpy as np
import pytest

import audiolessons as al
from audiolessons.errors import AudioError
from audiolessons.music import INSTRUMENTS, frequency_of, tone

RATE = 24000
GROUPS = ("choir", "strings")  # four players each
PITCHES = (36, 47, 60, 71, 84)


def spectrum(audio):
    """Return frequencies and power, finely spaced."""
    n_fft = 2**19
    power = np.abs(np.fft.rfft(audio * np.hanning(audio.size), n_fft)) ** 2
    return np.fft.rfftfreq(n_fft, 1 / RATE), power


def cents_off(audio, frequency_hz):
    """Return by how many cents the power around a frequency lies off, on average."""
    hz, power = spectrum(audio)
    near = np.abs(hz / frequency_hz - 1) < 0.03
    cents = 1200 * np.log2(hz[near] / frequency_hz)
    return float(cents @ power[near] / power[near].sum())


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("pitch", PITCHES)
def test_tones_are_in_tune_within_two_cents(instrument, pitch):
    audio = tone(pitch, instrument=instrument, duration_s=3, sample_rate=RATE)
    assert abs(cents_off(audio[: 3 * RATE], frequency_of(pitch))) < 2


def test_a_string_between_two_keys_is_in_tune_as_well():
    for pitch in (50.25, 63.5, 77.1):
        audio = tone(pitch, instrument="harpsichord", duration_s=3, sample_rate=RATE)
        assert abs(cents_off(audio, frequency_of(pitch))) < 1


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_tones_begin_and_end_without_a_click(instrument):
    audio = tone(60, instrument=instrument, duration_s=0.4, sample_rate=RATE)
    assert len(audio) > 0.4 * RATE
    peak = np.abs(audio).max()
    assert np.abs(audio[:3]).max() < 0.01 * peak
    assert np.abs(audio[-3:]).max() < 0.001 * peak
    # Letting go of the key makes no step: highs around it are no louder than before it.
    highs = np.abs(np.diff(audio, 4))
    released = round(0.4 * RATE)
    assert (
        highs[released - 20 : released + 20].max() < 1.5 * highs[released - 2400 : released].max()
    )


@pytest.mark.parametrize("instrument", ["organ", "choir", "strings", "piano"])
def test_no_partial_is_folded_back(instrument):
    frequency_hz = frequency_of(93)  # 1760 Hz: six partials fit below the limit of 10.8 kHz
    hz, power = spectrum(
        tone(93, instrument=instrument, duration_s=1, sample_rate=RATE).astype(float)
    )
    folded = [RATE - k * frequency_hz for k in range(8, 13)]
    near = np.min([np.abs(hz - one) for one in folded], axis=0) < 40
    own = np.min([np.abs(hz - k * frequency_hz) for k in range(1, 7)], axis=0) < 150
    assert power[near & ~own].max() < 1e-5 * power.max()  # breath and wind lie below


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_level_follows_velocity(instrument):
    soft, loud = (
        al.signals.rms(tone(60, instrument=instrument, duration_s=1, sample_rate=RATE, velocity=v))
        for v in (0.3, 0.9)
    )
    assert 6 < 20 * np.log10(loud / soft) < 14


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_no_tone_clips(instrument):
    for pitch in (24, 40, 60, 80, 100):
        audio = tone(pitch, instrument=instrument, duration_s=1, sample_rate=RATE, velocity=1.0)
        assert 0.2 < np.abs(audio).max() <= 1


def test_a_struck_string_fades_fast_and_then_slowly():
    audio = tone(60, instrument="piano", duration_s=4, sample_rate=RATE)
    level = [al.signals.level_db(audio[round(s * RATE) :][:2400]) for s in (0.1, 0.6, 2.0, 2.5)]
    assert level[0] - level[1] > 1.5 * (level[2] - level[3]) > 0


def test_a_struck_string_is_stiff():
    audio = tone(60, instrument="piano", duration_s=3, sample_rate=RATE)
    assert cents_off(audio, 8 * frequency_of(60)) > 10


def test_what_cannot_be_played_is_refused():
    arguments = {"instrument": "organ", "duration_s": 1, "sample_rate": RATE}
    for changes, said in (
        ({"instrument": "kazoo"}, "instrument is 'kazoo'"),
        ({"velocity": 1.5}, "velocity is 1.5"),
        ({"duration_s": 0}, "duration_s is 0"),
        ({"sample_rate": 4000}, "too high"),
    ):
        with pytest.raises(AudioError, match=said):
            tone(95, **(arguments | changes))
    with pytest.raises(AudioError, match="pitch is 23"):
        tone(23, **arguments)
