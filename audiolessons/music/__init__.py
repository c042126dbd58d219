"""Notes: piano rolls, four voices and their rules, what is written down and what comes next."""

from audiolessons.music.abc_reading import (
    read_abc,
    read_metre,
)
from audiolessons.music.abc_writing import (
    write_abc,
)
from audiolessons.music.counting import (
    VoiceCounts,
    voice_clues,
)
from audiolessons.music.harmony import (
    cadences,
    chord_of,
    key_heard,
)
from audiolessons.music.instruments import (
    INSTRUMENTS,
    frequency_of,
    tone,
)
from audiolessons.music.keys import (
    PROFILES,
    Key,
    find_key,
    key_of,
    key_scores,
    pitch_class_weights,
    read_key,
    spelled,
)
from audiolessons.music.likeness import (
    fingerprint,
    same_tunes,
)
from audiolessons.music.notation import (
    spell,
    split_value,
    write_bars,
)
from audiolessons.music.performance import (
    parts_of,
    render,
)
from audiolessons.music.pianoroll import (
    render_roll,
    roll_notes,
)
from audiolessons.music.rhythm import (
    BARS,
    autocorrelation,
    contour,
    duration_ratios,
    find_bar,
    intervals,
    onset_steps,
    unit_duration,
)
from audiolessons.music.tokens import (
    N_TOKENS,
    from_tokens,
    to_tokens,
    transpositions,
)
from audiolessons.music.tunes import (
    Bar,
    Note,
    Tune,
    join,
    melody,
    note_arrays,
    transposed,
    unfold,
)
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
    "BARS",
    "FAULTS",
    "INSTRUMENTS",
    "N_TOKENS",
    "PROFILES",
    "SUNG_RANGES",
    "VOICES",
    "Bar",
    "Key",
    "Note",
    "Tune",
    "VoiceCounts",
    "autocorrelation",
    "cadences",
    "chord_of",
    "contour",
    "duration_ratios",
    "faults_a_bar",
    "find_bar",
    "find_key",
    "fingerprint",
    "frequency_of",
    "from_tokens",
    "held_share",
    "intervals",
    "join",
    "key_heard",
    "key_of",
    "key_scores",
    "melody",
    "note_arrays",
    "onset_steps",
    "parts_of",
    "pitch_class_weights",
    "read_abc",
    "read_key",
    "read_metre",
    "render",
    "render_roll",
    "roll_notes",
    "same_tunes",
    "spell",
    "spelled",
    "split_value",
    "to_tokens",
    "tone",
    "transposed",
    "transpositions",
    "unfold",
    "unit_duration",
    "voice_clues",
    "voice_histograms",
    "voice_leading_faults",
    "voice_notes",
    "write_abc",
    "write_bars",
]
