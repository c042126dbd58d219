"""Sound files in and out: WAV, FLAC, MP3, OGG and their kin, through libsndfile.

`load` and `save` hold a sound as a whole; `reading` and `writing` take long ones a block at a time.
A file that promises more samples than it holds is an error, not a shorter sound.
"""

from audiolessons.files.loading import load
from audiolessons.files.saving import save
from audiolessons.files.streaming import SoundReader, SoundWriter, reading, writing

__all__ = ["SoundReader", "SoundWriter", "load", "reading", "save", "writing"]
