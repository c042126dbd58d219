"""The map whose points are heard: what it draws, what it refuses."""

import re

import numpy as np
import pytest

from audiolessons import AudioError
from audiolessons.listen import SoundMap, sound_map

TONE = 0.1 * np.sin(2 * np.pi * 440 * np.arange(800) / 8000)
GIVEN = {
    "points": [[0.0, 0.0], [2.0, 1.0], [1.0, 0.5]],
    "labels": ["seven, a voice", "a drawn 7", "the word seven"],
    "marks": ["7", "7", "seven"],
    "sounds": {0: TONE},
    "pictures": {1: np.eye(8)},
    "sample_rate": 8000,
    "alt": "A voice, a picture and a word on a line.",
    "codec": "mp3",
}


def html_of(**changes):
    given = {**GIVEN, **changes}
    return SoundMap(given.pop("points"), **given).to_html()


def places(page):
    found = re.findall(r'aria-label="([^"]*)" transform="translate\((-?\d+) (-?\d+)\)"', page)
    return {label: (int(x), int(y)) for label, x, y in found}


def test_every_point_is_drawn_named_and_inside():
    found = places(html_of())
    assert set(found) == set(GIVEN["labels"])
    assert all(0 < x < 600 and 0 < y < 420 for x, y in found.values())


def test_up_is_up_right_is_right_and_both_axes_have_one_scale():
    a, b, c = (places(html_of())[label] for label in GIVEN["labels"])
    assert a[0] < c[0] < b[0]
    assert a[1] > c[1] > b[1]  # pixels count downwards
    assert (b[0] - a[0]) == pytest.approx(2 * (a[1] - b[1]), abs=2)


def test_a_point_with_a_sound_is_a_button_that_finds_its_player():
    page = html_of(sounds={0: TONE, 2: 0.5 * TONE})
    buttons = re.findall(r'role="button" tabindex="0" data-sound="(\d)" aria-label="([^"]*)"', page)
    players = re.findall(r'<audio[^>]*aria-label="([^"]*)"', page)
    assert len(buttons) == 2
    assert {label: players[int(number)] for number, label in buttons} == {
        label: label for _, label in buttons
    }


def test_a_picture_is_drawn_pixel_by_pixel():
    page = html_of(pictures={1: np.eye(4)})
    assert 'd="M0 0h1v1h-1zM1 1h1v1h-1zM2 2h1v1h-1zM3 3h1v1h-1z"' in page
    wide = html_of(pictures={1: np.ones((1, 4))})
    assert 'd="M0 0h4v1h-4z"' in wide
    assert "rgb(0,0,0)" in wide
    assert "<path" not in html_of(pictures={1: np.zeros((4, 4))}).split("<script")[0]


def test_labels_are_text_and_no_markup():
    page = html_of(labels=["<b>&", "a drawn 7", "x"])
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_one_point_and_equal_points_have_a_place():
    one = {"labels": ["alone here"], "marks": ["1"], "pictures": {}}
    assert places(html_of(points=[[3.0, 4.0]], **one)) == {"alone here": (300, 210)}


def test_no_point_covers_another_and_all_stay_inside():
    random = np.random.default_rng(0)
    points = np.concatenate(
        [0.02 * random.standard_normal((40, 2)), [[1, 0], [0, 1]], np.zeros((18, 2))]
    )
    labels = [f"point {i}" for i in range(60)]
    page = html_of(points=points, labels=labels, marks=["x"] * 60, pictures={})
    found = np.array(list(places(page).values()), dtype=float)
    distance = np.linalg.norm(found[:, None] - found[None], axis=-1) + 1e9 * np.eye(60)
    assert distance.min() > 24
    assert (found >= 20).all()
    assert (found <= [580, 400]).all()


def test_points_far_apart_stay_where_they_are():
    far = places(html_of(points=[[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]]))
    assert far == {
        "seven, a voice": (26, 347),
        "a drawn 7": (574, 347),
        "the word seven": (300, 73),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [[0, 0], [1, 1]]}, r"shape \(2, 2\) for 3 labels"),
        ({"points": [[0, 0], [1, np.nan], [0, 1]]}, "finite"),
        ({"marks": ["7"]}, "1 marks for 3 points"),
        ({"sounds": {3: TONE}}, "sounds has 3"),
        ({"sounds": {1: TONE}}, "a sound and a picture"),
        ({"sounds": {}}, "no point has a sound"),
        ({"pictures": {1: np.full((8, 8), 16.0)}}, "leaves 0 to 1"),
        ({"pictures": {1: np.zeros((64, 64))}}, "at most 32 by 32"),
        ({"alt": "map.png"}, "say in a sentence"),
        ({"points": None}, "points"),
        ({"points": [[0], [1, 1], [2, 2]]}, "points is no array of real numbers, but a list"),
        ({"points": 1j * np.ones((3, 2))}, "points is no array of real numbers"),
        ({"sounds": [TONE]}, "sounds is a list: give a dict"),
        ({"sounds": None}, "sounds is a NoneType"),
        ({"sounds": {"seven": TONE}}, "its keys are places"),
        ({"sounds": {1.0: TONE}}, r"sounds has 1\.0: its keys are places"),
        ({"pictures": {1: "seven"}}, "a picture is no array of real numbers, but a str"),
        ({"sounds": {0: np.array([])}}, "audio"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes, message):
    with pytest.raises(AudioError, match=message):
        html_of(**changes)


def test_points_that_all_but_meet_part():
    near = places(html_of(points=[[0.0, 0.0], [1e-300, 0.0], [0.0, 1e-320]]))
    assert len(set(near.values())) == 3


def test_too_many_points_are_refused():
    with pytest.raises(AudioError, match="81 points"):
        html_of(points=np.zeros((81, 2)), labels=["x"] * 81, marks=["x"] * 81)


def test_it_shows_as_text_what_it_holds(capsys):
    given = {key: value for key, value in GIVEN.items() if key not in ("points", "codec")}
    sound_map(GIVEN["points"], **given)
    assert "1 sounds, 1 pictures, 1 words" in capsys.readouterr().out
