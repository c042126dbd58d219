"""Sentences by rule and from pieces: what is asked rises, and pieces hold what they should."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from audiolessons.recipes.speech.synthesis import _judged, rules, units

pytestmark = pytest.mark.data


def test_a_text_becomes_words_and_pauses():
    def signs(text):
        return [word[0] for word in rules.spoken_words(text) if word[0] in ",.?"]

    assert signs("Who, me? Yes") == [",", ".", "."]  # what is asked with "who" does not rise
    assert signs("Is it me? Where?") == ["?", "."]


def test_a_sentence_by_rule_is_as_long_as_its_durations():
    said = rules.speak("Two bells ring.")
    assert said.dtype == np.float32
    assert 0.8 < len(rules.speak("Two bells ring.", speed=2)) / len(said) * 2 < 1.2


@pytest.fixture(scope="module")
def halves():
    return units.inventory(14)


def test_halves_lie_one_after_another_within_their_recordings(halves):
    assert (halves.end > halves.start).all()
    for number, audio in enumerate(halves.audio):
        rows = np.flatnonzero(halves.recording == number)
        assert halves.end[rows].max() <= len(audio) + units.HOP
        assert (halves.start[rows][1:] >= halves.end[rows][:-1]).all()
        assert [name[-1] for name in halves.name[rows]] == ["<", ">"] * (len(rows) // 2)


def test_a_join_costs_nothing_where_a_recording_goes_on(halves):
    rows = np.flatnonzero(halves.recording == 0)[:8]
    costs = units.join_costs(halves, rows, rows)
    goes_on = halves.end[rows[:-1]] == halves.start[rows[1:]]
    assert (np.diag(costs, 1)[goes_on] == 0).all()
    assert (np.diag(costs) > 0).all()


def test_dear_joins_make_longer_pieces_and_all_sounds_are_said(halves):
    text = "The old bell rang, and nobody came."
    loose, tight = (units.speak(text, join_weight=w, halves=halves) for w in (0.0, 4.0))
    assert len(tight.pieces) < len(loose.pieces)
    sounds = [sound for word in rules.spoken_words(text) for sound in word if sound not in ",."]
    for spoken in (loose, tight):
        said = [sound for piece, *_ in spoken.pieces for sound in piece]
        assert len(sounds) <= len(said) <= 2 * len(sounds)
        assert np.isfinite(spoken.audio).all()


def test_a_sound_that_no_recording_holds_is_replaced_by_the_nearest(halves):
    kept = halves.name != "IY<"
    fewer = replace(halves, name=halves.name[kept])
    assert units._nearest(fewer, "IY<") in ("IH<", "EY<")


def test_sentences_are_judged_by_the_words_that_are_heard(monkeypatch):
    def peer(text):
        return SimpleNamespace(is_installed=lambda: True, recognise=lambda *_, **__: text)

    monkeypatch.setattr(_judged, "find_spec", lambda package: None)  # without DNSMOS
    monkeypatch.setattr(_judged, "whisper", peer("One, two!"))
    monkeypatch.setattr(_judged, "pocketsphinx", peer("one"))
    sentences = [SimpleNamespace(text="one two")] * 3
    rows = _judged.judged(lambda one: np.ones(4), sentences, how="x", goals={"whisper": "<= 1"})
    found = {row.name: row for row in rows}
    assert found["whisper"].value == 0
    assert found["whisper"].ok
    assert found["pocketsphinx"].value == 50
    assert found["pocketsphinx"].spread == (50, 50)
