"""The mark in synthetic speech: found after what happens to sounds, and by its key alone."""

import numpy as np
import pytest

from audiolessons import signals, watermark
from audiolessons.errors import AudioError

RATE = 16000


def swelling_noise(*, seconds=3.0, seed=0, rate=RATE):
    random = np.random.default_rng(seed)
    n_samples = round(seconds * rate)
    swell = 1 + 0.9 * np.sin(2 * np.pi * 3.3 * np.arange(n_samples) / rate)
    return (0.1 * swell * random.standard_normal(n_samples)).astype(np.float32)


@pytest.fixture(scope="module")
def marked():
    return watermark.add_mark(swelling_noise(), sample_rate=RATE, key=5)


def score(audio, key=5, **options):
    return watermark.find_mark(audio, sample_rate=RATE, key=key, **options).score


def test_it_is_found_by_its_key_alone(marked):
    assert score(marked) > 2 * watermark.THRESHOLD
    assert score(marked, key=6) < watermark.THRESHOLD
    assert score(swelling_noise()) < watermark.THRESHOLD


@pytest.mark.parametrize("speed", [0.97, 0.9871, 1.0, 1.02, 1.03])
def test_it_is_found_at_other_speeds_and_they_are_told(marked, speed):
    played = signals.resample(marked, from_rate=round(RATE * speed), to_rate=RATE)
    found = watermark.find_mark(played, sample_rate=RATE, key=5)
    assert found.score > watermark.THRESHOLD
    assert found.speed == pytest.approx(speed, abs=0.004)


@pytest.mark.parametrize("start", [0, 1000, 7777, 20000])
def test_a_piece_holds_it_and_tells_where_it_began(marked, start):
    found = watermark.find_mark(marked[start:], sample_rate=RATE, key=5)
    assert found.score > watermark.THRESHOLD
    period_s = watermark.SLOT_S * watermark.N_SLOTS
    off = (found.start_s - start / RATE + period_s / 2) % period_s - period_s / 2
    assert abs(off) < watermark.SLOT_S / 2


def test_a_gain_changes_nothing(marked):
    assert score(0.01 * marked) == pytest.approx(score(marked), rel=1e-4)


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_other_sample_rates_and_from_one_to_another(rate):
    sound = watermark.add_mark(swelling_noise(rate=rate), sample_rate=rate, key=5)
    assert watermark.find_mark(sound, sample_rate=rate, key=5).score > watermark.THRESHOLD
    assert score(signals.resample(sound, from_rate=rate, to_rate=RATE)) > watermark.THRESHOLD


def test_the_sound_is_changed_by_the_strength_and_no_more(marked):
    difference = marked - swelling_noise()
    ratio_db = signals.level_db(swelling_noise()) - signals.level_db(difference)
    assert 8 < ratio_db < 20  # 3 dB up or down in the bands that are marked
    soft = watermark.add_mark(swelling_noise(), sample_rate=RATE, key=5, strength_db=1e-6)
    assert np.allclose(soft, swelling_noise(), atol=1e-5)


def test_precision_and_channels_stay(marked):
    assert marked.dtype == np.float32
    both = np.stack([swelling_noise(), 0.5 * swelling_noise()]).astype(float)
    made = watermark.add_mark(both, sample_rate=RATE, key=5)
    assert made.dtype == np.float64
    assert made.shape == both.shape
    assert np.allclose(made[0], 2 * made[1])


def test_silence_holds_no_mark():
    assert score(np.zeros(RATE)) == 0


def test_patterns_are_balanced_and_differ():
    first, second = watermark.mark_pattern(1), watermark.mark_pattern(2)
    assert set(np.unique(first)) == {-1.0, 1.0}
    assert (first.sum(axis=1) == 0).all()
    assert 0.4 < np.mean(first == second) < 0.6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: watermark.mark_pattern("Anna"), "key is 'Anna'"),
        (lambda: watermark.mark_pattern(-1), "key is -1"),
        (lambda: score(np.ones((2, RATE))), "give one channel"),
        (lambda: score(np.ones(100)), "lasts 0.01 s"),
        (
            lambda: watermark.add_mark(np.ones(9000), sample_rate=4000, key=1),
            "sample_rate is 4000 Hz",
        ),
        (
            lambda: watermark.add_mark(np.ones(9000), sample_rate=RATE, key=1, strength_db=0),
            "strength_db is 0 dB",
        ),
        *(
            (lambda speeds=speeds: score(np.ones(9000), speeds=speeds), "numbers above 0")
            for speeds in ([], [0.0], [1.0, np.nan])
        ),
    ],
)
def test_what_cannot_work_says_so(call, message):
    with pytest.raises(AudioError, match=message):
        call()
