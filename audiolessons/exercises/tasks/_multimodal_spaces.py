"""Exercises of the chapter tasks/multimodal: one space for all, and whose row is whose."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- the contrastive loss -----------------------------------------------------------------------


def _loss(
    *,
    axis=1,
    scale=lambda logits, temperature: logits / temperature,
    first=0.5,
    second=0.5,
    change=lambda logits: logits,
    reduction="mean",
):
    """The two-way loss with its parts exchangeable; no `axis`, no normalisation."""

    def pair_loss(a, b, temperature):
        import torch
        from torch.nn import functional

        if axis is not None:
            a, b = (functional.normalize(rows, dim=axis) for rows in (a, b))
        logits = scale(a @ b.T, temperature)
        partner = torch.arange(len(a), device=a.device)
        there, back = (
            functional.cross_entropy(change(way), partner, reduction=reduction)
            for way in (logits, logits.T)
        )
        return first * there + second * back

    return pair_loss


def _partners_only(a, b, temperature):
    from torch.nn import functional

    return (1 - functional.cosine_similarity(a, b)).mean()


def _with_itself_left_out(a, b, temperature):
    """The partner counts above the fraction, but not below it."""
    import torch
    from torch.nn import functional

    a, b = (functional.normalize(rows, dim=1) for rows in (a, b))
    logits = a @ b.T / temperature
    own, own_place = logits.diagonal(), torch.eye(len(a), dtype=torch.bool)
    others = logits.masked_fill(own_place, -torch.inf)
    return ((others.logsumexp(1) + others.logsumexp(0)) / 2 - own).mean()


def _rows(n_pairs, n_features, seed=0, sizes=(1.0, 1.0)):
    """Pairs of noise that are somewhat alike, float32."""
    import torch

    a, b = noise(2, n_pairs, n_features, seed=seed)
    return tuple(
        torch.from_numpy((size * rows).astype("f4"))
        for size, rows in zip(sizes, (a, b + 0.7 * a), strict=True)
    )


def _slopes(answer, a, b, temperature):
    """The gradients that reach a and b."""
    for rows in (a, b):
        rows.requires_grad_()
    answer(a, b, temperature).backward()
    return a.grad, b.grad


def _pairs():
    import torch

    for what, given in (
        ("five pairs at a temperature of 0.2", (*_rows(5, 8), 0.2)),
        ("seven pairs at a temperature of 1", (*_rows(7, 3, seed=1), 1.0)),
        ("a single pair costs nothing: there is no choice", (*_rows(1, 4, seed=2), 0.5)),
        (
            "four that are all alike cost log 4: nothing can be told apart",
            (torch.ones(4, 3), torch.ones(4, 3), 0.1),
        ),
        (
            "how long a row is does not matter",
            (*_rows(5, 8, sizes=(7.0, 0.1)), 0.2),
        ),
    ):
        yield probe(what, *given, rtol=1e-4, atol=1e-5)
    yield probe(
        "gradients find their way back to a and b",
        *(*_rows(4, 6, seed=3), 0.3),
        observe=_slopes,
        rtol=1e-3,
        atol=1e-5,
    )


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
    probes=_pairs,
    wrong=[
        (_loss(first=1, second=0), "only one way: every b must find its a as well"),
        (_loss(first=0, second=1), "only one way: every a must find its b as well"),
        (_loss(first=1, second=1), "the two ways are summed: take their mean"),
        (
            _loss(axis=None),
            "the rows were not brought to length 1: a long one would fit everything",
        ),
        (
            _loss(axis=0),
            "the columns were brought to length 1: an embedding is a row, axis 1",
        ),
        (
            _loss(scale=lambda logits, temperature: logits * temperature),
            "multiplied by the temperature: divide, so that a low one makes the choice sharp",
        ),
        (_loss(scale=lambda logits, temperature: logits), "the temperature was not used"),
        (
            _loss(first=-0.5, second=-0.5),
            "the sign is turned round: this would drive partners apart",
        ),
        *(
            (wrong, "summed over the batch: take the mean over its rows")
            for wrong in (
                _loss(reduction="sum"),
                lambda a, b, temperature: len(a) * _loss()(a, b, temperature),
            )
        ),
        (_loss(reduction="none"), "one loss for each row: take the mean over the batch"),
        (
            _loss(change=lambda logits: logits.softmax(dim=1)),
            "`cross_entropy` takes logits: it does the softmax itself",
        ),
        (
            _partners_only,
            "only partners were compared: without the others everything may fall on one point",
        ),
        (
            _with_itself_left_out,
            "the partner is left out of the sum below the line: it is one of the B candidates",
        ),
        (
            lambda a, b, temperature: _loss()(a, b, temperature).item(),
            "this is a plain number: return the tensor, so that `backward()` finds its way",
        ),
        (
            lambda a, b, temperature: _loss()(a, b, temperature).detach(),
            "the loss is cut off from a and b: without `.detach()` it can be learned from",
        ),
    ],
    valid=lambda random: (
        *_rows(
            *random.integers(1, 7, 2),
            seed=int(random.integers(1000)),
            sizes=random.uniform(0.2, 3, 2),
        ),
        float(random.choice([0.1, 0.5, 2.0])),
    ),
)
def pair_loss(a, b, temperature):
    return _loss()(a, b, temperature)


# --- recall at k --------------------------------------------------------------------------------


def _hits(*, sign=-1, part=lambda order, k: order[:, :k], look_up=True):
    """Whether what was found is right, with the parts exchangeable: (Q, k)."""

    def hits(similarity, query_class, found_class, k):
        order = part(np.argsort(sign * similarity, axis=1), k)
        return (found_class[order] if look_up else order) == query_class[:, np.newaxis]

    return hits


def _recall(count=lambda hits: hits.any(axis=1).mean(), **parts):
    return lambda *given: count(_hits(**parts)(*given))


def _recall_of_the_item(similarity, query_class, found_class, k):
    order = np.argsort(-similarity, axis=1)[:, :k]
    return np.mean([i in order[i] for i in range(len(query_class))])


def _recall_of_what_is_there(similarity, query_class, found_class, k):
    there = np.isin(query_class, found_class)
    return _recall()(similarity[there], query_class[there], found_class, k)


def _recall_from_the_other_side(similarity, query_class, found_class, k):
    return _recall()(similarity.T, found_class, query_class, k)


def _search(n_queries, n_items, n_classes, k, seed=0):
    """Similarities that are a little larger for one class: some searches succeed."""
    random = np.random.default_rng(seed)
    query = random.integers(0, n_classes, n_queries)
    found = random.integers(0, n_classes, n_items)
    similarity = random.standard_normal((n_queries, n_items))
    return similarity + 0.8 * (query[:, np.newaxis] == found), query, found, k


@exercise(
    "multimodal.recall",
    level="core",
    hints=(
        "Sort each row by similarity, the largest first: `np.argsort(-similarity, axis=1)`.",
        "The classes of the first k of each row: `found_class[order[:, :k]]`, of shape (Q, k).",
        "Compare with the query's own class, ask `.any(axis=1)`, take the mean.",
    ),
    probes=[
        *(
            probe(
                f"{n_queries} queries, {n_items} items of {n_classes} classes, k = {k}",
                *_search(n_queries, n_items, n_classes, k, seed),
            )
            for seed, (n_queries, n_items, n_classes, k) in enumerate(
                [(12, 20, 4, 1), (12, 20, 4, 3), (17, 9, 5, 2), (8, 30, 7, 5), (9, 9, 3, 1)]
            )
        ),
        probe(
            "one query, two items: the second is right, and found among two",
            *(np.array([[0.9, 0.1]]), np.array([1]), np.array([0, 1]), 2),
        ),
        probe(
            "a class that no item has is not found, and counts as a query",
            *(noise(4, 6, seed=9), np.array([9, 9, 0, 1]), np.array([0, 1, 0, 1, 0, 1]), 6),
        ),
    ],
    wrong=[
        (
            _recall(sign=1),
            "the least similar are looked at: argsort goes upwards, so turn the sign",
        ),
        (
            _recall(lambda hits: hits.mean()),
            "this is the share of right ones among the k: one right one is enough",
        ),
        (
            _recall(lambda hits: hits.all(axis=1).mean()),
            "all k were asked to be right: one right one is enough",
        ),
        (
            _recall(lambda hits: hits.sum(axis=1).mean()),
            "right ones are counted several times: ask for each query whether there is any",
        ),
        (
            _recall(look_up=False),
            "places of items were compared with classes: look up the class of each place",
        ),
        (
            _recall(part=lambda order, k: order[:, 1 : k + 1]),
            "the most similar item was skipped: here no query is an item of its own gallery",
        ),
        (
            _recall(part=lambda order, k: order[:, 1:k]),
            "the most similar item was skipped: places count from 0",
        ),
        (
            _recall(part=lambda order, k: order[:, : k + 1]),
            "k + 1 are looked at: `[:k]` holds the first k",
        ),
        (
            _recall(part=lambda order, k: order[:, :1]),
            "only the most similar one is looked at: all of the first k count",
        ),
        (
            _recall(part=lambda order, k: order),
            "all items are looked at: only the first k count",
        ),
        (
            _recall(part=lambda order, k: order[:, k - 1 : k]),
            "only the k-th is looked at: all of the first k count",
        ),
        (
            _recall(lambda hits: 100 * hits.any(axis=1).mean()),
            "this is in percent: return a share, up to 1",
        ),
        (
            _recall(lambda hits: hits.any(axis=1).sum()),
            "this is a count: divide by the number of queries",
        ),
        (
            _recall(lambda hits: hits.any(axis=1)),
            "one answer for each query: take the mean over them",
        ),
        (
            _recall_of_the_item,
            "item i was sought for query i: any item of the same class counts",
        ),
        (
            _recall_from_the_other_side,
            "the items search for queries: each row is a query, so sort along axis 1",
        ),
        (
            _recall_of_what_is_there,
            "queries whose class no item has were left out: they count as not found",
        ),
    ],
    valid=lambda random: _search(
        n_queries := int(random.integers(1, 12)),
        n_items := int(random.integers(1, 12)),
        int(random.integers(1, 6)),
        int(random.integers(1, n_items + 1)),
        seed=int(random.integers(10_000)) + n_queries,
    ),
)
def recall_at(similarity, query_class, found_class, k):
    return _recall()(similarity, query_class, found_class, k)


# --- two spaces, one matrix ---------------------------------------------------------------------


def _align(
    *,
    loss=None,
    rate=0.03,
    optimiser="Adam",
    step=True,
    clear=True,
    n_more=0,
    always=None,
    give=None,
):
    """The training with its parts exchangeable; `give` sees the matrix, source and target."""

    def align(source, target, n_steps, temperature):
        import torch

        cost = loss or _loss()
        matrix = 0.1 * torch.randn(source.shape[1], target.shape[1], device=source.device)
        matrix.requires_grad_()
        descent = getattr(torch.optim, optimiser)([matrix], lr=rate)
        for _ in range(n_steps + n_more if always is None else always):
            if clear:
                descent.zero_grad()
            cost(source @ matrix, target, temperature).backward()
            if step:
                descent.step()
        return give(matrix, source, target) if give else matrix.detach()

    return align


def _shuffled(a, b, temperature):
    import torch

    return _loss()(a, b[torch.randperm(len(b), device=b.device)], temperature)


def _as_layer(matrix, source, target):
    import torch

    layer = torch.nn.Linear(*matrix.shape, bias=False)
    layer.weight.data = matrix.detach().T
    return layer


def _steps(answer, source, target, temperature):
    """What the matrix is, and how far its first steps are from those of Adam on the loss.

    The start is the answer's own: what it returns after no step, from the same random numbers.
    """
    import torch

    from audiolessons import training

    def after(n_steps):
        training.seed_everything(0)
        return answer(source.clone(), target.clone(), n_steps, temperature)

    matrices = [after(n_steps) for n_steps in (0, 1, 4)]
    if not all(isinstance(matrix, torch.Tensor) for matrix in matrices):
        kinds = ", ".join(type(matrix).__name__ for matrix in matrices)
        return {"what came back after 0, 1 and 4 steps": kinds}
    shape, device = (source.shape[1], target.shape[1]), source.device.type
    facts = {
        "the shape": tuple(matrices[-1].shape),
        "the device": matrices[-1].device.type,
        "it carries a gradient": any(matrix.requires_grad for matrix in matrices),
    }
    if facts["the shape"] != shape or facts["the device"] != device:
        return facts
    start, first, fourth = (matrix.detach().float() for matrix in matrices)
    rate = float((first - start).abs().median())
    wanted = start.clone().requires_grad_()
    adam = torch.optim.Adam([wanted], lr=rate or 0.03)
    for _ in range(4):
        adam.zero_grad()
        _loss()(source @ wanted, target, temperature).backward()
        adam.step()
    moved = (wanted.detach() - start).abs().mean()
    missed = float((fourth - wanted.detach()).abs().mean() / moved)
    return facts | {
        "one step moves the matrix": rate > 0,
        "by 0.001, torch's own learning rate": abs(rate - 0.001) < 1e-4,
        "what four steps miss of Adam's on the loss, 0 to 2": round(min(missed, 2.0), 2),
    }


def _found(answer, known, new, n_steps, temperature):
    """The share of pairs that find each other: of those learned from, and of new ones."""
    import torch
    from torch.nn import functional

    matrix = answer(*(rows.clone() for rows in known), n_steps, temperature)
    if not isinstance(matrix, torch.Tensor) or matrix.shape != (
        known[0].shape[1],
        known[1].shape[1],
    ):
        return {"what came back": f"{type(matrix).__name__}, shape {tuple(np.shape(matrix))}"}

    def share(source, target):
        moved = functional.normalize(source @ matrix.detach().to(source), dim=1)
        nearest = (moved @ functional.normalize(target, dim=1).T).argmax(dim=1)
        return float((nearest == torch.arange(len(source), device=source.device)).double().mean())

    return {
        "at least 0.8 of the new pairs find each other": share(*new) >= 0.8,
        "no more than by guessing": share(*known) < 0.08,
    }


def _two_spaces(n_pairs, width, device, seed=0):
    """Embeddings of hidden causes in two spaces, the second half as wide."""
    import torch

    random = np.random.default_rng(seed)
    causes = random.standard_normal((n_pairs, 16))
    return tuple(
        torch.from_numpy(
            causes @ random.standard_normal((16, size)) / 4
            + 0.2 * random.standard_normal((n_pairs, size))
        )
        .float()
        .to(device)
        for size in (width, width // 2)
    )


def _spaces():
    import torch

    from audiolessons import training

    where = training.pick_device()
    n_pairs, width = (4096, 256) if where.type == "cuda" else (96, 24)
    for what, sizes, temperature, device in (
        (f"on the {where.type}: {n_pairs} pairs", (n_pairs, width), 0.1, where),
        ("on the processor: ten pairs, at another temperature", (10, 6), 0.5, torch.device("cpu")),
    ):
        yield probe(
            f"{what}, from {width} to {width // 2} features, step for step"
            if sizes[1] == width
            else f"{what}, step for step",
            *(*_two_spaces(*sizes, device), temperature),
            observe=_steps,
            atol=0.02,
        )
    known, new = zip(
        *((rows[:-64], rows[-64:]) for rows in _two_spaces(n_pairs + 64, width, where)),
        strict=True,
    )
    yield probe(
        "64 pairs that were not in the training find each other after 120 steps",
        *(known, new, 120, 0.1),
        observe=_found,
    )


def _any_spaces(random):
    import torch

    if random.random() > 0.9:  # a few trainings are enough
        return None
    sizes = int(random.integers(3, 12)), 2 * int(random.integers(1, 6))
    spaces = _two_spaces(*sizes, torch.device("cpu"), seed=int(random.integers(1000)))
    return *spaces, float(random.choice([0.1, 0.5]))


@exercise(
    "multimodal.align",
    level="core",
    hints=(
        "Start from `0.1 * torch.randn(D1, D2, device=source.device)`, then `.requires_grad_()`.",
        "An optimiser takes it in a list: `torch.optim.Adam([matrix], lr=0.03)`. In each step: the "
        "loss, `zero_grad`, `backward`, `step`.",
        "The loss is that of exercise 6, here written out: normalise both, multiply, divide by the "
        "temperature, cross-entropy both ways. Return `matrix.detach()`.",
    ),
    observe=_steps,
    probes=_spaces,
    wrong=[
        (_align(step=False), "the matrix is still as it began: is `step()` called?"),
        (_align(clear=False), "the gradients are never cleared: `zero_grad()` in each step"),
        (
            _align(loss=_shuffled),
            "the pairs are mixed up: row i of `source` belongs to row i of `target` in each step",
        ),
        (
            _align(give=lambda matrix, source, target: matrix),
            "the matrix carries a gradient: end with `.detach()`",
        ),
        (
            _align(give=lambda matrix, source, target: matrix.detach().T),
            "this matrix is turned over: `source @ matrix` must have the width of `target`",
        ),
        (
            _align(give=_as_layer),
            "a layer came back: return its weight, turned so that `source @ matrix` works",
        ),
        (
            _align(give=lambda matrix, source, target: matrix.detach().cpu().numpy()),
            "return a torch tensor, on the device of `source`",
        ),
        (
            _align(give=lambda matrix, source, target: (source @ matrix).detach()),
            "these are the moved embeddings: return the matrix that moves them",
        ),
        (_align(always=120), "`n_steps` is not used: make as many steps"),
        (
            lambda source, target, n_steps, temperature: (
                _align(always=1)(source, target, n_steps, temperature) if n_steps else None
            ),
            "this is one step, or nothing: `return` stands inside the loop",
        ),
        (
            _align(rate=0.001),
            "these are steps of torch's own learning rate, 0.001: give lr=0.03",
        ),
        (_align(n_more=1), "one step too many is made"),
        (_align(n_more=-1), "one step is missing"),
        (_align(optimiser="SGD"), "this is plain descent: torch.optim.Adam is asked for"),
        (_align(loss=_loss(axis=None)), "the rows are not brought to length 1 before they meet"),
        *(
            (
                _align(loss=_loss(first=first, second=1 - first)),
                "only one way is learned: the loss counts a for b and b for a",
            )
            for first in (0, 1)
        ),
        (
            _align(loss=_loss(scale=lambda logits, temperature: logits)),
            "the temperature is not used",
        ),
        (
            _align(loss=_loss(scale=lambda logits, temperature: logits * temperature)),
            "multiplied by the temperature: divide",
        ),
        (
            _align(loss=_loss(first=-0.5, second=-0.5)),
            "the steps go up: partners are driven apart, so turn the sign",
        ),
        (
            _align(loss=_partners_only),
            "only partners are compared: the others must count as wrong answers",
        ),
    ],
    valid=_any_spaces,
    forbidden={
        "no solver of equations, which would need no descent": (
            "lstsq",
            "pinv",
            "solve",
            "svd",
            "inv",
            "qr",
        )
    },
    time_limit_s=30,
)
def align(source, target, n_steps, temperature):
    return _align()(source, target, n_steps, temperature)


# --- whose row is it ----------------------------------------------------------------------------


def _join(along):
    """Join after the sizes were compared."""

    def joined(parts):
        sizes = [len(part) for part in parts]
        if len(set(sizes)) > 1:
            raise AudioError(f"the modalities hold {sizes} examples: give the same number of each")
        return along(parts)

    return joined


def _side_by_side(parts):
    import torch

    return torch.cat(list(parts), dim=1)


def _below_each_other(parts):
    import torch

    return torch.cat(list(parts))


def _stacked(parts):
    import torch

    return torch.stack(list(parts), dim=1)


def _dealt_out(parts):
    return _below_each_other(parts).reshape(len(parts[0]), -1)


def _in_turn(parts):
    """All features of one number after the other: right shape, modalities mixed."""
    return _stacked(parts).transpose(1, 2).reshape(len(parts[0]), -1)


def _expanded(parts):
    longest = max(len(part) for part in parts)
    return _join(_side_by_side)([p.expand(longest, -1) if len(p) == 1 else p for p in parts])


def _cut(parts):
    shortest = min(len(part) for part in parts)
    return _side_by_side([part[:shortest] for part in parts])


def _other_error(kind, text):
    def joined(parts):
        if len({len(part) for part in parts}) > 1:
            raise kind(text)
        return _side_by_side(parts)

    return joined


def _unequal(answer, parts):
    """What becomes of parts of unequal size: the error, and whether it names all sizes."""
    try:
        got = answer(parts)
    except Exception as error:
        if "ellipsis" in str(error):
            raise
        return {
            "raised": "AudioError" if isinstance(error, AudioError) else type(error).__name__,
            "it names the sizes": all(str(len(part)) in str(error) for part in parts),
        }
    return {"raised": "nothing", "what came back": tuple(np.shape(got))}


def _shuffled_rows(answer, parts, order):
    return answer([part[order] for part in parts])


def _either(answer, parts):
    if len({len(part) for part in parts}) > 1:
        return _unequal(answer, parts)
    return answer(parts)


def _parts(*widths, n_rows=6, seed=0):
    """One part of each width; `n_rows` is one number, or one for each part."""
    import torch

    sizes = [n_rows] * len(widths) if isinstance(n_rows, int) else n_rows
    return [
        torch.from_numpy(noise(n, width, seed=seed + i).astype("f4"))
        for i, (n, width) in enumerate(zip(sizes, widths, strict=True))
    ]


def _joins():
    import torch

    for what, parts in (
        ("one example: nothing can be mixed up", _parts(4, 4, n_rows=1)),
        ("six examples, two modalities of equal width", _parts(4, 4)),
        ("three modalities of unequal width", _parts(3, 5, 2, n_rows=7)),
        ("as many examples as features: every axis fits", _parts(6, 6)),
        ("a single modality stays as it is", _parts(3, n_rows=4)),
    ):
        yield probe(what, parts)
    yield probe(
        "shuffled examples give shuffled rows: none depends on its neighbours",
        *(_parts(4, 4, seed=5), torch.tensor([3, 1, 5, 0, 4, 2])),
        observe=_shuffled_rows,
    )
    for what, sizes in (
        ("six sounds and five pictures are an AudioError that names both numbers", (6, 5)),
        ("six sounds and one picture are one, too", (6, 1)),
        ("and so are two sounds, two pictures, four words", (2, 2, 4)),
        ("and three parts of three sizes", (3, 4, 2)),
    ):
        yield probe(what, _parts(*[4] * len(sizes), n_rows=sizes), observe=_unequal)


def _any_parts(random):
    n_parts = int(random.integers(1, 5))
    n_rows = int(random.integers(1, 7))
    sizes = random.integers(1, 7, n_parts) if random.random() < 0.3 else [n_rows] * n_parts
    widths = random.integers(1, 6, n_parts)
    return (
        _parts(*map(int, widths), n_rows=list(map(int, sizes)), seed=int(random.integers(1000))),
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
    observe=_either,
    probes=_joins,
    wrong=[
        (
            _join(_dealt_out),
            "the rows are not those of the examples: `reshape` deals numbers out in reading order "
            "and knows no examples",
        ),
        (
            _join(_below_each_other),
            "there are now more examples than before: the features grow, axis 1",
        ),
        (_join(_stacked), "stacked on a new axis: join along the features, axis 1"),
        (_join(_in_turn), "the features of the modalities stand in turn: one after the other"),
        (
            _join(lambda parts: _side_by_side(parts[::-1])),
            "the parts stand in another order than given",
        ),
        (
            _join(lambda parts: _side_by_side(parts).T),
            "turned over: examples stand in the rows",
        ),
        (
            _join(sum),
            "the parts were added, not joined: the first layer could no longer tell them apart",
        ),
        (_join(lambda parts: parts[0]), "only the first part came back"),
        *(
            (
                wrong,
                "parts of unequal size end in an error of a library: compare the sizes first, and "
                "raise al.AudioError",
            )
            for wrong in (_side_by_side, _other_error(RuntimeError, "sizes 6, 5, 1, 2, 3 and 4"))
        ),
        (
            _other_error(ValueError, "6, 5, 1, 2, 3, 4"),
            "the error is a ValueError: raise al.AudioError",
        ),
        (
            _other_error(AudioError, "the parts differ"),
            "the error does not say which sizes were given: put them into its message",
        ),
        (
            lambda parts: (
                AudioError("6, 5, 1, 2, 3, 4")
                if len({len(part) for part in parts}) > 1
                else _side_by_side(parts)
            ),
            "the error is returned: `raise` it",
        ),
        (_expanded, "one picture was repeated for all sounds: compare the sizes and refuse"),
        (_cut, "what is longer was cut off: compare the sizes and refuse"),
        (
            lambda parts: (
                _side_by_side(parts)
                if len(parts[0]) == len(parts[1 % len(parts)])
                else _join(_side_by_side)(parts)
            ),
            "only the first two parts are compared: look at the sizes of all",
        ),
    ],
    valid=_any_parts,
)
def joined(parts):
    return _join(_side_by_side)(parts)
