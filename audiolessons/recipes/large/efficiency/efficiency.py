"""How small a recogniser of digits may be: teachers for unheard voices, and what is made of them.

Each of six voices is held out in turn, with five seeds: thirty teachers. From each, and from the
same sounds, come networks with fewer bits, fewer channels, fewer weights, lower rank, and students.
What is lost is counted against the teacher of the same voice and seed. A network hears a word once,
as it was said; the log-mel bands are made outside and are part of no size and of no delay, which
`features` times alone.

The distillation temperature is chosen for each voice by another one, that neither the teacher nor
the students have heard. All else of the first try was set by hand; the epochs of the students were
cut from 36 to 30, to save time, when the figures of teachers and pruned networks on two test voices
were known. The second try (`_networks.WAYS`, three teachers together) was begun when the results of
the first were known; how it learns is chosen for each voice by the five others.
"""

from __future__ import annotations

import functools
import time
from functools import partial

import numpy as np
import torch

from audiolessons import __version__, metrics, models, training, transforms
from audiolessons.errors import check_choice
from audiolessons.models.shrinking import counting, folding, quantizing
from audiolessons.recipes._held_out_voices import SAMPLE_RATE, Voices, load
from audiolessons.recipes._spoken_digits import COARSE_FRAMES
from audiolessons.recipes.large.efficiency import _networks
from audiolessons.recipes.large.efficiency._networks import MAKERS, N_MELS, WAYS, Cell
from audiolessons.recipes.large.efficiency._work import (
    FOLDER,
    PLAIN,
    Job,
    chosen_temperature,
    judges,
    judges_of_way,
    network_of,
    outcome,
    right,
    seeds_of,
)
from audiolessons.results import Row, weights
from audiolessons.serving import quantized, session
from audiolessons.serving.timing import call_times_ms

N_SHOWN = 100  # sounds of the training part that calibrate grids
N_TIMED = 2000
GOALS = {
    "static_8.below": "<= 0.5",
    "static_8.file_share": "<= 30",
    "static_8.memory_share": "<= 30",
    "channels_80.below": "<= 1",
    "channels_80.times_faster": ">= 1",
    "taught.below": "<= 1",
    "taught.parameters": "<= 20000",
    "channels_80_by_3.below": "<= 1",
    "channels_80_by_3.times_faster": ">= 1",
    "taught_by_3.below": "<= 1",
    "taught_by_3.parameters": "<= 20000",
    "teacher.p99": "<= 1",
}
MADE_OF = {  # else the teacher
    "taught_8": "taught",
    "channels_80_8": "channels_80",
    "taught_by_3_8": "taught_by_3",
    "channels_80_by_3_8": "channels_80_by_3",
}
GRIDS = {"post_4": 4, "post_3": 3, "post_2": 2}
STORED = {"teacher": "teacher", "student": "taught"}  # name: which network of a cell

__all__ = ["MAKERS", "Cell", "load", "measure", "store", "train", "trained"]


def train(voices: Voices, *, held_out: str, epochs: int | None = None, seed: int = 0):
    """Train a teacher on all voices but one.

    Returns
    -------
    (models.SpectrogramCNN, training.History)

    Examples
    --------
    >>> voices = load()
    >>> network, history = train(voices, held_out=voices.speakers[0], epochs=1)
    >>> history.n_epochs
    1

    Chapter: large/efficiency
    """
    return MAKERS["teacher"](voices, Cell(held_out, seed), None, epochs, None)


def trained(name: str = "student", *, folder=None) -> models.SpectrogramCNN:
    """Return a stored network in evaluation mode: "teacher" or "student", of one voice and seed 0.

    Chapter: large/efficiency
    """
    network = _networks.shell(STORED[check_choice(name, name="name", choices=tuple(STORED))])
    weights.load(network, f"digits-{name}", folder=folder)
    return network


def store(*, epochs: int | None = None, folder=None):
    """Train the teacher and the student whose weights are stored; yield their files.

    The voice that they have not heard is the last one by name.

    Chapter: large/efficiency
    """
    voices = load()
    cell, where = Cell(voices.speakers[-1]), FOLDER if epochs is None else f"{FOLDER}-{epochs}"
    for name, kind in STORED.items():
        outcome(Job(cell, kind), voices, folder=where, epochs=epochs)
        network = network_of(Job(cell, kind), folder=where)
        kept = weights.read_record(kind, folder=f"{where}/{cell.name}/weights")
        record = {
            "command": "python -m audiolessons train efficiency",
            "source": voices.source,
            "data": f"spoken_digits without {cell.held_out}: five men, CC BY-SA 4.0",
            "not_for": "anything that matters: it knows ten words of five men",
            "channels": [one.out_channels for one in network.convolutions],
            "seed": cell.seed,
            **{key: kept[key] for key in ("temperature", "loss", "device")},
            "parameters": models.count_parameters(network),
            "versions": {"torch": torch.__version__, "audiolessons": __version__},
        }
        yield weights.save(network, f"digits-{name}", record=record, folder=folder)


# --- whole numbers -------------------------------------------------------------------------------


def shown(voices: Voices, held_out: str, n_sounds: int = N_SHOWN) -> list[torch.Tensor]:
    """Return sounds of the training part, (1, 40, N) each, that calibrate grids: drawn, seed 0."""
    x, lengths, _ = voices.learned(held_out=held_out).tensors
    rows = np.random.default_rng(0).choice(len(x), min(n_sounds, len(x)), replace=False)
    return [x[row : row + 1, :, : lengths[row]] for row in rows]


def tested(voices: Voices, held_out: str) -> list[torch.Tensor]:
    """Return the sounds of a voice as they were said, (1, 40, N) each."""
    x, lengths, _ = voices.tested(held_out=held_out)[PLAIN].tensors
    return [one[None, :, :n] for one, n in zip(x, lengths, strict=True)]


def graph(network: models.SpectrogramCNN) -> bytes:
    """Return a network, normalisations folded, as the content of an ONNX file."""
    return quantized.word_graph(folding.FoldedCNN(network), n_bands=N_MELS)


def static_graph(network, voices: Voices, held_out: str) -> bytes:
    """Return its form of 8 bits, calibrated on sounds of the training part."""
    examples = [{"bands": one.numpy()} for one in shown(voices, held_out)]
    return quantized.quantize_static(graph(network), examples)


def heard_by(content: bytes, sounds: list) -> torch.Tensor:
    """Return what a graph answers to each sound, (B, K)."""
    running = session(content)
    answers = [running.run(None, {"bands": one.numpy()})[0] for one in sounds]
    return torch.from_numpy(np.concatenate(answers))


def on_grids(network, voices: Voices, held_out: str, *, n_bits: int):
    """Return a network whose weights have few bits, its activations 8, calibrated and not trained.

    The normalisations are folded first.
    """
    coarse = quantizing.quantize_aware(folding.FoldedCNN(network).eval(), n_bits=n_bits)
    with torch.no_grad():
        for one in shown(voices, held_out):
            coarse(one)
    return quantizing.watch(coarse, False)


def unbeaten(networks: dict) -> list[str]:
    """Return the names of those that no other beats, from small to large.

    Parameters
    ----------
    networks : dict
        {name: (size, accuracy)}.
    """
    kept, best = [], -np.inf
    for name, (_, accuracy) in sorted(networks.items(), key=lambda one: (one[1][0], -one[1][1])):
        if accuracy > best:
            kept.append(name)
            best = accuracy
    return kept


# --- what is measured ----------------------------------------------------------------------------


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench, a network or a way to make it smaller each.

    All there is to train takes two to three hours on one core; let several processes share it
    first (`_work`). `quick` trains one teacher, and what is made of it, for an epoch.

    Chapter: large/efficiency
    """
    run = _Run(quick)
    found = {"temperature": run.temperatures, "features": run.features}
    found |= {name: partial(run.rows, name) for name in (*MAKERS, *WAYS)}
    for network, ways in WAYS.items():
        found |= {f"{network}_{way}": partial(run.judged, network, way) for way in ways}
    for name in ("static_8", "dynamic_8", *GRIDS, *MADE_OF):
        found[name] = partial(run.rows, name)
    return found


class _Run:
    """The cells that are measured, and what each network answers in them."""

    def __init__(self, quick):
        self.folder, self.epochs = (f"{FOLDER}-quick", 1) if quick else (FOLDER, None)
        self.n_voices = self.n_seeds = 1 if quick else None
        self.n_timed = 20 if quick else N_TIMED

    @functools.cached_property
    def voices(self):
        return load()

    def cells(self, name):
        """Return the cells of a network, or of a form of one."""
        seeds = seeds_of(name)
        speakers = self.voices.speakers[: self.n_voices]
        return [Cell(voice, seed) for voice in speakers for seed in seeds[: self.n_seeds]]

    def temperatures(self):
        """Yield what each temperature is worth on voices that judge, and what is chosen."""
        worth: dict = {}
        for voice in self.voices.speakers[: self.n_voices]:
            for job in judges(self.voices, voice):
                found = outcome(job, self.voices, folder=self.folder, epochs=self.epochs)
                [judge] = set(job.cell.unheard) - {voice}
                share = right(found[judge], self.voices, judge)
                worth.setdefault(job.temperature, []).append(100 * share)
            chosen = chosen_temperature(self.voices, voice, folder=self.folder)
            yield Row(f"for_{voice}", chosen, "", how="chosen by the voice beside it", exact=False)
        for temperature, shares in worth.items():
            how = "students on voices that neither they nor their teachers heard, seed 0"
            yield Row.several(f"at_{temperature}", shares, "%", how=how)

    def judged(self, network, way):
        """Yield what a way of `WAYS` is worth on voices that neither it nor its teacher heard."""
        shares, below = [], {}
        for job in judges_of_way(self.voices, network, way):
            found, teachers = (
                outcome(one, self.voices, folder=self.folder, epochs=self.epochs)
                for one in (job, Job(job.cell, "teacher"))
            )
            for of in job.cell.unheard:
                ours, theirs = (100 * right(one[of], self.voices, of) for one in (found, teachers))
                shares.append(ours)
                below[Cell(of)] = theirs - ours
        how = f"{way}, one teacher; voices that neither it nor its teacher heard, seed 0"
        yield Row.several("accuracy", shares, "%", how=how)
        yield self._paired("", below, f"points below that teacher; {how}")

    def features(self):
        """Yield how long the log-mel bands of a word take."""
        to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=40.0, **COARSE_FRAMES)
        audio = torch.randn(1, SAMPLE_RATE // 2)
        yield from self._delays(
            lambda: to_mel(audio), "half a second at 8 kHz, torch, one thread, processor time"
        )

    def rows(self, name):
        """Yield what a network gets right, what it loses, and what it costs."""
        cells = self.cells(name)
        right_of, teachers = (
            {cell: self._right(self._answers(one, cell), cell) for cell in cells}
            for one in (name, "teacher")
        )
        seeds = sorted({cell.seed for cell in cells})
        said = f"{self.voices.source}, each voice held out, seeds {', '.join(map(str, seeds))}"
        by_voice = self._by_voice(right_of)
        yield Row.several("accuracy", list(by_voice.values()), "%", how=f"{said}, by voice")
        if name != "teacher":
            below = {cell: teachers[cell] - right_of[cell] for cell in cells}
            yield self._paired(name, below, f"points below its teacher, {said}")
        if name in (*GRIDS, "aware_4", "aware_2"):
            return  # computed in floats, on grids: no file of so few bits to time
        yield from self._costs(name, said)

    def _answers(self, name, cell):
        if name in (*MAKERS, *WAYS):
            job = Job(cell, name)
            return outcome(job, self.voices, folder=self.folder, epochs=self.epochs)[cell.held_out]
        network = self._network(name, cell)
        if name in GRIDS:
            few = on_grids(network, self.voices, cell.held_out, n_bits=GRIDS[name])
            part = self.voices.tested(held_out=cell.held_out)[PLAIN]
            return training.predict(few, part, time_axis=2)
        return heard_by(self._graph(name, cell), tested(self.voices, cell.held_out))

    def _network(self, name, cell):
        """Return the float network that a form is made of."""
        is_trained = name in (*MAKERS, *WAYS)
        job = Job(cell, name if is_trained else MADE_OF.get(name, "teacher"))
        outcome(job, self.voices, folder=self.folder, epochs=self.epochs)
        return network_of(job, folder=self.folder)

    def _graph(self, name, cell):
        network = self._network(name, cell)
        if name == "dynamic_8":
            return quantized.quantize_dynamic(graph(network))
        if name.endswith("_8"):
            return static_graph(network, self.voices, cell.held_out)
        return graph(network)

    def _right(self, answers, cell):
        return 100 * right(answers, self.voices, cell.held_out)

    def _by_voice(self, values):
        """Return {voice: mean over seeds}."""
        speakers = dict.fromkeys(cell.held_out for cell in values)
        return {
            voice: float(np.mean([one for cell, one in values.items() if cell.held_out == voice]))
            for voice in speakers
        }

    def _paired(self, name, below, how):
        values = list(below.values())
        groups = [cell.held_out for cell in below]
        spread = None
        if len(set(groups)) > 1:
            spread = metrics.bootstrap_interval(values, groups=groups)
            how += f", 95 % interval over {len(set(groups))} voices"
        goal = GOALS.get(f"{name}.below", "")
        return Row("below", float(np.mean(values)), "", goal, how, spread)

    def _costs(self, name, said):
        """Yield size, multiplications and delay of one of the networks: they are all alike."""
        cell = self.cells(name)[-1]
        network, content = self._network(name, cell), self._graph(name, cell)
        whole = self._graph("teacher", cell)
        costs = counting.layer_costs(network, _networks.word())
        parameters = models.count_parameters(network)
        goal = GOALS.get(f"{name}.parameters", "")
        yield Row("parameters", parameters, "", goal, "normalisations included", exact=True)
        products = sum(one.multiplications for one in costs)
        how = f"multiplications of a word of {_networks.WORD_FRAMES} frames, in millions"
        yield Row("multiplications", products / 1e6, "", "", how, exact=True)
        yield Row("file", len(content) / 1000, "kB", "", "as an ONNX file, folded")
        held = self._memory(name, content, costs)
        how = "numbers of the graph, and input and output of its largest layer for a word"
        yield Row("memory", held / 1000, "kB", "", how)
        first = counting.layer_costs(self._network("teacher", cell), _networks.word())
        shares = {
            "file_share": 100 * len(content) / len(whole),
            "memory_share": 100 * held / self._memory("teacher", whole, first),
        }
        for row, share in shares.items():
            yield Row(row, share, "%", GOALS.get(f"{name}.{row}", ""), "of the teacher's")
        yield from self._paired_delays(name, content, whole)

    def _memory(self, name, content, costs):
        """Return the bytes of weights, and of what the busiest layer reads and writes."""
        size = 1 if name in ("static_8", *MADE_OF) else 4
        values = [N_MELS * _networks.WORD_FRAMES, *(one.output_bytes // 4 for one in costs)]
        pooled = [values[0], *(one / 4 for one in values[1:-1])]  # what a layer reads: pooled by 2
        busiest = max(a + b for a, b in zip(pooled, values[1:], strict=True))
        return quantized.weights_bytes(content) + size * busiest

    def _paired_delays(self, name, content, whole):
        """Yield delays, and how many times faster than the teacher in the same minute."""
        sound = {"bands": _networks.word().numpy()}
        running, first = session(content), session(whole)
        turns: list = [[], []]
        for _ in range(4):  # in turns, so that a busy minute is busy for both
            for one, found in zip((running, first), turns, strict=True):
                call = partial(one.run, None, sound)
                found.append(call_times_ms(call, n_calls=self.n_timed // 4, clock=time.thread_time))
        ours, teachers = map(np.concatenate, turns)
        how = f"ONNX Runtime, one thread, processor time of {self.n_timed} words of half a second"
        yield Row("p50", float(np.percentile(ours, 50)), "ms", "", how)
        goal = GOALS.get(f"{name}.p99", "<= 1")
        yield Row("p99", float(np.percentile(ours, 99)), "ms", goal, how)
        faster = float(np.median(teachers) / np.median(ours))
        goal = GOALS.get(f"{name}.times_faster", "")
        yield Row("times_faster", faster, "", goal, f"medians, in turns with the teacher; {how}")

    def _delays(self, call, how):
        taken = call_times_ms(call, n_calls=self.n_timed, clock=time.thread_time)
        for share in (50, 99):
            yield Row(f"p{share}", float(np.percentile(taken, share)), "ms", how=how)
