"""How many words a second are learned or heard: number formats, batches, compiling, processes.

Noise of the shape of words, as speed does not depend on what is said. What a machine lacks (a GPU,
a compiler) is left out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext
from functools import partial

import torch
from torch.nn import functional

from audiolessons import models, training
from audiolessons.bench.context import context
from audiolessons.errors import AudioError
from audiolessons.recipes.large.efficiency._networks import N_MELS, TEACHER
from audiolessons.recipes.large.efficiency._noise import load
from audiolessons.results import Row

WIDE = tuple(8 * channels for channels in TEACHER.channels)  # where arithmetic counts
FORMATS = ("float32", "tf32", "bfloat16", "float16")
BATCHES = (1, 8, 64, 512, 4096)
PROCESSES = (1, 2, 4, 8)
SECONDS = 1.0

__all__ = ["load", "measure", "train"]


def train(
    *, channels=TEACHER.channels, number: str = "float32", batch_size: int = 512, is_compiled=False
):
    """Return a function that takes one step of training, and the device it runs on.

    Parameters
    ----------
    channels : sequence of int
    number : str
        One of "float32", "tf32" (floats of 19 bits in products, on newer GPUs), "bfloat16" or
        "float16" (mixed precision; float16 with a scaled loss).
    batch_size : int
    is_compiled : bool
        Whether `torch.compile` makes one program of the network.

    Chapter: large/efficiency
    """
    if number not in FORMATS:
        raise AudioError(f"number is {number!r}: choose one of {', '.join(FORMATS)}")
    device = training.pick_device()
    training.seed_everything(0)
    network = models.SpectrogramCNN(n_mels=N_MELS, n_classes=10, channels=channels).to(device)
    called = torch.compile(network) if is_compiled else network
    x, labels = load(batch_size, device=device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = number != "float32"
    is_mixed = number in ("bfloat16", "float16")
    scaler = torch.amp.GradScaler(device.type, enabled=number == "float16" and _is_gpu(device))

    def step():
        optimiser.zero_grad(set_to_none=True)
        with _mixed(device, number) if is_mixed else nullcontext():
            loss = functional.cross_entropy(called(x), labels)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()

    return step, device


def _mixed(device, number):
    return torch.autocast(device.type, dtype=getattr(torch, number))


def _is_gpu(device):
    return device.type == "cuda"


def steps_per_s(step, device, *, seconds: float) -> float:
    """Return how often a second something can be done, after a warm-up.

    Chapter: large/efficiency
    """
    wait = torch.cuda.synchronize if _is_gpu(device) else lambda: None
    for _ in range(5):
        step()
    wait()
    n_steps, started = 0, time.perf_counter()
    while n_steps < 3 or time.perf_counter() - started < seconds:
        for _ in range(5):
            step()
        wait()
        n_steps += 5
    return n_steps / (time.perf_counter() - started)


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: on a GPU a minute, on a processor several.

    Chapter: large/efficiency
    """
    seconds = 0.05 if quick else SECONDS
    channels = {"small": TEACHER.channels} if quick else {"small": TEACHER.channels, "wide": WIDE}
    found = {
        f"learning_{name}": partial(_learning, widths, seconds, quick)
        for name, widths in channels.items()
    }
    found["hearing"] = partial(_hearing, seconds, quick)
    found["processes"] = partial(_processes, PROCESSES[: 1 if quick else None], seconds)
    if not torch.cuda.is_available():  # there a step is no work of the processor
        found["batches"] = partial(_batches, 16 if quick else 512)
    return found


def _learning(channels, seconds, quick):
    numbers = ("float32", "bfloat16") if quick or not torch.cuda.is_available() else FORMATS
    batch_size = 8 if quick else 512
    for number in numbers:
        for is_compiled in (False, True) if number == "bfloat16" and not quick else (False,):
            started = time.perf_counter()
            try:
                how = {"channels": channels, "number": number, "batch_size": batch_size}
                step, device = train(**how, is_compiled=is_compiled)
                step()
            except (RuntimeError, AttributeError, ImportError) as problem:  # no compiler, say
                print(f"  left out: {number}, compiled {is_compiled}: {str(problem)[:200]}")
                continue
            first_s = time.perf_counter() - started
            words = batch_size * steps_per_s(step, device, seconds=seconds)
            name = f"{number}_compiled" if is_compiled else number
            about = f"training, batches of {batch_size}, channels {channels}, {_machine()}"
            yield Row(name, words, "words/s", how=about)
            yield Row(f"{name}_first_s", first_s, "s", how="before the second step")
            if _is_gpu(device):
                yield Row(f"{name}_memory", _peak_mb(step), "MB", how=f"peak of one step; {about}")


def _peak_mb(step):
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() / 1e6


def _hearing(seconds, quick):
    device = training.pick_device()
    network = models.SpectrogramCNN(n_mels=N_MELS, n_classes=10, channels=TEACHER.channels)
    network.to(device).eval()
    for batch_size in BATCHES[: 2 if quick else None]:
        x, _ = load(batch_size, device=device)
        with torch.inference_mode():
            often = steps_per_s(partial(network, x), device, seconds=seconds)
        how = f"answers, batches of {batch_size}, float32, {_machine()}"
        yield Row(f"batch_{batch_size}", batch_size * often, "words/s", how=how)
        yield Row(f"batch_{batch_size}_ms", 1000 / often, "ms", how=f"a whole batch; {how}")


def _machine():
    """Return the machine in words: measurements of several may stand in one store."""
    return context()["machine"]


def _processes(counts, seconds):
    """Yield words a second learned by several processes, and what each adds."""
    one = None
    for count in counts:
        words = _together(count, seconds)
        one = one or words / count
        how = f"gloo, one thread a process, 512 words a step in all, {_machine()}"
        yield Row(f"of_{count}", words, "words/s", how=how)
        yield Row(f"efficiency_{count}", 100 * words / (count * one), "%", how=f"of {count}; {how}")


def _batches(n_words):
    """Yield what one process on a processor's core learns in batches of several sizes."""
    sizes = [n_words // share for share in PROCESSES]
    steps = {size: train(batch_size=size)[0] for size in sizes}
    taken: dict = {size: [] for size in sizes}
    for turn in range(4):  # in turns, so that a busy minute is busy for all
        for size, step in steps.items():
            started = time.process_time()
            for _ in range(n_words // size):
                step()
            taken[size] += [time.process_time() - started] if turn else []  # the first warms up
    for size, seconds in taken.items():
        how = f"one process, batches of {size}, a second of processor time, {_machine()}"
        yield Row(f"of_{size}", n_words / statistics.median(seconds), "words/s", how=how)


def _together(count, seconds):
    """Return the words a second that torchrun's processes learn together."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]
    command += [str(count), "-m", "audiolessons.recipes.large.efficiency._together", str(seconds)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise AudioError(f"{count} processes failed: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])["words_per_s"]
