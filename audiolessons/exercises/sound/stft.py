"""Exercises of the chapter sound/stft."""

from __future__ import annotations

import numpy as np

from audiolessons import spectral
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

KEY_ROWS = ("123", "456", "789", "*0#")


# --- one bin ------------------------------------------------------------------------------------

N = np.arange(32)


def _summed(turns, *, first=0, length=None, total=np.sum):
    """The correlation with its parts exchangeable."""

    def one_bin(x, k):
        n = np.arange(first, first + len(x))
        return total(x * np.exp(turns * k * n / (length or len(x))))

    return one_bin


@exercise(
    "stft.bin",
    level="easy",
    hints=(
        "Bin k asks how much of `x` turns k times while the sound lasts. Make that phasor, one "
        "value a sample.",
        "With n = 0, 1, ..., T - 1 the phasor is exp(-2 pi i k n / T).",
        "Multiply it by `x` and sum: `np.sum(x * np.exp(-2j * np.pi * k * n / len(x)))`.",
    ),
    probes=[
        probe(
            "32 samples of a cosine that turns 3 times have X[3] = 16",
            np.cos(2 * np.pi * 3 * N / 32),
            3,
        ),
        probe("a sine that turns 3 times has X[3] = -16j", np.sin(2 * np.pi * 3 * N / 32), 3),
        probe("bin 7 of 45 samples of noise agrees with np.fft.fft", noise(45), 7),
        probe("bin 0 of 5 samples of noise is their sum", noise(5, seed=1), 0),
    ],
    wrong=[
        (
            lambda x, k: np.fft.fft(x)[k] / len(x),
            "divided by the length: the DFT only sums (the inverse divides by T)",
        ),
        (
            _summed(2j * np.pi),
            "the phasor turns the wrong way: the exponent has a minus sign",
        ),
        (_summed(-1j * np.pi), "the 2 of 2 pi is missing: this makes half the turns"),
        (_summed(-2j), "pi is missing: a whole turn is 2 pi"),
        (_summed(-2 * np.pi), "the result is real and fades: did exp get its 1j?"),
        (_summed(-2j * np.pi, first=1), "n starts at 1: the first sample is number 0"),
        (
            _summed(-2j * np.pi, length=1),
            "exp(-2 pi i k n), without the division by T, is 1 at every sample",
        ),
        (_summed(-2j * np.pi, length=32), "the length is fixed at 32 somewhere: use len(x)"),
        (lambda x, k: np.fft.fft(x, 32)[k], "the length is fixed at 32 somewhere: use len(x)"),
        (
            lambda x, k: np.fft.fft(x)[k].real,
            "correlating with a cosine alone cannot see a sine: use the complex phasor",
        ),
        (
            lambda x, k: abs(np.fft.fft(x)[k]),
            "the phase is lost: return the complex sum, not its absolute value",
        ),
        (_summed(-2j * np.pi, total=np.asarray), "these are the products: add them up"),
        (lambda x, k: np.fft.fft(x), "these are all bins: return bin k alone"),
        (lambda x, k: np.fft.fft(x)[(k + 1) % len(x)], "this is the bin behind: k counts from 0"),
        (
            lambda x, k: np.sum(x * np.exp(-2j * np.pi * k * np.linspace(0, 1, len(x)))),
            "np.linspace reaches 1 at the last sample: n / T stops one step before it",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(n := int(random.integers(2, 60))),
        int(random.integers(0, n)),
    ),
    forbidden={"no function of an FFT library": ("fft", "rfft", "dft", "stft")},
)
def one_bin(x, k):
    return np.fft.fft(x)[k]


# --- read a spectrogram -------------------------------------------------------------------------


def dialled() -> np.ndarray:
    """The keys that the chapter dials, as (row, column) pairs: shape (6, 2)."""
    random = np.random.default_rng(1876)  # the year of the first telephone call
    return np.stack([random.integers(0, 4, 6), random.integers(0, 3, 6)], axis=1)


def _dialled_keys():
    return "".join(KEY_ROWS[row][column] for row, column in dialled())


def _form(answer):
    symbols = set("".join(KEY_ROWS))
    return {
        "it is a text": isinstance(answer, str),
        "characters": len(answer) if isinstance(answer, str | list | tuple) else 1,
        "they are 0 to 9, * or #": set(map(str, answer)) <= symbols
        if isinstance(answer, str | list | tuple)
        else False,
    }


def _rows_or_columns(which):
    """Whether the rows (0) or columns (1) of the keys are right: the lower (upper) tones."""

    def observe(answer):
        flat = "".join(KEY_ROWS)
        found = [divmod(flat.index(key), 3)[which] if key in flat else -1 for key in str(answer)]
        return {
            f"key {i + 1} of the six": i < len(found) and found[i] == place[which]
            for i, place in enumerate(dialled())
        }

    return observe


@exercise(
    "stft.dial",
    level="easy",
    hints=(
        "Each key shows two bright lines, one below and one above 1050 Hz. Read both off.",
        "The lower line names the row of the keypad, the upper one the column.",
        "The first key has its lines near 697 and 1477 Hz: first row, third column, key 3. The "
        "answer is a text of six characters such as `'12*45#'`.",
    ),
    probes=[
        probe("the answer is a text of six keys", observe=_form),
        probe("the rows, told by the lower tones, are right", observe=_rows_or_columns(0)),
        probe("the columns, told by the upper tones, are right", observe=_rows_or_columns(1)),
    ],
    wrong=lambda: [
        (_dialled_keys()[::-1], "this is the right number backwards: time runs to the right"),
        (list(_dialled_keys()), "write the keys as one text, in one pair of quotation marks"),
    ],
)
def keys():
    return _dialled_keys()


# --- the length of a frame ----------------------------------------------------------------------


def _length(bins, rounded=np.ceil):
    def shortest_frame(low_hz, high_hz, *, sample_rate):
        return 2 ** int(rounded(np.log2(bins * sample_rate / (high_hz - low_hz))))

    return shortest_frame


@exercise(
    "stft.separate",
    level="core",
    hints=(
        "The main lobe of a Hann window is 4 bins wide. How many hertz is one bin?",
        "Two lobes of 4 bins, each around its tone, stop overlapping when the tones are 4 bins "
        "apart: high_hz - low_hz >= 4 * sample_rate / n_fft.",
        "Solve for n_fft, then round up: `2 ** int(np.ceil(np.log2(...)))`.",
    ),
    probes=[
        probe("tones of 1000 and 1050 Hz at 8000 Hz", 1000, 1050, sample_rate=8000),
        probe("tones of 440 and 466 Hz at 44100 Hz", 440, 466, sample_rate=44100),
        probe("tones of 1000 and 1046 Hz at 8000 Hz", 1000, 1046, sample_rate=8000),
        probe("just too near for 128 samples: 1000 and 1249 Hz", 1000, 1249, sample_rate=8000),
        probe("exactly four bins: 500 and 1000 Hz at 8000 Hz", 500, 1000, sample_rate=8000),
    ],
    wrong=[
        (_length(1), "so the tones lie one to two bins apart, and a lobe of Hann is 4 bins wide"),
        (_length(2), "so the lobes overlap: did you count half a lobe?"),
        (_length(4, np.floor), "so the lobes overlap: round up, not down"),
        (_length(4, np.round), "round up: to the nearest is sometimes down"),
        (_length(8), "this works, but half of it does too, and blurs time half as much"),
        (
            lambda low_hz, high_hz, *, sample_rate: np.log2(
                _length(4)(low_hz, high_hz, sample_rate=sample_rate)
            ),
            "this is the exponent: n_fft is 2 to that power",
        ),
        (
            lambda low_hz, high_hz, *, sample_rate: int(
                np.ceil(4 * sample_rate / (high_hz - low_hz))
            ),
            "the smallest number is right, but it is no power of two yet: round up",
        ),
        (
            lambda low_hz, high_hz, *, sample_rate: (high_hz - low_hz) / sample_rate,
            "less than one sample: the fraction is upside down",
        ),
    ],
    valid=lambda random: {
        "low_hz": (low_hz := int(random.integers(50, 1000))),
        "high_hz": low_hz + int(random.integers(5, 900)),
        "sample_rate": int(random.integers(4000, 48000)),
    },
)
def shortest_frame(low_hz, high_hz, *, sample_rate):
    return _length(4)(low_hz, high_hz, sample_rate=sample_rate)


# --- the way back -------------------------------------------------------------------------------

FLOOR = 1e-12


def _spectrum(n_fft, hop_length, n_frames):
    sound = noise(n_fft + hop_length * (n_frames - 1), seed=hop_length)
    return spectral.stft(sound, n_fft=n_fft, hop_length=hop_length, center=False)


def _inverse(*, again=True, weigh=np.square, add=True, divide=True, last=None, ends=False):
    """The way back with its parts exchangeable."""

    def inverse(spectrum, hop_length):
        n_fft = 2 * (spectrum.shape[0] - 1)
        taps = spectral.window("hann", n_fft)
        frames = np.fft.irfft(spectrum, n_fft, axis=0)
        step = n_fft if ends else hop_length
        total = np.zeros(n_fft + step * (frames.shape[1] - 1))
        weight = np.zeros_like(total)
        for m in range(frames.shape[1])[:last]:
            here = slice(m * step, m * step + n_fft)
            frame = frames[:, m] * (taps if again else 1)
            total[here] = total[here] + frame if add else frame
            weight[here] += weigh(taps)
        return total / np.maximum(weight, FLOOR) if divide else total

    return inverse


def _inside(answer, spectrum, hop_length):
    """All but the outermost samples, whose weights are too small to divide by."""
    sound = np.asarray(answer(spectrum, hop_length))
    return {
        "the number of samples": sound.shape,
        "the samples but for 8 at each end": sound[8:-8] if sound.ndim else sound,
        "finite numbers at the edges too": bool(np.isfinite(sound).all()),
    }


@exercise(
    "stft.inverse",
    level="core",
    hints=(
        "Turn each column back into n_fft samples with `np.fft.irfft(spectrum, axis=0)`.",
        "Window the frames once more, add frame n to `total[n * hop_length:][:n_fft]`, and add the "
        "squared window to `weight` at the same place.",
        "At the end divide `total` by `weight`. The very first sample has weight 0: use "
        "`total / np.maximum(weight, 1e-12)`.",
    ),
    observe=_inside,
    probes=[
        probe(
            f"{n_frames} frames of {n_fft} samples, {hop} apart: the sound comes back",
            _spectrum(n_fft, hop, n_frames),
            hop,
            rtol=1e-3,
            atol=1e-3,
        )
        for n_fft, hop, n_frames in ((64, 16, 30), (64, 32, 8), (48, 20, 5), (64, 16, 1))
    ],
    wrong=[
        (_inverse(ends=True), "the frames stand end to end: they start hop_length apart"),
        (
            lambda spectrum, hop_length: np.fft.irfft(spectrum, axis=0),
            "these are still frames: lay them hop_length apart and add them up",
        ),
        (
            lambda spectrum, hop_length: np.fft.irfft(spectrum),
            "irfft ran along the frames: give it axis=0, each column is one spectrum",
        ),
        (
            lambda spectrum, hop_length: np.fft.irfft(spectrum[:, 0]),
            "this is one frame: all of them are to be added, each in its place",
        ),
        (
            lambda spectrum, hop_length: _inverse()(spectrum, hop_length)[
                : hop_length * spectrum.shape[1]
            ],
            "the end is missing: the last frame starts at hop * (N - 1) and has n_fft samples",
        ),
        (_inverse(last=1), "all is silent after the first frame: is `return` inside the loop?"),
        (_inverse(last=-1), "the last frame is missing: range(N) already stops at N - 1"),
        (_inverse(add=False), "each frame overwrites the ones before: add it with +="),
        (_inverse(add=False, divide=False), "each frame overwrites the ones before: use +="),
        (_inverse(divide=False), "the division by the sum of the squared windows is missing"),
        (
            _inverse(again=False, divide=False),
            "nothing divides what the overlapping windows added up to",
        ),
        (
            _inverse(weigh=lambda taps: taps),
            "it is windowed twice: divide by the sum of the squared windows, not of the windows",
        ),
        (
            _inverse(again=False),
            "windowed once, divided by the squared windows: window each frame again",
        ),
        (
            lambda spectrum, hop_length: _inverse(divide=False)(spectrum, hop_length) / 1.5,
            "1.5 is right for one hop only: sum up the squared windows themselves",
        ),
        (
            lambda spectrum, hop_length: np.where(
                np.abs(_inverse(divide=False)(spectrum, hop_length)) > 0,
                _inverse()(spectrum, hop_length),
                np.nan,
            ),
            "a weight of 0 was divided by: use np.maximum(weight, 1e-12)",
        ),
    ],
    valid=lambda random: (
        _spectrum(
            2 * int(random.integers(10, 40)),
            hop := int(random.integers(2, 10)),
            int(random.integers(1, 20)),
        ),
        hop,
    ),
    forbidden={"no istft": ("istft",)},
)
def inverse(spectrum, hop_length):
    return _inverse()(spectrum, hop_length)


# --- a transplant -------------------------------------------------------------------------------

A = spectral.stft(noise(600, seed=1), n_fft=64, hop_length=16) + 0.01
B = 3 * spectral.stft(noise(600, seed=2), n_fft=64, hop_length=16) - 0.01j


def _complex_noise(random, *shape):
    return random.standard_normal(shape) + 1j * random.standard_normal(shape)


def _phased(angle):
    def transplant(magnitude_from, phase_from):
        with np.errstate(all="ignore"):
            return np.abs(magnitude_from) * np.exp(1j * angle(magnitude_from, phase_from))

    return transplant


def _divided(a, b):
    with np.errstate(invalid="ignore"):
        return np.abs(a) * b / np.abs(b)


@exercise(
    "stft.swap",
    level="core",
    hints=(
        "A complex number is magnitude times direction: z = abs(z) * exp(i angle(z)).",
        "Take `np.abs` of one and `np.angle` of the other.",
        "`np.abs(magnitude_from) * np.exp(1j * np.angle(phase_from))`",
    ),
    probes=[
        probe("the magnitudes of one noise, the phases of another", A, B),
        probe("the other way round", B[:, :7], A[:, :7]),
        probe(
            "silence in the second spectrum does not make NaN",
            A,
            np.zeros_like(B),
            observe=lambda answer, a, b: {
                "finite": bool(np.isfinite(np.asarray(answer(a, b))).all())
            },
        ),
    ],
    wrong=[
        (
            lambda a, b: np.abs(b) * np.exp(1j * np.angle(a)),
            "the roles are exchanged: magnitudes come from the first argument",
        ),
        (lambda a, b: np.abs(a) * b, "this multiplies both magnitudes: take b's phase only"),
        (
            lambda a, b: np.abs(a) * np.angle(b),
            "an angle is not a direction yet: exp(1j * angle) is",
        ),
        (
            lambda a, b: np.abs(a) ** 2 * np.exp(1j * np.angle(b)),
            "the magnitudes are squared: take np.abs once",
        ),
        (
            lambda a, b: np.abs(a) * np.cos(np.angle(b)),
            "the result is real: a phase needs exp(1j * angle), not a cosine",
        ),
        (
            lambda a, b: np.abs(a) + np.exp(1j * np.angle(b)),
            "magnitude and direction are multiplied, not added",
        ),
        (
            lambda a, b: np.abs(a) + 1j * np.angle(b),
            "magnitude and angle are no real and imaginary part: abs * exp(1j * angle)",
        ),
        (
            lambda a, b: np.abs(a) * np.exp(np.angle(b)),
            "the result is real: did exp get its 1j?",
        ),
        (lambda a, b: (np.abs(a), np.angle(b)), "make one complex array of the two"),
        (lambda a, b: a, "this is the first spectrum as it was: its phases are to go"),
        (lambda a, b: np.abs(a), "every phase is 0 here: where did those of the second go?"),
        (_phased(lambda a, b: -np.angle(b)), "the phases have the wrong sign: exp(+1j * angle)"),
        (
            lambda a, b: a * np.exp(1j * np.angle(b)),
            "the phases were added: take the absolute value of the first spectrum first",
        ),
        (
            _phased(lambda a, b: np.degrees(np.angle(b))),
            "exp takes radians, which np.angle already gives: no degrees",
        ),
        (
            _phased(lambda a, b: 2 * np.pi * np.angle(b)),
            "np.angle gives radians: they need no factor 2 pi",
        ),
        (
            _phased(lambda a, b: np.arctan(b.imag / b.real)),
            "np.arctan cannot tell z from -z: np.angle (or np.arctan2) can",
        ),
        (_divided, "dividing by abs() fails where it is 0: np.angle gives 0 there and is safe"),
    ],
    valid=lambda random: tuple(_complex_noise(random, 2, *random.integers(1, 9, 2))),
)
def transplant(magnitude_from, phase_from):
    return np.abs(magnitude_from) * np.exp(1j * np.angle(phase_from))


# --- the repair ---------------------------------------------------------------------------------

BURST = np.concatenate([np.zeros(320), noise(320, seed=3)])


def _frames(audio, n_fft, hop_length):
    starts = range(0, audio.size - n_fft + 1, hop_length)
    return np.stack([audio[start : start + n_fft] for start in starts], axis=1)


def _right(audio, *, n_fft, hop_length):
    return spectral.stft(audio, n_fft=n_fft, hop_length=hop_length, center=False)


def _after(change):
    """The right spectrogram, changed."""
    return lambda audio, **sizes: change(_right(audio, **sizes))


def _tapered(taps):
    """Frames under another window; `taps(n_fft)` gives it."""

    def repaired_stft(audio, *, n_fft, hop_length):
        return np.fft.rfft(_frames(audio, n_fft, hop_length) * taps(n_fft)[:, None], axis=0)

    return repaired_stft


def _still_broken(audio, *, n_fft, hop_length):
    n, bins = np.arange(audio.size), np.arange(1 + n_fft // 2)
    starts = range(0, audio.size - n_fft + 1, hop_length)
    turns = [np.outer(bins, n - start) / n_fft for start in starts]
    return np.stack([np.exp(-2j * np.pi * turn) @ audio for turn in turns], axis=1)


def _absolute_phase(audio, *, n_fft, hop_length):
    spectrum = _right(audio, n_fft=n_fft, hop_length=hop_length)
    bins, frames = np.ogrid[: spectrum.shape[0], : spectrum.shape[1]]
    return spectrum * np.exp(-2j * np.pi * bins * frames * hop_length / n_fft)


def _one_window_for_all(audio, *, n_fft, hop_length):
    faded = audio * spectral.window("hann", audio.size)
    return np.fft.rfft(_frames(faded, n_fft, hop_length), axis=0)


@exercise(
    "stft.repair",
    level="core",
    hints=(
        "In the formula the sum must see the sound around one moment only. Which n may it use for "
        "frame number m?",
        "Frame m is `audio[m * hop_length : m * hop_length + n_fft]`, times a window; the phasor "
        "counts from the start of the frame.",
        "Loop over m, append `np.fft.rfft(frame * al.spectral.window('hann', n_fft))`, and stack "
        "with `np.stack(columns, axis=1)`.",
    ),
    probes=[
        probe(
            "silence, then noise: 33 bins, 37 frames, silent where the sound is",
            BURST,
            n_fft=64,
            hop_length=16,
        ),
        probe(
            "500 samples of noise, n_fft 48, hop 20: agrees with al.spectral.stft, center=False",
            noise(500, seed=4),
            n_fft=48,
            hop_length=20,
        ),
        probe("one frame alone", noise(32, seed=5), n_fft=32, hop_length=8),
        probe("a frame at every sample", noise(21, seed=6), n_fft=16, hop_length=1),
    ],
    wrong=[
        (_still_broken, "every frame still sums over the whole sound: only the phase turns"),
        (_tapered(np.ones), "the frames are right, the window is missing"),
        (
            _tapered(np.hanning),
            "np.hanning is symmetric: the periodic window is al.spectral.window('hann', n_fft)",
        ),
        (_tapered(np.hamming), "this is a Hamming window: Hann is asked for"),
        (_one_window_for_all, "the window was laid over the whole sound: each frame gets its own"),
        (_after(np.transpose), "rows and columns are exchanged: a spectrogram is (F, N)"),
        (
            lambda audio, *, n_fft, hop_length: np.fft.fft(
                _frames(audio, n_fft, hop_length) * spectral.window("hann", n_fft)[:, None], axis=0
            ),
            "the sound is real: n_fft // 2 + 1 bins suffice",
        ),
        (
            _after(lambda spectrum: spectrum[:-1]),
            "the bins run from 0 to n_fft // 2, both included: 1 + n_fft // 2 of them",
        ),
        (
            _after(lambda spectrum: spectrum[:, :-1]),
            "the last frame is missing: it starts at T - n_fft, so range ends one later",
        ),
        (spectral.stft, "frames that stick out were padded: without centring take those that fit"),
        (
            lambda audio, *, n_fft, hop_length: np.fft.rfft(_frames(audio, n_fft, hop_length)),
            "rfft ran along the frames: with frames in columns give it axis=0",
        ),
        (_after(np.abs), "the phase is lost: return the complex spectrum"),
        (_after(np.conj), "the phasors turn the wrong way: the exponent has a minus sign"),
        (_absolute_phase, "magnitudes right, phases not: let the phasor start with the frame"),
    ],
    valid=lambda random: {
        "audio": random.standard_normal(int(random.integers(40, 200))),
        "n_fft": 2 * int(random.integers(4, 20)),
        "hop_length": int(random.integers(1, 20)),
    },
    forbidden={"no al.spectral.stft": ("spectral.stft",)},
)
def repaired_stft(audio, *, n_fft, hop_length):
    return _right(audio, n_fft=n_fft, hop_length=hop_length)


# --- one round of Griffin-Lim -------------------------------------------------------------------


def _projected(spectrum, hop_length):
    """The spectrum of the sound that a spectrum gives."""
    back = spectral.istft(spectrum, hop_length=hop_length)
    return spectral.stft(back, n_fft=2 * (spectrum.shape[0] - 1), hop_length=hop_length)


def _guess(n_fft, hop_length, n_hops, seed):
    """A guess with the magnitudes of noise and random phases, and these magnitudes."""
    sound = noise(n_hops * hop_length, seed=seed)
    magnitude = np.abs(spectral.stft(sound, n_fft=n_fft, hop_length=hop_length))
    phases = np.random.default_rng(seed + 1).uniform(-np.pi, np.pi, magnitude.shape)
    return magnitude * np.exp(1j * phases), magnitude


REAL = spectral.stft(noise(640, seed=5), n_fft=64, hop_length=16)


@exercise(
    "stft.round",
    level="stretch",
    hints=(
        "Three steps: spectrum to sound, sound to spectrum, put the magnitudes back.",
        "`al.spectral.istft(spectrum, hop_length=hop_length)`, then `al.spectral.stft` with n_fft "
        "= 2 * (F - 1), F the number of rows.",
        "Keep only the angle of what comes back: `magnitude * np.exp(1j * np.angle(consistent))`.",
    ),
    probes=[
        probe("the spectrogram of a real sound is left alone", REAL, np.abs(REAL), 16, atol=1e-6),
        probe("random phases come nearer to those of a sound", *_guess(64, 16, 40, 5), 16),
        probe("another frame, another hop", *_guess(48, 12, 9, 7), 12),
    ],
    wrong=[
        (
            lambda spectrum, magnitude, hop: _projected(spectrum, hop),
            "these are the magnitudes of what came back: put the asked-for ones in",
        ),
        (
            lambda spectrum, magnitude, hop: spectrum,
            "nothing has changed: take the phases of what came back, not the old ones",
        ),
        (
            lambda spectrum, magnitude, hop: magnitude * _projected(spectrum, hop),
            "keep only the direction of what came back: exp(1j * angle)",
        ),
        (
            lambda spectrum, magnitude, hop: (
                magnitude * np.exp(-1j * np.angle(_projected(spectrum, hop)))
            ),
            "the phases came back with the wrong sign",
        ),
        (
            lambda spectrum, magnitude, hop: (
                magnitude * np.exp(np.angle(_projected(spectrum, hop)))
            ),
            "the result is real: did exp get its 1j?",
        ),
        (
            lambda spectrum, magnitude, hop: spectral.istft(spectrum, hop_length=hop),
            "this is a sound: go back to a spectrum and put the magnitudes in",
        ),
        (
            lambda spectrum, magnitude, hop: (
                magnitude * np.exp(1j * np.angle(_projected(magnitude.astype(complex), hop)))
            ),
            "the phases of the guess went unused: istft gets `spectrum`, not `magnitude`",
        ),
        (lambda spectrum, magnitude, hop: magnitude, "the phases are all 0: where did they go?"),
    ],
    valid=lambda random: (
        *_guess(
            2 * (hop := int(random.integers(4, 12))),
            hop,
            int(random.integers(5, 20)),
            int(random.integers(1000)),
        ),
        hop,
    ),
)
def one_round(spectrum, magnitude, hop_length):
    return magnitude * np.exp(1j * np.angle(_projected(spectrum, hop_length)))
