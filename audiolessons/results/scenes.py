"""Test scenes: which voices, noises, levels a bench tests with, written before anything is trained.

`python -m audiolessons scenes NAME` lets a recipe draw them and writes `data/scenes/NAME.json`.
Scenes that are there are never replaced: results were measured with them.
"""

from __future__ import annotations

import json
from pathlib import Path

from audiolessons.datasets import data_folder
from audiolessons.errors import AudioError
from audiolessons.writing import whole_file


def write_scenes(name: str, scenes: dict, *, folder=None) -> Path:
    """Write the scenes of a recipe, unless they are there already; return the file.

    Parameters
    ----------
    name : str
        Of the recipe.
    scenes : dict
        What JSON can hold: lists of scenes by part, each a dict of identifiers and numbers.
    folder : path, optional
        `data/scenes` unless given.

    Raises
    ------
    AudioError
        If other scenes are there.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> write_scenes("tea", {"test": [{"cup": 1}]}, folder=folder).name
    'tea.json'
    >>> read_scenes("tea", folder=folder)
    {'test': [{'cup': 1}]}

    Chapter: reference/how-to-use
    """
    path = _path(name, folder)
    scenes = json.loads(json.dumps(scenes))
    if path.exists():
        if read_scenes(name, folder=folder) != scenes:
            raise AudioError(
                f"{path} holds other scenes, and results were measured with them: to begin anew, "
                f"delete it with data/results/{name}.json, before anything is trained"
            )
        return path
    parts = []
    for part, members in scenes.items():
        lines = ",\n".join(f"  {json.dumps(one)}" for one in members)
        parts.append(f" {json.dumps(part)}: [\n{lines}\n ]")
    with whole_file(path, make_folder=True) as file:
        file.write(("{\n" + ",\n".join(parts) + "\n}\n").encode())
    return path


def read_scenes(name: str, *, folder=None) -> dict:
    """Return the scenes of a recipe, {part: list of scenes}.

    Raises
    ------
    AudioError
        If there are none, or the file was damaged.

    Examples
    --------
    >>> list(read_scenes("denoising"))
    ['valid', 'test', 'other']

    Chapter: reference/how-to-use
    """
    path = _path(name, folder)
    if not path.exists():
        raise AudioError(f"there are no scenes of {name!r}: python -m audiolessons scenes {name}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise AudioError(f"{path.name} holds no scenes ({problem}): get it again") from problem


def _path(name, folder):
    return (data_folder() / "scenes" if folder is None else Path(folder)) / f"{name}.json"
