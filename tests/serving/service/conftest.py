"""A service that runs in a thread, on a free port of this machine, as others would ask it."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from audiolessons.serving.service.running import NEEDED

sys.path.insert(0, str(Path(__file__).parent))  # services, bad_inputs
if [name for name in (*NEEDED, "httpx") if find_spec(name) is None]:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def networks():
    from audiolessons.serving.service import Networks

    return Networks()


@pytest.fixture(scope="session")
def service(networks):
    """A service that allows any number of requests; its address."""
    from services import PATIENCE_S, served

    from audiolessons.serving.service import edge

    with pytest.MonkeyPatch.context() as changed, served(lambda: networks) as (address, _):
        changed.setattr(edge, "LINGER_S", PATIENCE_S)  # for senders on a busy machine
        yield address


@pytest.fixture(scope="session")
def ask(service):
    import httpx

    with httpx.Client(base_url=service, timeout=60) as client:
        yield client
