"""SpecAugment: hide stripes of a spectrogram, so that no single band or moment is relied on."""

from __future__ import annotations

import torch

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.padding import is_sound
from audiolessons.transforms.augmenting import Augmentation


class SpecAugment(Augmentation):
    """Replace random bands and random stretches of time of each spectrogram by its mean.

    A mask's width is uniform from 0 to its largest, its place uniform where it fits. Masks may
    overlap. They lie within the sound: padding stays as it is. The paper's third part, warping
    time, is left out: its authors found that it helps least.

    Parameters
    ----------
    n_band_masks, max_bands : int
        How many masks over frequency, and the bands that one hides at most.
    n_frame_masks, max_frames : int
        How many over time, and the frames that one hides at most.
    max_share : float
        Largest share of a sound's frames that one mask over time hides (0 to 1).
    generator : torch.Generator
        Where the random numbers come from.

    Shapes
    ------
    x (B, ..., F, N), lengths (B,) in frames; neither changes.

    Examples
    --------
    >>> hide = SpecAugment(max_bands=8, max_frames=10, generator=torch.Generator().manual_seed(0))
    >>> x = torch.arange(40.0)[:, None].repeat(1, 60)[None]  # (1, 40, 60)
    >>> hidden = hide(x) != x
    >>> bool(hidden.any()), bool(hidden.all())
    (True, False)

    References
    ----------
    D. S. Park et al., "SpecAugment: a simple data augmentation method for automatic speech
    recognition", Interspeech 2019, section 2.

    Chapter: learning/evaluation
    """

    def __init__(
        self,
        *,
        max_bands: int,
        max_frames: int,
        generator: torch.Generator,
        n_band_masks: int = 2,
        n_frame_masks: int = 2,
        max_share: float = 1.0,
    ):
        super().__init__(generator)
        self.max_bands = check_count(max_bands, name="max_bands", minimum=0)
        self.max_frames = check_count(max_frames, name="max_frames", minimum=0)
        self.n_band_masks = check_count(n_band_masks, name="n_band_masks", minimum=0)
        self.n_frame_masks = check_count(n_frame_masks, name="n_frame_masks", minimum=0)
        if check_positive(max_share, name="max_share") > 1:
            raise AudioError(f"max_share is {max_share}: a share is at most 1")
        self.max_share = max_share

    def augment(self, x, lengths) -> tuple[torch.Tensor, torch.Tensor]:
        if x.ndim < 3:
            raise AudioError(f"x has shape {tuple(x.shape)}: give spectrograms (B, F, N)")
        n_bands, n_frames = x.shape[-2:]
        bands = torch.full_like(lengths, n_bands)
        most_frames = (lengths * self.max_share).long().clamp(max=self.max_frames)
        most_bands = bands.clamp(max=self.max_bands)
        band = self._stripes(self.n_band_masks, bands, most_bands, n_bands)  # (B, F)
        frame = self._stripes(self.n_frame_masks, lengths, most_frames, n_frames)  # (B, N)
        between = [1] * (x.ndim - 3)
        inside = is_sound(lengths, x)
        hidden = band.reshape(len(x), *between, -1, 1) | frame.reshape(len(x), *between, 1, -1)
        return torch.where(hidden & inside, _mean(x, inside), x), lengths

    def _stripes(self, n_masks, size, most, n):
        """Return which of n places are hidden by `n_masks` masks up to `most` wide, (B, n)."""
        shape = (len(size), n_masks)
        width = self.draw_whole(shape, most[:, None].expand(shape))  # (B, masks)
        start = self.draw_whole(shape, size[:, None] - width)
        place = torch.arange(n, device=size.device)
        after, before = place >= start[..., None], place < (start + width)[..., None]
        return (after & before).any(dim=1)  # (B, masks, n) -> (B, n)


def _mean(x, inside):
    """Return the mean of each item where it is sound, (B, 1, ..., 1)."""
    x, axes = x.detach(), tuple(range(1, x.ndim))
    total = (x * inside).sum(dim=axes, keepdim=True)
    return total / inside.expand(x.shape).sum(dim=axes, keepdim=True).clamp(min=1)
