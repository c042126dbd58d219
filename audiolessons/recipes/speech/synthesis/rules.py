"""A text, spoken by rule: no recording, no training."""

from __future__ import annotations

import numpy as np

from audiolessons import voice
from audiolessons.recipes.speech.synthesis.front_end import front_end

RATE = 16000
# Questions that begin so are not asked with a rise.
ASKING = ("who", "what", "when", "where", "why", "how", "which", "whose", "whom")


def spoken_words(text: str) -> list[tuple[str, ...]]:
    """Return the words of a text as `voice.rule_durations` takes them, pauses among them.

    Examples
    --------
    >>> spoken_words("Is it, you?")
    [('IH0', 'Z'), ('IH0', 'T'), (',',), ('Y', 'UW0'), ('?',)]

    Chapter: speech/synthesis
    """
    found: list = []
    begins = ""
    for one in front_end(text):
        begins = begins or one.word
        found.append(one.phones)
        if one.pause:
            is_asking = one.pause == "?" and begins in ASKING
            found.append(("." if is_asking else one.pause,))
            begins = "" if one.pause in ".?!" else begins
    return found if found[-1][0] in voice.prosody.PAUSES_S else [*found, (".",)]


def speak(
    text: str, *, base_hz: float = 100.0, speed: float = 1.0, formant_scale: float = 1.0
) -> np.ndarray:
    """Return a text as sound at 16 kHz, spoken by rule.

    Parameters
    ----------
    text : str
        English.
    base_hz, speed, formant_scale : float
        Of the voice: see `voice.rule_pitch`, `voice.rule_durations` and `voice.speak_by_rule`.

    Raises
    ------
    AudioError
        If the text holds no word.

    Examples
    --------
    >>> speak("Hello.").shape[0] > 8000
    True

    Chapter: speech/synthesis
    """
    times = voice.rule_durations(spoken_words(text), speed=speed)
    pitch = voice.rule_pitch(times, base_hz=base_hz)
    return voice.speak_by_rule(times, pitch, sample_rate=RATE, formant_scale=formant_scale)
