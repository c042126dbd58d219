"""Pictures of sounds over time: samples, and spectrograms."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from audiolessons.errors import (
    AudioError,
    as_array,
    check_audio,
    check_choice,
    check_count,
    check_positive,
)
from audiolessons.plots.axes import axes_or_new, legend, make_log, to_db
from audiolessons.plots.styling import COLOUR_MAP, WIDTH_PX, style

# A line cannot show more than its highest and lowest value in each column of pixels.
N_COLUMNS = 2 * WIDTH_PX
MEL_TICKS_HZ = (0, 250, 500, 1000, 2000, 4000, 8000, 16_000)


def waveform(
    audio,
    *,
    sample_rate: float,
    ax: Axes | None = None,
    label: str | None = None,
    start_s: float = 0.0,
) -> Axes:
    """Draw samples against time.

    Parameters
    ----------
    audio : ndarray, shape (T,) or (C, T)
        One line a channel. Long sounds are drawn as the range between their lowest and highest
        sample in each column of pixels, which looks the same and is much quicker.
    sample_rate : float
        Samples per second (Hz).
    ax : Axes, optional
        Where to draw; a new figure if left out.
    label : str, optional
        Name in the legend, which is then drawn.
    start_s : float
        Time of the first sample in seconds.

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If `audio` is no sound of one or two dimensions or `sample_rate` is not above 0.

    Examples
    --------
    >>> ax = waveform(np.sin(np.arange(800) / 10), sample_rate=8000)
    >>> ax.get_xlabel()
    'Time (s)'

    Chapter: sound/signals
    """
    audio = check_audio(audio)
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    if audio.ndim > 2:
        raise AudioError(f"audio has shape {audio.shape}: give (T,) or (C, T), one sound at a time")
    with style():
        ax = axes_or_new(ax)
        channels = np.atleast_2d(audio)
        for number, channel in enumerate(channels, start=1):
            name = " ".join(filter(None, (label, f"channel {number}" if len(channels) > 1 else "")))
            _draw_samples(ax, channel, sample_rate, start_s, name)
        peak = max(float(np.max(np.abs(audio))), max(map(abs, ax.get_ylim())) / 1.08)
        ax.set_ylim(-1.08 * peak, 1.08 * peak) if peak > 0 else ax.set_ylim(-1, 1)
        ax.set_xlabel("Time (s)")
        ax.set_ylabel("Amplitude\n(1 = full scale)")
        ax.margins(x=0)
        legend(ax)
    return ax


def _draw_samples(ax, samples, sample_rate, start_s, name):
    step = len(samples) // N_COLUMNS
    if step < 4:
        times = start_s + np.arange(len(samples)) / sample_rate
        ax.plot(times, samples, label=name, linestyle="-")
        return
    columns = samples[: len(samples) // step * step].reshape(-1, step)  # (columns, step)
    # Low and high take turns, so that one line fills the range.
    outline = np.stack([columns.min(axis=1), columns.max(axis=1)], axis=1).ravel()
    times = start_s + np.arange(len(outline)) * (step / 2) / sample_rate
    ax.plot(times, outline, label=name, linestyle="-", linewidth=0.9)


def spectrogram(
    values,
    *,
    sample_rate: float,
    hop_length: int,
    ax: Axes | None = None,
    quantity: str = "db",
    frequency_axis: str = "linear",
    n_fft: int | None = None,
    min_hz: float = 0.0,
    max_hz: float | None = None,
    mel_scale: str = "slaney",
    range_db: float = 80.0,
    colour_bar: bool = True,
    title: str | None = None,
) -> Axes:
    """Draw level as colour over time and frequency.

    Parameters
    ----------
    values : ndarray, shape (F, N)
        A complex spectrogram (turned into decibels here) or a real one.
    sample_rate : float
        Samples per second (Hz).
    hop_length : int
        Samples from one frame to the next. Frame n is drawn around n * hop_length, where centred
        frames lie.
    ax : Axes, optional
        Where to draw; a new figure if left out.
    quantity : {"db", "amplitude", "power"}
        What real `values` are.
    frequency_axis : {"linear", "log", "mel"}
        "linear" and "log" take the bins of an STFT; "mel" takes mel bands between `min_hz` and
        `max_hz`. The axis is in hertz in each case, so that lines can be drawn on top.
    n_fft : int, optional
        Frame length of the STFT; 2 (F - 1) if left out.
    min_hz, max_hz : float, optional
        Range of frequencies: of the mel bands, otherwise of what is shown.
    mel_scale : {"slaney", "htk"}
        Which mel scale the bands follow.
    range_db : float
        How far below the loudest point colours reach (dB).
    colour_bar : bool
        Whether to draw the scale of colours.
    title : str, optional
        Title above the axes.

    Returns
    -------
    Axes

    Raises
    ------
    AudioError
        If `values` is not of shape (F, N), holds NaN, or a setting cannot work.

    Examples
    --------
    >>> ax = spectrogram(np.zeros((129, 20)), sample_rate=8000, hop_length=64)
    >>> ax.get_ylabel()
    'Frequency (Hz)'

    Chapter: sound/stft
    """
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_count(hop_length, name="hop_length")
    check_positive(range_db, name="range_db", unit="dB")
    check_choice(frequency_axis, name="frequency_axis", choices=("linear", "log", "mel"))
    levels_db = _levels_db(values, quantity)
    n_bins, n_frames = levels_db.shape
    top_hz = sample_rate / 2 if max_hz is None else check_positive(max_hz, name="max_hz", unit="Hz")
    if not 0 <= min_hz < top_hz:
        raise AudioError(f"min_hz is {min_hz} and max_hz {top_hz}: take 0 <= min_hz < max_hz")
    edges_s = (np.arange(n_frames + 1) - 0.5) * hop_length / sample_rate
    with style():
        ax = axes_or_new(ax)
        if frequency_axis == "mel":
            edges_hz = _mel_axis(ax, n_bins, min_hz, top_hz, mel_scale)
        else:
            step_hz = sample_rate / (n_fft or max(1, 2 * (n_bins - 1)))
            edges_hz = np.maximum((np.arange(n_bins + 1) - 0.5) * step_hz, 0)
            if frequency_axis == "log":
                edges_hz[0] = step_hz / 4  # the bin at 0 Hz has no place on a logarithmic axis
                min_hz = max(min_hz, step_hz / 2)
        peak_db = float(levels_db.max())
        image = ax.pcolormesh(
            edges_s,
            edges_hz,
            levels_db,
            cmap=COLOUR_MAP,
            vmin=peak_db - range_db,
            vmax=peak_db,
            rasterized=True,
        )
        ax.grid(False)
        if n_frames > 1:
            ax.set_xlim(0, (n_frames - 1) * hop_length / sample_rate)
        if frequency_axis == "log":
            make_log(ax, "y", min_hz, top_hz)
        ax.set_ylim(min_hz, top_hz)
        ax.set_xlabel("Time (s)")
        ax.set_ylabel("Frequency (Hz)")
        if title:
            ax.set_title(title)
        if colour_bar:
            bar = ax.figure.colorbar(image, ax=ax, label="Level (dB)", pad=0.02)
            bar.outline.set_visible(False)
    return ax


def _levels_db(values, quantity: str) -> np.ndarray:
    check_choice(quantity, name="quantity", choices=("db", "amplitude", "power"))
    values = as_array(values, name="values")
    if values.ndim != 2 or values.size == 0:
        raise AudioError(
            f"values has shape {values.shape}: give one spectrogram of shape (F, N), "
            "for instance values[0] of a batch"
        )
    if values.dtype.kind == "c":
        values, quantity = np.abs(values), "amplitude"
    check_audio(values, name="values")
    if quantity == "db":
        return values
    return to_db(values if quantity == "amplitude" else np.sqrt(np.maximum(values, 0)))


def _mel_axis(ax, n_bins, min_hz, max_hz, scale) -> np.ndarray:
    """Make the vertical axis even in mel; return the edges of the bands' cells in Hz."""
    from audiolessons.features import hz_to_mel, mel_to_hz

    def forward(hz):
        return hz_to_mel(np.maximum(hz, 0), scale=scale)

    def backward(mel):
        return mel_to_hz(np.maximum(mel, 0), scale=scale)

    ax.set_yscale("function", functions=(forward, backward))
    ax.set_yticks([hz for hz in MEL_TICKS_HZ if min_hz <= hz <= max_hz])
    ax.yaxis.set_minor_locator(NullLocator())
    ends = forward(np.array([min_hz, max_hz], dtype=float))
    return backward(np.linspace(ends[0], ends[1], n_bins + 1))
