"""Denoising for many voices: train, store, and measure beside other people's denoisers.

The networks of the recipe `denoising` heard one voice and five kinds of noise. This one hears the
adults of `many_voices` and the voice of `read_speech`, in recorded and computed noises and rooms.
What it is tested with, `noisy_voices`, was fixed before anything was trained.
"""

from __future__ import annotations

import platform

import torch

from audiolessons import __version__, models
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.recipes.tasks import _voice_training as training_of_voices
from audiolessons.recipes.tasks.noisy_voices import load, scenes
from audiolessons.results import weights

__all__ = ["load", "model", "scenes", "store", "train_and_store", "trained"]

COMMAND = "python -m audiolessons train voices_in_noise"
NAME = "denoiser-voices"
MINUTES = 6.0  # on one H100; elsewhere more (`epochs` of `train`, in minutes)
SETTINGS = {
    "dual": Settings(
        lambda: models.MaskDualPath(channels=48, hidden_size=96), epochs=1, learning_rate=0.002
    ),
    "wide": Settings(
        lambda: models.MaskDualPath(channels=64, hidden_size=128), epochs=1, learning_rate=0.0015
    ),
    "crn": Settings(
        lambda: models.MaskCRN(channels=(32, 48, 64, 64, 64), hidden_size=288),
        epochs=1,
        learning_rate=0.002,
    ),
}


def model(name: str = "dual", *, seed: int = 0) -> models.SpectralDenoiser:
    """Return a denoiser that has learned nothing yet; `seed` draws its first weights.

    Parameters
    ----------
    name : str
        "dual" or "wide" (`MaskDualPath`), or "crn" (`MaskCRN`).

    Raises
    ------
    AudioError
        If there is no such model.

    Examples
    --------
    >>> model("dual")(torch.zeros(1, 1000)).shape
    torch.Size([1, 1000])

    Chapter: tasks/denoising
    """
    return new_network(SETTINGS, name, seed=seed)


def record(name: str, material, history: dict, **how) -> dict:
    """Return what is stored beside the weights: how they were made."""
    return {
        "command": COMMAND,
        "model": name,
        "parameters": models.count_parameters(model(name)),
        "source": "recordings",
        **how,
        "speech_hours": round(len(material.speech) / 16000 / 3600, 2),  # at three speeds
        "noises": len(material.noise),
        "history": history,
        "versions": {
            "audiolessons": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def trained(*, folder=None) -> models.SpectralDenoiser:
    """Return the denoiser with the weights that the project trained on the recordings.

    Raises
    ------
    AudioError
        If the file was damaged.

    Chapter: tasks/denoising
    """
    about = weights.read_record(NAME, folder=folder)
    network = model(about["model"])
    weights.load(network, NAME, folder=folder)
    return network


def store(*, epochs: int | None = None, folder=None):
    """Train on the recordings and store the network; `epochs` are minutes here. Yield its path.

    Chapter: tasks/denoising
    """
    yield train_and_store(minutes=epochs or MINUTES, folder=folder)


def train_and_store(name: str = "dual", *, minutes: float = MINUTES, seed: int = 0, folder=None):
    """Train from the recipe's settings; return the path of the weights and their record.

    Chapter: tasks/denoising
    """
    network, material = model(name, seed=seed), training_of_voices.material()
    rate = SETTINGS[name].learning_rate
    how = {"minutes": minutes, "learning_rate": rate, "seed": seed}
    history = training_of_voices.train(network, material, **how)
    about = record(name, material, history, **how)
    return weights.save(network.cpu(), NAME, record=about, folder=folder)
