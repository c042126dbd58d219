"""The wheel, installed elsewhere, carries all that a student edition needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audiolessons import editions

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.slow("builds the wheel and runs a chapter on it"),
    pytest.mark.timeout(400),
]

RUN = """
import nbformat
import audiolessons
from audiolessons import editions
notebook = editions.execute(nbformat.read("stft.ipynb", as_version=4), folder=".")
for cell in notebook.cells:
    if "check" in editions.tags(cell):
        print(cell.outputs[-1].data["text/plain"].splitlines()[0])
print(audiolessons.__file__)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder with the wheel's content and nothing of the repository.

    A release names the wheel that it built (tools/release.py); else one is built here.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    wheel = os.environ.get("AUDIOLESSONS_WHEEL")
    if wheel is None:
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
        subprocess.run([*build, str(folder), str(ROOT)], check=True, capture_output=True)
        [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:  # what pip does, where uv made the environment, too
        archive.extractall(folder / "site")
    return folder


def test_a_student_edition_runs_on_the_wheel_alone(elsewhere):
    editions.student_file(ROOT / "book" / "sound" / "stft.ipynb", elsewhere)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AUDIOLESSONS_")}
    environment |= {"PYTHONPATH": str(elsewhere / "site"), "AUDIOLESSONS_OFFLINE": "1"}
    environment["AUDIOLESSONS_CACHE"] = str(elsewhere / "cache")
    run = subprocess.run(
        [sys.executable, "-c", RUN], cwd=elsewhere, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    *checks, location = run.stdout.splitlines()
    assert Path(location).is_relative_to(elsewhere / "site")
    assert len(checks) >= 6
    assert all("not attempted yet" in line for line in checks)


def test_the_licences_travel_along(elsewhere):
    [folder] = (elsewhere / "site").glob("*.dist-info")
    names = {path.name for path in folder.rglob("LICENSE*")}
    assert names == {"LICENSE", "LICENSE-TEXT"}


def test_scripts_that_make_the_data_stay_behind(elsewhere):
    data = elsewhere / "site" / "audiolessons" / "_data"
    assert (data / "sources.json").is_file()
    assert [path.name for path in data.rglob("*.py")] == []
    assert not (elsewhere / "site" / "tools").exists()
