"""What a prompt forbids is looked for in the code of an answer."""

from __future__ import annotations

import dis
import inspect
import types


def used(answer) -> set[str]:
    """Return the names that an answer uses: functions, attributes, what they are imported as.

    The learner's own functions that it calls are looked into as well. The operator of matrix
    products counts as the name "@".

    Examples
    --------
    >>> import math
    >>> sorted(used(lambda z: math.hypot(z.real, z.imag)))
    ['hypot', 'imag', 'math', 'math.hypot', 'real', 'z.imag', 'z.real']
    """
    found: set[str] = set()
    looked_at: set[int] = set()

    def look(function):
        function = inspect.unwrap(function) if callable(function) else function
        if inspect.isclass(function):
            for part in vars(function).values():
                if isinstance(part, types.FunctionType):
                    look(part)
            return
        code = getattr(function, "__code__", None)
        if code is None:
            found.add(getattr(function, "__name__", ""))  # handed in as it is: np.abs
            return
        if id(code) in looked_at:
            return
        looked_at.add(id(code))
        found.update(_names(code))
        space = function.__globals__
        for name in set(_globals(code)) & space.keys():
            other = space[name]
            if isinstance(other, types.FunctionType) and other.__globals__ is space:
                look(other)
            elif callable(other) and hasattr(other, "__name__"):  # from numpy import abs as size
                home = getattr(other, "__module__", None) or ""
                found.add(other.__name__)
                found.update(f"{part}.{other.__name__}" for part in home.split("."))
        for cell in function.__closure__ or ():
            if isinstance(cell.cell_contents, types.FunctionType):
                look(cell.cell_contents)

    look(answer)
    return found


def _names(code):
    """Names, pairs such as "spectral.stft" where one is taken from the other, and "@"."""
    yield from code.co_names
    before = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "BINARY_OP" and instruction.argrepr in ("@", "@="):
            yield "@"
        if instruction.opname.startswith("LOAD"):
            if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                yield f"{before}.{instruction.argval}"
            before = instruction.argval
    for inner in _inner(code):
        yield from _names(inner)


def _globals(code):
    """Names that are looked up in the learner's notebook, not on some object."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for inner in _inner(code):
        yield from _globals(inner)


def _inner(code):
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
