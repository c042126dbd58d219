"""Vocoder and acoustic model: frames, sentences, alignment, training that goes on, speaking."""

import copy

import numpy as np
import pytest
import torch

from audiolessons import datasets, features, results, signals
from audiolessons.datasets import read_speech
from audiolessons.errors import AudioError
from audiolessons.recipes.speech.synthesis import _magnitude_training as magnitudes
from audiolessons.recipes.speech.synthesis import _read_aloud, acoustic, vocoder
from audiolessons.recipes.speech.synthesis import _vocoder_training as teaching
from audiolessons.recipes.speech.synthesis._frames import read
from audiolessons.recipes.speech.synthesis._voiced import sound_of
from audiolessons.spectral import stft

TINY = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1, "show_progress": False}
SMALL = {"width": 8, "hidden_size": 8, "n_encoder": 1, "n_decoder": 1, "show_progress": False}


@pytest.fixture(scope="module")
def few():
    train = datasets.load("read_speech", split="train")
    shortest = sorted(map(read, train[:12]), key=lambda one: len(one.audio))[:4]
    return vocoder.Reader(shortest, shortest[:2], [], train.source)


@pytest.mark.data
def test_nothing_tested_is_learned_from():
    kept = [
        {one["sentence"] for one in results.read_scenes(name)["test"]}
        for name in ("vocoder", "acoustic")
    ]
    assert [len(one) for one in kept] == [12, 30]
    assert kept[0] <= kept[1]
    for name in kept[1]:
        assert read_speech.split_of(int(name.split("-")[1])) == "test"
    sentences = vocoder.test_sentences("vocoder")
    if datasets.load("read_speech", size="full").source == "recordings":
        assert len(sentences) == 12
        assert not kept[1] - {one["sentence"] for one in acoustic.scenes()["test"]}
    assert sentences


def test_griffin_and_lim_find_the_bands_again():
    tone = signals.sine(440, duration_s=0.5, sample_rate=16000)
    mel = vocoder.to_mel(tone)
    assert mel.shape == (80, 41)
    again = vocoder.to_mel(vocoder.griffin_lim(mel, n_iter=20))
    loud = mel > mel.max() - 7  # within 30 dB
    assert np.abs(again - mel)[loud].mean() < 0.5


@pytest.mark.data
def test_magnitudes_are_learned_and_made_sound(few):
    network, history = vocoder.train(few, epochs=2, steps=4, **TINY)
    assert history.valid_loss[1] < history.valid_loss[0]
    sentence = few.train[0].audio
    bands, learned = magnitudes.lesson(few.train[0])
    assert learned.shape == (401, bands.shape[-1])
    true = np.abs(stft(sentence, n_fft=800, hop_length=200))
    np.testing.assert_allclose(learned.exp(), true, rtol=0.01, atol=2e-5)
    audio = vocoder.to_audio(vocoder.to_mel(sentence), network, n_iter=2)
    assert len(audio) == len(sentence) // 200 * 200


@pytest.mark.data
def test_a_spectrum_is_learned_and_training_goes_on_where_it_was_interrupted(few):
    plan = teaching.Plan(epochs=2, alone=1, steps=2)
    size = {"n_channels": 8, "hidden_size": 8, "n_blocks": 1}
    network, history = vocoder.train_spectrum(few, epochs=2, alone=1, steps=2, **TINY)
    assert len(history.train_loss) == len(history.valid_metric) == 2
    lessons = teaching.lessons(few.train)
    half = teaching.Teacher(vocoder.model("spectrum", **size), plan)
    for _ in range(2):
        half.learn(lessons)
    again = teaching.Teacher(vocoder.model("spectrum", seed=1, **size), plan)
    again.restore(copy.deepcopy(half.state({})))
    losses = [[one.learn(lessons) for _ in range(2)] for one in (half, again)]
    assert losses[0] == losses[1]  # the critic has its say here
    assert losses[0][0] != losses[0][1]
    learned = half.average.module.state_dict()
    for name, weights in network.state_dict().items():
        torch.testing.assert_close(weights, learned[name])


@pytest.mark.data
def test_a_critic_changes_what_is_learned(few):
    plan = {"epochs": 1, "steps": 2, **TINY}
    alone, _ = vocoder.train_spectrum(few, alone=1, **plan)
    judged, _ = vocoder.train_spectrum(few, alone=0, **plan)
    assert not torch.equal(alone.predict.weight, judged.predict.weight)


@pytest.mark.data
def test_tokens_last_as_long_as_the_sentence(few):
    learned, tested = acoustic.lessons(few.train, few.valid)
    assert [len(learned), len(tested)] == [4, 2]
    for one, sentence in zip(learned, few.train, strict=True):
        tokens = acoustic.tokens_of(sentence.text)
        assert one.tokens.tolist() == [acoustic.TOKENS.index(token) for token in tokens]
        assert one.traits.shape == (3, len(tokens))
        assert int(one.durations.sum()) == one.log_mel.shape[-1]
        spoken = [token[0].isalpha() for token in tokens]
        assert (one.durations[torch.tensor(spoken)] > 0).all()  # every sound lasts
        hz = _read_aloud.in_hz(one.traits[1].numpy())
        assert ((hz > 85) & (hz < 430)).all()


def test_pitch_there_and_back():
    hz = np.array([100.0, 200.0, 400.0])
    np.testing.assert_allclose(_read_aloud.in_units(hz), [-3, 0, 3])
    np.testing.assert_allclose(_read_aloud.in_hz(_read_aloud.in_units(hz)), hz)


def test_pulses_sound_where_it_is_voiced_and_at_the_pitch():
    durations = np.array([0, 40, 40, 0])
    tone = sound_of(np.full((80, 80), -4.0), ["^", "S", "AA1", "."], durations, np.full(4, 200.0))
    assert tone.shape == (200 * 79,)
    search = {"min_hz": 90, "max_hz": 400, "hop_length": 200, "threshold": 0.4}
    hz = features.pitch_yin(tone, sample_rate=16000, **search)
    assert np.isnan(hz[5:35]).all()
    assert np.abs(hz[48:75] - 200).max() < 2
    power = np.exp(vocoder.to_mel(tone))[5:70]
    assert 0.5 < power[:, 50:75].mean() / power[:, 5:30].mean() < 2  # one as loud as the other
    louder = sound_of(np.full((80, 80), -2.0), ["^", "S", "AA1", "."], durations, np.full(4, 200.0))
    np.testing.assert_allclose(louder, np.e * tone, rtol=1e-4, atol=1e-6)


@pytest.mark.data
def test_a_text_is_spoken_faster_and_higher(few):
    network, history = acoustic.train(few, epochs=2, steps=4, **SMALL)
    assert history.train_loss[1] < history.train_loss[0]
    with torch.no_grad():
        network.predict.bias[0] += 2  # so much longer that rounding plays no part
    options = {"network": network, "to_audio": lambda mel: mel[0]}
    said = acoustic.speak("Two bells, three bells.", **options)
    assert [said.tokens[0], said.tokens[-1]] == ["^", "."]
    assert "," in said.tokens
    assert said.mel.shape == (80, said.durations.sum())
    fast = acoustic.speak("Two bells, three bells.", speed=2.0, **options)
    assert 0.4 < fast.durations.sum() / said.durations.sum() < 0.6
    high = acoustic.speak("Two bells, three bells.", pitch_steps=12, **options)
    np.testing.assert_allclose(high.pitch_hz, 2 * said.pitch_hz, rtol=1e-5)
    assert not np.allclose(high.mel, said.mel)


@pytest.mark.data
def test_what_cannot_be_said_is_refused():
    network = acoustic.model(width=8, hidden_size=8)
    with pytest.raises(AudioError, match="speed is 0"):
        acoustic.speak("No.", speed=0, network=network)
    with pytest.raises(AudioError, match="at most 2000 are said at once"):
        acoustic.speak("word " * 700, network=network)
    with pytest.raises(AudioError, match="holds no English word"):
        acoustic.speak("...", network=network)
