"""The map whose points are heard, in a browser: pressed, pointed at, by keyboard."""

from contextlib import contextmanager

import numpy as np
import pytest

from audiolessons.listen import SoundMap

pytestmark = pytest.mark.browser

EARS = """(() => {
  window.heard = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    heard.push(this.getAttribute("aria-label"));
    return play.call(this);
  };
})()"""


def sound_map():
    tones = [0.2 * np.sin(2 * np.pi * hz * np.arange(4000) / 16000) for hz in (300, 450, 600)]
    return SoundMap(
        [[0, 0], [3, 1], [1, 3], [2, 2], [0, 3]],
        labels=["a low tone", "a middle tone", "a high tone", "a drawn cross", "the word tone"],
        marks=["1", "2", "3", "x", "tone"],
        sounds={0: tones[0], 1: tones[1], 2: tones[2]},
        pictures={3: np.eye(8)},
        sample_rate=16000,
        alt="Three tones, a picture and a word in a plane.",
        codec="mp3",
    ).to_html()


@pytest.fixture
def opened(open_output):
    """`opened()`: a context with the page of the map; its sounds are noted in `heard`."""

    @contextmanager
    def open_page(**options):
        with open_output(sound_map(), **options) as page:
            page.evaluate(EARS)
            yield page

    return open_page


@pytest.mark.parametrize("built", [False, True])
def test_a_point_that_is_pressed_is_heard_and_named(opened, built):
    with opened(built=built) as page:
        for name in ("a high tone", "a low tone"):
            page.get_by_role("button", name=name).click()
            assert page.locator(".al-said").inner_text() == name
        assert page.evaluate("heard")[0] == "a high tone"
        assert page.evaluate("heard")[-1] == "a low tone"
        assert page.locator(".al-point.al-on").get_attribute("aria-label") == "a low tone"


def test_pointing_is_enough_once_something_was_pressed(opened):
    with opened() as page:
        page.get_by_role("button", name="a middle tone").hover()
        assert page.evaluate("heard") == []
        page.get_by_role("button", name="a low tone").click()
        page.get_by_role("button", name="a high tone").hover()
        assert page.evaluate("heard")[-1] == "a high tone"


def test_the_keyboard_reaches_and_plays_every_sound(opened):
    with opened() as page:
        page.get_by_role("button", name="a low tone").focus()
        for name, key in (("a low tone", "Enter"), ("a middle tone", " ")):
            page.keyboard.press(key)
            assert page.evaluate("heard")[-1] == name
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "a high tone"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone(opened, theme):
    with opened(width=360, theme=theme) as page:
        box = page.locator("svg.al-map").bounding_box()
        assert 200 < box["width"] <= 360
