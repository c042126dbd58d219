"""Exercises of the chapter sound/signals."""

from __future__ import annotations

import numpy as np

from ._engine import exercise


@exercise(
    "signals.rms",
    level="easy",
    hints=(
        "The name says it backwards: root, mean, square. Which of the three comes first?",
        "Square every sample, take the mean, then the square root of that one number.",
        "`np.sqrt(np.mean(audio**2))` does it for one sound.",
    ),
)
def rms(answer, trial):
    constant = np.full(100, 0.5)
    trial.close(
        "a constant of 0.5 has an RMS of 0.5",
        lambda: answer(constant),
        0.5,
        mistakes=[
            (0.25, "this is the mean of the squares: the root is missing"),
            (5.0, "this is the root of the sum: divide by the number of samples first"),
        ],
    )
    sine = np.sin(2 * np.pi * 5 * np.arange(1000) / 1000)
    trial.close(
        "a sine of amplitude 1 has an RMS of 0.7071",
        lambda: answer(sine),
        np.sqrt(0.5),
        mistakes=[
            (np.mean(np.abs(sine)), "this is the mean of the absolute values: square instead"),
            (lambda got: abs(got) < 1e-6, "positive and negative samples cancel: square first"),
            (1.0, "this is the peak, not the RMS"),
        ],
    )
