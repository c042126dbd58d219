"""Show a function of the package as code: chapters print the one true copy."""

from __future__ import annotations

import ast
import inspect
import textwrap


def show(*functions) -> None:
    """Show the source of functions without their docstrings, highlighted.

    The docstrings stand in the API reference; what a chapter derives is the code.

    Examples
    --------
    >>> def double(audio):
    ...     '''Return the sound at twice its level.'''
    ...     return 2 * audio
    >>> show(double)  # doctest: +SKIP
    def double(audio):
        return 2 * audio

    Chapter: sound/signals
    """
    from IPython.display import display

    code = "\n\n\n".join(without_docstring(function) for function in functions)
    display({"text/markdown": f"```python\n{code}\n```", "text/plain": code}, raw=True)


def without_docstring(function) -> str:
    """Return the source of a function, its comments kept and its docstring left out.

    Examples
    --------
    >>> print(without_docstring(_lstrip_blank))
    def _lstrip_blank(lines):
        while lines and not lines[0].strip():
            lines = lines[1:]
        return lines

    Chapter: sound/signals
    """
    code = textwrap.dedent(inspect.getsource(function)).rstrip()
    body = ast.parse(code).body[0].body
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if not is_docstring or not isinstance(first.value.value, str) or len(body) == 1:
        return code
    lines = code.splitlines()
    # Comments may stand between the docstring and the first statement: keep them.
    return "\n".join(lines[: first.lineno - 1] + _lstrip_blank(lines[first.end_lineno :]))


def _lstrip_blank(lines):
    while lines and not lines[0].strip():
        lines = lines[1:]
    return lines
