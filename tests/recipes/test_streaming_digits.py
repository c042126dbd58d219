"""Digits on a stream: the same words as in one piece, and when each was said."""

import numpy as np
import pytest

from audiolessons import signals
from audiolessons.recipes.speech.recognition import _joined, streaming_digits


@pytest.mark.data
def test_parts_are_heard_as_the_whole_and_words_come_in_order():
    takes = streaming_digits.load()
    network = streaming_digits.model(hidden_size=16).eval()  # it knows nothing, and says much
    audio = streaming_digits.strings(takes, "valid").audio[0]
    parts_ms = []
    said_s, tokens = streaming_digits._said_s(network, audio, parts_ms)
    heard = streaming_digits.recognise(network, [audio], words=takes.words)
    assert heard == [" ".join(takes.words[token - 1] for token in tokens)]
    assert len(said_s) == len(tokens)
    assert said_s == sorted(said_s)
    assert len(parts_ms) == -(-len(audio) // 800)


@pytest.mark.data
def test_a_take_ends_where_it_was_joined():
    takes = streaming_digits.load()
    drawn = {
        "takes": takes.id[:2].tolist(),
        "gaps_ms": [100, -50, 200],
        "levels_db": [0, 0],
        "snr_db": 60.0,
    }
    ends = np.round(streaming_digits._ends_s(takes, drawn) * _joined.SAMPLE_RATE).astype(int)
    assert ends.tolist() == [800 + len(takes.audio[0]), 400 + sum(map(len, takes.audio[:2]))]
    audio = _joined.make(takes, [drawn]).audio[0]
    behind = signals.level_db(audio[ends[1] :])
    assert behind < signals.level_db(audio[: ends[1]]) - 40  # the noise alone


@pytest.mark.data
def test_a_quick_measurement_gives_every_row():
    rows = {
        name: [row.name for row in make()]
        for name, make in streaming_digits.measure(quick=True).items()
    }
    assert rows == {
        "new_takes": ["wer"],
        "latency": ["algorithm", "computing", "computing_p99", "behind", "behind_p90"],
    }
