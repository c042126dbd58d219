"""The exercise of the chapter music/generation that needs torch: noise away, step by step."""

from __future__ import annotations

from audiolessons.exercises.engine import exercise, probe


def _walk(*, root=True, ahead=1, again=True, told=0, stop=0, divide=True, give=None):
    """Deterministic denoising with its parts exchangeable."""

    def denoise(network, noise, shares):
        import torch

        x = noise
        for step in range(len(shares) - 1, stop, -1):
            share, following = shares[step], shares[step - ahead]
            here = step + told if told != "all" else len(shares) - 1
            found = network(x, torch.full((len(x),), here, device=x.device))
            clean = x - (1 - share).sqrt() * found
            if divide:
                clean = clean / (share.sqrt() if root else share)
            x = clean if not again else following.sqrt() * clean + (1 - following).sqrt() * found
        return give(x) if give else x

    return denoise


def _what_came_back(answer, network, noise, shares):
    import torch

    found = answer(network, noise.clone(), shares.clone())
    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().double().cpu()
    return {
        "the shape": tuple(values.shape),
        "the device": found.device.type,
        "the mean of each number": [round(v, 3) for v in values.mean(dim=0).tolist()[:4]],
        "the mean size": f"{float(values.abs().mean()):.4g}",
    }


def _network(target, weight):
    """Return a function that finds what leads to a target, partly."""

    def network(x, step):
        return weight * (x - target) + 0.02 * step[:, None]

    return network


def _case(name, n, size, n_steps, device, seed):
    import torch

    from audiolessons.models import signal_shares

    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(size, generator=generator).to(device)
    noise = torch.randn(n, size, generator=generator).to(device)
    return probe(name, _network(target, 0.6), noise, signal_shares(n_steps).to(device))


def _cases():
    from audiolessons import training

    device = training.pick_device()
    n = 1_000_000 if device.type != "cpu" else 500
    return [
        _case("one step", 4, 2, 1, "cpu", 0),
        _case("five steps", 7, 3, 5, "cpu", 1),
        _case("twelve steps", 2, 5, 12, "cpu", 2),
        _case(f"{n} vectors on the device {device.type}", n, 4, 20, device, 3),
    ]


def _any_case(random):
    import torch

    from audiolessons.models import signal_shares

    generator = torch.Generator().manual_seed(int(random.integers(10_000)))
    n, size = int(random.integers(1, 6)), int(random.integers(1, 4))
    network = _network(torch.randn(size, generator=generator), float(random.uniform(0.2, 0.9)))
    noise = torch.randn(n, size, generator=generator)
    return network, noise, signal_shares(int(random.integers(1, 10)))


@exercise(
    "generation.denoise",
    level="stretch",
    hints=(
        "Begin with the noise, and go from the last step, `len(shares) - 1`, down to 1.",
        "`found = network(x, torch.full((len(x),), step, device=x.device))`, and the guess of the "
        "clean vector is (x - sqrt(1 - share) found) / sqrt(share).",
        "Then mix guess and found noise as `noised` does, with the share of step - 1.",
    ),
    observe=_what_came_back,
    probes=_cases,
    wrong=[
        (_walk(root=False), "divided by the share: divide by its root"),
        (_walk(divide=False), "the guess is too small: divide it by the root of the share"),
        (_walk(ahead=0), "the noise stays as it was: mix with the share of step - 1"),
        (_walk(again=False), "each guess is taken for the truth: mix the found noise in again"),
        (_walk(stop=1), "the last step is missing: go down to step 1"),
        (_walk(told="all"), "the network is always told the last step: tell it this one"),
        (_walk(told=-1), "the network is told the step before: tell it this one"),
        (
            _walk(give=lambda x: x.detach().cpu().numpy()),
            "return a torch tensor, on the device of the noise",
        ),
    ],
    valid=_any_case,
    time_limit_s=30,
)
def denoise(network, noise, shares):
    return _walk()(network, noise, shares)
