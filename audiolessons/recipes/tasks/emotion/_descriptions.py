"""What is told of a spoken sound: its melody and voice, its timbre, its speaker's vector."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import partial

import numpy as np

from audiolessons import datasets, features, signals, spectral
from audiolessons.recipes.tasks.speaker import _voice_networks as speaker

SAMPLE_RATE = 16000
HOP_LENGTH = 160  # 10 ms
FRAME_LENGTH = 640  # 40 ms: two periods of the lowest voice
MIN_HZ, MAX_HZ = 60.0, 600.0
THRESHOLD = 0.2  # of YIN
PAUSE_DB = 35.0  # what lies further below the loudest frame is a pause
MEL = {"n_fft": 512, "hop_length": HOP_LENGTH, "n_mels": 40}
LOW_BAND, HIGH_BAND = (50.0, 1000.0), (1000.0, 5000.0)  # Hz: their ratio is the tilt
N_MFCC = 20
PARTS = ("prosody", "timbre", "embedding")


@dataclass(frozen=True, eq=False)
class Acted:
    """All acted sentences, described: `tables` holds (B, D) for each of `PARTS`.

    `emotion` (B,) are numbers of `labels`; `speaker` and `sentence` (B,) are names.
    """

    ids: np.ndarray
    tables: dict
    emotion: np.ndarray
    labels: list
    speaker: np.ndarray
    sentence: np.ndarray
    recognized_percent: np.ndarray
    source: str

    def table(self, parts) -> np.ndarray:
        """Return some parts side by side, (B, D)."""
        return np.concatenate([self.tables[part] for part in parts], axis=1)


@functools.cache
def load(*, stand_ins: bool = False) -> Acted:
    """Return the acted sentences, described; it takes a while once, and is kept in memory.

    Chapter: tasks/emotion
    """
    sounds = datasets.load("emotional_speech", stand_ins=stand_ins)
    embed = partial(speaker.embed, speaker.trained())
    describe = {"prosody": prosody, "timbre": timbre, "embedding": embed}
    rows = [{part: one(audio) for part, one in describe.items()} for audio in map(spoken, sounds)]
    columns = sounds.table
    return Acted(
        ids=columns["id"],
        tables={part: np.stack([row[part] for row in rows]) for part in PARTS},
        emotion=sounds.label_ids,
        labels=sounds.labels,
        speaker=columns["speaker"],
        sentence=columns["sentence"],
        recognized_percent=columns["recognized_percent"],
        source=sounds.source,
    )


def spoken(one) -> np.ndarray:
    """Return the sound of an item at `SAMPLE_RATE`, without the zeros that it was filled up with.

    Chapter: tasks/emotion
    """
    audio = np.trim_zeros(one.audio)
    return signals.resample(audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)


def contours(audio) -> dict:
    """Return what changes in a voice (T,) over its frames: {name: (N,)}, NaN where it is not there.

    "pitch" in Hz; and over frames with a pitch "melody", semitones from the median, "harmonics" to
    noise in dB, "tilt", how far the band above 1 kHz lies below the one beneath, in dB,
    "brightness", the centroid in kHz. Over all that is no pause "level" in dB below the loudest,
    and "change", the mean step of the mel bands in dB.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 200 * np.arange(8000) / 16000)
    >>> float(np.nanmedian(contours(tone)["pitch"]).round())
    200.0

    Chapter: tasks/emotion
    """
    frames = {"sample_rate": SAMPLE_RATE, "hop_length": HOP_LENGTH, "frame_length": FRAME_LENGTH}
    pitch_hz = features.pitch_yin(
        audio, min_hz=MIN_HZ, max_hz=MAX_HZ, threshold=THRESHOLD, **frames
    )
    harmonics = features.harmonics_to_noise_db(audio, pitch_hz, **frames)
    power = np.abs(spectral.stft(audio, n_fft=512, hop_length=HOP_LENGTH)) ** 2 + 1e-10  # (F, N)
    hz = spectral.fft_frequencies_hz(n_fft=512, sample_rate=SAMPLE_RATE)
    low, high = (power[(hz >= a) & (hz < b)].sum(axis=0) for a, b in (LOW_BAND, HIGH_BAND))
    level = 10 * np.log10(power.sum(axis=0))
    level -= level.max()
    is_sound = level > -PAUSE_DB
    is_voiced = np.isfinite(pitch_hz) & is_sound
    mel = features.log_mel(audio, sample_rate=SAMPLE_RATE, top_db=None, **MEL)
    change = np.abs(np.diff(mel, axis=1, prepend=mel[:, :1])).mean(axis=0)
    middle_hz = np.median(pitch_hz[is_voiced]) if is_voiced.any() else 1.0
    return {
        "pitch": np.where(is_voiced, pitch_hz, np.nan),
        "melody": _only(is_voiced, features.semitones(pitch_hz, reference_hz=middle_hz)),
        "harmonics": _only(is_voiced, harmonics),
        "tilt": _only(is_voiced, 10 * np.log10(high / low)),
        "brightness": _only(is_voiced, (hz[:, None] * power).sum(axis=0) / power.sum(axis=0) / 1e3),
        "level": _only(is_sound, level),
        "change": _only(is_sound, change),
    }


def _only(kept, contour):
    return np.where(kept, contour, np.nan)


def prosody(audio) -> np.ndarray:
    """Return melody, loudness, rhythm and voice of a sentence (T,) as one vector.

    Functionals of each contour; the median pitch in semitones above 100 Hz; the share of voiced
    frames, length and number of voiced stretches, peaks of the level a second; jitter and shimmer.

    Chapter: tasks/emotion
    """
    found = contours(audio)
    pitch_hz = found.pop("pitch")
    is_voiced, is_sound = np.isfinite(pitch_hz), np.isfinite(found["level"])
    seconds = is_sound.sum() * HOP_LENGTH / SAMPLE_RATE
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_voiced.astype(int), [0]])))
    stretches = np.diff(edges)[::2] if len(edges) else np.zeros(1)
    level = np.where(is_sound, found["level"], -PAUSE_DB)
    peaks = (level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]) & is_sound[1:-1]
    beats = [
        is_voiced.sum() / is_sound.sum(),
        len(stretches) / seconds,
        stretches.mean(),
        stretches.max(),
        peaks.sum() / seconds,
        seconds,
    ]
    middle_hz = np.nanmedian(pitch_hz) if is_voiced.any() else 100.0
    height = features.semitones([middle_hz], reference_hz=100.0)
    summed = [features.functionals(contour) for contour in found.values()]
    return np.concatenate([*summed, height, beats, _unevenness(audio, pitch_hz)])


def _unevenness(audio, pitch_hz):
    """Return jitter and shimmer, averaged over the stretches by their numbers of pulses."""
    stretches = features.pulses(audio, pitch_hz, sample_rate=SAMPLE_RATE, hop_length=HOP_LENGTH)
    stretches = [(moments, heights) for moments, heights in stretches if heights.mean() > 0]
    if not stretches:
        return np.zeros(2)
    each = [(features.jitter(moments), features.shimmer(heights)) for moments, heights in stretches]
    return np.average(each, axis=0, weights=[len(moments) for moments, _ in stretches])


def timbre(audio) -> np.ndarray:
    """Return mean and deviation of 20 MFCC over what is no pause, and deviation of their steps.

    The mean of the first, the level, is left out: shape (59,).

    Chapter: tasks/emotion
    """
    mel = features.log_mel(audio, sample_rate=SAMPLE_RATE, top_db=60.0, **MEL)
    level = mel.max(axis=0)
    cepstrum = features.dct(mel, n_out=N_MFCC)
    steps = np.diff(cepstrum, axis=1)
    kept = cepstrum[:, level > level.max() - PAUSE_DB]
    return np.concatenate([features.summary_statistics(kept)[1:], steps.std(axis=1)])
