"""The network behind the filter: on a stream as on a file, causal, and told what it hears."""

import numpy as np
import pytest
import torch

from audiolessons import AudioError, adaptive, models


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.ResidualEchoGRU(hidden_size=12).eval()


@pytest.fixture(scope="module")
def call():
    far, near = 0.1 * np.random.default_rng(0).standard_normal((2, 7000))
    return far, 0.5 * np.concatenate([np.zeros(100), far[:-100]]) + 0.1 * near


def test_no_division_into_frames_changes_the_answer(network, call):
    whole = adaptive.cancel(models.SuppressingCanceller(network), *call)
    assert whole.shape == call[0].shape
    canceller, parts, start = models.SuppressingCanceller(network), [], 0
    for length in (1, 255, 256, 700, 10, 3000, 5000):
        parts.append(canceller.push(np.stack(call)[:, start : start + length]))
        start += length
    parts.append(canceller.flush())
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_it_is_the_network_over_what_the_filter_leaves(network, call):
    far, microphone = call
    left = adaptive.cancel(adaptive.BlockKalman(), far, microphone)
    sounds = np.stack([left, microphone - left, far]).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(sounds)[None])[0].numpy()
    ours = adaptive.cancel(models.SuppressingCanceller(network), far, microphone)
    np.testing.assert_allclose(ours[:6400], expected[:6400], atol=1e-5)


def test_a_sample_waits_no_longer_than_is_said(network, call):
    canceller = models.SuppressingCanceller(network)
    assert canceller.latency_samples == 512
    n_out = len(canceller.push(np.stack(call)[:, :1000]))
    assert n_out >= 1000 - canceller.latency_samples


def test_what_comes_later_changes_nothing_before_it(network):
    sounds = 0.1 * torch.randn(1, 3, 4096, generator=torch.Generator().manual_seed(1))
    changed = sounds.clone()
    changed[..., 3000:] = 0
    with torch.no_grad():
        before, after = (network(one)[0, : 3000 - 512] for one in (sounds, changed))
    torch.testing.assert_close(before, after)


def test_no_gain_falls_below_the_floor(network):
    spectrum = network.stft(0.1 * torch.randn(1, 3, 4096))
    with torch.no_grad():
        silenced = models.ResidualEchoGRU(hidden_size=4).eval()
        silenced.predict.bias.fill_(-50.0)
        gain, _ = silenced.mask(spectrum)
    torch.testing.assert_close(gain, torch.full_like(gain, 0.03))


def test_other_sounds_are_refused(network):
    with pytest.raises(AudioError, match=r"give \(B, 3, T\)"):
        network(torch.zeros(1, 2, 600))
    with pytest.raises(AudioError, match="MaskGRU"):
        models.SuppressingCanceller(models.MaskGRU(hidden_size=4))
