"""Adapters of other people's denoisers: skipped where a package is not installed."""

import numpy as np
import pytest

from audiolessons.bench.peers import gtcrn, rnnoise
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
