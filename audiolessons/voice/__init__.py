"""A voice taken apart and put together again: source and filter, pitch periods, formants.

What the vocal folds make (the source) and what throat and mouth make of it (the filter) are told
apart by linear prediction or by the mel-cepstrum, changed one by one, and joined.
"""

from audiolessons.voice.anonymising import bend_poles, mcadams
from audiolessons.voice.cepstral_envelope import (
    cepstrum_settings,
    log_envelope,
    mel_cepstrum,
    warp_cepstrum,
)
from audiolessons.voice.concatenation import cheapest_pieces, join_pieces
from audiolessons.voice.formants import (
    VOWELS,
    formant_filter,
    resonator,
    shift_formants,
    voice_source,
    vowel,
)
from audiolessons.voice.linear_prediction import (
    formant_frequencies_hz,
    levinson_durbin,
    lpc,
    lpc_analyse,
    lpc_synthesize,
)
from audiolessons.voice.pitch_periods import PitchMarks, pitch_marks, psola
from audiolessons.voice.prosody import is_vowel, rule_durations, rule_pitch
from audiolessons.voice.rules import speak_by_rule
from audiolessons.voice.vocoder import filter_frames, phase_vocoder

__all__ = [
    "VOWELS",
    "PitchMarks",
    "bend_poles",
    "cepstrum_settings",
    "cheapest_pieces",
    "filter_frames",
    "formant_filter",
    "formant_frequencies_hz",
    "is_vowel",
    "join_pieces",
    "levinson_durbin",
    "log_envelope",
    "lpc",
    "lpc_analyse",
    "lpc_synthesize",
    "mcadams",
    "mel_cepstrum",
    "phase_vocoder",
    "pitch_marks",
    "psola",
    "resonator",
    "rule_durations",
    "rule_pitch",
    "shift_formants",
    "speak_by_rule",
    "voice_source",
    "vowel",
    "warp_cepstrum",
]
