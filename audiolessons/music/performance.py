"""Notes played: parts, instruments, tempo, a place for each voice and a room around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal

from audiolessons.errors import (
    AudioError,
    check_choice,
    check_count,
    check_finite,
    check_positive,
    check_rate,
)
from audiolessons.filters import reverberate, synthetic_room
from audiolessons.music.instruments import INSTRUMENTS, tone
from audiolessons.music.voices import voice_notes

PER_WHOLE = 16  # sixteenths in a whole note
GAP_S = 0.07  # between a note and the same note again, or it would be heard as one
SLOWING = (2.0, 0.6)  # over the last so many quarters, the tempo falls to this share of itself
FERMATA = 1.6  # how much longer a note is held under a fermata
LEAD_S = 0.05  # silence before the first note
PEAK = 0.7
WIDTH = 0.6  # how far the outer voices stand from the middle, 1 being one loudspeaker


def parts_of(music) -> list[list[tuple[float, float, int]]]:
    """Return music as parts of notes (onset, duration, pitch), times in quarter notes.

    Parameters
    ----------
    music
        Voices as an array (N, V), a row each sixteenth, MIDI pitches and -1 for a rest; or the
        notes of one part, as `Tune.notes` gives them: (onset, duration, pitch), times being
        fractions of a whole note.

    Raises
    ------
    AudioError
        If it is neither, or holds no note.

    Examples
    --------
    >>> parts_of(np.array([[72, 60], [72, -1], [71, -1], [71, -1]]))
    [[(0.0, 0.5, 72), (0.5, 0.5, 71)], [(0.0, 0.25, 60)]]
    >>> parts_of([(0, 1 / 8, 67)])
    [[(0.0, 0.5, 67)]]

    Chapter: music/generation
    """
    if isinstance(music, np.ndarray):
        scale = 4 / PER_WHOLE
        parts = [
            [(first * scale, (after - first) * scale, pitch) for pitch, first, after in notes]
            for notes in voice_notes(music)
        ]
    else:
        try:
            parts = [[(4.0 * float(on), 4.0 * float(held), int(p)) for on, held, p in music]]
        except (TypeError, ValueError) as problem:
            raise AudioError(
                f"music is {type(music).__name__} that is no list of (onset, duration, pitch): "
                "give Tune.notes, or voices as an array (N, V) of sixteenths"
            ) from problem
    if not any(parts):
        raise AudioError("music holds no note: there is nothing to play")
    return parts


def render(
    music,
    *,
    sample_rate: int,
    instrument: str | Sequence[str] = "organ",
    tempo_bpm: float = 72.0,
    velocity: float = 0.7,
    slow_down: bool = True,
    fermatas: Sequence[float] = (),
    room_s: float = 1.6,
    room_db: float = -12.0,
    stereo: bool = False,
    seed: int = 0,
) -> np.ndarray:
    """Play voices or a tune on computed instruments.

    Notes are held for their full length, unless the same pitch comes again: then a short gap
    separates the two. Voices do not say whether a pitch that stays was sung again, so it is held.

    Parameters
    ----------
    music
        Voices (N, V) of sixteenths, or the notes of a tune; see `parts_of`.
    sample_rate
        In Hz.
    instrument
        One of `INSTRUMENTS`, or one for each part.
    tempo_bpm
        Quarter notes a minute.
    velocity
        How hard the notes are played, above 0 and up to 1.
    slow_down
        Let the tempo fall over the last two quarters.
    fermatas
        Onsets, in quarters, of beats that are held longer.
    room_s, room_db
        Reverberation time in seconds, 0 for no room, and its level beside the direct sound.
    stereo
        Give each part a place between left and right.
    seed
        Of wind, vibrato and room.

    Returns
    -------
    float32 array of shape (T,), or (2, T) if `stereo`, with a peak of 0.7.

    Raises
    ------
    AudioError
        If the music holds no note, or an option cannot be.

    Examples
    --------
    >>> chord = np.full((16, 4), [72, 67, 64, 48])
    >>> audio = render(chord, sample_rate=8000, instrument="piano", tempo_bpm=60, room_s=0)
    >>> audio.shape, round(float(np.abs(audio).max()), 3)  # the last two of four quarters slow
    ((37787,), 0.7)

    Chapter: music/generation
    """
    parts = parts_of(music)
    rate = check_rate(sample_rate)
    names = [instrument] * len(parts) if isinstance(instrument, str) else list(instrument)
    if len(names) != len(parts):
        raise AudioError(
            f"instrument names {len(names)} instruments, and the music has {len(parts)} parts: "
            "give one for all, or one for each"
        )
    for name in names:
        check_choice(name, name="instrument", choices=tuple(INSTRUMENTS))
    check_count(seed, name="seed", minimum=0)
    if check_finite(room_s, name="room_s", unit="s") < 0:
        raise AudioError(f"room_s is {room_s!r} s: give 0 for no room, or a time above it")
    seconds_at = _tempo(parts, tempo_bpm, slow_down, fermatas)
    buses = [
        _play_part(notes, name, seconds_at, rate, velocity, seed + number)
        for number, (notes, name) in enumerate(zip(parts, names, strict=True))
    ]
    audio = _mix(buses, stereo)
    if room_s:
        audio = _in_room(audio, rate, room_s, room_db, seed)
    return (PEAK * audio / np.abs(audio).max()).astype(np.float32)


def _tempo(parts, tempo_bpm, slow_down, fermatas):
    """Return a function from a place in quarters to a time in seconds.

    Time is summed over sixteenths, each as long as the tempo at its place says.
    """
    check_positive(tempo_bpm, name="tempo_bpm", unit="quarters a minute")
    end = max(onset + held for notes in parts for onset, held, _ in notes)
    grid = np.arange(0, end + 0.25, 0.25)
    share = np.ones(len(grid))
    length, slowest = SLOWING
    if slow_down:
        share = np.interp(grid + 0.125, [end - length, end], [1.0, slowest])
    for onset in fermatas:
        held = (grid >= onset) & (grid < onset + 1)
        share[held] /= FERMATA
    times = LEAD_S + np.append(0, np.cumsum(0.25 * 60 / tempo_bpm / share))
    places = np.append(grid, grid[-1] + 0.25)
    return lambda quarters: float(np.interp(quarters, places, times))


def _play_part(notes, instrument, seconds_at, rate, velocity, seed):
    """Return one part: each note from its onset, shortened if its pitch comes again at once."""
    _, release_s = INSTRUMENTS[instrument]
    ends = [seconds_at(onset + held) for onset, held, _ in notes]
    audio = np.zeros(round((max(ends, default=0.0) + release_s) * rate) + 1)
    begins_again = {(round(onset, 4), pitch) for onset, _, pitch in notes}
    for number, ((onset, held, pitch), end_s) in enumerate(zip(notes, ends, strict=True)):
        start_s = seconds_at(onset)
        if (round(onset + held, 4), pitch) in begins_again:
            end_s -= min(GAP_S, 0.3 * (end_s - start_s))
        note = tone(
            pitch,
            instrument=instrument,
            duration_s=end_s - start_s,
            sample_rate=rate,
            velocity=velocity,
            seed=seed + 100 * number,
        )
        start = round(start_s * rate)
        n = min(len(note), len(audio) - start)
        audio[start : start + n] += note[:n]
    return audio


def _mix(buses, stereo):
    """Return the sum of the parts, (T,), or (2, T) with each at its place."""
    n_samples = max(map(len, buses))
    buses = np.array([np.pad(bus, (0, n_samples - len(bus))) for bus in buses])
    if not stereo:
        return buses.sum(axis=0)
    places = np.linspace(-WIDTH, WIDTH, len(buses)) if len(buses) > 1 else np.zeros(1)
    angles = (places + 1) * np.pi / 4  # equal power wherever a voice stands
    return np.stack([np.cos(angles) @ buses, np.sin(angles) @ buses])


def _in_room(audio, rate, room_s, room_db, seed):
    """Add a room whose highs fade faster than the rest, as air and walls make them."""
    channels = np.atleast_2d(audio)
    heard = []
    for number, channel in enumerate(channels):
        tails = []
        for share, cutoff_hz in ((1.0, 1800), (0.4, 5000)):
            room = synthetic_room(
                sample_rate=rate, rt60_s=share * room_s, seed=seed + 10 * number
            ).astype(np.float64)
            room[0] = 0
            cutoff = min(cutoff_hz, 0.4 * rate)
            tails.append(
                scipy.signal.sosfilt(
                    scipy.signal.butter(2, [80, cutoff], "bandpass", fs=rate, output="sos"), room
                )
            )
        tail = tails[0]
        tail[: len(tails[1])] += 0.4 * tails[1]
        # The sound of a room takes some milliseconds to come back, and is not there at once.
        tail = np.append(np.zeros(round(0.012 * rate)), tail)
        tail *= 10 ** (room_db / 20) / np.sqrt(np.sum(tail**2))
        tail[0] = 1.0
        heard.append(reverberate(channel, tail))
    return heard[0] if audio.ndim == 1 else np.stack(heard)
