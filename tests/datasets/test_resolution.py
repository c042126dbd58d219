"""Which place a set is read from, and what is said about it."""

import errno
import json
import re
import shutil

import numpy as np
import pytest

import audiolessons
from audiolessons import datasets
from audiolessons.datasets._store import download, library, registry
from audiolessons.errors import AudioError

COMMIT = "a" * 40


@pytest.fixture
def given(world, monkeypatch):
    world.given.mkdir()
    monkeypatch.setenv("AUDIOLESSONS_DATA", str(world.given))
    return world.given


def places(name):
    return {file.where for file in library.locate(registry.entry(name))}


def test_the_given_folder_comes_before_the_cache(world, given):
    world.place("spoken_digits", given)
    world.place("spoken_digits", world.cache)
    assert all(given in place.parents for place in places("spoken_digits"))


def test_the_cache_comes_before_the_network(world, server):
    world.place("spoken_digits", world.cache)
    assert datasets.load("spoken_digits").source == "recordings"
    assert server.requests == []


def test_each_file_is_looked_for_by_itself(world, given):
    world.place("spoken_digits", given)
    world.place("spoken_digits", world.cache)
    (given / "maker/digits" / COMMIT / "recordings/0_ada_0.wav").unlink()
    files = library.locate(registry.entry("spoken_digits"))
    from_cache = [file.path for file in files if world.cache in file.where.parents]
    assert from_cache == ["recordings/0_ada_0.wav"]
    assert datasets.load("spoken_digits")["0_ada_0"].recording == "spoken_digits/0_ada_0"


def test_the_network_comes_before_the_stand_ins(world, server, given):
    assert datasets.load("read_speech").source == "recordings"
    assert list(given.iterdir()) == []  # a given folder is only read


def test_recordings_and_stand_ins_are_never_mixed(world, given):
    world.place("spoken_digits", given)
    (given / "maker/digits" / COMMIT / "recordings/0_ada_0.wav").unlink()
    digits = datasets.load("spoken_digits")
    assert digits.source == "embedded"
    assert {item.recording for item in digits} == {None}


def test_offline_asks_no_server(world, server, monkeypatch):
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "1")
    assert datasets.load("spoken_digits").source == "embedded"
    assert server.requests == []


def test_stand_ins_can_be_asked_for_where_the_recordings_are(world, given, capsys):
    world.place("spoken_digits", given)
    digits = datasets.load("spoken_digits", split="test", stand_ins=True)
    assert digits.source == "embedded"
    assert {item.recording for item in digits} == {None}
    assert capsys.readouterr().err == ""  # whoever asks for them need not be told
    assert datasets.load("spoken_digits").source == "recordings"


def test_a_wrong_given_folder_is_told(world, monkeypatch):
    monkeypatch.setenv("AUDIOLESSONS_DATA", str(world.data / "nowhere"))
    with pytest.raises(
        AudioError, match=r"AUDIOLESSONS_DATA is '.*nowhere', which is not a folder"
    ):
        datasets.load("spoken_digits")


def test_a_damaged_file_in_the_given_folder_names_that_folder(world, given, server):
    world.place("spoken_digits", given)
    file = given / "maker/digits" / COMMIT / "recordings/0_ada_0.wav"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(AudioError, match=r"0_ada_0.wav is damaged: .*restore this file .*_DATA="):
        datasets.load("spoken_digits")["0_ada_0"]
    assert [problem for problem in datasets.verify("spoken_digits") if "0_ada_0" in problem]
    with pytest.raises(AudioError, match=r"AUDIOLESSONS_DATA holds damaged files of spoken_digits"):
        datasets.fetch("spoken_digits")


def test_a_damaged_pickle_is_never_opened(world, given):
    world.place("chorales", given)
    file = next(given.rglob("*.npz"))
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(AudioError, match="is damaged"):
        datasets.load("chorales", form="four_voices")


def test_the_notice_comes_once_per_set(world, capsys):
    datasets.load("spoken_digits", split="train")
    first = capsys.readouterr()
    datasets.load("spoken_digits", split="test")
    datasets.load("examples")
    second = capsys.readouterr()
    assert first.out == second.out == ""
    assert first.err.count("embedded stand-ins") == second.err.count("embedded stand-ins") == 1
    assert "data fetch examples" in second.err


def test_recordings_come_without_a_notice(world, given, capsys):
    world.place("spoken_digits", given)
    datasets.load("spoken_digits")
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_chapter_tells_which_data_it_uses(world, given, capsys):
    world.place("spoken_digits", given)
    with_recordings = datasets.describe_sources("spoken_digits")
    assert not with_recordings.is_embedded
    assert "the recordings that the figures" in repr(with_recordings)
    assert "A. Maker; CC BY 4.0" in repr(with_recordings)
    shutil.rmtree(given / "maker")
    without = datasets.describe_sources("spoken_digits", "examples")
    assert without.is_embedded
    assert "differ" in repr(without)
    assert "data fetch NAME" in without._repr_html_()
    assert "data fetch examples" in repr(datasets.describe_sources("examples"))
    assert without._repr_html_().count("<li>") == 2
    datasets.load("spoken_digits")
    assert capsys.readouterr().err == ""  # the chapter has said it already


def test_the_list_of_sets_says_what_is_here(world, given):
    world.place("spoken_digits", given)
    world.place("chorales", given)
    (given / "maker/rolls" / COMMIT / "LICENSE").unlink()
    rows = {row["name"]: row for row in datasets.list_rows()}
    assert rows["spoken_digits"]["present"] == "recordings"
    assert rows["chorales"]["present"] == "recordings in part"
    assert rows["examples"]["present"] == "embedded"
    assert rows["chorales"]["files_present"] == 3
    assert rows["chorales"]["files"] == 4


def test_verify_tells_a_partial_set_from_none(world, given):
    assert datasets.verify("chorales") == []
    world.place("chorales", given)
    assert datasets.verify("chorales") == []
    (given / "maker/rolls" / COMMIT / "LICENSE").unlink()
    (problem,) = datasets.verify("chorales")
    assert problem.startswith("1 of 4 files are not here: run: python -m audiolessons data fetch")


def test_a_missing_embedded_set_says_so(world):
    (world.data / "embedded/examples.zip").unlink()
    with pytest.raises(AudioError, match=r"examples.zip cannot be read .* install audiolessons"):
        datasets.load("examples")
    assert any("examples.zip" in problem for problem in datasets.verify("examples"))


def test_an_unknown_set_names_the_known_ones():
    for function in (datasets.load, datasets.fetch, datasets.verify, datasets.describe_sources):
        with pytest.raises(
            AudioError, match=r"name of a data set is 'digits': choose .*spoken_digi"
        ):
            function("digits")


# --- machines on which nothing can be downloaded -------------------------------------------------


def no_home(world, monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    for variable in ("AUDIOLESSONS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(registry.Path, "home", unknown)
    return "no home folder for downloads: set HOME, or AUDIOLESSONS_CACHE"


def cache_is_a_file(world, monkeypatch):
    world.cache.write_text("no folder", encoding="utf-8")
    return "could not be written to"


def cache_below_a_file(world, monkeypatch):
    (world.data / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(world.data / "file" / "cache"))
    return "could not be written to"


def cache_without_permission(world, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(registry.Path, "mkdir", refuse)
    return "could not be written to .*Permission denied"


def home_that_may_not_be_looked_into(world, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    for look in ("is_dir", "is_file", "exists", "mkdir", "stat"):
        monkeypatch.setattr(registry.Path, look, refuse)
    return "could not be written to .*Permission denied"


def full_disk(world, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage)
    return "1 MB free, and spoken_digits needs"


def relative_cache(world, monkeypatch):
    monkeypatch.setenv("AUDIOLESSONS_CACHE", "cache")
    return "AUDIOLESSONS_CACHE is 'cache', which is another folder in each chapter: give the whole"


MACHINES = [
    no_home,
    cache_is_a_file,
    cache_below_a_file,
    cache_without_permission,
    home_that_may_not_be_looked_into,
    full_disk,
    relative_cache,
]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_lesson_goes_on_where_nothing_can_be_downloaded(
    world, server, monkeypatch, capsys, machine
):
    reason = machine(world, monkeypatch)
    digits = datasets.load("spoken_digits")
    assert digits.source == "embedded"
    assert len(digits[0].audio)
    err = capsys.readouterr().err
    assert err.count("\n") == 1  # one line
    assert re.search(f"Not downloaded: .*{reason}", err)
    assert "Not downloaded: " in repr(datasets.describe_sources("spoken_digits"))
    with pytest.raises(AudioError, match=reason):  # whoever asks for a download is told
        datasets.fetch("spoken_digits")


@pytest.mark.parametrize("machine", MACHINES)
def test_offline_it_goes_on_as_well(world, monkeypatch, machine):
    machine(world, monkeypatch)
    assert datasets.load("spoken_digits").source == "embedded"
    assert datasets.verify("spoken_digits") == []
    assert datasets.list_rows()[0]["present"] == "embedded"


def test_a_given_folder_needs_no_cache(world, given, monkeypatch, capsys):
    world.place("spoken_digits", given)
    no_home(world, monkeypatch)
    assert datasets.load("spoken_digits").source == "recordings"
    assert capsys.readouterr().err == ""


def test_a_disk_that_fills_up_while_a_lesson_downloads(world, server, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "replace", full)
    assert datasets.load("spoken_digits").source == "embedded"
    assert "is full, so spoken_digits was not downloaded" in capsys.readouterr().err
    assert world.left_over() == []


@pytest.mark.parametrize("value", ["", "0", "false", "False", "no", "NO", "off", " 0 "])
def test_what_turns_offline_off(monkeypatch, value):
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", value)
    assert not registry.is_offline()


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "please"])
def test_anything_else_turns_it_on(monkeypatch, value):
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", value)
    assert registry.is_offline()


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache/audiolessons"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/audiolessons"),
        ("linux", {"XDG_CACHE_HOME": "x"}, "home/.cache/audiolessons"),  # as the standard says
        ("darwin", {}, "home/Library/Caches/audiolessons"),
        ("win32", {}, "home/AppData/Local/audiolessons"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/audiolessons"),
        ("linux", {"AUDIOLESSONS_CACHE": "/mine"}, "/mine"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch, platform, variables, expected):
    for variable in ("AUDIOLESSONS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(registry.sys, "platform", platform)
    monkeypatch.setattr(registry.Path, "home", lambda: registry.Path("home"))
    assert registry.cache_folder() == registry.Path(expected)


def test_the_data_folder_is_that_of_the_installed_package_where_there_is_one(tmp_path, monkeypatch):
    package = tmp_path / "audiolessons"
    monkeypatch.setattr(registry, "__file__", str(package / "datasets" / "_store" / "registry.py"))
    assert registry.data_folder() == tmp_path / "data"
    (package / "_data").mkdir(parents=True)
    assert registry.data_folder() == package / "_data"


def test_the_registry_of_the_book_is_complete():
    for name in registry.names():
        entry = registry.entry(name)
        for field in ("title", "summary", "licence", "credit", "citation"):
            assert getattr(entry, field).strip(), (name, field)
        for source in entry.sources:
            assert len(source.commit) == 40
            assert source.commit in source.url
            assert source.repository in source.url
            assert source.url.startswith("https://")
            assert source.hashes
            for path, digest in source.hashes.items():
                assert len(digest) == 64
                assert not path.startswith("/")
                assert ".." not in path.split("/")


def test_an_entry_that_is_not_whole_says_what_it_lacks(world):
    path = world.data / "sources.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    del described["examples"]["sources"][0]["download"]
    path.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(AudioError, match=r"sources.json: the entry 'examples' lacks .*'download'"):
        registry.names()


@pytest.mark.parametrize("line", ["{digest}  ./a.wav", "{digest} *a.wav", "a.wav", ""])
def test_a_line_of_hashes_that_cannot_be_used_is_shown(world, line):
    (world.data / "hashes/examples_0.txt").write_text(line.format(digest="0" * 64) + "\n")
    with pytest.raises(AudioError, match="SHA-256, two spaces, and the path from the root"):
        registry.names()


@pytest.mark.recordings
@pytest.mark.parametrize("name", registry.names())
def test_every_recording_matches_its_registered_hash(name):
    files = library.locate(registry.entry(name))
    assert [problem for file in files if (problem := library.read_checked(file)[1])] == []
    sizes = [file.where.stat().st_size for file in files]
    assert sum(sizes) == registry.entry(name).n_bytes


def test_no_torch_is_imported():
    import subprocess
    import sys

    code = "import sys, audiolessons.datasets; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert audiolessons.datasets is datasets


def test_a_larger_form_is_found_downloaded_and_asked_for_by_its_size(world, server, capsys):
    world.place("many_voices", world.cache)
    assert len(datasets.load("many_voices")) == 9
    assert datasets.fetch("many_voices", size="full") == 18
    full = datasets.load("many_voices", split="test", size="full")
    assert full.texts[-1] == "ONE MORE"
    assert len(full) == 4
    assert datasets.fetch("many_voices", size="full") == 0
    assert len(datasets.load("many_voices", size="full", stand_ins=True)) == 9
    with pytest.raises(AudioError, match="rooms has no size 'full': leave the size out"):
        datasets.load("rooms", size="full")


def test_the_larger_form_of_read_speech_holds_a_second_chapter_split_alike(world, server):
    datasets.fetch("read_speech", size="full")
    full = datasets.load("read_speech", size="full")
    assert [len(full), len(full.where(sentence=10)), len(full.where(split="test"))] == [22, 2, 3]
    second = full["LJ002-0010"]
    assert [second.split, second.text, len(second.audio)] == ["test", "Again 10", 410]


def test_a_damaged_file_of_a_larger_form_is_mended_by_its_size(world, server):
    datasets.fetch("many_voices", size="full")
    broken = next(world.cache.rglob("000300009.WAV"))
    broken.write_bytes(b"RIFF")
    last = datasets.load("many_voices", size="full").where(id="000300009")
    with pytest.raises(AudioError, match="data fetch many_voices --size full"):
        last[0]
    assert datasets.fetch("many_voices", size="full") == 1
    assert last[0].audio.shape == (333,)


def test_children_stand_apart_and_readers_have_a_sex(world):
    for name in ("many_voices", "native_voices", "rooms"):
        world.place(name, world.cache)
    voices = datasets.load("many_voices")
    assert set(voices.where(split="children").table["sex"]) == {"girl"}
    assert min(datasets.load("many_voices", split="train").table["age"]) >= 16
    readers = datasets.load("native_voices").table
    assert dict(zip(readers["speaker"], readers["sex"], strict=True)) == {"7": "man", "12": "woman"}
    assert list(datasets.load("rooms").table["place"]) == ["house", "house", "warehouse"]


def test_of_a_response_the_first_channel_is_heard(world):
    world.place("rooms", world.cache)
    dining, kitchen, _ = datasets.load("rooms")  # beside the kitchen's samples stand zeros
    assert np.std(kitchen.audio) == pytest.approx(np.std(dining.audio), rel=0.01)


def test_actors_are_rated_and_a_tone_is_read_off_the_name(world):
    for name in ("emotional_speech", "mandarin_syllables"):
        world.place(name, world.cache)
    acted = datasets.load("emotional_speech")
    assert acted.labels == sorted(acted.labels)
    first, second = acted["03a01Wa"], acted["08b10Na"]
    assert (first.label_name, first.sex, first.sentence) == ("anger", "man", "a01")
    assert (first.recognized_percent, first.natural_percent) == (90.0, 70.0)
    assert (second.label_name, second.sex, second.speaker) == ("neutral", "woman", "08")
    assert second.text.startswith("Die wird auf dem Platz")
    syllables = datasets.load("mandarin_syllables")
    assert [(one.id, one.label, one.tone) for one in syllables] == [
        (f"{syllable}{tone}", tone - 1, tone) for syllable in ("lv", "ma") for tone in (1, 2, 3, 4)
    ]


def test_of_ten_takes_of_a_wake_word_five_are_for_testing(world):
    world.place("wake_words", world.cache)
    table = datasets.load("wake_words").table
    parts = ["train"] * 4 + ["valid"] + ["test"] * 5 + ["train"]
    assert table["split"].tolist() == parts
    assert set(table["text"]) == {"COMPUTER"}
    assert len(datasets.load("wake_words", split="valid")) == 1


def test_parallel_voices_say_the_same_words(world):
    world.place("parallel_voices", world.cache)
    voices = datasets.load("parallel_voices")
    assert voices.speakers == ["p225", "p226"]
    woman, man = voices["p225_003"], voices["p226_003"]
    assert (woman.sex, man.sex) == ("woman", "man")
    assert woman.text == man.text != voices["p225_020"].text
