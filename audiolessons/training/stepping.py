"""One batch: its parts, the means over many of them, and what goes wrong within one."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import torch

from audiolessons.errors import AudioError
from audiolessons.training import processes

# Looking at a loss makes the processor wait for the GPU: there, look now and then.
CHECK_EVERY = 50


class Batch:
    """The inputs and the target of a batch on the device; the output, once the model gave one."""

    def __init__(self, given, device: torch.device, *, where: str):
        if not isinstance(given, tuple | list) or len(given) < 2:
            length = f" of {len(given)}" if isinstance(given, tuple | list) else ""
            raise AudioError(
                f"a batch is {type(given).__name__}{length}: loaders give tuples (inputs..., "
                "target), such as those of a TensorDataset(features, labels)"
            )
        *inputs, self.target = move(tuple(given), device)
        self.inputs = tuple(inputs)
        self.where = where
        self.output = self.values = None

    @property
    def n_items(self) -> int:
        """How many items a batch has: the length of its first tensor."""
        for one in (*self.inputs, self.target):
            if isinstance(one, torch.Tensor) and one.ndim:
                return len(one)
        return 1

    @contextmanager
    def explained(self, *, is_first: bool):
        """Turn torch's errors into one `AudioError` that names shapes and the fix."""
        try:
            if not is_first:
                yield
                return
            with warnings.catch_warnings():
                # Some losses spread unequal shapes over each other: that runs, and learns nothing.
                warnings.filterwarnings("error", message="Using a target size")
                yield
        except AudioError:
            raise
        except (RuntimeError, ValueError, IndexError, TypeError, UserWarning) as problem:
            if isinstance(problem, Warning) and "target size" not in str(problem):
                raise
            raise AudioError(self._explanation(problem)) from problem

    def _explanation(self, problem) -> str:
        said = (str(problem).strip() or repr(problem)).splitlines()[0]
        says = f"({self.where}). {type(problem).__name__}: {said}"
        if _is_out_of_memory(problem):
            return (
                f"out of memory with {self.n_items} items in a batch and inputs of "
                f"{shapes(self.inputs)}: use a smaller batch_size (try "
                f"{max(1, self.n_items // 2)}), shorter inputs or a smaller model {says}"
            )
        if self.output is None:
            return (
                f"the model does not take inputs of {shapes(self.inputs)}: check what its first "
                f"layers and its flatten size expect {says}"
            )
        if self.values is None:
            return (
                f"the loss does not take an output of {shapes(self.output)} with a target of "
                f"{shapes(self.target)}{_wrong_classes(self.output, self.target)} {says}"
            )
        return (
            f"the step after the loss fails, with an output of {shapes(self.output)} and a target "
            f"of {shapes(self.target)} {says}"
        )

    def refuse_bad_loss(self, number: int, *, epoch: int, rate: float, is_this: bool):
        """Raise the error for a loss that is NaN or infinite, with its likeliest cause."""
        bad = [shapes(one) for one in (*self.inputs, self.target) if is_this and _is_bad(one)]
        part = ", validation" if "validation" in self.where else ""
        found = f"the loss is not finite in epoch {epoch}{part}, batch {number}"
        if bad:
            raise AudioError(
                f"{found}: the batch itself holds NaN or infinity (in its tensor of {bad[0]}); "
                "clean the data, or put a floor under the logarithm"
            )
        if epoch == 1 and number == 1 and not part:
            raise AudioError(
                f"{found}, before any step was taken: look for a logarithm or a division of 0 in "
                "the model and the loss, and at the scale of the first weights and of the inputs"
            )
        raise AudioError(
            f"{found}, at learning rate {rate:.3g}: the weights have run away; use a smaller "
            f"learning_rate (try {rate / 10:.1g}) or clip_norm=1.0, and look for a logarithm or a "
            "division of 0 in the model and the loss"
        )


class Mean:
    """Mean of everything that the batches of an epoch gave, over all processes."""

    def __init__(self, device: torch.device):
        self._device = device
        self._means, self._counts = [], []

    def add(self, values, n_items: int) -> None:
        """Take the mean of a batch (a single number), or all its values."""
        values = torch.as_tensor(values).detach()
        self._means.append(values.float().mean())
        self._counts.append(count(values, n_items))

    def first_bad(self, *, is_last: bool) -> int | None:
        """Return the number of the first batch that is NaN or infinite, if it is time to look."""
        every = 1 if self._device.type == "cpu" else CHECK_EVERY
        n_seen = len(self._means)
        if not is_last and n_seen % every:
            return None
        start = max(0, n_seen - every)
        bad = torch.stack(self._means[start:]).isfinite().logical_not().nonzero()
        return start + int(bad[0]) + 1 if len(bad) else None

    def result(self) -> float:
        """Return the mean; every value counts the same, whatever batch it was in."""
        means = torch.stack(self._means).cpu().double()
        counts = torch.tensor(self._counts, dtype=torch.float64)
        summed, number = processes.total([float(means @ counts), float(counts.sum())], self._device)
        return summed / number


def count(values: torch.Tensor, n_items: int) -> int:
    """How many values a loss stands for: the items of the batch, if it is a mean already."""
    return values.numel() if values.ndim else n_items


def move(value, device: torch.device):
    """Return tensors, and tuples or lists of them, on the device."""
    if hasattr(value, "to"):  # a tensor, or a packed sequence
        return value.to(device, non_blocking=device.type == "cuda")
    if isinstance(value, tuple | list):
        return type(value)(move(one, device) for one in value)
    return value


def shapes(value) -> str:
    """Return shape and type of tensors, for messages."""
    if isinstance(value, torch.Tensor):
        return f"shape {tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, tuple | list):
        return " and ".join(shapes(one) for one in value)
    return type(value).__name__


def _wrong_classes(output, target) -> str:
    """Say which classes the target holds, if the output has no place for some of them."""
    are_tensors = isinstance(output, torch.Tensor) and isinstance(target, torch.Tensor)
    if not are_tensors or target.is_floating_point() or not target.numel() or output.ndim < 2:
        return ""
    if output.device.type == "cuda":  # after a wrong index, CUDA answers nothing any more
        return ""
    low, high = int(target.min()), int(target.max())
    if low >= 0 and high < output.shape[1]:
        return ""
    return f": classes {low} to {high}, and the output has {output.shape[1]}"


def _is_out_of_memory(problem) -> bool:
    text = str(problem).lower()
    signs = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(problem, torch.OutOfMemoryError) or any(sign in text for sign in signs)


def _is_bad(value) -> bool:
    is_float = isinstance(value, torch.Tensor) and value.is_floating_point()
    return is_float and not bool(value.isfinite().all())
