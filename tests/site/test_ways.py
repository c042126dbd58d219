"""Ways through the book: made from the chapters, and complete."""

import re
from pathlib import Path

import pytest
from lessons import ways
from sphinx.errors import ExtensionError

ROOT = Path(__file__).parents[2]


def chapter(name, *needs, minutes=30.0):
    return ways.Chapter(name, name.split("/")[1].title(), needs, minutes)


@pytest.fixture
def found():
    """A small book: what `d` needs of `a` it has by `b` as well, and by no other way of `c`."""
    some = [
        chapter("p/a"),
        chapter("p/b", "p/a"),
        chapter("p/c", "p/b"),
        chapter("q/d", "p/b", "p/a", minutes=90.0),
        chapter("q/e", "p/a", "p/c"),
        chapter("q/f", "p/a"),
        chapter("q/g", "p/c", "q/f"),
    ]
    return {one.name: one for one in some}


@pytest.fixture(scope="module")
def book():
    return ways.chapters(ROOT)


def test_what_comes_by_another_way_is_not_drawn(found):
    assert ways.nearest("q/d", found) == ["p/b"]
    assert ways.nearest("q/g", found) == ["p/c", "q/f"]
    assert ways.all_needed("q/e", found) == {"p/a", "p/b", "p/c"}


def test_a_line_has_a_place_in_each_row_that_it_passes(found):
    assert ("q/f", (2, "q/f", "q/g"), "q/g") in ways.links_of(found)
    assert ("p/a", "p/b") in ways.links_of(found)


def test_each_chapter_stands_below_what_it_needs_and_beside_the_others(found):
    places = ways.places_of(found)
    for name, one in found.items():
        assert all(places[need][1] < places[name][1] for need in one.needs)
    boxes = [places[name] for name in found]
    for n, (x, y) in enumerate(boxes):
        assert all(y != other_y or abs(x - other_x) > ways.WIDTH for other_x, other_y in boxes[:n])


def test_the_map_links_every_chapter(found):
    svg = ways.picture(found, lambda name: f"../{name}.html")
    assert re.findall(r'href="([^"]+)"', svg) == [f"../{name}.html" for name in found]
    assert svg.count("<path") == len(ways.links_of(found))


def test_the_table_adds_what_a_chapter_needs(found):
    stored = {"d.processor_s": {"value": 41.6}, "d.memory_mb": {"value": 1234.0}}
    lines = {line.split("]")[0][3:]: line for line in ways.costs(found, stored).splitlines()[2:-2]}
    assert lines["D"].endswith("| [B](/book/p/b.ipynb) | 90 | 2 hours | 42 | 1.2 GB |")
    assert lines["A"].endswith("| nothing | 30 | an hour | not measured | not measured |")
    assert ways.costs(found, {}).splitlines()[2].endswith("| nothing | 30 | an hour |")


def test_a_path_lists_its_chapters_and_names_a_stranger(found):
    assert ways.path(["p/a", "q/d"], found).splitlines()[-1].endswith("about 2 hours of reading.")
    with pytest.raises(ExtensionError, match="names p/x, which is no chapter"):
        ways.path(["p/a", "p/x"], found)


def test_what_a_chapter_needs_comes_earlier_in_the_book(book):
    names = list(book)
    late = [
        f"{name} needs {one}, which comes later"
        for n, name in enumerate(names)
        for one in book[name].needs
        if one not in names[:n]
    ]
    assert not late


def test_only_the_first_chapter_needs_nothing(book):
    assert [name for name in book if not book[name].needs] == ["sound/signals"]


def test_a_reading_path_leaves_nothing_out(book):
    page = (ROOT / "book/reference/ways.md").read_text(encoding="utf-8")
    paths = re.findall(r"^```\{reading-path\}\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert len(paths) >= 5
    for text in paths:
        names = text.split()
        for n, name in enumerate(names):
            assert ways.all_needed(name, book) <= set(names[:n]), name


def test_every_chapter_has_its_row_of_subjects():
    """The page on the articles names each chapter that there is."""
    page = (ROOT / "book/reference/articles.md").read_text(encoding="utf-8")
    assert not [name for name in ways.chapters(ROOT) if f"../{name}.ipynb" not in page]
