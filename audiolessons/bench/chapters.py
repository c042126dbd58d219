"""What each chapter costs to run from top to bottom: time of one core, and memory.

Each runs in a kernel of its own, with one thread. Time is that of the processor, so that a machine
that is busy with something else gives the same figure; memory is the most that the kernel held.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.results import Row

BOOK = Path("book")
MOST_S = 90  # of one core, with the recordings
RUN = """
import json, resource, sys
from pathlib import Path
from audiolessons import editions
path = Path(sys.argv[1])
editions.execute(editions.read(path), folder=path.resolve().parent)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of `bench chapters`, one a chapter; with `quick`, of the first alone.

    Run it in the folder that holds `book`, on Linux or macOS.

    Chapter: reference/ways
    """
    paths = sorted(path for path in BOOK.glob("*/*.ipynb") if path.parent.name != "reference")
    return {path.stem: partial(cost, path) for path in paths[: 1 if quick else None]}


def cost(path: str | Path):
    """Yield processor seconds and megabytes of a chapter that is run, and stored nowhere.

    Raises
    ------
    AudioError
        If a cell of it fails.

    Chapter: reference/ways
    """
    run = [sys.executable, "-c", RUN, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AudioError(f"{path} does not run:\n{done.stderr[-2000:]}")
    seconds, most = json.loads(done.stdout.splitlines()[-1])
    kilobyte = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes
    how = "one run from top to bottom with the recordings"
    yield Row("processor_s", seconds, "s", f"<= {MOST_S}", how)
    yield Row("memory_mb", most * kilobyte / 1e6, "MB", how=f"{how}, the most that was held")
