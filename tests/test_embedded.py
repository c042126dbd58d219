"""The embedded set: what is in it, that it sounds, and that the script makes the same bytes."""

from __future__ import annotations

import functools
import hashlib
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
if str(ROOT / "tools") not in sys.path:
    sys.path.insert(0, str(ROOT / "tools"))

import make_embedded  # noqa: E402
from embedded_recipes import (  # noqa: E402
    chorales,
    environmental_sounds,
    espeak,
    examples,
    pack,
    read_speech,
    rooms,
    sound,
    spoken_digits,
)

NAMES = make_embedded.NAMES
MADE_WITH_LIBSNDFILE = "1.2.2"
ESC_10 = [
    "Dog bark", "Rain", "Sea waves", "Baby cry", "Clock tick",
    "Person sneeze", "Helicopter", "Chainsaw", "Rooster", "Fire crackling",
]  # fmt: skip


def read(name):
    with zipfile.ZipFile(DATA / "embedded" / f"{name}.zip") as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def decode(data):
    return soundfile.read(io.BytesIO(data), dtype="float64")


def level_db(audio):
    return 20 * np.log10(np.sqrt(np.mean(audio**2)))


@functools.cache
def sounds(name):
    return {
        path: decode(data) for path, data in read(name).items() if path.endswith((".flac", ".ogg"))
    }


# What is there


def test_the_archives_are_those_of_the_list_and_small():
    sums = make_embedded.read_sums(DATA / "embedded")
    assert sorted(sums) == [f"{name}.zip" for name in NAMES]
    paths = sorted((DATA / "embedded").glob("*"))
    assert [path.name for path in paths] == sorted([*sums, "SHA256SUMS"])
    for path in paths:
        if path.suffix == ".zip":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[path.name], path.name
    assert sum(path.stat().st_size for path in paths) <= 16e6


@pytest.mark.parametrize("name", NAMES)
def test_each_archive_is_sorted_stored_dated_alike_and_licensed(name):
    with zipfile.ZipFile(DATA / "embedded" / f"{name}.zip") as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
        assert b"CC BY 4.0" in archive.read("README.txt")
    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    assert {info.date_time for info in infos} == {pack.MOMENT}


@pytest.mark.parametrize(
    ("name", "rate", "shortest_s", "longest_s", "quietest_db"),
    [
        ("spoken_digits", 8000, 0.2, 0.9, -42),
        ("environmental_sounds", 44100, 3.0, 5.0, -45),
        ("read_speech", 22050, 2.0, 5.0, -23),
        ("many_voices", 16000, 1.0, 4.0, -34),
        ("native_voices", 16000, 2.0, 5.5, -34),
        ("emotional_speech", 16000, 2.0, 2.0, -26),
        ("parallel_voices", 16000, 3.0, 9.0, -34),
        ("wake_words", 16000, 1.0, 2.5, -35),
        ("mandarin_syllables", 16000, 0.2, 1.2, -23),
        ("examples", 22050, 4.0, 6.5, -23),
    ],
)
def test_every_sound_is_mono_unclipped_and_loud_enough(
    name, rate, shortest_s, longest_s, quietest_db
):
    for path, (audio, sample_rate) in sounds(name).items():
        assert sample_rate == rate, path
        assert audio.ndim == 1, path
        assert shortest_s <= len(audio) / rate <= longest_s, path
        assert np.abs(audio).max() < 1, path
        assert quietest_db < level_db(audio) < -12, path
        assert abs(audio.mean()) < 0.01, path
        # No clip is silent for long: noise was added to all but the dry ends.
        assert np.mean(audio == 0) < 0.25, path


def test_digits_have_every_speaker_digit_and_take_once():
    keys = Counter(Path(path).stem for path in sounds("spoken_digits"))
    speakers = ("ada", "ben", "cleo", "dan", "eva", "finn")
    wanted = {f"{d}_{s}_{t}" for d in range(10) for s in speakers for t in range(12)}
    assert set(keys) == wanted
    assert set(spoken_digits.SPEAKERS) == set(speakers)


def test_no_two_takes_are_the_same_recording():
    recordings = sounds("spoken_digits").values()
    assert len({hashlib.sha256(audio.tobytes()).digest() for audio, _ in recordings}) == 720


def test_environmental_sounds_have_two_clips_per_class_and_fold():
    folders = [f"{number:03d} - {name}" for number, name in enumerate(ESC_10, start=1)]
    paths = list(sounds("environmental_sounds"))
    count = Counter((path.split("/")[0], path.split("/")[1][0]) for path in paths)
    assert count == {(folder, str(fold)): 2 for folder in folders for fold in range(1, 6)}
    assert len({path.split("-")[-2] for path in paths}) == 100  # every source number is its own


def test_read_speech_has_a_sound_for_each_line_of_text():
    files = read("read_speech")
    lines = files["LJSpeech-1.1/metadata.csv"].decode().splitlines()
    rows = [line.split("|") for line in lines]
    assert all(len(row) == 3 and row[1] and row[2] for row in rows)
    assert {f"LJSpeech-1.1/wavs/{row[0]}.ogg" for row in rows} == set(sounds("read_speech"))
    assert not any(character.isdigit() for row in rows for character in row[2])
    assert len({row[1] for row in rows}) == len(read_speech.SENTENCES) == 32


def test_the_first_sample_of_a_room_that_sounds_is_the_direct_sound():
    for path, (audio, _) in sounds("rooms").items():
        assert np.flatnonzero(audio)[0] == int(rooms.DELAY_S * rooms.SAMPLE_RATE), path
        energy = audio**2
        assert energy[len(energy) // 2 :].sum() < 0.05 * energy.sum(), path


def test_longer_sentences_take_longer_to_say():
    spoken = sounds("read_speech")
    texts = [texts[-1] for texts in read_speech.SENTENCES]
    lengths = [len(spoken[f"LJSpeech-1.1/wavs/{name}.ogg"][0]) for name in read_speech.names()]
    assert np.corrcoef([len(text) for text in texts], lengths)[0, 1] > 0.9


# What it sounds like, as far as numbers can say


def spectrum(audio, rate):
    return np.fft.rfftfreq(len(audio), 1 / rate), np.abs(np.fft.rfft(audio)) ** 2


def centroid_hz(audio, rate):
    hz, power = spectrum(audio, rate)
    return np.sum(hz * power) / np.sum(power)


def test_the_robin_sings_between_2_and_8_khz():
    audio, rate = sounds("examples")["audio/robin.flac"]
    hz, power = spectrum(audio, rate)
    assert power[(hz > 2000) & (hz < 8000)].sum() > 0.95 * power.sum()


def test_the_trumpet_ends_on_the_b_flat_that_is_written():
    audio, rate = sounds("examples")["audio/trumpet.flac"]
    hz, power = spectrum(audio[int(3.7 * rate) : int(4.3 * rate)], rate)
    power[hz < 300] = 0
    strongest = hz[hz < 600][power[hz < 600].argmax()]
    assert 12 * np.log2(strongest / examples.hertz(70)) == pytest.approx(0, abs=0.25)


def test_machines_are_lower_than_rain_and_clocks_are_mostly_quiet():
    clips = sounds("environmental_sounds")

    def mean_of(measure, name):
        return np.mean([measure(*clip) for path, clip in clips.items() if name in path])

    assert mean_of(centroid_hz, "Helicopter") < 0.5 * mean_of(centroid_hz, "Rain")

    def crest(audio, rate):
        return np.abs(audio).max() / np.sqrt(np.mean(audio**2))

    assert mean_of(crest, "Clock tick") > 3 * mean_of(crest, "Sea waves")


def mfcc_statistics(audio, rate, n_mfcc, n_fft, hop_length):
    import librosa

    mfcc = librosa.feature.mfcc(
        y=audio.astype(np.float32),
        sr=rate,
        n_mfcc=n_mfcc,
        n_fft=n_fft,
        hop_length=hop_length,
        n_mels=40,
    )
    return np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1)])


def classifier_accuracy(features, labels, is_test):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    model.fit(features[~is_test], labels[~is_test])
    return model.score(features[is_test], labels[is_test])


def test_digits_are_learnable_not_trivial_and_harder_from_a_new_speaker():
    features, labels, speakers, takes = [], [], [], []
    for path, (audio, rate) in sounds("spoken_digits").items():
        digit, speaker, take = Path(path).stem.split("_")
        features.append(mfcc_statistics(audio, rate, 20, 256, 80))
        labels.append(int(digit))
        speakers.append(speaker)
        takes.append(int(take))
    features, labels, speakers = np.array(features), np.array(labels), np.array(speakers)
    new_takes = classifier_accuracy(features, labels, np.array(takes) < 5)
    assert 0.90 <= new_takes < 0.995
    new_voices = [
        classifier_accuracy(features, labels, speakers == name) for name in spoken_digits.SPEAKERS
    ]
    assert 0.5 <= np.mean(new_voices) <= new_takes - 0.1


def test_environmental_sounds_are_learnable_and_confusable():
    features, labels, folds = [], [], []
    for path, (audio, rate) in sounds("environmental_sounds").items():
        folder, name = path.split("/")
        features.append(mfcc_statistics(audio, rate, 13, 2048, 1024))
        labels.append(folder)
        folds.append(int(name[0]))
    features, labels, folds = np.array(features), np.array(labels), np.array(folds)
    per_fold = [classifier_accuracy(features, labels, folds == fold) for fold in range(1, 6)]
    assert 0.65 <= np.mean(per_fold) <= 0.95


# Chorales: the rules they were composed by


@pytest.fixture(scope="module")
def pieces():
    files = read("chorales")
    rolls = np.load(io.BytesIO(files["JSB_Chorales.npz"]), allow_pickle=False)
    voices = np.load(io.BytesIO(files["four_voices.npz"]), allow_pickle=False)
    found = []
    for split, count in (("train", 40), ("valid", 12), ("test", 12)):
        assert rolls[f"{split}_rolls"].dtype == np.uint8
        assert voices[f"{split}_voices"].dtype == np.int16
        assert len(rolls[f"{split}_lengths"]) == len(voices[f"{split}_lengths"]) == count
        assert rolls[f"{split}_lengths"].sum() == len(rolls[f"{split}_rolls"])
        assert voices[f"{split}_lengths"].sum() == len(voices[f"{split}_voices"])
        each_roll = np.split(rolls[f"{split}_rolls"], np.cumsum(rolls[f"{split}_lengths"])[:-1])
        each_four = np.split(voices[f"{split}_voices"], np.cumsum(voices[f"{split}_lengths"])[:-1])
        found += zip(each_roll, each_four, strict=True)
    return found


def test_voices_stay_in_range_and_never_cross(pieces):
    for _, four in pieces:
        sung = four[four[:, 0] >= 0]
        assert (four[four[:, 0] < 0] == -1).all()
        for voice, (low, high) in enumerate(chorales.RANGES):
            assert low <= sung[:, voice].min()
            assert sung[:, voice].max() <= high
        assert (np.diff(sung[::4], axis=1) <= 0).all()


def test_no_two_voices_move_in_parallel_fifths_or_octaves(pieces):
    for _, four in pieces:
        beats = four[::4].astype(int)
        moves = np.diff(beats, axis=0) != 0
        for high in range(4):
            for low in range(high + 1, 4):
                interval = (beats[:, high] - beats[:, low]) % 12
                same = (interval[1:] == interval[:-1]) & np.isin(interval[1:], (0, 7))
                assert not (same & moves[:, high] & moves[:, low]).any()


def test_melodies_move_mostly_by_step_and_pieces_end_on_their_tonic(pieces):
    steps = np.concatenate([np.abs(np.diff(four[::4, 0].astype(int))) for _, four in pieces])
    assert np.mean(steps <= 2) > 0.75
    assert steps.max() <= 12
    for roll, _ in pieces:
        lowest = 21 + np.flatnonzero(roll[-1])[0]
        assert lowest % 12 == 0  # the rolls are in C


def test_rolls_and_voices_are_the_same_music(pieces):
    for roll, four in pieces:
        assert len(four) == 4 * len(roll)
        for keys, pitches in zip(roll, four[::4], strict=True):
            shift = 21 + np.flatnonzero(keys)[0] - pitches.min()
            assert set(21 + np.flatnonzero(keys)) == set(pitches + shift)
        assert 12 - 6 <= shift <= 12 + 6
        assert (roll.sum(axis=1) >= 3).all()


def test_chorales_are_in_many_keys_and_all_different(pieces):
    assert len({int(four[::4][-1, 3]) % 12 for _, four in pieces}) >= 10
    assert len({four.tobytes() for _, four in pieces}) == len(pieces)


# The script makes them again


def test_chorales_are_made_again_byte_for_byte():
    assert make_embedded.make("chorales") == (DATA / "embedded" / "chorales.zip").read_bytes()


def assert_same_sound(made, committed, path):
    """Bytes where the encoder is the recorded one, samples otherwise."""
    if soundfile.__libsndfile_version__ == MADE_WITH_LIBSNDFILE:
        assert made == committed, path
    difference = np.abs(decode(made)[0] - decode(committed)[0])
    assert difference.max() < (1e-4 if path.endswith(".flac") else 0.05), path


@pytest.mark.parametrize("name", ["trumpet", "robin"])
def test_examples_are_made_again(name):
    committed = read("examples")
    for path, data in examples.members([name]).items():
        assert_same_sound(data, committed[path], path)


@pytest.mark.parametrize("name", ["001 - Dog bark", "010 - Fire crackling"])
def test_environmental_sounds_are_made_again(name):
    committed = read("environmental_sounds")
    made = environmental_sounds.members(classes=[name], folds=[3])
    assert len(made) == 2
    for path, data in made.items():
        assert_same_sound(data, committed[path], path)


def test_speech_is_made_again_where_the_same_synthesiser_is_installed():
    if espeak.installed_version() != espeak.VERSION:
        pytest.skip(
            f"espeak-ng is {espeak.installed_version()}, the recorded one is {espeak.VERSION}: "
            "the hashes of the archives are checked instead"
        )
    committed = read("spoken_digits")
    for speaker in spoken_digits.SPEAKERS:
        path = f"recordings/7_{speaker}_3.flac"
        made = pack.flac(
            spoken_digits.take(speaker, 7, 3), sample_rate=8000, n_bits=spoken_digits.N_BITS
        )
        assert_same_sound(made, committed[path], path)
    name, text = read_speech.names()[2], read_speech.SENTENCES[2][-1]
    made = pack.ogg(
        read_speech.read(name, text),
        sample_rate=read_speech.SAMPLE_RATE,
        quality=read_speech.QUALITY,
    )
    path = f"LJSpeech-1.1/wavs/{name}.ogg"
    assert_same_sound(made, read("read_speech")[path], path)


def test_the_readme_names_the_versions_that_made_the_set():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"espeak-ng {espeak.VERSION}" in text
    assert f"libsndfile {MADE_WITH_LIBSNDFILE}" in text


# The tools


def test_ogg_bytes_do_not_depend_on_the_random_stream_number():
    audio = 0.5 * np.sin(np.arange(20000) / 20)
    first = pack.ogg(audio, sample_rate=22050, quality=0.3)
    assert pack.ogg(audio, sample_rate=22050, quality=0.3) == first
    plain = io.BytesIO()
    rounded = pack.to_16_bit(audio) / 32768
    soundfile.write(plain, rounded, 22050, format="OGG", subtype="VORBIS", compression_level=0.7)
    assert plain.getvalue()[14:18] != first[14:18]
    np.testing.assert_allclose(decode(first)[0], decode(plain.getvalue())[0], atol=1e-6)


def test_a_wrong_checksum_would_be_noticed():
    """Readers skip a page whose checksum is wrong, so decoding proves that ours are right."""
    good = pack.ogg(0.5 * np.sin(np.arange(20000) / 20), sample_rate=22050, quality=0.3)
    bad = bytearray(good)
    bad[22] ^= 0xFF  # the checksum of the first page
    with pytest.raises(soundfile.LibsndfileError):
        decode(bytes(bad))
    with pytest.raises(ValueError, match="no Ogg page at byte 0"):
        pack.fix_stream_number(b"RIFF" + bytes(40))


@pytest.mark.parametrize("n_bits", [8, 12, 16])
def test_rounding_is_within_half_a_step(n_bits):
    audio = sound.random_for("test").uniform(-0.99, 0.99, 2000)
    error = pack.to_16_bit(audio, n_bits=n_bits) / 32768 - audio
    assert np.abs(error).max() <= 2.0**-n_bits + 1e-12


@pytest.mark.parametrize("bad", [[0.0, 1.0], [0.0, np.nan]])
def test_a_recipe_that_clips_or_breaks_is_refused(bad):
    with pytest.raises(ValueError, match="keep it below 1"):
        pack.to_16_bit(bad)


def test_without_espeak_the_script_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(espeak.shutil, "which", lambda name: None)
    assert make_embedded.main(["spoken_digits", "--to", str(tmp_path)]) == 1
    assert "espeak-ng is not installed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_with_another_espeak_the_script_names_both_versions(monkeypatch):
    monkeypatch.setattr(espeak, "installed_version", lambda: "9.9")
    with pytest.raises(espeak.SpeechUnavailableError, match=r"9\.9 .* 1\.51"):
        espeak.require()


def test_the_script_writes_archive_and_sum_and_checks_them(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(examples, "members", lambda: {"a.txt": b"one"})
    assert make_embedded.main(["examples", "--to", str(tmp_path)]) == 0
    assert make_embedded.main(["examples", "--to", str(tmp_path), "--check"]) == 0
    monkeypatch.setattr(examples, "members", lambda: {"a.txt": b"two"})
    assert make_embedded.main(["examples", "--to", str(tmp_path), "--check"]) == 1
    assert "different" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "examples.zip"]
    with pytest.raises(SystemExit):
        make_embedded.main(["symphony", "--to", str(tmp_path)])
    assert "no set is called 'symphony'" in capsys.readouterr().err


def test_the_level_is_the_one_asked_for_unless_it_would_clip():
    noise = sound.random_for("level").standard_normal(10000)
    assert level_db(sound.to_level(noise, -30.0)) == pytest.approx(-30.0, abs=1e-6)
    assert np.abs(sound.to_level(noise, 0.0, peak=0.9)).max() == pytest.approx(0.9)
