"""Executing, tidying and stripping notebooks."""

import json

import nbformat
import nbformat.v4 as v4
import pytest

from audiolessons import AudioError, editions


def notebook(*sources):
    cells = [v4.new_code_cell(source) for source in sources]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return v4.new_notebook(cells=cells)


def write(path, *sources):
    nbformat.write(notebook(*sources), path)
    return path


def test_a_rerun_stores_outputs_and_twice_gives_the_same_bytes(tmp_path):
    path = write(
        tmp_path / "a.ipynb",
        "print(6 * 7)",
        "object()",
        "import ipywidgets\nipywidgets.IntSlider()",
    )
    editions.rerun(path)
    first = path.read_bytes()
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[0].outputs[0].text == "42\n"
    assert stored.cells[1].outputs[0].data["text/plain"] == "<object at 0x0>"
    assert "widgets" not in stored.metadata
    assert not any("widget" in mime for mime in stored.cells[2].outputs[0].data)
    assert [cell.id for cell in stored.cells] == ["cell-0", "cell-1", "cell-2"]
    editions.rerun(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('careful', file=sys.stderr)", "cell 0 printed to stderr"),
        ("import warnings; warnings.warn('old')", "cell 0 printed to stderr"),
    ],
)
def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path, source, message):
    path = write(tmp_path / "a.ipynb", source)
    before = path.read_bytes()
    with pytest.raises(AudioError, match=message):
        editions.rerun(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_notebook_runs_in_its_own_folder(tmp_path):
    (tmp_path / "beside.txt").write_text("here")
    path = write(tmp_path / "a.ipynb", "print(open('beside.txt').read())")
    editions.rerun(path)
    assert nbformat.read(path, as_version=4).cells[0].outputs[0].text == "here\n"


@pytest.mark.parametrize("variable", ["AUDIOLESSONS_DATA", "AUDIOLESSONS_CACHE"])
def test_a_relative_data_folder_means_the_same_place_inside(tmp_path, monkeypatch, variable):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "mirror")
    run = editions.execute(notebook(f"import os; print(os.environ['{variable}'])"), folder=tmp_path)
    assert run.cells[0].outputs[0].text == f"{tmp_path / 'mirror'}\n"


def test_the_student_edition_goes_elsewhere(tmp_path):
    path = write(tmp_path / "a.ipynb", "x = ...", "x = 1")
    source = nbformat.read(path, as_version=4)
    source.cells[1].metadata["tags"] = ["solution"]
    nbformat.write(source, path)
    target = editions.student_file(path, tmp_path / "class")
    assert [c.source for c in nbformat.read(target, as_version=4).cells] == ["x = ..."]
    with pytest.raises(AudioError, match="the chapter itself"):
        editions.student_file(path, tmp_path)


# --- what a student wrote is never lost ----------------------------------------------------------


def edit(path, source):
    """Save a notebook as JupyterLab does, with one cell filled in."""
    filled = nbformat.read(path, as_version=4)
    filled.cells[0].source = source
    nbformat.write(filled, path)


def test_an_edition_that_was_not_touched_follows_its_chapter(tmp_path):
    path = write(tmp_path / "a.ipynb", "x = ...")
    target = editions.student_file(path, tmp_path / "class")
    assert editions.student_file(path, tmp_path / "class") == target
    write(path, "y = ...")
    editions.student_file(path, tmp_path / "class")
    assert nbformat.read(target, as_version=4).cells[0].source == "y = ..."


def test_an_edition_that_was_filled_in_is_kept_unless_forced(tmp_path):
    path = write(tmp_path / "a.ipynb", "x = ...")
    target = editions.student_file(path, tmp_path / "class")
    edit(target, "x = 42")
    filled = target.read_bytes()
    with pytest.raises(AudioError, match=r"class.a\.ipynb is kept: .*--force"):
        editions.student_file(path, tmp_path / "class")
    assert target.read_bytes() == filled
    editions.student_file(path, tmp_path / "class", force=True)
    assert nbformat.read(target, as_version=4).cells[0].source == "x = ..."


def test_outputs_and_metadata_of_a_student_count_as_work(tmp_path):
    path = write(tmp_path / "a.ipynb", "x = ...")
    for change in (
        lambda edition: edition.cells[0].outputs.append(v4.new_output("stream", text="42")),
        lambda edition: edition.cells[0].metadata.update(name="mine"),
        lambda edition: edition.cells.append(v4.new_markdown_cell("my notes")),
    ):
        target = editions.student_file(path, tmp_path / "class", force=True)
        changed = nbformat.read(target, as_version=4)
        change(changed)
        nbformat.write(changed, target)
        with pytest.raises(AudioError, match="is kept"):
            editions.student_file(path, tmp_path / "class")


@pytest.mark.parametrize(
    "content", ["", "my notes", '{"cells": []}', '{"metadata": {"audiolessons": "student"}}']
)
def test_what_something_else_wrote_is_kept(tmp_path, content):
    path = write(tmp_path / "a.ipynb", "x = ...")
    target = tmp_path / "class" / "a.ipynb"
    target.parent.mkdir()
    target.write_text(content, encoding="utf-8")
    with pytest.raises(AudioError, match=r"is kept: it was written by something else"):
        editions.student_file(path, tmp_path / "class")
    assert target.read_text(encoding="utf-8") == content


def test_the_edition_of_another_chapter_is_kept(tmp_path):
    (tmp_path / "sound").mkdir()
    first = write(tmp_path / "a.ipynb", "x = ...")
    second = write(tmp_path / "sound" / "a.ipynb", "y = ...")
    target = editions.student_file(first, tmp_path / "class")
    with pytest.raises(AudioError, match=r"is kept: .*another chapter"):
        editions.student_file(second, tmp_path / "class")
    assert nbformat.read(target, as_version=4).cells[0].source == "x = ..."


def test_an_edition_names_no_path_of_this_machine(tmp_path):
    path = write(tmp_path / "a.ipynb", "x = ...")
    text = editions.student_file(path, tmp_path / "class").read_text(encoding="utf-8")
    assert tmp_path.name not in text
    assert "a.ipynb" not in text


def test_a_chapter_that_was_edited_while_it_ran_is_not_replaced(tmp_path):
    source = "import pathlib; pathlib.Path('a.ipynb').write_text('{}')"  # an editor that saves
    path = write(tmp_path / "a.ipynb", source)
    with pytest.raises(AudioError, match=r"a\.ipynb was changed while it ran"):
        editions.rerun(path)
    assert path.read_text() == "{}"


# --- what is no chapter, and what does not run --------------------------------------------------

CELL = {
    "id": "a",
    "cell_type": "code",
    "source": "1",
    "metadata": {},
    "outputs": [],
    "execution_count": None,
}


def content(cell=(), **changes):
    whole = {"cells": [{**CELL, **dict(cell)}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps({**whole, **changes}, ensure_ascii=False)


NO_NOTEBOOKS = {
    "no JSON": (b"not json", "is no notebook"),
    "nothing": (b"", "is no notebook"),
    "Latin-1": (content({"source": "\u00e9t\u00e9"}).encode("latin-1"), "is not in UTF-8"),
    "UTF-16": (content().encode("utf-16"), "is not in UTF-8"),
    "version 99": (content(nbformat=99).encode(), "is no notebook .*version 99"),
    "a version in words": (content(nbformat="four").encode(), "is no notebook"),
    "no version": (b"{}", "is no notebook"),
    "a list": (b"[]", "is no notebook"),
    "no cells": (content(cells=None).encode(), "is no notebook"),
    "a cell in words": (content(cells=["one"]).encode(), "is no notebook"),
    "tags in one word": (content({"metadata": {"tags": "solution"}}).encode(), "is no notebook"),
    "metadata in a list": (content(metadata=[]).encode(), "is no notebook"),
    "an output without text": (content({"outputs": [{}]}).encode(), "is no notebook"),
    "brackets without end": (b"[" * 100_000, "is no notebook"),
    "half a pair": (content({"source": "1"}).replace("1", "\\ud800", 1).encode(), "is no notebook"),
}


@pytest.mark.parametrize("case", NO_NOTEBOOKS)
def test_no_notebook_is_one_clear_error(tmp_path, case, capfd):
    written, message = NO_NOTEBOOKS[case]
    (tmp_path / "a.ipynb").write_bytes(written)
    for action in (editions.rerun, lambda path: editions.student_file(path, tmp_path / "class")):
        with pytest.raises(AudioError, match=rf"a\.ipynb {message}"):
            action(tmp_path / "a.ipynb")
    assert [path.name for path in tmp_path.iterdir()] == ["a.ipynb"]
    assert capfd.readouterr() == ("", "")


def test_a_notebook_that_windows_marked_as_utf_8_is_read(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"\xef\xbb\xbf" + content().encode())
    assert editions.read(tmp_path / "a.ipynb").cells[0].source == "1"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AudioError, match="is no file"):
        editions.rerun(tmp_path / "b.ipynb")


def test_a_kernel_that_dies_is_one_clear_error(tmp_path):
    path = write(tmp_path / "a.ipynb", "1", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(AudioError, match=r"the kernel died in cell 1: .*memory\nimport os"):
        editions.rerun(path)


def test_a_cell_without_end_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(editions, "_CELL_TIME_LIMIT_S", 1)
    path = write(tmp_path / "a.ipynb", "import time; time.sleep(60)")
    with pytest.raises(AudioError, match=r"cell 0 ran for more than 1 s: .*\nimport time"):
        editions.rerun(path)


def test_a_kernel_that_does_not_start_is_one_clear_error(tmp_path, monkeypatch):
    from jupyter_client import AsyncKernelManager

    def start(*_, **__):
        raise FileNotFoundError(2, "No such file or directory", "python")

    monkeypatch.setattr(AsyncKernelManager, "start_kernel", start)
    path = write(tmp_path / "a.ipynb", "1")
    with pytest.raises(AudioError, match=r"the kernel does not run \(.*No such file.*doctor"):
        editions.rerun(path)


def test_a_file_in_place_of_the_output_folder_is_one_clear_error(tmp_path):
    path = write(tmp_path / "a.ipynb", "1")
    (tmp_path / "class").write_text("no folder", encoding="utf-8")
    with pytest.raises(AudioError, match=r"class.a\.ipynb cannot be written .*choose a folder"):
        editions.student_file(path, tmp_path / "class")
