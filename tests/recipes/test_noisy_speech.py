"""Noisy speech: what its mixtures say about themselves."""

import numpy as np
import pytest

from audiolessons.recipes.tasks.denoising import noisy_speech


def sound(recording):
    audio = np.sin(np.arange(400, dtype=np.float32))
    return noisy_speech.Sound("a", audio, "hum", recording)


@pytest.mark.parametrize(
    ("voice", "noise", "both"),
    [
        ("read_speech/a", "environmental_sounds/b", "read_speech/a--environmental_sounds/b"),
        ("read_speech/a", None, None),
        (None, "environmental_sounds/b", None),
    ],
)
def test_a_mixture_names_both_recordings_or_is_ours(voice, noise, both):
    speech, noises = [sound(voice)], [sound(noise)]
    mixtures = noisy_speech.mix(
        noisy_speech.draw(speech, noises, n_each=1), speech, noises, part="test"
    )
    assert [mixture.recording for mixture in mixtures] == [both] * 4
