"""Steps one after another, with the lengths that belong to the batch."""

from __future__ import annotations

from torch import Tensor, nn


class Chain(nn.Sequential):
    """Like `torch.nn.Sequential`, but hands lengths on from step to step.

    `Chain(augment, log_mel, model)` is a model that takes `(audio, lengths)` and augments in
    training only. A step is called with what the one before returned.

    Examples
    --------
    >>> import torch
    >>> from audiolessons.transforms import LogMel
    >>> to_mel = LogMel(sample_rate=8000, n_fft=256, hop_length=80, n_mels=20)
    >>> x, n_frames = Chain(to_mel)(torch.zeros(2, 800), torch.tensor([800, 400]))
    >>> x.shape, n_frames
    (torch.Size([2, 20, 11]), tensor([11,  6]))

    Chapter: learning/cnn
    """

    def forward(self, *given) -> Tensor | tuple:
        for step in self:
            given = step(*given)
            given = given if isinstance(given, tuple) else (given,)
        return given if len(given) > 1 else given[0]
