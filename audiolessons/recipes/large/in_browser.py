"""Networks in the reader's browser beside the same in Python: what a word costs, and loading.

A headless Chromium runs what the book's pages run, on the same machine as Python, in turns with it:
the times are those of that machine and of what else it did, the ratios are between neighbours. It
needs the npm package onnxruntime-web (`make runtime`), Playwright and a Chromium.
"""

from __future__ import annotations

import functools
import gzip
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

from audiolessons import datasets, signals
from audiolessons.recipes import _held_out_voices as voices
from audiolessons.results import Row

__all__ = ["measure"]

RUNTIME = "book/_ext/lessons/runtime/node_modules/onnxruntime-web"  # in the repository
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
N_TURNS, N_EACH, N_LOADS = 8, 25, 7
SECONDS = 1.0  # of a sound that is cleaned
# What a page does: it starts the worker, loads, and has `ask` from then on.
START = """(about) => {
  const worker = new Worker("modules/worker.js", { type: "module" });
  window.ask = (task, given) => new Promise((done, fail) => {
    worker.onerror = (event) => fail(new Error(event.message));
    worker.onmessage = ({ data: { answer, error } }) => {
      if (error) fail(new Error(error));
      else if (answer) done(answer);
    };
    worker.postMessage({ task, ...given });
  });
  const began = performance.now();
  return ask("load", { about }).then(() => (performance.now() - began) / 1000);
}"""
ASK = """async ([task, audio, rate, times]) => {
  const took = [];
  for (let n = 0; n < times; n++) {
    took.push((await ask(task, { audio: Float32Array.from(audio), rate })).took);
  }
  return took;
}"""


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench: a word, a second of noise, loading; none where what
    they need is not installed.

    Chapter: large/serving
    """
    runtime = Path(__file__).parents[3] / RUNTIME
    if not runtime.is_dir() or _browser() is None or find_spec("playwright") is None:
        return {}
    rows = {"word": _rows_of_words, "second": _rows_of_seconds, "load": _rows_of_loading}
    return {name: partial(_apart, one, runtime, quick) for name, one in rows.items()}


def _browser():
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _apart(rows, runtime, quick):
    """Yield rows that a thread of its own made: Playwright waits for no loop but its own."""
    with ThreadPoolExecutor(1) as thread:
        yield from thread.submit(lambda: list(rows(runtime, quick))).result()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def _opened(runtime):
    """Yield what opens a new page without a cache, (page, seconds that loading took); and about."""
    from playwright.sync_api import sync_playwright

    from audiolessons.serving.in_browser import addressed, write_for_browser

    with tempfile.TemporaryDirectory() as folder:
        made = write_for_browser(Path(folder) / "networks", runtime=runtime)
        modules = files("audiolessons").joinpath("static", "modules")
        shutil.copytree(str(modules), Path(folder) / "modules")
        (Path(folder) / "index.html").write_text("<!doctype html><title>Networks</title>")
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        about = addressed(made, f"{address}/networks/")
        try:
            with sync_playwright() as playwright:
                flags = ["--no-sandbox", "--disable-background-networking"]
                browser = playwright.chromium.launch(executable_path=_browser(), args=flags)

                def open_page():
                    page = browser.new_context().new_page()
                    page.goto(address)
                    return page, page.evaluate(START, about)

                yield open_page, made, Path(folder) / "networks"
                browser.close()
        finally:
            server.shutdown()
            server.server_close()


def _rows_of_words(runtime, quick):
    """Yield what one spoken digit costs, its features included."""
    digits = datasets.load("spoken_digits", stand_ins=True)
    word = next(one for one in digits if one.label == 4).audio.astype(np.float32)

    def hear(run):
        run(voices.bands_of(word, sample_rate=voices.SAMPLE_RATE).numpy())

    said = f"a digit of {len(word) / voices.SAMPLE_RATE:.2f} s at 8 kHz, with its features"
    yield from _compared("digits", word, voices.SAMPLE_RATE, hear, said, runtime, quick)


def _rows_of_seconds(runtime, quick):
    """Yield what a second of speech costs the denoiser."""
    noise = signals.white_noise(duration_s=SECONDS, sample_rate=16000, seed=0)
    noise = (0.1 * noise).astype(np.float32)
    said = f"{SECONDS:g} s at 16 kHz, cleaned"
    yield from _compared(
        "denoiser", noise, 16000, lambda run: run(noise[None]), said, runtime, quick
    )


def _compared(task, audio, rate, hear, said, runtime, quick):
    """Yield milliseconds of both, and how many times as long the browser took."""
    from audiolessons.serving import session

    n_turns, n_each = (2, 2) if quick else (N_TURNS, N_EACH)
    with _opened(runtime) as (open_page, made, folder):
        page, _ = open_page()
        content = gzip.decompress((folder / made["networks"][task]["file"]).read_bytes())
        running = session(content)
        name = running.get_inputs()[0].name

        def run(values):
            return running.run(None, {name: values})

        asked = [task, audio.tolist(), rate]
        hear(run)
        page.evaluate(ASK, [*asked, 3])  # both are warm
        browser, python = [], []
        for _ in range(n_turns):
            browser += page.evaluate(ASK, [*asked, n_each])
            for _ in range(n_each):
                began = time.perf_counter()
                hear(run)
                python.append(1000 * (time.perf_counter() - began))
    how = f"{said}, one thread, median of {len(python)}, in turns"
    yield Row("browser", median(browser), "ms", how=f"headless Chromium, ONNX Runtime Web; {how}")
    yield Row("python", median(python), "ms", how=f"torch and ONNX Runtime; {how}")
    ratio = median(browser) / median(python)
    yield Row("ratio", ratio, "times", how="browser over Python, medians of the same turns")


def _rows_of_loading(runtime, quick):
    """Yield how much a page loads before it can answer, and how long that takes from close by."""
    n = 1 if quick else N_LOADS
    with _opened(runtime) as (open_page, made, _):
        seconds = [open_page()[1] for _ in range(n)]
    how = f"from a server on the same machine to the first answer possible, median of {n}, no cache"
    yield Row("seconds", median(seconds), "s", how=how)
    yield Row("megabytes", made["bytes"] / 1e6, "MB", how="compressed: runtime and two networks")
