"""`serve`: the trained networks as a service that other programs ask over HTTP."""

from __future__ import annotations

from pathlib import Path


def add_to(commands) -> None:
    """Add the command to the parser's."""
    serve = commands.add_parser(
        "serve",
        help="answer sounds over HTTP: denoise speech, recognise digits",
        description="Answer sounds over HTTP until SIGTERM or Ctrl-C: POST /v1/denoise, POST "
        "/v1/recognise, streams at /v1/stream, a page to try it at /, how to ask at /docs, "
        "measures at /metrics. A log, one JSON object a line, goes to stderr. Neither sounds nor "
        "answers are kept or logged.",
        epilog="The networks are small and learned from few voices: do not rest decisions on their "
        "answers. Beyond this machine, put a server in front that speaks HTTPS.",
    )
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen at (default: %(default)s, this machine alone)",
    )
    serve.add_argument(
        "--port", type=int, default=8000, help="0: one that is free (default: %(default)s)"
    )
    serve.add_argument(
        "--keys", type=Path, metavar="FILE", help="who may ask: NAME KEY on each line"
    )
    serve.add_argument(
        "--open", action="store_true", help="let other machines ask without a key, too"
    )
    serve.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a name by which it may be called, as that of a server in front; may be given often "
        "(default: localhost, and any where other machines can ask)",
    )
    serve.add_argument(
        "--threads", type=int, metavar="N", help="for the networks (default: one a core)"
    )
    serve.add_argument(
        "--most-seconds",
        type=float,
        metavar="S",
        help="of one sound (default: 30)",
    )
    serve.add_argument(
        "--rate",
        type=float,
        metavar="N",
        help="requests a second, for each key or address; twice as many at once (default: 20)",
    )
    serve.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="sounds that the recogniser hears in one go (default: 16)",
    )
    serve.add_argument(
        "--copies",
        type=int,
        metavar="N",
        help="compute in N processes, which Ray Serve starts, and starts again when they die "
        '(needs pip install "audiolessons[ray]"; 1 GB each; streams stay in the first process)',
    )
    serve.set_defaults(run=_serve)


def _serve(options) -> int:
    from contextlib import ExitStack

    from audiolessons.errors import check_count, check_positive
    from audiolessons.serving.service import Settings, run
    from audiolessons.serving.service.keys import Keys
    from audiolessons.serving.service.running import logging_to

    chosen: dict = {}
    if options.threads is not None:
        chosen["n_threads"] = check_count(options.threads, name="--threads")
    if options.most_seconds is not None:
        chosen["most_seconds"] = check_positive(options.most_seconds, name="--most-seconds")
    if options.batch is not None:
        chosen["most_together"] = check_count(options.batch, name="--batch")
    if options.rate is not None:
        rate = check_positive(options.rate, name="--rate")
        chosen.update(requests_a_second=rate, burst=max(1, round(2 * rate)))
    more: dict = {}
    with ExitStack() as ends:
        ends.enter_context(logging_to())
        if options.copies is not None:
            from audiolessons.serving.service.replicas import held_by_ray

            n_copies = check_count(options.copies, name="--copies")
            replicas = ends.enter_context(held_by_ray(n_copies))
            more["make_networks"] = lambda: replicas
        run(
            **more,
            host=options.host,
            port=options.port,
            settings=Settings(**chosen),
            keys=Keys.read(options.keys) if options.keys else None,
            open_to_all=options.open,
            hosts=tuple(options.name),
            started=lambda address: print(
                f"serving at {address}; how to ask: {address}/docs; Ctrl-C ends it", flush=True
            ),
        )
    print("stopped", flush=True)
    return 0
