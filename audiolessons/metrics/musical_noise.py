"""How musical noise has become: peaks left standing alone where noise was taken out."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.spectral.decibels import check_magnitude


def log_kurtosis_ratio(power_before: np.ndarray, power_after: np.ndarray) -> np.ndarray:
    """Return how much more peaked noise has become by processing: 0 for not at all.

    Musical noise is silence with single peaks of power in it. The kurtosis of the powers of a
    bin, the mean of their fourth powers over the squared mean of their squares, tells how far
    single values stand out. What counts is how much processing has raised it, so the logarithm of
    the ratio is taken, and its mean over the bins. Give noise alone, as in a pause: speech is
    peaked by nature.

    Parameters
    ----------
    power_before
        Power spectrogram of noise, shape (..., F, N), two frames or more.
    power_after
        Power spectrogram of the same noise after processing, same shape.

    Returns
    -------
    Shape (...). Bins that are silent throughout are left out.

    Raises
    ------
    AudioError
        If the shapes differ, a spectrogram holds anything but powers, or nothing is left of the
        noise in any bin.

    Examples
    --------
    >>> power = np.random.default_rng(0).exponential(size=(257, 300))
    >>> bool(abs(log_kurtosis_ratio(power, 0.01 * power)) < 1e-6)  # only softer
    True
    >>> bool(log_kurtosis_ratio(power, np.where(power > 4, power, 0)) > 0.2)  # only peaks
    True

    References
    ----------
    Y. Uemura, Y. Takahashi, H. Saruwatari, K. Shikano, K. Kondo, "Automatic optimization scheme of
    spectral subtraction based on musical noise assessment via higher-order statistics", IWAENC
    2008.

    Chapter: tasks/denoising
    """
    before = check_magnitude(power_before, name="power_before", min_ndim=2).astype(np.float64)
    after = check_magnitude(power_after, name="power_after", min_ndim=2).astype(np.float64)
    if before.shape != after.shape or before.shape[-1] < 2:
        raise AudioError(
            f"power_before has shape {before.shape} and power_after {after.shape}: give both as "
            "(..., F, N) of the same sound, N at least 2"
        )
    sounds = (before > 0).any(axis=-1) & (after > 0).any(axis=-1)  # (..., F)
    if not sounds.any(axis=-1).all():
        raise AudioError("power_after is silent: nothing is left of the noise that could be music")
    ratio = np.log(_kurtosis(after, sounds) / _kurtosis(before, sounds))
    return ratio.mean(axis=-1, where=sounds)


def _kurtosis(power, sounds):
    """Return E[p^4] / E[p^2]^2 of each bin; silent ones, which do not count, have 1."""
    scaled = power / np.where(sounds, power.max(axis=-1), 1)[..., np.newaxis]  # p^4 stays in range
    fourth, second = (scaled**4).mean(axis=-1), (scaled**2).mean(axis=-1)
    return np.divide(fourth, second**2, out=np.ones_like(fourth), where=sounds)
