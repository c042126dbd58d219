"""A recogniser on a stream: the answers of the whole sound, whatever the parts, and no later."""

import pytest
import torch

from audiolessons import matching, models, transforms
from audiolessons.errors import AudioError

FRAMES = {"n_fft": 512, "hop_length": 160}


@pytest.fixture(scope="module")
def recogniser():
    torch.manual_seed(0)
    model = models.Recogniser(6, n_mels=12, n_channels=3, hidden_size=7, n_layers=2, causal=True)
    with torch.no_grad():
        for norm in (model.normalize, *model.norms):  # as if trained: 0 is not 0 behind them
            norm.running_mean += torch.randn_like(norm.running_mean)
    to_log_mel = transforms.LogMel(sample_rate=16000, n_mels=12, top_db=None, **FRAMES)
    return model.eval(), to_log_mel


@pytest.mark.parametrize("size", [11, 160, 999, 4000])
@pytest.mark.parametrize("n_samples", [4000, 80])
def test_parts_give_what_the_whole_gives(recogniser, size, n_samples):
    model, to_log_mel = recogniser
    sound = torch.randn(n_samples)
    whole = model(to_log_mel(sound)[None])[0].detach()
    stream = models.RecognitionStream(*recogniser, **FRAMES)
    answers = torch.cat([*map(stream.push, sound.split(size)), stream.flush()])
    torch.testing.assert_close(answers, whole, atol=1e-4, rtol=1e-4)
    assert stream.tokens == list(matching.best_path(whole.log_softmax(dim=-1).numpy()))


def test_an_answer_comes_within_the_latency(recogniser):
    stream = models.RecognitionStream(*recogniser, **FRAMES)
    assert stream.latency_samples == 4 * 160 + 256
    n_answers, came = 0, []
    for n, part in enumerate(torch.randn(3000).split(1), start=1):
        n_answers += len(stream.push(part))
        came.append(n_answers)
        # The next moment that is answered for, 640 samples after the last, is at most 896 away.
        assert 640 * n_answers > n - stream.latency_samples
    assert came[255] == 1  # half a frame behind sample 0
    assert came[254] == 0


def test_memory_does_not_grow(recogniser):
    stream = models.RecognitionStream(*recogniser, **FRAMES)
    for _ in range(20):
        stream.push(torch.randn(1000))
        assert len(stream._samples) < 2 * 512 + 160
        assert all(before.shape[-1] <= 3 for before in stream._before)


def test_what_is_no_stream_is_named_and_the_stream_goes_on(recogniser):
    model, to_log_mel = recogniser
    with pytest.raises(AudioError, match=r"give a Recogniser\(..., causal=True\)"):
        models.RecognitionStream(models.Recogniser(6), to_log_mel, **FRAMES)
    sound = torch.randn(2000)
    stream = models.RecognitionStream(*recogniser, **FRAMES)
    first = stream.push(sound[:1000])
    for wrong, message in (
        (torch.zeros(1, 10), r"shape \(1, 10\): give floats"),
        (torch.zeros(10, dtype=torch.int16), "torch.int16"),
        (torch.full((10,), torch.nan), "NaN or infinity"),
    ):
        with pytest.raises(AudioError, match=message):
            stream.push(wrong)
    answers = torch.cat([first, stream.push(sound[1000:]), stream.flush()])
    whole = model(to_log_mel(sound)[None])[0]
    torch.testing.assert_close(answers, whole, atol=1e-4, rtol=1e-4)
