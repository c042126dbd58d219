"""Denoising with networks: train on sentences in noise, store the weights, clean other sounds.

Settings were chosen on validation mixtures. `python -m audiolessons train denoising` trains and
stores both networks; chapters and the bench start from the stored weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import models, training, transforms
from audiolessons.errors import AudioError, check_audio
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.tasks.denoising.noisy_speech import SAMPLE_RATE, SEGMENT_S, NoisySpeech
from audiolessons.results import weights

BATCH_SIZE = 16
SNR_RANGE_DB = (-5.0, 20.0)  # of the mixtures that are trained on
COMMAND = "python -m audiolessons train denoising"


SETTINGS = {
    "gru": Settings(models.MaskGRU, epochs=15, learning_rate=0.002),
    "crn": Settings(
        lambda: models.MaskCRN(channels=(16, 24, 32, 32), hidden_size=256),
        epochs=12,
        learning_rate=0.003,
    ),
}


def model(name: str, *, seed: int = 0) -> models.SpectralDenoiser:
    """Return a denoiser that has learned nothing yet; `seed` draws its first weights.

    Parameters
    ----------
    name : str
        "gru" (recurrent) or "crn" (convolutional and recurrent).

    Raises
    ------
    AudioError
        If there is no such model.

    Examples
    --------
    >>> model("gru")(torch.zeros(1, 1000)).shape
    torch.Size([1, 1000])

    Chapter: tasks/denoising
    """
    return new_network(SETTINGS, name, seed=seed)


def train(
    network: models.SpectralDenoiser,
    speech: torch.Tensor,
    noise: torch.Tensor,
    valid=None,
    *,
    epochs: int,
    learning_rate: float = 0.002,
    seed: int = 0,
    show_progress: bool = True,
) -> training.History:
    """Train a denoiser on sentences that are mixed anew with noise in every epoch.

    Parameters
    ----------
    network : SpectralDenoiser
        From `model`, or one of your own.
    speech : Tensor
        Clean segments (B, T), such as `denoising.load().speech`.
    noise : Tensor
        Noises (K, T2), such as `denoising.load().noise`.
    valid : list of Mixture, optional
        The weights that are best on these are kept; the last ones if there are none.
    epochs : int
        How often every segment is heard.
    learning_rate : float
        The highest of the cycle.
    seed : int
        Of the order of the batches, and what noise goes where, how loud.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Examples
    --------
    >>> speech, noise = torch.randn(2, 4000), torch.randn(3, 4000)
    >>> network = models.MaskGRU(hidden_size=4, n_layers=1)
    >>> train(network, speech, noise, epochs=2, show_progress=False).n_epochs
    2

    Chapter: tasks/denoising
    """
    low, high = SNR_RANGE_DB
    add_noise = transforms.AddNoise(
        low_snr_db=low,
        high_snr_db=high,
        noise=noise,
        generator=torch.Generator().manual_seed(seed),
    )
    return training.fit_one_cycle(
        transforms.Chain(add_noise, network),  # noise is added in training only
        TensorDataset(speech, speech),
        _validation_set(valid) if valid else None,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=BATCH_SIZE,
        time_axis=None,
        seed=seed,
        show_progress=show_progress,
        loss=models.denoising_loss,
    )


def _validation_set(mixtures):
    """Cut mixtures to the length of the training segments, or repeat them: (noisy, clean)."""
    length = round(SEGMENT_S * SAMPLE_RATE)
    both = [[one.noisy for one in mixtures], [one.clean for one in mixtures]]
    return TensorDataset(
        *(torch.from_numpy(np.stack([np.resize(one, length) for one in part])) for part in both)
    )


@torch.no_grad()
def enhance(network: models.SpectralDenoiser, audio: np.ndarray) -> np.ndarray:
    """Return a sound (T,) at `SAMPLE_RATE`, float32, cleaned by a network.

    Raises
    ------
    AudioError
        If there is not exactly one sound, it holds integers or NaN, or the network is none.

    Examples
    --------
    >>> enhance(model("gru"), np.zeros(1000, np.float32)).shape
    (1000,)

    Chapter: tasks/denoising
    """
    if not isinstance(network, models.SpectralDenoiser):
        raise AudioError(f"network is a {type(network).__name__}: give one of trained() or model()")
    audio = check_audio(audio)
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one sound, (T,)")
    device = next(network.parameters()).device
    noisy = torch.from_numpy(audio.astype(np.float32, copy=False))[None].to(device)
    return network.eval()(noisy)[0].cpu().numpy()


def trained(name: str, *, folder=None) -> models.SpectralDenoiser:
    """Return a denoiser with the weights that the project trained on the recordings.

    Parameters
    ----------
    name : str
        "gru" or "crn".
    folder : path, optional
        Where `train_and_store` put other weights.

    Raises
    ------
    AudioError
        If there is no such model, or its file was damaged.

    Examples
    --------
    >>> trained("crn").training
    False

    Chapter: tasks/denoising
    """
    network = model(name)
    weights.load(network, f"denoiser-{name}", folder=folder)
    return network


def train_and_store(name: str, sounds: NoisySpeech, *, epochs: int | None = None, folder=None):
    """Train a denoiser from the recipe's settings; return the path of its weights and record.

    Chapter: tasks/denoising
    """
    network = model(name, seed=sounds.seed)
    settings = SETTINGS[name]
    how = {"epochs": epochs or settings.epochs, "learning_rate": settings.learning_rate}
    history = train(network, sounds.speech, sounds.noise, sounds.valid, seed=sounds.seed, **how)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model=name,
        source=sounds.source,
        seed=sounds.seed,
        **how,
        batch_size=BATCH_SIZE,
        snr_range_db=SNR_RANGE_DB,
        segments=len(sounds.speech),
    )
    return weights.save(network, f"denoiser-{name}", record=record, folder=folder)
