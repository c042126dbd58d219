"""Pairs of voices that say the same digits: which takes train, choose and test; their frames.

Takes that test were drawn before anything was trained. Digits are parallel: both voices say the
same word, so that dynamic time warping finds frames that belong together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, features, matching, results, signals, voice

RATE = 8000
CEPSTRUM = voice.cepstrum_settings(RATE)
YIN = {"min_hz": 60.0, "max_hz": 400.0, "frame_length": 320, "threshold": 0.4}
TRAIN_TAKES, VALID_TAKES = range(5, 25), range(45, 47)
# Of men, as all speakers of the set are; nobody is source or target twice.
SPEAKERS = (("jackson", "george"), ("nicolas", "lucas"), ("theo", "yweweler"), ("george", "theo"))
N_TEST_TAKES = 2  # of each digit


@dataclass(frozen=True, eq=False)
class Take:
    """One sound and its frames: mel-cepstra (17, N), pitch in Hz (N,), NaN without."""

    id: str
    audio: np.ndarray
    label: int
    cepstra: np.ndarray
    pitch_hz: np.ndarray

    @property
    def is_voiced(self) -> np.ndarray:
        return np.isfinite(self.pitch_hz)


@dataclass(frozen=True, eq=False)
class Pair:
    """Takes of two voices by part: {"train": [...], "valid": [...], "test": [...]} of the source,
    the same words of the target, and of the test takes another take of the target.
    """

    source: str
    target: str
    said: dict
    wanted: dict
    other: list


def describe(audio, *, name: str = "", label: int = -1) -> Take:
    """Return a sound at `RATE` with its frames.

    Examples
    --------
    >>> describe(voice.vowel(voice.VOWELS["hud"], sample_rate=RATE)).cepstra.shape
    (17, 101)

    Chapter: speech/conversion
    """
    audio = np.asarray(audio, dtype=np.float64)
    pitch_hz = features.pitch_yin(audio, sample_rate=RATE, hop_length=CEPSTRUM["hop_length"], **YIN)
    return Take(name, audio, label, voice.mel_cepstrum(audio, **CEPSTRUM), pitch_hz)


def draw_scenes(*, seed: int = 0) -> dict:
    """Draw the takes that test: {"test": [...]}, each a take of the source, the same digit by the
    target, and another take of the target.

    Chapter: speech/conversion
    """
    random = np.random.default_rng(seed)
    scenes = []
    for source, target in SPEAKERS:
        for digit in range(10):
            takes = random.permutation(5)[:N_TEST_TAKES]
            for take in takes:
                wanted, other = random.permutation(5)[:2]
                scenes.append(
                    {
                        "source": f"{digit}_{source}_{take}",
                        "target": f"{digit}_{target}_{wanted}",
                        "other": f"{digit}_{target}_{other}",
                    }
                )
    return {"test": scenes}


def load_pair(number: int = 0, *, n_takes: int | None = None) -> tuple[Pair, str]:
    """Return a pair of voices and where the sounds are from, "recordings" or "embedded".

    Parameters
    ----------
    number : int
        0 to 3.
    n_takes : int, optional
        Training takes of each digit; all unless given.

    Chapter: speech/conversion
    """
    sounds = datasets.load("spoken_digits")

    def take(name):
        item = sounds[name]
        audio = signals.resample(item.audio, from_rate=item.sample_rate, to_rate=RATE)
        return describe(audio, name=name, label=item.digit)

    if sounds.source == "recordings":
        source, target = SPEAKERS[number]
        training, choosing = TRAIN_TAKES[:n_takes], VALID_TAKES
        test = [
            one
            for one in results.read_scenes("conversion")["test"]
            if one["source"].split("_")[1] == source
        ]
    else:  # twelve takes of other voices
        speakers = sounds.speakers
        source, target = speakers[number % len(speakers)], speakers[(number + 1) % len(speakers)]
        training, choosing = range(5, 11)[:n_takes], range(11, 12)
        test = [
            {
                "source": f"{digit}_{source}_0",
                "target": f"{digit}_{target}_0",
                "other": f"{digit}_{target}_1",
            }
            for digit in range(10)
        ]
    parts = {"train": training, "valid": choosing}
    said, wanted = (
        {
            part: [take(f"{digit}_{who}_{n}") for digit in range(10) for n in takes]
            for part, takes in parts.items()
        }
        for who in (source, target)
    )
    said["test"] = [take(one["source"]) for one in test]
    wanted["test"] = [take(one["target"]) for one in test]
    other = [take(one["other"]) for one in test]
    return Pair(source, target, said, wanted, other), sounds.source


def aligned(said: list, wanted: list, *, widen=None) -> tuple[np.ndarray, np.ndarray]:
    """Return frames that belong together, (D, L) and (16, L): dynamic time warping take by take.

    Both voices are scaled to mean 0 and deviation 1 for that, so that what differs between the
    voices does not rule which frames fit. `widen`, if given, is what the source's frames become
    once it is known which fit, such as frames with their neighbours.

    Chapter: speech/conversion
    """
    scales = [scale(takes) for takes in (said, wanted)]
    x, y = [], []
    for one, other in zip(said, wanted, strict=True):
        both = [take.cepstra[1:] for take in (one, other)]
        scaled = [(c - mean) / deviation for c, (mean, deviation) in zip(both, scales, strict=True)]
        _, path = matching.dtw(matching.distances(*scaled))
        frames = widen(both[0]) if widen else both[0]
        x.append(frames[:, path[:, 0]])
        y.append(both[1][:, path[:, 1]])
    return np.concatenate(x, axis=1), np.concatenate(y, axis=1)


def scale(takes: list) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of the mel-cepstra of a voice, (16, 1) each, c[0] left out.

    Chapter: speech/conversion
    """
    frames = np.concatenate([take.cepstra[1:] for take in takes], axis=1)
    return frames.mean(axis=1, keepdims=True), frames.std(axis=1, keepdims=True)
