"""Wrong answers to the exercises of the chapter sound/filters, and the message meant for each."""

import numpy as np

from audiolessons import filters


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


def _right(cutoff, rate):
    return 2 * cutoff / rate


def _highpass(position, *, sign=-1, fill=0.0, value=1.0):
    def repaired_highpass(lowpass_taps):
        taps = np.full(len(lowpass_taps), fill)
        if position is not None:
            taps[position(len(taps))] += value
        return -sign * taps + sign * lowpass_taps

    return repaired_highpass


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


def _hum_on_the_original(audio, *, hum_hz, sample_rate):
    for multiple in (1, 2, 3):
        b, a = filters.design_biquad(
            "notch", frequency_hz=multiple * hum_hz, sample_rate=sample_rate, q=20
        )
        cleaned = filters.apply_iir(audio, b, a)
    return cleaned


def _echo(sign=-1.0, *, recursive=True, magnitude=False, in_place=False):
    def remove_echo(audio, *, delay_samples, gain):
        gain = abs(gain) if magnitude else gain
        clean = audio if in_place else np.array(audio, dtype=float)
        source = clean if recursive else audio
        for n in range(delay_samples, len(clean)):
            clean[n] += sign * gain * source[n - delay_samples]
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


WRONG = {
    "filters.paper": [
        ([2, 5, 2], "the tail is missing"),
        ([1, 2, 1, 4, 4][:5], "the taps are turned around"),
        ([3, 7, 2], "came in at the start again"),
        ([2, -3, 2], "every tap meets *every* sample"),
        ([2, 1, 2, 5, 2], "backwards"),
        ([2, 5, 2, 1, 1], "a column is added up wrongly"),
    ],
    "filters.convolve": [
        (_correlate, "this is correlation"),
        (_cut, "the tail is missing"),
        (_circular, "wraps around to the start"),
        (_wrapped, "x[-1] is the *last* value"),
        (_for_short_sounds_only, "does a length stand fixed somewhere?"),
    ],
    "filters.gap": [
        ((2600, 1500), "the lower first"),
        ((1.5, 2.6), "this looks like kilohertz"),
        ((1500, 1100), "this is the width of the band"),
        ((1800, 2300), "go left to its wall"),
        ((1500, 2300), "go right to its wall"),
        (1500, "a band has two edges"),
    ],
    "filters.lowpass": [
        (_lowpass_with_gap, "0 / 0 in the middle is NaN"),
        (_lowpass(lambda cutoff, rate: 1.0), "the cutoff is missing inside the sine"),
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
        (_highpass(lambda n: 30), "does the place of the 1 depend on the number of taps?"),
    ],
    "filters.stable": [
        (lambda a: bool(np.all(np.abs(a[1:]) < 1)), "the coefficients are not the poles"),
        (lambda a: bool(np.all(np.abs(np.roots(a)) <= 1)), "inside means *below* 1"),
        (lambda a: bool(np.all(np.real(np.roots(a)) < 1)), "not the real part alone"),
        (lambda a: bool(np.any(np.abs(np.roots(a)) < 1)), "*all* poles must lie inside"),
        (lambda a: np.abs(np.roots(a)) < 1, "one answer for the filter"),
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
        (_hum_by_highpass, "use notches and no high-pass"),
        (_hum(fixed_hz=60), "60 Hz or a sample rate stands fixed"),
        (_hum(fixed_rate=8000), "60 Hz or a sample rate stands fixed"),
    ],
    "filters.echo": [
        (_echo(recursive=False), "subtract the *clean* sound"),
        (lambda audio, *, delay_samples, gain: audio, "nothing has changed"),
        (_echo(1.0, recursive=False), "the echo was added a second time"),
        (_echo(magnitude=True), "are delay and gain taken from the arguments, with the sign?"),
        (_echo(in_place=True), "your function writes into its argument"),
    ],
    "filters.learn": [
        (_learn(_late, backwards=True), "these are the taps backwards"),
        (_learn(lambda x, k: _late(x, k + 1)), "every column is one sample too late"),
        (_learn(lambda x, k: np.pad(x, (0, k))[k:]), "the columns come too early"),
        (_learn(np.roll), "np.roll brings the end"),
        (_correlations, "this is the correlation"),
        (_learn(_late, n_columns=5), "n_taps says how many columns"),
    ],
}
