"""Several tracks become one: each at its own loudness, the whole below the ceiling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audiolessons.editing.loudness import bring_to_loudness
from audiolessons.errors import AudioError, check_audio


def mix_tracks(tracks: Mapping, *, sample_rate: int, lufs: Mapping) -> np.ndarray:
    """Bring each track to its loudness and add them; short ones end early.

    Parameters
    ----------
    tracks
        {name: sound}, all (T,) or all (C, T), of any lengths.
    sample_rate
        Hz.
    lufs
        {name: loudness in LUFS}, for each track; None leaves one as it is.

    Returns
    -------
    The sum, as long as the longest. It may pass full scale: see `limit`.

    Raises
    ------
    AudioError
        If names do not fit, or the tracks differ in channels.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(16000) / 16000)
    >>> tracks = {"voice": tone, "music": np.roll(tone[:8000], 1)}
    >>> mix_tracks(tracks, sample_rate=16000, lufs={"voice": -18, "music": None}).shape
    (16000,)

    Chapter: tasks/editing
    """
    if not tracks or set(tracks) != set(lufs):
        raise AudioError(
            f"tracks are {sorted(tracks)} and lufs is given for {sorted(lufs)}: give a loudness, "
            "or None, for each track"
        )
    sounds = {name: check_audio(audio, name=name) for name, audio in tracks.items()}
    shapes = {name: audio.shape[:-1] for name, audio in sounds.items()}
    if len(set(shapes.values())) > 1:
        raise AudioError(f"the channels differ, {shapes}: make all mono, or all stereo")
    length = max(audio.shape[-1] for audio in sounds.values())
    mixture = np.zeros((*next(iter(shapes.values())), length))
    for name, audio in sounds.items():
        if lufs[name] is not None:
            audio = bring_to_loudness(audio, sample_rate=sample_rate, lufs=lufs[name])
        mixture[..., : audio.shape[-1]] += audio
    return mixture.astype(np.result_type(*sounds.values()))
