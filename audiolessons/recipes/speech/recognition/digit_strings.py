"""Strings of digits, spoken without a pause: a network that needs to be told no borders (CTC).

It learns strings joined from single takes (`_joined`), new ones in every batch, and has the ten
words as tokens. It is tested with new takes of the voices it knows, with voices that it has not
heard, and with strings that children really spoke in one breath. Settings were chosen by voices
held out in pairs (`bench digit_strings --row settings`): for all six voices by all of them, for a
voice that is to be unheard by the other five. Children are a test alone: nothing was chosen by
them.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from audiolessons import metrics, models, results
from audiolessons.bench.peers import pocketsphinx
from audiolessons.errors import AudioError
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._digit_lessons import (
    CHOSEN,
    DIGITS_IN_BATCH,
    SETTINGS,
    WORDS,
    Frames,
    Lessons,
    Setting,
    batch,
)
from audiolessons.recipes.speech.recognition._digit_training import (
    LEARNING_RATE,
    NAME,
    log_probs,
    model,
    recognise,
    strings,
    train,
)
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE, load
from audiolessons.results import Row, slug, weights

__all__ = [
    "SAMPLE_RATE",
    "WORDS",
    "Frames",
    "Lessons",
    "Setting",
    "batch",
    "load",
    "log_probs",
    "measure",
    "model",
    "recognise",
    "scenes",
    "store",
    "strings",
    "train",
    "trained",
]

STORED = "digit-strings"
COMMAND = "python -m audiolessons train digit_strings"
SEEDS = (0, 1, 2)
SLOWER = (1.0, 0.9, 0.8, 0.7)
VOICES = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
N_TOGETHER = 2  # voices that are held out together to choose a setting
TRIED_EPOCHS = 11  # in which a setting is tried
GOALS = {"new_takes": 1.5, "new_voices": 10}


def scenes() -> dict:
    """Draw the strings: what `python -m audiolessons scenes digit_strings` writes.

    Chapter: speech/recognition
    """
    return _joined.scenes(load())


def store(*, epochs: int | None = None, folder=None):
    """Train on all voices, seed 0, and store the network; yield the path of its weights.

    Chapter: speech/recognition
    """
    takes = load()
    network, history = train(takes, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="Recogniser",
        source=takes.source,
        data="strings joined from the training takes of six men (FSDD, CC BY-SA 4.0)",
        not_for="digits that matter: voices of women and children are not among those it learned",
        seed=0,
        setting=CHOSEN,
        epochs=history.n_epochs,
        learning_rate=LEARNING_RATE,
        digits_in_batch=DIGITS_IN_BATCH,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.Recogniser:
    """Return the network with its stored weights: it knows all six voices.

    Examples
    --------
    >>> trained().training
    False

    Chapter: speech/recognition
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: what was stored, other seeds, voices held out, a peer.

    All but "stored" and the peer train, for some minutes each time. `quick` trains for two batches
    and hears few strings: it shows that all runs.

    Chapter: speech/recognition
    """
    rows: dict = {
        "stored": _rows_of_stored,
        "new_takes": _rows_of_seeds,
        "settings": _rows_of_settings,
        "joined": _rows_of_joined,
        **{_held_out(one): partial(_rows_of_voice, number) for number, one in enumerate(VOICES)},
    }
    if not quick:
        rows["new_voices"] = _rows_of_voices
    if pocketsphinx.is_installed():
        rows["pocketsphinx"] = _rows_of_pocketsphinx
    return {name: partial(one, quick) for name, one in rows.items()}


def _quickly(quick):
    return {"epochs": 1, "n_batches": 2} if quick else {}


def _part(name, quick):
    """Return the strings of a part, and how they are called; a few with `quick`."""
    some = _joined.children() if name == "children" else strings(load(), name)
    some = some.some(np.arange(0, len(some.texts), len(some.texts) // 4)) if quick else some
    called = {"test": "new takes", "unheard": "all takes of a voice", "children": "children"}[name]
    return some, f"{some.source}, {len(some.texts)} strings, {called}"


def _rate_row(name, some, heard, how, *, over, groups, **options):
    low, high = metrics.error_rate_interval(some.texts, heard, groups=groups)
    return Row(
        name,
        100 * metrics.word_error_rate(some.texts, heard),
        "%",
        how=f"{how}, 95 % interval over {len(set(groups))} {over}",
        spread=(100 * low, 100 * high),
        **options,
    )


def _rows_of_stored(quick):
    network, options = trained(), {"weights": (STORED,), "exact": True}
    some, how = _part("test", quick)
    heard = recognise(network, some.audio)
    numbers = np.arange(len(heard))
    yield _rate_row(
        "new_takes",
        some,
        heard,
        how,
        over="strings",
        groups=numbers,
        goal=f"<= {GOALS['new_takes']}",
        **options,
    )
    right = [one == other for one, other in zip(some.texts, heard, strict=True)]
    how = f"{how}, without any error"
    yield Row.share("strings_right", float(np.mean(right)), len(right), how=how, **options)
    yield from _rows_of_children(network, quick, **options)
    yield Row("parameters", models.count_parameters(network) / 1e3, "k", exact=True)


def _rows_of_children(network, quick, **options):
    """Yield what is made of children: as they speak, and played slower, as far as it is surest."""
    some, how = _part("children", quick)
    groups, heard, rows = some.speaker.tolist(), [], []
    for name, speeds in (("children", (1.0,)), ("children_slowed", SLOWER)):
        heard.append(recognise(network, some.audio, speeds=speeds))
        said = f"{how}, heard at {', '.join(map(str, speeds))} of their speed"
        rows.append(
            _rate_row(name, some, heard[-1], said, over="children", groups=groups, **options)
        )
    yield from rows
    low, high = metrics.error_rate_interval(some.texts, heard[0], other=heard[1], groups=groups)
    yield Row(
        "slowing_saves",
        rows[0].value - rows[1].value,
        "%",
        how=f"{how}, the first rate less the second, 95 % interval of the difference over "
        f"{len(set(groups))} children",
        spread=(100 * low, 100 * high),
        **options,
    )


def _error(network, some):
    heard = recognise(network, some.audio)
    return 100 * metrics.word_error_rate(some.texts, heard)


def _rows_of_seeds(quick):
    some, how = _part("test", quick)
    others = SEEDS[1 : 2 if quick else None]
    networks = [train(load(), seed=seed, show_progress=False, **_quickly(quick)) for seed in others]
    errors = [_error(trained(), some), *(_error(network, some) for network, _ in networks)]
    yield Row.several(
        "word_error",
        errors,
        "%",
        goal=f"<= {GOALS['new_takes']}",
        how=f"{how}, the stored weights and seeds {', '.join(map(str, others))}",
        weights=(STORED,),
    )


def _rows_of_voice(number, quick):
    voice = load().speakers[number]  # the stand-ins have other names
    some, _ = _part("unheard", False)
    own = some.of([voice])
    own = own.some(np.arange(2)) if quick else own
    network, _ = train(load(), held_out=(voice,), show_progress=False, **_quickly(quick))
    heard = recognise(network, own.audio)
    how = f"{own.source}, {len(heard)} strings of {voice}, held out, seed 0"
    yield _rate_row("word_error", own, heard, how, over="strings", groups=np.arange(len(heard)))


def _rows_of_settings(quick):
    """Yield what each setting has wrong of voices held out in pairs: by this one is chosen."""
    voices, (some, _) = load().speakers, _part("unheard", False)
    tried = [name for name in SETTINGS if name != "joined"]
    for name in tried[: 1 if quick else None]:
        errors = []
        for first in range(0, 2 if quick else len(voices), N_TOGETHER):
            pair = tuple(voices[first : first + N_TOGETHER])
            how_long = {"epochs": TRIED_EPOCHS, **_quickly(quick)}
            network, _ = train(load(), held_out=pair, setting=name, show_progress=False, **how_long)
            for voice in pair:
                own = some.of([voice])
                errors.append(_error(network, own.some(np.arange(2)) if quick else own))
        how = f"{some.source}, each voice, held out with one other, {TRIED_EPOCHS} epochs"
        yield Row.several(slug(name), errors, "%", how=how)


def _rows_of_voices(quick):
    """Yield the mean over the voices, as the store has them."""
    stored = results.rows(NAME)
    names = [f"{_held_out(voice)}.word_error" for voice in VOICES]
    missing = [name for name in names if name not in stored]
    if missing:
        raise AudioError(f"{missing[0]} is not measured yet: bench {NAME} --row {missing[0]}")
    errors = [stored[name]["value"] for name in names]
    how = f"{len(names)} voices, each held out, as measured one by one"
    goal = f"<= {GOALS['new_voices']}"
    yield Row.several("word_error", errors, "%", goal=goal, how=how)


def _held_out(voice):
    return f"without_{slug(voice)}"


def _rows_of_joined(quick):
    """Yield what strings bring by themselves, with no other people, rooms or microphones."""
    some, how = _part("test", quick)
    network, _ = train(load(), setting="joined", show_progress=False, **_quickly(quick))
    how = f"{how}, nothing varied but takes, gaps, levels and noise, seed 0"
    yield Row("new_takes", _error(network, some), "%", how=how)
    yield from _rows_of_children(network, quick)


def _rows_of_pocketsphinx(quick):
    for name, part in (("new_takes", "test"), ("new_voices", "unheard"), ("children", "children")):
        some, how = _part(part, quick)
        heard = [
            pocketsphinx.recognise(one, sample_rate=SAMPLE_RATE, grammar=pocketsphinx.DIGITS)
            for one in some.audio
        ]
        groups = some.speaker.tolist() if name == "children" else np.arange(len(heard))
        over = "children" if name == "children" else "strings"
        yield _rate_row(
            name, some, heard, f"{how}, a grammar of digits", over=over, groups=groups, exact=True
        )
