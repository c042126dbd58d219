"""Vocoder and acoustic model: frames, sentences, alignment, training that goes on, speaking."""

import numpy as np
import pytest
import torch

from audiolessons import datasets, features, models, results, signals
from audiolessons.datasets import read_speech
from audiolessons.errors import AudioError
from audiolessons.recipes.speech.synthesis import _pieces, acoustic, attending, vocoder
from audiolessons.recipes.speech.synthesis._frames import read
from audiolessons.recipes.speech.synthesis._taught import Critic
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
    network, history = vocoder.train(few, epochs=2, judged=0, steps=4, **TINY)
    assert history.valid_loss[1] < history.valid_loss[0]
    sentence = few.train[0].audio
    bands, learned = _pieces.magnitudes(few.train[0])
    assert learned.shape == (401, bands.shape[-1])
    true = np.abs(stft(sentence, n_fft=800, hop_length=200))
    np.testing.assert_allclose(learned.exp(), true, rtol=0.01, atol=2e-5)
    audio = vocoder.to_audio(vocoder.to_mel(sentence), network, n_iter=2)
    assert len(audio) == len(sentence) // 200 * 200


@pytest.mark.data
@pytest.mark.parametrize("lesson", [_pieces.magnitudes, _pieces.sounds])
def test_a_piece_belongs_to_its_bands(few, lesson):
    bands, other = next(iter(_pieces.Batches([lesson(few.train[0])], seed=0, steps=1)))
    whole = vocoder.to_mel(few.train[0].audio)
    made = bands[0].numpy()
    (first,) = [
        at
        for at in range(whole.shape[1] - made.shape[1] + 1)
        if np.allclose(whole[:, at : at + made.shape[1]], made)
    ]
    _, true = lesson(few.train[0])
    hop = 1 if other.ndim == 3 else 200
    start = first * hop
    torch.testing.assert_close(other[0], true[..., start : start + other.shape[-1]].float())
    assert other.shape[-1] == hop * _pieces.PIECE


@pytest.mark.data
def test_a_critic_changes_what_is_learned_and_learns_itself(few, monkeypatch):
    made = []
    monkeypatch.setattr(vocoder, "Critic", lambda *how: made.append(Critic(*how)) or made[-1])
    monkeypatch.setattr(_pieces, "BATCH_SIZE", 2)
    first = [one.clone() for one in models.PictureCritic().parameters()]
    alone, _ = vocoder.train(few, epochs=1, judged=0, steps=2, **TINY)
    judged, history = vocoder.train(few, epochs=1, judged=1, steps=2, **TINY)
    assert [len(history.train_loss), len(history.valid_loss), history.best_epoch] == [2, 1, 2]
    assert not torch.equal(alone.predict.weight, judged.predict.weight)
    unmoved, moved = ([*one.network.parameters()] for one in made)
    assert len(first) == len(moved) == len(unmoved)
    assert all(one.grad is None for one in unmoved)
    assert all(one.grad is not None for one in moved)


@pytest.mark.data
def test_a_spectrum_is_learned(few, monkeypatch):
    monkeypatch.setattr(_pieces, "BATCH_SIZE", 2)
    network, history = vocoder.train(few, "spectrum", epochs=2, judged=0, steps=4, **TINY)
    assert history.valid_loss[1] < history.valid_loss[0]
    audio = vocoder.to_audio(vocoder.to_mel(few.train[0].audio), network)
    assert len(audio) == len(few.train[0].audio) // 200 * 200


@pytest.mark.data
def test_attention_is_learned_from_texts_alone(few, monkeypatch):
    monkeypatch.setattr(attending, "BATCH_SIZE", 2)
    size = {"width": 8, "hidden_size": 8, "n_encoder": 1, "show_progress": False}
    network, history = attending.train(few, epochs=2, steps=2, **size)
    assert history.valid_loss[1] < history.valid_loss[0]
    _, (lesson, *_) = acoustic.lessons(few.train, few.valid)
    looked = attending.looks(lesson, network)
    assert looked.shape == (-(-lesson.log_mel.shape[-1] // 4), len(lesson.tokens))
    np.testing.assert_allclose(looked.sum(axis=1), 1, atol=1e-5)


def test_where_looks_end_and_what_they_miss():
    tokens = ["^", "N", "OW1", " ", "Y", "EH1", "S", "."]
    path = [1, 1, 2, 4, 5, 6, 7]
    looked = np.eye(8)[path]
    assert attending.ends(looked, n_together=2).tolist() == [0, 4, 6, 6, 8, 10, 12, 14]
    assert attending.lost_and_repeated(looked, tokens) == (0, 0)
    assert attending.lost_and_repeated(np.eye(8)[[1, 2, 4, 2, 5]], tokens) == (0, 1)
    assert attending.lost_and_repeated(np.eye(8)[[1, 2, 3, 7]], tokens) == (1, 0)
    assert attending.lost_and_repeated(np.full((3, 8), 1 / 8), tokens) == (2, 0)


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
def test_a_text_is_spoken_faster_and_higher(few, monkeypatch):
    monkeypatch.setattr(acoustic.teaching, "BATCH_SIZE", 4)
    network, history = acoustic.train(few, epochs=2, judged=1, steps=4, **SMALL)
    assert history.train_loss[1] < history.train_loss[0]
    assert [history.n_epochs, len(history.valid_metric)] == [3, 2]
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
