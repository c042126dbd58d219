"""Notes: piano rolls, four voices and their rules, what is written down and what comes next."""

from audiolessons.music.pianoroll import render_roll, roll_notes
from audiolessons.music.tokens import N_TOKENS, from_tokens, to_tokens, transpositions
from audiolessons.music.voices import (
    FAULTS,
    SUNG_RANGES,
    VOICES,
    faults_a_bar,
    held_share,
    voice_histograms,
    voice_leading_faults,
    voice_notes,
)

__all__ = [
    "FAULTS",
    "N_TOKENS",
    "SUNG_RANGES",
    "VOICES",
    "faults_a_bar",
    "from_tokens",
    "held_share",
    "render_roll",
    "roll_notes",
    "to_tokens",
    "transpositions",
    "voice_histograms",
    "voice_leading_faults",
    "voice_notes",
]
