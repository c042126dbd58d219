"""Executing, tidying and stripping notebooks."""

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


def test_a_relative_data_folder_means_the_same_place_inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDIOLESSONS_DATA", "mirror")
    run = editions.execute(
        notebook("import os; print(os.environ['AUDIOLESSONS_DATA'])"), folder=tmp_path
    )
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


def test_no_notebook_is_one_clear_error(tmp_path):
    (tmp_path / "a.ipynb").write_text("not json")
    with pytest.raises(AudioError, match="is no notebook"):
        editions.rerun(tmp_path / "a.ipynb")
    with pytest.raises(AudioError, match="is no file"):
        editions.rerun(tmp_path / "b.ipynb")
