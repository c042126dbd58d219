"""Make the embedded set: what the book runs on where there is neither a recording nor a network.

    python tools/make_embedded.py                      all sets, into data/embedded
    python tools/make_embedded.py chorales examples    only these
    python tools/make_embedded.py --to FOLDER          somewhere else
    python tools/make_embedded.py --check              make them again and compare the bytes

Sets with speech need the program espeak-ng; the others need Python alone. The same versions give
the same bytes (data/README.md names them).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # so that the recipes are found from wherever this is started
    sys.path.insert(0, str(HERE))

from embedded_recipes import espeak, pack  # noqa: E402

from audiolessons.writing import whole_file  # noqa: E402

DATA = HERE.parent / "data"
NAMES = sorted(json.loads((DATA / "sources.json").read_text(encoding="utf-8")))
EMBEDDED = DATA / "embedded"
SUMS = "SHA256SUMS"

LICENCE = """
Made by tools/make_embedded.py of Audio Lessons.
Copyright the Audio Lessons authors. Licence: Creative Commons Attribution 4.0 International
(CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
"""


def make(name: str) -> bytes:
    """Return the bytes of one set's archive."""
    recipe = import_module(f"embedded_recipes.{name}")
    members = recipe.members()
    members["README.txt"] = f"{name}: {recipe.ABOUT}{LICENCE}".encode()
    return pack.archive(members)


def read_sums(folder: Path) -> dict[str, str]:
    """File name -> SHA-256, as `sha256sum` writes them."""
    path = folder / SUMS
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--to", type=Path, default=EMBEDDED, metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="compare with SHA256SUMS, write none")
    options = parser.parse_args(arguments)
    names = options.names or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"no set is called {unknown[0]!r}: choose among {', '.join(NAMES)}")

    sums = read_sums(options.to)
    changed = 0
    for name in names:
        try:
            data = make(name)
        except espeak.SpeechUnavailableError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        digest = hashlib.sha256(data).hexdigest()
        same = sums.get(f"{name}.zip") == digest
        changed += not same
        print(f"{name:22} {len(data):9,} bytes  {'same as before' if same else 'different'}")
        if not options.check:
            options.to.mkdir(parents=True, exist_ok=True)
            with whole_file(options.to / f"{name}.zip") as file:
                file.write(data)
            sums[f"{name}.zip"] = digest
            text = "".join(f"{sums[file]}  {file}\n" for file in sorted(sums))
            with whole_file(options.to / SUMS) as file:
                file.write(text.encode())
    return int(options.check and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
