"""Echo cancellation."""

from audiolessons.recipes.tasks._echo_scenes import SAMPLE_RATE, load, scenes

__all__ = ["SAMPLE_RATE", "load", "scenes"]
