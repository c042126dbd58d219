"""Exercises of the chapter music/generation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- what copying is worth ------------------------------------------------------------------------

N_TOKENS = 47


def _copying(*, first=1, share=N_TOKENS - 1, log=np.log, mean=True, sign=-1, of="log"):
    """The measure with its parts exchangeable."""

    def copying_nats(tokens, stay):
        tokens = np.asarray(tokens)
        held = tokens[1:] == tokens[:-1]
        chances = np.where(held, stay, (1 - stay) / share)
        if not first:  # the first row is asked for as well, by chance
            chances = np.concatenate([np.full((1, tokens.shape[1]), 1 / N_TOKENS), chances])
        if of == "mean":
            return float(sign * log(chances.mean()))
        nats = sign * log(chances)
        return float(nats.mean() if mean else nats.sum())

    return copying_nats


def _along_voices(tokens, stay):
    return _copying()(np.asarray(tokens).T, stay)


def _some_tokens(random):
    tokens = random.integers(1, 5, (int(random.integers(2, 9)), int(random.integers(2, 5))))
    return tokens, float(random.uniform(0.05, 0.95))


TOKENS = np.array([[37, 32, 29, 13], [37, 32, 27, 13], [38, 32, 27, 0], [38, 30, 27, 0]])


@exercise(
    "generation.copying",
    level="easy",
    hints=(
        "Where a voice repeats the row before, `tokens[1:] == tokens[:-1]`, its chance is `stay`.",
        "Everywhere else the chance is (1 - stay) / 46: what is left, shared among 46 tokens.",
        "`-np.log(chances).mean()`, over all voices and all rows but the first.",
    ),
    probes=[
        probe("four rows, stay = 0.77", TOKENS, 0.77),
        probe("all is held: -log(0.5)", np.full((3, 4), 7), 0.5),
        probe("nothing is held", np.array([[1, 2, 3], [2, 3, 1]]), 0.9),
        probe("five voices, stay = 0.2", np.array([[1, 2, 3, 4, 5], [1, 9, 3, 4, 8]]), 0.2),
    ],
    wrong=[
        (_copying(share=1), "46 tokens share what is left: divide 1 - stay by 46"),
        (_copying(share=N_TOKENS), "46 others share what is left, not 47: one of them stays"),
        (_copying(first=0), "the first row has nothing before it: begin with the second"),
        (_copying(log=np.log2), "these are bits: take the natural logarithm"),
        (_copying(mean=False), "this is the sum: take the mean over voices and rows"),
        (_copying(sign=1), "the sign: a chance below 1 has a negative logarithm"),
        (_copying(of="mean"), "the logarithm of the mean: take the mean of the logarithms"),
        (_along_voices, "compared with the voice beside it: compare with the row before"),
    ],
    valid=_some_tokens,
)
def copying_nats(tokens, stay):
    return _copying()(tokens, stay)


# --- a table of what follows ----------------------------------------------------------------------


def _table(*, across=False, start=1.0, axis=1, turned=False, divide=True, distinct=False):
    """The counts with their parts exchangeable."""

    def transitions(melodies, n_tokens):
        table = np.full((n_tokens, n_tokens), start)
        lines = [[note for one in melodies for note in one]] if across else melodies
        for line in lines:
            pairs = list(pairwise(line))
            for before, after in set(pairs) if distinct else pairs:
                table[(after, before) if turned else (before, after)] += 1
        if not divide:
            return table
        total = table.sum(axis=axis, keepdims=True)
        return table / np.where(total == 0, 1, total)

    return transitions


def _some_melodies(random):
    n_tokens = int(random.integers(2, 6))
    lengths = random.integers(1, 9, size=int(random.integers(1, 4)))
    return [random.integers(0, n_tokens, size=n).tolist() for n in lengths], n_tokens


@exercise(
    "generation.table",
    level="core",
    hints=(
        "Begin with a table of ones, so that nothing is impossible.",
        "`table[before, after] += 1` for each pair of neighbours, melody by melody.",
        "Divide each row by its sum: `table / table.sum(axis=1, keepdims=True)`.",
    ),
    probes=[
        probe("one melody", [[0, 1, 1, 2]], 3),
        probe("no pair from one melody into the next", [[0, 1], [2, 2], [0]], 3),
        probe("tokens that never come", [[3, 3, 3]], 4),
        probe("a pair that comes twice", [[0, 1, 0, 1, 2], [1, 0]], 3),
    ],
    wrong=[
        (_table(across=True), "a pair joins the end of one melody and the start of the next"),
        (_table(start=0.0), "begin with ones: what never came is not impossible"),
        (_table(start=0.5), "each pair begins with a count of 1"),
        (_table(axis=0), "the columns add up to 1: divide each row by its sum"),
        (_table(turned=True), "rows are what came before, columns what comes after"),
        (_table(divide=False), "these are counts: divide each row by its sum"),
        (_table(distinct=True), "a pair that comes twice counts twice"),
    ],
    valid=_some_melodies,
)
def transitions(melodies, n_tokens):
    return _table()(melodies, n_tokens)


# --- temperature and what is allowed --------------------------------------------------------------


def _chances(*, temper=lambda x, t: x / t, renormal=True, forbidden=-np.inf, use=True, late=False):
    """The distribution with its parts exchangeable."""

    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    def allowed_chances(logits, temperature, allowed):
        logits, allowed = np.asarray(logits, dtype=float), np.asarray(allowed, dtype=bool)
        x = temper(logits, temperature)
        if not use:
            return softmax(x)
        if late:
            chances = np.where(allowed, softmax(x), 0)
            return chances / chances.sum() if renormal else chances
        return softmax(np.where(allowed, x, forbidden))

    return allowed_chances


def _untempered(logits, temperature, allowed):
    return _chances(temper=lambda x, t: x)(logits, temperature, allowed)


def _turned(logits, temperature, allowed):
    return _chances()(logits, temperature, ~np.asarray(allowed, dtype=bool))


def _likeliest(logits, temperature, allowed):
    x = np.where(allowed, logits, -np.inf)
    return np.eye(len(x))[int(np.argmax(x))]


def _some_logits(random):
    n = int(random.integers(2, 8))
    allowed = random.random(n) < 0.7
    allowed[random.integers(n)] = True
    return random.normal(0, 2, n), float(random.uniform(0.2, 3)), allowed


@exercise(
    "generation.chances",
    level="core",
    hints=(
        "Divide the logits by the temperature first.",
        "A token that is not allowed gets the logit -inf: its chance is exp(-inf) = 0.",
        "The softmax of what is left adds up to 1 by itself: `e / e.sum()`, e = exp(logits - max).",
    ),
    probes=[
        probe("all allowed, temperature 1", [0.0, 1.0, 2.0], 1.0, [True, True, True]),
        probe("cool: 0.5", [0.0, 1.0, 2.0, -1.0], 0.5, [True, True, True, True]),
        probe("hot, two of four allowed", [3.0, 0.0, 1.0, 2.0], 2.0, [False, True, True, False]),
        probe("one alone is allowed", [5.0, -3.0], 0.7, [False, True]),
        probe("large logits do not overflow", [900.0, 899.0, 0.0], 1.0, [True, True, False]),
    ],
    wrong=[
        (_chances(temper=lambda x, t: x * t), "the logits are multiplied by the temperature"),
        (_untempered, "the temperature is not used: divide the logits by it"),
        (_chances(late=True, renormal=False), "what is left does not add up to 1"),
        (_chances(forbidden=0.0), "a logit of 0 is not impossible: exp(0) is 1; use -inf"),
        (_chances(use=False), "what is not allowed still has a chance"),
        (_turned, "these are the chances of what is not allowed"),
        (_likeliest, "this is the likeliest token alone: return the chances of all"),
    ],
    valid=_some_logits,
)
def allowed_chances(logits, temperature, allowed):
    return _chances()(logits, temperature, allowed)


# --- scores by distance ---------------------------------------------------------------------------


def _by_frame(*, row="query", above=-np.inf, far="last", flip=False, back=0):
    """The rearrangement with its parts exchangeable."""

    def by_frame(scores):
        scores = np.asarray(scores, dtype=float)
        n_frames, n_distances = scores.shape
        moved = np.full((n_frames, n_frames), above)
        for n in range(n_frames):
            for m in range(n + 1):
                distance = n - m + back
                if distance >= n_distances:
                    if far != "last":
                        moved[n, m] = far
                        continue
                    distance = n_distances - 1
                column = n_distances - 1 - distance if flip else distance
                moved[n, m] = scores[n if row == "query" else m, column]
        return moved

    return by_frame


def _ahead(scores):
    return _by_frame()(scores).T


def _some_scores(random):
    shape = int(random.integers(1, 7)), int(random.integers(1, 6))
    return (np.round(random.normal(size=shape), 3),)


def _counting(n, d):
    return 10.0 * np.arange(n)[:, None] + np.arange(d)


@exercise(
    "generation.distances",
    level="core",
    hints=(
        "Frame m lies n - m back from frame n. Its score stands in row n, column n - m.",
        "What lies farther back than the last column takes the last: min(n - m, D - 1).",
        "Above the diagonal, where m > n, nothing may be looked at: -inf.",
    ),
    probes=[
        probe("three frames, three distances", _counting(3, 3)),
        probe("five frames, two distances: what is farther shares the last", _counting(5, 2)),
        probe("more distances than frames", _counting(2, 4)),
        probe("one frame looks at itself", _counting(1, 1) + 7),
    ],
    wrong=[
        (_by_frame(row="key"), "row m is read: the frame that looks, n, has the scores"),
        (_by_frame(above=0.0), "0 above the diagonal still has a weight after the softmax: -inf"),
        (_by_frame(far=0.0), "frames that are too far have 0: they share the last column"),
        (
            _by_frame(far=-np.inf),
            "frames that are too far are shut out: they share the last",
        ),
        (_by_frame(flip=True), "the columns are read from the right: distance 0 stands first"),
        (_by_frame(back=1), "off by one: a frame is at distance 0 from itself"),
        (_ahead, "this looks ahead: rows are the frames that look, columns those looked at"),
    ],
    valid=_some_scores,
    forbidden={"no `by_distance` of the package": ("by_distance",)},
)
def by_frame(scores):
    return _by_frame()(scores)


# --- the divergence, and what is free -------------------------------------------------------------


def _divergence(*, half=0.5, variance=np.exp, free="number", one=1.0, batch="mean", sign=1.0):
    """The divergence with its parts exchangeable."""

    def divergence(mean, log_variance, free_nats):
        mean, log_variance = np.asarray(mean, float), np.asarray(log_variance, float)
        nats = sign * half * (mean**2 + variance(log_variance) - one - log_variance)
        if free == "each":
            return float(np.maximum(nats, free_nats).mean(axis=0).sum())
        nats = nats.mean(axis=0) if batch == "mean" else nats.sum(axis=0)
        if free == "number":
            return float(np.maximum(nats, free_nats).sum())
        if free == "sum":
            return float(max(nats.sum(), free_nats))
        if free == "less":
            return float(np.maximum(nats - free_nats, 0).sum())
        return float(nats.sum())

    return divergence


def _some_gaussians(random):
    shape = int(random.integers(1, 5)), int(random.integers(1, 4))
    return random.normal(size=shape), random.normal(size=shape), float(random.uniform(0, 0.6))


MEANS = np.array([[1.0, 0.0, -0.5], [2.0, 0.1, 0.5]])
LOGS = np.array([[0.0, -0.2, -1.0], [-1.0, 0.3, 0.5]])


@exercise(
    "generation.divergence",
    level="core",
    hints=(
        "Of one number: (mean² + variance - 1 - log variance) / 2, the variance being "
        "exp(log_variance).",
        "First the mean over the batch, axis 0: one figure for each number.",
        "`np.maximum(nats, free_nats).sum()`: each number pays at least what is free.",
    ),
    probes=[
        probe("nothing is free", MEANS, LOGS, 0.0),
        probe("half a nat is free for each number", MEANS, LOGS, 0.5),
        probe("collapsed: three numbers pay 0.25 each", np.zeros((2, 3)), np.zeros((2, 3)), 0.25),
        probe("what is free, of two melodies", [[2.0, 0.0], [0.0, 0.1]], np.zeros((2, 2)), 0.5),
        probe("one melody, two numbers", np.array([[1.5, -1.0]]), np.array([[-2.0, 1.0]]), 0.1),
    ],
    wrong=[
        (_divergence(half=1.0), "twice as much as it is: half of the sum of the four terms"),
        (_divergence(variance=lambda x: np.exp(x / 2)), "that is the standard deviation, "
         "exp(log_variance / 2): the variance is exp(log_variance)"),
        (_divergence(one=0.0), "the 1 is missing: mean 0 and variance 1 cost nothing"),
        (_divergence(free=None), "free_nats is not used: no number pays less than that"),
        (_divergence(free="each"), "take the mean over the batch first, and what is free then"),
        (_divergence(free="sum"), "free_nats belongs to each number, not to their sum"),
        (_divergence(free="less"), "free nats are not taken off: max(nats, free_nats)"),
        (_divergence(batch="sum"), "the batch is summed: take the mean over melodies"),
    ],
    valid=_some_gaussians,
)  # fmt: skip
def divergence(mean, log_variance, free_nats):
    return _divergence()(mean, log_variance, free_nats)


# --- books of what is left over -------------------------------------------------------------------


def _codes(*, leave=True, best=np.argmin, distance="square", once=False):
    """The codes with their parts exchangeable."""

    def encode(frame, books):
        left, codes = np.array(frame, dtype=float), []
        for number, book in enumerate(np.asarray(one, dtype=float) for one in books):
            if distance == "square":
                scores = ((book - left) ** 2).sum(axis=1)
            elif distance == "dot":
                scores = -book @ left
            else:
                scores = np.abs(book.sum(axis=1) - left.sum())
            code = int(best(scores))
            codes.append(code)
            if leave and not (once and number):
                left -= book[code]
        return codes

    return encode


def _added(frame, books):
    left, codes = np.array(frame, dtype=float), []
    for book in books:
        code = int(((np.asarray(book) - left) ** 2).sum(axis=1).argmin())
        codes.append(code)
        left = left + np.asarray(book)[code]
    return codes


def _some_books(random):
    size = int(random.integers(1, 4))
    books = [random.normal(0, 3.0**-k, (int(random.integers(2, 6)), size)) for k in range(3)]
    return random.normal(size=size), books[: int(random.integers(1, 4))]


BOOKS = [
    np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [8.0, 8.0]]),
    np.array([[1.0, 1.0], [-1.0, -1.0], [2.0, -2.0], [-2.0, 2.0]]),
    np.array([[0.3, 0.0], [0.0, 0.3], [-0.3, 0.0], [0.0, -0.3]]),
]

SMALL_BOOKS = [
    np.array([[0.5, 0.5], [-0.6, 0.4]]),
    np.array([[-0.3, 0.2], [-1.0, 0.7], [0.3, -0.2]]),
]


@exercise(
    "generation.books",
    level="stretch",
    hints=(
        "Of the first book, the entry nearest to the frame: `((book - left) ** 2).sum(axis=1)`.",
        "Take that entry away from what is left; the next book describes the rest.",
        "`left = left - book[code]` in the loop, and one code for each book.",
    ),
    probes=[
        probe("three books", [8.9, -1.1], BOOKS),
        probe("the rest is negative", [6.8, 7.3], BOOKS),
        probe("one book", [3.0, 9.0], BOOKS[:1]),
        probe("two books of unequal size", [-2.2, 1.9], [BOOKS[0][:2], BOOKS[1]]),
        probe("an entry that is long is not near", [2.0, 1.5], BOOKS[:2]),
        probe("a frame that is small", [-0.3, 0.2], SMALL_BOOKS),
        probe("what three books leave", [0.8, 11.2], BOOKS),
    ],
    wrong=[
        (_codes(leave=False), "each book describes the frame itself: take away what the ones "
         "before it have described"),
        (_codes(best=np.argmax), "these are the farthest entries: take the nearest"),
        (_codes(distance="dot"), "the largest product prefers long entries: take the nearest"),
        (_codes(distance="sum"), "sums are compared: add up the squares of the differences"),
        (_codes(once=True), "only the first entry is taken away: each book leaves a rest"),
        (_added, "the entry is added: what is left is the frame less the entry"),
    ],
    valid=_some_books,
)  # fmt: skip
def encode(frame, books):
    return _codes()(frame, books)


# --- the bug hunt: a harmoniser -----------------------------------------------------------------


def _softmax(logits):
    e = np.exp(logits - logits.max())
    return e / e.sum()


def _surprise(*, reads="all", passes=True, steps="all", hears="before", loss="nats", mean=True,
              begins=True):  # fmt: skip
    """The encoder-decoder's loss with its parts exchangeable."""

    def surprise(encode, step, melody, harmony):
        seen, state = encode(melody if reads == "all" else melody[:1])
        if not begins:
            state = np.zeros_like(state)
        first, token, costs = state, 0, []
        for n, target in enumerate(harmony if steps == "all" else harmony[:1]):
            heard = {"before": token, "start": 0, "target": target}[hears]
            logits, new = step(heard, state if passes else first, seen[n if reads == "all" else 0])
            state, token = new, target
            chances = _softmax(np.asarray(logits))
            if loss == "nats":
                costs.append(-np.log(chances[target]))
            else:
                costs.append(np.mean((chances - np.eye(len(chances))[target]) ** 2))
        return float(np.mean(costs) if mean else np.sum(costs))

    return surprise


def _network(seed, n_tokens=5, size=3):
    """Return an encoder and a step of a decoder with drawn weights, in plain numpy."""
    random = np.random.default_rng(seed)
    tokens, into, back, heard, out = (
        random.normal(size=shape)
        for shape in ((n_tokens, size), (size, size), (size, size), (n_tokens, size),
                      (size, n_tokens))
    )  # fmt: skip

    def encode(melody):
        seen, state = [], np.zeros(size)
        for note in melody:
            state = np.tanh(tokens[note] + state @ back)
            seen.append(state)
        return np.array(seen), state

    def step(token, state, context):
        state = np.tanh(heard[token] + context @ into + state @ back)
        return 2 * state @ out, state

    return encode, step


def _some_harmony(random):
    encode, step = _network(int(random.integers(1000)))
    n = int(random.integers(2, 8))
    return encode, step, random.integers(0, 5, n).tolist(), random.integers(0, 5, n).tolist()


@exercise(
    "generation.harmoniser",
    level="stretch",
    hints=(
        "What does her loss do if you change the last note of the melody? It should change.",
        "`seen[n]` is what the encoder made of step n; the state that `step` returns goes into the "
        "next step, and so does the token of the harmony that was right.",
        "For each step `-log_softmax(logits)[harmony[n]]`, with the token *before*, 0 at the "
        "start; return the mean.",
    ),
    probes=[
        probe("four notes", *_network(0), [1, 2, 3, 2], [4, 3, 3, 1]),
        probe("one note", *_network(1), [3], [2]),
        probe("six notes, held", *_network(2), [1, 1, 1, 4, 4, 4], [2, 2, 0, 0, 3, 3]),
        probe("another network, five notes", *_network(3, 7, 4), [6, 5, 3, 1, 0], [1, 6, 2, 2, 5]),
    ],
    wrong=[
        (_surprise(reads="first"), "only the first note of the melody is read"),
        (_surprise(passes=False), "the state is not passed on: every step begins anew"),
        (_surprise(steps="first"), "only the first step counts: add up all of them"),
        (_surprise(loss="mse"), "squared errors of chances: take -log of the right one's"),
        (_surprise(hears="start"), "the token before is not heard: the decoder hears 0 for ever"),
        (_surprise(hears="target"), "the decoder hears the answer: give it the token before"),
        (_surprise(begins=False), "the decoder does not begin with the encoder's last state"),
        (_surprise(mean=False), "this is the sum: take the mean over the steps"),
    ],
    valid=_some_harmony,
)
def surprise(encode, step, melody, harmony):
    return _surprise()(encode, step, melody, harmony)


# The exercise that needs torch stands in a module of its own.
from audiolessons.exercises.music import _generation_networks  # noqa: E402, F401
