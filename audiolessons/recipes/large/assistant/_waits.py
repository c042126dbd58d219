"""How long to wait: turns of validation voices, and what waits of one length or of three do there.

The voices are those by whom the network of letters was chosen; it learned from others. No scene of
the test has one of them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from audiolessons import datasets, signals
from audiolessons.assistant import Meaning, TurnTaker, hop_levels_db
from audiolessons.assistant.loop import BEFORE_HOPS
from audiolessons.recipes.large.assistant import _parts, _turn_scenes
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE
from audiolessons.recipes.speech.recognition._spoken_sentences import held_back_of

HOP = 160
BEFORE_S = (2.0, 2.5)  # of the noise of a room


@dataclass(frozen=True, eq=False)
class Spoken:
    """A turn, and the sentences that are known where it is said."""

    turn: _turn_scenes.Turn
    known: list

    @functools.cached_property
    def levels(self) -> np.ndarray:
        """The level of each hop, in dB."""
        return hop_levels_db(self.turn.audio, hop_length=HOP)

    @functools.cache  # noqa: B019 - they live as long as the measurement
    def heard(self, begin: int, hop: int):
        """What is recognised in the hops from `begin` to `hop`: see `_parts.compare`."""
        return _parts.compare(self.turn.audio[begin * HOP : (hop + 1) * HOP], self.known)


def turns(first: int | None = None) -> list[Spoken]:
    """Return what validation voices say, `first` of them."""
    size = "full" if first is None else None
    voices = datasets.load("many_voices", size=size, split="train")
    some = [
        one
        for one in voices.where(speaker=held_back_of(voices.speakers))
        if len(one.text.split()) in _turn_scenes.N_WORDS
    ][:first]
    texts, rng, made = sorted({one.text for one in some}), np.random.default_rng(78), []
    for one in some:
        audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
        before = np.zeros(round(rng.uniform(*BEFORE_S) * SAMPLE_RATE))
        command = _turn_scenes.cut(signals.normalize(audio, to_rms=0.05))
        others = [text for text in texts if text != one.text]
        n_others = min(_turn_scenes.N_KNOWN - 1, len(others))
        known = [one.text, *rng.choice(others, n_others, replace=False).tolist()]
        made.append(
            Spoken(
                _turn_scenes.joined([before, command], one.text),
                [Meaning(text, "help") for text in known],
            )
        )
    return made


def outcome(some: list[Spoken], whole_of, **waits) -> tuple[np.ndarray, np.ndarray]:
    """Return which turns are over before their end (B,), and the quiet waited for in others, in ms.

    `whole_of(behind, far)` says whether what was heard at a pause is all: "surely", "maybe", "no".
    """
    cut, waited_ms = [], []
    for one in some:
        taker, begin = TurnTaker(**waits), 0
        for hop, level_db in enumerate(one.levels):
            event = taker.push(level_db, listening=hop >= 150)
            if event == "begun":
                begin = max(0, hop + 1 - 2 * BEFORE_HOPS)
            elif event == "pause":
                _, behind, far = one.heard(begin, hop)
                taker.whole = whole_of(behind, far)
            elif event == "over":
                break
        early = (hop + 1) * HOP < one.turn.end
        cut.append(early)
        if not early:
            waited_ms.append(1000 * ((hop + 1) * HOP - one.turn.end) / SAMPLE_RATE)
    return np.array(cut), np.array(waited_ms)
