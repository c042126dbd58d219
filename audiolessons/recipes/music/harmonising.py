"""Alto, tenor and bass to a given soprano: an encoder and a decoder, beside counts.

Two measures: nats a note of the three voices, each knowing the soprano, what came before and the
voices above; and what a musician sees, rules of voice leading that are broken a bar, beside Bach's
own number for the same melodies. Settings and temperature were chosen on the validation part.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np
import torch

from audiolessons import metrics, models, music, results
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.music._voice_lessons import (
    ABOUT,
    PADDING,
    Voices,
    fit_voices,
    load_voices,
    nats_of,
    nats_row,
)
from audiolessons.results import Row, weights

BATCH_SIZE = 8
SOPRANO = 0
TEMPERATURE = 0.7  # the highest tried with which validation pieces keep to 1.5 times Bach's faults
N_DRAWS = 4
STORED = "chorales-harmoniser"
COMMAND = "python -m audiolessons train harmonising"
SETTINGS = {
    "harmoniser": Settings(
        lambda **options: models.Harmoniser(
            **{"hidden_size": 128, "melody_size": 64, "width": 96, "dropout": 0.4, **options}
        ),
        epochs=120,
        learning_rate=0.004,
    )
}


def load() -> Voices:
    """Return the chorales in four voices as tokens, by the official split.

    Examples
    --------
    >>> load().test[0].shape[1]
    4

    Chapter: music/generation
    """
    return load_voices()


def scenes() -> dict:
    """Return which melodies are harmonised, and with which seed each: those of validation and test.

    Chapter: music/generation
    """
    voices = load()
    return {
        part: [
            {"piece": f"{part}_{number}", "seed": number}
            for number in range(len(getattr(voices, part)))
        ]
        for part in ("valid", "test")
    }


def model(name: str = "harmoniser", *, seed: int = 0, **options) -> models.Harmoniser:
    """Return a network that has learned nothing yet.

    Examples
    --------
    >>> model(width=16)(torch.zeros(1, 5, 4, dtype=torch.long)).shape
    torch.Size([1, 47, 5, 4])

    Chapter: music/generation
    """
    return new_network(SETTINGS, name, seed=seed, **options)


def train(
    voices: Voices,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train the harmoniser; keep the weights of the best validation.

    Returns
    -------
    (models.Harmoniser, training.History)

    Examples
    --------
    >>> network, history = train(load(), epochs=1, width=8, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: music/generation
    """
    network = model(seed=seed, **options)
    history = fit_voices(
        network,
        voices,
        SETTINGS["harmoniser"],
        batch_size=BATCH_SIZE,
        given=[SOPRANO],
        epochs=epochs,
        seed=seed,
        show_progress=show_progress,
    )
    return network, history


def best_of(system, sopranos: list, *, n_draws: int, temperature: float = TEMPERATURE) -> list:
    """Return for each soprano that piece of several draws which breaks the fewest rules.

    Nothing is learned for it: what a network cannot see, a judge of the outcome can.

    Parameters
    ----------
    system, sopranos, temperature
        As for `harmonise`.
    n_draws : int
        Pieces for each soprano.

    Examples
    --------
    >>> melody = load().valid[0][:8, 0]
    >>> best_of(model(width=16), [melody], n_draws=2)[0].shape
    (8, 4)

    Chapter: music/generation
    """
    found = []
    for first in range(n_draws):
        seeds = [first + n_draws * number for number in range(len(sopranos))]
        found.append(harmonise(system, sopranos, temperature=temperature, seeds=seeds))
    return [min(pieces, key=_faults_of) for pieces in zip(*found, strict=True)]


def harmonise(
    system, sopranos: list, *, temperature: float = TEMPERATURE, seeds: list | None = None
) -> list:
    """Return a piece (N, 4), tokens, for each soprano (N,): what a network or counts wrote to it.

    Parameters
    ----------
    system
        A network of four voices, or a `music.VoiceCounts`.
    sopranos : list of arrays
        Tokens.
    temperature : float
        Below 1 likely notes become likelier.
    seeds : list of int, optional
        One for each; by number unless given. A network draws all at once, by the first.

    Examples
    --------
    >>> melody = load().valid[0][:8, 0]
    >>> harmonise(model(width=16), [melody])[0].shape
    (8, 4)

    Chapter: music/generation
    """
    seeds = list(range(len(sopranos))) if seeds is None else seeds
    given = []
    for soprano in sopranos:
        piece = np.full((len(soprano), 4), -1)
        piece[:, SOPRANO] = soprano
        given.append(piece)
    if isinstance(system, music.VoiceCounts):
        pairs = zip(given, seeds, strict=True)
        return [system.draw(one, temperature=temperature, seed=seed) for one, seed in pairs]
    device = next(system.parameters()).device
    pieces = [torch.from_numpy(one) for one in given]
    batch = torch.nn.utils.rnn.pad_sequence(pieces, batch_first=True, padding_value=PADDING)
    drawn = system.draw(batch.to(device), temperature=temperature, seed=seeds[0]).cpu().numpy()
    return [piece[: len(one)] for piece, one in zip(drawn, given, strict=True)]


def store(*, epochs: int | None = None, folder=None):
    """Train the harmoniser, seed 0, and store it; yield the path of its weights.

    Chapter: music/generation
    """
    voices = load()
    network, history = train(voices, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="Harmoniser",
        source=voices.source,
        **ABOUT,
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["harmoniser"].learning_rate,
        batch_size=BATCH_SIZE,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.Harmoniser:
    """Return the harmoniser with its stored weights, in evaluation mode.

    Examples
    --------
    >>> trained().training
    False

    Chapter: music/generation
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each system meets the test melodies once.

    `quick` harmonises two of them.

    Chapter: music/generation
    """
    voices = functools.cache(load)
    n_pieces = 2 if quick else None
    return {
        "bach": partial(_rows_of_bach, voices, n_pieces),
        "counts": partial(_rows, _counts, voices, n_pieces, {"exact": True}),
        "harmoniser": partial(
            _rows, lambda _: trained(), voices, n_pieces, {"exact": True, "weights": (STORED,)}
        ),
        "best": partial(_rows_of_best, voices, n_pieces),
    }


def _counts(voices):
    return music.VoiceCounts(voices.train).weigh(voices.valid)


def _test_pieces(voices, n_pieces):
    chosen = results.read_scenes("harmonising")["test"][:n_pieces]
    numbers = [int(one["piece"].removeprefix("test_")) for one in chosen]
    there = [number < len(voices.test) for number in numbers]  # the stand-ins are fewer
    pieces = [
        voices.test[number] for number, is_there in zip(numbers, there, strict=True) if is_there
    ]
    return pieces, [one["seed"] for one, is_there in zip(chosen, there, strict=True) if is_there]


def _faults_of(tokens):
    return music.faults_a_bar(music.from_tokens(tokens))


def _parallels_of(tokens):
    """Return fifths and octaves in parallel a bar, what a musician hears first."""
    faults = music.voice_leading_faults(music.from_tokens(tokens))
    return (faults["fifths"] + faults["octaves"]) / (len(tokens) / 16)


def _rows_of_bach(voices, n_pieces):
    voices = voices()
    pieces, _ = _test_pieces(voices, n_pieces)
    how = f"{voices.source}, test part, as Bach wrote it"
    yield from _rows_of_faults(pieces, how, {"exact": True})


def _rows(make, voices, n_pieces, options):
    voices = voices()
    system = make(voices)
    pieces, seeds = _test_pieces(voices, n_pieces)
    how = f"{voices.source}, test melodies, alto, tenor and bass"
    known = [nats[:, 1:] for nats in nats_of(system, pieces)]
    yield nats_row("nats", known, how=how, **options)
    sopranos = [piece[:, SOPRANO] for piece in pieces]
    how = f"{voices.source}, test melodies, temperature {TEMPERATURE}"
    written = harmonise(system, sopranos, seeds=seeds)
    yield from _rows_of_faults(written, how, options, pieces)


def _rows_of_best(voices, n_pieces):
    voices = voices()
    pieces, _ = _test_pieces(voices, n_pieces)
    written = best_of(trained(), [piece[:, SOPRANO] for piece in pieces], n_draws=N_DRAWS)
    how = f"{voices.source}, test melodies, temperature {TEMPERATURE}, the best of {N_DRAWS} draws"
    yield from _rows_of_faults(written, how, {"exact": True, "weights": (STORED,)}, pieces)


def _rows_of_faults(written, how, options, bachs=None):
    """Yield the rules that are broken a bar, parallels apart, and how they compare with Bach's."""
    faults = [_faults_of(one) for one in written]
    yield Row.average("faults", faults, "a bar", how=how, of="pieces", **options)
    parallels = [_parallels_of(one) for one in written]
    what = f"{how}, parallel fifths and octaves"
    yield Row.average("parallels", parallels, "a bar", how=what, of="pieces", **options)
    if bachs is None:
        return
    both = np.stack([faults, [_faults_of(one) for one in bachs]], axis=1)

    def ratio(rows):
        return float(rows[:, 0].sum() / max(rows[:, 1].sum(), 0.01))  # few stand-ins break none

    spread = metrics.bootstrap_interval(both, statistic=ratio)
    how = f"{how}, 95 % interval over {len(written)} pieces"
    goal = "<= 1.5" if "weights" in options else ""
    yield Row("ratio", ratio(both), "times Bach's", how=how, spread=spread, goal=goal, **options)
