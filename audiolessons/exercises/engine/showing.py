"""How reports and hints look: as text (which tests compare) and as HTML (which readers see)."""

from __future__ import annotations

import html
import re

import numpy as np

from audiolessons.exercises.engine.observing import Crash, numbers, same
from audiolessons.exercises.engine.reading import shortest

_PASSED = "border-left:4px solid #1a7f37;padding:0.1em 0.8em;margin:0.3em 0"
_FAILED = "border-left:4px solid #c2410c;padding:0.1em 0.8em;margin:0.3em 0"
_WAITING = "border-left:4px solid #6b7280;padding:0.1em 0.8em;margin:0.3em 0"
MOST_SHOWN = 6
MEANS = "what that means"


def pair(got, expected, *, rtol: float, atol: float) -> tuple[str, str]:
    """Say what was expected and what came back, in as many digits as tell them apart.

    Of stated facts only those that differ are shown, or else those that are missing.

    Examples
    --------
    >>> pair(0.99999992, 1.0, rtol=0, atol=0)
    ('1', '0.9999999')
    >>> pair({"it falls": False, "n": 3}, {"it falls": True, "n": 3}, rtol=0, atol=0)
    ('it falls: True', 'it falls: False')
    >>> pair({"a": 1}, {"a": 1, "b": 2}, rtol=0, atol=0)
    ('b: 2', 'b: missing')
    >>> pair({"a": np.zeros(9)}, {"a": np.eye(9)[8]}, rtol=0, atol=0)
    ('a: 1 at [8]', 'a: 0 at [8]')
    """
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() <= expected.keys():
        keys = [k for k in got if not same(got[k], expected[k], rtol=rtol, atol=atol)]
        both = [(k, *_fact(got[k], expected[k], rtol=rtol, atol=atol)) for k in keys]
        both = both or [(k, describe(expected[k]), "missing") for k in expected if k not in got]
        return (
            "; ".join(f"{k}: {wanted}" for k, wanted, _ in both),
            "; ".join(f"{k}: {given}" for k, _, given in both),
        )
    if isinstance(expected, dict) and isinstance(got, Crash):
        return "; ".join(f"{k}: {describe(v)}" for k, v in expected.items()), describe(got)
    theirs, ours = numbers(got), numbers(expected)
    if theirs is not None and ours is not None and theirs.shape == ours.shape == ():
        return shortest(ours, theirs), shortest(theirs, ours)
    return describe(expected), describe(got)


def _fact(got, expected, *, rtol: float, atol: float) -> tuple[str, str]:
    """Say both values of a fact; of more numbers than are shown, the first that differ."""
    theirs, ours = numbers(got), numbers(expected)
    is_long = ours is not None and ours.size > MOST_SHOWN
    if not is_long or theirs is None or theirs.shape != ours.shape:
        return pair(got, expected, rtol=rtol, atol=atol)
    place = np.argwhere(~np.isclose(theirs, ours, rtol=rtol, atol=atol, equal_nan=True))[0]
    mine, right = theirs[tuple(place)], ours[tuple(place)]
    at = f" at [{', '.join(map(str, place))}]"
    return shortest(right, mine) + at, shortest(mine, right) + at


def describe(value) -> str:
    """Say what a value is in a few words: rounded numbers, or shape, type and first values.

    Examples
    --------
    >>> describe(np.zeros((2, 9), dtype=bool))
    '[False, False, False, False, False, False, ...] (shape (2, 9))'
    """
    if isinstance(value, Crash):
        return str(value)
    if value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, bool | int | float | complex | np.generic):
        return shortest(value)
    if hasattr(value, "detach"):
        value = numbers(value)
    if isinstance(value, list | tuple) and len(value) <= MOST_SHOWN:
        inner = ", ".join(map(describe, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    array = numbers(value)
    if array is not None:
        if array.ndim == 0:
            return shortest(array[()])
        first = ", ".join(shortest(item) for item in array.ravel()[:MOST_SHOWN])
        dots = ", ..." if array.size > MOST_SHOWN else ""
        shape = f" (shape {array.shape})" if array.ndim > 1 or array.size > MOST_SHOWN else ""
        return f"[{first}{dots}]{shape}"
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype}, shape {value.shape}"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))  # an address tells a learner nothing
    return text if len(text) <= 80 else f"{text[:77]}..."


def report_text(report) -> str:
    lines = [_headline(report)]
    for row in report.rows:
        lines.append(f"  {'passed' if row.passed else 'FAILED'}  {row.what}")
        for name, text in _details(row):
            lines.append(f"          {name:<8}  {text}")
    if report.means:
        lines.append(f"  {MEANS}: {report.means}")
    lines.extend(f"  {text}" for text in (_advice(report), report.note) if text)
    return "\n".join(lines)


def report_html(report) -> str:
    items = []
    for row in report.rows:
        details = "".join(
            f"<div><strong>{name}:</strong> {marked(text)}</div>" for name, text in _details(row)
        )
        mark = "&#10003; passed" if row.passed else "&#10007; not yet"
        items.append(
            f'<li style="{_PASSED if row.passed else _FAILED}">'
            f"<strong>{mark}:</strong> {marked(row.what)}{details}</li>"
        )
    means = f"<p><strong>{MEANS}:</strong> {marked(report.means)}</p>" if report.means else ""
    notes = "".join(f"<p>{marked(text)}</p>" for text in (_advice(report), report.note) if text)
    style = _WAITING if not report.attempted else _PASSED if report.passed else _FAILED
    return (
        f'<div class="al-report" style="{style}"><p><strong>{marked(_headline(report))}</strong>'
        f'</p><ul style="list-style:none;padding:0;margin:0">{"".join(items)}</ul>{means}{notes}'
        "</div>"
    )


def hints_html(hints) -> str:
    folded = "".join(
        f"<details><summary>Hint {i} of {len(hints)}</summary><p>{marked(text)}</p></details>"
        for i, text in enumerate(hints, start=1)
    )
    return f'<div class="al-hints">{folded}</div>'


def marked(text: str) -> str:
    """Escape text for HTML; what stands between backticks becomes code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _details(row):
    names = ("expected", "got", "differs", "where")
    return [(name, getattr(row, name)) for name in names if getattr(row, name)]


def _headline(report) -> str:
    if not report.attempted:
        return f"{report.name}: not attempted yet"
    held = sum(row.passed for row in report.rows)
    if len(report.rows) == 1:  # after a crash, one of several
        of_one = "solved, its one property holds" if held else "the property tried does not hold"
        return f"{report.name}: {of_one}"
    if report.passed:
        return f"{report.name}: solved, all {held} properties hold"
    return f"{report.name}: {held} of {len(report.rows)} properties hold"


def _advice(report) -> str:
    if report.attempted:
        return ""
    return "Replace the dots in the cell above, run it, then run this check again."
