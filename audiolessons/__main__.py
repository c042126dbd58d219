"""`python -m audiolessons`: see `audiolessons.cli`."""

import sys

OLDEST = (3, 11)  # as pyproject.toml says; an older Python stumbles over what follows
if sys.version_info < OLDEST:
    found, wanted = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
    sys.exit(
        f"audiolessons: this is Python {found}, and the book needs {wanted} or newer: install one, "
        "and run make setup again"
    )

try:
    from audiolessons.cli import main
except ModuleNotFoundError as error:  # often the system's Python, beside a ready .venv
    if (error.name or "audiolessons").startswith("audiolessons"):
        raise
    sys.exit(
        f"audiolessons: {error.name} is not installed for {sys.executable}: use the Python of the "
        "book's environment, .venv/bin/python (Windows: .venv\\Scripts\\python); where there is "
        "none, run: make setup"
    )

if __name__ == "__main__":
    raise SystemExit(main())
