"""The built site, a server for it and a browser."""

import functools
import os
import shutil
import sys
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = ROOT / "_build" / "html"
sys.path[:0] = [str(HERE), str(ROOT / "book" / "_ext")]

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
]
REQUIRED = os.environ.get("AUDIOLESSONS_REQUIRE_BROWSER") == "1"


def skip_or_fail(reason):
    """Skip with the reason; where a browser is required, that is a failure."""
    if REQUIRED:
        pytest.fail(f"{reason} (AUDIOLESSONS_REQUIRE_BROWSER is set)")
    pytest.skip(reason)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def serve():
    """`serve(folder)` gives the address at which the folder is served on this machine."""
    servers = []

    def start(folder):
        handler = functools.partial(QuietHandler, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site():
    if not (SITE / "_static" / "site.css").is_file():
        skip_or_fail("the site is not built: run `make book` first")
    return SITE


@pytest.fixture(scope="session")
def site_address(site, serve):
    return serve(site)


@pytest.fixture(scope="session")
def start_browser(playwright):
    """`start_browser(*flags)`: the browser of this machine, with more flags than it has here."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        skip_or_fail("no Chromium browser found: install chromium to run the site in it")
    running = []

    def start(*flags):
        running.append(playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags]))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture(scope="session")
def browser(start_browser):
    return start_browser()


@pytest.fixture(scope="session")
def runtime():
    """Where ONNX Runtime Web lies, which runs networks on a page."""
    from lessons import networks

    if missing := networks.what_is_missing():
        skip_or_fail(f"{missing} is not installed, which networks on a page need: `make runtime`")
    return networks.RUNTIME


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, which looks for barriers on a page."""
    path = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        skip_or_fail("axe-core is not installed: run `npm ci --prefix tests/site`")
    return path.read_text(encoding="utf-8")


PAGE = """<!DOCTYPE html><html lang="en" data-theme="{theme}"><head><title>T</title>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>{css}
body {{ font: 16px/1.5 sans-serif; max-width: 45rem; margin: 1rem auto; padding: 0 1rem }}
html[data-theme="dark"] {{ background: #121212; color: #eee }}</style>{head}</head>
<body><main><article class="bd-article"><h1>A page</h1>{body}</article></main></body></html>"""


@pytest.fixture(scope="session")
def page_of():
    """`page_of(body, theme=..., head="")`: the text of a page with the looks of the book."""
    css = (ROOT / "book" / "_static" / "lessons.css").read_text(encoding="utf-8")

    def text(body, *, theme, head=""):
        return PAGE.format(theme=theme, css=css, head=head, body=body)

    return text


@pytest.fixture
def open_output(browser, serve, tmp_path, page_of):
    """`open_output(html)`: a context with a page that holds one output of a notebook.

    `built` makes of it what the site has: sounds are files, and so are the scripts. Leaving the
    context asserts that nothing went wrong.
    """
    import browser_checks as checks
    from lessons import media

    address = serve(tmp_path)

    @contextmanager
    def open_page(body, *, width=1200, theme="light", built=False, script=True, **options):
        if built:
            moved = media.move(body, prefix="", folder=tmp_path)
            for name, content in moved.files.items():
                (tmp_path / name).write_bytes(content)
            body = moved.html
            for name in sorted(moved.scripts, key=media.loading_order, reverse=True):
                shutil.copyfile(media.STATIC / name, tmp_path / name)
                body = f'<script defer src="{name}"></script>{body}'
        if not script:
            body = body.split("<script")[0]
        (tmp_path / "page.html").write_text(page_of(body, theme=theme), encoding="utf-8")
        with checks.watched_page(
            browser, f"{address}/page.html", width=width, theme=theme, **options
        ) as (page, problems):
            yield page
            problems += checks.wider_than_window(page)
            assert problems == []

    return open_page
