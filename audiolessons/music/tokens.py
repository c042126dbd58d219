"""Four voices as small whole numbers, for models that write one of a list of pitches at a time.

A piece is N sixteenths of four voices, written sixteenth by sixteenth, and in each of them from the
soprano down to the bass. A token is 0 for a rest, else a pitch, counted from the lowest.
"""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, as_array

LOWEST_PITCH, HIGHEST_PITCH = 36, 81  # of the chorales: the bass's low C, the soprano's high A
REST_TOKEN = 0
REST = -1  # in place of a pitch
N_TOKENS = HIGHEST_PITCH - LOWEST_PITCH + 2
N_INTERVALS = 2 * N_TOKENS - 1  # from one end of the tokens to the other, down and up
NO_INTERVAL = N_INTERVALS  # from or to a rest
UNKNOWN = -1  # in place of a token that is to be written


def to_tokens(voices: np.ndarray) -> np.ndarray:
    """Return pitches as tokens, int64 of the same shape: 0 is a rest, 1 the pitch 36.

    Parameters
    ----------
    voices
        MIDI pitches from 36 to 81, -1 for a rest; of any shape, such as (N, 4).

    Raises
    ------
    AudioError
        If a pitch lies outside.

    Examples
    --------
    >>> to_tokens(np.array([[72, 67, 64, -1]]))
    array([[37, 32, 29,  0]])

    Chapter: music/generation
    """
    voices = as_array(voices, name="voices")
    if voices.dtype.kind not in "iu":
        raise AudioError(f"voices hold {voices.dtype}: give whole numbers, MIDI pitches")
    is_rest = voices == REST
    wrong = voices[~is_rest & ((voices < LOWEST_PITCH) | (voices > HIGHEST_PITCH))]
    if wrong.size:
        raise AudioError(
            f"voices hold the pitch {wrong[0]}: give {LOWEST_PITCH} to {HIGHEST_PITCH}, or {REST} "
            "for a rest"
        )
    return np.where(is_rest, REST_TOKEN, voices.astype(np.int64) - LOWEST_PITCH + 1)


def from_tokens(tokens: np.ndarray) -> np.ndarray:
    """Return tokens as pitches, int16 of the same shape: what `to_tokens` was given.

    Raises
    ------
    AudioError
        If a token lies outside of 0 to 46.

    Examples
    --------
    >>> from_tokens(np.array([[37, 32, 29, 0]]))
    array([[72, 67, 64, -1]], dtype=int16)

    Chapter: music/generation
    """
    tokens = as_array(tokens, name="tokens")
    if tokens.size and not (tokens.min() >= 0 and tokens.max() < N_TOKENS):
        wrong = tokens.min() if tokens.min() < 0 else tokens.max()
        raise AudioError(f"tokens hold {wrong}: give 0 to {N_TOKENS - 1}")
    return np.where(tokens == REST_TOKEN, REST, tokens + LOWEST_PITCH - 1).astype(np.int16)


def transpositions(voices: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """Return by how many semitones a piece may be moved so that each voice stays in its range.

    Parameters
    ----------
    voices
        Shape (N, 4), MIDI pitches, -1 for a rest.
    ranges
        Shape (4, 2): the lowest and the highest pitch of each voice.

    Returns
    -------
    Whole numbers in rising order, from -6 to 5 at most: all keys, each once; 0 is always there.

    Examples
    --------
    >>> chord = np.array([[79, 67, 64, 60]])
    >>> transpositions(chord, np.array([[60, 81], [52, 74], [46, 69], [40, 64]]))
    array([-6, -5, -4, -3, -2, -1,  0,  1,  2])

    Chapter: music/generation
    """
    voices, ranges = as_array(voices, name="voices"), as_array(ranges, name="ranges")
    if voices.ndim != 2 or ranges.shape != (voices.shape[1], 2):
        raise AudioError(
            f"voices have shape {voices.shape} and ranges {ranges.shape}: give (N, V) and (V, 2)"
        )
    moves = np.arange(-6, 6)
    moved = voices[..., None] + moves  # (N, V, 12)
    low, high = ranges[:, 0, None], ranges[:, 1, None]
    fits = ((moved >= low) & (moved <= high)) | (voices == REST)[..., None]
    return moves[fits.all(axis=(0, 1)) | (moves == 0)]
