"""How an exercise is stated: a reference, probes that try an answer, and plausible mistakes.

The decorated function is the reference. A probe calls it and the answer alike, and compares what
is observed of both. Each wrong implementation stands for one mistake and carries its message:

    @exercise(
        "signals.rms",
        level="easy",
        hints=("Square first.", "Then the mean, then the root."),
        probes=[probe("a constant of 0.5 has an RMS of 0.5", np.full(100, 0.5))],
        wrong=[
            (lambda audio: np.mean(audio**2), "the root is missing: this is the mean square"),
            (lambda audio: np.sqrt(np.sum(audio**2)), "this is the root of the sum: divide by T"),
            (lambda audio: np.sqrt(np.mean(audio) ** 2), "square before you take the mean"),
        ],
        valid=lambda random: (random.standard_normal(random.integers(1, 50)),),
    )
    def root_mean_square(audio):
        return np.sqrt(np.mean(audio**2))

A reference without parameters states a value, for exercises that ask for one: wrong answers are
then values as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from audiolessons.errors import AudioError

# An answer takes milliseconds; but it may be the first to import a large library, on a slow laptop.
TIME_LIMIT_S = 10.0
LONGEST_LIMIT_S = 30.0
LEVELS = ("easy", "core", "stretch")
EXERCISES: dict[str, Exercise] = {}


@dataclass(frozen=True, eq=False)
class Probe:
    """One property: what it says, how the answer is called, what of the result is compared.

    Attributes
    ----------
    what : str
        The property in words, as the report shows it.
    args, kwargs
        What the answer is called with. Every call gets copies of its own.
    observe : callable, optional
        `observe(answer, *args, **kwargs)` gives the observation: the value, or a dict of stated
        facts where right values may differ ({"the loss falls": True}). By default the observation
        is what the call returns.
    rtol, atol : float
        Numbers within these agree.
    """

    what: str
    args: tuple = ()
    kwargs: Mapping = field(default_factory=dict)
    observe: Callable | None = None
    rtol: float = 1e-5
    atol: float = 1e-7


def probe(what: str, *args, observe=None, rtol: float = 1e-5, atol: float = 1e-7, **kwargs):
    """State a `Probe`: the property in words, then the arguments of the call.

    Examples
    --------
    >>> probe("bin 3 of a cosine", [1.0, 0.0], k=3).kwargs
    {'k': 3}
    """
    return Probe(what, args, kwargs, observe, rtol, atol)


@dataclass(frozen=True, eq=False)
class Exercise:
    """What a chapter's module states about one exercise. See `exercise` for the fields."""

    name: str
    level: str
    hints: tuple[str, ...]
    reference: Callable
    stated_probes: list[Probe] | Callable
    stated_wrong: list | Callable
    valid: Callable | None
    observe: Callable | None
    forbidden: Mapping[str, tuple[str, ...]]
    keeps_arguments: bool
    time_limit_s: float
    memory: dict = field(default_factory=dict)  # what was observed of our own answers

    @property
    def asks_for_value(self) -> bool:
        """Whether the answer is a value, not a function or a class."""
        return not inspect.signature(self.reference).parameters

    @cached_property
    def right(self):
        """The reference in the form of an answer."""
        return self.reference() if self.asks_for_value else self.reference

    @cached_property
    def probes(self) -> list[Probe]:
        probes = _made(self.stated_probes)
        for one in probes:
            if not isinstance(one, Probe):
                raise AudioError(f"{self.name}: {one!r} is no probe: write probe(what, *arguments)")
        return probes

    @cached_property
    def wrong(self) -> list[tuple]:
        """Pairs (wrong answer, message)."""
        pairs = _made(self.stated_wrong)
        for one in pairs:
            if not (isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], str)):
                raise AudioError(f"{self.name}: {one!r} in wrong: write (wrong answer, message)")
        return pairs


def exercise(
    name: str,
    *,
    level: str,
    hints: tuple[str, ...],
    probes,
    wrong,
    valid: Callable | None = None,
    observe: Callable | None = None,
    forbidden: Mapping[str, tuple[str, ...]] | None = None,
    keeps_arguments: bool = False,
    time_limit_s: float = TIME_LIMIT_S,
):
    """State an exercise; the decorated function (or class) is its reference.

    Parameters
    ----------
    name : str
        Chapter and exercise, such as "stft.inverse".
    level : {"easy", "core", "stretch"}
    hints : tuple of str
        At least two, from gentle to nearly there.
    probes : list of Probe, or a function that makes it
        What is tried, in the order of the report. A function is called when first needed: for
        probes that train, or that need torch.
    wrong : list of (answer, message), or a function that makes it
        At least three plausible mistakes. A message is shown only if its wrong answer, and no
        other, is observed as the learner's is on every probe.
    valid : callable, optional
        `valid(random)` gives the arguments of one call, as a tuple, for `bench checks`. The
        check itself never uses it. None if the exercise asks for a value.
    observe : callable, optional
        What probes observe that do not say it themselves.
    forbidden : mapping, optional
        What the prompt forbids, such as {"no function of an FFT library": ("fft", "rfft")}: how
        the report says so, and the names that are looked for in the answer's code and in the
        learner's own functions that it calls.
    keeps_arguments : bool
        The prompt demands that the arguments stay as they were.
    time_limit_s : float
        For all probes together; at most 30 s, for exercises that train.

    Raises
    ------
    AudioError
        If the statement lacks something.

    Chapter: reference/how-to-use
    """
    if level not in LEVELS:
        raise AudioError(f"{name}: the level is {level!r}: choose one of {', '.join(LEVELS)}")
    if isinstance(hints, str):
        raise AudioError(f"{name}: the hints are one text, {hints!r}: write (hint, hint)")
    if len(hints) < 2:
        raise AudioError(f"{name}: {len(hints)} hints: give two at least, from gentle to clear")
    for what, names in (forbidden or {}).items():
        if isinstance(names, str):
            raise AudioError(f"{name}: {what!r} forbids the text {names!r}: write ({names!r},)")
    if name in EXERCISES:
        raise AudioError(f"{name} is stated twice: choose another name")
    if not 0 < time_limit_s <= LONGEST_LIMIT_S:
        raise AudioError(f"{name}: a limit of {time_limit_s} s: at most {LONGEST_LIMIT_S:g} s")

    def register(reference):
        EXERCISES[name] = Exercise(
            name,
            level,
            tuple(hints),
            reference,
            probes,
            wrong,
            valid,
            observe,
            dict(forbidden or {}),
            keeps_arguments,
            time_limit_s,
        )
        return reference

    return register


def _made(stated) -> list:
    return list(stated() if callable(stated) else stated)
