"""A queue before a network: several sounds are answered in one go, and nobody waits for ever.

Networks run in threads, never on the event loop: while a network computes, the loop accepts,
refuses, and says that it is well.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from audiolessons.errors import AudioError, check_count
from audiolessons.serving.service.refusals import RefusalError, busy


class _Waiting(NamedTuple):
    item: object
    answer: asyncio.Future
    until: float  # on the loop's clock


class Batcher:
    """Answer items together: those that came while the last batch was computed, up to a number.

    Parameters
    ----------
    answer : callable
        From a list of items to as many answers. It runs in a thread of `executor`.
    executor : Executor
    most_together : int
        Items of a batch.
    most_waiting : int
        More are refused at once (`RefusalError` 503), rather than answered too late.
    gather_s : float
        How long an item that is alone waits for others.
    n_workers : int
        Batches that are computed at the same time.
    seen : callable, optional
        Is told the size of each batch.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> async def main():
    ...     with ThreadPoolExecutor(1) as threads:
    ...         batcher = Batcher(lambda numbers: [2 * n for n in numbers], threads)
    ...         batcher.start()
    ...         answers = await asyncio.gather(*(batcher.submit(n, within_s=1) for n in range(3)))
    ...         await batcher.stop()
    ...     return answers
    >>> asyncio.run(main())
    [0, 2, 4]

    Chapter: large/serving
    """

    def __init__(
        self,
        answer: Callable[[Sequence], Sequence],
        executor: Executor,
        *,
        most_together: int = 8,
        most_waiting: int = 64,
        gather_s: float = 0.0,
        n_workers: int = 1,
        seen: Callable[[int], None] | None = None,
    ):
        self._answer, self._executor = answer, executor
        self.most_together = check_count(most_together, name="most_together")
        self.most_waiting = check_count(most_waiting, name="most_waiting")
        self.gather_s = gather_s
        self.n_workers = check_count(n_workers, name="n_workers")
        self._seen = seen or (lambda size: None)
        self._queue: collections.deque[_Waiting] = collections.deque()
        self._came = asyncio.Condition()
        self._workers: list[asyncio.Task] = []

    def __len__(self) -> int:
        """Items that wait, without those that are being computed."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to answer; call it on the running loop."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self.n_workers)]

    async def stop(self) -> None:
        """End; what still waits is refused."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        _refuse(self._queue)
        self._queue.clear()

    def refuse_if_full(self) -> None:
        """Raise the refusal of `submit` if too many wait: before anything is done for one more."""
        if len(self._queue) >= self.most_waiting:
            raise busy(f"{len(self._queue)} sounds wait already")

    async def submit(self, item, *, within_s: float):
        """Return the answer to an item.

        Raises
        ------
        RefusalError
            503 if too many wait already, or the answer did not come in time. An item whose time is
            over, or whose sender has gone, is not computed.
        """
        self.refuse_if_full()
        loop = asyncio.get_running_loop()
        one = _Waiting(item, loop.create_future(), loop.time() + within_s)
        self._queue.append(one)
        async with self._came:
            self._came.notify()
        try:
            return await asyncio.wait_for(one.answer, within_s)
        except TimeoutError:
            raise busy(f"the answer did not come within {within_s:g} s") from None

    async def _work(self):
        while True:
            async with self._came:
                await self._came.wait_for(lambda: self._queue)
            if self.gather_s and len(self._queue) == 1:
                await asyncio.sleep(self.gather_s)
            if batch := self._taken():
                await self._answer_all(batch)

    def _taken(self):
        """Return the next items that somebody still waits for."""
        batch, now = [], asyncio.get_running_loop().time()
        while self._queue and len(batch) < self.most_together:
            one = self._queue.popleft()
            if not one.answer.done() and one.until > now:
                batch.append(one)
        return batch

    async def _answer_all(self, batch):
        self._seen(len(batch))
        loop = asyncio.get_running_loop()
        items = [one.item for one in batch]
        try:
            answers = await loop.run_in_executor(self._executor, self._answer, items)
            if len(answers) != len(items):
                raise AudioError(f"{len(items)} sounds were asked, {len(answers)} answered")
        except asyncio.CancelledError:
            _refuse(batch)
            raise
        except RefusalError as error:  # of them all, as when what computes them has died
            answers = [error] * len(batch)
        except Exception as error:
            if len(batch) > 1:  # one of them spoils it for all: ask for each alone
                for one in batch:
                    await self._answer_all([one])
                return
            answers = [error]
        for one, answer in zip(batch, answers, strict=True):
            if one.answer.done():  # its sender has gone meanwhile
                continue
            if isinstance(answer, Exception):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)


def _refuse(some):
    for one in some:
        if not one.answer.done():
            one.answer.set_exception(busy("the service stops"))


async def within(awaitable, seconds: float, refusal: RefusalError):
    """Return what is awaited, or raise the refusal after so many seconds.

    Chapter: large/serving
    """
    try:
        return await asyncio.wait_for(awaitable, seconds)
    except TimeoutError:
        raise refusal from None
