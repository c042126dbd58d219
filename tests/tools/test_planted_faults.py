"""The faults that `tools/planted_faults.py` plants fit the text of today, each in one place."""

import sys
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).parents[2] / "tools")
if TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)

import planted_faults  # noqa: E402

FAULTS = planted_faults.FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{n} {f.file}" for n, f in enumerate(FAULTS)])
def test_a_fault_fits(fault):
    assert fault.old in (planted_faults.ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.new != fault.old
    path, _, _ = fault.test.partition("::")
    assert (planted_faults.ROOT / path).exists()


def test_a_fault_that_no_longer_fits_is_named(tmp_path):
    (tmp_path / "file.py").write_text("x = 1\n", encoding="utf-8")
    stale = planted_faults.Fault("file.py", "x = 2", "x = 3", "tests/test_x.py")
    with pytest.raises(ValueError, match=r"file\.py does not read 'x = 2'"):
        planted_faults.plant(stale, tmp_path)
    assert planted_faults.plant(stale._replace(old="x = 1"), tmp_path) == "x = 1\n"
    assert (tmp_path / "file.py").read_text(encoding="utf-8") == "x = 3\n"
