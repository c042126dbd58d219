"""Wrong answers to the exercises of the chapter sound/filters, and the message meant for each."""

import numpy as np
import pytest

from audiolessons import exercises, filters


def _correlate(x, h):
    return np.convolve(x, h[::-1])


def _cut(x, h):
    return np.convolve(x, h)[: len(x)]


def _circular(x, h):
    n = max(len(x), len(h))
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(h, n), n)


def _wrapped(x, h):
    y = np.zeros(len(x) + len(h) - 1)
    for n in range(len(y)):
        for k in range(len(h)):
            if -len(x) <= n - k < len(x):
                y[n] += h[k] * x[n - k]
    return y


def _row_by_row(join, *, first=0, last=None, dtype=float):
    """The solution with its parts exchangeable; `join(y, copy)` puts a copy into the sum."""

    def my_convolve(x, h):
        y = np.zeros(len(x) + len(h) - 1, dtype=dtype)
        for k in range(first, last or len(h)):
            row = (h[k] * x).astype(dtype)
            y[k : k + len(x)] = join(y[k : k + len(x)], row)
        return y

    return my_convolve


def _without_the_end(x, h):
    return np.append(np.convolve(x, h)[: len(x)], np.zeros(len(h) - 1))


def _for_short_sounds_only(x, h):
    return np.convolve(x[:3], h[:3])


def _lowpass(argument, *, window=np.hamming, scale=True, start=None):
    """The solution with its parts exchangeable; `argument(cutoff, rate)` goes into the sinc."""

    def repaired_lowpass(cutoff_hz, *, sample_rate, n_taps):
        n = np.arange(n_taps) - ((n_taps - 1) // 2 if start is None else start)
        taps = np.sinc(argument(cutoff_hz, sample_rate) * n) * window(n_taps)
        return taps / taps.sum() if scale else taps

    return repaired_lowpass


def _lowpass_with_gap(cutoff_hz, *, sample_rate, n_taps):
    n = np.arange(n_taps) - (n_taps - 1) // 2
    with np.errstate(invalid="ignore"):
        return np.sin(np.pi * n) / (np.pi * n)


def _lowpass_with_gap_filled(value):
    def repaired_lowpass(cutoff_hz, *, sample_rate, n_taps):
        n = np.arange(n_taps) - (n_taps - 1) // 2
        with np.errstate(invalid="ignore"):
            taps = np.sin(2 * np.pi * cutoff_hz / sample_rate * n) / (np.pi * n)
        taps = np.nan_to_num(taps, nan=value) * np.hamming(n_taps)
        return taps / taps.sum()

    return repaired_lowpass


def _a_highpass(cutoff_hz, *, sample_rate, n_taps):
    return filters.design_highpass(cutoff_hz, sample_rate=sample_rate, n_taps=n_taps)


def _right(cutoff, rate):
    return 2 * cutoff / rate


def _highpass(position, *, sign=-1, fill=0.0, value=1.0):
    def repaired_highpass(lowpass_taps):
        taps = np.full(len(lowpass_taps), fill)
        if position is not None:
            taps[position(len(taps))] += value
        return -sign * taps + sign * lowpass_taps

    return repaired_highpass


def _highpass_overwritten(lowpass_taps):
    taps = -lowpass_taps
    taps[len(taps) // 2] = 1
    return taps


def _stable_by_the_first_pole(a):
    for pole in np.roots(a):  # the mistake: the first pole decides
        return bool(abs(pole) < 1)


def _hum(multiples=(1, 2, 3), q=20, fixed_hz=None, fixed_rate=None):
    def remove_hum(audio, *, hum_hz, sample_rate):
        for multiple in multiples:
            b, a = filters.design_biquad(
                "notch",
                frequency_hz=multiple * (fixed_hz or hum_hz),
                sample_rate=fixed_rate or sample_rate,
                q=q,
            )
            audio = filters.apply_iir(audio, b, a)
        return audio

    return remove_hum


def _hum_by_highpass(audio, *, hum_hz, sample_rate):
    taps = filters.design_highpass(5 * hum_hz, sample_rate=sample_rate, n_taps=1001)
    return filters.apply_fir(audio, taps)


def _hum_by_bandstops(audio, *, hum_hz, sample_rate):
    for multiple in (1, 2, 3):
        edges_hz = multiple * hum_hz - 10, multiple * hum_hz + 10
        taps = filters.design_bandstop(*edges_hz, sample_rate=sample_rate, n_taps=2001)
        audio = filters.apply_fir(audio, taps)
    return audio


def _hum_on_the_original(audio, *, hum_hz, sample_rate):
    for multiple in (1, 2, 3):
        b, a = filters.design_biquad(
            "notch", frequency_hz=multiple * hum_hz, sample_rate=sample_rate, q=20
        )
        cleaned = filters.apply_iir(audio, b, a)
    return cleaned


def _echo(
    sign=-1.0, *, recursive=True, magnitude=False, in_place=False, begin=0, reach=0, loud=False
):
    def remove_echo(audio, *, delay_samples, gain):
        gain = 1 if loud else abs(gain) if magnitude else gain
        clean = audio if in_place else np.array(audio, dtype=float)
        source = clean if recursive else audio
        for n in range(max(delay_samples + begin, 0), len(clean)):
            clean[n] += sign * gain * source[n - delay_samples + reach]
        return clean

    return remove_echo


def _learn(column, *, backwards=False, n_columns=None):
    def learn_taps(x, y, n_taps):
        count = n_columns or n_taps
        matrix = np.stack([column(x, k) for k in range(count)], axis=1)
        taps = np.linalg.lstsq(matrix, y, rcond=None)[0]
        return taps[::-1] if backwards else taps

    return learn_taps


def _late(x, k):
    return np.pad(x, (k, 0))[: len(x)]


def _correlations(x, y, n_taps):
    return np.array([np.mean(y[k:] * x[: len(x) - k]) for k in range(n_taps)])


def _descend(x, y, n_taps):
    matrix, taps = np.stack([_late(x, k) for k in range(n_taps)], axis=1), np.zeros(n_taps)
    for _ in range(1000):
        taps = np.clip(taps - 0.2 / len(x) * matrix.T @ (matrix @ taps - y), -1e9, 1e9)
    return taps


def _ringing_ends(a):
    """Whether an impulse has faded after a while: another way to see that a filter is stable."""
    y = np.zeros(2000)
    y[0] = 1 / a[0]
    for n in range(1, y.size):
        y[n] = -sum(a[k] * y[n - k] for k in range(1, min(len(a), n + 1))) / a[0]
    return np.abs(y[-10:]).max() < 1e-6


def _echo_series(audio, *, delay_samples, gain):
    clean = np.zeros(len(audio))
    for k in range(0, len(audio) // delay_samples + 1):
        late = k * delay_samples
        clean[late:] += (-gain) ** k * audio[: len(audio) - late]
    return list(clean)


def _hum_by_transform(audio, *, hum_hz, sample_rate):
    spectrum = np.fft.rfft(audio)
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / sample_rate)
    for multiple in (1, 2, 3):
        spectrum[np.abs(frequency_hz - multiple * hum_hz) < 3] = 0
    return np.fft.irfft(spectrum, len(audio)).astype(np.float32)


def _one_after_the_other(x, y, n_taps):
    """Solve from the first sample on, as division on paper does."""
    taps = []
    for n in range(n_taps):
        taps.append((y[n] - sum(taps[k] * x[n - k] for k in range(n))) / x[0])
    return taps


# Right answers that are written differently from the solution in the chapter.
RIGHT = [
    ("filters.paper", (2, 5, 2, 1, 2)),
    ("filters.paper", np.array([2, 5, 2, 1, 2], dtype=np.float32)),
    ("filters.convolve", np.polymul),
    ("filters.convolve", lambda x, h: np.convolve(x, h).astype(np.float32)),
    ("filters.convolve", lambda x, h: list(np.convolve(x, h))),
    ("filters.gap", [1550, 2520]),
    ("filters.gap", np.array([1500.0, 2600.0])),
    (
        "filters.lowpass",
        lambda cutoff_hz, *, sample_rate, n_taps: list(
            filters.design_lowpass(cutoff_hz, sample_rate=sample_rate, n_taps=n_taps)
        ),
    ),
    ("filters.highpass", lambda taps: list(np.eye(len(taps))[len(taps) // 2] - taps)),
    ("filters.highpass", lambda taps: (np.eye(len(taps))[len(taps) // 2] - taps).astype("f4")),
    ("filters.stable", lambda a: np.abs(np.roots(a)).max() < 1),
    ("filters.stable", lambda a: all(abs(pole) < 1 for pole in np.roots(a))),
    ("filters.stable", _ringing_ends),
    ("filters.hum", _hum((1, 2, 3, 4, 5), q=40)),
    ("filters.hum", _hum_by_transform),
    ("filters.echo", _echo_series),
    ("filters.learn", _one_after_the_other),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_of_another_kind_passes(name, answer):
    report = exercises.check(name, answer)
    assert report.passed, str(report)


WRONG = {
    "filters.paper": [
        ([2, 5, 2], "the tail is missing"),
        ([1, 2, 1, 4, 4][:5], "the taps are turned around"),
        ([3, 7, 2], "came in at the start again"),
        ([2, -3, 2], "every tap meets *every* sample"),
        ([2, 1, 2, 5, 2], "backwards"),
        ([2, 5, 2, 1, 1], "a column is added up wrongly"),
        ([2, 7, 6, 5, 2], "with its sign"),
        ([0, 2, 5, 2, 1, 2], "3 + 3 - 1 = 5 columns"),
        (25212, "write all the sums, in brackets"),
        ("2 5 2 1 2", "write all the sums, in brackets"),
        (None, "write all the sums, in brackets"),
        (["2", "5", "2", "1", "2"], "numbers, without quotation marks"),
        ([2, ...], "3 + 3 - 1 = 5 columns"),
    ],
    "filters.convolve": [
        (_correlate, "this is correlation"),
        (_cut, "the tail is missing"),
        (_circular, "wraps around to the start"),
        (_wrapped, "x[-1] is the *last* value"),
        (_row_by_row(lambda y, copy: copy), "each copy overwrites the one before it"),
        (_row_by_row(np.add, first=1), "the copy of tap 0 is missing"),
        (_row_by_row(np.add, last=1), "does `return` stand inside the loop?"),
        (_row_by_row(np.add, dtype=int), "these are whole numbers, all else is cut off"),
        (_without_the_end, "the sums at the end are missing"),
        (_for_short_sounds_only, "does a length stand fixed somewhere?"),
    ],
    "filters.gap": [
        ((2600, 1500), "the lower first"),
        ((1.5, 2.6), "this looks like kilohertz"),
        ((1500, 1100), "this is the width of the band"),
        ((1800, 2300), "go left to its wall"),
        ((1500, 2300), "go right to its wall"),
        (1500, "a band has two edges"),
        (("1500", "2600"), "numbers, without quotation marks"),
        ("1500-2600", "numbers, without quotation marks"),
        ((1.5, 2.6), "this looks like kilohertz, too"),
        ((2600, 1500), "the higher last"),
        ((1500, 2000, 2600), "with a comma between them"),
    ],
    "filters.lowpass": [
        (_lowpass_with_gap, "0 / 0 in the middle is NaN"),
        (_lowpass(lambda cutoff, rate: 1.0), "the cutoff is missing inside the sine"),
        (_lowpass_with_gap_filled(0.0), "all taps fit together but the middle one"),
        (_lowpass_with_gap_filled(1.0), "all taps fit together but the middle one"),
        (_lowpass(lambda cutoff, rate: 2 * cutoff / 8000), "of the first example stands fixed"),
        (_lowpass(lambda cutoff, rate: 2000 / rate), "of the first example stands fixed"),
        (lambda cutoff_hz, *, sample_rate, n_taps: np.ones(n_taps + 1), "from -50 to 50"),
        (_a_highpass, "nothing of 0 Hz comes out"),
        (_lowpass(lambda cutoff, rate: cutoff / rate), "a factor of 2 is missing"),
        (_lowpass(lambda cutoff, rate: 2 * np.pi * cutoff / rate), "np.sinc has pi inside"),
        (_lowpass(_right, scale=False), "divide the taps by their sum"),
        (_lowpass(_right, start=0), "n runs from -M to M"),
        (_lowpass(_right, window=np.ones), "multiply it by a Hamming window"),
    ],
    "filters.highpass": [
        (_highpass(None, fill=1.0), "a 1 at *every* tap is a moving sum"),
        (_highpass(lambda n: 0), "the 1 stands at the first tap"),
        (_highpass(lambda n: n // 2, sign=1), "the high-pass upside down"),
        (_highpass(None), "where is everything?"),
        (_highpass(lambda n: n // 2 + 1), "the 1 stands one tap too late"),
        (_highpass(lambda n: n // 2 - 1), "the 1 stands one tap too early"),
        (_highpass_overwritten, "the middle tap was overwritten"),
        (lambda taps: taps * (-1.0) ** np.arange(len(taps)), "that mirrors the spectrum"),
        (lambda taps: taps, "this is still the low-pass"),
        (lambda taps: np.append(1, -taps), "the shape is (62,) and should be (61,)"),
        (_highpass(lambda n: 30), "does the place of the 1 depend on the number of taps?"),
    ],
    "filters.stable": [
        (lambda a: bool(np.all(np.abs(a[1:]) < 1)), "the coefficients are not the poles"),
        (lambda a: bool(np.all(np.abs(np.roots(a)) <= 1)), "inside means *below* 1"),
        (lambda a: bool(np.all(np.real(np.roots(a)) < 1)), "not the real part alone"),
        (lambda a: bool(np.any(np.abs(np.roots(a)) < 1)), "*all* poles must lie inside"),
        (lambda a: np.abs(np.roots(a)) < 1, "one answer for the filter"),
        (lambda a: [bool(abs(pole) < 1) for pole in np.roots(a)], "one answer for the filter"),
        (_stable_by_the_first_pole, "does `return` stand in a loop"),
        (lambda a: bool(np.any(np.abs(np.roots(a)) >= 1)), "the wrong way round"),
        (lambda a: "stable", "the answer is `True` or `False`"),
        (lambda a: None, "meets no `return`"),
        (
            lambda a: bool(np.all(np.abs(np.roots([1, *a[1:]])) < 1)),
            "a[0] belongs to the polynomial",
        ),
    ],
    "filters.hum": [
        (lambda audio, *, hum_hz, sample_rate: audio, "nothing happens there"),
        (_hum((1,)), "the multiples hum as well"),
        (_hum_on_the_original, "does each notch work on the result of the one before it?"),
        (_hum(q=0.7), "the notches are too wide"),
        (_hum(q=100), "takes seconds to settle"),
        (_hum_by_bandstops, "it falls, but less than at 8000 Hz"),
        (
            lambda audio, *, hum_hz, sample_rate: (
                0.5 * _hum()(audio, hum_hz=hum_hz, sample_rate=sample_rate)
            ),
            "is there a factor on the whole sound?",
        ),
        (_hum_by_highpass, "use notches and no high-pass"),
        (_hum(fixed_hz=60), "60 Hz or a sample rate stands fixed"),
        (_hum(fixed_rate=8000), "60 Hz or a sample rate stands fixed"),
    ],
    "filters.echo": [
        (_echo(recursive=False), "subtract the *clean* sound"),
        (lambda audio, *, delay_samples, gain: audio, "nothing has changed"),
        (_echo(1.0, recursive=False), "the echo was added a second time"),
        (_echo(magnitude=True), "are delay and gain taken from the arguments, with the sign?"),
        (_echo(1.0), "the echo was added a second time"),
        (_echo(loud=True), "where is the gain?"),
        (_echo(begin=1), "one place beside the echo"),
        (_echo(reach=1), "one place beside the echo"),
        (_echo(begin=-1000), "counts from the *end* in Python"),
        (_echo(in_place=True), "your function writes into its argument"),
    ],
    "filters.learn": [
        (_learn(_late, backwards=True), "these are the taps backwards"),
        (_learn(lambda x, k: _late(x, k + 1)), "every column is one sample too late"),
        (_learn(lambda x, k: np.pad(x, (0, k))[k:]), "the columns come too early"),
        (_learn(np.roll), "np.roll brings the end"),
        (_correlations, "this is the correlation"),
        (lambda x, y, n: _correlations(x, y, n) / np.mean(x**2), "this is the correlation"),
        (lambda x, y, n: _learn(_late)(y, x, n), "x and y are swapped"),
        (lambda x, y, n: (_learn(_late)(x, y, n), 0.0), "several things came back"),
        (_descend, "the descent exploded"),
        (lambda x, y, n: np.append([0.5, -0.3, 0.8, 0.1, -0.6], np.zeros(n))[:n], "neighbouring"),
        (_learn(_late, n_columns=5), "n_taps says how many columns"),
    ],
}
