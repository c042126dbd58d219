"""How much of an echo is gone."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio


def erle_db(microphone: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Return the echo return loss enhancement: power of the microphone over that of the output.

    It says how much of the echo is gone only where nobody at the near end speaks, so give it such
    samples alone. What the microphone hears of noise stays: with noise 30 dB under the echo, more
    than 30 dB means that noise was taken away, too.

    Parameters
    ----------
    microphone
        What was heard, echo and noise, shape (..., T).
    output
        What the canceller made of it, same shape.

    Returns
    -------
    Shape (...), in dB: 0 if nothing was done, plus infinity for silence.

    Raises
    ------
    AudioError
        If the shapes differ or the microphone is silent.

    References
    ----------
    ITU-T Recommendation G.168, "Digital network echo cancellers", 2015, defines it.

    Examples
    --------
    >>> float(erle_db(np.array([1.0, -1.0]), np.array([0.1, 0.1])))
    20.0

    Chapter: tasks/echo
    """
    microphone = check_audio(microphone, name="microphone").astype(np.float64)
    output = check_audio(output, name="output").astype(np.float64)
    if microphone.shape != output.shape:
        raise AudioError(
            f"microphone has shape {microphone.shape} and output {output.shape}: give the same "
            "samples of both"
        )
    heard, left = np.sum(microphone**2, axis=-1), np.sum(output**2, axis=-1)
    if np.any(heard == 0):
        raise AudioError("microphone is silent (every sample is 0): leave such parts out")
    with np.errstate(divide="ignore"):
        return 10 * np.log10(heard) - 10 * np.log10(left)
