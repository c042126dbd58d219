"""Many small trainings: each done once, its answers and weights kept, by one process or several.

`outcome` gives what a network answered, and trains it if nobody has. As a program it lets several
processes share all that is to be trained, which takes two to three hours on one core:

    python -m audiolessons.recipes.large.efficiency._work --processes 8 --anew
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from audiolessons import training
from audiolessons.models.shrinking import quantizing
from audiolessons.recipes._held_out_voices import Voices, load
from audiolessons.recipes.large.efficiency import _lessons, _networks
from audiolessons.recipes.large.efficiency._networks import MAKERS, TEMPERATURES, WAYS, Cell
from audiolessons.results import weights
from audiolessons.writing import whole_file

FOLDER = "_build/train/efficiency"
PLAIN = 1  # of the speeds: as it was said
SEEDS = (0, 1, 2, 3, 4)
# All seeds of what the goals are about; four where the lent machine's time ended; one of the rest.
N_SEEDS = {
    "teacher": 5,
    "static_8": 5,
    "taught": 4,
    "channels_80": 5,
    "taught_by_3": 5,
    "channels_80_by_3": 3,
}
ANSWERS = "answers"  # of several teachers to a lesson
N_TEACHERS = 3
EVERY = (*MAKERS, *WAYS, ANSWERS)


@dataclass(frozen=True)
class Job:
    """One training in a cell: a network of `MAKERS`, or of `WAYS`, or the answers of its teachers.

    A temperature, or a way, is given where it is tried.
    """

    cell: Cell
    network: str
    temperature: int | None = None
    way: str | None = None

    def path(self, folder) -> Path:
        """Return the file of its answers."""
        given = self.temperature or self.way
        tried = f"-{given}" if given else ""
        return Path(folder) / self.cell.name / f"{self.network}{tried}.npz"

    def is_done(self, folder) -> bool:
        """Return whether its answers are there."""
        return self.path(folder).exists()

    def needs(self, voices: Voices) -> list[Job]:
        """Return what must be trained before: a teacher, and what chooses the temperature."""
        if self.network in ("teacher", "alone"):
            return []
        teacher = Job(self.cell, "teacher")
        if self.network == ANSWERS:
            seeds = SEEDS[: 1 if self.cell.also_unheard else N_TEACHERS]
            return [Job(replace(self.cell, seed=seed), "teacher") for seed in seeds]
        if self.network in WAYS:
            answers = Job(replace(self.cell, seed=0), ANSWERS)
            tried = [] if self.way else judges_of_ways(voices, self.network)
            return [teacher, answers, *tried]
        return [teacher] + ([] if self.temperature else judges(voices, self.cell.held_out))


def pairs(voices: Voices) -> list[tuple[str, str]]:
    """Return two and two voices: the one judges settings for the other."""
    return list(zip(voices.speakers[::2], voices.speakers[1::2], strict=False))


def judges(voices: Voices, held_out: str) -> list[Job]:
    """Return the jobs that choose the temperature for a voice: they have heard neither of two."""
    for pair in pairs(voices):
        if held_out in pair:
            cell = Cell(pair[0], also_unheard=pair[1])
            return [Job(cell, "taught", temperature) for temperature in TEMPERATURES]
    raise ValueError(held_out)


def judges_of_way(voices: Voices, network: str, way: str) -> list[Job]:
    """Return the jobs that judge a way: each by two voices that it has not heard."""
    cells = [Cell(one, also_unheard=other) for one, other in pairs(voices)]
    return [Job(cell, network, way=way) for cell in cells]


def judges_of_ways(voices: Voices, network: str) -> list[Job]:
    """Return the jobs that choose among all ways of a network."""
    return [job for way in WAYS[network] for job in judges_of_way(voices, network, way)]


def seeds_of(network: str) -> tuple:
    """Return the seeds that a network is measured with."""
    return SEEDS[: N_SEEDS.get(network, 1)]


def all_jobs(voices: Voices) -> list[Job]:
    """Return all there is to train: what others wait for first, then what goals are about."""
    judging = [Cell(one, also_unheard=other) for one, other in pairs(voices)]
    jobs = [Job(cell, "teacher") for cell in judging]
    jobs += [job for cell in judging for job in judges(voices, cell.held_out)]
    jobs += [Job(cell, ANSWERS) for cell in judging]
    jobs += [job for name in WAYS for job in judges_of_ways(voices, name)]
    jobs += [Job(Cell(voice, seed), "teacher") for seed in SEEDS for voice in voices.speakers]
    jobs += [Job(Cell(voice), ANSWERS) for voice in voices.speakers]
    first = [name for name in (*WAYS, *MAKERS) if name in N_SEEDS and name != "teacher"]
    for names in (first, [name for name in MAKERS if name not in N_SEEDS]):
        for seed in SEEDS:
            jobs += [
                Job(Cell(voice, seed), name)
                for name in names
                if seed in seeds_of(name)
                for voice in voices.speakers
            ]
    return jobs


def outcome(job: Job, voices: Voices, *, folder=FOLDER, epochs: int | None = None) -> dict:
    """Return the logits (B, K) for each voice that was not heard; train first what is missing."""
    if not job.is_done(folder):
        for needed in job.needs(voices):
            outcome(needed, voices, folder=folder, epochs=epochs)
        _train(job, voices, folder, epochs)
    with np.load(job.path(folder)) as kept:
        return {name: torch.from_numpy(kept[name]) for name in kept.files}


def share_right(job: Job, voices: Voices, of: str, *, folder=FOLDER) -> float:
    """Return the share of a voice's sounds that a network gets right, as they were said."""
    return right(outcome(job, voices, folder=folder)[of], voices, of)


def right(logits: torch.Tensor, voices: Voices, of: str) -> float:
    """Return the share of a voice's sounds whose likeliest digit is theirs."""
    labels = voices.tested(held_out=of)[PLAIN].tensors[2]
    return float((logits.argmax(dim=1) == labels).float().mean())


def chosen_temperature(voices: Voices, held_out: str, *, folder=FOLDER) -> int:
    """Return the temperature that did best on the voice's partner; of equals, the lowest."""
    worth = {}
    for job in judges(voices, held_out):
        [judge] = set(job.cell.unheard) - {held_out}
        worth[job.temperature] = share_right(job, voices, judge, folder=folder)
    return max(worth, key=worth.get)


def chosen_way(voices: Voices, held_out: str, network: str, *, folder=FOLDER) -> str:
    """Return the way that did best on all voices but the one that is held out."""
    worth = dict.fromkeys(WAYS[network], 0.0)
    for job in judges_of_ways(voices, network):
        for of in set(job.cell.unheard) - {held_out}:
            worth[job.way] += share_right(job, voices, of, folder=folder)
    return max(worth, key=worth.get)


def network_of(job: Job, *, folder=FOLDER) -> torch.nn.Module:
    """Return a network with the weights that were kept, in evaluation mode."""
    name, where = job.path("").stem, _weights(job, folder)
    way = weights.read_record(name, folder=where)["way"] if job.network in WAYS else None
    network = _networks.shell(job.network, way)
    weights.load(network, name, folder=where)
    return network


def _train(job, voices, folder, epochs):
    started = time.perf_counter()
    needs = job.needs(voices)
    if job.network == ANSWERS:
        teachers = [network_of(one, folder=folder) for one in needs]
        sounds = _lessons.varied(voices, job.cell, _networks.TEACHER)
        _keep(job, {"logits": _lessons.answers(sounds, teachers)}, folder)
        return
    is_made_of_one = needs and job.network != "taught_by_3"
    teacher = network_of(needs[0], folder=folder) if is_made_of_one else None
    temperature, way = job.temperature, None
    if job.network in WAYS:
        way = job.way or chosen_way(voices, job.cell.held_out, job.network, folder=folder)
    elif needs and not temperature:
        temperature = chosen_temperature(voices, job.cell.held_out, folder=folder)
    if way:
        temperature = WAYS[job.network][way].temperature
        answers = outcome(needs[1], voices, folder=folder)["logits"]
        lesson = _lessons.varied(voices, job.cell, _networks.TEACHER).tensors
        network, history = _networks.by_lesson(
            WAYS[job.network][way], teacher, (*lesson, answers), job.cell.seed, epochs
        )
    else:
        network, history = MAKERS[job.network](voices, job.cell, teacher, epochs, temperature)
    if job.network.startswith("aware"):  # its answers are those with grids, which no file holds
        quantizing.watch(network, False)
    else:
        network = _networks.finished(job.network, network)
        record = {
            "temperature": temperature,
            **({"way": way} if way else {}),
            "seconds": round(time.perf_counter() - started, 1),
            "device": str(training.pick_device()),
            "loss": [round(one, 4) for one in history.train_loss],
        }
        weights.save(network, job.path("").stem, record=record, folder=_weights(job, folder))
    answers = {
        voice: training.predict(network, voices.tested(held_out=voice)[PLAIN], time_axis=2)
        for voice in job.cell.unheard
    }
    _keep(job, answers, folder)


def _keep(job, tensors, folder):
    with whole_file(job.path(folder), make_folder=True) as file:
        np.savez_compressed(file, **{name: one.numpy() for name, one in tensors.items()})


def _weights(job, folder):
    return Path(folder) / job.cell.name / "weights"


# --- several processes ---------------------------------------------------------------------------


def work(folder, *, until: float, with_gpu: bool, names=EVERY, epochs: int | None = None) -> None:
    """Do what nobody does yet and can be done, until nothing is left or time is up."""
    if not with_gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    torch.set_num_threads(1)
    voices = load()
    left = [job for job in all_jobs(voices) if job.network in names]
    while left and time.time() < until:
        left = [job for job in left if not job.is_done(folder)]
        for job in left:
            if all(need.is_done(folder) for need in job.needs(voices)) and _mine(job, folder):
                outcome(job, voices, folder=folder, epochs=epochs)
                break
        else:
            time.sleep(1)


def _mine(job, folder):
    """Return whether this process is the first to want a job."""
    mark = job.path(folder).with_suffix(".begun")
    mark.parent.mkdir(parents=True, exist_ok=True)
    try:
        with mark.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return False
    return True


def main() -> None:
    """Share the jobs among processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default=FOLDER)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--with-gpu", type=int, default=0, help="so many of them use the GPU")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin nothing after so many")
    parser.add_argument("--epochs", type=int, help="fewer, to try it")
    parser.add_argument("--only", nargs="+", default=EVERY, help="networks to train")
    parser.add_argument("--anew", action="store_true", help="what was begun and left, as well")
    given = parser.parse_args()
    for mark in Path(given.folder).rglob("*.begun") if given.anew else ():
        mark.unlink()
    until = time.time() + given.seconds
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(
            target=work,
            args=(given.folder,),
            kwargs={
                "until": until,
                "with_gpu": number < given.with_gpu,
                "names": given.only,
                "epochs": given.epochs,
            },
        )
        for number in range(given.processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
