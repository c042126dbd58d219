"""Sound that is answered while it arrives, over a WebSocket.

The client says first, as JSON, what it wants: {"task": "denoise", "sample_rate": 16000}, and its
"key" where keys are asked for (a browser cannot put it into a header, and an address stands in
logs). Then it sends parts of 16-bit samples, little-endian, one channel; the service answers each
before it reads the next, so that who sends faster than is computed, waits. {"end": true} ends it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from audiolessons.serving.service.batching import within
from audiolessons.serving.service.measures import Measures
from audiolessons.serving.service.networks import RATES, Networks
from audiolessons.serving.service.refusals import RefusalError, busy
from audiolessons.serving.service.settings import Settings

MOST_BYTES = 128_000  # of a part: 4 s at 16 kHz
CLOSE = {401: 1008, 408: 1008, 413: 1009, 415: 1003, 422: 1003, 429: 1008, 503: 1013}


class Streams:
    """All streams of a service.

    Chapter: large/serving
    """

    def __init__(
        self,
        networks: Networks,
        executor: Executor,
        *,
        settings: Settings,
        measures: Measures,
        allow: Callable,
    ):
        self._networks, self._executor = networks, executor
        self._settings, self._measures, self._allow = settings, measures, allow
        self.n = 0

    async def serve(self, socket) -> None:
        """Serve one stream of a WebSocket (of Starlette) from its opening to its end."""
        from starlette.websockets import WebSocketDisconnect

        await socket.accept()
        try:
            if self.n >= self._settings.most_streams:
                raise busy(f"{self.n} streams are open")
            self.n += 1
            try:
                await self._serve(socket)
            finally:
                self.n -= 1
            await socket.close(1000)
        except RefusalError as refusal:
            await self._refuse(socket, refusal)
        except (WebSocketDisconnect, ConnectionError):
            pass  # the client has gone, in the middle perhaps: nothing is left of it

    async def _refuse(self, socket, refusal):
        from starlette.websockets import WebSocketDisconnect

        try:
            await self._send(socket, {"error": refusal.as_dict()})
            await socket.close(CLOSE.get(refusal.status, 1008), refusal.code)
        except (RefusalError, WebSocketDisconnect, RuntimeError, ConnectionError):
            pass  # it does not listen any more

    async def _serve(self, socket):
        task = await self._wanted(socket)
        session = await self._run(self._networks.stream, task)
        latency_ms = round(1000 * session.latency_s, 1)
        await self._send(socket, {"ready": True, "task": task, "latency_ms": latency_ms})
        rate, n_samples, n_words = RATES[task], 0, 0
        while True:
            part = await self._received(socket)
            if isinstance(part, dict):
                if part != {"end": True}:
                    raise RefusalError(422, "message", 'send samples, or {"end": true}')
                break
            n_samples += len(part)
            if n_samples > self._settings.stream_s * rate:
                raise RefusalError(413, "too_long", f"a stream lasts {self._settings.stream_s:g} s")
            began = time.perf_counter()
            answer = await self._run(session.push, part)
            self._measures.sound.labels(task).inc(len(part) / rate)
            if task == "denoise":
                await self._send(socket, answer)
            elif len(answer) > n_words:
                n_words = len(answer)
                await self._send(socket, {"text": " ".join(answer)})
            self._measures.chunks.labels(task).observe(time.perf_counter() - began)
        answer = await self._run(session.end)
        last: dict = {"done": True, "seconds": round(n_samples / rate, 3)}
        if task == "denoise":
            await self._send(socket, answer)
        else:
            last["text"] = " ".join(answer)
        await self._send(socket, last)

    async def _wanted(self, socket):
        """Return the task of the first message, when its key and rate are right."""
        first = await self._received(socket)
        task = first.get("task") if isinstance(first, dict) else None
        if not isinstance(task, str) or task not in RATES:
            raise RefusalError(
                422,
                "message",
                'the first message says what is wanted: {"task": "denoise", "sample_rate": 16000}, '
                'or "recognise" and 8000',
            )
        key = first.get("key")
        self._allow(socket, key if isinstance(key, str) else None)
        if first.get("sample_rate") != RATES[task]:
            raise RefusalError(
                422, "rate", f"a stream to {task} has {RATES[task]} samples a second"
            )
        return task

    async def _received(self, socket):
        """Return the next message: samples (T,), or what a JSON object says."""
        from starlette.websockets import WebSocketDisconnect

        idle_s = self._settings.idle_s
        nothing = RefusalError(408, "too_slow", f"nothing came for {idle_s:g} s")
        message = await within(socket.receive(), idle_s, nothing)
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        content = message.get("bytes")
        if content is None:
            try:
                said = json.loads(message.get("text") or "")
            except (ValueError, RecursionError):
                said = None
            if not isinstance(said, dict):
                raise RefusalError(
                    422, "message", "text is read as a JSON object, and this is none"
                )
            return said
        if len(content) % 2 or not content:
            raise RefusalError(422, "message", f"{len(content)} bytes are no 16-bit samples")
        return np.frombuffer(content, "<i2").astype(np.float32) / 32768

    async def _send(self, socket, answer):
        """Send samples or a JSON object; who does not read is not waited for."""
        if isinstance(answer, dict):
            sent = socket.send_text(json.dumps(answer))
        else:
            sent = socket.send_bytes(
                (np.clip(answer, -1, 32767 / 32768) * 32768).astype("<i2").tobytes()
            )
        await within(sent, self._settings.idle_s, RefusalError(408, "too_slow", "nobody reads"))

    async def _run(self, function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, function, *arguments
        )
