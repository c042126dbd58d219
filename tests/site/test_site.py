"""The built site, without a browser: links, media, texts, downloads, weight."""

from pathlib import Path

import pytest
import site_checks as checks
import yaml

ROOT = Path(__file__).parents[2]
RULES = [
    checks.foreign_resources,
    checks.data_payloads,
    checks.pictures_without_text,
    checks.sounds_without_text,
    checks.raw_markup,
    checks.failed_formulae,
    checks.repeated_scripts,
    checks.missing_head,
]
RULES_WITH_SITE = [checks.broken_links, checks.missing_resources, checks.too_heavy]


def _found(rule, site, pages):
    arguments = (site,) if rule in (*RULES_WITH_SITE, checks.missing_downloads) else ()
    return [
        f"{rule.__name__}, {page.relative_to(site)}: {problem}"
        for page in pages
        for problem in rule(*arguments, page)
    ]


@pytest.fixture
def pages(site):
    """Every page; what was read of them is large, and is let go afterwards."""
    yield checks.page_files(site)
    checks.forget()


@pytest.mark.slow("reads every page of the site once, for all rules")
@pytest.mark.data  # of the recordings, whose sounds are carried or explained
def test_every_page(site, pages):
    """All rules in one test: to read the pages takes longer than to judge them."""
    chapters = [
        path
        for path in pages
        if (ROOT / path.relative_to(site)).with_suffix(".ipynb").is_file()
        and path.name != "intro.html"  # the front page is no chapter
    ]
    assert chapters
    found = [problem for rule in RULES + RULES_WITH_SITE for problem in _found(rule, site, pages)]
    assert found + _found(checks.missing_downloads, site, chapters) == []


def test_every_file_of_the_contents_has_its_page(site):
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")

    def files(part):
        if isinstance(part, dict):
            yield from (v for k, v in part.items() if k in ("root", "file"))
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                yield from files(item)

    listed = list(files(yaml.safe_load(text)))
    assert listed
    assert [name for name in listed if not (site / f"{name}.html").is_file()] == []


def test_style_sheet_loads_nothing_from_elsewhere(site):
    css = (site / "_static" / "site.css").read_text(encoding="utf-8")
    assert len(css) > 20_000
    assert checks.foreign_styles(css) == []


def test_search_index_knows_the_chapters(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex(")
    assert '"book/intro"' in index
