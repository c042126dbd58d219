"""Small changes of a right solution: nearly all of those that change what it does must fail.

A mutant is a solution with one slip: another operator, a constant off by one, an axis, a term
left out, two arguments exchanged. `judge` runs the check on each, and compares it with the
solution on inputs that the check never uses.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

import numpy as np

from audiolessons.errors import AudioError
from audiolessons.exercises.engine.checking import check_answer
from audiolessons.exercises.engine.declare import Exercise, Probe
from audiolessons.exercises.engine.observing import (
    NotAttempted,
    observe,
    random_numbers_kept,
    same,
)
from audiolessons.exercises.engine.running import run_limited

MOST_MUTANTS = 60
N_INPUTS = 200
LIMIT_S = 20.0  # for a mutant on all inputs
OPERATORS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "sin": "cos",
    "cos": "sin",
    "floor": "ceil",
    "ceil": "floor",
    "real": "imag",
    "log10": "log2",
    "log2": "log10",
    "log": "log10",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "cumsum": "cumprod",
    "rfft": "fft",
    "var": "std",
}


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant.

    Attributes
    ----------
    line : str
        The changed line.
    changed : bool
        It differs from the solution on some valid input.
    failed : bool
        The check refused it.
    message : str
        The message of a known mistake that it was given, or nothing.
    message_true : bool
        Mutant and that wrong implementation agree on all inputs, if there was a message.
    """

    line: str
    changed: bool
    failed: bool
    message: str = ""
    message_true: bool = True


def mutants(source: str, name: str) -> list[tuple[str, str]]:
    """Return (changed line, new source) for the function or class `name` in `source`.

    Examples
    --------
    >>> [line for line, _ in mutants("def double(x):\\n    return 2 * x", "double")]
    ['return 2 / x', 'return 2', 'return x', 'return 3 * x', 'return 1 * x']
    """
    tree = ast.parse(source)
    found, texts = [], {ast.unparse(tree)}
    [place] = [i for i, node in enumerate(tree.body) if getattr(node, "name", "") == name]
    n_nodes = len(list(ast.walk(tree.body[place])))
    for index in range(n_nodes):
        for step in range(len(list(_changes(_node(tree, place, index))))):
            changed = copy.deepcopy(tree)
            node = _node(changed, place, index)
            list(_changes(node))[step]()
            text = ast.unparse(ast.fix_missing_locations(_with_kept(changed)))
            if text not in texts:
                texts.add(text)
                found.append((_changed_line(ast.unparse(tree), text), text))
    if len(found) <= MOST_MUTANTS:
        return found
    return [found[i] for i in np.linspace(0, len(found) - 1, MOST_MUTANTS).astype(int)]


def judge(exercise: Exercise, source: str, name: str, namespace: dict) -> list[Verdict]:
    """Return the verdict on each mutant of the solution `source`.

    Parameters
    ----------
    exercise : Exercise
        With `valid`.
    source : str
        The cell that defines the solution.
    name : str
        What in it is handed in.
    namespace : dict
        What the chapter's set-up defines.
    """
    inputs = _inputs(exercise)
    solution = _outcomes(exercise, _defined(source, name, namespace), inputs)
    verdicts = []
    for line, text in mutants(source, name):
        mutant = _defined(text, name, namespace)
        outcomes = _outcomes(exercise, mutant, inputs)
        changed = not _all_same(outcomes, solution)
        report = check_answer(exercise, mutant)
        known = [wrong for wrong, message in exercise.wrong if message == report.means]
        is_true = not known or any(
            _all_same(outcomes, _outcomes(exercise, wrong, inputs)) for wrong in known
        )
        told = report.means if known else ""
        verdicts.append(Verdict(line, changed, not report.passed, told, is_true))
    return verdicts


def _inputs(exercise) -> list[Probe]:
    random = np.random.default_rng(20_26)
    probes = []
    for i in range(N_INPUTS):
        given = exercise.valid(random)
        if given is None:  # enough: what trains is tried on fewer
            break
        if not isinstance(given, tuple | dict):
            raise AudioError(
                f"{exercise.name}: valid gave {given!r}: give a tuple of arguments, such as "
                "(x,), or a dict of keywords"
            )
        args, kwargs = (given, {}) if isinstance(given, tuple) else ((), dict(given))
        probes.append(Probe(f"valid input {i}", args, kwargs))
    return probes


def _outcomes(exercise, answer, inputs) -> list:
    found = []

    def work():
        for probe in inputs:
            try:
                found.append(observe(exercise, probe, answer))
            except NotAttempted as dots:
                found.append(dots)

    with random_numbers_kept(), np.errstate(all="ignore"):
        run_limited(work, LIMIT_S)
    return found


def _all_same(outcomes, others) -> bool:
    return len(outcomes) == len(others) and all(
        a.changed == b.changed and same(a.value, b.value, rtol=1e-6, atol=1e-9)
        for a, b in zip(outcomes, others, strict=True)
        if not isinstance(a, NotAttempted)
    )


def _defined(source, name, namespace):
    space = dict(namespace)
    exec(compile(source, f"<{name}>", "exec"), space)
    return space[name]


def _node(tree, place, index):
    return list(ast.walk(tree.body[place]))[index]


def _changes(node):
    """Yield functions that change a node in place, each in one way."""

    def put(field, value):
        return lambda: setattr(node, field, value)

    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield put("op", other())
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow
    ):
        yield lambda: _become(node, node.left)
        if isinstance(node.op, ast.Add | ast.Mult):
            yield lambda: _become(node, node.right)
    if isinstance(node, ast.BoolOp):
        yield lambda: _become(node, node.values[0])
    if isinstance(node, ast.Compare):
        for other in OPERATORS.get(type(node.ops[0]), ()):
            yield put("ops", [other(), *node.ops[1:]])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield lambda: _become(node, node.operand)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield put("value", not node.value)
        elif isinstance(node.value, int):
            yield put("value", node.value + 1)
            yield put("value", node.value - 1)
        elif isinstance(node.value, float | complex):
            yield put("value", node.value * 2)
    if isinstance(node, ast.Call):
        if len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
            yield put("args", [node.args[1], node.args[0], *node.args[2:]])
        for i, keyword in enumerate(node.keywords):
            if keyword.arg in ("axis", "dim", "keepdims", "keepdim"):
                yield put("keywords", node.keywords[:i] + node.keywords[i + 1 :])
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield put("attr", NAMES[node.attr])
    if isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield put("id", NAMES[node.id])
    if isinstance(node, ast.Slice):
        for side in ("lower", "upper", "step"):
            if getattr(node, side) is not None:
                yield put(side, None)
    if isinstance(node, ast.AugAssign):
        yield lambda: _assign(node)


def _become(node, other):
    """Put one part of an expression in the place of the whole."""
    node.__dict__["al_becomes"] = other


def _assign(node):
    node.__dict__["al_assigns"] = True


class _Kept(ast.NodeTransformer):
    def visit(self, node):
        if "al_becomes" in node.__dict__:
            return self.visit(node.__dict__["al_becomes"])
        if "al_assigns" in node.__dict__:
            return ast.Assign([node.target], self.visit(node.value))
        return self.generic_visit(node)


def _with_kept(tree):
    return _Kept().visit(tree)


def _changed_line(before, after) -> str:
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return next((new.strip() for old, new in pairs if old != new), "a line fewer")
