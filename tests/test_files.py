"""Sound files: what is written comes back, and what is broken is noticed."""

import contextlib
import io
import os
import struct

import librosa
import numpy as np
import pytest
import scipy.io.wavfile
import soundfile

import audiolessons as al
from audiolessons import files, signals
from audiolessons.errors import AudioError
from audiolessons.files import loading

STEP_16 = 1 / 32768


@pytest.fixture
def tone():
    return signals.sine(440, duration_s=0.5, sample_rate=8000, amplitude=0.5)


@pytest.fixture
def stereo():
    return (0.1 * np.random.default_rng(0).standard_normal((2, 4001))).astype(np.float32)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV"])
@pytest.mark.parametrize(("subtype", "tolerance"), [(None, STEP_16 / 2), ("pcm_24", 2.0**-24)])
def test_pcm_comes_back_within_half_a_step(tmp_path, stereo, suffix, subtype, tolerance):
    path = tmp_path / f"noise{suffix}"
    files.save(path, stereo, sample_rate=22050, subtype=subtype)
    audio, sample_rate = files.load(path, mono=False)
    assert (audio.shape, audio.dtype, sample_rate) == ((2, 4001), np.float32, 22050)
    assert audio.flags.c_contiguous
    assert np.abs(audio.astype(np.float64) - stereo).max() <= tolerance + 2**-30
    # rounding to the nearest step leaves no offset; rounding down would leave half a step
    assert abs(np.mean(audio.astype(np.float64) - stereo)) < tolerance / 20


def test_16_bit_files_round_trip_exactly(tmp_path):
    every_value = (np.arange(-32768, 32768) / 32768).astype(np.float32)
    files.save(tmp_path / "all.wav", every_value, sample_rate=8000)
    np.testing.assert_array_equal(files.load(tmp_path / "all.wav")[0], every_value)
    _, integers = scipy.io.wavfile.read(tmp_path / "all.wav")
    np.testing.assert_array_equal(integers, np.arange(-32768, 32768))


def test_full_scale_is_not_clipped_noticeably(tmp_path):
    files.save(tmp_path / "full.wav", np.array([1.0, -1.0]), sample_rate=8000)
    np.testing.assert_allclose(files.load(tmp_path / "full.wav")[0], [1, -1], atol=STEP_16)


def test_float_files_hold_anything_exactly(tmp_path, stereo):
    files.save(tmp_path / "loud.wav", 100 * stereo, sample_rate=8000, subtype="float")
    np.testing.assert_array_equal(files.load(tmp_path / "loud.wav", mono=False)[0], 100 * stereo)


@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_lossy_files_keep_the_tone(tmp_path, suffix):
    tone = signals.sine(440, duration_s=2.0, sample_rate=44100, amplitude=0.5)
    files.save(tmp_path / f"tone{suffix}", tone, sample_rate=44100)
    audio, sample_rate = files.load(tmp_path / f"tone{suffix}")
    assert sample_rate == 44100
    assert abs(audio.size - tone.size) < 4000  # an encoder pads
    spectrum = np.abs(np.fft.rfft(audio[10000:54100]))
    assert np.argmax(spectrum) == 440
    assert signals.level_db(audio[10000:54100]) == pytest.approx(signals.level_db(tone), abs=0.2)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what librosa.load imports
def test_loading_matches_librosa(tmp_path, stereo):
    path = tmp_path / "stereo.wav"
    files.save(path, stereo, sample_rate=8000)
    for mono in (True, False):
        ours, _ = files.load(path, mono=mono)
        theirs, _ = librosa.load(path, sr=None, mono=mono)
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_mono_files_with_mono_false_keep_the_channel_axis(tmp_path, tone):
    files.save(tmp_path / "tone.wav", tone, sample_rate=8000)
    assert files.load(tmp_path / "tone.wav", mono=False)[0].shape == (1, 4000)
    assert files.load(tmp_path / "tone.wav")[0].shape == (4000,)


@pytest.mark.parametrize("mono", [True, False])
def test_loading_at_another_rate_resamples(tmp_path, stereo, mono):
    files.save(tmp_path / "noise.wav", stereo, sample_rate=8000)
    audio, sample_rate = files.load(tmp_path / "noise.wav", sample_rate=16000, mono=mono)
    kept, _ = files.load(tmp_path / "noise.wav", mono=mono)
    assert sample_rate == 16000
    np.testing.assert_array_equal(audio, signals.resample(kept, from_rate=8000, to_rate=16000))


def test_bytes_and_open_files_load_too(tmp_path, tone):
    path = tmp_path / "tone.flac"
    files.save(path, tone, sample_rate=8000)
    content = path.read_bytes()
    with path.open("rb") as handle:
        sources = [str(path), content, bytearray(content), io.BytesIO(content), handle]
        for source in sources:
            audio, sample_rate = files.load(source)
            assert sample_rate == 8000
            np.testing.assert_allclose(audio, tone, atol=STEP_16)


def test_saving_replaces_and_leaves_nothing_beside(tmp_path, tone):
    path = tmp_path / "tone.wav"
    path.write_bytes(b"old")
    files.save(path, tone, sample_rate=8000)
    first = path.read_bytes()
    files.save(path, tone, sample_rate=8000)
    assert path.read_bytes() == first  # the same sound gives the same bytes
    assert [entry.name for entry in tmp_path.iterdir()] == ["tone.wav"]


def test_a_failed_write_keeps_the_old_file(tmp_path, tone, monkeypatch):
    path = tmp_path / "tone.wav"
    path.write_bytes(b"old")

    def disk_is_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", disk_is_full)
    with pytest.raises(AudioError, match=r"tone\.wav cannot be written.*No space left"):
        files.save(path, tone, sample_rate=8000)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["tone.wav"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
def test_saved_files_are_as_readable_as_any_other(tmp_path, tone):
    files.save(tmp_path / "tone.wav", tone, sample_rate=8000)
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("tone.wav", "plain")]
    assert modes[0] == modes[1]


# --- broken files ------------------------------------------------------------------------------


def wav_bytes(tone, **options):
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, 8000, format="WAV", subtype="PCM_16", **options)
    return buffer.getvalue()


def test_a_missing_file(tmp_path):
    with pytest.raises(AudioError, match=r"no file .*nowhere\.wav.*check the name"):
        files.load(tmp_path / "nowhere.wav")


def test_a_folder(tmp_path):
    with pytest.raises(AudioError, match="cannot be read"):
        files.load(tmp_path)


def test_a_text_file_named_wav(tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("Dear diary, today I recorded nothing.")
    with pytest.raises(AudioError, match=r"notes\.wav is no sound file.*b'Dear diary, toda'"):
        files.load(path)


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioError, match=r"empty\.wav is empty \(0 bytes\)"):
        files.load(tmp_path / "empty.wav")


def test_a_sound_file_without_samples(tmp_path, tone):
    path = tmp_path / "silent.wav"
    path.write_bytes(wav_bytes(tone[:0]))
    with pytest.raises(AudioError, match="holds no samples"):
        files.load(path)


@pytest.mark.parametrize("n_left", [5000, 7999 + 44, 45, 44, 40, 30, 13])
def test_a_cut_off_wav(tmp_path, tone, n_left):
    """At every length: within the samples, one byte short, at and within the header."""
    path = tmp_path / "cut.wav"
    path.write_bytes(wav_bytes(tone)[:n_left])
    with pytest.raises(AudioError, match=r"cut\.wav is cut off"):
        files.load(path)


def test_a_cut_off_wav_names_both_sizes(tmp_path, tone):
    path = tmp_path / "cut.wav"
    path.write_bytes(wav_bytes(tone)[:5044])
    with pytest.raises(AudioError, match="promises 8000 bytes of sound and 5000 are there"):
        files.load(path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".ogg"])
def test_other_cut_off_files(tmp_path, stereo, suffix, share):
    path = tmp_path / f"whole{suffix}"
    files.save(path, np.tile(stereo, 20), sample_rate=16000)
    content = path.read_bytes()
    files.load(content)
    (tmp_path / "cut").write_bytes(content[: int(share * len(content))])
    with pytest.raises(AudioError, match=r"cut is (damaged or )?cut off"):
        files.load(tmp_path / "cut")


def test_extra_chunks_and_odd_sizes_are_read(tone):
    content = wav_bytes(tone)
    note = struct.pack("<4sI", b"note", 3) + b"abc\0"  # padded to an even size
    padded = content[:12] + note + content[12:] + note
    padded = padded[:4] + struct.pack("<I", len(padded) - 8) + padded[8:]
    np.testing.assert_array_equal(files.load(padded)[0], files.load(content)[0])


def test_a_streamed_wav_of_unknown_length_is_read(tone):
    """Programs that write to a pipe promise 2**32 - 1 bytes, since they cannot go back."""
    content = bytearray(wav_bytes(tone))
    position = content.index(b"data") + 4
    content[position : position + 4] = b"\xff\xff\xff\xff"
    content[4:8] = b"\xff\xff\xff\xff"
    np.testing.assert_array_equal(files.load(content)[0], files.load(wav_bytes(tone))[0])


PIPES = (0x7FFFF000, 0x7FFFF024, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF)


@pytest.mark.parametrize("size", [*PIPES, 0])
def test_a_wav_from_a_pipe_or_never_closed_is_read(tone, size):
    content = bytearray(wav_bytes(tone))
    position = content.index(b"data") + 4
    content[position : position + 4] = struct.pack("<I", size)
    content[4:8] = struct.pack("<I", min(size + 36, 0xFFFFFFFF) if size else 0)
    np.testing.assert_array_equal(files.load(content)[0], files.load(wav_bytes(tone))[0])


def test_an_empty_wav_with_a_note_behind_it_is_empty(tone):
    content = wav_bytes(tone[:0]) + struct.pack("<4sI", b"LIST", 4) + b"INFO"
    with pytest.raises(AudioError, match="holds no samples"):
        files.load(content)


@pytest.mark.parametrize("kind", ["RF64", "W64", "AIFF", "AU", "WAVEX"])
def test_the_kin_of_wav_are_whole_or_refused(tmp_path, tone, kind):
    path = tmp_path / "tone"
    soundfile.write(path, tone, 8000, format=kind, subtype="PCM_16")
    content = path.read_bytes()
    assert len(files.load(content)[0]) == len(tone)
    for n_left in (len(content) - 2, len(content) // 2, 30):
        path.write_bytes(content[:n_left])
        with pytest.raises(AudioError, match=r"tone is cut off"):
            files.load(path)


def encoded(audio, kind, rate=16000):
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, rate, format=kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["OGG", "MP3"])
def test_sounds_one_behind_the_other_are_all_read(stereo, kind):
    """Radio recorders chain Ogg streams, and servers of voices join MP3 files."""
    one, other = encoded(np.tile(stereo, 10), kind), encoded(np.tile(stereo[:, ::-1], 5), kind)
    alone = [files.load(part, mono=False)[0] for part in (one, other, one)]
    together, rate = files.load(one + other + one, mono=False)
    assert rate == 16000
    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))


def test_sounds_that_do_not_fit_one_behind_the_other_are_refused(stereo):
    content = encoded(np.tile(stereo, 10), "OGG") + encoded(np.tile(stereo, 10), "OGG", 44100)
    message = "is 2 sounds one behind the other, 2 channels at 16000 Hz and 2 channels at 44100 Hz"
    with pytest.raises(AudioError, match=message):
        files.load(content)


def test_the_second_of_two_streams_that_is_cut_off_is_noticed(stereo):
    content = encoded(np.tile(stereo, 10), "OGG")
    with pytest.raises(AudioError, match="cut off, its last page is missing"):
        files.load(content + content[: len(content) // 2])


def test_a_flac_that_does_not_state_its_length_is_read(tone):
    """As ffmpeg writes it to a pipe: 36 bits of the header hold the number of samples, here 0."""
    content = bytearray(encoded(tone, "FLAC", 8000))
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    np.testing.assert_array_equal(
        files.load(content)[0], files.load(encoded(tone, "FLAC", 8000))[0]
    )


def test_a_file_with_more_samples_than_memory_is_refused(monkeypatch):
    """Silence is packed a thousand to one."""
    content = encoded(np.zeros(2**16, np.float32), "FLAC")
    monkeypatch.setattr(loading, "_LONG", 2**15)
    monkeypatch.setattr(loading, "_BLOCK", 2**10)
    assert len(files.load(content)[0]) == 2**16
    monkeypatch.setattr(loading, "_MOST_SAMPLES", 2**15)
    with pytest.raises(AudioError, match="holds more than 32768 samples, over 4 GB of memory"):
        files.load(content)


def test_garbled_files_are_one_clear_error(stereo):
    """Whatever bytes change: a sound, or an `AudioError`."""
    random = np.random.default_rng(0)
    for kind in ("WAV", "RF64", "W64", "AIFF", "AU", "FLAC", "OGG", "MP3"):
        right = np.frombuffer(encoded(np.tile(stereo, 3), kind), dtype=np.uint8)
        for _ in range(40):
            garbled = right.copy()
            garbled[random.integers(200, size=4)] = random.integers(256, size=4)
            with contextlib.suppress(AudioError):
                files.load(garbled.tobytes())


def test_a_float_file_with_nan(tmp_path, tone):
    tone[7] = np.nan
    soundfile.write(tmp_path / "nan.wav", tone, 8000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"nan\.wav holds 1 values that are NaN"):
        files.load(tmp_path / "nan.wav")


@pytest.mark.parametrize(
    ("source", "message"),
    [(None, "path is None"), (3, "path is 3"), (b"", "empty"), (io.StringIO("x"), "open as text")],
)
def test_things_that_are_no_path(source, message):
    with pytest.raises(AudioError, match=message):
        files.load(source)


def test_a_rate_that_cannot_be(tmp_path, tone):
    files.save(tmp_path / "tone.wav", tone, sample_rate=8000)
    with pytest.raises(AudioError, match="sample_rate is -1 Hz"):
        files.load(tmp_path / "tone.wav", sample_rate=-1)


@pytest.mark.parametrize(
    ("name", "audio", "options", "message"),
    [
        ("a.wav", np.array([0.0, 1.5]), {}, r"peaks at 1\.5.*normalize.*clip.*float"),
        ("a.flac", np.array([0.0, -1.01]), {}, "peaks at 1.01"),
        ("a.wav", np.array([0, 1]), {}, "int64"),
        ("a.wav", np.array([np.nan]), {}, "NaN"),
        ("a.wav", np.zeros(0), {}, r"shape \(0,\)"),
        ("a.wav", np.zeros((100, 2)), {}, r"\(100, 2\).*audio\.T"),
        ("a.wav", np.zeros((3, 2, 100)), {}, r"\(3, 2, 100\).*one item"),
        ("a.aiff", np.zeros(9), {}, r"suffix of path is '\.aiff': choose one of '\.wav'"),
        ("a", np.zeros(9), {}, "suffix of path is ''"),
        ("a.flac", np.zeros(9), {"subtype": "float"}, "subtype is 'float'"),
        ("a.wav", np.zeros(9), {"sample_rate": -8000}, "sample_rate is -8000 Hz"),
        ("a.wav", np.zeros(9), {"sample_rate": 8000.5}, "8000.5 Hz"),
        ("nowhere/a.wav", np.zeros(9), {}, "nowhere' does not exist"),
        ("a.mp3", np.zeros(9), {"sample_rate": 12345}, r"a\.mp3 cannot be written.*\.wav"),
    ],
)
def test_what_cannot_be_saved_leaves_no_file(tmp_path, name, audio, options, message):
    with pytest.raises(AudioError, match=message):
        al.files.save(tmp_path / name, audio, **{"sample_rate": 8000, **options})
    assert not list(tmp_path.iterdir())
