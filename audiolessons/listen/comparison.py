"""One player with a switch: versions of one sound run in step, and one of them is heard.

Two players in a row are heard one after the other, and the ear has forgotten the first by the time
the second comes to the same place. A switch while the sound runs on leaves nothing but the
difference. Where scripts do not run, the versions stand below one another as players.
"""

from __future__ import annotations

import html
import json

import numpy as np

from audiolessons.errors import AudioError, check_positive
from audiolessons.listen.elements import Transcript, check_label, levelled, script
from audiolessons.listen.player import Player

MOST_VERSIONS = 9  # one for each number key


class Comparison:
    """The versions of one sound and the ways to show them; `compare` builds one.

    Chapter: sound/signals
    """

    def __init__(
        self,
        sounds,
        *,
        sample_rate: float,
        label: str,
        recording: str | None = None,
        codec: str = "mp3",
        match_levels: bool = True,
        transcript: str | None = None,
        lang: str | None = None,
    ):
        check_positive(sample_rate, name="sample_rate", unit="Hz")
        self.label = check_label(label, what="what is compared")
        if not isinstance(sounds, dict):
            raise AudioError(
                f"sounds is a {type(sounds).__name__}: give a dict, each version with its name"
            )
        if not 2 <= len(sounds) <= MOST_VERSIONS:
            raise AudioError(
                f"sounds has {len(sounds)} version(s): compare 2 to {MOST_VERSIONS}, "
                "one for each number key"
            )
        self.names = [check_label(name, what="which version it is") for name in sounds]
        self.transcript = Transcript(transcript, lang=lang)
        audios, gains, self.levels = levelled(sounds, match=match_levels)
        for name, audio in zip(self.names, audios, strict=True):
            if audio.shape[-1] != audios[0].shape[-1]:
                raise AudioError(
                    f"the sound {name!r} has {audio.shape[-1]} samples and {self.names[0]!r} has "
                    f"{audios[0].shape[-1]}: versions run in step; crop or pad to one length"
                )
            if not audio.any():
                raise AudioError(f"the sound {name!r} is silent: there is nothing to compare")
        changes = [
            f"{name} {db:+.1f} dB"
            for name, db in zip(self.names, 20 * np.log10(gains), strict=True)
            if match_levels and abs(db) >= 0.05
        ]
        if changes:
            self.levels += f" Changed: {', '.join(changes)}."
        self.players = [
            Player(
                audio,
                sample_rate=sample_rate,
                label=f"{number}, {name}: {self.label}",  # the number keeps names of files apart
                recording=recording,
                codec=codec,
            )
            for number, (name, audio) in enumerate(zip(self.names, audios, strict=True), start=1)
        ]
        self.duration_s = self.players[0].duration_s

    def __str__(self):
        lines = [f"Comparison: {self.label} ({self.duration_s:.2f} s)"]
        lines += [f"  {number}: {name}" for number, name in enumerate(self.names, start=1)]
        return "\n".join([*lines, *self.transcript.as_lines(), f"  {self.levels}"])

    __repr__ = __str__

    def to_html(self) -> str:
        """Return the versions as players, and the script that makes one player of them."""
        described = {"label": self.label, "names": self.names, "duration": self.duration_s}
        data = html.escape(json.dumps(described, ensure_ascii=False), quote=True)
        return (
            f'<al-compare data-comparison="{data}" style="display:block">'
            f"<p><strong>{html.escape(self.label)}</strong> "
            f"<small>({self.duration_s:.2f} s)</small></p>{self.transcript.to_html()}"
            f'<div class="al-sounds">{"".join(p.to_html() for p in self.players)}</div>'
            f'<p class="al-levels"><small>{html.escape(self.levels)}</small></p>'
            f"</al-compare>{script('element', 'compare')}"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.to_html(), "text/plain": str(self)}


def compare(
    sounds,
    *,
    sample_rate: float,
    label: str,
    recording: str | None = None,
    codec: str = "mp3",
    match_levels: bool = True,
    transcript: str | None = None,
    lang: str | None = None,
) -> None:
    """Show one player for versions of a sound: a click or a number key switches while it plays.

    Parameters
    ----------
    sounds : dict of str to array of shape (T,) or (2, T)
        2 to 9 versions of one length, by name.
    sample_rate : int
        Rate in Hz.
    label : str
        What is compared.
    recording : str, optional
        Where the sounds come from if they were made from a recording; see `Player`.
    codec : {"mp3", "flac"}
        "flac" where the difference is smaller than what MP3 itself changes.
    match_levels : bool
        Give all versions the RMS level of the first, and say by how much each was changed: the
        louder of two sounds is often liked better for its loudness alone. The whole sound counts.
        False where the level is what is to be heard.
    transcript, lang : str, optional
        What a voice says, shown beside the sound, and its language ("de") if it is not English.

    Raises
    ------
    AudioError
        If there are fewer than 2 or more than 9 versions, one is not as long as the first, is
        silent or cannot be played, or the label is empty.

    References
    ----------
    Instantaneous switching between synchronised versions is what Recommendation ITU-R BS.1116-3
    (2015), section 5.1, asks of a comparison by ear.

    Examples
    --------
    >>> tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> compare({"full": tone, "softer": 0.5 * tone}, sample_rate=8000, label="Two tones")
    Comparison: Two tones (1.00 s)
      1: full
      2: softer
      All sounds have the same level (RMS). Changed: softer +6.0 dB.

    Chapter: sound/signals
    """
    from IPython.display import display

    display(
        Comparison(
            sounds,
            sample_rate=sample_rate,
            label=label,
            recording=recording,
            codec=codec,
            match_levels=match_levels,
            transcript=transcript,
            lang=lang,
        )
    )
