"""Right answers to the exercises of the chapter sound/filters, and wrong ones not stated."""

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch

from audiolessons import exercises, filters
from audiolessons.exercises.sound.filters import gap_edges


def convolved_by_padding(x, h, n):
    padded = np.concatenate([np.zeros(len(h) - 1), x, np.zeros(len(h) - 1)])
    return padded[n : n + len(h)] @ h[::-1]


def convolved_by_try(x, h, n):
    total = 0
    for m, value in enumerate(x):
        if n - m < 0:
            break
        try:
            total += value * h[n - m]
        except IndexError:
            continue
    return total


def convolved_by_transform(x, h, n):
    size = len(x) + len(h) - 1
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(h, size), size)[n]


def lowpass_by_hand(cutoff_hz, *, sample_rate, n_taps):
    middle = n_taps // 2
    taps = []
    for n in range(-middle, middle + 1):
        ideal = 2 * cutoff_hz / sample_rate
        if n:
            ideal = np.sin(2 * np.pi * cutoff_hz * n / sample_rate) / (np.pi * n)
        taps.append(ideal * (middle + 1 - abs(n)))
    return [tap / sum(taps) for tap in taps]


def lowpass_by_bartlett(cutoff_hz, *, sample_rate, n_taps):
    n = np.linspace(-(n_taps // 2), n_taps // 2, n_taps)
    taps = np.bartlett(n_taps + 2)[1:-1] * np.sinc(n * cutoff_hz / (sample_rate / 2))
    return (taps / np.sum(taps)).astype(np.float32)


def lowpass_by_scipy(cutoff_hz, *, sample_rate, n_taps):
    return scipy.signal.firwin(n_taps, cutoff_hz, fs=sample_rate, window="triang")


def lowpass_by_torch(cutoff_hz, *, sample_rate, n_taps):
    n = torch.arange(n_taps, dtype=torch.float64) - n_taps // 2
    taps = torch.sinc(2 * cutoff_hz / sample_rate * n) * (1 - n.abs() / (n_taps // 2 + 1))
    return taps / taps.sum()


def knob_in_place(lowpass_taps, gain):
    lowpass_taps *= 1 - gain
    lowpass_taps[len(lowpass_taps) // 2] += gain
    return lowpass_taps


def knob_by_spectrum(lowpass_taps, gain):
    low = np.fft.fft(lowpass_taps)
    delay = np.exp(-2j * np.pi * np.fft.fftfreq(len(low)) * (len(low) // 2))
    return np.fft.ifft(low + gain * (delay - low)).real


def ringing_ends(a):
    """Whether an impulse has faded after a while: another way to see that a filter is stable."""
    y = np.zeros(2000)
    y[0] = 1 / a[0]
    for n in range(1, y.size):
        y[n] = -sum(a[k] * y[n - k] for k in range(1, min(len(a), n + 1))) / a[0]
    return np.abs(y[-10:]).max() < 1e-6


def stable_by_companion(a):
    companion = np.diag(np.ones(max(len(a) - 2, 0)), -1)[: len(a) - 1, : len(a) - 1]
    if len(a) > 1:
        companion[0] = -np.array(a[1:]) / a[0]
    return all(np.abs(np.linalg.eigvals(companion)) < 1)


def hum_by_transform(audio, *, hum_hz, up_to_hz, sample_rate):
    spectrum = np.fft.rfft(audio)
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / sample_rate)
    for hz in range(hum_hz, int(up_to_hz) + 1, hum_hz):
        spectrum[np.abs(frequency_hz - hz) < 3] = 0
    return np.fft.irfft(spectrum, len(audio)).astype(np.float32)


def hum_by_scipy(width_hz):
    def remove_hum(audio, *, hum_hz, up_to_hz, sample_rate):
        k = 1
        while k * hum_hz <= up_to_hz:
            b, a = scipy.signal.iirnotch(k * hum_hz, k * hum_hz / width_hz, fs=sample_rate)
            audio = scipy.signal.lfilter(b, a, audio)
            k += 1
        return audio

    return remove_hum


def hum_both_ways(audio, *, hum_hz, up_to_hz, sample_rate):
    for hz in np.arange(hum_hz, up_to_hz + 1, hum_hz):
        audio = scipy.signal.filtfilt(*scipy.signal.iirnotch(hz, hz / 2, fs=sample_rate), audio)
    return list(audio)


def echo_by_series(audio, *, delay_samples, gain):
    clean = np.zeros(len(audio))
    for k in range(0, len(audio) // delay_samples + 1):
        late = k * delay_samples
        clean[late:] += (-gain) ** k * audio[: len(audio) - late]
    return list(clean)


def echo_by_recursion(audio, *, delay_samples, gain):
    return scipy.signal.lfilter([1], [1] + [0] * (delay_samples - 1) + [gain], audio)


def echo_in_place(audio, *, delay_samples, gain):
    for n in range(delay_samples, audio.size):
        audio[n] -= gain * audio[n - delay_samples]
    return audio


def echo_in_blocks(audio, *, delay_samples, gain):
    clean = np.zeros(delay_samples)
    for start in range(0, len(audio), delay_samples):
        block = audio[start : start + delay_samples]
        clean = np.append(clean, block - gain * clean[-delay_samples:][: len(block)])
    return clean[delay_samples:]


def matrix(x, y):
    n_taps = len(y) - len(x) + 1
    return scipy.linalg.convolution_matrix(x, n_taps)


def taps_by_correlation(x, y):
    """The normal equations: what the correlations of x and y say."""
    n_taps = len(y) - len(x) + 1
    own = np.correlate(x, x, mode="full")[len(x) - 1 :]
    own = np.append(own, np.zeros(n_taps))[:n_taps]
    return scipy.linalg.solve_toeplitz(own, np.correlate(y, x, mode="valid"))


def taps_by_torch(x, y):
    solution = torch.linalg.lstsq(torch.from_numpy(matrix(x, y)), torch.from_numpy(y[:, None]))
    return solution.solution[:, 0]


LOW, HIGH = gap_edges()

RIGHT_ANSWERS = {
    "filters.paper": [
        [2, 5, 2, 1, 2],
        (2, 5, 2, 1, 2),
        np.array([2, 5, 2, 1, 2], dtype=np.float32),
        [2.0, 5.0, 2.0, 1.0, 2.0],
    ],
    "filters.convolve": [
        convolved_by_padding,
        convolved_by_try,
        convolved_by_transform,
        lambda x, h, n: np.polymul(np.append(x, 0), h)[n],
        lambda x, h, n: sum(
            h[n - m] * x[m] for m in range(max(0, n - len(h) + 1), min(n + 1, len(x)))
        ),
    ],
    "filters.gap": [
        [LOW, HIGH],
        (LOW + 50, HIGH - 60),
        np.array([LOW, HIGH + 40.0]),
        (np.float32(LOW - 60), HIGH),
    ],
    "filters.lowpass": [lowpass_by_hand, lowpass_by_bartlett, lowpass_by_scipy, lowpass_by_torch],
    "filters.highpass": [
        knob_in_place,
        knob_by_spectrum,
        lambda taps, gain: list(taps + gain * (np.eye(len(taps))[len(taps) // 2] - taps)),
        lambda taps, gain: np.eye(len(taps))[len(taps) // 2] * gain + taps * (1 - gain),
    ],
    "filters.stable": [
        ringing_ends,
        stable_by_companion,
        lambda a: np.abs(np.roots(a)).max(initial=0) < 1,
        lambda a: all(abs(pole) < 1 for pole in np.roots(a)),
        lambda a: int(not any(abs(pole) >= 1 for pole in filters.poles(np.array(a)))),
    ],
    "filters.hum": [hum_by_transform, hum_by_scipy(2.0), hum_by_scipy(4.0), hum_both_ways],
    "filters.echo": [echo_by_series, echo_by_recursion, echo_in_place, echo_in_blocks],
    "filters.learn": [
        taps_by_correlation,
        taps_by_torch,
        lambda x, y: list(np.linalg.pinv(matrix(x, y)) @ y),
        lambda x, y: scipy.linalg.lstsq(matrix(x, y), y)[0],
    ],
}


def notches_in_parallel(audio, *, hum_hz, up_to_hz, sample_rate):
    """Three notched copies added up: 6 dB and more too loud elsewhere, and no hum is gone."""
    cleaned = 0
    for k in range(1, int(up_to_hz // hum_hz) + 1):
        notch = filters.design_biquad(
            "notch", frequency_hz=k * hum_hz, sample_rate=sample_rate, q=20 * k
        )
        cleaned = cleaned + filters.apply_iir(audio, *notch)
    return cleaned


def test_notches_in_parallel_are_told_no_untruth():
    report = exercises.check("filters.hum", notches_in_parallel)
    assert not report.passed
    assert "it falls" not in str(report)
    assert "louder" in str(report)


@pytest.mark.parametrize("window", [np.hamming, np.hanning, np.blackman, np.ones])
def test_another_window_is_refused(window):
    def lowpass(cutoff_hz, *, sample_rate, n_taps):
        taps = window(n_taps) * np.sinc(
            2 * cutoff_hz / sample_rate * (np.arange(n_taps) - n_taps // 2)
        )
        return taps / taps.sum()

    assert not exercises.check("filters.lowpass", lowpass).passed


def test_edges_read_at_the_bottom_of_the_walls_are_refused():
    report = exercises.check("filters.gap", (LOW + 100, HIGH - 100))
    assert "inside the gap" in report.means


def test_a_failed_run_does_not_print_the_answer():
    for name, wrong in (("filters.paper", [2, 5, 2, 1, 1]), ("filters.gap", (LOW + 90, HIGH))):
        text = str(exercises.check(name, wrong))
        assert "[2, 5, 2, 1, 2]" not in text
        assert str(LOW) not in text
        assert str(HIGH) not in text.replace(str(wrong), "")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("filters.convolve", lambda x, h, n: filters.convolve(x, h)[n]),
        ("filters.lowpass", lambda cutoff_hz, **sizes: filters.design_lowpass(cutoff_hz, **sizes)),
        ("filters.highpass", lambda taps, gain: np.eye(len(taps))[len(taps) // 2] - taps),
        (
            "filters.learn",
            lambda x, y: np.linalg.lstsq(matrix(x, y)[: len(x)], y[: len(x)], rcond=None)[0],
        ),
    ],
)
def test_what_stands_above_an_exercise_does_not_answer_it(name, shown):
    assert not exercises.check(name, shown).passed
