"""Training of denoisers on many voices: material, loss, and a clock that ends it.

On a GPU with 67 speakers and a thousand noises a step takes about as long as its arithmetic: the
recordings lie on the device, and every mixture is a new one.
"""

from __future__ import annotations

import copy
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

from audiolessons import datasets, models, signals, training
from audiolessons.recipes.tasks.denoising._made_noise import made_noise
from audiolessons.recipes.tasks.denoising._voice_mixing import (
    SAMPLE_RATE,
    SCALE,
    Material,
    Mixer,
)
from audiolessons.recipes.tasks.denoising.noisy_voices import FOLDS, held_back_speakers

SEGMENT_S = 3.0
NOISE_S = 5.0
N_MADE = 1200
SPEEDS = (0.88, 1.0, 1.12)  # of voices: pitch and formants change together
CLEAN_ENOUGH_DB = 31.0  # from the pauses of a sentence to its loud frames
FFT_SIZES = (256, 512, 1024)  # of the loss
SPECTRAL_WEIGHT = 100.0  # of the distance of spectra, beside decibels
MOST_DB = 30.0  # beyond this ratio nothing more is gained
VOICE_LEVEL = 0.05  # RMS at which voices are compared
AVERAGING = 0.998  # of the weights that are kept, a step
WARM_UP = 0.05  # of the time


def material(*, many: bool = True, size: str | None = "full", n_made: int = N_MADE) -> Material:
    """Return voices and noises to train on: 16 bits, at 16 kHz.

    The training sentences of `read_speech` and, with `many`, the adults of `many_voices` in this
    `size`, without those held back and without sentences whose pauses are noisy; ESC-10's folds 1
    to 3 and computed noises.
    """
    clean = _many_clean(size) if many else []
    clean += [_at_rate(one) for one in datasets.load("read_speech", split="train")]
    recorded = [
        _at_rate(one) for one in datasets.load("environmental_sounds").where(fold=FOLDS["train"])
    ]
    return pack(clean, [*recorded, *(made_noise(number) for number in range(n_made))])


def _many_clean(size):
    held_back = set(held_back_speakers())
    many = datasets.load("many_voices", size=size, split="train")
    sentences = [_at_rate(one) for one in many if one.speaker not in held_back]
    return [one for one in sentences if range_db(one) > CLEAN_ENOUGH_DB] or sentences


def pack(sentences, noises) -> Material:
    """Lay sentences, at three speeds, and noises into tensors of 16 bits."""
    parts = []
    for one in sentences:
        one = _as_whole(one * (0.05 / signals.rms(one)))
        for speed in SPEEDS:
            rates = {"from_rate": round(speed * SAMPLE_RATE), "to_rate": SAMPLE_RATE}
            parts.append(
                one if speed == 1 else _as_whole(signals.resample(_as_sound(one), **rates))
            )
    length = round(NOISE_S * SAMPLE_RATE)
    rows = [np.resize(np.trim_zeros(one), length) for one in noises]
    rows = [_as_whole(0.9 * one / max(np.abs(one).max(), 1e-6)) for one in rows]
    return Material(torch.from_numpy(np.concatenate(parts)), torch.from_numpy(np.stack(rows)))


def range_db(audio) -> float:
    """Return how far the loud frames of a sentence lie above its pauses, in dB."""
    frames = signals.frame(audio, frame_length=400, hop_length=400)
    low, high = np.percentile(10 * np.log10(np.mean(frames**2, axis=-2) + 1e-12), (8, 90))
    return float(high - low)


def loss(estimate: torch.Tensor, clean: torch.Tensor, noisy: torch.Tensor) -> torch.Tensor:
    """Return how far estimates (B, T) are from the voices, (B,).

    `models.spectral_distance` at three lengths of frames, all voices at one level, minus the
    signal-to-noise ratio up to `MOST_DB`. It is not the scale-invariant one, which would be as
    content with a voice upside down: a mask that turns phases finds that, and stays there. Where
    nobody speaks, the distance alone.
    """
    speaks = clean.square().mean(dim=-1, keepdim=True) > 0
    level = torch.where(speaks, clean, noisy).square().mean(dim=-1, keepdim=True).sqrt()
    gain = VOICE_LEVEL / level.clamp(min=1e-5)
    estimate, clean = gain * estimate, gain * clean
    distance = sum(models.spectral_distance(estimate, clean, n_fft=size) for size in FFT_SIZES)
    rest = (estimate - clean).square().mean(dim=-1) / VOICE_LEVEL**2
    missing_db = 10 * torch.log10(rest + 10 ** (-MOST_DB / 10))
    return SPECTRAL_WEIGHT * distance / len(FFT_SIZES) + missing_db * speaks[:, 0]


def train(
    network: models.SpectralDenoiser,
    material: Material,
    *,
    minutes: float = math.inf,
    n_steps: float = math.inf,
    learning_rate: float = 0.003,
    batch_size: int = 32,
    segment_s: float = SEGMENT_S,
    in_rooms: bool = True,
    seed: int = 0,
    checkpoint=None,
    report=None,
    report_every_s: float = 20.0,
) -> dict:
    """Train until the minutes or the steps are over; return steps, and the losses at each report.

    The learning rate rises, then falls to 0 along half a cosine of the time. The network is left
    with a running mean of its weights.

    Parameters
    ----------
    network : SpectralDenoiser
    material : Material
    minutes : float
        Of wall clock; those before an interruption count.
    n_steps : int
        A step is a batch.
    learning_rate : float
        The highest.
    batch_size : int
    segment_s : float
        Length of the mixtures, in seconds.
    in_rooms : bool
        Whether some voices and noises are heard in rooms.
    seed : int
    checkpoint : path, optional
        Where the state is kept at each report; the same call again goes on from it.
    report : callable, optional
        Is given the averaged network and a dict with `minutes`, `steps` and `loss`.
    report_every_s : float
    """
    device = training.pick_device()
    network = network.to(device).train()
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.01)
    state = {"seconds": 0.0, "steps": 0, "losses": []}
    checkpoint = None if checkpoint is None else Path(checkpoint)
    if checkpoint is not None and checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        for part, name in ((network, "network"), (averaged, "averaged"), (optimiser, "optimiser")):
            part.load_state_dict(kept[name])
        state = kept["state"]
    draws = {"segment_s": segment_s, "in_rooms": in_rooms, "seed": seed + state["steps"]}
    mixer = Mixer(material, device=device, **draws)
    before_s, started = state["seconds"], time.perf_counter()
    recent, last_report = torch.zeros((), device=device), before_s
    n_recent = 0
    while True:
        now = before_s + time.perf_counter() - started
        share = max(now / (60 * minutes), state["steps"] / n_steps)
        if share >= 1:
            break
        rate = min(share / WARM_UP, 0.5 + 0.5 * math.cos(math.pi * share))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * max(rate, 1e-3)
        noisy, clean = mixer.batch(batch_size)
        value = loss(network(noisy), clean, noisy).mean()
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        state["steps"] += 1
        _average(averaged, network, min(AVERAGING, state["steps"] / (state["steps"] + 10)))
        recent, n_recent = recent + value.detach(), n_recent + 1
        if n_recent % 50 == 0 and device.type == "cuda":
            torch.cuda.synchronize()  # else the clock runs ahead of the work
        if now - last_report > report_every_s:
            state["seconds"], last_report = now, now
            state["losses"].append(round(float(recent) / n_recent, 3))
            recent, n_recent = torch.zeros_like(recent), 0
            if report is not None:
                about = {"minutes": now / 60, "steps": state["steps"], "loss": state["losses"][-1]}
                report(averaged.eval(), about)
            _keep(checkpoint, network, averaged, optimiser, state)
    network.load_state_dict(averaged.state_dict())
    network.eval()
    return {"steps": state["steps"], "losses": state["losses"]}


@torch.no_grad()
def _average(averaged, network, share):
    """Move the averaged weights towards those of now; statistics are taken as they are."""
    ours, theirs = list(averaged.parameters()), list(network.parameters())
    torch._foreach_lerp_(ours, theirs, 1 - share)
    for kept, new in zip(averaged.buffers(), network.buffers(), strict=True):
        kept.copy_(new)


def _keep(checkpoint, network, averaged, optimiser, state):
    if checkpoint is None:
        return
    parts = {"network": network, "averaged": averaged, "optimiser": optimiser}
    kept = {name: part.state_dict() for name, part in parts.items()}
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**kept, "state": state}, checkpoint.with_suffix(".part"))
    os.replace(checkpoint.with_suffix(".part"), checkpoint)


def _at_rate(item):
    return signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)


def _as_whole(audio):
    return np.clip(np.round(audio * SCALE), -SCALE, SCALE - 1).astype(np.int16)


def _as_sound(whole):
    return whole.astype(np.float32) / np.float32(SCALE)
