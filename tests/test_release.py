"""One release, named alike everywhere, and what its script refuses."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import audiolessons

ROOT = Path(__file__).parents[1]


def tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = tool("release")


def test_changelog_and_citation_name_the_packages_version():
    stated = release.stated_versions(ROOT)
    assert stated == dict.fromkeys(["CHANGELOG.md", "CITATION.cff"], audiolessons.__version__)
    page = (ROOT / "book" / "reference" / "how-to-use.md").read_text(encoding="utf-8")
    wheels = set(re.findall(r"audiolessons-([\d.]+)-py3", page))
    assert wheels == {audiolessons.__version__}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "0.2.0"}, "CHANGELOG.md names 0.1.0, audiolessons/__init__.py 0.2.0"),
        ({"stated": {"CITATION.cff": "none"}}, "CITATION.cff names none"),
        ({"tags": ["v0.0.9"]}, "no tag v0.1.0 here"),
        ({"changed": " M README.md"}, "not everything is committed:\n M README.md"),
    ],
)
def test_a_release_that_does_not_fit_is_refused(change, message):
    good = {"version": "0.1.0", "stated": {"CHANGELOG.md": "0.1.0"}, "tags": ["v0.1.0"]}
    assert release.problems(**good, changed="") == []
    assert message in "\n".join(release.problems(**({"changed": ""} | good | change)))


def test_a_diff_of_chapters_shows_text_and_neither_pictures_nor_sounds(tmp_path):
    code = nbformat.v4.new_code_cell("print(1 + 1)", id="sum", metadata={"tags": ["setup"]})
    code.outputs = [
        nbformat.v4.new_output("stream", text="2\n"),
        nbformat.v4.new_output("display_data", {"image/png": "iVBORw0", "text/plain": "a line"}),
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Füße", id="a"), code]
    )
    nbformat.write(notebook, tmp_path / "echoes.ipynb")
    command = [sys.executable, ROOT / "tools" / "notebook_text.py", tmp_path / "echoes.ipynb"]
    run = subprocess.run(command, capture_output=True, check=True)
    assert run.stdout.decode().splitlines() == [
        "--- markdown a",
        "# Füße",
        "--- code sum setup",
        "print(1 + 1)",
        ">>> stream",
        "2",
        "",
        ">>> display_data image/png text/plain",
        "a line",
    ]
