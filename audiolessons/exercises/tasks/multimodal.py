"""Exercises of the chapter tasks/multimodal: joining what several witnesses say."""

from __future__ import annotations

from collections import Counter
from string import ascii_lowercase

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import names_in, noise

WITNESSES = ("sound", "picture", "word")


# --- who is lying -------------------------------------------------------------------------------


def cases_shown() -> list[tuple[int, int, str]]:
    """Five cases as the chapter shows them: the true digit, the digit of the liar, who lies."""
    random = np.random.default_rng(1876)
    drawn = [random.permutation(10)[:2] for _ in range(5)]
    liars = random.permutation([0, 1, 2, int(random.integers(3)), int(random.integers(3))])
    return [(int(a), int(b), WITNESSES[who]) for (a, b), who in zip(drawn, liars, strict=True)]


def _truth() -> list[str]:
    return [who for _, _, who in cases_shown()]


def _five_names(answer):
    names = names_in(answer)
    return {
        "names": len(names),
        "they are sound, picture or word": set(names) <= set(WITNESSES),
        "they are digits": all(name.isdigit() for name in names),
    }


def _cases(answer):
    names, truth = names_in(answer), _truth()
    facts = {
        f"case {letter}": i < len(names) and names[i] == truth[i]
        for i, letter in enumerate("ABCDE")
    }
    return facts | {
        "always the same one": len(set(names)) == 1,
        "from E to A": names == truth[::-1],
    }


def _exchanged(a, b):
    return [{a: b, b: a}.get(name, name) for name in _truth()]


@exercise(
    "multimodal.liars",
    level="easy",
    hints=(
        "Write down for each case what you hear, what you see and what you read: three digits.",
        "Two of the three agree. The third is the liar, however clearly it speaks.",
        'The answer is a list of five texts, each "sound", "picture" or "word".',
    ),
    probes=[
        probe(
            'the answer holds five names, each "sound", "picture" or "word"', observe=_five_names
        ),
        probe("in each case the one that is named stands alone against the two", observe=_cases),
    ],
    wrong=lambda: [
        *(
            (
                [who] * 5,
                "it is not always the same one: compare all three witnesses in every case",
            )
            for who in WITNESSES
        ),
        (_truth()[::-1], "these are the liars from E to A: write them from A to E"),
        (list("12345"), "name the witness that lies, not the digit that it tells"),
        *(
            (_exchanged(a, b), f"the {a} and the {b} are exchanged wherever one of them lies")
            for a, b in (("sound", "picture"), ("sound", "word"), ("picture", "word"))
        ),
    ],
)
def liars():
    return _truth()


# --- multiply the votes -------------------------------------------------------------------------


def _normal(total):
    return total - np.logaddexp.reduce(total)


def _votes(*shape, seed=0, scale=1.5):
    drawn = scale * noise(*shape, seed=seed)
    return drawn - np.logaddexp.reduce(drawn, axis=1, keepdims=True)


THREE = _votes(3, 10)
FAR = np.array([[0.0, -800.0, -900.0], [-850.0, 0.0, -900.0]])  # normalised: 1 + e^-800 is 1
TOO_SMALL = (
    "probabilities of 1e-350 are 0 in a computer: stay with logarithms throughout, or take off the "
    "largest before you return to exponentials"
)


@exercise(
    "multimodal.late",
    level="easy",
    hints=(
        "A product of probabilities is a sum of logarithms: which axis holds the models?",
        "The sum is not yet a logarithm of probabilities: they must add up to 1.",
        "Subtract the logarithm of the sum of the exponentials; `np.logaddexp.reduce(total)` "
        "computes it without underflow.",
    ),
    probes=[
        probe(
            "two models of two classes, worked by hand: 0.8 and 0.6 become 6/7",
            np.log([[0.8, 0.2], [0.6, 0.4]]),
        ),
        probe("three models of ten classes: the normalised product of their probabilities", THREE),
        probe(
            "a model that knows nothing changes nothing",
            np.concatenate([THREE, np.full((1, 10), -np.log(10.0))]),
        ),
        probe("one model alone", _votes(1, 4, seed=1)),
        probe("models that are sure beyond what a double can hold as a probability", FAR),
    ],
    wrong=[
        (
            lambda log_p: log_p.sum(axis=0),
            "the sum is not normalised: its exponentials must add up to 1",
        ),
        (
            lambda log_p: _normal(log_p.mean(axis=0)),
            "this is the mean of the logarithms, as if all repeated one witness: take the sum",
        ),
        (
            lambda log_p: np.log(np.exp(log_p).mean(axis=0)),
            "the mean of the probabilities is a mixture: there one sure model cannot rule a class "
            "out. Multiply",
        ),
        (
            lambda log_p: np.exp(_normal(log_p.sum(axis=0))),
            "these are probabilities: return their logarithms",
        ),
        (
            lambda log_p: log_p.sum(axis=0) - log_p.sum(axis=0).max(),
            "the largest is 0 now: the *sum* of the exponentials must be 1",
        ),
        (lambda log_p: _normal(log_p.prod(axis=0)), "the logarithms were multiplied: add them"),
        (
            lambda log_p: _normal(log_p.sum(axis=1)),
            "summed over the classes: the models stand in axis 0",
        ),
        (
            lambda log_p: log_p - np.logaddexp.reduce(log_p, axis=0),
            "all models are still there: sum over axis 0",
        ),
        (
            lambda log_p: log_p.sum(axis=0) / log_p.sum(),
            "divided by the sum of the logarithms: subtract the logarithm of the sum of the "
            "exponentials",
        ),
        (
            lambda log_p: log_p.sum(axis=0) - log_p.sum(),
            "the sum of the logarithms is taken off: take off the logarithm of the sum of the "
            "exponentials",
        ),
        (
            lambda log_p: log_p.sum(axis=0) + np.logaddexp.reduce(log_p.sum(axis=0)),
            "the logarithm of the sum is added: to divide by a sum, subtract its logarithm",
        ),
        (
            lambda log_p: log_p.sum(axis=0) - np.exp(log_p.sum(axis=0)).sum(),
            "the sum of the exponentials is taken off: its logarithm is to be",
        ),
        *(
            (wrong, TOO_SMALL)
            for wrong in (
                lambda log_p: np.log(np.exp(log_p).prod(axis=0) / np.exp(log_p).prod(axis=0).sum()),
                lambda log_p: log_p.sum(axis=0) - np.log(np.exp(log_p.sum(axis=0)).sum()),
                lambda log_p: (
                    np.log(np.exp(log_p).prod(axis=0)) - np.log(np.exp(log_p).prod(axis=0).sum())
                ),
            )
        ),
    ],
    valid=lambda random: (
        _votes(
            *random.integers(1, 6, 2),
            seed=int(random.integers(1000)),
            scale=random.choice([1.5, 300]),
        ),
    ),
)
def late_fusion(log_p):
    return _normal(log_p.sum(axis=0))


# --- one slip of the finger ---------------------------------------------------------------------

N_TYPED = 2000  # so many that no letter and no place is missed by chance


def _one_away(word) -> dict[str, set[str]]:
    """What one typing error can make of a word, for each kind of error."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {
        "left out": {a + b[1:] for a, b in cuts if b},
        "put in": {a + letter + b for a, b in cuts for letter in ascii_lowercase},
        "replaced": {a + letter + b[1:] for a, b in cuts if b for letter in ascii_lowercase},
        "swapped": {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1},
    }
    return {kind: words - {word} for kind, words in found.items()}


def _typed(answer, word, seed):
    """What was typed, or a fact that says why there is nothing to look at."""
    random = np.random.default_rng(seed)
    typed = [answer(word, random) for _ in range(N_TYPED)]
    if not isinstance(typed[0], str):
        return None, {"what comes back": type(typed[0]).__name__}
    if len(set(typed)) == 1:
        away = set().union({word}, *_one_away(word).values())
        what = (
            "the word itself" if typed[0] == word else "one error" if typed[0] in away else "more"
        )
        return None, {"always the same comes back": what}
    return set(map(str, typed)), {}


def _how_far(answer, word, seed):
    typed, facts = _typed(answer, word, seed)
    if typed is None:
        return facts
    return {
        "the word itself comes back": word in typed,
        "all others are one error away": typed - {word} <= set().union(*_one_away(word).values()),
        "letters changed places that are no neighbours": any(
            sorted(one) == sorted(word) for one in typed - {word} - _one_away(word)["swapped"]
        ),
        "in capitals": any(one != one.lower() for one in typed),
    }


def _places(answer, word, seed):
    """Where errors come up. A letter that the word holds does not tell where it was put in."""
    typed, facts = _typed(answer, word, seed)
    if typed is None:
        return facts
    found = {kind: typed & words for kind, words in _one_away(word).items()}
    return {
        "a letter left out": sorted(found["left out"]),
        "neighbours swapped": sorted(found["swapped"]),
        "a letter put in before letter": sorted(
            {one.index(letter) for one in found["put in"] for letter in set(one) - set(word)}
        ),
        "a letter replaced at": sorted(
            {
                [a == b for a, b in zip(one, word, strict=True)].index(False)
                for one in found["replaced"]
            }
        ),
    }


def _letters(answer, word, seed):
    typed, facts = _typed(answer, word, seed)
    if typed is None:
        return facts
    kinds = _one_away(word)
    return {
        f"letters {kind}": "".join(
            sorted({a for one in typed & kinds[what] for a in _new_letters(one, word, what)})
        )
        for what, kind in (("put in", "put in"), ("replaced", "that replace another"))
    }


def _new_letters(one, word, what):
    if what == "put in":
        return (Counter(one) - Counter(word)).keys()
    return [a for a, b in zip(one, word, strict=True) if a != b]


def _drawn_from(answer, word, seed):
    """Whether the generator that is given makes the errors, and nothing else."""
    first, again, other = (
        [answer(word, random) for _ in range(20)]
        for random in map(np.random.default_rng, (seed, seed, seed + 1))
    )
    return {
        "the same seed, the same errors": first == again,
        "another seed, others": first != other,
    }


def _all_of_typing(answer, word, seed):
    return {
        "how far": _how_far(answer, word, seed),
        "places": _places(answer, word, seed),
        "letters": _letters(answer, word, seed),
        "seeds": _drawn_from(answer, word, seed),
    }


def _typo(
    *,
    kinds="dirs",
    first=0,
    spare=0,
    behind=1,
    alphabet=ascii_lowercase,
    redraw=True,
    far=False,
    twin=False,
    source=None,
    end=str,
):
    """The solution with its parts exchangeable: d drops, i puts in, r replaces, s swaps."""

    def one_error(word, random):
        random = source() if source else random
        while True:
            kind = kinds[_below(random, len(kinds))]
            letter = alphabet[_below(random, len(alphabet))]
            place = first + _below(random, len(word) - first - spare)
            if kind == "d":
                typed = word[:place] + word[place + 1 :]
            elif kind == "i":
                place = first + _below(random, len(word) - first - spare + behind)
                letter = word[min(place, len(word) - 1)] if twin else letter
                typed = word[:place] + letter + word[place:]
            elif kind == "r":
                typed = word[:place] + letter + word[place + 1 :]
            else:
                letters = list(word)
                place = min(place, len(word) - 2)
                other = _below(random, len(word)) if far else place + 1
                letters[place], letters[other] = letters[other], letters[place]
                typed = "".join(letters)
            if typed != word or not redraw:
                return end(typed)

    return one_error


def _below(random, most) -> int:
    """Draw from 0 to most - 1, with a generator or with np.random itself."""
    draw = random.randint if random is np.random else random.integers
    return int(draw(most))


def _global():
    return np.random


def _twice(word, random):
    return _typo()(_typo()(word, random), random)


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
    observe=_all_of_typing,
    probes=[
        probe("each of 2000 errors in seven is exactly one", "seven", 0, observe=_how_far),
        probe("all four kinds come up in six, at every place", "six", 1, observe=_places),
        probe("all kinds come up in a word of two letters", "ah", 2, observe=_places),
        probe("new letters are all from a to z", "six", 3, observe=_letters),
        probe("the generator that is given draws", "three", 1, observe=_drawn_from),
    ],
    wrong=[
        (lambda word, random: word, "nothing ever changes: a method of a text returns a new text"),
        (
            _typo(redraw=False),
            "sometimes the word comes back unchanged: if it is the same, draw again",
        ),
        (_typo(far=True), "letters far apart change places: swap neighbours only"),
        (_twice, "this makes two errors: one place, one kind, once"),
        (_typo(kinds="irs"), "no letter is ever left out: draw all four kinds"),
        (_typo(kinds="drs"), "no letter is ever put in: draw all four kinds"),
        (_typo(kinds="dis"), "no letter is ever replaced: draw all four kinds"),
        (_typo(kinds="dir"), "neighbours never change places: draw all four kinds"),
        *((_typo(kinds=kind), "only one kind of error comes up: draw all four") for kind in "dirs"),
        (_typo(first=1), "the first letter is never hit: places count from 0"),
        (
            _typo(spare=1, behind=2),
            "the last letter is never hit: `random.integers(n)` ends at n - 1",
        ),
        (
            _typo(behind=0),
            "nothing is ever put in behind the last letter: there are len(word) + 1 places",
        ),
        (
            _typo(alphabet=ascii_lowercase[:-1]),
            "z never comes up: `random.integers(n)` ends at n - 1",
        ),
        (_typo(alphabet=ascii_lowercase[1:]), "a never comes up: places in a text count from 0"),
        (_typo(twin=True), "an extra letter is always a doubled one: any from a to z may slip in"),
        (_typo(end=str.upper), "capitals come back: keep the letters as they are"),
        (_typo(end=list), "a list of letters comes back: join it, ''.join(letters)"),
        (
            _typo(source=_global),
            "other random numbers than those of the generator `random` are drawn: use its methods "
            "alone",
        ),
        (
            _typo(source=lambda: np.random.default_rng(5)),
            "the same error comes each time: draw place and kind anew, with the generator that is "
            "given",
        ),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.9
        else (
            "".join(random.choice(list("abcdmyz"), random.integers(2, 7))),
            int(random.integers(1000)),
        )
    ),
)
def one_error(word, random):
    return _typo()(word, random)


# --- a gate with empty chairs -------------------------------------------------------------------


def _gate(*, axis=1, absent=-np.inf, late=False, clean=True, use=True, finish=None):
    """The gate with its parts exchangeable; `finish` sees mixture, weights and what came in."""

    def gated(embeddings, scores, present):
        import torch

        weights = scores.masked_fill(~present, absent) if use and not late else scores
        weights = weights.softmax(dim=axis)
        weights = weights * present if late else weights
        given = torch.where(present[..., None], embeddings, 0) if clean else embeddings
        parts = weights[..., None] * given
        pair = parts.sum(dim=1), weights
        return finish(*pair, parts, scores) if finish else pair

    return gated


def _gates():
    for what, sizes, options in (
        ("everybody is there: mixture and weights of six examples", (6, 3, 4), {}),
        ("two modalities, five examples, seven numbers each", (5, 2, 7), {"seed": 1}),
        ("some are absent: the others add up to 1", (8, 4, 3), {"seed": 2, "absent": 0.4}),
        (
            "scores around -40: whoever is absent weighs exactly 0 all the same",
            (6, 3, 2),
            {"seed": 3, "absent": 0.5, "shift": -40.0},
        ),
        (
            "what an absent modality left behind, even NaN or infinity, does not leak",
            (7, 3, 4),
            {"seed": 4, "absent": 0.5, "left": True},
        ),
    ):
        yield probe(what, *_chairs(*sizes, **options), rtol=1e-4, atol=1e-6)


def _chairs(n_rows, n_modalities, n_features, *, seed=0, absent=0.0, shift=0.0, left=False):
    """Embeddings, scores and who is there: at least one in every row."""
    import torch

    random = np.random.default_rng(seed)
    present = random.random((n_rows, n_modalities)) >= absent
    present[np.arange(n_rows), random.integers(0, n_modalities, n_rows)] = True
    embeddings = random.standard_normal((n_rows, n_modalities, n_features))
    if left:
        embeddings[~present] = np.nan
        embeddings[~present & (np.arange(n_rows) % 2 > 0)[:, None]] = np.inf
    scores = random.standard_normal((n_rows, n_modalities)) + shift
    return tuple(
        torch.from_numpy(part) for part in (embeddings.astype("f4"), scores.astype("f4"), present)
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
    probes=_gates,
    wrong=[
        (
            _gate(axis=0),
            "the softmax runs over the batch: each example must weigh its own modalities",
        ),
        *(
            (
                wrong,
                "a score of 0 is no absence: e to the power of 0 is 1. Minus infinity is",
            )
            for wrong in (
                _gate(absent=0.0),
                lambda embeddings, scores, present: _gate(use=False)(
                    *(embeddings, scores * present, present)
                ),
            )
        ),
        (
            _gate(late=True),
            "the weights of the others no longer add up to 1: mask before the softmax",
        ),
        (
            _gate(use=False),
            "absent modalities have weights: `present` must come before the softmax",
        ),
        (
            _gate(use=False, clean=False),
            "`present` is not used: whoever is absent must weigh exactly 0",
        ),
        (
            lambda embeddings, scores, present: _gate()(embeddings, scores, ~present),
            "the mask is the wrong way round: those who are absent get minus infinity",
        ),
        (
            _gate(clean=False),
            "0 times NaN is NaN: replace the embeddings of those who are absent as well",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (parts.mean(dim=1), weights)),
            "the mixture is a mean: the weights add up to 1 already, so take the sum",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (weights, mixture)),
            "the mixture comes first, then the weights",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: mixture),
            "return the mixture and the weights",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (parts, weights)),
            "the modalities are still apart: sum over axis 1",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (parts.sum(dim=2), weights)),
            "summed over the features: the modalities stand in axis 1",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (mixture, weights[..., None])),
            "the weights have an axis too many: give (B, M)",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (mixture, scores)),
            "the second part is the scores: return the weights that the softmax makes of them",
        ),
        (
            _gate(finish=lambda mixture, weights, parts, scores: (mixture, scores.sigmoid())),
            "a sigmoid of each score: such weights do not add up to 1",
        ),
    ],
    valid=lambda random: _chairs(
        *random.integers(1, 6, 3),
        seed=int(random.integers(1000)),
        absent=random.choice([0, 0.4]),
        left=bool(random.random() < 0.5),
    ),
    keeps_arguments=True,
)
def gated(embeddings, scores, present):
    return _gate()(embeddings, scores, present)


# --- take someone away --------------------------------------------------------------------------


def _drop(*, shape=None, turned=False, known=True, rescue="one", end=None, source=None):
    """The solution with its parts exchangeable: what is drawn, and how empty rows are rescued."""

    def drop_modalities(present, rate, random):
        random = source() if source else random
        before = present.copy()
        drawn = random.random(shape(*present.shape) if shape else present.shape)
        stays = np.broadcast_to(drawn < rate if turned else drawn >= rate, present.shape)
        kept = before & stays if known else stays.copy()
        lost = ~kept.any(axis=1)
        for row in np.flatnonzero(lost if rescue == "all rows" else lost & before.any(axis=1)):
            had = np.flatnonzero(before[row])
            if rescue == "all":
                kept[row] = before[row]
            elif rescue == "again":
                while not kept[row].any():
                    kept[row] = before[row] & (random.random(len(before[row])) >= rate)
            elif rescue == "any chair":
                kept[row, random.integers(len(before[row]))] = True
            elif rescue in ("first", "last"):
                kept[row, had[0 if rescue == "first" else -1]] = True
            elif rescue:
                kept[row, random.choice(had)] = True
        return end(kept, rate) if end else kept

    return drop_modalities


def _who_stays(answer, present, rate, seed):
    """How many stay, and who: shares of thousands of rows, which differ a little by chance."""
    before = present.copy()
    got = np.asarray(answer(present, rate, np.random.default_rng(seed)))
    if got.shape != before.shape:
        return {"the shape": got.shape}
    if not np.isin(got, (0, 1)).all():
        return {"nothing but True and False": False}
    kept, had = got.astype(bool), before.any(axis=1)
    counts = kept[had].sum(axis=1)
    return {
        "somebody comes who was not there": bool((kept & ~before).any()),
        "a row that had nothing stays empty": not kept[~had].any(),
        "rows that lost everything": int((counts == 0).sum()),
        "share that is kept of each modality": [
            float(kept[before[:, i], i].mean()) for i in range(before.shape[1])
        ],
        "share of rows that keep 1, 2, ...": [
            float((counts == n + 1).mean()) for n in range(before.shape[1])
        ],
        "rows of one batch differ": len(np.unique(kept[before.all(axis=1)], axis=0)) > 1,
    }


def _draws_of(answer, present, rate, seed):
    first, again, other = (
        np.asarray(answer(present.copy(), rate, random)).tolist()
        for random in map(np.random.default_rng, (seed, seed, seed + 1))
    )
    return {"the same seed, the same rows": first == again, "another seed, others": first != other}


def _audience(n_rows, n_modalities, absent=0.0, seed=0):
    return np.random.default_rng(seed).random((n_rows, n_modalities)) >= absent


@exercise(
    "multimodal.dropout",
    level="core",
    hints=(
        "One draw for each entry: `random.random(present.shape) >= rate` says who stays.",
        "Only who is there can stay: combine with `present`.",
        "Find the rows that lost everything they had, and give each of them back one of those it "
        "had, drawn at random.",
    ),
    observe=_who_stays,
    probes=[
        probe(
            "a rate of 0.3: about three in ten of each of three modalities are dropped",
            _audience(6000, 3),
            0.3,
            0,
            atol=0.04,
        ),
        probe(
            "a rate of 0.9: nearly all rows keep one, and each modality as often",
            _audience(6000, 3),
            0.9,
            1,
            atol=0.04,
        ),
        probe(
            "four modalities of which some are absent stay absent, and empty rows empty",
            _audience(6000, 4, absent=0.4),
            0.6,
            2,
            atol=0.04,
        ),
        probe("a rate of 0 drops nobody", _audience(50, 2, absent=0.3), 0.0, 3),
        probe(
            "a rate of 0.95 leaves nearly always one in each row that had any",
            _audience(3000, 2, absent=0.3),
            0.95,
            4,
            atol=0.04,
        ),
        probe("the generator that is given draws", _audience(40, 3), 0.5, 5, observe=_draws_of),
    ],
    wrong=[
        (
            _drop(shape=lambda n_rows, n_modalities: (1, n_modalities)),
            "the whole batch loses the same modalities: draw for each example",
        ),
        (
            _drop(shape=lambda n_rows, n_modalities: (n_rows, 1)),
            "all modalities of an example share one draw: draw for each of them",
        ),
        (
            _drop(rescue=None),
            "some rows lose everything, and nobody can learn from them: give each of them one back",
        ),
        *(
            (
                _drop(rescue=place),
                "the rescue favours one modality: draw which of those it had comes back",
            )
            for place in ("first", "last")
        ),
        (_drop(rescue="all"), "a row that would be empty gets all back: give it one"),
        (
            _drop(rescue="again"),
            "a row that would be empty is drawn again, and may keep several: give it one",
        ),
        (
            _drop(rescue="any chair"),
            "the rescue may bring back one that was never there: draw among what the row had",
        ),
        (
            _drop(rescue="all rows"),
            "a row that had nothing has nothing to give back: leave it empty",
        ),
        (_drop(turned=True), "with this, the rate says who is kept: it is that of dropping"),
        (
            _drop(known=False),
            "those who were absent come back: combine the draws with `present`",
        ),
        (
            _drop(end=lambda kept, rate: kept / max(1 - rate, 1e-9)),
            "numbers came back: say who is present, True or False; nothing is rescaled",
        ),
        (_drop(end=lambda kept, rate: ~kept), "this says who is dropped: say who stays"),
        (lambda present, rate, random: present.copy(), "nothing is dropped"),
        *(
            (
                _drop(source=source),
                "other random numbers than those of the generator `random` are drawn: use its "
                "methods alone, and make no generator of your own",
            )
            for source in (_global, lambda: np.random.default_rng(5))
        ),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.95
        else (
            _audience(
                4000,
                int(random.integers(1, 5)),
                absent=random.choice([0, 0.3]),
                seed=int(random.integers(1000)),
            ),
            float(random.choice([0.2, 0.5, 0.8])),
            int(random.integers(1000)),
        )
    ),
    keeps_arguments=True,
)
def drop_modalities(present, rate, random):
    return _drop()(present, rate, random)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.tasks import _multimodal_spaces  # noqa: E402, F401
