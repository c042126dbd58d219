"""Networks that make vectors of voices: what they are trained on, training, storing, using them.

Settings are fixed here, nothing was chosen by a test. `python -m audiolessons
train speaker` trains and stores the network; chapter and bench start from the stored weights.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch
from torch.utils.data import TensorDataset

from audiolessons import __version__, models, signals, training, transforms
from audiolessons.errors import AudioError
from audiolessons.recipes.tasks.speaker._altered_voices import (
    SAMPLE_RATE,
    Voice,
    alter,
    draw_alteration,
)
from audiolessons.results import weights

COMMAND = "python -m audiolessons train speaker"
NAME = "speaker"
FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 40, "min_hz": 60.0, "top_db": 60.0}
SPEEDS = (1.0, 0.9, 1.1)  # a voice that is played faster is another voice
SHORTEST_S, LONGEST_S = 0.5, 2.0
BATCH_SIZE, LEARNING_RATE, EPOCHS, N_VERSIONS = 32, 0.003, 12, 1


def prepare(
    voices: Sequence[Voice],
    *,
    noises: dict,
    n_versions: int = 1,
    altered: bool = True,
    seed: int = 0,
) -> TensorDataset:
    """Cut voices into segments, alter each in a way of its own, and return what is learned from.

    A speaker at each of three speeds counts as three. Segments are 0.5 to 2 s long.

    Parameters
    ----------
    voices : list of Voice
    noises : dict
        Sounds by name, at `SAMPLE_RATE`.
    n_versions : int
        Segments of each voice at each speed.
    altered : bool
        Whether each segment gets a made-up room, a noise, a band and a level.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    TensorDataset
        Log-mel (B, 40, N) in dB, lengths (B,) in frames, and speaker numbers (B,).

    Chapter: tasks/speaker
    """
    numbers = {name: i for i, name in enumerate(sorted({one.speaker for one in voices}))}
    longest = round(LONGEST_S * SAMPLE_RATE)
    audio, lengths, target = [], [], []
    for voice in voices:
        random = np.random.default_rng([seed, *voice.id.encode()])
        for n, speed in enumerate(SPEEDS):
            rate = round(speed * SAMPLE_RATE)
            whole = signals.resample(voice.audio, from_rate=rate, to_rate=SAMPLE_RATE)
            for _ in range(n_versions):
                segment = _segment(random, whole)
                if altered:
                    scene = draw_alteration(random, noises=noises)
                    segment = alter(segment, scene, rooms={}, noises=noises)
                audio.append(np.pad(segment, (0, longest - len(segment))))
                lengths.append(len(segment))
                target.append(numbers[voice.speaker] * len(SPEEDS) + n)
    to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)
    parts = [
        to_mel(torch.from_numpy(np.stack(audio[i : i + 64])), torch.tensor(lengths[i : i + 64]))
        for i in range(0, len(audio), 64)
    ]
    x, n_frames = (torch.cat(part) for part in zip(*parts, strict=True))
    return TensorDataset(x, n_frames, torch.tensor(target))


def _segment(random, audio):
    """Cut a piece of a voice; the shorter of three lengths come as often as the longer."""
    seconds = SHORTEST_S * (LONGEST_S / SHORTEST_S) ** random.random()
    n_samples = min(round(seconds * SAMPLE_RATE), len(audio))
    tries = random.integers(0, len(audio) - n_samples + 1, size=3)
    pieces = [audio[start : start + n_samples] for start in tries]
    return max(pieces, key=signals.level_db)  # a pause is no voice


def model(*, n_speakers: int = 1, seed: int = 0, pooling: str = "attentive"):
    """Return a classifier of speakers that has learned nothing yet; `seed` draws its weights.

    Examples
    --------
    >>> model(n_speakers=5)(torch.zeros(2, 40, 50)).shape
    torch.Size([2, 5])

    Chapter: tasks/speaker
    """
    training.seed_everything(seed)
    encoder = models.SpeakerEncoder(n_mels=FRAMES["n_mels"], pooling=pooling)
    return models.SpeakerClassifier(encoder, n_speakers=n_speakers)


def train(
    network: models.SpeakerClassifier,
    dataset: TensorDataset,
    *,
    epochs: int = EPOCHS,
    margin: float = 0.2,
    seed: int = 0,
    show_progress: bool = True,
) -> training.History:
    """Train a classifier of speakers; the last weights are kept.

    Known speakers say little about new ones, so no validation set tells when to stop.

    Parameters
    ----------
    network : SpeakerClassifier
        From `model`.
    dataset : TensorDataset
        From `prepare`.
    epochs : int
    margin : float
        In radians, see `models.margin_loss`.
    seed : int
        Of the order of the batches and the stripes that are hidden.
    show_progress : bool
        Whether a table grows, one line an epoch.

    Chapter: tasks/speaker
    """
    hide = transforms.SpecAugment(
        max_bands=6, max_frames=12, max_share=0.3, generator=torch.Generator().manual_seed(seed)
    )
    return training.fit_one_cycle(
        transforms.Chain(hide, network),
        dataset,
        epochs=epochs,
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        weight_decay=0.05,
        seed=seed,
        show_progress=show_progress,
        loss=lambda cosines, target: models.margin_loss(cosines, target, margin=margin),
        metric=training.accuracy,
    )


@torch.no_grad()
def embed(encoder: models.SpeakerEncoder, audio: np.ndarray) -> np.ndarray:
    """Return the vector (E,) of a voice (T,) at `SAMPLE_RATE`; its length is 1.

    Raises
    ------
    AudioError
        If there is not exactly one sound.

    Examples
    --------
    >>> vector = embed(model().encoder, np.random.default_rng(0).normal(size=8000))
    >>> vector.shape, round(float(np.linalg.norm(vector)), 3)
    ((128,), 1.0)

    Chapter: tasks/speaker
    """
    x = log_mel(audio)[None].to(next(encoder.parameters()).device)
    return encoder.eval()(x)[0].cpu().numpy()


def log_mel(audio) -> torch.Tensor:
    """Return the log-mel spectrogram (40, N) in dB that the networks are given.

    Chapter: tasks/speaker
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one sound, (T,)")
    return transforms.LogMel(sample_rate=SAMPLE_RATE, **FRAMES)(torch.from_numpy(audio))


def trained(*, folder=None) -> models.SpeakerEncoder:
    """Return the encoder with the weights that the project trained on the recordings.

    Parameters
    ----------
    folder : path, optional
        Where `store` put other weights.

    Chapter: tasks/speaker
    """
    encoder = model().encoder
    weights.load(encoder, NAME, folder=folder)
    return encoder


def train_and_store(
    voices: Sequence[Voice],
    dataset: TensorDataset,
    *,
    source: str,
    epochs: int | None = None,
    seed: int = 0,
    folder=None,
):
    """Train the network from the recipe's settings; return the path of its weights and record.

    Chapter: tasks/speaker
    """
    n_speakers = int(dataset.tensors[2].max()) + 1
    network = model(n_speakers=n_speakers, seed=seed)
    history = train(network, dataset, epochs=epochs or EPOCHS, seed=seed)
    record = {
        "command": COMMAND,
        "parameters": models.count_parameters(network.encoder),
        "source": source,
        "seed": seed,
        "epochs": epochs or EPOCHS,
        "learning_rate": LEARNING_RATE,
        "batch_size": BATCH_SIZE,
        "speakers": len({one.speaker for one in voices}),
        "sentences": len(voices),
        "segments": len(dataset),
        "history": {key: _rounded(value) for key, value in asdict(history).items()},
        "versions": {
            "audiolessons": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }
    return weights.save(network.encoder, NAME, record=record, folder=folder)


def _rounded(value):
    """Return losses in four decimals: more would differ from machine to machine."""
    return [round(float(one), 4) for one in value] if isinstance(value, list) else value
