"""nbval over the chapters: outputs that come from recordings are compared only where they are."""

import os
from pathlib import Path

from audiolessons.datasets._store import report

if os.environ.get("AUDIOLESSONS_DATA"):
    # notebooks run in their own folder, where a relative path would mean another place
    os.environ["AUDIOLESSONS_DATA"] = str(Path(os.environ["AUDIOLESSONS_DATA"]).resolve())
# a test run never downloads anything
os.environ["AUDIOLESSONS_OFFLINE"] = "1"


def pytest_collection_modifyitems(items):
    if all(row["present"] == "recordings" for row in report.list_rows()):
        return
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and "from-recordings" in cell.metadata.get("tags", []):
            item.options["check"] = False


def pytest_report_header():
    present = {row["name"]: row["present"] for row in report.list_rows()}
    return "data: " + ", ".join(f"{name} ({what})" for name, what in present.items())
