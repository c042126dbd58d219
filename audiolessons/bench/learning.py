"""What the networks of the part Learning reach: every test set is reported once.

Each recipe's `measure(quick=...)` gives dicts with name, value, unit, goal and how.
"""

from __future__ import annotations

from audiolessons.bench.rows import Row


def measure(*, quick: bool = False):
    """Yield one row a figure; `quick` trains for one epoch."""
    from audiolessons.recipes import chorales, clips, digits, voices

    for recipe in (digits, voices, clips, chorales):
        for row in recipe.measure(quick=quick):
            yield Row(**row)
