"""Mandarin syllables as two sounds each, the initial and the final: "zhuang" is zh and uang.

Three tones of a syllable are learned and the fourth is tested, each tone in turn; then syllables
are tested that were never learned in any tone, whose two sounds others have. One discriminant tells
initials by how a syllable begins, one tells finals by the whole of it; the answer is that syllable
of those there are whose two sounds are likeliest together. Beside them stand templates: the nearest
of all takes that were learned.

What one take of each, by one speaker, allows: to ask for a melody that was never heard with this
syllable, and for a syllable that was never heard at all. What it does not: nothing is said about
other speakers, rooms or microphones, nor about syllables inside a sentence; and without a second
take nobody knows how far a take differs from the next one of the same word. Sounds are those of the
spelling, in which "i" stands for three vowels (zhi, zi, ji).

Settings were chosen on the third tone, by what had learned the first and the second.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from audiolessons import datasets, features, matching, signals
from audiolessons.results import Row

SAMPLE_RATE = 16000
FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 40}  # 32 ms every 10 ms
TOP_DB = 50.0
N_MFCC = 20
N_FIRST = 16  # frames in which the initial is looked for
N_STRETCHED = 16  # frames of a whole syllable
SHRINKAGE = 0.6
INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
N_FOLDS = 6  # of syllables


def sounds_of(syllable: str) -> tuple[str, str]:
    """Return initial and final of a syllable in Pinyin without its tone; some have no initial.

    Examples
    --------
    >>> sounds_of("zhuang"), sounds_of("ma"), sounds_of("er")
    (('zh', 'uang'), ('m', 'a'), ('', 'er'))

    Chapter: speech/recognition
    """
    initial = next((one for one in INITIALS if syllable.startswith(one)), "")
    return initial, syllable[len(initial) :]


@dataclass(frozen=True, eq=False)
class Syllables:
    """All syllables: MFCC of how they begin and of the whole, (B, D) each, and what each is.

    `syllable` (B,) and `tone` (B,) are arrays; `source` is "recordings" or "embedded".
    """

    first: np.ndarray
    whole: np.ndarray
    syllable: np.ndarray
    tone: np.ndarray
    source: str

    @property
    def names(self) -> list[str]:
        """The syllables there are."""
        return sorted(set(self.syllable.tolist()))


@functools.cache
def load() -> Syllables:
    """Return the syllables, described.

    Examples
    --------
    >>> syllables = load()
    >>> sorted(set(syllables.tone.tolist()))
    [1, 2, 3, 4]

    Chapter: speech/recognition
    """
    items = datasets.load("mandarin_syllables")
    described = [_described(one) for one in items]
    first, whole = (np.stack(one) for one in zip(*described, strict=True))
    return Syllables(first, whole, items.table["syllable"], items.table["tone"], items.source)


def _described(one):
    """Return MFCC without the level: of the first frames, and stretched to `N_STRETCHED`."""
    audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
    audio = signals.trim_silence(audio, sample_rate=SAMPLE_RATE, threshold_db=-35.0)
    mel = features.log_mel(audio, sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)
    cepstrum = features.dct(mel, n_out=N_MFCC)[1:]
    frames = np.arange(cepstrum.shape[1])
    places = np.arange(N_FIRST), np.linspace(0, frames[-1], N_STRETCHED)
    return [np.concatenate([np.interp(at, frames, row) for row in cepstrum]) for at in places]


def nearest(syllables: Syllables, learned: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the syllable of the nearest take for each test row; both are (B,) booleans.

    Chapter: speech/recognition
    """
    gaps = matching.distances(syllables.whole[test].T, syllables.whole[learned].T)
    return syllables.syllable[learned][gaps.argmin(axis=1)]


def train(syllables: Syllables, learned: np.ndarray) -> Callable:
    """Learn some rows, (B,) booleans; return a function from test rows to their syllables.

    It gives the likeliest of all syllables there are, and the likeliest initial and final, each by
    itself.

    Examples
    --------
    >>> syllables = load()
    >>> recognise = train(syllables, syllables.tone < 4)
    >>> taken, initials, finals = recognise(syllables.tone == 4)
    >>> len(taken) == len(syllables.names)
    True

    Chapter: speech/recognition
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    heard = syllables.syllable[learned].tolist()
    fitted = []
    for table, said in zip(
        (syllables.first, syllables.whole), zip(*map(sounds_of, heard), strict=True), strict=True
    ):
        discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)
        discriminant.set_params(priors=np.full(len(set(said)), 1 / len(set(said))))
        fitted.append((table, discriminant.fit(table[learned], said)))

    def recognise(test):
        log_chances = [one.predict_log_proba(table[test]) for table, one in fitted]
        number = [{sound: at for at, sound in enumerate(one.classes_)} for _, one in fitted]
        known = [
            name
            for name in syllables.names
            if all(sound in at for sound, at in zip(sounds_of(name), number, strict=True))
        ]
        together = sum(
            chances[:, [at[sounds_of(name)[part]] for name in known]]
            for part, (chances, at) in enumerate(zip(log_chances, number, strict=True))
        )
        alone = [
            one.classes_[chances.argmax(axis=1)]
            for (_, one), chances in zip(fitted, log_chances, strict=True)
        ]
        return np.array(known)[together.argmax(axis=1)], *alone

    return recognise


def folds(syllables: Syllables) -> list[np.ndarray]:
    """Return parts of the syllables, (B,) booleans, each to be left out in every tone.

    A part has every sixth syllable, less those of which a sound would then be in no other.

    Chapter: speech/recognition
    """
    parts = []
    for number in range(N_FOLDS):
        out = syllables.names[number::N_FOLDS]
        left = [sounds_of(one) for one in syllables.names if one not in out]
        known = [set(sounds) for sounds in zip(*left, strict=True)]
        fair = [
            one
            for one in out
            if all(sound in some for sound, some in zip(sounds_of(one), known, strict=True))
        ]
        parts.append(np.isin(syllables.syllable, fair))
    return [part for part in parts if part.any()]


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench, some seconds each; `quick` tests one part alone.

    Chapter: speech/recognition
    """
    return {
        "unheard_tones": partial(_rows_of_tones, quick),
        "unheard_syllables": partial(_rows_of_syllables, quick),
    }


def _rows_of_tones(quick):
    syllables = load()
    tests = [syllables.tone == tone for tone in (1, 2, 3, 4)][: 1 if quick else None]
    how = f"{syllables.source}, {len(syllables.names)} syllables, each tone unheard in turn"
    right = [
        100 * float(np.mean(nearest(syllables, ~one, one) == syllables.syllable[one]))
        for one in tests
    ]
    yield Row.several("nearest", right, "%", how=f"{how}, the nearest take", exact=True)
    yield from _rows(syllables, tests, how)


def _rows_of_syllables(quick):
    syllables = load()
    tests = folds(syllables)[: 1 if quick else None]
    how = f"{syllables.source}, {len(tests)} parts of the syllables, unheard in every tone"
    yield from _rows(syllables, tests, how)


def _rows(syllables, tests, how):
    shares = []
    for test in tests:
        truth = syllables.syllable[test]
        told = zip(*map(sounds_of, truth.tolist()), strict=True)
        answers = train(syllables, ~test)(test)
        shares.append(
            [
                np.mean(one == np.array(said))
                for one, said in zip(answers, [truth, *told], strict=True)
            ]
        )
    names = ("syllables", "initials", "finals")
    for name, each in zip(names, 100 * np.array(shares).T, strict=True):
        yield Row.several(name, each.tolist(), "%", how=f"{how}, {name} that are right", exact=True)
