"""Copies of the networks in processes of their own, behind the one service that clients meet.

Ray Serve starts the copies, divides the sounds among them, and starts another where one dies. Keys,
limits, queues and refusals stay where they are: in the service, which hands its batches on.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from audiolessons.errors import AudioError, check_count
from audiolessons.serving.service.edge import LOG
from audiolessons.serving.service.networks import Networks
from audiolessons.serving.service.refusals import busy

INSTALL = 'pip install "audiolessons[ray]"'
STORE_BYTES = 100_000_000  # of shared memory: sounds on their way
LOOK_S = 0.25  # between two looks at how many copies there are


class Replicas:
    """Networks for `make_app` that hand their sounds on to copies elsewhere.

    A copy that dies takes with it what it had in hand. Who sent that is told to come again, with
    503: the sound is not handed to the next copy, for a sound that kills one would kill them all.
    Streams have a state, and stay in this process.

    Parameters
    ----------
    ask : callable
        From "denoise" or "recognise" and a list of sounds to as many answers; it may be called in
        several threads at once.
    n_copies : int
        As many batches of a task are handed on at the same time.
    lost : tuple of exception types
        What `ask` raises where a copy has gone, or none answers in time. Other errors are those of
        the networks, and pass.
    streams : Networks
        For the streams.

    Examples
    --------
    >>> def ask(task, sounds):
    ...     raise ConnectionError
    >>> replicas = Replicas(ask, n_copies=2, lost=(ConnectionError,), streams=None)
    >>> replicas.recognise([np.zeros(8000)])
    Traceback (most recent call last):
    audiolessons.serving.service.refusals.RefusalError: the copy of the networks that had this \
sound in hand is gone: come again in a moment

    Chapter: large/serving
    """

    def __init__(
        self,
        ask: Callable[[str, list], Sequence],
        *,
        n_copies: int,
        lost: tuple[type[BaseException], ...],
        streams: Networks | None,
    ):
        self.n_copies = check_count(n_copies, name="n_copies")
        self._ask, self._lost, self._streams = ask, lost, streams

    def denoise(self, sounds: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        """Return what a copy makes of sounds (T,) at 16 kHz."""
        return self._handed_on("denoise", sounds)

    def recognise(self, sounds: Sequence[np.ndarray]) -> Sequence[list]:
        """Return what a copy hears in sounds (T,) at 8 kHz."""
        return self._handed_on("recognise", sounds)

    def stream(self, task: str):
        """Return what answers one stream, in this process."""
        return self._streams.stream(task)

    def _handed_on(self, task, sounds):
        try:
            return self._ask(task, list(sounds))
        except self._lost as error:
            what = "the copy of the networks that had this sound in hand is gone"
            raise busy(what) from error


@contextlib.contextmanager
def held_by_ray(
    n_copies: int, make_networks: Callable = Networks, *, within_s: float = 20.0
) -> Iterator[Replicas]:
    """Yield copies that Ray Serve holds on this machine, until the end.

    Ray listens at 127.0.0.1, asks for a token that is made for this run, and reports to nobody.
    (Each copy of Ray 2.60 opens one port at all addresses, which the token guards as well.) Sounds
    on their way lie in shared memory and are never written to disk; what Ray writes there, its
    logs, is removed at the end. The service's log tells how many copies there are whenever that
    changes.

    Parameters
    ----------
    n_copies : int
    make_networks : class or callable
        Makes the networks, once in each copy.
    within_s : float
        In which a copy must answer.

    Raises
    ------
    AudioError
        If Ray is not installed.

    Chapter: large/serving
    """
    check_count(n_copies, name="n_copies")
    os.environ.update(
        RAY_USAGE_STATS_ENABLED="0",
        RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",  # on every system: it then knows 127.0.0.1 alone
        RAY_AUTH_MODE="token",  # who can ask Ray can run anything: other users of the machine, too
        RAY_AUTH_TOKEN=secrets.token_hex(32),
    )
    try:
        import ray
        from ray import serve
    except ImportError:
        raise AudioError(f"copies of the networks need Ray: {INSTALL}") from None
    from ray.serve.exceptions import RayServeException

    lost = (
        *(ray.exceptions.RayActorError, ray.exceptions.WorkerCrashedError, RayServeException),
        *(ray.exceptions.ObjectLostError, TimeoutError),
    )
    with contextlib.ExitStack() as ends:
        folder = ends.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        ray.init(
            address="local",
            num_cpus=n_copies,
            object_store_memory=STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=folder,
            _system_config={"automatic_object_spilling_enabled": False, "worker_niceness": 0},
        )
        ends.callback(ray.shutdown)
        quiet = {"log_level": "ERROR", "enable_access_log": False}
        serve.start(http_options={"location": "NoServer"}, logging_config=quiet)
        copies = serve.deployment(
            make_networks,
            name="networks",
            num_replicas=n_copies,
            ray_actor_options={"num_cpus": 1},
            health_check_period_s=1,
            health_check_timeout_s=within_s,
            logging_config=quiet,
        )
        handle = serve.run(copies.bind(), name="audiolessons", route_prefix=None)

        def ask(task, sounds):
            return getattr(handle, task).remote(sounds).result(timeout_s=within_s)

        done = threading.Event()
        looking = threading.Thread(target=_tell_changes, args=(serve, done), daemon=True)
        looking.start()
        ends.callback(looking.join)
        ends.callback(done.set)
        yield Replicas(ask, n_copies=n_copies, lost=lost, streams=Networks())


def _tell_changes(serve, done):
    """Log how many copies run, whenever that changes."""
    known = None
    while not done.wait(LOOK_S):
        state = serve.status().applications["audiolessons"].deployments["networks"]
        n = state.replica_states.get("RUNNING", 0)
        if n != known:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            LOG.info(json.dumps({"at": at, "copies": n}))
        known = n
