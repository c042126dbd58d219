"""Loudness and true peak: the test signals of EBU Tech 3341, and pyloudnorm."""

import numpy as np
import pytest

from audiolessons import editing, signals
from audiolessons.errors import AudioError

RATE = 48000


def tone(*parts, frequency_hz=1000.0, rate=RATE):
    """Return a sine whose level changes: (level in dBFS of a sine's peak, seconds), ..."""
    amplitude = np.concatenate(
        [np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in parts]
    )
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(len(amplitude)) / rate)


# Table 1 of EBU Tech 3341 (2016), cases 1 to 6: stereo unless said otherwise, +-0.1 LU.
INTEGRATED = {
    1: ([(-23, 20)], -23.0),
    2: ([(-33, 20)], -33.0),
    3: ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    4: ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    5: ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}


@pytest.mark.parametrize("case", INTEGRATED)
def test_integrated_loudness_of_the_reference_signals(case):
    parts, expected = INTEGRATED[case]
    stereo = np.stack([tone(*parts)] * 2)
    assert editing.integrated_lufs(stereo, sample_rate=RATE) == pytest.approx(expected, abs=0.1)


def test_surround_channels_count_more():
    levels = (-28, -28, -24, -30, -30)
    five = np.stack([tone((level, 20)) for level in levels])
    assert editing.integrated_lufs(five, sample_rate=RATE) == pytest.approx(-23.0, abs=0.1)


def test_short_term_and_momentary_loudness_of_the_reference_signals():
    # Case 9: 1.34 s at -20, 1.66 s at -30 dBFS, five times: every 3 s hold the same. Case 12: 0.18
    # and 0.22 s, every 0.4 s.
    for seconds, block_s, times in (((1.34, 1.66), 3.0, 5), ((0.18, 0.22), 0.4, 25)):
        meter = editing.LoudnessMeter(sample_rate=RATE)
        sound = tone(*[(-20, seconds[0]), (-30, seconds[1])] * times)
        meter.push(np.stack([sound] * 2))
        blocks = meter.blocks_lufs(block_s=block_s)
        np.testing.assert_allclose(blocks[10:-10], -23.0, atol=0.1)


# Cases 15 to 18: sines of a quarter and less of the sample rate, 0.5 of full scale; +0.2, -0.4 dB.
@pytest.mark.parametrize(("divisor", "phase"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
def test_true_peak_of_the_reference_signals(divisor, phase):
    time = np.arange(RATE // 10)
    wave = 0.5 * np.sin(2 * np.pi * time / divisor + np.radians(phase))
    wave = signals.fade(wave, sample_rate=RATE)
    read = signals.amplitude_to_db(editing.true_peak(wave))
    assert -6.0 - 0.4 <= read <= -6.0 + 0.2


def test_a_true_peak_between_samples_is_found():
    wave = np.tile([1.0, 1.0, -1.0, -1.0], 2000) * np.hanning(8000)
    assert np.abs(wave).max() <= 1.0
    assert editing.true_peak(wave) == pytest.approx(2**0.5, rel=0.01)


def test_the_filters_are_those_of_the_standard():
    (b, a), (b2, a2) = editing.k_weighting(sample_rate=48000)
    np.testing.assert_allclose(b, [1.53512485958697, -2.69169618940638, 1.19839281085285])
    np.testing.assert_allclose(a, [1.0, -1.69065929318241, 0.73248077421585])
    np.testing.assert_allclose(b2, [1.0, -2.0, 1.0])
    np.testing.assert_allclose(a2, [1.0, -1.99004745483398, 0.99007225036621])


def test_another_sample_rate_reads_the_same():
    for rate in (16000, 22050, 44100):
        sound = tone((-20, 5), frequency_hz=997, rate=rate)
        assert editing.integrated_lufs(sound, sample_rate=rate) == pytest.approx(-23.0, abs=0.05)


def test_gating_and_weighting_agree_with_pyloudnorm():
    pyloudnorm = pytest.importorskip("pyloudnorm")
    random = np.random.default_rng(0)
    for n_channels in (1, 2):
        swell = np.repeat(10 ** random.uniform(-3, 0, size=25), RATE // 2)
        audio = 0.3 * swell * random.standard_normal((n_channels, len(swell)))
        meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
        theirs = meter.integrated_loudness(audio.T)
        assert editing.integrated_lufs(audio, sample_rate=RATE) == pytest.approx(theirs, abs=0.02)


def test_parts_read_as_the_whole_does():
    audio = np.stack([tone((-30, 2), (-20, 2.03)), tone((-25, 4.03))])
    meter, peaks = editing.LoudnessMeter(sample_rate=RATE), editing.TruePeakMeter()
    for part in np.array_split(audio, 37, axis=-1):
        meter.push(part)
        peaks.push(part)
    whole = editing.integrated_lufs(audio, sample_rate=RATE)
    assert meter.integrated_lufs() == pytest.approx(whole, abs=1e-9)
    highest = signals.amplitude_to_db(editing.true_peak(audio).max())
    assert peaks.peak_dbtp() == pytest.approx(highest, abs=1e-9)


def test_pauses_do_not_lower_the_loudness():
    talk = tone((-20, 10), (-90, 20), (-20, 10))
    assert editing.integrated_lufs(talk, sample_rate=RATE) == pytest.approx(-23.0, abs=0.1)
    assert signals.level_db(talk) < -25.5


def test_what_lies_below_the_first_gate_does_not_count_near_it_either():
    murmur = tone((-66, 5), (-72, 5))  # -69 and -75 LUFS: less than 10 LU apart
    assert editing.integrated_lufs(murmur, sample_rate=RATE) == pytest.approx(-69.0, abs=0.15)


def test_a_sound_is_brought_to_a_loudness():
    audio = editing.bring_to_loudness(tone((-40, 5)), sample_rate=RATE, lufs=-16.0)
    assert editing.integrated_lufs(audio, sample_rate=RATE) == pytest.approx(-16.0, abs=1e-6)


def test_what_cannot_be_measured_is_refused():
    silence = np.zeros(RATE)
    assert editing.integrated_lufs(silence, sample_rate=RATE) == -np.inf
    with pytest.raises(AudioError, match="no loudness"):
        editing.bring_to_loudness(silence, sample_rate=RATE, lufs=-23.0)
    with pytest.raises(AudioError, match="3 channels"):
        editing.integrated_lufs(np.zeros((3, RATE)), sample_rate=RATE)
    with pytest.raises(AudioError, match="give at least 19200"):
        editing.integrated_lufs(np.zeros(1000), sample_rate=RATE)
    with pytest.raises(AudioError, match="8000 Hz or more"):
        editing.k_weighting(sample_rate=4000)
    meter = editing.LoudnessMeter(sample_rate=RATE)
    meter.push(np.zeros(10))
    with pytest.raises(AudioError, match="the same channels"):
        meter.push(np.zeros((2, 10)))
