"""Pitch-synchronous overlap-add: a voice cut into its periods, which are laid anew."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_positive
from audiolessons.features import pulses

UNVOICED_S = 0.005  # between marks where there is no pitch


class PitchMarks(NamedTuple):
    """Where a sound is cut: samples, shape (P,), int, rising from 0 to its last one; and whether
    the stretch up to the next mark is a period of the voice, shape (P,), bool.

    Chapter: speech/conversion
    """

    samples: np.ndarray
    is_voiced: np.ndarray


def pitch_marks(audio, pitch_hz, *, sample_rate: float, hop_length: int) -> PitchMarks:
    """Return one mark a period, at its highest peak, and one every 5 ms where there is no pitch.

    Parameters
    ----------
    audio : array
        Shape (T,).
    pitch_hz : array
        Shape (N,), from `features.pitch_yin` with centred frames; NaN where there is no pitch.
    sample_rate : float
        Hz.
    hop_length : int
        Samples from one frame of the pitch to the next.

    Raises
    ------
    AudioError
        As `features.pulses` does.

    Examples
    --------
    >>> clicks = np.zeros(400)
    >>> clicks[20::80] = 1.0
    >>> pitch_marks(clicks, [100.0] * 5, sample_rate=8000, hop_length=100).samples
    array([  0,  20, 100, 180, 260, 340, 399])

    Chapter: speech/conversion
    """
    audio = check_audio(audio, min_samples=2)
    found = pulses(audio, pitch_hz, sample_rate=sample_rate, hop_length=hop_length)
    step = max(1, round(UNVOICED_S * sample_rate))
    marks, is_voiced = [0], [False]

    def fill(end):
        while end - marks[-1] > 1.5 * step:
            marks.append(marks[-1] + step)
            is_voiced.append(False)

    for moments, _ in found:
        places = np.round(moments * sample_rate).astype(int)
        places = places[(places > marks[-1]) & (places < len(audio) - 1)]
        if len(places) == 0:
            continue
        fill(places[0])
        marks.extend(int(place) for place in places)
        is_voiced.extend([True] * (len(places) - 1) + [False])
    fill(len(audio) - 1)
    return PitchMarks(np.array([*marks, len(audio) - 1]), np.array([*is_voiced, False]))


def psola(
    audio, marks: PitchMarks, *, pitch_ratio: float | np.ndarray = 1.0, time_ratio: float = 1.0
) -> np.ndarray:
    """Change pitch, length, or both, of one voice: its periods laid closer, wider, or twice.

    Around each mark stands one piece, faded in from the mark before and out to the one after, so
    that pieces left where they were add up to the sound. Laid closer they repeat more often, the
    pitch rises, and each piece, in which the mouth is heard, stays as it was. To lengthen a sound
    pieces are used again, to shorten it some are left out.

    Parameters
    ----------
    audio : array
        Shape (T,).
    marks : PitchMarks
        From `pitch_marks`.
    pitch_ratio : float or array
        New pitch over old; or one number for each mark, shape (P,).
    time_ratio : float
        New length over old.

    Returns
    -------
    numpy.ndarray
        Shape (round(T * time_ratio),), of the sound's precision.

    Raises
    ------
    AudioError
        If a ratio is not above 0, or the marks are not those of the sound.

    Examples
    --------
    >>> sound = np.sin(np.arange(400.0))
    >>> marks = PitchMarks(np.array([0, 100, 250, 399]), np.array([True, True, True, False]))
    >>> bool(np.allclose(psola(sound, marks), sound))
    True
    >>> len(psola(sound, marks, time_ratio=1.5))
    600

    References
    ----------
    E. Moulines and F. Charpentier, "Pitch-synchronous waveform processing techniques for
    text-to-speech synthesis using diphones", Speech Communication 9, 1990.

    Chapter: speech/conversion
    """
    audio = check_audio(audio, min_samples=2)
    check_positive(time_ratio, name="time_ratio")
    places, n_marks = marks.samples, len(marks.samples)
    if audio.ndim != 1 or n_marks < 2 or places[0] != 0 or places[-1] != len(audio) - 1:
        raise AudioError(
            f"audio has shape {audio.shape}, and the marks are not of it: make them anew"
        )
    ratios = as_array(pitch_ratio, name="pitch_ratio", dtype=float)
    if ratios.ndim and ratios.shape != places.shape:
        raise AudioError(f"pitch_ratio has shape {ratios.shape}: give one number, or {n_marks}")
    if not (np.isfinite(ratios) & (ratios > 0)).all():
        raise AudioError("pitch_ratio must be finite and above 0: it is the new pitch over the old")
    spacing = np.diff(places, append=places[-1] + 1).astype(float)
    spacing /= np.where(marks.is_voiced, np.broadcast_to(ratios, places.shape), 1.0)
    length = round(len(audio) * time_ratio)
    widest = int(np.diff(places).max())
    out = np.zeros(length + 2 * widest)  # sample t stands at t + widest
    at = 0.0
    while at < length:
        k = _nearest(places, at / time_ratio)
        piece, before = _piece(audio, places, k)
        first = widest + round(at) - before
        room = out[first : first + len(piece)]
        room += piece[: len(room)]
        at += max(spacing[k], 1.0)
    return out[widest : widest + length].astype(audio.dtype)


def _nearest(places, at):
    right = int(np.clip(np.searchsorted(places, at), 1, len(places) - 1))
    return right - 1 if at - places[right - 1] <= places[right] - at else right


def _piece(audio, places, k):
    """Return the sound around mark k, faded in and out, and how many samples precede the mark."""
    here = places[k]
    left = places[k - 1] if k else here
    right = places[k + 1] if k + 1 < len(places) else here + 1
    fade_in = 0.5 - 0.5 * np.cos(np.pi * np.arange(here - left) / max(here - left, 1))
    fade_out = 0.5 + 0.5 * np.cos(np.pi * np.arange(right - here) / (right - here))
    return audio[left:right] * np.concatenate([fade_in, fade_out]), here - left
