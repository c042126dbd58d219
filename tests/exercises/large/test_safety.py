"""Right answers to the exercises of the chapter large/safety: other algorithms and writings."""

import hashlib
from itertools import accumulate

import numpy as np
import torch
from scipy.signal import resample as fourier_resample


def _sum(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _chain_by_recursion(lines):
    if not lines:
        return []
    before = _chain_by_recursion(lines[:-1])
    return [*before, _sum("".join([*before[-1:], lines[-1]]))]


def _chain_by_bytes(lines):
    found = []
    for line in lines:
        digest = hashlib.sha256()
        digest.update(b"".join(one.encode() for one in found[-1:]))
        digest.update(line.encode())
        found.append(digest.hexdigest())
    return tuple(found)


def _bend_by_pole(poles, coefficient):
    found = []
    for pole in poles:
        radius, angle = abs(pole), np.angle(pole)
        if pole.imag:
            angle = np.copysign(abs(angle) ** coefficient, angle)
            pole = radius * complex(np.cos(angle), np.sin(angle))
        found.append(pole)
    return found


def _bend_in_place(poles, coefficient):
    above, below = poles.imag > 0, poles.imag < 0
    for part, sign in ((above, 1), (below, -1)):
        bent = np.exp(1j * sign * np.abs(np.angle(poles[part])) ** coefficient)
        poles[part] = np.abs(poles[part]) * bent
    return poles


def _sums_by_fourier(excess, pattern):
    n_bands, n_slots = pattern.shape
    padded = np.pad(excess, [(0, 0), (0, -excess.shape[1] % n_slots)])
    folded = padded.reshape(n_bands, -1, n_slots).sum(axis=1)
    product = np.fft.fft(folded, axis=1) * np.conj(np.fft.fft(pattern, axis=1))
    return np.fft.ifft(product.sum(axis=0)).real / np.linalg.norm(excess)


def _sums_by_tiling(excess, pattern):
    found = []
    for start in range(pattern.shape[1]):
        tiled = pattern[:, (np.arange(excess.shape[1]) - start) % pattern.shape[1]]
        found.append((tiled * excess).sum() / np.sqrt((excess**2).sum()))
    return found


def _members_by_counting(member_losses, other_losses, threshold):
    hits = sum(1 for loss in member_losses if loss < threshold)
    alarms = sum(1 for loss in other_losses if loss < threshold)
    return hits / len(member_losses) - alarms / len(other_losses)


def _members_by_sorting(member_losses, other_losses, threshold):
    shares = [
        np.searchsorted(np.sort(losses), threshold, side="left") / len(losses)
        for losses in (member_losses, other_losses)
    ]
    return shares[0] - shares[1]


def _begin_by_index(audio, n_samples):
    start = next(i for i, x in enumerate(audio) if abs(x) >= 0.1 * max(abs(audio)))
    clip = audio[start:][:n_samples]
    found = np.zeros(n_samples)
    found[: len(clip)] = clip * np.sqrt(len(clip)) / np.linalg.norm(clip)
    return found


def _begin_by_flatnonzero(audio, n_samples):
    size = np.abs(audio)
    clip = audio[np.flatnonzero(size >= size.max() / 10)[0] :][:n_samples]
    return [*(clip / np.sqrt((clip @ clip) / len(clip))), *[0.0] * (n_samples - len(clip))]


def _private_by_numpy(x, target, largest, n_steps):
    rows, is_made = x.cpu().numpy(), target.cpu().numpy()
    weights = np.zeros(rows.shape[1], dtype=np.float32)
    for _ in range(n_steps):
        error = 1 / (1 + np.exp(-rows @ weights)) - is_made
        share = largest / np.maximum(np.abs(error) * np.linalg.norm(rows, axis=1), largest)
        weights -= (error * share) @ rows / len(rows)
    return torch.as_tensor(weights, device=x.device)


def _private_by_loops(x, target, largest, n_steps):
    weights = torch.zeros(x.shape[1], device=x.device)
    for _ in range(n_steps):
        total = torch.zeros_like(weights)
        for one, is_made in zip(x, target, strict=True):
            step = (torch.sigmoid(one @ weights) - is_made) * one
            total += step / max(1.0, float(step.norm()) / largest)
        weights -= total / len(x)
    return weights


def _red_by_fourier(audio):
    return fourier_resample(audio, round(len(audio) / 1.09))


def _red_by_lines(audio):
    return np.interp(np.arange(0, len(audio) - 1, 1.085), np.arange(len(audio)), audio)


RIGHT_ANSWERS = {
    "safety.chain": [
        _chain_by_recursion,
        _chain_by_bytes,
        lambda lines: list(accumulate(lines, lambda before, line: _sum(before + line), initial=""))[
            1:
        ],
        lambda lines: [*_chain_by_recursion(list(lines))],
    ],
    "safety.poles": [
        _bend_by_pole,
        _bend_in_place,
        lambda poles, coefficient: np.array(_bend_by_pole(poles, coefficient)),
        lambda poles, coefficient: _bend_in_place(poles.copy(), coefficient),
    ],
    "safety.sums": [
        _sums_by_fourier,
        _sums_by_tiling,
        lambda excess, pattern: np.array(_sums_by_tiling(excess, pattern)),
        lambda excess, pattern: list(_sums_by_fourier(excess, pattern)),
    ],
    "safety.members": [
        _members_by_counting,
        _members_by_sorting,
        lambda inside, outside, limit: float((inside < limit).mean() - (outside < limit).mean()),
        lambda inside, outside, limit: np.mean(outside >= limit) - np.mean(inside >= limit),
    ],
    "safety.silence": [
        _begin_by_index,
        _begin_by_flatnonzero,
        lambda audio, n_samples: list(_begin_by_index(audio, n_samples)),
        lambda audio, n_samples: np.array(_begin_by_flatnonzero(audio, n_samples)),
    ],
    "safety.private": [
        _private_by_numpy,
        _private_by_loops,
        lambda *given: _private_by_numpy(*given).clone(),
        lambda *given: _private_by_loops(*given).detach(),
    ],
    "safety.red": [
        _red_by_fourier,
        _red_by_lines,
        lambda audio: list(_red_by_fourier(audio)),
        lambda audio: _red_by_lines(np.asarray(audio, dtype=float)),
    ],
}
