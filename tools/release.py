"""Build what is tagged as a release and try it elsewhere: `make release`.

Publishes nothing: it writes the source archive and, made from it, the wheel into _build/release,
once tag, version, changelog and citation name the same release. Then a student edition runs on
that wheel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import audiolessons

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "_build" / "release"


def stated_versions(root: Path) -> dict[str, str]:
    """Return the release that each file of the repository names."""
    where = {"CHANGELOG.md": r"^## (\S+)", "CITATION.cff": r"^version: (\S+)"}
    found = {}
    for name, pattern in where.items():
        match = re.search(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
        found[name] = match[1] if match else "none"
    return found


def problems(version: str, stated: dict[str, str], tags: list[str], changed: str) -> list[str]:
    """Say what keeps `version` from being released."""
    found = [
        f"{name} names {other}, audiolessons/__init__.py {version}"
        for name, other in stated.items()
        if other != version
    ]
    if f"v{version}" not in tags:
        found.append(f"no tag v{version} here: git tag -a v{version}")
    if changed:
        found.append(f"not everything is committed:\n{changed}")
    return found


def git(*arguments: str) -> str:
    """Return what git prints."""
    run = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return run.stdout.strip()


def main() -> None:
    """Check, build, try."""
    tags = git("tag", "--points-at", "HEAD").split()
    found = problems(
        audiolessons.__version__, stated_versions(ROOT), tags, git("status", "--porcelain")
    )
    if found:
        sys.exit("\n".join(found))
    shutil.rmtree(TARGET, ignore_errors=True)
    build = ["build", "--no-isolation", "--outdir", str(TARGET), str(ROOT)]
    subprocess.run([sys.executable, "-m", *build], check=True, stdout=subprocess.DEVNULL)
    [wheel] = TARGET.glob("*.whl")
    environment = os.environ | {"AUDIOLESSONS_WHEEL": str(wheel)}
    test = [sys.executable, "-m", "pytest", "-q", "tests/test_wheel.py"]
    subprocess.run(test, cwd=ROOT, check=True, env=environment)
    print(f"{TARGET} holds {', '.join(sorted(path.name for path in TARGET.iterdir()))}")


if __name__ == "__main__":
    main()
