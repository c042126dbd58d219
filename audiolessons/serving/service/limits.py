"""How often somebody may ask, how much they may send, and how slowly."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable

from audiolessons.errors import check_count, check_positive
from audiolessons.serving.service.refusals import RefusalError, busy
from audiolessons.serving.service.settings import Settings


class TokenBucket:
    """Grants `burst` requests at once, and `a_second` in the long run.

    A bucket holds `burst` tokens at first. Each request takes one; `a_second` tokens flow in, and
    what the bucket cannot hold is lost.

    Parameters
    ----------
    a_second : float
    burst : int
    clock : callable
        Gives seconds.

    Raises
    ------
    AudioError
        If a_second is not above 0, or burst is below 1.

    Examples
    --------
    >>> now = 0.0
    >>> bucket = TokenBucket(2.0, burst=1, clock=lambda: now)
    >>> bucket.take(), bucket.take()  # granted; come again in half a second
    (0.0, 0.5)

    Chapter: large/serving
    """

    def __init__(self, a_second: float, *, burst: int, clock: Callable = time.monotonic):
        self.a_second = check_positive(a_second, name="a_second")
        self.burst, self._clock = check_count(burst, name="burst"), clock
        self._tokens, self._then = float(burst), clock()

    def take(self) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        now = self._clock()
        flowed_in = (now - self._then) * self.a_second
        self._tokens, self._then = min(self.burst, self._tokens + flowed_in), now
        if self._tokens < 1:
            return (1 - self._tokens) / self.a_second
        self._tokens -= 1
        return 0.0


class Rates:
    """A bucket for each who asks; those who have not asked for longest are forgotten.

    Chapter: large/serving
    """

    MOST = 10_000  # who are remembered

    def __init__(self, settings: Settings):
        self._settings = settings
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def check(self, who: str) -> None:
        """Count a request, or refuse it (429)."""
        settings = self._settings
        if who not in self._buckets:
            bucket = TokenBucket(settings.requests_a_second, burst=settings.burst)
            self._buckets[who] = bucket
            if len(self._buckets) > self.MOST:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(who)
        wait_s = self._buckets[who].take()
        if wait_s:
            raise RefusalError(
                429,
                "too_often",
                f"more than {settings.requests_a_second:g} requests a second, or "
                f"{settings.burst} at once: come again in {wait_s:.2f} s",
                retry_after_s=wait_s,
            )


class Uploads:
    """How many uploads are under way, and how many bytes they may bring.

    Chapter: large/serving
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self.n, self.n_bytes = 0, 0

    async def read(self, parts: AsyncIterator[bytes], *, length: int | None) -> bytes:
        """Return a body that arrives in parts, or refuse it.

        Parameters
        ----------
        parts : async iterator of bytes
        length : int, optional
            What the sender says it will be.

        Raises
        ------
        RefusalError
            413 if it is too large (before it is read, where `length` says so), 408 if it comes too
            slowly, 503 if all uploads together would need too much memory.
        """
        settings = self._settings
        if length is not None and length > settings.most_bytes:
            raise self._too_large(length)
        kept = settings.most_bytes if length is None else length  # set aside, whatever comes
        if self.n_bytes + kept > settings.most_bytes_at_once:
            raise busy("many large sounds are being sent")
        self.n_bytes += kept
        try:
            return await asyncio.wait_for(self._all(parts), settings.receive_s)
        except TimeoutError:
            raise RefusalError(
                408,
                "too_slow",
                f"the body did not arrive within {settings.receive_s:g} s: send it faster, or less",
            ) from None
        finally:
            self.n_bytes -= kept

    async def _all(self, parts):
        body = bytearray()
        async for part in parts:
            body += part
            if len(body) > self._settings.most_bytes:
                raise self._too_large(len(body))
        return bytes(body)

    def _too_large(self, n_bytes):
        return RefusalError(
            413,
            "too_large",
            f"the body has {n_bytes} bytes or more: send {self._settings.most_bytes} at most "
            "(FLAC is half of WAV)",
        )

    def __enter__(self):
        if self.n >= self._settings.most_uploads:
            raise busy(f"{self.n} requests are under way")
        self.n += 1
        return self

    def __exit__(self, *_):
        self.n -= 1
