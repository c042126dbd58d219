"""Rooms: how long they take to fall silent."""

import numpy as np
import pytest

from audiolessons import filters
from audiolessons.errors import AudioError

RATE = 16000


@pytest.mark.parametrize("rt60_s", [0.2, 0.6])
def test_the_reverberation_time_is_read_off_the_response(rt60_s):
    response = filters.synthetic_room(sample_rate=RATE, rt60_s=rt60_s, seed=0, reverberation_db=30)
    found_s = filters.reverberation_time(np.append(np.zeros(100), response), sample_rate=RATE)
    assert abs(found_s / rt60_s - 1) < 0.1


@pytest.mark.parametrize("response", [np.zeros(100), np.ones((2, 100)), np.ones(100)])
def test_what_does_not_fall_silent_has_no_reverberation_time(response):
    with pytest.raises(AudioError, match="impulse_response"):
        filters.reverberation_time(response, sample_rate=RATE)
