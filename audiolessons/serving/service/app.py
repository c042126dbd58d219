"""The application: which address answers what, and what happens on the way."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from audiolessons import __version__
from audiolessons.serving.service import pages
from audiolessons.serving.service.batching import Batcher, within
from audiolessons.serving.service.decoding import decode, encode
from audiolessons.serving.service.edge import Edge
from audiolessons.serving.service.keys import Keys, from_header
from audiolessons.serving.service.limits import Rates, Uploads
from audiolessons.serving.service.measures import Measures
from audiolessons.serving.service.networks import RATES, Networks
from audiolessons.serving.service.refusals import RefusalError, busy
from audiolessons.serving.service.settings import Settings
from audiolessons.serving.service.streams import Streams

KINDS = ("audio/wav", "audio/flac", "audio/mpeg", "audio/ogg", "application/octet-stream")
BODY = {
    "requestBody": {
        "required": True,
        "description": "A sound file: the bytes themselves, in no form. (Forms with files are "
        "written to disk by many servers; here nothing is.)",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS},
    }
}
WHY = {
    400: "the request cannot be understood",
    401: "no key, or a wrong one",
    408: "the body came too slowly",
    413: "too many bytes, or too long a sound",
    415: "not a sound",
    421: "the service is not known under this name",
    422: "a sound, or an option, that is not taken",
    429: "too often",
    503: "busy: come again in as many seconds as Retry-After says",
}


class _Service:
    """What the routes share: queues before the networks, threads, limits."""

    def __init__(self, networks: Networks, settings: Settings, keys: Keys):
        self.settings, self.keys, self.measures = settings, keys, Measures()
        n, n_copies = settings.n_threads, getattr(networks, "n_copies", 0)
        self.threads = {use: ThreadPoolExecutor(n, use) for use in ("decode", "stream")}
        # A thread that has handed its batch on to a copy elsewhere waits, and computes nothing.
        self.threads["compute"] = ThreadPoolExecutor(2 * n_copies or n, "compute")
        self.rates, self.uploads, self.stops = Rates(settings), Uploads(settings), False
        self.batchers = {
            "denoise": self._batcher(
                "denoise", networks.denoise, most_together=1, n_workers=n_copies or n
            ),
            "recognise": self._batcher(
                "recognise",
                networks.recognise,
                most_together=settings.most_together,
                gather_s=settings.gather_s,
                n_workers=n_copies or 1,
            ),
        }
        self.streams = Streams(
            networks,
            self.threads["stream"],
            settings=settings,
            measures=self.measures,
            allow=self.allow,
        )
        waiting = {task: one.__len__ for task, one in self.batchers.items()}
        self.measures.watch(
            waiting=waiting, uploads=lambda: self.uploads.n, streams=lambda: self.streams.n
        )

    def _batcher(self, task, answer, **options):
        return Batcher(
            answer,
            self.threads["compute"],
            most_waiting=self.settings.most_waiting,
            seen=self.measures.batches.labels(task).observe,
            **options,
        )

    def allow(self, connection, key):
        """Count a request of who has this key, or refuse it."""
        owner = self.keys.owner(key)
        connection.scope.setdefault("state", {})["owner"] = owner
        client = connection.client
        self.rates.check(owner or (client.host if client else ""))

    async def heard(self, request, task) -> tuple:
        """Return the answer of a task to the sound of a request, and how long the sound is."""
        with self.uploads:
            kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
            if not kind.startswith("audio/") and kind != "application/octet-stream":
                raise RefusalError(
                    415,
                    "content_type",
                    f"the body is declared as {kind[:60]!r}: send a sound file as it is, with "
                    "Content-Type: audio/wav or another audio/...",
                )
            self.batchers[task].refuse_if_full()  # before the body is read and decoded
            length = request.headers.get("content-length", "")
            body = await self.uploads.read(
                request.stream(), length=int(length) if length.isdecimal() else None
            )
            answer_s = self.settings.answer_s
            late = busy(f"the answer did not come within {answer_s:g} s")
            return await within(_unless_gone(request, self._answer(body, task)), answer_s, late)

    async def _answer(self, body, task):
        loop, rate = asyncio.get_running_loop(), RATES[task]
        decoded = loop.run_in_executor(
            self.threads["decode"], lambda: decode(body, settings=self.settings, sample_rate=rate)
        )
        audio = await decoded
        answer = await self.batchers[task].submit(audio, within_s=self.settings.answer_s)
        self.measures.sound.labels(task).inc(len(audio) / rate)
        return answer, len(audio) / rate

    @contextlib.asynccontextmanager
    async def running(self, _):
        """Answer from the start of the application to its end."""
        for one in self.batchers.values():
            one.start()
        yield
        self.stops = True
        for one in self.batchers.values():
            await one.stop()
        for pool in self.threads.values():
            pool.shutdown(cancel_futures=True)


class GoneError(Exception):
    """The client does not wait for the answer any more."""


async def _unless_gone(request, work):
    """Return what the work gives; end it when the client closes the connection."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())  # the body is read: what comes is the end
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise GoneError
        return working.result()
    finally:
        working.cancel()
        gone.cancel()


def make_app(
    make_networks: Callable[[], Networks] | None = None,
    *,
    settings: Settings | None = None,
    keys: Keys | None = None,
    hosts: Collection[str] = (),
):
    """Return the service as a FastAPI application.

    Parameters
    ----------
    make_networks : callable, optional
        Returns what answers: something with `denoise`, `recognise` and `stream`; `Networks` unless
        given. If it has `n_copies`, as many batches are computed elsewhere at the same time.
    settings : Settings, optional
    keys : Keys, optional
        None: everybody may ask.
    hosts : collection of str
        Names by which it may be called; none: any.

    Chapter: large/serving
    """
    import fastapi
    from fastapi import Depends, Request, Response, WebSocket
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import HTMLResponse, JSONResponse
    from pydantic import BaseModel, Field
    from starlette.exceptions import HTTPException

    service = _Service((make_networks or Networks)(), settings or Settings(), keys or Keys())

    class Problem(BaseModel):
        """Why a request was not answered."""

        code: str = Field(description="One word for programs, such as too_long")
        message: str = Field(description="What is wrong, and what to do")
        request_id: str = Field(description="Of the log")

    class HeardWord(BaseModel):
        """A word, and when it was said."""

        word: str
        start_s: float
        end_s: float

    class Heard(BaseModel):
        """What was said in a sound."""

        text: str = Field(description="The digits, such as 'four two'; empty if none was heard")
        words: list[HeardWord]
        duration_s: float
        model: str

    class Health(BaseModel):
        """Whether the service is well."""

        status: Literal["ok", "stopping"]
        version: str

    refused = {status: {"model": Problem, "description": why} for status, why in WHY.items()}
    app = fastapi.FastAPI(
        title="Audio Lessons: sounds answered by trained networks",
        description="Denoise speech, and recognise strings of English digits. Nothing that is sent "
        "is kept. The networks are small and learned from few voices: do not rest decisions on "
        "their answers.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=service.running,
    )
    app.add_middleware(Edge, measures=service.measures, hosts=hosts)
    app.state.service = service

    def problem(request, status, code, message, headers=None):
        number = request.scope.get("state", {}).get("request_id", "")
        content = {"code": code, "message": message, "request_id": number}
        # What is left of a body is not read: the connection ends with the answer.
        headers = {**(headers or {}), **({"Connection": "close"} if status >= 400 else {})}
        return JSONResponse(content, status, headers)

    @app.exception_handler(RefusalError)
    async def on_refusal(request: Request, error: RefusalError):
        return problem(request, error.status, error.code, error.message, error.headers)

    @app.exception_handler(GoneError)
    async def on_gone(request: Request, error: GoneError):
        return Response(status_code=499)  # nobody reads it; the log has it

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException):
        return problem(request, error.status_code, "http", str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(request, 422, "option", f"{where}: {first['msg']}")

    async def allowed(request: Request):
        service.allow(request, from_header(request.headers.get("authorization")))

    secured = {"security": [{"key": []}]} if service.keys else {}

    @app.post(
        "/v1/denoise",
        dependencies=[Depends(allowed)],
        responses={
            200: {
                "description": "The cleaned sound, 16 kHz, 16 bits, one channel",
                "content": {
                    kind: {"schema": {"type": "string", "format": "binary"}}
                    for kind in ("audio/wav", "audio/flac")
                },
            },
            **refused,
        },
        response_class=Response,
        openapi_extra={**BODY, **secured},
    )
    async def denoise(request: Request, format: Literal["wav", "flac"] = "wav"):
        """Take the noise out of speech."""
        cleaned, _ = await service.heard(request, "denoise")
        file = await asyncio.get_running_loop().run_in_executor(
            service.threads["decode"],
            lambda: encode(cleaned, sample_rate=RATES["denoise"], kind=format.upper()),
        )
        return Response(file, media_type=f"audio/{format}")

    @app.post(
        "/v1/recognise",
        dependencies=[Depends(allowed)],
        responses=refused,
        response_description="What was heard",
        openapi_extra={**BODY, **secured},
    )
    async def recognise(request: Request) -> Heard:
        """Write down the English digits, zero to nine, that are said in a sound."""
        words, duration_s = await service.heard(request, "recognise")
        return Heard(
            text=" ".join(one.word for one in words),
            words=[one._asdict() for one in words],
            duration_s=round(duration_s, 3),
            model="digit-strings",
        )

    @app.websocket("/v1/stream")
    async def stream(socket: WebSocket):
        await service.streams.serve(socket)

    @app.get("/health", responses={421: refused[421]}, response_description="It runs")
    async def health() -> Health:
        """Say that the service runs; answered at once, however much there is to do."""
        return Health(status="stopping" if service.stops else "ok", version=__version__)

    @app.get(
        "/metrics",
        response_class=Response,
        dependencies=[Depends(allowed)] if service.keys else [],
        responses={
            200: {"description": "The measures", "content": {"text/plain": {}}},
            **({s: refused[s] for s in (401, 421, 429)}),
        },
        openapi_extra=secured,
    )
    async def metrics():
        """Return what the service counts of itself, for Prometheus."""
        content, kind = service.measures.text()
        return Response(content, headers={"Content-Type": kind})

    @app.get("/", include_in_schema=False)
    async def page():
        return HTMLResponse(pages.static("service.html"))

    @app.get("/docs", include_in_schema=False)
    async def docs():
        return HTMLResponse(pages.of_interface(app.openapi()))

    for name, kind in pages.FILES.items():
        content = pages.static(name)

        def file(content: str = content, kind: str = kind):
            return Response(content, media_type=kind)

        app.add_route(f"/{name}", lambda request, file=file: file(), include_in_schema=False)

    if service.keys:
        made = app.openapi()  # made once and kept
        made.setdefault("components", {})["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"}
        }
    return app
