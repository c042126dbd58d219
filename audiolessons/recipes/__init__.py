"""Data, model and training joined once, for chapters and the bench: a module each.

Folders are parts of the book; a part with many recipes has a folder for each chapter.

A recipe has `load`, `train` and `measure`; one whose weights are stored has `store` as well. It
imports no other recipe. Modules with an underscore hold what recipes share.
"""

import pkgutil
from importlib import import_module


def offering(function: str) -> dict:
    """Return the recipes that have a function, {name: module}, in order of part and name.

    Parameters
    ----------
    function : str
        "measure" or "store".

    Examples
    --------
    >>> offering("store")["denoising"].__name__
    'audiolessons.recipes.tasks.denoising.denoising'

    Chapter: reference/how-to-use
    """
    names = [
        one.name
        for one in pkgutil.walk_packages(__path__, f"{__name__}.")
        if not one.ispkg and not one.name.rsplit(".", 1)[1].startswith("_")
    ]
    modules = {name.rsplit(".", 1)[1]: import_module(name) for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, function)}


def part_of(recipe) -> str:
    """Return the part of the book that a recipe belongs to, which is its folder in `recipes`."""
    return recipe.__name__.removeprefix(f"{__name__}.").split(".")[0]
