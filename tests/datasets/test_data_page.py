"""The page about data names every set with the licence and the credit of the registry."""

from pathlib import Path

import pytest

from audiolessons.datasets._store import registry

PAGE = Path(__file__).parents[2] / "book" / "reference" / "data.md"


@pytest.mark.parametrize("name", registry.names())
def test_the_page_states_what_the_registry_states(name):
    entry = registry.entry(name)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    [row] = [line for line in lines if line.startswith(f"| `{name}`")]
    assert entry.licence in row
    assert entry.credit in row
