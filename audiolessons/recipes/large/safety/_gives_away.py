"""What a voice tells beside its words: woman or man, how old, a child.

Nothing is learned from children, as everywhere in the book: that a voice is a child's is told by a
rule without weights, the pitch.
"""

from __future__ import annotations

import functools

import numpy as np

from audiolessons import datasets, features
from audiolessons.recipes.large.safety._disguises import disguise_all
from audiolessons.recipes.large.safety._sides import ATTACKED
from audiolessons.recipes.tasks.speaker import _voice_networks as verifier
from audiolessons.recipes.tasks.speaker._altered_voices import voices
from audiolessons.results import Row

RATE = verifier.SAMPLE_RATE
TAUGHT = 3  # what is drawn for training voices
PENALTIES = 10.0 ** np.arange(-3, 4)  # of the line that tells ages
PITCH = {"min_hz": 60.0, "max_hz": 600.0, "frame_length": 640, "hop_length": 160, "threshold": 0.4}
N_FOLDS = 5
N_DRAWS = 2000  # of the bootstrap
N_QUICK = 4


@functools.cache
def _taught(name, quick):
    """Return training voices of the small form, disguised, and their vectors."""
    sounds = voices("many_voices", split="train")
    if quick:  # some of either sex
        sexes = sorted({one.sex for one in sounds})
        sounds = [one for sex in sexes for one in [s for s in sounds if s.sex == sex][:N_QUICK]]
    seeds = [[TAUGHT, n] for n in range(len(sounds))]
    made = disguise_all(name, sounds, sample_rate=RATE, seeds=seeds)
    encoder = verifier.trained()
    return np.stack([verifier.embed(encoder, audio) for audio in made]), sounds


def sex_row(test, name: str, *, learned: str = "none") -> Row:
    """Return how often the sex of a stranger is told from the vector of a disguised sound.

    `learned` is the disguise of the training voices.

    Chapter: large/safety
    """
    from sklearn.linear_model import LogisticRegression

    vectors, sounds = _taught(learned, test.quick)
    told = LogisticRegression(C=10.0, max_iter=1000).fit(vectors, [one.sex for one in sounds])
    attacked = test.vectors(name, ATTACKED)
    right = told.predict(attacked) == np.array([one.sex for one in test.trials.sides])
    kind = "undisguised" if learned == "none" else "disguised"
    how = f"woman or man, by logistic regression on the vectors of {kind} training voices"
    return Row.share("sex", float(right.mean()), len(right), how=how, weights=(verifier.NAME,))


def age_rows(name: str, test):
    """Yield how well the age of adults is told by who has learned from voices disguised likewise.

    Chapter: large/safety
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold

    vectors, sounds = _taught(name, test.quick)
    years_of = _ages("train")
    years = np.array([years_of[one.speaker] for one in sounds])
    groups = [one.speaker for one in sounds]
    n_folds = min(N_FOLDS, len(set(groups)))
    search = GridSearchCV(
        Ridge(),
        {"alpha": PENALTIES},
        cv=GroupKFold(n_folds),
        scoring="neg_mean_absolute_error",
    ).fit(vectors, years, groups=groups)
    told = search.predict(test.vectors(name, ATTACKED))
    speakers = np.array([one.speaker for one in test.trials.sides])
    names = np.unique(speakers)
    guessed = np.array([told[speakers == one].mean() for one in names])
    true = np.array([_ages("test")[one] for one in names])
    how = "adults, mean over the sentences of a speaker, ridge regression on disguised voices"
    how = how.replace("disguised", "undisguised") if name == "none" else how
    used = {"weights": (verifier.NAME,), "of": "speakers"}
    error, plain = np.abs(guessed - true), np.abs(np.median(years) - true)
    yield Row.average("error", error.tolist(), "years", how=how, **used)
    yield Row.average("guess", plain.tolist(), "years", how="the training median for all", **used)
    saved = f"{how}, less than the training median for all"
    yield Row.average("saved", (plain - error).tolist(), "years", how=saved, **used)
    older = np.sign(true[:, np.newaxis] - true)
    right = older * np.sign(guessed[:, np.newaxis] - guessed) > 0
    value, spread = share_of_pairs(right, older != 0, same=True)
    how = f"{how}, of all pairs of another age those in the right order; 50 is guessing"
    how = f"{how}, 95 % interval over {len(names)} speakers"
    yield Row("older", value, "%", how=how, spread=spread, weights=(verifier.NAME,))


def child_rows(name: str, quick: bool):
    """Yield how often the higher of two voices, a child's and a woman's, is the child's.

    Chapter: large/safety
    """
    women = [one for one in voices("many_voices", split="test") if one.sex == "woman"]
    children = voices("many_voices", split="children")
    sides = []
    for sounds in (children, women):
        names = list(dict.fromkeys(one.speaker for one in sounds))[: 2 if quick else None]
        sounds = [one for one in sounds if one.speaker in names]
        seeds = [[ATTACKED, *one.id.encode()] for one in sounds]
        made = disguise_all(name, sounds, sample_rate=RATE, seeds=seeds)
        hz = np.array([_middle_hz(audio) for audio in made])
        speakers = np.array([one.speaker for one in sounds])
        sides.append(np.array([np.nanmedian(hz[speakers == one]) for one in names]))
    higher = sides[0][:, np.newaxis] > sides[1]
    value, spread = share_of_pairs(higher, np.ones_like(higher), same=False)
    how = (
        f"{len(sides[0])} children, 6 to 9, who say digits, {len(sides[1])} women who read; middle"
    )
    how = f"{how} of the pitch, nothing learned; 50 is guessing, 95 % interval over speakers"
    yield Row("pitch", value, "%", how=how, spread=spread, exact=True)


def _ages(part):
    table = datasets.load("many_voices", split=part).table
    return dict(zip(table["speaker"].tolist(), table["age"].tolist(), strict=True))


def _middle_hz(audio):
    hz = features.pitch_yin(audio, sample_rate=RATE, **PITCH)
    voiced = hz[np.isfinite(hz)]
    return np.median(voiced) if len(voiced) else np.nan


def share_of_pairs(right, counted, *, same: bool) -> tuple:
    """Return the share of pairs that are right, in percent, and its 95 % interval over speakers.

    `right` and `counted` are (S, R): which pairs are right, and which count. `same` says that rows
    and columns are the same speakers.

    Chapter: large/safety
    """
    random = np.random.default_rng(0)
    rows, columns = right.shape
    found = []
    for _ in range(N_DRAWS):
        first = random.integers(rows, size=rows)
        second = first if same else random.integers(columns, size=columns)
        here = np.ix_(first, second)
        n_pairs = counted[here].sum()
        found.append((right & counted)[here].sum() / n_pairs if n_pairs else 0.5)
    low, high = np.percentile(found, [2.5, 97.5])
    share = (right & counted).sum() / max(1, counted.sum())
    return float(100 * share), (float(100 * low), float(100 * high))
