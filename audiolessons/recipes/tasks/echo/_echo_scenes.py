"""Calls with an echo, at 16 kHz: who speaks when, in which room, from which loudspeaker.

A scene lasts 24 s and holds every state of a call, so that one canceller meets them all:

    0 to 12 s       the far end speaks; in the first 5 s the near end says a few words over it
    12 to 15 s      the near end alone
    15 to 19.5 s    both at once
    19.5 to 24 s    the far end alone; in a third of the scenes the path has moved at 20 s

The noise of the near end lies 30 dB under the echo, so that 30 dB of echo return loss are the most
that subtracting an echo can reach. In a third of the scenes the loudspeaker distorts. Tested are
ten readers (`native_voices`), half in measured and half in computed rooms; chosen is with adults
of `many_voices` that no training uses, in computed rooms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, filters, results, signals
from audiolessons.recipes.tasks.denoising.noisy_voices import (
    SAMPLE_RATE,
    at_rate,
    held_back_speakers,
    room_response,
)

NAME = "echo"
N_SCENES = {"valid": 18, "test": 36}
DURATION_S = 24.0
FAR_S = ((0.0, 12.0), (15.0, 24.0))  # when the far end speaks
ALONE_S, BOTH_S = (12.0, 15.0), (15.0, 19.5)  # when the near end does, beside its first words
WORDS_S = 1.5
MOVE_S = 20.0
PARTS_S = {"first": (0.0, 5.0), "converged": (8.0, 12.0), "after": (20.0, 24.0)}  # of echo alone
TAIL_S = 0.5  # so long the room answers: no echo alone so shortly after the near end spoke
T60_S = (0.2, 0.6)
DELAY_MS = (0.0, 60.0)  # of the devices, beside the way through the room
FAR_DB = -26.0  # level of the far voice, before the loudspeaker
ECHO_DB, NEAR_DB = (-40.0, -25.0), (-5.0, 5.0)  # level; of the near end over the echo
NOISE_DB, LINE_DB = -30.0, -50.0  # noise under the echo; of the line under the far voice
DRIVE = (1.0, 3.0)  # how far into tanh the loudest sample of a distorting loudspeaker goes
VOICES = {"valid": "many_voices", "test": "native_voices"}
SETS = (*VOICES.values(), "rooms")


@dataclass(frozen=True, eq=False)
class Call:
    """One scene, each sound (T,), float32, at `SAMPLE_RATE`: microphone = echo + near + noise.

    `far` is what the loudspeaker is given. `near` is the near voice as the microphone hears it.
    `scene` is what was drawn; `recording` names the recordings in it, None for stand-ins.
    """

    far: np.ndarray
    microphone: np.ndarray
    echo: np.ndarray
    near: np.ndarray
    scene: dict
    recording: str | None

    def is_echo_alone(self, part: str) -> np.ndarray:
        """Tell at which samples (T,) of a part of `PARTS_S` nobody at the near end is heard."""
        times_s = np.arange(len(self.near)) / SAMPLE_RATE
        words_s, (begin_s, end_s) = self.scene["words_s"], PARTS_S[part]
        alone = (begin_s <= times_s) & (times_s < end_s)
        return alone & ((times_s < words_s) | (times_s >= words_s + WORDS_S + TAIL_S))


def scenes() -> dict:
    """Draw the calls: {"valid": scenes, "test": scenes}, each a dict of names and numbers.

    Examples
    --------
    >>> drawn = scenes()
    >>> sum(one["moved"] is not None for one in drawn["test"]) == len(drawn["test"]) // 3
    True

    Chapter: tasks/echo
    """
    rng = np.random.default_rng(14)
    held_back = set(held_back_speakers())
    voices = {
        "valid": [one for one in datasets.load("many_voices") if one.speaker in held_back],
        "test": list(datasets.load("native_voices", split="test_other")),
    }
    measured = [one.id for one in datasets.load("rooms") if _is_small(one)]
    return {
        part: [
            _draw(number, clips, measured if part == "test" else [], rng)
            for number in range(N_SCENES[part])
        ]
        for part, clips in voices.items()
    }


def _is_small(room):
    response = at_rate(room)
    t60_s = filters.reverberation_time(response, sample_rate=SAMPLE_RATE)
    return T60_S[0] <= t60_s <= T60_S[1]


def _draw(number, clips, measured, rng):
    """Draw one call; distortion, move and measured room meet each other equally often."""
    speakers = sorted({one.speaker for one in clips})
    far, near = rng.permutation(len(speakers))[:2]
    has_moved = number // 3 % 3 == 0
    if measured and number % 2:
        names = [measured[place] for place in rng.permutation(len(measured))[:2]]
    else:
        t60_s = rng.uniform(*T60_S)
        names = [f"computed-{t60_s:.2f}-{rng.integers(1000)}" for _ in range(2)]

    def uniform(low_high, n_digits=1):
        return round(float(rng.uniform(*low_high)), n_digits)

    far_s = sum(end - begin for begin, end in FAR_S)
    near_s = WORDS_S + sum(end - begin for begin, end in (ALONE_S, BOTH_S))
    return {
        "far": enough(speakers[far], clips, rng, far_s),
        "near": enough(speakers[near], clips, rng, near_s),
        "words_s": uniform((0.8, 3.2)),
        "room": names[0],
        "moved": names[1] if has_moved else None,
        "delay_ms": uniform(DELAY_MS),
        "echo_db": uniform(ECHO_DB),
        "near_db": uniform(NEAR_DB),
        "drive": uniform(DRIVE, 2) if number % 3 == 0 else None,
        "seed": int(rng.integers(10**6)),
    }


def enough(speaker, clips, rng, duration_s):
    """Return clips of one voice in any order, as many as fill a time, each again if they must."""
    own = [one for one in clips if one.speaker == speaker]
    names, left_s = [], duration_s
    while left_s > 0:
        for place in rng.permutation(len(own)):
            if left_s > 0:
                names.append(own[place].id)
                left_s -= len(own[place].audio) / own[place].sample_rate
    return names


def load(part: str, *, n_calls: int | None = None) -> list[Call]:
    """Return the calls of the stored scenes, "valid" or "test", all or the first few.

    Without the recordings the scenes are drawn from the stand-ins.

    Examples
    --------
    >>> call = load("valid", n_calls=1)[0]
    >>> call.microphone.shape == call.far.shape == (24 * SAMPLE_RATE,)
    True

    Chapter: tasks/echo
    """
    sets = {name: datasets.load(name) for name in SETS}
    drawn = scenes() if source() == "embedded" else results.read_scenes(NAME)
    return [make_call(scene, sets[VOICES[part]], sets["rooms"]) for scene in drawn[part][:n_calls]]


def source() -> str:
    """Return "embedded" if one of the sets is the stand-ins, else "recordings"."""
    is_embedded = "embedded" in {datasets.load(name).source for name in SETS}
    return "embedded" if is_embedded else "recordings"


def make_call(scene: dict, clips, rooms) -> Call:
    """Return the call of a scene; when who speaks is that of all scenes, unless it says otherwise.

    A scene may have `duration_s`, the turns `far_s` and `near_s`, and `move_s`. The level of the
    echo is taken over the first turn of the far end, that of the near end over its last one.
    """
    words_s = scene.get("words_s", 0)
    scene = {
        "duration_s": DURATION_S,
        "far_s": FAR_S,
        "near_s": ((words_s, words_s + WORDS_S), ALONE_S, BOTH_S),
        "move_s": MOVE_S,
        **scene,
    }
    times_s = np.arange(round(scene["duration_s"] * SAMPLE_RATE)) / SAMPLE_RATE
    rng = np.random.default_rng(scene["seed"])
    far_voice, near_voice = (_voice(scene[side], clips, times_s) for side in ("far", "near"))
    far = signals.db_to_amplitude(FAR_DB) * _at_times(far_voice, scene["far_s"])
    far += _noise(len(far), FAR_DB + LINE_DB, rng)
    played = far
    if scene["drive"]:
        reach = signals.peak(far) / scene["drive"]
        played = reach * np.tanh(far / reach)
    room, names = room_response(scene["room"], rooms)
    echo = _through(played, room, scene)
    if scene["moved"]:
        other, other_names = room_response(scene["moved"], rooms)
        names += other_names
        moved = np.clip((times_s - scene["move_s"]) / 0.05, 0, 1)
        echo = (1 - moved) * echo + moved * _through(played, other, scene)
    near_room, _ = room_response(f"computed-{T60_S[0]}-{scene['seed']}", rooms)
    near = _at_times(near_voice, scene["near_s"])
    near = filters.reverberate(near, near_room)[: len(near)]
    near *= signals.db_to_amplitude(
        scene["echo_db"] + scene["near_db"] - signals.level_db(_turn(near, *scene["near_s"][-1]))
    )
    noise = _noise(len(far), scene["echo_db"] + scene.get("noise_db", NOISE_DB), rng)
    names += [clips[one].recording for side in ("far", "near") for one in scene[side]]
    sounds = (far, echo + near + noise, echo, near)
    return Call(
        *(one.astype(np.float32) for one in sounds),
        scene=scene,
        recording=None if None in names else "--".join(names),
    )


def _voice(names, clips, times_s):
    parts = [signals.trim_silence(at_rate(clips[one]), sample_rate=SAMPLE_RATE) for one in names]
    return np.resize(np.concatenate(parts), len(times_s)).astype(np.float64)


def _at_times(voice, times_s):
    """Return the voice cut into turns of RMS 1, silence between; each fades in and out."""
    audio, used = np.zeros(len(voice)), 0
    for begin_s, end_s in times_s:
        begin, end = round(begin_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)
        turn = voice[used : used + end - begin]
        audio[begin:end] = signals.fade(turn / signals.rms(turn), sample_rate=SAMPLE_RATE)
        used += end - begin
    return audio


def _turn(audio, begin_s, end_s):
    return audio[round(begin_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]


def _through(played, room, scene):
    """Return the echo of what is played, late by the devices' delay, at the level drawn."""
    delay = round(scene["delay_ms"] / 1000 * SAMPLE_RATE)
    late = np.concatenate([np.zeros(delay), played])[: len(played)]
    echo = filters.reverberate(late, room)[: len(late)]
    spoken_db = signals.level_db(_turn(echo, *scene["far_s"][0]))
    return echo * signals.db_to_amplitude(scene["echo_db"] - spoken_db)


def _noise(n_samples, level_db, rng):
    """Return noise whose power falls by 3 dB an octave from 100 Hz, as much of what is quiet."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    audio = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 100.0)), n_samples)
    return audio * signals.db_to_amplitude(level_db - signals.level_db(audio))
