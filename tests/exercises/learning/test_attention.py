"""Right answers to the exercises of the chapter learning/attention: other algorithms, writings."""

import math

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from audiolessons import exercises, models
from audiolessons.exercises.learning.attention import drawn_notes

NOTES = drawn_notes()


def _attend_by_loops(query, key, value, fade):
    rows = []
    for i in range(query.shape[-2]):
        scores = [
            (query[..., i, :] * key[..., j, :]).sum(-1) / math.sqrt(query.shape[-1])
            - fade * abs(i - j)
            for j in range(key.shape[-2])
        ]
        weights = torch.stack(scores, -1).softmax(-1)
        rows.append((weights[..., None] * value).sum(-2))
    return torch.stack(rows, -2)


def _attend_by_einsum(query, key, value, fade):
    scores = torch.einsum("...nd,...md->...nm", query, key) * query.size(-1) ** -0.5
    n, m = (torch.arange(size, dtype=torch.float32) for size in scores.shape[-2:])
    scores = scores - fade * torch.cdist(n[:, None], m[:, None]).to(scores)
    return torch.einsum("...nm,...me->...ne", torch.softmax(scores, -1), value)


def _attend_in_place(query, key, value, fade):
    query /= query.shape[-1] ** 0.5
    scores = query @ key.mT
    for i in range(scores.shape[-2]):
        for j in range(scores.shape[-1]):
            scores[..., i, j] -= fade * abs(i - j)
    scores -= scores.amax(dim=-1, keepdim=True)
    scores = scores.exp()
    return scores @ value / scores.sum(dim=-1, keepdim=True)


def _attend_in_numpy(query, key, value, fade):
    query, key, value = (part.double().numpy() for part in (query, key, value))
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    scores = scores - fade * np.abs(np.subtract.outer(*map(np.arange, scores.shape[-2:])))
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (weights / weights.sum(axis=-1, keepdims=True)) @ value


def _chunks_by_loops(n_frames, size, n_back):
    mask = torch.zeros(n_frames, n_frames).bool()
    for i in range(n_frames):
        begin = i // size * size
        mask[i, max(0, begin - n_back * size) : begin + size] = True
    return mask


def _chunks_by_lists(n_frames, size, n_back):
    return torch.tensor(
        [[0 <= i // size - j // size <= n_back for j in range(n_frames)] for i in range(n_frames)]
    )


def _chunks_by_blocks(n_frames, size, n_back):
    n_chunks = -(-n_frames // size)
    whole = torch.ones(n_chunks, n_chunks, dtype=torch.bool)
    blocks = whole.tril() & whole.triu(-n_back)
    fine = blocks.repeat_interleave(size, dim=0).repeat_interleave(size, dim=1)
    return fine[:n_frames, :n_frames]


def _chunks_in_numpy(n_frames, size, n_back):
    chunk = np.floor(np.arange(n_frames) / size)
    back = chunk[:, np.newaxis] - chunk
    return torch.from_numpy(np.logical_and(back > -0.5, back < n_back + 0.5))


def _weights_by_sounds(scores, lengths):
    weights = torch.zeros_like(scores)
    for b, length in enumerate(lengths):
        weights[b, :, :length] = scores[b, :, :length].softmax(dim=-1)
    return weights


def _weights_in_place(scores, lengths):
    for row, n in zip(scores, lengths.tolist(), strict=True):
        row[:, n:] = -1e9
    return torch.softmax(scores, 2)


def _weights_by_where(scores, lengths):
    number = np.arange(scores.shape[2])[None, None]
    lowest = torch.finfo(scores.dtype).min
    is_sound = torch.from_numpy(number < lengths.numpy()[:, None, None])
    return torch.where(is_sound, scores, lowest).softmax(-1)


def _weights_by_exp(scores, lengths):
    is_sound = torch.arange(scores.shape[-1]).expand(scores.shape) < lengths.view(-1, 1, 1)
    largest = scores.masked_fill(~is_sound, -torch.inf).max(dim=-1, keepdim=True).values
    shares = (scores - largest).exp().masked_fill(~is_sound, 0)
    return (shares / shares.sum(dim=-1, keepdim=True)).tolist()


def _weights_added(scores, lengths):
    outside = torch.arange(scores.shape[-1]) >= lengths[:, None, None]
    return (scores + torch.zeros(outside.shape).masked_fill(outside, -torch.inf)).softmax(dim=-1)


def _heads_by_chunks(x, n_heads):
    heads = [torch.stack(part.chunk(n_heads, dim=-1), dim=1) for part in x.chunk(3, dim=-1)]
    return torch.stack(heads)


def _heads_by_loops(x, n_heads):
    n_sounds, n_frames, width = x.shape
    each = width // 3 // n_heads
    out = torch.empty(3, n_sounds, n_heads, n_frames, each, dtype=x.dtype)
    for part in range(3):
        for head in range(n_heads):
            first = part * width // 3 + head * each
            out[part, :, head] = x[:, :, first : first + each]
    return out


def _pool_by_sounds(frames, scores, lengths):
    return torch.stack(
        [s[:n].softmax(dim=0) @ f[:n] for f, s, n in zip(frames, scores, lengths, strict=True)]
    )


def _pool_by_einsum(frames, scores, lengths):
    outside = torch.arange(frames.shape[1])[None] >= lengths[:, None]
    scores[outside] = -torch.inf
    return torch.einsum("bn,bnd->bd", scores.softmax(-1), frames)


def _pool_by_package(frames, scores, lengths):
    mask = models.sequence_mask(lengths, n_frames=frames.shape[1])
    return (models.masked_softmax(scores, mask)[:, None] @ frames)[:, 0]


def _pool_in_numpy(frames, scores, lengths):
    pooled = []
    for sound, score, n in zip(frames.numpy(), scores.numpy(), lengths.tolist(), strict=True):
        share = np.exp(score[:n] - score[:n].max())
        pooled.append(np.average(sound[:n], axis=0, weights=share))
    return pooled


def _longest_by_search(memory_bytes, *, n_heads, frames_per_s, bytes_each=4):
    low, high = 0, 2**30
    while high - low > 1:
        middle = (low + high) // 2
        fits = middle**2 * n_heads * bytes_each <= memory_bytes
        low, high = (middle, high) if fits else (low, middle)
    return low / frames_per_s


def _slices_by_index(query, key, value, n_queries):
    shape = (*query.shape[:-1], value.shape[-1])
    out = torch.empty(shape, dtype=query.dtype, device=query.device)
    for start in range(0, query.shape[-2], n_queries):
        some = slice(start, start + n_queries)
        scores = (query[..., some, :] @ key.mT).div_(math.sqrt(key.shape[-1]))
        out[..., some, :] = scores.softmax(dim=-1) @ value
    return out


def _slices_of_one(query, key, value, n_queries):
    outputs = []
    for i in range(query.shape[-2]):
        scores = (key @ query[..., i, :, None]).squeeze(-1) / query.shape[-1] ** 0.5
        outputs.append((scores.softmax(-1)[..., None] * value).sum(dim=-2))
    return torch.stack(outputs, dim=-2)


def _slices_by_keys(query, key, value, n_queries):
    """As the fused kernel does it: the keys in parts as well, with a running sum."""
    outputs = []
    for some in query.split(n_queries, dim=-2):
        total = torch.zeros_like(some[..., :1])
        largest = torch.full_like(total, -torch.inf)
        out = 0
        for k, v in zip(key.split(64, dim=-2), value.split(64, dim=-2), strict=True):
            scores = some @ k.transpose(-2, -1) / some.shape[-1] ** 0.5
            before, largest = largest, torch.maximum(largest, scores.amax(-1, keepdim=True))
            share, scale = (scores - largest).exp(), (before - largest).exp()
            total, out = total * scale + share.sum(-1, keepdim=True), out * scale + share @ v
        outputs.append(out / total)
    return torch.cat(outputs, dim=-2)


def _slices_with_copies(query, key, value, n_queries):
    """Scores and weights of a slice stay until the next slice replaces them."""
    outputs, kept = [], {}
    for some in torch.split(query, n_queries, dim=-2):
        kept["scores"] = some @ key.transpose(-1, -2)
        kept["weights"] = torch.softmax(kept["scores"] / math.sqrt(some.size(-1)), dim=-1)
        outputs.append(torch.matmul(kept["weights"], value))
    return torch.cat(outputs, dim=query.dim() - 2)


def _slices_in_a_list(query, key, value, n_queries):
    query = query * query.shape[-1] ** -0.5
    return torch.concat(
        [torch.softmax(q @ key.mT, -1) @ value for q in torch.split(query, n_queries, -2)], -2
    )


def _turn_by_fit(n_features, shift):
    """Least squares on the codes themselves."""
    number = torch.arange(4000, dtype=torch.float64)[:, None]
    rate = 10000 ** (-torch.arange(0, n_features, 2, dtype=torch.float64) / n_features)
    here, there = (
        torch.stack([(n * rate).sin(), (n * rate).cos()], -1).flatten(1)
        for n in (number, number + shift)
    )
    return torch.linalg.lstsq(here, there).solution


def _turn_by_blocks(n_features, shift):
    blocks = []
    for i in range(n_features // 2):
        a = torch.tensor(shift * 10000 ** (-2 * i / n_features))
        blocks.append(torch.tensor([[a.cos(), -a.sin()], [a.sin(), a.cos()]]))
    return torch.block_diag(*blocks)


def _turn_by_steps(n_features, shift):
    """The matrix of one frame, multiplied as often as asked for."""
    return np.linalg.matrix_power(_turn_by_exponential(n_features, 1), shift)


def _turn_by_exponential(n_features, shift):
    speed = torch.zeros(n_features, n_features, dtype=torch.float64)
    even = torch.arange(0, n_features, 2)
    speed[even + 1, even] = 10000 ** (-even.double() / n_features)
    return torch.matrix_exp(shift * (speed - speed.T)).numpy()


RIGHT_ANSWERS = {
    "attention.melody": [NOTES, NOTES.upper(), list(NOTES), " ".join(NOTES), ", ".join(NOTES)],
    "attention.attend": [
        _attend_by_loops,
        _attend_by_einsum,
        _attend_in_place,
        _attend_in_numpy,
    ],
    "attention.causal": [
        _chunks_by_loops,
        _chunks_by_lists,
        _chunks_by_blocks,
        _chunks_in_numpy,
    ],
    "attention.padding": [
        _weights_by_sounds,
        _weights_in_place,
        _weights_by_where,
        _weights_by_exp,
        _weights_added,
    ],
    "attention.heads": [
        _heads_by_chunks,
        _heads_by_loops,
        lambda x, n_heads: x.unflatten(-1, (3, n_heads, -1)).movedim((2, 3), (0, 2)),
        lambda x, n_heads: [
            part.unflatten(-1, (n_heads, -1)).transpose(1, 2) for part in x.chunk(3, dim=-1)
        ],
    ],
    "attention.repair": [_pool_by_sounds, _pool_by_einsum, _pool_by_package, _pool_in_numpy],
    "attention.longest": [
        _longest_by_search,
        lambda memory_bytes, *, n_heads, frames_per_s, bytes_each=4: (
            math.isqrt(memory_bytes // bytes_each // n_heads) / frames_per_s
        ),
        lambda memory_bytes, *, n_heads, frames_per_s, bytes_each=4: np.sqrt(
            memory_bytes / n_heads / bytes_each / frames_per_s**2
        ),
        lambda memory_bytes, n_heads, frames_per_s, bytes_each=4: (
            torch.tensor(memory_bytes / (n_heads * bytes_each)).sqrt() / frames_per_s
        ),
    ],
    "attention.slices": [
        _slices_by_index,
        _slices_of_one,
        _slices_by_keys,
        _slices_in_a_list,
        _slices_with_copies,
    ],
    "attention.turn": [_turn_by_fit, _turn_by_blocks, _turn_by_steps, _turn_by_exponential],
}


def test_what_attends_is_not_handed_in_for_attention():
    def attend(query, key, value, fade):
        apart = torch.arange(query.shape[-2])[:, None] - torch.arange(key.shape[-2])
        return scaled_dot_product_attention(
            query, key, value, attn_mask=(-fade * apart.abs()).to(query)
        )

    def attend_in_slices(query, key, value, n_queries):
        return scaled_dot_product_attention(query, key, value)

    for name, answer in (("attend", attend), ("slices", attend_in_slices)):
        report = exercises.check(f"attention.{name}", answer)
        failed = [row.what for row in report.rows if not row.passed]
        assert "it uses no function that attends" in failed, str(report)


def test_the_mask_is_made_by_hand():
    def masked_weights(scores, lengths):
        is_sound = models.sequence_mask(lengths, n_frames=scores.shape[2])
        return models.masked_softmax(scores, is_sound[:, None])

    report = exercises.check("attention.padding", masked_weights)
    assert [row.passed for row in report.rows] == [True] * 4 + [False], str(report)


def test_slices_that_are_too_large_are_not_said_to_be_all_at_once():
    """Nor slices of one row too many to be the right number of slices."""

    def answer(change):
        def attend_in_slices(query, key, value, n_queries):
            rows = query.split(change(n_queries), dim=-2)
            root = key.shape[-1] ** 0.5
            return torch.cat([(q @ key.mT / root).softmax(dim=-1) @ value for q in rows], dim=-2)

        return attend_in_slices

    for change in (lambda n: 2 * n, lambda n: n + 1):
        report = exercises.check("attention.slices", answer(change))
        assert not report.passed, str(report)
        assert not report.means, str(report)
