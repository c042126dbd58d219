"""environmental_sounds: ten classes, five folds, two clips each, all computed."""

from __future__ import annotations

import numpy as np

from . import pack, sound, voices_of_animals, weather_and_machines

ABOUT = """Ten classes of everyday sounds, computed from noise and resonances.

{NNN - Class name}/{fold}-{number}-A.ogg, 44.1 kHz mono Ogg Vorbis, 3.2-4.4 s; five folds, two
clips a class in each. No recording is in it.
"""

SAMPLE_RATE = 44100
N_FOLDS = 5
CLIPS_PER_FOLD = 2

# Folder names as in ESC-10, the typical level of each class (RMS in dB full scale), its recipe.
CLASSES = {
    "001 - Dog bark": (-22.0, voices_of_animals.dog_bark),
    "002 - Rain": (-26.0, weather_and_machines.rain),
    "003 - Sea waves": (-24.0, weather_and_machines.sea_waves),
    "004 - Baby cry": (-20.0, voices_of_animals.baby_cry),
    "005 - Clock tick": (-36.0, weather_and_machines.clock_tick),
    "006 - Person sneeze": (-25.0, voices_of_animals.person_sneeze),
    "007 - Helicopter": (-20.0, weather_and_machines.helicopter),
    "008 - Chainsaw": (-18.0, weather_and_machines.chainsaw),
    "009 - Rooster": (-22.0, voices_of_animals.rooster),
    "010 - Fire crackling": (-30.0, weather_and_machines.fire_crackling),
}


def clip(class_name: str, fold: int, number: int) -> np.ndarray:
    """Make one clip; each fold has recorders of its own, so folds differ as sources do."""
    level_db, recipe = CLASSES[class_name]
    rng = sound.random_for("environmental_sounds", class_name, fold, number)
    n_samples = int(sound.between(rng, 3.2, 4.4) * SAMPLE_RATE)
    audio = recipe(rng, n_samples, SAMPLE_RATE)
    audio = _outdoors_or_in(rng, audio / sound.rms(audio))
    audio = _recorder(sound.random_for("recorder", class_name, fold), rng, audio)
    audio = sound.fade(audio, SAMPLE_RATE, in_s=0.02, out_s=0.05)
    return sound.to_level(audio, level_db + rng.normal(0, 3.0), peak=0.8)


def _outdoors_or_in(rng, audio):
    """The place: how near, how much it answers, what else is heard there."""
    response = sound.room_response(
        rng,
        SAMPLE_RATE,
        decay_s=sound.between(rng, 0.15, 0.9),
        direct_db=sound.between(rng, 2.0, 14.0),
        dark_hz=sound.between(rng, 2500.0, 8000.0),
    )
    audio = sound.place(audio, response)
    audio = sound.band(audio, SAMPLE_RATE, None, sound.between(rng, 5000.0, 20000.0), order=1)
    background = sound.coloured_noise(rng, len(audio), sound.between(rng, 2.0, 7.0), SAMPLE_RATE)
    background *= 1 + 0.3 * sound.smooth_noise(rng, len(audio), 2.0, SAMPLE_RATE)
    background_db = sound.between(rng, -45.0, -16.0)
    return audio / sound.rms(audio) + sound.decibels(background_db) * background


def _recorder(fold_rng, rng, audio):
    """The microphone: shared within a fold, with a little that is the clip's own."""
    audio = sound.band(audio, SAMPLE_RATE, sound.between(fold_rng, 20.0, 150.0))
    for low_hz, high_hz in ((150, 500), (700, 2000), (2500, 7000)):
        audio = sound.peak_filter(
            audio,
            SAMPLE_RATE,
            sound.between(fold_rng, low_hz, high_hz),
            fold_rng.normal(0, 4.0) + rng.normal(0, 1.5),
        )
    high_cut_hz = fold_rng.choice([7000.0, 11000.0, 16000.0, 20000.0])
    return sound.band(audio, SAMPLE_RATE, None, high_cut_hz, order=4)


def file_name(class_name: str, fold: int, number: int) -> str:
    """Fold, an invented source number, and a letter, as upstream."""
    source = 900000 + 1000 * int(class_name[:3]) + 10 * fold + number
    return f"{class_name}/{fold}-{source}-A.ogg"


def members(classes=tuple(CLASSES), folds=range(1, N_FOLDS + 1)) -> dict[str, bytes]:
    """All files of the set, laid out as upstream."""
    return {
        file_name(name, fold, number): pack.ogg(
            clip(name, fold, number), sample_rate=SAMPLE_RATE, quality=0.0
        )
        for name in classes
        for fold in folds
        for number in range(CLIPS_PER_FOLD)
    }
