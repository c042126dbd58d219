"""What the networks of the part Tasks reach: every test set is reported once.

Each recipe's `measure(quick=...)` gives dicts with name, value, unit, goal and how.
"""

from __future__ import annotations

from audiolessons.bench.rows import Row


def measure(*, quick: bool = False):
    """Yield one row a figure; `quick` takes few sounds and trains for one epoch."""
    from audiolessons.recipes import alignment, denoising_methods, described_sounds, multimodal

    for recipe in (denoising_methods, multimodal, alignment, described_sounds):
        for row in recipe.measure(quick=quick):
            yield Row(**row)
