"""Players: sounds that a reader can hear on the page, in JupyterLab and offline.

`play` shows a player with its label, its length and its waveform. A sound of ours travels inside
the notebook. A sound made from a recording does not: it is written to a folder that git ignores,
and the notebook holds a reference to it, because a recording's licence stays with its source.
"""

from __future__ import annotations

import base64
import html
import io
import os
import re
from math import gcd
from pathlib import Path

import numpy as np

from audiolessons.errors import AudioError, as_array, check_audio, check_choice, check_positive
from audiolessons.listen.elements import Transcript, check_label
from audiolessons.writing import whole_file

# Rates that every current browser plays in both formats. A sound at another rate is brought up to
# the next of them, which adds nothing above its own Nyquist frequency.
_PLAYABLE_RATES = (16000, 22050, 24000, 32000, 44100, 48000)
_FORMATS = {
    # Variable, because the encoder lowers the level by 5 % at a constant rate (measured).
    "mp3": {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "VARIABLE",
        "compression_level": 0.2,
    },
    "flac": {"format": "FLAC", "subtype": "PCM_16"},
}
_MIME = {"mp3": "audio/mpeg", "flac": "audio/flac"}
# A set and an item, or several of them: no quote that ends an attribute, no way out of a folder.
_RECORDING = re.compile(r"\w[\w .+-]*(/\w[\w .+-]*)*")
_WAVE_COLUMNS = 240
_WAVE_HEIGHT = 48


class Player:
    """One sound as HTML: label, length, waveform and the browser's own controls.

    `play` builds and shows one; `explore` accepts one from its render function.

    Parameters
    ----------
    audio : array of shape (T,) or (2, T)
        Samples in [-1, 1]. The level is kept as it is.
    sample_rate : int
        Rate in Hz.
    label : str
        What is heard, for everybody: it is also the player's name for screen readers.
    recording : str, optional
        Where the sound comes from if it was made from a recording ("spoken_digits/7_theo_3").
        Items of `datasets` know theirs: pass `item.recording`. The sound then goes to a file that
        stays out of the notebook.
    codec : {"mp3", "flac"}
        "flac" where single samples or high frequencies are the point.
    peak : float, optional
        Scale the sound so that its largest sample is this. By default the level is kept.
    transcript, lang : str, optional
        What a voice says, shown beside the sound, and its language ("de") if it is not English.

    Raises
    ------
    AudioError
        If the sound, the rate, the label, the recording, the codec or the transcript cannot work,
        or the sound cannot be written.

    Examples
    --------
    >>> tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> print(Player(tone, sample_rate=8000, label="A quiet tone, 440 Hz"))
    Sound: A quiet tone, 440 Hz (1.00 s)

    Chapter: sound/signals
    """

    def __init__(
        self,
        audio,
        *,
        sample_rate: float,
        label: str,
        recording: str | None = None,
        codec: str = "mp3",
        peak: float | None = None,
        transcript: str | None = None,
        lang: str | None = None,
    ):
        audio = check_audio(audio)
        check_positive(sample_rate, name="sample_rate", unit="Hz")
        check_choice(codec, name="codec", choices=tuple(_FORMATS))
        if audio.ndim > 2 or (audio.ndim == 2 and audio.shape[0] > 2):
            raise AudioError(
                f"audio has shape {audio.shape}: a player takes (T,) or stereo (2, T); "
                "choose one sound, for example audio[0]"
            )
        largest = float(np.abs(audio).max())
        if peak is not None:
            check_positive(peak, name="peak")
            if largest == 0:
                raise AudioError("audio is silent: it cannot be scaled to a peak")
            audio = audio * (peak / largest)
            largest = peak
        self.label = check_label(label)
        self.transcript = Transcript(transcript, lang=lang)
        self.duration_s = audio.shape[-1] / sample_rate
        self.recording = _check_recording(recording)
        self.too_loud = largest > 1.0
        self._largest = largest
        self._wave = _waveform_path(audio)
        self._source = self._store(audio, sample_rate, codec)

    def _store(self, audio, sample_rate, codec):
        if self.recording is None:
            payload = base64.b64encode(encode(audio, sample_rate=sample_rate, codec=codec)).decode()
            return f"data:{_MIME[codec]};base64,{payload}"
        path = sounds_folder() / f"{self.recording}--{_slug(self.label)}.{codec}"
        with whole_file(path, make_folder=True) as file:
            file.write(encode(audio, sample_rate=sample_rate, codec=codec))
        return Path(os.path.relpath(path)).as_posix()

    def __str__(self):
        text = f"Sound: {self.label} ({self.duration_s:.2f} s)"
        if self.too_loud:
            text += f". {self._warning()}"
        return "\n".join([text, *self.transcript.as_lines()])

    __repr__ = __str__

    def _warning(self):
        excess_db = 20 * np.log10(self._largest)
        return (
            f"Its peak is {self._largest:.2f}, {excess_db:.1f} dB above full scale: "
            "what lies above 1 is cut off when it is played"
        )

    def to_html(self, *, waveform: bool = True) -> str:
        """Return the player as one HTML element; a blind test leaves the waveform out."""
        label = html.escape(self.label)
        credit = ""
        if self.recording is not None:
            credit = f' data-recording="{html.escape(self.recording)}"'
        warning = f'<p class="al-warning">{self._warning()}</p>' if self.too_loud else ""
        picture = self._wave_html() if waveform else ""
        return (
            '<figure class="al-player" style="margin:0.5em 0;max-width:30em">'
            f"<figcaption>{label} <small>({self.duration_s:.2f} s)</small></figcaption>"
            f"{self.transcript.to_html()}{picture}"
            f'<audio controls preload="none" aria-label="{label}" '
            f'style="display:block;width:100%"{credit} src="{html.escape(self._source)}"></audio>'
            f"{warning}</figure>"
        )

    def _wave_html(self):
        return (
            f'<svg class="al-wave" viewBox="0 0 {_WAVE_COLUMNS} {_WAVE_HEIGHT}" '
            'preserveAspectRatio="none" aria-hidden="true" '
            'style="display:block;width:100%;height:3em;color:#2f6f9f">'
            f'<path d="{self._wave}" stroke="currentColor" stroke-width="1" fill="none"/></svg>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.to_html(), "text/plain": str(self)}


def play(
    audio,
    *,
    sample_rate: float,
    label: str,
    recording: str | None = None,
    codec: str = "mp3",
    peak: float | None = None,
    transcript: str | None = None,
    lang: str | None = None,
) -> None:
    """Show a player for a sound; see `Player` for the parameters.

    Examples
    --------
    >>> tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> play(tone, sample_rate=8000, label="A quiet tone, 440 Hz")
    Sound: A quiet tone, 440 Hz (1.00 s)

    Chapter: sound/signals
    """
    from IPython.display import display

    display(
        Player(
            audio,
            sample_rate=sample_rate,
            label=label,
            recording=recording,
            codec=codec,
            peak=peak,
            transcript=transcript,
            lang=lang,
        )
    )


def encode(audio, *, sample_rate: float, codec: str = "mp3") -> bytes:
    """Return a sound of shape (T,) or (2, T) as the bytes of an MP3 or FLAC file.

    A rate that browsers do not all play is raised to the next one that they do. Samples beyond
    full scale are cut off, as a loudspeaker would.

    Examples
    --------
    >>> encode(np.zeros(8000), sample_rate=8000, codec="flac")[:4]
    b'fLaC'

    Chapter: sound/signals
    """
    audio = as_array(audio, name="audio", dtype=np.float32)
    rate = next((r for r in _PLAYABLE_RATES if r >= sample_rate), _PLAYABLE_RATES[-1])
    if rate != sample_rate:
        audio = _to_rate(audio, sample_rate, rate)
    clipped = np.clip(audio, -1.0, 1.0).astype(np.float32)
    buffer = io.BytesIO()
    import soundfile

    soundfile.write(buffer, clipped.T, rate, **_FORMATS[codec])
    return buffer.getvalue()


def _to_rate(audio, from_rate, to_rate):
    """Resample for playing only; odd rates such as 11000.5 Hz are rounded to whole hertz."""
    from scipy.signal import resample_poly

    from_rate = round(from_rate)
    common = gcd(from_rate, to_rate)
    return resample_poly(audio, to_rate // common, from_rate // common, axis=-1)


def sounds_folder() -> Path:
    """Return the folder for sounds made from recordings: the book's, or `_sounds` right here.

    Examples
    --------
    >>> sounds_folder().name
    '_sounds'

    Chapter: sound/signals
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").exists():
            return folder / "book" / "_sounds"
    return here / "_sounds"


def _check_recording(recording):
    is_name = isinstance(recording, str) and _RECORDING.fullmatch(recording)
    if recording is not None and not is_name:
        raise AudioError(
            f"recording is {recording!r}: give a set and its item in letters, digits and ._+-, "
            "such as 'spoken_digits/7_theo_3'"
        )
    return recording


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]


def _waveform_path(audio) -> str:
    """Draw the lowest and highest sample of each of 240 stretches, full scale to full height."""
    mono = audio if audio.ndim == 1 else audio.mean(axis=0)
    edges = np.linspace(0, mono.size, _WAVE_COLUMNS + 1).astype(int)
    middle = _WAVE_HEIGHT / 2
    steps = []
    for column in range(_WAVE_COLUMNS):
        stretch = mono[edges[column] : max(edges[column + 1], edges[column] + 1)]
        if stretch.size == 0:
            continue
        top = round(middle - middle * min(1.0, float(stretch.max())))
        bottom = round(middle - middle * max(-1.0, float(stretch.min())))
        steps.append(f"M{column} {top}V{max(bottom, top + 1)}")
    return "".join(steps)
