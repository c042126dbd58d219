"""Keeps every test and doctest away from the network and from the user's own cache."""

import os
import socket

import pytest

from audiolessons.datasets._store import registry

_connect = socket.socket.connect
_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0")


def _connect_locally(self, address):
    if isinstance(address, tuple) and address[0] not in _LOCAL:
        raise OSError(f"tests may not use the network, and one asked for {address[0]}")
    return _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory):
    """Offline, with an empty cache; recordings that the user has downloaded are only read."""
    with pytest.MonkeyPatch.context() as patch:
        cache = registry.cache_folder()
        if not os.environ.get("AUDIOLESSONS_DATA") and cache.is_dir():
            patch.setenv("AUDIOLESSONS_DATA", str(cache))  # both are laid out alike
        patch.setenv("AUDIOLESSONS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("AUDIOLESSONS_OFFLINE", "1")
        patch.delenv("AUDIOLESSONS_MIRROR", raising=False)
        patch.setattr(socket.socket, "connect", _connect_locally)
        yield


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
