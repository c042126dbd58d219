"""The word, the noise of a car, meanings, numbers in Mandarin, answers: each by itself."""

import itertools

import numpy as np
import pytest
import torch
from scipy import signal

from audiolessons import AudioError, matching
from audiolessons.assistant import (
    ASKED,
    GRAMMAR,
    Dialogue,
    IntentClassifier,
    Meaning,
    Spotter,
    WordStream,
    behind_beginnings,
    car_noise,
    digit_by_digit,
    likeliest,
    meanings,
    numeral,
    speak_mandarin,
)
from audiolessons.features import pitch_yin
from audiolessons.language import expand
from audiolessons.models import ActivityGRU


def test_a_word_is_heard_once_and_parts_do_not_matter():
    likely = np.zeros(400)
    likely[50:70] = 1
    likely[90:100] = 1  # within the second in which nothing counts
    likely[300:320] = 1
    whole, scores = Spotter(threshold=0.5).push(likely)
    assert whole == [55, 305]
    spotter, found, means = Spotter(threshold=0.5), [], []
    for part in np.split(likely, [1, 7, 53, 54, 290]):
        one, some = spotter.push(part)
        found += one
        means += some
    assert found == whole
    np.testing.assert_allclose(means, scores, atol=1e-12)
    np.testing.assert_allclose(scores, np.convolve(likely, np.ones(10) / 10)[:400], atol=1e-9)


def test_a_stream_of_a_network_gives_the_scores_of_the_whole():
    torch.manual_seed(0)
    network = ActivityGRU(hidden_size=8, delay=0).eval()
    sound = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    likely = network(torch.from_numpy(sound)[None])[0].sigmoid().detach().numpy()
    _, expected = Spotter(threshold=1.0).push(likely)
    stream, scores = WordStream(network, threshold=1.0), []
    for start in range(0, 16000, 1600):
        assert stream.push(sound[start : start + 1600]) == []
        scores += stream.scores
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    with pytest.raises(AudioError, match="whole number of hops"):
        stream.push(sound[:100])
    with pytest.raises(AudioError, match="threshold is 0"):
        Spotter(threshold=0)


def test_a_word_that_seems_to_be_there_is_checked_on_the_last_second():
    torch.manual_seed(0)
    network = ActivityGRU(hidden_size=8, delay=0).eval()
    sound = np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    seen = []

    def refuse(audio):
        seen.append(audio)
        return False

    free = WordStream(network, threshold=0.01)
    first = [hop for start in range(0, 48000, 800) for hop in free.push(sound[start : start + 800])]
    stream = WordStream(network, threshold=0.01, check=refuse)
    for start in range(0, 48000, 800):
        assert stream.push(sound[start : start + 800]) == []
    assert len(seen) > len(first) >= 2
    assert {len(one) for one in seen} == {17600}
    for audio in seen[-2:]:
        assert any(
            np.array_equal(audio, sound[end - 17600 : end]) for end in range(17600, 48001, 160)
        )
    kept = WordStream(network, threshold=0.01, check=lambda audio: True)
    assert [
        hop for start in range(0, 48000, 800) for hop in kept.push(sound[start : start + 800])
    ] == first


def test_a_car_has_an_engine_and_more_wind_when_it_is_fast():
    slow, fast = (car_noise(8, sample_rate=16000, speed_kmh=v, seed=1) for v in (50, 130))
    for noise in (slow, fast):
        assert noise.dtype == np.float32
        assert np.sqrt(np.mean(noise**2)) == pytest.approx(0.1, rel=1e-3)
    hz, power = signal.welch(slow, 16000, nperseg=16000)
    firing = 2 * 0.36 * 50
    peak = hz[(hz > 25) & (hz < 50)][np.argmax(power[(hz > 25) & (hz < 50)])]
    assert peak == pytest.approx(firing, abs=2.5)
    high = [
        np.sum(p[f > 1000]) / np.sum(p)
        for f, p in (signal.welch(one, 16000, nperseg=4096) for one in (slow, fast))
    ]
    assert high[1] > 2 * high[0]
    assert not np.array_equal(slow, car_noise(8, sample_rate=16000, speed_kmh=50, seed=2))
    with pytest.raises(AudioError, match="speed_kmh is 300"):
        car_noise(1, sample_rate=16000, speed_kmh=300)
    with pytest.raises(AudioError, match="more than 400 Hz"):
        car_noise(1, sample_rate=400)


def test_every_sentence_of_a_grammar_is_one_that_expand_can_say():
    known = meanings(GRAMMAR)
    texts = [one.text for one in known]
    assert len(set(texts)) == len(texts) == 22
    drawn = {expand(GRAMMAR, start="command", seed=seed) for seed in range(1500)}
    assert drawn <= set(texts)
    assert len(drawn) == len(texts)
    lights = {one.text: one.slots for one in known if one.intent == "light"}
    assert lights["switch the lights off"] == {"state": "off"}
    with pytest.raises(AudioError, match="no intent"):
        meanings({"command": ["hello"]})
    with pytest.raises(AudioError, match="does not end"):
        meanings({"command": ["<a>"], "a": ["so <a>"]})


def test_the_likeliest_text_has_the_smallest_loss_of_ctc():
    random = np.random.default_rng(0)
    table = random.standard_normal((14, 5))
    log_probs = table - np.log(np.exp(table).sum(axis=1, keepdims=True))
    texts = ["".join(one) for one in itertools.product("abcd", repeat=3)]
    tokens = {text: ["_abcd".index(letter) for letter in text] for text in texts}
    losses = [matching.ctc_loss(log_probs, tokens[text]) for text in texts]
    number, behind = likeliest(log_probs, texts, to_tokens=tokens.get)
    assert number == int(np.argmin(losses))
    free = -log_probs.max(axis=1).sum()
    assert behind == pytest.approx((min(losses) - free) / 3, abs=1e-9)
    with pytest.raises(AudioError, match="texts is empty"):
        likeliest(log_probs, [], to_tokens=tokens.get)
    with pytest.raises(AudioError, match="too few"):
        likeliest(log_probs[:2], ["abc"], to_tokens=tokens.get)
    with pytest.raises(AudioError, match="no frame"):
        likeliest(log_probs[:0], ["abc"], to_tokens=tokens.get)
    with pytest.raises(AudioError, match="shape"):
        likeliest(log_probs[0], ["abc"], to_tokens=tokens.get)
    with pytest.raises(AudioError, match="NaN"):
        likeliest(np.full((14, 5), np.nan), ["abc"], to_tokens=tokens.get)
    for bad in ([], [0, 1], [1, 5]):
        with pytest.raises(AudioError, match="tokens of 'abc'"):
            likeliest(log_probs, ["abc"], to_tokens=lambda text, bad=bad: bad)


def test_a_text_lies_behind_its_beginnings_until_it_is_said():
    tokens = {"a b": [1, 2], "a": [1], "a b c": [1, 2, 3], "c": [3]}

    def heard(*said):
        table = np.full((len(said), 4), 0.02)
        table[range(len(said)), list(said)] = 0.94
        return np.log(table)

    whole, part = heard(0, 1, 0, 2, 0, 3, 0), heard(0, 1, 0, 2, 0, 0, 0)
    assert behind_beginnings(whole, "a b c", to_tokens=tokens.get) < -0.5
    assert behind_beginnings(part, "a b c", to_tokens=tokens.get) > 0.5
    losses = [matching.ctc_loss(part, tokens[text]) for text in ("a", "a b", "a b c")]
    expected = (losses[2] - min(losses[:2])) / 3
    got = behind_beginnings(part, "a b c", to_tokens=tokens.get)
    assert got == pytest.approx(expected, abs=1e-9)
    assert behind_beginnings(whole, "c", to_tokens=tokens.get) == -np.inf
    with pytest.raises(AudioError, match="too few for 'a b c'"):
        behind_beginnings(whole[:2], "a b c", to_tokens=tokens.get)


def test_a_classifier_is_naive_bayes():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    texts = [one.text for one in meanings(GRAMMAR)]
    intents = [one.intent for one in meanings(GRAMMAR)]
    ours = IntentClassifier(texts, intents)
    counter = CountVectorizer(analyzer="char", ngram_range=(3, 3))
    counts = counter.fit_transform([f" {text} " for text in texts])
    theirs = MultinomialNB(alpha=1.0, fit_prior=False).fit(counts, intents)
    for text in ("what tyme is it", "play me sum music"):
        expected = theirs.predict_proba(counter.transform([f" {text} "]))[0]
        got = ours.probabilities(text)
        np.testing.assert_allclose([got[one] for one in theirs.classes_], expected, atol=1e-9)
    same = ours.probabilities("???")
    assert len(set(same.values())) == 1
    with pytest.raises(AudioError, match="one for each"):
        IntentClassifier(["a"], [])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "ling2"),
        (7, "qi1"),
        (10, "shi2"),
        (14, "shi2 si4"),
        (20, "er4 shi2"),
        (100, "yi1 bai3"),
        (110, "yi1 bai3 yi1 shi2"),
        (105, "yi1 bai3 ling2 wu3"),
        (1005, "yi1 qian1 ling2 wu3"),
        (1050, "yi1 qian1 ling2 wu3 shi2"),
        (2026, "er4 qian1 ling2 er4 shi2 liu4"),
        (9999, "jiu3 qian1 jiu3 bai3 jiu3 shi2 jiu3"),
    ],
)
def test_numbers_are_said_as_in_mandarin(number, said):
    assert " ".join(numeral(number)) == said


@pytest.mark.parametrize(
    "number", [-1, 10000, 1.5, True, "42", "x", None, float("nan"), float("inf")]
)
def test_other_numbers_are_refused(number):
    with pytest.raises(AudioError, match="0 to 9999"):
        numeral(number)


def test_all_numbers_are_said_differently_and_can_be_spoken():
    said = [tuple(numeral(number)) for number in range(10000)]
    assert len(set(said)) == 10000
    assert digit_by_digit("407") == ["si4", "ling2", "qi1"]
    for text in ("", "4a", 407):
        with pytest.raises(AudioError, match="figures"):
            digit_by_digit(text)
    syllables = sorted({one for some in said for one in some})
    assert len(speak_mandarin(syllables)) > 16000
    for bad in (["yi"], ["ma1"]):
        with pytest.raises(AudioError, match="no syllable"):
            speak_mandarin(bad)
    with pytest.raises(AudioError, match="empty"):
        speak_mandarin([])


def test_tones_rise_and_fall():
    def ends_hz(syllable):
        sound = speak_mandarin([syllable])
        pitch = pitch_yin(
            sound, sample_rate=16000, min_hz=60, max_hz=300, frame_length=1024, hop_length=80
        )
        pitch = pitch[np.isfinite(pitch)]
        return np.median(pitch[:5]), np.median(pitch[-5:])

    begin, end = ends_hz("wu2")
    assert end > 1.1 * begin
    begin, end = ends_hz("wu4")
    assert end < 0.8 * begin


def test_a_dialogue_remembers_what_a_number_is_for():
    dialogue = Dialogue(clock=lambda: (9, 0))
    assert dialogue.hear(Meaning("what time is it", "time")).text == "It is nine o'clock."
    asked = dialogue.hear(Meaning("set a timer", "timer"))
    assert asked.expects_number
    assert dialogue.purpose == "timer"
    again = dialogue.hear_digits("123")
    assert again.expects_number
    assert "one two three" in again.text
    assert ASKED["timer"] in again.text
    assert [dialogue.how_whole(heard) for heard in ("12", "1", "")] == ["surely", "maybe", "no"]
    assert dialogue.hear_digits("1").text == "one minute, from now."
    assert dialogue.purpose is None
    dialogue.hear(Meaning("translate a number", "translate"))
    assert dialogue.hear_digits("42").mandarin == ("si4", "shi2", "er4")
    code = Dialogue()
    code.hear(Meaning("translate a number", "translate"))
    assert code.hear_digits("042").mandarin == ("ling2", "si4", "er4")  # no amount begins so
    code.hear(Meaning("translate a number", "translate"))
    assert code.hear_digits("0").mandarin == ("ling2",)
    assert "forty-two" in dialogue.hear(Meaning("say that again please", "repeat")).text
    dialogue.hear(Meaning("call somebody for me", "call"))
    assert dialogue.hear(Meaning("say that again please", "repeat")).text == ASKED["call"]
    assert dialogue.purpose == "call"
    assert dialogue.hear_digits("").text == "I heard no number."
    assert dialogue.purpose is None
    assert dialogue.hear(None).text.startswith("Sorry")
    with pytest.raises(AudioError, match="intent is 'dance'"):
        dialogue.hear(Meaning("dance", "dance"))


@pytest.mark.parametrize("one", meanings(GRAMMAR), ids=lambda one: one.text)
def test_every_sentence_of_the_grammar_is_answered(one):
    answer = Dialogue(clock=lambda: (12, 34)).hear(one)
    assert answer.text.endswith((".", "?"))
    assert answer.expects_number == (one.intent in ASKED)
