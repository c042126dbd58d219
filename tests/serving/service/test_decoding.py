"""Sound out of bytes: the right sound, or a clear refusal, in little memory."""

import tracemalloc

import numpy as np
import pytest
from bad_inputs import silent_flac
from hypothesis import given, strategies
from services import file_of, tone

from audiolessons import signals
from audiolessons.serving.service import RefusalError, Settings
from audiolessons.serving.service.decoding import decode, encode


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "W64", "RF64"])
def test_what_is_taken(kind):
    audio = tone(0.5, sample_rate=16000)
    heard = decode(file_of(audio, 16000, kind=kind), settings=Settings(), sample_rate=16000)
    assert heard.dtype == np.float32
    assert abs(len(heard) - len(audio)) < 1200  # an MP3 has silence around it
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(audio**2)), rel=0.1)


def test_channels_become_their_mean_and_rates_are_changed():
    both = np.stack([tone(0.5, sample_rate=44100), np.zeros(22050, np.float32)], axis=1)
    heard = decode(file_of(both, 44100, subtype="FLOAT"), settings=Settings(), sample_rate=8000)
    expected = signals.resample(both.mean(axis=1), from_rate=44100, to_rate=8000)
    np.testing.assert_allclose(heard, expected, atol=1e-6)


@pytest.mark.parametrize("hides_its_length", [True, False])
def test_a_bomb_is_refused_before_it_fills_the_memory(hides_its_length):
    n_samples = 10 * 60 * 192000  # 460 MB as float32
    bomb = silent_flac(n_samples, 192000, hides_its_length=hides_its_length)
    assert len(bomb) < 4e6
    tracemalloc.start()
    try:
        with pytest.raises(RefusalError, match="the sound lasts") as caught:
            decode(bomb, settings=Settings(), sample_rate=16000)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.status == 413
    assert most < 60e6


def test_what_is_answered_is_a_file_of_the_sound():
    audio = tone(0.2, sample_rate=16000)
    for kind in ("WAV", "FLAC"):
        content = encode(audio, sample_rate=16000, kind=kind)
        again = decode(content, settings=Settings(), sample_rate=16000)
        np.testing.assert_allclose(again, audio, atol=1e-4)
    loud = decode(
        encode(3 * audio, sample_rate=16000, kind="WAV"), settings=Settings(), sample_rate=16000
    )
    assert np.abs(loud).max() <= 1


KINDS = {kind: file_of(tone(0.1), kind=kind) for kind in ("WAV", "FLAC", "OGG", "MP3", "AU", "CAF")}


@given(
    kind=strategies.sampled_from(sorted(KINDS)),
    changes=strategies.lists(
        strategies.tuples(strategies.integers(0, 2**16), strategies.integers(0, 255)), max_size=8
    ),
    cut=strategies.integers(0, 2**16),
)
def test_any_damage_ends_in_a_sound_or_a_refusal(kind, changes, cut):
    content = bytearray(KINDS[kind])
    for place, value in changes:
        content[place % len(content)] = value
    content = bytes(content[: 1 + cut % len(content)] if cut % 2 else content)
    refused = None
    try:
        heard = decode(content, settings=Settings(), sample_rate=16000)
    except RefusalError as refusal:
        refused = refusal.status
    if refused:
        assert refused in (413, 415, 422)
    else:
        assert np.isfinite(heard).all()
        assert len(heard) <= 30 * 16000 + 1
