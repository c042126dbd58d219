"""How strong the noise is, read from the noisy sound alone: minimum statistics."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import ndimage, signal

from audiolessons.errors import AudioError, check_count, check_finite
from audiolessons.spectral.decibels import check_magnitude

MOST_FRAMES = 1000  # to settle; many seconds, and speech has long changed


def noise_power(
    power: np.ndarray, *, window_frames: int | None = 94, smoothing: float = 0.5
) -> np.ndarray:
    """Estimate the power of the noise in a noisy power spectrogram: minimum statistics.

    Speech pauses, in every frequency bin, many times a second: between syllables only the noise
    is left. So the power of each bin is smoothed over time, and the smallest value within a
    window long enough to hold a pause is that of the noise alone. The smallest of many values
    lies below their mean; how far is known for noise of a constant level, and is divided out.

    Martin's own smoothing adapts itself to the signal and his window looks back only. Here the
    smoothing is the same everywhere, and the window lies around its frame (at both ends it is
    moved into the sound): this is for sounds that are there as a whole.

    Parameters
    ----------
    power
        Power spectrogram of the noisy sound, np.abs(stft(...)) ** 2, shape (..., F, N).
    window_frames
        Frames in which the smallest value is sought: 94 are 1.5 s at a hop of 16 ms. Long windows
        surely hold a pause, short ones follow a noise that changes. None: the whole sound, which
        gives one floor for all frames.
    smoothing
        Part of the smoothed power that is kept from one frame to the next, from 0 to 0.99.

    Returns
    -------
    Shape (..., F, N), or (..., F, 1) without a window; precision of `power`.

    Raises
    ------
    AudioError
        If `power` is no power spectrogram, window_frames is no whole number above 0, or
        smoothing is not in [0, 1) or so near to 1 that it never settles.

    Examples
    --------
    >>> power = np.random.default_rng(0).exponential(size=(257, 300))  # noise of power 1
    >>> power[:, 100:150] += 1000
    >>> floor = noise_power(power)
    >>> floor.shape, bool(0.9 < np.median(floor) < 1.1)
    ((257, 300), True)

    References
    ----------
    R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
    statistics", IEEE Transactions on Speech and Audio Processing 9(5), 2001.

    Chapter: tasks/denoising
    """
    power = check_magnitude(power, name="power", min_ndim=2)
    if not 0 <= check_finite(smoothing, name="smoothing") < 1:
        raise AudioError(f"smoothing is {smoothing!r}: it must lie from 0 to below 1")
    n_frames = power.shape[-1]
    if window_frames is not None:
        check_count(window_frames, name="window_frames")
    width = min(window_frames or n_frames, n_frames)
    # Each frame becomes a mean of itself and of the frames before it, weighted less and less. The
    # first frames, mirrored, come before the sound, so that its start is a mean of many, too.
    n_before = _frames_to_settle(smoothing)
    padding = [(0, 0)] * (power.ndim - 1)
    longer = np.pad(power, [*padding, (n_before, 0)], mode="symmetric")
    smooth = _smooth(longer, smoothing)[..., n_before:]
    smallest = ndimage.minimum_filter1d(smooth, width, axis=-1)
    # Keep the windows that lie within the sound; the first and the last serve the ends.
    before = width // 2
    inside = smallest[..., before : before + n_frames - width + 1]
    floor = inside / power.dtype.type(_minimum_of_noise(width, smoothing))
    if window_frames is None:
        return floor
    return np.pad(floor, [*padding, (before, width - 1 - before)], mode="edge")


def _smooth(power, smoothing):
    """Return s[n] = smoothing * s[n - 1] + (1 - smoothing) * power[n], in the precision given."""
    b, a = np.array([1 - smoothing], power.dtype), np.array([1, -smoothing], power.dtype)
    return signal.lfilter(b, a, power, axis=-1)


def _frames_to_settle(smoothing):
    """Return after how many frames the smoothing has forgotten how it began (to 1 in 3000)."""
    n_frames = int(np.ceil(8 / (1 - smoothing)))
    if n_frames > MOST_FRAMES:
        raise AudioError(
            f"smoothing is {smoothing!r}, which takes {n_frames} frames to settle: give less, "
            "0.99 at most"
        )
    return n_frames


@lru_cache
def _minimum_of_noise(width, smoothing):
    """Return the mean of the smallest of `width` smoothed powers of noise whose power is 1.

    Found by trying: power in a bin of a noise's spectrum is distributed exponentially.
    """
    settle = _frames_to_settle(smoothing)
    noise = np.random.default_rng(0).exponential(size=(500, settle + width))
    return float(_smooth(noise, smoothing)[:, settle:].min(axis=-1).mean())
