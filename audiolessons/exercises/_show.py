"""How reports and hints look: as text (which tests compare) and as HTML (which readers see)."""

from __future__ import annotations

import html
import re

import numpy as np

_PASSED = "border-left:4px solid #1a7f37;padding:0.1em 0.8em;margin:0.3em 0"
_FAILED = "border-left:4px solid #c2410c;padding:0.1em 0.8em;margin:0.3em 0"
_WAITING = "border-left:4px solid #6b7280;padding:0.1em 0.8em;margin:0.3em 0"


def describe(value) -> str:
    """Say what a value is in a few words: rounded numbers, or shape, type and first values."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, bool | np.bool_) or value is None or isinstance(value, str):
        return repr(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | complex | np.number):
        return _number(value)
    if isinstance(value, list | tuple) and len(value) <= 6:
        inner = ", ".join(describe(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return describe(value[()])
        flat = value.ravel()
        if value.dtype.kind not in "biufc":
            return f"array of {value.dtype}, shape {value.shape}"
        first = ", ".join(describe(item) for item in flat[:6])
        dots = ", ..." if flat.size > 6 else ""
        shape = f" (shape {value.shape})" if value.ndim > 1 or flat.size > 6 else ""
        return f"[{first}{dots}]{shape}"
    text = repr(value)
    # an address differs from run to run and tells a learner nothing
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _number(value) -> str:
    if isinstance(value, complex | np.complexfloating):
        return f"{value.real:.4g}{value.imag:+.4g}j"
    if 0 < abs(value) < 1e-9:
        return "about 0"  # rounding errors, which differ from machine to machine
    if 1e4 <= abs(value) < 1e9:
        return f"{float(value):.0f}"  # 16044, not 1.604e+04
    return f"{float(value):.4g}"


def report_text(report) -> str:
    lines = [_headline(report)]
    for row in report.rows:
        lines.append(f"  {'passed' if row.passed else 'FAILED'}  {row.what}")
        for name, text in (("expected", row.expected), ("got", row.got), ("means", row.means)):
            if text:
                lines.append(f"          {name:<8}  {text}")
    lines.extend(f"  {text}" for text in (_advice(report), report.note, report.hint) if text)
    return "\n".join(lines)


def report_html(report) -> str:
    items = []
    for row in report.rows:
        details = "".join(
            f"<div><strong>{name}:</strong> {_marked(text)}</div>"
            for name, text in (
                ("expected", row.expected),
                ("got", row.got),
                ("what that usually means", row.means),
            )
            if text
        )
        mark = "&#10003; passed" if row.passed else "&#10007; not yet"
        items.append(
            f'<li style="{_PASSED if row.passed else _FAILED}">'
            f"<strong>{mark}:</strong> {_marked(row.what)}{details}</li>"
        )
    notes = "".join(
        f"<p>{_marked(text)}</p>" for text in (_advice(report), report.note, report.hint) if text
    )
    style = _WAITING if not report.attempted else _PASSED if report.passed else _FAILED
    return (
        f'<div class="al-report" style="{style}"><p><strong>{_marked(_headline(report))}</strong>'
        f'</p><ul style="list-style:none;padding:0;margin:0">{"".join(items)}</ul>{notes}</div>'
    )


def hints_html(exercise) -> str:
    folded = "".join(
        f"<details><summary>Hint {i} of {len(exercise.hints)}</summary>"
        f"<p>{_marked(text)}</p></details>"
        for i, text in enumerate(exercise.hints, start=1)
    )
    return f'<div class="al-hints">{folded}</div>'


def _headline(report) -> str:
    if not report.attempted:
        return f"{report.name}: not attempted yet"
    held = sum(row.passed for row in report.rows)
    if report.passed:
        return f"{report.name}: solved, all {held} properties hold"
    return f"{report.name}: {held} of {len(report.rows)} properties hold"


def _advice(report) -> str:
    if report.attempted:
        return ""
    return "Replace the dots in the cell above, run it, then run this check again."


def _marked(text: str) -> str:
    """Escape text for HTML; what stands between backticks becomes code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
