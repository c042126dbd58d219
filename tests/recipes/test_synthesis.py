"""Vocoder and acoustic model: frames, sentences, alignment, training that goes on, speaking."""

import numpy as np
import pytest
import torch

from audiolessons import datasets, features, models, results, signals
from audiolessons.datasets import read_speech
from audiolessons.errors import AudioError
from audiolessons.recipes.speech.synthesis import _pieces, _taught, acoustic, attending, vocoder
from audiolessons.recipes.speech.synthesis._frames import read
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
    network, history = vocoder.train(few, epochs=2, judged=0, steps=4, **TINY)
    assert history.valid_loss[1] < history.valid_loss[0]
    sentence = few.train[0].audio
    bands, learned = _pieces.lesson(few.train[0])
    assert learned.shape == (401, bands.shape[-1])
    true = np.abs(stft(sentence, n_fft=800, hop_length=200))
    np.testing.assert_allclose(learned.exp(), true, rtol=0.01, atol=2e-5)
    audio = vocoder.to_audio(vocoder.to_mel(sentence), network, n_iter=2)
    assert len(audio) == len(sentence) // 200 * 200


@pytest.mark.data
def test_a_piece_belongs_to_its_bands(few):
    bands, log_magnitudes = next(
        iter(_pieces.Batches([_pieces.lesson(few.train[0])], seed=0, steps=1))
    )
    assert bands.shape[-1] == log_magnitudes.shape[-1] == _pieces.PIECE
    filters = features.mel_filterbank(sample_rate=16000, n_fft=800, n_mels=80)
    power = filters @ np.exp(2 * log_magnitudes[0].numpy())
    np.testing.assert_allclose(np.log(power), bands[0], atol=0.05)


@pytest.mark.data
def test_a_critic_changes_what_is_learned_and_learns_itself(few, monkeypatch):
    made = []
    teacher = _taught.Persuading
    monkeypatch.setattr(_taught, "Persuading", lambda *how: made.append(teacher(*how)) or made[-1])
    monkeypatch.setattr(_pieces, "BATCH_SIZE", 2)
    alone, _ = vocoder.train(few, epochs=1, judged=0, steps=2, **TINY)
    judged, history = vocoder.train(few, epochs=1, judged=1, steps=2, **TINY)
    assert [len(history.train_loss), len(history.valid_loss), history.best_epoch] == [2, 1, 2]
    assert not torch.equal(alone.predict.weight, judged.predict.weight)
    (loss,) = made
    assert all(one.grad.abs().sum() > 0 for one in loss.judge.decide.parameters())


@pytest.mark.data
def test_attention_is_learned_from_texts_alone(monkeypatch):
    monkeypatch.setattr(attending, "BATCH_SIZE", 2)
    takes = attending.load(n_takes=1)
    assert [len(part) for part in (takes.train, takes.valid, takes.test)] == [10, 10, 10]
    string = takes.string("test", 4, np.random.default_rng(0))
    assert string.ends[-1] == string.log_mel.shape[1]
    first = int(string.tokens[0])
    torch.testing.assert_close(string.log_mel[:, : string.ends[0]], takes.test[first][0])
    size = {"width": 8, "hidden_size": 8, "show_progress": False}
    network, history = attending.train(takes, epochs=2, steps=4, **size)
    assert history.valid_loss[1] < history.valid_loss[0]
    looked = attending.looks(string, network)
    assert looked.shape == (-(-string.log_mel.shape[1] // 4), 4)
    np.testing.assert_allclose(looked.sum(axis=1), 1, atol=1e-5)


def test_where_looks_end_and_what_they_miss():
    looked = np.eye(4)[[0, 0, 1, 3, 3]]
    assert attending.ends(looked, n_together=2).tolist() == [4, 6, 6, 10]
    assert attending.lost_and_repeated(looked) == (1, 0)
    assert attending.lost_and_repeated(np.eye(3)[[0, 1, 0, 1, 2]]) == (0, 1)


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
        voiced, pitch = one.melody
        assert len(pitch) == one.log_mel.shape[-1]
        assert set(voiced.tolist()) <= {0, 1}
        for heights in (one.traits[1], pitch):
            hz = models.in_hz(heights)
            assert ((hz > 85) & (hz < 430)).all()


@pytest.mark.data
def test_a_text_is_spoken_faster_and_higher(few, monkeypatch):
    monkeypatch.setattr(acoustic.teaching, "BATCH_SIZE", 4)
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
