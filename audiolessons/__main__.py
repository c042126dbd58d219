"""`python -m audiolessons`: see `audiolessons.cli`."""

import sys

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
