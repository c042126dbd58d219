"""The wake word, turns and commands of the assistant: scenes that keep apart, parts that agree."""

import numpy as np
import pytest
import torch

from audiolessons import assistant
from audiolessons.recipes.large.assistant import (
    _parts,
    _turn_scenes,
    _waits,
    wake_check,
    wake_word,
)
from audiolessons.recipes.large.assistant import _wake_lessons as lessons
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant import voice_assistant as recipe
from audiolessons.recipes.speech.synthesis import rules
from audiolessons.results import read_scenes


def test_stored_scenes_are_as_many_as_they_say():
    stored = read_scenes("wake_word")
    assert {part: len(stored[part]) for part in stored} == wake_word.N_SCENES
    assert not {one["take"] for one in stored["valid"]} & {one["take"] for one in stored["test"]}
    assert len({one["take"] for one in stored["test"]}) == 30
    turns = read_scenes("voice_assistant")
    commands = turns["commands"]
    assert len(commands) == _turn_scenes.N_COMMANDS + _turn_scenes.N_OTHERS
    assert {len(set(one["known"])) for one in commands} == {_turn_scenes.N_KNOWN}
    assert len(turns["barges"]) == _turn_scenes.N_BARGES
    assert len(_parts.known_meanings()) == _turn_scenes.N_KNOWN


@pytest.mark.data
def test_speech_without_the_word_has_speakers_of_its_own_in_each_part():
    names = {
        part: {one.id for one in material.speech_without(part, first=40, size=None)}
        for part in ("train", "valid", "test")
    }
    for one, other in (("train", "valid"), ("train", "test"), ("valid", "test")):
        assert not names[one] & names[other]


@pytest.mark.data
def test_voices_that_scenes_name_are_found():
    if not material.is_recorded():
        pytest.skip("scenes name sentences of the full form of many_voices")
    stored = read_scenes("wake_word")
    for part in ("valid", "test"):
        named = {name for one in stored[part] for name in one["voices"]}
        assert named <= {one.id for one in wake_word._babblers(part)}


@pytest.mark.data
def test_a_clip_says_yes_after_the_word_and_a_network_learns_from_clips():
    some = wake_word.load(n_batches=1, first=6)
    [(clips, targets)] = list(some)
    assert clips.shape == (32, 48000)
    assert targets.shape == (32, 300)
    for number, target in enumerate(targets):
        assert (target == 1).sum() == (22 if number % 2 == 0 else 0)
        assert torch.isnan(target).any() == (number % 2 == 0)
    network, history = wake_word.train(some, epochs=1, hidden_size=8, show_progress=False)
    assert np.isfinite(history.train_loss[-1])
    likely = wake_word.probabilities(network, clips[0].numpy())
    assert likely.shape == (300,)
    known = torch.tensor([[1.0, float("nan"), 0.0]])
    loss = lessons.where_told(torch.zeros(1, 3), known)
    assert loss.item() == pytest.approx(np.log(2))


@pytest.mark.data
def test_a_bench_runs_quickly():
    for measured in wake_word.measure(quick=True).values():
        rows = list(measured())
        assert rows
        assert all(np.isfinite(row.value) for row in rows)


@pytest.mark.data
@pytest.mark.recordings("pronunciations")  # with fewer words the voice by rule says other sounds
def test_two_steps_of_the_bench_are_those_of_the_assistant():
    user = {"base_hz": 130, "formant_scale": 1.03}
    gap = np.zeros(16000, np.float32)
    texts = "Contributor.", "Computer.", "The road.", "Computer."
    said = [part for text in texts for part in (gap, 0.3 * rules.speak(text, **user))]
    audio = np.concatenate([*said, gap])
    audio = audio + 2e-4 * np.random.default_rng(0).standard_normal(len(audio))
    audio = audio[: len(audio) // 320 * 320].astype(np.float32)
    network = wake_word.trained()
    heard = wake_word.moments(network, audio)
    assert len(heard["stored"]) == 3  # "contributor" sounds like it
    assert len(heard["checked"]) == 2
    stream = assistant.WordStream(network, threshold=wake_word.THRESHOLD, check=_parts.is_word)
    live = [hop for part in audio.reshape(-1, 320) for hop in stream.push(part)]
    assert live == heard["checked"]


@pytest.mark.data
@pytest.mark.parametrize("name", ["commands", "numbers", "classifier"])
def test_a_row_of_the_assistant_runs_quickly(name):
    rows = list(recipe.measure(quick=True)[name]())
    assert all(np.isfinite(row.value) for row in rows)


@pytest.mark.data
@pytest.mark.recordings("pronunciations")
def test_its_own_commands_are_understood_and_another_sentence_is_refused():
    for text in ("Turn the lights off.", "What time is it?", "Play some music, please."):
        heard, whole = recipe.ready().recognise(rules.speak(text, base_hz=130, formant_scale=1.03))
        assert heard is not None
        assert whole != "no"
        assert heard.text == text.lower().strip(".?").replace(",", "")
    assert _parts.recognise(rules.speak("The road went up between two walls."))[0] is None


@pytest.mark.data
@pytest.mark.recordings("pronunciations")
def test_a_command_that_is_not_said_to_its_end_is_not_whole():
    for text in ("Turn the", "I want to", "Say that"):
        _, whole = _parts.recognise(rules.speak(text, base_hz=130, formant_scale=1.03))
        assert whole != "surely"


@pytest.mark.data
def test_a_talk_by_rule_is_answered_in_time():
    parts = ("Computer.", 0.4, "Turn the lights on.", 3.0)
    user = {"base_hz": 130, "formant_scale": 1.03}
    sound = [np.zeros(16000)]
    for one in parts:
        sound.append(
            np.zeros(round(16000 * one))
            if isinstance(one, float)
            else rules.speak(one, **user) * 0.3
        )
    sound = np.concatenate(sound)
    end = len(sound) - 48000 - 8000  # the voice by rule ends in half a second of silence
    sound = sound + 2e-4 * np.random.default_rng(0).standard_normal(len(sound))
    helper = recipe.ready()
    said, done_s = recipe.run(helper, sound.astype(np.float32))
    spoken = [event.detail for event in helper.events if event.what == "speaks"]
    assert spoken == ["The lights are on."]
    first = np.flatnonzero(said)[0]
    assert 0 < first / 16000 - end / 16000 < 0.6
    assert recipe.first_sound_s(said, done_s) > first / 16000


def test_letters_go_wrong_as_often_as_asked():
    rng = np.random.default_rng(0)
    text = "turn the lights off " * 20
    assert recipe.misheard(text, 0.0, rng) == text
    wrong = recipe.misheard(text, 0.3, rng)
    assert wrong != text
    assert 0.8 < len(wrong) / len(text) < 1.2


def test_the_classifier_knows_its_own_sentences():
    classifier = recipe.intent_classifier()
    for one in assistant.meanings(assistant.GRAMMAR):
        likely = classifier.probabilities(one.text)
        assert max(likely, key=likely.get) == one.intent


@pytest.mark.data
def test_a_check_learns_from_what_the_first_network_lets_through():
    some = wake_check.load(n_batches=1, first=6)
    assert some.states.shape[1:] == (28, 384)
    assert some.is_word.sum() == 16  # every other clip of 32 holds the word
    assert len(some.is_word) >= 32
    network, history = wake_check.train(some, epochs=2, hidden_size=8, show_progress=False)
    assert np.isfinite(history.train_loss).all()
    assert network(some.states[:3].float()).shape == (3,)
    first, second = (next(iter(wake_check.Stretches(some.states, some.is_word))) for _ in range(2))
    assert torch.equal(first[1], second[1])


@pytest.mark.data
def test_a_word_must_pass_the_second_network_and_the_letters(monkeypatch):
    audio = 0.05 * np.random.default_rng(0).standard_normal(17600).astype(np.float32)
    asked = []
    monkeypatch.setattr(_parts, "LEAST_LIKELY", 0.0)
    monkeypatch.setattr(_parts, "MOST_BEHIND_WORD", np.inf)
    assert _parts.is_word(audio)
    monkeypatch.setattr(_parts, "MOST_BEHIND_WORD", -np.inf)
    assert not _parts.is_word(audio)
    monkeypatch.setattr(_parts, "MOST_BEHIND_WORD", np.inf)
    monkeypatch.setattr(_parts, "LEAST_LIKELY", 1.1)
    monkeypatch.setattr(assistant, "likeliest", lambda *_, **__: asked.append(1))
    assert not _parts.is_word(audio)
    assert not asked  # what the network refuses is not spelt
    assert not _parts.is_word(np.zeros(17600, np.float32))


@pytest.mark.data
def test_longer_waits_cut_off_fewer_and_what_is_whole_waits_less():
    some = _waits.turns(3)
    one_wait = [
        _waits.outcome(
            some, lambda behind, far: "no", short_s=wait_s, middle_s=wait_s, long_s=wait_s
        )
        for wait_s in (0.2, 1.0)
    ]
    assert one_wait[0][0].sum() >= one_wait[1][0].sum()
    assert (one_wait[1][1] >= 990).all()
    surely = _waits.outcome(some, lambda behind, far: "surely")
    np.testing.assert_array_less(np.max(surely[1], initial=0), 320)
    assert _parts.how_whole(0.1, 1.0) == "surely"
    assert _parts.how_whole(0.1, 2.0) == "maybe"
    assert _parts.how_whole(0.1, 9.0) == "no"


def test_a_network_that_is_altered_hears_as_it_does_when_it_is_not_learning():
    network = wake_word.model(hidden_size=8)
    altered = lessons.Altered(network, seed=0)
    audio = 0.1 * torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
    altered.eval()
    torch.testing.assert_close(altered(audio), network(audio))
    altered.train()
    assert not torch.allclose(altered(audio), network(audio), atol=1e-3)
    assert not network.normalize._forward_pre_hooks  # nothing is left behind
