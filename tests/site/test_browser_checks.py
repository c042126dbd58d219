"""Every check in the browser is seen to fail on a page with the fault that it looks for."""

import io
import itertools
import json

import browser_checks as checks
import numpy as np
import pytest
import soundfile

from audiolessons.listen.elements import script

pytestmark = pytest.mark.browser

EXPLORE = script("element", "explore")
PAGE = """<!DOCTYPE html><html lang="en"><head><title>T</title><meta charset="utf-8">
<link rel="icon" href="data:,"></head>
<body><main><article><h1>Title</h1>{}</article></main></body></html>"""
GOOD_SOUND = '<audio controls preload="none" aria-label="A tone" src="tone.mp3"></audio>'
FOLD = (
    '<div class="tag_solution"><details class="hide"><summary>{}</summary><p>x</p></details></div>'
)


def slider(values=("100 Hz", "200 Hz", "300 Hz"), n_frames=3, scripts=EXPLORE):
    parameters = json.dumps([{"name": "frequency", "values": list(values), "start": 0}])
    frames = "".join(
        f'<details class="al-frame"{" open" if i == 0 else ""}><summary>{i}</summary>'
        f"<p>frame {i}</p></details>"
        for i in range(n_frames)
    )
    return f"<al-explore data-parameters='{parameters}'>{frames}</al-explore>{scripts}"


@pytest.fixture
def problems_of(browser, serve, tmp_path):
    """`problems_of(body, check)`: what the check finds on a page with this body."""
    buffer = io.BytesIO()
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    soundfile.write(buffer, tone, 8000, format="MP3")
    (tmp_path / "tone.mp3").write_bytes(buffer.getvalue())
    (tmp_path / "bad.mp3").write_bytes(b"this is no sound")
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty.txt").write_text("")
    file = tmp_path / "page.html"
    file.write_text(PAGE.replace("{}", ""), encoding="utf-8")
    address = f"{serve(tmp_path)}/page.html"
    number = itertools.count()
    with checks.watched_page(browser, address, width=390, theme="light") as (page, problems):

        def run(body, check=None, *arguments):
            file.write_text(PAGE.replace("{}", body), encoding="utf-8")
            problems.clear()
            checks.go(page, f"{address}?{next(number)}")  # nothing comes from the cache
            return check(page, *arguments) if check else list(problems)

        yield run


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<script>console.error('broken')</script>", "console error: broken"),
        ("<script>console.warn('odd')</script>", "console warning: odd"),
        ("<script>nothing.at.all()</script>", "error: nothing is not defined"),
        ('<img alt="x" src="gone.png">', "status 404"),
        ('<img alt="x" src="http://127.0.0.1:9/x.png">', "request to another origin"),
    ],
)
def test_what_goes_wrong_on_a_page_is_noted(problems_of, body, message):
    assert problems_of("<p>quiet</p>") == []
    assert any(message in problem for problem in problems_of(body))


def test_a_wide_page_is_found(problems_of):
    assert problems_of("<p>text</p>", checks.wider_than_window) == []
    wide = '<div style="width:700px">x</div>'
    assert problems_of(wide, checks.wider_than_window)
    inside = f'<div style="overflow-x:auto">{wide}</div>'
    assert problems_of(inside, checks.wider_than_window) == []


def test_a_broken_picture_is_found(problems_of):
    good = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    assert problems_of(f'<img alt="x" loading="lazy" src="{good}">', checks.broken_pictures) == []
    assert problems_of('<img alt="x" src="bad.mp3">', checks.broken_pictures)


def test_a_silent_player_is_found(problems_of):
    assert problems_of(GOOD_SOUND, checks.silent_players) == []
    for source in ("bad.mp3", "gone.mp3"):
        assert problems_of(GOOD_SOUND.replace("tone.mp3", source), checks.silent_players)


def test_a_dead_slider_is_found(problems_of):
    assert problems_of(slider(), checks.dead_sliders) == []
    assert "a slider without a control" in problems_of(slider(scripts=""), checks.dead_sliders)
    assert "2 frames, not 3" in problems_of(slider(n_frames=2), checks.dead_sliders)
    stuck = EXPLORE.replace("i !== position", "i !== 0")
    assert stuck != EXPLORE
    assert "position 1 shows another frame" in problems_of(
        slider(scripts=stuck), checks.dead_sliders
    )
    mute = EXPLORE.replace('"aria-valuetext"', '"data-value"')
    assert mute != EXPLORE
    assert any("not read out" in p for p in problems_of(slider(scripts=mute), checks.dead_sliders))


def test_a_stuck_fold_is_found(problems_of):
    assert problems_of(FOLD.format("Show solution"), checks.stuck_folds) == []
    stuck = FOLD.format("Show solution") + (
        "<script>document.querySelector('summary').onclick = (e) => e.preventDefault()</script>"
    )
    assert problems_of(stuck, checks.stuck_folds) == ["'Show solution' does not open"]
    assert problems_of(FOLD.format("Show code"), checks.stuck_folds)


def test_a_dead_download_is_found(problems_of):
    assert problems_of('<a download href="file.txt">x</a>', checks.dead_downloads) == []
    for name in ("gone.txt", "empty.txt"):
        assert problems_of(f'<a download href="{name}">x</a>', checks.dead_downloads)


@pytest.mark.parametrize(
    "body",
    ['<p style="color:#ccc">pale</p>', '<img src="data:,">', "<button></button>", "<h4>deep</h4>"],
)
def test_a_barrier_is_found(problems_of, axe, body):
    assert problems_of("<p>text</p>", checks.barriers, axe) == []
    assert problems_of(body, checks.barriers, axe)


def test_a_pale_word_among_many_like_places_is_found(problems_of, axe):
    """Like places are looked at once; another class, style or surrounding is another place."""
    dark = "<p>text <em>word</em> <code>x</code></p>" * 20
    assert problems_of(dark, checks.barriers, axe) == []
    pale = "color:#ccc"
    frame = "<details class=al-frame{}><summary>name</summary><p>word</p></details>"
    for late in (
        f"<p>text <em style='{pale}'>word</em></p>",
        f"<style>.pale em {{{pale}}}</style><p class=pale>text <em>word</em></p>",
        f"<style>li em {{{pale}}}</style><ul><li><em>word</em></li></ul>",
        f"<style>em em {{{pale}}}</style><p>text <em><em>word</em></em></p>",
        f"<table><tr><td>one</td></tr><tr><td style='{pale}'>two</td></tr></table>",
        f"<style>.al-frame p {{{pale}}}</style>{frame.format('')}{frame.format(' open')}",
    ):
        (found,) = problems_of(dark + late + dark, checks.barriers, axe)
        assert found.startswith("color-contrast")


def test_barriers_are_looked_for_where_it_is_said(problems_of, axe):
    def barriers_of_players(page):
        return checks.barriers(page, axe, within=".al-player")

    pale = "<p style='color:#ccc'>pale</p>"
    body = f"{pale}<div class='al-player'>{{}}</div>"
    assert problems_of(body.format("<p>text</p>"), barriers_of_players) == []
    assert problems_of(body.format(pale), barriers_of_players)


def test_a_page_is_whole_after_it_was_looked_at(browser, axe):
    page = browser.new_page()
    page.set_content(
        "<html lang=en><title>x</title><main><article><h1>x</h1>" + "<p>a <em>b</em></p>" * 5
    )
    before = page.content()
    checks.barriers(page, axe)
    assert page.content() == before
    page.close()


def test_code_that_is_cut_off_is_found(problems_of):
    code = "<pre style='overflow-x:auto;width:{}px'>{}</pre>"
    assert problems_of(code.format(300, "x = 1"), checks.cut_off_code) == []
    assert problems_of(code.format(300, "x" * 101), checks.cut_off_code) == []
    cut = code.format(300, "short\n" + "x" * 100)
    assert problems_of(cut, checks.cut_off_code)
    assert problems_of(f"<details>{cut}</details>", checks.cut_off_code)


def test_a_sound_below_the_first_screen_is_found(problems_of):
    chapter = '<div class="al-player">{}</div><h2 id="hear-it-first">Hear it first</h2>'
    player = chapter.format(GOOD_SOUND)
    assert problems_of(player, checks.late_start) == []
    late = '<div style="height:800px">text</div>'
    assert problems_of(late + player, checks.late_start)
    assert problems_of(chapter.format("nothing"), checks.late_start)
    assert problems_of(late, checks.late_start) == []  # no chapter
