"""Exercises of the chapter tasks/emotion: melodies, voices, and who is on which side."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

NAN = float("nan")
HEARD = ("mei3", "li1", "ma4", "ni2", "you4", "tan1")  # stand-ins


# --- tones by ear -------------------------------------------------------------------------------


def _tones() -> list[int]:
    return [int(one[-1]) for one in HEARD]


def _six_tones(answer):
    values = [float(one) for one in np.ravel(answer)]
    return {"tones": len(values), "each is 1 to 4": all(one in (1, 2, 3, 4) for one in values)}


def _heard(answer):
    values = [float(one) for one in np.ravel(answer)]
    facts = {
        f"syllable {letter}": i < len(values) and values[i] == _tones()[i]
        for i, letter in enumerate("ABCDEF")
    }
    return facts | {"from F to A": values == _tones()[::-1], "one tone": len(set(values)) == 1}


@exercise(
    "emotion.ear",
    level="easy",
    hints=(
        "Hum along. The first tone stays high, the fourth falls from high to low.",
        "The second rises, like a question. The third stays low, and rises only at its end.",
        "The answer is a list of six numbers, each 1 to 4.",
    ),
    probes=[
        probe("the answer holds six numbers, each 1 to 4", observe=_six_tones),
        probe("each syllable has its tone", observe=_heard),
    ],
    wrong=lambda: [
        ([1] * len(HEARD), "not every syllable stays high"),
        ([one - 1 for one in _tones()], "these count from 0: the tones are 1 to 4"),
        (_tones()[::-1], "these are the syllables from F to A: write them from A to F"),
        (
            [{2: 3, 3: 2}.get(one, one) for one in _tones()],
            "the second and the third are exchanged: which of them goes down first?",
        ),
        (
            [{2: 4, 4: 2}.get(one, one) for one in _tones()],
            "the second and the fourth are exchanged: 2 rises, 4 falls",
        ),
    ],
)
def ear():
    return _tones()


# --- a melody -----------------------------------------------------------------------------------


def _pitches(random):
    pitch_hz = random.uniform(80, 400, int(random.integers(3, 12)))
    pitch_hz[random.random(len(pitch_hz)) < 0.3] = NAN
    pitch_hz[0] = 150.0
    return (pitch_hz,)


@exercise(
    "emotion.melody",
    level="easy",
    hints=(
        "An octave, twice the frequency, is 12 semitones: `12 * np.log2(ratio)`.",
        "The reference is the median of those frames that have a pitch: `np.nanmedian`.",
        "`12 * np.log2(pitch_hz / np.nanmedian(pitch_hz))` leaves NaN where it is.",
    ),
    probes=[
        probe("an octave up and one down", np.array([100.0, 200.0, 400.0])),
        probe("frames without a pitch stay so", np.array([NAN, 110.0, NAN, 220.0, 165.0])),
        probe("an even number of frames", np.array([90.0, 120.0, 180.0, 300.0])),
        probe("a long leap does not move the middle", np.array([100.0, 101.0, 102.0, 800.0, NAN])),
    ],
    wrong=[
        (
            lambda pitch_hz: 12 * np.log2(pitch_hz / np.nanmean(pitch_hz)),
            "the reference is the mean: take the median",
        ),
        (
            lambda pitch_hz: 12 * np.log2(pitch_hz / np.median(pitch_hz)),
            "the median of an array that holds NaN is NaN: leave those frames out of it",
        ),
        (
            lambda pitch_hz: 12 * np.log2(pitch_hz / pitch_hz[np.isfinite(pitch_hz)][0]),
            "the reference is the first pitch: take the median",
        ),
        (
            lambda pitch_hz: np.log2(pitch_hz / np.nanmedian(pitch_hz)),
            "these are octaves: 12 semitones make one",
        ),
        (
            lambda pitch_hz: 12 * np.log(pitch_hz / np.nanmedian(pitch_hz)),
            "the logarithm to base 2 counts octaves, the natural one does not",
        ),
        (
            lambda pitch_hz: pitch_hz - np.nanmedian(pitch_hz),
            "these are differences in Hz: an ear hears ratios",
        ),
        (
            lambda pitch_hz: np.nan_to_num(12 * np.log2(pitch_hz / np.nanmedian(pitch_hz))),
            "frames without a pitch must stay NaN: 0 would be a note",
        ),
    ],
    valid=_pitches,
)
def melody(pitch_hz):
    return 12 * np.log2(pitch_hz / np.nanmedian(pitch_hz))


# --- a contour at a few points ------------------------------------------------------------------


def _points(*, trim=True, bridge="line", ends="linspace", clean=True):
    """The resampling with its parts exchangeable."""

    def points(contour, n_points):
        contour = np.asarray(contour, dtype=float)
        known = np.flatnonzero(np.isfinite(contour))
        first, last = (known[0], known[-1]) if trim else (0, len(contour) - 1)
        if ends == "linspace":
            where = np.linspace(first, last, n_points)
        elif ends == "open":
            where = first + (last - first) * np.arange(n_points) / n_points
        else:
            where = np.round(np.linspace(first, last, n_points))
        if bridge == "none":
            return np.interp(where, np.arange(len(contour)), contour)
        if bridge == "line":
            return np.interp(where, known, contour[known])
        if bridge == "zero":
            filled = np.nan_to_num(contour)
            return np.interp(where, np.arange(len(contour)), filled)
        return np.interp(
            np.linspace(0, len(known) - 1, n_points), range(len(known)), contour[known]
        )

    return points


def _contours(random):
    contour = random.normal(size=int(random.integers(4, 15)))
    contour[random.random(len(contour)) < 0.35] = NAN
    contour[[1, -2]] = random.normal(size=2)
    return contour, int(random.integers(2, 9))


@exercise(
    "emotion.points",
    level="core",
    hints=(
        "Where does the melody begin and end? `np.flatnonzero(np.isfinite(contour))`.",
        "`n_points` places from the first to the last of these frames: `np.linspace`.",
        "`np.interp(places, known, contour[known])` draws lines over the gaps.",
    ),
    probes=[
        probe("no gap at all", np.array([0.0, 1.0, 4.0]), 5),
        probe("a gap is bridged by a line", np.array([2.0, NAN, NAN, 8.0]), 4),
        probe("nothing at both ends", np.array([NAN, NAN, 1.0, 3.0, 2.0, NAN]), 4),
        probe("gaps, and more points than frames", np.array([NAN, 1.0, NAN, NAN, 5.0, 4.0]), 9),
        probe("fewer points than frames", noise(30, seed=2), 8),
    ],
    wrong=[
        (_points(trim=False), "the frames before the first and after the last pitch count as well"),
        *(
            (
                _points(trim=trim, bridge="none"),
                "`np.interp` is given NaN, which spreads: give it the frames that hold a number",
            )
            for trim in (True, False)
        ),
        (_points(bridge="zero"), "gaps are filled with zeros: bridge them by lines"),
        (
            _points(bridge="close"),
            "gaps are closed up, so the melody after them comes too soon: keep the frames' places",
        ),
        (_points(ends="open"), "the last point must lie on the last frame that has a pitch"),
        (_points(ends="nearest"), "points between two frames lie on the line between them"),
    ],
    valid=_contours,
)
def points(contour, n_points):
    return _points()(contour, n_points)


# --- jitter over three periods ------------------------------------------------------------------


def _perturbation(*, beside="three", over="all", percent=True, of="periods", size="mean"):
    def perturbation(moments):
        periods = np.diff(moments) if of == "periods" else np.asarray(moments)
        neighbours = periods[:-2] + periods[2:]
        if beside == "next":
            away = np.diff(periods)
        elif beside == "neighbours":
            away = periods[1:-1] - neighbours / 2
        else:
            away = periods[1:-1] - (neighbours + periods[1:-1]) / 3
        sizes = {"mean": np.abs(away), "square": away**2, "signed": away}[size].mean()
        mean = {"all": periods.mean(), "inner": periods[1:-1].mean(), "nothing": 1}[over]
        return (100 if percent else 1) * (np.sqrt(sizes) if size == "square" else sizes) / mean

    return perturbation


def _moments(random):
    return (np.cumsum(random.uniform(0.004, 0.006, int(random.integers(4, 30)))),)


@exercise(
    "emotion.jitter",
    level="core",
    hints=(
        "The periods are the differences of the moments: `np.diff`.",
        "Each inner period is compared with the mean of itself and its two neighbours.",
        "`np.abs(periods[1:-1] - smooth).mean()`, over the mean of all periods, times 100.",
    ),
    probes=[
        probe("a period that grows evenly has none", np.array([0.0, 1.0, 2.1, 3.3, 4.6])),
        probe("long and short by turns", np.array([0.0, 1.0, 2.2, 3.2, 4.4, 5.4])),
        probe("one long period", np.array([0.0, 0.005, 0.010, 0.016, 0.021])),
        probe("thirty pulses", np.cumsum(0.005 + 0.0001 * noise(30, seed=4))),
    ],
    wrong=[
        (
            _perturbation(beside="next"),
            "this compares a period with the next: take the mean of three, so that a glide is none",
        ),
        (
            _perturbation(beside="neighbours"),
            "the mean is that of the two neighbours: it is of three, with the period itself",
        ),
        (_perturbation(over="inner"), "divide by the mean of all periods, first and last as well"),
        (_perturbation(size="signed"), "longer and shorter cancel: take the sizes"),
        (_perturbation(percent=False), "this is a share: say it in percent"),
        (_perturbation(over="nothing"), "divide by the mean period: high voices have short ones"),
        (_perturbation(of="moments"), "these are moments: the periods are their differences"),
        (_perturbation(size="square"), "take the mean of the sizes, not the root of squares"),
    ],
    valid=_moments,
)
def perturbation(moments):
    return _perturbation()(moments)


# --- a mean over classes ------------------------------------------------------------------------


def _recall_from(counts):
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=1)
    return float(np.mean(np.diag(counts)[total > 0] / total[total > 0]))


def _counts(random):
    size = int(random.integers(2, 6))
    counts = random.integers(0, 9, (size, size))
    counts[random.random(size) < 0.2] = 0
    counts[0, 0] += 1
    return (counts,)


def _recall_with_zeros(counts):
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=1)
    return float(np.mean(np.diag(counts) / np.maximum(total, 1)))


@exercise(
    "emotion.recall",
    level="core",
    hints=(
        "A row is the truth: what was found of a class is on the diagonal, all of it is the sum of "
        "the row.",
        "Divide the diagonal by the sums of the rows, then take the mean: each class counts alike.",
        "Leave out rows whose sum is 0 before you divide.",
    ),
    probes=[
        probe("all are right", np.diag([3, 1])),
        probe("always the first of two classes", np.array([[90, 0], [10, 0]])),
        probe("three classes", np.array([[5, 1, 2], [0, 4, 4], [3, 0, 1]])),
        probe(
            "a class that never occurred is left out", np.array([[4, 1, 1], [0, 0, 0], [0, 2, 2]])
        ),
    ],
    wrong=[
        (
            lambda counts: float(np.trace(counts) / np.sum(counts)),
            "this is the accuracy: large classes count more",
        ),
        (
            lambda counts: _recall_from(np.asarray(counts).T),
            "this divides by the columns, which is precision: a row is the truth",
        ),
        (
            lambda counts: np.mean(np.diag(counts) / np.sum(counts, axis=1)),
            "a class that never occurred gives 0 / 0: leave it out before you divide",
        ),
        (
            lambda counts: _recall_from(counts) * np.count_nonzero(np.sum(counts, axis=1)),
            "this is the sum over the classes: take their mean",
        ),
        (_recall_with_zeros, "a class that never occurred counts as 0: leave it out"),
        (lambda counts: 100 * _recall_from(counts), "this is in percent: return a share"),
    ],
    valid=_counts,
)
def recall(counts):
    return _recall_from(counts)


# --- speaker and sentence unheard ---------------------------------------------------------------


def _split(*, train="neither", test="both"):
    def split(speakers, sentences, speaker, sentence):
        mine, said = np.asarray(speakers) == speaker, np.asarray(sentences) == sentence
        inside = {
            "neither": ~mine & ~said,
            "not both": ~(mine & said),
            "speaker": ~mine,
            "sentence": ~said,
        }[train]
        outside = {"both": mine & said, "speaker": mine, "either": mine | said}[test]
        return np.flatnonzero(inside), np.flatnonzero(outside)

    return split


def _as_booleans(speakers, *arguments):
    return [np.isin(np.arange(len(speakers)), side) for side in _split()(speakers, *arguments)]


def _sides(answer, *arguments):
    train, test = answer(*arguments)
    return {
        "training rows": sorted(int(row) for row in np.ravel(train)),
        "test rows": sorted(int(row) for row in np.ravel(test)),
    }


SPOKEN = (
    np.array(list("aabbccabc")),
    np.array(["x", "y", "x", "y", "x", "z", "x", "z", "y"]),
)


def _spoken(random):
    n = int(random.integers(4, 20))
    speakers, sentences = random.integers(0, 4, n), random.integers(0, 3, n)
    return speakers, sentences, speakers[0], sentences[0]


@exercise(
    "emotion.split",
    level="core",
    hints=(
        "Two booleans a row: does this speaker speak, is this sentence said?",
        "Test rows have both. Training rows have neither.",
        "Rows that have one of the two belong to no side. `np.flatnonzero` gives their numbers.",
    ),
    observe=_sides,
    probes=[
        probe("speaker a, sentence x", *SPOKEN, "a", "x"),
        probe("speaker c, sentence z", *SPOKEN, "c", "z"),
        probe("numbers in place of names", np.array([1, 1, 2, 2]), np.array([5, 6, 5, 6]), 2, 6),
        probe("somebody who said only this", np.array([1, 2, 2]), np.array([7, 7, 8]), 1, 7),
    ],
    wrong=[
        (_split(train="not both"), "the same speaker, or the same sentence, is heard in training"),
        (_split(train="speaker"), "the sentence is heard in training, from others"),
        (_split(train="sentence"), "the speaker is heard in training, with other sentences"),
        (
            _split(train="speaker", test="speaker"),
            "the speaker alone is held apart: the sentence must be unheard as well",
        ),
        (_as_booleans, "these are booleans: `np.flatnonzero` gives the numbers of the rows"),
        (_split(test="speaker"), "the test holds the speaker's other sentences as well"),
        (_split(test="either"), "the test holds what is new in one way only: both must be"),
        (
            lambda *arguments: _split()(*arguments)[::-1],
            "the two sides are exchanged: training first",
        ),
    ],
    valid=_spoken,
)
def split(speakers, sentences, speaker, sentence):
    return _split()(speakers, sentences, speaker, sentence)


# --- steps, on the device -----------------------------------------------------------------------


def _steps(*, voiced="both", absolute=True, over="pairs", half=False, least=1):
    def steps(contours, is_voiced):
        import torch

        before, after = is_voiced[:, :-1], is_voiced[:, 1:]
        counts = {"both": before & after, "either": before | after, "after": after}[voiced]
        moved = (contours[:, 1:] - contours[:, :-1]) / (2 if half else 1)
        moved = torch.where(counts, moved.abs() if absolute else moved, 0.0)
        many = {"pairs": counts, "frames": torch.ones_like(counts), "voiced": is_voiced}[over]
        return moved.sum(dim=1) / many.sum(dim=1).clamp(min=least)

    return steps


def _cut_out(contours, is_voiced):
    import torch

    steps = [row[kept].diff().abs() for row, kept in zip(contours, is_voiced, strict=True)]
    return torch.stack([one.sum() / max(1, len(one)) for one in steps])


def _stepped(answer, contours, is_voiced):
    import torch

    found = answer(contours.clone(), is_voiced.clone())
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    return {
        "the device": found.device.type,
        "the shape": tuple(found.shape),
        "the values, in three decimals": [round(float(x), 3) + 0.0 for x in found.reshape(-1)[:64]],
    }


def _batch(n_sounds, n_frames, device, *, seed=0, share=0.7):
    import torch

    random = np.random.default_rng(seed)
    contours = torch.as_tensor(random.normal(size=(n_sounds, n_frames)), device=device)
    is_voiced = torch.as_tensor(random.random((n_sounds, n_frames)) < share, device=device)
    return contours.float(), is_voiced


def _batches():
    import torch

    from audiolessons import training

    device = training.pick_device()
    n_sounds = 4096 if device.type != "cpu" else 50
    by_hand = torch.tensor([[0.0, 2.0, 1.0, 5.0]]), torch.tensor([[True, True, True, False]])
    nothing = torch.ones(2, 4), torch.tensor([[False] * 4, [True, False, True, False]])
    return [
        probe("steps of 2 and 1, by hand: 1.5", *by_hand),
        probe("no two voiced frames side by side: 0", *nothing),
        probe("three contours with gaps", *_batch(3, 9, "cpu", seed=1)),
        probe(f"{n_sounds} contours on the device {device.type}", *_batch(n_sounds, 200, device)),
    ]


def _any_batch(random):
    n_sounds, n_frames = (int(n) for n in random.integers(2, 8, 2))
    return _batch(n_sounds, n_frames, "cpu", seed=int(random.integers(1000)))


@exercise(
    "emotion.steps",
    level="core",
    hints=(
        "A step lies between two frames: `contours[:, 1:] - contours[:, :-1]`.",
        "It counts where both frames are voiced: `is_voiced[:, 1:] & is_voiced[:, :-1]`.",
        "Sum the sizes of those that count, and divide by how many there are, at least 1: "
        "`.clamp(min=1)`. No loop over the sounds.",
    ),
    observe=_stepped,
    probes=_batches,
    wrong=[
        (_steps(voiced="after"), "a step into a voiced frame from an unvoiced one counts as well"),
        (_steps(voiced="either"), "one voiced frame is enough here: both must be"),
        (_cut_out, "unvoiced frames are cut out first: then frames far apart are neighbours"),
        (_steps(least=0), "a contour without such a pair gives 0 / 0: return 0 for it"),
        (_steps(over="voiced"), "divide by the number of steps, not of voiced frames"),
        (_steps(absolute=False), "steps up and down cancel: take their sizes"),
        (_steps(over="frames"), "divide by the number of steps that count, not by all"),
        (_steps(half=True), "the values are half of what they should be: a step is a difference"),
        (
            lambda contours, is_voiced: _steps()(contours, is_voiced).cpu().numpy(),
            "return a torch tensor, on the device of `contours`",
        ),
    ],
    valid=_any_batch,
)
def steps(contours, is_voiced):
    return _steps()(contours, is_voiced)


# --- the bug hunt: who gave the mean ------------------------------------------------------------


def _scaled(*, own="train", constant=1.0, divide=True, n_less=0, axis=0):
    def scaled(table, is_test):
        table, is_test = np.array(table, dtype=float), np.asarray(is_test)
        found = np.empty_like(table)
        for part in (~is_test, is_test):
            source = {
                "train": ~is_test,
                "test": is_test,
                "all": is_test | True,
                "part": part,
            }[own]
            known = table[source]
            mean, deviation = known.mean(axis=axis), known.std(axis=axis, ddof=n_less)
            deviation = np.where(deviation > 0, deviation, constant)
            found[part] = (table[part] - mean) / (deviation if divide else 1)
        return found

    return scaled


def _test_rows_as_they_were(table, is_test):
    return np.where(np.asarray(is_test)[:, None], table, _scaled()(table, is_test))


CONSTANT = np.array([[1.0, 4.0], [3.0, 4.0], [9.0, 6.0], [5.0, 4.0]])


def _tables(random):
    table = random.normal(size=(int(random.integers(5, 12)), int(random.integers(1, 5))))
    is_test = random.random(len(table)) < 0.4
    is_test[:4] = [True, False, False, True]
    return 3 * table + 5, is_test


@exercise(
    "emotion.leak",
    level="stretch",
    hints=(
        "What is known of the test rows before they are tested? Nothing: not their mean either.",
        "Mean and deviation come from `table[~is_test]`, and are used for all rows.",
        "Where the deviation of the training rows is 0, divide by 1: `np.where`.",
    ),
    probes=[
        probe(
            "two training rows", np.array([[0.0], [2.0], [10.0]]), np.array([False, False, True])
        ),
        probe("six rows, three columns", 2 + noise(6, 3, seed=1), np.array([0, 1, 0, 0, 1, 0]) > 0),
        probe("a column that is constant in training", CONSTANT, np.array([0, 0, 1, 0]) > 0),
        probe("one test row alone", 7 * noise(5, 2, seed=5), np.array([1, 0, 0, 0, 0]) > 0),
    ],
    wrong=[
        (_scaled(own="all"), "mean and deviation hold the test rows: take the training rows alone"),
        (_scaled(own="test"), "the test rows give mean and deviation: the training rows should"),
        *(
            (
                _scaled(own="part", constant=constant),
                "the test rows are scaled by their own mean, which one sentence does not have",
            )
            for constant in (1.0, 0.0)
        ),
        (_test_rows_as_they_were, "the test rows come back as they were: scale them as well"),
        (_scaled(axis=None), "this is one mean of the whole table: each column has its own"),
        (_scaled(constant=0.0), "a column that is constant in training is divided by 0: take 1"),
        (_scaled(divide=False), "the mean is taken away, but nothing is divided by the deviation"),
        (_scaled(n_less=1), "divide by the deviation with ddof=0, as StandardScaler does"),
        *(
            (
                _scaled(constant=constant),
                "where the deviation is 0 this divides by something small: divide by 1 there",
            )
            for constant in (1e-3, 1e-6, 1e-8, 1e-10, 1e-12)
        ),
    ],
    valid=_tables,
)
def scaled(table, is_test):
    return _scaled()(table, is_test)
