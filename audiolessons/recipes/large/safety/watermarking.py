"""The mark in synthetic speech: how often it is found, what it costs, how often it is imagined.

Marked is what the stored vocoder makes of sentences that it never learned from. The threshold of
`al.watermark` was set after a trial on recordings of the reader it learned from, who is not among
the 3,000 unmarked clips that count false alarms; bands and strength were tried on twenty of these.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from audiolessons import datasets, metrics, results, signals, watermark
from audiolessons.recipes.large.safety._attacks import ATTACKS, LARGEST_SPEED, SAMPLE_RATE, attack
from audiolessons.recipes.speech.synthesis._sounding import STORED, to_audio, to_mel
from audiolessons.results import Row

KEY = 2026  # of this book's synthesiser: one for all that it says
CLIP_S = 3.0
N_UNMARKED = 3000
N_CALIBRATION = 600
GOALS = dict.fromkeys(ATTACKS, ">= 99")


@dataclass(frozen=True)
class Clips:
    """Which clips are marked, which are not, and where they are from; sounds are made when used.

    A clip is the name of a sound and the second at which it begins.
    """

    scenes: dict
    source: str

    def marked(self, *, first: int | None = None) -> Iterator[tuple[dict, np.ndarray]]:
        """Yield each scene of "marked" and the synthetic speech (T,), not yet marked."""
        sounds = datasets.load("read_speech", size="full")
        for scene in self.scenes["marked"][:first]:
            yield scene, to_audio(to_mel(_clip(sounds[scene["sound"]], scene["start_s"])))

    def unmarked(self, part: str, *, first: int | None = None) -> Iterator[np.ndarray]:
        """Yield the clips (T,) of a part, "unmarked" or "calibration"."""
        known = {name: datasets.load(name, **options) for name, options in SETS.items()}
        for scene in self.scenes[part][:first]:
            yield _clip(known[scene["set"]][scene["sound"]], scene["start_s"])


SETS: dict = {
    "many_voices": {"size": "full"},
    "native_voices": {},
    "parallel_voices": {},
    "read_speech": {"size": "full"},
}


def load() -> Clips:
    """Return the clips of the stored scenes; of the embedded set, fewer are drawn.

    Examples
    --------
    >>> clips = load()
    >>> scene, audio = next(clips.marked())
    >>> audio.shape[0] / SAMPLE_RATE > 1.0
    True

    Chapter: large/safety
    """
    sources = {datasets.load(name, **options).source for name, options in SETS.items()}
    if sources == {"recordings"}:
        return Clips(results.read_scenes("watermarking"), "recordings")
    return Clips(scenes(), "embedded")


def scenes() -> dict:
    """Draw the clips: what `python -m audiolessons scenes watermarking` writes.

    Chapter: large/safety
    """
    random = np.random.default_rng(0)
    reader = datasets.load("read_speech", size="full")
    held = [clip for one in reader if one.split != "train" for clip in _clips(one)]
    marked = [
        {**one, "speed": round(float(1 + random.uniform(-LARGEST_SPEED, LARGEST_SPEED)), 4)}
        for one in held
    ]
    others = [
        {"set": name, **clip}
        for name in ("many_voices", "native_voices", "parallel_voices")
        for one in datasets.load(name, **SETS[name])
        for clip in _clips(one)
    ]
    learned = [
        {"set": "read_speech", **clip}
        for one in reader
        if one.split == "train"
        for clip in _clips(one)
    ]
    return {
        "marked": marked,
        "unmarked": _some(random, others, N_UNMARKED),
        "calibration": _some(random, learned, N_CALIBRATION),
    }


def _some(random, clips, n_clips):
    return [clips[i] for i in sorted(random.permutation(len(clips))[:n_clips])]


def _clips(item):
    """Return the clips that a sound is cut into; a sound shorter than one is a clip."""
    n_clips = max(1, int(len(item.audio) / item.sample_rate / CLIP_S))
    return [{"sound": item.id, "start_s": CLIP_S * n} for n in range(n_clips)]


def _clip(item, start_s):
    rate = item.sample_rate
    piece = item.audio[int(start_s * rate) : int((start_s + CLIP_S) * rate)]
    piece = signals.resample(piece, from_rate=rate, to_rate=SAMPLE_RATE).astype(np.float32)
    shortest = round(watermark.SHORTEST_S * SAMPLE_RATE)
    return np.pad(piece, (0, max(0, shortest - len(piece))))


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: the mark after each attack, what it costs, and false
    alarms.

    `quick` takes two clips of each kind: it shows that all runs.

    Chapter: large/safety
    """
    clips = functools.cache(load)

    @functools.cache
    def made():
        return [
            (scene, audio, watermark.add_mark(audio, sample_rate=SAMPLE_RATE, key=KEY))
            for scene, audio in clips().marked(first=2 if quick else None)
        ]

    found = {name: partial(_found_rows, name, made) for name in ATTACKS}
    found["quality"] = partial(_quality_rows, made)
    for part in ("unmarked", "calibration"):
        found[part] = partial(_unmarked_rows, clips, part, 2 if quick else None)
    found["made"] = partial(_made_rows, made)
    return found


def score(audio) -> float:
    """Return how sure the mark of this book's synthesiser is found in a sound at 16 kHz.

    Chapter: large/safety
    """
    return watermark.find_mark(audio, sample_rate=SAMPLE_RATE, key=KEY).score


def _found_rows(name, made):
    scores = [
        score(attack(name, marked, speed=scene["speed"], seed=n))
        for n, (scene, _, marked) in enumerate(made())
    ]
    how = f"{len(scores)} clips of up to {CLIP_S:g} s of synthetic speech"
    used = {"weights": (STORED,), "how": how}
    share = float(np.mean(np.array(scores) >= watermark.THRESHOLD))
    yield Row.share("found", share, len(scores), goal=GOALS[name], **used)
    yield Row("least", min(scores), goal="", **used)


def _quality_rows(made):
    if "pesq" in metrics.missing_scores():
        return
    pairs = [(audio, marked) for _, audio, marked in made()]
    values = [metrics.pesq(a, b, sample_rate=SAMPLE_RATE) for a, b in pairs]
    how = "marked beside unmarked synthetic speech"
    yield Row.average("pesq", list(map(float, values)), goal=">= 4.0", how=how, of="clips")
    yield Row("pesq_least", float(min(values)), how=how)


def _unmarked_rows(clips, part, first):
    scores = [score(audio) for audio in clips().unmarked(part, first=first)]
    how = f"{clips().source}, {part} clips of up to {CLIP_S:g} s"
    yield from _alarm_rows(scores, how, goal="<= 0.1" if part == "unmarked" else "")


def _made_rows(made):
    scores = [score(audio) for _, audio, _ in made()]
    how = f"clips of up to {CLIP_S:g} s of synthetic speech, not marked"
    yield from _alarm_rows(scores, how, weights=(STORED,))


def _alarm_rows(scores, how, *, goal="", weights=()):
    share = float(np.mean(np.array(scores) >= watermark.THRESHOLD))
    yield Row.share("false_alarms", share, len(scores), goal=goal, how=how, weights=weights)
    yield Row("highest", max(scores), how=how, weights=weights)
