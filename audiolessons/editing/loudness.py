"""How loud people find a sound, by the rules of broadcasting: ITU-R BS.1770 and EBU R 128."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter, upfirdn

from audiolessons.editing.streams import ContextStream
from audiolessons.errors import AudioError, check_audio, check_finite, check_rate
from audiolessons.signals import amplitude_to_db, db_to_amplitude

BLOCK_S, STEP_S = 0.4, 0.1  # of the gating blocks: each shares three quarters with the next
OFFSET_DB = -0.691  # so that 1 kHz in one channel reads its own level
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
SURROUND_WEIGHT = 1.41  # of the two channels behind the listener, +1.5 dB
OVERSAMPLING = 4
CONTEXT = 12  # samples on either side of one that the curve beside it is drawn from


def k_weighting(*, sample_rate: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the two filters that weigh frequencies as heads and ears do.

    The first is a shelf that rises around 1.7 kHz to 4 dB, as a head does for sound that reaches
    it from the front; the second takes away what lies below about 40 Hz, which adds little to
    loudness.
    The standard states them for 48 kHz; these are the analogue filters behind its figures,
    transformed to any rate.

    Parameters
    ----------
    sample_rate
        Hz, 8000 or more.

    Returns
    -------
    [(b, a), (b, a)], each of shape (3,), for `filters.apply_iir`.

    Raises
    ------
    AudioError
        If the rate is lower: the shelf would not fit.

    References
    ----------
    ITU-R BS.1770-4, 2015, annex 1, tables 1 and 2. The parameters behind the tables, as in
    libebur128: B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
    AES Convention 145, 2018.

    Examples
    --------
    >>> (b, a), _ = k_weighting(sample_rate=48000)
    >>> b, a[1:]
    (array([ 1.53512486, -2.69169619,  1.19839281]), array([-1.69065929,  0.73248077]))

    Chapter: tasks/editing
    """
    rate = check_rate(sample_rate)
    if rate < 8000:
        raise AudioError(f"sample_rate is {rate} Hz: loudness is defined for 8000 Hz or more")
    k = np.tan(np.pi * 1681.974450955533 / rate)
    q = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    scale = 1 + k / q + k * k
    shelf = (
        np.array([high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k])
        / scale,
        np.array([scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale,
    )
    k = np.tan(np.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    scale = 1 + k / q + k * k
    highpass = (
        np.array([1.0, -2.0, 1.0]),
        np.array([scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale,
    )
    return [shelf, highpass]


class LoudnessMeter:
    """Loudness of a sound that comes in parts: ten numbers a second are kept of it.

    Parameters
    ----------
    sample_rate
        Hz.

    Raises
    ------
    AudioError
        If a part is no sound, or has other channels than the one before.

    Examples
    --------
    >>> meter = LoudnessMeter(sample_rate=48000)
    >>> time = np.arange(48000) / 48000
    >>> for _ in range(3):
    ...     meter.push(0.1 * np.sin(2 * np.pi * 997 * time))
    >>> meter.integrated_lufs()  # a sine of amplitude 1 in one channel: -3.01 LUFS
    -23.0

    Chapter: tasks/editing
    """

    def __init__(self, *, sample_rate: int):
        self.sample_rate = check_rate(sample_rate)
        self._filters = k_weighting(sample_rate=sample_rate)
        self._step = round(STEP_S * sample_rate)
        self._states: list | None = None
        self._rest = np.zeros((0, 0))
        self._powers: list[float] = []  # of the steps, channels weighed and added

    def push(self, part: np.ndarray) -> None:
        """Take the next samples, (T,) or (C, T)."""
        part = np.atleast_2d(check_audio(part, name="part", min_samples=0))
        if self._states is None:
            self._states = [np.zeros((len(part), 2)) for _ in self._filters]
            self._rest = np.zeros((len(part), 0))
        if part.ndim != 2 or len(part) != len(self._rest):
            raise AudioError(
                f"part has shape {part.shape}, the parts before it {len(self._rest)} channels: "
                "give (C, T) with the same channels"
            )
        audio = part.astype(np.float64)
        if audio.shape[-1] == 0:
            return
        for number, (b, a) in enumerate(self._filters):
            audio, self._states[number] = lfilter(b, a, audio, zi=self._states[number])
        audio = np.concatenate([self._rest, audio], axis=-1)
        n_steps = audio.shape[-1] // self._step
        whole, self._rest = np.split(audio, [n_steps * self._step], axis=-1)
        power = np.square(whole.reshape(len(audio), n_steps, self._step)).mean(axis=-1)
        self._powers += list(_channel_weights(len(audio)) @ power)

    def blocks_lufs(self, *, block_s: float = BLOCK_S) -> np.ndarray:
        """Return the loudness of blocks, one every 0.1 s.

        Blocks of 0.4 s are called momentary loudness, of 3 s short-term loudness.

        Shape (M,), minus infinity for silence; empty where the sound is shorter than a block.
        """
        n_steps = round(block_s / STEP_S)
        if len(self._powers) < n_steps:
            return np.zeros(0)
        total = np.concatenate([[0.0], np.cumsum(self._powers)])
        power = np.maximum(total[n_steps:] - total[:-n_steps], 0) / n_steps
        return _to_lufs(power)

    def integrated_lufs(self) -> float:
        """Return the loudness of the whole: the mean power of the blocks that pass both gates.

        The first gate leaves out what lies below -70 LUFS, the second what lies 10 LU below the
        mean of the rest. Minus infinity if nothing passes, or the sound is shorter than 0.4 s.
        """
        return _gated(self.blocks_lufs())


def integrated_lufs(audio: np.ndarray, *, sample_rate: int) -> float:
    """Return the loudness of a sound in LUFS, by BS.1770 with both gates.

    Pauses do not count: they would make a talk with long silences read too low, and be played too
    loud.

    Parameters
    ----------
    audio
        Shape (T,) or (C, T): mono, stereo, or five channels (left, right, centre, and the two
        behind).
    sample_rate
        Hz.

    Returns
    -------
    Loudness relative to full scale; minus infinity for silence.

    Raises
    ------
    AudioError
        If `audio` is no sound, or shorter than a block of 0.4 s.

    References
    ----------
    ITU-R BS.1770-4, 2015; EBU R 128, 2020.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(96000) / 48000)
    >>> integrated_lufs(tone, sample_rate=48000), integrated_lufs([tone, tone], sample_rate=48000)
    (-23.0, -20.0)

    Chapter: tasks/editing
    """
    meter = LoudnessMeter(sample_rate=sample_rate)
    shortest = round(BLOCK_S * sample_rate)
    meter.push(check_audio(audio, min_samples=shortest))
    return meter.integrated_lufs()


def bring_to_loudness(audio: np.ndarray, *, sample_rate: int, lufs: float) -> np.ndarray:
    """Scale a sound to a loudness. Its peaks may then pass full scale: see `limit`.

    Parameters
    ----------
    audio
        Shape (T,) or (C, T).
    sample_rate
        Hz.
    lufs
        -23 for European broadcasting, about -16 for talks on the net.

    Returns
    -------
    Same shape and precision.

    Raises
    ------
    AudioError
        If nothing in the sound is loud enough to be measured.

    Examples
    --------
    >>> tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(96000) / 48000)
    >>> float(np.abs(bring_to_loudness(tone, sample_rate=48000, lufs=-29.0)).max())
    0.05

    Chapter: tasks/editing
    """
    check_finite(lufs, name="lufs", unit="LUFS")
    audio = check_audio(audio)
    present = integrated_lufs(audio, sample_rate=sample_rate)
    if present == -np.inf:
        raise AudioError("audio has no loudness (all of it lies below -70 LUFS): record it louder")
    return (audio * db_to_amplitude(lufs - present)).astype(audio.dtype)


def true_peak(audio: np.ndarray) -> np.ndarray:
    """Return the largest value of the curve through the samples, which may lie between them.

    A converter, a resampler or a decoder draws that curve: samples within full scale do not keep
    it there. It is read at four times the sample rate, which misses 0.7 dB at the very worst and
    far less in sound.

    Parameters
    ----------
    audio
        Shape (..., T).

    Returns
    -------
    Shape (...); `signals.amplitude_to_db` gives dBTP, decibels relative to full scale.

    Raises
    ------
    AudioError
        If `audio` is no sound.

    References
    ----------
    ITU-R BS.1770-4, annex 2.

    Examples
    --------
    >>> quarter = np.array([1.0, 1.0, -1.0, -1.0] * 100) / 2  # a sine between its peaks
    >>> float(np.abs(quarter).max()), float(true_peak(quarter[50:350])) > 0.7
    (0.5, True)

    Chapter: tasks/editing
    """
    return peaks_between(audio).max(axis=-1)


def peaks_between(audio: np.ndarray) -> np.ndarray:
    """Return the largest absolute value of the curve from each sample to the next, (..., T)."""
    audio = check_audio(audio)
    half = OVERSAMPLING * CONTEXT
    position = np.arange(-half, half + 1) / OVERSAMPLING  # in samples
    kernel = (np.sinc(position) * np.kaiser(2 * half + 1, 6.0)).astype(audio.dtype)
    finer = upfirdn(kernel, audio, up=OVERSAMPLING, axis=-1)
    finer = finer[..., half : half + OVERSAMPLING * audio.shape[-1]]
    return np.abs(finer).reshape(*audio.shape, OVERSAMPLING).max(axis=-1)


class TruePeakMeter:
    """`true_peak` of a sound that comes in parts, over all channels.

    Examples
    --------
    >>> meter = TruePeakMeter()
    >>> for part in np.split(np.hanning(4000) * np.sin(np.arange(4000)), 4):
    ...     meter.push(part)
    >>> round(meter.peak_dbtp(), 3)
    0.0

    Chapter: tasks/editing
    """

    def __init__(self):
        self._stream = ContextStream(peaks_between, context=CONTEXT)
        self._peak = 0.0

    def push(self, part: np.ndarray) -> None:
        """Take the next samples, (..., T)."""
        self._peak = max(self._peak, float(self._stream.push(part).max(initial=0.0)))

    def peak_dbtp(self) -> float:
        """Return the true peak of all parts, in decibels relative to full scale."""
        last = float(self._stream.flush().max(initial=0.0))
        return float(amplitude_to_db(max(self._peak, last)))


def _channel_weights(n_channels):
    if n_channels not in (1, 2, 5):
        raise AudioError(
            f"audio has {n_channels} channels: give 1, 2 or 5 (left, right, centre, left and right "
            "behind), without the channel for low effects"
        )
    return np.array([1.0, 1.0, 1.0, SURROUND_WEIGHT, SURROUND_WEIGHT])[:n_channels]


def _to_lufs(power):
    with np.errstate(divide="ignore"):
        return OFFSET_DB + 10 * np.log10(power)


def _gated(blocks_lufs):
    """Return the mean of the blocks, in power, that pass both gates."""
    loud = blocks_lufs[blocks_lufs > ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return -np.inf
    loud = loud[loud > _mean_lufs(loud) + RELATIVE_GATE_LU]
    return _mean_lufs(loud)


def _mean_lufs(blocks_lufs):
    return float(10 * np.log10(np.mean(10 ** (blocks_lufs / 10))))
