"""Mel bands of a text to sound: pulses and noise through the outline that the network wrote.

A network that saw half an hour cannot foresee where each harmonic will lie, and so writes the mean
of what might be: the outline is right, and the harmonics are blurred. But the pitch is known, and
which sounds are voiced. So harmonics are put in by rule, as in a vocoder of the old kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.fft import dct, idct

from audiolessons import features, spectral
from audiolessons.recipes.speech.synthesis._frames import FRAMES, HOP_LENGTH, N_MELS, SAMPLE_RATE

VOICED = {"B", "D", "G", "DH", "V", "Z", "ZH", "JH", "L", "M", "N", "NG", "R", "W", "Y"}
# Chosen by DNSMOS on three validation sentences.
KEPT = 16  # coefficients of the outline; what ripples faster is harmonics
SHARPER = 1.15  # how much deeper the valleys become: means are too flat
HIGHEST_HZ = 7000.0  # above, noise takes the place of pulses
FADE_HZ = 300.0


def sound_of(mel, tokens: Sequence[str], durations, pitch_hz, *, seed: int = 0) -> np.ndarray:
    """Return the sound (200 * (N - 1),) of log-mel bands (80, N) with this melody.

    Parameters
    ----------
    mel : array
    tokens : list of str
        Sounds and signs, as `tokens_of` gives.
    durations, pitch_hz : array
        Frames of each token, and how high it is, (L,) each.
    seed : int
        Of the noise.
    """
    pitch_hz, voicing = _by_frame(tokens, np.asarray(durations), np.asarray(pitch_hz))
    power = np.exp(_outline(np.asarray(mel, dtype=float)))  # (F, N)
    pulses, noise = (
        spectral.stft(one, n_fft=FRAMES["n_fft"], hop_length=HOP_LENGTH)
        for one in _sources(pitch_hz, voicing, seed)
    )
    hz = np.fft.rfftfreq(FRAMES["n_fft"], 1 / SAMPLE_RATE)
    share = 1 / (1 + np.exp((hz - HIGHEST_HZ) / FADE_HZ))[:, None]  # of pulses, where voiced
    source = np.sqrt(share) * pulses + np.sqrt(1 - share * voicing) * noise
    # The power of a frame of the sources is that of its window, in every band.
    window = np.hanning(FRAMES["n_fft"] + 1)[:-1]
    spectrum = source * np.sqrt(power / np.sum(window**2))
    length = HOP_LENGTH * (len(pitch_hz) - 1)
    return spectral.istft(spectrum, hop_length=HOP_LENGTH, length=length).astype(np.float32)


def _by_frame(tokens, durations, pitch_hz):
    """Return the melody, straight from the middle of one token to the next, and where it sounds."""
    middles = durations.cumsum() - durations / 2
    lasts = durations > 0
    frames = np.arange(durations.sum()) + 0.5
    melody = np.exp(np.interp(frames, middles[lasts], np.log(pitch_hz[lasts])))
    is_voiced = [token[-1].isdigit() or token in VOICED for token in tokens]
    return melody, np.repeat(np.array(is_voiced, dtype=float), durations)


def _outline(mel):
    """Return the logarithm of the power at each frequency (F, N), without harmonics."""
    filters = features.mel_filterbank(
        sample_rate=SAMPLE_RATE, n_fft=FRAMES["n_fft"], n_mels=N_MELS
    )  # (80, F)
    weight = filters.sum(axis=1)
    cepstrum = dct(mel - np.log(weight)[:, None], axis=0, norm="ortho")
    cepstrum[KEPT:] = 0
    cepstrum[2:] *= SHARPER  # not level and tilt
    smooth = idct(cepstrum, axis=0, norm="ortho")
    bins = np.arange(filters.shape[1])
    centres = filters @ bins / weight
    return np.stack([np.interp(bins, centres, frame) for frame in smooth.T], axis=1)


def _sources(pitch_hz, voicing, seed):
    """Return pulses and noise of power 1, (T,) each; pulses only where it is voiced."""
    at = np.arange(HOP_LENGTH * (len(pitch_hz) - 1)) / HOP_LENGTH
    hz = np.interp(at, np.arange(len(pitch_hz)), pitch_hz)
    sounds = np.interp(at, np.arange(len(voicing)), voicing)
    periods = np.cumsum(hz / SAMPLE_RATE)
    begins = np.flatnonzero(np.diff(np.floor(periods)) > 0)
    pulses = np.zeros(len(at))
    pulses[begins] = np.sqrt(SAMPLE_RATE / hz[begins])
    return pulses * sounds, np.random.default_rng(seed).normal(size=len(at))
