"""Setting up: optional packages may fail to install, the others may not."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from audiolessons import doctor

ROOT = Path(__file__).parents[1]


def test_the_optional_packages_are_the_same_everywhere():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    declared = {re.match(r"\w+", item)[0] for name in ("scores", "bench") for item in extras[name]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.search(r"^OPTIONAL := (.*)$", makefile, re.M)[1].split()) == declared
    assert declared <= set(doctor.OPTIONAL)
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert declared <= {line.partition("==")[0] for line in locked}


def run_setup(folder, *, refused):
    """Run `make setup` with an installer that installs nothing and fails for one thing."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("uv",):
        fake = programs / name
        fake.write_text(
            f'#!/bin/sh\nmkdir -p {folder}/venv/bin; echo "$@" >> {folder}/calls\n'
            f'for last; do :; done; [ "$last" != "{refused}" ]\n'
        )
        fake.chmod(0o755)
    return subprocess.run(
        ["make", "setup", f"VENV={folder}/venv", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_setup_goes_on_without_a_compiler_and_says_so(tmp_path):
    run = run_setup(tmp_path, refused="pesq")
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("could not be installed") == 1
    assert "pesq could not be installed: the book works without it" in run.stdout
    calls = (tmp_path / "calls").read_text()
    assert all(f"-c requirements.lock {name}\n" in calls for name in ("pystoi", "noisereduce"))
    assert (tmp_path / "venv" / "ready").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_setup_stops_when_the_book_itself_cannot_be_installed(tmp_path):
    run = run_setup(tmp_path, refused=".[lab,book,test]")
    assert run.returncode != 0
    assert not (tmp_path / "venv" / "ready").exists()
