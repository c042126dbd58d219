"""What players and listening tests share: scripts, words, the levels of their sounds."""

from __future__ import annotations

import html
from importlib.resources import files

import numpy as np

from audiolessons.errors import AudioError, check_audio


def script(*names) -> str:
    """Return the scripts of `audiolessons/static` as one element, for an output of a notebook.

    Examples
    --------
    >>> script("element", "compare")[:26]
    '<script class="al-script">'

    Chapter: sound/signals
    """
    folder = files("audiolessons").joinpath("static")
    texts = [folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in names]
    return f'<script class="al-script">{"".join(texts)}</script>'


def check_label(label, *, what="what is heard") -> str:
    """Return a label, or raise AudioError where it says nothing.

    Examples
    --------
    >>> check_label("A tone")
    'A tone'

    Chapter: sound/signals
    """
    if not str(label).strip():
        raise AudioError(f"label is empty: say in a few words {what}")
    return str(label)


class Transcript:
    """What a voice says, to be read beside the sound; nothing where there is no voice.

    `lang` is the language as HTML names it ("de", "zh"), for screen readers.

    Examples
    --------
    >>> Transcript("Seven.").as_lines()
    ['  Says: Seven.']
    >>> Transcript("Sieben.", lang="de").to_html()
    '<p class="al-transcript">Says: <q lang="de">Sieben.</q></p>'

    Chapter: sound/signals
    """

    def __init__(self, text=None, *, lang=None):
        if text is not None and not str(text).strip():
            raise AudioError("transcript is empty: write what is said, or leave it out")
        if lang is not None and text is None:
            raise AudioError(f"lang is {lang!r} and there is no transcript: give both or neither")
        self.text = None if text is None else " ".join(str(text).split())
        self.lang = lang

    def as_lines(self) -> list[str]:
        """Return what the text form of a player shows of it: one line, or none."""
        return [] if self.text is None else [f"  Says: {self.text}"]

    def to_html(self) -> str:
        """Return the paragraph below the label, or nothing."""
        if self.text is None:
            return ""
        lang = "" if self.lang is None else f' lang="{html.escape(self.lang)}"'
        words = html.escape(self.text, quote=False)
        return f'<p class="al-transcript">Says: <q{lang}>{words}</q></p>'


def levelled(sounds, *, match):
    """Return the sounds as they will be heard, what each was multiplied by, and one sentence.

    The sounds are a dict by name. With `match` each gets the RMS level of the first. If one then
    leaves full scale, all are lowered together: what is cut off would be known by that.

    Examples
    --------
    >>> levelled({"full": np.ones(4), "half": np.full(4, 0.5)}, match=True)[1:]
    ([1.0, 2.0], 'All sounds have the same level (RMS).')

    Chapter: tasks/denoising
    """
    audios = [check_audio(audio, name=f"the sound {name!r}") for name, audio in sounds.items()]
    levels = [float(np.sqrt(np.mean(np.square(audio, dtype=float)))) for audio in audios]
    gains = [1.0] * len(audios)
    if match:
        silent = [name for name, level in zip(sounds, levels, strict=True) if level == 0]
        if silent:
            raise AudioError(f"the sound {silent[0]!r} is silent: its level matches no other")
        gains = [levels[0] / level for level in levels]
        said = "All sounds have the same level (RMS)."
    elif min(levels) == 0:
        said = "The levels are as given, and one sound is silent."
    else:
        apart_db = 20 * np.log10(max(levels) / min(levels))
        said = f"The levels are as given: up to {apart_db:.1f} dB apart (RMS)."
        if apart_db < 0.05:
            said = "The levels are as given: equal (RMS)."
    largest = max(g * float(np.abs(audio).max()) for g, audio in zip(gains, audios, strict=True))
    if largest > 1:
        gains = [gain / largest for gain in gains]
        said += f" All were lowered by {20 * np.log10(largest):.1f} dB, so that none is cut off."
    return [gain * audio for gain, audio in zip(gains, audios, strict=True)], gains, said
