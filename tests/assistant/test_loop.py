"""The loop with parts that are known: what happens when, in chunks of any size, over an echo."""

import numpy as np
import pytest
import torch

from audiolessons import AudioError
from audiolessons.adaptive import BlockKalman
from audiolessons.assistant import Answer, Assistant, Dialogue, Meaning
from audiolessons.models import ActivityStream

RATE = 16000


class WordAt:
    """A spotter that hears its word at given hops."""

    def __init__(self, *hops):
        self.hops, self.n = set(hops), 0

    def push(self, part):
        found = [hop for hop in range(self.n, self.n + len(part) // 160) if hop in self.hops]
        self.n += len(part) // 160
        return found


class AllVoices(ActivityStream):
    """A detector that takes everything for a voice, or nothing."""

    def __init__(self, value=1.0):
        self.value = value

    def push(self, part):
        return torch.full((len(part) // 160,), self.value)


def helper(*hops, voices=1.0, **options):
    parts = {
        "word": WordAt(*hops),
        "activity": AllVoices(voices),
        "canceller": BlockKalman(n_partitions=2, partition_length=256, hop_length=256),
        "recognise": lambda audio: (Meaning("translate a number", "translate"), "surely"),
        "recognise_digits": lambda audio: "42",
        "speak": lambda answer: np.full(1600 if answer.mandarin else 800, 0.1, np.float32),
    }
    return Assistant(**parts | options)


def sound(*parts):
    """Return quiet noise with a voice in some stretches, given as (seconds, is voice)."""
    random = np.random.default_rng(0)
    pieces = [
        (0.1 if loud else 1e-4) * random.standard_normal(round(s * RATE)) for s, loud in parts
    ]
    return np.concatenate(pieces).astype(np.float32)


TURN = sound((1, False), (0.8, True), (1.2, False), (0.7, True), (1.5, False))


def run(assistant, audio, chunk=640):
    return np.concatenate(
        [assistant.push(audio[start : start + chunk]) for start in range(0, len(audio), chunk)]
    )


def test_a_word_a_command_a_question_a_number_and_an_answer():
    assistant = helper(50)
    said = run(assistant, TURN)
    what = [event.what for event in assistant.events]
    assert what == [
        "word", "begun", "pause", "heard", "over", "speaks", "done",
        "begun", "pause", "heard", "over", "speaks", "done",
    ]  # fmt: skip
    spoken = [event.detail for event in assistant.events if event.what == "speaks"]
    assert spoken == ["Which number?", "forty-two: si4 shi2 er4"]
    assert np.count_nonzero(said) == 800 + 1600
    over = [event.at_s for event in assistant.events if event.what == "over"]
    assert 0.2 < over[0] - 1.8 < 0.45
    assert not assistant.is_speaking


@pytest.mark.parametrize("chunk", [100, 160, 333, 1600])
def test_chunks_may_have_any_size(chunk):
    first, second = helper(50), helper(50)
    run(first, TURN)
    run(second, TURN, chunk)
    assert [one.detail for one in first.events if one.what == "speaks"] == [
        one.detail for one in second.events if one.what == "speaks"
    ]


def test_without_the_word_nothing_is_answered():
    assistant = helper()
    assert not run(assistant, TURN).any()
    assert assistant.events == []


def test_a_noise_is_no_turn_and_nobody_is_waited_for_no_longer():
    slammed = helper(50, voices=0.0)
    assert not run(slammed, TURN).any()
    assert "no voice" in [event.what for event in slammed.events]
    alone = helper(50)
    run(alone, sound((6, False)))
    assert [event.what for event in alone.events] == ["word", "nobody"]


def test_the_word_stops_its_voice_within_a_chunk():
    long = {"speak": lambda answer: np.full(5 * RATE, 0.1, np.float32)}
    assistant = helper(200, **long)
    assistant.say(Answer("A long story."))
    said = run(assistant, sound((4, False)))
    stops = next(event.at_s for event in assistant.events if event.what == "interrupted")
    assert abs(np.flatnonzero(said)[-1] / RATE - stops) < 0.08
    assert [event.what for event in assistant.events][:3] == ["speaks", "word", "interrupted"]


def test_what_is_said_in_a_pause_that_is_none_is_thrown_away():
    heard = iter([(None, "maybe"), (Meaning("what time is it", "time"), "surely")])
    assistant = helper(50, recognise=lambda audio: next(heard), dialogue=Dialogue())
    run(assistant, sound((1, False), (0.5, True), (0.25, False), (0.5, True), (1, False)))
    details = [event.detail for event in assistant.events if event.what == "speaks"]
    assert details == ["I have no clock."]


def test_its_own_voice_is_taken_out_of_what_it_hears():
    far = np.random.default_rng(1).standard_normal(6 * RATE).astype(np.float32) * 0.1
    levels = []

    class Listening(WordAt):
        def push(self, part):
            levels.append(float(np.mean(part**2)))
            return super().push(part)

    assistant = helper(word=Listening(), speak=lambda answer: far)
    assistant.say(Answer("Noise."))
    chunk, out = 640, np.zeros(640, np.float32)
    for _ in range(5 * RATE // chunk):
        out = assistant.push(0.5 * out)
    assert np.mean(levels[-20:]) < 0.01 * np.mean((0.5 * far) ** 2)


def test_an_expected_number_needs_no_word_and_chunks_are_checked():
    assistant = helper()
    assistant.expect("timer")
    run(assistant, TURN)
    assert "forty-two minutes, from now." in [event.detail for event in assistant.events]
    with pytest.raises(AudioError, match="purpose is 'dance'"):
        assistant.expect("dance")
    with pytest.raises(AudioError, match="one channel"):
        assistant.push(np.zeros((2, 640), np.float32))
