"""What commands that write a sound ask of its path, before they begin to work."""

from __future__ import annotations

from pathlib import Path


def check_new_sound(target: Path) -> Path:
    """Return the path OUT if a sound can be written there and nothing is there yet.

    Raises
    ------
    AudioError
        If no sound file ends so, or something is there.
    """
    from audiolessons.errors import AudioError, check_choice
    from audiolessons.files.saving import FORMATS

    check_choice(target.suffix.lower(), name="the suffix of OUT", choices=tuple(FORMATS))
    if target.exists():
        raise AudioError(f"{target} is there already: choose another name")
    return target
