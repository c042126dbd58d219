"""Files that are kept: whoever changes one bit of them is noticed."""

import hashlib
import json

import pytest

from audiolessons import guarding
from audiolessons.errors import AudioError

pytest.importorskip("cryptography")
WORDS = "four plain words here"


def test_every_changed_byte_of_an_encrypted_file_is_noticed():
    kept = guarding.encrypt(b"a voice", password=WORDS)
    assert guarding.decrypt(kept, password=WORDS) == b"a voice"
    for place in range(len(guarding.MAGIC), len(kept), 5):
        changed = bytearray(kept)
        changed[place] ^= 1
        with pytest.raises(AudioError, match="the password is another, or the file was changed"):
            guarding.decrypt(bytes(changed), password=WORDS)


def test_the_same_content_is_encrypted_another_way_each_time():
    first, second = (guarding.encrypt(b"a voice", password=WORDS) for _ in range(2))
    assert first != second
    head = len(guarding.MAGIC) + guarding.SALT_BYTES
    assert first[:head] != second[:head]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"AL1 too short"])
def test_what_was_not_encrypted_is_named(content):
    with pytest.raises(AudioError, match="give what `encrypt` returned"):
        guarding.decrypt(content, password=WORDS)


def test_no_password_is_refused():
    with pytest.raises(AudioError, match="password is empty"):
        guarding.encrypt(b"a voice", password="")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: guarding.encrypt(5, password=WORDS), "content is of type int"),
        (lambda: guarding.encrypt(b"a voice", password=b"words"), "password is of type bytes"),
        (lambda: guarding.decrypt("AL1", password=WORDS), "give what `encrypt` returned"),
        (lambda: guarding.sign([], private_key=b"123"), "private_key is 3 bytes"),
        (lambda: guarding.check_signature("nope", ".", b""), "give what `sign` returned"),
        (lambda: guarding.check_signature("{}", ".", b""), "give what `sign` returned"),
        (
            lambda: guarding.check_signature('{"sha256": {}, "signature": "00"}', ".", b"1"),
            "public_key is 1 bytes",
        ),
    ],
)
def test_what_cannot_be_kept_says_so(call, message):
    with pytest.raises(AudioError, match=message):
        call()


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("b.npz", "a.json")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_a_signature_is_one_of_the_library_over_the_sums(files, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    private_key, public_key = guarding.new_signing_keys()
    signed = json.loads(guarding.sign(files, private_key=private_key))
    assert signed["sha256"]["a.json"] == hashlib.sha256(b"a.json").hexdigest()
    text = json.dumps(signed["sha256"], sort_keys=True, separators=(",", ":")).encode()
    verifier = Ed25519PublicKey.from_public_bytes(public_key)
    verifier.verify(bytes.fromhex(signed["signature"]), text)  # raises if it does not hold
    names = guarding.check_signature(json.dumps(signed), tmp_path, public_key)
    assert names == ["a.json", "b.npz"]


def test_a_changed_file_list_or_key_is_noticed(files, tmp_path):
    private_key, public_key = guarding.new_signing_keys()
    signed = guarding.sign(files, private_key=private_key)
    with pytest.raises(AudioError, match="signed with another key"):
        guarding.check_signature(signed, tmp_path, guarding.new_signing_keys()[1])
    with pytest.raises(AudioError, match="the list of files was changed"):
        guarding.check_signature(signed.replace("a.json", "c.json"), tmp_path, public_key)
    files[0].write_bytes(b"other weights")
    with pytest.raises(AudioError, match=r"b\.npz is not the file"):
        guarding.check_signature(signed, tmp_path, public_key)
    files[0].unlink()
    with pytest.raises(AudioError, match="is no file"):
        guarding.check_signature(signed, tmp_path, public_key)


def test_two_files_of_one_name_are_refused(files, tmp_path):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "a.json"
    twin.write_bytes(b"")
    with pytest.raises(AudioError, match="two files have one name"):
        guarding.sign([*files, twin], private_key=guarding.new_signing_keys()[0])


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
