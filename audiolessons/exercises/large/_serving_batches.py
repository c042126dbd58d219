"""An exercise of the chapter large/serving: batches for a device whose memory ends."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _network(seed):
    """A network that reads each row from left to right, and in training knows the whole batch."""
    import torch

    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, -1)),
        torch.nn.ConstantPad1d((2, 0), 0.0),
        torch.nn.Conv1d(1, 1, 3),
        torch.nn.BatchNorm1d(1),
        torch.nn.Flatten(),
    )
    network[3].running_mean.fill_(0.2)
    return network.train()


def _observed(answer, lengths, most, seed):
    """Return how a network was asked for sounds of these lengths, and what came back."""
    import torch

    from audiolessons import training

    random, network, seen = np.random.default_rng(seed), _network(seed), []
    sounds = [random.normal(size=n).astype(np.float32) for n in lengths]

    def note(module, given):
        seen.append((list(given[0].shape), given[0].device.type, torch.is_grad_enabled()))

    network.register_forward_pre_hook(note)
    answers = list(answer(network, sounds, most))
    shapes, places, follows = zip(*seen, strict=True) if seen else ((), (), ())
    return {
        "batches": list(shapes),
        f"where ({training.pick_device().type} is the device here)": sorted(set(places)),
        "does torch note gradients": any(follows),
        "what came back": sorted({type(one).__name__ for one in answers}),
        "lengths": [len(one) for one in answers],
        "answers": np.concatenate([_as_array(one) for one in answers]),
    }


def _as_array(one):
    return one.detach().cpu().numpy() if hasattr(one, "detach") else np.asarray(one)


def _by_length(sounds):
    return list(np.argsort([len(one) for one in sounds], kind="stable"))


def _as_given(sounds):
    return list(range(len(sounds)))


def _fits(n, longest, total, most):
    return n * longest <= most


def _batched(
    *,
    order=_by_length,
    fits=_fits,
    restore=True,
    cut=True,
    mode=lambda network: network.eval(),
    follow=False,
    give=lambda row: row.detach().cpu().numpy(),
):
    """Return a way to answer in batches, with parts replaced."""

    def answered(network, sounds, most):
        import torch

        from audiolessons import training

        device = training.pick_device()
        network, rest, found = mode(network.to(device)), order(sounds), {}
        while rest:
            n = 1
            while n < len(rest):
                lengths = [len(sounds[i]) for i in rest[: n + 1]]
                if not fits(n + 1, max(lengths), sum(lengths), most):
                    break
                n += 1
            taken, rest = rest[:n], rest[n:]
            batch = torch.zeros(n, max(len(sounds[i]) for i in taken))
            for row, i in zip(batch, taken, strict=True):
                row[: len(sounds[i])] = torch.as_tensor(sounds[i])
            with torch.set_grad_enabled(follow):
                rows = network(batch.to(device))
            for row, i in zip(rows, taken, strict=True):
                found[i] = give(row[: len(sounds[i])] if cut else row)
        return [found[i] for i in sorted(found)] if restore else list(found.values())

    return answered


def _batches():
    from audiolessons import training

    where = training.pick_device().type
    yield probe(f"on the {where}: five sounds, at most 40 samples", [9, 30, 4, 20, 12], 40, 0)
    yield probe("silence counts: three of 5, 6 and 10 do not fit into 29", [10, 5, 6], 29, 1)
    yield probe("and fit into 30", [10, 5, 6], 30, 2)
    yield probe("one sound", [7], 7, 3)
    yield probe("each fills a batch alone", [8, 6, 7], 8, 4)
    yield probe("equal lengths", [5, 5, 5, 5, 5], 15, 5)
    yield probe("many", [3, 50, 8, 21, 13, 5, 34, 2, 1, 40, 6], 60, 6)


@exercise(
    "serving.batched",
    level="stretch",
    observe=_observed,
    hints=(
        "Go through the sounds from the shortest to the longest, and remember where each belongs. "
        "Then the last of a batch is its longest, and n sounds need n times its length.",
        "`device = al.training.pick_device()`; network and batches must both be there. Before the "
        "first batch `network.eval()`, around each `with torch.no_grad():`.",
        "Add the next sound while `(n + 1) * len(it) <= most`. After a batch put row b, cut to its "
        "sound, where the sound stood: `answers[i] = row[: len(sounds[i])].cpu().numpy()`.",
    ),
    probes=_batches,
    wrong=[
        (
            _batched(order=_as_given),
            "sounds are put together as they came: from the shortest to the longest, less is "
            "silence",
        ),
        (
            _batched(fits=lambda n, longest, total, most: total <= most),
            "only the sounds are counted: in a batch each takes as much room as the longest",
        ),
        (
            _batched(fits=lambda n, longest, total, most: n * longest < most),
            "a batch may hold `most` samples, and here it holds fewer",
        ),
        (
            _batched(fits=lambda n, longest, total, most: n <= most),
            "`most` counts samples, not sounds",
        ),
        (_batched(fits=lambda *_: False), "each sound is asked for alone: fill the batches"),
        (
            _batched(restore=False),
            "the answers come from the shortest to the longest: give them back in the order of "
            "the sounds",
        ),
        (_batched(cut=False), "what belongs to the silence comes back too: cut each answer"),
        (
            _batched(mode=lambda network: network),
            "the network is in training mode, in which each sound changes the answer for the "
            "others: network.eval()",
        ),
        (
            _batched(follow=True),
            "torch notes every step for gradients nobody asks for: with torch.no_grad()",
        ),
        (_batched(give=lambda row: row.cpu()), "tensors came back: return NumPy arrays"),
    ],
    valid=lambda random: (
        [int(n) for n in random.integers(1, 30, size=random.integers(1, 9))],
        int(random.integers(30, 90)),
        int(random.integers(1000)),
    ),
)
def batched(network, sounds, most):
    return _batched()(network, sounds, most)
