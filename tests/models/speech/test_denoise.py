"""Denoisers: a mask on the spectrum, causal, the same for a file and for a stream."""

import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiolessons import metrics, models, spectral
from audiolessons.errors import AudioError
from audiolessons.models import DenoisingStream, MaskCRN, MaskGRU

HOP = 256
SMALL = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
NETWORKS = {
    "gru": lambda: MaskGRU(hidden_size=12),
    "crn": lambda: MaskCRN(channels=(4, 6, 8), hidden_size=12),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    network = NETWORKS[request.param]().train()
    for _ in range(3):  # normalisation with a mean and a deviation of its own
        network(0.3 * torch.randn(4, 6000))
    return network.eval()


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def streamed(network, audio):
    """Clean a sound hop by hop, as a microphone would give it."""
    stream = DenoisingStream(network)
    padded = torch.nn.functional.pad(audio, (0, -len(audio) % stream.hop_length))
    parts = [stream.push(part) for part in padded.split(stream.hop_length)]
    return torch.cat([*parts[1:], stream.flush()])[: len(audio)]


@SMALL
@given(n_samples=st.integers(1, 3000))
def test_a_stream_gives_what_the_whole_file_gives(network, n_samples):
    audio = noise(n_samples)
    with torch.no_grad():
        whole = network(audio[None])[0]
    assert whole.abs().max() > 0
    torch.testing.assert_close(streamed(network, audio), whole, atol=1e-5, rtol=0)


def test_a_stream_forgets_nothing_and_keeps_no_more(network):
    """What is kept has the same size after a second and after ten."""

    def size(value):
        if isinstance(value, torch.Tensor):
            return value.numel()
        return sum(map(size, value))

    stream, sizes = DenoisingStream(network), []
    for number in range(200):
        stream.push(noise(HOP, seed=number))
        sizes.append(size(stream._state) + size([stream._before, stream._tail]))
    assert len(set(sizes)) == 1


def test_the_latency_is_one_frame(network):
    stream = DenoisingStream(network)
    assert stream.latency_samples == 2 * stream.hop_length == network.n_fft


def test_nothing_that_comes_later_changes_what_left(network):
    first, second = noise(1, 4000), noise(1, 4000)
    at = 2000
    second[:, at:] = 5.0
    second[:, :at] = first[:, :at]
    with torch.no_grad():
        one, other = network(first), network(second)
    settled = at - network.n_fft  # later samples share a frame with the change
    torch.testing.assert_close(one[:, :settled], other[:, :settled])
    assert (one[:, at:] - other[:, at:]).abs().max() > 1e-3


def test_padding_and_company_change_nothing(network):
    audio = noise(3, 5000)
    lengths = [5000, 3210, 700]
    spoilt = audio.clone()
    for row, length in zip(spoilt, lengths, strict=True):
        row[length:] = math.nan
    with torch.no_grad():
        together = network(spoilt, lengths)
        for row, length in enumerate(lengths):
            alone = network(audio[row : row + 1, :length])
            torch.testing.assert_close(together[row, :length], alone[0], atol=1e-6, rtol=1e-4)
            assert (together[row, length:] == 0).all()


def test_a_mask_of_one_gives_the_sound_back(network):
    network.mask = lambda spectrum, state=None: (torch.ones_like(spectrum), state)
    audio = noise(2, 3333)
    torch.testing.assert_close(network(audio), audio, atol=1e-6, rtol=0)
    torch.testing.assert_close(streamed(network, audio[0]), audio[0], atol=1e-6, rtol=0)


def test_frames_are_those_of_the_book(network):
    audio = noise(1, 4096)
    ours = spectral.stft(audio[0].numpy(), n_fft=512, hop_length=256)
    np.testing.assert_allclose(network.stft(audio)[0].numpy(), ours, atol=1e-5)


def test_no_mask_amplifies(network):
    gain, _ = network.mask(network.stft(noise(2, 8000)))
    assert gain.abs().max() <= 1 + 1e-6
    assert gain.is_complex() == isinstance(network, MaskCRN)


def test_gradients_reach_every_weight(network):
    network.train()
    models.denoising_loss(network(noise(2, 6000)), noise(2, 6000, seed=2)).mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().max() > 0, name


def test_silence_in_silence_out(network):
    with torch.no_grad():
        assert (network(torch.zeros(1, 2000)) == 0).all()


def test_the_loss_is_least_for_the_clean_sound():
    clean = noise(1, 8000)
    losses = [
        float(models.denoising_loss(clean + share * noise(1, 8000, seed=3), clean))
        for share in (0.0, 0.1, 0.5, 1.0)
    ]
    assert losses == sorted(losses)


def test_the_loss_hears_a_wrong_level_that_the_ratio_does_not():
    clean = noise(1, 8000)
    estimate = clean + 0.1 * noise(1, 8000, seed=3)
    assert models.smooth_si_sdr_db(clean, 0.1 * estimate) == pytest.approx(
        float(models.smooth_si_sdr_db(clean, estimate)), abs=1e-3
    )
    loss = models.denoising_loss
    assert loss(0.1 * estimate, clean) > loss(estimate, clean) + 0.5


def test_the_ratio_is_that_of_the_metrics():
    clean, estimate = noise(3, 4000), noise(3, 4000, seed=3) + noise(3, 4000)
    expected = metrics.si_sdr_db(clean.numpy(), estimate.numpy())
    np.testing.assert_allclose(
        models.smooth_si_sdr_db(clean, estimate).numpy(), expected, atol=1e-3
    )


def test_compression_keeps_phases_and_bends_sizes():
    spectrum = torch.tensor([3 - 4j, 0j, -8 + 0j])
    small = models.compressed(spectrum, power=1 / 3)
    torch.testing.assert_close(small.abs()[[0, 2]], torch.tensor([5.0, 8.0]) ** (1 / 3))
    torch.testing.assert_close(small.angle()[[0, 2]], spectrum.angle()[[0, 2]])
    assert small[1] == 0


def test_a_zero_in_the_spectrum_gives_finite_gradients():
    spectrum = torch.zeros(3, dtype=torch.complex64, requires_grad=True)
    models.compressed(spectrum).abs().sum().backward()
    assert spectrum.grad.isfinite().all()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MaskGRU(n_fft=511), "n_fft is 511"),
        (lambda: MaskCRN(channels=()), "at least one"),
        (lambda: MaskCRN(channels=(4,) * 9), "at most 8"),
        (lambda: MaskGRU(hidden_size=0), "hidden_size"),
        (lambda: MaskGRU(hidden_size=4)(torch.zeros(100)), r"noisy\[None\]"),
        (lambda: DenoisingStream(torch.nn.Linear(2, 2)), "Linear"),
        (lambda: DenoisingStream(MaskGRU(hidden_size=4)).push(torch.zeros(100)), r"\(256,\)"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(AudioError, match=said):
        make()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (np.zeros(256, np.float32), "part is ndarray: give a real tensor"),
        ([0.0] * 256, "part is list"),
        (torch.zeros(256, dtype=torch.complex64), "complex64"),
        (torch.full((256,), float("nan")), "NaN or infinity"),
        (torch.zeros(2, 256), r"shape \(2, 256\)"),
    ],
)
def test_a_stream_survives_what_is_no_hop(network, part, said):
    broken, whole = DenoisingStream(network), DenoisingStream(network)
    hops = torch.randn(3, 256)
    expected = [whole.push(hop) for hop in hops]
    got = [broken.push(hops[0])]
    with pytest.raises(AudioError, match=said):
        broken.push(part)
    got += [broken.push(hop) for hop in hops[1:]]
    assert all(torch.equal(one, other) for one, other in zip(got, expected, strict=True))


def test_one_estimate_is_not_compared_with_many():
    with pytest.raises(AudioError, match=r"\(1, 1000\) and clean \(2, 1000\)"):
        models.denoising_loss(torch.randn(1, 1000), torch.randn(2, 1000))
