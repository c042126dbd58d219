"""How a reader says a text: tokens, and how long, how high and how loud each of them is.

Tokens are sounds with their stress, and a sign after each word: a pause mark, or a blank where the
text has none. A sign lasts as long as the silence there, most often not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolessons import features, matching
from audiolessons.recipes.speech._spoken_text import (
    HOP_S,
    N_STATES,
    SILENCE,
    phone_features,
)
from audiolessons.recipes.speech.synthesis._frames import (
    FRAMES,
    HOP_LENGTH,
    SAMPLE_RATE,
    Read,
    log_mel,
)
from audiolessons.recipes.speech.synthesis.front_end import PAUSES, VOWELS, front_end, plain

BEGIN, BLANK = "^", " "
CONSONANTS = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH"),
    *("T", "TH", "V", "W", "Y", "Z", "ZH"),
)
TOKENS = [
    BEGIN,
    BLANK,
    *PAUSES,
    *CONSONANTS,
    *(f"{vowel}{stress}" for vowel in sorted(VOWELS) for stress in "012"),
]
N_ITER = (6, 3)  # rounds of Baum-Welch, with one Gaussian a state and with two
LOWEST_HZ, HIGHEST_HZ = 90.0, 420.0
MIDDLE_HZ, STEPS = 200.0, 4.0  # pitch is counted in units of so many semitones from there
MIDDLE_LEVEL, LEVELS = -8.0, 3.0  # and energy in units of so much of the mean log-mel value


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence: tokens (L,), their traits (3, L), their durations (L,), and mel bands (80, N)."""

    tokens: Tensor
    traits: Tensor
    durations: Tensor
    log_mel: Tensor


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text.

    Examples
    --------
    >>> tokens_of("Say no.")
    ['^', 'S', 'EY1', ' ', 'N', 'OW1', '.']

    Chapter: speech/synthesis
    """
    return _with_signs([(one.phones, one.pause) for one in front_end(text)])


def _with_signs(words):
    tokens = [BEGIN]
    for phones, pause in words:
        tokens += [*phones, pause or BLANK]
    if tokens[-1] == BLANK:  # a text may end without a stop, and is ended all the same
        tokens[-1] = "."
    return tokens


def numbers_of(tokens: Sequence[str]) -> Tensor:
    """Return tokens as numbers, (L,)."""
    return torch.tensor([TOKENS.index(one) for one in tokens])


def in_units(pitch_hz):
    """Return pitch as the network counts it: 0 at 200 Hz, 1 four semitones above."""
    return 12 * np.log2(pitch_hz / MIDDLE_HZ) / STEPS


def in_hz(pitch):
    """Return pitch in Hz of what the network counts."""
    return MIDDLE_HZ * 2 ** (STEPS * pitch / 12)


def lessons(sentences: Sequence[Read], *, n_iter: Sequence[int] = N_ITER, learn_from=None) -> list:
    """Return lessons of sentences, aligned by hidden Markov models learned from `learn_from`.

    The models learn from the sentences themselves unless others are given. A sentence too short
    for its sounds is left out.
    """
    sizes = dict.fromkeys([*CONSONANTS, *sorted(VOWELS), SILENCE], N_STATES)
    pairs = [_networked(one, sizes) for one in sentences]
    others = pairs if learn_from is None else [_networked(one, sizes) for one in learn_from]
    heard = [pair for pair in others if _fits(*pair)]
    units = matching.even_start(sizes, heard)
    for number, rounds in enumerate(n_iter):
        if number:
            units.__class__  # noqa: B018
        units, _ = matching.baum_welch(units, heard, n_iter=rounds)
    return [
        _lesson(one, *pair, units)
        for one, pair in zip(sentences, pairs, strict=True)
        if _fits(*pair)
    ]
