"""Voices as they are met: each in a room, a noise, a band and at a level of its own.

Every speaker of `many_voices` was recorded once, and so was every reader and every speaker of
digits: two sounds of one speaker share a room, a microphone and a noise floor, by which a machine
can tell them without hearing the voice. So each sound of a trial is altered first, in another way
than every other. Measured rooms are for the tests alone; training makes up its own.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, filters, signals
from audiolessons.errors import AudioError

SAMPLE_RATE = 16000
FOLDS = {"train": (1, 2, 3), "valid": (4,), "test": (5,)}  # of the noises
# and no voices, of animals or babies
NOISES = ("Rain", "Sea waves", "Clock tick", "Helicopter", "Chainsaw", "Fire crackling")
SNR_DB = (12.0, 30.0)
LOW_HZ = (50.0, 200.0)  # where the band of a microphone or a line begins
HIGH_HZ = (3800.0, 7600.0)  # and ends
LEVEL_DB = (-40.0, -18.0)
ROOM_DB = (-15.0, -3.0)  # how much of a room is heard: less if the microphone is near
DIRECT_S = 0.0025  # what comes so soon after the first sound is the voice itself
RT60_S = (0.1, 0.8)  # of rooms that are made up
REVERBERATION_DB = (-3.0, 3.0)
N_TAPS = 257  # of the band's filter
PAUSE_S = 0.1  # between joined sounds


@dataclass(frozen=True, eq=False)
class Voice:
    """A sound (T,) of one speaker at `SAMPLE_RATE`, as it was recorded.

    `recording` names it for players and their credits; None for stand-ins.
    """

    id: str
    audio: np.ndarray
    speaker: str
    sex: str
    recording: str | None = None


def alter(voice: np.ndarray, scene: dict, *, rooms: dict, noises: dict) -> np.ndarray:
    """Return a voice (T,) as it is heard in another place: float32, as long as it was.

    Parameters
    ----------
    voice : array
        Shape (T,), at `SAMPLE_RATE`.
    scene : dict
        "room" (a name, or what `filters.synthetic_room` needs: rt60_s, reverberation_db, seed),
        "room_db" (by how much its answer is raised), "noise" (a name), "start" (in samples),
        "snr_db", "low_hz", "high_hz", "level_db".
    rooms, noises : dict
        Sounds by name, at `SAMPLE_RATE`.

    Raises
    ------
    AudioError
        If the room or the noise is not among those given.

    Chapter: tasks/speaker
    """
    for name, known in (("room", rooms), ("noise", noises)):
        if isinstance(scene[name], str) and scene[name] not in known:
            raise AudioError(f"{name} is {scene[name]!r}: give one of {sorted(known)[:5]}")
    room = scene["room"]
    response = (rooms[room] if isinstance(room, str) else _made_up(*room)).copy()
    response[round(DIRECT_S * SAMPLE_RATE) :] *= signals.db_to_amplitude(scene["room_db"])
    heard = filters.reverberate(voice, response)[: len(voice)]
    noise = np.roll(noises[scene["noise"]], -scene["start"])
    heard = signals.mix_at_snr(heard, noise, snr_db=scene["snr_db"])
    for design, edge in ((filters.design_highpass, "low_hz"), (filters.design_lowpass, "high_hz")):
        taps = design(scene[edge], sample_rate=SAMPLE_RATE, n_taps=N_TAPS)
        heard = filters.apply_fir(heard, taps, compensate_delay=True)
    gain_db = scene["level_db"] - signals.level_db(heard)
    return (heard * signals.db_to_amplitude(gain_db)).astype(np.float32)


def draw_alteration(random: np.random.Generator, *, noises: dict, rooms: dict | None = None):
    """Draw a scene, without the voice: one of these noises, and one of the rooms or a made-up one.

    Chapter: tasks/speaker
    """
    noise = str(random.choice(sorted(noises)))
    room = (
        str(random.choice(sorted(rooms)))
        if rooms
        else [
            round(float(random.uniform(*RT60_S)), 2),
            round(float(random.uniform(*REVERBERATION_DB)), 1),
            int(random.integers(1000)),
        ]
    )
    return {
        "room": room,
        "room_db": round(float(random.uniform(*ROOM_DB)), 1),
        "noise": noise,
        "start": int(random.integers(len(noises[noise]))),
        "snr_db": round(float(random.uniform(*SNR_DB)), 1),
        "low_hz": round(_between(random, *LOW_HZ)),
        "high_hz": round(_between(random, *HIGH_HZ)),
        "level_db": round(float(random.uniform(*LEVEL_DB)), 1),
    }


def _between(random, low, high):
    """Draw a frequency, each octave alike."""
    return float(low * (high / low) ** random.random())


def _made_up(rt60_s, reverberation_db, seed):
    return filters.synthetic_room(
        sample_rate=SAMPLE_RATE, rt60_s=rt60_s, seed=seed, reverberation_db=reverberation_db
    )


@functools.cache
def house_rooms() -> dict:
    """Return the measured rooms of the house, {name: response}, from the direct sound on."""
    found = {}
    for one in datasets.load("rooms").where(place="house"):
        response = at_rate(one.audio, one.sample_rate)
        found[one.id] = response[np.argmax(np.abs(response)) :] / np.abs(response).max()
    return found


@functools.cache
def noises(part: str) -> dict:
    """Return the noises of "train", "valid" or "test", {name: sound}.

    Some clips hold digital silence, to which no ratio is possible: a hiss, 60 dB below, fills it.
    """
    found, random = {}, np.random.default_rng(0)
    sounds = datasets.load("environmental_sounds").where(fold=FOLDS[part], label_name=list(NOISES))
    for one in sounds:
        audio = at_rate(np.trim_zeros(one.audio), one.sample_rate)
        hiss = 0.001 * signals.rms(audio) * random.standard_normal(len(audio))
        found[one.id] = (audio + hiss).astype(np.float32)
    return found


def at_rate(audio, sample_rate):
    """Return a sound at `SAMPLE_RATE`."""
    return signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)


def voices(name: str, *, only=None, **options) -> list[Voice]:
    """Return the sounds of a data set with speakers; `options` as for `datasets.load`.

    `only` are the ids of those that are wanted.
    """
    sounds = datasets.load(name, **options)
    return [
        Voice(
            one.id,
            at_rate(one.audio, one.sample_rate),
            one.speaker,
            getattr(one, "sex", "man"),  # the digits are spoken by men
            one.recording,
        )
        for one in (sounds if only is None else sounds.where(id=sorted(only)))
    ]


def joined(sounds: dict, ids: str) -> Voice:
    """Return the sounds of one voice with pauses between, given as ids joined by "+"; or one."""
    takes = [sounds[one] for one in ids.split("+")]
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE), dtype=np.float32)
    parts = [x for one in takes for x in (one.audio, pause)][:-1]
    recording = takes[0].recording and "--".join(one.recording for one in takes)
    return Voice(ids, np.concatenate(parts), takes[0].speaker, takes[0].sex, recording)
