"""nbval over the chapters: outputs that come from recordings are compared only where they are."""

import os
from pathlib import Path

if os.environ.get("AUDIOLESSONS_DATA"):
    # notebooks run in their own folder, where a relative path would mean another place
    os.environ["AUDIOLESSONS_DATA"] = str(Path(os.environ["AUDIOLESSONS_DATA"]).resolve())


def pytest_collection_modifyitems(items):
    if os.environ.get("AUDIOLESSONS_DATA"):
        return
    for item in items:
        cell = getattr(item, "cell", None)
        if cell is not None and "from-recordings" in cell.metadata.get("tags", []):
            item.options["check"] = False
