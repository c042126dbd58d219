"""Right answers to the exercises of the chapter tasks/multimodal: other algorithms and writings."""

from string import ascii_lowercase

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import audiolessons as al
from audiolessons import exercises
from audiolessons.exercises.tasks.multimodal import cases_shown

TRUTH = [who for _, _, who in cases_shown()]


def _late_one_by_one(log_p):
    total = np.zeros(log_p.shape[1])
    for row in log_p:
        total = total + row
        total = total - np.logaddexp.reduce(total)
    return total


def _late_in_place(log_p):
    log_p[0] = log_p.sum(axis=0)
    log_p[0] -= log_p[0].max()
    return log_p[0] - np.log(np.exp(log_p[0]).sum())


def _late_by_hand(log_p):
    total = [sum(column) for column in zip(*log_p.tolist(), strict=True)]
    top = max(total)
    below = np.log(sum(np.exp(one - top) for one in total))
    return [one - top - below for one in total]


def _typo_from_all(word, random):
    """Make every possible error of a kind, and choose one."""
    n = len(word)
    kinds = (
        [word[:i] + word[i + 1 :] for i in range(n)],
        [word[:i] + a + word[i:] for i in range(n + 1) for a in ascii_lowercase],
        [word[:i] + a + word[i + 1 :] for i in range(n) for a in ascii_lowercase if a != word[i]],
        [word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(n - 1)],
    )
    kinds = [[one for one in kind if one != word] for kind in kinds]
    kinds = [kind for kind in kinds if kind]
    return random.choice(kinds[random.integers(len(kinds))])  # a numpy text


def _typo_in_a_list(word, random):
    letters = list(word)
    place = int(random.random() * len(word))
    kind = random.choice(["drop", "add", "change", "swap"], p=[0.2, 0.3, 0.3, 0.2])
    letter = chr(random.integers(97, 123))
    if kind == "drop":
        letters.pop(place)
    elif kind == "add":
        letters.insert(int(random.integers(len(word) + 1)), letter)
    elif kind == "change":
        letters[place] = letter
    elif place + 1 < len(word):
        letters[place : place + 2] = letters[place : place + 2][::-1]
    typed = "".join(letters)
    return typed if typed != word else _typo_in_a_list(word, random)


def _typo_by_words(word, random):
    i, a = random.integers(0, len(word) + 1), ascii_lowercase[random.integers(0, 26)]
    head, tail = word[:i], word[i:]
    swapped = head + tail[1::-1] + tail[2:]
    replaced = head + a + tail[1:] if tail else word
    typed = random.permutation([head + tail[1:], head + a + tail, replaced, swapped])[0]
    return str(typed) if typed != word else _typo_by_words(word, random)


def _typo_never_drawing_the_same(word, random):
    typed = word
    while typed == word:
        match random.integers(0, 4, endpoint=False):
            case 0:
                i = random.integers(0, len(word) - 1, endpoint=True)
                typed = word[0:i] + word[i + 1 :]
            case 1:
                i = random.integers(0, len(word), endpoint=True)
                typed = f"{word[:i]}{random.choice(list(ascii_lowercase))}{word[i:]}"
            case 2:
                i = random.integers(len(word))
                others = ascii_lowercase.replace(word[i], "")
                typed = word[:i] + others[random.integers(25)] + word[i + 1 :]
            case 3:
                i = random.integers(1, len(word))
                typed = word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]
    return typed


def _gate_by_hand(embeddings, scores, present):
    raw = torch.exp(scores) * present
    weights = raw / raw.sum(dim=1, keepdim=True)
    clean = embeddings.clone()
    clean[~present] = 0
    return torch.einsum("bm,bmd->bd", weights, clean), weights


def _gate_row_by_row(embeddings, scores, present):
    weights = torch.zeros_like(scores)
    mixture = torch.zeros(embeddings.shape[0], embeddings.shape[2])
    for i, here in enumerate(present):
        weights[i, here] = scores[i, here].softmax(dim=0)
        mixture[i] = weights[i, here] @ embeddings[i, here]
    return [mixture, weights]


def _gate_without_numbers(embeddings, scores, present):
    weights = torch.where(present, scores.double(), -1e9).softmax(-1)
    parts = weights.unsqueeze(2) * torch.nan_to_num(embeddings.double(), 0, 0, 0)
    return parts.sum(1), weights


def _gate_in_numpy(embeddings, scores, present):
    e, s, p = (np.asarray(part) for part in (embeddings, scores, present))
    w = np.where(p, np.exp(s - s.max(axis=1, keepdims=True)), 0)
    w = w / w.sum(axis=1, keepdims=True)
    return (w[:, None] @ np.where(p[..., None], e, 0))[:, 0], w


def _drop_by_ranks(present, rate, random):
    kept = present & (random.random(present.shape) > rate)
    luck = np.where(present, random.random(present.shape), -1)
    rescued = np.eye(present.shape[1], dtype=bool)[luck.argmax(axis=1)]
    return np.where(kept.any(axis=1, keepdims=True), kept, rescued & present)


def _drop_row_by_row(present, rate, random):
    kept = []
    for row in present:
        new = [bool(here and random.uniform() >= rate) for here in row]
        if any(row) and not any(new):
            new[random.permutation(np.flatnonzero(row))[0]] = True
        kept.append(new)
    return kept


def _drop_on_a_copy(present, rate, random):
    kept = present.copy()
    kept[random.binomial(1, rate, present.shape) == 1] = False
    for row, had in zip(kept, present, strict=True):
        if had.any() and not row.any():
            row[random.choice(len(had), p=had / had.sum())] = True
    return kept


def _drop_in_whole_numbers(present, rate, random):
    kept = present * (random.random(present.shape) < 1 - rate)
    for i in range(len(kept)):
        if present[i].sum() > 0 == kept[i].sum():
            (had,) = np.nonzero(present[i])
            kept[i, had[random.integers(len(had))]] = 1
    return kept.astype(int)


def _loss_of_the_formula(a, b, temperature):
    a, b = a / a.norm(dim=1, keepdim=True), b / b.norm(dim=1, keepdim=True)
    e = torch.exp(a @ b.T / temperature)
    return -(torch.log(e.diag() / e.sum(1)) + torch.log(e.diag() / e.sum(0))).sum() / (2 * len(a))


def _loss_by_logsumexp(a, b, temperature):
    table = functional.cosine_similarity(a[:, None], b[None], dim=2) / temperature
    return ((table.logsumexp(0) + table.logsumexp(1)) / 2 - table.diagonal()).mean()


def _loss_by_rows(a, b, temperature):
    a, b = functional.normalize(a), functional.normalize(b)
    losses = []
    for x, y in ((a, b), (b, a)):
        for i in range(len(x)):
            losses.append(-torch.log_softmax(y @ x[i] / temperature, dim=0)[i])
    return torch.stack(losses).mean()


def _loss_of_the_package(a, b, temperature):
    a, b = (functional.normalize(rows.double(), dim=-1) for rows in (a, b))
    return al.models.contrastive_loss(a, b, temperature=temperature)


def _recall_by_rank(similarity, query_class, found_class, k):
    same = query_class[:, None] == found_class
    best = np.where(same, similarity, -np.inf).max(axis=1)
    return np.mean(same.any(axis=1) & ((similarity > best[:, None]).sum(axis=1) < k))


def _recall_by_partition(similarity, query_class, found_class, k):
    first = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    return np.mean([c in found_class[row] for c, row in zip(query_class, first, strict=True)])


def _recall_by_sorting(similarity, query_class, found_class, k):
    n_found = 0
    for row, wanted in zip(similarity, query_class, strict=True):
        ranked = sorted(zip(row, found_class, strict=True), reverse=True)[:k]
        n_found += any(label == wanted for _, label in ranked)
    return n_found / len(query_class)


def _recall_in_torch(similarity, query_class, found_class, k):
    first = torch.as_tensor(similarity).topk(k).indices
    hits = torch.as_tensor(found_class)[first] == torch.as_tensor(query_class)[:, None]
    return hits.any(dim=1).float().mean()


def _align_by_layer(source, target, n_steps, temperature):
    """Another start, another rate, a loss that is summed: Adam takes the same way."""
    layer = nn.Linear(source.shape[1], target.shape[1], bias=False, device=source.device)
    adam = torch.optim.Adam(layer.parameters(), lr=0.02)
    for _ in range(n_steps):
        table = functional.normalize(layer(source)) @ functional.normalize(target).T / temperature
        own = table.diagonal()
        loss = (table.logsumexp(0) - own + table.logsumexp(1) - own).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return layer.weight.detach().T


def _align_by_hand(source, target, n_steps, temperature):
    """Adam written out, in double precision."""
    source, target = source.double(), target.double()
    matrix = 0.1 * torch.randn(source.shape[1], target.shape[1]).to(source)
    mean, square = torch.zeros_like(matrix), torch.zeros_like(matrix)
    for n in range(1, n_steps + 1):
        matrix.requires_grad_()
        loss = _loss_by_logsumexp(source @ matrix, target, temperature)
        (slope,) = torch.autograd.grad(loss, matrix)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        step = mean / (1 - 0.9**n) / ((square / (1 - 0.999**n)).sqrt() + 1e-8)
        matrix = matrix.detach() - 0.03 * step
    return matrix


def _align_from_noise(source, target, n_steps, temperature):
    matrix = nn.Parameter(torch.randn(source.shape[1], target.shape[1], device=source.device) / 5)
    adam = torch.optim.Adam([matrix], lr=0.05)
    for _ in range(n_steps):
        adam.zero_grad()
        _loss_by_rows(source @ matrix, target, temperature).backward()
        adam.step()
    return matrix.data


def _align_overwriting(source, target, n_steps, temperature):
    """The prompt does not forbid work in place."""
    target /= target.norm(dim=1, keepdim=True)
    matrix = (torch.randn(source.shape[1], target.shape[1]) * 0.1).to(source.device)
    matrix.requires_grad = True
    adam = torch.optim.AdamW([matrix], lr=3e-2)
    for _ in range(n_steps):
        _loss_of_the_formula(source @ matrix, target, temperature).backward()
        adam.step()
        adam.zero_grad()
    return matrix.detach()


def _equal(parts):
    sizes = {i: len(part) for i, part in enumerate(parts)}
    if min(sizes.values()) != max(sizes.values()):
        raise al.AudioError(f"unequal numbers of examples: {sizes}")
    return parts


def _join_row_by_row(parts):
    rows = zip(*_equal(parts), strict=True)
    return torch.stack([torch.cat([piece.flatten() for piece in row]) for row in rows])


def _join_into_zeros(parts):
    out = torch.zeros(len(_equal(parts)[0]), sum(part.shape[1] for part in parts))
    begin = 0
    for part in parts:
        out[:, begin : begin + part.shape[1]] = part
        begin += part.shape[1]
    return out


class _Unequal(al.AudioError):
    """An error of that kind."""


def _join_turned(parts):
    if any(len(part) != len(parts[0]) for part in parts):
        raise _Unequal(", ".join(str(len(part)) for part in parts))
    return torch.cat([part.T for part in parts]).T


RIGHT_ANSWERS = {
    "multimodal.liars": [
        TRUTH,
        tuple(TRUTH),
        np.array(TRUTH),
        ", ".join(TRUTH),
        [who.capitalize() + " " for who in TRUTH],
    ],
    "multimodal.late": [
        _late_one_by_one,
        _late_in_place,
        _late_by_hand,
        lambda log_p: torch.as_tensor(log_p).sum(0).log_softmax(0),
        lambda log_p: np.einsum("mk->k", log_p) - np.logaddexp.reduce(np.einsum("mk->k", log_p)),
    ],
    "multimodal.typos": [
        _typo_from_all,
        _typo_in_a_list,
        _typo_by_words,
        _typo_never_drawing_the_same,
    ],
    "multimodal.gate": [
        _gate_by_hand,
        _gate_row_by_row,
        _gate_without_numbers,
        _gate_in_numpy,
    ],
    "multimodal.dropout": [
        _drop_by_ranks,
        _drop_row_by_row,
        _drop_on_a_copy,
        _drop_in_whole_numbers,
    ],
    "multimodal.infonce": [
        _loss_of_the_formula,
        _loss_by_logsumexp,
        _loss_by_rows,
        _loss_of_the_package,
    ],
    "multimodal.recall": [
        _recall_by_rank,
        _recall_by_partition,
        _recall_by_sorting,
        _recall_in_torch,
    ],
    "multimodal.align": [_align_by_layer, _align_by_hand, _align_from_noise, _align_overwriting],
    "multimodal.join": [
        _join_row_by_row,
        _join_into_zeros,
        _join_turned,
        lambda parts: torch.from_numpy(np.concatenate([p.numpy() for p in _equal(parts)], axis=-1)),
        lambda parts: torch.hstack(tuple(_equal(parts))).tolist(),
    ],
}


def test_two_agree_in_every_case_and_each_witness_lies_once_at_least():
    assert all(true != told for true, told, _ in cases_shown())
    assert set(TRUTH) == {"sound", "picture", "word"}


def test_a_wrong_list_of_liars_is_told_which_cases_not_who():
    report = exercises.check("multimodal.liars", [*TRUTH[:4], "word"])
    assert not report.passed
    assert "case E: False" in str(report)
    assert "expected" not in str(report)


def test_no_message_about_axes_where_two_models_meet_two_classes():
    report = exercises.check("multimodal.late", lambda x: x.sum(axis=0) + 1)
    assert not report.passed
    assert "classes" not in report.means


def test_the_gate_may_not_write_into_what_it_is_given():
    def gated(embeddings, scores, present):
        embeddings[~present] = 0
        weights = scores.masked_fill(~present, -torch.inf).softmax(dim=1)
        return (weights[..., None] * embeddings).sum(dim=1), weights

    report = exercises.check("multimodal.gate", gated)
    assert not report.passed
    assert report.means == "your function writes into embeddings: work on a copy"


def test_nobody_may_be_dropped_from_the_callers_array():
    def drop_modalities(present, rate, random):
        before = present.copy()
        present &= random.random(present.shape) >= rate
        for row in np.flatnonzero(before.any(axis=1) & ~present.any(axis=1)):
            present[row, random.choice(np.flatnonzero(before[row]))] = True
        return present.copy()

    report = exercises.check("multimodal.dropout", drop_modalities)
    assert not report.passed
    assert report.means == "your function writes into present: work on a copy"


def test_the_alignment_takes_no_solution_of_equations():
    def align(source, target, n_steps, temperature):
        return torch.linalg.lstsq(source, target).solution

    report = exercises.check("multimodal.align", align)
    assert not report.passed
    assert "`lstsq` in your code" in str(report)


def test_another_start_and_rate_that_do_not_arrive_are_not_told_an_untrue_cause():
    def align(source, target, n_steps, temperature):
        matrix = nn.Parameter(torch.randn(source.shape[1], target.shape[1], device=source.device))
        adam = torch.optim.Adam([matrix], lr=0.01)
        for _ in range(n_steps):
            adam.zero_grad()
            _loss_by_logsumexp(source @ matrix, target, temperature).backward()
            adam.step()
        return matrix.detach()

    report = exercises.check("multimodal.align", align)
    held = [row.passed for row in report.rows]
    assert held[:2] == [True, True]
    assert report.means == ""


def test_the_alignment_says_where_it_ran():
    report = exercises.check("multimodal.align", _align_by_hand)
    assert report.passed, str(report)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda
