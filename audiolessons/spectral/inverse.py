"""From a spectrogram back to sound: overlap-add and the inverse short-time Fourier transform."""

from __future__ import annotations

import numpy as np
from scipy import fft

from audiolessons.errors import AudioError, as_array, check_audio, check_count
from audiolessons.spectral.shorttime import blocks
from audiolessons.spectral.windows import taps_for


def istft(
    spectrum,
    *,
    hop_length: int,
    window: str | np.ndarray = "hann",
    center: bool = True,
    length: int | None = None,
    n_fft: int | None = None,
) -> np.ndarray:
    """Inverse of `stft`: window each frame again, overlap-add, divide by the squared windows.

    Among all sounds this gives the one whose STFT is nearest to `spectrum` (least squares), so a
    spectrum that was changed, and that no sound has exactly, still gives its best sound.

    Parameters
    ----------
    spectrum : array
        Shape (..., F, N), complex.
    hop_length, window, center
        As they were for `stft`.
    length : int, optional
        Samples to return. `stft` forgets T mod hop_length, so give T to get T samples back.
    n_fft : int, optional
        2 * (F - 1) unless given. Give it when it is odd: F alone cannot tell 2F - 2 from 2F - 1.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), float32 for complex64, float64 for complex128. Samples that no window
        reaches are 0. Without centring, the first and last few samples lie where the window is
        almost 0: they come back with a large rounding error, or as 0.

    Raises
    ------
    AudioError
        If `spectrum` is not complex, not finite or has no (F, N) axes, n_fft does not fit F, or
        the windows leave gaps, so that samples are lost and no division can bring them back.

    Examples
    --------
    >>> from audiolessons.spectral import stft
    >>> audio = np.random.default_rng(0).standard_normal(1000)
    >>> spectrum = stft(audio, n_fft=256, hop_length=64)
    >>> back = istft(spectrum, hop_length=64, length=1000)
    >>> bool(np.abs(back - audio).max() < 1e-12)
    True

    References
    ----------
    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier transform",
    IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984, equation 6.

    Chapter: sound/stft
    """
    spectrum, n_fft = _check_spectrum(spectrum, n_fft)
    check_count(hop_length, name="hop_length")
    taps = taps_for(window, n_fft, spectrum.real.dtype)
    _check_no_gaps(taps, hop_length)
    n_frames = spectrum.shape[-1]
    columns = spectrum.swapaxes(-1, -2)  # (..., N, F)
    n_pieces = n_frames - 1 + -(-n_fft // hop_length)  # of hop_length samples each
    total = np.zeros((*columns.shape[:-2], n_pieces, hop_length), taps.dtype)
    weight = np.zeros((n_pieces, hop_length), taps.dtype)
    for block in blocks((*columns.shape[:-1], n_fft)):
        frames = fft.irfft(columns[..., block, :], n_fft) * taps  # (..., n, n_fft)
        _add_frames(total, frames, block.start)
        _add_frames(weight, np.broadcast_to(taps**2, frames.shape[-2:]), block.start)
    np.divide(total, weight, out=total, where=weight > np.finfo(taps.dtype).tiny)
    audio = total.reshape(*total.shape[:-2], -1)[..., : n_fft + hop_length * (n_frames - 1)]
    return _trim(audio, n_fft // 2 if center else 0, length)


def overlap_add(frames, *, hop_length: int) -> np.ndarray:
    """Lay frames `hop_length` samples apart and add what overlaps.

    Parameters
    ----------
    frames : array
        Shape (..., frame_length, N), as `signals.frame` gives them.
    hop_length : int
        Samples from one frame to the next.

    Returns
    -------
    numpy.ndarray
        Shape (..., T), T = frame_length + (N - 1) * hop_length.

    Raises
    ------
    AudioError
        If `frames` has no (frame_length, N) axes or hop_length is not a whole number above 0.

    Examples
    --------
    >>> overlap_add(np.ones((4, 3)), hop_length=2)
    array([1., 1., 2., 2., 2., 2., 1., 1.])

    Chapter: sound/stft
    """
    check_count(hop_length, name="hop_length")
    frames = check_audio(frames, name="frames")
    if frames.ndim < 2:
        raise AudioError(f"frames has shape {frames.shape}: give (..., frame_length, N)")
    frames = frames.swapaxes(-1, -2)  # (..., N, frame_length)
    n_frames, frame_length = frames.shape[-2:]
    n_pieces = n_frames - 1 + -(-frame_length // hop_length)
    total = np.zeros((*frames.shape[:-2], n_pieces, hop_length), frames.dtype)
    _add_frames(total, frames, 0)
    audio = total.reshape(*total.shape[:-2], -1)
    return audio[..., : frame_length + hop_length * (n_frames - 1)]


def _add_frames(total, frames, first):
    """Add frames (..., n, n_fft) into `total` (..., pieces, hop), starting at piece `first`.

    Piece k of frame i lands on piece i + k of the sum. One addition for each k does this for all
    frames at once, so Python loops n_fft / hop times and not once a frame.
    """
    hop_length = total.shape[-1]
    n_frames, n_fft = frames.shape[-2:]
    for k, start in enumerate(range(0, n_fft, hop_length)):
        piece = frames[..., start : start + hop_length]  # (..., n, hop), the last may be shorter
        total[..., first + k : first + k + n_frames, : piece.shape[-1]] += piece


def _trim(audio, start, length):
    """Drop `start` samples of padding on both sides, or return `length` samples after the first."""
    if length is None:
        return audio[..., start : audio.shape[-1] - start]
    check_count(length, name="length")
    audio = audio[..., start : start + length]
    missing = length - audio.shape[-1]
    return np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, missing)])


def _check_no_gaps(taps, hop_length):
    """Every sample must be seen by some window (the "nonzero overlap-add" condition, NOLA)."""
    seen = overlap_add(np.abs(taps)[:, np.newaxis] ** 2, hop_length=hop_length)
    seen = np.pad(seen, (0, -len(seen) % hop_length)).reshape(-1, hop_length).sum(axis=0)
    if seen.min() <= 1e-10 * seen.max():
        raise AudioError(
            f"hop_length is {hop_length} for a window of {len(taps)} samples: some samples are "
            f"seen by no window and cannot be restored; use a smaller one (up to {len(taps) // 2} "
            "works with every named window)"
        )


def _check_spectrum(spectrum, n_fft):
    spectrum = as_array(spectrum, name="spectrum")
    if spectrum.dtype.kind != "c":
        raise AudioError(
            f"spectrum holds {spectrum.dtype} values: give the complex output of stft; magnitudes "
            "alone have no phase (griffin_lim finds one)"
        )
    if spectrum.ndim < 2 or spectrum.shape[-2] < 2 or spectrum.shape[-1] < 1:
        raise AudioError(f"spectrum has shape {spectrum.shape}: give (..., F, N), F >= 2, N >= 1")
    if not np.isfinite(spectrum).all():
        raise AudioError("spectrum holds NaN or infinity: find where they arise")
    n_bins = spectrum.shape[-2]
    if n_fft is None:
        n_fft = 2 * (n_bins - 1)
    check_count(n_fft, name="n_fft", minimum=2)
    if 1 + n_fft // 2 != n_bins:
        raise AudioError(
            f"n_fft is {n_fft}, which makes {1 + n_fft // 2} bins, but spectrum has {n_bins}: "
            f"use {2 * n_bins - 2} or {2 * n_bins - 1}, whichever made it"
        )
    return spectrum, n_fft
