"""Lighthouse scores of every page, where Lighthouse (a Node program) and Chromium are installed.

`npm ci --prefix tests/site` installs the version that the project pins. It is optional.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from audiolessons.results import Row

GOALS = {"performance": 90, "accessibility": 100, "best-practices": 95}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


def programs(tools: Path) -> tuple:
    """Return where Lighthouse and Chromium are; None for what is not installed.

    Lighthouse is looked for in the Node packages under `tools`, then on the PATH.
    """
    program = shutil.which("lighthouse", path=str(tools / "node_modules" / ".bin"))
    program = program or shutil.which("lighthouse")
    return program, next(filter(None, map(shutil.which, CHROMIUM)), None)


def lighthouse_rows(html: Path, *, tools: Path):
    """Yield the three scores of each page of the site at `html`."""
    program, browser = programs(tools)
    with served(html) as address:
        for page in sorted(html.rglob("*.html")):
            relative = page.relative_to(html).as_posix()
            if relative.startswith("_"):
                continue
            for category, score in scores(program, browser, f"{address}/{relative}").items():
                goal = f">= {GOALS[category]}"
                how = "Lighthouse's defaults (slow phone), served on localhost with gzip"
                name = f"{relative}.{category}"
                yield Row(name, score, "/ 100", goal, how, of_machine=True)


def scores(program: str, browser: str, address: str) -> dict:
    """Return Lighthouse's scores from 0 to 100 by category."""
    command = [
        program,
        address,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(GOALS)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": browser}
    )
    categories = json.loads(done.stdout)["categories"] if done.returncode == 0 else {}
    # No score (Lighthouse failed on the page) counts as 0: it must not look like a pass.
    return {name: 100 * ((categories.get(name) or {}).get("score") or 0) for name in GOALS}


class _Compressed(http.server.SimpleHTTPRequestHandler):
    """Send text compressed, as the servers of a published site do."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js", ".svg") or not path.is_file():
            return super().do_GET()
        content = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path):
    """Serve a folder on a free port of this machine; give its address."""
    handler = functools.partial(_Compressed, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
