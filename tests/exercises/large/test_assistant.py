"""Right answers to the exercises of the chapter large/assistant: other algorithms and writings."""

import itertools
import re

import numpy as np
import torch
from torch.nn import functional


def _wait_by_chunks(quiet_ms, chunk_ms, pause_ms, computing_ms):
    at = paused = 0
    while at < quiet_ms:
        at += chunk_ms
    while paused < pause_ms:
        paused += chunk_ms
    return at if paused + computing_ms < at else paused + computing_ms


def _rates_by_loop(word_peaks, other_peaks, seconds, threshold):
    found = sum(1 for peak in word_peaks if peak > threshold) / len(word_peaks)
    return found, sum(1 for peak in other_peaks if peak > threshold) / (seconds / 3600)


def _threshold_by_trying(peaks, hours, most_an_hour):
    return min(t for t in [0.0, *peaks] if sum(p > t for p in peaks) <= int(most_an_hour * hours))


def _all_sentences(rules, start):
    found = []
    for choice in rules[start]:
        parts = re.split(r"<(\w+)>", choice)
        fillings = [_all_sentences(rules, name) for name in parts[1::2]]
        found += list(itertools.product(*fillings))
    return found


def _count_by_substitution(rules, start):
    return sum(
        int(np.prod([_count_by_substitution(rules, name) for name in re.findall(r"<(\w+)>", one)]))
        for one in rules[start]
    )


def _heard_by_state(scores, threshold):
    found, waiting = [], False
    for at in range(len(scores)):
        if waiting:
            waiting = not scores[at] < threshold / 2
        elif scores[at] > threshold:
            found, waiting = [*found, at], True
    return found


def _number_by_table(syllables):
    from audiolessons.assistant import numeral

    table = {tuple(numeral(one)): one for one in range(10000)}
    return table[tuple(syllables)]


FIGURES = ["ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"]
PLACES = {"shi2": 10, "bai3": 100, "qian1": 1000}


def _number_backwards(syllables):
    total, place = 0, 1
    for at, syllable in reversed(list(enumerate(syllables))):
        if syllable in PLACES:
            place = PLACES[syllable]
            if at == 0:
                total += place
        else:
            total += FIGURES.index(syllable) * place
            place = 1
    return total


def _over_by_text(is_voice, wait):
    text = "".join("#" if voice else "." for voice in is_voice)
    found = re.search(rf"#\.{{{wait}}}", text)
    return found.end() - 1 if found else None


def _over_by_last(is_voice, wait):
    last = None
    for hop, voice in enumerate(is_voice):
        last = hop if voice else last
        if last is not None and hop - last >= wait:
            return hop
    return None


def _teach_by_hand(features, is_word, n_steps):
    ones = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
    weights = torch.zeros(ones.shape[1], device=features.device)
    cost = torch.where(is_word > 0, (1 - is_word).sum() / is_word.sum(), 1.0)
    for _ in range(n_steps):
        wrong = cost * (torch.sigmoid(ones @ weights) - is_word)
        weights = weights - ones.T @ wrong / len(is_word)
    return weights


def _teach_by_module(features, is_word, n_steps):
    layer = torch.nn.Linear(features.shape[1], 1).to(features.device)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    descent = torch.optim.SGD(layer.parameters(), lr=1.0)
    many = (1 - is_word).sum() / is_word.sum()
    for _ in range(n_steps):
        descent.zero_grad()
        functional.binary_cross_entropy_with_logits(
            layer(features)[:, 0], is_word, pos_weight=many
        ).backward()
        descent.step()
    return torch.cat([layer.weight[0], layer.bias]).detach()


RIGHT_ANSWERS = {
    "assistant.wait": [
        _wait_by_chunks,
        lambda q, c, p, k: max(-(-q // c) * c, -(-p // c) * c + k),
        lambda q, c, p, k: float(np.maximum(np.ceil(q / c) * c, np.ceil(p / c) * c + k)),
        lambda q, c, p, k: max((q + c - 1) // c * c, (p + c - 1) // c * c + k),
    ],
    "assistant.rates": [
        _rates_by_loop,
        lambda w, o, s, t: (np.mean(np.array(w) > t), 3600 * np.sum(np.array(o) > t) / s),
        lambda w, o, s, t: [sum(np.array(w) > t) / len(w), sum(np.array(o) > t) / s * 3600],
        lambda w, o, s, t: (1 - np.mean(np.array(w) <= t), np.sum(np.array(o) > t) / (s / 3600)),
    ],
    "assistant.threshold": [
        _threshold_by_trying,
        lambda p, h, m: ([*sorted(p)[::-1], *[0.0] * 100])[int(h * m)],
        lambda p, h, m: 0.0 if len(p) <= int(h * m) else float(np.sort(p)[-1 - int(h * m)]),
        lambda p, h, m: float(-np.sort([*(-np.array(p)), *[0.0] * 99])[int(np.floor(m * h))]),
    ],
    "assistant.count": [
        _count_by_substitution,
        lambda rules, start: len(_all_sentences(rules, start)),
        lambda rules, start: np.int64(_count_by_substitution(rules, start)),
        lambda rules, start: float(len(list(_all_sentences(rules, start)))),
    ],
    "assistant.once": [
        _heard_by_state,
        lambda scores, threshold: np.array(_heard_by_state(scores, threshold), dtype=int),
        lambda scores, threshold: tuple(_heard_by_state(list(scores), threshold)),
        lambda scores, threshold: list(map(int, _heard_by_state(np.asarray(scores), threshold))),
    ],
    "assistant.number": [
        _number_by_table,
        _number_backwards,
        lambda syllables: np.int64(_number_backwards(syllables)),
        lambda syllables: _number_backwards(tuple(syllables)),
    ],
    "assistant.over": [
        _over_by_text,
        _over_by_last,
        lambda is_voice, wait: _over_by_last(np.array(is_voice), wait),
        lambda is_voice, wait: _over_by_text(list(is_voice), wait),
    ],
    "assistant.teach": [
        _teach_by_hand,
        _teach_by_module,
        lambda features, is_word, n_steps: _teach_by_hand(features, is_word, n_steps).clone(),
        lambda features, is_word, n_steps: _teach_by_module(features * 1, is_word, n_steps),
    ],
}
