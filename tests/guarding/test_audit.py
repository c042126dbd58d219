"""A log that shows tampering."""

import pytest

from audiolessons import guarding
from audiolessons.errors import AudioError


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.jsonl"
    for number in range(4):
        guarding.add_entry(path, {"number": number, "what": "used"})
    return path


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [lines[0].replace("used", "sold"), *lines[1:]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: lines[1:],
    ],
    ids=["changed", "taken out", "swapped", "first gone"],
)
def test_a_log_shows_tampering(log, spoil):
    log.write_text("\n".join(spoil(log.read_text().splitlines())) + "\n")
    with pytest.raises(AudioError, match="does not follow"):
        guarding.check_log(log)
    with pytest.raises(AudioError, match="does not follow"):
        guarding.add_entry(log, {"number": 9})


@pytest.mark.parametrize("line", ["no JSON", "[1, 2]", '{"entry": 1}'])
def test_what_is_no_log_is_named_and_stays_as_it_is(tmp_path, line):
    path = tmp_path / "notes.txt"
    with pytest.raises(AudioError, match="is no file"):
        guarding.check_log(path)
    path.write_text(line + "\n")
    with pytest.raises(AudioError, match="is no entry of a log"):
        guarding.add_entry(path, {"number": 1})
    assert path.read_text() == line + "\n"


@pytest.mark.parametrize("entry", ["a text", {"level_db": float("nan")}, {"audio": b"RIFF"}])
def test_an_entry_that_json_cannot_hold_is_refused(log, entry):
    last = guarding.check_log(log)
    with pytest.raises(AudioError, match=r"entry (is of type|holds what JSON cannot)"):
        guarding.add_entry(log, entry)
    assert guarding.check_log(log) == last


def test_only_the_last_sum_shows_a_log_that_was_written_anew(log, tmp_path):
    last = guarding.check_log(log)
    assert guarding.check_log(log, last=last) == last
    other = tmp_path / "other.jsonl"
    for number in range(4):
        guarding.add_entry(other, {"number": number, "what": "nothing"})
    guarding.check_log(other)
    with pytest.raises(AudioError, match="all is new"):
        guarding.check_log(other, last=last)
