"""What is spoiled on purpose is noticed: a number, a slider, a solution, a function, a check; so is
a warning that a cell prints."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

import audiolessons
from audiolessons import exercises
from audiolessons.editions import tags
from audiolessons.exercises import engine

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "book" / "sound" / "stft.ipynb"
UNCOMPARED = {"from-recordings", "nbval-ignore-output"}

pytestmark = [pytest.mark.slow("runs a chapter under nbval"), pytest.mark.timeout(400)]


@pytest.fixture
def folder(tmp_path, embedded_only):
    """A book for the one chapter, with a folder at the same place as in the real one.

    On the embedded set fewer outputs are compared: what is noticed there is noticed anywhere.
    """
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    inner = tmp_path / "book" / "sound"
    inner.mkdir(parents=True)
    return inner


def failed_cells(folder, *, package=ROOT):
    """Run nbval over the copy of the chapter in `folder`; return the indices of failing cells."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:warnings"]
    command += ["-p", "no:cacheprovider", "-p", "conftest", f"--rootdir={folder}"]
    command += ["--nbval", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")]
    command += [f"--junitxml={report}"]
    run = subprocess.run(
        [*command, str(folder / CHAPTER.name)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert report.exists(), run.stdout + run.stderr
    cases = ElementTree.parse(report).getroot().iter("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    return {int(re.search(r"Cell (\d+)", name).group(1)) for name in failed}


def first(code_cells, suits):
    return next(i for i, cell in enumerate(code_cells) if suits(cell))


def compared_text(cell):
    if UNCOMPARED & set(tags(cell)):
        return ""
    texts = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return "\n".join(texts)


def prints_a_number(cell):
    return cell.outputs and "text" in cell.outputs[0] and re.search(r"\d", compared_text(cell))


def is_slider(cell):
    return compared_text(cell).startswith("Slider:")


def is_solution(cell):
    return "solution" in tags(cell) and "return" in cell.source


def is_comparison(cell):
    return "librosa.stft(" in cell.source


def short_chapter():
    """Return what is spoiled of the chapter, with the cells before that it needs: code alone."""
    notebook = nbformat.read(CHAPTER, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    n_begin = 1 + max(first(code, prints_a_number), first(code, is_slider))
    data = [cell for cell in code[n_begin:] if "exercise-data" in tags(cell)]
    others = [code[first(code, suits)] for suits in (is_comparison, is_solution)]
    notebook.cells = [*code[:n_begin], *data, *others]
    return notebook


def test_a_spoiled_number_slider_and_solution_and_a_warning_are_each_noticed(folder):
    notebook = short_chapter()
    code = notebook.cells

    number = first(code, prints_a_number)
    output = code[number].outputs[0]
    output.text = re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), output.text, count=1)

    slider = first(code, is_slider)
    data = code[slider].outputs[0].data
    lines = data["text/plain"].split("\n")
    lines[2] = re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), lines[2], count=1)
    assert "\n".join(lines) != data["text/plain"]
    data["text/plain"] = "\n".join(lines)

    solution = first(code, is_solution)
    code[solution].source = code[solution].source.replace("return", "return 2 *", 1)

    warns = nbformat.v4.new_code_cell("import sys; print('a warning', file=sys.stderr)")
    warns.metadata = {"tags": ["nbval-ignore-output"]}
    warns.execution_count = 1
    code.append(warns)

    nbformat.write(notebook, folder / CHAPTER.name)
    assert failed_cells(folder) == {number, slider, solution, len(code) - 1}


def test_a_spoiled_function_is_noticed(folder, tmp_path):
    package = tmp_path / "package"
    shutil.copytree(Path(audiolessons.__file__).parent, package / "audiolessons")
    shutil.copytree(ROOT / "data", package / "data")
    spoiled = 0
    for path in (package / "audiolessons").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        changed = re.sub(r'(def stft\([^)]*window(?:: [^=]+)?\s*=\s*)"hann"', r'\1"hamming"', text)
        spoiled += changed != text
        path.write_text(changed, encoding="utf-8")
    assert spoiled == 1, "the window of stft was not found"
    nbformat.write(short_chapter(), folder / CHAPTER.name)
    comparison = first(short_chapter().cells, is_comparison)
    assert comparison in failed_cells(folder, package=package)


def test_a_spoiled_check_is_noticed(monkeypatch):
    """A check that accepts everything passes wrong answers, which test_all.py would report."""
    for name in exercises.names("stft"):
        anything = engine.probe("anything", observe=lambda *args, **kwargs: {})
        lenient = dataclasses.replace(
            exercises.find(name), stated_probes=[anything], forbidden={}, memory={}
        )
        monkeypatch.setitem(engine.EXERCISES, name, lenient)
        assert exercises.check(name, lambda *args, **kwargs: None).passed
    # the mistakes that are stated are what catches it
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "all_exercises", ROOT / "tests" / "exercises" / "test_all.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    name = exercises.names("stft")[0]
    with pytest.raises(AssertionError, match="accepted a wrong answer"):
        module.test_each_stated_mistake_gets_its_own_message(name)
