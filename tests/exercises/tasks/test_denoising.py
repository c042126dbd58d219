"""Wrong answers to the exercises of tasks/denoising, each with the message meant for it."""

from math import comb

import numpy as np
import torch

from audiolessons import exercises, metrics, models, spectral

# --- gain, ears, fewest --------------------------------------------------------------------


def _gain_of_amplitudes(snr_db):
    ratio = 10 ** (np.asarray(snr_db) / 20)
    return ratio / (1 + ratio)


def _gain_of_noise(snr_db):
    return 1 / (1 + 10 ** (np.asarray(snr_db) / 10))


def _gain_rooted(snr_db):
    ratio = 10 ** (np.asarray(snr_db) / 10)
    return np.sqrt(ratio / (1 + ratio))


def _gain_of_decibels(snr_db):
    return np.asarray(snr_db) / (1 + np.asarray(snr_db))


def _gain_for_numbers_only(snr_db):
    ratio = 10 ** (float(np.ravel(snr_db)[0]) / 10)
    return ratio / (1 + ratio)


def _tail(n_right, n_trials):
    return sum(comb(n_trials, k) for k in range(n_right, n_trials + 1)) / 2**n_trials


def _fewest_with(chance):
    def answer(n_trials):
        return next((r for r in range(n_trials + 1) if chance(r, n_trials)), n_trials + 1)

    return answer


# --- ratios and gains ------------------------------------------------------------------------


def _plain_snr(truth, estimate):
    return float(metrics.snr_db(truth, estimate))


def _half_scaled(truth, estimate):
    scale = np.sum(estimate * truth) / np.sum(truth**2)
    rest = estimate - scale * truth
    return 10 * np.log10(np.sum(truth**2) / np.sum(rest**2))


def _twenty(truth, estimate):
    return 2 * float(metrics.si_sdr_db(truth, estimate))


def _estimate_scaled(truth, estimate):
    scale = np.sum(estimate * truth) / np.sum(estimate**2)
    return float(metrics.snr_db(truth, scale * estimate))


def _estimate_on_top(truth, estimate):
    scale = np.sum(estimate * truth) / np.sum(truth**2)
    rest = estimate - scale * truth
    return 10 * np.log10(np.sum(estimate**2) / np.sum(rest**2))


def _without_mean(truth, estimate):
    return float(metrics.si_sdr_db(truth - truth.mean(), estimate - estimate.mean()))


def _left(noisy, noise, over, floor):
    return np.maximum(noisy - over * noise, floor * noise)


def _power_gain(noisy, noise, over, floor):
    return np.minimum(_left(noisy, noise, over, floor) / noisy, 1)


def _above_one(noisy, noise, over, floor):
    return np.sqrt(_left(noisy, noise, over, floor) / noisy)


def _floor_of_noisy(noisy, noise, over, floor):
    return np.minimum(np.sqrt(np.maximum(noisy - over * noise, floor * noisy) / noisy), 1)


def _no_floor(noisy, noise, over, floor):
    return np.minimum(np.sqrt(np.maximum(noisy - over * noise, 0) / noisy), 1)


def _negative_root(noisy, noise, over, floor):
    with np.errstate(invalid="ignore"):
        return np.sqrt((noisy - over * noise) / noisy)


# --- phases ----------------------------------------------------------------------------------


def _both(sizes_from, phases_from):
    return tuple(spectral.stft(x, n_fft=512, hop_length=256) for x in (sizes_from, phases_from))


def _back(spectrum, length):
    return spectral.istft(spectrum + 0j, hop_length=256, length=length)


def _phases_exchanged(sizes_from, phases_from):
    first, second = _both(sizes_from, phases_from)
    return _back(np.abs(second) * np.exp(1j * np.angle(first)), len(sizes_from))


def _phases_dropped(sizes_from, phases_from):
    return _back(np.abs(_both(sizes_from, phases_from)[0]), len(sizes_from))


def _phases_without_j(sizes_from, phases_from):
    first, second = _both(sizes_from, phases_from)
    return _back(np.abs(first) * np.exp(np.angle(second)), len(sizes_from))


def _phases_still_spectrum(sizes_from, phases_from):
    first, second = _both(sizes_from, phases_from)
    return np.abs(first) * np.exp(1j * np.angle(second))


def _phases_of_the_first(sizes_from, phases_from):
    return sizes_from


# --- the three faults ------------------------------------------------------------------------


def _noise_gain(voice, noise, snr_db):
    return np.sqrt(np.mean(voice**2) / np.mean(noise**2) / 10 ** (snr_db / 10))


def _target_noise(voice, noise, snr_db):
    hiss = _noise_gain(voice, noise, snr_db) * noise
    return voice + hiss, hiss


def _target_given_noise(voice, noise, snr_db):
    return voice + _noise_gain(voice, noise, snr_db) * noise, noise


def _target_mixture(voice, noise, snr_db):
    mixture = voice + _noise_gain(voice, noise, snr_db) * noise
    return mixture, mixture


def _pair_without_root(voice, noise, snr_db):
    gain = np.mean(voice**2) / np.mean(noise**2) / 10 ** (snr_db / 10)
    return voice + gain * noise, voice


def _pair_of_amplitudes(voice, noise, snr_db):
    gain = np.sqrt(np.mean(voice**2) / np.mean(noise**2)) / 10 ** (snr_db / 10)
    return voice + gain * noise, voice


def _pair_turned(voice, noise, snr_db):
    return voice + _noise_gain(voice, noise, -snr_db) * noise, voice


def _pair_unscaled(voice, noise, snr_db):
    return voice + noise, voice


def _plain_loss(gain, noisy, clean):
    return (gain * noisy - clean).square().mean()


def _compressed_difference(gain, noisy, clean):
    return ((gain * noisy - clean).abs() ** 0.3).mean()


def _gain_outside(gain, noisy, clean):
    return (gain * noisy**0.3 - clean**0.3).square().mean()


def _of_masks(gain, noisy, clean):
    return (gain - clean / noisy).square().mean()


def _cross_entropy(gain, noisy, clean):
    return torch.nn.functional.binary_cross_entropy_with_logits(gain, clean)


def _unclamped(gain, noisy, clean):
    return ((gain * noisy) ** 0.3 - clean**0.3).square().mean()


def _without_gradient(gain, noisy, clean):
    return (((gain.detach() * noisy) ** 0.3 - clean**0.3).square().mean()).requires_grad_()


def _improvement(score):
    def answer(method, mixtures):
        return float(np.mean([score(method, noisy, clean) for noisy, clean in mixtures]))

    return answer


def _si_sdr(reference, estimate):
    return float(metrics.si_sdr_db(reference, estimate))


def _with_itself(method, noisy, clean):
    estimate = method(noisy.copy())
    return _si_sdr(estimate, estimate) - _si_sdr(clean, noisy)


def _only_after(method, noisy, clean):
    return _si_sdr(clean, method(noisy.copy()))


def _before_minus_after(method, noisy, clean):
    return _si_sdr(clean, noisy) - _si_sdr(clean, method(noisy.copy()))


def _without_copy(method, noisy, clean):
    after = _si_sdr(clean, method(noisy))
    return after - _si_sdr(clean, noisy)


def _by_plain_snr(method, noisy, clean):
    after = float(metrics.snr_db(clean, method(noisy.copy())))
    return after - float(metrics.snr_db(clean, noisy))


def _good(method, noisy, clean):
    return _si_sdr(clean, method(noisy.copy())) - _si_sdr(clean, noisy)


def _sum_of_gains(method, mixtures):
    return float(sum(_good(method, noisy, clean) for noisy, clean in mixtures))


def _last_gain(method, mixtures):
    for noisy, clean in mixtures:
        gain = _good(method, noisy, clean)
    return gain


# --- a step, a stream ------------------------------------------------------------------------


def _step(
    *, exchanged=False, zero=True, steps=True, as_float=True, total=False, after=False, sign=1
):
    def answer(network, optimiser, noisy, clean):
        place = next(network.parameters()).device
        noisy, clean = noisy.to(place), clean.to(place)
        if exchanged:
            noisy, clean = clean, noisy
        network.train()
        loss = models.denoising_loss(network(noisy), clean)
        loss = loss.sum() if total else loss.mean()
        if zero:
            optimiser.zero_grad()
        (sign * loss).backward()
        if steps:
            optimiser.step()
        if after:
            with torch.no_grad():
                loss = models.denoising_loss(network(noisy), clean).mean()
        return float(loss.detach()) if as_float else loss

    return answer


def _stream(*, window_twice=True, divide=True, late=True, use_gain=True, collect=False):
    window = spectral.window("hann", 512)
    square = window[:256] ** 2 + window[256:] ** 2
    by = square if divide else 1.0

    def stream(hops, gain_of):
        before, tail = np.zeros(256), np.zeros(256)
        for hop in hops:
            given = np.concatenate([before, hop])
            spectrum = np.fft.rfft(window * given if window_twice else given)
            gain = gain_of(spectrum)
            frame = window * np.fft.irfft(gain * spectrum if use_gain else spectrum)
            yield (tail + frame[:256]) / by
            before, tail = hop, frame[256:]

    if not late:
        return lambda hops, gain_of: list(stream(hops, gain_of))[1:]
    if collect:
        return lambda hops, gain_of: list(stream(hops, gain_of))
    return stream


def _levels_matched(truth, estimate):
    scaled = truth * np.std(estimate) / np.std(truth)
    return 10 * np.log10(np.sum(scaled**2) / np.sum((estimate - scaled) ** 2))


def _floor_as_gain(noisy, noise, over, floor):
    return np.maximum(np.sqrt(np.maximum(noisy - over * noise, 0) / noisy), floor)


def _magnitudes_subtracted(noisy, noise, over, floor):
    left = np.maximum(np.sqrt(noisy) - over * np.sqrt(noise), floor * np.sqrt(noise))
    return left / np.sqrt(noisy)


def _phases_of_powers(sizes_from, phases_from):
    first, second = _both(sizes_from, phases_from)
    return _back(np.abs(first) ** 2 * np.exp(1j * np.angle(second)), len(sizes_from))


def _phases_twice(sizes_from, phases_from):
    first, second = _both(sizes_from, phases_from)
    return _back(first * np.exp(1j * np.angle(second)), len(sizes_from))


def _phases_of_other_frames(sizes_from, phases_from):
    first, second = np.fft.rfft(sizes_from), np.fft.rfft(phases_from)
    return np.fft.irfft(np.abs(first) * np.exp(1j * np.angle(second)), len(sizes_from))


def _small(gain, noisy, clean):
    return (gain * noisy).clamp(min=1e-8) ** 0.3 - clean**0.3


def _step_in_evaluation_mode(network, optimiser, noisy, clean):
    network.eval()
    place = next(network.parameters()).device
    loss = models.denoising_loss(network(noisy.to(place)), clean.to(place)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def _hops(first=None, second=None, keep=True, order=1):
    window = spectral.window("hann", 512)
    square = window[:256] ** 2 + window[256:] ** 2
    first, second = (window if one is None else one for one in (first, second))

    def answer(hops, gain_of):
        before, tail = np.zeros(256), np.zeros(256)
        for hop in hops:
            spectrum = np.fft.rfft(first * np.concatenate([before, hop][::order]))
            frame = second * np.fft.irfft(gain_of(spectrum) * spectrum)
            yield (tail + frame[:256]) / square
            before, tail = hop, frame[256:] if keep else tail

    return answer


WRONG = {
    "denoising.gain": [
        (_gain_of_amplitudes, "ratio is one of powers"),
        (_gain_of_noise, "turn it round"),
        (_gain_rooted, "the ratio mask, not Wiener's"),
        (_gain_of_decibels, "decibels went into the formula"),
        (lambda snr_db: 1.0 * (np.asarray(snr_db) > 0), "or a switch"),
        (_gain_for_numbers_only, "the shape is () and should be (3,)"),
    ],
    "denoising.ears": [
        (list("DABCE"), "this is a list"),
        ("dabce", "capital letters"),
        ("DABC", "five letters, each once"),
        (4, "a text is asked for"),
        ("BCDAE", "turned round"),
        ("ADBCE", "lacks what is above 1 kHz"),
        ("DAECB", "rough whisper without one"),
        ("DACBE", "listen to the pause"),
        ("DBACE", "listen again for: rain below 1 kHz, subtraction"),
    ],
    "denoising.fewest": [
        (_fewest_with(lambda r, n: r > n / 2 and comb(n, r) / 2**n <= 0.05), "not exactly r"),
        (_fewest_with(lambda r, n: _tail(r + 1, n) <= 0.05), "nor more than r"),
        (_fewest_with(lambda r, n: _tail(r, n) <= 0.025), "one side"),
        (_fewest_with(lambda r, n: comb(n, r) / 2**n <= 0.05), "happens always"),
        (lambda n: int(np.ceil(0.95 * n)), "95 % right is not the same"),
    ],
    "denoising.si_sdr": [
        (_plain_snr, "the scale is missing"),
        (_half_scaled, "above the line needs the scale too"),
        (_twenty, "twice as many decibels"),
        (_estimate_scaled, "the voice in the estimate"),
        (_estimate_on_top, "the truth that is scaled"),
        (_without_mean, "subtract no mean"),
        (lambda t, e: float(metrics.si_sdr_db(t, e)) / 10, "a tenth of it"),
        (lambda t, e: np.log(10) * float(metrics.si_sdr_db(t, e)), "natural logarithm"),
        (_levels_matched, "no ratio of levels"),
        (lambda t, e: float(metrics.si_sdr_db(t, e)) + np.log10(np.std(e)), "must not depend"),
    ],
    "denoising.subtract": [
        (_power_gain, "the root is missing"),
        (_above_one, "keep it at 1"),
        (_floor_of_noisy, "not of the noisy power"),
        (_no_floor, "the floor is missing"),
        (_negative_root, "there is NaN"),
        (_floor_as_gain, "taken for a gain"),
        (_magnitudes_subtracted, "magnitudes were subtracted"),
        (lambda p, n, o, f: np.minimum(np.sqrt(_left(p, n, o, f) / n), 1), "not by the noise's"),
    ],
    "denoising.phases": [
        (_phases_exchanged, "exchanged"),
        (_phases_dropped, "phases of 0"),
        (_phases_without_j, "the 1j is missing"),
        (_phases_still_spectrum, "this is a spectrum"),
        (_phases_of_the_first, "its own phases were used"),
        (_phases_of_powers, "powers: take magnitudes"),
        (_phases_twice, "went in twice"),
        (_phases_of_other_frames, "check the frames"),
    ],
    "denoising.pair": [
        (_target_noise, "this is the noise of the mixture"),
        (_target_given_noise, "as it was handed over: a network"),
        (_target_mixture, "what goes in comes first"),
        (lambda voice, noise, snr_db: voice + noise, "give a tuple of two"),
        (lambda voice, noise, snr_db: (voice, voice), "the voice without any noise"),
        (_pair_of_amplitudes, "twice as many decibels"),
        (_pair_turned, "the sign is turned round"),
        (_pair_unscaled, "the noise kept its level"),
        (_pair_without_root, "has another level"),
    ],
    "denoising.loss": [
        (_plain_loss, "nothing is compressed"),
        (_compressed_difference, "compress both, then subtract"),
        (_gain_outside, "outside the power"),
        (_of_masks, "this compares masks"),
        (_cross_entropy, "a magnitude is no probability"),
        (_unclamped, "clamp to a tiny number"),
        (_without_gradient, "was it detached"),
        (lambda g, x, s: float(_small(g, x, s).square().mean()), "or a number"),
        (lambda g, x, s: _small(g, x, s).abs().mean(), "absolute values"),
        (lambda g, x, s: _small(g, x, s).mean().square(), "square first"),
        (lambda g, x, s: _small(g, x, s).square().mean().sqrt(), "the root of the mean"),
        (lambda g, x, s: _small(g, s, x).square().mean(), "belongs to noisy_size"),
    ],
    "denoising.improvement": [
        (_improvement(_with_itself), "compared with itself"),
        (_improvement(_only_after), "this is the score, not the gain"),
        (_improvement(_before_minus_after), "after minus before"),
        (_improvement(_without_copy), "Hand over a copy"),
        (_improvement(_by_plain_snr), "this is the plain SNR"),
        (_sum_of_gains, "this is the sum"),
        (_last_gain, "the last pair alone"),
        (lambda method, pairs: method(pairs[0][1]).sum(), "one noisy sound at a time"),
        (lambda method, pairs: np.zeros(len(pairs)), "the shape is (3,) and should be ()"),
    ],
    "denoising.step": [
        (_step_in_evaluation_mode, "switch to training mode"),
        (_step(exchanged=True), "given and wanted are exchanged"),
        (_step(total=True), "this is the sum over the batch"),
        (_step(after=True), "the loss after the step"),
        (_step(as_float=False), "keeps the whole graph alive"),
        (_step(steps=False), "the weights did not move"),
        (_step(zero=False), "old gradients pile up"),
        (_step(sign=-1), "the loss rose"),
    ],
    "denoising.stream": [
        (_stream(divide=False), "divide by the sum of the squared windows"),
        (_stream(late=False), "one hop too few"),
        (_stream(use_gain=False), "unchanged: multiply"),
        (_stream(collect=True), "everything was collected"),
        (_stream(window_twice=False), "the window before the transform is missing"),
        (_hops(second=1), "a window is missing"),
        (_hops(first=1), "a window is missing"),
        (_hops(keep=False), "second half of the last frame was not kept"),
        (_hops(order=-1), "the older one comes first"),
    ],
}


def test_the_step_says_where_it_ran():
    report = exercises.check("denoising.step", _step())
    assert report.passed, str(report)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda


def test_a_stream_is_taken_from_any_iterable():
    report = exercises.check("denoising.stream", _stream())
    assert report.passed, str(report)
