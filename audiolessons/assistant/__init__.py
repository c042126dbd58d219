"""A voice assistant, part by part: the word that wakes it, whose turn it is, what is meant.

`Assistant` is the loop that joins them. It knows no data: networks and voices are given to it.
"""

from audiolessons.assistant.car import car_noise
from audiolessons.assistant.dialogue import ASKED, GRAMMAR, Answer, Dialogue
from audiolessons.assistant.intents import (
    IntentClassifier,
    Meaning,
    behind_beginnings,
    groups_of_three,
    likeliest,
    meanings,
    text_losses,
)
from audiolessons.assistant.loop import Assistant, Event
from audiolessons.assistant.mandarin import digit_by_digit, numeral, speak_mandarin
from audiolessons.assistant.spotting import Spotter, WordStream
from audiolessons.assistant.turns import TurnTaker, hop_levels_db

__all__ = [
    "ASKED",
    "GRAMMAR",
    "Answer",
    "Assistant",
    "Dialogue",
    "Event",
    "IntentClassifier",
    "Meaning",
    "Spotter",
    "TurnTaker",
    "WordStream",
    "behind_beginnings",
    "car_noise",
    "digit_by_digit",
    "groups_of_three",
    "hop_levels_db",
    "likeliest",
    "meanings",
    "numeral",
    "speak_mandarin",
    "text_losses",
]
