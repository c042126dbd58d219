"""The map whose points are heard, in a browser: pressed, pointed at, by keyboard."""

from pathlib import Path

import browser_checks as checks
import numpy as np
import pytest
from lessons import media

from audiolessons.listen import SoundMap

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PAGE = """<!DOCTYPE html><html lang="en" data-theme="{theme}"><head><title>T</title>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>{css}
body {{ font: 16px/1.5 sans-serif; max-width: 45rem; margin: 1rem auto; padding: 0 1rem }}
html[data-theme="dark"] {{ background: #121212; color: #eee }}</style></head>
<body><main><article class="bd-article"><h1>A map</h1>{body}</article></main></body></html>"""
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
def opened(browser, serve, tmp_path):
    """`opened()`: a context with the page; leaving it asserts that nothing went wrong."""
    from contextlib import contextmanager

    address = serve(tmp_path)

    @contextmanager
    def open_page(*, width=1200, theme="light", built=False):
        body = sound_map()
        if built:  # as the site has it: sounds are files, the script is one, too
            moved = media.move(body, prefix="", folder=tmp_path)
            for name, content in moved.files.items():
                (tmp_path / name).write_bytes(content)
            assert moved.scripts == {"soundmap.js"}
            script = (ROOT / "audiolessons/static/soundmap.js").read_text(encoding="utf-8")
            (tmp_path / "soundmap.js").write_text(script, encoding="utf-8")
            body = f'<script defer src="soundmap.js"></script>{moved.html}'
        css = (ROOT / "book/_static/lessons.css").read_text(encoding="utf-8")
        page_text = PAGE.format(theme=theme, css=css, body=body)
        (tmp_path / "page.html").write_text(page_text, encoding="utf-8")
        with checks.watched_page(browser, f"{address}/page.html", width=width, theme=theme) as (
            page,
            problems,
        ):
            page.evaluate(EARS)
            yield page
            problems += checks.wider_than_window(page)
            assert problems == []

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
