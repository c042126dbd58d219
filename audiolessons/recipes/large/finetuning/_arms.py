"""Few takes of a new voice: what each start and each way of adapting reaches.

Each of the six voices is new in turn. A network starts from nothing, from the digits of the five
others, from speech without labels, or from speech and then the others; it then learns one to twenty
takes of each digit of the new voice, and is tested on takes 0 to 4, which nobody ever trains on.

The rate of each arm is chosen for each voice by another: networks that have heard neither of the
two learn five takes of the other voice, and are judged on further takes of it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from audiolessons import models, training
from audiolessons.errors import check_choice
from audiolessons.recipes.large.finetuning import _pretraining
from audiolessons.recipes.large.finetuning._frames import Digits, digits
from audiolessons.recipes.large.finetuning._together import answers_together, train_together
from audiolessons.results import read_scenes

NUMBERS = (1, 2, 5, 10, 20)  # takes of each digit
QUICK_NUMBERS = NUMBERS[:2]
SEEDS = (0, 1, 2, 3, 4)
TEST_TAKES, JUDGE_TAKES = range(5), range(25, 50)
LEARNED_TAKES, ALL_TAKES = range(5, 25), range(5, 50)
STARTS = ("nothing", "others", "speech", "both")
LINEAR = ("to_query", "to_key", "to_value", "to_output", "feedforward.0", "feedforward.3")
RANK, MIDDLE = 4, 16
N_STEPS, BATCH_SIZE = 200, 32
SOURCE_STEPS, SOURCE_BATCH = 900, 64
FORGETTING = {"source_steps": 450, "steps": 100}  # shorter, so that a processor can measure it
SOURCE_RATES = {"others": (0.001, 0.001), "both": (0.0005, 0.002)}  # of encoder and last layer
HEAD_RATE = 0.003
QUICK = {"width": 16, "n_layers": 1, "n_heads": 2}  # of an encoder that shows that it works


@dataclass(frozen=True)
class Arm:
    """Where a network starts, what of it learns, and the rates to choose from."""

    start: str
    way: str
    rates: tuple


FULL, THIN = (0.0002, 0.0006, 0.0018), (0.001, 0.003, 0.009)
ARMS = {
    "scratch": Arm("nothing", "full", FULL),
    "others": Arm("others", "full", FULL),
    "others_lora": Arm("others", "lora", THIN),
    "speech": Arm("speech", "full", FULL),
    "speech_lora": Arm("speech", "lora", THIN),
    "speech_probe": Arm("speech", "probe", (0.003, 0.009, 0.027)),
    "both": Arm("both", "full", FULL),
    "both_lora": Arm("both", "lora", THIN),
    "both_adapters": Arm("both", "adapters", THIN),
    "both_probe": Arm("both", "probe", (0.001, 0.003, 0.009)),
}


def adapted(network: models.SpeechClassifier, way: str) -> models.SpeechClassifier:
    """Freeze what does not learn, and add what does; changed in place, and returned.

    Parameters
    ----------
    network : SpeechClassifier
        With its weights loaded.
    way : str
        "full": everything learns. "probe": the last layer. "lora", "adapters": the last layer and
        what is added to the others.

    Examples
    --------
    >>> network = models.SpeechClassifier(_pretraining.encoder(), n_classes=10)
    >>> n_all = models.count_parameters(network)
    >>> for way in ("probe", "lora", "adapters"):
    ...     learned = models.count_parameters(adapted(copy.deepcopy(network), way))
    ...     print(way, round(100 * learned / n_all, 1))
    probe 0.1
    lora 4.7
    adapters 2.2

    Chapter: large/finetuning
    """
    check_choice(way, name="way", choices=("full", "probe", "lora", "adapters"))
    if way == "probe":
        models.freeze(network.encoder)
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
    """All that is trained and tested, each once: in memory, and answers in a folder.

    Parameters
    ----------
    folder : path, optional
        Where answers are kept, so that what was interrupted goes on.
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
        self.numbers = QUICK_NUMBERS if quick else NUMBERS
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

    def sources(
        self,
        start: str,
        runs: list[tuple],
        *,
        n_steps: int = SOURCE_STEPS,
        batch_size: int = SOURCE_BATCH,
    ) -> list[models.SpeechClassifier]:
        """Return a network for each (seed, *unheard voices): trained on the digits of all others.

        Starts that hear no other voices give new networks.
        """
        if start in ("nothing", "speech"):
            return [self.new_network(start, seed) for seed, *_ in runs]
        key = (start, tuple(runs))
        if key not in self._sources:
            networks = [self.new_network(start, seed) for seed, *_ in runs]
            everybody = self.digits.speakers
            rows = [
                self.digits.rows([one for one in everybody if one not in unheard], takes=ALL_TAKES)
                for _, *unheard in runs
            ]
            rate, head_rate = SOURCE_RATES[start]
            train_together(
                networks,
                self.digits,
                np.stack(rows),
                n_steps=3 if self.quick else n_steps,
                batch_size=BATCH_SIZE if self.quick else batch_size,
                learning_rate=rate,
                head_rate=head_rate,
            )
            self._sources[key] = networks
        return [copy.deepcopy(one) for one in self._sources[key]]

    def judged(self, name: str) -> dict:
        """Return {voice: the rate that did best on its partner, of whom nothing was heard}."""
        return self._kept(f"{name}-rates", lambda: self._judge(name))["rate"].tolist()

    def _judge(self, name):
        arm = ARMS[name]
        takes = JUDGE_TAKES if self.digits.source == "recordings" else range(50)
        tested = np.stack([self.digits.rows([self.partner[v]], takes=takes) for v in self.voices])
        worth = []
        for rate in arm.rates:
            networks = self.sources(arm.start, [(0, v, self.partner[v]) for v in self.voices])
            rows = [
                self.learned_rows(self.partner[v], 0, self.numbers[-3:][0]) for v in self.voices
            ]
            self._adapt(networks, arm, np.stack(rows), rate)
            worth.append(self._right(networks, tested).mean(axis=1))
        best = np.argmax(worth, axis=0)
        return {"rate": np.array(arm.rates)[best], "worth": np.array(worth)}

    def right(self, name: str, n: int) -> dict:
        """Return what an arm gets right after n takes: {"right": (S, V, T), "old": (S, V, T2)}.

        "old" are test takes of the voices that its start has heard. 0 takes: the start alone.
        """
        return self._kept(f"{name}-{n}", lambda: self._test(name, n))

    def _test(self, name, n):
        arm = ARMS[name]
        networks = self.sources(arm.start, self.runs)
        if n:
            rates = dict(zip(self.voices, self.judged(name), strict=True))
            for rate in sorted(set(rates.values())):  # networks of one rate learn together
                which = [i for i, (_, voice) in enumerate(self.runs) if rates[voice] == rate]
                rows = [self.learned_rows(voice, seed, n) for seed, voice in self.runs]
                some = [networks[i] for i in which]
                self._adapt(some, arm, np.stack([rows[i] for i in which]), rate)
        return self.tested(networks)

    def _adapt(self, networks, arm, rows, rate, labels=None, n_steps=None):
        for one in networks:
            adapted(one, arm.way)
        train_together(
            networks,
            self.digits,
            rows,
            labels=labels,
            n_steps=n_steps or self.steps,
            batch_size=BATCH_SIZE,
            learning_rate=rate,
            head_rate=max(rate, HEAD_RATE) if arm.way != "probe" else rate,
        )

    def tested(self, networks) -> dict:
        """Return what networks, one for each of the runs, get right: of the new and the old voices.

        Chapter: large/finetuning
        """
        old = [[one for one in self.digits.speakers if one != voice] for _, voice in self.runs]
        shape = (len(self.seeds), len(self.voices), -1)
        new = [[voice] for _, voice in self.runs]
        return {
            "right": self._right_of(networks, new).reshape(shape),
            "old": self._right_of(networks, old).reshape(shape),
        }

    def _right_of(self, networks, voices):
        """Return what each network gets right of the test takes of its voices."""
        rows = [self.digits.rows(some, takes=TEST_TAKES) for some in voices]
        return self._right(networks, np.stack(rows))

    def _right(self, networks, rows):
        found = answers_together(networks, self.digits, rows).argmax(dim=2)
        return (found == self.digits.labels[torch.as_tensor(rows)]).numpy()

    @property
    def halves(self) -> list[list]:
        """The voices in two halves: what one half is new to, has heard the other."""
        middle = len(self.voices) // 2
        return [self.voices[:middle], self.voices[middle:]]

    def forgetting(self, way: str, rate: float) -> dict:
        """Return what is right of new and old voices after five takes at one rate, from "both".

        One seed. Two networks hear half of the voices each and fewer steps; each voice of the other
        half is new in turn. A rate of 0: before anything of the new voice is learned.
        """
        return self._kept(f"forget-{way}-{rate:g}", lambda: self._forget(way, rate))

    def _forget(self, way, rate):
        first, second = self.halves
        seed, steps = self.seeds[0], FORGETTING["source_steps"]
        runs = [(seed, *half) for half in (first, second)]
        sources = self.sources("both", runs, n_steps=steps, batch_size=BATCH_SIZE)
        networks = [
            copy.deepcopy(source)
            for source, half in zip(sources, self.halves, strict=True)
            for _ in half
        ]
        if rate:
            rows = [self.learned_rows(voice, seed, self.five) for voice in self.voices]
            n_steps = self.steps if self.quick else FORGETTING["steps"]
            self._adapt(networks, Arm("both", way, ()), np.stack(rows), rate, n_steps=n_steps)
        old = [second] * len(first) + [first] * len(second)
        return {
            "right": self._right_of(networks, [[voice] for voice in self.voices])[None],
            "old": self._right_of(networks, old)[None],
        }

    def pseudo_labels(self, name: str) -> dict:
        """Return what is right after one take, and after half of 19 more that it labelled itself.

        {"before", "after": (S, V, T), "sure": (S, V, 1) share of the labels that were right}.
        """
        return self._kept(f"pseudo-{name}", lambda: self._pseudo(name))

    def _pseudo(self, name):
        arm = ARMS[name]
        rates = dict(zip(self.voices, self.judged(name), strict=True))
        shape = (len(self.seeds), len(self.voices), -1)
        found: dict = {"before": [], "after": [], "sure": []}
        most = max(self.numbers)
        for rate in sorted(set(rates.values())):
            runs = [run for run in self.runs if rates[run[1]] == rate]
            index = [self.runs.index(run) for run in runs]
            known = np.stack([self.learned_rows(voice, seed, 1) for seed, voice in runs])
            pool = np.stack(
                [
                    np.setdiff1d(self.learned_rows(voice, seed, most), one)
                    for (seed, voice), one in zip(runs, known, strict=True)
                ]
            )
            tests = np.stack([self.digits.rows([voice], takes=TEST_TAKES) for _, voice in runs])
            starts = self.sources(arm.start, self.runs)
            teachers = [starts[i] for i in index]
            self._adapt(teachers, arm, known, rate)
            before = self._right(teachers, tests)
            chances, said = answers_together(teachers, self.digits, pool).softmax(dim=2).max(dim=2)
            surest = chances.argsort(dim=1, descending=True)[:, : pool.shape[1] // 2].numpy()
            more = np.take_along_axis(pool, surest, axis=1)
            labels = np.take_along_axis(said.numpy(), surest, axis=1)
            truth = self.digits.labels.numpy()
            pupils = self.sources(arm.start, self.runs)
            pupils = [pupils[i] for i in index]
            rows = np.concatenate([known, more], axis=1)
            self._adapt(pupils, arm, rows, rate, labels=np.concatenate([truth[known], labels], 1))
            found["before"].append((index, before))
            found["after"].append((index, self._right(pupils, tests)))
            found["sure"].append((index, (labels == truth[more]).mean(axis=1, keepdims=True)))
        return {key: _in_order(parts).reshape(shape) for key, parts in found.items()}

    def _kept(self, key, compute):
        """Return named arrays from the folder, or compute and keep them."""
        path = None if self.folder is None else self.folder / f"{key}.npz"
        if path is not None and path.exists():
            with np.load(path) as stored:
                return dict(stored)
        found = compute()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, device=str(training.pick_device()), **found)
        return found


def _in_order(parts):
    """Join (numbers of rows, rows) so that the rows stand in the order of their numbers."""
    order = np.argsort(np.concatenate([index for index, _ in parts]))
    return np.concatenate([rows for _, rows in parts])[order]


@functools.cache
def _drawn():
    return read_scenes("finetuning")["takes"]
