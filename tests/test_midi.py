"""What is written as MIDI comes back as it was, and what is no MIDI is said to be none."""

from fractions import Fraction

import mido
import numpy as np
import pytest

from audiolessons import midi
from audiolessons.errors import AudioError
from audiolessons.music.tunes import Note


def random_voices(seed, n_rows=64):
    random = np.random.default_rng(seed)
    columns = [
        np.repeat(random.integers(low, low + 12, n_rows), random.integers(1, 6, n_rows))[:n_rows]
        for low in (64, 57, 52, 43)
    ]
    return np.stack(columns, axis=1).astype(np.int16)


@pytest.mark.parametrize("seed", range(3))
def test_voices_come_back_as_they_were(tmp_path, seed):
    voices = random_voices(seed)
    voices[10:14, 2] = -1
    midi.write(tmp_path / "a.mid", voices)
    assert np.array_equal(midi.to_voices(midi.read(tmp_path / "a.mid")), voices)


def test_a_tune_with_triplets_and_repeated_notes_comes_back(tmp_path):
    third = Fraction(1, 12)
    tune = [Note(third * k, third, 60 + k) for k in range(3)]
    tune += [Note(Fraction(1, 4), Fraction(1, 8), 62), Note(Fraction(3, 8), Fraction(1, 8), 62)]
    midi.write(tmp_path / "a.mid", tune)
    assert midi.read(tmp_path / "a.mid") == [tune]


def test_tempo_instrument_and_tracks_stand_in_the_file(tmp_path):
    midi.write(tmp_path / "a.mid", random_voices(0), tempo_bpm=90, instrument="choir")
    file = mido.MidiFile(tmp_path / "a.mid")
    messages = [message for track in file.tracks for message in track]
    tempo = next(message.tempo for message in messages if message.type == "set_tempo")
    assert mido.tempo2bpm(tempo) == pytest.approx(90, abs=1e-3)
    programs = [(m.channel, m.program) for m in messages if m.type == "program_change"]
    assert programs == [(k, 52) for k in range(4)]
    assert file.length == pytest.approx(64 / 4 * 60 / 90, abs=0.01)


def test_a_file_that_is_there_is_kept_if_asked(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"mine")
    with pytest.raises(AudioError, match="there"):
        midi.write(tmp_path / "a.mid", random_voices(0), replace=False)
    assert (tmp_path / "a.mid").read_bytes() == b"mine"


def test_notes_that_are_never_let_go_or_last_no_time_are_no_notes(tmp_path):
    on = mido.Message("note_on", note=60, velocity=64, time=0)
    track = mido.MidiTrack([on, mido.Message("note_off", note=60, time=0), on])
    file = mido.MidiFile()
    file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    with pytest.raises(AudioError, match="no note"):
        midi.read(tmp_path / "a.mid")


CUT_OFF = b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x10\0"


@pytest.mark.parametrize("content", [b"", b"RIFFxxxx", CUT_OFF])
def test_what_is_no_midi_is_refused(tmp_path, content):
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(AudioError, match="MIDI"):
        midi.read(tmp_path / "a.mid")


def test_options_that_cannot_be_are_refused(tmp_path):
    voices = random_voices(0)
    for options, said in (
        ({"tempo_bpm": 0}, "tempo_bpm is 0"),
        ({"instrument": "kazoo"}, "instrument is 'kazoo'"),
        ({"velocity": 200}, "velocity is 200"),
    ):
        with pytest.raises(AudioError, match=said):
            midi.write(tmp_path / "a.mid", voices, **options)
    with pytest.raises(AudioError, match="no part"):
        midi.to_voices([])
