"""MIDI files: what is played, for every programme and instrument that reads them.

A file says which key goes down when, and when it comes up: no sound, no names of notes, no beams.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import mido
import numpy as np

from audiolessons.errors import AudioError, check_choice, check_positive
from audiolessons.music import INSTRUMENTS, parts_of
from audiolessons.music.tunes import Note
from audiolessons.writing import whole_file

TICKS = 480  # a quarter note: triplets and 64ths are whole numbers of them
# General MIDI's numbers for what sounds most like our instruments.
PROGRAMS = {"organ": 19, "harpsichord": 6, "guitar": 24, "piano": 0, "choir": 52, "strings": 48}
PER_QUARTER = 4  # sixteenths
MOST_SIXTEENTHS = 100_000  # over an hour: what a broken file may claim
SUFFIXES = (".mid", ".midi")


def write(
    path,
    music,
    *,
    tempo_bpm: float = 72.0,
    instrument: str = "organ",
    velocity: int = 80,
    replace: bool = True,
) -> None:
    """Write voices or a tune as a MIDI file, each part on a track of its own.

    Parameters
    ----------
    path
        Ends in .mid; its folder must exist.
    music
        Voices (N, V) of sixteenths, or the notes of a tune; see `music.parts_of`.
    tempo_bpm
        Quarter notes a minute.
    instrument
        One of `music.INSTRUMENTS`; the file asks for the one of General MIDI that is nearest.
    velocity
        From 1 to 127.
    replace
        Write over a file of that name. False: what is there stays.

    Raises
    ------
    AudioError
        If the suffix, an option or the music cannot be, or the file is there and must not be
        replaced.

    Examples
    --------
    >>> write("chord.txt", np.full((16, 4), [72, 67, 64, 48]))
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: the suffix of path is '.txt': choose one of '.mid', '.midi'
    """
    path = Path(path)
    check_choice(path.suffix.lower(), name="the suffix of path", choices=SUFFIXES)
    check_positive(tempo_bpm, name="tempo_bpm", unit="quarters a minute")
    check_choice(instrument, name="instrument", choices=tuple(INSTRUMENTS))
    if velocity not in range(1, 128):
        raise AudioError(f"velocity is {velocity!r}: give a whole number from 1 to 127")
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm), time=0)
    file.tracks.append(mido.MidiTrack([tempo]))
    for channel, notes in enumerate(parts_of(music)):
        program = PROGRAMS[instrument]
        track = [mido.Message("program_change", channel=channel, program=program, time=0)]
        at = 0
        for ticks, kind, pitch in _events(notes):
            message = mido.Message(kind, channel=channel, note=pitch, time=ticks - at)
            track.append(message.copy(velocity=velocity if kind == "note_on" else 0))
            at = ticks
        file.tracks.append(mido.MidiTrack(track))
    with whole_file(path, replace=replace) as target:
        file.save(file=target)


def _events(notes):
    """Return (ticks, kind, pitch) in order of time; a key comes up before it goes down again."""
    events = []
    for onset, held, pitch in notes:
        events.append((round(onset * TICKS), "note_on", pitch))
        events.append((round((onset + held) * TICKS), "note_off", pitch))
    return sorted(events, key=lambda event: (event[0], event[1] == "note_on", event[2]))


def read(path) -> list[list[Note]]:
    """Return the notes of a MIDI file, part by part: one for each track that holds any.

    Drums (channel 10) are left out. Times are whole numbers of 64ths or triplets of sixteenths,
    whichever is nearer: what was played freely is moved a little.

    Raises
    ------
    AudioError
        If there is no such file, it is none of MIDI, or holds no note.

    Examples
    --------
    >>> read("nowhere.mid")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: nowhere.mid is not there: give the path of a MIDI file
    """
    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path} is not there: give the path of a MIDI file")
    try:
        file = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as problem:
        raise AudioError(f"{path} cannot be read as MIDI ({problem}): it may be cut off") from None
    if file.ticks_per_beat <= 0:
        raise AudioError(f"{path} counts frames of film, not beats: export it with beats")
    parts = [_notes_of(track, file.ticks_per_beat) for track in file.tracks]
    parts = [notes for notes in parts if notes]
    if not parts:
        raise AudioError(f"{path} holds no note: export the track with the melody")
    return parts


def _notes_of(track, ticks_per_beat) -> list[Note]:
    notes, down, at = [], {}, 0
    for message in track:
        at += message.time
        if message.type not in ("note_on", "note_off") or message.channel == 9:
            continue
        key = message.channel, message.note
        if key in down:
            begin = down.pop(key)
            if at > begin:
                onset, end = (_whole_notes(ticks, ticks_per_beat) for ticks in (begin, at))
                notes.append(Note(onset, max(end - onset, Fraction(1, 64)), message.note))
        if message.type == "note_on" and message.velocity:
            down[key] = at
    return sorted(notes)


def _whole_notes(ticks, ticks_per_beat) -> Fraction:
    exact = Fraction(ticks, 4 * ticks_per_beat)
    grids = [Fraction(round(exact * n), n) for n in (16, 24, 64, 96)]
    return min(grids, key=lambda time: (abs(time - exact) > Fraction(1, 500), abs(time - exact)))


def to_voices(parts: list) -> np.ndarray:
    """Return parts of notes as voices, int16 (N, V): a row each sixteenth, -1 for a rest.

    Parameters
    ----------
    parts
        What `read` returns. A part sings one note at a time: where two sound, the later one.

    Raises
    ------
    AudioError
        If there is no part, or the music is longer than an hour.

    Examples
    --------
    >>> to_voices([[Note(Fraction(0), Fraction(1, 8), 60)]])
    array([[60],
           [60]], dtype=int16)
    """
    if not parts or not all(parts):
        raise AudioError("parts holds no part, or an empty one: give what read returns")
    spans = [
        [(round(16 * on), max(round(16 * (on + held)), round(16 * on) + 1), pitch)
         for on, held, pitch in sorted(notes)]
        for notes in parts
    ]  # fmt: skip
    n_rows = max(after for notes in spans for _, after, _ in notes)
    if n_rows > MOST_SIXTEENTHS:
        raise AudioError(f"the music has {n_rows} sixteenths: give at most {MOST_SIXTEENTHS}")
    voices = np.full((n_rows, len(parts)), -1, dtype=np.int16)
    for voice, notes in enumerate(spans):
        for first, after, pitch in notes:
            voices[first:, voice] = -1
            voices[first:after, voice] = pitch
    return voices
