"""Right answers to the exercises of the chapter tasks/denoising: other ways, other writings."""

import math
from collections import deque

import librosa
import numpy as np
import pytest
import scipy.signal
import scipy.stats
import torch

from audiolessons import enhancement, exercises, metrics, models, signals, spectral

# --- a gain, luck, a ratio ----------------------------------------------------------------------


def _gain_of_amplitudes(snr_db):
    amplitude = 10 ** (np.asarray(snr_db) / 20)
    return amplitude**2 / (amplitude**2 + 1)


def _gain_of_lists(snr_db):
    if np.ndim(snr_db):
        return [_gain_of_lists(one) for one in snr_db]
    return 1 - 1 / (1 + 10 ** (0.1 * snr_db))


def _fewest_by_tossing(n_trials):
    """The whole distribution, toss by toss."""
    chances = np.array([1.0])
    for _ in range(n_trials):
        chances = np.convolve(chances, [0.5, 0.5])
    tails = np.cumsum(chances[::-1])[::-1]
    return np.flatnonzero(tails <= 0.05)[0]


def _fewest_from_above(n_trials):
    n_right, ways = n_trials, 1
    while 20 * ways <= 2**n_trials:
        n_right -= 1
        ways += math.comb(n_trials, n_right)
    return n_right + 1


def _si_sdr_of_angles(truth, estimate):
    cosine = truth @ estimate / np.linalg.norm(truth) / np.linalg.norm(estimate)
    return 20 * np.log10(abs(cosine) / np.sqrt(1 - cosine**2))


def _si_sdr_by_fit(truth, estimate):
    [scale], rest, *_ = np.linalg.lstsq(truth[:, np.newaxis], estimate, rcond=None)
    return 10 * math.log10(scale**2 * sum(x * x for x in truth) / rest[0])


def _si_sdr_by_torch(truth, estimate):
    truth, estimate = torch.from_numpy(truth), torch.from_numpy(estimate)
    voice = (estimate @ truth) / (truth @ truth) * truth
    return 20 * torch.log10(voice.norm() / (estimate - voice).norm())


def _si_sdr_with_epsilon(truth, estimate):
    a = np.dot(truth, estimate) / (np.dot(truth, truth) + 1e-9)
    noise = estimate - a * truth
    return 10 * np.log10((np.mean((a * truth) ** 2) + 1e-9) / (np.mean(noise**2) + 1e-9))


# --- subtraction, phases ------------------------------------------------------------------------


def _subtracted_cell_by_cell(noisy_power, noise_power, over_subtraction, floor):
    gain = np.ones_like(noisy_power)
    for k, m in np.ndindex(*noisy_power.shape):
        noise = noise_power[k, 0]
        left = max(noisy_power[k, m] - over_subtraction * noise, floor * noise)
        gain[k, m] = min(1, math.sqrt(left / noisy_power[k, m]))
    return gain


def _subtracted_by_ratios(noisy_power, noise_power, over_subtraction, floor):
    part = noise_power / noisy_power
    return np.clip(np.maximum(1 - over_subtraction * part, floor * part), 0, 1) ** 0.5


def _subtracted_in_place(noisy_power, noise_power, over_subtraction, floor):
    left = noisy_power - over_subtraction * noise_power
    np.maximum(left, floor * noise_power, out=left)
    np.minimum(left, noisy_power, out=left)
    left /= noisy_power
    return np.sqrt(left, out=left)


def _subtracted_by_torch(noisy_power, noise_power, over_subtraction, floor):
    noisy, noise = torch.from_numpy(noisy_power), torch.from_numpy(noise_power)
    left = torch.maximum(noisy - over_subtraction * noise, floor * noise)
    return torch.where(left > noisy, 1.0, (left / noisy).sqrt())


def _phases_by_division(sizes_from, phases_from, n_bins):
    own, other = (
        spectral.stft(audio, n_fft=512, hop_length=256) for audio in (sizes_from, phases_from)
    )
    own[:n_bins] = np.abs(own[:n_bins]) * other[:n_bins] / np.maximum(np.abs(other[:n_bins]), 1e-30)
    return spectral.istft(own, hop_length=256, length=len(sizes_from))


def _phases_by_choice(sizes_from, phases_from, n_bins):
    sizes_from, phases_from = map(np.asarray, (sizes_from, phases_from))
    own, other = spectral.stft(np.stack([sizes_from, phases_from]), n_fft=512, hop_length=256)
    is_low = np.arange(257)[:, np.newaxis] < n_bins
    angle = np.where(is_low, np.angle(other), np.angle(own))
    spectrum = np.abs(own) * (np.cos(angle) + 1j * np.sin(angle))
    return spectral.istft(spectrum, hop_length=256, length=sizes_from.size)


def _phases_by_librosa(sizes_from, phases_from, n_bins):
    frames = {"n_fft": 512, "hop_length": 256, "pad_mode": "constant"}
    size, own = librosa.magphase(librosa.stft(sizes_from, **frames))
    turn = librosa.magphase(librosa.stft(phases_from, **frames))[1]
    spectrum = size * np.vstack([turn[:n_bins], own[n_bins:]])
    return librosa.istft(spectrum, hop_length=256, length=len(sizes_from))


def _phases_row_by_row(sizes_from, phases_from, n_bins):
    own = spectral.stft(sizes_from, n_fft=512, hop_length=256)
    other = spectral.stft(phases_from, n_fft=512, hop_length=256)
    for k in range(n_bins):
        own[k] *= np.exp(1j * (np.angle(other[k]) - np.angle(own[k])))
    return spectral.istft(own, hop_length=256, length=sizes_from.shape[0]).tolist()


# --- the three faults ---------------------------------------------------------------------------


def _pair_in_steps(voice, noise, snr_db):
    level = np.linalg.norm(voice) / np.linalg.norm(noise)
    return [voice + noise * level * 10 ** (-snr_db / 20), voice.copy()]


def _pair_of_power_one(voice, noise, snr_db):
    noise = noise / np.sqrt(np.mean(np.square(noise)))
    wanted = np.mean(np.square(voice)) * 10 ** (-snr_db / 10)
    mixture = noise * np.sqrt(wanted)
    mixture += voice
    return mixture, voice


def _pair_by_torch(voice, noise, snr_db):
    voice, noise = torch.from_numpy(voice), torch.from_numpy(noise)
    gain = (voice.square().mean() / noise.square().mean() / 10 ** (snr_db / 10)).sqrt()
    return voice + gain * noise, voice


def _loss_of_floors(gain, noisy_size, clean_size):
    ours = torch.clamp(gain * noisy_size, 1e-6).pow(0.3)
    return torch.nn.functional.mse_loss(ours, clean_size.pow(0.3))


def _loss_of_clamped_gain(gain, noisy_size, clean_size):
    return ((gain.clamp(min=1e-6) * noisy_size) ** 0.3 - clean_size**0.3).pow(2).mean()


def _loss_with_epsilon(gain, noisy_size, clean_size):
    difference = (gain * noisy_size + 1e-7) ** 0.3 - (clean_size + 1e-7) ** 0.3
    return torch.sum(difference * difference) / difference.numel()


def _loss_by_logarithms(gain, noisy_size, clean_size):
    tiny = torch.tensor(1e-8)
    ours = torch.exp(0.3 * torch.log(torch.maximum(gain * noisy_size, tiny)))
    theirs = torch.exp(0.3 * torch.log(torch.maximum(clean_size, tiny)))
    return (ours - theirs).flatten().square().mean()


def _loss_where_open(gain, noisy_size, clean_size):
    left = gain * noisy_size
    is_open = left > 1e-12
    ours = torch.where(is_open, torch.where(is_open, left, 1.0) ** 0.3, 0.0)
    return ((ours - clean_size**0.3) ** 2).mean()


def _loss_of_open_cells(gain, noisy_size, clean_size):
    left = gain * noisy_size
    is_open = left > 1e-12
    closed = (clean_size[~is_open] ** 0.6).sum()
    return (closed + (left[is_open] ** 0.3 - clean_size[is_open] ** 0.3).norm() ** 2) / left.numel()


def _improvement_of_means(method, mixtures):
    before = np.mean([metrics.si_sdr_db(clean, noisy) for noisy, clean in mixtures])
    after = np.mean([metrics.si_sdr_db(clean, method(noisy + 0)) for noisy, clean in mixtures])
    return after - before


def _improvement_by_hand(method, mixtures):
    def score(truth, estimate):
        return _si_sdr_of_angles(truth, np.array(estimate))

    return sum(score(s, method(np.array(x))) - score(s, x) for x, s in mixtures) / len(mixtures)


def _improvement_exchanged(method, mixtures):
    """The ratio is one of an angle: it takes its two sounds in either order."""
    gains = []
    for noisy, clean in mixtures:
        kept = noisy.copy()
        gains += [metrics.si_sdr_db(method(kept), clean) - metrics.si_sdr_db(noisy, clean)]
    return np.mean(gains).item()


def _improvement_put_back(method, mixtures):
    total = 0
    for noisy, clean in mixtures:
        kept = noisy.copy()
        total += metrics.si_sdr_db(clean, method(noisy)) - metrics.si_sdr_db(clean, kept)
        noisy[:] = kept
    return np.array([total / len(mixtures)])[0]


# --- a step, a stream ---------------------------------------------------------------------------


def _step_cleared_by_network(network, optimiser, noisy_batch, clean_batch):
    network.train()
    device = network.window.device
    network.zero_grad()
    estimate = network(noisy_batch.to(device))
    loss = torch.mean(models.denoising_loss(estimate, clean_batch.to(device)))
    loss.backward()
    optimiser.step()
    return loss.item()


def _step_with_closure(network, optimiser, noisy_batch, clean_batch):
    [place] = {parameter.device for parameter in network.parameters()}
    noisy, clean = noisy_batch.to(place), clean_batch.to(place)
    network.train(True)

    def closure():
        optimiser.zero_grad()
        loss = models.denoising_loss(network(noisy), clean).mean()
        loss.backward()
        return loss

    return optimiser.step(closure).item()


def _step_by_gradients(network, optimiser, noisy_batch, clean_batch):
    network.train()
    place = next(iter(network.state_dict().values())).device
    losses = models.denoising_loss(network(noisy_batch.to(place)), clean_batch.to(place))
    weights = list(network.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(losses.mean(), weights), strict=True):
        weight.grad = gradient
    optimiser.step()
    return np.float32(losses.detach().cpu().numpy().mean())


def _step_sound_by_sound(network, optimiser, noisy_batch, clean_batch):
    """One forward pass, for the normalisation; one backward pass a sound."""
    place = next(network.parameters()).device
    losses = models.denoising_loss(network.train()(noisy_batch.to(place)), clean_batch.to(place))
    optimiser.zero_grad(set_to_none=False)
    for loss in losses:
        (loss / len(losses)).backward(retain_graph=True)
    optimiser.step()
    return sum(losses.tolist()) / len(losses)


def _stream_from_one_buffer(hops, gain_of):
    window = spectral.window("hann", 512)
    heard, sums = np.zeros(512), np.zeros(512)
    for hop in hops:
        heard[:-128], heard[-128:] = heard[128:].copy(), hop
        spectrum = np.fft.rfft(heard * window)
        sums += window * np.fft.irfft(spectrum * gain_of(spectrum), n=512)
        yield sums[:128] / 1.5
        sums[:-128], sums[-128:] = sums[128:].copy(), 0


def _stream_of_frames(hops, gain_of):
    """Keeps the last four frames and adds their quarters when they are asked for."""
    window = scipy.signal.get_window("hann", 512)
    four, frames = deque([np.zeros(128)] * 4, maxlen=4), deque(maxlen=4)
    for hop in hops:
        four.append(hop)
        spectrum = np.fft.rfft(window * np.concatenate(four))
        frames.append(window * np.fft.irfft(gain_of(spectrum) * spectrum))
        parts = [
            frame[128 * (age := len(frames) - 1 - i) :][:128] for i, frame in enumerate(frames)
        ]
        assert age == 0
        yield np.sum(parts, axis=0) / 1.5


def _stream_of_lists(hops, gain_of):
    window = torch.hann_window(512, dtype=torch.float64)
    squares = window.square().view(4, 128).sum(dim=0)
    past, tail = [0.0] * 384, torch.zeros(384, dtype=torch.float64)
    for hop in hops:
        frame = torch.tensor([*past, *hop], dtype=torch.float64)
        spectrum = torch.fft.rfft(window * frame)
        gain = torch.as_tensor(gain_of(spectrum.numpy()))
        cleaned = window * torch.fft.irfft(gain * spectrum)
        cleaned[:384] += tail
        yield (cleaned[:128] / squares).tolist()
        past, tail = frame[128:].tolist(), cleaned[128:]


class _StreamOfAnObject:
    def __init__(self, hops, gain_of):
        self.hops, self.gain_of = iter(hops), gain_of
        self.frame, self.sums = np.zeros(512), np.zeros(640)
        self.window = np.sin(np.pi * np.arange(512) / 512) ** 2

    def __iter__(self):
        return self

    def __next__(self):
        self.frame = np.concatenate([self.frame[128:], next(self.hops)])
        spectrum = np.fft.rfft(self.window * self.frame)
        self.sums[:512] += self.window * np.fft.irfft(self.gain_of(spectrum) * spectrum)
        finished, self.sums = self.sums[:128] / 1.5, np.append(self.sums[128:], np.zeros(128))
        return finished


RIGHT_ANSWERS = {
    "denoising.gain": [
        _gain_of_amplitudes,
        _gain_of_lists,
        lambda snr_db: 1 / (1 + 10 ** (-np.asarray(snr_db) / 10)),
        lambda snr_db: scipy.special.expit(np.log(10) / 10 * np.asarray(snr_db, np.float32)),
        lambda snr_db: torch.sigmoid(torch.as_tensor(snr_db) * np.log(10) / 10),
    ],
    "denoising.ears": ["DABCE", list("DABCE"), "dabce", "D, A, B, C, E", ("d", "a", "b", "c", "e")],
    "denoising.fewest": [
        _fewest_by_tossing,
        _fewest_from_above,
        lambda n: int(scipy.stats.binom.isf(0.05, n, 0.5)) + 1,
        lambda n: min(
            r
            for r in range(n + 1)
            if scipy.stats.binomtest(r, n, alternative="greater").pvalue <= 0.05
        ),
        lambda n: np.argmax(scipy.stats.binom.sf(np.arange(n + 1) - 1, n, 0.5) <= 0.05),
        lambda n: float(
            next(r for r in range(n + 1) if scipy.stats.binom.sf(r - 1, n, 0.5) <= 0.05)
        ),
    ],
    "denoising.si_sdr": [
        _si_sdr_of_angles,
        _si_sdr_by_fit,
        _si_sdr_by_torch,
        _si_sdr_with_epsilon,
    ],
    "denoising.subtract": [
        _subtracted_cell_by_cell,
        _subtracted_by_ratios,
        _subtracted_in_place,
        _subtracted_by_torch,
    ],
    "denoising.phases": [
        _phases_by_division,
        _phases_by_choice,
        _phases_by_librosa,
        _phases_row_by_row,
    ],
    "denoising.pair": [
        _pair_in_steps,
        _pair_of_power_one,
        _pair_by_torch,
        lambda voice, noise, snr_db: (signals.mix_at_snr(voice, noise, snr_db=snr_db), voice),
        lambda voice, noise, snr_db: np.stack([_pair_in_steps(voice, noise, snr_db)[0], voice]),
    ],
    "denoising.loss": [
        _loss_of_floors,
        _loss_of_clamped_gain,
        _loss_with_epsilon,
        _loss_by_logarithms,
        _loss_where_open,
        _loss_of_open_cells,
    ],
    "denoising.improvement": [
        _improvement_of_means,
        _improvement_by_hand,
        _improvement_exchanged,
        _improvement_put_back,
    ],
    "denoising.step": [
        _step_cleared_by_network,
        _step_with_closure,
        _step_by_gradients,
        _step_sound_by_sound,
    ],
    "denoising.stream": [
        _stream_from_one_buffer,
        _stream_of_frames,
        _stream_of_lists,
        _StreamOfAnObject,
    ],
}


@pytest.mark.parametrize("answer", ["41235", "2, 3, 4, 1, 5", 23415])
def test_numbers_for_letters_are_not_called_no_characters(answer):
    report = exercises.check("denoising.ears", answer)
    assert "these are the right numbers for letters" in report.means
    assert "has 0 characters" not in exercises.check("denoising.ears", "12345").means


def test_the_step_says_where_it_ran():
    report = exercises.check("denoising.step", _step_cleared_by_network)
    assert report.passed, str(report)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda


def _subtracted_by_package(noisy_power, noise_power, over_subtraction, floor):
    return enhancement.spectral_subtraction_gain(
        noisy_power, noise_power, over_subtraction=over_subtraction, floor=floor
    )


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("denoising.si_sdr", lambda truth, estimate: metrics.si_sdr_db(truth, estimate)),
        ("denoising.subtract", _subtracted_by_package),
    ],
)
def test_what_the_prompt_forbids_is_refused(name, answer):
    *others, last = exercises.check(name, answer).rows
    assert all(row.passed for row in others)
    assert not last.passed
    assert "in your code" in last.got
