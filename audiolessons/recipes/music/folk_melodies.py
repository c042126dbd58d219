"""Folk tunes, note by note: n-grams and a recurrent network, with near-duplicates on one side.

A note is two tokens: its pitch above the tonic, which the key field states, and the time to the
next note. Bar lines and repeats are not written. The measure is nats a note, both tokens and the
tune's end counted. Tunes that are nearly the same (`music.same_tunes`) stand in one part. No
weights are stored: the transcriptions are under the GPL, and are not carried in whatever form.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from audiolessons import datasets, language, metrics, models, music, results, training
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.recipes.music._voice_lessons import stored_or_trained
from audiolessons.results import Row

LOWEST, N_PITCHES = -17, 49  # semitones above the tonic nearest the middle C
# Times to the next note in 48ths of a whole note: others count as the nearest.
TIMES = np.array([1, 2, 3, 4, 6, 8, 9, 12, 15, 16, 18, 24, 30, 36, 42, 48, 60, 72])
N_TOKENS = N_PITCHES + len(TIMES)
PADDING = -100
ORDER = 6  # tokens of the longest n-gram
BATCH_SIZE = 16
SEEDS = (0, 1, 2)
SETTINGS = {
    "gru": Settings(
        lambda **options: models.TextModel(
            n_tokens=N_TOKENS, **{"kind": "gru", "width": 192, "dropout": 0.4, **options}
        ),
        epochs=40,
        learning_rate=0.004,
    )
}


@dataclass(frozen=True)
class Melodies:
    """Three parts, each a list of tunes as tokens, int64 (2 N,); and their source."""

    train: list
    valid: list
    test: list
    source: str


def to_tokens(notes: list, *, tonic: int) -> np.ndarray:
    """Return a melody as tokens, two a note: pitch above the tonic, and time to the next note.

    Parameters
    ----------
    notes : list of music.Note
        Of chords the highest is taken; pitches that lie too far are moved by octaves.
    tonic : int
        Pitch class of the key's tonic, 0 for C.

    Examples
    --------
    >>> tune = music.read_abc("L:1/4\\nK:G\\nGBd2|")[0]
    >>> to_tokens(tune.notes, tonic=tune.key.tonic)
    array([29, 56, 33, 56, 36, 60])

    Chapter: music/generation
    """
    tune = music.melody(notes)
    onsets, durations, pitches = music.note_arrays(tune)
    above = pitches - 60 - (tonic if tonic <= 6 else tonic - 12) - LOWEST
    above = np.where(above < 0, above % 12, above)
    above = np.where(above >= N_PITCHES, N_PITCHES - 12 + (above - N_PITCHES) % 12, above)
    until = np.append(np.diff(onsets), durations[-1:]) * 48
    times = abs(until[:, None] - TIMES).argmin(axis=1)
    return np.stack([above, N_PITCHES + times], axis=1).ravel()


def scenes() -> dict:
    """Return which tunes are in which part: a tenth each validates and tests, by group.

    Chapter: music/generation
    """
    whole = datasets.load("folk_tunes")
    items = list(whole)
    groups = music.same_tunes([one.notes for one in items], titles=[one.title for one in items])
    order = np.random.default_rng(17).permutation(groups.max() + 1)
    parts: dict = {"valid": [], "test": []}
    for item, group in zip(items, groups, strict=True):
        tenth = int(order[group]) % 10
        if tenth < 2:
            parts["valid" if tenth else "test"].append({"tune": item.id})
    return parts


def load() -> Melodies:
    """Return the tunes as tokens, in the parts that the scenes state; stand-ins in parts by number.

    Examples
    --------
    >>> len(load().train) > len(load().test)
    True

    Chapter: music/generation
    """
    whole = datasets.load("folk_tunes")
    chosen = results.read_scenes("folk_melodies")
    part_of = {one["tune"]: part for part, members in chosen.items() for one in members}
    parts: dict = {"train": [], "valid": [], "test": []}
    for number, item in enumerate(whole):
        if whole.source == "embedded":
            part = {0: "valid", 1: "test"}.get(number % 10, "train")
        else:
            part = part_of.get(item.id, "train")
        parts[part].append(to_tokens(item.notes, tonic=item.tune.key.tonic))
    return Melodies(**parts, source=whole.source)


def ngram(tunes: list, *, order: int = ORDER) -> language.KneserNey:
    """Return a model that has counted the n-grams of tunes.

    Chapter: music/generation
    """
    return language.KneserNey(tunes, order=order, n_tokens=N_TOKENS)


def model(name: str = "gru", *, seed: int = 0, **options) -> models.TextModel:
    """Return a network that has learned nothing yet.

    Examples
    --------
    >>> model(width=16).n_tokens
    67

    Chapter: music/generation
    """
    return new_network(SETTINGS, name, seed=seed, **options)


class _Batches:
    """Batches (tokens, tokens that follow) of tunes of like length; shuffled with a seed."""

    def __init__(self, tunes, *, seed=None):
        self.tunes = sorted(tunes, key=len)
        self.random = None if seed is None else np.random.default_rng(seed)

    def __len__(self):
        return -(-len(self.tunes) // BATCH_SIZE)

    def __iter__(self):
        starts = np.arange(0, len(self.tunes), BATCH_SIZE)
        if self.random is not None:
            self.random.shuffle(starts)
        for start in starts:
            pairs = [_shifted(one) for one in self.tunes[start : start + BATCH_SIZE]]
            before, after = zip(*pairs, strict=True)
            pad = partial(torch.nn.utils.rnn.pad_sequence, batch_first=True)
            yield pad(before), pad(after, padding_value=PADDING)


def _shifted(tune):
    """Return what is read, from the end mark on, and what follows, up to the end mark."""
    tokens, end = torch.from_numpy(tune), torch.tensor([N_TOKENS])
    return torch.cat([end, tokens]), torch.cat([tokens, end])


def train(
    melodies: Melodies,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train the recurrent network; keep the weights of the best validation.

    Returns
    -------
    (models.TextModel, training.History)

    Examples
    --------
    >>> network, history = train(load(), epochs=1, width=8, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: music/generation
    """
    network, settings = model(seed=seed, **options), SETTINGS["gru"]
    config = training.Config(
        epochs=epochs or settings.epochs,
        learning_rate=settings.learning_rate,
        weight_decay=0.01,
        scheduler="one-cycle",
        clip_norm=1.0,
        seed=seed,
        show_progress=show_progress,
    )
    history = training.fit(
        network,
        _Batches(melodies.train, seed=seed),
        _Batches(melodies.valid),
        config=config,
        loss=partial(torch.nn.functional.cross_entropy, ignore_index=PADDING),
    )
    return network, history


def nats(system, tunes: list) -> list:
    """Return how surprised n-grams or a network are by each token and the end: (2 N + 1,) each.

    Examples
    --------
    >>> melodies = load()
    >>> len(nats(ngram(melodies.train), melodies.test[:1])[0]) == len(melodies.test[0]) + 1
    True

    Chapter: music/generation
    """
    if isinstance(system, language.KneserNey):
        return [system.bits(tune) * np.log(2) for tune in tunes]
    found = []
    with training.evaluating(system) as device:
        for tune in tunes:
            before, after = (one[None].to(device) for one in _shifted(tune))
            one = torch.nn.functional.cross_entropy(system(before), after, reduction="none")
            found.append(one[0].cpu().double().numpy())
    return found


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each system meets the test tunes once.

    `quick` trains one seed for one epoch.

    Chapter: music/generation
    """
    melodies = functools.cache(load)
    return {
        "ngram": partial(_rows_of_ngram, melodies),
        "gru": partial(_rows_of_gru, melodies, quick),
    }


def _row(found, melodies, how, **options):
    """Return nats a note, of both tokens and the end, with an interval over tunes."""
    n_notes = np.array([len(one) // 2 for one in found])
    totals = np.array([one.sum() for one in found])
    spread = metrics.bootstrap_interval(
        np.stack([totals, n_notes], axis=1),
        statistic=lambda rows: rows[:, 0].sum() / rows[:, 1].sum(),
    )
    how = f"{melodies.source}, {how}, 95 % interval over {len(found)} test tunes"
    value = float(totals.sum() / n_notes.sum())
    return Row("nats", value, "nats a note", how=how, spread=spread, **options)


def _rows_of_ngram(melodies):
    melodies = melodies()
    found = nats(ngram(melodies.train), melodies.test)
    yield _row(found, melodies, f"n-grams of up to {ORDER} tokens, Kneser-Ney", exact=True)


def _rows_of_gru(melodies, quick):
    melodies = melodies()
    seeds, options = (SEEDS[:1], {"epochs": 1}) if quick else (SEEDS, {})
    networks = [
        stored_or_trained(
            f"folk-melodies-{seed}",
            model(),
            partial(train, melodies, seed=seed, show_progress=False, **options),
        )[0]
        for seed in seeds
    ]
    runs = [nats(network, melodies.test) for network in networks]
    mean_of_runs = [np.mean(one, axis=0) for one in zip(*runs, strict=True)]
    yield _row(mean_of_runs, melodies, f"mean of {len(seeds)} seeds")
    values = [sum(one.sum() for one in run) / sum(len(one) // 2 for one in run) for run in runs]
    yield Row.several("seeds", values, "nats a note", how=f"{melodies.source}, {len(seeds)} seeds")
