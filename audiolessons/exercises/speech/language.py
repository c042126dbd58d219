"""Exercises of the chapter speech/language."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.language import cardinal

# --- bits a character -----------------------------------------------------------------------------


def _bits(*, end=True, n_more=0, log=np.log2, sign=-1, mean=True, power=False):
    """The measure with its parts exchangeable."""

    def bits_per_character(chances, end_chance):
        counted = [*chances, end_chance] if end else list(chances)
        total = sign * log(counted).sum()
        value = total / (len(counted) + n_more) if mean else total
        return float(2**value if power else value)

    return bits_per_character


@exercise(
    "language.bits",
    level="easy",
    hints=(
        "A character of chance p costs -log2(p) bits. The end mark is one more thing to predict.",
        "Add the bits of all characters and of the end, and divide by how many there were, the "
        "end counted.",
        "`-np.log2([*chances, end_chance]).mean()`",
    ),
    probes=[
        probe("a coin for each of three letters and for the end: 1 bit", [0.5, 0.5, 0.5], 0.5),
        probe("1/4, 1/2 and an end of 1/8: 2 bits", [0.25, 0.5], 0.125),
        probe("an empty line is its end alone: 3 bits", [], 0.125),
        probe("five letters", [0.9, 0.1, 0.03, 0.5, 0.7], 0.2),
    ],
    wrong=[
        (_bits(end=False), "the end mark is left out: it must be predicted, too"),
        (_bits(n_more=-1), "the end mark costs bits: count it among what you divide by"),
        (_bits(log=np.log), "these are nats: take the logarithm to base 2"),
        (_bits(sign=1), "the sign: a chance below 1 has a negative logarithm"),
        (_bits(mean=False), "this is the sum: divide by the number of characters and the end"),
        (_bits(power=True), "this is the perplexity, 2 to the bits: return the bits"),
        (
            lambda chances, end_chance: float(-np.log2(np.mean([*chances, end_chance]))),
            "the logarithm of the mean: take the mean of the logarithms",
        ),
    ],
    valid=lambda random: (
        random.uniform(0.01, 1, random.integers(0, 6)).tolist(),
        float(random.uniform(0.01, 1)),
    ),
)
def bits_per_character(chances, end_chance):
    return _bits()(chances, end_chance)


# --- counting ---------------------------------------------------------------------------------


def _ngrams(*, n_start=None, n_end=1, across=False, more=0):
    """The counts with their parts exchangeable."""

    def count_ngrams(sentences, n):
        counts: dict = {}
        starts = ["<s>"] * (n - 1 if n_start is None else n_start)
        ends = ["</s>"] * (n - 1 if n_end is None else n_end)
        lines = [[*starts, *sentence, *ends] for sentence in sentences]
        if across:
            lines = [[word for line in lines for word in line]]
        n = n + more
        for line in lines:
            for at in range(len(line) - n + 1):
                gram = tuple(line[at : at + n])
                counts[gram] = counts.get(gram, 0) + 1
        return counts

    return count_ngrams


def _distinct(sentences, n):
    return dict.fromkeys(_ngrams()(sentences, n), 1)


def _sentences(random):
    words = ["it", "rains", "and", "snows", "here"]
    lengths = random.integers(0, 6, size=random.integers(1, 4))
    drawn = [[words[k] for k in random.integers(0, 5, size=size)] for size in lengths]
    return drawn, int(random.integers(1, 5))


WEATHER = [["it", "rains"], ["it", "rains", "and", "rains"], ["snow"]]


@exercise(
    "language.counts",
    level="easy",
    hints=(
        "Each sentence gets n - 1 marks `<s>` before it and one `</s>` after it.",
        "Slide a window of n over each sentence by itself: `tuple(line[at:at + n])`.",
        "`counts[gram] = counts.get(gram, 0) + 1`, for `at` in `range(len(line) - n + 1)`.",
    ),
    probes=[
        probe("pairs of three sentences", WEATHER, 2),
        probe("single words: the end is counted, no start is", WEATHER, 1),
        probe("threes, the first with two start marks", WEATHER, 3),
        probe("an empty sentence still ends", [[], ["snow"]], 2),
    ],
    wrong=[
        (_ngrams(n_end=0), "the end mark `</s>` is missing: how likely a sentence ends is counted"),
        (_ngrams(n_end=None), "one end mark stands after a sentence, whatever n is"),
        (_ngrams(n_start=1), "n - 1 start marks stand before a sentence, not one"),
        (_ngrams(n_start=0), "the start marks `<s>` are missing"),
        (_ngrams(across=True), "windows run from one sentence into the next: count each by itself"),
        (_distinct, "each n-gram counts once: add 1 every time that it comes"),
        (_ngrams(more=1), "these windows hold n + 1 words"),
    ],
    valid=_sentences,
)
def count_ngrams(sentences, n):
    return _ngrams()(sentences, n)


# --- after how many words ---------------------------------------------------------------------


def _continuation(*, weight=lambda count: 1, side=1, divide=True):
    """The shares with their parts exchangeable."""

    def continuation(pairs):
        found: dict = {}
        for pair, count in pairs.items():
            found[pair[side]] = found.get(pair[side], 0) + weight(count)
        total = sum(found.values()) if divide else 1
        return {word: n / total for word, n in found.items()}

    return continuation


def _by_words(pairs):
    found = _continuation(divide=False)(pairs)
    return {word: n / len(found) for word, n in found.items()}


def _by_occurrences(pairs):
    found = _continuation(divide=False)(pairs)
    return {word: n / sum(pairs.values()) for word, n in found.items()}


def _pairs(random):
    words = "abcd"
    return (
        {
            (words[i], words[j]): int(random.integers(1, 6))
            for i in range(4)
            for j in range(4)
            if random.random() < 0.6 or i == j == 0
        },
    )


CITIES = {("San", "Francisco"): 9, ("a", "cup"): 2, ("the", "cup"): 1, ("my", "cup"): 1}


@exercise(
    "language.continuation",
    level="core",
    hints=(
        "How often a pair came does not matter here, only that it came.",
        "For each word, count the pairs that end in it.",
        "Divide by the number of different pairs, `len(pairs)`.",
    ),
    probes=[
        probe("Francisco came nine times, after one word: 1/4", CITIES),
        probe("words on both sides", {("a", "b"): 1, ("b", "a"): 3, ("c", "a"): 1, ("c", "b"): 7}),
        probe("one pair", {("it", "rains"): 5}),
        probe("four pairs", {("a", "a"): 2, ("b", "a"): 1, ("a", "c"): 4, ("d", "c"): 2}),
    ],
    wrong=[
        (_continuation(weight=lambda count: count), "these are shares of how often words came: "
         "count each different pair once"),
        (_continuation(side=0), "this counts what follows a word: count what it follows"),
        (_continuation(divide=False), "these are counts: divide by the number of different pairs"),
        (_by_occurrences, "divided by how often pairs came: divide by how many different "
         "ones there are"),
        (_by_words, "divided by the number of words: divide by the number of different pairs"),
    ],
    valid=_pairs,
)  # fmt: skip
def continuation(pairs):
    return _continuation()(pairs)


# --- the nucleus -------------------------------------------------------------------------------


def _nucleus(*, last=True, renormal=True, order=-1, first=True, beyond=-1e-12):
    """The filter with its parts exchangeable."""

    def nucleus(chances, p):
        chances = np.asarray(chances, dtype=float)
        ranked = np.argsort(order * chances, kind="stable")
        sums = np.cumsum(chances[ranked])
        before = sums - chances[ranked] if last else sums
        kept = ranked[before < p + beyond]
        if first and not len(kept):
            kept = ranked[:1]
        left = np.zeros_like(chances)
        left[kept] = chances[kept]
        return left / left.sum() if renormal else left

    return nucleus


def _each_above(chances, p):
    chances = np.asarray(chances, dtype=float)
    left = np.where(chances >= p, chances, 0)
    return left / left.sum() if left.any() else left


def _in_rank(chances, p):
    return np.sort(_nucleus()(chances, p))[::-1]


def _share_of_tokens(chances, p):
    chances = np.asarray(chances, dtype=float)
    n = max(1, int(np.ceil(p * len(chances))))
    left = np.zeros_like(chances)
    ranked = np.argsort(-chances, kind="stable")[:n]
    left[ranked] = chances[ranked]
    return left / left.sum()


def _any_chances(random):
    chances = random.dirichlet(np.ones(random.integers(1, 8)))
    return chances, float(random.uniform(0.05, 0.999))


@exercise(
    "language.nucleus",
    level="core",
    hints=(
        "Sort from the likeliest down, `np.argsort(-chances)`, and add up with `np.cumsum`.",
        "A token stays if the sum of those before it is still below p: so the one that reaches p "
        "stays.",
        "Put what stays back to its own place in an array of zeros, and divide by its sum.",
    ),
    probes=[
        probe("0.5 and 0.3 reach 0.7; the rest is 0", [0.5, 0.3, 0.15, 0.05], 0.7),
        probe("each token keeps its place", [0.05, 0.15, 0.5, 0.3], 0.6),
        probe("a small p keeps the likeliest", [0.2, 0.45, 0.35], 0.1),
        probe("nearly all", [0.1, 0.2, 0.3, 0.4], 0.95),
        probe("0.5 reaches 0.5 by itself", [0.125, 0.5, 0.375], 0.5),
        probe("seven tokens", [0.02, 0.3, 0.08, 0.22, 0.18, 0.05, 0.15], 0.63),
    ],
    wrong=[
        (_nucleus(last=False), "the token that reaches p is dropped: it belongs to the nucleus"),
        (_nucleus(renormal=False), "what stays does not add up to 1: divide by its sum"),
        (_nucleus(beyond=1e-12), "0.5 reaches 0.5: no more tokens once the sum is p"),
        (_nucleus(order=0), "the sum runs in the order of the tokens: sort them first"),
        (_nucleus(order=1), "begin with the likeliest token, not the least likely"),
        (_each_above, "each chance is compared with p: compare the sum from the likeliest down"),
        (_in_rank, "the chances come back in order of size: each belongs to its own token"),
        (_share_of_tokens, "p is a share of the chance, not of the number of tokens"),
    ],
    valid=_any_chances,
    forbidden={"no `top_p` of the package": ("top_p",)},
)
def nucleus(chances, p):
    return _nucleus()(chances, p)


# --- numbers in words ---------------------------------------------------------------------------


def _words(*, joined=" and ", hyphen="-", hundred=" hundred", zero="zero", teens=True):
    """The words with their parts exchangeable."""

    def say(n):
        if n == 0:
            return zero
        if n >= 100:
            rest = say(n % 100) if n % 100 else ""
            return f"{say(n // 100)}{hundred}{joined if rest else ''}{rest}"
        if not teens and 10 < n < 20:
            return f"ten{hyphen}{say(n % 10)}"
        words = cardinal(n)
        return words.replace("-", hyphen)

    return say


@exercise(
    "language.number",
    level="core",
    hints=(
        "Below 20 each number has a word of its own; from 20 on, tens and units are joined by a "
        "hyphen.",
        "`hundreds, rest = divmod(n, 100)`: if both are there, \" hundred and \" stands between.",
        "`tens, units = divmod(rest, 10)`; forty has no units, and no hyphen.",
    ),
    probes=[
        probe("thirteen has a word of its own", 13),
        probe("ninety-nine has a hyphen", 99),
        probe("forty has none", 40),
        probe("fifteen", 15),
        probe("eighteen, with one t", 18),
        probe("nineteen is the last word of its own", 19),
        probe("twenty", 20),
        probe("199 is below two hundred", 199),
        probe("300 ends there", 300),
        probe("512: the British say and", 512),
        probe("zero", 0),
        *(probe(str(n), n) for n in (10, 130, 184, 217, 256, 360, 411, 614, 716, 970)),
    ],
    wrong=[
        (_words(joined=" "), "that is the American way: here \"and\" stands after the hundreds"),
        (_words(hyphen=" "), "tens and units are joined by a hyphen: ninety-nine"),
        (_words(hundred=" hundreds"), "one does not say hundreds: three hundred"),
        (_words(zero=""), "0 is said as well: zero"),
        (_words(teens=False), "11 to 19 have words of their own"),
        (lambda n: " ".join(cardinal(int(d)) for d in str(n)), "these are the digits one by one"),
        (str, "this is the number in digits: write it in words"),
    ],
    valid=lambda random: (int(random.integers(0, 1000)),),
    forbidden={"no `cardinal` of the package": ("cardinal", "read_out")},
)  # fmt: skip
def say_number(n):
    return _words()(n)


# --- word errors -------------------------------------------------------------------------------


def _errors(*, among=lambda said, spoken: said in spoken, share=True, turned=False):
    """The share with its parts exchangeable."""

    def word_error(said, dictionary):
        right = [among(said.get(word), spoken) for word, spoken in dictionary.items()]
        n_wrong = sum(right) if turned else len(right) - sum(right)
        return n_wrong / len(right) if share else n_wrong

    return word_error


def _only_said(said, dictionary):
    wrong = [said[word] not in dictionary[word] for word in said if word in dictionary]
    return sum(wrong) / max(len(wrong), 1)


def _by_sounds(said, dictionary):
    wrong = n = 0
    for word, spoken in dictionary.items():
        got = said.get(word, ())
        wrong += sum(a != b for a, b in zip(got, spoken[0], strict=False))
        wrong += abs(len(got) - len(spoken[0]))
        n += len(spoken[0])
    return wrong / n


def _by_variants(said, dictionary):
    each = [said.get(word) != one for word, spoken in dictionary.items() for one in spoken]
    return sum(each) / len(each)


SPOKEN = {
    "read": (("R", "EH", "D"), ("R", "IY", "D")),
    "box": (("B", "AA", "K", "S"),),
    "the": (("DH", "AH"), ("DH", "IY"), ("DH", "IH")),
    "is": (("IH", "Z"),),
}
FIRST = {word: spoken[0] for word, spoken in SPOKEN.items()}


def _any_words(random):
    words = "abcdef"[: random.integers(1, 7)]
    dictionary, said = {}, {}
    for word in words:
        spoken = {tuple("KTS"[k] for k in random.integers(0, 3, size=2)) for _ in range(3)}
        dictionary[word] = tuple(sorted(spoken))
        if random.random() < 0.8:
            said[word] = tuple("KTS"[k] for k in random.integers(0, 3, size=2))
    return said, dictionary


@exercise(
    "language.errors",
    level="core",
    hints=(
        "A word is right if what was said is any of its pronunciations: `said[word] in spoken`.",
        "A word of the dictionary of which nothing was said is wrong: `said.get(word)` is None.",
        "Count the wrong words, and divide by the number of words in the dictionary.",
    ),
    probes=[
        probe("the second variant is right as well", {**FIRST, "read": ("R", "IY", "D")}, SPOKEN),
        probe("one word of four is wrong", {**FIRST, "box": ("B", "OW", "K", "S")}, SPOKEN),
        probe("a word that is missing is wrong", {"is": ("IH", "Z"), "the": ("DH", "IY")}, SPOKEN),
        probe(
            "however near it is",
            {"read": ("R", "EH"), "box": ("B", "AA"), "the": ("AH", "DH"), "is": ("S", "IH")},
            SPOKEN,
        ),
    ],
    wrong=[
        (
            _errors(among=lambda said, spoken: said == spoken[0]),
            "only the first pronunciation counts here: any that is listed is right",
        ),
        (_errors(turned=True), "this is the share of right words"),
        (_errors(share=False), "this is a number of words: divide by all words"),
        (_only_said, "words of which nothing was said are left out: they are wrong"),
        (_by_sounds, "these are errors by sound: a word is right or wrong as a whole"),
        (_by_variants, "each variant counts here: each word counts once"),
    ],
    valid=_any_words,
)
def word_error(said, dictionary):
    return _errors()(said, dictionary)


# --- the bug hunt: unknown words ----------------------------------------------------------------


def _fair(*, unknown=1, letters=True, end=True, per="letters", space=True, n_less=0):
    """The measure with its parts exchangeable; a word pays for the space or end after it."""

    def fair_bits(words, chances, unknown_chance, letter_bits):
        total = n_letters = 0.0
        for word in words:
            n_letters += len(word) + space
            if word in chances:
                total -= np.log2(chances[word])
            else:
                total -= unknown * np.log2(unknown_chance)
                total += letters * letter_bits * (len(word) + end)
        return float(total / (n_letters - n_less if per == "letters" else len(words)))

    return fair_bits


CHANCES = {"it": 0.25, "rains": 0.125, "</s>": 0.25}


def _any_text(random):
    known = ["it", "rains", "snow", "and"]
    every = [*known, "Holmes", "umbrella"]
    words = [every[k] for k in random.integers(0, 6, size=random.integers(1, 8))]
    shares = random.dirichlet(np.ones(5))
    chances = dict(zip(known, shares.tolist(), strict=False))
    return words, chances, float(shares[-1]), float(random.uniform(1, 5))


@exercise(
    "language.fair",
    level="stretch",
    hints=(
        "What does her model pay for \"Moriarty\"? The same as for any unknown word: it need not "
        "know which.",
        "An unknown word costs -log2(unknown_chance), and then its letters and the mark that ends "
        "it: letter_bits * (len(word) + 1).",
        "Divide by characters, which no vocabulary can change: each word has its letters and one "
        "more for what ends it.",
    ),
    probes=[
        probe("2 + 3 bits over 3 + 6 characters", ["it", "rains"], CHANCES, 0.5, 4.0),
        probe("an unknown word of eight letters", ["it", "Moriarty"], CHANCES, 0.5, 4.0),
        probe("nothing but unknown words", ["Lestrade", "swam"], CHANCES, 0.5, 3.0),
        probe("another price of letters", ["it", "snows", "it"], CHANCES, 0.125, 5.0),
    ],
    wrong=[
        (
            _fair(unknown=0, letters=False),
            "unknown words cost nothing: a vocabulary of no words would win",
        ),
        (_fair(letters=False), "an unknown word does not pay for its letters: any would do for it"),
        (_fair(unknown=0), "that a word is unknown is news, too: it costs -log2(unknown_chance)"),
        (_fair(n_less=1), "the last word ends as well: each word has its letters and one more"),
        (_fair(end=False), "the spelled word must end as well: len(word) + 1 marks are paid"),
        (_fair(per="words"), "these are bits a word: divide by characters, not by words"),
        (_fair(space=False), "divided by letters alone: what ends a word is a character, too"),
    ],
    valid=_any_text,
)  # fmt: skip
def fair_bits(words, chances, unknown_chance, letter_bits):
    return _fair()(words, chances, unknown_chance, letter_bits)


# Exercises that need torch stand in a module of their own.
from audiolessons.exercises.speech import _language_networks  # noqa: E402, F401
