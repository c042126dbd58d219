"""Files that are known to come from whoever holds a private key.

What is signed is a list of SHA-256 sums, so that one short signature holds for files of any size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.guarding._library import cryptography
from audiolessons.guarding._writing import canonical

KEY_BYTES = 32  # of either key


def new_signing_keys() -> tuple[bytes, bytes]:
    """Return a private key, to sign with and keep, and its public key, to give away: 32 bytes each.

    Raises
    ------
    AudioError
        If `cryptography` is not installed.

    Examples
    --------
    >>> [len(key) for key in new_signing_keys()]
    [32, 32]

    Chapter: large/safety
    """
    key = cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def sign(paths: Iterable, *, private_key: bytes) -> str:
    """Return a signed list of files, as JSON: their names, their SHA-256 sums, and one signature.

    Parameters
    ----------
    paths : list of path
        Such as weights and their record, of different names.
    private_key : bytes
        From `new_signing_keys`.

    Raises
    ------
    AudioError
        If a file is missing, two have one name, the key is none, or `cryptography` is not
        installed.

    Examples
    --------
    >>> weights = getfixture("tmp_path") / "weights.npz"
    >>> _ = weights.write_bytes(b"0.1 0.2")
    >>> private_key, public_key = new_signing_keys()
    >>> check_signature(sign([weights], private_key=private_key), weights.parent, public_key)
    ['weights.npz']

    References
    ----------
    RFC 8032, 2017 (Ed25519).

    Chapter: large/safety
    """
    paths = [Path(path) for path in paths]
    sums = {path.name: _sum(path) for path in sorted(paths, key=lambda path: path.name)}
    if len(sums) < len(paths):
        raise AudioError("two files have one name: give files of different names")
    signer = cryptography("hazmat.primitives.asymmetric.ed25519")
    key = signer.Ed25519PrivateKey.from_private_bytes(_checked_key(private_key, "private_key"))
    signature = key.sign(canonical(sums))
    return json.dumps({"sha256": sums, "signature": signature.hex()}, indent=1)


def check_signature(signed: str, folder, public_key: bytes) -> list[str]:
    """Return the names of the files in a folder that are what was signed.

    Raises
    ------
    AudioError
        If the list is not from `sign`, was signed by another key or changed since, or a file is
        missing or another.

    Examples
    --------
    >>> check_signature('{"sha256": {}, "signature": "00"}', ".", new_signing_keys()[1])
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: the list of files was changed, or signed with another key

    Chapter: large/safety
    """
    try:
        entries = json.loads(signed)
        sums, signature = dict(entries["sha256"]), bytes.fromhex(entries["signature"])
    except (ValueError, TypeError, KeyError):
        raise AudioError(f"signed is {str(signed)[:20]!r}...: give what `sign` returned") from None
    verifier = cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey
    key = verifier.from_public_bytes(_checked_key(public_key, "public_key"))
    try:
        key.verify(signature, canonical(sums))
    except cryptography("exceptions").InvalidSignature:
        raise AudioError("the list of files was changed, or signed with another key") from None
    for name, wanted in sums.items():
        if _sum(Path(folder) / name) != wanted:
            raise AudioError(f"{name} is not the file that was signed")
    return sorted(sums)


def _checked_key(key, name):
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        given = f"{len(key)} bytes" if isinstance(key, bytes) else f"of type {type(key).__name__}"
        raise AudioError(f"{name} is {given}: give the {KEY_BYTES} bytes of `new_signing_keys`")
    return key


def _sum(path):
    if not path.is_file():
        raise AudioError(f"{path} is no file")
    return hashlib.sha256(path.read_bytes()).hexdigest()
