"""The outermost layer of the service: which hosts, what is logged and counted, which headers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import time
import traceback
from collections.abc import Collection
from urllib.parse import urlsplit

from audiolessons.serving.service.measures import Measures
from audiolessons.serving.service.refusals import RefusalError

LINGER_S, LINGER_BYTES = 1.0, 32_000_000  # for what is left of a refused body, which is dropped
LOG = logging.getLogger("audiolessons.service")
HEADERS = {
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"microphone=(self), camera=()",
    b"content-security-policy": b"default-src 'self'; media-src 'self' blob:; "
    b"img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


class Edge:
    """An ASGI application around another.

    Every answer gets a number, which the log has too. The log says who asked for what, when, how
    large it was and how it ended; never what was sent or answered.

    Parameters
    ----------
    app : ASGI application
    measures : Measures
    hosts : collection of str
        Names by which the service may be called; all, if there are none. A page of somebody else
        can lead a browser to a service on the reader's own machine, under a name of its own.

    Chapter: large/serving
    """

    def __init__(self, app, *, measures: Measures, hosts: Collection[str] = ()):
        self.app, self._measures = app, measures
        self._hosts = frozenset(name.lower() for name in hosts)

    async def __call__(self, scope, receive, send):
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = number = secrets.token_hex(6)
        seen = {"status": 0, "bytes_in": 0, "bytes_out": 0}
        began, body_ended = time.perf_counter(), scope["type"] != "http"

        async def receiving():
            nonlocal body_ended
            message = await receive()
            body_ended = body_ended or not message.get("more_body", False)
            content = message.get("body") or message.get("bytes") or b""
            seen["bytes_in"] += len(content)
            return message

        async def let_end():
            """Read what is left of a refused body: who is cut off while sending reads no answer."""
            most = seen["bytes_in"] + LINGER_BYTES
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    while not body_ended and seen["bytes_in"] < most:
                        await receiving()

        async def sending(message):
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                if message["status"] >= 400 and message["status"] not in (408, 499):
                    await let_end()
                own = {**HEADERS, b"x-request-id": number.encode()}
                given = list(message.get("headers", ()))
                if body_ended:  # nothing is left to be read: the next request may follow
                    given = [one for one in given if one[0].lower() != b"connection"]
                present = {name.lower() for name, _ in given}
                given += [(name, value) for name, value in own.items() if name not in present]
                message = {**message, "headers": given}
            elif message["type"] == "websocket.close":
                seen["status"] = message.get("code", 1000)
            content = message.get("body") or message.get("bytes") or b""
            seen["bytes_out"] += len(content)
            await send(message)

        error = None
        try:
            if refusal := self._wrong_host(scope):
                await _refused(scope, sending, refusal, number)
            else:
                await self.app(scope, receiving, sending)
        except Exception as caught:
            error = caught
            if scope["type"] == "http" and not seen["status"]:
                await _refused(
                    scope,
                    sending,
                    RefusalError(500, "failed", "the service failed: tell who runs it"),
                    number,
                )
        finally:
            self._note(scope, seen, began, number, error)

    def _wrong_host(self, scope):
        headers = dict(scope["headers"])
        host = _host_of("//" + headers.get(b"host", b"").decode("latin-1"))
        if self._hosts and host not in self._hosts:
            return RefusalError(421, "host", "the service is not known under this name")
        # Browsers say which page asks; a page of somebody else may not.
        origin = headers.get(b"origin")
        if origin is not None and scope["type"] == "websocket":
            asking = urlsplit(origin.decode("latin-1")).netloc
            if asking != headers.get(b"host", b"").decode("latin-1"):
                return RefusalError(
                    403, "origin", "streams are open to the service's own page alone"
                )
        return None

    def _note(self, scope, seen, began, number, error):
        took_s = time.perf_counter() - began
        route = getattr(scope.get("route"), "path", None) or "other"
        self._measures.requests.labels(route, str(seen["status"])).inc()
        if scope["type"] == "http":
            self._measures.seconds.labels(route).observe(took_s)
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "request": number,
            "who": scope.get("state", {}).get("owner", ""),
            "method": scope.get("method", "STREAM"),
            "route": route,
            **seen,
            "ms": round(1000 * took_s, 1),
        }
        if error is not None:  # where it happened, not its message: that may hold what was sent
            line["error"] = type(error).__name__
            line["where"] = "".join(traceback.format_tb(error.__traceback__))
        LOG.log(logging.INFO if error is None else logging.ERROR, json.dumps(line))


def _host_of(address):
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _refused(scope, send, refusal, number):
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        return
    body = json.dumps({**refusal.as_dict(), "request_id": number}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
