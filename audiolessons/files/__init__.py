"""Sound files in and out: WAV, FLAC, MP3, OGG and their kin, through libsndfile.

A sound file is read whole and checked whole: a file that promises more samples than it holds is an
error, not a shorter sound.
"""

from audiolessons.files.loading import load
from audiolessons.files.saving import save

__all__ = ["load", "save"]
