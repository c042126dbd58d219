"""Right answers to the exercises of the chapter tasks/echo: other algorithms and writings."""

import numpy as np
import torch

import audiolessons as al


def _delay_by_correlate(far, microphone, max_delay):
    every = np.correlate(microphone, far, mode="full")[len(far) - 1 :]
    return np.argmax(np.abs(every[: max_delay + 1]))


def _delay_by_loop(far, microphone, max_delay):
    best, found = -1.0, 0
    for k in range(max_delay + 1):
        value = abs(sum(far[n] * microphone[n + k] for n in range(len(far) - k)))
        if value > best:
            best, found = value, k
    return found


def _delay_by_fft(far, microphone, max_delay):
    n = 2 * len(far)
    cross = np.fft.irfft(np.fft.rfft(microphone, n) * np.conj(np.fft.rfft(far, n)), n)
    return int(np.abs(cross[: max_delay + 1]).argmax())


def _delay_by_squares(far, microphone, max_delay):
    return max(range(max_delay + 1), key=lambda k: np.dot(far[: len(far) - k], microphone[k:]) ** 2)


def _erle_by_means(microphone, output, is_alone):
    heard, left = np.mean(microphone[is_alone] ** 2), np.mean(output[is_alone] ** 2)
    return 10 * np.log10(heard) - 10 * np.log10(left)


def _erle_by_levels(microphone, output, is_alone):
    rms = [np.sqrt(np.mean(one[is_alone] ** 2)) for one in (microphone, output)]
    return 20 * np.log10(rms[0] / rms[1])


def _erle_by_weights(microphone, output, is_alone):
    weight = is_alone.astype(float)
    return -10 * np.log10((weight * output**2).sum() / (weight * microphone**2).sum())


def _erle_by_loop(microphone, output, is_alone):
    heard = sum(m * m for m, alone in zip(microphone, is_alone, strict=True) if alone)
    left = sum(o * o for o, alone in zip(output, is_alone, strict=True) if alone)
    return 10 * np.log10(heard / left)


def _nlms_in_place(taps, past, heard, rate, floor):
    error = heard - (taps * past).sum()
    taps = taps.copy()
    taps += rate * error / (floor + np.sum(past**2)) * past
    return error, taps


def _nlms_by_lists(taps, past, heard, rate, floor):
    error = heard - sum(w * x for w, x in zip(taps, past, strict=True))
    energy = sum(x * x for x in past) + floor
    return [error, [w + rate * error * x / energy for w, x in zip(taps, past, strict=True)]]


def _nlms_by_norm(taps, past, heard, rate, floor):
    error = heard - np.inner(taps, past)
    return error, taps + rate / (np.linalg.norm(past) ** 2 + floor) * past * error


def _nlms_in_tensors(taps, past, heard, rate, floor):
    taps, past = torch.from_numpy(taps), torch.from_numpy(past)
    error = heard - torch.dot(taps, past)
    return error, torch.add(taps, past, alpha=float(rate * error / (past.dot(past) + floor)))


def _pause_by_roll(far, microphone, n_taps, rate):
    taps, past, total, left = np.zeros(n_taps), np.zeros(n_taps), 0.0, []
    for n, (played, heard) in enumerate(zip(far, microphone, strict=True)):
        past = np.roll(past, 1)
        past[0] = played
        total += played**2
        error = heard - taps @ past
        taps += rate * error * past / (past @ past + 0.1 * n_taps * total / (n + 1))
        left.append(error)
    return np.array(left)


def _pause_by_windows(far, microphone, n_taps, rate):
    padded = np.concatenate([np.zeros(n_taps - 1), far])
    windows = np.lib.stride_tricks.sliding_window_view(padded, n_taps)[:, ::-1]
    means = np.cumsum(np.square(far)) / (1 + np.arange(len(far)))
    steps = rate / (np.sum(windows**2, axis=1) + 0.1 * n_taps * means)
    taps, left = np.zeros(n_taps), np.empty(len(far))
    for n in range(len(far)):
        left[n] = microphone[n] - windows[n] @ taps
        taps = taps + steps[n] * left[n] * windows[n]
    return left


def _pause_with_the_package(far, microphone, n_taps, rate):
    canceller = al.adaptive.NLMS(n_taps=n_taps, step=rate, regularisation=0.1)
    return al.adaptive.cancel(canceller, far, microphone)


def _pause_running_mean(far, microphone, n_taps, rate):
    taps, mean, left = [0.0] * n_taps, 0.0, []
    for n in range(len(far)):
        past = [far[n - k] if n >= k else 0.0 for k in range(n_taps)]
        mean += (far[n] ** 2 - mean) / (n + 1)
        error = microphone[n] - sum(w * x for w, x in zip(taps, past, strict=True))
        energy = sum(x * x for x in past) + 0.1 * n_taps * mean
        taps = [w + rate * error * x / energy for w, x in zip(taps, past, strict=True)]
        left.append(error)
    return left


def _both_by_windows(far, microphone, n_past):
    padded = np.concatenate([np.zeros(n_past - 1), np.abs(far)])
    loudest = np.lib.stride_tricks.sliding_window_view(padded, n_past).max(axis=1)
    return np.abs(microphone) > loudest / 2


def _both_with_the_package(far, microphone, n_past):
    far, microphone = np.asarray(far, dtype=float), np.asarray(microphone, dtype=float)
    return al.adaptive.is_double_talk(far, microphone, n_past=n_past)


def _both_by_queue(far, microphone, n_past):
    heard, found = [], []
    for played, sample in zip(far, microphone, strict=True):
        heard = [*heard, abs(played)][-n_past:]
        found.append(2 * abs(sample) > max(heard))
    return found


def _both_by_shifts(far, microphone, n_past):
    far = np.abs(np.asarray(far, dtype=float))
    loudest = far.copy()
    for k in range(1, min(n_past, len(far))):
        loudest[k:] = np.maximum(loudest[k:], far[:-k])
    return np.abs(microphone) > 0.5 * loudest


def _constrain_by_mask(spectra):
    taps = np.fft.irfft(spectra, axis=-1)
    return np.fft.rfft(taps * (np.arange(taps.shape[-1]) < taps.shape[-1] // 2), axis=-1)


def _constrain_by_padding(spectra):
    n = spectra.shape[-1] - 1
    return np.fft.rfft(np.fft.irfft(spectra)[:, :n], n=2 * n)


def _constrain_row_by_row(spectra):
    rows = []
    for row in spectra:
        taps = np.fft.irfft(row)
        taps[len(taps) // 2 :] = 0
        rows.append(np.fft.rfft(taps))
    return np.array(rows)


def _constrain_in_torch(spectra):
    taps = torch.fft.irfft(torch.from_numpy(spectra))
    taps[..., taps.shape[-1] // 2 :] = 0
    return torch.fft.rfft(taps)


def _kalman_by_two_names(weight, uncertainty, far, heard, memory, near_power):
    kept = memory * memory
    before = uncertainty + (1 - kept) * abs(weight) ** 2
    power = (far * far.conjugate()).real
    share = before * power / (before * power + near_power)
    gain = before * far.conjugate() / (before * power + near_power)
    return weight + gain * (heard - far * weight), before * (1 - share)


def _kalman_in_information(weight, uncertainty, far, heard, memory, near_power):
    before = memory**2 * uncertainty + (1 - memory**2) * (abs(weight) ** 2 + uncertainty)
    after = 1 / (1 / before + abs(far) ** 2 / near_power)
    return weight + after / near_power * np.conj(far) * (heard - far * weight), after


def _kalman_in_tensors(weight, uncertainty, far, heard, memory, near_power):
    weight, far, heard = (torch.tensor(one, dtype=torch.complex128) for one in (weight, far, heard))
    before = memory**2 * uncertainty
    before = before + (1 - memory**2) * (weight.abs() ** 2 + uncertainty)
    gain = before * far.conj() / (far.abs() ** 2 * before + near_power)
    return weight + gain * (heard - far * weight), ((1 - gain * far) * before).real


def _kalman_mixed(weight, uncertainty, far, heard, memory, near_power):
    before = uncertainty + (1 - memory**2) * abs(weight) ** 2
    total = near_power + before * abs(far) ** 2
    gain = np.conjugate(far) * before / total
    return (1 - gain * far) * weight + gain * heard, before * near_power / total


def _floor_by_where(gain, left_power, noise_power):
    lowest = np.sqrt(np.minimum(noise_power / left_power, 1))
    return np.where(gain > lowest, gain, lowest)


def _floor_by_clip(gain, left_power, noise_power):
    return np.clip(gain, np.clip(np.sqrt(noise_power / left_power), 0, 1), None)


def _floor_by_power(gain, left_power, noise_power):
    return np.maximum(gain**2, np.minimum(1, noise_power / left_power)) ** 0.5


def _floor_in_tensors(gain, left_power, noise_power):
    gain, left, noise = (torch.from_numpy(one) for one in (gain, left_power, noise_power))
    return torch.maximum(gain, (noise / left).sqrt().clamp(max=1))


def _suppress_in_inference_mode(network, left, echo, far):
    device = al.training.pick_device()
    sounds = torch.stack([torch.from_numpy(one) for one in (left, echo, far)], dim=1).to(device)
    with torch.inference_mode():
        return network.eval().to(device)(sounds).cpu().numpy()


def _suppress_by_array(network, left, echo, far):
    device = al.training.pick_device()
    network.to(device).train(False)
    with torch.no_grad():
        given = torch.tensor(np.array([left, echo, far]).swapaxes(0, 1), device=device)
        return np.asarray(network(given).cpu())


def _suppress_decorated(network, left, echo, far):
    @torch.no_grad()
    def ask():
        device = al.training.pick_device()
        sounds = np.stack([left, echo, far]).transpose(1, 0, 2)
        return network.to(device).eval()(torch.from_numpy(sounds.copy()).to(device))

    return np.array(ask().tolist())


def _suppress_concatenated(network, left, echo, far):
    device = al.training.pick_device()
    network.eval().to(device)
    sounds = np.concatenate([one[:, None] for one in (left, echo, far)], axis=1)
    with torch.no_grad():
        return network(torch.as_tensor(sounds).to(device)).cpu().double().numpy()


RIGHT_ANSWERS = {
    "echo.delay": [_delay_by_correlate, _delay_by_loop, _delay_by_fft, _delay_by_squares],
    "echo.erle": [_erle_by_means, _erle_by_levels, _erle_by_weights, _erle_by_loop],
    "echo.nlms": [_nlms_in_place, _nlms_by_lists, _nlms_by_norm, _nlms_in_tensors],
    "echo.pause": [
        _pause_by_roll,
        _pause_by_windows,
        _pause_with_the_package,
        _pause_running_mean,
    ],
    "echo.both_speak": [
        _both_by_windows,
        _both_with_the_package,
        _both_by_queue,
        _both_by_shifts,
    ],
    "echo.constrain": [
        _constrain_by_mask,
        _constrain_by_padding,
        _constrain_row_by_row,
        _constrain_in_torch,
    ],
    "echo.kalman": [
        _kalman_by_two_names,
        _kalman_in_information,
        _kalman_in_tensors,
        _kalman_mixed,
    ],
    "echo.floor": [_floor_by_where, _floor_by_clip, _floor_by_power, _floor_in_tensors],
    "echo.suppress": [
        _suppress_in_inference_mode,
        _suppress_by_array,
        _suppress_decorated,
        _suppress_concatenated,
    ],
}
