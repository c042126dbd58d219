"""Helper package of *Audio Lessons*: `import audiolessons as al`.

Modules load when they are first used, so that `import audiolessons` stays fast.
"""

from importlib import import_module as _import_module
from pkgutil import iter_modules as _iter_modules

__version__ = "0.1.0"

# What the folder holds, without the commands and what the package keeps to itself.
_INSIDE = {"cli", "constants", "doctor", "writing"}
_MODULES = tuple(
    sorted(
        module.name
        for module in _iter_modules(__path__)
        if not module.name.startswith("_") and module.name not in _INSIDE
    )
)

__all__ = ["AudioError", *_MODULES]


def __getattr__(name):
    if name == "AudioError":
        return _import_module("audiolessons.errors").AudioError
    if name in _MODULES:
        return _import_module(f"audiolessons.{name}")
    raise AttributeError(f"audiolessons has no module {name!r}; it has {', '.join(_MODULES)}")


def __dir__():
    return sorted([*globals(), *__all__])
