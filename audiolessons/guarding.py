"""Files of voices that are kept: encrypted, signed, and used on the record.

Encryption needs the package `cryptography`, which is imported where it is used. What is signed is a
list of SHA-256 sums, so that one short signature holds for files of any size.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.writing import whole_file

__all__ = [
    "add_entry",
    "check_log",
    "check_signature",
    "decrypt",
    "encrypt",
    "new_signing_keys",
    "sign",
]

MAGIC = b"AL1"  # what an encrypted file begins with, and is bound to
SALT_BYTES, NONCE_BYTES = 16, 12
KEY_BYTES = 32  # of either key of a signature
COST = {"n": 2**15, "r": 8, "p": 1}  # of a try at a password: 32 MB and a tenth of a second
START = "0" * 64  # what the first entry of a log follows


def encrypt(content: bytes, *, password: str) -> bytes:
    """Return bytes that say nothing to whoever lacks the password, and cannot be changed unseen.

    A key is made from the password and a fresh salt by scrypt, and the content is encrypted by
    AES-256 in Galois counter mode, whose tag shows any change.

    Parameters
    ----------
    content : bytes
        Such as those of a sound file.
    password : str

    Raises
    ------
    AudioError
        If the content is no bytes, the password no text or empty, or `cryptography` is not
        installed.

    Examples
    --------
    >>> kept = encrypt(b"a voice", password="correct horse")
    >>> b"voice" in kept, decrypt(kept, password="correct horse")
    (False, b'a voice')

    References
    ----------
    NIST SP 800-38D, 2007 (GCM). RFC 7914, 2016 (scrypt).

    Chapter: large/safety
    """
    if not isinstance(content, bytes | bytearray | memoryview):
        raise AudioError(f"content is of type {type(content).__name__}: give bytes")
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    cipher = _cipher(password, salt)
    return MAGIC + salt + nonce + cipher.encrypt(nonce, bytes(content), MAGIC)


def decrypt(kept: bytes, *, password: str) -> bytes:
    """Return what was encrypted.

    Raises
    ------
    AudioError
        If the content is not from `encrypt`, the password is another, or a single bit has changed:
        nothing is returned then.

    Examples
    --------
    >>> decrypt(encrypt(b"a voice", password="correct horse"), password="wrong horse")
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: the password is another, or the file was changed

    Chapter: large/safety
    """
    head = len(MAGIC) + SALT_BYTES + NONCE_BYTES
    if not isinstance(kept, bytes) or not kept.startswith(MAGIC) or len(kept) < head:
        given = f"begins with {kept[:3]!r}" if isinstance(kept, bytes) else f"is {type(kept)}"
        raise AudioError(f"the content {given}: give what `encrypt` returned")
    salt, nonce = kept[len(MAGIC) : head - NONCE_BYTES], kept[head - NONCE_BYTES : head]
    cipher = _cipher(password, salt)
    try:
        return cipher.decrypt(nonce, kept[head:], MAGIC)
    except _module("exceptions").InvalidTag:
        raise AudioError("the password is another, or the file was changed") from None


def _cipher(password, salt):
    if not isinstance(password, str) or not password:
        what = "empty" if isinstance(password, str) else f"of type {type(password).__name__}"
        raise AudioError(f"password is {what}: give some words, as text")
    key = hashlib.scrypt(password.encode(), salt=salt, dklen=32, maxmem=2**26, **COST)
    return _module("hazmat.primitives.ciphers.aead").AESGCM(key)


def _module(name):
    try:
        return import_module(f"cryptography.{name}")
    except ModuleNotFoundError as problem:
        raise AudioError("this needs cryptography: pip install cryptography") from problem


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
    key = _module("hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey.generate()
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
    signer = _module("hazmat.primitives.asymmetric.ed25519")
    key = signer.Ed25519PrivateKey.from_private_bytes(_checked_key(private_key, "private_key"))
    signature = key.sign(_canonical(sums))
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
    verifier = _module("hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey
    key = verifier.from_public_bytes(_checked_key(public_key, "public_key"))
    try:
        key.verify(signature, _canonical(sums))
    except _module("exceptions").InvalidSignature:
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


def _canonical(entry):
    """Return the one way to write an entry, to sign it or take its sum."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def add_entry(path, entry: dict) -> str:
    """Add an entry to a log in which each holds the SHA-256 sum of the one before; return its own.

    Whoever changes, takes out or swaps entries has to write all later ones anew; the last sum, kept
    where he cannot reach it, shows even that.

    Parameters
    ----------
    path : path
        Of the log, a line of JSON for each entry; made if it is not there.
    entry : dict
        What happened: JSON values by name. The time is yours to give.

    Raises
    ------
    AudioError
        If the entry is not JSON values by name, or the log that is there was changed.

    Examples
    --------
    >>> log = getfixture("tmp_path") / "log.jsonl"
    >>> _ = add_entry(log, {"who": "clinic", "did": "trained", "with": "voice 7"})
    >>> last = add_entry(log, {"who": "clinic", "did": "deleted", "what": "voice 7"})
    >>> check_log(log) == last
    True
    >>> _ = log.write_text(log.read_text().replace("voice 7", "voice 8", 1))
    >>> check_log(log)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: entry 1 does not follow entry 0: one of the two was changed

    References
    ----------
    S. Haber and W. S. Stornetta, "How to time-stamp a digital document", Journal of Cryptology 3,
    1991.

    Chapter: large/safety
    """
    path = Path(path)
    before = check_log(path) if path.exists() else START
    if not isinstance(entry, dict):
        raise AudioError(f"entry is of type {type(entry).__name__}: give a dict of JSON values")
    try:
        line = _canonical({"entry": entry, "follows": before})
    except (TypeError, ValueError) as problem:
        raise AudioError(f"entry holds what JSON cannot ({problem}): give texts, numbers") from None
    with whole_file(path) as file:
        file.write((path.read_bytes() if path.exists() else b"") + line + b"\n")
    return hashlib.sha256(line).hexdigest()


def check_log(path, *, last: str | None = None) -> str:
    """Return the sum of the last entry, if each follows the one before.

    Parameters
    ----------
    path : path
        Of a log from `add_entry`.
    last : str, optional
        What it should be: without it, nobody sees that the end of a log was cut off, or that all of
        it was written anew.

    Raises
    ------
    AudioError
        If there is no such log, a line is no entry, an entry does not follow the one before, or the
        last is not the one that was to be.

    Examples
    --------
    >>> log = getfixture("tmp_path") / "log.jsonl"
    >>> first, last = (add_entry(log, {"number": n}) for n in range(2))
    >>> _ = log.write_text(log.read_text().splitlines(keepends=True)[0])  # the last is cut off
    >>> check_log(log) == first
    True
    >>> check_log(log, last=last)
    Traceback (most recent call last):
        ...
    audiolessons.errors.AudioError: the last entry is another: the end was cut off, or all is new

    Chapter: large/safety
    """
    if not Path(path).is_file():
        raise AudioError(f"{path} is no file: `add_entry` begins a log")
    before = START
    for number, line in enumerate(Path(path).read_bytes().splitlines()):
        try:
            follows = json.loads(line)["follows"]
        except (ValueError, TypeError, KeyError):
            raise AudioError(f"line {number} of {path} is no entry of a log") from None
        if follows != before:
            raise AudioError(
                f"entry {number} does not follow entry {number - 1}: one of the two was changed"
                if number
                else "entry 0 does not follow the beginning: it was changed, or stood further down"
            )
        before = hashlib.sha256(line).hexdigest()
    if last is not None and before != last:
        raise AudioError("the last entry is another: the end was cut off, or all is new")
    return before
