"""What a chapter prints of the package is what stands there, found out without running it."""

import ast
import re
from pathlib import Path

import nbformat.v4 as v4
import pytest

from audiolessons import cli, editions, sources

BOOK = Path(__file__).parents[2] / "book"


def stale(notebook):
    """Name the calls of `al.sources.show` that printed other words than the package has now."""
    names = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        for node in tree.body:
            code = ast.unparse(node)
            if re.fullmatch(r"(import|from) audiolessons\b.*|\w+ = al(\.\w+)+", code):
                exec(compile(ast.Module([node], []), "<imports>", "exec"), names)
        displays = [output.get("data", {}) for output in cell.outputs]
        printed = [one["text/plain"] for one in displays if "text/markdown" in one]
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "al.sources.show":
                functions = [eval(ast.unparse(one), names) for one in call.args]
                now = "\n\n\n".join(map(sources.without_docstring, functions))
                if now not in printed:
                    yield ast.unparse(call)


@pytest.mark.parametrize("path", cli.chapters([BOOK]), ids=lambda path: path.stem)
def test_printed_sources_are_those_of_the_package(path):
    assert not list(stale(editions.read(path)))


def test_a_source_that_changed_since_is_found():
    code = sources.without_docstring(editions.tags)

    def chapter(text):
        output = v4.new_output("display_data", {"text/markdown": text, "text/plain": text})
        show = "import audiolessons as al\nal.sources.show(al.editions.tags)"
        return v4.new_notebook(cells=[v4.new_code_cell(show, outputs=[output])])

    assert not list(stale(chapter(code)))
    assert list(stale(chapter(code + " "))) == ["al.sources.show(al.editions.tags)"]
