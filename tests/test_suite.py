"""The rules of conftest.py, each seen to fail: who opens data sets, and what takes long."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOAD = "from audiolessons import datasets; datasets.load('examples')"
OPENS = {
    "itself": LOAD,
    "in another process": f"""
    import subprocess, sys
    subprocess.run([sys.executable, "-c", {LOAD!r}], check=True)""",
    "in a kernel": f"""
    import nbformat.v4 as v4
    from audiolessons import editions
    editions.execute(v4.new_notebook(cells=[v4.new_code_cell({LOAD!r})]), folder=".")""",
}
WORKS = """
import conftest
conftest.SLOW_S = 0.1
{}
def test_it():
    sum(range(20_000_000))
"""


def run(folder, text, **environment):
    """Run a test file under the project's conftest.py and settings; return what pytest printed."""
    (folder / "test_planted.py").write_text(f"import pytest\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    command += [f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={folder}", str(folder)]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "AUDIOLESSONS_DATA": "", **environment},
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("how", OPENS)
def test_an_unmarked_test_that_opens_a_set_fails(tmp_path, how):
    told = run(tmp_path, f"def test_planted():\n    {OPENS[how]}\n")
    assert "1 failed" in told
    assert "a test that opens a data set and is not marked data" in told


def test_a_marked_test_opens_sets_and_so_do_the_embedded_ones(tmp_path):
    marked = f"@pytest.mark.data\ndef test_marked():\n    {LOAD}\n"
    embedded = f"def test_embedded(embedded_only):\n    {LOAD}\n"
    assert "2 passed" in run(tmp_path, marked + embedded)


def test_an_unmarked_test_may_not_get_a_set_from_a_fixture_either(tmp_path):
    fixture = f"@pytest.fixture(scope='module')\ndef sounds():\n    {LOAD}\n"
    marked = "@pytest.mark.data\ndef test_marked(sounds):\n    pass\n"
    told = run(tmp_path, fixture + marked + "def test_unmarked(sounds):\n    pass\n")
    assert "1 passed, 1 error" in told
    assert "its fixture sounds opens a data set" in told


def test_a_test_that_works_long_says_why(tmp_path):
    asked = {"AUDIOLESSONS_REQUIRE_SPEED": "1"}
    told = run(tmp_path, WORKS.format(""), **asked)
    assert "1 failed" in told
    assert "make it smaller, or mark it slow" in told
    assert "1 passed" in run(tmp_path, WORKS.format("@pytest.mark.slow('counts')"), **asked)
    assert "1 passed" in run(tmp_path, WORKS.format(""), AUDIOLESSONS_REQUIRE_SPEED="")


def test_what_sets_up_a_test_may_not_work_long_either(tmp_path):
    fixture = WORKS.replace("def test_it", "@pytest.fixture\ndef made").replace("{}", "")
    told = run(
        tmp_path, f"{fixture}\ndef test_it(made):\n    pass\n", AUDIOLESSONS_REQUIRE_SPEED="1"
    )
    assert "1 error" in told
    assert "make it smaller, or mark it slow" in told


def slow_marks(folder):
    """Return the reasons of all marks `slow`; one without a reason is an error."""
    reasons = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {id(n.func): n for n in ast.walk(tree) if isinstance(n, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.slow":
                reason = calls[id(node)].args[0] if id(node) in calls else None
                assert isinstance(reason, ast.Constant), f"{path}: say why it is slow"
                reasons.append(reason.value)
    return reasons


def test_at_most_a_dozen_are_slow_and_each_says_why():
    reasons = slow_marks(ROOT / "tests")
    assert 0 < len(reasons) <= 12
    assert all(len(reason) > 10 for reason in reasons)


def test_a_slow_mark_without_a_reason_is_noticed(tmp_path):
    (tmp_path / "test_x.py").write_text("import pytest\n\n@pytest.mark.slow\ndef test_x(): ...\n")
    with pytest.raises(AssertionError, match="say why"):
        slow_marks(tmp_path)
