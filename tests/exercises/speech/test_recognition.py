"""Right answers to the exercises of the chapter speech/recognition: other algorithms."""

import math
from functools import cache
from itertools import groupby, product

import numpy as np
import torch
from torch.nn import functional

from audiolessons import metrics


def _text_by_loop(path):
    text, before = [], 0
    for token in path:
        if token not in (0, before):
            text.append(token)
        before = token
    return text


def _rate_by_edits(references, hypotheses):
    wrong = words = 0
    for one, other in zip(references, hypotheses, strict=True):
        edits = metrics.edit_operations(one.split(), other.split())
        wrong += sum(edit.kind != "same" for edit in edits)
        words += sum(edit.reference is not None for edit in edits)
    return wrong / words


def _edits_by_recursion(said, heard):
    @cache
    def between(i, j):
        if not i or not j:
            return i + j
        pair = between(i - 1, j - 1) + (said[i - 1] != heard[j - 1])
        return min(pair, between(i - 1, j) + 1, between(i, j - 1) + 1)

    return between(len(said), len(heard))


def _edits_by_common_beginnings(said, heard):
    """Only the table's diagonal band of a growing number of edits is looked at."""
    reached = {0: _along(said, heard, 0, 0)}
    for edits in range(len(said) + len(heard) + 1):
        if reached.get(len(said) - len(heard)) == len(said):
            return edits
        grown = {}
        for diagonal, i in reached.items():
            j = i - diagonal
            for step_i, step_j in ((1, 1), (1, 0), (0, 1)):
                if i + step_i <= len(said) and j + step_j <= len(heard):
                    far = _along(said, heard, i + step_i, j + step_j)
                    key = diagonal + step_i - step_j
                    grown[key] = max(grown.get(key, -1), far)
        reached = {**{k: v for k, v in reached.items() if k not in grown}, **grown}
    return None


def _along(said, heard, i, j):
    while i < len(said) and j < len(heard) and said[i] == heard[j]:
        i, j = i + 1, j + 1
    return i


def _edits_by_numpy(said, heard):
    table = np.add.outer(np.arange(len(said) + 1), np.arange(len(heard) + 1))
    for i, j in product(range(len(said)), range(len(heard))):
        table[i + 1, j + 1] = min(
            table[i, j] + (said[i] != heard[j]), table[i, j + 1] + 1, table[i + 1, j] + 1
        )
    return table[-1, -1]


def _chance_by_all_paths(chances, tokens):
    chances = np.asarray(chances)
    if len(chances) > 7:
        return _chance_by_prefixes(chances, tokens)
    paths = product(range(chances.shape[1]), repeat=len(chances))
    return sum(
        math.prod(chances[n][token] for n, token in enumerate(path))
        for path in paths
        if _text_by_loop(path) == list(tokens)
    )


def _chance_by_prefixes(chances, tokens):
    """How far the text has come, and whether a blank was said since."""
    tokens = list(tokens)
    now = {(0, True): 1.0}
    for frame in chances:
        after = {}
        for (said, rested), chance in now.items():
            steps = [((said, True), frame[0])]
            if said and not rested:
                steps.append(((said, False), frame[tokens[said - 1]]))
            if said < len(tokens) and (rested or tokens[said] != tokens[said - 1]):
                steps.append(((said + 1, False), frame[tokens[said]]))
            for state, factor in steps:
                after[state] = after.get(state, 0) + chance * factor
        now = after
    return sum(chance for (said, _), chance in now.items() if said == len(tokens))


def _chance_by_matrices(chances, tokens):
    states = [0, *(token for one in tokens for token in (one, 0))]
    n = len(states)
    go = np.eye(n) + np.eye(n, k=1)
    for s in range(2, n):
        go[s - 2, s] = states[s] not in (0, states[s - 2])
    alpha = np.eye(n)[0] + (np.eye(n)[1] if n > 1 else 0)
    alpha = alpha * np.asarray(chances)[0][states]
    for frame in np.asarray(chances)[1:]:
        alpha = (alpha @ go) * frame[states]
    return alpha[-2:].sum()


def _times_by_walking(text, spans, hop_s):
    found, word, begin, end = [], "", None, None
    for letter, (first, after) in zip(text + " ", [*spans, (0, 0)], strict=True):
        if letter == " ":
            found.append((word, begin * hop_s, end * hop_s))
            word, begin = "", None
        else:
            word, begin, end = word + letter, first if begin is None else begin, after
    return found


def _times_by_groups(text, spans, hop_s):
    parts = groupby(zip(text, spans, strict=True), key=lambda pair: pair[0] != " ")
    found = []
    for is_word, pairs in parts:
        if is_word:
            letters, own = zip(*pairs, strict=True)
            found.append(["".join(letters), own[0][0] * hop_s, own[-1][1] * hop_s])
    return found


def _times_by_find(text, spans, hop_s):
    starts = [k for k in range(len(text)) if k == 0 or text[k - 1] == " "]
    words = text.split(" ")
    return [
        (word, spans[k][0] * hop_s, spans[k + len(word) - 1][1] * hop_s)
        for k, word in zip(starts, words, strict=True)
    ]


def _best_by_sorting(hypotheses, weight, bonus):
    scored = sorted(
        (sound + weight * language + bonus * (text.count(" ") + 1), text)
        for text, sound, language in hypotheses
    )
    return scored[-1][1]


def _best_by_loop(hypotheses, weight, bonus):
    best, most = None, -math.inf
    for text, sound, language in hypotheses:
        score = sound + weight * language + bonus * len(text.split())
        if score > most:
            best, most = text, score
    return best


def _best_by_array(hypotheses, weight, bonus):
    sound, language, n_words = np.array([(a, b, len(t.split())) for t, a, b in hypotheses]).T
    return hypotheses[int(np.argmax(sound + weight * language + bonus * n_words))][0]


def _loss_by_module(logits, n_frames, tokens, n_tokens):
    left = (((n_frames + 1) // 2) + 1) // 2
    criterion = torch.nn.CTCLoss(blank=0, reduction="none")
    log_probs = functional.log_softmax(logits, dim=2).permute(1, 0, 2)
    return criterion(log_probs, tokens, left, n_tokens).mean()


def _loss_one_by_one(logits, n_frames, tokens, n_tokens):
    losses = []
    for row, n, text, length in zip(logits, n_frames, tokens, n_tokens, strict=True):
        left = math.ceil(math.ceil(int(n) / 2) / 2)
        chances = row[:left] - row[:left].logsumexp(dim=-1, keepdim=True)
        losses.append(
            functional.ctc_loss(chances, text[:length], torch.tensor(left), length, reduction="sum")
        )
    return sum(losses) / len(losses)


def _loss_by_states(logits, n_frames, tokens, n_tokens):
    """The sum over paths in log space, written out."""
    total = 0
    for row, n, text, length in zip(logits, n_frames, tokens, n_tokens, strict=True):
        states = [0]
        for token in text[:length].tolist():
            states += [token, 0]
        chances = row.log_softmax(dim=-1)[: -(-int(n) // 4), states]
        never = chances.new_full((1,), -1e30)
        skips = torch.tensor(
            [s >= 2 and states[s] not in (0, states[s - 2]) for s in range(len(states))],
            device=row.device,
        )
        alpha = torch.cat([chances[0, :2], never.expand(len(states) - 2)])
        for frame in chances[1:]:
            one = torch.cat([never, alpha[:-1]])
            two = torch.where(skips, torch.cat([never, never, alpha[:-2]]), never)
            alpha = torch.stack([alpha, one, two]).logsumexp(dim=0) + frame
        total = total - alpha[-2:].logsumexp(dim=0)
    return total / len(logits)


RIGHT_ANSWERS = {
    "recognition.collapse": [
        _text_by_loop,
        lambda path: [token for token, _ in groupby(path) if token],
        lambda path: [t for k, t in enumerate(path) if t != 0 and (k == 0 or path[k - 1] != t)],
        lambda path: np.array(path, int)[
            (np.diff(path, prepend=0) != 0) & (np.array(path, int) != 0)
        ].tolist(),
    ],
    "recognition.wer": [
        _rate_by_edits,
        lambda references, hypotheses: (
            sum(map(_edits_by_recursion, map(_tuple, references), map(_tuple, hypotheses)))
            / sum(len(text.split()) for text in references)
        ),
        lambda references, hypotheses: (
            np.sum(list(map(_edits_by_numpy, map(_tuple, references), map(_tuple, hypotheses))))
            / len(" ".join(references).split())
        ),
        lambda references, hypotheses: _rate_by_edits(references[::-1], hypotheses[::-1]),
    ],
    "recognition.edits": [
        lambda said, heard: _edits_by_recursion(tuple(said), tuple(heard)),
        _edits_by_common_beginnings,
        _edits_by_numpy,
        lambda said, heard: _edits_by_numpy(heard, said),
    ],
    "recognition.chance": [
        _chance_by_all_paths,
        _chance_by_prefixes,
        _chance_by_matrices,
        lambda chances, tokens: float(_chance_by_matrices(chances, np.array(tokens, int))),
    ],
    "recognition.frames": [
        lambda lengths, n: [math.ceil(length / 2**n) for length in lengths],
        lambda lengths, n: [(length + 2**n - 1) // 2**n for length in lengths],
        lambda lengths, n: [len(range(0, length, 2**n)) for length in lengths],
        lambda lengths, n: (-(-np.array(lengths) // 2**n)).tolist(),
    ],
    "recognition.times": [
        _times_by_walking,
        _times_by_groups,
        _times_by_find,
        lambda text, spans, hop_s: [tuple(one) for one in _times_by_groups(text, spans, hop_s)],
    ],
    "recognition.rescore": [
        _best_by_sorting,
        _best_by_loop,
        _best_by_array,
        lambda hypotheses, weight, bonus: max(
            hypotheses, key=lambda one: one[1] + weight * one[2] + bonus * len(one[0].split())
        )[0],
    ],
    "recognition.loss": [
        _loss_by_module,
        _loss_one_by_one,
        _loss_by_states,
        lambda *batch: _loss_by_module(*batch) * 1.0,
    ],
}


def _tuple(text):
    return tuple(text.split())
