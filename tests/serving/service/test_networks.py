"""What the service answers is what the book answers, alone or together, whole or in parts."""

import numpy as np
import pytest
import torch

from audiolessons import AudioError
from audiolessons.models import DenoisingStream
from audiolessons.recipes.speech.recognition import digit_strings
from audiolessons.recipes.tasks.denoising import voices_in_noise

RANDOM = np.random.default_rng(0)
LENGTHS = (400, 4001, 9000, 16000, 24003)


def noise(n_samples):
    return RANDOM.normal(scale=0.1, size=n_samples).astype(np.float32)


def test_together_is_as_alone(networks):
    sounds = [noise(n) for n in LENGTHS]
    for one, together in zip(sounds, networks.denoise(sounds), strict=True):
        np.testing.assert_allclose(networks.denoise([one])[0], together, atol=2e-5)
    alone = [networks.recognise([one])[0] for one in sounds]
    assert networks.recognise(sounds) == alone


@pytest.mark.parametrize(
    ("sounds", "message"),
    [
        ([], "there are no sounds"),
        ([np.zeros(0)], r"sound 0 has the shape \(0,\)"),
        ([np.zeros(400), np.zeros((2, 400))], r"sound 1 has the shape \(2, 400\)"),
    ],
)
def test_what_is_no_list_of_sounds_is_said(networks, sounds, message):
    for answer in (networks.denoise, networks.recognise):
        with pytest.raises(AudioError, match=message):
            answer(sounds)


@pytest.mark.data
def test_digits_are_heard_as_in_the_book(networks):
    some = digit_strings.strings(digit_strings.load(), "test")
    sounds = some.audio[:12]
    heard = [" ".join(one.word for one in words) for words in networks.recognise(sounds)]
    assert heard == digit_strings.recognise(digit_strings.trained(), sounds)
    words = networks.recognise(sounds)[0]
    assert all(0 <= one.start_s < one.end_s <= len(sounds[0]) / 8000 + 0.05 for one in words)


@pytest.mark.parametrize("sizes", [(256,), (1000,), (1, 255, 4096, 77), (5000,)])
def test_a_stream_cleans_as_the_whole(networks, sizes):
    sound = noise(9000)
    whole = networks.denoise([sound])[0]
    session, place, answers, turn = networks.stream("denoise"), 0, [], 0
    while place < len(sound):
        size = sizes[turn % len(sizes)]
        answers.append(session.push(sound[place : place + size]))
        place, turn = place + size, turn + 1
        n_out = sum(map(len, answers))
        assert n_out >= min(place, len(sound)) - 512  # latency
    answers.append(session.end())
    cleaned = np.concatenate(answers)
    assert cleaned.shape == whole.shape
    np.testing.assert_allclose(cleaned, whole, atol=2e-5)


@pytest.mark.parametrize("n_samples", [0, 1, 255, 256, 257, 512])
def test_short_streams_give_back_as_many_samples(networks, n_samples):
    session = networks.stream("denoise")
    answers = [session.push(noise(n_samples)), session.end()]
    assert sum(map(len, answers)) == n_samples


def test_two_streams_do_not_mix(networks):
    first, second = networks.stream("denoise"), networks.stream("denoise")
    one, other = noise(2560), noise(2560)
    mixed = []
    for start in range(0, 2560, 512):
        mixed.append(first.push(one[start : start + 512]))
        second.push(other[start : start + 512])
    np.testing.assert_allclose(
        np.concatenate([*mixed, first.end()]), networks.denoise([one])[0], atol=2e-5
    )


def test_the_graph_of_hops_is_the_stream_of_the_book(networks):
    stream, session, sound = (
        DenoisingStream(voices_in_noise.trained()),
        networks.stream("denoise"),
        noise(10 * 256),
    )
    ours = np.concatenate([session.push(sound[:768]), session.push(sound[768:])])
    theirs = stream.push(torch.from_numpy(sound)).numpy()[256:]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
