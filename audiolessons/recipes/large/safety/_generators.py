"""Speech made by the machines of this book, each from a sentence that somebody read.

What a machine is given is speech alone, cut at both ends, as data for synthesis is; so what it
makes begins at once. A recording begins with the room. That difference has nothing to do with how
speech is made.
"""

from __future__ import annotations

import numpy as np

from audiolessons import datasets, results, signals
from audiolessons.recipes.large.safety._disguises import disguise
from audiolessons.recipes.speech.synthesis._sounding import griffin_lim, to_audio, to_mel

SAMPLE_RATE = 16000
CLIP_S = 1.5
GENERATORS = ("griffin_lim", "vocoder", "mcadams", "conversion")
QUIET_DB = -35.0  # below the loudest frame: no speech yet
N_SENTENCES = {"train": 120, "test": 120}


def scenes() -> dict:
    """Draw which sentences train and which test, two of each speaker while there are so many.

    Examples
    --------
    >>> sorted(scenes())
    ['test', 'train']
    """
    random = np.random.default_rng(0)
    drawn = {}
    for part, n_sentences in N_SENTENCES.items():
        names: dict = {}
        for one in datasets.load("many_voices", split=part):
            names.setdefault(one.speaker, []).append(one.id)
        drawn_ids = [random.permutation(ids)[:2] for ids in names.values()]
        ids = [str(one) for some in drawn_ids for one in some]
        drawn[part] = [
            {"sound": ids[i]} for i in sorted(random.permutation(len(ids))[:n_sentences])
        ]
    return drawn


def sentences(part: str, *, first: int | None = None) -> list:
    """Return the sounds of a part as recorded: those of the stored scenes, or drawn anew.

    Parameters
    ----------
    part : str
        "train" or "test": other speakers.
    first : int, optional
        So many alone.
    """
    sounds = datasets.load("many_voices", split=part)
    is_stored = sounds.source == "recordings"
    drawn = results.read_scenes("synthetic") if is_stored else scenes()
    return [sounds[scene["sound"]] for scene in drawn[part][:first]]


def without_silence(audio, *, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Return a sound (T,) from its first frame of speech to its last.

    Frames of 20 ms count as speech from 35 dB below the loudest on.

    Examples
    --------
    >>> tone = np.sin(np.arange(16000))
    >>> without_silence(np.concatenate([np.zeros(8000), tone])).shape
    (16000,)
    """
    length = sample_rate // 50
    n_frames = max(1, len(audio) // length)
    frames = np.asarray(audio)[: n_frames * length].reshape(n_frames, -1)
    level = signals.amplitude_to_db(np.sqrt(np.mean(np.square(frames, dtype=float), axis=1)) + 1e-6)
    loud = np.flatnonzero(level > level.max() + QUIET_DB)
    return audio[loud[0] * length : (loud[-1] + 1) * length]


def make(name: str, audio, *, seed) -> np.ndarray:
    """Return speech (T,) at 16 kHz that one of `GENERATORS`, or "recorded", makes of another.

    "griffin_lim" and "vocoder" make it anew from mel bands, without and with a network; "mcadams"
    and "conversion" are the disguises of the same names.
    """
    if name == "recorded":
        return np.asarray(audio, dtype=np.float32)
    if name in ("griffin_lim", "vocoder"):
        sounding = griffin_lim if name == "griffin_lim" else to_audio
        return sounding(to_mel(audio)).astype(np.float32)
    return disguise(name, audio, sample_rate=SAMPLE_RATE, seed=seed)


def clip(audio) -> np.ndarray:
    """Return the first second and a half of a sound, as loud as every other clip, (24000,)."""
    n_samples = round(CLIP_S * SAMPLE_RATE)
    audio = np.pad(audio[:n_samples], (0, max(0, n_samples - len(audio))))
    return (0.05 * audio / max(signals.rms(audio), 1e-9)).astype(np.float32)


def clips(name: str, part: str, *, cut: bool, first: int | None = None) -> np.ndarray:
    """Return the clips (B, 24000) of a part that a generator makes.

    Parameters
    ----------
    name : str
        One of `GENERATORS`, or "recorded".
    part : str
        "train" or "test".
    cut : bool
        Whether recordings lose the silence at their ends as well; else they begin as they were
        published, and only what is synthetic begins at once.
    first : int, optional
        So many sentences alone.
    """
    found = []
    n_longest = round(2 * CLIP_S * SAMPLE_RATE)  # what follows is never heard
    for one in sentences(part, first=first):
        if name == "recorded" and not cut:
            found.append(clip(one.audio))
        else:
            speech = without_silence(one.audio)[:n_longest]
            made = make(name, speech, seed=list(one.id.encode()))
            found.append(clip(without_silence(made)))
    return np.stack(found)
