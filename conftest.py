"""Keeps tests and doctests from the network, and from data sets that they do not say they open.

Tests marked `data` run twice in .ci/run: with the recordings, and with nothing but the embedded
set. All others run once; so none of them may see which of the two is there. In place of the folder
of recordings they find a path that is no folder and tells what is missing: whoever opens a set ends
there, in this process, in one that it starts, or in the kernel of a notebook.
"""

import asyncio
import functools
import os
import socket
from pathlib import Path

import hypothesis
import pytest

from audiolessons.datasets._store import registry, report

hypothesis.settings.register_profile("book", deadline=None)  # tests are timed, not examples
hypothesis.settings.load_profile("book")
os.environ["AUDIOLESSONS_OFFLINE"] = "1"  # a test run never downloads anything
ROOT = Path(__file__).parent
UNMARKED = "a test that opens a data set and is not marked data"
_connect = socket.socket.connect
_given_folder = registry.given_folder
_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0")
DOCTESTS_WITH_DATA = ("audiolessons.datasets", "audiolessons.metrics.perceptual")
DOCTESTS_EMBEDDED = "audiolessons.recipes"  # they train: with the recordings, their tests do
_opening = set()  # (folder, name) of the lasting fixtures that open a set


def _recordings():
    """Return the folder of recordings: the given one, else the user's cache, laid out alike."""
    if given := os.environ.get("AUDIOLESSONS_DATA"):
        return str(Path(given).resolve())  # kernels run in folders of their own
    cache = registry.cache_folder()
    return str(cache if cache.is_dir() else ROOT / "tests")  # which holds none


RECORDINGS = _recordings()


def _connect_locally(self, address):
    if isinstance(address, tuple) and address[0] not in _LOCAL:
        raise OSError(f"tests may not use the network, and one asked for {address[0]}")
    return _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory):
    """No network, and an empty cache; recordings that the user has downloaded are only read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDIOLESSONS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("AUDIOLESSONS_MIRROR", raising=False)
        patch.setattr(socket.socket, "connect", _connect_locally)
        yield


# --- who opens data sets -------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, pytest.DoctestItem) and item.name.startswith(DOCTESTS_WITH_DATA):
            item.add_marker("data")
        if isinstance(item, pytest.DoctestItem) and item.name.startswith(DOCTESTS_EMBEDDED):
            item.fixturenames.append("embedded_only")
        cells = getattr(item.parent, "nb", {"cells": ()})["cells"]  # of a chapter under nbval
        if any("al.datasets." in cell["source"] for cell in cells):
            item.add_marker("data")


@pytest.hookimpl(wrapper=True)  # around the fixtures of the test, the lasting ones among them
def pytest_runtest_setup(item):
    marked = any(item.iter_markers("data")) or any(item.iter_markers("recordings"))
    os.environ["AUDIOLESSONS_DATA"] = RECORDINGS if marked else UNMARKED
    for folder, name in () if marked else _opening:
        if name in getattr(item, "fixturenames", ()) and item.nodeid.startswith(folder):
            pytest.fail(f"its fixture {name} opens a data set: mark the test with pytest.mark.data")
    return (yield from _within_limit(item))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """Note the fixtures that open a set and outlive the test that asked for them first."""
    asked = []

    def given_folder():
        asked.append(os.environ.get("AUDIOLESSONS_DATA") == RECORDINGS)
        return _given_folder()

    if fixturedef.scope == "function":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "given_folder", given_folder)
        value = yield
    if any(asked):
        _opening.add((fixturedef.baseid, fixturedef.argname))
    return value


# --- what takes long -----------------------------------------------------------------------------

SLOW_S = 20  # of one core


def _cpu_s():
    """Return the CPU time of this process and those it waited for: a busy machine adds little."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _within_limit(item):
    begun = _cpu_s()
    result = yield
    used_s = _cpu_s() - begun
    limited = os.environ.get("AUDIOLESSONS_REQUIRE_SPEED") == "1"
    if limited and used_s > SLOW_S and item.get_closest_marker("slow") is None:
        pytest.fail(f"{used_s:.0f} s of CPU time, over {SLOW_S}: make it smaller, or mark it slow")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield from _within_limit(item)
    _fail_for_warnings_in_a_chapter(item)
    return result


# --- chapters under nbval: one test a cell -------------------------------------------------------


@functools.cache
def _present():
    return {row["name"]: row["present"] for row in report.list_rows()}


def pytest_report_header():
    return "data: " + ", ".join(f"{name} ({what})" for name, what in _present().items())


def pytest_itemcollected(item):
    """Outputs that come from recordings are compared only where all of them are."""
    cell = getattr(item, "cell", {"metadata": {}})
    tags = cell["metadata"].get("tags", [])
    if "from-recordings" in tags and set(_present().values()) != {"recordings"}:
        item.options["check"] = False


def _fail_for_warnings_in_a_chapter(item):
    for output in getattr(item, "test_outputs", None) or ():
        if output.output_type == "stream" and output.name == "stderr":
            pytest.fail(f"the cell printed what readers would see as a fault:\n{output.text}")


# --- what tests ask for --------------------------------------------------------------------------


@pytest.fixture
def embedded_only(monkeypatch, tmp_path):
    """No recordings anywhere: what a reader without a network has."""
    monkeypatch.delenv("AUDIOLESSONS_DATA", raising=False)
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(tmp_path / "empty_cache"))
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _need_recordings(request):
    """Skip tests marked `recordings`, or `recordings("spoken_digits")`, where there are none."""
    marker = request.node.get_closest_marker("recordings")
    if marker is None:
        return
    from audiolessons.datasets._store import library

    for name in marker.args or registry.names():
        if any(file.where is None for file in library.locate(registry.entry(name))):
            pytest.skip(f"the recordings of {name} are not here: set AUDIOLESSONS_DATA")


@pytest.fixture(autouse=True)
def _need_scores(request):
    """Skip tests marked `scores` where PESQ or STOI is missing; where they are required, fail."""
    if request.node.get_closest_marker("scores") is None:
        return
    from audiolessons import metrics

    if missing := metrics.missing_scores():
        reason = f"the packages of {' and '.join(missing)} are not installed"
        if os.environ.get("AUDIOLESSONS_REQUIRE_SCORES") == "1":
            pytest.fail(f"{reason} (AUDIOLESSONS_REQUIRE_SCORES is set)")
        pytest.skip(reason)


# --- browsers and event loops --------------------------------------------------------------------


@pytest.fixture(scope="session")
def playwright():
    """What starts browsers: one for all tests of a process, as two get into each other's way."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(autouse=True)
def _no_loop_of_a_browser(request):
    """While a browser of an earlier test stands open, its event loop counts as running."""
    loop = asyncio._get_running_loop()
    if loop is None or "playwright" in request.fixturenames:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)
