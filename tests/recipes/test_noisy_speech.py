"""Noisy speech: what its mixtures say about themselves."""

import numpy as np
import pytest

from audiolessons.recipes.tasks import noisy_speech


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
    [mixture] = noisy_speech.mix([sound(voice)], [sound(noise)], snrs_db=(5,), n_each=1)
    assert mixture.recording == both
