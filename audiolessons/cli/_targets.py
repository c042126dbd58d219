"""What commands that write a file ask of its path, before they begin to work."""

from __future__ import annotations

from pathlib import Path


def check_new_sound(target: Path) -> Path:
    """Return the path OUT if a sound can be written there and nothing is there yet.

    Raises
    ------
    AudioError
        If no sound file ends so, or something is there.
    """
    from audiolessons.files.saving import FORMATS

    return check_new(target, suffixes=tuple(FORMATS))


def check_new(target: Path, *, suffixes: tuple) -> Path:
    """Return the path OUT if it ends in one of the suffixes and nothing is there yet.

    Raises
    ------
    AudioError
        If it does not, or something is.
    """
    from audiolessons.errors import AudioError, check_choice

    check_choice(target.suffix.lower(), name="the suffix of OUT", choices=suffixes)
    if target.exists():
        raise AudioError(f"{target} is there already: choose another name")
    return target
