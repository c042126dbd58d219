"""What the service counts of itself, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable

MS = 0.001
BUCKETS_S = tuple(MS * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000))


class Measures:
    """Counters of one service, in a registry of its own; no label comes from what users send.

    Chapter: large/serving
    """

    def __init__(self):
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = where = CollectorRegistry()
        self.requests = Counter(
            "audiolessons_requests", "Requests answered.", ["route", "status"], registry=where
        )
        self.seconds = Histogram(
            "audiolessons_request_seconds",
            "From the head of a request to the end of its answer.",
            ["route"],
            buckets=BUCKETS_S,
            registry=where,
        )
        self.sound = Counter("audiolessons_sound_seconds", "Heard.", ["task"], registry=where)
        self.batches = Histogram(
            "audiolessons_batch_size",
            "Sounds answered in one go.",
            ["task"],
            buckets=(1, 2, 4, 8, 16, 32),
            registry=where,
        )
        self.chunks = Histogram(
            "audiolessons_chunk_seconds",
            "From a part of a stream to its answer.",
            ["task"],
            buckets=BUCKETS_S,
            registry=where,
        )
        self.waiting = Gauge(
            "audiolessons_waiting", "Sounds before a network.", ["task"], registry=where
        )
        self.uploads = Gauge("audiolessons_uploads", "Uploads under way.", registry=where)
        self.streams = Gauge("audiolessons_streams", "Streams that are open.", registry=where)

    def watch(self, *, waiting: dict, uploads: Callable, streams: Callable) -> None:
        """Let gauges ask for their values when they are read."""
        for task, count in waiting.items():
            self.waiting.labels(task).set_function(count)
        self.uploads.set_function(uploads)
        self.streams.set_function(streams)

    def text(self) -> tuple[bytes, str]:
        """Return all of it in Prometheus's format, and the type of the format."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self._registry), CONTENT_TYPE_LATEST
