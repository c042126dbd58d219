"""Models leave the book: written with their features as files that other programs run."""

from audiolessons.serving.catalogue import CATALOGUE
from audiolessons.serving.exporting import export, largest_difference, session, to_onnx
from audiolessons.serving.in_browser import write_for_browser

__all__ = [
    "CATALOGUE",
    "export",
    "largest_difference",
    "session",
    "to_onnx",
    "write_for_browser",
]
