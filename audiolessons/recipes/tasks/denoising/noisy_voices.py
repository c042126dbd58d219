"""Many voices in noise at 16 kHz: the mixtures to choose with and to test on.

Tested are 70 readers that no network heard (`native_voices`), in noises of ESC-10's last fold and
in others of foreign make: computed by another recipe than those that are trained on, a crowd of
other readers, music, a robin. Half of the scenes are dry, half lie in a measured room; what is to
be found is then the voice in that room. Chosen is with speakers of `many_voices` that training
leaves out, in noises of ESC-10's fourth fold, half of them in computed rooms.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, filters, results, signals
from audiolessons.recipes.tasks.denoising._foreign_noise import MAKERS, foreign_noise

SAMPLE_RATE = 16000
SNRS_DB = (0, 5, 10, 15)
N_EACH = {"valid": 32, "test": 100}  # scenes of each source of noise
FOLDS = {"train": (1, 2, 3), "valid": (4,), "test": (5,)}
LENGTH_S = 4.0  # of a mixture, at most
LEVELS_DB = (-40.0, -24.0)  # of the voice
MUSIC = ("trumpet", "strings", "robin")
N_CROWD = 5  # readers in a crowd
SETS = ("many_voices", "native_voices", "environmental_sounds", "examples", "rooms")
N_HELD_BACK = 8  # training speakers that only validate, half of them women


@dataclass(frozen=True, eq=False)
class VoiceMixture:
    """A voice in noise: noisy (T,) = clean (T,) + noise (T,), float32, at `SAMPLE_RATE`.

    `clean` is the voice in its room, if there is one. `recording` names the recordings that the
    mixture was made from, for players and their credits; None for stand-ins.
    """

    noisy: np.ndarray
    clean: np.ndarray
    snr_db: float
    speaker: str
    sex: str
    noise_name: str
    room: str | None
    recording: str | None


def scenes() -> dict:
    """Draw who is heard, where, in which noise: {"valid": scenes, "test": scenes}.

    A scene names the clip and its first sample, the level of the voice, the noise and its first
    sample, and the room, or None. Each is mixed at every ratio of `SNRS_DB`.

    Examples
    --------
    >>> sorted(scenes()["test"][0])
    ['level_db', 'noise', 'noise_start', 'room', 'speech', 'start']

    Chapter: tasks/denoising
    """
    rng = np.random.default_rng(13)
    held_back = set(held_back_speakers())
    tests = {
        "valid": [one for one in datasets.load("many_voices") if one.speaker in held_back],
        "test": list(datasets.load("native_voices")),
    }
    rooms = {"valid": None, "test": [one.id for one in datasets.load("rooms")]}
    drawn = {}
    for part, clips in tests.items():
        voices = _in_turn(clips, rng)
        noises = _recorded(part, rng)
        kinds = [noises] if part == "valid" else [noises, _foreign(clips, rng)]
        drawn[part] = []
        for source in kinds:
            in_room, order = (rng.permutation(N_EACH[part]) for _ in range(2))
            for number in range(N_EACH[part]):
                clip = next(voices)
                spare = max(0, len(clip.audio) - round(LENGTH_S * SAMPLE_RATE))
                room = None
                if in_room[number] % 2:
                    room = f"computed-{rng.uniform(0.2, 0.9):.2f}-{rng.integers(1000)}"
                    room = rooms[part][rng.integers(len(rooms[part]))] if rooms[part] else room
                drawn[part].append(
                    {
                        "speech": clip.id,
                        "start": int(rng.integers(spare + 1)),
                        "level_db": round(float(rng.uniform(*LEVELS_DB)), 1),
                        "noise": source(order[number], clip),
                        "noise_start": int(rng.integers(round(5 * SAMPLE_RATE))),
                        "room": room,
                    }
                )
    return drawn


def held_back_speakers() -> list[str]:
    """Return the training speakers of `many_voices` that only validate, half of them women.

    Chapter: tasks/denoising
    """
    speakers = {one.speaker: one.sex for one in datasets.load("many_voices", split="train")}
    held_back = []
    for sex in ("woman", "man"):
        same = sorted(name for name, its_sex in speakers.items() if its_sex == sex)
        held_back += same[:: max(1, 2 * len(same) // N_HELD_BACK)][: N_HELD_BACK // 2]
    return held_back


def _in_turn(clips, rng):
    """Yield clips without end: women and men in turn, every speaker of a sex before one returns."""
    queues = {}
    for sex in ("woman", "man"):
        speakers = sorted({one.speaker for one in clips if one.sex == sex})
        queues[sex] = [speakers[place] for place in rng.permutation(len(speakers))]
    by_speaker = {}
    for place in rng.permutation(len(clips)):
        by_speaker.setdefault(clips[place].speaker, []).append(clips[place])
    for number in range(10**6):
        turn, sex = divmod(number, 2)
        queue = queues[("woman", "man")[sex]]
        its_clips = by_speaker[queue[turn % len(queue)]]
        yield its_clips[turn // len(queue) % len(its_clips)]


def _recorded(part, rng):
    """Return who names a noise of ESC-10: the kinds take turns, then the clips of a kind."""
    by_name = {}
    for one in datasets.load("environmental_sounds").where(fold=FOLDS[part]):
        by_name.setdefault(one.label_name, []).append(one.id)
    kinds = [[ids[place] for place in rng.permutation(len(ids))] for ids in by_name.values()]
    return lambda number, clip: kinds[number % len(kinds)][
        number // len(kinds) % len(kinds[number % len(kinds)])
    ]


def _foreign(clips, rng):
    """Return who names a noise of foreign make: a crowd of other readers is named by its clips."""
    kinds = (*MAKERS, *MUSIC, "crowd")

    def name(number, clip):
        kind = kinds[number % len(kinds)]
        if kind in MAKERS:
            return f"{kind}-{int(rng.integers(10**6))}"
        if kind in MUSIC:
            return kind
        others = [one.id for one in clips if one.speaker != clip.speaker]
        places = rng.choice(len(others), N_CROWD, replace=False)
        return "+".join(others[place] for place in places)

    return name


def load(part: str, *, every: int = 1) -> list[VoiceMixture]:
    """Return the mixtures of the stored scenes, "valid" or "test", all of one ratio after another.

    `every` = 5 mixes every fifth scene only.

    Without the recordings the scenes are drawn from the stand-ins.

    Examples
    --------
    >>> mixture = load("valid", every=32)[0]
    >>> round(float(10 * np.log10(np.mean(mixture.clean**2)))) in range(-41, -22)
    True

    Chapter: tasks/denoising
    """
    is_embedded = "embedded" in {datasets.load(name).source for name in SETS}
    drawn = (scenes() if is_embedded else results.read_scenes("voices_in_noise"))[part]
    mixer = _Mixer()
    return [mixer.mixture(scene, snr_db) for snr_db in SNRS_DB for scene in drawn[::every]]


class _Mixer:
    """The sets that scenes are made from, and what was read of them."""

    def __init__(self):
        self.sets = {name: datasets.load(name) for name in SETS}
        self.clips = {one.id: one for name in SETS[:2] for one in self.sets[name]}
        self.voice, self.noise = functools.cache(self._voice), functools.cache(self._noise)

    def mixture(self, scene, snr_db):
        clean, names = self.voice(scene["speech"], scene["start"], scene["level_db"], scene["room"])
        noise, noise_name, noise_names = self.noise(scene["noise"])
        names = [*names, *noise_names]
        speaker = self.clips[scene["speech"]]
        return VoiceMixture(
            noisy=signals.mix_at_snr(clean, np.roll(noise, -scene["noise_start"]), snr_db=snr_db),
            clean=clean,
            snr_db=snr_db,
            speaker=speaker.speaker,
            sex=speaker.sex,
            noise_name=noise_name,
            room=scene["room"],
            recording=None if None in names else "--".join(names),
        )

    def _voice(self, identity, start, level_db, room):
        clip = self.clips[identity]
        audio, names = at_rate(clip), [clip.recording]
        audio = audio[start : start + round(LENGTH_S * SAMPLE_RATE)]
        if room:
            response, room_names = room_response(room, self.sets["rooms"])
            audio = filters.reverberate(audio, response)[: len(audio)]
            names += room_names
        gain_db = level_db - signals.level_db(audio)
        return audio * np.float32(signals.db_to_amplitude(gain_db)), names

    def _noise(self, name):
        kind, _, seed = name.partition("-")
        if kind in MAKERS:
            return foreign_noise(kind, seed=int(seed)), kind, []
        if kind in MUSIC:
            piece = self.sets["examples"][name]
            return at_rate(piece), name, [piece.recording]
        if "+" in name:
            readers = [self.clips[one] for one in name.split("+")]
            voices = [at_rate(one) for one in readers]
            length = max(len(one) for one in voices)
            crowd = sum(np.resize(one / signals.rms(one), length) for one in voices)
            return crowd.astype(np.float32), "crowd", [one.recording for one in readers]
        sound = self.sets["environmental_sounds"][name]
        audio = at_rate(sound, trim=True)
        return audio, sound.label_name, [sound.recording]


def room_response(name: str, rooms) -> tuple:
    """Return the response (K,) of "computed-RT60-SEED" or of one of the set `rooms`, and the
    recordings in it. The way that sound takes to come is left out, but for the last 2 ms.

    Chapter: tasks/denoising
    """
    if name.startswith("computed-"):
        _, rt60_s, seed = name.split("-")
        how = {"rt60_s": float(rt60_s), "seed": int(seed)}
        return filters.synthetic_room(sample_rate=SAMPLE_RATE, **how), []
    response = at_rate(rooms[name])
    begin = max(0, int(np.argmax(np.abs(response))) - round(0.002 * SAMPLE_RATE))
    return response[begin:], [rooms[name].recording]


def at_rate(item, *, trim: bool = False) -> np.ndarray:
    """Return a recording (T,) at `SAMPLE_RATE`; some begin or end in digital silence to `trim`.

    Chapter: tasks/denoising
    """
    audio = np.trim_zeros(item.audio) if trim else item.audio
    return signals.resample(audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
