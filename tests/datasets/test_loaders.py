"""The same questions to every loader: miniature files, stand-ins and recordings."""

import numpy as np
import pytest

from audiolessons import datasets
from audiolessons.datasets import chorales
from audiolessons.datasets._store import library, registry, sets
from audiolessons.errors import AudioError


def embedded_sets_are_made():
    return any((registry.data_folder() / "embedded").glob("*.zip"))


@pytest.fixture(
    params=[
        "miniature recordings",
        "miniature stand-ins",
        "stand-ins",
        pytest.param("recordings", marks=pytest.mark.recordings),
    ]
)
def kind(request, monkeypatch):
    if request.param.startswith("miniature"):
        world = request.getfixturevalue("world")
        if request.param.endswith("recordings"):
            for name in world.sets:
                world.place(name, world.cache)
    elif request.param == "stand-ins":
        request.getfixturevalue("embedded_only")
    return request.param


@pytest.mark.parametrize("name", registry.names())
def test_every_loader(kind, name):
    if kind == "stand-ins" and not embedded_sets_are_made():
        pytest.skip("the embedded sets have not been made")
    whole = datasets.load(name)
    assert whole.name == name
    assert whole.source == ("recordings" if kind.endswith("recordings") else "embedded")
    assert len(whole) > 0
    assert whole.licence
    assert whole.credit
    assert whole.citation
    assert name in repr(whole)

    table = whole.table
    assert all(len(column) == len(whole) for column in table.values())
    assert len(set(table["id"])) == len(whole)  # an id names one item

    # The splits are parts of the whole, and no item is in two of them.
    parts = [datasets.load(name, split=split) for split in datasets.splits(name)]
    assert all(len(part) > 0 for part in parts)
    if parts:
        identities = [identity for part in parts for identity in part.table["id"]]
        assert sorted(identities) == sorted(table["id"])
        assert [set(part.table["split"]) for part in parts] == [{s} for s in datasets.splits(name)]
        assert [item.split for item in parts[-1][:2]] == [datasets.splits(name)[-1]] * 2
    with pytest.raises(AudioError, match=f"split of {name} is 'half': choose one of"):
        datasets.load(name, split="half")

    for index in (0, len(whole) - 1, -1):
        check_item(whole, index)
    with pytest.raises(IndexError):
        whole[len(whole)]
    with pytest.raises(AudioError, match="has no item 'no_one'"):
        whole["no_one"]

    few = whole[:3]
    assert len(few) == len(list(few)) == 3
    assert [item.id for item in few] == list(table["id"][:3])
    assert [item.id for item in whole.select([2, 0])] == [table["id"][2], table["id"][0]]

    if name == "pronunciations":
        with pytest.raises(AudioError, match=r"no arrays: read \.entries"):
            few.as_arrays()
    elif name == "folk_tunes":
        with pytest.raises(AudioError, match=r"no arrays: read \.notes"):
            few.as_arrays()
    else:
        check_arrays(few)
    if whole.labels:
        assert set(whole.label_ids) == set(range(len(whole.labels)))
        names = np.array(whole.labels)[whole.label_ids]
        assert list(names) == list(table["label_name"])


def check_item(whole, index):
    item = whole[index]
    assert item.id == whole.table["id"][index]
    assert item.recording == (f"{whole.name}/{item.id}" if whole.source == "recordings" else None)
    assert repr(item).startswith(type(item).__name__)
    assert len(repr(item)) < 1000  # no samples in it
    if whole.name == "chorales":
        assert item.roll.dtype == bool
        assert item.roll.shape[1] == 88
        return
    if whole.name == "stories":
        assert bytes(item.codes).decode() == item.text
        return
    if whole.name == "pronunciations":
        assert item.spoken == whole.entries[item.id]
        return
    if whole.name == "folk_tunes":
        assert item.title in item.abc
        assert item.notes
        return
    assert item.audio.dtype == np.float32
    assert item.audio.ndim == 1
    assert len(item.audio) > 100
    assert np.abs(item.audio).max() > 0.01
    assert isinstance(item.sample_rate, int)
    if whole.labels:
        assert whole.labels[item.label] == item.label_name
    else:
        assert item.label is None
    with pytest.raises(AttributeError):
        item.audio = None
    again = whole[item.id]
    again.audio[:] = 0  # a reader may scribble on the samples
    np.testing.assert_array_equal(whole[index].audio, item.audio)


def check_arrays(few):
    padded, lengths, labels = few.as_arrays()
    assert padded.shape[:2] == (len(few), lengths.max())
    for row, length, item in zip(padded, lengths, few, strict=True):
        samples = getattr(item, few.array_name)
        np.testing.assert_array_equal(row[:length], samples)
        assert not row[length:].any()
    if few.labels:
        np.testing.assert_array_equal(labels, few.label_ids)
    else:
        assert labels is None


# --- text ---------------------------------------------------------------------------------------


def test_a_story_is_its_paragraphs_and_nothing_of_the_edition(world):
    stories = datasets.load("stories", stand_ins=True)
    assert stories.texts[0] == "It was the 1. night of rain.\nHe came."
    assert stories.texts[-1].endswith("He came.")
    counts = [len(stories.split(part)) for part in datasets.splits("stories")]
    assert counts == [9, 1, 2]


def test_pronunciations_are_split_by_word_and_variants_stay_together(world):
    words = datasets.load("pronunciations", stand_ins=True)
    assert words.entries["read"] == (("R", "EH", "D"), ("R", "IY", "D"))
    assert words.entries["ba"] == (("B", "AH"), ("B", "EY"))
    assert not {"ad-hoc", "a."} & set(words.entries)
    stressed = datasets.load("pronunciations", stand_ins=True, stress=True)
    assert stressed.entries["read"] == (("R", "EH1", "D"), ("R", "IY1", "D"), ("R", "EH2", "D"))
    assert list(stressed.table["split"]) == list(words.table["split"])


def test_folk_tunes_know_their_dance_key_and_metre(world):
    tunes = datasets.load("folk_tunes", stand_ins=True)
    one = tunes["reelsa-c_2"]
    assert (one.dance, one.key, one.metre, one.title) == ("reel", "A dorian", "4/4", "Second")
    assert one.label_name == tunes.labels[one.label] == "reel"
    assert [note.pitch for note in one.notes] == [69, 74, 78, 76, 74, 72, 71, 69]
    assert len(one.tune.played) == 2 * len(one.notes)
    assert repr(one) == "FolkTune(id='reelsa-c_2', title='Second', dance='reel')"


# --- what single sets know ---------------------------------------------------------------------


@pytest.mark.recordings
def test_the_recordings_are_as_many_as_published():
    assert len(datasets.load("spoken_digits")) == 3000
    assert len(datasets.load("spoken_digits", split="test")) == 300
    assert [len(datasets.load("environmental_sounds", split=f"fold{k}")) for k in range(1, 6)] == (
        5 * [80]
    )
    assert [len(datasets.load("read_speech", split=s)) for s in ("train", "valid", "test")] == (
        [149, 19, 18]
    )
    for form in chorales.FORMS:
        counts = [len(datasets.load("chorales", split=s, form=form)) for s in chorales.SPLITS]
        assert counts == [229, 76, 77]


@pytest.mark.recordings
def test_the_recordings_have_their_published_rates_and_lengths():
    digits = datasets.load("spoken_digits")
    assert {digits[i].sample_rate for i in range(0, 3000, 500)} == {8000}
    lengths = digits.as_arrays()[1] / 8000
    assert lengths.min() == pytest.approx(0.14, abs=0.01)
    assert lengths.max() == pytest.approx(2.28, abs=0.01)
    assert lengths.sum() / 60 == pytest.approx(21.9, abs=0.05)
    assert digits.speakers == ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    assert datasets.load("environmental_sounds")[0].sample_rate == 44100
    assert datasets.load("read_speech")[0].sample_rate == 22050


def test_one_speaker_can_be_left_out(world):
    digits = datasets.load("spoken_digits")
    ada, rest = digits.where(speaker="ada"), digits.where_not(speaker="ada")
    assert ada.speakers == ["ada"]
    assert rest.speakers == ["ben"]
    assert len(ada) + len(rest) == len(digits)
    assert {item.digit for item in digits.where(digit=[1, 2], take=4)} == {1, 2}
    assert len(digits.where_not(digit=[1, 2], speaker="ada")) == 80 - 8
    assert len(rest.where(speaker="ada")) == 0  # known to the set, though not in this part
    with pytest.raises(AudioError, match=r"has speaker='Ada': choose from 'ada', 'ben'"):
        digits.where(speaker="Ada")
    with pytest.raises(
        AudioError, match=r"column of spoken_digits is 'speakr': choose one of 'id'"
    ):
        digits.where_not(speakr="ada")
    with pytest.raises(AudioError, match="no items here: loosen the filter"):
        rest.where(speaker="ada").as_arrays()


def test_the_official_split_of_the_digits_goes_by_take(world):
    assert set(datasets.load("spoken_digits", split="test").table["take"]) == {0, 4}
    assert set(datasets.load("spoken_digits", split="train").table["take"]) == {5, 10}


def test_folds(world):
    sounds = datasets.load("environmental_sounds")
    assert sounds.folds == [1, 2, 3, 4, 5]
    assert sounds.labels == ["Dog bark", "Rain"]
    assert sounds.where_not(fold=2).folds == [1, 3, 4, 5]
    assert datasets.load("environmental_sounds", split="fold2").folds == [2]


def test_sentences_come_with_both_texts(world):
    item = datasets.load("read_speech")["LJ001-0007"]
    assert item.text == 'No. 7 "said"'
    assert item.spoken_text == 'Number 7 "said"'
    assert item.sentence == 7
    assert datasets.load("read_speech", split="valid").texts == [
        'Number 5 "said"',
        'Number 15 "said"',
    ]


@pytest.mark.parametrize("place", ["cache", "embedded"])
def test_chorales_in_both_forms(world, place):
    if place == "cache":
        world.place("chorales", world.cache)
    rolls = datasets.load("chorales", split="train")
    assert rolls[0].voices is None
    assert (rolls[0].roll.sum(axis=1) == 4).all()
    assert list(np.flatnonzero(rolls.rolls[0][0]) + 21) == [48, 64, 67, 72]
    with pytest.raises(AudioError, match=r"form is 'quarter_notes', which does not tell voices"):
        rolls.voices  # noqa: B018
    voiced = datasets.load("chorales", split="train", form="four_voices")
    item = voiced[0]
    assert item.voices.dtype == np.int16
    assert item.voices.shape == (len(item.roll), 4)
    np.testing.assert_array_equal(voiced.voices[0], item.voices)
    assert list(item.voices[0]) == [72, 67, 64, 48]
    if place == "cache":  # the miniature has a rest in the bass
        assert item.voices[2, 3] == chorales.REST
        assert item.roll[2].sum() == 3
    with pytest.raises(AudioError, match="form of chorales is 'midi': choose one of"):
        datasets.load("chorales", form="midi")


def test_examples_by_name(world):
    world.place("examples", world.cache)
    robin = datasets.load("examples")["robin"]
    assert robin.label_name == "robin"
    assert robin.licence == "CC BY 3.0"
    assert "InspectorJ" in robin.credit


def test_items_of_different_rates_are_not_stacked(world, monkeypatch):
    digits = datasets.load("spoken_digits")[:2]
    rates = iter([8000, 16000])
    right = sets.DataSet._decode
    monkeypatch.setattr(
        sets.DataSet, "_decode", lambda self, path: (right(self, path)[0], next(rates))
    )
    with pytest.raises(AudioError, match=r"sample rates \[8000, 16000\] Hz: resample the items"):
        digits.as_arrays()


def test_samples_are_decoded_once_while_they_fit(world, monkeypatch):
    reads = []
    right = library.Embedded.read
    monkeypatch.setattr(
        library.Embedded, "read", lambda self, path: reads.append(path) or right(self, path)
    )
    digits = datasets.load("spoken_digits")
    assert reads == []  # the table needs no samples
    digits.where(speaker="ada")[0], digits.where(speaker="ada")[0], digits["0_ada_0"]
    assert len(reads) == 1
    monkeypatch.setattr(sets, "CACHE_BYTES", 0)
    digits["1_ada_0"], digits["1_ada_0"]
    assert len(reads) == 3


def test_a_set_is_a_map_style_dataset_for_torch(world):
    from torch.utils.data import DataLoader

    digits = datasets.load("spoken_digits", split="test")
    batches = list(DataLoader(digits, batch_size=8, collate_fn=list))
    assert [item.id for batch in batches for item in batch] == list(digits.table["id"])


def test_bytes_that_do_not_decode_name_the_command(world, monkeypatch):
    monkeypatch.setattr(library.Embedded, "read", lambda self, path: b"no sound")
    with pytest.raises(AudioError, match=r"cannot be decoded .*data fetch spoken_digits"):
        datasets.load("spoken_digits")[0]


@pytest.mark.recordings
def test_every_listed_sentence_of_the_larger_form_stands_in_the_published_tables():
    # Upstream holds recordings that its tables do not name: a list with one of them never loads.
    small = library.find("many_voices")
    known = {
        line.split()[0]
        for part in ("train", "test")
        for line in small.read(f"{part}/utt2spk").decode().splitlines()
    }
    listed = (registry.data_folder() / "hashes" / "many_voices_full.txt").read_text().split()
    sentences = {path.split("/")[-1][:-4] for path in listed if path.endswith(".WAV")}
    assert len(sentences) == 2560
    assert sentences <= known
