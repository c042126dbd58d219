"""Cutting sound in time: frames, fades, silence at the ends."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_count, check_positive


def frame(audio: np.ndarray, *, frame_length: int, hop_length: int) -> np.ndarray:
    """Cut a sound into overlapping frames; frame n starts at sample `n * hop_length`.

    Nothing is padded: samples that do not fill a last frame are left out, as in
    `librosa.util.frame`.

    Parameters
    ----------
    audio
        Shape (..., T) with T at least `frame_length`.
    frame_length, hop_length
        In samples.

    Returns
    -------
    Shape (..., frame_length, N) with N = 1 + (T - frame_length) // hop_length. It is a read-only
    view into `audio`, so it costs no memory; `.copy()` it to write into it.

    Raises
    ------
    AudioError
        If a length is below 1, or `audio` is shorter than one frame.

    Examples
    --------
    >>> frame(np.array([0.0, 0.1, 0.2, 0.3, 0.4]), frame_length=3, hop_length=2)
    array([[0. , 0.2],
           [0.1, 0.3],
           [0.2, 0.4]])

    Chapter: sound/stft
    """
    frame_length = check_count(frame_length, name="frame_length")
    hop_length = check_count(hop_length, name="hop_length")
    audio = check_audio(audio)
    if audio.shape[-1] < frame_length:
        raise AudioError(
            f"audio has {audio.shape[-1]} samples, less than one frame of {frame_length}: give a "
            "longer sound, a smaller frame_length, or pad it with zeros"
        )
    windows = np.lib.stride_tricks.sliding_window_view(audio, frame_length, axis=-1)
    return windows[..., ::hop_length, :].swapaxes(-1, -2)  # (..., N, frame) -> (..., frame, N)


def fade(
    audio: np.ndarray, *, sample_rate: int, in_s: float = 0.01, out_s: float = 0.01
) -> np.ndarray:
    """Let a sound begin and end at 0, so that it does not click.

    The gain follows half a cosine, from 0 to 1 and from 1 to 0.

    Parameters
    ----------
    audio
        Shape (..., T).
    sample_rate
        In Hz.
    in_s, out_s
        Length of the two fades in seconds; 0 leaves that end alone.

    Returns
    -------
    Same shape and precision as `audio`.

    Raises
    ------
    AudioError
        If a length is negative, or the two together are longer than the sound.

    Examples
    --------
    >>> fade(np.ones(5), sample_rate=1000, in_s=0.002, out_s=0.0)
    array([0. , 0.5, 1. , 1. , 1. ])

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    n_in = _to_samples(in_s, sample_rate, name="in_s")
    n_out = _to_samples(out_s, sample_rate, name="out_s")
    n_samples = audio.shape[-1]
    if n_in + n_out > n_samples:
        raise AudioError(
            f"in_s is {in_s!r} s and out_s is {out_s!r} s: together they are longer than the sound "
            f"({n_samples / sample_rate:.3g} s), so make them shorter"
        )
    gain = np.ones(n_samples)
    gain[:n_in] = _rising_gain(n_in)
    gain[n_samples - n_out :] = _rising_gain(n_out)[::-1]
    return (audio * gain).astype(audio.dtype)


def trim_silence(
    audio: np.ndarray, *, sample_rate: int, threshold_db: float = -40.0, margin_s: float = 0.02
) -> np.ndarray:
    """Cut off what is quiet at both ends.

    A sample is quiet where every channel lies below `threshold_db`, relative to the loudest sample
    of the whole sound. Quiet places between loud ones stay.

    Parameters
    ----------
    audio
        Shape (..., T). All leading axes are cut at the same places.
    sample_rate
        In Hz.
    threshold_db
        Below 0; -40 means a hundredth of the peak.
    margin_s
        Seconds kept before the first and after the last loud sample.

    Returns
    -------
    Shape (..., T2), T2 at most T.

    Raises
    ------
    AudioError
        If `audio` is silent everywhere, `threshold_db` is not below 0, or `margin_s` is negative.

    Examples
    --------
    >>> quiet_loud_quiet = np.array([0.0, 0.001, 0.5, 0.0, -0.5, 0.001])
    >>> trim_silence(quiet_loud_quiet, sample_rate=8000, margin_s=0.0)
    array([ 0.5,  0. , -0.5])

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    margin = _to_samples(margin_s, sample_rate, name="margin_s")
    if not threshold_db < 0:
        raise AudioError(f"threshold_db is {threshold_db!r}: it must be below 0, such as -40")
    loudest = np.abs(audio).reshape(-1, audio.shape[-1]).max(axis=0)  # (..., T) -> (T,)
    if loudest.max() == 0:
        raise AudioError("audio is silent (every sample is 0): nothing would be left of it")
    loud = np.flatnonzero(loudest >= loudest.max() * 10 ** (threshold_db / 20))
    return audio[..., max(loud[0] - margin, 0) : loud[-1] + 1 + margin].copy()


def _rising_gain(n_samples):
    """Return half a period of a cosine, from 0 towards 1."""
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(n_samples) / max(n_samples, 1))


def _to_samples(seconds, sample_rate, *, name):
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    if seconds != 0:
        check_positive(seconds, name=name, unit="s")
    return round(seconds * sample_rate)
