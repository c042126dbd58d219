"""PESQ and STOI: published limits, the right way up, and plain words where there is no value."""

import builtins

import numpy as np
import pytest

from audiolessons import datasets, metrics, signals
from audiolessons.errors import AudioError
from audiolessons.metrics import perceptual

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def speech():
    """A sentence, read or synthesised, at 16000 Hz."""
    sentence = datasets.load("read_speech")[0]
    return signals.resample(sentence.audio, from_rate=sentence.sample_rate, to_rate=16000)[:64000]


def noisy(speech, snr_db, seed=0):
    noise = signals.white_noise(duration_s=4.0, sample_rate=16000, seed=seed)
    return signals.mix_at_snr(speech, noise, snr_db=snr_db)


@pytest.mark.scores
def test_speech_beside_itself_has_the_highest_score_of_the_standards(speech):
    """A raw PESQ of 4.5, mapped by the formulas of P.862.2 (wideband) and P.862.1 (narrowband)."""
    wideband = 0.999 + 4 / (1 + np.exp(-1.3669 * 4.5 + 3.8224))
    narrowband = 0.999 + 4 / (1 + np.exp(-1.4945 * 4.5 + 4.6607))
    assert metrics.pesq(speech, speech, sample_rate=16000) == pytest.approx(wideband, abs=1e-3)
    telephone = signals.resample(speech, from_rate=16000, to_rate=8000)
    score = metrics.pesq(telephone, telephone, sample_rate=8000)
    assert score == pytest.approx(narrowband, abs=1e-3)
    assert metrics.stoi(speech, speech, sample_rate=16000) == pytest.approx(1)


@pytest.mark.scores
def test_more_noise_scores_lower_and_level_does_not_matter(speech):
    for score in (metrics.pesq, metrics.stoi):
        values = [score(speech, noisy(speech, snr), sample_rate=16000) for snr in (30, 20, 10, 0)]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1] + 0.1
        softer = score(speech, 0.5 * noisy(speech, 10), sample_rate=16000)
        assert softer == pytest.approx(values[2], abs=0.01)


@pytest.mark.scores
def test_stoi_of_the_same_speech_at_another_rate(speech):
    mixture = noisy(speech, 5)
    low = [signals.resample(x, from_rate=16000, to_rate=10000) for x in (speech, mixture)]
    here = metrics.stoi(speech, mixture, sample_rate=16000)
    assert metrics.stoi(*low, sample_rate=10000) == pytest.approx(here, abs=0.01)


@pytest.mark.scores
def test_batches_are_scored_one_by_one(speech):
    estimates = np.stack([noisy(speech, snr) for snr in (20, 5)])
    references = np.stack([speech, speech])
    for score in (metrics.pesq, metrics.stoi):
        values = score(references, estimates, sample_rate=16000)
        assert values.shape == (2,)
        assert values[1] == score(speech, estimates[1], sample_rate=16000)
        assert np.ndim(score(speech, estimates[1], sample_rate=16000)) == 0


@pytest.mark.scores
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: metrics.pesq(x, x[:-1], sample_rate=16000), "cut both to the same length"),
        (lambda x: metrics.pesq(0 * x, x, sample_rate=16000), "reference is silent"),
        (lambda x: metrics.pesq(x, 0 * x, sample_rate=16000), "estimate is silent"),
        (lambda x: metrics.pesq(x, x, sample_rate=22050), "22050 Hz: PESQ is defined at 16000"),
        (lambda x: metrics.pesq(x[:1000], x[:1000], sample_rate=16000), "PESQ of 0.06 s at 16000"),
        (lambda x: metrics.stoi(x[:5000], x[:5000], sample_rate=16000), "STOI of 0.31 s has no"),
        (lambda x: metrics.stoi(x[:100], x[:100], sample_rate=16000), "give longer speech"),
        (lambda x: metrics.stoi(x, 0 * x, sample_rate=16000), "estimate is silent"),
        (lambda x: metrics.stoi(x, x, sample_rate=-1), "sample_rate is -1 Hz"),
    ],
)
def test_scores_that_do_not_exist(speech, call, message):
    with pytest.raises(AudioError, match=message):
        call(speech)


def test_without_the_packages_it_is_said_what_to_install(monkeypatch):
    """Everything else still runs."""
    real_import = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name in ("pesq", "pystoi"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)
    ones = np.random.default_rng(0).standard_normal(8000)
    with pytest.raises(AudioError, match=r"pesq needs the package pesq, .* C compiler.*si_sdr_db"):
        metrics.pesq(ones, ones, sample_rate=16000)
    with pytest.raises(AudioError, match=r"stoi needs the package pystoi, .* pip install pystoi;"):
        metrics.stoi(ones, ones, sample_rate=16000)
    assert metrics.missing_scores() == ["pesq", "stoi"]
    assert metrics.snr_db(ones, 0.9 * ones) == pytest.approx(20)


def test_missing_scores_agrees_with_what_can_be_imported():
    for score, package in perceptual.PACKAGES.items():
        try:
            __import__(package)
        except ImportError:
            assert score in metrics.missing_scores()
        else:
            assert score not in metrics.missing_scores()
