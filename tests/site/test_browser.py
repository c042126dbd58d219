"""Every page of the built site in a browser: on a phone in the light, on a desk in the dark."""

from contextlib import ExitStack
from pathlib import Path

import browser_checks as checks
import pytest
import site_checks

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = [path.relative_to(SITE).as_posix() for path in site_checks.page_files(SITE)]
WAYS = [(390, "light"), (1400, "dark")]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def visit(site_address, browser):
    """`visit(name, width=..., theme=...)`: a page and what goes wrong on it; one window each way.

    To open a window takes longer than to read a small page.
    """
    windows = {}
    with ExitStack() as stack:

        def open_page(name, **way):
            if (key := tuple(way.values())) not in windows:
                window = checks.watched_page(browser, f"{site_address}/404.html", **way)
                windows[key] = stack.enter_context(window)
            page, problems = windows[key]
            problems.clear()
            checks.go(page, f"{site_address}/{name}")
            return page, problems

        yield open_page


ways = pytest.mark.parametrize(("width", "theme"), WAYS, ids=["phone-light", "desk-dark"])


@ways
@pytest.mark.parametrize("name", PAGES or ["index.html"])
def test_page(visit, axe, name, width, theme):
    if name == "index.html":
        return  # sends the reader on to the front page, which is tested by its own name
    page, problems = visit(name, width=width, theme=theme)
    assert page.evaluate("document.documentElement.dataset.theme || 'none'") in (theme, "none")
    problems += checks.late_start(page)
    problems += checks.wider_than_window(page)
    problems += checks.dead_sliders(page)
    if width > 1000:
        problems += checks.stuck_folds(page)  # by keyboard
        problems += checks.cut_off_code(page)
        problems += checks.broken_pictures(page)
        problems += checks.silent_players(page)
        problems += checks.dead_downloads(page)
    checks.open_folds(page)
    problems += checks.wider_than_window(page)
    problems += checks.barriers(page, axe)
    assert problems == []


# What holds sounds; the rest of a page is the same whether its recordings are there or not.
SOUNDS = ".al-player, al-compare, al-explore, al-listening, al-map"


def without_recordings(name):
    return 'class="al-absent"' in (SITE / name).read_text(encoding="utf-8")


@pytest.mark.data
@ways
@pytest.mark.parametrize("name", [name for name in PAGES if without_recordings(name)])
def test_what_stands_where_recordings_are_not(visit, axe, name, width, theme):
    page, problems = visit(name, width=width, theme=theme)
    problems += checks.late_start(page)
    problems += checks.dead_sliders(page)
    if width > 1000:
        problems += checks.silent_players(page)
    checks.open_folds(page)
    problems += checks.wider_than_window(page)
    problems += checks.barriers(page, axe, within=SOUNDS)
    assert problems == []


def test_search_finds_a_page(site_address, browser):
    address = f"{site_address}/search.html?q=sound"
    with checks.watched_page(browser, address, width=1400, theme="light") as (page, problems):
        page.wait_for_selector("#search-results ul.search li a", timeout=20_000)
        problems += checks.wider_than_window(page)
        assert problems == []


def test_a_phone_opens_the_contents(site_address, browser):
    address = f"{site_address}/book/intro.html"
    with checks.watched_page(browser, address, width=390, theme="light") as (page, problems):
        page.click("button.primary-toggle")
        page.wait_for_selector("dialog#pst-primary-sidebar-modal[open] a.reference")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog#pst-primary-sidebar-modal:not([open])", state="attached")
        assert problems == []


def test_the_switch_changes_the_colours(site_address, browser):
    address = f"{site_address}/book/intro.html"
    with checks.watched_page(browser, address, width=1400, theme="light") as (page, problems):
        seen = set()
        for _ in range(3):
            page.click("button.theme-switch-button")
            seen.add(page.evaluate("document.documentElement.dataset.theme"))
        assert seen == {"light", "dark"}
        assert problems == []
