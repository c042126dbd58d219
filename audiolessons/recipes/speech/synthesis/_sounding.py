"""From mel bands to sound and back, with a network or without: what both recipes use."""

from __future__ import annotations

import functools

import numpy as np
import torch

from audiolessons import features, models, signals, spectral, training
from audiolessons.models.speech.vocoder import HIGHEST
from audiolessons.recipes._settings import Settings, new_network
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    N_MELS,
    SAMPLE_RATE,
    log_mel,
)
from audiolessons.results import weights

STORED = "vocoder"
N_SCALINGS = 4  # chosen on validation sentences
SILENT = 1e-12  # a power that divides nothing by 0
SETTINGS = {STORED: Settings(models.MelToMagnitudes, epochs=21, learning_rate=0.002)}
N_ITER = 60  # rounds of Griffin and Lim


def model(*, seed: int = 0, **options) -> models.MelToMagnitudes:
    """Return a vocoder that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(n_channels=8, hidden_size=8, n_blocks=1)(torch.zeros(1, 80, 5)).shape
    torch.Size([1, 401, 5])

    Chapter: speech/synthesis
    """
    return new_network(SETTINGS, STORED, seed=seed, **options)


def to_mel(audio, *, sample_rate: float = SAMPLE_RATE) -> np.ndarray:
    """Return what a vocoder is given of a sound (T,): log-mel bands (80, N), natural logarithms.

    Examples
    --------
    >>> to_mel(np.random.default_rng(0).normal(size=16000)).shape
    (80, 81)

    Chapter: speech/synthesis
    """
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)
    return log_mel(audio).numpy()


@torch.no_grad()
def to_audio(mel, network=None, *, n_iter: int = N_ITER) -> np.ndarray:
    """Return the sound (200 * (N - 1),) at 16 kHz that a network makes of log-mel bands (80, N).

    Without a network, the one with the stored weights speaks.

    Examples
    --------
    >>> silent = np.full((80, 11), -20.0)
    >>> to_audio(silent, model(n_channels=8, hidden_size=8, n_blocks=1), n_iter=2).shape
    (2000,)

    Chapter: speech/synthesis
    """
    network = _spoken_by() if network is None else network
    with training.evaluating(network) as device:
        bands = torch.as_tensor(np.asarray(mel, dtype=np.float32), device=device)
        made = network(bands[None])[0].cpu().numpy()
    power = np.exp(2 * made.clip(max=HIGHEST).astype(float))  # (F, N)
    return _phased(np.sqrt(_within_bands(power, mel)), n_iter, seed=0)


def _within_bands(power, mel):
    """Return powers (F, N) scaled until each band holds what its mel value says, nearly.

    The bands are known and need no guess: only how power is spread within them does.
    """
    filters = _filters()
    for _ in range(N_SCALINGS):
        ratio = np.exp(np.asarray(mel, dtype=float)) / np.maximum(filters @ power, SILENT)
        power = power * (filters.T @ ratio) / np.maximum(filters.sum(axis=0), 1e-6)[:, None]
    return power


def _filters():
    return features.mel_filterbank(sample_rate=SAMPLE_RATE, n_fft=FRAMES["n_fft"], n_mels=N_MELS)


def _phased(magnitudes, n_iter, seed):
    """Return the sound of magnitudes (F, N), phases by Griffin and Lim."""
    sound = spectral.griffin_lim(magnitudes, hop_length=HOP_LENGTH, n_iter=n_iter, seed=seed)
    return sound.astype(np.float32)


@functools.cache
def _spoken_by():
    return trained()


def griffin_lim(mel, *, n_iter: int = N_ITER, seed: int = 0) -> np.ndarray:
    """Return the sound that log-mel bands (80, N) give without any network.

    Magnitudes are the least squares that put the right power into each band and are nowhere
    negative; phases come from the method of Griffin and Lim.

    Examples
    --------
    >>> tone = signals.sine(440, duration_s=0.5, sample_rate=16000)
    >>> griffin_lim(to_mel(tone), n_iter=4).shape
    (8000,)

    Chapter: speech/synthesis
    """
    filters = _filters()  # (80, F)
    wanted = np.exp(np.asarray(mel, dtype=float))  # (80, N)
    power = np.maximum(np.linalg.pinv(filters) @ wanted, SILENT)  # (F, N)
    # Multiplicative steps keep every number positive and bring the bands closer each time.
    for _ in range(n_iter):
        power *= (filters.T @ wanted) / np.maximum(filters.T @ (filters @ power), SILENT)
    return _phased(np.sqrt(power), n_iter, seed)


def trained(*, folder=None) -> models.MelToMagnitudes:
    """Return the vocoder with its stored weights.

    Chapter: speech/synthesis
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network
