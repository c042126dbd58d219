"""How much of an echo is gone."""

import numpy as np
import pytest

from audiolessons import metrics
from audiolessons.errors import AudioError

NOISE = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 16000))


def test_a_tenth_of_the_amplitude_is_20_db():
    np.testing.assert_allclose(metrics.erle_db(NOISE, 0.1 * NOISE), [20, 20])
    assert metrics.erle_db(NOISE[0], NOISE[0]) == 0
    assert metrics.erle_db(NOISE[0], np.zeros(16000)) == np.inf


@pytest.mark.parametrize(
    ("microphone", "output", "said"),
    [(NOISE, NOISE[0], r"\(16000,\)"), (np.zeros(5), np.ones(5), "microphone is silent")],
)
def test_what_has_no_value_is_refused(microphone, output, said):
    with pytest.raises(AudioError, match=said):
        metrics.erle_db(microphone, output)


def test_what_aecmos_cannot_judge_is_refused():
    with pytest.raises(AudioError, match="8000 Hz"):
        metrics.aecmos(*3 * [NOISE[0]], sample_rate=8000)
    with pytest.raises(AudioError, match="one length"):
        metrics.aecmos(NOISE[0], NOISE[0], NOISE[0][:-1], sample_rate=16000)
