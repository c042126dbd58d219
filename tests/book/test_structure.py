"""What every chapter holds, and what no notebook may hold."""

import ast
import re
import symtable
from pathlib import Path

import nbformat
import pytest

from audiolessons import exercises
from audiolessons.editions import tags

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name not in ("book", "reference")]
SECTIONS = [
    "You will be able to",
    "Before you start",
    "Hear it first",
    "When it breaks",
    "Bug hunt",
    "Exercises",
    "Quiz",
    "What to take away",
    "Further reading",
    "Data and licences",
]
UNCOMPARED = {"from-recordings", "nbval-ignore-output"}


def identify(path):
    return path.stem


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def html_outputs(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            yield cell, output.get("data", {}).get("text/html", "")


def headings(notebook):
    return re.findall(r"^## (.+)$", markdown(notebook), flags=re.MULTILINE)


def test_there_are_chapters():
    assert len(CHAPTERS) >= 4


# --- what makes a stored notebook trustworthy --------------------------------------------


def unexecuted(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return counts != list(range(1, len(counts) + 1))


def forbidden_outputs(notebook):
    found = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"{cell.id}: an error is stored")
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"{cell.id}: stderr is stored")
            data = output.get("data", {})
            if any("widget" in mime for mime in data):
                found.append(f"{cell.id}: a widget view is stored")
            if "image/png" in data:
                found.append(f"{cell.id}: a bare picture has no alternative text: use plots.show")
            for audio in re.findall(r"<audio[^>]*>", data.get("text/html", "")):
                if "data-recording" in audio and "data:audio" in audio:
                    found.append(f"{cell.id}: a recording is stored inside the notebook")
    if "widgets" in notebook.metadata:
        found.append("widget state is stored")
    return found


def compared_fraction(notebook):
    with_output = [cell for cell in code_cells(notebook) if cell.outputs]
    compared = [cell for cell in with_output if not UNCOMPARED & set(tags(cell))]
    return len(compared) / len(with_output)


def unasserted(notebook):
    """Cells that are never compared and assert nothing."""
    return [
        cell.id
        for cell in code_cells(notebook)
        if "nbval-ignore-output" in tags(cell) and "assert " not in cell.source
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_the_stored_notebook_can_be_trusted(path):
    notebook = read(path)
    assert not unexecuted(notebook), "run `make run` over it"
    assert forbidden_outputs(notebook) == []
    assert compared_fraction(notebook) > 0.5
    assert unasserted(notebook) == []
    assert path.stat().st_size < 3_000_000


def test_a_notebook_that_cannot_be_trusted_is_noticed():
    cell = nbformat.v4.new_code_cell("x", id="a", execution_count=None)
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="warning"),
        nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]),
        nbformat.v4.new_output(
            "display_data",
            data={
                "image/png": "",
                "application/vnd.jupyter.widget-view+json": {},
                "text/html": '<audio data-recording="a" src="data:audio/mpeg;base64,AA">',
            },
        ),
    ]
    cell.metadata["tags"] = ["nbval-ignore-output"]
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}})
    assert unexecuted(notebook)
    assert len(forbidden_outputs(notebook)) == 6
    assert compared_fraction(notebook) == 0
    assert unasserted(notebook) == ["a"]


# --- the pattern of a chapter ------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS, ids=identify)
def test_the_sections_stand_in_their_order(path):
    found = [title for title in headings(read(path)) if title in SECTIONS]
    assert found == SECTIONS


@pytest.mark.parametrize("path", CHAPTERS, ids=identify)
def test_there_is_enough_to_move_and_to_hear(path):
    outputs = [output for _, output in html_outputs(read(path))]
    n_explorers = sum("<al-explore" in output for output in outputs)
    assert n_explorers >= 3, "a chapter shows at least three al.explore"
    n_players = sum('class="al-player"' in output for output in outputs)
    assert n_players >= 4, "at least four cells play a sound with al.listen"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_figures_and_sounds_are_described(path):
    for cell, output in html_outputs(read(path)):
        output = re.sub(r"<script.*?</script>", "", output, flags=re.DOTALL)
        for picture in re.findall(r"<img[^>]*>", output):
            [alt] = re.findall(r'alt="([^"]*)"', picture)
            assert len(alt) >= 20, f"{cell.id}: {alt!r} describes nothing"
            assert not re.search(r"\.(png|webp|jpg|svg)$", alt), f"{cell.id}: a file name"
        for audio in re.findall(r"<audio[^>]*>", output):
            assert re.search(r'aria-label="[^"]{5,}"', audio), f"{cell.id}: {audio[:80]}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_a_student_sees_no_raw_directive(path):
    text = re.sub(r"```(python|bash|text|toml|yaml)?\n.*?```", "", markdown(read(path)), flags=re.S)
    assert not re.findall(r"^:::|^```\{|\{[a-z:]+\}`", text, flags=re.MULTILINE)
    assert text.count("<details>") == text.count("</details>")


# --- exercises ---------------------------------------------------------------------------


def checks_of(notebook):
    return [
        name
        for cell in notebook.cells
        if "check" in tags(cell)
        for name in re.findall(r'exercises\.check\("([a-z_.0-9]+)"', cell.source)
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_every_exercise_of_the_chapter_stands_in_it_once(path):
    stated = checks_of(read(path))
    assert sorted(stated) == sorted(exercises.names(path.stem))


@pytest.mark.parametrize("path", CHAPTERS, ids=identify)
def test_there_are_six_exercises_on_three_levels_and_a_bug_hunt(path):
    notebook = read(path)
    assert len(checks_of(notebook)) >= 6, "a chapter holds at least six exercises"
    levels = {exercises.find(name).level for name in checks_of(notebook)}
    assert levels == {"easy", "core", "stretch"}
    hunted = [c for c in notebook.cells if re.search(r"^## Bug hunt", c.source, flags=re.M)]
    assert hunted


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_exercises_are_stub_check_hints_solution(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells):
        if "check" not in tags(cell):
            continue
        [name] = re.findall(r'exercises\.check\("([a-z_.0-9]+)"', cell.source)
        assert "exercise" in tags(cells[number - 1]), f"{name}: no stub before its check"
        assert "..." in cells[number - 1].source, f"{name}: the stub holds no dots"
        assert "hints" in tags(cells[number + 1]), f"{name}: no hints after its check"
        assert f'hint("{name}")' in cells[number + 1].source
        assert "solution" in tags(cells[number + 2]), f"{name}: no solution after its hints"
        assert f'check("{name}"' in cells[number + 2].source.splitlines()[-1]
        assert "solved" in cells[number + 2].outputs[-1].data["text/plain"]
        assert not UNCOMPARED & set(tags(cell)), f"{name}: what its check says is not compared"
        assert "not attempted yet" in cell.outputs[-1].data["text/plain"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_the_prompt_states_the_level(path):
    notebook = read(path)
    stated = re.findall(r"^### Exercise \d+: .+ \((\w+)\)$", markdown(notebook), flags=re.M)
    declared = [exercises.find(name).level for name in checks_of(notebook)]
    assert stated == declared, "the prompts and audiolessons/exercises name other levels"


def own_scope(node):
    """Walk a cell without entering functions and classes, whose names are their own."""
    yield node
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from own_scope(child)


def names_bound(source):
    names = set()
    for node in own_scope(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def names_used(source):
    """Names that a cell takes from elsewhere, also from inside its functions."""
    table = symtable.symtable(source, "cell", "exec")

    def free(scope):
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or scope.get_type() == "module"):
                yield symbol.get_name()
        for child in scope.get_children():
            yield from free(child)

    return set(free(table))


def leaks(notebook):
    """Names that an exercise defines and a cell outside it uses without defining them itself."""
    inside = {"exercise", "check", "hints", "solution"}
    own, outside = set(), []
    for cell in code_cells(notebook):
        if inside & set(tags(cell)):
            own |= names_bound(cell.source)
        else:
            outside.append(cell)
    found = []
    for cell in outside:
        used = (names_used(cell.source) | names_bound(cell.source)) & own
        if used:
            found.append((cell.id, sorted(used)))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=identify)
def test_nothing_outside_an_exercise_needs_its_answer(path):
    assert leaks(read(path)) == []


def test_a_cell_that_needs_an_answer_is_noticed():
    stub = nbformat.v4.new_code_cell("def rms(x):\n    return ...", id="stub")
    stub.metadata["tags"] = ["exercise"]
    user = nbformat.v4.new_code_cell("print(rms(1))", id="user")
    assert leaks(nbformat.v4.new_notebook(cells=[stub, user])) == [("user", ["rms"])]


# --- quiz --------------------------------------------------------------------------------


def quiz_questions(notebook):
    text = markdown(notebook).split("## Quiz", 1)[1].split("\n## ", 1)[0]
    parts = re.split(r"^\*\*\d+\. ", text, flags=re.MULTILINE)[1:]
    return [
        re.findall(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", p, re.S) for p in parts
    ]


@pytest.mark.parametrize("path", CHAPTERS, ids=identify)
def test_the_quiz_explains_every_option(path):
    questions = quiz_questions(read(path))
    assert len(questions) >= 4, "the quiz asks at least four questions: **1. Text**"
    for options in questions:
        assert len(options) >= 3, "a question offers at least three options"
        verdicts = [explanation.strip() for _, explanation in options]
        assert all(v.startswith(("**Right.**", "**Not quite.**")) for v in verdicts)
        assert sum(v.startswith("**Right.**") for v in verdicts) == 1
        assert all(len(v) > 40 for v in verdicts), "an option is not explained"
