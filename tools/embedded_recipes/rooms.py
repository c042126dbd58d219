"""rooms: impulse responses of four computed rooms and of one hall."""

from __future__ import annotations

import numpy as np

from . import pack, sound

ABOUT = """Computed impulse responses: four rooms of a house, one hall.

archive/demos/impulse-responses/{house-impulses,tim-warehouse}/NAME.flac, 44.1 kHz mono: a direct
sound, some reflections, and noise that dies away. No room was measured.
"""

SAMPLE_RATE = 44100
N_BITS = 12  # the tail is noise: fewer bits, smaller files
# name: (folder, seconds in which the tail falls by 60 dB, direct sound against the rest in dB)
ROOMS = {
    "kitchen": ("house-impulses", 0.45, 2.0),
    "living-room": ("house-impulses", 0.35, 0.0),
    "bathroom": ("house-impulses", 0.65, -4.0),
    "hallway": ("house-impulses", 0.55, -8.0),
    "hall-7-4": ("tim-warehouse", 1.6, -4.0),
}
DELAY_S = 0.005  # the sound needs this long from the loudspeaker to the microphone


def response(name: str) -> np.ndarray:
    """Make one response with a peak of 0.8."""
    _, decay_s, direct_db = ROOMS[name]
    tail = sound.room_response(
        sound.random_for("rooms", name),
        SAMPLE_RATE,
        decay_s=decay_s,
        direct_db=direct_db,
        dark_hz=5000.0,
    )
    audio = np.pad(sound.fade(tail, SAMPLE_RATE, in_s=0.0), (int(DELAY_S * SAMPLE_RATE), 0))
    return 0.8 * audio / np.abs(audio).max()


def members() -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    return {
        f"archive/demos/impulse-responses/{folder}/{name}.flac": pack.flac(
            response(name), sample_rate=SAMPLE_RATE, n_bits=N_BITS
        )
        for name, (folder, _, _) in ROOMS.items()
    }
