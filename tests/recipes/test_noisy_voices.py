"""Many voices in noise: who is heard in the scenes, and what a mixture holds."""

from collections import Counter

import numpy as np
import pytest

from audiolessons import datasets, results
from audiolessons.recipes.tasks.denoising import _foreign_noise, noisy_voices


def test_the_stored_scenes_keep_voices_and_noises_apart():
    scenes = results.read_scenes("voices_in_noise")
    assert {part: len(both) for part, both in scenes.items()} == {"valid": 32, "test": 200}
    assert Counter(one["room"] is None for one in scenes["test"]) == {True: 100, False: 100}
    recorded = [one["noise"] for one in scenes["test"] if one["noise"][:2] == "5-"]
    assert len(recorded) == 100  # ESC-10's last fold
    assert all(one["noise"].startswith("4-") for one in scenes["valid"])
    assert len({one["speech"].split("-")[0] for one in scenes["test"]}) == 70


def test_a_crowd_is_without_the_one_who_speaks():
    for scene in results.read_scenes("voices_in_noise")["test"]:
        if "+" in scene["noise"]:
            speaker = scene["speech"].split("-")[0]
            assert speaker not in [one.split("-")[0] for one in scene["noise"].split("+")]


@pytest.mark.parametrize("kind", _foreign_noise.MAKERS)
def test_noises_of_foreign_make_are_the_same_for_the_same_seed(kind):
    first, again, other = (_foreign_noise.foreign_noise(kind, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert abs(np.sqrt(np.mean(first**2)) - 0.1) < 1e-4


def test_speakers_are_held_back_from_both_sexes():
    people = {one.speaker: one.sex for one in datasets.load("many_voices", split="train")}
    sexes = Counter(people[one] for one in noisy_voices.held_back_speakers())
    assert sexes["woman"] == sexes["man"] > 0


def test_mixtures_have_the_ratio_that_they_say():
    for mixture in noisy_voices.load("valid", every=16):
        noise = mixture.noisy - mixture.clean
        ratio_db = 10 * np.log10(np.mean(mixture.clean**2) / np.mean(noise**2))
        assert abs(ratio_db - mixture.snr_db) < 0.1
