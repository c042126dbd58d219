"""Right answers to the exercises of the chapter tasks/editing: other algorithms and writings."""

import itertools

import numpy as np
import torch
from scipy.ndimage import minimum_filter1d, uniform_filter1d

import audiolessons as al
from audiolessons.exercises.tasks._editing_cuts import _clicking

CLICKS = _clicking()


def _segments_by_loop(active):
    found, start = [], None
    for n, value in enumerate([*active, False]):
        if value and start is None:
            start = n
        if not value and start is not None:
            found.append((start, n))
            start = None
    return found


def _segments_by_groups(active):
    found, n = [], 0
    for value, group in itertools.groupby(list(active)):
        length = len(list(group))
        if value:
            found.append([n, n + length])
        n += length
    return found


def _segments_by_edges(active):
    edges = np.flatnonzero(np.diff(np.r_[False, active, False]))
    return zip(edges[::2], edges[1::2], strict=True)


def _hysteresis_by_last_event(scores, high, low):
    """What was the last event, on or off? (With high below low, on wins: only if not active.)"""
    state, found = 0, []
    for score in scores:
        state = 1 if score >= (low if state else high) else 0
        found.append(state == 1)
    return found


def _hysteresis_by_index(scores, high, low):
    scores = np.asarray(scores)
    event = np.where(scores >= high, 1, np.where(scores < low, -1, 0))
    index = np.maximum.accumulate(np.where(event != 0, np.arange(len(scores)) + 1, 0))
    return np.r_[-1, event][index] == 1


def _hysteresis_in_tensors(scores, high, low):
    active, found = torch.tensor(False), []
    for score in torch.as_tensor(np.asarray(scores)):
        active = (score >= high) | (active & (score >= low))
        found.append(bool(active))
    return torch.tensor(found)


def _hysteresis_one_line(scores, high, low):
    state = itertools.accumulate(
        scores, lambda on, score: score >= (low if on else high), initial=False
    )
    return list(state)[1:]


def _hear_in_inference_mode(network, audio):
    device = al.training.pick_device()
    network = network.eval().to(device)
    with torch.inference_mode():
        return torch.sigmoid(network(torch.as_tensor(audio).to(device))).cpu().numpy()


def _hear_by_hand(network, audio):
    device = al.training.pick_device()
    network.to(device)
    network.train(False)
    with torch.no_grad():
        logits = network(torch.tensor(audio, device=device)).cpu().double().numpy()
    return 1 / (1 + np.exp(-logits))


def _hear_decorated(network, audio):
    @torch.no_grad()
    def ask():
        device = al.training.pick_device()
        return network.to(device).eval()(torch.from_numpy(audio).to(device)).sigmoid()

    return np.array(ask().tolist())


def _hear_softmax_of_two(network, audio):
    device = al.training.pick_device()
    network.eval().to(device)
    with torch.no_grad():
        logits = network(torch.from_numpy(audio).to(device))
        both = torch.stack([torch.zeros_like(logits), logits]).softmax(dim=0)
    return both[1].cpu().numpy()


def _crossfade_in_a_sum(left, right, n_samples):
    length = left.shape[-1] + right.shape[-1] - n_samples
    gain = np.sin(np.pi / 2 * (np.arange(n_samples) + 0.5) / max(n_samples, 1))
    rising = np.r_[gain, np.ones(right.shape[-1] - n_samples)]
    falling = np.r_[np.ones(left.shape[-1] - n_samples), gain[::-1]]
    result = np.zeros((*left.shape[:-1], length))
    result[..., : left.shape[-1]] += left * falling
    result[..., length - right.shape[-1] :] += right * rising
    return result


def _crossfade_with_cosines(left, right, n_samples):
    angle = np.pi / 2 * (np.arange(n_samples) + 0.5) / max(n_samples, 1)
    stay = left.shape[-1] - n_samples
    middle = left[..., stay:] * np.cos(angle) + right[..., :n_samples] * np.sin(angle)
    return np.concatenate([left[..., :stay], middle, right[..., n_samples:]], axis=-1)


def _crossfade_by_roots(left, right, n_samples):
    n = n_samples
    down = np.sqrt(1 - np.sin(np.pi * (np.arange(n) + 0.5) / (2 * max(n, 1))) ** 2)
    up = np.sqrt(1 - down**2)
    padded = np.pad(left, [(0, 0)] * (left.ndim - 1) + [(0, right.shape[-1] - n)]).astype(float)
    start = left.shape[-1] - n
    padded[..., start : start + n] *= down
    padded[..., start:] += right * np.r_[up, np.ones(right.shape[-1] - n)]
    return padded


def _crossfade_sample_by_sample(left, right, n_samples):
    out = [left[..., i] for i in range(left.shape[-1] - n_samples)]
    for i in range(n_samples):
        angle = np.pi * (2 * i + 1) / (4 * n_samples)
        beginning = right[..., i] * np.sin(angle)
        out.append(left[..., left.shape[-1] - n_samples + i] * np.cos(angle) + beginning)
    out += [right[..., i] for i in range(n_samples, right.shape[-1])]
    return np.stack(out, axis=-1)


def _spans(cuts, rate):
    return [(round(a * rate), round(b * rate)) for a, b in cuts]


def _cut_from_behind(audio, cuts, sample_rate):
    """Merge what overlaps, then cut from the last to the first."""
    merged = []
    for start, end in sorted(_spans(cuts, sample_rate)):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    for start, end in reversed(merged):
        audio = np.delete(audio, slice(start, end), axis=-1)
    return audio


def _cut_by_indices(audio, cuts, sample_rate):
    gone = {n for start, end in _spans(cuts, sample_rate) for n in range(start, end)}
    return audio[..., [n for n in range(audio.shape[-1]) if n not in gone]]


def _cut_by_delete(audio, cuts, sample_rate):
    gone = [np.arange(start, end) for start, end in _spans(cuts, sample_rate)]
    return np.delete(audio, np.unique(np.concatenate(gone or [[]])).astype(int), axis=-1)


def _cut_by_counting(audio, cuts, sample_rate):
    change = np.zeros(audio.shape[-1] + 1, dtype=int)
    for start, end in _spans(cuts, sample_rate):
        change[start] += 1
        change[end] -= 1
    return audio[..., np.cumsum(change)[:-1] == 0]


def _lufs(powers):
    return 10 * np.log10(sum(powers) / len(powers))


def _gate_in_powers(blocks_lufs):
    powers = 10 ** (np.asarray(blocks_lufs) / 10)
    loud = powers[powers > 1e-7]
    if not len(loud):
        return -np.inf
    return 10 * np.log10(loud[loud > loud.mean() / 10].mean())


def _gate_by_lists(blocks_lufs):
    powers = [10 ** (block / 10) for block in blocks_lufs if block > -70]
    if not powers:
        return float("-inf")
    floor = _lufs(powers) - 10
    return _lufs([power for power in powers if 10 * np.log10(power) > floor])


def _gate_by_weights(blocks_lufs):
    blocks = np.asarray(blocks_lufs, dtype=float)
    power, weight = 10 ** (blocks / 10), (blocks > -70).astype(float)
    if weight.sum() == 0:
        return -np.inf
    weight = weight * (power > np.average(power, weights=weight) / 10)
    return 10 * np.log10(np.average(power, weights=weight))


def _gate_in_natural_logarithms(blocks_lufs):
    scale = 10 / np.log(10)
    loud = np.asarray([block for block in blocks_lufs if block > -70]) / scale
    if loud.size == 0:
        return -np.inf
    mean = np.logaddexp.reduce(loud) - np.log(len(loud))
    kept = loud[loud > mean - 10 / scale]
    return scale * (np.logaddexp.reduce(kept) - np.log(len(kept)))


def _limiter_with_scipy(need, half):
    wide = np.concatenate([np.ones(2 * half), need, np.ones(2 * half)])
    least = minimum_filter1d(wide, 2 * half + 1, mode="constant", cval=1.0)
    smooth = uniform_filter1d(least, 2 * half + 1, mode="constant", cval=1.0)
    return smooth[2 * half : len(wide) - 2 * half]


def _limiter_by_loops(need, half):
    def least(n):
        return min([1.0, *(need[m] for m in range(n - half, n + half + 1) if 0 <= m < len(need))])

    width = 2 * half + 1
    return [sum(least(m) for m in range(n - half, n + half + 1)) / width for n in range(len(need))]


def _limiter_by_convolution(need, half):
    wide = np.concatenate([np.ones(2 * half), need, np.ones(2 * half)])
    least = np.lib.stride_tricks.sliding_window_view(wide, 2 * half + 1).min(axis=-1)
    return np.convolve(least, np.ones(2 * half + 1) / (2 * half + 1), mode="valid")


def _limiter_by_running_sums(need, half):
    width = 2 * half + 1
    wide = np.concatenate([np.ones(2 * half), need, np.ones(2 * half)])
    least = np.array([wide[n : n + width].min() for n in range(len(wide) - width + 1)])
    total = np.concatenate([[0.0], np.cumsum(least)])
    return (total[width:] - total[:-width]) / width


RIGHT_ANSWERS = {
    "editing.clicks": [CLICKS, "".join(CLICKS), tuple(CLICKS[::-1]), ", ".join(CLICKS).lower()],
    "editing.segments": [
        _segments_by_loop,
        _segments_by_groups,
        _segments_by_edges,
        lambda active: np.flatnonzero(np.diff(np.pad(active.astype(int), 1))).reshape(-1, 2),
    ],
    "editing.hysteresis": [
        _hysteresis_by_last_event,
        _hysteresis_by_index,
        _hysteresis_in_tensors,
        _hysteresis_one_line,
    ],
    "editing.hear": [
        _hear_in_inference_mode,
        _hear_by_hand,
        _hear_decorated,
        _hear_softmax_of_two,
    ],
    "editing.crossfade": [
        _crossfade_in_a_sum,
        _crossfade_with_cosines,
        _crossfade_by_roots,
        _crossfade_sample_by_sample,
    ],
    "editing.cut_list": [_cut_from_behind, _cut_by_indices, _cut_by_delete, _cut_by_counting],
    "editing.gate": [
        _gate_in_powers,
        _gate_by_lists,
        _gate_by_weights,
        _gate_in_natural_logarithms,
    ],
    "editing.limiter": [
        _limiter_with_scipy,
        _limiter_by_loops,
        _limiter_by_convolution,
        _limiter_by_running_sums,
    ],
}
