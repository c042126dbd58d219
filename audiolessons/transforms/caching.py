"""A whole data set as tensors in memory: features are computed once, not once an epoch."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.data import TensorDataset

from audiolessons.errors import AudioError, check_count

BATCH = 64  # sounds transformed at a time


def cache_dataset(
    dataset,
    transform=None,
    *,
    n_samples: int | None = None,
    with_lengths: bool = True,
    device: str | torch.device = "cpu",
) -> TensorDataset:
    """Return a data set's features, lengths and labels as tensors.

    Parameters
    ----------
    dataset : set of `datasets`, or anything with `as_arrays()`
        `as_arrays()` gives (audio (B, T), lengths (B,), labels (B,) or None).
    transform : module, optional
        Called as `transform(audio, lengths)`, returns `(features, lengths)`: `LogMel`, or a
        `Chain`. It is used in evaluation mode, without gradients. The audio itself if left out.
    n_samples : int, optional
        Cut or zero-pad every sound to this many samples; the longest sound decides if left out.
    with_lengths : bool
        Whether items are (features, length, label), or (features, label).
    device : str or torch.device
        Where to compute, and where the tensors stay.

    Returns
    -------
    torch.utils.data.TensorDataset
        Features float32 (B, ...), lengths int64 (B,), labels int64 (B,) where the set has some.

    Raises
    ------
    AudioError
        If the set cannot be turned into arrays, or the transform returns no lengths.

    Examples
    --------
    >>> import numpy as np
    >>> class Two:
    ...     def as_arrays(self):
    ...         return np.zeros((2, 800), np.float32), np.array([800, 400]), np.array([0, 1])
    >>> from audiolessons.transforms import LogMel
    >>> to_mel = LogMel(sample_rate=8000, n_fft=256, hop_length=80, n_mels=20)
    >>> features, n_frames, label = cache_dataset(Two(), to_mel)[1]
    >>> features.shape, int(n_frames), int(label)
    (torch.Size([20, 11]), 6, 1)

    Chapter: learning/cnn
    """
    if not hasattr(dataset, "as_arrays"):
        raise AudioError(f"dataset is {type(dataset).__name__}: give a set with as_arrays()")
    audio, lengths, labels = dataset.as_arrays()
    audio, lengths = torch.from_numpy(audio), torch.from_numpy(lengths)
    if n_samples is not None:
        check_count(n_samples, name="n_samples")
        lengths = lengths.clamp(max=n_samples)
        audio = audio[:, :n_samples]
        behind = (0, 0) * (audio.ndim - 2)  # piano rolls (B, N, 88) grow along N too
        audio = nn.functional.pad(audio, (*behind, 0, n_samples - audio.shape[1]))
    features, ends = _transform(audio, lengths, transform, torch.device(device))
    tensors = [features, ends] if with_lengths else [features]
    if labels is not None:
        tensors.append(torch.from_numpy(labels).to(device))
    return TensorDataset(*tensors)


@torch.no_grad()
def _transform(audio, lengths, transform, device):
    if transform is None:
        return audio.to(device), lengths.to(device)
    is_module = isinstance(transform, nn.Module)
    was_training = is_module and transform.training
    if is_module:
        transform.to(device).eval()
    parts = []
    for part, ends in zip(audio.split(BATCH), lengths.split(BATCH), strict=True):
        result = transform(part.to(device), ends.to(device))
        if not isinstance(result, tuple) or len(result) != 2:
            raise AudioError(
                f"transform returns {type(result).__name__}: it must take (audio, lengths) and "
                "return (features, lengths), as transforms.LogMel does"
            )
        parts.append(result)
    if was_training:
        transform.train()
    features, ends = zip(*parts, strict=True)
    return torch.cat(features), torch.cat(ends)
