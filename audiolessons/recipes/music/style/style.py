"""What makes a jig a jig? Four dances told from notes, keys from profiles, and sounds that mislead.

Metres, headers and bar lines are no features. Near-duplicates stand on one side. What is reported
as ours is chosen inside the training folds, for each test fold.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from functools import partial

import numpy as np

from audiolessons import datasets, metrics, music
from audiolessons.recipes._choice import answers_of, chosen, judged
from audiolessons.recipes.music.style._dances import (
    DANCES,
    FREE,
    SYSTEMS,
    Systems,
    Tunes,
    beats,
    load,
    trigrams,
    without_scale,
    words,
)
from audiolessons.recipes.music.style._folds import draw, folds_of
from audiolessons.recipes.music.style._sounds import (
    BANDS,
    EIGHTHS_A_SECOND,
    INSTRUMENTS,
    SAMPLE_RATE,
    Concert,
    describe,
    play,
)
from audiolessons.results import Row

__all__ = [
    "BANDS",
    "DANCES",
    "EIGHTHS_A_SECOND",
    "INSTRUMENTS",
    "SAMPLE_RATE",
    "SYSTEMS",
    "Concert",
    "Systems",
    "Tunes",
    "beats",
    "describe",
    "f1",
    "folds_of",
    "load",
    "macro_f1",
    "measure",
    "play",
    "scenes",
    "tested",
    "trigrams",
    "without_scale",
    "words",
]

GOAL_MACRO, GOAL_HARD = 0.88, 0.70
HARD = DANCES.index("hornpipe")
N_TRAIN, N_TEST = 120, 34  # jigs, and reels, that are played
SIXTEENTH = Fraction(1, 16)


def f1(truth, answers) -> np.ndarray:
    """Return the F1 of each dance, (4,).

    Chapter: music/style
    """
    return metrics.precision_recall_f1(truth, answers, classes=np.arange(len(DANCES)))[2]


def macro_f1(truth, answers) -> float:
    """Return the mean F1 of the dances, each counting alike.

    Chapter: music/style
    """
    return float(f1(truth, answers).mean())


def tested(systems: Systems, system: str, fold) -> np.ndarray:
    """Return what a system makes of each fold after learning the others, (B,).

    Chapter: music/style
    """
    return answers_of(dict.fromkeys(np.unique(fold), system), systems.truth, fold, systems.answer)


def scenes() -> dict:
    """Draw the folds: what `python -m audiolessons scenes style` writes.

    Chapter: music/style
    """
    return draw(seed=0)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; `quick` has the stand-ins and few systems.

    Chapter: music/style
    """
    tunes = functools.cache(partial(load, stand_ins=quick))
    systems = functools.cache(lambda: Systems(tunes()))
    names = SYSTEMS[:3:2] if quick else SYSTEMS
    free = FREE[:1] if quick else FREE
    return {
        "dances": partial(_dance_rows, tunes, systems, names),
        "free": partial(_dance_rows, tunes, systems, free, goal=False),
        "simple": partial(_simple_rows, tunes, systems),
        "leaking": partial(_leaking_rows, tunes, systems),
        "chorales": partial(_chorale_rows, quick),
        "keys": partial(_key_rows, quick),
        "metre": partial(_metre_rows, quick),
        "sound": partial(_sound_rows, tunes, quick),
    }


def _rows(tunes, answers, *, about, goal=False, prefix=""):
    """Yield macro F1 and each dance's, with intervals over groups of near-duplicates."""
    pairs = np.stack([tunes.dance, answers], axis=1)

    def interval(number=None):
        def statistic(rows):
            return macro_f1(*rows.T) if number is None else f1(*rows.T)[number]

        return metrics.bootstrap_interval(pairs, statistic=statistic, groups=tunes.group)

    n_groups = len(np.unique(tunes.group))
    how = f"{tunes.source}, {len(tunes)} tunes, {about}, 95 % interval over {n_groups} groups"
    aim = {"goal": f">= {GOAL_MACRO}"} if goal else {}
    macro = macro_f1(tunes.dance, answers)
    yield Row(f"{prefix}macro_f1", macro, how=how, spread=interval(), **aim)
    for number, (dance, value) in enumerate(zip(DANCES, f1(tunes.dance, answers), strict=True)):
        aim = {"goal": f">= {GOAL_HARD}"} if goal and number == HARD else {}
        yield Row(f"{prefix}f1_{dance}", value, how=how, spread=interval(number), **aim)


def _dance_rows(tunes, systems, names, *, goal=True):
    """Yield what the systems chosen by the other folds make of each fold."""
    tunes, systems = tunes(), systems()
    fold = folds_of(tunes)
    worth = judged(systems.truth, fold, names, systems.answer, score=macro_f1)
    answers = answers_of(chosen(worth), systems.truth, fold, systems.answer)
    about = (
        f"{len(np.unique(fold))} folds of groups, one of {len(names)} systems chosen by the other "
        "folds"
    )
    yield from _rows(tunes, answers, about=about, goal=goal)
    if goal:
        simple = tested(systems, "trigrams", fold)
        pairs = np.stack([tunes.dance, answers, simple], axis=1)

        def gain(rows):
            return macro_f1(rows[:, 0], rows[:, 1]) - macro_f1(rows[:, 0], rows[:, 2])

        spread = metrics.bootstrap_interval(pairs, statistic=gain, groups=tunes.group)
        how = f"{tunes.source}, macro F1 above that of simple.trigrams, paired over groups"
        yield Row("gain", gain(pairs), how=how, spread=spread, goal=">= 0")
        is_hard = np.isin(tunes.dance, (DANCES.index("reel"), HARD))
        hard = f1(tunes.dance[is_hard], answers[is_hard])
        how = f"{tunes.source}, hornpipes, of reels and hornpipes alone, as macro_f1"
        yield Row("pair_hornpipe", hard[HARD], how=how)
    for system in names:
        values = list(worth[system].values())
        how = f"{tunes.source}, {system}, judged by the folds that were not the test"
        yield Row.several(f"inner.{_plain(system)}", values, how=how)


def _simple_rows(tunes, systems):
    """Yield systems that nothing was chosen for: trigrams, and what the field M: alone tells."""
    tunes, systems = tunes(), systems()
    fold = folds_of(tunes)
    for system in ("trigrams", "metre", "beats", "words_30"):
        answers = tested(systems, system, fold)
        about = f"folds of groups, {system}"
        yield from _rows(tunes, answers, about=about, prefix=f"{_plain(system)}.")


def _leaking_rows(tunes, systems):
    """Yield one system under both splits, for all tunes and for those with a near-duplicate."""
    tunes, systems = tunes(), systems()
    names, counts = np.unique(tunes.group, return_counts=True)
    is_twin = np.isin(tunes.group, names[counts > 1])
    for kind in ("folds", "leaking"):
        answers = tested(systems, "words_30", folds_of(tunes, kind))
        said = "duplicates on one side" if kind == "folds" else "tunes drawn one by one"
        name = "honest" if kind == "folds" else "leaking"
        how = f"{tunes.source}, words_30, {said}"
        yield Row(f"{name}_macro_f1", macro_f1(tunes.dance, answers), how=how)
        right = (answers == tunes.dance)[is_twin]
        how = f"{how}, tunes with a near-duplicate"
        yield Row.share(f"{name}_twins", right.mean(), len(right), how=how)


def _chorale_rows(quick):
    """Yield how well chorales are told from folk tunes: by words, and by one number."""
    folk = datasets.load("folk_tunes", stand_ins=quick)
    bach = datasets.load("chorales", form="four_voices", stand_ins=quick)
    sung = [soprano(item.voices) for item in bach]
    told = [music.melody(item.notes) for item in folk]
    group = music.same_tunes([*told, *sung])
    truth = np.repeat([0, 1], [len(told), len(sung)])
    fold = group % 5
    texts = [words(notes) for notes in (*told, *sung)]
    numbers = np.array([[_share_of_quarters(notes)] for notes in (*told, *sung)])
    source = f"{folk.source}, {len(told)} folk tunes, {len(sung)} sopranos of chorales, 5 folds"
    for name, rows in (("words", texts), ("one_number", numbers)):
        answers = np.empty_like(truth)
        for number in np.unique(fold):
            answers[fold == number] = _two_kinds(rows, truth, fold != number, fold == number)
        shares = [np.mean(answers[truth == kind] == kind) for kind in (0, 1)]
        said = "words of notes" if name == "words" else "the share of quarters alone"
        yield Row(name, 100 * float(np.mean(shares)), "%", how=f"{source}, UAR, {said}")


def soprano(voices) -> list[music.Note]:
    """Return the highest of four voices (N, 4), in sixteenths, as notes.

    Chapter: music/style
    """
    first = music.voice_notes(voices)[0]
    return [
        music.Note(start * SIXTEENTH, (end - start) * SIXTEENTH, int(pitch))
        for pitch, start, end in first
    ]


def _share_of_quarters(notes):
    return sum(note.duration == Fraction(1, 4) for note in notes) / len(notes)


def _two_kinds(rows, truth, train, test):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    if isinstance(rows, list):
        count = CountVectorizer(analyzer=list, min_df=5)
        count.fit(row for row, is_in in zip(rows, train, strict=True) if is_in)
        rows = count.transform(rows)
    model = LogisticRegression(class_weight="balanced", max_iter=3000)
    return model.fit(rows[train], truth[train]).predict(rows[test])


def _key_rows(quick):
    """Yield how often the key of the field K: is found, of tunes in major or minor."""
    tunes = datasets.load("folk_tunes", stand_ins=quick)
    items = [item for item in tunes if item.tune.key.mode in ("major", "minor")]
    for profile in music.PROFILES:
        found = [music.find_key(item.notes, profile=profile) for item in items]
        right = [key.name == item.key for key, item in zip(found, items, strict=True)]
        how = f"{tunes.source}, profiles by {profile.capitalize()}, tonic and mode"
        yield Row.share(profile, float(np.mean(right)), len(right), how=how, exact=True)
    changes = [key.changes == item.tune.key.changes for key, item in zip(found, items, strict=True)]
    how = f"{tunes.source}, profiles by {profile.capitalize()}, the signature alone"
    yield Row.share("signature", float(np.mean(changes)), len(changes), how=how, exact=True)


def _metre_rows(quick):
    """Yield how often the metre of the field M: is guessed from onsets."""
    tunes = datasets.load("folk_tunes", stand_ins=quick)
    items = [item for item in tunes if item.metre in music.BARS and len(item.notes) > 30]
    right = [music.find_bar(item.notes) == item.metre for item in items]
    how = f"{tunes.source}, tunes of more than 30 notes in {', '.join(music.BARS)}"
    yield Row.share("right", float(np.mean(right)), len(right), how=how, exact=True)
    _, counts = np.unique([item.metre for item in items], return_counts=True)
    how = f"{how}, the commonest metre for all"
    yield Row.share("commonest", counts.max() / len(items), len(items), how=how, exact=True)


def _sound_rows(tunes, quick):
    """Yield what a classifier of sound gets right where a band gives the dance away, and not."""
    counts = {"n_train": 12, "n_test": 6} if quick else {"n_train": N_TRAIN, "n_test": N_TEST}
    concert = Concert(tunes(), **counts)
    for learned in ("instrument", "tempo", "mixed"):
        swapped = f"{learned} swapped"
        for band in (learned, swapped) if swapped in BANDS else (learned,):
            right = concert.right(learned, band)
            how = (
                f"{tunes().source}, {counts['n_train']} jigs and as many reels, learned from band "
                f"{learned!r}, tested on {band!r}, seed 0"
            )
            yield Row.share(_plain(band), float(right.mean()), len(right), how=how)


def _plain(name):
    """Return a name as rows want it."""
    return name.replace("+", "_and_").replace("/", "_by_").replace(" ", "_")
