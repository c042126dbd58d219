"""Wrong answers to the exercises of learning/attention, and the message meant for each."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from audiolessons import models


def _attend(*, scale=lambda q, k: q.shape[-1] ** -0.5, share=lambda s: s.softmax(dim=-1)):
    def attend(query, key, value):
        return share(query @ key.transpose(-2, -1) * scale(query, key)) @ value

    return attend


def _weights_only(query, key, value):
    return (query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5).softmax(dim=-1)


def _all_together(scores):
    return scores.flatten(-2).softmax(dim=-1).reshape(scores.shape)


def _attend_axis_1(query, key, value):
    # right for one sound; with heads in front it shares out over the heads
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    return scores.softmax(dim=1) @ value


def _back(n_frames):
    number = torch.arange(n_frames)
    return number[:, None] - number[None]


def _band(low, high):
    return lambda n, n_back: (_back(n) >= low) & (_back(n) <= n_back + high)


def _is_sound(scores, lengths, late=0):
    return torch.arange(scores.shape[-1]) < lengths[:, None] + late


def _masked(*, late=0, fill=-torch.inf, dim=-1, share=True, inverted=False):
    def weights(scores, lengths):
        is_sound = _is_sound(scores, lengths, late)[:, None]
        masked = scores.masked_fill(is_sound if inverted else ~is_sound, fill)
        return masked.softmax(dim=dim) if share else masked

    return weights


def _cut_afterwards(scores, lengths):
    return scores.softmax(dim=-1) * _is_sound(scores, lengths)[:, None]


def _shifted_down(scores, lengths):
    return (scores - 200.0 * ~_is_sound(scores, lengths)[:, None]).softmax(dim=-1)


def _scaled_up_again(scores, lengths):
    weights = _cut_afterwards(scores, lengths)
    return weights / weights.sum(dim=-1, keepdim=True)


def _queries_masked(scores, lengths):
    is_sound = torch.arange(scores.shape[1]) < lengths[:, None]
    return scores.masked_fill(~is_sound[:, :, None], -torch.inf).softmax(dim=-1)


def _heads(cut):
    def split_heads(x, n_heads):
        return cut(x, *x.shape[:2], n_heads, x.shape[2] // n_heads)

    return split_heads


def _pool(weigh):
    def pool(frames, scores, lengths):
        weights = weigh(scores, _is_sound(scores, lengths))
        return (weights[:, :, None] * frames).sum(dim=1)

    return pool


def _fill(scores, mask, with_what=-torch.inf):
    return scores.masked_fill(~mask, with_what)


def _pool_crossed(frames, scores, lengths):
    return _fill(scores, _is_sound(scores, lengths)).softmax(dim=1) @ frames


def _pool_divided(frames, scores, lengths):
    right = _pool(lambda s, m: _fill(s, m).softmax(dim=1))(frames, scores, lengths)
    return right / lengths[:, None]


def _pool_averaged(frames, scores, lengths):
    weights = _fill(scores, _is_sound(scores, lengths)).softmax(dim=1)
    return (weights[:, :, None] * frames).mean(dim=1)


def _pool_mean(frames, scores, lengths):
    inside = _is_sound(scores, lengths)[:, :, None]
    return (frames * inside).sum(dim=1) / lengths[:, None]


def _longest(compute):
    def longest_s(memory_bytes, *, n_heads, frames_per_s, bytes_each=4):
        return compute(memory_bytes, n_heads, frames_per_s, bytes_each)

    return longest_s


def _sliced(join=lambda parts: torch.cat(parts, dim=-2), scale=True, own_keys=False):
    def attend(query, key, value, n_queries):
        parts = []
        places = zip(
            query.split(n_queries, dim=-2), key.split(n_queries, dim=-2),
            value.split(n_queries, dim=-2), strict=False,
        )  # fmt: skip
        for some, near, of_near in places:
            k, v = (near, of_near) if own_keys else (key, value)
            root = some.shape[-1] ** 0.5 if scale else 1
            parts.append((some @ k.transpose(-2, -1) / root).softmax(dim=-1) @ v)
        return join(parts)

    return attend


def _whole_slices_only(query, key, value, n_queries):
    whole = query.shape[-2] // n_queries * n_queries
    return _sliced()(query[..., :whole, :], key, value, n_queries)


def _over_key_slices(query, key, value, n_queries):
    slices = zip(key.split(n_queries, dim=-2), value.split(n_queries, dim=-2), strict=True)
    return sum(scaled_dot_product_attention(query, k, v) for k, v in slices)


def _at_once(query, key, value, n_queries):
    return models.scaled_dot_product_attention(query, key, value)[0]


def _turn(*, rate=lambda d, n: 10000 ** (-d / n), sign=1.0, other=-1.0, size=None, order=None):
    def turn_matrix(n_features, shift):
        matrix = torch.zeros(n_features, n_features).double()
        for d in range(0, n_features, 2):
            b = torch.tensor(shift * rate(d, n_features)).double()
            matrix[d, d] = matrix[d + 1, d + 1] = b.cos()
            matrix[d + 1, d] = sign * b.sin()
            matrix[d, d + 1] = other * b.sin()
        if order:
            places = [*range(0, n_features, 2), *range(1, n_features, 2)]
            matrix = matrix[places][:, places]
        return matrix[:size, :size]

    return turn_matrix


def _turn_exchanged(n_features, shift):
    neighbour = [d + 1 - 2 * (d % 2) for d in range(n_features)]  # 1, 0, 3, 2 ...
    return _turn()(n_features, shift)[:, neighbour]


def _turn_stretched(n_features, shift):
    return torch.diag(models.sinusoidal_positions(abs(shift) + 1, n_features)[-1])


WRONG = {
    "attention.melody": [
        (list("egfbca"), "one pair of quotation marks"),
        ("EGFBCA", "write small letters"),
        ("e g f b c a", "leave out spaces"),
        ("egfbc", "count the blocks"),
        ("acbfge", "from the last to the first"),
        ("cefgab", "from left to right, along the scale"),
        ("egfbcb", "look again at note 6"),
    ],
    "attention.attend": [
        (_attend(scale=lambda q, k: 1.0), "the division by the square root of D is missing"),
        (_attend(scale=lambda q, k: 1 / q.shape[-1]), "this divides by D"),
        (_attend(scale=lambda q, k: q.shape[-1] ** 0.5), "this multiplies by the square root"),
        (_attend(scale=lambda q, k: k.shape[-2] ** -0.5), "root of the number of keys"),
        (_attend(share=lambda s: s.softmax(dim=-2)), "the softmax runs over the queries"),
        (_attend(share=lambda s: s), "the softmax is missing"),
        (_attend(share=_all_together), "all weights together sum to 1"),
        (_attend_axis_1, "count the axes from the end"),
        (_weights_only, "these are the weights"),
        (lambda q, k, v: _weights_only(q, k, v) @ k, "but they take the keys"),
        (models.scaled_dot_product_attention, "return the output alone"),
    ],
    "attention.causal": [
        (lambda n, k: _band(0, 0)(n, k).T, "this looks ahead: rows are queries"),
        (lambda n, k: _back(n) >= 0, "the past has no end here"),
        (lambda n, k: _back(n) <= k, "all that comes after it"),
        (lambda n, k: _back(n).abs() <= k, "as far ahead as back"),
        (_band(1, 0), "a frame may look at itself too"),
        (_band(0, -1), "one frame too few"),
        (_band(0, 1), "one frame too many"),
        (lambda n, k: ~_band(0, 0)(n, k), "True and False are exchanged"),
        (lambda n, k: _band(0, 0)(n, k).float(), "these are numbers"),
        (lambda n, k: torch.arange(n) <= k, "the shape should be"),
        (lambda n, k: _back(n) >= -k, "n_back frames ahead and back without end"),
        (
            lambda n, k: torch.zeros(n, n).masked_fill(~_band(0, 0)(n, k), -torch.inf),
            "minus infinity belongs into the scores",
        ),
        (lambda n, k: _band(0, 0)(n, k).numpy(), "this is no tensor"),
    ],
    "attention.padding": [
        (lambda scores, lengths: scores.softmax(dim=-1), "nothing is masked"),
        (_cut_afterwards, "mask the scores before it"),
        (_masked(fill=0.0), "a score of 0 is a score like others"),
        (_masked(inverted=True), "there is NaN"),
        (_masked(late=1), "one key too many"),
        (_masked(late=-1), "one key too few"),
        (_masked(dim=1), "over the keys, the last axis"),
        (_masked(share=False), "the softmax is missing"),
        (_shifted_down, "subtracting a number is not enough"),
        (_scaled_up_again, "0 divided by 0"),
        (_queries_masked, "Are the lengths taken for the queries"),
        (lambda s, n: s[:, :, : int(n.min())].softmax(dim=-1), "keys were cut off for all sounds"),
    ],
    "attention.heads": [
        (_heads(lambda x, b, n, h, d: x.reshape(b, h, n, d)), "reshape alone mixes the frames"),
        (
            _heads(lambda x, b, n, h, d: x.reshape(b, n, d, h).permute(0, 3, 1, 2)),
            "head 0 got every 4th feature",
        ),
        (_heads(lambda x, b, n, h, d: x.reshape(b, n, h, d)), "the heads stand behind the frames"),
        (
            _heads(lambda x, b, n, h, d: x.reshape(b, n, h, d).permute(0, 2, 3, 1)),
            "frames and features are exchanged",
        ),
        (
            _heads(lambda x, b, n, h, d: x.reshape(b, n, d, h).transpose(1, 2)),
            "the other way round",
        ),
        (_heads(lambda x, b, n, h, d: x.split(d, dim=-1)), "these are several tensors"),
        (
            _heads(lambda x, b, n, h, d: torch.stack(x.split(d, dim=-1))),
            "the heads stand before the sounds",
        ),
        (_heads(lambda x, b, n, h, d: x[:, None].expand(-1, h, -1, -1)), "the whole frame"),
    ],
    "attention.repair": [
        (_pool(lambda s, m: s.softmax(dim=0)), "the softmax still runs over the batch"),
        (_pool(lambda s, m: _fill(s, m, -1e9).softmax(dim=0) * m), "masked, but the softmax"),
        (_pool(lambda s, m: s.softmax(dim=1)), "the padding still takes part"),
        (_pool(lambda s, m: s.softmax(dim=1) * m), "the padding is cut off after the softmax"),
        (_pool(lambda s, m: _fill(s, m, 0.0).softmax(dim=1)), "a score of 0 is a score like"),
        (_pool(lambda s, m: _fill(s, ~m).softmax(dim=1)), "some softmax ran over minus infinities"),
        (_pool_crossed, "with the weights of every other"),
        (_pool_divided, "do not divide by the length"),
        (_pool_mean, "the scores went unused"),
        (_pool_averaged, "sum over the frames, do not average"),
        (lambda f, s, n: _fill(s, _is_sound(s, n)).softmax(dim=1), "one number for each frame"),
        (
            lambda f, s, n: (_fill(s, _is_sound(s, n)).softmax(dim=1)[:, :, None] * f).sum(dim=0),
            "this sums over the sounds",
        ),
    ],
    "attention.longest": [
        (_longest(lambda m, h, r, b: m / (h * b) / r), "so take the root"),
        (_longest(lambda m, h, r, b: (m / b) ** 0.5 / r), "the heads are missing"),
        (_longest(lambda m, h, r, b: (m / b) ** 0.5 / h / r), "they belong below it"),
        (_longest(lambda m, h, r, b: (m / h) ** 0.5 / r), "more than one byte"),
        (_longest(lambda m, h, r, b: (m / (h * b * r)) ** 0.5), "inside the root"),
        (_longest(lambda m, h, r, b: (m / (h * b)) ** 0.5), "this is the number of frames"),
        (_longest(lambda m, h, r, b: (m / (h * b)) ** 0.5 * r), "by dividing by the frames"),
        (_longest(lambda m, h, r, b: m**0.5 / (h * b) / r), "the root is taken too early"),
        (_longest(lambda m, h, r, b: (m * h / b) ** 0.5 / r), "more heads need more memory"),
        (_longest(lambda m, h, r, b: (m / (h * 4)) ** 0.5 / r), "bytes_each went unused"),
    ],
    "attention.slices": [
        (_sliced(own_keys=True), "each slice looked at its own keys only"),
        (_whole_slices_only, "the last slice is shorter than the others"),
        (_sliced(join=lambda parts: parts[-1]), "this is the last slice alone"),
        (_sliced(join=lambda parts: parts[0]), "does `return` stand inside the loop?"),
        (_sliced(join=tuple), "put them together with torch.cat"),
        (_sliced(scale=False), "the division by the square root of D is missing"),
        (_over_key_slices, "this slices the keys"),
        (_at_once, "all N x N weights were made at once"),
        (
            lambda q, k, v, n: scaled_dot_product_attention(q[..., :3, :], k, v),
            "the shape is (1, 4, 3, 16)",
        ),
    ],
    "attention.turn": [
        (_turn(size=2), "this is the block of one pair"),
        (_turn(sign=-1.0, other=1.0), "this turns backwards"),
        (lambda n, shift: torch.eye(n), "nothing has turned"),
        (_turn(rate=lambda d, n: 1.0), "all pairs turn equally fast"),
        (_turn(rate=lambda d, n: 10000 ** (-d / 2 / n)), "the exponent counts features"),
        (_turn(rate=lambda d, n: 10000 ** (d / n)), "the exponent has a minus sign"),
        (lambda n, shift: _turn()(n, 1), "this turns by one frame"),
        (_turn(order=True), "sines and cosines take turns"),
        (_turn(other=1.0), "one of the two sines needs a minus sign"),
        (_turn_exchanged, "sine and cosine are exchanged"),
        (_turn_stretched, "only stretches it"),
        (lambda n, shift: _turn()(n, abs(shift)), "did the sign of the shift get lost?"),
    ],
}
