"""How an answer asks a network: how often, on which device, and noting gradients or not."""

from __future__ import annotations


def asked(network, ask, *, what):
    """Return what `ask(network)` gives of a network that begins in training mode, and how it asked.

    `what` names what comes back.
    """
    import torch

    from audiolessons import training

    seen = []
    network.register_forward_pre_hook(
        lambda module, given: seen.append((given[0].device.type, torch.is_grad_enabled()))
    )
    got = ask(network.train())
    place, follows = seen[-1] if seen else ("nowhere", False)
    return {
        "what came back": type(got).__name__,
        "is the network asked once": len(seen) == 1,
        f"where ({training.pick_device().type} is the device here)": place,
        "does torch note gradients": follows,
        what: got.detach().cpu() if isinstance(got, torch.Tensor) else got,
    }
