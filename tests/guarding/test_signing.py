"""Signed files: a changed file, list or key is noticed."""

import hashlib
import json

import pytest

from audiolessons import guarding
from audiolessons.errors import AudioError

pytest.importorskip("cryptography")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: guarding.sign([], private_key=b"123"), "private_key is 3 bytes"),
        (lambda: guarding.check_signature("nope", ".", b""), "give what `sign` returned"),
        (lambda: guarding.check_signature("{}", ".", b""), "give what `sign` returned"),
        (
            lambda: guarding.check_signature('{"sha256": {}, "signature": "00"}', ".", b"1"),
            "public_key is 1 bytes",
        ),
    ],
)
def test_what_cannot_be_signed_or_checked_says_so(call, message):
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
