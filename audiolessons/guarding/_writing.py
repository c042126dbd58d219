"""The one way to write an entry, to sign it or take its sum."""

from __future__ import annotations

import json


def canonical(entry) -> bytes:
    """Return JSON values as bytes that depend on nothing but the values."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
