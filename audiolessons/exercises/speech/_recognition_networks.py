"""The exercise of the chapter speech/recognition that needs torch: the loss of a batch."""

from __future__ import annotations

from audiolessons.exercises.engine import exercise, probe


def _loss(*, normalise=True, log=True, axis=-1, blank=0, lengths="left", over="sounds", give=None):
    """The loss of a batch with its parts exchangeable."""

    def batch_loss(logits, n_frames, tokens, n_tokens):
        from torch.nn import functional

        n_logits = logits.shape[1]
        left = {
            "left": (n_frames + 3) // 4,
            "down": (n_frames // 4).clamp(min=1),
            "padded": n_frames.new_full(n_frames.shape, n_logits),
            "before": n_frames.clamp(max=n_logits),
        }[lengths]
        log_probs = logits.log_softmax(dim=axis) if normalise else logits
        log_probs = log_probs if log else log_probs.exp()
        losses = functional.ctc_loss(
            log_probs.transpose(0, 1),
            tokens,
            left,
            n_tokens,
            blank=blank % logits.shape[-1],
            reduction="none",
        )
        losses = losses / n_tokens if over == "tokens" else losses
        loss = losses.sum() if over == "nothing" else losses.mean()
        return give(loss) if give else loss

    return batch_loss


def _what_came_back(answer, logits, n_frames, tokens, n_tokens):
    import torch

    logits = logits.clone().requires_grad_()
    loss = answer(logits, n_frames.clone(), tokens.clone(), n_tokens.clone())
    if not isinstance(loss, torch.Tensor):
        return {"what came back": type(loss).__name__}
    gradient = None
    if loss.ndim == 0 and loss.requires_grad:
        gradient = torch.autograd.grad(loss, logits)[0].double().cpu()
        gradient = [f"{float(gradient[..., k].sum()):.1f}" for k in range(gradient.shape[-1])]
    return {
        "the shape": tuple(loss.shape),
        "the device": loss.device.type,
        "the loss, in four digits": f"{float(loss.detach().double().sum()):.4g}",
        "it carries a gradient": loss.requires_grad,
        "the gradient of each token, in one decimal": gradient,
    }


def _batch(n_frames, n_tokens, n_kinds, device, *, seed=0):
    """Return a batch whose logits are as many as are left of the longest sound."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    n_frames, n_tokens = torch.tensor(n_frames), torch.tensor(n_tokens)
    n_left = (int(n_frames.max()) + 3) // 4
    logits = 2 * torch.randn(len(n_frames), n_left, n_kinds, generator=generator)
    tokens = torch.stack(
        [
            torch.randperm(n_kinds - 2, generator=generator)[: int(n_tokens.max())] + 1
            for _ in n_frames
        ]
    )
    return logits.to(device), n_frames, tokens.to(device), n_tokens


def _batches():
    from audiolessons import training

    device = training.pick_device()
    wide = [900, 870, 601, 444, 399, 230, 120, 77]
    return [
        probe("one sound that fills the batch", *_batch([40], [3], 6, "cpu")),
        probe("two lengths, the shorter one padded", *_batch([41, 22], [3, 2], 7, "cpu", seed=1)),
        probe("lengths that 4 does not divide", *_batch([37, 26, 9], [4, 2, 1], 8, "cpu", seed=2)),
        probe(
            f"eight sounds on the device {device.type}",
            *_batch(wide, [12, 11, 9, 9, 6, 5, 4, 2], 29, device, seed=3),
        ),
    ]


def _any_batch(random):
    size = int(random.integers(1, 4))
    n_tokens = random.integers(1, 4, size=size).tolist()
    n_frames = [int(4 * n + random.integers(1, 30)) for n in n_tokens]
    n_classes, seed = random.integers(6, 9), random.integers(999)
    return _batch(n_frames, n_tokens, int(n_classes), "cpu", seed=int(seed))


@exercise(
    "recognition.loss",
    level="stretch",
    hints=(
        "Three faults: what the loss is given as log-probabilities, which token is the blank, and "
        "how many frames are left.",
        "`logits.log_softmax(dim=-1)`, `blank=0`, and lengths that went through the same two "
        "convolutions as the sound: a quarter, rounded up.",
        "`functional.ctc_loss(log_probs.transpose(0, 1), tokens, (n_frames + 3) // 4, n_tokens, "
        "blank=0, reduction=\"none\").mean()`",
    ),
    observe=_what_came_back,
    probes=_batches,
    wrong=[
        (_loss(normalise=False), "these are logits: the loss wants log-probabilities, "
         "`log_softmax` over the tokens"),
        (_loss(axis=1), "the softmax runs over the frames: it belongs over the tokens, the last "
         "axis"),
        (_loss(blank=-1), "the blank is token 0 here, not the last one"),
        (_loss(lengths="before"), "these are the lengths before the convolutions: padding is read"),
        (_loss(lengths="padded"), "every sound is read to the end of the batch: each has its own "
         "length"),
        (_loss(lengths="down"), "lengths are rounded down: a last part of a step gives a frame, "
         "too"),
        (_loss(over="nothing"), "the losses are summed: take the mean over the sounds"),
        (_loss(over="tokens"), "each loss is divided by the length of its text, as torch's "
         "`reduction=\"mean\"` does: take the mean over the sounds alone"),
        (_loss(log=False), "these are chances: the loss wants their logarithms, `log_softmax`"),
        (_loss(give=lambda loss: loss.detach()), "the loss carries no gradient: nothing could "
         "learn from it"),
        (_loss(give=lambda loss: loss.item()), "return a torch tensor, with "
         "its gradient"),
    ],
    valid=_any_batch,
    time_limit_s=20,
)  # fmt: skip
def batch_loss(logits, n_frames, tokens, n_tokens):
    return _loss()(logits, n_frames, tokens, n_tokens)
