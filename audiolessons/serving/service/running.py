"""A service from its start to its end: a socket, a loop, and a stop that loses nothing."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import logging.handlers
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec

from audiolessons.errors import AudioError
from audiolessons.serving.service.keys import Keys
from audiolessons.serving.service.settings import Settings

NEEDED = ("fastapi", "uvicorn", "websockets", "prometheus_client", "onnx", "onnxruntime")
INSTALL = 'pip install "audiolessons[serve]"'
MOST_LINES = 10_000  # of the log, that wait to be written
LOCAL = ("localhost", "127.0.0.1", "::1")


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: Settings | None = None,
    keys: Keys | None = None,
    open_to_all: bool = False,
    hosts: tuple[str, ...] = (),
    started: Callable[[str], None] = print,
    **options,
) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then is still answered.

    Parameters
    ----------
    host : str
        Address to listen at. The default is heard on this machine alone.
    port : int
        0 takes one that is free.
    settings : Settings, optional
    keys : Keys, optional
    open_to_all : bool
        Whether other machines may ask without a key.
    hosts : tuple of str
        Names by which the service may be called. At an address of this machine alone it is known
        as localhost, and by these names too (a server in front may hand on its own); elsewhere by
        any, if there are none.
    started : callable
        Is told the address when all is ready.
    **options
        Of `make_app`.

    Raises
    ------
    AudioError
        If a package is missing, the address cannot be used, or other machines could ask without a
        key and nobody said that they may.

    Chapter: large/serving
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise AudioError(f"serving needs {', '.join(missing)}: {INSTALL}")
    is_local = _is_local(host)
    if not is_local and not keys and not open_to_all:
        raise AudioError(
            f"{host} is heard by other machines, and there are no keys: give some (--keys FILE), "
            "or say that everybody may ask (--open)"
        )
    from audiolessons.serving.service.app import make_app

    settings = settings or Settings()
    with _listening(host, port) as listener:
        known = (*LOCAL, *hosts) if is_local else hosts
        app = make_app(settings=settings, keys=keys, hosts=known, **options)
        server = _make_server(app, settings, lambda: started(_address(listener)))
        server.run(sockets=[listener])


def _is_local(host):
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host, port):
    if not 0 <= port < 2**16:
        raise AudioError(f"port is {port}: give a number from 0 to {2**16 - 1}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
        # An answer is written in two parts. Without this the second waits until the client has
        # said that the first is there, which many say 40 ms late; connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, UnicodeError) as error:
        raise AudioError(
            f"nothing can listen at {host}, port {port} ({error}): choose another --host or --port"
        ) from None


def _address(listener):
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _make_server(app, settings, started):
    """Return uvicorn's server, with a stop that ends well and a limit for the heads of requests."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Patient(H11Protocol):
        """Closes a connection on which no request has come: uvicorn alone would wait for ever."""

        def connection_made(self, transport):
            super().connection_made(transport)
            self.loop.call_later(settings.receive_s, self._close_if_silent, transport)

        def _close_if_silent(self, transport):
            if self.cycle is None and transport.get_protocol() is self:
                transport.close()

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets=sockets)
            started()

        @contextlib.contextmanager
        def capture_signals(self):
            """Stop on a signal; the process then ends as one that did what it was told."""
            if threading.current_thread() is not threading.main_thread():
                yield  # signals come to the main thread alone
                return
            kinds = (signal.SIGINT, signal.SIGTERM)
            before = {kind: signal.signal(kind, self.handle_exit) for kind in kinds}
            try:
                yield
            finally:
                for kind, handler in before.items():
                    signal.signal(kind, handler)

    config = uvicorn.Config(
        app,
        http=Patient,
        ws="websockets-sansio",
        ws_max_size=2**17,
        ws_max_queue=4,
        ws_per_message_deflate=False,  # a message of kilobytes could unpack to megabytes
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.stop_s),
    )
    return Server(config)


@contextlib.contextmanager
def logging_to(stream=None):
    """Write the service's log, one JSON object a line, to a stream: stderr, if none is given.

    A thread writes. Where nobody reads, as on a pipe that is full, lines are lost after a while,
    and the service goes on.

    Chapter: large/serving
    """
    lines: queue.Queue = queue.Queue(MOST_LINES)
    written = logging.StreamHandler(stream or sys.stderr)
    written.setFormatter(logging.Formatter("%(message)s"))
    levels = {"audiolessons.service": logging.INFO, "uvicorn.error": logging.WARNING}
    before = {}
    for name, level in levels.items():
        log = logging.getLogger(name)
        before[log] = log.handlers, log.propagate, log.level
        log.handlers, log.propagate = [_Aside(lines)], False
        log.setLevel(level)
    listener = logging.handlers.QueueListener(lines, written)
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        for log, (log.handlers, log.propagate, level) in before.items():
            log.setLevel(level)


class _Aside(logging.handlers.QueueHandler):
    """Hands lines to a thread; does without them if it cannot keep up."""

    def enqueue(self, record):
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)
