"""How good whole sentences are: what listeners would say of them, and how many words are heard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from audiolessons import metrics
from audiolessons.bench.peers import pocketsphinx, whisper
from audiolessons.results import Row

RATE = 16000


def judged(
    speak: Callable,
    sentences: Sequence,
    *,
    how: str,
    goals: dict | None = None,
    weights: tuple = (),
) -> Iterator[Row]:
    """Yield DNSMOS and the word errors of two recognisers that were trained elsewhere.

    `speak` gives the sound (T,) at 16 kHz of a sentence, which has a `text`. Sounds of different
    timing are compared, so there is no mel-cepstral distortion.
    """
    goals = goals or {}
    audio = [speak(one) for one in sentences]
    audio = [one / max(1.0, float(np.abs(one).max())) for one in audio]
    texts = [_words(one.text) for one in sentences]
    how = f"{how}, {len(audio)} test sentences, 95 % interval over them"
    options: dict = {"weights": weights, "exact": True}
    if has_dnsmos():
        scores = np.array([float(metrics.dnsmos(one, sample_rate=RATE)) for one in audio])
        spread = metrics.bootstrap_interval(scores)
        goal = goals.get("dnsmos", "")
        yield Row("dnsmos", float(scores.mean()), "", goal, how, spread, **options)
    for name, peer in (("pocketsphinx", pocketsphinx), ("whisper", whisper)):
        if peer.is_installed():
            heard = [_words(peer.recognise(one, sample_rate=RATE)) for one in audio]
            low, high = metrics.error_rate_interval(texts, heard, groups=range(len(texts)))
            rate = 100 * metrics.word_error_rate(texts, heard)
            goal = goals.get(name, "")
            yield Row(name, rate, "%", goal, how, (100 * low, 100 * high), **options)


def has_dnsmos() -> bool:
    """Tell whether what computes DNSMOS is installed."""
    return all(find_spec(package) for package in ("speechmos", "onnxruntime"))


def _words(text):
    return " ".join(re.findall(r"[a-z']+", text.lower()))
