"""Right answers to the exercises of the chapter large/finetuning: other algorithms and writings."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


def _count_layers(n_in, n_out, rank):
    layer, a, b = nn.Linear(n_in, n_out), torch.zeros(rank, n_in), torch.zeros(n_out, rank)
    return 100 * (a.numel() + b.numel()) / sum(one.numel() for one in layer.parameters())


def _hide_by_mask(frames, starts, span, stands_in):
    is_hidden = np.zeros(frames.shape[1], dtype=bool)
    for start in starts:
        is_hidden[start : start + span] = True
    return np.where(is_hidden, np.asarray(stands_in)[:, None], frames)


def _hide_by_frames(frames, starts, span, stands_in):
    columns = [
        stands_in if any(0 <= n - start < span for start in starts) else frames[:, n]
        for n in range(frames.shape[1])
    ]
    return np.stack(columns, axis=1)


def _hide_by_index(frames, starts, span, stands_in):
    hidden = np.array(frames)
    where = {start + n for start in starts for n in range(span)} & set(range(frames.shape[1]))
    hidden[:, sorted(where)] = np.asarray(stands_in).reshape(-1, 1)
    return hidden


def _surest_by_sorting(chances, share):
    chances = np.asarray(chances)
    order = sorted(range(len(chances)), key=lambda row: -max(chances[row]))
    rows = order[: int(len(chances) * share)]
    return rows, [int(np.argmax(chances[row])) for row in rows]


def _surest_by_torch(chances, share):
    sure, labels = torch.as_tensor(np.asarray(chances)).max(dim=1)
    rows = sure.argsort(descending=True, stable=True)[: int(share * len(sure))]
    return rows, labels[rows]


def _loss_by_log_softmax(logits, units, hidden):
    chosen = logits.log_softmax(dim=-1).gather(2, units[..., None])[..., 0]
    return -chosen[hidden].mean()


def _loss_by_weights(logits, units, hidden):
    each = functional.cross_entropy(logits.permute(0, 2, 1), units, reduction="none")
    return (each * hidden).sum() / hidden.sum()


def _loss_by_ignoring(logits, units, hidden):
    target = torch.where(hidden, units, torch.full_like(units, -100))
    return functional.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=-100)


def _low_rank_as_layer(x, weight, bias, a, b, scale):
    return functional.linear(x, weight + scale / a.shape[0] * (b @ a), bias)


def _low_rank_in_parts(x, weight, bias, a, b, scale):
    return functional.linear(x, weight, bias) + functional.linear(x @ a.T * (scale / len(a)), b)


def _low_rank_by_einsum(x, weight, bias, a, b, scale):
    correction = torch.einsum("ni,ri,or->no", x, a, b)
    return x.matmul(weight.t()) + bias + correction * scale / b.shape[1]


def _steps_from_the_end(weights, gradients, learning_rate, factor):
    found, rate = [], learning_rate
    for weight, gradient in reversed(list(zip(weights, gradients, strict=True))):
        found.insert(0, weight - rate * gradient)
        rate *= factor
    return found


def _steps_in_place(weights, gradients, learning_rate, factor):
    for i in range(len(weights)):
        weights[i] -= learning_rate * factor ** (len(weights) - i - 1) * gradients[i]
    return weights


def _fit_by_sgd(body, last, x, target, n_steps, learning_rate):
    body.eval().requires_grad_(False)
    optimiser = torch.optim.SGD(last.parameters(), lr=learning_rate)
    for _ in range(n_steps):
        optimiser.zero_grad()
        functional.cross_entropy(last(body(x)), target).backward()
        optimiser.step()
    return last


def _fit_on_features(body, last, x, target, n_steps, learning_rate):
    body.eval()
    with torch.no_grad():
        features = body(x)
    for _ in range(n_steps):
        loss = functional.cross_entropy(last(features), target)
        slopes = torch.autograd.grad(loss, [last.weight, last.bias])
        last.weight.data -= learning_rate * slopes[0]
        last.bias.data -= learning_rate * slopes[1]
    return last


def _fit_by_hand(body, last, x, target, n_steps, learning_rate):
    body.eval()
    with torch.no_grad():
        features = body(x)
        for _ in range(n_steps):
            error = last(features).softmax(dim=1)
            error[torch.arange(len(target), device=x.device), target] -= 1
            last.weight -= learning_rate * error.T @ features / len(target)
            last.bias -= learning_rate * error.mean(dim=0)
    return last


def _fit_with_package(body, last, x, target, n_steps, learning_rate):
    from audiolessons.models import freeze

    network = nn.Sequential(freeze(body), last).train()
    return _fit_by_sgd(network[0], network[1], x, target, n_steps, learning_rate)


def _prepared_like_the_package(weight, bias, rank, seed):
    from audiolessons.models import LowRank

    torch.manual_seed(seed)
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.load_state_dict({"weight": weight, "bias": bias})
    layer = LowRank(linear, rank=rank)
    return {"weight": layer.base.weight, "bias": layer.base.bias, "a": layer.a, "b": layer.b}


def _prepared_evenly(weight, bias, rank, seed):
    generator = torch.Generator().manual_seed(seed)
    a = torch.rand(rank, weight.shape[1], generator=generator) - 0.5
    return {
        "weight": weight.clone(),
        "bias": bias.clone(),
        "a": nn.Parameter(a),
        "b": nn.Parameter(weight.new_zeros(len(weight), rank)),
    }


def _prepared_by_requires_grad(weight, bias, rank, seed):
    torch.manual_seed(seed)
    a, b = torch.randn(rank, weight.shape[1]) / 10, torch.zeros(weight.shape[0], rank)
    a.requires_grad_(True)
    b.requires_grad_(True)
    return {"b": b, "a": a, "bias": bias.detach(), "weight": weight.detach()}


def _prepared_with_a_zero(weight, bias, rank, seed):
    generator = torch.Generator().manual_seed(seed)
    parts = {"weight": weight, "bias": bias, "b": torch.zeros(weight.shape[0], rank)}
    parts["a"] = torch.empty(rank, weight.shape[1]).uniform_(-1, 1, generator=generator)
    return parts | {key: parts[key].requires_grad_() for key in ("a", "b")}


RIGHT_ANSWERS = {
    "finetuning.share": [
        _count_layers,
        lambda n_in, n_out, rank: rank * (n_in + n_out) / (n_out * (n_in + 1)) * 100,
        lambda n_in, n_out, rank: 100 * (rank * n_in + n_out * rank) / (n_in * n_out + n_out),
        lambda n_in, n_out, rank: np.float64(100 * rank * (n_out + n_in)) / n_out / (1 + n_in),
    ],
    "finetuning.hide": [
        _hide_by_mask,
        _hide_by_frames,
        _hide_by_index,
        lambda frames, starts, span, stands_in: _hide_by_mask(
            frames.copy(), starts, span, stands_in
        ),
    ],
    "finetuning.surest": [
        _surest_by_sorting,
        _surest_by_torch,
        lambda chances, share: (  # what is given is an array
            (rows := (-chances.max(axis=1)).argsort(kind="stable")[: int(share * len(chances))]),
            chances.argmax(axis=1)[rows],
        ),
        lambda chances, share: tuple(list(one) for one in _surest_by_sorting(chances, share)),
        lambda chances, share: [
            np.array(one, dtype=int) for one in _surest_by_sorting(chances, share)
        ],
    ],
    "finetuning.loss": [
        _loss_by_log_softmax,
        _loss_by_weights,
        _loss_by_ignoring,
        lambda logits, units, hidden: nn.CrossEntropyLoss()(logits[hidden], units[hidden]),
    ],
    "finetuning.low_rank": [
        _low_rank_as_layer,
        _low_rank_in_parts,
        _low_rank_by_einsum,
        lambda x, weight, bias, a, b, scale: x @ weight.T + bias + scale / len(a) * x @ (b @ a).T,
    ],
    "finetuning.rates": [
        _steps_from_the_end,
        _steps_in_place,
        lambda weights, gradients, rate, factor: [
            w - g * rate * factor ** (len(weights) - 1 - i)
            for i, (w, g) in enumerate(zip(weights, gradients, strict=True))
        ],
        lambda weights, gradients, rate, factor: tuple(
            _steps_from_the_end(weights, gradients, rate, factor)
        ),
    ],
    "finetuning.still": [_fit_by_sgd, _fit_on_features, _fit_by_hand, _fit_with_package],
    "finetuning.setup": [
        _prepared_like_the_package,
        _prepared_evenly,
        _prepared_by_requires_grad,
        _prepared_with_a_zero,
    ],
}
