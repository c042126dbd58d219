"""`python -m audiolessons`: see `audiolessons.cli`."""

from audiolessons.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
