"""Sounds that a reader can hear on the page, in JupyterLab and offline, and blind tests of them.

`play` shows a player with a label and a waveform. `abx` and `mushra` are listening tests that hide
which sound is which; `al.metrics.abx_test` and `al.metrics.mushra_summary` analyse their results.
"""

from audiolessons.listen.blind import ListeningTest, abx, mushra
from audiolessons.listen.player import Player, encode, play, sounds_folder

__all__ = ["ListeningTest", "Player", "abx", "encode", "mushra", "play", "sounds_folder"]
