"""Networks in a browser beside Python: every row comes, or none where there is no browser."""

import pytest

from audiolessons.recipes.large import in_browser


@pytest.mark.browser
def test_every_row_is_measured_quickly():
    measures = in_browser.measure(quick=True)
    if not measures:
        pytest.skip("no Chromium, or no runtime: `make runtime`")
    rows = {name: {row.name: row.value for row in one()} for name, one in measures.items()}
    assert list(rows) == ["word", "second", "load"]
    for name in ("word", "second"):
        assert rows[name]["ratio"] == pytest.approx(rows[name]["browser"] / rows[name]["python"])
    assert 1 < rows["load"]["megabytes"] < 10
    assert 0 < rows["load"]["seconds"] < 60


def test_without_a_browser_nothing_is_measured(monkeypatch):
    monkeypatch.setattr(in_browser, "_browser", lambda: None)
    assert in_browser.measure() == {}
