"""Dances as words and as numbers: from when notes begin and how high they are, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from audiolessons import datasets, music
from audiolessons.errors import check_choice

DANCES = ("jig", "reel", "hornpipe", "waltz")
N_LAGS = 108  # of the autocorrelation, in 48ths of a whole note: two bars of 9/8
DURATIONS = tuple(Fraction(n, 16) for n in (1, 2, 3, 4, 6, 8, 12, 16))
RATIOS = tuple(Fraction(*one) for one in ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4)))
LONGEST = {"d": 6, "i": 3, "c": 5}  # words of durations, of steps, of durations with contour
UNIT = Fraction(1, 8)  # of durations in words


@dataclass(frozen=True)
class Tunes:
    """Tunes of the four dances: `dance` (B,) counts in `DANCES`, `group` (B,) joins duplicates.

    Chapter: music/style
    """

    ids: np.ndarray
    titles: np.ndarray
    notes: list
    dance: np.ndarray
    group: np.ndarray
    metre: np.ndarray
    source: str
    labels: tuple[str, ...] = DANCES

    def __len__(self) -> int:
        return len(self.notes)


def load(*, stand_ins: bool = False) -> Tunes:
    """Return the tunes of the four dances, near-duplicates found.

    Examples
    --------
    >>> tunes = load(stand_ins=True)
    >>> len(tunes), [int((tunes.dance == n).sum()) for n in range(4)]
    (212, [64, 84, 34, 30])

    Chapter: music/style
    """
    found = datasets.load("folk_tunes", stand_ins=stand_ins).where(dance=list(DANCES))
    items = list(found)
    notes = [music.melody(item.notes) for item in items]
    titles = [item.title for item in items]
    return Tunes(
        np.array([item.id for item in items]),
        np.array(titles),
        notes,
        np.array([DANCES.index(item.dance) for item in items]),
        music.same_tunes(notes, titles=titles),
        np.array([item.metre for item in items]),
        found.source,
    )


def without_scale(notes: Sequence[music.Note]) -> list[music.Note]:
    """Return notes in units of their commonest duration, which becomes an eighth.

    How long a beat is written is a habit of whoever writes; this takes the habit away.

    Examples
    --------
    >>> quarter = Fraction(1, 4)
    >>> notes = without_scale([music.Note(n * quarter, quarter, 60) for n in range(2)])
    >>> [str(note.onset) for note in notes]
    ['0', '1/8']

    Chapter: music/style
    """
    scale = UNIT / music.unit_duration(notes)
    return [
        note._replace(onset=note.onset * scale, duration=note.duration * scale) for note in notes
    ]


def words(notes: Sequence[music.Note], *, kinds: str = "dice") -> list[str]:
    """Return the words of a tune: short runs of what follows what, as text.

    Parameters
    ----------
    notes
        Of a melody.
    kinds
        "d": 1 to 6 durations in eighths, from onset to onset; "i": 1 to 3 steps in semitones; "c":
        2 to 5 durations with the way up or down; "e": how the tune begins and ends.

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> tune = [music.Note(n * eighth, eighth, 60 + n) for n in range(3)]
    >>> words(tune, kinds="i")
    ['i1', 'i1', 'i1 1']

    Chapter: music/style
    """
    gaps = [after.onset - before.onset for before, after in pairwise(notes)]
    held = [str(gap / UNIT) for gap in (*gaps, notes[-1].duration)]
    ways = [*music.contour(notes), "."]
    rows = {
        "d": held,
        "i": [str(step) for step in music.intervals(notes)],
        "c": [one + way for one, way in zip(held, ways, strict=True)],
    }
    found = []
    for kind, row in rows.items():
        shortest = 2 if kind == "c" else 1
        for n in range(shortest, LONGEST[kind] + 1) if kind in kinds else ():
            found += [kind + " ".join(row[at : at + n]) for at in range(len(row) - n + 1)]
    if "e" in kinds:
        found += ["end " + " ".join(held[-n:]) for n in range(1, 7)]
        found += ["start " + " ".join(held[:n]) for n in range(1, 5)]
    return found


def trigrams(notes: Sequence[music.Note]) -> list[str]:
    """Return runs of one to three notes: the step to each, and how its length compares.

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> trigrams([music.Note(n * eighth, eighth, 60 + n) for n in range(4)])
    ['1:1', '1:1', '1:1 1:1']

    Chapter: music/style
    """
    steps, ratios = music.intervals(notes)[1:], music.duration_ratios(notes)
    row = [f"{step}:{ratio}" for step, ratio in zip(steps, ratios, strict=True)]
    return [" ".join(row[at : at + n]) for n in (1, 2, 3) for at in range(len(row) - n + 1)]


def beats(notes: Sequence[music.Note]) -> np.ndarray:
    """Return what repeats when, float64 (D,): autocorrelation of onsets, shares of durations.

    Examples
    --------
    >>> eighth = Fraction(1, 8)
    >>> beats([music.Note(n * eighth, eighth, 60) for n in range(20)]).shape
    (123,)

    Chapter: music/style
    """
    struck = music.onset_steps(notes)
    repeats = music.autocorrelation(np.pad(struck, (0, N_LAGS)), n_lags=N_LAGS)
    lengths, ratios = [note.duration for note in notes], music.duration_ratios(notes)
    shares = [lengths.count(one) / len(lengths) for one in DURATIONS]
    shares += [ratios.count(one) / max(1, len(ratios)) for one in RATIOS]
    return np.concatenate([repeats, shares])


# --- classifiers ----------------------------------------------------------------------------------

SYSTEMS = ("words_30", "words_100", "beats", "words_30+beats", "words_100+beats/4")
FREE = tuple(f"free_{system}" for system in SYSTEMS)


def counted(texts: Sequence[Iterable[str]], *, weighted: bool = True):
    """Return a transformer that counts words, with rarer words weighing more.

    Chapter: music/style
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.pipeline import make_pipeline

    count = CountVectorizer(analyzer=list, min_df=2)
    weigh = [TfidfTransformer(sublinear_tf=True)] if weighted else []
    return make_pipeline(count, *weigh).fit(texts)


class Systems:
    """What can be asked for the dances of some tunes after others were learned.

    Texts and numbers of all tunes are made when they are first asked for; nothing is learned from
    them before `answer`.

    Chapter: music/style
    """

    def __init__(self, tunes: Tunes):
        self.truth = tunes.dance
        self._tunes = tunes
        self._kept: dict = {}

    def answer(self, system: str, train, test) -> np.ndarray:
        """Return the dances of the test tunes; `train` and `test` are booleans (B,).

        Raises
        ------
        AudioError
            If there is no such system.

        Chapter: music/style
        """
        check_choice(system, name="system", choices=(*SYSTEMS, *FREE, "trigrams", "metre"))
        if system in ("trigrams", "metre"):
            return self._bayes(self._texts(system), train, test)
        scale = "free_" if system.startswith("free_") else ""
        logs = np.zeros((int(np.sum(test)), len(DANCES)))
        for part in system.removeprefix(scale).split("+"):
            name, _, weight = part.partition("/")
            logs += self._log_chances(scale, name, train, test) / float(weight or 1)
        return logs.argmax(axis=1)

    def _texts(self, kind):
        """Return the words of each tune: "trigrams", "metre", "words" or "free_words"."""
        if kind not in self._kept:
            make = {
                "trigrams": trigrams,
                "words": words,
                "free_words": lambda n: words(without_scale(n)),
            }
            self._kept[kind] = (
                [[metre] for metre in self._tunes.metre]
                if kind == "metre"
                else [make[kind](notes) for notes in self._tunes.notes]
            )
        return self._kept[kind]

    def _numbers(self, scale):
        """Return `beats` of each tune, (B, D), as written or without its scale."""
        key = f"{scale}beats"
        if key not in self._kept:
            rows = (without_scale(notes) if scale else notes for notes in self._tunes.notes)
            self._kept[key] = np.stack([beats(notes) for notes in rows])
        return self._kept[key]

    def _bayes(self, texts, train, test):
        """Return the dance whose counts make a tune likeliest: naive Bayes."""
        from sklearn.naive_bayes import MultinomialNB

        rows = counted(_those(texts, train), weighted=False)
        model = MultinomialNB(alpha=0.1)
        model.fit(rows.transform(_those(texts, train)), self.truth[train])
        return model.predict(rows.transform(_those(texts, test)))

    def _log_chances(self, scale, name, train, test):
        """Return log chances (B, K) of logistic regression; kept, as systems share their parts."""
        key = (scale, name, np.flatnonzero(train).tobytes(), np.flatnonzero(test).tobytes())
        if key not in self._kept:
            from sklearn.linear_model import LogisticRegression
            from sklearn.preprocessing import StandardScaler

            if name == "beats":
                rows, strength = self._numbers(scale), 0.1
                scaler = StandardScaler().fit(rows[train])
                learned, asked = scaler.transform(rows[train]), scaler.transform(rows[test])
            else:
                texts, strength = self._texts(f"{scale}words"), float(name.removeprefix("words_"))
                count = counted(_those(texts, train))
                learned, asked = (count.transform(_those(texts, part)) for part in (train, test))
            model = LogisticRegression(C=strength, class_weight="balanced", max_iter=3000)
            model.fit(learned, self.truth[train])
            self._kept[key] = model.predict_log_proba(asked)
        return self._kept[key]


def _those(rows, chosen):
    return [row for row, is_in in zip(rows, chosen, strict=True) if is_in]
