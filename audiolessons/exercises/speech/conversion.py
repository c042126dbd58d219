"""Exercises of the chapter speech/conversion."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.speech import _conversion_learned  # noqa: F401, states two exercises

# --- a melody in another voice --------------------------------------------------------------------


def _melody(
    *, log=True, shift=True, deviation=1, turned=False, unvoiced=np.nan, swapped=False, back=True
):
    """A contour moved to another voice's mean and deviation, with the parts exchangeable."""

    def melody(pitch_hz, source, target):
        if swapped:
            source, target = target, source
        hz = np.asarray(pitch_hz, dtype=float)
        (mean, wide), (new_mean, new_wide) = source, target
        there, home = (np.log, np.exp) if log else (lambda x: x, lambda x: x)
        if not log:
            mean, new_mean = np.exp(mean), np.exp(new_mean)
        by = (new_wide / wide if not turned else wide / new_wide) ** deviation
        new = (there(hz) - mean) * by + (new_mean if shift else mean)
        new = home(new) if back else new
        return np.where(np.isnan(hz), unvoiced, new)

    return melody


def _contour(random):
    hz = random.uniform(80, 300, int(random.integers(1, 12)))
    hz[random.random(len(hz)) < 0.2] = np.nan
    voices = [(float(random.uniform(4.5, 5.5)), float(random.uniform(0.1, 0.5))) for _ in "ab"]
    return hz, *voices


LOW, HIGH, FLAT = (np.log(100), 0.2), (np.log(210), 0.3), (np.log(120), 0.1)


@exercise(
    "conversion.melody",
    level="easy",
    hints=(
        "Work with the logarithm: an octave is as far for a low voice as for a high one.",
        "Take the source's mean away, stretch by the ratio of deviations, add the target's mean.",
        "`np.exp((np.log(pitch_hz) - mean) / deviation * new_deviation + new_mean)`; NaN stays NaN "
        "by itself.",
    ),
    probes=[
        probe("the source's mean becomes the target's", np.array([100.0]), LOW, HIGH),
        probe("a rise, to a livelier voice", np.array([90.0, 110.0, 140.0]), LOW, HIGH),
        probe("a rise, to a flatter one", np.array([90.0, 110.0, 140.0, 100.0]), LOW, FLAT),
        probe("no pitch stays no pitch", np.array([np.nan, 180.0, np.nan, 240.0]), HIGH, LOW),
    ],
    wrong=[
        (_melody(log=False), "this scales hertz: mean and deviation are those of the logarithm"),
        (_melody(deviation=0), "the melody keeps its old range: stretch by the deviations"),
        (_melody(deviation=2), "the deviations are squared: these are deviations, not variances"),
        (_melody(back=False), "this is the logarithm still: np.exp makes hertz of it"),
        (_melody(shift=False), "it stays at the source's mean: move it to the target's"),
        (_melody(turned=True), "the ratio of deviations stands upside down"),
        (_melody(swapped=True), "source and target are exchanged"),
        (_melody(unvoiced=0.0), "frames without a pitch became 0: NaN must stay NaN"),
    ],
    valid=_contour,
)  # fmt: skip
def melody(pitch_hz, source, target):
    return _melody()(pitch_hz, source, target)


# --- what is left when the filter is taken away ---------------------------------------------------


def _residual(*, sign=1.0, first=True, inverse=False, late=0, turned=False, guess=False):
    """The error of a predictor, with its parts exchangeable."""

    def residual(audio, coefficients):
        audio = np.asarray(audio, dtype=float)
        a = np.array(coefficients, dtype=float)
        a[1:] *= sign
        if turned:
            a = a[::-1]
        if not first:
            a[0] = 0.0
        out = np.zeros(len(audio))
        for t in range(len(audio)):
            if inverse:
                out[t] = audio[t] - sum(a[k] * out[t - k] for k in range(1, min(len(a), t + 1)))
            else:
                before = range(min(len(a), t + 1 - late))
                out[t] = sum(a[k] * audio[t - k - late] for k in before)
        return audio - out if guess else out

    return residual


@exercise(
    "conversion.residual",
    level="easy",
    hints=(
        "A sample is guessed as -(a[1] x[t-1] + a[2] x[t-2] + ...). What is left of it?",
        "The sample less the guess: e[t] = x[t] + a[1] x[t-1] + a[2] x[t-2] + ..., and a[0] is 1.",
        "A convolution: `np.convolve(audio, coefficients)`, cut to the length of the sound.",
    ),
    probes=[
        probe("a sound that falls by half is guessed all but at its start",
              np.array([1.0, 0.5, 0.25, 0.125]), np.array([1.0, -0.5])),
        probe("a click", np.array([0.0, 1.0, 0.0, 0.0, 0.0]), np.array([1.0, -1.2, 0.7])),
        probe("order 3", np.random.default_rng(0).normal(size=12),
              np.array([1.0, 0.4, -0.3, 0.2])),
        probe("shorter than the predictor", np.array([2.0, -1.0]), np.array([1.0, 0.5, 3.0, 7.0])),
    ],
    wrong=[
        (_residual(sign=-1.0), "the signs are turned: the guess is -(a[1] x[t-1] + ...), and it is "
         "taken away"),
        (_residual(first=False), "this is the guess with its sign turned: the sample is missing"),
        (_residual(guess=True), "this is the guess: what is left is the sample less the guess"),
        (_residual(inverse=True), "this filters the sound once more: take the filter away"),
        (_residual(turned=True), "a[0] belongs to the sample itself: the coefficients are turned"),
        (_residual(late=1), "everything comes one sample late"),
    ],
    valid=lambda random: (
        random.normal(size=int(random.integers(1, 15))),
        np.append(1.0, random.normal(size=int(random.integers(1, 5)))),
    ),
)  # fmt: skip
def residual(audio, coefficients):
    return _residual()(audio, coefficients)


# --- which frequency a bin hears ------------------------------------------------------------------


def _heard(*, wrap="nearest", expected=True, hop=True, rate=True, turned=False, middle=True):
    """The frequency that a phase tells, with the parts exchangeable."""

    def heard_hz(before, after, k, n_fft, hop_length, sample_rate):
        step = 2 * np.pi * k * hop_length / n_fft if expected else 0.0
        more = (before - after if turned else after - before) - step
        if wrap == "nearest":
            more -= 2 * np.pi * np.round(more / (2 * np.pi))
        elif wrap == "up":
            more %= 2 * np.pi
        whole = (step if middle else 0.0) + more
        return whole / (2 * np.pi) * (sample_rate if rate else 1) / (hop_length if hop else 1)

    return heard_hz


def _phases(hz, k, n_fft, hop_length, sample_rate, start=0.3):
    after = start + 2 * np.pi * hz * hop_length / sample_rate
    return (start, float(np.angle(np.exp(1j * after))), k, n_fft, hop_length, sample_rate)


def _any_phases(random):
    n_fft = int(2 ** random.integers(6, 11))
    hop, rate = n_fft // int(random.choice([4, 8])), int(random.choice([8000, 16000]))
    k = int(random.integers(1, n_fft // 2))
    hz = (k + random.uniform(-0.9, 0.9)) * rate / n_fft
    return _phases(hz, k, n_fft, hop, rate, start=float(random.uniform(-3, 3)))


@exercise(
    "conversion.bin",
    level="core",
    hints=(
        "The middle of bin k turns by 2 pi k hop_length / n_fft radians in a hop.",
        "How much more did it turn? Phases are known up to whole turns: bring that to -pi ... pi.",
        "Both together are the radians of a hop: over 2 pi they are turns, times sample_rate / "
        "hop_length turns a second.",
    ),
    probes=[
        probe("440 Hz in the bin at 437.5 Hz", *_phases(440.0, 14, 256, 64, 8000)),
        probe("425 Hz in the same bin", *_phases(425.0, 14, 256, 64, 8000, start=2.0)),
        probe("at 16 kHz", *_phases(1003.0, 32, 512, 128, 16000, start=-1.0)),
        probe("a shorter hop", *_phases(95.0, 3, 256, 32, 8000)),
        probe("bin 0", *_phases(6.0, 0, 256, 64, 8000)),
        probe("nearly half a turn more", *_phases(2516.0, 20, 64, 8, 8000, start=0.0)),
    ],
    wrong=[
        (_heard(wrap="none"), "what is more than expected must be brought to -pi ... pi"),
        (_heard(wrap="up"), "0 ... 2 pi is not -pi ... pi: a sine below the middle of the bin "
         "comes out a whole turn too high"),
        (_heard(expected=False, middle=False), "whole turns are lost: compare with what the middle "
         "of the bin would do"),
        (_heard(middle=False), "this is how far it lies from the middle of the bin: add that"),
        (_heard(turned=True), "the phases are subtracted the wrong way round"),
        (_heard(hop=False), "a hop is not a sample: divide by its length"),
        (_heard(rate=False), "this counts turns a sample: a second has sample_rate of them"),
    ],
    valid=_any_phases,
)  # fmt: skip
def heard_hz(before, after, k, n_fft, hop_length, sample_rate):
    return _heard()(before, after, k, n_fft, hop_length, sample_rate)


# --- a shorter throat -----------------------------------------------------------------------------


def _moved(*, turned=False, added=False, axis=0, ends="hold", whole=None):
    """An outline stretched over frequency, with the parts exchangeable."""

    def moved(outline, ratio):
        outline = np.asarray(outline, dtype=float)
        outline = outline.T if axis else outline
        bins = np.arange(outline.shape[0], dtype=float)
        asked = bins * ratio if turned else bins / ratio
        if added:
            asked = bins - (ratio - 1) * (len(bins) - 1)
        asked = whole(asked) if whole else asked
        beyond = {"hold": None, "zero": 0.0}[ends]
        new = np.stack([np.interp(asked, bins, one, right=beyond) for one in outline.T], axis=1)
        return new.T if axis else new

    return moved


@exercise(
    "conversion.formants",
    level="core",
    hints=(
        "A formant at f Hz must come to lie at ratio times f. What does bin b show?",
        "Old bin b / ratio, maybe between two bins: `np.interp` reads there, and holds the last "
        "value beyond the end.",
        "`np.interp(bins / ratio, bins, column)` for each column, with `bins = np.arange(F)`.",
    ),
    probes=[
        probe("a peak at bin 2 moves to bin 4", np.array([[0.0], [0], [1], [0], [0], [0]]), 2.0),
        probe("and back", np.array([[0.0], [0], [0], [0], [1], [0]]), 0.5),
        probe("a ratio of 1 changes nothing", np.arange(6.0).reshape(3, 2), 1.0),
        probe("a shorter throat, three frames",
              np.random.default_rng(0).normal(size=(7, 3)), 1.15),
        probe("a longer one: the end is held", np.random.default_rng(1).normal(size=(6, 2)), 0.8),
    ],
    wrong=[
        (_moved(turned=True), "formants move the wrong way: the new bin shows the old one at "
         "b / ratio"),
        (_moved(added=True), "this moves all bins by as many: formants move by a factor"),
        (_moved(axis=1), "this stretches time: frequency is the first axis"),
        (_moved(whole=np.round), "the nearest bin is read: read between bins on a straight line"),
        (_moved(whole=np.floor), "the bin below is read: read between bins on a straight line"),
        (_moved(ends="zero"), "beyond the last bin hold its value: 0 is no outline"),
    ],
    valid=lambda random: (
        random.normal(size=(int(random.integers(2, 9)), int(random.integers(1, 5)))),
        float(random.uniform(0.5, 2.0)),
    ),
)  # fmt: skip
def moved(outline, ratio):
    return _moved()(outline, ratio)


# --- what smoothing took --------------------------------------------------------------------------


def _stretch(*, root=True, turned=False, pooled=False, of_roots=False, weighed=False, less=0):
    """The factors that give lost variance back, with the parts exchangeable."""

    def spread(takes):
        takes = [np.asarray(one, dtype=float) for one in takes]
        if pooled:
            return np.concatenate(takes, axis=1).var(axis=1)
        spread_of = np.std if of_roots else np.var
        each = np.array([spread_of(one, axis=1, ddof=less) for one in takes])
        weights = [one.shape[1] for one in takes] if weighed else None
        mean = np.average(each, axis=0, weights=weights)
        return mean**2 if of_roots else mean

    def stretch(converted, wanted):
        share = spread(wanted) / spread(converted)
        share = 1 / share if turned else share
        return np.sqrt(share) if root else share

    return stretch


def _takes(random, n_features, *, wide=1.0, n_takes=3):
    return [
        random.normal(random.normal(0, 2), wide, (n_features, int(random.integers(2, 9))))
        for _ in range(n_takes)
    ]


def _two_voices(random):
    n = int(random.integers(1, 4))
    some, others = (int(k) for k in random.integers(1, 4, 2))
    return _takes(random, n, wide=0.5, n_takes=some), _takes(random, n, n_takes=others)


@exercise(
    "conversion.stretch",
    level="core",
    hints=(
        "The variance over time of each take is `take.var(axis=1)`, (D,). Average over takes.",
        "Do so for both lists. A factor on the values is the root of a factor on the variance.",
        "`np.sqrt(mean_variance(wanted) / mean_variance(converted))`",
    ),
    probes=[
        probe("half as wide: twice", [[[0.0, 1.0]]], [[[3.0, 5.0]]]),
        probe("takes at other levels: each has its own mean",
              [[[0.0, 1.0]], [[8.0, 9.0]]], [[[0.0, 2.0]], [[0.0, 4.0]]]),
        probe("two coefficients, takes of all lengths", *(
            _takes(np.random.default_rng(seed), 2, wide=wide, n_takes=3)
            for seed, wide in ((0, 0.4), (1, 1.0)))),
        probe("not as many takes", *(
            _takes(np.random.default_rng(seed), 3, wide=wide, n_takes=n)
            for seed, wide, n in ((2, 0.6, 4), (3, 1.3, 2)))),
    ],
    wrong=[
        (_stretch(root=False), "this is a factor for the variance: its root scales the values"),
        (_stretch(turned=True), "the ratio stands upside down: this smooths even more"),
        (_stretch(pooled=True), "frames of all takes are pooled: how takes differ counts as well. "
         "Take each take's own variance, then the mean"),
        (_stretch(of_roots=True), "deviations are averaged: average variances, then take the root"),
        (_stretch(less=1), "the variance is a mean over all frames: divide by N, not by N - 1"),
        (_stretch(weighed=True), "longer takes count more: every take counts once"),
    ],
    valid=_two_voices,
)  # fmt: skip
def stretch(converted, wanted):
    return _stretch()(converted, wanted)


# --- the bug hunt: a distance that is no distance -------------------------------------------------


def _distortion(
    *, level=False, root_last=False, two=True, decibels=True, total=False, mean=False, power=0.5
):
    """Mel-cepstral distortion of frames that belong together, with its parts exchangeable."""

    def distortion(first, second):
        difference = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
        difference = difference if level else difference[1:]
        squares = difference**2
        each = squares.mean(axis=0) if mean else squares.sum(axis=0)
        each = 2 * each if two else each
        if root_last:
            found = np.sqrt(each.mean())
        else:
            found = (each**power).sum() if total else (each**power).mean()
        return found * (10 / np.log(10) if decibels else 1)

    return distortion


@exercise(
    "conversion.distortion",
    level="core",
    hints=(
        "Say the same sound twice, once louder. Which coefficient differs, and should it count?",
        "c[0] is the level: leave the first row out. And look at where the root is taken.",
        "A root for each frame, then the mean: `np.mean(10 / np.log(10) * np.sqrt(2 * "
        "(difference[1:] ** 2).sum(axis=0)))`",
    ),
    probes=[
        probe("the same sound, louder: 0", np.array([[5.0, 5.0], [1.0, 2.0]]),
              np.array([[7.0, 7.0], [1.0, 2.0]])),
        probe("one frame", np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [0.5], [2.0]])),
        probe("one frame near, one far", np.zeros((3, 2)),
              np.array([[0.0, 0.0], [0.1, 2.0], [0.0, 1.0]])),
        probe("order 4, six frames", *np.random.default_rng(0).normal(size=(2, 5, 6))),
    ],
    wrong=[
        (_distortion(level=True, root_last=True), "the level still counts, and the root is taken "
         "after the mean over frames"),
        (_distortion(level=True), "c[0] counts: the same sound, louder, is far from itself"),
        (_distortion(root_last=True), "the root is taken after the mean over frames: far frames "
         "count too much"),
        (_distortion(two=False), "the factor 2 under the root is gone: a cosine series has it"),
        (_distortion(decibels=False), "this is in nepers: 10 / ln 10 makes decibels of it"),
        (_distortion(power=1), "these are squares: take the root of each frame's sum"),
        (_distortion(total=True), "longer sounds are farther: take the mean over frames"),
        (_distortion(mean=True), "under the root coefficients are added, not averaged"),
    ],
    valid=lambda random: tuple(
        random.normal(size=(2, int(random.integers(2, 6)), int(random.integers(1, 7))))
    ),
)  # fmt: skip
def distortion(first, second):
    return _distortion()(first, second)
