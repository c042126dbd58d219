"""Exercises of the chapter sound/features."""

from __future__ import annotations

import re

import numpy as np

from audiolessons import features
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_quietly = np.errstate(all="ignore")  # a mistake may divide by zero


# --- back from mel ------------------------------------------------------------------------------


@exercise(
    "features.mel",
    level="easy",
    hints=(
        "Start from mel = 2595 log10(1 + f / 700) and undo it step by step, the last step first.",
        "mel / 2595 = log10(1 + f / 700), so 10 ** (mel / 2595) = 1 + f / 700.",
        "`return 700 * (10 ** (mel / 2595) - 1)`",
    ),
    probes=[
        probe(what, mel, rtol=1e-4)  # 1127 log(1 + f / 700), as others write it, differs by 1e-5
        for what, mel in (
            ("0 mel is 0 Hz", 0),
            ("2595 mel are 6300 Hz: 700 times (10 - 1)", 2595.0),
            ("an array goes there and back", features.hz_to_mel([100.0, 440, 8000], scale="htk")),
            ("so does an array of 2 by 3", np.linspace(30, 2700, 6).reshape(2, 3)),
        )
    ],
    wrong=[
        (lambda mel: 700 * 10 ** (mel / 2595), "10 ** 0 is 1: subtract it before you multiply"),
        (
            lambda mel: 700 * (10 ** (mel / 2595) + 1),
            "1 + f / 700 is undone by subtracting 1, not by adding it again",
        ),
        (
            lambda mel: 700 * (10**mel / 2595 - 1),
            "10 ** mel / 2595 takes the power first: write 10 ** (mel / 2595)",
        ),
        (
            lambda mel: 700 * (np.exp(mel / 2595) - 1),
            "the formula has log10, whose inverse is 10 ** x, not exp(x)",
        ),
        (lambda mel: 10 ** (mel / 2595) - 1, "the 700 is missing"),
        (
            lambda mel: 700 * 10 ** (mel / 2595) - 1,
            "subtract 1 before you multiply by 700, not after",
        ),
        (
            lambda mel: 700 * 10 ** (mel / 2595 - 1),
            "the 1 is subtracted in the exponent: it belongs behind the power",
        ),
        (lambda mel: (10 ** (mel / 2595) - 1) / 700, "f / 700 is undone by multiplying by 700"),
        (
            lambda mel: 700 * (10 ** (mel * 2595) - 1),
            "2595 times the logarithm is undone by dividing by 2595",
        ),
        (
            lambda mel: 2595 * np.log10(1 + mel / 700),
            "this goes the same way again: Hz to mel",
        ),
        (
            _quietly(lambda mel: 1 / (2595 * np.log10(1 + mel / 700))),
            "one over the formula is not its inverse: undo its steps",
        ),
        (features.mel_to_hz, "this is Slaney's scale; invert the formula above"),
        (lambda mel: 2595 * (10 ** (mel / 700) - 1), "700 and 2595 have changed places"),
        (
            lambda mel: 700 * (10.0 ** (mel // 2595) - 1),
            "// drops the fraction: divide with /",
        ),
    ],
    valid=lambda random: (random.uniform(0, 4000, random.integers(1, 9)),),
    forbidden={"no ready-made `mel_to_hz`": ("mel_to_hz",)},
)
def from_mel(mel):
    return 700 * (10 ** (mel / 2595) - 1)


# --- which notes --------------------------------------------------------------------------------


def melody() -> np.ndarray:
    """Return the pitch classes of the five notes that the chapter plays, 0 is C: shape (5,)."""
    return np.random.default_rng(1701).integers(0, 12, 5)


def _names(classes):
    return " ".join(PITCH_CLASSES[pitch_class % 12] for pitch_class in classes)


def _pitch_classes(answer):
    """The pitch classes of an answer, sharps or flats, octaves left out; None where it is none."""
    texts = re.split(r"[\s,;-]+", answer) if isinstance(answer, str) else np.ravel(answer)
    found = [re.fullmatch(r"([A-G])([#♯B♭]?)\d?", str(t).strip().upper()) for t in texts if str(t)]
    raised = {"": 0, "#": 1, "♯": 1, "B": -1, "♭": -1}
    return [m and (PITCH_CLASSES.index(m[1]) + raised[m[2]]) % 12 for m in found]


def _form(answer):
    classes = _pitch_classes(answer)
    return {
        "number of notes": len(classes),
        "each is a name such as F# (two names have a space between)": None not in classes,
    }


def _each_note(answer):
    """Right, or what it was taken for: so that different mistakes differ, and none is corrected."""
    classes = [*_pitch_classes(answer), *5 * [None]]
    return {
        f"note {i}": "right" if got == true else "?" if got is None else PITCH_CLASSES[got]
        for i, (got, true) in enumerate(zip(classes, melody(), strict=False), 1)
    }


@exercise(
    "features.notes",
    level="easy",
    hints=(
        "Each column of the chromagram shows one note at a time: its brightest row names it.",
        "Two neighbouring rows glow faintly, because low notes lie close together in the spectrum: "
        "take the brightest one of each stretch, and ignore the thin streaks in the pauses.",
        "The first note is A#. The answer is a text such as `'C D# F A B'`.",
    ),
    probes=[
        probe("the answer names five notes", observe=_form),
        probe("they are the notes that were played", observe=_each_note),
    ],
    wrong=[
        (_names(melody()[::-1]), "these are the right notes backwards: time runs to the right"),
        (
            _names(melody() + 7),
            "you read the third harmonic, a fifth above: take the brightest row",
        ),
        (_names(melody() + 1), "each note is a row too high: the lowest row of the picture is C"),
        (_names(melody() - 1), "each note is a row too low: the lowest row of the picture is C"),
    ],
)
def played():
    return _names(melody())


# --- a triangle ---------------------------------------------------------------------------------


def _sides(combine):
    """Heights from the way up from the left foot, the way down to the right one, both widths."""

    def one_triangle(bins_hz, left_hz, top_hz, right_hz):
        return combine(bins_hz - left_hz, right_hz - bins_hz, top_hz - left_hz, right_hz - top_hz)

    return one_triangle


def _between(low, high):
    return np.maximum(0, np.minimum(low, high))


SCATTERED_HZ = np.array([30.0, 55, 60, 81, 111, 148, 160, 222.5, 260, 301, 355])  # of no FFT


@exercise(
    "features.triangle",
    level="core",
    hints=(
        "There are two straight lines: one rises from 0 at `left_hz` to 1 at `top_hz`, the other "
        "falls from 1 at `top_hz` to 0 at `right_hz`.",
        "rising = (bins_hz - left_hz) / (top_hz - left_hz); falling is the mirror image.",
        "At every bin the triangle is the lower of both lines, but never below 0: "
        "`np.maximum(0, np.minimum(rising, falling))`.",
    ),
    probes=[
        probe(what, bins_hz, *corners_hz, rtol=1e-4, atol=1e-4)
        for what, bins_hz, corners_hz in (
            (
                "from 150 over 400 to 750 Hz, at bins every 50 Hz",
                np.arange(0, 1001, 50.0),
                (150, 400, 750),
            ),
            (
                "from 60 over 222.5 to 260 Hz, at bins here and there",
                SCATTERED_HZ,
                (60, 222.5, 260),
            ),
            ("no bin lies on a corner", np.arange(20) * 31.25, (90.5, 200.3, 411.7)),
            ("the lowest triangle, from 0 Hz", np.arange(9) * 21.5, (0.0, 33.0, 70.0)),
        )
    ]
    + [
        probe(
            "two neighbouring triangles add up to 1 between their tops",
            np.arange(400, 601, 20.0),
            200,
            400,
            600,
            observe=lambda answer, bins_hz, *corners_hz: np.add(
                answer(bins_hz.copy(), *corners_hz), answer(bins_hz.copy(), 400, 600, 700)
            ),
            atol=1e-4,
        )
    ],
    wrong=[
        (
            _sides(lambda up, down, a, b: np.minimum(up / a, down / b)),
            "outside the triangle your lines run below 0: cut there",
        ),
        (
            _sides(lambda up, down, a, b: np.maximum(up / a, down / b)),
            "take the lower of the two lines, not the higher",
        ),
        (
            _sides(lambda up, down, a, b: np.clip(up / a, 0, 1)),
            "the falling side is missing: it stays at 1 after the top",
        ),
        (
            _sides(lambda up, down, a, b: np.where(up > a, 0, np.maximum(up / a, 0))),
            "the falling side is missing: it is 0 after the top",
        ),
        (
            _sides(lambda up, down, a, b: np.clip(down / b, 0, 1)),
            "the rising side is missing: it is 1 before the top",
        ),
        (
            _sides(lambda up, down, a, b: np.where(down > b, 0, np.maximum(down / b, 0))),
            "the rising side is missing: it is 0 before the top",
        ),
        (
            _sides(lambda up, down, a, b: np.maximum(0, up / a * down / b)),
            "the two lines are multiplied: take the lower of them at each bin",
        ),
        (
            _sides(lambda up, down, a, b: np.where(up == a, 0, _between(up / a, down / b))),
            "the bin at the top itself is in neither of your cases: use <= in one of them",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / a, -down / b)),
            "the falling line has its sign turned: (right_hz - bins_hz) / (right_hz - top_hz)",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / a, (up - a) / b)),
            "the second line rises, too: it is 1 at top_hz and 0 at right_hz",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / a, down / b).astype(int)),
            "these are whole numbers: between foot and top stand fractions",
        ),
        (
            _sides(lambda up, down, a, b: _between(up, down)),
            "the heights are in hertz: divide each line by the width of its side",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / (a + b), down / (a + b))),
            "both lines are divided by the width of the whole triangle: each side has its own",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / b, down / a)),
            "each line is divided by the width of the other side",
        ),
        (
            _sides(lambda up, down, a, b: _between(up / a, down / b) * 2 / (a + b)),
            "this triangle has area 1 (norm='slaney'); here the top should be 1",
        ),
        (
            _sides(lambda up, down, a, b: np.maximum(0, 1 - np.abs(up - a) / a)),
            "both sides are equally steep: each has its own width",
        ),
        (
            _sides(lambda up, down, a, b: _between(up, down) / (a + b) * 2),
            "the top lies half-way between the feet: it should lie at top_hz",
        ),
        (
            lambda bins_hz, left_hz, top_hz, right_hz: _between(
                bins_hz - left_hz / (top_hz - left_hz), right_hz - bins_hz / (right_hz - top_hz)
            ),
            "the division comes before the subtraction: put the difference above it in brackets",
        ),
        (
            lambda bins_hz, *corners_hz: np.interp(np.arange(len(bins_hz)), corners_hz, (0, 1, 0)),
            "the numbers of the bins are taken for hertz: bins_hz holds the frequencies",
        ),
    ],
    valid=lambda random: (
        np.sort(random.uniform(0, 1000, random.integers(4, 40))),
        *np.cumsum(random.uniform(20, 300, 3)),
    ),
)
def one_triangle(bins_hz, left_hz, top_hz, right_hz):
    return np.interp(bins_hz, (left_hz, top_hz, right_hz), (0, 1, 0))


# --- a cepstrum ---------------------------------------------------------------------------------


def _energy(n_mels, n_frames, seed=0):
    """Energies from 1e-14 to 1e4: below the floor, and more than 80 dB below the loudest."""
    return 10 ** np.random.default_rng(seed).uniform(-14, 4, (n_mels, n_frames))


def _level_db(energy):
    return 10 * np.log10(np.maximum(energy, 1e-10))


def _cepstrum(level, matrix=features.dct_matrix):
    """Matrix times level, with both exchangeable."""

    def cepstrum_of(mel_energy, n_mfcc):
        with np.errstate(all="ignore"):
            return matrix(n_mfcc, len(mel_energy)) @ level(mel_energy)

    return cepstrum_of


def _plain_matrix(n_out, n_in):
    return np.cos(np.pi * np.outer(np.arange(n_out), np.arange(n_in) + 0.5) / n_in)


@exercise(
    "features.cepstrum",
    level="core",
    hints=(
        "Two steps: decibels, then a DCT over the bands. `10 * np.log10(...)` of energies.",
        "Silence has no logarithm: `np.maximum(mel_energy, 1e-10)` first. "
        "`al.features.dct_matrix(n_out, n_in)` has one cosine a row.",
        "`al.features.dct_matrix(n_mfcc, len(mel_energy)) @ level_db`",
    ),
    probes=[
        probe(what, energy, n_mfcc, atol=1e-3)  # leaves room for float32
        for what, energy, n_mfcc in (
            (
                "40 bands and 30 frames become 13 coefficients and 30 frames",
                np.random.default_rng(0).uniform(0.01, 10, (40, 30)),
                13,
            ),
            ("energies as soft as 1e-14 and as loud as 1e4", _energy(24, 35), 20),
            ("all coefficients of 7 bands", _energy(7, 3, seed=1), 7),
            ("coefficient 0 of one frame alone", _energy(9, 1, seed=2), 1),
            ("silence is -100 dB in each band", np.zeros((12, 5)), 6),
        )
    ],
    wrong=[
        (_cepstrum(lambda energy: energy), "the logarithm is missing"),
        (
            _cepstrum(lambda energy: np.log(np.maximum(energy, 1e-10))),
            "this is the natural logarithm; decibels are 10 * log10",
        ),
        (
            _cepstrum(lambda energy: _level_db(energy) / 10),
            "these are bels: decibels are ten times as many",
        ),
        (
            _cepstrum(lambda energy: 2 * _level_db(energy)),
            "these are energies already: 10 * log10, not 20",
        ),
        (
            _cepstrum(lambda energy: np.maximum(10 * np.log10(energy), 1e-10)),
            "the floor belongs to the energies, before the log",
        ),
        (
            _cepstrum(lambda energy: 10 * np.log10(energy)),
            "silence became the logarithm of 0: raise the energy to at least 1e-10 first",
        ),
        (
            _cepstrum(lambda energy: 10 * np.log10(energy + 1e-10)),
            "this adds 1e-10 to every energy: np.maximum leaves the others as they are",
        ),
        (
            _cepstrum(lambda energy: 10 * np.log10(np.where(energy > 0, energy, 1e-10))),
            "only energies of 0 are raised: those between 0 and 1e-10 are to be, too",
        ),
        (
            _cepstrum(lambda energy: np.maximum(_level_db(energy), _level_db(energy).max() - 80)),
            "this cuts off 80 dB below the loudest band: no other floor is asked for",
        ),
        (
            _cepstrum(lambda energy: _level_db(energy / max(energy.max(), 1e-10))),
            "the level is taken against the loudest band: 0 dB is an energy of 1",
        ),
        (
            _cepstrum(lambda energy: 10 * np.log10(np.minimum(energy, 1e-10))),
            "np.minimum lowers what is louder: np.maximum lifts what is softer",
        ),
        (
            _cepstrum(_level_db, _plain_matrix),
            "the DCT is not orthonormal: its rows have not length 1",
        ),
        (
            lambda energy, n_mfcc: 2 * _cepstrum(_level_db, _plain_matrix)(energy, n_mfcc),
            "the DCT is not orthonormal, and twice as large: its rows should have length 1",
        ),
        (
            lambda energy, n_mfcc: features.dct(_level_db(energy)),
            "all coefficients are there: keep the first n_mfcc",
        ),
        (
            lambda energy, n_mfcc: (
                (features.dct_matrix(energy.shape[1], energy.shape[1]) @ _level_db(energy).T)[
                    :n_mfcc
                ].T
            ),
            "the DCT ran along the frames; it runs over the bands",
        ),
        (
            lambda energy, n_mfcc: _cepstrum(_level_db)(energy, n_mfcc).T,
            "rows and columns are exchanged: coefficients are rows",
        ),
        (
            lambda energy, n_mfcc: features.dct(_level_db(energy))[1 : n_mfcc + 1],
            "coefficient 0 is left out; keep it here",
        ),
        (
            lambda energy, n_mfcc: features.dct(_level_db(energy))[1:n_mfcc],
            "coefficient 0 is left out; keep it here",
        ),
        (
            lambda energy, n_mfcc: features.dct(_level_db(energy))[: n_mfcc - 1],
            "the last coefficient is missing: n_mfcc counts coefficient 0, too",
        ),
        (
            lambda energy, n_mfcc: (
                10 * np.log10(np.maximum(features.dct_matrix(n_mfcc, len(energy)) @ energy, 1e-10))
            ),
            "the order is turned round: first the logarithm, then the DCT",
        ),
        (
            lambda energy, n_mfcc: _level_db(energy)[:n_mfcc],
            "these are the levels of the lowest bands: the DCT is missing",
        ),
    ],
    valid=lambda random: (
        10
        ** random.uniform(-14, 4, (n_mels := int(random.integers(2, 30)), random.integers(1, 9))),
        int(random.integers(1, n_mels + 1)),
    ),
    forbidden={"neither `dct` nor `mfcc`": ("dct", "mfcc")},
)
def cepstrum_of(mel_energy, n_mfcc):
    return features.dct_matrix(n_mfcc, len(mel_energy)) @ _level_db(mel_energy)


# --- a period -----------------------------------------------------------------------------------


def _square(x, lag, width):
    return np.sum((x[:width] - x[lag : lag + width]) ** 2)


def _mean_so_far(d):
    return np.cumsum(d) / np.arange(1, len(d) + 1)


def _unlikeness(distance=_square, mean=_mean_so_far, *, first=1.0, short_by=0):
    """d' with its parts exchangeable; `mean` gets d(1), d(2), ..."""

    def unlikeness(x, max_lag):
        width = len(x) - max_lag - short_by
        d = np.array([distance(x, lag, width) for lag in range(1, max_lag + 1)])
        return np.concatenate([[first], d / mean(d)])

    return unlikeness


def _vowel(n_samples, period):
    """A voice of that period, in samples; the noise tells whose samples are compared."""
    turns = 2 * np.pi * np.arange(n_samples) / period
    return np.sin(turns) + 0.4 * np.sin(2 * turns + 1) + 0.1 * noise(n_samples, seed=period)


@exercise(
    "features.period",
    level="core",
    hints=(
        "For each lag from 1 to `max_lag`: shift, subtract, square, add up. Compare the same "
        "number of samples at every lag: len(x) - max_lag.",
        "d(lag) = np.sum((x[:W] - x[lag : lag + W]) ** 2) with W = len(x) - max_lag.",
        "The mean of d(1) ... d(lag) is `np.cumsum(d[1:]) / np.arange(1, max_lag + 1)`; put a 1 in "
        "front for lag 0.",
    ),
    probes=[
        probe(what, x, max_lag, atol=1e-5)  # leaves room for float32
        for what, x, max_lag in (
            ("200 samples of a voice with a period of 25, lags up to 60", _vowel(200, 25), 60),
            ("the same, twice as loud", 2 * _vowel(200, 25), 60),
            ("90 samples with a period of 31, lags up to 50", _vowel(90, 31), 50),
            ("9 samples of noise, lags up to 2", noise(9), 2),
        )
    ],
    wrong=[
        (
            lambda x, max_lag: _unlikeness()(x, max_lag)[1:],
            "lag 0 is missing: lags run from 0 to max_lag, both in",
        ),
        (
            lambda x, max_lag: _unlikeness()(x, max_lag)[:-1],
            "the last lag is missing: range(max_lag) stops before max_lag",
        ),
        (
            lambda x, max_lag: _unlikeness()(x, max_lag)[-1],
            "one number came back: collect a value for each lag",
        ),
        (_unlikeness(first=0.0), "lag 0 always matches; that is why it is set to 1"),
        (_unlikeness(first=np.nan), "0 / 0 at lag 0: it is set to 1"),
        (_unlikeness(mean=np.ones_like), "this is d itself: divide by its mean so far"),
        (
            _unlikeness(mean=np.ones_like, first=0.0),
            "this is d itself: divide by its mean so far, and set lag 0 to 1",
        ),
        (_unlikeness(mean=np.cumsum), "divide by the mean so far; this is the sum so far"),
        (
            _unlikeness(mean=lambda d: np.full(len(d), d.mean())),
            "this divides by the mean over all lags; it should be the mean up to this one",
        ),
        (
            _unlikeness(mean=lambda d: np.full(len(d), d.max())),
            "this divides by the largest d; it should be the mean up to this lag",
        ),
        (
            _unlikeness(mean=lambda d: np.cumsum(d) / np.arange(2, len(d) + 2)),
            "the mean starts at lag 1: lag 0 does not count",
        ),
        (
            _unlikeness(mean=lambda d: np.cumsum(d) / len(d)),
            "the sum so far is divided by max_lag: divide by the number of lags so far",
        ),
        (
            _unlikeness(mean=lambda d: np.cumsum(d) * np.arange(1, len(d) + 1)),
            "the number of lags divides twice: d / (sum / lags), in brackets",
        ),
        (
            _unlikeness(mean=lambda d: _mean_so_far(d) - d / np.arange(1, len(d) + 1)),
            "the mean stops one lag too early: d of this lag counts as well",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum((x[: len(x) - lag] - x[lag:]) ** 2)),
            "longer lags compare fewer samples here: use len(x) - max_lag of them at each",
        ),
        (
            _unlikeness(lambda x, lag, width: np.mean((x[: len(x) - lag] - x[lag:]) ** 2)),
            "longer lags compare fewer samples here: use len(x) - max_lag of them at each",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum(np.abs(x[:width] - x[lag : lag + width]))),
            "these are absolute differences: square them",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum(x[:width] - x[lag : lag + width]) ** 2),
            "the sum is squared: square each difference, then add up",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum(x[:width] * x[lag : lag + width])),
            "this multiplies the sound and its shifted copy: subtract, and square",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sqrt(_square(x, lag, width))),
            "this takes the root of the sum: there is none",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum((x - np.roll(x, -lag)) ** 2)),
            "np.roll brings the end round to the start: cut two slices instead",
        ),
        (
            _unlikeness(lambda x, lag, width: np.sum((x - np.roll(x, lag))[:width] ** 2)),
            "np.roll brings the end round to the start: cut two slices",
        ),
        (
            _unlikeness(lambda x, lag, width: _square(x, lag, len(x) - width)),
            "max_lag samples are compared: len(x) - max_lag are asked for",
        ),
        (_unlikeness(short_by=1), "one sample too few is compared: len(x) - max_lag of them"),
        (_unlikeness(short_by=-1), "one sample too many is compared: len(x) - max_lag of them"),
    ],
    valid=lambda random: (
        random.standard_normal((max_lag := int(random.integers(1, 20))) + random.integers(2, 40)),
        max_lag,
    ),
    forbidden={
        "no FFT, and no function of `al.features`": (
            "fft",
            "rfft",
            "difference_function",
            "cumulative_mean_normalized",
        )
    },
)
def unlikeness(x, max_lag):
    return _unlikeness()(x, max_lag)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.sound import _features_results  # noqa: E402, F401
