"""Right answers to the exercises of the chapter speech/language: other algorithms and writings."""

import math
from collections import Counter, defaultdict

import numpy as np
import torch
from torch.nn import functional

from audiolessons.language import cardinal

UNITS = [cardinal(n) for n in range(20)]
TENS = [cardinal(n) for n in range(20, 100, 10)]


def _bits_by_product(chances, end_chance):
    return -math.log2(math.prod(chances) * end_chance) / (len(chances) + 1)


def _counts_by_zip(sentences, n):
    counts = Counter()
    for sentence in sentences:
        line = (n - 1) * ["<s>"] + list(sentence) + ["</s>"]
        counts.update(zip(*(line[k:] for k in range(n)), strict=False))
    return counts


def _counts_by_end(sentences, n):
    counts = defaultdict(int)
    for sentence in sentences:
        history = ("<s>",) * (n - 1)
        for word in (*sentence, "</s>"):
            counts[(*history, word)] += 1
            history = (*history, word)[1:]
    return dict(counts)


def _continuation_by_sets(pairs):
    before = defaultdict(set)
    for first, second in pairs:
        before[second].add(first)
    return {word: len(some) / len(pairs) for word, some in before.items()}


def _nucleus_by_loop(chances, p):
    left, total = [0.0] * len(chances), 0.0
    for token in sorted(range(len(chances)), key=lambda token: -chances[token]):
        left[token] = float(chances[token])
        total += left[token]
        if total >= p - 1e-12:
            break
    return [one / total for one in left]


def _nucleus_by_searching(chances, p):
    chances = np.asarray(chances)
    order = np.argsort(chances)[::-1]
    n = np.searchsorted(np.cumsum(chances[order]), p - 1e-12) + 1
    left = np.zeros(len(chances))
    left[order[:n]] = chances[order[:n]]
    return left / left.sum()


def _say(n):
    if n < 20:
        return UNITS[n]
    if n < 100:
        return TENS[n // 10 - 2] + ("-" + UNITS[n % 10] if n % 10 else "")
    return UNITS[n // 100] + " hundred" + (" and " + _say(n % 100) if n % 100 else "")


def _say_by_parts(n):
    parts, (hundreds, rest) = [], divmod(n, 100)
    if hundreds:
        parts += [UNITS[hundreds], "hundred"] + ["and"] * (rest > 0)
    if rest >= 20:
        tens, units = divmod(rest, 10)
        parts.append("-".join([TENS[tens - 2], *([UNITS[units]] if units else [])]))
    elif rest or not hundreds:
        parts.append(UNITS[rest])
    return " ".join(parts)


def _errors_by_sets(said, dictionary):
    right = {word for word, spoken in dictionary.items() if word in said and said[word] in spoken}
    return len(set(dictionary) - right) / len(dictionary)


def _fair_by_parts(words, chances, unknown_chance, letter_bits):
    known = [word for word in words if word in chances]
    strange = [word for word in words if word not in chances]
    bits = -sum(math.log2(chances[word]) for word in known)
    bits -= len(strange) * math.log2(unknown_chance)
    bits += letter_bits * len("|".join([*strange, ""]))
    return bits / len(" ".join([*words, ""]))


def _table_by_hand(before, after, n_tokens, n_steps):
    """The gradient of cross-entropy, written out."""
    table = torch.zeros(n_tokens, n_tokens, device=before.device)
    counts = torch.zeros_like(table).index_put_(
        (before, after), torch.ones(len(before), device=before.device), accumulate=True
    )
    for _ in range(n_steps):
        expected = table.softmax(dim=1) * counts.sum(dim=1, keepdim=True)
        table = table - (expected - counts) / len(before)
    return table


def _table_by_sgd(before, after, n_tokens, n_steps):
    layer = torch.nn.Embedding(n_tokens, n_tokens).to(before.device)
    torch.nn.init.zeros_(layer.weight)
    descent = torch.optim.SGD(layer.parameters(), lr=1.0)
    for _ in range(n_steps):
        descent.zero_grad()
        functional.cross_entropy(layer(before), after).backward()
        descent.step()
    return layer.weight.detach()


def _table_by_one_hot(before, after, n_tokens, n_steps):
    table = torch.zeros(n_tokens, n_tokens, device=before.device, requires_grad=True)
    rows = functional.one_hot(before, n_tokens).float()
    for _ in range(n_steps):
        chances = functional.log_softmax(rows @ table, dim=1)
        [slope] = torch.autograd.grad(functional.nll_loss(chances, after), table)
        table = (table - slope).detach().requires_grad_()
    return table.detach()


RIGHT_ANSWERS = {
    "language.bits": [
        _bits_by_product,
        lambda chances, end: -np.mean(np.log2(np.append(chances, end))),
        lambda chances, end: sum(math.log(1 / p, 2) for p in [end, *chances]) / (len(chances) + 1),
        lambda chances, end: -np.log([*chances, end]).mean() / np.log(2),
    ],
    "language.counts": [
        _counts_by_zip,
        _counts_by_end,
        lambda sentences, n: dict(_counts_by_zip(sentences, n)),
        lambda sentences, n: {g: int(c) for g, c in _counts_by_end(sentences, n).items()},
    ],
    "language.continuation": [
        _continuation_by_sets,
        lambda pairs: {b: n / len(pairs) for b, n in Counter(b for _, b in pairs).items()},
        lambda pairs: {b: sum(x == b for _, x in pairs) / len(pairs) for _, b in pairs},
        lambda pairs: {b: np.mean([x == b for _, x in pairs]) for b in {b for _, b in pairs}},
    ],
    "language.nucleus": [
        _nucleus_by_loop,
        _nucleus_by_searching,
        lambda chances, p: np.array(_nucleus_by_loop(chances, p)),
        lambda chances, p: torch.tensor(_nucleus_by_loop(chances, p), dtype=torch.float64),
    ],
    "language.number": [
        _say,
        _say_by_parts,
        lambda n: "".join([_say(n)]),
        lambda n: _say_by_parts(int(n)),
    ],
    "language.errors": [
        _errors_by_sets,
        lambda said, words: sum(said.get(w) not in words[w] for w in words) / len(words),
        lambda said, words: np.mean([said.get(w) not in spoken for w, spoken in words.items()]),
        lambda said, words: 1 - sum(said.get(w, 0) in words[w] for w in words) / len(words),
    ],
    "language.fair": [
        _fair_by_parts,
        lambda *text: _fair_by_parts(*text) * 1.0,
        lambda words, chances, unknown, letter: (
            sum(
                -math.log2(chances[w])
                if w in chances
                else letter * (len(w) + 1) - math.log2(unknown)
                for w in words
            )
            / sum(len(w) + 1 for w in words)
        ),
        lambda words, *rest: np.float64(_fair_by_parts(list(words), *rest)),
    ],
    "language.table": [
        _table_by_hand,
        _table_by_sgd,
        _table_by_one_hot,
        lambda *text: _table_by_hand(*text).contiguous(),
    ],
}
