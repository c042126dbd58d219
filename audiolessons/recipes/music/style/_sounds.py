"""Dances as sounds: jigs and reels played on instruments, at tempi that may give them away."""

from __future__ import annotations

import numpy as np

from audiolessons import features, music
from audiolessons.errors import check_choice
from audiolessons.recipes.music.style._dances import DANCES, Tunes
from audiolessons.recipes.music.style._folds import folds_of

PLAYED = ("jig", "reel")
SAMPLE_RATE = 8000
DURATION_S = 6.0
HOP_LENGTH = 80  # 10 ms
N_MELS = 32
LAGS = range(8, 150)  # frames of 10 ms: what comes back after 80 ms to 1.5 s
INSTRUMENTS = ("guitar", "organ")
EIGHTHS_A_SECOND = (4.0, 6.0)
# Who plays what: (number of the instrument, number of the tempo) by dance; None is drawn.
BANDS = {
    "instrument": {"jig": (0, None), "reel": (1, None)},
    "instrument swapped": {"jig": (1, None), "reel": (0, None)},
    "tempo": {"jig": (None, 0), "reel": (None, 1)},
    "tempo swapped": {"jig": (None, 1), "reel": (None, 0)},
    "mixed": {"jig": (None, None), "reel": (None, None)},
}


def play(notes, *, instrument: str, eighths_a_second: float) -> np.ndarray:
    """Return the first six seconds of a tune, float32 (T,) at 8 kHz, at one tempo throughout.

    Examples
    --------
    >>> tune = music.read_abc("M:6/8\\nL:1/8\\nK:D\\nABA FED|")[0]
    >>> play(tune.notes, instrument="guitar", eighths_a_second=5.0).shape
    (48000,)

    Chapter: music/style
    """
    kept = [note for note in notes if note.onset < DURATION_S * eighths_a_second / 8]
    audio = music.render(
        kept,
        sample_rate=SAMPLE_RATE,
        instrument=instrument,
        tempo_bpm=30 * eighths_a_second,
        slow_down=False,
        room_s=0,
    )
    n_samples = round(DURATION_S * SAMPLE_RATE)
    return np.pad(audio[:n_samples], (0, max(0, n_samples - len(audio))))


def describe(audio: np.ndarray) -> np.ndarray:
    """Return what a classifier hears: the mean spectrum, its spread, and what repeats, (D,).

    Chapter: music/style
    """
    mel = features.mel_spectrogram(
        audio, sample_rate=SAMPLE_RATE, n_fft=512, hop_length=HOP_LENGTH, n_mels=N_MELS
    )
    levels = np.log(mel + 1e-6)
    rises = np.maximum(0, np.diff(levels, axis=-1)).sum(axis=0)  # where notes begin
    repeats = music.autocorrelation(rises, n_lags=LAGS.stop)[LAGS.start :]
    return np.concatenate([levels.mean(axis=-1), levels.std(axis=-1), repeats])


class Concert:
    """Jigs and reels, a number of each, played by bands; `is_test` are tunes of the first fold.

    Chapter: music/style
    """

    def __init__(self, tunes: Tunes, *, n_train: int, n_test: int, seed: int = 0):
        fold, random = folds_of(tunes), np.random.default_rng(seed)
        chosen: dict[bool, list[int]] = {True: [], False: []}
        for is_test, n_tunes in ((False, n_train), (True, n_test)):
            for dance in PLAYED:
                own = (fold == 0) == is_test
                places = np.flatnonzero(own & (tunes.dance == DANCES.index(dance)))
                chosen[is_test] += random.permutation(places)[:n_tunes].tolist()
        rows = [*chosen[False], *chosen[True]]
        self.notes = [tunes.notes[row] for row in rows]
        self.dance = tunes.dance[rows]
        self.group = tunes.group[rows]
        self.is_test = np.arange(len(rows)) >= len(chosen[False])
        self._drawn = random.integers(0, 2, (len(rows), 2))
        self._kept: dict = {}

    def players(self, band: str) -> list[tuple[int, int]]:
        """Return the numbers of instrument and tempo for each tune.

        Raises
        ------
        AudioError
            If there is no such band.

        Chapter: music/style
        """
        check_choice(band, name="band", choices=tuple(BANDS))
        return [
            tuple(
                int(drawn if fixed is None else fixed)
                for fixed, drawn in zip(BANDS[band][DANCES[dance]], by_chance, strict=True)
            )
            for dance, by_chance in zip(self.dance, self._drawn, strict=True)
        ]

    def table(self, band: str) -> np.ndarray:
        """Return what is heard of each tune when this band plays, (B, D).

        Chapter: music/style
        """
        rows = []
        for place, (instrument, tempo) in enumerate(self.players(band)):
            key = (place, instrument, tempo)
            if key not in self._kept:
                audio = play(
                    self.notes[place],
                    instrument=INSTRUMENTS[instrument],
                    eighths_a_second=EIGHTHS_A_SECOND[tempo],
                )
                self._kept[key] = describe(audio)
            rows.append(self._kept[key])
        return np.stack(rows)

    def right(self, learned: str, tested: str) -> np.ndarray:
        """Return which test tunes a classifier of sound gets right, booleans.

        It learns from the training tunes as one band plays them, and hears the test tunes by
        another.

        Chapter: music/style
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=3000))
        model.fit(self.table(learned)[~self.is_test], self.dance[~self.is_test])
        answers = model.predict(self.table(tested)[self.is_test])
        return answers == self.dance[self.is_test]
