"""Filters: convolution, finite (FIR) and recursive (IIR) filters, echo and reverberation.

Every function works along the last axis, time: mono (T,), stereo (C, T) and batches (B, C, T)
are treated alike. `taps` and `impulse_response` are the same thing, the output for an impulse.
"""

from audiolessons.filters.convolution import apply_fir, convolve, fft_convolve
from audiolessons.filters.fir import (
    design_bandpass,
    design_bandstop,
    design_highpass,
    design_lowpass,
    frequency_response,
)
from audiolessons.filters.iir import apply_iir, design_biquad, difference_equation, poles
from audiolessons.filters.rooms import echo, reverberate, reverberation_time, synthetic_room

__all__ = [
    "apply_fir",
    "apply_iir",
    "convolve",
    "design_bandpass",
    "design_bandstop",
    "design_biquad",
    "design_highpass",
    "design_lowpass",
    "difference_equation",
    "echo",
    "fft_convolve",
    "frequency_response",
    "poles",
    "reverberate",
    "reverberation_time",
    "synthetic_room",
]
