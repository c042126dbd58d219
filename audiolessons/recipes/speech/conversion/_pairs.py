"""Pairs of voices that say the same: which takes train, choose and test; their frames.

What tests was drawn before anything was trained. Digits and the sentences of `parallel_voices` are
parallel: both voices say the same words, so that dynamic time warping finds frames that belong
together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, features, matching, results, signals, voice

RATE = 8000
TRAIN_TAKES, VALID_TAKES = range(5, 45), range(45, 47)
# Of men, as all speakers of the set are; nobody is source or target twice.
SPEAKERS = (("jackson", "george"), ("nicolas", "lucas"), ("theo", "yweweler"), ("george", "theo"))
N_TEST_TAKES = 2  # of each digit
# Women (p225, p228) and men: within a sex, and across.
READERS = (("p226", "p227"), ("p228", "p225"), ("p225", "p226"), ("p227", "p228"))
SENTENCES = ("003", "008", "011", "016", "019", "021", "022", "023", "024")  # by all four
N_TEST_SENTENCES = 3


@dataclass(frozen=True, eq=False)
class Take:
    """One sound and its frames: mel-cepstra (order + 1, N), pitch in Hz (N,), NaN without; what
    it says, a digit or a text.
    """

    id: str
    audio: np.ndarray
    sample_rate: int
    label: int | str
    cepstra: np.ndarray
    pitch_hz: np.ndarray

    @property
    def is_voiced(self) -> np.ndarray:
        return np.isfinite(self.pitch_hz)

    @property
    def settings(self) -> dict:
        """Of the mel-cepstra: order, warping, n_fft, hop_length."""
        return voice.cepstrum_settings(self.sample_rate)


@dataclass(frozen=True, eq=False)
class Pair:
    """Takes of two voices by part: {"train": [...], "valid": [...], "test": [...]} of the source,
    the same words of the target, and of the test takes another take of the target. Sentences were
    read once, and nothing is chosen by them: `valid` and `other` are empty.
    """

    source: str
    target: str
    said: dict
    wanted: dict
    other: list


def describe(audio, *, sample_rate: int = RATE, name: str = "", label: int | str = -1) -> Take:
    """Return a sound at 8000 or 16000 Hz with its frames.

    Examples
    --------
    >>> describe(voice.vowel(voice.VOWELS["hud"], sample_rate=RATE)).cepstra.shape
    (17, 101)

    Chapter: speech/conversion
    """
    audio = np.asarray(audio, dtype=np.float64)
    settings = voice.cepstrum_settings(sample_rate)
    pitch_hz = features.pitch_yin(
        audio,
        sample_rate=sample_rate,
        min_hz=60.0,
        max_hz=400.0,
        frame_length=sample_rate // 25,
        hop_length=settings["hop_length"],
        threshold=0.4,
    )
    cepstra = voice.mel_cepstrum(audio, **settings)
    return Take(name, audio, sample_rate, label, cepstra, pitch_hz)


def draw_scenes(*, seed: int = 0) -> dict:
    """Draw what tests: {"test": [...], "sentences": [...]}. Each digit is a take of the source, the
    same by the target, and another take of the target; sentences are numbers, for all pairs.

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
    chosen = random.permutation(len(SENTENCES))[:N_TEST_SENTENCES]
    return {"test": scenes, "sentences": sorted(SENTENCES[i] for i in chosen)}


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


def load_reader_pair(number: int = 0, *, n_sentences: int | None = None) -> tuple[Pair, str]:
    """Return two readers of `parallel_voices`, and where the sounds are from.

    Parameters
    ----------
    number : int
        0 to 3: man to man, woman to woman, woman to man, man to woman.
    n_sentences : int, optional
        Training sentences; then one tests. All unless given.

    Chapter: speech/conversion
    """
    sounds = datasets.load("parallel_voices")
    there = sorted(set(sounds.table["sentence"]) & set(SENTENCES))
    test = set(results.read_scenes("conversion")["sentences"]) & set(there)
    parts = {
        "train": sorted(set(there) - test)[:n_sentences],
        "valid": (),
        "test": sorted(test)[: None if n_sentences is None else 1],
    }

    def take(reader, sentence):
        item = sounds[f"{reader}_{sentence}"]
        return describe(item.audio, sample_rate=item.sample_rate, name=item.id, label=item.text)

    said, wanted = (
        {part: [take(who, one) for one in some] for part, some in parts.items()}
        for who in READERS[number]
    )
    return Pair(*READERS[number], said, wanted, []), sounds.source


def aligned(said: list, wanted: list, *, widen=None) -> tuple[np.ndarray, np.ndarray]:
    """Return frames that belong together, (D, L) and (order, L): dynamic time warping take by take.

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
    """Return mean and deviation of the mel-cepstra of a voice, (order, 1) each, c[0] left out.

    Chapter: speech/conversion
    """
    frames = np.concatenate([take.cepstra[1:] for take in takes], axis=1)
    return frames.mean(axis=1, keepdims=True), frames.std(axis=1, keepdims=True)
