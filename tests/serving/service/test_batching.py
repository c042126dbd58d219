"""Several in one go: the answers of each alone, bounded queues, and nobody waits for ever."""

import asyncio
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from audiolessons.serving.service import Batcher, RefusalError


def run(answer, use, **options):
    """Return what `use(batcher)` returns, with a batcher that runs meanwhile."""

    async def main():
        with ThreadPoolExecutor(2) as threads:
            batcher = Batcher(answer, options.pop("executor", threads), **options)
            batcher.start()
            try:
                return await use(batcher)
            finally:
                await batcher.stop()

    return asyncio.run(main())


class Gate:
    """Answers when it is opened, and notes what it was asked."""

    def __init__(self):
        self.opened, self.batches = threading.Event(), []

    def __call__(self, items):
        self.batches.append(list(items))
        assert self.opened.wait(5)
        return [10 * one for one in items]


def test_what_came_meanwhile_is_answered_together():
    gate = Gate()

    async def use(batcher):
        first = asyncio.create_task(batcher.submit(0, within_s=5))
        await asyncio.sleep(0.05)  # it is being computed
        others = [asyncio.create_task(batcher.submit(n, within_s=5)) for n in range(1, 6)]
        await asyncio.sleep(0.05)
        gate.opened.set()
        return await asyncio.gather(first, *others)

    assert run(gate, use, most_together=4) == [0, 10, 20, 30, 40, 50]
    assert gate.batches == [[0], [1, 2, 3, 4], [5]]


def test_the_first_of_a_batch_waits_for_others():
    sizes = []

    def answer(items):
        sizes.append(len(items))
        return items

    async def use(batcher):
        async def later(n):
            await asyncio.sleep(0.01 * n)
            return await batcher.submit(n, within_s=5)

        return await asyncio.gather(*(later(n) for n in range(3)))

    assert run(answer, use, gather_s=0.3) == [0, 1, 2]
    assert sizes == [3]


def test_a_full_queue_refuses_at_once_and_says_when_to_come_again():
    gate = Gate()

    async def use(batcher):
        waiting = []
        for n in range(3):  # one is computed, two wait
            waiting.append(asyncio.create_task(batcher.submit(n, within_s=5)))
            await asyncio.sleep(0.02)
        began = time.perf_counter()
        with pytest.raises(RefusalError, match="2 sounds wait already") as caught:
            await batcher.submit(3, within_s=5)
        assert time.perf_counter() - began < 0.05
        assert caught.value.status == 503
        assert int(caught.value.headers["Retry-After"]) >= 1
        gate.opened.set()
        return await asyncio.gather(*waiting)

    assert run(gate, use, most_together=1, most_waiting=2) == [0, 10, 20]


def test_who_has_gone_or_whose_time_is_over_is_not_computed():
    gate = Gate()

    async def use(batcher):
        first = asyncio.create_task(batcher.submit(1, within_s=5))
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(batcher.submit(2, within_s=5))
        late = asyncio.create_task(batcher.submit(3, within_s=0.05))
        last = asyncio.create_task(batcher.submit(4, within_s=5))
        await asyncio.sleep(0.01)
        gone.cancel()
        with pytest.raises(RefusalError, match="did not come within") as caught:
            await late
        gate.opened.set()
        return await first, await last, caught.value.status

    assert run(gate, use) == (10, 40, 503)
    assert gate.batches == [[1], [4]]


def test_one_that_fails_does_not_spoil_the_others():
    def answer(items):
        return [1 / one for one in items]

    async def use(batcher):
        return await asyncio.gather(
            *(batcher.submit(n, within_s=5) for n in (1, 0, 2)), return_exceptions=True
        )

    first, second, third = run(answer, use, gather_s=0.05)
    assert (first, third) == (1.0, 0.5)
    assert isinstance(second, ZeroDivisionError)


def test_a_stop_refuses_what_waits():
    gate = Gate()

    async def use(batcher):
        tasks = [asyncio.create_task(batcher.submit(n, within_s=5)) for n in range(2)]
        await asyncio.sleep(0.05)
        gate.opened.set()
        await batcher.stop()
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = run(gate, use, most_together=1)
    assert [(one.status, one.message.split(":")[0]) for one in answers] == 2 * [
        (503, "the service stops")
    ]


class OnTheLoop(Executor):
    """The mistake: it computes where it is called, and so on the event loop."""

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future


@pytest.mark.parametrize(("executor", "is_free"), [(None, True), (OnTheLoop(), False)])
def test_the_loop_is_free_while_a_network_computes(executor, is_free):
    def answer(items):
        time.sleep(0.3)
        return items

    async def use(batcher):
        task, longest = asyncio.create_task(batcher.submit(1, within_s=5)), 0.0
        while not task.done():
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)
        return longest

    options = {} if executor is None else {"executor": executor}
    assert (run(answer, use, **options) < 0.1) is is_free
