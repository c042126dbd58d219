"""Who may ask: keys in a file, compared in constant time; only their hashes are held."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from audiolessons.errors import AudioError
from audiolessons.serving.service.refusals import RefusalError

SHORTEST = 16  # characters of a key


class Keys:
    """The keys of a service, each with the name of its owner; without any, everybody may ask.

    Parameters
    ----------
    by_name : dict
        Names and keys.

    Raises
    ------
    AudioError
        If a key has fewer than 16 characters.

    Examples
    --------
    >>> keys = Keys({"ada": "a-long-secret-of-ada"})
    >>> keys.owner("a-long-secret-of-ada")
    'ada'

    Chapter: large/serving
    """

    def __init__(self, by_name: dict | None = None):
        for name, key in (by_name or {}).items():
            if len(key) < SHORTEST:
                raise AudioError(
                    f"the key of {name!r} has {len(key)} characters: take {SHORTEST} or more, such "
                    "as python -c 'import secrets; print(secrets.token_urlsafe())' prints"
                )
        self._hashes = {name: _hash(key) for name, key in (by_name or {}).items()}

    def __bool__(self):
        return bool(self._hashes)

    @classmethod
    def read(cls, path: str | Path) -> Keys:
        """Return the keys of a file: a name and a key on each line; # begins a comment.

        Raises
        ------
        AudioError
            If the file cannot be read, or a line is another; the message does not repeat it.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise AudioError(f"the keys {path} cannot be read: {error}") from None
        found = {}
        for number, line in enumerate(lines, start=1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if len(words) != 2 or words[0] in found:
                raise AudioError(f"{path}, line {number}: write a new name and its key, NAME KEY")
            found[words[0]] = words[1]
        if not found:
            raise AudioError(f"{path} holds no keys: write NAME KEY on each line")
        return cls(found)

    def owner(self, key: str | None) -> str:
        """Return whose key it is, or refuse (401); all keys are compared, however early one fits.

        Without keys in the service, the owner is "".
        """
        if not self._hashes:
            return ""
        if not key:
            raise RefusalError(
                401, "no_key", "a key is needed: send it as Authorization: Bearer KEY"
            )
        given, owner = _hash(key), None
        for name, known in self._hashes.items():
            if hmac.compare_digest(given, known):
                owner = name
        if owner is None:
            raise RefusalError(
                401, "wrong_key", "this key is not known here: ask who runs the service"
            )
        return owner


def from_header(value: str | None) -> str | None:
    """Return the key of a header `Authorization: Bearer KEY`.

    Examples
    --------
    >>> from_header("Bearer abc")
    'abc'

    Chapter: large/serving
    """
    kind, _, key = (value or "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else None


def _hash(key):
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
