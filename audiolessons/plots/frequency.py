"""Pictures over frequency: what is in a sound, and what a filter lets through."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from audiolessons.errors import AudioError, as_array, check_audio, check_count, check_positive
from audiolessons.filters import frequency_response
from audiolessons.plots.axes import axes_or_new, legend, make_log, to_db
from audiolessons.plots.styling import style
from audiolessons.spectral import fft_frequencies_hz, stft

MOST_POINTS = 16_384  # of a filter's response: far more than a picture has columns


def spectrum(
    audio,
    *,
    sample_rate: float,
    ax: Axes | None = None,
    label: str | None = None,
    n_fft: int | None = None,
    log_frequency: bool = False,
    min_hz: float | None = None,
    max_hz: float | None = None,
    range_db: float = 100.0,
) -> Axes:
    """Draw level against frequency, in dBFS: decibels relative to a sine of full scale.

    The sound is weighted with a Hann window; a sine of amplitude 1 reads 0 dBFS.

    Parameters
    ----------
    audio : ndarray, shape (T,)
        The sound.
    sample_rate : float
        Samples per second (Hz).
    ax : Axes, optional
        Where to draw; a new figure if left out.
    label : str, optional
        Name in the legend, which is then drawn.
    n_fft : int, optional
        Average the power over frames of this many samples, half overlapping (Welch 1967); a
        steadier line. Left out, the whole sound is one frame.
    log_frequency : bool
        Whether octaves, not hertz, are equally wide.
    min_hz, max_hz : float, optional
        Range of frequencies to show; up to half the sample rate if left out.
    range_db : float
        How far below its top the axis reaches (dB).

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If `audio` is no single sound of at least two samples, or a setting cannot work.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> ax = spectrum(tone, sample_rate=8000)
    >>> frequency_hz, level_db = ax.lines[0].get_data()
    >>> round(float(frequency_hz[np.argmax(level_db)])), round(float(np.max(level_db)), 1)
    (1000, 0.0)

    Chapter: sound/stft
    """
    audio = check_audio(audio, min_samples=2)
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(range_db, name="range_db", unit="dB")
    if audio.ndim != 1:
        raise AudioError(f"audio has shape {audio.shape}: give one channel, for instance audio[0]")
    if n_fft is None:
        n_fft = audio.size
    elif check_count(n_fft, name="n_fft", minimum=2) > audio.size:
        raise AudioError(
            f"n_fft is {n_fft}, audio has {audio.size} samples: take n_fft at most that"
        )

    frames = stft(audio.astype(np.float64), n_fft=n_fft, hop_length=n_fft // 2, center=False)
    gain = n_fft / 4  # of a sine: half of the sum of the window, which is n_fft / 2
    power = np.mean(np.abs(frames / gain) ** 2, axis=-1)  # (F, N) -> (F,)
    return _draw(
        fft_frequencies_hz(sample_rate=sample_rate, n_fft=n_fft),
        np.sqrt(power),
        name="Level (dBFS)",
        sample_rate=sample_rate,
        ax=ax,
        label=label,
        linewidth=1.3,
        range_db=range_db,
        log_frequency=log_frequency,
        min_hz=min_hz,
        max_hz=max_hz,
    )


def filter_response(
    taps,
    a=None,
    *,
    sample_rate: float,
    ax: Axes | None = None,
    label: str | None = None,
    log_frequency: bool = False,
    min_hz: float | None = None,
    max_hz: float | None = None,
    range_db: float = 100.0,
) -> Axes:
    """Draw a filter's gain against frequency, in decibels.

    Parameters
    ----------
    taps : ndarray, shape (n_taps,) or (n_sections, 6)
        Impulse response of an FIR filter, or the `b` of a recursive (IIR) one, or second-order
        sections as `scipy.signal` designs them with `output="sos"`.
    a : ndarray, optional
        The recursive part of an IIR filter.
    sample_rate : float
        Samples per second (Hz).
    ax : Axes, optional
        Where to draw; a new figure if left out.
    label : str, optional
        Name in the legend, which is then drawn.
    log_frequency : bool
        Whether octaves, not hertz, are equally wide.
    min_hz, max_hz : float, optional
        Range of frequencies to show.
    range_db : float
        How far below its top the axis reaches (dB).

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If `taps` or `a` has a shape that no filter has, or holds NaN.

    Examples
    --------
    >>> ax = filter_response(np.ones(4) / 4, sample_rate=8000)
    >>> float(ax.lines[0].get_ydata()[0])
    0.0

    Chapter: sound/filters
    """
    taps = check_audio(as_array(taps, name="taps", dtype=float), name="taps")
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(range_db, name="range_db", unit="dB")
    n_points = min(max(2048, 4 * taps.size), MOST_POINTS)
    if taps.ndim == 2 and taps.shape[1] == 6 and a is None:
        sections = [(section[:3], section[3:]) for section in taps]
    elif taps.ndim == 1:
        sections = [(taps, a)]
    else:
        raise AudioError(
            f"taps has shape {taps.shape}: give (n_taps,), or sections (n_sections, 6) without a"
        )
    response = 1.0
    for b, below in sections:
        frequency_hz, factor = frequency_response(
            b, below, sample_rate=sample_rate, n_points=n_points
        )
        response = response * factor
    return _draw(
        frequency_hz,
        np.abs(response),
        name="Gain (dB)",
        sample_rate=sample_rate,
        ax=ax,
        label=label,
        range_db=range_db,
        log_frequency=log_frequency,
        min_hz=min_hz,
        max_hz=max_hz,
    )


def _draw(
    frequency_hz,
    amplitude,
    *,
    name,
    sample_rate,
    ax,
    label,
    range_db,
    log_frequency,
    min_hz,
    max_hz,
    linewidth=None,
):
    """Draw amplitudes in decibels over frequencies, by default up to half the sample rate."""
    max_hz = sample_rate / 2 if max_hz is None else max_hz
    if min_hz is None:
        min_hz = 20 if log_frequency else 0
    if not 0 <= min_hz < max_hz:
        raise AudioError(f"min_hz is {min_hz} and max_hz {max_hz}: take 0 <= min_hz < max_hz")
    with style():
        ax = axes_or_new(ax)
        ax.plot(frequency_hz, to_db(amplitude), label=label, linewidth=linewidth)
        top = max(float(line.get_ydata().max()) for line in ax.lines)
        ax.set_ylim(top - range_db, top + 0.06 * range_db)
        ax.set_ylabel(name)
        if log_frequency:
            make_log(ax, "x", min_hz, max_hz)
        ax.set_xlim(min_hz, max_hz)
        ax.set_xlabel("Frequency (Hz)")
        legend(ax)
    return ax
