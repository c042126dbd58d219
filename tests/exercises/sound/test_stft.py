"""Right answers to the exercises of the chapter sound/stft: other algorithms, other writings."""

import numpy as np
import scipy.signal
import torch

from audiolessons import spectral
from audiolessons.exercises.sound.stft import dialled


def _bin_by_sums(x, k):
    turns = [2 * np.pi * k * n / len(x) for n in range(len(x))]
    real = sum(v * np.cos(turn) for v, turn in zip(x, turns, strict=True))
    return complex(real, -sum(v * np.sin(turn) for v, turn in zip(x, turns, strict=True)))


def _bin_by_horner(x, k):
    step, total = np.exp(-2j * np.pi * k / len(x)), 0
    for value in reversed(x):
        total = total * step + value
    return total


def _inverse_by_lists(spectrum, hop_length):
    n_fft = 2 * (spectrum.shape[0] - 1)
    taps = spectral.window("hann", n_fft)
    total = [0.0] * (n_fft + hop_length * (spectrum.shape[1] - 1))
    weight = [1e-9] * len(total)
    for m, column in enumerate(spectrum.T):
        for i, value in enumerate(np.fft.irfft(column)):
            total[m * hop_length + i] += value * taps[i]
            weight[m * hop_length + i] += taps[i] ** 2
    return [t / w for t, w in zip(total, weight, strict=True)]


def _inverse(floor, torch_out=False):
    def inverse(spectrum, hop_length):
        n_fft = 2 * (spectrum.shape[0] - 1)
        taps = spectral.window("hann", n_fft)
        frames = np.fft.irfft(spectrum.T) * taps
        total = spectral.overlap_add(frames.T, hop_length=hop_length)
        weight = spectral.overlap_add(
            np.outer(taps**2, np.ones(len(frames))), hop_length=hop_length
        )
        sound = total / (weight + floor)
        return torch.from_numpy(sound) if torch_out else sound

    return inverse


def _stft_of(frames, axis):
    return np.fft.rfft(frames * spectral.window("hann", frames.shape[1]), axis=axis).T


def _by_views(audio, *, n_fft, hop_length):
    views = np.lib.stride_tricks.sliding_window_view(audio, n_fft)[::hop_length]
    return _stft_of(views, 1)


def _by_matrix(audio, *, n_fft, hop_length):
    n = np.arange(n_fft)
    phasors = np.exp(-2j * np.pi * np.outer(np.arange(n_fft // 2 + 1), n) / n_fft)
    taps = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)
    starts = range(0, len(audio) - n_fft + 1, hop_length)
    return np.stack([phasors @ (taps * audio[s : s + n_fft]) for s in starts], axis=-1)


def _by_torch(audio, *, n_fft, hop_length):
    window = torch.hann_window(n_fft, dtype=torch.float64)
    return torch.stft(
        torch.from_numpy(audio), n_fft, hop_length, window=window, center=False, return_complex=True
    )


def _by_list(audio, *, n_fft, hop_length):
    taps = scipy.signal.get_window("hann", n_fft)
    columns = []
    for start in range(0, len(audio) - n_fft + 1, hop_length):
        columns.append(np.fft.fft(audio[start : start + n_fft] * taps)[: n_fft // 2 + 1])
    return np.array(columns).T.tolist()


def _frame_by_doubling(low_hz, high_hz, *, sample_rate):
    n_fft = 1
    while 4 * sample_rate / n_fft > high_hz - low_hz:
        n_fft *= 2
    return n_fft


def _round_in_place(spectrum, magnitude, hop_length):
    audio = spectral.istft(spectrum, hop_length=hop_length)
    spectrum[:] = spectral.stft(audio, n_fft=2 * len(spectrum) - 2, hop_length=hop_length)
    spectrum *= magnitude / np.maximum(np.abs(spectrum), 1e-20)
    return spectrum


def _again(spectrum, hop_length):
    audio = spectral.istft(spectrum, hop_length=hop_length)
    return spectral.stft(audio, n_fft=2 * (spectrum.shape[0] - 1), hop_length=hop_length)


KEYS = "".join(("123", "456", "789", "*0#")[row][column] for row, column in dialled())

RIGHT_ANSWERS = {
    "stft.bin": [
        _bin_by_sums,
        _bin_by_horner,
        lambda x, k: np.vdot(np.exp(2j * np.pi * k * np.arange(len(x)) / len(x)), x),
        lambda x, k: (np.exp(-2j * np.pi * k * np.arange(len(x)) / len(x)) * x).sum().item(),
    ],
    "stft.dial": [KEYS, KEYS + "", str(np.str_(KEYS)), "".join(list(KEYS))],
    "stft.separate": [
        _frame_by_doubling,
        lambda low_hz, high_hz, *, sample_rate: float(
            2 ** np.ceil(np.log2(4 * sample_rate / (high_hz - low_hz)))
        ),
        lambda low_hz, high_hz, *, sample_rate: (
            1 << int(np.ceil(4 * sample_rate / (high_hz - low_hz)) - 1).bit_length()
        ),
        lambda low_hz, high_hz, *, sample_rate: np.int64(
            2 ** np.ceil(np.log2(sample_rate) + 2 - np.log2(high_hz - low_hz) - 1e-12)
        ),
    ],
    "stft.inverse": [_inverse_by_lists, _inverse(1e-6), _inverse(1e-10), _inverse(1e-8, True)],
    "stft.swap": [
        lambda a, b: np.abs(a) * np.cos(np.angle(b)) + 1j * np.abs(a) * np.sin(np.angle(b)),
        lambda a, b: np.sqrt(a.real**2 + a.imag**2) * np.exp(1j * np.arctan2(b.imag, b.real)),
        lambda a, b: (abs(a) * np.exp(1j * np.angle(b))).tolist(),
        lambda a, b: torch.polar(torch.abs(torch.from_numpy(a)), torch.angle(torch.from_numpy(b))),
    ],
    "stft.repair": [_by_views, _by_matrix, _by_torch, _by_list],
    "stft.round": [
        _round_in_place,
        lambda spectrum, magnitude, hop: magnitude * np.exp(1j * np.angle(_again(spectrum, hop))),
        lambda spectrum, magnitude, hop: (
            np.abs(magnitude)
            * np.exp(1j * np.arctan2(*(f(_again(spectrum, hop)) for f in (np.imag, np.real))))
        ),
        lambda spectrum, magnitude, hop: (
            magnitude * np.exp(1j * np.angle(_again(spectrum.copy(), hop)))
        ).tolist(),
    ],
}
