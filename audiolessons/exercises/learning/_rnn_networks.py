"""Exercises of the chapter learning/rnn: a network is trained, and a batch is read both ways."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- training on the device ------------------------------------------------------------------


def _learn(
    *,
    optimiser="Adam",
    rate=0.01,
    loss=lambda network, x, target: (network(x) - target).square().mean(),
    clear=True,
    step=True,
    anew=False,
    late=False,
    extra=0,
    item=True,
    give=lambda losses: losses,
):
    """Train with the parts of the loop exchangeable."""

    def learn(network, x, target, n_steps):
        import torch

        from audiolessons import training

        device = training.pick_device()
        network, x, target = network.to(device), x.to(device), target.to(device)
        make = getattr(torch.optim, optimiser)
        adam, losses = make(network.parameters(), lr=rate), []
        for _ in range(n_steps + extra):
            if anew:
                adam = make(network.parameters(), lr=rate)
            if clear:
                adam.zero_grad()
            now = loss(network, x, target)
            now.backward()
            if step:
                adam.step()
            now = loss(network, x, target) if late else now
            losses.append(now.item() if item else now)
        return give(losses)

    return learn


def _memory_task(*, batch, n_frames, hidden, n_steps, seed):
    """A call of the answer: a GRU that is to say its first frame after its last."""
    import torch

    class Remember(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.GRU(1, hidden, batch_first=True)
            self.say = torch.nn.Linear(hidden, 1)
            self.seen = []  # where frames came from

        def forward(self, x):
            self.seen.append(x.device.type)
            return self.say(self.layer(x)[0][:, -1])

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x = torch.rand(batch, n_frames, 1) * 2 - 1
        return Remember(), x, x[:, 0].clone(), n_steps


def _trained(answer, network, x, target, n_steps):
    """What came back, where the network ran, and how it learned."""
    import torch

    before = [weights.detach().cpu().clone() for weights in network.parameters()]
    losses = answer(network, x, target, n_steps)
    if losses is None:
        return None
    came = _in_words(losses)
    if came != f"{n_steps} plain numbers":
        return {"what came back": came}
    after = [weights.detach().cpu() for weights in network.parameters()]
    return {
        "what came back": came,
        "network and frames were on": " and ".join(sorted(set(network.seen)))
        or "no device: it was never called",
        "the weights have moved": not all(map(torch.equal, before, after)),
        "the last loss is below a fifth of the first": bool(losses[-1] < losses[0] / 5),
        "the losses of the first steps": np.array(losses[:10], dtype=float),
    }


def _in_words(losses) -> str:
    if not isinstance(losses, list | tuple | np.ndarray):
        return f"one {type(losses).__name__}"
    if all(isinstance(loss, int | float | np.number) for loss in losses):
        return f"{len(losses)} plain number{'' if len(losses) == 1 else 's'}"
    return f"{len(losses)} of the kind {type(losses[0]).__name__}"


def _tasks():
    from audiolessons import training

    where = training.pick_device().type
    size = {"batch": 32, "n_frames": 8, "hidden": 16, "n_steps": 60}
    if where != "cpu":
        size = {"batch": 256, "n_frames": 60, "hidden": 128, "n_steps": 200}
    form = "tiny" if where == "cpu" else "full"
    yield probe(
        f"ran on {where} ({form} size): {size['n_steps']} steps on {size['batch']} sequences of "
        f"{size['n_frames']} frames, and the network learned to remember",
        *_memory_task(**size, seed=0),
        rtol=0.01,
        atol=1e-4,
    )
    yield probe(
        "five steps on seven sequences of three frames: as many losses, and the first is that of "
        "the network as it was handed in",
        *_memory_task(batch=7, n_frames=3, hidden=5, n_steps=5, seed=1),
        rtol=0.01,
        atol=1e-4,
    )


def _any_task(random):
    if random.random() > 0.8:  # a few trainings are enough
        return None
    batch, n_frames, hidden, n_steps = (int(n) for n in random.integers(2, 8, 4))
    sizes = {"batch": batch, "n_frames": n_frames, "hidden": hidden, "n_steps": n_steps}
    return _memory_task(**sizes, seed=int(random.integers(1000)))


def _flat(network, x, target):
    return (network(x)[:, 0] - target).square().mean()


@exercise(
    "rnn.device",
    level="core",
    time_limit_s=30,
    hints=(
        "`device = al.training.pick_device()`; then `network.to(device)`, and x and target too. "
        "Make the optimiser after the network has moved.",
        "A step: optimiser.zero_grad(), predict, loss, loss.backward(), optimiser.step().",
        "Keep `loss.item()` of each step in a list: a float, free of the graph.",
    ),
    observe=_trained,
    probes=_tasks,
    wrong=[
        (
            _learn(step=False),
            "the weights stand still: is `loss.backward()` followed by `optimiser.step()`, with no "
            "`zero_grad()` between them?",
        ),
        (
            _learn(clear=False),
            "the gradients pile up: `optimiser.zero_grad()` belongs into each step",
        ),
        (
            _learn(late=True),
            "these are the losses after each step: keep the one that the step was computed from",
        ),
        (
            _learn(item=False),
            "tensors came back, which may hold on to their graphs: keep `loss.item()`, a number",
        ),
        (
            _learn(extra=1),
            "one step too many: `n_steps` losses are asked for",
        ),
        (
            _learn(extra=-1),
            "one step too few: `n_steps` losses are asked for",
        ),
        (
            _learn(give=lambda losses: losses[0]),
            "one number came back: the loss of every step is asked for, in a list",
        ),
        (
            _learn(give=lambda losses: losses[:1]),
            "one loss came back, in a list: does `return` stand inside the loop?",
        ),
        (
            _learn(loss=_flat),
            "prediction and target both have shape (B, 1): if one loses its last axis, each is "
            "compared with all of the batch",
        ),
        (
            _learn(loss=lambda network, x, target: (network(x) - target).square().sum()),
            "the squared errors are added up: take their mean",
        ),
        (
            _learn(loss=lambda network, x, target: (network(x) - target).abs().mean()),
            "this is the mean of the sizes of the errors: square them",
        ),
        (
            _learn(loss=lambda network, x, target: (network(x) - target).square().mean().sqrt()),
            "this is the root of the mean squared error: take no root",
        ),
        *((_learn(rate=rate), f"the learning rate is {rate}: take 0.01") for rate in (0.001, 0.1)),
        (
            _learn(optimiser="SGD"),
            "these are steps of plain gradient descent: Adam is asked for",
        ),
        (
            _learn(anew=True),
            "the optimiser is made anew in each step, and forgets its averages: make it once",
        ),
    ],
    valid=_any_task,
)
def learn(network, x, target, n_steps):
    return _learn()(network, x, target, n_steps)


# --- both ends of a sound --------------------------------------------------------------------


def _within_lengths(x, lengths):
    """Turn each sound within its own length; the padding stays where it is."""
    turned = x.clone()
    for sound, n in enumerate(lengths.tolist()):
        turned[sound, :n] = x[sound, :n].flip(0)
    return turned


def _whole_rows(x, lengths):
    return x.flip(1)


def _cut_rows(x, lengths):
    return x[:, : max(lengths)].flip(1)


def _features(x, lengths):
    return x.flip(2)


def _cleared_rows(x, lengths):
    import torch

    is_padding = torch.arange(x.shape[1]) >= lengths[:, None]
    return x.masked_fill(is_padding[..., None], 0).flip(1)


def _not_at_all(x, lengths):
    return x


def _own_end(states, lengths):
    return states[range(len(states)), lengths - 1]


def _one_late(states, lengths):
    return states[range(len(states)), lengths.clamp(max=states.shape[1] - 1)]


def _end_of_batch(states, lengths):
    return states[:, -1]


def _first(states, lengths):
    return states[:, 0]


def _beside(ahead, behind):
    import torch

    return torch.cat([ahead, behind], dim=1)


def _both(
    *, turn=_within_lengths, pick=_own_end, pick_back=None, join=_beside, swap=False, once=False
):
    """Two readings with their parts exchangeable."""

    def both_ends(onward, back, x, lengths):
        first, second = (onward, onward) if once else (back, onward) if swap else (onward, back)
        ahead, _ = first(x)
        behind, _ = second(turn(x, lengths))
        return join(pick(ahead, lengths), (pick_back or pick)(behind, lengths))

    return both_ends


def _stacked(ahead, behind):
    import torch

    return torch.stack([ahead, behind])


def _batch(lengths, *, n_frames, n_features, hidden, seed, filled=0.0):
    """A call of the answer: two layers, sounds of these lengths and what the padding holds."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = [torch.nn.GRU(n_features, hidden, batch_first=True) for _ in range(2)]
        x = torch.randn(len(lengths), n_frames, n_features)
    lengths = torch.tensor(lengths)
    x[torch.arange(n_frames) >= lengths[:, None]] = filled
    return *(layer.requires_grad_(False) for layer in layers), x, lengths


def _batches():
    for what, lengths, sizes in (
        (
            "sounds of 5, 7, 2 and 3 frames: each as if it were read alone",
            [5, 7, 2, 3],
            {"n_frames": 7, "n_features": 3, "hidden": 4, "seed": 0},
        ),
        (
            "what stands in the padding does not matter, even if it is NaN",
            [5, 7, 2, 3],
            {"n_frames": 9, "n_features": 3, "hidden": 4, "seed": 0, "filled": float("nan")},
        ),
        (
            "sounds of 1, 4 and 6 frames, padded to 11",
            [1, 4, 6],
            {"n_frames": 11, "n_features": 2, "hidden": 5, "seed": 1},
        ),
    ):
        yield probe(what, *_batch(lengths, **sizes), rtol=1e-4, atol=1e-5)


def _any_batch(random):
    if random.random() > 0.97:
        return None
    n_sounds, n_features, hidden = (int(n) for n in random.integers(1, 6, 3))
    lengths = [int(n) for n in random.integers(1, 8, n_sounds)]
    sizes = {"n_features": n_features, "hidden": hidden, "seed": int(random.integers(1000))}
    return _batch(lengths, n_frames=max(lengths) + int(random.integers(3)), **sizes)


IN_PADDING = "the backward reading begins in the padding: turn each sound within its own length"
CLEARED = (
    "the padding is cleared, but the backward reading still begins in it, and zeros change the "
    "state as well: turn each sound within its own length"
)


@exercise(
    "rnn.both",
    level="stretch",
    hints=(
        "A layer that reads backwards is a layer that reads the sound turned round. What must "
        "stay where it is?",
        "Turn each sound within its own length, the padding stays behind it: "
        "`turned[k, :n] = x[k, :n].flip(0)`. Then the last state of either reading is at "
        "`lengths - 1`.",
        "`states, _ = layer(frames)` gives (B, N, H); pick as in exercise 5, and lay the two side "
        "by side with `torch.cat([ahead, behind], dim=1)`.",
    ),
    probes=_batches,
    wrong=[
        (_both(turn=_whole_rows), IN_PADDING),
        (_both(turn=_whole_rows, pick_back=_end_of_batch), IN_PADDING),
        (_both(turn=_cleared_rows), CLEARED),
        (_both(turn=_cleared_rows, pick_back=_end_of_batch), CLEARED),
        (
            _both(turn=_cut_rows, pick_back=_end_of_batch),
            "the rows are cut after the longest sound: the shorter ones still begin in the padding",
        ),
        (
            _both(turn=_features),
            "the features are turned round: time is the axis in the middle",
        ),
        (
            _both(once=True),
            "`onward` read both ways: the backward reading belongs to `back`",
        ),
        (
            _both(pick=_one_late),
            "one frame late: of `length` frames, the last is number length - 1",
        ),
        (
            _both(join=lambda ahead, behind: _stacked(ahead, behind).flatten(0, 1)),
            "the backward readings lie below the forward ones: lay them beside, with dim=1",
        ),
        (
            _both(pick=_end_of_batch),
            "these are the ends of the padded batch: each sound has its own last frame",
        ),
        (
            _both(turn=_whole_rows, pick=_end_of_batch),
            "both readings went through the padding: turn each sound within its own length, and "
            "take the state at its own end",
        ),
        (
            _both(pick_back=_end_of_batch),
            "the forward half is right, the backward one is read at the end of the padded batch",
        ),
        (
            _both(pick_back=_first),
            "the backward reading has read only one frame there: after it was turned, its end is "
            "at lengths - 1, too",
        ),
        (
            _both(turn=_not_at_all),
            "the second layer reads forwards as well: turn the sounds round for it",
        ),
        (
            _both(turn=_not_at_all, pick_back=_first),
            "the second layer reads forwards, and only one frame: turn the sounds round for it",
        ),
        (
            _both(swap=True),
            "the two layers are exchanged: `onward` reads forwards, `back` backwards",
        ),
        (
            _both(join=lambda ahead, behind: _beside(behind, ahead)),
            "the halves are exchanged: forward first, then backward",
        ),
        (
            _both(join=lambda ahead, behind: ahead + behind),
            "lay the two readings side by side, do not add them",
        ),
        (
            _both(join=_stacked),
            "the two readings come one after the other: join them along the last axis",
        ),
        (
            _both(join=lambda ahead, behind: _stacked(ahead, behind).reshape(len(ahead), -1)),
            "reshape mixes the sounds up: `torch.cat([ahead, behind], dim=1)`",
        ),
        (
            _both(join=lambda ahead, behind: ahead),
            "only the forward reading came back: lay the backward one beside it",
        ),
        (
            _both(join=lambda ahead, behind: behind),
            "only the backward reading came back: lay it beside the forward one",
        ),
        (
            _both(pick=lambda states, lengths: states[range(len(states)), lengths - 2]),
            "one frame early: of `length` frames, the last is number length - 1",
        ),
    ],
    valid=_any_batch,
    forbidden={"no packed sequences": ("pack_padded_sequence", "pack_sequence", "PackedSequence")},
)
def both_ends(onward, back, x, lengths):
    return _both()(onward, back, x, lengths)
