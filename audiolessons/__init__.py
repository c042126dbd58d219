"""Helper package of *Audio Lessons*: `import audiolessons as al`.

Modules load when they are first used, so that `import audiolessons` stays fast.
"""

from importlib import import_module as _import_module

__version__ = "0.1.0"

_MODULES = (
    "autograd",
    "bench",
    "datasets",
    "editions",
    "enhancement",
    "errors",
    "exercises",
    "explore",
    "features",
    "files",
    "filters",
    "linear_algebra",
    "listen",
    "metrics",
    "models",
    "optimisers",
    "plots",
    "recipes",
    "signals",
    "sources",
    "spectral",
    "training",
    "transforms",
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
