"""Several in one go: the answers of each alone, bounded queues, and nobody waits for ever."""

import asyncio
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from audiolessons import AudioError
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
        assert self.opened.wait(60)
        return [10 * one for one in items]

    async def first(self, batcher, item):
        """Submit an item; return its task when it is being computed."""
        task = asyncio.create_task(batcher.submit(item, within_s=60))
        while not self.batches:
            await asyncio.sleep(0.001)
        return task


async def waiting(batcher, *items):
    """Submit items; return their tasks when all of them wait."""
    tasks, before = [], len(batcher)
    for item in items:
        tasks.append(asyncio.create_task(batcher.submit(item, within_s=60)))
    while len(batcher) < before + len(items):
        await asyncio.sleep(0)
    return tasks


def test_what_came_meanwhile_is_answered_together():
    gate = Gate()

    async def use(batcher):
        first = await gate.first(batcher, 0)
        others = await waiting(batcher, *range(1, 6))
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
            return await batcher.submit(n, within_s=60)

        return await asyncio.gather(*(later(n) for n in range(3)))

    assert run(answer, use, gather_s=0.3) == [0, 1, 2]
    assert sizes == [3]


def test_a_full_queue_refuses_at_once_and_says_when_to_come_again():
    gate = Gate()

    async def use(batcher):
        first = await gate.first(batcher, 0)
        others = await waiting(batcher, 1, 2)
        with pytest.raises(RefusalError, match="2 sounds wait already") as caught:
            batcher.submit(3, within_s=60).send(None)  # at once: it never gives way
        assert caught.value.status == 503
        assert int(caught.value.headers["Retry-After"]) >= 1
        gate.opened.set()
        return await asyncio.gather(first, *others)

    assert run(gate, use, most_together=1, most_waiting=2) == [0, 10, 20]


def test_who_has_gone_or_whose_time_is_over_is_not_computed():
    gate = Gate()

    async def use(batcher):
        first = await gate.first(batcher, 1)
        [gone] = await waiting(batcher, 2)
        late = asyncio.create_task(batcher.submit(3, within_s=0.05))
        [last] = await waiting(batcher, 4)
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
            *(batcher.submit(n, within_s=60) for n in (1, 0, 2)), return_exceptions=True
        )

    first, second, third = run(answer, use, gather_s=0.05)
    assert (first, third) == (1.0, 0.5)
    assert isinstance(second, ZeroDivisionError)


def test_a_stop_refuses_what_waits():
    gate = Gate()

    async def use(batcher):
        tasks = [await gate.first(batcher, 0), *(await waiting(batcher, 1))]
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
    asked, beaten = threading.Event(), threading.Event()

    def answer(items):
        asked.set()
        return [beaten.wait(60 if is_free else 0.2) for _ in items]

    async def use(batcher):
        task = asyncio.create_task(batcher.submit(1, within_s=60))
        while not task.done():
            if asked.is_set():
                beaten.set()
            await asyncio.sleep(0.005)
        return await task

    options = {} if executor is None else {"executor": executor}
    assert run(answer, use, **options) is is_free


def test_a_network_that_answers_too_few_is_an_error_and_the_next_are_answered():
    def answer(items):
        return [] if -1 in items else items

    async def use(batcher):
        with pytest.raises(AudioError, match="1 sounds were asked, 0 answered"):
            await batcher.submit(-1, within_s=60)
        both = [batcher.submit(n, within_s=60) for n in (-1, 2)]
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(first, AudioError)
        return second, await batcher.submit(3, within_s=60)

    assert run(answer, use, gather_s=0.05) == (2, 3)


@pytest.mark.parametrize("name", ["most_together", "most_waiting", "n_workers"])
def test_a_queue_of_nothing_is_refused(name):
    with pytest.raises(AudioError, match=f"{name} is 0"):
        Batcher(lambda items: items, None, **{name: 0})
