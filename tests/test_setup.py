"""Setting up: optional packages may fail to install, the others may not."""

import email
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

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


# --- public CI -----------------------------------------------------------------------------------


def test_ci_runs_the_two_commands_and_the_windows_lines_of_the_readme():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    jobs = workflow["jobs"]
    lines = {
        name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()
    }
    assert lines["commands"][-2:] == ["make book", "make test"]
    assert lines["lint"] == ["make lint"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```powershell\n(.*?)```", readme, re.DOTALL)[1].splitlines()
    told = [line.partition("   #")[0].strip() for line in block if "optional" not in line]
    create, *rest = [line for line in told if "jupyter-lab" not in line]
    assert re.fullmatch(r"py -3\.\d+ -m venv \.venv", create)
    assert lines["windows"] == [create.replace(create.split(" -m")[0], "python"), *rest]


def test_ci_tries_every_python_that_the_package_states():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    low, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    stated = [f"3.{minor}" for minor in range(int(low), int(beyond))]
    for job in ("commands", "windows"):
        assert workflow["jobs"][job]["strategy"]["matrix"]["python"] == stated
    assert {
        row["python"] for row in workflow["jobs"]["versions"]["strategy"]["matrix"]["include"]
    } == {
        stated[0],
        stated[-1],
    }
    assert f"Python {stated[0]} to {stated[-1]}" in (ROOT / "README.md").read_text(encoding="utf-8")


# --- licences ------------------------------------------------------------------------------------


def required_distributions():
    """Everything that an installation without extras brings here, by name."""
    found, waiting = {}, [("audiolessons", frozenset())]
    while waiting:
        name, extras = waiting.pop()
        known = found.get(name.lower().replace("_", "-"), (None, None))[1]
        if known is not None and extras <= known:
            continue
        distribution = metadata.distribution(name)
        found[name.lower().replace("_", "-")] = distribution, extras | (known or frozenset())
        for line in distribution.requires or []:
            needed = Requirement(line)
            wanted = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras or {""}
            )
            if wanted:
                waiting.append((needed.name, frozenset(needed.extras)))
    return {name: distribution for name, (distribution, _) in found.items()}


def is_copyleft(about):
    """Whether all that a distribution says of its licence is GPL or AGPL (LGPL may be linked)."""
    expression = about.get("License-Expression")
    if expression:
        choices = re.split(r"\bOR\b", expression)
        return all(re.search(r"(?<!L)GPL(?![\w.-]* WITH)", choice) for choice in choices)
    classifiers = about.get_all("Classifier") or []
    said = [line for line in classifiers if line.startswith("License ::")]
    said = [line for line in said if line != "License :: OSI Approved"]
    said = said or [(about.get("License") or "").partition("\n")[0]]
    gpl = r"(?<!Lesser )(?<!Library or Lesser )General Public License|(?<![LA-Za-z])A?GPL"
    return all(re.search(gpl, line) for line in said)


def test_nothing_that_is_required_is_under_the_gpl():
    required = required_distributions()
    assert {"numpy", "librosa", "soxr", "torch"} <= set(required)
    guilty = [name for name, one in required.items() if is_copyleft(one.metadata)]
    assert not guilty


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: GPL-3.0-or-later", True),
        ("License-Expression: MIT AND GPL-2.0-only", True),
        ("License-Expression: AGPL-3.0-only", True),
        ("License-Expression: GPL-2.0-only OR MIT", False),
        ("License-Expression: LGPL-2.1-or-later", False),
        ("License-Expression: BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", False),
        ("Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        (
            "Classifier: License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)",
            False,
        ),
        ("License: GPLv3", True),
        ("License: BSD-3-Clause", False),
        ("Name: silent", False),
    ],
)
def test_a_planted_licence_is_judged(lines, expected):
    assert is_copyleft(email.message_from_string(lines)) is expected
