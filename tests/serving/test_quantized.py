"""Graphs of whole numbers: smaller, and nearly the same answers; delays after a warm-up."""

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.serving import quantized, session, timing


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return models.FoldedCNN(models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(16, 32, 32)))


@pytest.fixture(scope="module")
def whole(network):
    return quantized.word_graph(network, n_bands=12)


@pytest.fixture(scope="module")
def sounds():
    random = np.random.default_rng(0)
    return [random.normal(size=(1, 12, n)).astype(np.float32) for n in (9, 14, 20, 31)]


def _answers(content, sounds):
    running = session(content)
    return np.concatenate([running.run(None, {"bands": one})[0] for one in sounds])


def test_a_graph_hears_words_of_any_length(network, whole, sounds):
    with torch.no_grad():
        ours = torch.cat([network(torch.from_numpy(one)) for one in sounds]).numpy()
    np.testing.assert_allclose(_answers(whole, sounds), ours, atol=1e-5)


def test_static_graphs_are_small_and_answer_as_grids_do(network, whole, sounds):
    small = quantized.quantize_static(whole, [{"bands": one} for one in sounds])
    assert quantized.weights_bytes(small) < 0.3 * quantized.weights_bytes(whole)
    exact, coarse = _answers(whole, sounds), _answers(small, sounds)
    step = np.abs(coarse - exact).max() / exact.std()
    assert 0 < step < 0.15
    torch.manual_seed(0)
    same = models.FoldedCNN(models.SpectrogramCNN(n_mels=12, n_classes=3, channels=(16, 32, 32)))
    grids = models.quantize_aware(same, n_bits=8)
    with torch.no_grad():
        for one in sounds:
            grids(torch.from_numpy(one))
        models.watch(grids, False)
        simulated = torch.cat([grids(torch.from_numpy(one)) for one in sounds]).numpy()
    assert np.abs(simulated - coarse).max() / exact.std() < 0.15


def test_dynamic_graphs_are_small_and_answer_nearly_the_same(whole, sounds):
    small = quantized.quantize_dynamic(whole)
    assert quantized.weights_bytes(small) < 0.3 * quantized.weights_bytes(whole)
    exact = _answers(whole, sounds)
    assert np.abs(_answers(small, sounds) - exact).max() / exact.std() < 0.3


def test_nothing_to_calibrate_on(whole):
    with pytest.raises(AudioError, match="there are no examples"):
        quantized.quantize_static(whole, [])


def test_what_is_no_graph_or_no_example_of_it(whole, sounds):
    with pytest.raises(AudioError, match=r"example 0 is \['band'\]: .*each of the inputs bands"):
        quantized.quantize_static(whole, [{"band": sounds[0]}])
    with pytest.raises(AudioError, match="example 0 is ndarray"):
        quantized.quantize_static(whole, sounds)
    for broken in (b"rubbish", b"", "a path"):
        with pytest.raises(AudioError, match="content"):
            quantized.quantize_dynamic(broken)
        with pytest.raises(AudioError, match="content"):
            quantized.weights_bytes(broken)


def test_the_first_calls_are_not_timed():
    calls = []
    taken = timing.call_times_ms(lambda: calls.append(1), n_calls=7, n_warm_up=3)
    assert len(calls) == 10
    assert taken.shape == (7,)
    with pytest.raises(AudioError, match="n_calls"):
        timing.call_times_ms(lambda: None, n_calls=0)
