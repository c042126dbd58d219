"""Sounds that a reader can hear on the page, in JupyterLab and offline, and blind tests of them.

`play` shows a player with a label and a waveform. `compare` shows one player for several versions
of a sound, with a switch that works while it plays. `abx`, `pairs` and `mushra` are listening tests
that hide which sound is which; `al.metrics.abx_test` and `al.metrics.mushra_summary` analyse their
results. `sound_map` shows points in the plane that are heard when they are pressed.
"""

from audiolessons.listen.blind import abx, mushra, pairs
from audiolessons.listen.comparison import Comparison, compare
from audiolessons.listen.listening_test import ListeningTest
from audiolessons.listen.player import Player, encode, play, sounds_folder
from audiolessons.listen.sound_map import SoundMap, sound_map

__all__ = [
    "Comparison",
    "ListeningTest",
    "Player",
    "SoundMap",
    "abx",
    "compare",
    "encode",
    "mushra",
    "pairs",
    "play",
    "sound_map",
    "sounds_folder",
]
