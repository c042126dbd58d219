"""How close an estimated sound is to the one that should have come out."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_finite, check_positive


def snr_db(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Return the signal-to-noise ratio: power of the reference over power of the error, in dB.

    Both powers are summed over time *before* they are divided. Dividing sample by sample and then
    averaging explodes wherever the error crosses zero.

    Parameters
    ----------
    reference
        What should have come out, shape (..., T).
    estimate
        What came out, same shape.

    Returns
    -------
    Shape (...), in dB: plus infinity for an estimate without any error, 0 for a silent one.

    Raises
    ------
    AudioError
        If the shapes differ or the reference is silent.

    Examples
    --------
    >>> reference = np.array([1.0, -1.0, 1.0, -1.0])
    >>> float(snr_db(reference, 0.9 * reference))
    20.0

    Chapter: sound/signals
    """
    reference, estimate = check_pair(reference, estimate)
    return _power_ratio_db(reference, estimate - reference)


def segmental_snr_db(
    reference: np.ndarray,
    estimate: np.ndarray,
    *,
    sample_rate: float,
    frame_s: float = 0.03,
    lowest_db: float = -10.0,
    highest_db: float = 35.0,
) -> np.ndarray:
    """Return the mean of the signal-to-noise ratios of short frames, each kept within limits.

    `snr_db` is ruled by the loudest vowels. Here each frame counts alike, as soft sounds do for a
    listener. The limits keep single frames from ruling: pauses, where there is no signal to
    speak of, and frames without any error. A frame where both sounds are silent has no error and
    counts as `highest_db`.

    Parameters
    ----------
    reference
        What should have come out, shape (..., T).
    estimate
        What came out, same shape.
    sample_rate
        Hz.
    frame_s
        Length of a frame. Frames follow each other without overlap; what fills no frame at the
        end is left out.
    lowest_db, highest_db
        Limits of the ratio in one frame.

    Returns
    -------
    Shape (...), in dB.

    Raises
    ------
    AudioError
        If the shapes differ, the reference is silent, the sound is shorter than a frame, or the
        limits are the wrong way round.

    References
    ----------
    J. H. L. Hansen and B. L. Pellom, "An effective quality evaluation protocol for speech
    enhancement algorithms", ICSLP 1998.

    Examples
    --------
    >>> reference = np.ones(600)  # one frame at 20 dB, then one without any error
    >>> estimate = np.concatenate([np.full(300, 0.9), np.ones(300)])
    >>> float(segmental_snr_db(reference, estimate, sample_rate=10000))
    27.5

    Chapter: tasks/denoising
    """
    reference, estimate = check_pair(reference, estimate)
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    check_positive(frame_s, name="frame_s", unit="s")
    check_finite(lowest_db, name="lowest_db", unit="dB")
    if check_finite(highest_db, name="highest_db", unit="dB") <= lowest_db:
        raise AudioError(f"highest_db is {highest_db} dB: it must lie above lowest_db, {lowest_db}")
    length = max(1, round(frame_s * sample_rate))
    n_frames = reference.shape[-1] // length
    if n_frames == 0:
        raise AudioError(
            f"frame_s is {frame_s} s, {length} samples at {sample_rate} Hz, and the sounds have "
            f"{reference.shape[-1]}: give longer sounds or a shorter frame"
        )
    shape = (*reference.shape[:-1], n_frames, length)
    signal = reference[..., : n_frames * length].reshape(shape)
    error = signal - estimate[..., : n_frames * length].reshape(shape)
    ratio_db = np.where(error.any(axis=-1), _power_ratio_db(signal, error), highest_db)
    return np.clip(ratio_db, lowest_db, highest_db).mean(axis=-1)


def si_sdr_db(reference: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Return the scale-invariant signal-to-distortion ratio in dB.

    The estimate is split into the part that is the reference at some level and the rest, which is
    at right angles to it; the ratio is the one of their powers. Unlike `snr_db` it does not change
    when the estimate is made louder or turned upside down. Nothing is subtracted from the mean.

    Parameters
    ----------
    reference
        What should have come out, shape (..., T).
    estimate
        What came out, same shape.

    Returns
    -------
    Shape (...), in dB: plus infinity, or beyond 100 dB where rounding leaves a rest, for an
    estimate that is the reference at any level; minus infinity for one that holds nothing of it.

    Raises
    ------
    AudioError
        If the shapes differ, or either is silent.

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", ICASSP
    2019.

    Examples
    --------
    >>> reference = np.array([1.0, -1.0, 1.0, -1.0])
    >>> error = np.array([0.1, 0.1, 0.1, 0.1])
    >>> float(si_sdr_db(reference, 5 * (reference + error)))
    20.0

    Chapter: tasks/denoising
    """
    reference, estimate = check_pair(reference, estimate, silent_estimate=False)
    energy = np.sum(reference**2, axis=-1, keepdims=True)
    if (energy == 0).any():
        _raise_silent_reference()
    scale = np.sum(reference * estimate, axis=-1, keepdims=True) / energy
    target = scale * reference
    return _power_ratio_db(target, estimate - target)


def _power_ratio_db(signal, error):
    """Return 10 log10 of the ratio of two powers, both double precision, along the last axis."""
    signal_energy = np.sum(signal**2, axis=-1)
    error_energy = np.sum(error**2, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(signal_energy) - 10 * np.log10(error_energy)


def _raise_silent_reference():
    raise AudioError(
        "reference is silent (every sample is 0): a ratio to silence has no value, so leave silent "
        "references out"
    )


def check_pair(reference, estimate, *, silent_estimate=True):
    """Return both sounds in double precision, or say why they cannot be compared.

    Chapter: tasks/denoising
    """
    reference = check_audio(reference, name="reference").astype(np.float64)
    estimate = check_audio(estimate, name="estimate").astype(np.float64)
    if reference.shape != estimate.shape:
        raise AudioError(
            f"reference has shape {reference.shape} and estimate {estimate.shape}: they must agree "
            "sample by sample, so cut both to the same length and align them first"
        )
    if not np.any(reference, axis=-1).all():
        _raise_silent_reference()
    if not silent_estimate and not np.any(estimate, axis=-1).all():
        raise AudioError(
            "estimate is silent (every sample is 0): at which level it holds the reference has no "
            "answer; leave silent estimates out, or report snr_db, which is 0 dB for them"
        )
    return reference, estimate
