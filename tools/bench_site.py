"""Sizes and times that a reader or author feels: pages, notebooks, chapters, the site, the import.

`python tools/bench_site.py` prints them and writes `_build/bench/site.json`; `make bench` builds
the site and runs it. Needs the repository, and for the pages a built site.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lighthouse import lighthouse_rows, programs

from audiolessons import bench
from audiolessons.errors import AudioError
from audiolessons.results import Row

OF_MACHINE = True  # no row goes to the store
ROOT = Path(__file__).parents[1]
IMPORT_GOAL_S, NOTEBOOK_GOAL_MB, PAGE_GOAL_MB, REBUILD_GOAL_S = 0.3, 3, 2.5, 60
CHAPTER_GOAL_S = {"recordings": 120, "embedded": 30}
COMPRESSIBLE = {".html", ".css", ".js", ".svg", ".json", ".txt", ".xml", ".map"}
REBUILD_ARGUMENTS = ("build", ".", "--all", "-W", "-n", "--keep-going", "--quiet")
REBUILD = ("-c", "from jupyter_book.cli.main import main; main()", *REBUILD_ARGUMENTS)


def measure(*, quick: bool = False, root=ROOT) -> dict:
    """Return the measurements by name, as those of a recipe.

    Parameters
    ----------
    quick : bool
        Leave out what takes minutes: rebuilding, running chapters, Lighthouse.
    root : path
        The repository.

    Raises
    ------
    AudioError
        If `root` is not the repository.
    """
    root = Path(root).resolve()
    book, html = root / "book", root / "_build" / "html"
    if not (root / "_config.yml").is_file() or not book.is_dir():
        raise AudioError(f"{root} holds no book (_config.yml, book/): run this in the repository")
    measurements = {
        "import": partial(import_rows, repeats=1 if quick else 5),
        "notebooks": partial(notebook_rows, book),
    }
    if html.is_dir():
        measurements["pages"] = partial(page_rows, html)
    if quick:
        return measurements
    for path in notebooks(book):
        name = path.relative_to(book).with_suffix("").as_posix().replace("/", ".")
        measurements[f"chapter.{name}"] = partial(chapter_rows, path)
    tools = root / "tests" / "site"
    if html.is_dir() and None not in programs(tools):
        measurements["lighthouse"] = partial(lighthouse_rows, html, tools=tools)
    return {**measurements, "rebuild": partial(rebuild_rows, root)}


def import_rows(*, repeats: int):
    """Yield how long `import audiolessons` takes in a fresh Python, without Python's own start."""
    code = (
        "import time; t = time.perf_counter(); import audiolessons; print(time.perf_counter() - t)"
    )
    taken = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(repeats)
    ]
    how = f"fresh interpreter, median of {repeats}"
    yield _row("seconds", statistics.median(taken), "s", f"<= {IMPORT_GOAL_S}", how)


def _row(*args, **options):
    return Row(*args, **options, of_machine=True)


def notebooks(book: Path) -> list[Path]:
    """Return the chapters' notebooks in order of name."""
    found = (path.relative_to(book) for path in book.rglob("*.ipynb"))
    return sorted(book / p for p in found if not any(part[0] in "._" for part in p.parts))


def notebook_rows(book: Path):
    """Yield the size of each notebook with its outputs."""
    for path in notebooks(book):
        name = path.relative_to(book).as_posix()
        size = path.stat().st_size / 1e6
        yield _row(name, size, "MB", f"<= {NOTEBOOK_GOAL_MB}", "file with its outputs")


def rebuild_rows(root: Path):
    """Yield how long building the whole site takes, with everything installed."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *REBUILD], cwd=root, capture_output=True, text=True)
    taken = time.perf_counter() - start
    if done.returncode:
        raise AudioError(f"the site does not build: {(done.stderr or done.stdout)[-2000:]}")
    how = "jupyter-book " + " ".join(REBUILD_ARGUMENTS)
    yield _row("seconds", taken, "s", f"<= {REBUILD_GOAL_S}", how)


def page_rows(html: Path):
    """Yield what each page of the site weighs over the wire, and the sounds that play on demand."""
    for page in sorted(html.rglob("*.html")):
        relative = page.relative_to(html)
        if relative.parts[0].startswith("_"):
            continue
        loaded, on_click = page_files(page, html)
        name = relative.as_posix()
        size = wire_bytes(page) + sum(map(wire_bytes, loaded))
        how = f"page and {len(loaded)} files that it loads, text compressed with gzip -6"
        yield _row(name, size / 1e6, "MB", f"<= {PAGE_GOAL_MB}", how)
        if on_click:
            how = f"{len(on_click)} sounds, each loaded when it is played"
            size = sum(map(wire_bytes, on_click))
            yield _row(f"{name}.sounds", size / 1e6, "MB", how=how)


def page_files(page: Path, html: Path) -> tuple[set[Path], set[Path]]:
    """Return the local files that a page loads, and those that wait for a click (sounds)."""
    loaded, on_click = set(), set()
    text = page.read_text(encoding="utf-8")
    for tag in re.findall(r"<(?:img|script|link|audio|source|iframe)\b[^>]*>", text):
        is_sound = tag.startswith(("<audio", "<source"))
        if tag.startswith("<link") and not re.search(r'rel="[^"]*(stylesheet|icon|preload)', tag):
            continue
        for address in re.findall(r'\b(?:src|href)="([^"]+)"', tag):
            file = _local(address, page.parent, html)
            if file is not None:
                (on_click if is_sound else loaded).add(file)
    for sheet in [file for file in loaded if file.suffix == ".css"]:
        for address in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            file = _local(address, sheet.parent, html)
            # A browser takes the first font format it knows, which is woff2.
            if file is not None and file.suffix not in (".woff", ".ttf", ".eot"):
                loaded.add(file)
    return loaded, on_click


def _local(address: str, folder: Path, html: Path) -> Path | None:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    path = unquote(parts.path)
    file = (html / path.lstrip("/") if path.startswith("/") else folder / path).resolve()
    return file if file.is_file() else None


def wire_bytes(file: Path) -> int:
    """Return the size of a file as a server sends it."""
    content = file.read_bytes()
    return len(gzip.compress(content, 6)) if file.suffix in COMPRESSIBLE else len(content)


def chapter_rows(path: Path):
    """Yield how long a chapter runs, with the recordings and with the embedded set alone."""
    with tempfile.TemporaryDirectory() as empty:
        embedded = {
            **{k: v for k, v in os.environ.items() if k != "AUDIOLESSONS_DATA"},
            "AUDIOLESSONS_OFFLINE": "1",
            "AUDIOLESSONS_CACHE": empty,
        }
        sources = {"embedded": embedded}
        if _has_recordings():
            sources["recordings"] = dict(os.environ)
        for source, environment in sources.items():
            how = "from top to bottom in a fresh kernel, with its start"
            goal = f"<= {CHAPTER_GOAL_S[source]}"
            yield _row(source, run_time(path, environment), "s", goal, how)


def _has_recordings() -> bool:
    from audiolessons.datasets._store import report

    return all(row["present"] == "recordings" for row in report.list_rows())


def run_time(path: Path, environment: dict) -> float:
    """Return how long a chapter runs in an environment, in seconds; nothing is stored."""
    code = (
        "import sys, time, nbformat; from pathlib import Path; from audiolessons import editions;"
        "path = Path(sys.argv[1]); notebook = nbformat.read(path, as_version=4);"
        "start = time.perf_counter(); editions.execute(notebook, folder=path.parent);"
        "print(time.perf_counter() - start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise AudioError(f"{path} does not run: {done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", help="only this row, such as pages, or chapter.sound.stft")
    parser.add_argument("--again", action="store_true", help="measure what is there as well")
    parser.add_argument("--quick", action="store_true", help="without what takes minutes")
    options = parser.parse_args()
    return bench.run_all({"site": sys.modules[__name__]}, **vars(options))


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except AudioError as error:
        raise SystemExit(f"bench_site: {error}") from None
