"""`transcribe`: what is said and when, in recordings of any length, and what it says of others."""

import json

import numpy as np
import pytest

from audiolessons import cli, datasets, files
from audiolessons.cli import transcribing

RATE = 16000


def two_words(audio):
    """Return what a network might say: token 1 in the second quarter, token 2 in the last."""
    n_frames = -(-len(audio) // 640)
    chances = np.full((n_frames, 3), 0.001)
    quarter = 4 * np.arange(n_frames) // n_frames
    chances[np.arange(n_frames), np.array([0, 1, 0, 2])[quarter]] = 0.998
    return np.log(chances)


@pytest.fixture
def fake(monkeypatch):
    recognition = transcribing.Recognition(
        RATE, 0.04, two_words, lambda _: [1, 2], lambda _: [("ONE", 0, 0), ("TWO", 1, 1)]
    )
    monkeypatch.setitem(transcribing.MODELS, "sentences", lambda _: recognition)
    return recognition


@pytest.fixture
def talk(tmp_path):
    """Write a sentence, two seconds of nothing, the sentence, at 22.05 kHz; return path, length."""
    voice = datasets.load("read_speech", stand_ins=True)["AL001-0020"]
    pause = np.zeros(2 * voice.sample_rate, np.float32)
    both = np.concatenate([voice.audio, pause, voice.audio])
    noise = 1e-4 * np.random.default_rng(0).standard_normal(len(both))
    files.save(tmp_path / "talk.wav", both + noise, sample_rate=voice.sample_rate)
    return tmp_path / "talk.wav", len(voice.audio) / voice.sample_rate


@pytest.mark.data
def test_a_line_for_each_passage_and_words_with_times(talk, fake, capsys):
    path, length_s = talk
    before = path.read_bytes()
    assert cli.main(["transcribe", str(path)]) == 0
    heard = capsys.readouterr()
    assert heard.out == "ONE TWO\nONE TWO\n"
    assert heard.err.endswith("channels: 1; heard as 16000 Hz, one channel\n")
    assert cli.main(["transcribe", str(path), "--words"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [word for *_, word in lines] == ["ONE", "TWO", "ONE", "TWO"]
    times = np.array([line[:2] for line in lines], dtype=float)
    assert (times[:, 0] < times[:, 1]).all()
    assert (times[:2] < length_s + 0.3).all()
    assert (times[2:] > length_s + 1.7).all()
    # A quarter each: the second passage is the first, later.
    np.testing.assert_allclose(times[2:] - times[:2], length_s + 2, atol=0.2)
    assert cli.main(["transcribe", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [passage["text"] for passage in found["passages"]] == ["ONE TWO", "ONE TWO"]
    assert found["passages"][1]["words"][1] == {
        "word": "TWO",
        "start_s": times[3, 0],
        "end_s": times[3, 1],
    }
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["talk.wav"]


@pytest.mark.data
def test_what_cannot_be_transcribed_is_said_in_one_line(talk, fake, tmp_path, monkeypatch, capsys):
    files.save(tmp_path / "still.wav", np.zeros(3 * RATE, np.float32), sample_rate=RATE)
    (tmp_path / "notes.wav").write_text("not a sound", encoding="utf-8")
    silent = fake._replace(tokens=lambda _: [])
    for path, message, recognition in (
        (tmp_path / "still.wav", f"nobody speaks in {tmp_path / 'still.wav'}", fake),
        (tmp_path / "notes.wav", "notes.wav", fake),
        (tmp_path / "nowhere.wav", "nowhere.wav", fake),
        (talk[0], "no word was understood: is it English, and loud enough?", silent),
    ):
        monkeypatch.setitem(transcribing.MODELS, "sentences", lambda _, it=recognition: it)
        assert cli.main(["transcribe", str(path)]) == 1
        heard = capsys.readouterr()
        assert message in heard.err
        assert not heard.out
    assert cli.main(["transcribe", str(talk[0]), "--model", "digits", "--language-model"]) == 1
    assert "spells sentences, not digits" in capsys.readouterr().err


def test_passages_end_at_pauses_and_before_they_are_long():
    segments = np.array([[1.0, 3.0], [3.5, 6.0], [7.0, 9.0], [9.1, 18.5], [19.0, 50.0]])
    found = transcribing.passages(segments)
    assert found == [[1.0, 6.0], [7.0, 18.5], [19.0, 50.0]]


def test_a_passage_without_a_pause_is_cut_where_it_is_quietest():
    audio = np.random.default_rng(0).standard_normal(30 * RATE).astype(np.float32)
    for moment in (4, 10, 21):  # the first lies too early
        audio[moment * RATE : moment * RATE + RATE // 10] *= 0.01
    cut = list(transcribing.pieces(audio, sample_rate=RATE))
    np.testing.assert_allclose([start / RATE for start, _ in cut], [0, 10.05, 21.05], atol=0.06)
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in cut]), audio)
    ((start, piece),) = transcribing.pieces(audio[: 12 * RATE], sample_rate=RATE)
    assert (start, len(piece)) == (0, 12 * RATE)


def test_what_lies_between_passages_is_not_kept(fake, tmp_path, monkeypatch):
    """Each passage is the stretch of the recording that it says it is."""
    from audiolessons.recipes.tasks.editing import editing as recipe

    ramp = np.linspace(0, 1, 100 * RATE, dtype=np.float32)
    files.save(tmp_path / "ramp.wav", ramp, sample_rate=RATE)
    segments = np.array([[2.0, 4.0], [4.9, 9.9], [55.0, 56.0], [90.0, 99.95]])
    monkeypatch.setattr(recipe, "voice_segments", lambda sound: segments)
    with files.reading(tmp_path / "ramp.wav") as sound:
        heard = list(transcribing._heard(sound, "ramp.wav", RATE))
    assert [round(start_s, 2) for start_s, _ in heard] == [1.8, 4.7, 54.8, 89.8]
    for start_s, audio in heard:
        first = round(start_s * RATE)
        np.testing.assert_allclose(audio, ramp[first : first + len(audio)], atol=1e-3)
    assert [round(len(audio) / RATE, 2) for _, audio in heard] == [2.4, 5.4, 1.4, 10.2]


def test_letters_become_words(monkeypatch):
    from audiolessons.recipes.speech.recognition import sentences as recipe

    tiny = recipe.model(hidden_size=8)
    monkeypatch.setattr(recipe, "trained", lambda: tiny)
    recognition = transcribing.MODELS["sentences"](False)
    tokens = recipe.to_tokens("it's a lake")
    assert recognition.words(tokens) == [("IT'S", 0, 3), ("A", 5, 5), ("LAKE", 7, 10)]
    assert recognition.words([]) == []
    # Each token for two frames, a blank behind it; frames of 40 ms.
    path = np.repeat(tokens, 3) * np.tile([1, 1, 0], len(tokens))
    chances = np.full((len(path), 29), 1e-4)
    chances[np.arange(len(path)), path] = 1 - 28e-4
    sure = recognition._replace(log_probs=lambda _: np.log(chances))
    assert transcribing.heard_words(sure, np.zeros(0), start_s=10.0) == [
        ("IT'S", 10.0, 10.44),
        ("A", 10.6, 10.68),
        ("LAKE", 10.84, 11.28),
    ]
    heard = transcribing.heard_words(recognition, np.random.default_rng(0).normal(size=RATE))
    assert all(word.start_s < word.end_s <= 1.04 for word in heard)


@pytest.mark.data
def test_digits_are_heard_with_the_stored_weights(tmp_path, capsys):
    from audiolessons.recipes.speech.recognition import digit_strings as recipe

    takes = recipe.load()
    string = recipe.strings(takes, "test")
    audio = string.audio[0]
    files.save(tmp_path / "string.wav", audio, sample_rate=recipe.SAMPLE_RATE)
    code = cli.main(["transcribe", str(tmp_path / "string.wav"), "--model", "digits", "--json"])
    heard = capsys.readouterr()
    if takes.source == "embedded":  # a voice that is none: nothing may be understood
        assert code == 0 or "no word was understood" in heard.err or "nobody speaks" in heard.err
        return
    (passage,) = json.loads(heard.out)["passages"]
    assert passage["text"] == string.texts[0]
    times = [(word["start_s"], word["end_s"]) for word in passage["words"]]
    assert times == sorted(times)
    assert times[-1][1] <= len(audio) / recipe.SAMPLE_RATE + 0.05
    assert times[-1][0] > len(audio) / recipe.SAMPLE_RATE - 0.9  # within the last word
