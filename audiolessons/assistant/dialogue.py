"""What to answer, and what to expect next: the little that must be remembered between turns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from audiolessons.assistant.intents import Meaning
from audiolessons.assistant.mandarin import digit_by_digit, numeral
from audiolessons.errors import check_choice
from audiolessons.language import cardinal, digits

GRAMMAR = {
    "command": [
        "<time>", "<timer>", "<call>", "<translate>", "<light>", "<music>", "<warmth>", "<help>",
        "<repeat>", "<never_mind>",
    ],
    "time": ["what time is it", "tell me the time"],
    "timer": ["set a timer", "wake me up later"],
    "call": ["call somebody for me", "i want to call a number"],
    "translate": ["translate a number", "how do you say that in chinese"],
    "light": ["turn the lights <state>", "switch the lights <state>"],
    "state": ["on", "off"],
    "music": ["play some music please", "please stop the music"],
    "warmth": ["i am too cold", "it is too hot in here"],
    "help": ["what can you do for me", "tell me what you can do"],
    "repeat": ["say that again please", "i did not understand you"],
    "never_mind": ["never mind", "forget about it"],
}  # fmt: skip
NUMBERS = {"timer": (1, 2), "call": (4, 4), "translate": (1, 4)}  # least and most figures
ASKED = {
    "timer": "For how many minutes?",
    "call": "Which number? Four figures.",
    "translate": "Which number?",
}


@dataclass(frozen=True)
class Answer:
    """What is said: `text` in English, then syllables of Mandarin; is a number expected next?

    Chapter: large/assistant
    """

    text: str
    mandarin: tuple[str, ...] = ()
    expects_number: bool = False


class Dialogue:
    """Answer meanings and numbers, turn by turn.

    Parameters
    ----------
    clock : callable, optional
        Returns (hour, minute) when asked for the time.

    Attributes
    ----------
    purpose : str or None
        What a number is expected for: "timer", "call" or "translate".

    Examples
    --------
    >>> dialogue = Dialogue(clock=lambda: (16, 5))
    >>> dialogue.hear(Meaning("translate a number", "translate")).text
    'Which number?'
    >>> dialogue.hear_digits("42").mandarin
    ('si4', 'shi2', 'er4')
    >>> dialogue.hear(Meaning("what time is it", "time")).text
    'It is sixteen oh five.'

    References
    ----------
    D. G. Bobrow and others, "GUS, a frame-driven dialog system", Artificial Intelligence 8, 1977.

    Chapter: large/assistant
    """

    def __init__(self, *, clock: Callable[[], tuple[int, int]] | None = None):
        self.clock = clock
        self.purpose: str | None = None
        self._last = Answer("I have said nothing yet.")

    def hear(self, meaning: Meaning | None) -> Answer:
        """Answer a command; None is one that was not understood."""
        self.purpose = None
        if meaning is None:
            return self._say(Answer("Sorry, I did not understand."))
        check_choice(meaning.intent, name="intent", choices=tuple(GRAMMAR))
        if meaning.intent == "repeat":
            self.purpose = self._last_purpose() if self._last.expects_number else None
            return self._last
        if meaning.intent in ASKED:
            self.purpose = meaning.intent
            return self._say(Answer(ASKED[meaning.intent], expects_number=True))
        return self._say(Answer(self._simple(meaning)))

    def _last_purpose(self):
        return next(name for name, text in ASKED.items() if text == self._last.text)

    def _simple(self, meaning):
        if meaning.intent == "time":
            return f"It is {_clock_time(*self.clock())}." if self.clock else "I have no clock."
        if meaning.intent == "light":
            return f"The lights are {meaning.slots['state']}."
        if meaning.intent == "music":
            return "Music." if re.search("play", meaning.text) else "No more music."
        if meaning.intent == "warmth":
            return f"I make it {'warmer' if 'cold' in meaning.text else 'cooler'}."
        if meaning.intent == "help":
            return "Ask me for the time, a timer, a call, or a number in Chinese."
        return "All right."

    def how_whole(self, heard: str) -> str:
        """Say whether figures are all that was asked for: "surely", "maybe" or "no"."""
        least, most = NUMBERS[self.purpose] if self.purpose else (1, 1)
        return "surely" if len(heard) >= most else "maybe" if len(heard) >= least else "no"

    def hear_digits(self, heard: str) -> Answer:
        """Answer figures, such as "407"; too few or too many are asked for again, none end it."""
        purpose = self.purpose
        if purpose is None:
            return self._say(Answer("I did not ask for a number."))
        least, most = NUMBERS[purpose]
        if not heard:
            self.purpose = None
            return self._say(Answer("I heard no number."))
        if not least <= len(heard) <= most:
            said = f"I heard {digits(heard)}. {ASKED[purpose]}"
            return self._say(Answer(said, expects_number=True), of=purpose)
        self.purpose = None
        if purpose == "translate" and heard.startswith("0") and heard != "0":  # a code, no amount
            return self._say(Answer(f"{digits(heard)}:", tuple(digit_by_digit(heard))))
        if purpose == "translate":
            return self._say(Answer(f"{cardinal(int(heard))}:", tuple(numeral(int(heard)))))
        if purpose == "call":
            return self._say(Answer(f"Calling {digits(heard)}."))
        number = int(heard)
        return self._say(Answer(f"{cardinal(number)} minute{'s' * (number != 1)}, from now."))

    def _say(self, answer, of=None):
        self._last = answer if of is None else Answer(ASKED[of], expects_number=True)
        return answer


def _clock_time(hour, minute):
    if minute == 0:
        return f"{cardinal(hour)} o'clock"
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
