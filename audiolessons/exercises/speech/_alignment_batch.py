"""The exercise of the chapter speech/alignment that needs torch: the best ways of a batch."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _batch(
    *, best=True, turned=False, over=1, first=True, step=True, end=True, every=False, give=None
):
    """Viterbi scores of a batch with their parts exchangeable."""

    def best_scores(log_emissions, log_start, log_transitions):
        table = log_transitions.T if turned else log_transitions
        score = log_start + log_emissions[:, :, 0] if first else log_emissions[:, :, 0]
        for n in range(1, log_emissions.shape[2]):
            ways = score[:, :, None] + table if step else score[:, :, None] + 0 * table
            score = ways.amax(dim=over) if best else ways.logsumexp(dim=over)
            if end or n + 1 < log_emissions.shape[2]:
                score = score + log_emissions[:, :, n]
        if not every:
            score = score.amax(dim=1) if best else score.logsumexp(dim=1)
        return give(score) if give else score

    return best_scores


def _greedy(log_emissions, log_start, log_transitions):
    """Go on from the likeliest state alone."""
    total, state = (log_start + log_emissions[:, :, 0]).max(dim=1)
    for n in range(1, log_emissions.shape[2]):
        step, state = (log_transitions[state] + log_emissions[:, :, n]).max(dim=1)
        total = total + step
    return total


def _what_came_back(answer, log_emissions, log_start, log_transitions):
    import torch

    found = answer(log_emissions.clone(), log_start.clone(), log_transitions.clone())
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    scores = found.detach().double().cpu().numpy()
    return {
        "the shape": tuple(found.shape),
        "the device": found.device.type,
        "the scores, in two decimals": scores.round(2).ravel().tolist()[:50],
    }


def _models(n_batch, n_states, n_frames, device, *, seed=0):
    import torch

    random = np.random.default_rng(seed)
    arrays = (
        random.normal(-2, 1, (n_batch, n_states, n_frames)),
        np.log(random.dirichlet(np.ones(n_states))),
        np.log(random.dirichlet(np.ones(n_states), size=n_states)),
    )
    return tuple(torch.as_tensor(array, device=device) for array in arrays)


def _batches():
    from audiolessons import training

    device = training.pick_device()
    if device.type == "mps":  # which counts in single precision alone
        device = type(device)("cpu")
    n_batch = 2000 if device.type != "cpu" else 40
    return [
        probe("one sequence, one frame", *_models(1, 3, 1, "cpu", seed=1)),
        probe("three sequences, two states", *_models(3, 2, 4, "cpu", seed=2)),
        probe("two sequences, five states", *_models(2, 5, 7, "cpu", seed=3)),
        probe(f"{n_batch} on the device {device.type}", *_models(n_batch, 8, 50, device, seed=4)),
    ]


def _any_batch(random):
    sizes = (int(random.integers(1, 5)) for _ in range(3))
    return _models(*sizes, "cpu", seed=int(random.integers(1000)))


@exercise(
    "alignment.batch",
    level="stretch",
    hints=(
        "The score of each state in each sequence is a tensor (B, S): `log_start` plus the first "
        "column of the emissions.",
        "`score[:, :, None] + log_transitions` is (B, from, to): the best over `dim=1` is what "
        "arrives. Add the emissions of that frame.",
        "The loop runs over frames alone; at the end, the best over states: `score.amax(dim=1)`.",
    ),
    observe=_what_came_back,
    probes=_batches,
    wrong=[
        (_batch(best=False), "these are sums over all ways: take the best one"),
        (_batch(turned=True), "rows of `log_transitions` are the state before: it is read turned"),
        (_batch(over=2), "the best is taken over the states that are entered: take it over those "
         "that are left"),
        (_greedy, "only the likeliest state goes on: each state needs the best way to it"),
        (_batch(first=False), "`log_start` is left out"),
        (_batch(step=False), "the transitions are left out"),
        (_batch(end=False), "the last frame's emissions are left out"),
        (_batch(every=True), "one score for each state: the best of them is asked for"),
        (_batch(give=lambda score: score.amax()), "one score for all: one for each sequence is "
         "asked for"),
        (_batch(give=lambda score: score.cpu().numpy()), "return a tensor, on the same device"),
    ],
    valid=_any_batch,
    time_limit_s=10,
)  # fmt: skip
def best_scores(log_emissions, log_start, log_transitions):
    return _batch()(log_emissions, log_start, log_transitions)
