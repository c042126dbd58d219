"""The engine of the exercises: statements, probes, diagnosis, reports."""

from audiolessons.exercises.engine.checking import Report, check_answer
from audiolessons.exercises.engine.declare import EXERCISES, Exercise, Probe, exercise, probe

__all__ = ["EXERCISES", "Exercise", "Probe", "Report", "check_answer", "exercise", "probe"]
