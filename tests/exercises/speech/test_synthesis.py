"""Right answers to the exercises of the chapter speech/synthesis: other algorithms and writings."""

import itertools
import math

import numpy as np
import torch
from torch.nn import functional


def _lengthen_by_lists(states, durations, speed):
    states = np.asarray(states)
    columns = []
    for k, duration in enumerate(durations):
        columns += [states[:, k]] * int(duration / speed + 0.5)
    return np.stack(columns, axis=1) if columns else np.zeros((len(states), 0))


def _lengthen_by_matrix(states, durations, speed):
    frames = [math.floor(one / speed + 0.5) for one in durations]
    ends = np.cumsum(frames)
    at = np.arange(ends[-1])
    spread = (at >= (ends - frames)[:, None]) & (at < ends[:, None])
    return np.asarray(states) @ spread


def _choose_by_trying(targets, joins, weight):
    def cost(row):
        total = sum(one[k] for one, k in zip(targets, row, strict=True))
        return total + weight * sum(
            np.asarray(one)[a, b]
            for one, (a, b) in zip(joins, itertools.pairwise(row), strict=True)
        )

    return list(min(itertools.product(*(range(len(one)) for one in targets)), key=cost))


def _choose_from_the_end(targets, joins, weight):
    left, nexts = np.zeros(len(targets[-1])), []
    for place in range(len(targets) - 2, -1, -1):
        after = left + np.asarray(targets[place + 1])
        each = weight * np.asarray(joins[place]) + after
        nexts.append(each.argmin(axis=1))
        left = each.min(axis=1)
    row = [int((left + np.asarray(targets[0])).argmin())]
    for choice in reversed(nexts):
        row.append(int(choice[row[-1]]))
    return row


def _guess_by_sorting(takes, power):
    takes = np.asarray(takes, float)
    if power == 2:
        return takes.sum(axis=0) / len(takes)
    return np.sort(takes, axis=0)[len(takes) // 2]


def _join_by_samples(left, right, overlap):
    out = [float(x) for x in left]
    for n in range(overlap):
        rise = (n + 0.5) / overlap
        out[len(left) - overlap + n] = (1 - rise) * left[len(left) - overlap + n] + rise * right[n]
    return out + [float(x) for x in right[overlap:]]


def _join_by_gains(left, right, overlap):
    left, right = np.asarray(left, float), np.asarray(right, float)
    rise = (np.arange(overlap) + 0.5) / overlap
    out = np.zeros(len(left) + len(right) - overlap)
    out[: len(left)] += left * np.append(np.ones(len(left) - overlap), 1 - rise)
    out[len(left) - overlap :] += right * np.append(rise, np.ones(len(right) - overlap))
    return out


def _causal_by_shifts(sound, weight, dilation):
    n = sound.shape[-1]
    out = 0
    for k in range(weight.shape[2]):
        back = (weight.shape[2] - 1 - k) * dilation
        shifted = functional.pad(sound, (back, 0))[..., :n]
        out = out + torch.einsum("oc,bct->bot", weight[:, :, k], shifted)
    return out


def _causal_by_cropping(sound, weight, dilation):
    reach = (weight.shape[2] - 1) * dilation
    found = functional.conv1d(sound, weight, padding=reach, dilation=dilation)
    return found[..., : sound.shape[-1]]


def _masked_by_sound(predicted, wanted, lengths):
    total, count = 0, 0
    for a, b, length in zip(predicted, wanted, lengths.tolist(), strict=True):
        total = total + (a - b)[:, :length].abs().sum()
        count += length * len(a)
    return total / count


def _masked_by_index(predicted, wanted, lengths):
    real = torch.arange(predicted.shape[2], device=predicted.device) < lengths[:, None]
    return functional.l1_loss(predicted.transpose(1, 2)[real], wanted.transpose(1, 2)[real])


RIGHT_ANSWERS = {
    "synthesis.duration": [
        lambda inherent, least, shares: np.prod(shares) * inherent + (1 - np.prod(shares)) * least,
        lambda inherent, least, shares: least + math.prod([inherent - least, *shares]),
        lambda inherent, least, shares: math.prod(shares) * (inherent - least) + least,
        lambda inherent, least, shares: np.float64(least) + np.prod([*shares, inherent - least]),
    ],
    "synthesis.regulate": [
        _lengthen_by_lists,
        _lengthen_by_matrix,
        lambda states, durations, speed: _lengthen_by_lists(states, durations, speed).tolist(),
        lambda states, durations, speed: np.repeat(
            np.asarray(states), [int(one / speed + 0.5) for one in durations], axis=-1
        ),
    ],
    "synthesis.reach": [
        lambda kernel, dilations: sum((kernel - 1) * one for one in dilations) + 1,
        lambda kernel, dilations: kernel * sum(dilations) - sum(dilations) + 1,
        lambda kernel, dilations: int(1 + np.sum(np.multiply(kernel - 1, dilations))),
        lambda kernel, dilations: 1 - (1 - kernel) * sum(dilations),
    ],
    "synthesis.choose": [
        _choose_by_trying,
        _choose_from_the_end,
        lambda targets, joins, weight: np.array(_choose_by_trying(targets, joins, weight)),
        lambda targets, joins, weight: tuple(_choose_from_the_end(targets, joins, weight)),
    ],
    "synthesis.guess": [
        _guess_by_sorting,
        lambda takes, power: np.quantile(takes, 0.5, axis=0) if power == 1 else np.mean(takes, 0),
        lambda takes, power: (
            [np.median(one) if power == 1 else np.mean(one) for one in zip(*takes, strict=True)]
        ),
        lambda takes, power: _guess_by_sorting(np.array(takes)[::-1], power),
    ],
    "synthesis.join": [
        _join_by_samples,
        _join_by_gains,
        lambda left, right, overlap: np.array(_join_by_samples(left, right, overlap)),
        lambda left, right, overlap: _join_by_gains(list(left), list(right), overlap).tolist(),
    ],
    "synthesis.causal": [
        _causal_by_shifts,
        _causal_by_cropping,
        lambda sound, weight, dilation: _causal_by_shifts(sound, weight, dilation).contiguous(),
        lambda sound, weight, dilation: _causal_by_cropping(sound, weight, dilation).clone(),
    ],
    "synthesis.masked": [
        _masked_by_sound,
        _masked_by_index,
        lambda predicted, wanted, lengths: _masked_by_sound(wanted, predicted, lengths),
        lambda predicted, wanted, lengths: _masked_by_index(predicted, wanted, lengths).clone(),
    ],
}
