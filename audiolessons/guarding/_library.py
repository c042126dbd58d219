"""The package `cryptography`, imported where it is used."""

from __future__ import annotations

from importlib import import_module

from audiolessons.errors import AudioError


def cryptography(name: str):
    """Return a module of the package, such as "exceptions"."""
    try:
        return import_module(f"cryptography.{name}")
    except ModuleNotFoundError as problem:
        raise AudioError("this needs cryptography: pip install cryptography") from problem
