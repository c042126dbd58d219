"""Exercises of the chapter tasks/multimodal."""

from __future__ import annotations

import numpy as np

from .._engine import exercise

WITNESSES = ("sound", "picture", "word")
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def cases_shown() -> list[tuple[int, int, str]]:
    """Five cases as the chapter shows them: the true digit, the digit of the liar, who lies."""
    random = np.random.default_rng(1876)
    drawn = [random.permutation(10)[:2] for _ in range(5)]
    liars = random.permutation([0, 1, 2, int(random.integers(3)), int(random.integers(3))])
    return [(int(a), int(b), WITNESSES[who]) for (a, b), who in zip(drawn, liars, strict=True)]


@exercise(
    "multimodal.liars",
    level="easy",
    hints=(
        "Write down for each case what you hear, what you see and what you read: three digits.",
        "Two of the three agree. The third is the liar, however clearly it speaks.",
        'The answer is a list of five texts, each "sound", "picture" or "word".',
    ),
)
def liars(answer, trial):
    truth = [who for _, _, who in cases_shown()]
    answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
    five = trial.that(
        'the answer is a list of five, each "sound", "picture" or "word"',
        lambda: answer,
        lambda got: (
            isinstance(got, list | tuple) and len(got) == 5 and all(who in WITNESSES for who in got)
        ),
        expected="five texts",
        mistakes=[
            (lambda got: isinstance(got, str), "this is one text: write a list of five"),
            (
                lambda got: str(got[0]).isdigit(),
                "name the witness that lies, not the digit that it tells",
            ),
            (lambda got: len(got) != 5, "there are five cases, A to E: name one liar in each"),
            (
                lambda got: all(str(who).lower().strip() in WITNESSES for who in got),
                "write the names as they stand in the text: lower case, no spaces",
            ),
            (
                lambda got: any(who in ("image", "audio", "voice", "text") for who in got),
                'use the three names of the task: "sound", "picture", "word"',
            ),
        ],
        means="write a list of five names, from A to E",
    )
    if not five:
        return
    right = [mine == theirs for mine, theirs in zip(answer, truth, strict=True)]
    wrong = ", ".join(letter for letter, ok in zip("ABCDE", right, strict=True) if not ok)
    trial.that(
        "in each case the one that is named stands alone against the other two",
        lambda: list(answer),
        lambda got: got == truth,
        expected="the odd one out of every case",
        mistakes=[
            (
                lambda got: len(set(got)) == 1,
                "it is not always the same one: compare all three witnesses in every case",
            ),
            (
                lambda got: got == truth[::-1],
                "these are the liars from E to A: write them from A to E",
            ),
            (lambda got: not any(right), "none of them: two agree, and the *third* is the liar"),
        ],
        means=f"look and listen again to {wrong}",
    )


def _log_softmax(x, axis=-1):
    x = x - x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


@exercise(
    "multimodal.late",
    level="easy",
    hints=(
        "A product of probabilities is a sum of logarithms: which axis holds the models?",
        "The sum is not yet a logarithm of probabilities: they must add up to 1.",
        "Subtract the logarithm of the sum of the exponentials; `np.logaddexp.reduce(total)` "
        "computes it without underflow.",
    ),
)
def late_fusion(answer, trial):
    random = np.random.default_rng(0)
    three = _log_softmax(1.5 * random.standard_normal((3, 10)))
    flat = np.full((1, 10), -np.log(10.0))
    far = _log_softmax(np.array([[0.0, -800.0, -900.0], [-850.0, 0.0, -900.0]]))

    def slips(given):
        total = given.sum(axis=0)
        with np.errstate(divide="ignore"):  # where a mixture holds a zero
            mixture = np.log(np.exp(given).mean(axis=0))
        return [
            (total, "the sum is not normalised: its exponentials must add up to 1"),
            (
                _log_softmax(given.mean(axis=0)),
                "this is the mean of the logarithms, as if all repeated one witness: take the sum",
            ),
            (
                mixture,
                "the mean of the probabilities is a mixture: there one sure model cannot rule a "
                "class out. Multiply",
            ),
            (np.exp(_log_softmax(total)), "these are probabilities: return their logarithms"),
            (total - total.max(), "the largest is 0 now: the *sum* of the exponentials must be 1"),
            (_log_softmax(given.prod(axis=0)), "the logarithms were multiplied: add them"),
            (
                lambda got: got.shape == given.shape[:1] != given.shape[1:],
                "summed over the classes: the models stand in axis 0",
            ),
            (lambda got: got.shape == given.shape, "all models are still there: sum over axis 0"),
            (
                lambda got: not np.isfinite(got).all(),
                "probabilities of 1e-350 are 0 in a computer: stay with logarithms throughout",
            ),
        ]

    trial.close(
        "two models of two classes, worked by hand: 0.8 and 0.6 become 6/7",
        lambda: answer(np.log([[0.8, 0.2], [0.6, 0.4]])),
        np.log([6 / 7, 1 / 7]),
        mistakes=slips(np.log([[0.8, 0.2], [0.6, 0.4]])),
    )
    trial.close(
        "three models of ten classes: the normalised product of their probabilities",
        lambda: answer(three),
        _log_softmax(three.sum(axis=0)),
        mistakes=slips(three),
    )
    trial.close(
        "a model that knows nothing changes nothing",
        lambda: answer(np.concatenate([three, flat])),
        _log_softmax(three.sum(axis=0)),
        mistakes=slips(np.concatenate([three, flat])),
    )
    trial.close(
        "models that are sure beyond what a double can hold as a probability",
        lambda: answer(far),
        _log_softmax(far.sum(axis=0)),
        mistakes=slips(far),
    )


def edit_distance(a: str, b: str) -> int:
    """Fewest typing errors from `a` to `b`; two neighbours that change places count once."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            steps = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (not same)]
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                steps.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(steps)
    return int(table[-1, -1])


@exercise(
    "multimodal.typos",
    level="core",
    hints=(
        "Draw a place and a kind of error first: `random.integers(...)`.",
        "Strings cannot be changed in place: join what stands before the place, the new letter, "
        "and what stands after it.",
        "If the result equals the word (a letter replaced by itself, two equal neighbours "
        "swapped), draw again: `while True:` until it differs.",
    ),
)
def one_error(answer, trial):
    def many(word, n=120, seed=0):
        random = np.random.default_rng(seed)
        return [answer(word, random) for _ in range(n)]

    is_text = trial.that(
        "a text comes back",
        lambda: answer("seven", np.random.default_rng(0)),
        lambda got: isinstance(got, str),
        expected="a text",
        mistakes=[
            (lambda got: isinstance(got, list), "a list of letters: join it, ''.join(letters)"),
            (lambda got: got is None, "nothing came back: does your function end with `return`?"),
        ],
        means="return the word with its error",
    )
    if not is_text:
        return
    trial.that(
        "120 errors in seven: each is exactly one away from the word",
        lambda: many("seven"),
        lambda got: all(edit_distance("seven", typed) == 1 for typed in got),
        expected="one replaced, missing or extra letter, or two neighbours swapped",
        mistakes=[
            (
                lambda got: all(typed == "seven" for typed in got),
                "nothing ever changes: a method of a text returns a new text",
            ),
            (
                lambda got: (
                    {tuple(sorted(typed)) for typed in got if edit_distance("seven", typed) > 1}
                    == {tuple(sorted("seven"))}
                ),
                "letters far apart changed places: swap neighbours only",
            ),
            (
                lambda got: any(edit_distance("seven", typed) > 1 for typed in got),
                "some of these hold more than one error: one place, one kind, once",
            ),
            (
                lambda got: any(typed == "seven" for typed in got),
                "sometimes the word comes back unchanged: if it is the same, draw again",
            ),
        ],
    )
    lengths = [4, 5, 6]
    trial.that(
        "all kinds come up: a letter too few, one too many, one replaced, two swapped",
        lambda: many("seven", 200),
        lambda got: (
            sorted({len(typed) for typed in got}) == lengths
            and any(sorted(typed) == sorted("seven") for typed in got)
            and any(len(typed) == 5 and sorted(typed) != sorted("seven") for typed in got)
        ),
        expected="four kinds",
        mistakes=[
            (lambda got: 4 not in map(len, got), "no letter is ever left out: draw all four kinds"),
            (lambda got: 6 not in map(len, got), "no letter is ever doubled or inserted: draw all"),
            (
                lambda got: sorted("seven") not in map(sorted, got),
                "neighbours never change places: draw among all four kinds",
            ),
        ],
        means="no letter is ever replaced by another one: draw among all four kinds",
    )
    trial.that(
        "every place can be hit, the first and the last too",
        lambda: many("six", 300),
        lambda got: (
            {"ix", "sx", "si"} <= set(got)
            and any(typed[0] != "s" and len(typed) == 3 for typed in got)
            and any(typed[-1] != "x" and len(typed) == 3 for typed in got)
            and any(typed[:3] == "six" and typed[3:] not in ("", "x") for typed in got)
        ),
        expected="also ix, sx and si",
        mistakes=[
            (
                lambda got: "ix" not in got,
                "the first letter is never left out: places count from 0",
            ),
            (
                lambda got: "si" not in got,
                "the last letter is never left out: `random.integers(n)` ends at n - 1",
            ),
        ],
        means="an extra letter may also stand behind the last one: there are len(word) + 1 places",
    )
    trial.that(
        "only letters from a to z come up",
        lambda: many("one", 200),
        lambda got: all(typed.isascii() and typed.isalpha() and typed.islower() for typed in got),
        expected="lower case letters",
        means="the alphabet is that of the words, 'abcdefghijklmnopqrstuvwxyz'",
    )
    trial.that(
        "the generator that is given is the one that draws",
        lambda: (many("three", 8, seed=1), many("three", 8, seed=1), many("three", 8, seed=2)),
        lambda got: got[0] == got[1] and got[0] != got[2],
        expected="the same seed gives the same errors, another seed others",
        means="draw from `random`, not from np.random, and make no new generator inside",
    )


@exercise(
    "multimodal.gate",
    level="core",
    hints=(
        "Whoever is absent gets a score of minus infinity before the softmax: "
        "`scores.masked_fill(~present, -torch.inf)`.",
        "The softmax runs over the modalities, axis 1.",
        "Zero times NaN is NaN: also replace what an absent modality left behind, "
        "`torch.where(present[..., None], embeddings, 0)`, before you sum over axis 1.",
    ),
)
def gated(answer, trial):
    import torch

    generator = torch.Generator().manual_seed(0)
    embeddings = torch.randn(6, 3, 4, generator=generator)
    scores = torch.randn(6, 3, generator=generator)
    everybody = torch.ones(6, 3, dtype=torch.bool)
    some = everybody.clone()
    some[1, 0] = some[2, 1] = some[3, 2] = some[4, 1] = some[4, 2] = False
    spoiled = embeddings.clone()
    spoiled[~some] = float("nan")

    def returned(given, present, part):
        got = answer(given.clone(), scores.clone(), present.clone())
        if got is ... or (isinstance(got, tuple) and any(piece is ... for piece in got)):
            raise NotImplementedError
        return got if part is None else torch.as_tensor(got[part]).detach().cpu().numpy()

    def weigh(present):
        return scores.masked_fill(~present, -torch.inf).softmax(dim=1)

    def fuse(weights, given=embeddings):
        return (weights[..., None] * given).sum(dim=1).numpy()

    is_pair = trial.that(
        "two tensors come back: the mixture (B, D) and the weights (B, M)",
        lambda: returned(embeddings, everybody, None),
        lambda got: len(got) == 2 and got[0].shape == (6, 4) and got[1].shape == (6, 3),
        expected="shapes (6, 4) and (6, 3)",
        mistakes=[
            (lambda got: isinstance(got, torch.Tensor), "return the mixture and the weights"),
            (
                lambda got: got[0].shape == (6, 3) and got[1].shape == (6, 4),
                "the mixture comes first, then the weights",
            ),
            (
                lambda got: got[0].shape == (6, 3, 4),
                "the modalities are still apart: sum over axis 1",
            ),
            (
                lambda got: got[1].shape == (6, 3, 1),
                "the weights have an axis too many: give (B, M)",
            ),
            (
                lambda got: got[0].shape == (6, 3),
                "summed over the features: the modalities stand in axis 1",
            ),
        ],
        means="return (mixture, weights)",
    )
    if not is_pair:
        return
    over_batch = scores.softmax(dim=0)
    trial.close(
        "everybody is there: the weights are a softmax over the modalities",
        lambda: returned(embeddings, everybody, 1),
        weigh(everybody).numpy(),
        mistakes=[
            (
                over_batch.numpy(),
                "the softmax runs over the batch: each example must weigh its own modalities",
            ),
            (scores.numpy(), "these are the scores: a softmax makes weights of them"),
            (scores.sigmoid().numpy(), "a sigmoid of each: the weights do not add up to 1"),
            (
                lambda got: np.isnan(got).all(),
                "the mask is the wrong way round: those who are absent get minus infinity",
            ),
        ],
        means="a softmax over axis 1",
    )
    trial.close(
        "the mixture is the weighted sum of the embeddings",
        lambda: returned(embeddings, everybody, 0),
        fuse(weigh(everybody)),
        mistakes=[
            (fuse(weigh(everybody)) / 3, "this is the mean: the weights add up to 1 already"),
            (embeddings.mean(dim=1).numpy(), "all modalities count alike: use the weights"),
        ],
    )
    zeroed = scores.masked_fill(~some, 0.0).softmax(dim=1)
    trial.close(
        "absent modalities weigh nothing, the others add up to 1",
        lambda: returned(embeddings, some, 1),
        weigh(some).numpy(),
        mistakes=[
            (
                zeroed.numpy(),
                "a score of 0 is no absence: e to the power of 0 is 1. Minus infinity is",
            ),
            (
                (scores.softmax(dim=1) * some).numpy(),
                "the weights of the others no longer add up to 1: mask before the softmax",
            ),
            (scores.softmax(dim=1).numpy(), "`present` was not used"),
        ],
    )
    trial.close(
        "what an absent modality left behind, even NaN, does not leak",
        lambda: returned(spoiled, some, 0),
        fuse(weigh(some)),
        mistakes=[
            (
                lambda got: np.isnan(got).any(),
                "0 times NaN is NaN: replace the embeddings of those who are absent as well",
            )
        ],
    )


@exercise(
    "multimodal.dropout",
    level="core",
    hints=(
        "One draw for each entry: `random.random(present.shape) >= rate` says who stays.",
        "Only who is there can stay: combine with `present`.",
        "Find the rows that lost everything they had, and give each of them back one of those it "
        "had, drawn at random.",
    ),
)
def drop_modalities(answer, trial):
    everybody = np.ones((4000, 3), dtype=bool)

    def drop(present, rate, seed=0):
        got = answer(present.copy(), rate, np.random.default_rng(seed))
        return np.asarray(got)

    shaped = trial.that(
        "it returns booleans of the shape of `present`",
        lambda: drop(everybody, 0.3),
        lambda got: got.shape == everybody.shape and got.dtype == bool,
        expected="(B, M), True where a modality is kept",
        mistakes=[
            (
                lambda got: got.shape == everybody.shape and got.dtype != bool,
                "numbers came back: say who is present, True or False; nothing is rescaled",
            )
        ],
        means="one boolean for each example and modality",
    )
    if not shaped:
        return
    trial.that(
        "no example loses everything",
        lambda: drop(everybody, 0.6),
        lambda got: got.any(axis=1).all(),
        expected="at least one modality in every row",
        means="some rows are empty, and nobody can learn from them: give each one back",
    )
    # kept with probability 1 - r, plus a third of r^3 from rows that would be empty
    wanted = 0.7 + 0.3**3 / 3
    trial.that(
        "a rate of 0.3 drops about three in ten of each modality",
        lambda: drop(everybody, 0.3).mean(axis=0),
        lambda got: (np.abs(got - wanted) < 0.035).all(),
        expected=f"{wanted:.2f} are kept of each",
        mistakes=[
            (
                lambda got: np.abs(got - (0.3 + 0.7**3 / 3)).max() < 0.035,
                "three in ten are kept: the rate is that of dropping",
            ),
            (
                lambda got: np.abs(got - 0.7).min() < 0.03 and got.max() > wanted + 0.01,
                "the rescue favours one modality: draw which one comes back",
            ),
            (lambda got: (got == 1).all(), "nothing was dropped"),
            (lambda got: np.ptp(got) > 0.1, "one modality is dropped more often than another"),
            (
                lambda got: set(np.round(got, 9)) <= {0.0, 1.0},
                "the whole batch loses the same modalities: draw for each example",
            ),
        ],
        means="each modality of each example is dropped with this probability, on its own",
    )
    trial.that(
        "the rescue favours no modality, even where nearly everything is dropped",
        lambda: drop(everybody, 0.95).mean(axis=0),
        lambda got: (np.abs(got - (0.05 + 0.95**3 / 3)) < 0.05).all(),
        expected="about a third each",
        mistakes=[
            (lambda got: got.min() > 0.8, "a row that would be empty got all back: give it one"),
            (
                lambda got: np.ptp(got) > 0.1,
                "the rescue favours one modality: draw which one returns",
            ),
        ],
        means="rows that would be empty get exactly one modality back, any of those they had",
    )
    trial.that(
        "examples lose different modalities",
        lambda: drop(everybody, 0.5),
        lambda got: len(np.unique(got, axis=0)) == 7,
        expected="all seven combinations",
        mistakes=[
            (
                lambda got: len(np.unique(got, axis=0)) == 1,
                "the whole batch loses the same modalities: draw for each example",
            )
        ],
        means="draw for each modality of each example on its own",
    )
    missing = everybody.copy()
    missing[::2, 0] = missing[::3, 1] = missing[::5, 2] = False  # rows 0, 30, ... have nothing
    trial.that(
        "what was absent stays absent, also in the rescue",
        lambda: drop(missing, 0.5),
        lambda got: not (got & ~missing).any(),
        expected="never more than `present`",
        mistakes=[
            (
                lambda got: (got & ~missing)[missing.any(axis=1)].any(),
                "something came back that was never there: combine with `present`, and let the "
                "rescue draw among what the row had",
            ),
        ],
        means="a row that had nothing must stay empty",
    )
    trial.that(
        "the array that was given is left as it was",
        lambda: _left_alone(answer),
        lambda got: got,
        expected="`present` unchanged",
        means="the answer wrote into `present`: work on a copy",
    )


def _left_alone(answer):
    present = np.ones((50, 3), dtype=bool)
    answer(present, 0.5, np.random.default_rng(0))
    return bool(present.all())


@exercise(
    "multimodal.infonce",
    level="core",
    hints=(
        "Bring every row to length 1 first: `nn.functional.normalize(a, dim=1)`.",
        "All similarities at once are `a @ b.T`, a (B, B) table, divided by the temperature. The "
        "right partner of row i stands in column i.",
        "Cross-entropy of the table with the targets 0, 1, ..., B - 1; the same with the "
        "transposed table; the mean of the two.",
    ),
)
def contrastive_loss(answer, trial):
    import torch
    from torch.nn import functional

    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(5, 8, generator=generator) for _ in range(2))
    b = b + 0.7 * a

    def table(a, b, temperature):
        return functional.normalize(a, dim=1) @ functional.normalize(b, dim=1).T / temperature

    def one_way(logits):
        return float(functional.cross_entropy(logits, torch.arange(len(logits))))

    def both(logits):
        return 0.5 * (one_way(logits) + one_way(logits.T))

    def slips(a, b, temperature):
        logits = table(a, b, temperature)
        return [
            (one_way(logits), "only one way: every b must find its a as well"),
            (one_way(logits.T), "only one way: every a must find its b as well"),
            (2 * both(logits), "the two ways are summed: take their mean"),
            (
                both(a @ b.T / temperature),
                "the rows were not brought to length 1: a long embedding would fit everything",
            ),
            (
                both(table(a, b, 1) * temperature),
                "multiplied by the temperature: divide, so that a low one makes the choice sharp",
            ),
            (both(table(a, b, 1)), "the temperature was not used"),
            (-both(logits), "the sign is turned round: this would drive partners apart"),
            (len(a) * both(logits), "summed over the batch: take the mean over its rows"),
            (
                0.5 * (one_way(logits.softmax(1)) + one_way(logits.T.softmax(1))),
                "`cross_entropy` takes logits: it does the softmax itself",
            ),
            (
                both(
                    functional.normalize(a, dim=0) @ functional.normalize(b, dim=0).T / temperature
                ),
                "the columns were brought to length 1: an embedding is a row, axis 1",
            ),
            (
                float((1 - table(a, b, 1).diagonal()).mean()),
                "only partners were compared: without the others everything may fall on one point",
            ),
            (lambda got: np.ndim(got) == 1, "one loss for each row: take the mean over the batch"),
        ]

    def number(*given):
        got = answer(*given)
        if got is ...:
            raise NotImplementedError
        return float(got) if isinstance(got, torch.Tensor) and got.ndim == 0 else got

    for temperature in (0.2, 1.0):
        trial.close(
            f"five pairs at temperature {temperature} agree with the definition",
            lambda t=temperature: number(a, b, t),
            both(table(a, b, temperature)),
            rtol=1e-4,
            mistakes=slips(a, b, temperature),
        )
    trial.close(
        "embeddings that are all alike cost log B: nothing can be told apart",
        lambda: number(torch.ones(4, 3), torch.ones(4, 3), 0.1),
        np.log(4),
        rtol=1e-4,
        mistakes=slips(torch.ones(4, 3), torch.ones(4, 3), 0.1),
    )
    trial.close(
        "the length of an embedding does not matter",
        lambda: number(7 * a, 0.1 * b, 0.2),
        both(table(a, b, 0.2)),
        rtol=1e-4,
        mistakes=slips(7 * a, 0.1 * b, 0.2),
    )


@exercise(
    "multimodal.recall",
    level="core",
    hints=(
        "Sort each row by similarity, the largest first: `np.argsort(-similarity, axis=1)`.",
        "The classes of the first k of each row: `found_class[order[:, :k]]`, of shape (Q, k).",
        "Compare with the query's own class, ask `.any(axis=1)`, take the mean.",
    ),
)
def recall_at(answer, trial):
    random = np.random.default_rng(3)
    query, found = random.integers(0, 4, 12), np.repeat(np.arange(4), 5)
    similarity = random.standard_normal((12, 20)) + 0.8 * (query[:, None] == found)

    def hits(order, k):
        return found[order[:, :k]] == query[:, None]

    best_first = np.argsort(-similarity, axis=1)

    def slips(k):
        right = hits(best_first, k).any(axis=1).mean()
        return [
            (
                hits(np.argsort(similarity, axis=1), k).any(axis=1).mean(),
                "the least similar come first: argsort goes upwards, so turn the sign",
            ),
            (
                hits(best_first, k).mean(),
                "this is the share of right ones among the k: one right one is enough",
            ),
            (
                hits(best_first, k).all(axis=1).mean(),
                "all k were asked to be right: one right one is enough",
            ),
            (
                hits(best_first, k).sum(axis=1).mean(),
                "right ones are counted several times: ask for each query whether there is any",
            ),
            (
                (best_first[:, :k] == query[:, None]).any(axis=1).mean(),
                "places of items were compared with classes: look up the class of each place",
            ),
            (
                hits(best_first[:, 1:], k).any(axis=1).mean(),
                "the most similar item was skipped: here no query is an item of its own gallery",
            ),
            (100 * right, "this is in percent: return a share, up to 1"),
            (right * len(query), "this is a count: divide by the number of queries"),
            (
                hits(best_first[:, k - 1 :], 1).mean(),
                "only the k-th is looked at: all of the first k count",
            ),
            (
                np.mean([i in best_first[i, :k] for i in range(len(query))]),
                "item i was sought for query i: any item of the same class counts",
            ),
        ]

    for k in (1, 3, 5):
        trial.close(
            f"12 queries, 20 items, k = {k}",
            lambda k=k: answer(similarity, query, found, k),
            hits(best_first, k).any(axis=1).mean(),
            mistakes=slips(k),
        )
    trial.close(
        "with all items in view, every class that is there is found",
        lambda: answer(similarity, query, found, 20),
        1.0,
        mistakes=slips(20),
    )
    trial.close(
        "a class that no item has is not found",
        lambda: answer(similarity[:4], np.array([9, 9, 0, 1]), found, 20),
        0.5,
        mistakes=[(1.0, "a query whose class is not there cannot have been found")],
    )


@exercise(
    "multimodal.align",
    level="core",
    hints=(
        "Start from a small random matrix: `0.1 * torch.randn(D1, D2, device=source.device)`, then "
        "`.requires_grad_()`.",
        "An optimiser takes it in a list: `torch.optim.Adam([matrix], lr=0.03)`. In each step: the "
        "loss, `zero_grad`, `backward`, `step`.",
        "The loss is that of exercise 6, here written out: normalise both, multiply, divide by the "
        "temperature, cross-entropy both ways. Return `matrix.detach()`.",
    ),
    time_limit_s=20.0,
)
def align(answer, trial):
    import torch
    from torch.nn import functional

    from audiolessons import training

    device = training.pick_device()
    n_pairs, width = (4096, 256) if device.type == "cuda" else (96, 24)
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    hidden = draw(2 * n_pairs, 16)
    source = (hidden @ draw(16, width) / 4 + 0.2 * draw(2 * n_pairs, width)).to(device)
    target = (hidden @ draw(16, width // 2) / 4 + 0.2 * draw(2 * n_pairs, width // 2)).to(device)
    before = source.clone(), target.clone()
    known, new = slice(None, n_pairs), slice(n_pairs, n_pairs + 64)
    found = []

    def learned():
        if not found:
            torch.manual_seed(0)
            found.append(answer(source[known], target[known], 120, 0.1))
        if found[0] is ...:
            raise NotImplementedError
        return found[0]

    def recall(matrix, rows):
        moved = functional.normalize(source[rows].double() @ matrix.detach().double(), dim=1)
        table = moved @ functional.normalize(target[rows].double(), dim=1).T
        right = table.argmax(dim=1) == torch.arange(len(table), device=table.device)
        return float(right.double().mean())

    shape = (width, width // 2)
    is_matrix = trial.that(
        f"on the {device.type}: a matrix comes back, from {width} to {width // 2} features",
        learned,
        lambda got: (
            isinstance(got, torch.Tensor) and got.shape == shape and got.device.type == device.type
        ),
        expected=f"a tensor of shape {shape} on the {device.type}",
        mistakes=[
            (
                lambda got: isinstance(got, torch.nn.Module),
                "a layer came back: return its weight, turned so that `source @ matrix` works",
            ),
            (
                lambda got: got.shape == shape[::-1],
                "this matrix is turned over: `source @ matrix` must have the width of `target`",
            ),
            (
                lambda got: got.device.type != device.type,
                "the matrix is on another device than the data: create it on `source.device`",
            ),
            (
                lambda got: got.shape == target[known].shape,
                "these are the moved embeddings: return the matrix that moves them",
            ),
        ],
        means="return the learned matrix, so that `source @ matrix` can be compared with `target`",
    )
    if not is_matrix:
        return
    trial.that(
        "the matrix carries no gradient",
        learned,
        lambda got: not got.requires_grad,
        expected="requires_grad is False",
        means="end with `.detach()`",
    )
    trial.that(
        "64 new pairs find each other: recall@1 of at least 0.8",
        lambda: recall(learned(), new),
        lambda got: got >= 0.8,
        expected="at least 0.8 (guessing gives 0.016)",
        mistakes=[
            (
                lambda got: got < 0.08 and recall(learned(), known) < 0.08,
                "no better than guessing: does the optimiser hold the matrix, does every step call "
                "`backward` and `step`, and does the loss fall?",
            ),
            (
                lambda got: recall(learned(), known) > got + 0.3,
                "learned by heart: the pairs of the training find each other, new ones do not",
            ),
        ],
        means="not there yet: are all steps taken, both ways counted, and the rows normalised?",
    )
    trial.that(
        "`source` and `target` are as they were",
        lambda: bool(torch.equal(source, before[0]) and torch.equal(target, before[1])),
        lambda got: got,
        expected="unchanged",
        means="the answer wrote into its input: normalise copies",
    )


@exercise(
    "multimodal.join",
    level="stretch",
    hints=(
        "Which axis holds the examples, and which the features? Only one of them may grow.",
        "`torch.cat(parts, dim=1)`: no `reshape` is needed, whatever the widths.",
        "Compare `len(part)` of all parts first, and raise `al.AudioError` with the sizes in the "
        "message if they differ.",
    ),
)
def joined(answer, trial):
    import torch

    generator = torch.Generator().manual_seed(0)

    def draw(*widths, n=6):
        return [torch.randn(n, width, generator=generator) for width in widths]

    equal, uneven, single = draw(4, 4), draw(3, 5, 2), draw(4, 4, n=1)
    square = draw(6, 6)

    def join(parts):
        got = answer([part.clone() for part in parts])
        if got is ...:
            raise NotImplementedError
        return got

    def slips(parts):
        n, total = len(parts[0]), sum(part.shape[1] for part in parts)
        found = [
            (
                lambda got: tuple(got.shape) == (n * len(parts), parts[0].shape[1]),
                "there are now more examples than before: the features grow, axis 1",
            ),
            (lambda got: got.ndim == 3, "stacked on a new axis: join along the features, axis 1"),
            (torch.cat(parts[::-1], dim=1).numpy(), "the parts stand in another order than given"),
            (lambda got: tuple(got.shape) == (total, n), "turned over: examples stand in the rows"),
            (
                lambda got: (
                    tuple(got.shape) == (n, total)
                    and not np.allclose(got[0], torch.cat([part[0] for part in parts]))
                ),
                "the shape is right and the rows are not: row 0 must hold what the modalities say "
                "of example 0. `reshape` deals numbers out in reading order; it knows no examples",
            ),
            (
                lambda got: (
                    tuple(got.shape) == (n, total)
                    and np.allclose(got[0], torch.cat([part[0] for part in parts]))
                ),
                "the first row is right, and others are not: does every row hold its own example?",
            ),
            (
                lambda got: tuple(got.shape) == tuple(parts[0].shape),
                "the parts were added, not joined: the first layer could no longer tell them apart",
            ),
        ]
        return found

    for what, parts in (
        ("one example: nothing can be mixed up", single),
        ("six examples, two modalities of equal width", equal),
        ("three modalities of unequal width", uneven),
        ("as many examples as features: every axis fits", square),
    ):
        trial.close(
            what,
            lambda parts=parts: join(parts),
            torch.cat(parts, dim=1).numpy(),
            mistakes=slips(parts),
        )
    order = torch.tensor([3, 1, 5, 0, 4, 2])
    trial.that(
        "an example's row does not depend on its neighbours in the batch",
        lambda: torch.allclose(join(equal)[order], join([part[order] for part in equal])),
        lambda got: got,
        expected="shuffle, then join = join, then shuffle",
        means="rows of different examples are mixed: this test finds the fault without knowing it",
    )
    trial.raises(
        "six sounds and five pictures are an error that says so",
        lambda: join([equal[0], equal[1][:5]]),
        means="raise al.AudioError if the parts hold different numbers of examples: a RuntimeError "
        "from inside a library, or a silent repetition, helps nobody",
    )
    trial.raises(
        "six sounds and one picture are an error, too",
        lambda: join([equal[0], equal[1][:1]]),
        means="compare the sizes, instead of expanding one picture or cutting the sounds to one",
    )
