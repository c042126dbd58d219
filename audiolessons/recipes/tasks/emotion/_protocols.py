"""Systems that tell acted emotions, and ways to divide the sentences into training and test."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import check_choice
from audiolessons.recipes.tasks.emotion._descriptions import PARTS, Acted
from audiolessons.results import read_scenes

PROTOCOLS = ("random", "speaker", "speaker_and_sentence", "own_mean")
SHRINKAGES = (0.1, 0.3, 0.6)
DESCRIPTIONS = {
    "prosody": ("prosody",),
    "timbre": ("timbre",),
    "both": ("prosody", "timbre"),
    "embedding": ("embedding",),
    "all": PARTS,
}
CLASSIFIERS = ("svm", *(f"lda_{shrinkage}" for shrinkage in SHRINKAGES))
SYSTEMS = tuple(f"{what}.{how}" for what in DESCRIPTIONS for how in CLASSIFIERS)


def classifier(name: str):
    """Return a classifier that has learned nothing: "svm", or "lda_" and how far it shrinks.

    Each number is first scaled by its mean and deviation over the training sentences.

    Raises
    ------
    AudioError
        If there is no such classifier.

    Chapter: tasks/emotion
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    check_choice(name, name="classifier", choices=CLASSIFIERS)
    if name == "svm":
        return make_pipeline(StandardScaler(), SVC(C=3.0, class_weight="balanced"))
    shrinkage = float(name.removeprefix("lda_"))
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    return make_pipeline(StandardScaler(), lda)


def predict(acted: Acted, system: str, train, test, *, table=None) -> np.ndarray:
    """Return what a system makes of the test rows after learning the training rows.

    Parameters
    ----------
    acted : Acted
    system : str
        One of `SYSTEMS`, such as "both.svm".
    train, test : array
        (B,) booleans, or numbers of rows.
    table : array, optional
        (B, D), in place of what the system describes.

    Chapter: tasks/emotion
    """
    what, how = system.split(".", 1)
    rows = acted.table(DESCRIPTIONS[what]) if table is None else table
    return classifier(how).fit(rows[train], acted.emotion[train]).predict(rows[test])


def splits(acted: Acted, protocol: str):
    """Yield (training, test) of a protocol, (B,) booleans each: every row is tested once.

    "random": ten folds that were drawn; "speaker" and "own_mean": a speaker at a time;
    "speaker_and_sentence": neither was heard in training.

    Raises
    ------
    AudioError
        If there is no such protocol.

    Chapter: tasks/emotion
    """
    check_choice(protocol, name="protocol", choices=PROTOCOLS)
    if protocol == "random":
        fold = random_folds(acted)
        for number in np.unique(fold):
            yield fold != number, fold == number
        return
    for speaker in np.unique(acted.speaker):
        is_speaker = acted.speaker == speaker
        if protocol != "speaker_and_sentence":
            yield ~is_speaker, is_speaker
            continue
        for sentence in np.unique(acted.sentence[is_speaker]):
            is_sentence = acted.sentence == sentence
            yield ~is_speaker & ~is_sentence, is_speaker & is_sentence


def random_folds(acted: Acted) -> np.ndarray:
    """Return the fold of each row, (B,): drawn before anything was trained; stand-ins by number."""
    if acted.source != "recordings":
        return np.arange(len(acted.emotion)) % 10
    fold_of = {one: n for n, fold in enumerate(read_scenes("emotion")["folds"]) for one in fold}
    return np.array([fold_of[one] for one in acted.ids])


def centred(table, speakers) -> np.ndarray:
    """Return a table (B, D) less the mean of each speaker's rows: it needs to know who speaks, and
    all that was said.

    Chapter: tasks/emotion
    """
    table = np.array(table, dtype=np.float64)
    for speaker in np.unique(speakers):
        table[speakers == speaker] -= table[speakers == speaker].mean(axis=0)
    return table


def tested(acted: Acted, system: str, protocol: str) -> np.ndarray:
    """Return what a system makes of every row, (B,), when it is that row's turn to be tested.

    Chapter: tasks/emotion
    """
    table = acted.table(DESCRIPTIONS[system.split(".", 1)[0]])
    if protocol == "own_mean":
        table = centred(table, acted.speaker)
    found = np.zeros_like(acted.emotion)
    for train, test in splits(acted, protocol):
        found[test] = predict(acted, system, train, test, table=table)
    return found
