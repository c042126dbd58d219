"""Strings of digits, spoken without a pause: a network that needs to be told no borders (CTC).

It learns strings joined from single takes (`_joined`), new ones in every batch, and has the ten
words as tokens. It is tested with new takes of the voices it knows, with voices that it has not
heard, and with strings that children really spoke in one breath. Settings were chosen on strings of
takes that nothing is trained with; for unheard voices by networks that had heard neither of two
voices (`SETTINGS`). Children are a test alone: nothing was chosen by them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from scipy.signal import fftconvolve
from torch import nn

from audiolessons import matching, metrics, models, results, signals, training, transforms
from audiolessons.bench.peers import pocketsphinx
from audiolessons.datasets.spoken_digits import LABELS as WORDS
from audiolessons.errors import check_choice
from audiolessons.padding import is_sound
from audiolessons.recipes._settings import training_record
from audiolessons.recipes.speech.recognition import _joined
from audiolessons.recipes.speech.recognition._joined import (
    FRAMES,
    SAMPLE_RATE,
    TOP_DB,
    Strings,
    Takes,
    load,
)
from audiolessons.results import Row, read_scenes, slug, weights

BATCH_SIZE = 32  # strings that are recognised together
DIGITS_IN_BATCH = 48
STEPS_IN_EPOCH = 100
LEARNING_RATE = 0.004
SHARE_IN_ROOMS = 0.3
STORED = "digit-strings"
NAME = "digit_strings"
COMMAND = "python -m audiolessons train digit_strings"
SEEDS = (0, 1, 2)
VOICES = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
SLOWER = (1.0, 0.9, 0.8, 0.7)
GOALS = {"new_takes": 1.5, "new_voices": 10}
NETWORK = {"n_channels": 16, "hidden_size": 128, "n_layers": 1, "dropout": 0.1}


@dataclass(frozen=True)
class Setting:
    """How often batches are drawn, and what is varied in them beside takes, gaps and levels.

    `speeds` are those of whole strings, as if by smaller and larger people.
    """

    epochs: int = 10
    speeds: tuple = (1.0,)
    is_warped: bool = False
    is_coloured: bool = False
    has_rooms: bool = False
    is_centred: bool = False


VARIED = Setting(
    speeds=(0.85, 0.92, 1.0, 1.09, 1.18), is_warped=True, is_coloured=True, has_rooms=True
)
SETTINGS = {
    "joined": Setting(),
    "varied": VARIED,
    "higher": replace(VARIED, speeds=(0.85, 0.92, 1.0, 1.09, 1.18, 1.28, 1.4)),
    "centred": replace(VARIED, is_centred=True),
}


CHOSEN = "varied"


class Frames(nn.Module):
    """Log-mel of sounds (B, T): from -1, 40 dB below the loudest point, to 1, the loudest point.

    With `is_centred` the mean of each band over time is subtracted: what a microphone adds.

    Chapter: speech/recognition
    """

    def __init__(self, *, is_centred: bool = False):
        super().__init__()
        self.to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)
        self.is_centred = is_centred

    def forward(self, audio, lengths):
        x, lengths = self.to_mel(audio, lengths)
        inside = is_sound(lengths, x)
        loudest = x.masked_fill(~inside, -torch.inf).amax(dim=(1, 2), keepdim=True)
        x = ((x - loudest) / (TOP_DB / 2) + 1).clamp(min=-1)
        if self.is_centred:
            x = x - (x * inside).sum(dim=2, keepdim=True) / lengths[:, None, None]
        return x * inside, lengths


def batch(sounds, texts, *, to_frames: nn.Module) -> tuple:
    """Return strings as training wants them: log-mel (B, D, N), lengths (B,), (tokens, how many).

    Parameters
    ----------
    sounds : list of array
        (T,) each, at `SAMPLE_RATE`.
    texts : list of str
        Such as "four two".
    to_frames : Frames

    Examples
    --------
    >>> x, lengths, (tokens, n_tokens) = batch(
    ...     [np.zeros(800), np.zeros(400)], ["four two", "one"], to_frames=Frames()
    ... )
    >>> x.shape, tokens.tolist()
    (torch.Size([2, 40, 11]), [[5, 3], [2, 0]])

    Chapter: speech/recognition
    """
    tokens = [[WORDS.index(word) + 1 for word in text.split()] for text in texts]
    return *to_frames(*_joined.padded(sounds)), _joined.padded(tokens, dtype=torch.long)


class Lessons:
    """Batches of strings that are joined anew each time: (log-mel, lengths, (tokens, how many)).

    All strings of a batch have as many digits, so that little is padded. The first two epochs have
    single digits, each later one strings of up to two more: with long strings alone a network says
    nothing at all for hundreds of batches.

    Parameters
    ----------
    takes : Takes
    rows : array
        Numbers of the takes to join.
    setting : Setting
    n_batches : int
    n_digits : int
        In a batch.
    seed : int

    Chapter: speech/recognition
    """

    def __init__(
        self,
        takes: Takes,
        rows: np.ndarray,
        *,
        setting: Setting,
        n_batches: int = STEPS_IN_EPOCH,
        n_digits: int = DIGITS_IN_BATCH,
        seed: int = 0,
    ):
        self.takes, self.setting = takes, setting
        self.shelves = _joined.shelves(takes, rows)
        self.n_batches, self.n_digits = n_batches, n_digits
        self.epoch = 0
        self.rng = np.random.default_rng(seed)
        self.to_frames = Frames(is_centred=setting.is_centred)
        self.faster = functools.cache(self._faster)

    def __len__(self):
        return self.n_batches

    def __iter__(self) -> Iterator[tuple]:
        self.epoch += 1
        longest = max(1, 2 * self.epoch - 3)
        lowest, highest = (min(one, longest) for one in _joined.N_DIGITS)
        for _ in range(self.n_batches):
            length = int(self.rng.integers(lowest, highest + 1))
            joined = [self._string(length) for _ in range(max(1, self.n_digits // length))]
            yield batch(*zip(*joined, strict=True), to_frames=self.to_frames)

    def _string(self, n_digits):
        drawn = _joined.draw(self.shelves, rng=self.rng, n_digits=n_digits)
        rows, speed = drawn.pop("rows"), float(self.rng.choice(self.setting.speeds))
        audio = _joined.join([self.faster(row, speed) for row in rows], rng=self.rng, **drawn)
        if self.setting.has_rooms and self.rng.random() < SHARE_IN_ROOMS:
            audio = _in_a_room(audio, self.rng)
        return audio, " ".join(WORDS[self.takes.digit[row]] for row in rows)

    def _faster(self, row, speed):
        rate = round(SAMPLE_RATE * speed)
        return signals.resample(self.takes.audio[row], from_rate=rate, to_rate=SAMPLE_RATE)


def _in_a_room(audio, rng):
    """Return a sound with an echo that fades away: noise that falls by 60 dB in 0.1 to 0.4 s."""
    decay_s = rng.uniform(0.1, 0.4)
    seconds = np.arange(round(decay_s * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(seconds.size) * 10 ** (-3 * seconds / decay_s)
    tail *= signals.db_to_amplitude(rng.uniform(-20, -6)) / np.linalg.norm(tail)
    tail[0] = 1.0  # the direct sound
    return fftconvolve(audio, tail)[: audio.size].astype(np.float32)


def model(*, seed: int = 0, **options) -> models.Recogniser:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model()(torch.zeros(1, 40, 100)).shape
    torch.Size([1, 25, 11])

    Chapter: speech/recognition
    """
    training.seed_everything(seed)
    return models.Recogniser(11, n_mels=FRAMES["n_mels"], **{**NETWORK, **options})


@functools.cache
def strings(takes: Takes, part: str) -> Strings:
    """Return the joined strings of a part: "valid", "test" (new takes) or "unheard" (all takes).

    Those of the recordings were drawn before anything was trained, and are stored.

    Examples
    --------
    >>> len(strings(load(), "test").texts)
    300

    Chapter: speech/recognition
    """
    is_stored = takes.source == "recordings"
    drawn = read_scenes(NAME) if is_stored else _joined.scenes(takes)
    return _joined.make(takes, drawn[part])


def _batches(some: Strings, *, to_frames):
    for start in range(0, len(some.texts), BATCH_SIZE):
        here = slice(start, start + BATCH_SIZE)
        yield batch(some.audio[here], some.texts[here], to_frames=to_frames)


def recognise(
    network: models.Recogniser,
    sounds,
    *,
    setting: str = CHOSEN,
    speeds: tuple = (1.0,),
) -> list[str]:
    """Return the digits heard in sounds (T,) at `SAMPLE_RATE`, such as "four two".

    Parameters
    ----------
    network : models.Recogniser
    sounds : list of array
    setting : str
        With which it was trained.
    speeds : tuple of float
        Each sound is heard at all of them, slower and lower below 1; the answer counts of which the
        network is surest, by the mean log chance of the frames of its likeliest path.

    Examples
    --------
    >>> network = trained()
    >>> sounds = strings(load(), "test").audio[:2]
    >>> len(recognise(network, sounds))
    2

    Chapter: speech/recognition
    """
    heard = [_heard(network, sounds, speed, setting) for speed in speeds]
    best = np.argmax([[sureness for _, sureness in one] for one in heard], axis=0)
    return [heard[speed][row][0] for row, speed in enumerate(best)]


def _heard(network, sounds, speed, setting):
    """Return what is heard in each sound at a speed, and how sure it is."""
    rate, heard = round(SAMPLE_RATE * speed), []
    sounds = [signals.resample(one, from_rate=rate, to_rate=SAMPLE_RATE) for one in sounds]
    with training.evaluating(network) as device:
        to_frames = Frames(is_centred=SETTINGS[setting].is_centred).to(device)
        for start in range(0, len(sounds), BATCH_SIZE):
            audio, lengths = _joined.padded(sounds[start : start + BATCH_SIZE])
            logits, n_frames = network(*to_frames(audio.to(device), lengths.to(device)))
            best = logits.log_softmax(dim=-1).amax(dim=-1)  # (B, N)
            for tokens, chances, n in zip(_tokens(logits, n_frames), best, n_frames, strict=True):
                text = " ".join(WORDS[token - 1] for token in tokens)
                heard.append((text, float(chances[:n].mean())))
    return heard


def all_right(output: tuple, target: tuple) -> torch.Tensor:
    """Return which strings of a batch are recognised without an error, (B,): a metric for `fit`.

    Chapter: speech/recognition
    """
    heard = _tokens(*output)
    said = [one[:n].tolist() for one, n in zip(*target, strict=True)]
    return torch.tensor([one == other for one, other in zip(heard, said, strict=True)])


def _tokens(logits, n_frames):
    """Return the tokens of each sound: those of the likeliest path."""
    rows = zip(logits.detach().cpu().numpy(), n_frames.tolist(), strict=True)
    return [matching.best_path(one[:n]) for one, n in rows]


def train(
    takes: Takes,
    *,
    held_out: tuple = (),
    setting: str = CHOSEN,
    seed: int = 0,
    epochs: int | None = None,
    n_batches: int = STEPS_IN_EPOCH,
    show_progress: bool = True,
    **options,
):
    """Train on strings joined from the training takes of all voices but some.

    Parameters
    ----------
    takes : Takes
        From `load`.
    held_out : tuple of str
        Voices of which nothing is learned.
    setting : str
        Of `SETTINGS`.
    seed : int
        Of the first weights, what is joined, augmentation and dropout.
    epochs : int, optional
        The setting's own number unless given.
    n_batches : int
        In an epoch.
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.Recogniser`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.Recogniser, training.History)

    Raises
    ------
    AudioError
        If there is no such setting or voice.

    Examples
    --------
    >>> network, history = train(
    ...     load(), epochs=1, n_batches=1, hidden_size=8, n_channels=2, show_progress=False
    ... )
    >>> history.n_epochs
    1

    Chapter: speech/recognition
    """
    chosen = SETTINGS[check_choice(setting, name="setting", choices=tuple(SETTINGS))]
    for one in held_out:
        check_choice(one, name="held_out", choices=tuple(takes.speakers))
    known = [one for one in takes.speakers if one not in held_out]
    rows = np.flatnonzero(takes.part("train") & np.isin(takes.speaker, known))
    network = model(seed=seed, **options)
    valid = strings(takes, "valid").of(known)
    history = training.fit(
        transforms.Chain(*_other_sounds(chosen, torch.Generator().manual_seed(seed)), network),
        Lessons(takes, rows, setting=chosen, n_batches=n_batches, seed=seed),
        list(_batches(valid, to_frames=Frames(is_centred=chosen.is_centred))),
        config=training.Config(
            epochs=epochs or chosen.epochs,
            learning_rate=LEARNING_RATE,
            weight_decay=0.01,
            scheduler="cosine",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=models.ctc_loss,
        metric=all_right,
    )
    return network, history


def _other_sounds(setting, generator):
    """Return what makes other spectrograms of a spectrogram."""
    if setting.is_coloured:
        yield transforms.Colour(most=5.0 / (TOP_DB / 2), generator=generator)  # 5 dB
    if setting.is_warped:
        yield transforms.Warp(
            most_pitch=1.1, most_tempo=1.15, sample_rate=SAMPLE_RATE, generator=generator
        )
        yield transforms.SpecAugment(max_bands=5, max_frames=6, generator=generator)


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
    rows = {
        "stored": _rows_of_stored,
        "new_takes": _rows_of_seeds,
        "joined": _rows_of_joined,
        **{_held_out(voice): partial(_rows_of_voice, voice) for voice in VOICES},
        "new_voices": _rows_of_voices,
    }
    if pocketsphinx.is_installed():
        rows["pocketsphinx"] = _rows_of_pocketsphinx
    return {name: partial(one, quick) for name, one in rows.items()}


def _quickly(quick):
    return {"epochs": 1, "n_batches": 2} if quick else {}


def _part(name, quick):
    """Return the strings of a part, and how they are called; every hundredth with `quick`."""
    some = _joined.children() if name == "children" else strings(load(), name)
    some = some.some(np.arange(0, len(some.texts), 100)) if quick else some
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
    yield _rate_row("new_takes", some, heard, how, over="strings", groups=numbers, **options)
    right = [one == other for one, other in zip(some.texts, heard, strict=True)]
    how = f"{how}, without any error"
    yield Row.share("strings_right", float(np.mean(right)), len(right), how=how, **options)
    yield from _rows_of_children(network, quick, **options)
    yield Row("parameters", models.count_parameters(network) / 1e3, "k", exact=True)


def _rows_of_children(network, quick, *, setting=CHOSEN, **options):
    """Yield what is made of children: as they speak, and played slower, as far as it is surest."""
    some, how = _part("children", quick)
    for name, speeds in (("children", (1.0,)), ("children_slowed", SLOWER)):
        heard = recognise(network, some.audio, setting=setting, speeds=speeds)
        said = f"{how}, heard at {', '.join(map(str, speeds))} of their speed"
        yield _rate_row(
            name, some, heard, said, over="children", groups=some.speaker.tolist(), **options
        )


def _error(network, some, setting=CHOSEN):
    heard = recognise(network, some.audio, setting=setting)
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


def _rows_of_voice(voice, quick):
    some, how = _part("unheard", False)
    own = some.of([voice])
    own = own.some(np.arange(2)) if quick else own
    network, _ = train(load(), held_out=(voice,), show_progress=False, **_quickly(quick))
    heard = recognise(network, own.audio)
    how = f"{own.source}, {len(heard)} strings, held out, seed 0"
    yield _rate_row("word_error", own, heard, how, over="strings", groups=np.arange(len(heard)))


def _rows_of_voices(quick):
    """Yield the mean over the voices that the store has."""
    stored = results.rows(NAME)
    found = [
        stored[f"{_held_out(voice)}.word_error"]
        for voice in load().speakers
        if f"{_held_out(voice)}.word_error" in stored
    ]
    errors = [one["value"] for one in found] or [100.0]
    how = f"{len(found)} voices, each held out, as measured one by one"
    goal = f"<= {GOALS['new_voices']}"
    yield Row.several("word_error", errors, "%", goal=goal, how=how)


def _held_out(voice):
    return f"without_{slug(voice)}"


def _rows_of_joined(quick):
    """Yield what strings bring by themselves, with no other people, rooms or microphones."""
    some, how = _part("test", quick)
    network, _ = train(load(), setting="joined", show_progress=False, **_quickly(quick))
    how = f"{how}, nothing varied but takes, gaps, levels and noise, seed 0"
    yield Row("new_takes", _error(network, some, "joined"), "%", how=how)
    yield from _rows_of_children(network, quick, setting="joined")


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
