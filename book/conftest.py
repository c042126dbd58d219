"""nbval over the chapters: outputs that come from recordings are compared only where they are."""

import os


def pytest_collection_modifyitems(items):
    if os.environ.get("AUDIOLESSONS_DATA"):
        return
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and "from-recordings" in cell.metadata.get("tags", []):
            item.options["check"] = False
