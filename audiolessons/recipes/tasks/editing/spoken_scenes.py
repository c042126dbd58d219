"""Voices with known pauses, in noise, at 16 kHz: what detectors of activity are tested with.

A scene is one reader: sentences spliced with pauses of digital silence before, between and behind
them, and a noise throughout. Where the voice is active is known from the clean sentences
(`editing.reference_activity`) and from the pauses. Spliced scenes hold only the loud pieces of the
same sentences: their borders are where they were cut, whatever a rule says. Readers of the test
(native_voices) and its noises (fold 5) serve no training; validation has readers of many_voices
that training leaves out, and noises of fold 4.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, editing, enhancement, results, signals
from audiolessons.errors import check_choice

SAMPLE_RATE = 16000
HOP = 160  # samples of a frame: 10 ms
SNRS_DB = (0, 5, 10, 15, 20)  # of the voice where it is active
FOLDS = {"train": (1, 2, 3), "valid": (4,), "test": (5,)}
N_SCENES = {"valid": 16, "test": 40}
PAUSES_S = (0.5, 2.0)
LONGEST_S = 16.0  # of all sentences of a scene; sentences are added while they fit
LOUD_DB = -10.0  # where a loud piece begins and ends, relative to the level of its sentence
SHORTEST_PIECE_S = 0.5
QUIETEST_DB = -43.0  # the quietest frames of a clean sentence, relative to its level: see `clear`
EVERY = 7  # of the training speakers, one serves validation


@dataclass(frozen=True, eq=False)
class Scene:
    """A spliced voice (T,), where it is active (N,), and the noise (T,) at the voice's level.

    `recording` names what it was made from; None for stand-ins.
    """

    clean: np.ndarray
    active: np.ndarray
    noise: np.ndarray
    speaker: str
    noise_name: str
    recording: str | None

    def noisy(self, snr_db: float) -> np.ndarray:
        """Return the voice with the noise so much below it, (T,), float32."""
        return self.clean + np.float32(signals.db_to_amplitude(-snr_db)) * self.noise


@dataclass(frozen=True, eq=False)
class Sentence:
    """A clean sentence (T,) that the rule of the reference understands, and its active frames."""

    id: str
    speaker: str
    audio: np.ndarray
    active: np.ndarray
    recording: str | None


def sentences(part: str, *, only=None, first: int | None = None) -> list[Sentence]:
    """Return the clear sentences of "train", "valid" or "test".

    `only` asks for some of them by name, `first` for those among so many from the beginning.

    The rule takes everything within 40 dB of the level for voice, so a sentence must have quiet
    places that are quieter. Readers of `native_voices` stay as they are and those whose noise is
    too loud are left out. The learners of `many_voices` nearly all have a louder floor: the book's
    own `enhancement.denoise` takes it away first.

    Examples
    --------
    >>> {one.speaker for one in sentences("train")} & {one.speaker for one in sentences("valid")}
    set()

    Chapter: tasks/editing
    """
    check_choice(part, name="part", choices=tuple(FOLDS))
    if part == "test":
        voices = datasets.load("native_voices")
    else:
        voices = datasets.load("many_voices", split="train")
        for_choice = voices.speakers[::EVERY]
        if part == "valid":
            voices = voices.where(speaker=for_choice)
        else:
            every = datasets.load("many_voices", size="full", split="train")
            voices = every if len(every) > len(voices) else voices
            voices = voices.where_not(speaker=for_choice)
    voices = voices if only is None else voices.where(id=sorted(only))
    found = [_sentence(one, is_cleaned=part != "test") for one in itertools.islice(voices, first)]
    return [one for one in found if one is not None]


def _sentence(item, *, is_cleaned):
    """Return a sentence, or None if its noise is too loud for the rule."""
    audio = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=SAMPLE_RATE)
    if is_cleaned:
        audio = enhancement.denoise(audio, sample_rate=SAMPLE_RATE)
    audio = audio[: len(audio) // HOP * HOP]  # whole frames, so that spliced ones fit
    level = editing.frame_level_db(audio, sample_rate=SAMPLE_RATE) - signals.level_db(audio)
    if np.percentile(level, 3) > QUIETEST_DB:
        return None
    active = editing.reference_activity(audio, sample_rate=SAMPLE_RATE)
    return Sentence(item.id, item.speaker, audio, active, item.recording)


def noises(part: str) -> datasets.DataSet:
    """Return the environmental sounds of a part, all ten kinds: rain and sea, barks and cries.

    Examples
    --------
    >>> len({one.label_name for one in noises("test")})
    10

    Chapter: tasks/editing
    """
    return datasets.load("environmental_sounds").where(fold=FOLDS[part])


def noise_audio(item) -> np.ndarray:
    """Return a noise (T,) at `SAMPLE_RATE` without the digital silence at its ends.

    Chapter: tasks/editing
    """
    return signals.resample(
        np.trim_zeros(item.audio), from_rate=item.sample_rate, to_rate=SAMPLE_RATE
    )


def draw_scenes(*, seed: int = 0) -> dict:
    """Draw who speaks what, with which pauses, in which noise: {"valid": [...], "test": [...]}.

    Readers and kinds of noise are taken in turn, all else is drawn.

    Examples
    --------
    >>> sorted(draw_scenes()["test"][0])
    ['noise', 'pauses_s', 'sentences', 'start']

    Chapter: tasks/editing
    """
    return {part: _draw(part, seed) for part in N_SCENES}


def _draw(part, seed):
    rng = np.random.default_rng(seed)
    by_speaker, by_kind = {}, {}
    for one in sentences(part):
        by_speaker.setdefault(one.speaker, []).append(one)
    for one in noises(part):
        by_kind.setdefault(one.label_name, []).append(one)
    speakers = [by_speaker[key] for key in sorted(by_speaker)]
    kinds = [by_kind[key] for key in sorted(by_kind)]
    drawn = []
    for number in range(N_SCENES[part]):
        own = speakers[number % len(speakers)]
        # Kinds move on by one with each round of the speakers, so that a reader meets several.
        kind = kinds[(number + number // len(speakers)) % len(kinds)]
        noise = kind[rng.integers(len(kind))]
        chosen, length_s = [], 0.0
        for position in rng.permutation(len(own)):
            length_s += len(own[position].audio) / SAMPLE_RATE
            if chosen and length_s > LONGEST_S:
                break
            chosen.append(own[position].id)
        pauses = rng.uniform(*PAUSES_S, len(chosen) + 1)
        drawn.append(
            {
                "sentences": chosen,
                "pauses_s": [round(float(one), 2) for one in pauses],
                "noise": noise.id,
                "start": int(rng.integers(len(noise_audio(noise)))),
            }
        )
    return drawn


def load(part: str, *, first: int | None = None, is_spliced: bool = False) -> list[Scene]:
    """Return scenes of "valid" or "test": those stored, or drawn where there are stand-ins.

    `first` asks for so many of them only, `is_spliced` for the loud pieces of their sentences with
    the same pauses, in turn, and the same noise.

    Examples
    --------
    >>> [scene] = load("test", first=1)
    >>> scene.clean.shape == scene.noise.shape, len(scene.clean) // 160 == len(scene.active)
    (True, True)

    Chapter: tasks/editing
    """
    check_choice(part, name="part", choices=tuple(N_SCENES))
    drawn = results.read_scenes("editing") if source() == "recordings" else draw_scenes()
    chosen = drawn[part][:first]
    names = {name for scene in chosen for name in scene["sentences"]}
    spoken = {one.id: one for one in sentences(part, only=names)}
    sounds = {one.id: one for one in noises(part).where(id=[one["noise"] for one in chosen])}
    return [_scene(one, spoken, sounds, is_spliced) for one in chosen]


def _scene(scene, spoken, sounds, is_spliced):
    chosen, noise = [spoken[one] for one in scene["sentences"]], sounds[scene["noise"]]
    voices = [(signals.normalize(one.audio, to_rms=0.05), one.active) for one in chosen]
    if is_spliced:
        voices = [piece for audio, _ in voices for piece in _loud_pieces(audio)]
    clean, active = [], []
    pauses = itertools.cycle(scene["pauses_s"])  # one more than sentences
    for audio, where in [*voices, (np.zeros(0), np.zeros(0, dtype=bool))]:
        n = round(next(pauses) * SAMPLE_RATE / HOP)
        clean += [np.zeros(n * HOP), audio]
        active += [np.zeros(n, dtype=bool), where]
    clean, active = np.concatenate(clean).astype(np.float32), np.concatenate(active)
    is_voice = np.repeat(active, HOP)
    audio = np.resize(np.roll(noise_audio(noise), -scene["start"]), len(clean))
    gain = signals.rms(clean[is_voice]) / signals.rms(audio)
    both = [*(one.recording for one in chosen), noise.recording]
    return Scene(
        clean,
        active,
        (gain * audio).astype(np.float32),
        chosen[0].speaker,
        noise.label_name,
        None if None in both else "--".join(both),
    )


def _loud_pieces(audio: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return [(piece, True for each of its frames)] of a sentence, without soft ends and pauses."""
    level = editing.frame_level_db(audio, sample_rate=SAMPLE_RATE) - signals.level_db(audio)
    loud = editing.decide(level, threshold=LOUD_DB, shortest_s=SHORTEST_PIECE_S)
    frames = np.round(editing.to_segments(loud) * SAMPLE_RATE / HOP).astype(int)
    return [(audio[a * HOP : b * HOP], np.ones(b - a, dtype=bool)) for a, b in frames]


def source() -> str:
    """Return "recordings", or "embedded" if one of the sets has none here.

    Chapter: tasks/editing
    """
    names = ("many_voices", "native_voices", "environmental_sounds")
    is_embedded = "embedded" in {datasets.load(name).source for name in names}
    return "embedded" if is_embedded else "recordings"
