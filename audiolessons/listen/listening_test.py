"""The page of a blind listening test: its sounds without their names, and the script for them."""

from __future__ import annotations

import html
import json

import numpy as np

from audiolessons.errors import check_positive
from audiolessons.listen.elements import Transcript, check_label, levelled, script
from audiolessons.listen.player import Player


class ListeningTest:
    """The sounds of a blind test and the ways to show it; `abx`, `pairs` and `mushra` build one.

    Of pairs the sounds stand pair by pair, and each is called by its maker and its pair.

    Chapter: tasks/denoising
    """

    def __init__(
        self,
        kind,
        sounds,
        *,
        sample_rate: float,
        label: str,
        n_trials: int,
        seed: int,
        match_levels: bool,
        recording: str | None,
        codec: str,
        transcript: str | None = None,
        lang: str | None = None,
    ):
        check_positive(sample_rate, name="sample_rate", unit="Hz")
        self.kind = kind
        self.label = check_label(label, what="what is compared")
        self.transcript = Transcript(transcript, lang=lang)
        self.n_trials = n_trials
        self.names = list(sounds)
        audios, _, self.levels = levelled(sounds, match=match_levels)
        # The place of each sound on the page; the reference of a MUSHRA test is open and first, and
        # those of a pair stay together.
        n_open, together = int(kind == "mushra"), 2 if kind == "pairs" else len(audios)
        random = np.random.default_rng(seed)
        self.places = list(range(n_open))
        while len(self.places) < len(audios):
            done = len(self.places)
            shuffled = done + random.permutation(min(together, len(audios) - done))
            self.places.extend(map(int, shuffled))
        # The labels, and so the names of the files, tell no more than the places do.
        self.players = [
            Player(
                audio,
                sample_rate=sample_rate,
                label=f"{self._place_name(place).capitalize()}: {self.label}",
                recording=recording,
                codec=codec,
            )
            for place, audio in zip(self.places, audios, strict=True)
        ]

    def _place_name(self, place):
        if self.kind == "abx":
            return f"sound {place + 1}"
        if self.kind == "pairs":
            return f"pair {place // 2 + 1}, {('first', 'second')[place % 2]} sound"
        return f"sound {place}" if place else "reference"

    def __str__(self):
        lines = [f"Listening test ({self.kind.upper()}): {self.label}"]
        if self.kind == "pairs":
            kinds = [name.rpartition(", ")[0] for name in self.names[:2]]
            lines.append(f"  {self.n_trials} pairs: {kinds[0]}, {kinds[1]}")
        else:
            for name, player in zip(self.names, self.players, strict=True):
                lines.append(f"  {name} ({player.duration_s:.2f} s)")
        if self.kind == "abx":
            lines.append(f"  {self.n_trials} trials")
        return "\n".join([*lines, *self.transcript.as_lines(), f"  {self.levels}"])

    __repr__ = __str__

    def to_html(self) -> str:
        """Return the sounds, the key in a fold, and the script that makes a test of them."""
        test = {
            "kind": self.kind,
            "label": self.label,
            "trials": self.n_trials,
            "names": self.names,
            "places": self.places,
            "levels": self.levels,
        }
        data = html.escape(json.dumps(test, ensure_ascii=False), quote=True)
        in_place = sorted(zip(self.places, self.names, self.players, strict=True))
        players = "".join(player.to_html(waveform=False) for _, _, player in in_place)
        key = "".join(
            f"<li>{self._place_name(place).capitalize()}: {html.escape(name)}</li>"
            for place, name, _ in in_place
        )
        return (
            f'<al-listening data-test="{data}" style="display:block">'
            f"<p><strong>Listening test: {html.escape(self.label)}</strong></p>"
            f"{self.transcript.to_html()}"
            '<div class="al-sounds"><p>The test itself needs a script, which does not run here. '
            f"Listen first, and open the fold afterwards. {html.escape(self.levels)}</p>{players}"
            f"<details><summary>Which sound is which</summary><ul>{key}</ul></details></div>"
            f"</al-listening>{script('element', 'listening')}"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.to_html(), "text/plain": str(self)}
