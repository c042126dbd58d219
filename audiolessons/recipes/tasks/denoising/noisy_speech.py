"""Noisy speech at 16 kHz: sentences mixed with environmental sounds, the same ones for one seed.

Sentences and noises are split before anything is mixed: sentences as `datasets.read_speech` says,
noises by fold, 1 to 3 for training, 4 for validation, 5 for testing. The voice is the same one
everywhere. A second test has other voices (spoken digits, joined) and other kinds of noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from audiolessons import datasets, results, signals
from audiolessons.errors import AudioError, check_count

SAMPLE_RATE = 16000
NOISES = ("Rain", "Sea waves", "Helicopter", "Chainsaw", "Fire crackling")
OTHER_NOISES = ("Dog bark", "Rooster", "Baby cry", "Clock tick", "Person sneeze")
FOLDS = {"train": (1, 2, 3), "valid": (4,), "test": (5,)}
SNRS_DB = {"valid": (-5, 0, 5, 10, 15, 20), "test": (0, 5, 10, 15)}
N_EACH = {"valid": 10, "test": 30}  # mixtures at each ratio
SEGMENT_S = 2.5  # of the sounds that are trained on
LONGEST_NOISE_S = 6.0
SOFTEST_DB = -45.0  # a segment below this level is a pause
PAUSE = np.zeros(round(0.15 * SAMPLE_RATE), dtype=np.float32)  # between joined digits
LEVELS_DB = (-38.0, -18.0)  # of training segments
SPEECH_SPEEDS = (0.9, 1.0, 1.1)
NOISE_SPEEDS = (0.8, 1.0, 1.25)


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound (T,) at `SAMPLE_RATE`, and what kind it is: whose voice, which noise.

    `recording` names its set and itself, as items of `datasets` do; None for stand-ins.
    """

    id: str
    audio: np.ndarray
    name: str
    recording: str | None = None


@dataclass(frozen=True, eq=False)
class Mixture:
    """A sentence in noise: noisy (T,) = clean (T,) + noise (T,), float32, at `SAMPLE_RATE`.

    `recording` names both recordings it was made from, for players and their credits; None for
    stand-ins.
    """

    noisy: np.ndarray
    clean: np.ndarray
    snr_db: float
    speech_id: str
    noise_id: str
    noise_name: str
    recording: str | None

    @property
    def noise(self) -> np.ndarray:
        return self.noisy - self.clean


@dataclass(frozen=True)
class NoisySpeech:
    """What is trained on, chosen with and tested on; each part is made when it is first asked for.

    `speech` are training sentences (B, T) and `noise` training noises (K, T2), for
    `transforms.AddNoise`. `valid`, `test` and `other` (other voices, other kinds of noise) are
    lists of `Mixture`.
    """

    seed: int

    @cached_property
    def speech(self) -> torch.Tensor:
        return _segments(_speech("train"), seed=self.seed)

    @cached_property
    def noise(self) -> torch.Tensor:
        return _long_noises(_noises("train", NOISES))

    @cached_property
    def scenes(self) -> dict:
        """Return who meets which noise, from where on: those stored, or drawn from the seed."""
        if self.seed == 0 and self.source == "recordings":
            return results.read_scenes("denoising")
        return draw_scenes(seed=self.seed)

    @cached_property
    def valid(self) -> list[Mixture]:
        return mix(self.scenes["valid"], _speech("valid"), _noises("valid", NOISES), part="valid")

    @cached_property
    def test(self) -> list[Mixture]:
        return mix(self.scenes["test"], _speech("test"), _noises("test", NOISES), part="test")

    @cached_property
    def other(self) -> list[Mixture]:
        spoken = _utterances([one["speech"] for one in self.scenes["other"]])
        return mix(self.scenes["other"], spoken, _noises("test", OTHER_NOISES), part="test")

    @property
    def source(self) -> str:
        """Return "recordings", or "embedded" if one of the sets has none here."""
        sources = {datasets.load(name).source for name in ("read_speech", "environmental_sounds")}
        return "embedded" if "embedded" in sources else "recordings"


def load(*, seed: int = 0) -> NoisySpeech:
    """Return the sounds to train on, and the mixtures to choose with and to test on.

    Parameters
    ----------
    seed : int
        Of everything that is drawn: which noise goes to which sentence, and from where on. The
        same seed gives the same mixtures, sample by sample.

    Examples
    --------
    >>> mixture = load().test[0]
    >>> bool(np.allclose(mixture.noisy, mixture.clean + mixture.noise, atol=1e-6))
    True

    Chapter: tasks/denoising
    """
    return NoisySpeech(check_count(seed, name="seed", minimum=0))


def draw_scenes(*, seed: int = 0) -> dict:
    """Draw which sentence meets which noise, and from where on: {part: list of scenes}.

    Parts are "valid", "test" and "other". A scene names speech and noise; speech of other voices
    is a list of digits, joined by "+".

    Examples
    --------
    >>> sorted(draw_scenes()["test"][0])
    ['noise', 'speech', 'start']

    Chapter: tasks/denoising
    """
    spoken = _utterances(_drawn_words(seed=seed, n_utterances=N_EACH["test"]))
    tests = {
        "valid": (_speech("valid"), _noises("valid", NOISES)),
        "test": (_speech("test"), _noises("test", NOISES)),
        "other": (spoken, _noises("test", OTHER_NOISES)),
    }
    return {
        part: draw(*both, n_each=N_EACH["valid" if part == "valid" else "test"], seed=seed)
        for part, both in tests.items()
    }


def draw(speech, noises, *, n_each: int, seed: int = 0) -> list[dict]:
    """Return scenes of sentences and noises.

    Sentences are taken in turn; noises too, so that each kind comes about equally often, from a
    random place on. All is drawn from `seed`.

    Parameters
    ----------
    speech, noises : list of Sound
    n_each : int
        Scenes, each of which is mixed at every ratio.
    seed : int

    Raises
    ------
    AudioError
        If there is no sentence, or no noise.

    Chapter: tasks/denoising
    """
    if not speech or not noises:
        raise AudioError(
            f"there are {len(speech)} sentences and {len(noises)} noises: give one of each at least"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(speech))
    by_name = {}
    for position in rng.permutation(len(noises)):
        by_name.setdefault(noises[position].name, []).append(noises[position])
    kinds = [by_name[name] for name in sorted(by_name)]
    drawn = []
    for number in range(n_each):
        kind = kinds[number % len(kinds)]
        noise = kind[(number // len(kinds)) % len(kind)]
        start = int(rng.integers(len(noise.audio)))
        speech_id = speech[order[number % len(speech)]].id
        drawn.append({"speech": speech_id, "noise": noise.id, "start": start})
    return drawn


def mix(scenes, speech, noises, *, part: str) -> list[Mixture]:
    """Return mixtures of sentences and noises, the same pairs at every signal-to-noise ratio.

    Parameters
    ----------
    scenes : list of dict
        From `draw`.
    speech, noises : list of Sound
        Those that the scenes name, at least.
    part : str
        "valid" or "test", which says the ratios: of mean squares over the whole sentence, in dB.

    Examples
    --------
    >>> ramp = np.linspace(-1, 1, 100, dtype=np.float32)
    >>> speech, noises = [Sound("a", ramp, "voice")], [Sound("b", ramp[::-1].copy(), "hum")]
    >>> drawn = draw(speech, noises, n_each=1)
    >>> [one.snr_db for one in mix(drawn, speech, noises, part="test")]
    [0, 5, 10, 15]

    Chapter: tasks/denoising
    """
    voices = {one.id: one for one in speech}
    sounds = {one.id: one for one in noises}
    pairs = []
    for scene in scenes:
        voice, noise = voices[scene["speech"]], sounds[scene["noise"]]
        pairs.append((voice, noise, np.roll(noise.audio, -scene["start"])))
    return [_mixture(*pair, snr_db) for snr_db in SNRS_DB[part] for pair in pairs]


def _mixture(voice, noise, sound, snr_db):
    both = (voice.recording, noise.recording)
    return Mixture(
        noisy=signals.mix_at_snr(voice.audio, sound, snr_db=snr_db),
        clean=voice.audio,
        snr_db=snr_db,
        speech_id=voice.id,
        noise_id=noise.id,
        noise_name=noise.name,
        recording=None if None in both else "--".join(both),
    )


def _speech(part):
    return [
        Sound(one.id, _at_rate(one.audio, one.sample_rate), "voice", one.recording)
        for one in datasets.load("read_speech", split=part)
    ]


def _noises(part, names):
    sounds = datasets.load("environmental_sounds").where(fold=FOLDS[part], label_name=list(names))
    return [
        Sound(
            one.id,
            _at_rate(np.trim_zeros(one.audio), one.sample_rate),  # some end in digital silence
            one.label_name,
            one.recording,
        )
        for one in sounds
    ]


def _drawn_words(*, seed, n_utterances, shortest_s=3.0):
    """Draw spoken digits of one voice at a time, test takes, for at least 3 s: ids, joined by +."""
    digits = datasets.load("spoken_digits", split="test")
    rng = np.random.default_rng(seed)
    by_voice = {voice: digits.where(speaker=voice) for voice in digits.speakers}
    drawn = []
    for number in range(n_utterances):
        takes, words, n_samples = by_voice[digits.speakers[number % len(digits.speakers)]], [], 0
        while n_samples < shortest_s * SAMPLE_RATE:
            word = takes[int(rng.integers(len(takes)))]
            n_samples += len(_at_rate(word.audio, word.sample_rate)) + len(PAUSE)
            words.append(word.id)
        drawn.append("+".join(words))
    return drawn


def _utterances(drawn):
    """Join spoken digits, given as ids, with pauses in between."""
    digits = datasets.load("spoken_digits", split="test")
    by_id = {one.id: one for one in digits}
    utterances = []
    for words in drawn:
        takes = [by_id[one] for one in words.split("+")]
        parts = [x for one in takes for x in (_at_rate(one.audio, one.sample_rate), PAUSE)]
        voice = takes[0].speaker
        name = f"{voice}_{''.join(str(one.label) for one in takes)}"
        recording = f"spoken_digits/{name}" if digits.source == "recordings" else None
        utterances.append(Sound(words, np.concatenate(parts), voice, recording))
    return utterances


def _at_rate(audio, sample_rate):
    return signals.resample(audio, from_rate=sample_rate, to_rate=SAMPLE_RATE)


def _at_speed(audio, speed):
    """Return a sound as a tape plays it that runs faster or slower: pitch and length change."""
    return signals.resample(audio, from_rate=round(speed * SAMPLE_RATE), to_rate=SAMPLE_RATE)


def _segments(sentences, *, seed):
    """Cut sentences into segments (B, T), each at a level of its own and at three speeds.

    Levels, so that the network does not rely on one; speeds, which change the pitch as well, so
    that it hears more than one voice.
    """
    rng = np.random.default_rng(seed)
    length = round(SEGMENT_S * SAMPLE_RATE)
    segments = []
    for sentence in sentences:
        for speed in SPEECH_SPEEDS:
            audio = _at_speed(sentence.audio, speed)
            first = int(rng.integers(length // 2))
            for begin in range(first, max(first + 1, len(audio) - length // 2), length):
                part = audio[begin : begin + length]
                if signals.level_db(part) < SOFTEST_DB:
                    continue
                gain_db = rng.uniform(*LEVELS_DB) - signals.level_db(part)
                part = part * signals.db_to_amplitude(gain_db)
                segments.append(np.pad(part, (0, length - len(part))))
    return torch.from_numpy(np.stack(segments).astype(np.float32))


def _long_noises(noises):
    """Return noises of one length (K, T2), each at three speeds, repeated where too short."""
    length = round(LONGEST_NOISE_S * SAMPLE_RATE)
    rows = [np.resize(_at_speed(one.audio, s), length) for one in noises for s in NOISE_SPEEDS]
    return torch.from_numpy(np.stack(rows).astype(np.float32))
