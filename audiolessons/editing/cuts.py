"""What is cut out, as a list that can be read and changed, and the joints that do not click."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from audiolessons.editing.segments import check_segments
from audiolessons.errors import AudioError, check_audio, check_finite, check_positive, check_rate
from audiolessons.writing import whole_file


class Cut(NamedTuple):
    """What is taken out, from `start_s` to `end_s` in seconds, and why.

    Chapter: tasks/editing
    """

    start_s: float
    end_s: float
    why: str = "silence"


def cuts_between(
    segments, *, duration_s: float, keep_s: float = 0.15, shortest_s: float = 0.1
) -> list[Cut]:
    """Return the cuts that shorten the pauses around segments of speech.

    Of each pause, `keep_s` stay at both ends: the breath before a word and the sound dying away
    behind it. What stays must not be silence without end, so both ends of the file are cut too.

    Parameters
    ----------
    segments
        Shape (S, 2), start and end of each in seconds, in order of time.
    duration_s
        Of the whole sound.
    keep_s
        Seconds of a pause that stay behind a segment, and before the next one.
    shortest_s
        A cut shorter than this is not worth a joint.

    Returns
    -------
    Cuts in order of time; one over everything if there is no segment.

    Raises
    ------
    AudioError
        If a segment ends before it starts, or a time is not a length.

    Examples
    --------
    >>> for cut in cuts_between([[1.0, 2.0], [5.0, 6.0]], duration_s=6.1):
    ...     print(f"{cut.start_s:.2f} {cut.end_s:.2f} {cut.why}")
    0.00 0.85 silence
    2.15 4.85 silence

    Chapter: tasks/editing
    """
    segments = check_segments(segments)
    check_positive(duration_s, name="duration_s", unit="s")
    for name, value in (("keep_s", keep_s), ("shortest_s", shortest_s)):
        if check_finite(value, name=name, unit="s") < 0:
            raise AudioError(f"{name} is {value!r} s: give 0 or more")
    if len(segments) == 0:
        return [Cut(0.0, float(duration_s))]
    starts = np.concatenate([[0.0], segments[:, 1] + keep_s])
    ends = np.concatenate([segments[:, 0] - keep_s, [duration_s]])
    return [
        Cut(float(start), float(end))
        for start, end in zip(starts, ends, strict=True)
        if end - start >= max(shortest_s, 1e-9)
    ]


def write_cuts(path: str | os.PathLike, cuts: Iterable[Cut], *, replace: bool = False) -> None:
    """Write cuts as text, a line each: start, end in seconds, why, with tabs between.

    It is the format of Audacity's label tracks: the cuts can be looked at, and moved, above the
    waveform there. To undo a cut, delete its line.

    Parameters
    ----------
    path
        Such as "talk.cuts.txt".
    cuts
        In any order.
    replace
        Write over a file that is there.

    Raises
    ------
    AudioError
        If the file is there, or cannot be written.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "talk.cuts.txt"
    >>> write_cuts(path, [Cut(2.15, 4.85)])
    >>> print(path.read_text().strip().expandtabs(12))
    2.150000    4.850000    silence

    Chapter: tasks/editing
    """
    lines = [f"{cut.start_s:.6f}\t{cut.end_s:.6f}\t{cut.why}\n" for cut in cuts]
    with whole_file(path, replace=replace) as file:
        file.write("".join(lines).encode())


def read_cuts(path: str | os.PathLike) -> list[Cut]:
    """Return the cuts of a file that `write_cuts`, Audacity or somebody's hand wrote.

    Parameters
    ----------
    path
        Lines of start, end and, if you like, a reason; empty ones do not count.

    Raises
    ------
    AudioError
        If there is no such file, or a line holds no two times, or ends before it starts.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "talk.cuts.txt"
    >>> _ = path.write_text("2.15\\t4.85\\ta cough\\n")
    >>> read_cuts(path)
    [Cut(start_s=2.15, end_s=4.85, why='a cough')]

    Chapter: tasks/editing
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise AudioError(f"{path} holds no cut list ({problem}): check the name") from problem
    cuts = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        start, end, why = [*line.split("\t", maxsplit=2), "", ""][:3]
        try:
            cut = Cut(float(start), float(end), why.strip() or Cut._field_defaults["why"])
        except ValueError:
            raise AudioError(
                f"line {number} of {path} is {line!r}: write start and end in seconds, such as "
                "2.15, with a tab between"
            ) from None
        if not 0 <= cut.start_s < cut.end_s < np.inf:
            raise AudioError(
                f"line {number} of {path} goes from {start} to {end} s: a cut starts at 0 or "
                "later, and ends after that"
            )
        cuts.append(cut)
    return cuts


def apply_cuts(
    audio: np.ndarray, cuts: Iterable[Cut], *, sample_rate: int, crossfade_s: float = 0.01
) -> np.ndarray:
    """Take pieces out of a sound and join what is left.

    Before a joint the left side fades out while what came before the right side, which is cut out,
    fades in. The gains are a cosine and a sine: their squares add up to 1, so that noise, which
    differs on the two sides, keeps its level.

    Parameters
    ----------
    audio
        Shape (..., T).
    cuts
        In any order; overlapping ones are one.
    sample_rate
        Hz.
    crossfade_s
        Length of the overlap in seconds; 0 joins sample to sample, which clicks.

    Returns
    -------
    Shape (..., T2): T2 is T without the samples cut out. Same precision.

    Raises
    ------
    AudioError
        If a time is no time, or nothing would be left.

    Examples
    --------
    >>> apply_cuts(np.arange(6.0), [Cut(0.002, 0.004)], sample_rate=1000, crossfade_s=0)
    array([0., 1., 4., 5.])

    Chapter: tasks/editing
    """
    audio = check_audio(audio)
    stream = CutStream(cuts, sample_rate=sample_rate, crossfade_s=crossfade_s)
    joined = np.concatenate([stream.push(audio), stream.flush()], axis=-1)
    if joined.shape[-1] == 0:
        raise AudioError(f"the cuts cover all of the {audio.shape[-1]} samples: leave some")
    return joined


class CutStream:
    """`apply_cuts` for a sound that comes in parts.

    Parameters
    ----------
    cuts, sample_rate, crossfade_s
        As for `apply_cuts`.

    Raises
    ------
    AudioError
        As `apply_cuts` does.

    Examples
    --------
    >>> stream = CutStream([Cut(0.002, 0.004)], sample_rate=1000, crossfade_s=0)
    >>> np.concatenate([stream.push(np.arange(3.0)), stream.push(np.arange(3.0, 6.0))])
    array([0., 1., 4., 5.])

    Chapter: tasks/editing
    """

    def __init__(self, cuts: Iterable[Cut], *, sample_rate: int, crossfade_s: float = 0.01):
        check_rate(sample_rate)
        if check_finite(crossfade_s, name="crossfade_s", unit="s") < 0:
            raise AudioError(f"crossfade_s is {crossfade_s!r} s: give 0 or more")
        self._pieces = _pieces(cuts, sample_rate, round(crossfade_s * sample_rate))
        self._read = 0  # samples that came in
        self._written = 0  # samples that went out
        self._pending = np.zeros(0)  # sums that a later piece may still add to

    def push(self, part: np.ndarray) -> np.ndarray:
        """Take the next samples (..., T), return those that no later sample adds to."""
        part = check_audio(part, name="part", min_samples=0)
        begin, end = self._read, self._read + part.shape[-1]
        if begin == 0:
            self._pending = part[..., :0]
        self._read = end
        for piece in self._pieces:
            first, last = max(begin, piece.start), min(end, piece.end)
            if first < last:
                gain = piece.gain(first, last).astype(part.dtype)
                self._add(part[..., first - begin : last - begin] * gain, first - piece.shift)
        while self._pieces[0].end <= end:  # the last one has no end
            self._pieces.pop(0)
        # A piece fades in over the end of the one before it: no third one reaches so far.
        return self._take(min(max(end, one.start) - one.shift for one in self._pieces[:2]))

    def flush(self) -> np.ndarray:
        """Return what is left, behind which there is nothing."""
        return self._take(self._written + self._pending.shape[-1])

    def _add(self, audio, position):
        """Add samples where they belong, counted from the beginning of the result."""
        first = position - self._written
        n_lacking = first + audio.shape[-1] - self._pending.shape[-1]
        if n_lacking > 0:
            padding = [(0, 0)] * (audio.ndim - 1)
            self._pending = np.pad(self._pending, [*padding, (0, n_lacking)])
        self._pending[..., first : first + audio.shape[-1]] += audio

    def _take(self, position):
        n_ready = min(max(position - self._written, 0), self._pending.shape[-1])
        ready, self._pending = self._pending[..., :n_ready], self._pending[..., n_ready:]
        self._written += n_ready
        return ready


class _Piece(NamedTuple):
    """What stays between two cuts, with the samples beside it that its fades need."""

    start: int
    end: float  # infinite for the last one
    n_in: int  # samples over which it fades in
    n_out: int
    shift: int  # samples cut out before it

    def gain(self, first, last):
        """Return the gains of samples from `first` to `last`."""
        position = np.arange(first, last) + 0.5
        rising = np.clip((position - self.start) / max(self.n_in, 1e-9), 0, 1)
        falling = np.clip((self.end - position) / max(self.n_out, 1e-9), 0, 1)
        return np.sin(np.pi / 2 * rising) * np.sin(np.pi / 2 * falling)


def merged_samples(cuts: Iterable[Cut], *, sample_rate: int) -> list[list[int]]:
    """Return [first, last + 1] of each stretch that is cut out, in order, none overlapping."""
    merged: list[list[int]] = []
    for start_s, end_s, *_ in sorted(cuts):
        if not 0 <= start_s <= end_s < np.inf:
            raise AudioError(f"a cut goes from {start_s} to {end_s} s: give 0 <= start < end")
        start, end = round(start_s * sample_rate), round(end_s * sample_rate)
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        elif end > start:
            merged.append([start, end])
    return merged


def _pieces(cuts, sample_rate, n_fade):
    """Return what stays, in order; each but the first fades in while it is still cut out."""
    pieces, kept_from, shift = [], 0, 0
    begin, n_in = 0, 0  # of the next piece: with its fade it begins before what is kept of it
    for start, end in merged_samples(cuts, sample_rate=sample_rate):
        n_shared = min(n_fade, end - start, start - kept_from)
        if start > kept_from:
            pieces.append(_Piece(begin, start, n_in, n_shared, shift))
        shift += end - start
        kept_from = end
        begin, n_in = (end - n_shared, n_shared) if start > 0 else (end, n_fade)
    return [*pieces, _Piece(begin, np.inf, n_in, 0, shift)]
