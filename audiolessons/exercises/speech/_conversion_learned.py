"""Exercises of the chapter speech/conversion on what learns: given x, and frames of a voice's own.

The second needs torch.
"""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- the mean of y given x ------------------------------------------------------------------------


def _expected(*, shares="given", line=True, slope="given", hard=False):
    """The conditional mean of a mixture in two dimensions, with its parts exchangeable."""

    def expected(x, weights, means, covariances):
        x, weights = np.asarray(x, float)[:, None], np.asarray(weights, float)
        means, covariances = np.asarray(means, float), np.asarray(covariances, float)
        of_x, across, of_y = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
        chance = np.exp(-0.5 * (x - means[:, 0]) ** 2 / of_x) / np.sqrt(of_x)
        chance = {
            "given": weights * chance,
            "prior": weights + 0 * chance,
            "equal": chance,
            "flat": weights * chance * np.sqrt(of_x),
            "bare": weights * chance / np.sqrt(2 * np.pi),
        }[shares]
        if shares != "bare":
            chance = chance / chance.sum(axis=1, keepdims=True)
        if hard:
            chance = (chance == chance.max(axis=1, keepdims=True)).astype(float)
        slopes = {
            "given": across / of_x,
            "turned": across / of_y,
            "bare": across,
            "correlation": across / np.sqrt(of_x * of_y),
        }[slope]
        lines = means[:, 1] + (slopes * (x - means[:, 0]) if line else 0 * x)
        return (chance * lines).sum(axis=1)

    return expected


def _mixture(n_components, *, seed):
    random = np.random.default_rng(seed)
    roots = random.normal(size=(n_components, 2, 2))
    return (
        random.dirichlet(np.full(n_components, 3.0)),
        random.normal(0, 1.5, (n_components, 2)),
        roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(2),
    )


def _any_mixture(random):
    x = random.normal(0, 1.5, int(random.integers(1, 6)))
    return x, *_mixture(int(random.integers(1, 5)), seed=int(random.integers(10000)))


@exercise(
    "conversion.expected",
    level="stretch",
    hints=(
        "First the shares: weight times the density of x under each component, made to sum to 1. "
        "y plays no part in them.",
        "Then a line for each component: mean of y + cov_xy / var_x (x - mean of x).",
        "`(shares * lines).sum(axis=1)` with both (N, M); `covariances[:, 0, 1]` is cov_xy.",
    ),
    probes=[
        probe("one component is a line", np.array([0.0, 1.0, 3.0]), np.ones(1),
              np.array([[1.0, 5.0]]), np.array([[[2.0, 1.0], [1.0, 3.0]]])),
        probe("two that are far apart", np.array([-4.0, 4.0]), np.array([0.5, 0.5]),
              np.array([[-4.0, 1.0], [4.0, -1.0]]), np.stack([np.eye(2)] * 2)),
        probe("between two of unequal weight and width", np.array([0.0, 0.5]),
              np.array([0.2, 0.8]), np.array([[-1.0, 0.0], [1.0, 6.0]]),
              np.array([[[1.0, 0.5], [0.5, 2.0]], [[4.0, -1.0], [-1.0, 1.0]]])),
        probe("three, five values", np.linspace(-2, 2, 5), *_mixture(3, seed=5)),
    ],
    wrong=[
        (_expected(shares="prior"), "the shares do not ask x: weigh each component by how well it "
         "explains x"),
        (_expected(shares="equal"), "the components' weights are left out of the shares"),
        (_expected(shares="bare"), "these are densities: shares sum to 1 for each x"),
        (_expected(slope="correlation"), "this slope is the correlation: divide by the variance "
         "of x alone"),
        (_expected(shares="flat"), "wide components explain each x less: divide by the deviation"),
        (_expected(line=False), "each component gives its mean of y alone: x moves it on a line"),
        (_expected(slope="turned"), "the slope is cov_xy over the variance of x, not of y"),
        (_expected(slope="bare"), "the slope is cov_xy over the variance of x"),
        (_expected(hard=True), "only the likeliest component counts: weigh all of them"),
    ],
    valid=_any_mixture,
)  # fmt: skip
def expected(x, weights, means, covariances):
    return _expected()(x, weights, means, covariances)


# --- frames that the voice said itself -----------------------------------------------------------


def _answers(*, near="cosine", k=None, farthest=False, mean=True, turned=False, scaled=False,
             give=None):  # fmt: skip
    """The mean of the nearest frames, with its parts exchangeable."""

    def from_bank(frames, bank, n_neighbours):
        import torch

        unit = [one / one.norm(dim=0, keepdim=True) for one in (frames, bank)]
        close = {
            "cosine": unit[0].T @ unit[1],
            "product": frames.T @ bank,
            "distance": -torch.cdist(frames.T, bank.T),
        }[near]  # (N, M)
        close = -close if farthest else close
        found = close.topk(k or n_neighbours, dim=1).indices  # (N, k)
        chosen = (bank / bank.norm(dim=0, keepdim=True) if scaled else bank)[:, found]  # (D, N, k)
        new = chosen.mean(dim=2) if mean else chosen[:, :, -1]
        new = new.T if turned else new
        return give(new) if give else new

    return from_bank


def _what_came_back(answer, frames, bank, n_neighbours):
    import torch

    found = answer(frames.clone(), bank.clone(), n_neighbours)
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().double().cpu().numpy()
    return {
        "the shape": tuple(found.shape),
        "the device": found.device.type,
        "the frames, in three decimals": values.round(3).ravel().tolist()[:60],
    }


def _frames(n_features, n_frames, n_bank, device, *, n_neighbours, seed=0):
    import torch

    random = np.random.default_rng(seed)
    # Of unequal length, so that angle and distance choose other frames.
    arrays = (
        random.normal(size=(n_features, n)) * random.uniform(0.3, 3, n) for n in (n_frames, n_bank)
    )
    return *(torch.as_tensor(x, dtype=torch.float32, device=device) for x in arrays), n_neighbours


def _sizes():
    from audiolessons import training

    device = training.pick_device()
    n = 20000 if device.type != "cpu" else 300
    return [
        probe("one frame, its nearest", *_frames(2, 1, 6, "cpu", n_neighbours=1, seed=1)),
        probe("three frames, two neighbours", *_frames(3, 3, 9, "cpu", n_neighbours=2, seed=2)),
        probe("five frames, four neighbours", *_frames(4, 5, 12, "cpu", n_neighbours=4, seed=3)),
        probe(f"{n} frames kept, on the device {device.type}",
              *_frames(16, 50, n, device, n_neighbours=4, seed=4)),
    ]  # fmt: skip


def _any_frames(random):
    n_bank = int(random.integers(2, 10))
    return _frames(
        int(random.integers(2, 5)),
        int(random.integers(1, 6)),
        n_bank,
        "cpu",
        n_neighbours=int(random.integers(1, n_bank)),
        seed=int(random.integers(1000)),
    )


@exercise(
    "conversion.neighbours",
    level="stretch",
    hints=(
        "Bring the frames of both to length 1: the product of two is the cosine of their angle.",
        "`near = unit_frames.T @ unit_bank` is (N, M). `near.topk(n_neighbours, dim=1).indices` "
        "says which frames of the bank are nearest.",
        "`bank[:, indices]` is (D, N, k): the frames as they are, not those of length 1. Take the "
        "mean over the last axis.",
    ),
    observe=_what_came_back,
    probes=_sizes,
    wrong=[
        (_answers(near="distance"), "the nearest by distance are taken: the cosine is asked for"),
        (_answers(near="product"), "long frames of the bank win: bring them to length 1 first"),
        (_answers(farthest=True), "the farthest frames are taken: the largest cosine is nearest"),
        (_answers(k=1), "one neighbour is taken, whatever n_neighbours says"),
        (_answers(mean=False), "the last of the neighbours is taken: take their mean"),
        (_answers(turned=True), "time is the last axis: this is turned"),
        (_answers(scaled=True), "frames of length 1 are averaged: average those of the bank"),
        (_answers(give=lambda new: new.cpu().numpy()), "return a tensor, on the same device"),
    ],
    valid=_any_frames,
    time_limit_s=10,
)  # fmt: skip
def from_bank(frames, bank, n_neighbours):
    return _answers()(frames, bank, n_neighbours)
