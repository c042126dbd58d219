"""Encrypted files: whoever changes one bit of them is noticed."""

import pytest

from audiolessons import guarding
from audiolessons.errors import AudioError
from audiolessons.guarding import locking

pytest.importorskip("cryptography")
WORDS = "four plain words here"


def test_every_changed_byte_of_an_encrypted_file_is_noticed():
    kept = guarding.encrypt(b"a voice", password=WORDS)
    assert guarding.decrypt(kept, password=WORDS) == b"a voice"
    for place in range(len(locking.MAGIC), len(kept), 5):
        changed = bytearray(kept)
        changed[place] ^= 1
        with pytest.raises(AudioError, match="the password is another, or the file was changed"):
            guarding.decrypt(bytes(changed), password=WORDS)


def test_the_same_content_is_encrypted_another_way_each_time():
    first, second = (guarding.encrypt(b"a voice", password=WORDS) for _ in range(2))
    assert first != second
    head = len(locking.MAGIC) + locking.SALT_BYTES
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
    ],
)
def test_what_cannot_be_kept_says_so(call, message):
    with pytest.raises(AudioError, match=message):
        call()
