"""Recordings edited from file to file, and long files in blocks."""

import tracemalloc

import numpy as np
import pytest

from audiolessons import editing, files, signals
from audiolessons.editing import Cut
from audiolessons.errors import AudioError

RATE = 16000


@pytest.fixture
def talk(tmp_path):
    """Write 25 s of swelling noise with two pauses, in stereo; return the path."""
    random = np.random.default_rng(0)
    swell = np.repeat(10 ** random.uniform(-2, -0.5, size=250), RATE // 10)
    audio = 0.3 * swell * random.standard_normal((2, len(swell)))
    audio[:, 5 * RATE : 7 * RATE] = 0
    audio[:, 15 * RATE : 16 * RATE] = 0
    files.save(tmp_path / "talk.wav", np.clip(audio, -1, 1), sample_rate=RATE, subtype="float")
    return tmp_path / "talk.wav"


CUTS = [Cut(5.1, 6.9), Cut(15.1, 15.9)]


def test_a_file_in_blocks_is_the_file(talk):
    whole, _ = files.load(talk, mono=False)
    with files.reading(talk) as sound:
        for length in (1000, 10**6):
            blocks = list(sound.blocks(length))
            np.testing.assert_array_equal(np.concatenate(blocks, axis=-1), whole)
        assert (sound.sample_rate, sound.n_channels, sound.n_samples) == (RATE, 2, 25 * RATE)


@pytest.mark.parametrize(("suffix", "subtype"), [(".wav", "pcm_16"), (".flac", "pcm_24")])
def test_what_is_written_in_blocks_is_what_is_saved_whole(tmp_path, suffix, subtype):
    audio = np.random.default_rng(0).uniform(-1, 1, (2, 5000))
    how = {"sample_rate": RATE, "subtype": subtype}
    files.save(tmp_path / f"whole{suffix}", audio, **how)
    with files.writing(tmp_path / f"parts{suffix}", n_channels=2, **how) as sound:
        for part in np.split(audio, [1000, 1000, 4000], axis=-1):
            sound.write(part)
    ours, whole = (files.load(tmp_path / f"{x}{suffix}", mono=False)[0] for x in ("parts", "whole"))
    np.testing.assert_array_equal(ours, whole)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_resampling_in_blocks_has_no_seams(tmp_path, rate):
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, round(23.4 * 11025)))
    path = tmp_path / "noise.wav"
    files.save(path, audio, sample_rate=11025, subtype="float")
    with files.reading(path) as sound:
        ours = np.concatenate(list(editing.resampled_blocks(sound, sample_rate=rate)))
    whole, _ = files.load(path, sample_rate=rate)
    np.testing.assert_allclose(ours, whole, atol=1e-6)


def test_an_edit_is_what_its_steps_do_to_the_whole(talk, tmp_path):
    target = tmp_path / "out.wav"
    done = editing.edit_file(talk, target, cuts=CUTS, lufs=-16.0, ceiling_dbtp=-3.0)
    audio, _ = files.load(talk, mono=False)
    joined = editing.apply_cuts(audio, CUTS, sample_rate=RATE)
    louder = joined * 10 ** (done.gain_db / 20)
    expected = editing.limit(louder, sample_rate=RATE, ceiling_dbtp=-3.0)
    ours, _ = files.load(target, mono=False)
    np.testing.assert_allclose(ours, expected, atol=1.01 / 65536)
    assert editing.integrated_lufs(ours, sample_rate=RATE) == pytest.approx(-16.0, abs=0.1)
    assert signals.amplitude_to_db(editing.true_peak(ours).max()) < -2.95
    assert done.after.lufs == pytest.approx(-16.0, abs=0.1)
    assert done.after.duration_s == pytest.approx(25 - 2.6)
    assert done.before.duration_s == 25
    np.testing.assert_allclose(done.before.outline[1].max(), audio.max())


def test_memory_does_not_grow_with_the_length(tmp_path):
    rate, peaks_mb = 8000, []
    block = 0.1 * np.random.default_rng(0).standard_normal(10 * rate)
    for minutes in (0.5, 0.5, 2):  # what loads at the first call does not count
        source = tmp_path / "in.wav"
        with files.writing(source, sample_rate=rate, n_channels=1, replace=True) as sound:
            for _ in range(round(6 * minutes)):
                sound.write(block)
        cuts = [Cut(second, second + 0.2) for second in range(5, round(60 * minutes), 10)]
        tracemalloc.start()
        editing.edit_file(source, tmp_path / "out.wav", cuts=cuts, lufs=-23.0, replace=True)
        peaks_mb.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    assert peaks_mb[2] - peaks_mb[1] < 0.3  # a block has 0.3 MB, two minutes 3.8


def test_without_cuts_and_level_nothing_changes(talk, tmp_path):
    done = editing.edit_file(talk, tmp_path / "out.wav", ceiling_dbtp=0.0)
    ours, _ = files.load(tmp_path / "out.wav", mono=False)
    np.testing.assert_allclose(ours, files.load(talk, mono=False)[0], atol=1.01 / 65536)
    assert done.gain_db == 0


def test_what_is_there_stays_and_so_does_what_came_meanwhile(talk, tmp_path):
    target = tmp_path / "out.wav"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(AudioError, match="is there already"):
        editing.edit_file(talk, target)
    assert target.read_text(encoding="utf-8") == "mine"
    late = tmp_path / "late.wav"

    def overtaken():
        with files.writing(late, sample_rate=RATE, n_channels=1) as sound:
            sound.write(np.zeros(10))
            late.write_text("quicker", encoding="utf-8")

    with pytest.raises(AudioError, match="is there already"):
        overtaken()
    assert late.read_text(encoding="utf-8") == "quicker"
    editing.edit_file(talk, target, replace=True)
    assert files.load(target)[1] == RATE
    assert sorted(one.name for one in tmp_path.iterdir()) == ["late.wav", "out.wav", "talk.wav"]


def test_files_that_are_none_are_told(talk, tmp_path):
    content = talk.read_bytes()
    for name, broken, match in (
        ("cut.wav", content[:-50000], "is cut off"),
        ("empty.wav", b"", r"is empty \(0 bytes\)"),
        ("text.wav", b"hello, this is no sound", "is no sound file that can be read"),
    ):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(AudioError, match=match):
            editing.edit_file(tmp_path / name, tmp_path / "out.wav")
    with pytest.raises(AudioError, match="there is no file"):
        editing.edit_file(tmp_path / "gone.wav", tmp_path / "out.wav")
    with pytest.raises(AudioError, match="the cuts cover all"):
        editing.edit_file(talk, tmp_path / "out.wav", cuts=[Cut(0, 30)])
    with pytest.raises(AudioError, match="has no loudness"):
        editing.edit_file(talk, tmp_path / "out.wav", cuts=[Cut(0, 5.1), Cut(6.5, 30)], lufs=-16)
    with pytest.raises(AudioError, match=r"the suffix of path is '\.xyz'"):
        editing.edit_file(talk, tmp_path / "out.xyz")
    with (
        pytest.raises(AudioError, match=r"audio peaks at 1\.5"),
        files.writing(tmp_path / "loud.wav", sample_rate=RATE, n_channels=1) as sound,
    ):
        sound.write(np.full(10, 1.5))
    assert not (tmp_path / "loud.wav").exists()
    assert not (tmp_path / "out.wav").exists()
