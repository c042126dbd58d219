"""A first classifier: statistics of MFCC, scaled, given to scikit-learn.

Settings are fixed here, or chosen by cross-validation inside the training part. Nothing is chosen
by looking at test sounds: what a test set has picked it can no longer measure.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from audiolessons import datasets, features, metrics, results
from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.results import Row

CLASSIFIERS = ("k-NN", "SVM", "random forest")
# Frames of 32 ms every 10 ms at 8 kHz, the usual ones for speech; of 46 ms every 12 ms at 44.1 kHz.
DIGIT_FRAMES = {"n_fft": 256, "hop_length": 80, "n_mels": 40}
N_PARTS = (1, 3, 5)  # of which the digits are described by means
CLIP_FRAMES = {"n_fft": 2048, "hop_length": 512, "n_mels": 128}


def pipeline(name: str = "SVM", *, seed: int = 0):
    """Return scaling and classifier as one scikit-learn pipeline, which is fitted as one.

    Parameters
    ----------
    name : str
        "k-NN" (5 neighbours), "SVM" (Gaussian kernel, C = 1), "random forest" (300 trees).
    seed : int
        For the random forest.

    Raises
    ------
    AudioError
        If there is no such classifier.

    Examples
    --------
    >>> [step for step, _ in pipeline("SVM").steps]
    ['standardscaler', 'svc']

    Chapter: sound/features
    """
    check_choice(name, name="classifier", choices=CLASSIFIERS)
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model = {
        "k-NN": lambda: KNeighborsClassifier(5),
        "SVM": lambda: SVC(C=1.0),
        "random forest": lambda: RandomForestClassifier(300, random_state=seed),
    }[name]()
    return make_pipeline(StandardScaler(), model)


def describe(cepstra, *, n_parts: int = 1) -> np.ndarray:
    """Return one vector for a sound: the means over `n_parts` equal stretches, then the deviation.

    Parameters
    ----------
    cepstra : array
        Shape (D, N), at least `n_parts` frames.
    n_parts : int
        1: mean and standard deviation over the whole sound, as `features.summary_statistics`, which
        forgets in which order things came. 3: beginning, middle and end, so that order is kept.

    Returns
    -------
    numpy.ndarray
        Shape ((n_parts + 1) D,).

    Raises
    ------
    AudioError
        If there are fewer frames than parts.

    Examples
    --------
    >>> describe(np.array([[1.0, 1.0, 4.0, 4.0, 7.0, 7.0]]), n_parts=3)
    array([1.  , 4.  , 7.  , 2.45])

    Chapter: sound/features
    """
    check_count(n_parts, name="n_parts")
    cepstra = np.asarray(cepstra)
    if cepstra.ndim != 2 or cepstra.shape[1] < n_parts:
        raise AudioError(
            f"cepstra has shape {cepstra.shape}: give (D, N) with at least {n_parts} frames"
        )
    means = [part.mean(axis=1) for part in np.array_split(cepstra, n_parts, axis=1)]
    return np.concatenate([*means, cepstra.std(axis=1)])


def cepstra_of(sounds, *, n_mfcc: int = 13, **frames) -> list[np.ndarray]:
    """Return the MFCC of every sound of a set: a list of arrays of shape (n_mfcc, N).

    Parameters
    ----------
    sounds : iterable
        Items with `audio` and `sample_rate`, such as a data set.
    n_mfcc : int
        Coefficients to keep.
    **frames
        n_fft, hop_length, n_mels, as for `features.mfcc`.

    Examples
    --------
    >>> examples = datasets.load("examples")
    >>> len(cepstra_of(examples.select([0])))
    1

    Chapter: sound/features
    """
    return [
        features.mfcc(sound.audio, sample_rate=sound.sample_rate, n_mfcc=n_mfcc, **frames)
        for sound in sounds
    ]


def spoken_digits_official(
    seed: int = 0, *, classifier: str = "SVM", table=None, target="label"
) -> dict:
    """Train on takes 5 and later, test on takes 0 to 4: new takes of voices already heard.

    Parameters
    ----------
    seed : int
        For classifiers that draw lots.
    classifier : str
        As for `pipeline`.
    table : array, optional
        Shape (B, D), a row a sound of `datasets.load("spoken_digits")`; mean and standard deviation
        of 13 MFCC unless given.
    target : str
        What to predict: "label" (the digit) or "speaker".

    Returns
    -------
    dict
        accuracy, n_test, truth, predicted.

    Examples
    --------
    >>> spoken_digits_official()["accuracy"]  # doctest: +SKIP
    0.99

    Chapter: sound/features
    """
    check_choice(target, name="target", choices=("label", "speaker"))
    digits = datasets.load("spoken_digits")
    table = _digit_table(digits, table)
    is_test = digits.table["split"] == "test"
    return _train_and_test(pipeline(classifier, seed=seed), table, digits.table[target], is_test)


def spoken_digits_held_out_speaker(seed: int = 0, *, classifier: str = "SVM", table=None) -> dict:
    """Hold out one speaker after the other: train on the others' takes, test on all of his.

    Parameters
    ----------
    seed, classifier, table
        As for `spoken_digits_official`. Several tables, {name: (B, D)}, may be given: in each round
        the one is taken that does best when each of the *training* speakers is held out in turn.

    Returns
    -------
    dict
        accuracy (mean over speakers), spread (standard deviation over speakers), n_test, truth,
        predicted, speaker (of each test sound), by_speaker {name: accuracy}, chosen {name: table}.

    Examples
    --------
    >>> spoken_digits_held_out_speaker()["accuracy"]  # doctest: +SKIP
    0.60

    Chapter: sound/features
    """
    digits = datasets.load("spoken_digits")
    labels, speakers = digits.label_ids, digits.table["speaker"]
    tables = table if isinstance(table, dict) else {"given": table}
    tables = {name: _digit_table(digits, one) for name, one in tables.items()}
    predicted, by_speaker, chosen = np.empty_like(labels), {}, {}
    for speaker in digits.speakers:
        held_out = speakers == speaker
        chosen[speaker] = _best_table(tables, labels, speakers, ~held_out, classifier, seed)
        rows = tables[chosen[speaker]]
        result = _train_and_test(pipeline(classifier, seed=seed), rows, labels, held_out)
        predicted[held_out] = result["predicted"]
        by_speaker[speaker] = result["accuracy"]
    accuracies = np.array(list(by_speaker.values()))
    return {
        "accuracy": float(accuracies.mean()),
        "spread": float(accuracies.std(ddof=1)),
        "n_test": len(labels),
        "truth": labels,
        "predicted": predicted,
        "speaker": speakers,
        "by_speaker": by_speaker,
        "chosen": chosen,
    }


def environmental_sounds_folds(*, classifier: str = "SVM", seed: int = 0, table=None) -> dict:
    """Test on each of the five folds after training on the other four.

    Parameters
    ----------
    classifier : str
        "k-NN", "SVM" or "random forest".
    seed : int
        For the random forest.
    table : array, optional
        Shape (B, D), a row a clip of `datasets.load("environmental_sounds")`; mean and standard
        deviation of 13 MFCC unless given.

    Returns
    -------
    dict
        accuracy (mean over folds), spread (standard deviation over folds), n_test, truth,
        predicted, by_fold {fold: accuracy}.

    Examples
    --------
    >>> environmental_sounds_folds(classifier="SVM")["accuracy"]  # doctest: +SKIP
    0.72

    Chapter: sound/features
    """
    clips = datasets.load("environmental_sounds")
    labels, folds = clips.label_ids, clips.table["fold"]
    if table is None:
        table = np.stack([describe(cepstra) for cepstra in cepstra_of(clips, **CLIP_FRAMES)])
    table = _check_table(table, len(clips))
    model, predicted, by_fold = pipeline(classifier, seed=seed), np.empty_like(labels), {}
    for fold in clips.folds:
        result = _train_and_test(model, table, labels, folds == fold)
        predicted[folds == fold] = result["predicted"]
        by_fold[fold] = result["accuracy"]
    accuracies = np.array(list(by_fold.values()))
    return {
        "accuracy": float(accuracies.mean()),
        "spread": float(accuracies.std(ddof=1)),
        "n_test": len(labels),
        "truth": labels,
        "predicted": predicted,
        "by_fold": by_fold,
    }


def cross_validated(table, labels, *, classifier: str = "SVM", groups=None, seed: int = 0) -> float:
    """Return the accuracy inside a training set, which may choose settings: no test sound is seen.

    Parameters
    ----------
    table : array
        Shape (B, D).
    labels : array
        Shape (B,).
    classifier, seed
        As for `pipeline`.
    groups : array, optional
        Shape (B,). Each group is held out in turn, whole; without groups five random fifths are.

    Examples
    --------
    >>> table = np.repeat([[0.0], [1.0]], 20, axis=0)
    >>> cross_validated(table, np.repeat([0, 1], 20))
    1.0

    Chapter: sound/features
    """
    from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, cross_val_score

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    rounds = folds if groups is None else LeaveOneGroupOut()
    scores = cross_val_score(
        pipeline(classifier, seed=seed), table, labels, groups=groups, cv=rounds
    )
    return float(scores.mean())


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: both digit tests, and each classifier on the clips.

    Parameters
    ----------
    quick : bool
        Makes no difference here: all of it takes less than two minutes.

    Chapter: sound/features
    """
    digits = functools.cache(_digits_by_parts)
    clips = functools.cache(_clip_table)
    measurements = {
        **{f"digits_{n}_parts": partial(_digit_rows, digits, n) for n in N_PARTS},
        "digits_parts_chosen": partial(_chosen_rows, digits),
    }
    for name in CLASSIFIERS:
        measurements[f"clips_{results.slug(name)}"] = partial(_clip_rows, clips, name)
    return measurements


def _digits_by_parts():
    """Return the source, and a table for each number of parts."""
    digits = datasets.load("spoken_digits")
    cepstra = cepstra_of(digits, **DIGIT_FRAMES)
    return digits.source, {
        n: np.stack([describe(one, n_parts=n) for one in cepstra]) for n in N_PARTS
    }


def _clip_table():
    clips = datasets.load("environmental_sounds")
    cepstra = cepstra_of(clips, **CLIP_FRAMES)
    return clips.source, np.stack([describe(one) for one in cepstra])


def _digit_rows(digits, n_parts):
    source, tables = digits()
    how = f"{source}, 13 MFCC, means of {n_parts} parts and deviation, SVM"
    official = spoken_digits_official(table=tables[n_parts])
    yield Row.share(
        "official",
        official["accuracy"],
        official["n_test"],
        how=f"{how}, official split",
        exact=True,
    )
    yield _held_out_row(spoken_digits_held_out_speaker(table=tables[n_parts]), how)


def _chosen_rows(digits):
    source, tables = digits()
    how = f"{source}, number of parts chosen among the training speakers in each round"
    yield _held_out_row(spoken_digits_held_out_speaker(table=tables), how)


def _held_out_row(result, how):
    shares = [100 * share for share in result["by_speaker"].values()]
    how = f"{how}, each of {len(shares)} voices held out in turn"
    return Row.several("held_out", shares, "%", how=how, exact=True)


def _clip_rows(clips, classifier):
    source, table = clips()
    result = environmental_sounds_folds(classifier=classifier, table=table)
    shares = [100 * share for share in result["by_fold"].values()]
    how = f"{source}, mean and deviation of 13 MFCC, {len(shares)} folds, seed 0"
    yield Row.several("accuracy", shares, "%", how=how, exact=True)


def _digit_table(digits, table):
    if table is None:
        return np.stack([describe(one) for one in cepstra_of(digits, **DIGIT_FRAMES)])
    return _check_table(table, len(digits))


def _check_table(table, n_sounds):
    table = np.asarray(table)
    if table.ndim != 2 or len(table) != n_sounds:
        raise AudioError(
            f"table has shape {table.shape}: give (B, D) with a row for each of {n_sounds} sounds"
        )
    return table


def _best_table(tables, labels, speakers, is_train, classifier, seed):
    """Name the table with which the training speakers, each held out in turn, do best."""
    if len(tables) == 1:
        return next(iter(tables))
    train = labels[is_train], speakers[is_train]
    scores = {
        name: cross_validated(
            table[is_train], train[0], groups=train[1], classifier=classifier, seed=seed
        )
        for name, table in tables.items()
    }
    return max(scores, key=scores.get)


def _train_and_test(model, table, labels, is_test) -> dict:
    """Fit on the training rows alone, scaling included, and predict the test rows."""
    model.fit(table[~is_test], labels[~is_test])
    predicted = model.predict(table[is_test])
    return {
        "accuracy": metrics.accuracy(labels[is_test], predicted),
        "n_test": int(is_test.sum()),
        "truth": labels[is_test],
        "predicted": predicted,
    }
