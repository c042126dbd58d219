"""Ways to explain one answer, all of them as a number for each piece of the sound."""

from __future__ import annotations

import numpy as np
import torch

from audiolessons import models
from audiolessons.errors import check_choice
from audiolessons.recipes._spoken_digits import FRAMES
from audiolessons.recipes.large.explaining._planted import (
    BEEP_S,
    SAMPLE_RATE,
    Digits,
    beep_start,
    log_mel,
)

N_ROWS, N_COLUMNS = 8, 6
N_SAMPLES, N_STEPS = 400, 32
METHODS = ("gradient", "integrated_gradients", "occlusion", "lime", "kernel_shap")
MAPS = ("gradient", "gradient_times_input", "integrated_gradients")  # a number for each point
LEAST_SHARE = 0.25  # of the beep's energy, so that a piece holds the beep


def pieces_of(x: torch.Tensor) -> torch.Tensor:
    """Return the pieces of a sound, 8 rows of 5 bands and 6 stretches of time."""
    return models.grid_pieces(*x.shape, n_rows=N_ROWS, n_columns=N_COLUMNS)


def quiet_fill(digits: Digits, share: float = 0.05) -> torch.Tensor:
    """Return a level for each band, (40, 1) in dB, below which a share of the training frames lie.

    What stands where a piece is missing.
    """
    levels = _training_levels(digits)
    return torch.quantile(levels, share, dim=1, keepdim=True)


def mean_fill(digits: Digits) -> torch.Tensor:
    """Return the mean level of each band over the training frames, (40, 1) in dB."""
    return _training_levels(digits).mean(dim=1, keepdim=True)


def _training_levels(digits):
    x, lengths, _ = digits.train.frames().tensors
    return torch.cat([one[:, :n] for one, n in zip(x[::5], lengths[::5], strict=True)], dim=1)


def point_map(name, network, x, target, *, fill) -> torch.Tensor:
    """Return a map of points, (40, N): what one of `MAPS` says."""
    check_choice(name, name="method", choices=MAPS)
    one, target = x[None], torch.tensor([target])
    if name == "gradient":
        return models.input_gradient(network, one, target)[0]
    if name == "gradient_times_input":
        return models.gradient_times_input(network, one, target, baseline=fill)[0]
    baseline = fill.expand_as(x)[None]
    found = models.integrated_gradients(network, one, target, baseline=baseline, n_steps=N_STEPS)
    return found[0]


def explain(name, network, x, target, *, fill, pieces=None, seed=0) -> np.ndarray:
    """Return what a method says each piece of a sound adds to the logit of a class, (P,).

    Gradients have no unit of pieces: their sizes are added up.
    """
    check_choice(name, name="method", choices=tuple(dict.fromkeys((*METHODS, *MAPS))))
    pieces = pieces_of(x) if pieces is None else pieces
    if name in MAPS:
        found = point_map(name, network, x, target, fill=fill)
        return models.piece_sums(found.abs() if name == "gradient" else found, pieces)
    answers = models.PieceAnswers(network, x, pieces, target, fill=fill)
    if name == "occlusion":
        return models.leave_one_out(answers, answers.n_pieces)
    if name == "lime":
        return models.lime(answers, answers.n_pieces, n_samples=N_SAMPLES, seed=seed).weights
    return models.kernel_shap(answers, answers.n_pieces, n_samples=N_SAMPLES, seed=seed)


def best_pieces(scores, n_kept: int) -> np.ndarray:
    """Return which pieces have the highest scores, (P,) of bool."""
    return np.argsort(np.argsort(-np.asarray(scores), kind="stable")) < n_kept


def beep_pieces(audio, heard, at: float) -> np.ndarray:
    """Return which pieces hold the beep, (P,) of bool: a quarter of its energy or more each.

    `audio` is the sound without it, `heard` the sound with it.
    """
    added = _power(np.asarray(heard) - np.asarray(audio))
    start = beep_start(len(audio), at) // FRAMES["hop_length"]
    end = start + round(BEEP_S * SAMPLE_RATE) // FRAMES["hop_length"]
    assert added[:, start : end + 1].sum() > 0.9 * added.sum()
    energy = models.piece_sums(added, pieces_of(log_mel(heard)))
    return energy >= LEAST_SHARE * energy.sum()


def _power(audio):
    return 10 ** (log_mel(audio) / 10)
