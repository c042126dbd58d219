"""Adapters of other people's packages: what needs one is skipped where it is not installed."""

import numpy as np
import pytest

from audiolessons import datasets, metrics, voice
from audiolessons.bench.peers import (
    gtcrn,
    pocketsphinx,
    rnnoise,
    speex,
    webrtc_aec3,
    whisper,
    world,
)
from audiolessons.errors import AudioError

RATE = 16000


@pytest.mark.parametrize("peer", [gtcrn, rnnoise], ids=lambda peer: peer.__name__.split(".")[-1])
def test_what_comes_out_is_in_time_and_as_long(peer):
    if not peer.is_installed():
        pytest.skip("the package or the file is not here")
    time_s = np.arange(RATE + 77) / RATE
    voice = sum(np.sin(2 * np.pi * k * (150 + 40 * time_s) * time_s) / k for k in range(1, 20))
    voice = (0.05 * voice * np.sin(2 * np.pi * 3 * time_s) ** 2).astype(np.float32)
    cleaned = peer.clean(voice, sample_rate=RATE)
    assert cleaned.shape == voice.shape
    n_fft = 4 * RATE
    across = np.fft.irfft(np.fft.rfft(cleaned, n_fft) * np.fft.rfft(voice, n_fft).conj())
    assert np.argmax(across) in (0, 1, n_fft - 1)


def test_a_peer_that_is_not_there_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOLESSONS_DATA", str(tmp_path))
    gtcrn._session.cache_clear()
    with pytest.raises(AudioError, match="pip install onnxruntime"):
        gtcrn.clean(np.zeros(RATE, np.float32), sample_rate=RATE)
    monkeypatch.setattr(rnnoise, "find_spec", lambda name: None)
    with pytest.raises(AudioError, match="pip install --no-deps pyrnnoise"):
        rnnoise.clean(np.zeros(RATE, np.float32), sample_rate=RATE)
    with pytest.raises(AudioError, match="works at 16000 Hz"):
        gtcrn.clean(np.zeros(100, np.float32), sample_rate=8000)


@pytest.mark.parametrize("peer", [speex, webrtc_aec3], ids=["speex", "webrtc_aec3"])
def test_a_canceller_takes_the_echo_and_keeps_time(peer, monkeypatch):
    random = np.random.default_rng(0)
    far = (0.1 * random.standard_normal(4 * RATE + 77)).astype(np.float32)
    near = np.zeros_like(far)
    near[-RATE:] = 0.1 * random.standard_normal(RATE)
    heard = np.float32(0.3) * np.roll(far, 100) + near
    far[-RATE - 2000 :] = 0
    heard[-RATE - 2000 : -RATE] = 0
    if peer.is_installed():
        left = peer.cancel(far, heard, sample_rate=RATE)
        assert left.shape == heard.shape
        loud = slice(2 * RATE, 3 * RATE - 3000)
        assert np.std(left[loud]) < 0.3 * np.std(heard[loud])
    monkeypatch.setattr(peer, "find_spec", lambda name: None)
    with pytest.raises(AudioError, match="pip install --no-deps py"):
        peer.cancel(far, heard, sample_rate=RATE)


@pytest.mark.data
def test_pocketsphinx_hears_words_and_says_when():
    if not pocketsphinx.is_installed():
        pytest.skip("the package is not here")
    sentence = datasets.load("read_speech", stand_ins=True)["AL001-0020"]
    audio, rate = sentence.audio, sentence.sample_rate
    said = pocketsphinx.align(sentence.text, audio, sample_rate=rate)
    assert [word for word, *_ in said] == sentence.text.lower().strip(".").split()
    starts, ends = np.array([times for _, *times in said]).T
    assert (starts < ends).all()
    assert (ends[:-1] <= starts[1:]).all()
    assert ends[-1] <= len(audio) / rate + 0.02
    heard = pocketsphinx.recognise(audio, sample_rate=rate)
    assert heard == pocketsphinx.recognise(audio, sample_rate=rate)  # nothing is remembered
    digits = pocketsphinx.recognise(audio, sample_rate=rate, grammar=pocketsphinx.DIGITS)
    assert set(digits.split()) <= set(pocketsphinx.NUMERALS.split(" | "))
    with pytest.raises(AudioError, match="no sounds of qqq: leave"):
        pocketsphinx.align("the qqq", audio, sample_rate=rate)
    with pytest.raises(AudioError, match="is it what is spoken"):
        pocketsphinx.align(20 * sentence.text, audio, sample_rate=rate)


@pytest.mark.data
def test_whisper_hears_a_sentence():
    if not whisper.is_installed():
        pytest.skip("the packages are not here")
    sentence = datasets.load("read_speech", stand_ins=True)["AL001-0020"]
    heard = whisper.recognise(sentence.audio, sample_rate=sentence.sample_rate)
    assert len(set(heard.lower().split()) & set(sentence.text.lower().split())) >= 6
    with pytest.raises(AudioError, match=r"lasts 31.0 s: Whisper hears 30 s"):
        whisper.recognise(np.zeros(31 * RATE, np.float32), sample_rate=RATE)


@pytest.mark.parametrize(
    ("peer", "loaded", "message"),
    [
        (pocketsphinx, "_decoder", "pip install --no-deps"),
        (whisper, "_model", r"peers\.txt says how"),
    ],
)
def test_a_recogniser_that_is_not_there_says_how_to_get_it(peer, loaded, message, monkeypatch):
    getattr(peer, loaded).cache_clear()
    monkeypatch.setattr(peer, "find_spec", lambda name: None)
    with pytest.raises(AudioError, match=message):
        peer.recognise(np.zeros(RATE, np.float32), sample_rate=RATE)


def test_world_takes_a_voice_apart_and_puts_it_together(monkeypatch):
    said = voice.vowel(voice.VOWELS["head"], sample_rate=RATE, pitch_hz=120.0, duration_s=0.6)
    if world.is_installed():
        parts = world.analyse(said, sample_rate=RATE)
        assert parts.power.shape == parts.aperiodicity.shape == (513, 121)
        assert parts.n_fft == 1024
        np.testing.assert_allclose(np.median(parts.pitch_hz), 120, rtol=0.01)
        again = world.resynthesise(said, sample_rate=RATE)
        assert again.shape == said.shape
        assert metrics.mel_cepstral_distortion(said, again, sample_rate=RATE) < 3
        higher = world.synthesize(parts._replace(pitch_hz=1.5 * parts.pitch_hz), sample_rate=RATE)
        assert 175 < np.nanmedian(world.analyse(higher, sample_rate=RATE).pitch_hz) < 185
    monkeypatch.setattr(world, "find_spec", lambda name: None)
    with pytest.raises(AudioError, match="pip install --no-deps pyworld-prebuilt"):
        world.analyse(said, sample_rate=RATE)
