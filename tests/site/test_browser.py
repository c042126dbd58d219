"""Every page of the built site in a browser: on a phone in the light, on a desk in the dark."""

from pathlib import Path

import browser_checks as checks
import pytest
import site_checks

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = [path.relative_to(SITE).as_posix() for path in site_checks.page_files(SITE)]
WAYS = [(390, "light"), (1400, "dark")]

pytestmark = pytest.mark.browser


def page(name):
    """One page; with sounds of recordings in it, it is looked at with them and without them."""
    of_recordings = 'class="al-credit"' in (SITE / name).read_text(encoding="utf-8")
    return pytest.param(name, marks=[pytest.mark.data] if of_recordings else [])


@pytest.mark.parametrize(("width", "theme"), WAYS, ids=["phone-light", "desk-dark"])
@pytest.mark.parametrize("name", [page(name) for name in PAGES] or ["index.html"])
def test_page(site_address, browser, axe, name, width, theme):
    if name == "index.html":
        return  # sends the reader on to the front page, which is tested by its own name
    with checks.watched_page(browser, f"{site_address}/{name}", width=width, theme=theme) as (
        page,
        problems,
    ):
        assert page.evaluate("document.documentElement.dataset.theme || 'none'") in (theme, "none")
        problems += checks.late_start(page)
        problems += checks.wider_than_window(page)
        problems += checks.dead_sliders(page)
        problems += checks.stuck_folds(page)
        if width > 1000:
            problems += checks.cut_off_code(page)
            problems += checks.broken_pictures(page)
            problems += checks.silent_players(page)
            problems += checks.dead_downloads(page)
        problems += checks.wider_than_window(page)
        problems += checks.barriers(page, axe)
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
