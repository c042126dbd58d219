"""Compression, limiting, ducking, mixing, and functions run on a stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiolessons import editing, signals
from audiolessons.errors import AudioError

RATE = 16000


def loud_noise(seed=0, seconds=1.0):
    random = np.random.default_rng(seed)
    swell = np.repeat(10 ** random.uniform(-2, 0.5, size=20), round(seconds * RATE / 20))
    return swell * random.standard_normal(len(swell))


@given(st.floats(-60, 0), st.floats(1, 20), st.floats(0, 20))
def test_a_compressors_curve_is_continuous_and_never_turns_back(threshold, ratio, knee):
    level = np.linspace(-90, 20, 2000)
    gain = editing.compression_gain_db(level, threshold_db=threshold, ratio=ratio, knee_db=knee)
    out = level + gain
    assert (gain <= 1e-12).all()
    assert (np.diff(out) >= -1e-9).all()
    assert np.abs(np.diff(gain)).max() <= np.diff(level).max() + 1e-9
    over = np.maximum(level - threshold, 0)
    far = np.abs(level - threshold) > knee / 2
    np.testing.assert_allclose(out[far], (level - over + over / ratio)[far], atol=1e-9)


def test_a_follower_has_done_63_percent_after_its_time():
    up = editing.follow(np.r_[0, np.ones(100)], rate_hz=1000, attack_s=0.01, release_s=1)
    assert up[10] == pytest.approx(1 - np.exp(-1))
    down = editing.follow(np.r_[1, np.zeros(100)], rate_hz=1000, attack_s=1, release_s=0.02)
    assert down[20] == pytest.approx(np.exp(-1))
    assert editing.follow([], rate_hz=10, attack_s=0, release_s=0).shape == (0,)
    assert editing.follow([1.0], rate_hz=1, attack_s=0, release_s=0, start=0.0)[0] == 1.0


def test_compression_brings_levels_together():
    audio = np.concatenate([0.01 * np.ones(RATE), 0.5 * np.ones(RATE)])
    audio *= np.sign(np.sin(np.arange(len(audio))))
    softer = editing.compress(audio, sample_rate=RATE, threshold_db=-20, ratio=4, knee_db=0)
    low, high = signals.level_db(softer[4000:12000]), signals.level_db(softer[20000:])
    assert low == pytest.approx(-40, abs=0.01)
    assert high == pytest.approx(-20 + (20 - 6.02) / 4, abs=0.05)
    both = editing.compress(np.stack([audio, 0.1 * audio]), sample_rate=RATE)
    np.testing.assert_allclose(both[1], 0.1 * both[0], atol=1e-12)


@pytest.mark.parametrize("ceiling_dbtp", [-1.0, -3.0, -12.0])
def test_nothing_passes_a_limiter(ceiling_dbtp):
    for seed in range(5):
        stereo = np.stack([loud_noise(seed), loud_noise(seed + 10)]).astype(np.float32)
        limited = editing.limit(stereo, sample_rate=RATE, ceiling_dbtp=ceiling_dbtp)
        assert limited.dtype == np.float32
        highest = signals.amplitude_to_db(editing.true_peak(limited).max())
        assert highest <= ceiling_dbtp + 0.05
        ratio = limited / stereo  # both channels get one gain
        np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-4)


def test_a_limiter_leaves_what_is_below_the_ceiling():
    audio = 0.5 * np.sin(np.arange(8000) / 5)
    np.testing.assert_array_equal(editing.limit(audio, sample_rate=RATE), audio)


def test_a_limiters_gain_is_smooth():
    audio = np.full(RATE, 0.5)
    audio[8000] = 2.0
    gain = editing.limit(audio, sample_rate=RATE) / audio
    assert gain.min() < 0.5
    assert np.abs(np.diff(gain)).max() < 0.02
    np.testing.assert_allclose(gain[[8000 - 500, 8000 + 500]], 1.0)


@given(st.lists(st.integers(1, 3999), max_size=6))
def test_a_limiter_on_a_stream_gives_what_the_whole_gives(places):
    audio = loud_noise(seconds=0.25)
    stream = editing.ContextStream(
        lambda x: editing.limit(x, sample_rate=RATE),
        context=editing.limiter_context(sample_rate=RATE),
    )
    parts = [stream.push(part) for part in np.split(audio, sorted(places))] + [stream.flush()]
    np.testing.assert_allclose(
        np.concatenate(parts), editing.limit(audio, sample_rate=RATE), atol=1e-9
    )


def test_a_stream_says_what_it_cannot_do():
    stream = editing.ContextStream(lambda x: x[..., 1:], context=2)
    with pytest.raises(AudioError, match="keeps the length"):
        stream.push(np.ones(10))
    with pytest.raises(AudioError, match="nothing was pushed"):
        editing.ContextStream(np.abs, context=0).flush()


def test_music_gives_way_before_the_voice_and_comes_back():
    active = np.repeat([False, True, False], [200, 100, 300])
    gain = editing.duck(np.ones(6 * RATE), active, sample_rate=RATE, depth_db=-12)
    gain_db = signals.amplitude_to_db(gain)
    assert gain_db[round(1.7 * RATE)] == pytest.approx(0, abs=0.01)
    assert gain_db[2 * RATE] < -10  # when the voice sets in, most is done
    assert gain_db[round(2.9 * RATE)] == pytest.approx(-12, abs=0.1)
    assert -6 < gain_db[round(3.6 * RATE)] < -1  # half a second after the voice
    assert gain_db[-1] == pytest.approx(0, abs=0.1)
    assert np.abs(np.diff(gain_db)).max() < 0.02
    longer = editing.duck(np.ones((2, 7 * RATE)), active, sample_rate=RATE)
    assert longer.shape == (2, 7 * RATE)


def test_music_begins_to_give_way_a_quarter_of_a_second_before_the_voice():
    active = np.repeat([False, True], 100)
    gain = editing.duck(np.ones(2 * RATE), active, sample_rate=RATE, attack_s=0.0)
    middles = gain[80::160]  # of the frames of 10 ms, half a sample late
    np.testing.assert_allclose(middles, np.repeat([1.0, 10 ** (-12 / 20)], [75, 125]), atol=0.003)


def test_tracks_get_their_loudness():
    random = np.random.default_rng(0)
    tracks = {"voice": random.standard_normal(2 * RATE), "music": random.standard_normal(RATE)}
    alone = {name: np.zeros_like(one) for name, one in tracks.items()}
    for name, lufs in (("voice", -18.0), ("music", -30.0), ("music", 0.0)):
        others = {**alone, name: tracks[name]}
        mixture = editing.mix_tracks(
            others, sample_rate=RATE, lufs={key: lufs if key == name else None for key in tracks}
        )
        part = mixture[: len(tracks[name])]
        assert editing.integrated_lufs(part, sample_rate=RATE) == pytest.approx(lufs, abs=0.01)
        assert len(mixture) == 2 * RATE


def test_settings_that_cannot_be_are_named():
    audio = np.ones(RATE)
    with pytest.raises(AudioError, match=r"ratio is 0\.5"):
        editing.compress(audio, sample_rate=RATE, ratio=0.5)
    with pytest.raises(AudioError, match="knee_db is -1 dB"):
        editing.compress(audio, sample_rate=RATE, knee_db=-1)
    with pytest.raises(AudioError, match="attack_s is -1 s"):
        editing.compress(audio, sample_rate=RATE, attack_s=-1)
    with pytest.raises(AudioError, match="ceiling_dbtp is 1 dB, above full scale"):
        editing.limit(audio, sample_rate=RATE, ceiling_dbtp=1)
    with pytest.raises(AudioError, match="depth_db is 3 dB"):
        editing.duck(audio, np.array([True]), sample_rate=RATE, depth_db=3)
    with pytest.raises(AudioError, match="give one row of True and False"):
        editing.duck(audio, np.array([1.0]), sample_rate=RATE)
    with pytest.raises(AudioError, match="hop_s is 1e-06 s, less than a sample"):
        editing.duck(audio, np.array([True]), sample_rate=RATE, hop_s=1e-6)
    with pytest.raises(AudioError, match="give a loudness, or None, for each track"):
        editing.mix_tracks({"a": audio}, sample_rate=RATE, lufs={})
    with pytest.raises(AudioError, match="make all mono, or all stereo"):
        editing.mix_tracks(
            {"a": audio, "b": np.stack([audio, audio])}, sample_rate=RATE, lufs={"a": 0, "b": 0}
        )
