"""Wrong answers to the exercises of the chapter sound/stft, and the message meant for each."""

import numpy as np

from audiolessons import spectral


def _bin(sign=-1, scale=1.0, part=lambda z: z, length=None):
    def one_bin(x, k):
        n = np.arange(len(x))
        return part(scale * np.sum(x * np.exp(sign * 2j * np.pi * k * n / (length or len(x)))))

    return one_bin


def _bin_without_division(x, k):
    return np.sum(x * np.exp(-2j * np.pi * k * np.arange(len(x))))


def _bin_with(turns, first=0, total=np.sum):
    def one_bin(x, k):
        n = np.arange(first, first + len(x))
        return total(x * np.exp(turns * k * n / len(x)))

    return one_bin


def _bin_cut_to_32(x, k):
    return np.fft.fft(x[:32])[k]


def _frame_length(bins, *, power=True, as_float=False, inverted=False):
    def shortest_frame(low_hz, high_hz, *, sample_rate):
        exact = bins * sample_rate / (high_hz - low_hz)
        if inverted:
            return (high_hz - low_hz) / sample_rate
        if not power:
            return int(np.ceil(exact))
        length = 2 ** int(np.ceil(np.log2(exact)))
        return float(length) if as_float else length

    return shortest_frame


def _inverse(*, analysis=False, weigh=lambda taps: taps**2, floor=1e-12, constant=None, hop=None):
    """The solution with its parts exchangeable."""

    def inverse(spectrum, hop_length):
        hop_length = hop or hop_length
        n_fft = 2 * (spectrum.shape[0] - 1)
        taps = spectral.window("hann", n_fft)
        frames = np.fft.irfft(spectrum, n_fft, axis=0)
        total = np.zeros(n_fft + hop_length * (frames.shape[1] - 1))
        weight = np.zeros_like(total)
        for m in range(frames.shape[1]):
            here = slice(m * hop_length, m * hop_length + n_fft)
            total[here] += frames[:, m] * (1 if analysis else taps)
            weight[here] += weigh(taps)
        with np.errstate(invalid="ignore"):
            return total / (constant or np.maximum(weight, floor))

    return inverse


def _inverse_overwriting(divided):
    """Frames set with = where += is meant."""

    def inverse(spectrum, hop_length):
        right = _inverse()(spectrum, hop_length)
        taps = spectral.window("hann", 2 * (spectrum.shape[0] - 1))
        frames = np.fft.irfft(spectrum, axis=0) * taps[:, np.newaxis]
        total, weight = np.zeros_like(right), np.full(right.size, 1e-12)
        for m in range(frames.shape[1]):
            here = slice(m * hop_length, m * hop_length + taps.size)
            total[here] = frames[:, m]
            weight[here] += taps**2
        return total / weight if divided else total

    return inverse


def _inverse_of_some(n_frames):
    """Only some frames reach the sum, in a sound of the right length."""

    def inverse(spectrum, hop_length):
        total = np.zeros(2 * (spectrum.shape[0] - 1) + hop_length * (spectrum.shape[1] - 1))
        part = _inverse()(spectrum[:, :n_frames], hop_length)
        total[: part.size] = part
        return total

    return inverse


def _inverse_end_to_end(spectrum, hop_length):
    return np.fft.irfft(spectrum, axis=0).T.ravel()


def _inverse_frames(spectrum, hop_length):
    return np.fft.irfft(spectrum, axis=0)


def _inverse_short(spectrum, hop_length):
    return _inverse()(spectrum, hop_length)[: hop_length * spectrum.shape[1]]


def _frames(audio, n_fft, hop_length):
    starts = range(0, audio.size - n_fft + 1, hop_length)
    return np.stack([audio[start : start + n_fft] for start in starts], axis=1)


def _no_window(audio, *, n_fft, hop_length):
    return np.fft.rfft(_frames(audio, n_fft, hop_length), axis=0)


def _symmetric_window(audio, *, n_fft, hop_length):
    taps = np.hanning(n_fft)[:, np.newaxis]
    return np.fft.rfft(_frames(audio, n_fft, hop_length) * taps, axis=0)


def _right(audio, *, n_fft, hop_length):
    return spectral.stft(audio, n_fft=n_fft, hop_length=hop_length, center=False)


def _along_frames(audio, *, n_fft, hop_length):
    return np.fft.rfft(_frames(audio, n_fft, hop_length))


def _one_window_for_all(audio, *, n_fft, hop_length):
    faded = audio * spectral.window("hann", audio.size)
    return _no_window(faded, n_fft=n_fft, hop_length=hop_length)


def _transposed(audio, *, n_fft, hop_length):
    return _right(audio, n_fft=n_fft, hop_length=hop_length).T


def _absolute_phase(audio, *, n_fft, hop_length):
    spectrum = _right(audio, n_fft=n_fft, hop_length=hop_length)
    bins, frames = np.ogrid[: spectrum.shape[0], : spectrum.shape[1]]
    return spectrum * np.exp(-2j * np.pi * bins * frames * hop_length / n_fft)


def _still_broken(audio, *, n_fft, hop_length):
    n = np.arange(audio.size)
    bins = np.arange(1 + n_fft // 2)
    starts = range(0, audio.size - n_fft + 1, hop_length)
    turns = [np.outer(bins, n - start) / n_fft for start in starts]
    return np.stack([np.exp(-2j * np.pi * turn) @ audio for turn in turns], axis=1)


def _all_bins(audio, *, n_fft, hop_length):
    return np.fft.fft(_frames(audio, n_fft, hop_length), axis=0)


def _project(spectrum, hop_length):
    audio = spectral.istft(spectrum, hop_length=hop_length)
    return spectral.stft(audio, n_fft=2 * (spectrum.shape[0] - 1), hop_length=hop_length)


def _divide(a, b):
    with np.errstate(invalid="ignore"):
        return np.abs(a) * b / np.abs(b)


def _quarter_arctan(a, b):
    with np.errstate(invalid="ignore"):
        return np.arctan(b.imag / b.real)


def _with_phase_of(angle):
    return lambda a, b: np.abs(a) * np.exp(1j * angle(a, b))


WRONG = {
    "stft.bin": [
        (_bin(scale=1 / 32), "the DFT only sums"),
        (_bin(sign=+1), "the phasor turns the wrong way"),
        (_bin(part=np.real), "correlating with a cosine alone"),
        (_bin(part=np.abs), "the phase is lost"),
        (_bin_without_division, "without the division by T, is 1"),
        (_bin_cut_to_32, "the length is fixed at 32"),
        (_bin(length=32), "does your phasor take its length from x?"),
        (_bin_with(-1j * np.pi), "the 2 of 2 pi is missing"),
        (_bin_with(-2j), "pi is missing"),
        (_bin_with(-2 * np.pi), "did exp get its 1j?"),
        (_bin_with(-2j * np.pi, first=1), "n starts at 1"),
        (_bin_with(-2j * np.pi, total=np.asarray), "add them up"),
        (lambda x, k: spectral.dft(x), "return bin k alone"),
        (lambda x, k: spectral.dft(x)[k : k + 1], "wrapped in an array"),
        (lambda x, k: spectral.dft(x)[k + 1], "nothing was found"),
    ],
    "stft.dial": [
        (5, "put it in quotation marks"),
        ("3*29", "count the bursts"),
        (list("3*2927"), "one pair of quotation marks"),
        ("3 * 2 9 2 7", "leave out spaces"),
        ("3x2927", "leave out spaces and letters"),
        ("3*2924", "look again at key 6"),
        ("7292*3", "this is the right number backwards"),
        ("704943", "rows and columns are exchanged"),
        ("6*2927", "compare the lower line"),
        ("3*1927", "compare the upper line"),
    ],
    "stft.separate": [
        (_frame_length(1), "only 1.6 bins apart"),
        (_frame_length(2), "only 3.2 bins apart"),
        (_frame_length(8), "half of it does too"),
        (_frame_length(4, power=False), "no power of two yet"),
        (lambda low_hz, high_hz, *, sample_rate: 10, "this is the exponent"),
        (_frame_length(4, as_float=True), "n_fft counts samples"),
        (_frame_length(4, inverted=True), "upside down"),
    ],
    "stft.inverse": [
        (_inverse_end_to_end, "the frames stand end to end"),
        (_inverse_frames, "these are still frames"),
        (_inverse_short, "the end is missing"),
        (lambda spectrum, hop: np.fft.irfft(spectrum), "irfft ran along the frames"),
        (lambda spectrum, hop: np.fft.irfft(spectrum[:, 0]), "this is one frame"),
        (lambda spectrum, hop: None, "does it end with `return`?"),
        (_inverse_of_some(1), "does `return` stand inside the loop?"),
        (_inverse_of_some(-1), "the last frame is missing"),
        (_inverse_overwriting(divided=True), "add it with +="),
        (_inverse_overwriting(divided=False), "add it with +="),
        (_inverse(constant=1.0), "the division by the sum of the squared windows is missing"),
        (_inverse(analysis=True, constant=1.0), "nothing divides what the overlapping windows"),
        (_inverse(weigh=lambda taps: taps), "it is windowed twice"),
        (_inverse(analysis=True), "windowed once, divided by the squared windows"),
        (_inverse(constant=1.5), "1.5 is right for one hop only"),
        (_inverse(floor=0.0), "the first sample has weight 0"),
    ],
    "stft.swap": [
        (lambda a, b: _with_phase_of(lambda a, b: np.angle(b))(b, a), "the roles are exchanged"),
        (lambda a, b: np.abs(a) * b, "this multiplies both magnitudes"),
        (lambda a, b: a, "the phases are still those of the first"),
        (_with_phase_of(lambda a, b: -np.angle(b)), "the wrong sign"),
        (lambda a, b: a * np.exp(1j * np.angle(b)), "the phases were added"),
        (lambda a, b: np.abs(a), "did exp get its 1j?"),
        (_divide, "dividing by abs() fails"),
        (lambda a, b: np.abs(a) ** 2 * np.exp(1j * np.angle(b)), "the magnitudes are squared"),
        (lambda a, b: np.abs(a) * np.cos(np.angle(b)), "not a cosine"),
        (lambda a, b: np.abs(a) + np.exp(1j * np.angle(b)), "multiplied, not added"),
        (lambda a, b: np.abs(a) + 1j * np.angle(b), "no real and imaginary part"),
        (lambda a, b: np.abs(a) * np.exp(np.angle(b)), "the result is real"),
        (lambda a, b: (np.abs(a), np.angle(b)), "side by side"),
        (_with_phase_of(lambda a, b: np.degrees(np.angle(b))), "no degrees"),
        (_with_phase_of(lambda a, b: 2 * np.pi * np.angle(b)), "no factor 2 pi"),
        (_with_phase_of(_quarter_arctan), "cannot tell z from -z"),
    ],
    "stft.repair": [
        (_still_broken, "something still sums over the whole sound"),
        (_still_broken, "the frame index only turns the phase"),
        (_no_window, "the window is missing"),
        (_symmetric_window, "np.hanning is symmetric"),
        (_transposed, "rows and columns are exchanged"),
        (_all_bins, "n_fft // 2 + 1 bins suffice"),
        (lambda audio, **sizes: _right(audio, **sizes)[:-1], "both included"),
        (lambda audio, **sizes: _right(audio, **sizes)[:, :-1], "the last frame is missing"),
        (spectral.stft, "without centring"),
        (_along_frames, "rfft ran along the frames"),
        (_one_window_for_all, "each frame gets its own"),
        (lambda audio, **sizes: np.abs(_right(audio, **sizes)), "the phase is lost"),
        (lambda audio, **sizes: np.conj(_right(audio, **sizes)), "turn the wrong way"),
        (lambda audio, **sizes: _right(audio, **sizes) / 32, "compare column 0"),
        (_absolute_phase, "let the phasor start with the frame"),
    ],
    "stft.round": [
        (lambda spectrum, magnitude, hop: _project(spectrum, hop), "put the asked-for ones in"),
        (lambda spectrum, magnitude, hop: spectrum, "nothing has changed"),
        (
            lambda spectrum, magnitude, hop: magnitude * _project(spectrum, hop),
            "keep only the direction",
        ),
        (
            lambda spectrum, magnitude, hop: (
                magnitude * np.exp(-1j * np.angle(_project(spectrum, hop)))
            ),
            "the wrong sign",
        ),
        (
            lambda spectrum, magnitude, hop: magnitude * np.exp(np.angle(_project(spectrum, hop))),
            "did exp get its 1j?",
        ),
        (
            lambda spectrum, magnitude, hop: spectral.istft(spectrum, hop_length=hop),
            "this is a sound",
        ),
        (
            lambda spectrum, magnitude, hop: (
                magnitude * np.exp(1j * np.angle(_project(magnitude.astype(complex), hop)))
            ),
            "the phases of the guess went unused",
        ),
    ],
}
