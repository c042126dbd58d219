"""What happens to a sound on its way, whether or not somebody wants to get rid of its mark."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from audiolessons import files, signals

SAMPLE_RATE = 16000
MP3_KBPS = 64
NARROW_HZ = 8000  # sample rate of a telephone
SNR_DB = 20.0
GAIN_DB = -12.0
LARGEST_SPEED = 0.03  # how much faster or slower a sound is played


def attack(name: str, audio, *, speed: float = 1.0, seed: int = 0) -> np.ndarray:
    """Return a sound (T,) at 16 kHz after one of `ATTACKS`.

    Parameters
    ----------
    name : str
        "none", "mp3" (64 kbit/s), "narrow" (8 kHz and back), "noise" (white, 20 dB), "half" (the
        middle half alone), "gain" (12 dB softer), "speed" (played so much faster).
    audio : array
        Shape (T,).
    speed : float
        Of the attack "speed".
    seed : int
        Of the noise.

    Examples
    --------
    >>> attack("half", np.zeros(16000, dtype=np.float32)).shape
    (8000,)

    Chapter: large/safety
    """
    audio = np.asarray(audio, dtype=np.float32)
    if name == "mp3":
        return _through_mp3(audio)
    if name == "narrow":
        narrow = signals.resample(audio, from_rate=SAMPLE_RATE, to_rate=NARROW_HZ)
        return signals.resample(narrow, from_rate=NARROW_HZ, to_rate=SAMPLE_RATE)
    if name == "noise":
        noise = np.random.default_rng(seed).standard_normal(len(audio)).astype(np.float32)
        return signals.mix_at_snr(audio, noise, snr_db=SNR_DB)
    if name == "half":
        return audio[len(audio) // 4 : len(audio) // 4 + len(audio) // 2]
    if name == "gain":
        return audio * np.float32(signals.db_to_amplitude(GAIN_DB))
    if name == "speed":
        rate = round(SAMPLE_RATE * speed)
        return signals.resample(audio, from_rate=rate, to_rate=SAMPLE_RATE)
    return audio


ATTACKS = ("none", "mp3", "narrow", "noise", "half", "gain", "speed")


def _through_mp3(audio):
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        audio,
        SAMPLE_RATE,
        format="MP3",
        bitrate_mode="CONSTANT",
        # libsndfile's scale of the bit rate, at this sample rate from 160 down to 8 kbit/s
        compression_level=(160 - MP3_KBPS) / (160 - 8),
    )
    return files.load(buffer.getvalue())[0]
