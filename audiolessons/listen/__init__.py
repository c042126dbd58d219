"""Sounds that a reader can hear on the page, in JupyterLab and offline, and blind tests of them.

`play` shows a player with a label and a waveform. `abx` and `mushra` are listening tests that hide
which sound is which; `al.metrics.abx_test` and `al.metrics.mushra_summary` analyse their results.
`sound_map` shows points in the plane that are heard when they are pressed.
"""

from audiolessons.listen.blind import ListeningTest, abx, mushra
from audiolessons.listen.player import Player, encode, play, sounds_folder
from audiolessons.listen.sound_map import SoundMap, sound_map

__all__ = [
    "ListeningTest",
    "Player",
    "SoundMap",
    "abx",
    "encode",
    "mushra",
    "play",
    "sound_map",
    "sounds_folder",
]
