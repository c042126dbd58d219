"""Exercises of the chapter speech/synthesis that need torch: a causal layer, a loss of a batch."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe


def _shown(found):
    import torch

    if not isinstance(found, torch.Tensor):
        return {"what came back": type(found).__name__}
    values = found.detach().double().cpu().numpy()
    return {
        "the shape": tuple(found.shape),
        "the device": found.device.type,
        "the values, in three decimals": values.round(3).ravel().tolist()[:60],
    }


# --- a dilated causal convolution -----------------------------------------------------------------


def _causal(*, side="left", dilate=True, back=0, steps=0, crop=False, flip=False, once=False):
    """A causal layer with its parts exchangeable."""

    def causal(sound, weight, dilation):
        from torch.nn import functional

        used = dilation if dilate else 1
        step = dilation if side != "plain" else 1
        reach = (weight.shape[2] - 1 + steps) * step + back
        if once:
            reach = weight.shape[2] - 1
        pads = {"left": (reach, 0), "right": (0, reach), "both": (reach // 2, reach - reach // 2),
                "twice": (reach, reach), "none": (0, 0), "plain": (reach, 0)}[side]  # fmt: skip
        kernel = weight.flip(2) if flip else weight
        found = functional.conv1d(functional.pad(sound, pads), kernel, dilation=used)
        return found[..., : sound.shape[-1]] if crop else found

    return causal


def _observe_causal(answer, sound, weight, dilation):
    return _shown(answer(sound.clone(), weight.clone(), dilation))


def _layer(n_batch, n_in, n_out, kernel, dilation, n_samples, device="cpu", *, seed=0):
    import torch

    random = np.random.default_rng(seed)
    arrays = (
        random.normal(size=(n_batch, n_in, n_samples)),
        random.normal(size=(n_out, n_in, kernel)),
    )
    sound, weight = (torch.as_tensor(one, dtype=torch.float32, device=device) for one in arrays)
    return sound, weight, dilation


def _layers():
    from audiolessons import training

    device = training.pick_device()
    n_samples = 20000 if device.type != "cpu" else 400
    return [
        probe("kernel 2, dilation 1", *_layer(1, 1, 1, 2, 1, 6, seed=1)),
        probe("kernel 2, dilation 4", *_layer(2, 3, 2, 2, 4, 9, seed=2)),
        probe("kernel 3, dilation 2", *_layer(1, 2, 4, 3, 2, 8, seed=3)),
        probe("kernel 1", *_layer(1, 2, 3, 1, 3, 5, seed=5)),
        probe("a sound shorter than the reach", *_layer(1, 1, 2, 3, 4, 3, seed=6)),
        probe(f"{n_samples} samples on the device {device.type}",
              *_layer(2, 4, 4, 2, 16, n_samples, device, seed=4)),
    ]  # fmt: skip


def _any_layer(random):
    sizes = [int(random.integers(1, 4)) for _ in range(3)]
    kernel, dilation = int(random.integers(1, 4)), int(random.integers(1, 5))
    n_samples = int(random.integers(2, 12))
    return _layer(*sizes, kernel, dilation, n_samples, seed=int(random.integers(1000)))


@exercise(
    "synthesis.causal",
    level="core",
    hints=(
        "As many samples must come out as went in, and none may hear a later one.",
        "Pad on the left alone, by as much as the kernel reaches back: (K - 1) * dilation.",
        "`conv1d(pad(sound, ((K - 1) * dilation, 0)), weight, dilation=dilation)`, both from "
        "`torch.nn.functional`",
    ),
    observe=_observe_causal,
    probes=_layers,
    wrong=[
        (_causal(side="right"), "each sample hears what comes later: pad on the left"),
        (_causal(side="both"), "half of the kernel hears what comes later: pad on the left alone"),
        (_causal(side="twice"), "too many samples: pad on the left alone"),
        (_causal(steps=1), "too many samples: a kernel of K reaches K - 1 steps back"),
        (_causal(side="none"), "too few samples: pad by what the kernel reaches back"),
        (_causal(dilate=False, side="plain"), "the dilation is ignored"),
        (_causal(once=True), "padded as if there were no dilation: (K - 1) * dilation"),
        (_causal(back=1, crop=True), "one sample too far back: each sample hears itself, too"),
        (_causal(flip=True), "the kernel is turned: the last weight belongs to the sample itself"),
    ],
    valid=_any_layer,
    time_limit_s=10,
)  # fmt: skip
def causal(sound, weight, dilation):
    return _causal()(sound, weight, dilation)


# --- a loss that leaves out the padding -----------------------------------------------------------


def _masked(*, over="real", power=1, bands=True, mask="chosen", each=None, shift=0):
    """The mean error of a padded batch with its parts exchangeable."""

    def masked_loss(predicted, wanted, lengths):
        import torch

        n_frames = predicted.shape[-1]
        frames = torch.arange(n_frames, device=predicted.device)
        is_real = (frames < lengths[:, None] + shift)[:, None].to(predicted.dtype)
        errors = (predicted - wanted).abs() ** power
        if mask:
            kept = torch.where(is_real.bool(), errors, torch.zeros_like(errors))
            errors = kept if mask == "chosen" else errors * is_real
        if each:
            of_each = errors.sum(dim=(1, 2)) / (lengths * predicted.shape[1])
            return of_each.mean() if each == "mean" else of_each
        counts = {
            "real": lengths.sum() * (predicted.shape[1] if bands else 1),
            "all": errors.numel(),
            "batch": len(predicted),
            "none": 1,
        }[over]
        return errors.sum() / counts

    return masked_loss


def _observe_loss(answer, predicted, wanted, lengths):
    return _shown(answer(predicted.clone(), wanted.clone(), lengths.clone()))


def _padded(lengths, n_bands, device="cpu", *, seed=0, fill=9.0):
    import torch

    random = np.random.default_rng(seed)
    shape = (len(lengths), n_bands, max(lengths))
    arrays = random.normal(size=shape), random.normal(size=shape)
    for one, length in enumerate(lengths):
        arrays[0][one, :, length:] = fill
    predicted, wanted = (torch.as_tensor(a, dtype=torch.float32, device=device) for a in arrays)
    return predicted, wanted, torch.as_tensor(lengths, device=device)


def _batches():
    from audiolessons import training

    device = training.pick_device()
    many = [400, 300, 350, 120] * (64 if device.type != "cpu" else 1)
    return [
        probe("no padding", *_padded([4, 4], 3, seed=1)),
        probe("a short and a long one", *_padded([2, 6], 3, seed=2)),
        probe("three lengths, five bands", *_padded([5, 1, 3], 5, seed=3)),
        probe("one sound", *_padded([7], 2, seed=4)),
        probe("what stands in the padding is infinite", *_padded([3, 5], 2, seed=6, fill=np.inf)),
        probe(f"{len(many)} sounds on the device {device.type}",
              *_padded(many, 20, device, seed=5)),
    ]  # fmt: skip


def _any_batch(random):
    lengths = random.integers(1, 7, int(random.integers(1, 5))).tolist()
    seed = int(random.integers(1000))
    return _padded(lengths, int(random.integers(1, 5)), seed=seed)


@exercise(
    "synthesis.masked",
    level="stretch",
    hints=(
        "Which frames are real? `torch.arange(N, device=...) < lengths[:, None]` is (B, N).",
        "Choose real errors with `torch.where` or by indexing: 0 times infinity is NaN.",
        "Divide their sum by how many there are: the sum of the lengths, times the bands.",
    ),
    observe=_observe_loss,
    probes=_batches,
    wrong=[
        (_masked(over="all"), "divided by padded frames, too: the more padding, the smaller the "
         "loss"),
        (_masked(mask=None, over="all"), "the padding is counted as if it were sound"),
        (_masked(mask=None), "errors of the padding are in the sum"),
        (_masked(bands=False), "divide by frames times bands"),
        (_masked(over="batch"), "divide by how many values are real, not by sounds"),
        (_masked(over="none"), "this is the sum: divide by how many values are real"),
        (_masked(each="mean"), "the mean of each sound's mean: here a short sound's frames count "
         "more than a long one's"),
        (_masked(power=2), "the absolute error is asked for, not the squared one"),
        (_masked(each="own"), "a number for each sound: one for the batch is asked for"),
        (_masked(mask="product"), "0 times infinity is NaN: choose, do not multiply"),
        (_masked(shift=1), "one frame too many of each sound: `<` and not `<=`"),
        (_masked(shift=-1), "the last real frame of each sound is left out"),
    ],
    valid=_any_batch,
    time_limit_s=10,
)  # fmt: skip
def masked_loss(predicted, wanted, lengths):
    return _masked()(predicted, wanted, lengths)
