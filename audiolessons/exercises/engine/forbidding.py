"""What a prompt forbids is looked for in the code of an answer."""

from __future__ import annotations

import inspect
import types


def used(answer) -> set[str]:
    """Return the names that an answer uses: functions, attributes, what they are imported as.

    The learner's own functions that it calls are looked into as well.

    Examples
    --------
    >>> import math
    >>> sorted(used(lambda z: math.hypot(z.real, z.imag)))
    ['hypot', 'imag', 'math', 'real']
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
        names = set(_names(code))
        found.update(names)
        space = function.__globals__
        for name in names & space.keys():
            other = space[name]
            if isinstance(other, types.FunctionType) and other.__globals__ is space:
                look(other)
            elif isinstance(other, types.FunctionType | types.BuiltinFunctionType | type):
                found.add(other.__name__)  # from numpy import abs as size
        for cell in function.__closure__ or ():
            if isinstance(cell.cell_contents, types.FunctionType):
                look(cell.cell_contents)

    look(answer)
    return found


def _names(code):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
