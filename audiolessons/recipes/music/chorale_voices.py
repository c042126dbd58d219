"""Four voices by Bach, note by note: counts, a recurrent network and a Transformer.

The measure is nats a note: how surprised a model is by each sixteenth of each voice, rests
included, knowing the sixteenths before, the voices above in this one, and the place in a bar of
four quarters. Where a piece ends it is neither told nor asked. Settings were chosen on the
validation part; the test part is met by the bench alone.
"""

from __future__ import annotations

import functools
import time
from functools import partial

import numpy as np
import torch

from audiolessons import models, music
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.music._voice_lessons import (
    ABOUT,
    Voices,
    fit_voices,
    load_voices,
    nats_of,
    nats_row,
    stored_or_trained,
)
from audiolessons.results import Row, weights

BATCH_SIZE = 8  # 229 pieces: with larger batches there are few steps an epoch
SEEDS = (0, 1, 2)
DRAWN = (24, 192)  # pieces that are written from nothing, and their sixteenths: twelve bars
TEMPERATURE = 0.9  # of what they are drawn with
STORED = "chorales-transformer"
COMMAND = "python -m audiolessons train chorale_voices"


def _transformer(dropout):
    return lambda **options: models.ChoraleTransformer(
        **{"width": 128, "n_layers": 3, "n_heads": 4, "dropout": dropout, **options}
    )


# Dropout was chosen on the validation part, of 0.2 (0.401 nats a note), 0.3 (0.390), 0.4 (0.385):
# seeds were varied with 0.3, and the weights that are stored were trained with 0.4.
SETTINGS = {
    "rnn": Settings(
        lambda **options: models.ChoraleRNN(
            **{"hidden_size": 192, "width": 128, "dropout": 0.3, **options}
        ),
        epochs=14,
        learning_rate=0.004,
    ),
    "transformer": Settings(_transformer(0.4), epochs=160, learning_rate=0.002),
    "less_dropout": Settings(_transformer(0.3), epochs=160, learning_rate=0.002),
}
GOALS = {"counts": "<= 0.60", "rnn": "<= 0.47", "transformer": "<= 0.43"}
# What one expert alone is worth, by what it is given of the past.
TABLES = {
    "last": ("voice", "last"),
    "last_beat": ("voice", "last", "beat"),
    "interval_beat": ("voice", "beat"),
    "interval_beat_above": ("voice", "beat", "moved", "above"),
}


def load() -> Voices:
    """Return the chorales in four voices as tokens, by the official split.

    Examples
    --------
    >>> load().train[0].shape[1]
    4

    Chapter: music/generation
    """
    return load_voices()


def counts(voices: Voices) -> music.VoiceCounts:
    """Return experts that have counted the training part, weighed on the validation part.

    Examples
    --------
    >>> counts(load()).weights.shape[0]
    4

    Chapter: music/generation
    """
    return music.VoiceCounts(voices.train).weigh(voices.valid)


def model(name: str, *, seed: int = 0, **options):
    """Return a network that has learned nothing yet: "rnn", "transformer" or "less_dropout".

    Examples
    --------
    >>> import torch
    >>> model("rnn", width=16)(torch.zeros(1, 5, 4, dtype=torch.long)).shape
    torch.Size([1, 47, 5, 4])

    Chapter: music/generation
    """
    return new_network(SETTINGS, name, seed=seed, **options)


def train(
    name: str,
    voices: Voices,
    *,
    seed: int = 0,
    epochs: int | None = None,
    show_progress: bool = True,
    **options,
):
    """Train a network on the training part; keep the weights of the best validation.

    Parameters
    ----------
    name : str
        "rnn", "transformer" or "less_dropout" (a Transformer with 0.3 in place of 0.4).
    voices : Voices
        From `load`.
    seed : int
        Of the first weights, the order of the pieces, their keys and dropout.
    epochs : int, optional
        The recipe's own number unless given.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of the network, such as a smaller `width`.

    Returns
    -------
    (network, training.History)

    Examples
    --------
    >>> network, history = train("rnn", load(), epochs=1, width=8, show_progress=False)
    >>> history.n_epochs
    1

    Chapter: music/generation
    """
    network = model(name, seed=seed, **options)
    history = fit_voices(
        network,
        voices,
        SETTINGS[name],
        batch_size=BATCH_SIZE,
        epochs=epochs,
        seed=seed,
        show_progress=show_progress,
    )
    return network, history


def nats(system, pieces: list) -> list:
    """Return how surprised counts or a network are by each note of each piece: (N, 4) arrays.

    Examples
    --------
    >>> voices = load()
    >>> nats(counts(voices), voices.valid[:1])[0].shape == voices.valid[0].shape
    True

    Chapter: music/generation
    """
    return nats_of(system, pieces)


def store(*, epochs: int | None = None, folder=None):
    """Train the Transformer, seed 0, and store it; yield the path of its weights.

    Chapter: music/generation
    """
    voices = load()
    network, history = train("transformer", voices, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="ChoraleTransformer",
        source=voices.source,
        **ABOUT,
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["transformer"].learning_rate,
        batch_size=BATCH_SIZE,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.ChoraleTransformer:
    """Return the Transformer with its stored weights, in evaluation mode.

    Examples
    --------
    >>> trained().training
    False

    Chapter: music/generation
    """
    network = model("transformer")
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; each system meets the test part once.

    `quick` hears little of few pieces: it shows that all runs.

    Chapter: music/generation
    """
    voices = functools.cache(partial(_voices, quick))
    tables = {name: partial(_rows_of_table, names, voices) for name, names in TABLES.items()}
    return {
        "unigram": partial(_rows_of_unigram, voices),
        **tables,
        "counts": partial(_rows_of_counts, voices),
        "rnn": partial(_rows_of_rnn, voices, quick),
        "transformer": partial(_rows_of_stored, voices),
        "less_dropout": partial(_rows_of_less_dropout, voices, quick),
        "drawn": partial(_rows_of_drawn, voices, quick),
        "bach": partial(_rows_of_bach, voices),
    }


def _voices(quick):
    voices = load()
    if quick:
        few = {name: getattr(voices, name)[:6] for name in ("train", "valid", "test")}
        return Voices(**few, ranges=voices.ranges, source=voices.source)
    return voices


def _how(voices, what):
    return f"{voices.source}, official test split, {what}"


def _rows_of_unigram(voices):
    voices = voices()
    seen = np.concatenate(voices.train)
    table = [np.bincount(voice, minlength=music.N_TOKENS) + 0.5 for voice in seen.T]
    surprise = -np.log([one / one.sum() for one in table])
    found = [surprise[np.arange(4), piece] for piece in voices.test]
    yield nats_row("nats", found, how=_how(voices, "how often a voice has a pitch"), exact=True)


def _rows_of_table(names, voices):
    voices = voices()
    alone = music.VoiceCounts(voices.train, experts=(names,))
    yield nats_row(
        "nats", nats_of(alone, voices.test), how=_how(voices, ", ".join(names)), exact=True
    )


def _rows_of_counts(voices):
    voices = voices()
    system = counts(voices)
    options = {"exact": True, "goal": GOALS["counts"]}
    what = f"{len(system.experts)} experts, weighed on the validation part"
    yield nats_row("nats", nats_of(system, voices.test), how=_how(voices, what), **options)


def _rows_of_rnn(voices, quick):
    voices, seeds, options = voices(), SEEDS, {}
    if quick:
        seeds, options = SEEDS[:1], {"epochs": 1, "width": 16}
    started = time.perf_counter()
    trained = [train("rnn", voices, seed=one, show_progress=False, **options) for one in seeds]
    seconds = (time.perf_counter() - started) / len(seeds)
    valid = [min(history.valid_loss) for _, history in trained]
    yield from _rows_of_seeds(voices, [network for network, _ in trained], valid, GOALS["rnn"])
    yield Row("training_s", seconds, "s", how="each run", of_machine=True)


def _rows_of_less_dropout(voices, quick):
    voices, seeds, options = voices(), SEEDS, {}
    if quick:
        seeds, options = SEEDS[:1], {"epochs": 1}
    found = [
        stored_or_trained(
            f"{STORED}-less-dropout-{seed}",
            model("less_dropout"),
            partial(train, "less_dropout", voices, seed=seed, show_progress=False, **options),
        )
        for seed in seeds
    ]
    networks, valid = zip(*found, strict=True)
    yield from _rows_of_seeds(voices, networks, valid, GOALS["transformer"])


def _rows_of_seeds(voices, networks, valid, goal):
    """Yield the mean of several seeds, the seeds, and what validation said."""
    runs = [nats_of(network, voices.test) for network in networks]
    means = [float(np.concatenate([one.ravel() for one in run]).mean()) for run in runs]
    mean_of_runs = [np.mean(of_piece, axis=0) for of_piece in zip(*runs, strict=True)]
    seeds = f"mean of {len(runs)} seeds"
    yield nats_row("nats", mean_of_runs, how=_how(voices, seeds), goal=goal)
    yield Row.several("seeds", means, "nats a note", how=_how(voices, seeds))
    yield Row.several("valid", valid, "nats a note", how=f"{voices.source}, validation, {seeds}")


def _rows_of_drawn(voices, quick):
    """Yield what stored weights write, from nothing, as a musician and a statistician see it."""
    voices = voices()
    n_pieces, n_frames = (2, 32) if quick else DRAWN
    nothing = torch.full((n_pieces, n_frames, 4), -1)
    pieces = list(trained().draw(nothing, temperature=TEMPERATURE, seed=0).numpy())
    how = f"{n_pieces} pieces of {n_frames} sixteenths, temperature {TEMPERATURE}"
    yield from _rows_of_music(pieces, voices, how, {"exact": True, "weights": (STORED,)})


def _rows_of_bach(voices):
    voices = voices()
    how = f"{voices.source}, test part, as Bach wrote it"
    yield from _rows_of_music(voices.test, voices, how, {"exact": True})


def _rows_of_music(pieces, voices, how, options):
    """Yield rules broken, what is held, and how far histograms are from those of training.

    A distance is the share of notes that would have to change: half the sum of all differences.
    """
    pitches = [music.from_tokens(piece) for piece in pieces]
    faults = [music.faults_a_bar(piece) for piece in pitches]
    yield Row.average("faults", faults, "a bar", how=how, of="pieces", **options)
    held = [100 * music.held_share(piece) for piece in pitches]
    yield Row.average("held", held, "%", how=how, of="pieces", **options)
    found = music.voice_histograms(pitches)
    learned = music.voice_histograms([music.from_tokens(piece) for piece in voices.train])
    for name, shares in found.items():
        apart = 50 * float(abs(shares - learned[name]).sum())
        yield Row(f"{name}_apart", apart, "%", how=f"{how}, from the training part", **options)


def _rows_of_stored(voices):
    voices = voices()
    found = nats_of(trained(), voices.test)
    options = {"goal": GOALS["transformer"], "exact": True, "weights": (STORED,)}
    yield nats_row("nats", found, how=_how(voices, "stored weights, seed 0"), **options)
    fresh = [one for one, is_new in zip(found, _are_new(voices), strict=True) if is_new]
    if len(fresh) > 1:
        what = "stored weights, only melodies of which no two bars are in training"
        yield nats_row("unheard_melodies", fresh, how=_how(voices, what), **{**options, "goal": ""})


def _are_new(voices, n_frames: int = 32):
    """Tell which test pieces share no melody of two bars, in whichever key, with training."""

    def passages(piece):
        steps = np.diff(piece[:, 0])
        windows = np.lib.stride_tricks.sliding_window_view(steps, min(n_frames, len(steps)))
        return {one.tobytes() for one in windows if one.any()}  # a held note is no melody

    known = set().union(*(passages(piece) for piece in voices.train))
    return [not passages(piece) & known for piece in voices.test]
