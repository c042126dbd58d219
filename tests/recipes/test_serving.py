"""The bench of the service: what it measures is measured, and noticed when it is wrong."""

from importlib.util import find_spec

import pytest

from audiolessons.recipes.large import _serving_clients as clients
from audiolessons.recipes.large import serving
from audiolessons.serving.service.running import NEEDED

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in NEEDED), reason="the packages of serve are missing"
)


def test_batches_are_timed():
    rows = {row.name: row.value for row in serving.measure(quick=True)["batches"]()}
    assert rows["recognise_ratio"] == pytest.approx(rows["recognise_1"] / rows["recognise_16"])
    assert 0 < rows["recognise_1"] < rows["denoise_1"]


def test_one_service_is_asked_in_every_way():
    with clients.started() as service:
        assert clients.many_requests(service, 12, n_clients=3) == 12
        assert service.resident_mb() > 50
        assert len(clients.health_ms(service, seconds=0.3)) > 2
        taken = clients.streams(service, n_clients=3, part=512, seconds=0.5)
        assert len(taken) == 3 * 16
        assert min(taken) > 0
        if clients.locust():
            said = clients.load(service, n_clients=2, seconds=2)
            assert said["a_second"] > 1
            assert said["failed"] == 0
            assert said["p50"] <= said["p99"]
