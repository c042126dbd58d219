"""nbval over the chapters: outputs that come from recordings are compared only where they are."""

import os

import pytest

from audiolessons.datasets._store import report

# a test run never downloads anything
os.environ["AUDIOLESSONS_OFFLINE"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        cells = getattr(item.parent, "nb", {"cells": ()})["cells"]
        if any("al.datasets." in cell["source"] for cell in cells):
            item.add_marker("data")
    if all(row["present"] == "recordings" for row in report.list_rows()):
        return
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and "from-recordings" in cell.metadata.get("tags", []):
            item.options["check"] = False


def pytest_report_header():
    present = {row["name"]: row["present"] for row in report.list_rows()}
    return "data: " + ", ".join(f"{name} ({what})" for name, what in present.items())
