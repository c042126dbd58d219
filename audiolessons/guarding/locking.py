"""Files that say nothing to whoever lacks the password, and cannot be changed unseen."""

from __future__ import annotations

import hashlib
import os

from audiolessons.errors import AudioError
from audiolessons.guarding._library import cryptography

MAGIC = b"AL1"  # what an encrypted file begins with, and is bound to
SALT_BYTES, NONCE_BYTES = 16, 12
COST = {"n": 2**15, "r": 8, "p": 1}  # of a try at a password: 32 MB and a tenth of a second


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
    except cryptography("exceptions").InvalidTag:
        raise AudioError("the password is another, or the file was changed") from None


def _cipher(password, salt):
    if not isinstance(password, str) or not password:
        what = "empty" if isinstance(password, str) else f"of type {type(password).__name__}"
        raise AudioError(f"password is {what}: give some words, as text")
    key = hashlib.scrypt(password.encode(), salt=salt, dklen=32, maxmem=2**26, **COST)
    return cryptography("hazmat.primitives.ciphers.aead").AESGCM(key)
