"""The network that hears voices: train on spliced sentences in noise, store, ask.

Settings were chosen on the validation scenes. `python -m audiolessons train editing` trains and
stores it; the chapter, the command `edit` and the bench start from the stored weights.
"""

from __future__ import annotations

import itertools
import platform
from dataclasses import asdict

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import TensorDataset

from audiolessons import __version__, models, signals, training, transforms
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.recipes.tasks.editing import spoken_scenes
from audiolessons.recipes.tasks.editing.spoken_scenes import HOP, SAMPLE_RATE
from audiolessons.results import weights

NAME = "activity-gru"
COMMAND = "python -m audiolessons train editing"
SETTINGS = {"gru": Settings(models.ActivityGRU, epochs=8, learning_rate=0.004)}
BATCH_SIZE = 32
SEGMENT_S = 6.0
SNR_RANGE_DB = (-5.0, 25.0)
LEVELS_DB = (-20.0, 15.0)  # of whole segments: the recorder's knob
LOUDNESS_DB = 6.0  # sentences of one segment differ by up to this, either way
PAUSES_S = (0.3, 2.5)
N_NOISES = 60  # segments with nobody in them


def model(*, seed: int = 0) -> models.ActivityGRU:
    """Return a network that has learned nothing yet; `seed` draws its first weights."""
    return new_network(SETTINGS, "gru", seed=seed)


def training_set(*, first: int | None = None) -> tuple[TensorDataset, torch.Tensor]:
    """Return clean segments (B, T) with where they are active (B, N), and noises (K, T2).

    `first` makes them of so many sentences and noises only.
    """
    rng = np.random.default_rng(0)
    spoken, voices, active = spoken_scenes.sentences("train", first=first), [], []
    for position in rng.permutation(len(spoken)):
        one = spoken[position]
        level = rng.uniform(-LOUDNESS_DB, LOUDNESS_DB) - 26 - signals.level_db(one.audio)
        n = round(rng.uniform(*PAUSES_S) * SAMPLE_RATE / HOP)
        voices += [np.zeros(n * HOP), one.audio * signals.db_to_amplitude(level)]
        active += [np.zeros(n, dtype=bool), one.active]
    length = round(SEGMENT_S * SAMPLE_RATE)
    voices, active = (
        _rows(np.concatenate(voices), length),
        _rows(np.concatenate(active), length // HOP),
    )
    noises = np.stack(
        [
            np.resize(signals.normalize(spoken_scenes.noise_audio(one), to_rms=0.05), length)
            for one in itertools.islice(spoken_scenes.noises("train"), first)
        ]
    ).astype(np.float32)
    # In some segments nobody speaks: they are noises, to which others are added.
    nobody = noises[rng.permutation(len(noises))[:N_NOISES]]
    voices = np.concatenate([voices, nobody]).astype(np.float32)
    active = np.concatenate([active, np.zeros((len(nobody), active.shape[1]), dtype=bool)])
    segments = TensorDataset(torch.from_numpy(voices), torch.from_numpy(active).float())
    return segments, torch.from_numpy(noises)


def _rows(values, length):
    """Cut a long row into rows of one length; what is left over is lost."""
    return values[: len(values) // length * length].reshape(-1, length)


def train(
    network: models.ActivityGRU,
    train_set: TensorDataset,
    noise: torch.Tensor,
    valid_set: TensorDataset | None = None,
    *,
    epochs: int,
    learning_rate: float = 0.004,
    seed: int = 0,
    show_progress: bool = True,
) -> training.History:
    """Train on segments that meet another noise, ratio and level in every epoch."""
    low_snr_db, high_snr_db = SNR_RANGE_DB
    low_db, high_db = LEVELS_DB
    generator = torch.Generator().manual_seed(seed)
    add_noise = transforms.AddNoise(
        low_snr_db=low_snr_db, high_snr_db=high_snr_db, noise=noise, generator=generator
    )
    gain = transforms.Gain(low_db=low_db, high_db=high_db, generator=generator)
    return training.fit_one_cycle(
        transforms.Chain(add_noise, gain, network),  # both act in training only
        train_set,
        valid_set,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=BATCH_SIZE,
        time_axis=None,
        seed=seed,
        show_progress=show_progress,
        loss=functional.binary_cross_entropy_with_logits,
    )


def validation_set(scenes) -> TensorDataset:
    """Return the validation scenes at all ratios, each cut to the length of the segments."""
    length = round(SEGMENT_S * SAMPLE_RATE)
    pairs = [
        (_rows(one.noisy(snr), length), _rows(one.active, length // HOP))
        for one in scenes
        for snr in spoken_scenes.SNRS_DB
    ]
    noisy, active = (np.concatenate(part).astype(np.float32) for part in zip(*pairs, strict=True))
    return TensorDataset(torch.from_numpy(noisy), torch.from_numpy(active))


@torch.no_grad()
def probabilities(network: models.ActivityGRU, audio: np.ndarray) -> np.ndarray:
    """Return the probability of a voice in each hop (N,) of a sound (T,) at 16 kHz."""
    noisy = torch.from_numpy(np.asarray(audio, dtype=np.float32))[None]
    return network.eval()(noisy)[0].sigmoid().numpy()


def trained(*, folder=None) -> models.ActivityGRU:
    """Return the network with the weights that the project trained on the recordings."""
    network = model()
    weights.load(network, NAME, folder=folder)
    return network


def train_and_store(*, epochs: int | None = None, folder=None):
    """Train the network from the recipe's settings; return the path of its weights and record."""
    network, settings = model(), SETTINGS["gru"]
    how = {"epochs": epochs or settings.epochs, "learning_rate": settings.learning_rate}
    train_set, noise = training_set()
    valid_set = validation_set(spoken_scenes.load("valid"))
    history = train(network, train_set, noise, valid_set, **how)
    record = {
        "command": COMMAND,
        "parameters": models.count_parameters(network),
        "source": spoken_scenes.source(),
        **how,
        "batch_size": BATCH_SIZE,
        "snr_range_db": SNR_RANGE_DB,
        "segments": len(train_set),
        "history": {
            key: [round(float(one), 4) for one in value] if isinstance(value, list) else value
            for key, value in asdict(history).items()
        },
        "versions": {
            "audiolessons": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
    return weights.save(network, NAME, record=record, folder=folder)
