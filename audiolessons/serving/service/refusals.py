"""What a request is told that cannot be answered: a status, a word for programs, a sentence."""

from __future__ import annotations

import math


class RefusalError(Exception):
    """A request that is not answered.

    Parameters
    ----------
    status : int
        Of HTTP.
    code : str
        One word that programs can compare, such as "too_long".
    message : str
        What is wrong, with the value received, and what to do.
    retry_after_s : float, optional
        When to come again.

    Examples
    --------
    >>> RefusalError(503, "busy", "come later", retry_after_s=0.2).headers
    {'Retry-After': '1'}

    Chapter: large/serving
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: float | None = None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {}
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
        if status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"

    def as_dict(self) -> dict:
        """Return the body of the answer."""
        return {"code": self.code, "message": self.message}


def busy(what: str, *, retry_after_s: float = 1.0) -> RefusalError:
    """Return the refusal of a service that has enough to do.

    Chapter: large/serving
    """
    message = f"{what}: come again in a moment"
    return RefusalError(503, "busy", message, retry_after_s=retry_after_s)
