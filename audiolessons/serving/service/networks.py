"""The networks of the service: sounds in, answers out, many at a time or while they arrive.

Whole sounds are answered by ONNX Runtime from graphs that are made when the service starts: it
takes half the time of torch, and a fifth for a single hop of a stream. The recogniser of streams
stays with torch: 0.5 ms for a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from audiolessons import matching
from audiolessons.errors import AudioError
from audiolessons.models.speech.recognition_stream import RecognitionStream
from audiolessons.serving.catalogue import CATALOGUE
from audiolessons.serving.exporting import recorded, session, to_onnx
from audiolessons.serving.graphs import DenoiseHops

FRAME_S = 0.05  # of an answer of the recogniser
SILENT = 1e-4  # of full scale, -80 dB: what never gets louder is not heard
RATES = {"denoise": 16000, "recognise": 8000}  # Hz that each task hears


class Word(NamedTuple):
    """A word that was heard, and when its token was said."""

    word: str
    start_s: float
    end_s: float


class Networks:
    """A denoiser for many voices and a recogniser of digit strings, ready to answer.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> if find_spec("onnx") and find_spec("onnxruntime"):
    ...     print(Networks().recognise([np.zeros(8000, np.float32)]))
    [[]]

    Chapter: large/serving
    """

    def __init__(self):
        from audiolessons.recipes.speech.recognition import digit_strings, streaming_digits
        from audiolessons.recipes.tasks.denoising import voices_in_noise

        self._words = digit_strings.WORDS
        self._denoiser = session(to_onnx(CATALOGUE["denoiser-voices"]))
        self._recogniser = session(to_onnx(CATALOGUE["digit-strings"]))
        self._hops = Hops(DenoiseHops(voices_in_noise.trained().eval()))
        self._listening, self._causal = streaming_digits.stream, streaming_digits.trained()

    def denoise(self, sounds: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return cleaned sounds (T,) at 16 kHz, each as if it were alone."""
        audio, lengths = side_by_side(sounds)
        (cleaned,) = self._denoiser.run(None, {"audio": audio})
        return [one[:n] for one, n in zip(cleaned, lengths, strict=True)]

    def recognise(self, sounds: Sequence[np.ndarray]) -> list[list[Word]]:
        """Return the digits heard in sounds (T,) at 8 kHz, each as if it were alone."""
        audio, lengths = side_by_side(sounds)
        log_chances, n_frames = self._recogniser.run(None, {"audio": audio, "lengths": lengths})
        # The features are measured from the loudest point of a sound: of silence, all is loudest,
        # and the network, which never learned from silence alone, hears words in it.
        is_silent = np.abs(audio).max(axis=1) < SILENT
        rows = zip(log_chances, n_frames, is_silent, strict=True)
        return [[] if silent else self._heard(one[:n]) for one, n, silent in rows]

    def _heard(self, log_chances):
        tokens = matching.best_path(log_chances)
        if not tokens:
            return []
        times_s = FRAME_S * matching.ctc_align(log_chances, tokens)
        return [
            Word(self._words[token - 1], round(float(start), 2), round(float(end), 2))
            for token, (start, end) in zip(tokens, times_s, strict=True)
        ]

    def stream(self, task: str) -> DenoisingSession | RecognitionSession:
        """Return what answers one stream, "denoise" or "recognise"."""
        if task == "denoise":
            return DenoisingSession(self._hops)
        return RecognitionSession(self._listening(self._causal), self._words)


def side_by_side(sounds: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return sounds (T,) as one array (B, T), silence behind the shorter, and their lengths (B,).

    Raises
    ------
    AudioError
        If there are no sounds, or one of them is empty or has more than one channel.

    Examples
    --------
    >>> side_by_side([np.ones(2), np.ones(1)])[0].tolist()
    [[1.0, 1.0], [1.0, 0.0]]

    Chapter: large/serving
    """
    for number, one in enumerate(sounds):
        if np.ndim(one) != 1 or not len(one):
            raise AudioError(
                f"sound {number} has the shape {np.shape(one)}: give each as (T,), one sample or "
                "more"
            )
    if not len(sounds):
        raise AudioError("there are no sounds: give a list of one or more, each (T,)")
    lengths = np.array([len(one) for one in sounds])
    audio = np.zeros((len(sounds), lengths.max()), np.float32)
    for row, one in zip(audio, sounds, strict=True):
        row[: len(one)] = one
    return audio, lengths


class Hops:
    """A `DenoiseHops` as ONNX Runtime runs it; many streams share it, and each keeps its state."""

    def __init__(self, graph: DenoiseHops):
        self.hop_length = graph.hop_length
        with torch.no_grad():
            first = graph.eval().at_first()
        kept = {f"kept_{n}": " ".join(map(str, one.shape)) for n, one in enumerate(first)}
        content = recorded(
            graph,
            (torch.zeros(1, 5 * self.hop_length), *first),
            inputs={"noisy": "1 T", **kept},
            outputs={"cleaned": "1 T", **{f"{name}_after": axes for name, axes in kept.items()}},
        )
        self._session, self._names = session(content), tuple(kept)
        self.at_first = [one.numpy() for one in first]

    def run(self, noisy: np.ndarray, kept: list) -> tuple[np.ndarray, list]:
        """Return the cleaned hops of noisy ((1 + k) * hop,), and what is kept after them."""
        named = {"noisy": noisy[None], **dict(zip(self._names, kept, strict=True))}
        cleaned, *kept = self._session.run(None, named)
        return cleaned[0], kept


class DenoisingSession:
    """Clean one sound at 16 kHz while it arrives, in parts of any length.

    All answers together, that of `end` included, are as long as what came. A sample leaves 32 ms
    after the first of its hop came, at most, and the computing time.

    Chapter: large/serving
    """

    def __init__(self, hops: Hops):
        self._hops, self._kept = hops, list(hops.at_first)
        self._before = np.zeros(hops.hop_length, np.float32)
        self._rest = np.zeros(0, np.float32)  # less than a hop
        self._n_early = hops.hop_length  # of the first answer, which stands for what was before
        self.latency_s = 2 * hops.hop_length / RATES["denoise"]

    def push(self, part: np.ndarray) -> np.ndarray:
        """Take the next samples (T,), return those that they complete."""
        hop = self._hops.hop_length
        audio = np.concatenate([self._rest, part]).astype(np.float32)
        n_whole = len(audio) // hop * hop
        whole, self._rest = audio[:n_whole], audio[n_whole:]
        if not n_whole:
            return whole
        cleaned, self._kept = self._hops.run(np.concatenate([self._before, whole]), self._kept)
        self._before = whole[-hop:]
        n_early, self._n_early = self._n_early, 0
        return cleaned[n_early:]

    def end(self) -> np.ndarray:
        """Return the samples that still wait."""
        hop, n_rest = self._hops.hop_length, len(self._rest)
        n_left = n_rest + (hop - self._n_early)
        silence = np.zeros(-n_rest % hop + hop, np.float32)
        return self.push(silence)[:n_left]


class RecognitionSession:
    """Hear digits in one sound at 8 kHz while it arrives, in parts of any length.

    Chapter: large/serving
    """

    def __init__(self, stream: RecognitionStream, words: Sequence[str]):
        self._stream, self._words = stream, words
        self.latency_s = stream.latency_samples / RATES["recognise"]

    def push(self, part: np.ndarray) -> list[str]:
        """Take the next samples (T,), return all words so far."""
        self._stream.push(torch.from_numpy(part.astype(np.float32)))
        return [self._words[token - 1] for token in self._stream.tokens]

    def end(self) -> list[str]:
        """Return all words, those that the last samples complete among them."""
        self._stream.flush()
        return [self._words[token - 1] for token in self._stream.tokens]
