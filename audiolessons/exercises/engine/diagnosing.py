"""Which known mistake an answer makes: the one that is observed as the answer is, everywhere.

A message is given only if exactly one wrong implementation (or several with one message) behaves
as the answer does on every probe, the passed ones too. So no message can be false, as far as the
probes reach.
"""

from __future__ import annotations

from audiolessons.errors import AudioError
from audiolessons.exercises.engine.declare import Exercise, Probe
from audiolessons.exercises.engine.observing import Crash, Observation, agree, observe


def diagnose(exercise: Exercise, failed: Probe, seen: dict[Probe, Observation], rest) -> str:
    """Return the message of the one mistake that explains what was seen, or nothing.

    Parameters
    ----------
    exercise : Exercise
    failed : Probe
        The first probe on which the answer and the reference differ.
    seen : dict of Probe to Observation
        What was observed of the answer.
    rest : callable
        `rest(probe)` observes the answer on a probe that was not tried yet.
    """
    alike = [
        (wrong, message)
        for wrong, message in exercise.wrong
        if _alike(seen[failed], _remembered(exercise, failed, wrong), failed)
    ]
    for probe in exercise.probes:
        if not alike:
            return ""
        if probe is failed:
            continue
        if probe not in seen:
            seen[probe] = rest(probe)
        alike = [
            (wrong, message)
            for wrong, message in alike
            if _alike(seen[probe], _remembered(exercise, probe, wrong), probe)
        ]
    messages = {message for _, message in alike}
    return messages.pop() if len(messages) == 1 else ""


def expected(exercise: Exercise, probe: Probe) -> Observation:
    """Return what is observed of the reference.

    Raises
    ------
    AudioError
        If the reference fails: an error that an exercise asks for is a ValueError.
    """
    wanted = _remembered(exercise, probe, exercise.right)
    if isinstance(wanted.value, Crash) and not isinstance(wanted.value.error, ValueError):
        raise AudioError(
            f"{exercise.name}: the reference itself fails on the probe {probe.what!r} with "
            f"{wanted.value}: correct the arguments of the probe, or the reference"
        )
    return wanted


def _remembered(exercise, probe, answer) -> Observation:
    """Observe our own answers once: copies of the arguments and seeds make it always the same."""
    place = (id(probe), id(answer))
    if place not in exercise.memory:
        exercise.memory[place] = observe(exercise, probe, answer)
    return exercise.memory[place]


def _alike(got: Observation, wrong: Observation, probe: Probe) -> bool:
    if isinstance(got.value, Crash) and isinstance(wrong.value, Crash):
        return str(got.value) == str(wrong.value)
    return agree(got, wrong, probe)
