"""What all cancellers have in common: a frame of two sounds in, the microphone without echo out."""

from __future__ import annotations

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_count


class Canceller:
    """A filter that learns the way from a loudspeaker to a microphone, block by block.

    A frame is an array (2, T): what the loudspeaker is given, and what the microphone heard in the
    same samples. Frames may have any length. What they bring is cut into blocks, and each block is
    answered as soon as it is whole, so that no division into frames changes the answer. A subclass
    says in `_block` what is done with a block.

    Attributes
    ----------
    block_length : int
        Samples that are computed together.
    latency_samples : int
        The longest time that a sample waits.

    Chapter: tasks/echo
    """

    def __init__(self, *, block_length: int, n_behind: int = 0):
        self.block_length = check_count(block_length, name="block_length")
        self.latency_samples = block_length + n_behind  # blocks are answered so many samples late
        self._n_early = self._n_behind = n_behind
        self._held = np.zeros((2, 0))

    def push(self, frame: np.ndarray) -> np.ndarray:
        """Take the next samples (2, T) of loudspeaker and microphone; return those finished (T2,).

        Raises
        ------
        AudioError
            If it is no frame of finite samples; the canceller is then as it was.
        """
        frame = check_audio(frame, name="frame", min_samples=0)
        if frame.ndim != 2 or frame.shape[0] != 2:
            raise AudioError(
                f"frame has shape {frame.shape}: give (2, T), np.stack([loudspeaker, microphone])"
            )
        held = np.concatenate([self._held, frame], axis=1)
        n_ready = held.shape[1] - held.shape[1] % self.block_length
        self._held = held[:, n_ready:]
        answers = self._answer(*held[:, :n_ready]).astype(frame.dtype)
        # The first answers are about samples before the first.
        n_early = min(self._n_early, len(answers))
        self._n_early -= n_early
        return answers[n_early:]

    def flush(self) -> np.ndarray:
        """Return the samples (T,) that still wait for what comes behind them."""
        n_held = self._held.shape[1]
        rest = np.zeros((2, -n_held % self.block_length + self._n_behind))
        return self.push(rest)[: n_held + self._n_behind]

    def _answer(self, far, microphone):
        """Learn from whole blocks, two arrays (k * block_length,), and return them likewise."""
        blocks = (one.reshape(-1, self.block_length) for one in (far, microphone))
        return np.concatenate([np.zeros(0), *map(self._block, *blocks)])

    def _block(self, far, microphone):
        """Learn from a block, two arrays (block_length,), and return it without its echo."""
        raise NotImplementedError


def cancel(canceller: Canceller, far: np.ndarray, microphone: np.ndarray) -> np.ndarray:
    """Take the echo out of a whole recording; the canceller goes on from what it knows.

    Parameters
    ----------
    canceller
        Such as `BlockKalman()`.
    far
        What the loudspeaker was given, shape (T,).
    microphone
        What the microphone heard, same shape.

    Returns
    -------
    The microphone without echo, shape (T,), in the precision of `microphone`.

    Raises
    ------
    AudioError
        If the two are not sounds of one length.

    Examples
    --------
    >>> from audiolessons.adaptive import NLMS
    >>> far = np.random.default_rng(0).standard_normal(4000)
    >>> echo = np.convolve(far, [0.0, 0.5, 0.2])[:4000]
    >>> left = cancel(NLMS(n_taps=4), far, echo)
    >>> bool(np.max(np.abs(left[2000:])) < 1e-6)
    True

    Chapter: tasks/echo
    """
    far, microphone = check_sides(far, microphone)
    left = canceller.push(np.stack([far, microphone]))
    return np.concatenate([left, canceller.flush()]).astype(microphone.dtype)


def check_sides(far, microphone) -> tuple[np.ndarray, np.ndarray]:
    """Return two sounds (T,) of one length, or say why they are not.

    Chapter: reference/how-to-use
    """
    far, microphone = check_audio(far, name="far"), check_audio(microphone, name="microphone")
    if far.ndim != 1 or far.shape != microphone.shape:
        raise AudioError(
            f"far has shape {far.shape} and microphone {microphone.shape}: give two sounds (T,) of "
            "one length"
        )
    return far, microphone
