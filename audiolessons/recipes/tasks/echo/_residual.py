"""The network for what the filter leaves: train on calls of training voices, store, use.

`python -m audiolessons train echo` trains and stores it; chapter and bench start from the stored
weights. The voices are those of `many_voices` that neither the validation calls nor any test hold,
all rooms are computed, and who speaks when is drawn anew for each call.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import adaptive, datasets, models, signals, training
from audiolessons.models.speech.denoise import COMPRESSION, TINY
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.tasks.denoising._voice_training import SPEEDS
from audiolessons.recipes.tasks.denoising.noisy_voices import held_back_speakers
from audiolessons.recipes.tasks.echo._echo_scenes import (
    T60_S,
    Call,
    enough,
    load,
    make_call,
    source,
)
from audiolessons.results import weights

NAME = "echo-gru"
COMMAND = "python -m audiolessons train echo"
SETTINGS = {"gru": Settings(models.ResidualEchoGRU, epochs=14, learning_rate=0.003)}
BATCH_SIZE = 8
N_CALLS = 300
CALL_S = 12.0
MISSING = 1.0  # how much more a voice that is too soft counts than an echo that is too loud
FIRST_SEED = 10**6  # of calls and rooms: those of the stored scenes lie below
NEAR_LEVEL = 0.05  # RMS at which calls are compared


def training_calls(n_calls: int = N_CALLS, *, seed: int = 0):
    """Yield calls of `CALL_S` seconds, each with its own turns, levels, rooms and loudspeaker."""
    rng = np.random.default_rng(seed)
    held_back = set(held_back_speakers())
    every = datasets.load("many_voices", split="train")
    # All stand-ins are held back: without the recordings they are what there is.
    people = [one for one in every if one.speaker not in held_back] or list(every)
    speakers = sorted({f"{one.speaker}-{speed}" for one in people for speed in SPEEDS})

    @functools.cache
    def sentences(speaker):
        name, speed = speaker.split("-")
        return [_at_speed(one, float(speed)) for one in people if one.speaker == name]

    for number in range(n_calls):
        far = rng.choice(speakers)
        near = rng.choice([one for one in speakers if one.split("-")[0] != far.split("-")[0]])
        clips = sentences(far) + sentences(near)
        t60_s = rng.uniform(*T60_S)
        rooms = [f"computed-{t60_s:.2f}-{FIRST_SEED + 2 * number + k}" for k in (0, 1)]
        scene = {
            "far": enough(far, clips, rng, CALL_S),
            "near": enough(near, clips, rng, CALL_S / 2),
            "duration_s": CALL_S,
            **_turns(rng),
            "room": rooms[0],
            "moved": rooms[1] if rng.random() < 0.35 else None,
            "move_s": rng.uniform(4, 10),
            "delay_ms": rng.uniform(0, 70),
            "echo_db": rng.uniform(-42, -23),
            "near_db": rng.uniform(-8, 8),
            "noise_db": rng.uniform(-36, -24),
            "drive": rng.uniform(0.8, 3.5) if rng.random() < 0.35 else None,
            "seed": FIRST_SEED + number,
        }
        yield make_call(scene, {one.id: one for one in clips}, ())


def _at_speed(item, speed):
    """Return a sentence spoken faster or slower, whose pitch moves along: another voice."""
    rates = {"from_rate": round(speed * item.sample_rate), "to_rate": item.sample_rate}
    return replace(
        item,
        id=f"{item.id}-{speed}",
        speaker=f"{item.speaker}-{speed}",
        audio=signals.resample(item.audio, **rates),
    )


def _turns(rng):
    """Draw when who speaks: in a third of the calls the far end pauses, and the near end may
    speak first words before the filter has learned, and later for longer."""
    pause_s = sorted(rng.uniform(3, CALL_S, 2))
    has_pause = rng.random() < 0.35 and pause_s[1] - pause_s[0] > 0.5
    far = ((0.0, pause_s[0]), (pause_s[1], CALL_S)) if has_pause else ((0.0, CALL_S),)
    near = []
    if rng.random() < 0.5:
        begin = rng.uniform(0.3, 3)
        near.append((begin, begin + rng.uniform(0.8, 2)))
    begin = rng.uniform(pause_s[0], pause_s[0] + 1) if has_pause else rng.uniform(5, 9)
    begin = min(begin, CALL_S - 1.5)
    near.append((begin, min(begin + rng.uniform(1.5, 4.5), CALL_S)))
    return {"far_s": tuple(one for one in far if one[1] - one[0] > 0.2), "near_s": tuple(near)}


def heard(call: Call) -> np.ndarray:
    """Return what the network hears of a call (3, T): left by the filter, its echo, far end."""
    left = adaptive.cancel(adaptive.BlockKalman(), call.far, call.microphone)
    return np.stack([left, call.microphone - left, call.far])


@torch.no_grad()
def as_set(calls) -> TensorDataset:
    """Return what the network learns from: band powers (B, 4, N, K) of what it hears, and (B, 2, N,
    K) of what the filter left and of the near end, all calls at one level of the near end."""
    network, pairs = model(), []
    for call in calls:
        sounds = torch.from_numpy(np.stack([*heard(call), call.microphone, call.near]))
        left, echo, far, microphone, near = network.band_power(network.stft(sounds))
        level = float(np.mean(np.square(call.near, dtype=np.float64))) / NEAR_LEVEL**2
        pairs.append(
            (torch.stack([left, echo, microphone, far]), torch.stack([left, near]) / level)
        )
    return TensorDataset(*(torch.stack(part) for part in zip(*pairs, strict=True)))


class BandGains(torch.nn.Module):
    """The network from bands to bands, as it is trained: without going back to sound."""

    def __init__(self, network: models.ResidualEchoGRU):
        super().__init__()
        self.network = network

    def forward(self, power):
        return self.network.gains(power)[0]


def loss(gain: torch.Tensor, powers: torch.Tensor) -> torch.Tensor:
    """Return how far gains (B, N, K) leave the bands from those of the near end, (B,).

    Powers (B, 2, N, K) are those of what the filter left and of the near end. Amplitudes are
    compressed, as in `models.spectral_distance`; those that are too small count more.
    """
    left, near = (powers + TINY).pow(COMPRESSION / 2).unbind(1)
    too_large = gain.pow(COMPRESSION) * left - near
    return (too_large.square() * (1 + MISSING * (too_large < 0))).mean(dim=(1, 2))


def model(*, seed: int = 0) -> models.ResidualEchoGRU:
    """Return a network that has learned nothing yet; `seed` draws its first weights."""
    return new_network(SETTINGS, "gru", seed=seed)


def train(network, train_set, valid_set=None, *, epochs, learning_rate=0.003, show_progress=True):
    """Train on calls that the filter has run over."""
    return training.fit_one_cycle(
        BandGains(network),
        train_set,
        valid_set,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=BATCH_SIZE,
        time_axis=None,
        show_progress=show_progress,
        loss=loss,
    )


def training_set(*, n_calls: int = N_CALLS) -> TensorDataset:
    """Return training calls as the network learns from them, see `as_set`.

    Chapter: tasks/echo
    """
    return as_set(training_calls(n_calls))


def trained(*, folder=None) -> models.ResidualEchoGRU:
    """Return the network with the weights that the project trained on the recordings.

    Chapter: tasks/echo
    """
    network = model()
    weights.load(network, NAME, folder=folder)
    return network


def train_and_store(*, epochs: int | None = None, folder=None):
    """Train the network from the recipe's settings; return the path of its weights and record."""
    network, settings = model(), SETTINGS["gru"]
    how = {"epochs": epochs or settings.epochs, "learning_rate": settings.learning_rate}
    history = train(network, training_set(), as_set(load("valid")), **how)
    record = training_record(
        network,
        history,
        command=COMMAND,
        source=source(),
        **how,
        batch_size=BATCH_SIZE,
        calls=N_CALLS,
    )
    return weights.save(network, NAME, record=record, folder=folder)
