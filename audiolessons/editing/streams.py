"""What looks at its surroundings only, run on a stream with the answers of the whole file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_count


class ContextStream:
    """Run a function of whole sounds on parts of one, with memory that does not grow.

    Samples wait until what surrounds them has come in. The function then sees them between their
    neighbours, and gives what it would have given for the whole.

    Parameters
    ----------
    function
        Takes a sound (..., T) and returns one of the same length, of which each sample depends on
        at most `context` samples on either side.
    context
        In samples.

    Raises
    ------
    AudioError
        If the function changes the length, or a part is no sound or has other axes.

    Examples
    --------
    >>> def blur(x):
    ...     return np.convolve(x, [0.25, 0.5, 0.25])[1:-1]
    >>> sound, stream = np.arange(6.0), ContextStream(blur, context=1)
    >>> parts = [stream.push(sound[:4]), stream.push(sound[4:]), stream.flush()]
    >>> np.array_equal(np.concatenate(parts), blur(sound))
    True

    Chapter: tasks/editing
    """

    def __init__(self, function: Callable, *, context: int):
        self.function = function
        self.context = check_count(context, name="context", minimum=0)
        self._held: np.ndarray | None = None  # what is not finished, and the context before it
        self._n_before = 0

    def push(self, part: np.ndarray) -> np.ndarray:
        """Take the next samples (..., T), return those that are finished, (..., T2)."""
        part = check_audio(part, name="part", min_samples=0)
        held = part if self._held is None else np.concatenate([self._held, part], axis=-1)
        n_ready = max(held.shape[-1] - self.context, self._n_before)
        finished = self._run(held)[..., self._n_before : n_ready]
        n_dropped = max(n_ready - self.context, 0)
        self._held, self._n_before = held[..., n_dropped:], n_ready - n_dropped
        return finished

    def flush(self) -> np.ndarray:
        """Return the last samples, behind which there is nothing."""
        if self._held is None:
            raise AudioError("nothing was pushed: give the stream a sound first")
        return self._run(self._held)[..., self._n_before :]

    def _run(self, audio):
        if audio.shape[-1] == 0:
            return audio
        result = self.function(audio)
        if np.shape(result)[-1] != audio.shape[-1]:
            raise AudioError(
                f"the function made {np.shape(result)[-1]} samples of {audio.shape[-1]}: give one "
                "that keeps the length"
            )
        return result
