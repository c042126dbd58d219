"""Files of voices that are kept: encrypted, signed, and used on the record."""

from audiolessons.guarding.audit import add_entry, check_log
from audiolessons.guarding.locking import decrypt, encrypt
from audiolessons.guarding.signing import check_signature, new_signing_keys, sign

__all__ = [
    "add_entry",
    "check_log",
    "check_signature",
    "decrypt",
    "encrypt",
    "new_signing_keys",
    "sign",
]
