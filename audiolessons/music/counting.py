"""Four voices by counting: what a voice does next, counted in several contexts, and mixed.

The experts speak of distances in semitones, not of pitches, so that what was counted in one key
serves in all.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from audiolessons.errors import AudioError, as_array, check_positive
from audiolessons.music.tokens import N_INTERVALS, N_TOKENS, NO_INTERVAL, UNKNOWN
from audiolessons.music.voices import VOICES

WIDTH = 128  # more than any clue has values
LONGEST_AGE = 15
# What each expert looks at, in this order: what is rare with all of it is judged by less of it.
EXPERTS = (
    ("voice", "moved", "beat", "age", "bar"),
    ("voice", "moved", "youngest", "age", "bar", "bass age"),
    ("voice", "any moved", "beat", "step", "age", "moved"),
    ("voice", "any moved", "beat", "soprano", "above", "above that", "bass was", "age"),
    ("voice", "any moved", "beat", "bass was", "above was", "below was", "above"),
    ("voice", "moved", "beat", "bass was", "soprano", "above"),
    ("voice", "moved", "beat", "above moves", "soprano moves", "above", "soprano", "step"),
)


def voice_clues(tokens: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a model may know when it writes a voice of a sixteenth: clues by name.

    They rest on the sixteenths before, and on the voices above in this one. Distances are measured
    from this voice's last pitch.

    Parameters
    ----------
    tokens
        Shape (N, 4), from `to_tokens`.

    Returns
    -------
    dict of whole numbers (N, 4): "beat" and "bar" are places in a quarter and in four quarters,
    "last" is the last token, "age" how long it was held, "step" the interval that led to it,
    "moved" which voices above move now, "soprano", "above" and "above that" where these are now,
    "bass was" and the like where others were.

    Examples
    --------
    >>> clues = voice_clues(np.array([[37, 32, 29, 20], [39, 32, 30, 20]]))
    >>> clues["moved"][1], clues["soprano"][1] - N_TOKENS + 1
    (array([0, 1, 1, 5]), array([47,  7, 10, 19]))

    Chapter: music/generation
    """
    tokens = _check_tokens(tokens)
    n, v = np.indices(tokens.shape)
    last = np.vstack([np.zeros_like(tokens[:1]), tokens[:-1]])
    is_new = np.vstack([np.ones_like(tokens[:1]), tokens[1:] != tokens[:-1]]).astype(bool)
    began = np.maximum.accumulate(np.where(is_new, n, 0), axis=0)
    began = np.vstack([np.zeros_like(began[:1]), began[:-1]])  # of the last pitch
    earlier = np.where(began > 0, tokens[began - 1, v], 0)
    age = np.minimum(n - began, LONGEST_AGE)
    moves = tokens != last
    moved = np.stack([moves[:, :one] @ (1 << np.arange(one)) for one in range(len(VOICES))], axis=1)

    def shifted(rows, by):
        """Return what stands `by` columns to the left (or right), 0 where there is none."""
        at = v - by
        return np.where((at >= 0) & (at < len(VOICES)), rows[n, at % len(VOICES)], 0)

    soprano_now = np.where(v > 0, tokens[:, :1], 0)
    return {
        "voice": v,
        "beat": n % 4,
        "bar": n % 16,
        "last": last,
        "age": age,
        "youngest": np.broadcast_to(age.min(axis=1, keepdims=True), age.shape),
        "bass age": np.broadcast_to(age[:, -1:], age.shape),
        "step": _interval(last, earlier),
        "moved": moved,
        "any moved": (moved > 0).astype(np.int64),
        "soprano": _interval(soprano_now, last),
        "above": _interval(shifted(tokens, 1), last),
        "above that": _interval(shifted(tokens, 2), last),
        "soprano moves": _interval(soprano_now, last[:, :1]),
        "above moves": _interval(shifted(tokens, 1), shifted(last, 1)),
        "bass was": _interval(last[:, -1:], last),
        "above was": _interval(shifted(last, 1), last),
        "below was": _interval(shifted(last, -1), last),
    }


class VoiceCounts:
    """Predict each voice of each sixteenth by counts in several contexts.

    An expert counts what came after a list of clues, and after each shorter list; a longer list
    speaks the more, the more often it was met, and leaves the rest to the shorter one (after
    Witten and Bell). The experts' chances are averaged, each voice with weights of its own, which
    `weigh` finds on pieces that were not counted.

    Parameters
    ----------
    pieces
        Each of tokens (N, 4).
    experts
        Lists of names of `voice_clues`.

    Raises
    ------
    AudioError
        If there are no pieces, or a clue is unknown.

    Examples
    --------
    >>> piece = np.repeat([[37, 32, 29, 20], [39, 32, 30, 20]], 4, axis=0)
    >>> counts = VoiceCounts([piece])
    >>> chances = counts.chances(piece)
    >>> chances.shape, bool(np.allclose(chances.sum(axis=2), 1))
    ((8, 4, 47), True)

    References
    ----------
    I. H. Witten and T. C. Bell, "The zero-frequency problem", IEEE Trans. Information Theory 37(4),
    1991; D. Conklin and I. H. Witten, "Multiple viewpoint systems for music prediction", Journal of
    New Music Research 24(1), 1995.

    Chapter: music/generation
    """

    def __init__(self, pieces: list, *, experts: tuple = EXPERTS):
        if not len(pieces):
            raise AudioError("pieces is empty: give at least one")
        clues = [voice_clues(piece) for piece in pieces]
        unknown = {name for names in experts for name in names} - set(clues[0])
        if unknown:
            raise AudioError(f"{sorted(unknown)[0]!r} is no clue: there are {', '.join(clues[0])}")
        joined = {name: np.concatenate([one[name].ravel() for one in clues]) for name in clues[0]}
        outcomes = np.concatenate([_outcome(piece).ravel() for piece in pieces])
        self.experts = experts
        self._levels = [_count([joined[name] for name in names], outcomes) for names in experts]
        self.weights = np.full((len(VOICES), len(experts)), 1 / len(experts))

    def weigh(self, pieces: list, *, n_rounds: int = 30) -> VoiceCounts:
        """Find how much each expert should say, by the surprise at pieces that were not counted.

        Rounds of expectation and maximisation: an expert's weight becomes its share in the chances
        of what came. Returns itself.
        """
        chances = np.concatenate([self._chances_of_what_came(piece) for piece in pieces])
        for _ in range(n_rounds):  # chances (N, V, experts)
            shares = self.weights * chances
            shares /= shares.sum(axis=2, keepdims=True)
            self.weights = shares.mean(axis=0)
        return self

    def chances(self, tokens: np.ndarray, *, frames: slice = slice(None)) -> np.ndarray:
        """Return the chance of each token for each voice, (N, 4, K), knowing what came before."""
        by_expert = self._by_expert(tokens, frames)  # (N, V, K, experts)
        return np.einsum("nvke,ve->nvk", by_expert, self.weights)

    def draw(self, given: np.ndarray, *, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """Write a piece: what is given of (N, 4) tokens stays, what is -1 is drawn, note by note.

        `temperature` sharpens (below 1) or flattens the chances, `seed` says which piece comes.
        """
        check_positive(temperature, name="temperature")
        tokens = np.array(given, dtype=np.int64)
        random = np.random.default_rng(seed)
        for frame, voice in np.argwhere(tokens == UNKNOWN):
            known = np.maximum(tokens[: frame + 1], 0)
            chances = self.chances(known, frames=slice(frame, None))[0, voice] ** (1 / temperature)
            tokens[frame, voice] = random.choice(N_TOKENS, p=chances / chances.sum())
        return tokens

    def nats(self, tokens: np.ndarray) -> np.ndarray:
        """Return how surprised the model is by each token: (N, 4)."""
        return -np.log(_of_what_came(self.chances(tokens), tokens))

    def _chances_of_what_came(self, tokens):
        return _of_what_came(self._by_expert(tokens, slice(None)), tokens)

    def _by_expert(self, tokens, frames):
        clues = {name: clue[frames] for name, clue in voice_clues(tokens).items()}
        last = np.vstack([np.zeros_like(tokens[:1]), tokens[:-1]])[frames]
        # which outcome makes a voice sing each token: (N, V, K)
        outcome = _outcome_of(np.arange(N_TOKENS), last[..., None])
        found = []
        for names, levels in zip(self.experts, self._levels, strict=True):
            chances = _look_up(levels, [clues[name].ravel() for name in names])
            chances = np.take_along_axis(chances, outcome.reshape(-1, N_TOKENS), axis=1)
            # a step that leads out of the range of all voices has no token: the rest shares it
            chances /= chances.sum(axis=1, keepdims=True)
            found.append(chances.reshape(outcome.shape))
        return np.stack(found, axis=-1)


def _count(clues, outcomes):
    """Return for every length of a list of clues: its contexts, what came after each and how often,
    and what weight is left to shorter lists."""
    levels = []
    parent = np.zeros(len(outcomes), dtype=np.int64)
    shape = (N_INTERVALS + N_TOKENS,)
    for clue in clues:
        keys, parent = np.unique(parent * WIDTH + clue, return_inverse=True)
        ones = np.ones(len(outcomes), dtype=np.float32)
        counts = csr_matrix((ones, (parent, outcomes)), shape=(len(keys), *shape))
        left = np.maximum(np.diff(counts.indptr) / 2, 0.5)  # half a count for each outcome
        levels.append((keys, counts, np.bincount(parent), left))
    return levels


def _look_up(levels, clues):
    """Return the chances of all outcomes, a row for each event."""
    n_outcomes = levels[0][1].shape[1]
    chances = np.full((len(clues[0]), n_outcomes), 1 / n_outcomes)
    context, known = np.zeros(len(clues[0]), dtype=np.int64), np.arange(len(clues[0]))
    for (keys, counts, totals, left), clue in zip(levels, clues, strict=True):
        wanted = context * WIDTH + clue[known]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        is_there = keys[at] == wanted
        context, known = at[is_there], known[is_there]
        total, others = totals[context, None], left[context, None]
        here = counts[context].toarray()
        chances[known] = (here + others * chances[known]) / (total + others)
    return chances


def _outcome(tokens):
    last = np.vstack([np.zeros_like(tokens[:1]), tokens[:-1]])
    return _outcome_of(tokens, last)


def _outcome_of(tokens, last):
    """Return what a voice does: an interval where there is one, else the token itself."""
    apart = _interval(tokens, last)
    return np.where(apart == NO_INTERVAL, N_INTERVALS + tokens, apart)


def _interval(tokens, reference):
    sound = (tokens > 0) & (reference > 0)
    return np.where(sound, tokens - reference + N_TOKENS - 1, NO_INTERVAL)


def _of_what_came(chances, tokens):
    """Return of chances (N, V, K, ...) those of the tokens (N, V)."""
    n, v = np.indices(tokens.shape)
    return chances[n, v, tokens]


def _check_tokens(tokens) -> np.ndarray:
    tokens = as_array(tokens, name="tokens")
    if tokens.ndim != 2 or tokens.shape[1] != len(VOICES) or not len(tokens):
        raise AudioError(f"tokens have shape {tokens.shape}: give (N, 4), at least one sixteenth")
    if tokens.min() < 0 or tokens.max() >= N_TOKENS:
        raise AudioError(f"tokens hold {tokens.min()} to {tokens.max()}: give 0 to {N_TOKENS - 1}")
    return tokens.astype(np.int64)
