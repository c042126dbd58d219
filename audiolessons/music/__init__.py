"""Notes: piano rolls, four voices and their rules, what is written down and what comes next."""

from audiolessons.music.counting import VoiceCounts, voice_clues
from audiolessons.music.instruments import INSTRUMENTS, frequency_of, tone
from audiolessons.music.performance import parts_of, render
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
    "INSTRUMENTS",
    "N_TOKENS",
    "SUNG_RANGES",
    "VOICES",
    "VoiceCounts",
    "faults_a_bar",
    "frequency_of",
    "from_tokens",
    "held_share",
    "parts_of",
    "render",
    "render_roll",
    "roll_notes",
    "to_tokens",
    "tone",
    "transpositions",
    "voice_clues",
    "voice_histograms",
    "voice_leading_faults",
    "voice_notes",
]
