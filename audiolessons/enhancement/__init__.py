"""Speech enhancement before the networks: noise floors, gains, masks, and noise taken out.

A noisy spectrogram (..., F, N) is multiplied by a gain between 0 and 1 and keeps its phase. The
methods differ in how they find the gain, and in what they may know: the ideal masks are given the
clean speech and the noise, the others see nothing but the noisy sound.
"""

from audiolessons.enhancement.denoising import apply_gain, denoise
from audiolessons.enhancement.gains import (
    decision_directed_gain,
    spectral_subtraction_gain,
    wiener_gain,
)
from audiolessons.enhancement.masks import ideal_binary_mask, ideal_ratio_mask
from audiolessons.enhancement.noise_floor import noise_power

__all__ = [
    "apply_gain",
    "decision_directed_gain",
    "denoise",
    "ideal_binary_mask",
    "ideal_ratio_mask",
    "noise_power",
    "spectral_subtraction_gain",
    "wiener_gain",
]
