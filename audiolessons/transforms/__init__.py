"""Features and augmentation as torch modules: on the device, a batch at a time, with gradients.

Every module is called as `step(x, lengths)` and returns `(x, lengths)`, or as `step(x)` and returns
`x`; `lengths` (B,) counts the samples or frames of each item that are sound and not padding.
`Chain` puts them in front of a model. Conventions are those of `features`.
"""

from audiolessons.transforms.augmenting import AddNoise, Gain, Speed, TimeShift
from audiolessons.transforms.caching import cache_dataset
from audiolessons.transforms.chaining import Chain
from audiolessons.transforms.colouring import Colour, Warp
from audiolessons.transforms.masking import SpecAugment
from audiolessons.transforms.spectra import LogMel, Mel, Standardise, from_loudest

__all__ = [
    "AddNoise",
    "Chain",
    "Colour",
    "Gain",
    "LogMel",
    "Mel",
    "SpecAugment",
    "Speed",
    "Standardise",
    "TimeShift",
    "Warp",
    "cache_dataset",
    "from_loudest",
]
