"""Right answers to the exercises of speech/conversion: other algorithms and writings."""

import math

import numpy as np
import torch
from scipy.signal import lfilter
from scipy.stats import multivariate_normal, norm


def _melody_one_by_one(pitch_hz, source, target):
    new = []
    for hz in pitch_hz:
        if math.isnan(hz):
            new.append(math.nan)
        else:
            away = (math.log(hz) - source[0]) / source[1]
            new.append(math.exp(target[0] + away * target[1]))
    return new


def _residual_by_matrix(audio, coefficients):
    n = len(audio)
    matrix = sum(a * np.eye(n, k=-k) for k, a in enumerate(coefficients) if k < n)
    return matrix @ np.asarray(audio)


def _residual_by_slices(audio, coefficients):
    audio = np.asarray(audio, dtype=float)
    left = np.zeros_like(audio)
    for k, a in enumerate(coefficients[: len(audio)]):
        left[k:] += a * audio[: len(audio) - k]
    return left


def _bin_by_turns(before, after, k, n_fft, hop_length, sample_rate):
    """The whole turns that bring the phase nearest to what the middle of the bin would do."""
    part = (after - before) / (2 * np.pi)
    whole = round(k * hop_length / n_fft - part)
    return (whole + part) * sample_rate / hop_length


def _bin_by_angle(before, after, k, n_fft, hop_length, sample_rate):
    middle = 2 * np.pi * k * hop_length / n_fft
    more = np.angle(np.exp(1j * (after - before - middle)))
    return (middle + more) * sample_rate / (2 * np.pi * hop_length)


def _moved_one_by_one(outline, ratio):
    outline = np.asarray(outline, dtype=float)
    new = np.empty_like(outline)
    for b in range(len(outline)):
        at = min(b / ratio, len(outline) - 1)
        low = int(at)
        high = min(low + 1, len(outline) - 1)
        new[b] = (1 - (at - low)) * outline[low] + (at - low) * outline[high]
    return new


def _stretch_by_loops(converted, wanted):
    def mean_variance(takes):
        total = 0
        for take in takes:
            take = np.asarray(take, dtype=float)
            total = total + ((take - take.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)
        return total / len(takes)

    return (mean_variance(wanted) / mean_variance(converted)) ** 0.5


def _distortion_frame_by_frame(first, second):
    first, second = np.asarray(first, float), np.asarray(second, float)
    found = [
        math.sqrt(2 * sum((a - b) ** 2 for a, b in zip(one[1:], other[1:], strict=True)))
        for one, other in zip(first.T, second.T, strict=True)
    ]
    return 10 / math.log(10) * sum(found) / len(found)


def _expected_by_the_density(x, weights, means, covariances):
    """Cut the density at x, and take the mean of what is left: each cut is a normal density."""
    new = []
    for one in np.asarray(x, float):
        above = below = 0.0
        for weight, mean, covariance in zip(weights, means, covariances, strict=True):
            chance = weight * norm(mean[0], math.sqrt(covariance[0, 0])).pdf(one)
            line = mean[1] + covariance[1, 0] / covariance[0, 0] * (one - mean[0])
            above, below = above + chance * line, below + chance
        new.append(above / below)
    return new


def _expected_with_scipy(x, weights, means, covariances):
    shares = np.array(
        [
            w * multivariate_normal(m[0], c[0, 0]).pdf(x)
            for w, m, c in zip(weights, means, covariances, strict=True)
        ]
    ).reshape(len(weights), -1)
    lines = means[:, 1:] + (covariances[:, 1, 0] / covariances[:, 0, 0])[:, None] * (
        np.asarray(x)[None] - means[:, :1]
    )
    return np.sum(shares * lines, axis=0) / shares.sum(axis=0)


def _bank_by_sorting(frames, bank, n_neighbours):
    cosines = torch.nn.functional.cosine_similarity(frames[:, :, None], bank[:, None], dim=0)
    found = cosines.argsort(dim=1, descending=True)[:, :n_neighbours]
    return torch.stack([bank[:, one].mean(dim=1) for one in found], dim=1)


def _bank_by_weights(frames, bank, n_neighbours):
    near = frames.T @ torch.nn.functional.normalize(bank, dim=0)  # the frame's length is no matter
    weights = torch.zeros_like(near).scatter_(1, near.topk(n_neighbours).indices, 1 / n_neighbours)
    return bank @ weights.T


def _bank_in_pieces(frames, bank, n_neighbours):
    pieces = [
        _bank_by_sorting(frames[:, n : n + 2], bank, n_neighbours)
        for n in range(0, frames.shape[1], 2)
    ]
    return torch.cat(pieces, dim=1)


RIGHT_ANSWERS = {
    "conversion.melody": [
        _melody_one_by_one,
        lambda pitch_hz, source, target: (
            np.exp(target[0]) * (pitch_hz / np.exp(source[0])) ** (target[1] / source[1])
        ),
        lambda pitch_hz, source, target: np.exp(
            target[0] + target[1] * ((np.log(pitch_hz) - source[0]) / source[1])
        ),
        lambda pitch_hz, source, target: (
            2 ** ((target[0] + (np.log(pitch_hz) - source[0]) * target[1] / source[1]) / np.log(2))
        ),
    ],
    "conversion.residual": [
        _residual_by_matrix,
        _residual_by_slices,
        lambda audio, coefficients: lfilter(coefficients, [1.0], audio),
        lambda audio, coefficients: np.convolve(coefficients, audio)[: len(audio)],
    ],
    "conversion.bin": [
        _bin_by_turns,
        _bin_by_angle,
        lambda before, after, k, n_fft, hop_length, sample_rate: (
            k * sample_rate / n_fft
            + np.angle(np.exp(1j * (after - before - 2 * np.pi * k * hop_length / n_fft)))
            * sample_rate
            / (2 * np.pi * hop_length)
        ),
        lambda before, after, k, n_fft, hop_length, sample_rate: np.float64(
            _bin_by_turns(before, after, k, n_fft, hop_length, sample_rate)
        ),
    ],
    "conversion.formants": [
        _moved_one_by_one,
        lambda outline, ratio: np.stack(
            [
                np.interp(np.arange(len(outline)) / ratio, np.arange(len(outline)), column)
                for column in np.asarray(outline, float).T
            ],
            axis=1,
        ),
        lambda outline, ratio: np.apply_along_axis(
            lambda column: np.interp(
                np.arange(len(column)), ratio * np.arange(len(column)), column
            ),
            0,
            np.asarray(outline, float),
        ),
        lambda outline, ratio: _moved_one_by_one(outline, ratio).tolist(),
    ],
    "conversion.stretch": [
        _stretch_by_loops,
        lambda converted, wanted: np.sqrt(
            np.mean([np.var(one, axis=1) for one in wanted], axis=0)
            / np.mean([np.var(one, axis=1) for one in converted], axis=0)
        ),
        lambda converted, wanted: np.exp(
            0.5
            * (
                np.log(np.mean([np.var(one, axis=-1) for one in wanted], axis=0))
                - np.log(np.mean([np.var(one, axis=-1) for one in converted], axis=0))
            )
        ),
        lambda converted, wanted: _stretch_by_loops(converted, wanted).tolist(),
    ],
    "conversion.distortion": [
        _distortion_frame_by_frame,
        lambda first, second: (
            10
            * np.sqrt(2)
            / np.log(10)
            * np.linalg.norm(np.subtract(first, second)[1:], axis=0).mean()
        ),
        lambda first, second: np.mean(
            20 / np.log(10) * np.sqrt(np.square(np.subtract(first, second)[1:]).sum(axis=0) / 2)
        ),
        lambda first, second: float(_distortion_frame_by_frame(first, second)),
    ],
    "conversion.expected": [
        _expected_by_the_density,
        _expected_with_scipy,
        lambda x, weights, means, covariances: np.array(
            _expected_by_the_density(x, weights, means, covariances)
        ),
        lambda x, weights, means, covariances: [
            float(_expected_with_scipy(np.array([one]), weights, means, covariances)[0])
            for one in x
        ],
    ],
    "conversion.neighbours": [
        _bank_by_sorting,
        _bank_by_weights,
        _bank_in_pieces,
        lambda frames, bank, n_neighbours: _bank_by_sorting(7 * frames, bank, n_neighbours),
    ],
}
