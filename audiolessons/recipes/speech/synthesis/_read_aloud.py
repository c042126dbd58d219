"""How a reader says a text: tokens, and how long, how high and how loud each of them is.

Tokens are sounds with their stress, and a sign after each word: a pause mark, or a blank where the
text has none. A sign lasts as long as the silence there, most often not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from audiolessons import features, matching, models
from audiolessons.recipes.speech._spoken_text import (
    HOP_S,
    N_STATES,
    SILENCE,
    phone_features,
)
from audiolessons.recipes.speech.synthesis._frames import (
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
N_HEARD = 120  # sentences that hidden Markov models learn from
N_ITER = (5, 4, 4)  # rounds of Baum-Welch: pauses given, pauses found, two Gaussians a state
LOWEST_HZ, HIGHEST_HZ = 90.0, 420.0
MIDDLE_LEVEL, LEVELS = -8.0, 3.0  # and energy in units of so much of the mean log-mel value


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence: tokens (L,), their traits (3, L), their durations (L,), and mel bands (80, N).

    `melody` (2, N) is 1 where a frame is voiced, else 0, and its pitch, in between where it has
    none.
    """

    tokens: Tensor
    traits: Tensor
    durations: Tensor
    log_mel: Tensor
    melody: Tensor


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


def lessons(train: Sequence[Read], valid: Sequence[Read] = (), *, n_heard: int = N_HEARD) -> tuple:
    """Return the lessons of both, aligned by hidden Markov models of sounds.

    The models learn from the `n_heard` shortest sentences of the first: these cost least. A
    sentence that is too short for its sounds is left out.
    """
    sizes = dict.fromkeys([*CONSONANTS, *sorted(VOWELS), SILENCE], N_STATES)
    prepared = [[_prepared(one, sizes) for one in part] for part in (train, valid)]
    prepared = [[one for one in part if one.fits] for part in prepared]
    units = _learned(sorted(prepared[0], key=lambda one: one.frames.shape[-1])[:n_heard], sizes)
    return tuple([_lesson(one, units) for one in part] for part in prepared)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A sentence to align: its tokens, two networks of its sounds, and frames of 10 ms.

    `strict` has silence at pause marks and nowhere else, `free` between any two words, or not.
    """

    sentence: Read
    tokens: list
    strict: matching.Network
    free: matching.Network
    frames: np.ndarray

    @property
    def fits(self) -> bool:
        return len(self.free.states) < self.frames.shape[-1]


def _prepared(sentence, sizes):
    words = [(one.phones, one.pause) for one in front_end(sentence.text)]
    # A word stands for how it is spoken here: some are spoken differently from place to place.
    text = [" ".join(phones) + pause for phones, pause in words]
    spoken = {name: plain(phones) for name, (phones, _) in zip(text, words, strict=True)}
    paused = {
        name: (*spoken[name], SILENCE) if pause else spoken[name]
        for name, (_, pause) in zip(text, words, strict=True)
    }
    strict = matching.chain(sizes, ["", *text], lexicon={"": [SILENCE], **paused})
    free = matching.chain(sizes, text, lexicon=spoken, between=SILENCE)
    frames = phone_features(sentence.audio, sample_rate=SAMPLE_RATE)
    return _Prepared(sentence, _with_signs(words), strict, free, frames)


def _learned(heard, sizes):
    """Return phones and silence, learned from a flat start: first where silence is, then all."""
    strict = [(one.strict, one.frames) for one in heard]
    free = [(one.free, one.frames) for one in heard]
    units = matching.even_start(sizes, strict)
    units, _ = matching.baum_welch(units, strict, n_iter=N_ITER[0])
    units, _ = matching.baum_welch(units, free, n_iter=N_ITER[1])
    units = replace(units, mixtures=units.mixtures.split())
    units, _ = matching.baum_welch(units, free, n_iter=N_ITER[2])
    return units


def _lesson(one, units):
    """The places of the network are the tokens, one by one: silence stands where a sign does."""
    network, frames = one.free, one.frames
    states, at = np.unique(network.states, return_inverse=True)
    emissions = units.mixtures.of_states(states).log_densities(frames)[at]
    _, nodes = matching.viterbi(emissions, **network.chances(units.stay))
    n_frames = 1 + len(one.sentence.audio) // HOP_LENGTH
    durations = np.zeros(len(one.tokens), dtype=int)
    before = 0
    for place, _, end in matching.spans(network, nodes):
        border = min(round((end - 0.5) * HOP_S * SAMPLE_RATE / HOP_LENGTH + 0.5), n_frames)
        durations[place], before = border - before, border
    durations[place] += n_frames - before
    return lesson(one.sentence.audio, numbers_of(one.tokens), durations)


def lesson(audio, tokens: Tensor, durations) -> Lesson:
    """Return the lesson of a sound (T,) whose tokens (L,) last so many frames each, (L,)."""
    spectrum = log_mel(audio)
    pitch = _pitch(audio)
    energy = np.full(len(durations), np.nan)
    height = np.full(len(durations), np.nan)
    for number, (end, duration) in enumerate(zip(durations.cumsum(), durations, strict=True)):
        voiced = pitch[end - duration : end]
        voiced = voiced[np.isfinite(voiced)]
        if duration:
            level = float(spectrum[:, end - duration : end].mean())
            energy[number] = (level - MIDDLE_LEVEL) / LEVELS
        if len(voiced):
            height[number] = np.median(voiced)
    traits = np.stack([np.log1p(durations), _filled(height), _filled(energy)])
    return Lesson(
        tokens,
        torch.from_numpy(traits).float(),
        torch.from_numpy(durations),
        spectrum,
        torch.from_numpy(np.stack([np.isfinite(pitch), _filled(pitch)])).float(),
    )


def _pitch(audio):
    """Return the pitch of each frame, (N,), as networks count it; NaN where there is none."""
    return models.in_units(
        features.pitch_yin(
            audio,
            sample_rate=SAMPLE_RATE,
            min_hz=LOWEST_HZ,
            max_hz=HIGHEST_HZ,
            frame_length=512,
            hop_length=HOP_LENGTH,
            threshold=0.2,
        )
    )


def _filled(values):
    """Return values with straight lines where there are none, 0 if there are none at all."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.zeros_like(values)
    return np.interp(np.arange(len(values)), known, values[known])
