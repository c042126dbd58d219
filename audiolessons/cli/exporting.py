"""`export`: a trained network with its features as an ONNX file, and its card."""

from __future__ import annotations

from pathlib import Path


def add_to(commands) -> None:
    """Add the command to the parser's."""
    export = commands.add_parser(
        "export",
        help="write a trained network as an ONNX file, which runs without Python",
        description="Write a trained network and its features as NAME.onnx, and a card that says "
        "what goes in, what comes out and what it must not be used for, as NAME.md. Without a "
        "NAME, list what there is.",
        epilog="The graph is run beside torch before it is written. Nothing is written over.",
    )
    export.add_argument("name", nargs="?", metavar="NAME", help="of a network, such as speaker")
    export.add_argument(
        "--to", type=Path, default=Path(), metavar="FOLDER", help="made if needed (default: here)"
    )
    export.set_defaults(run=_export)


def _export(options) -> int:
    from audiolessons import serving

    if options.name is None:
        for name, entry in serving.CATALOGUE.items():
            print(f"{name:22s} {entry.about.split(';')[0]}")
        return 0
    graph, card = serving.export(options.name, options.to)
    print(f"{graph}: {graph.stat().st_size / 1e6:.1f} MB; what it is: {card}")
    return 0
