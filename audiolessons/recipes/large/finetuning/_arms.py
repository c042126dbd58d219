"""Few takes of a new voice: what each start and each way of adapting reaches.

Each of the six voices is new in turn. A network starts from nothing, from the digits of the five
others, from speech without labels, or from speech and then the others; it then learns one to twenty
takes of each digit of the new voice, and is tested on takes 0 to 4, which nobody ever trains on.

The rate of each arm is chosen for each voice by another: networks that have heard neither of the
two learn five takes of the other voice, and are judged on further takes of it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from audiolessons import models
from audiolessons.errors import check_choice
from audiolessons.recipes.large.finetuning import _pretraining
from audiolessons.recipes.large.finetuning._adapting import answers, train
from audiolessons.recipes.large.finetuning._frames import Digits, digits, unlabelled
from audiolessons.results import read_scenes

NUMBERS = (1, 2, 5, 10, 20)  # takes of each digit
QUICK_NUMBERS = NUMBERS[:2]
SEEDS = (0, 1, 2, 3, 4)
TEST_TAKES, JUDGE_TAKES = range(5), range(25, 50)
LEARNED_TAKES, ALL_TAKES = range(5, 25), range(5, 50)
LINEAR = ("to_query", "to_key", "to_value", "to_output", "feedforward.0", "feedforward.3")
RANK, MIDDLE = 4, 16
N_STEPS, BATCH_SIZE = 200, 16
SOURCE_STEPS, SOURCE_BATCH = 450, 32
SOURCE_RATES = {"others": (0.001, 0.001), "both": (0.0005, 0.002)}  # of encoder and last layer
HEAD_RATE = 0.003
ROUND_RATE = 0.0006  # for all rounds alike
QUICK = {"width": 16, "n_layers": 1, "n_heads": 2}  # of an encoder that shows that it works


@dataclass(frozen=True)
class Arm:
    """Where a network starts, what of it learns, the rates to choose from, and takes to learn."""

    start: str
    way: str
    rates: tuple
    numbers: tuple = NUMBERS


FULL, THIN = (0.0002, 0.0006, 0.0018), (0.001, 0.003, 0.009)
SOME = (1, 5, 20)
ARMS = {
    "scratch": Arm("nothing", "full", FULL),
    "others": Arm("others", "full", FULL),
    "speech": Arm("speech", "full", FULL),
    "speech_lora": Arm("speech", "lora", THIN, SOME),
    "both": Arm("both", "full", FULL, SOME),
    "both_lora": Arm("both", "lora", THIN, SOME),
    "both_adapters": Arm("both", "adapters", THIN, SOME[:2]),
}


def adapted(network: models.SpeechClassifier, way: str) -> models.SpeechClassifier:
    """Freeze what does not learn, and add what does; changed in place, and returned.

    Parameters
    ----------
    network : SpeechClassifier
        With its weights loaded.
    way : str
        "full": everything learns. "lora", "adapters": the last layer and what is added to the
        others.

    Examples
    --------
    >>> network = models.SpeechClassifier(_pretraining.encoder(), n_classes=10)
    >>> n_all = models.count_parameters(network)
    >>> for way in ("lora", "adapters"):
    ...     network = models.SpeechClassifier(_pretraining.encoder(), n_classes=10)
    ...     learned = models.count_parameters(adapted(network, way))
    ...     print(way, round(100 * learned / n_all, 1))
    lora 4.7
    adapters 2.2

    Chapter: large/finetuning
    """
    check_choice(way, name="way", choices=("full", "lora", "adapters"))
    if way == "lora":
        models.add_low_rank(network.encoder, LINEAR, rank=RANK)
    if way == "adapters":
        models.add_adapters(network.encoder, middle=MIDDLE)
    return network


def draw_takes(*, seed: int = 0) -> dict:
    """Draw which takes of a new voice are learned, for each seed and voice: the first n of a list.

    Chapter: large/finetuning
    """
    random = np.random.default_rng(seed)
    found = [
        {"seed": one, "speaker": speaker, "takes": random.permutation(LEARNED_TAKES).tolist()}
        for one in SEEDS
        for speaker in digits().speakers
    ]
    return {"takes": found}


class Trials:
    """All that is trained and tested, each once: in memory, and what is kept in a folder.

    Parameters
    ----------
    folder : path, optional
        Where networks and answers are kept, so that what was interrupted goes on.
    quick : bool
        One seed, two voices, a few steps of a small encoder: shows that it works.
    encoder : callable, optional
        Gives the pre-trained encoder; the stored one unless given.
    """

    def __init__(
        self, *, folder=None, quick: bool = False, encoder: Callable = _pretraining.trained
    ):
        self.folder = None if folder is None else Path(folder)
        self.quick, self.encoder = quick, functools.cache(encoder)
        self.digits: Digits = digits()
        self.voices = self.digits.speakers[: 2 if quick else None]
        self.seeds = SEEDS[: 1 if quick else None]
        self.five = 2 if quick else 5
        self.steps = 3 if quick else N_STEPS
        self.partner = {
            one: other
            for a, b in zip(self.voices[::2], self.voices[1::2], strict=True)
            for one, other in ((a, b), (b, a))
        }
        self._sources: dict = {}

    @property
    def runs(self) -> list[tuple]:
        """(seed, voice) of each network of a test."""
        return [(seed, voice) for seed in self.seeds for voice in self.voices]

    def numbers(self, name: str) -> tuple:
        """Takes of each digit that an arm learns: 0 is the start alone, where it heard digits."""
        arm = ARMS[name]
        has_heard = arm.start in ("others", "both")
        return (0,) * has_heard + (QUICK_NUMBERS if self.quick else arm.numbers)

    def learned_rows(self, voice: str, seed: int, n: int) -> np.ndarray:
        """Return the rows of n takes of each digit."""
        if self.digits.source != "recordings":
            takes = sorted(set(self.digits.take[self.digits.speaker == voice].tolist()))[-n:]
        else:
            scenes = {(one["seed"], one["speaker"]): one["takes"] for one in _drawn()}
            takes = scenes[seed, voice][:n]
        return self.digits.rows([voice], takes=takes)

    def new_network(self, start: str, seed: int) -> models.SpeechClassifier:
        """Return a classifier with a new last layer, on an encoder that has heard no digits."""
        encoder = _pretraining.encoder(seed=seed, **(QUICK if self.quick else {}))
        if start in ("speech", "both"):
            encoder.load_state_dict(self.encoder().state_dict())
        return models.SpeechClassifier(encoder, n_classes=len(self.digits.names))

    def source(self, start: str, seed: int, *unheard: str) -> models.SpeechClassifier:
        """Return a network that was trained on the digits of all voices but the unheard ones.

        A start that hears no other voices gives a new network.
        """
        network = self.new_network(start, seed)
        if start in ("nothing", "speech"):
            return network
        key = "-".join([start, str(seed), *sorted(unheard)])
        if key not in self._sources:
            taught = functools.partial(self._taught, network, start, seed, unheard)
            self._sources[key] = self._kept(key, taught)
        state = {name: torch.from_numpy(one) for name, one in self._sources[key].items()}
        network.load_state_dict(state)
        return network

    def _taught(self, network, start, seed, unheard):
        heard = [one for one in self.digits.speakers if one not in unheard]
        rate, head_rate = SOURCE_RATES[start]
        train(
            network,
            self.digits,
            self.digits.rows(heard, takes=ALL_TAKES),
            n_steps=3 if self.quick else SOURCE_STEPS,
            batch_size=BATCH_SIZE if self.quick else SOURCE_BATCH,
            learning_rate=rate,
            head_rate=head_rate,
            seed=seed,
        )
        return {name: one.numpy() for name, one in network.state_dict().items()}

    def adapt(self, network, arm: Arm, rows, rate: float, *, seed: int) -> float:
        """Teach a network rows of a new voice in an arm's way, in place; return the seconds."""
        adapted(network, arm.way)
        started = time.process_time()
        train(
            network,
            self.digits,
            rows,
            n_steps=self.steps,
            batch_size=BATCH_SIZE,
            learning_rate=rate,
            head_rate=max(rate, HEAD_RATE),
            seed=seed,
        )
        return time.process_time() - started

    def judged(self, name: str) -> dict:
        """Return {voice: the rate that did best on its partner, of whom nothing was heard}."""
        rates = self._kept(f"{name}-rates", lambda: self._judge(name))["rate"].tolist()
        return dict(zip(self.voices, rates, strict=True))

    def _judge(self, name):
        arm = ARMS[name]
        takes = JUDGE_TAKES if self.digits.source == "recordings" else range(50)
        worth = np.zeros((len(arm.rates), len(self.voices)))
        for i, rate in enumerate(arm.rates):
            for j, voice in enumerate(self.voices):
                other = self.partner[voice]
                network = self.source(arm.start, 0, voice, other)
                learned = self.learned_rows(other, 0, self.five)
                self.adapt(network, arm, learned, rate, seed=0)
                worth[i, j] = self._right(network, self.digits.rows([other], takes=takes)).mean()
        return {"rate": np.array(arm.rates)[worth.argmax(axis=0)], "worth": worth}

    def right(self, name: str, n: int) -> dict:
        """Return what an arm gets right after n takes of a new voice.

        {"right": (S, V, T), "old": (S, V, T2), "seconds": (S, V)}: "old" are test takes of the
        voices that its start may have heard. 0 takes: the start alone.
        """
        return self._kept(f"{name}-{n}", lambda: self._test(name, n))

    def _test(self, name, n):
        arm, rates = ARMS[name], self.judged(name) if n else {}
        networks, seconds = [], []
        for seed, voice in self.runs:
            network = self.source(arm.start, seed, voice)
            if n:
                rows = self.learned_rows(voice, seed, n)
                seconds.append(self.adapt(network, arm, rows, rates[voice], seed=seed))
            networks.append(network)
        return {**self.tested(networks), "seconds": np.array(seconds)}

    def tested(self, networks, runs=None) -> dict:
        """Return what networks, one for each of the runs, get right: of the new and the old voices.

        Chapter: large/finetuning
        """
        voices = [voice for _, voice in (self.runs if runs is None else runs)]
        old = [[one for one in self.digits.speakers if one != voice] for voice in voices]
        new = [[voice] for voice in voices]
        return {"right": self._right_of(networks, new), "old": self._right_of(networks, old)}

    def _right_of(self, networks, voices):
        """Return what each network gets right of the test takes of its voices, (S, V, T)."""
        rows = [self.digits.rows(some, takes=TEST_TAKES) for some in voices]
        found = [self._right(*each) for each in zip(networks, rows, strict=True)]
        return np.reshape(found, (-1, len(self.voices), len(found[0])))

    def _right(self, network, rows):
        said = answers(network, self.digits, rows).argmax(dim=1)
        return (said == self.digits.labels[torch.as_tensor(rows)]).numpy()

    def forgetting(self, way: str, rate: float) -> dict:
        """Return what is right of new and old voices after five takes at one rate, from "both".

        One seed. A rate of 0: before anything of the new voice is learned.
        """
        return self._kept(f"forget-{way}-{rate:g}", lambda: self._forget(way, rate))

    def _forget(self, way, rate):
        runs, networks = [(self.seeds[0], voice) for voice in self.voices], []
        for seed, voice in runs:
            network = self.source("both", seed, voice)
            if rate:
                rows = self.learned_rows(voice, seed, self.five)
                self.adapt(network, Arm("both", way, ()), rows, rate, seed=seed)
            networks.append(network)
        return self.tested(networks, runs)

    def rounds(self, name: str, n: int) -> dict:
        """Return what is right of further takes, which choose, after n takes: {"right": (S, V, T)}.

        All of the network learns, with one seed. `name`: a "new" one, the one of the "first" round
        of pre-training, or one of the "second".
        """
        return self._kept(f"round-{name}-{n}", lambda: self._round(name, n))

    def _round(self, name, n):
        right = []
        takes = JUDGE_TAKES if self.digits.source == "recordings" else range(50)
        for seed, voice in self.runs[: len(self.voices)]:
            network = self.new_network("nothing" if name == "new" else "speech", seed)
            if name == "second":
                kept = self._kept("second-round", self._second_round)
                state = {key: torch.from_numpy(one) for key, one in kept.items()}
                network.encoder.load_state_dict(state)
            learned = self.learned_rows(voice, seed, n)
            self.adapt(network, Arm("speech", "full", ()), learned, ROUND_RATE, seed=seed)
            right.append(self._right(network, self.digits.rows([voice], takes=takes)))
        return {"right": np.reshape(right, (-1, len(self.voices), len(right[0])))}

    def _second_round(self):
        if self.quick:
            found = self.encoder()
        else:
            rounds = (*_pretraining.EPOCHS, _pretraining.SECOND_EPOCHS)
            found = _pretraining.pretrain(unlabelled()[0], epochs=rounds)[0].encoder
        return {name: one.detach().numpy() for name, one in found.state_dict().items()}

    def _kept(self, key, compute):
        """Return named arrays from the folder, or compute and keep them."""
        path = None if self.folder is None else self.folder / f"{key}.npz"
        if path is not None and path.exists():
            with np.load(path) as stored:
                return dict(stored)
        found = compute()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, **found)
        return found


@functools.cache
def _drawn():
    return read_scenes("finetuning")["takes"]
