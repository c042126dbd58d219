"""Tables of stored results: what they show, what stands below, what is missing."""

import pytest

from audiolessons import results
from audiolessons.errors import AudioError
from audiolessons.results import Row


@pytest.fixture
def folder(tmp_path):
    for day, (name, share) in enumerate((("green", 93.4167), ("black", 80.0)), start=26):
        rows = [
            Row("share", share, "%", ">= 90", spread=(share - 5, share + 5)),
            Row("cups.small", 1234.5678),
        ]
        about = {"command": "python -m audiolessons bench tea", "date": f"2026-11-{day}"}
        results.add("tea", name, rows, about, folder=tmp_path)
    return tmp_path


def test_a_table_is_text_and_html(folder):
    table = results.table(
        "tea",
        rows={"Sencha & co": "green", "Assam": "black"},
        columns={"right": "share", "cups": "cups.small"},
        decimals={"right": 1, "cups": 0},
        beside={"published": ["90", "85"]},
        title="Tea",
        folder=folder,
    )
    assert repr(table).splitlines() == [
        "Tea",
        "              right  cups  published",
        "Sencha & co  93.4 %  1235         90",
        "Assam        80.0 %  1235         85",
        "python -m audiolessons bench tea, 2026-11-26 to 2026-11-27",
    ]
    html = table._repr_html_()
    assert '<th scope="row">Sencha &amp; co</th><td>93.4 %</td><td>1235</td><td>90</td>' in html
    assert "<strong>Tea.</strong> python -m audiolessons bench tea, 2026-11-26 to" in html


def test_spread_and_goal_are_shown_where_asked(folder):
    table = results.table(
        "tea", rows=["green"], columns=["share"], spread=True, goal=True, folder=folder
    )
    assert "93.4 % (88.4 to 98.4), goal ≥ 90" in repr(table)


def test_what_rounds_to_nothing_has_no_sign(tmp_path):
    about = {"command": "bench tea", "date": "2026-11-26"}
    results.add("tea", "green", [Row("loss", -0.01, spread=(-0.02, 0))], about, folder=tmp_path)
    table = results.table("tea", rows=["green.loss"], spread=True, folder=tmp_path)
    assert " 0.0 (0.0 to 0.0)" in repr(table)


def test_rows_by_their_whole_names_and_names_the_other_way_round(folder):
    one = results.table("tea", rows={"green tea": "green.share"}, folder=folder)
    assert repr(one) == "green tea  93.4 %\npython -m audiolessons bench tea, 2026-11-26"
    assert "<thead>" not in one._repr_html_()
    turned = results.table(
        "tea", rows=["share"], columns=["green"], pattern="{column}.{row}", folder=folder
    )
    assert turned.lines == [["share", "93.4 %"]]


def test_what_is_missing_is_named_with_what_is_there(folder):
    with pytest.raises(AudioError, match=r"tea\.white\.share is not stored: there is green\.share"):
        results.table("tea", rows=["white"], columns=["share"], folder=folder)
    with pytest.raises(AudioError, match="audiolessons bench coffee"):
        results.value("coffee.share", folder=folder)
    with pytest.raises(AudioError, match="has 1 texts: give one for each of 2"):
        results.table(
            "tea", rows=["green", "black"], columns=["share"], beside={"x": ["1"]}, folder=folder
        )
