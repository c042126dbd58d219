"""Exercises of the chapter large/serving: queues, batches, limits, a loop that stays free."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import numpy as np

from audiolessons.exercises.engine import exercise, probe

# --- Little's law -------------------------------------------------------------------------------


def _visits(random):
    n = int(random.integers(2, 12))
    arrivals = np.sort(random.uniform(0, 10, size=n))
    return arrivals, arrivals + random.exponential(2.0, size=n)


def _span(arrivals, departures):
    return departures.max() - arrivals.min()


@exercise(
    "serving.little",
    level="easy",
    hints=(
        "The time that is looked at begins with the first arrival and ends with the last "
        "departure, which need not be the departure of the last that came.",
        "Requests in the system at a moment, averaged over time: every request adds the time that "
        "it stayed, so add these up and divide by the span.",
        "`span = departures.max() - arrivals.min()`, `stays = departures - arrivals`; the answer "
        "is stays.sum() / span, len(stays) / span and stays.mean().",
    ),
    probes=[
        probe("one request", np.array([1.0]), np.array([3.0])),
        probe("two, one after the other, with a pause", np.array([0.0, 4.0]), np.array([1.0, 5.0])),
        probe("three that overlap", np.array([2.0, 3.0, 3.5]), np.array([7.0, 4.0, 6.0])),
        probe("five", *_visits(np.random.default_rng(5))),
    ],
    wrong=[
        (
            lambda arrivals, departures: (
                len(arrivals) / _span(arrivals, departures),
                (departures - arrivals).sum() / _span(arrivals, departures),
                (departures - arrivals).mean(),
            ),
            "the first two are exchanged: first how many are there, then how many come a second",
        ),
        (
            lambda arrivals, departures: (
                (departures - arrivals).sum() / (departures[-1] - arrivals[0]),
                len(arrivals) / (departures[-1] - arrivals[0]),
                (departures - arrivals).mean(),
            ),
            "the last that came need not be the last that goes: the span ends with the largest "
            "departure",
        ),
        (
            lambda arrivals, departures: (
                (departures - arrivals).sum() / departures.max(),
                len(arrivals) / departures.max(),
                (departures - arrivals).mean(),
            ),
            "the span begins with the first arrival, not at 0",
        ),
        (
            lambda arrivals, departures: (
                len(arrivals) * (departures - arrivals).mean(),
                len(arrivals) / _span(arrivals, departures),
                (departures - arrivals).mean(),
            ),
            "the first number is the sum of all stays: divide it by the span",
        ),
    ],
    valid=_visits,
)
def little(arrivals, departures):
    arrivals, departures = np.asarray(arrivals), np.asarray(departures)
    stays, span = departures - arrivals, departures.max() - arrivals.min()
    return stays.sum() / span, len(stays) / span, stays.mean()


# --- several in one go --------------------------------------------------------------------------


def _running_mean(batch):
    """A stand-in for a network: each row, smoothed by what came before; (B, T) -> (B, T)."""
    return np.cumsum(batch, axis=1) / np.arange(1, batch.shape[1] + 1)


class _Counted:
    """A network that notes the shapes it was asked with."""

    def __init__(self):
        self.shapes = []

    def __call__(self, batch):
        self.shapes.append(np.shape(batch))
        return _running_mean(np.asarray(batch))


def _asked_once(answer_together, sounds):
    network = _Counted()
    answers = answer_together(network, [np.array(one) for one in sounds])
    rows, length = (network.shapes or [(0, 0)])[0]
    return {
        "calls": len(network.shapes),
        "sounds in the first": rows,
        "holds the longest": length >= max(map(len, sounds)),
        "lengths": [len(one) for one in answers],
    }


def _answers(answer_together, sounds):
    return np.concatenate(list(answer_together(_running_mean, [np.array(one) for one in sounds])))


def _some_sounds(random):
    lengths = random.integers(1, 30, size=random.integers(1, 6))
    return _running_mean, [random.normal(size=n) for n in lengths]


SOUNDS = [np.arange(1.0, 4.0), np.ones(5), np.array([-2.0, 4.0])]


def _one_by_one(network, sounds):
    return [network(one[None])[0] for one in sounds]


def _uncut(network, sounds):
    longest = max(map(len, sounds))
    return list(network(np.stack([np.pad(one, (0, longest - len(one))) for one in sounds])))


def _padded_in_front(network, sounds):
    longest = max(map(len, sounds))
    batch = np.stack([np.pad(one, (longest - len(one), 0)) for one in sounds])
    return [row[-len(one) :] for row, one in zip(network(batch), sounds, strict=True)]


def _cut_to_the_shortest(network, sounds):
    shortest = min(map(len, sounds))
    return list(network(np.stack([one[:shortest] for one in sounds])))


@exercise(
    "serving.together",
    level="easy",
    hints=(
        "Make one array (B, T) of zeros, as long as the longest sound, and put each sound at the "
        "beginning of its row.",
        "Ask the network once. Row b of its answer belongs to sound b, and what lies behind the "
        "end of the sound is the answer to padding.",
        "`[row[: len(one)] for row, one in zip(network(batch), sounds)]`",
    ),
    probes=[
        probe("the network is asked once", SOUNDS, observe=_asked_once),
        probe("each answer is that of the sound alone", SOUNDS, observe=_answers),
        probe("one sound", [np.array([3.0, 1.0])], observe=_asked_once),
        probe("sounds of one length", [np.ones(3), np.arange(3.0)], observe=_answers),
    ],
    wrong=[
        (_one_by_one, "the network is asked once for each sound: put them into one batch"),
        (_uncut, "what belongs to the padding comes back too: cut each answer to its sound"),
        (
            _padded_in_front,
            "the network hears silence before the sound: put the padding behind it",
        ),
        (_cut_to_the_shortest, "the ends of longer sounds are lost: pad, do not cut"),
    ],
    valid=_some_sounds,
)
def together(network, sounds):
    batch = np.zeros((len(sounds), max(map(len, sounds))))
    for row, one in zip(batch, sounds, strict=True):
        row[: len(one)] = one
    return [row[: len(one)] for row, one in zip(network(batch), sounds, strict=True)]


# --- a queue before a network -------------------------------------------------------------------


def _finish(arrivals, most, first_s, each_s, *, waits_for_all=False, n_from=None, before=False):
    """Serve batches; options make the mistakes."""
    arrivals, done, free, i = np.asarray(arrivals, float), [], 0.0, 0
    while i < len(arrivals):
        begin = max(free, arrivals[i])
        if waits_for_all:
            begin = max(begin, arrivals[min(i + most, len(arrivals)) - 1])
        there = arrivals[i : i + (most or len(arrivals))]
        n = max(1, int(np.sum(there < begin if before else there <= begin)))
        free = begin + first_s + each_s * (n if n_from is None else n_from)
        done += [free] * n
        i += n
    return np.array(done)


def _queue(random):
    n = int(random.integers(1, 15))
    return (
        np.sort(random.uniform(0, 5, size=n)),
        int(random.integers(1, 6)),
        float(random.uniform(0.1, 1.0)),
        float(random.uniform(0.01, 0.5)),
    )


@exercise(
    "serving.batches",
    level="core",
    hints=(
        "Keep two things: when the network is free again, and which request is the next.",
        "A batch begins when the network is free and somebody is there: at max(free, arrival of "
        "the next). It takes all who have come by then, at most `most`.",
        "It ends after first_s + n * each_s; all n are answered then, and the network is free.",
    ),
    probes=[
        probe("one request", [2.0], 4, 0.5, 0.1),
        probe("two, far apart", [0.0, 5.0], 4, 0.5, 0.1),
        probe("the second comes while the first is computed", [0.0, 0.2, 0.3], 4, 1.0, 0.1),
        probe("no more than most at once", [0.0, 0.1, 0.2, 0.3, 0.4], 2, 1.0, 0.25),
        probe("one at a time", [0.0, 0.1, 3.0], 1, 0.5, 0.5),
        probe("all at once", [1.0, 1.0, 1.0], 8, 0.3, 0.2),
        probe("one comes just when the network becomes free", [0.0, 0.5, 1.0], 8, 0.75, 0.25),
        probe(
            "busy, idle and busy again",
            [0.0, 0.25, 0.5, 4.0, 4.25, 4.5, 9.0, 9.5, 9.75, 10.0],
            3,
            0.5,
            0.25,
        ),
        probe("far apart, then close", [0.0, 3.0, 6.0, 9.0, 9.25, 9.5, 12.0], 2, 0.75, 0.25),
    ],
    wrong=[
        (
            lambda arrivals, most, first_s, each_s: _finish(arrivals, 1, first_s, each_s),
            "each is computed alone: take all who are there",
        ),
        (
            lambda arrivals, most, first_s, each_s: _finish(
                arrivals, most, first_s, each_s, waits_for_all=True
            ),
            "the network waits until a batch is full: begin with those who are there",
        ),
        (
            lambda arrivals, most, first_s, each_s: _finish(arrivals, None, first_s, each_s),
            "a batch takes at most `most`",
        ),
        (
            lambda arrivals, most, first_s, each_s: _finish(
                arrivals, most, first_s, each_s, n_from=1
            ),
            "a batch of n costs n times each_s",
        ),
        (
            lambda arrivals, most, first_s, each_s: _finish(
                arrivals, most, first_s, each_s, before=True
            ),
            "who comes at the very moment at which a batch begins is there, and is left out",
        ),
    ],
    valid=_queue,
)
def batches(arrivals, most, first_s, each_s):
    done, free, i = [], 0.0, 0
    while i < len(arrivals):
        begin = max(free, arrivals[i])
        n = 1
        while n < most and i + n < len(arrivals) and arrivals[i + n] <= begin:
            n += 1
        free = begin + first_s + n * each_s
        done += [free] * n
        i += n
    return np.array(done)


# --- who asks too often -------------------------------------------------------------------------


def _granted(times, a_second, burst, *, full=True, capped=True, whole=True, charged=False):
    tokens, then, found = float(burst if full else 0), None, []
    for now in times:
        if then is not None:
            tokens += (now - then) * a_second
        if capped:
            tokens = min(burst, tokens)
        then = now
        is_granted = tokens >= 1 if whole else tokens > 0
        found.append(bool(is_granted))
        if is_granted or charged:
            tokens -= 1
    return found


def _asking(random):
    n = int(random.integers(1, 20))
    times = np.cumsum(random.exponential(0.4, size=n))
    return times, float(random.uniform(0.5, 3.0)), int(random.integers(1, 5))


@exercise(
    "serving.bucket",
    level="core",
    hints=(
        "The bucket is full at first. Before each request let in what has flowed since the last "
        "one, (now - then) * a_second, and throw away what is more than `burst`.",
        "A request is granted if there is a whole token, and takes it; one that is refused takes "
        "nothing.",
        "`tokens = min(burst, tokens + (now - then) * a_second)`, then `tokens >= 1`.",
    ),
    probes=[
        probe("a burst is granted, and no more", [0.0] * 5, 1.0, 3),
        probe("then one as often as tokens come", [0.0, 0.25, 0.5, 0.75, 1.0, 1.25], 2.0, 1),
        probe("what the bucket cannot hold is lost", [0.0, 100.0, 100.0, 100.0, 100.0], 1.0, 2),
        probe("half a token is none", [0.0, 0.5, 1.0, 1.5, 2.0], 1.0, 1),
        probe("a refusal costs nothing", [0.0, 0.125, 0.25, 0.5, 1.0], 1.0, 1),
        probe("three a second, bursts of two", np.arange(12) * 0.21, 3.0, 2),
    ],
    wrong=[
        (
            lambda times, a_second, burst: _granted(times, a_second, burst, full=False),
            "the bucket is empty at first: it should be full",
        ),
        (
            lambda times, a_second, burst: _granted(times, a_second, burst, capped=False),
            "after a long silence more than a burst is granted: a bucket holds `burst` at most",
        ),
        (
            lambda times, a_second, burst: _granted(times, a_second, burst, whole=False),
            "a request is granted for less than a whole token",
        ),
        (
            lambda times, a_second, burst: _granted(times, a_second, burst, charged=True),
            "requests that are refused take tokens too: who asks too often is never heard again",
        ),
    ],
    valid=_asking,
    forbidden={"no bucket of the package": ("TokenBucket",)},
)
def bucket(times, a_second, burst):
    tokens, then, granted = float(burst), times[0], []
    for now in times:
        tokens, then = min(burst, tokens + (now - then) * a_second), now
        granted.append(bool(tokens >= 1))
        tokens -= granted[-1]
    return granted


# --- sound of a stranger ------------------------------------------------------------------------


class _Blocks:
    """Blocks of sound that count how many were asked for."""

    def __init__(self, sizes):
        self.sizes, self.n_read = sizes, 0

    def __iter__(self):
        for number, size in enumerate(self.sizes):
            self.n_read += 1
            yield np.full(size, float(number))


def _read(read_at_most, sizes, most):
    blocks = _Blocks(sizes)
    try:
        heard = read_at_most(iter(blocks), most)
    except ValueError:
        return {"refused": True, "blocks asked for": blocks.n_read}
    heard = np.asarray(heard)
    return {"refused": False, "blocks asked for": blocks.n_read, "shape": list(heard.shape)} | {
        f"sample {n}": float(one) for n, one in enumerate(heard[::3])
    }


def _stranger(random):
    sizes = random.integers(1, 6, size=random.integers(1, 8))
    return iter([np.full(n, float(i)) for i, n in enumerate(sizes)]), int(random.integers(1, 25))


def _all_first(blocks, most):
    audio = np.concatenate(list(blocks))
    if len(audio) > most:
        raise ValueError("too long")
    return audio


def _cut(blocks, most):
    found, n = [], 0
    for block in blocks:
        found.append(block)
        n += len(block)
        if n > most:
            break
    return np.concatenate(found)[:most]


def _one_too_late(blocks, most):
    found, n = [], 0
    for block in blocks:
        if n > most:
            raise ValueError("too long")
        found.append(block)
        n += len(block)
    if n > most:
        raise ValueError("too long")
    return np.concatenate(found)


def _not_the_limit_itself(blocks, most):
    found, n = [], 0
    for block in blocks:
        found.append(block)
        n += len(block)
        if n >= most:
            raise ValueError("too long")
    return np.concatenate(found)


@exercise(
    "serving.bounded",
    level="core",
    hints=(
        "Count as you read: after each block add its length.",
        "Refuse as soon as the count is above `most`, before the next block is asked for.",
        "`for block in blocks: n += len(block); if n > most: raise ValueError(...)`",
    ),
    probes=[
        probe("short enough", [3, 2], 10, observe=_read),
        probe("as long as is allowed", [4, 4, 2], 10, observe=_read),
        probe("one sample more", [4, 4, 3], 10, observe=_read),
        probe("a bomb: no block is asked for after the limit", [4] * 1000, 10, observe=_read),
        probe("one block that is too long", [11, 1, 1], 10, observe=_read),
    ],
    wrong=[
        (_all_first, "all of it is read before it is counted: that is what a bomb waits for"),
        (_cut, "the end is cut off silently: refuse with a ValueError"),
        (_one_too_late, "one block more is read than is needed to know: count before you go on"),
        (_not_the_limit_itself, "a sound that is as long as is allowed is refused"),
    ],
    valid=_stranger,
)
def bounded(blocks, most):
    found, n = [], 0
    for block in blocks:
        n += len(block)
        if n > most:
            raise ValueError(f"more than {most} samples")
        found.append(block)
    return np.concatenate(found)


# --- back-pressure ------------------------------------------------------------------------------


def _waits_of_those_who_stay(arrivals, takes_s, most_waiting, patience_s):
    """Serve as if those who will give up had never stood in the queue."""
    free, begins, waits = 0.0, [], []
    for now in arrivals:
        begin = max(free, now)
        is_full = sum(one > now for one in begins) >= most_waiting and free > now
        if is_full or begin - now > patience_s:
            waits.append(np.nan)
            continue
        waits.append(begin - now)
        begins.append(begin)
        free = begin + takes_s
    return np.array(waits)


def _waits(arrivals, takes_s, most_waiting, patience_s, *, bounded_=True, patient=True, spends=0):
    """Serve one after another; nan for who is refused or gives up."""
    free, queue, waits = 0.0, [], np.full(len(arrivals), np.nan)

    def serve_until(now):
        nonlocal free
        while queue and max(free, arrivals[queue[0]]) <= now:
            i = queue.pop(0)
            begin = max(free, arrivals[i])
            if patient and begin - arrivals[i] > patience_s:
                free = begin + spends * takes_s
                continue
            waits[i], free = begin - arrivals[i], begin + takes_s

    for i, now in enumerate(arrivals):
        serve_until(now)
        if not bounded_ or free <= now or len(queue) < most_waiting:
            queue.append(i)
            serve_until(now)
    serve_until(np.inf)
    return waits


def _crowd(random):
    n = int(random.integers(1, 15))
    return (
        np.cumsum(random.exponential(0.5, size=n)),
        float(random.uniform(0.3, 1.5)),
        int(random.integers(1, 4)),
        float(random.uniform(0.3, 3.0)),
    )


@exercise(
    "serving.pressure",
    level="stretch",
    hints=(
        "Go through the arrivals in order. Before each, let the service work off what it can have "
        "begun by then.",
        "The next in the queue begins at max(free, its arrival). If it has waited longer than its "
        "patience by then, it has gone: it is dropped, and costs no time.",
        "A newcomer begins at once if the service is free and nobody waits; it waits if fewer than "
        "most_waiting do; else it is refused. Those refused and those gone have nan.",
    ),
    probes=[
        probe("one", [1.0], 0.5, 1, 1.0),
        probe("the second waits", [0.0, 0.25], 1.0, 1, 5.0),
        probe("the third finds the queue full", [0.0, 0.25, 0.5], 1.0, 1, 5.0),
        probe("the queue has room again", [0.0, 0.25, 1.25, 1.5], 1.0, 1, 5.0),
        probe("who has gone is not computed", [0.0, 0.25, 0.5, 1.75], 1.0, 3, 1.0),
        probe("one comes long after, and one soon after that", [0.0, 5.0, 5.25], 1.0, 1, 5.0),
        probe("who will go stands in the queue until then", [0, 0.125, 0.25, 0.875], 1.0, 2, 1.5),
        probe("a crowd", np.arange(10) * 0.25, 0.8, 2, 1.5),
        probe("a patient crowd", np.arange(10) * 0.25, 0.8, 3, 99.0),
    ],
    wrong=[
        (
            lambda arrivals, takes_s, most_waiting, patience_s: _waits(
                arrivals, takes_s, most_waiting, patience_s, bounded_=False
            ),
            "nobody is ever refused: the queue holds most_waiting at most",
        ),
        (
            lambda arrivals, takes_s, most_waiting, patience_s: _waits(
                arrivals, takes_s, most_waiting, patience_s, patient=False
            ),
            "who has waited longer than patience_s has gone, and has no answer",
        ),
        (
            lambda arrivals, takes_s, most_waiting, patience_s: _waits(
                arrivals, takes_s, most_waiting, patience_s, spends=1
            ),
            "the service computes for those who have gone: dropping them costs no time",
        ),
        (
            lambda arrivals, takes_s, most_waiting, patience_s: _waits(
                arrivals, takes_s, most_waiting - 1, patience_s
            ),
            "most_waiting counts those who wait, without the one that is being computed",
        ),
        (
            _waits_of_those_who_stay,
            "who will have gone when her turn comes holds a place in the queue until then",
        ),
    ],
    valid=_crowd,
)
def pressure(arrivals, takes_s, most_waiting, patience_s):
    waits, queue, free = np.full(len(arrivals), np.nan), [], 0.0
    for i, now in enumerate([*arrivals, np.inf]):
        while queue and free <= now:
            first = queue.pop(0)
            if free - arrivals[first] <= patience_s:
                waits[first] = free - arrivals[first]
                free += takes_s
        if i == len(arrivals):
            break
        if free <= now and not queue:
            waits[i], free = 0.0, now + takes_s
        elif len(queue) < most_waiting:
            queue.append(i)
    return waits


# --- bug hunt -----------------------------------------------------------------------------------

BEAT_S = 0.01
N_PAUSES, PAUSE_S = 20, 0.025  # in which a network waits for the loop to go on


def _quick_network(sound):
    return float(np.sum(sound))


def _broken_network(sound):
    raise ValueError("no sound")


async def _beaten(answer, network, sounds, beat, over):
    """Return answers of a loop that beats meanwhile, and tells when it has them."""
    end = asyncio.Event()

    async def beating():
        while not end.is_set():
            beat()
            await asyncio.sleep(BEAT_S)

    task = asyncio.create_task(beating())
    await asyncio.sleep(BEAT_S)
    try:
        answers = [await answer(network, one) for one in sounds]
    except ValueError:
        answers = ["its error"]
    over()
    end.set()
    await task
    return answers


def _on_a_loop(answer, network, sounds, beat=lambda: None, over=lambda: None):
    """Run on a loop of its own, in a thread: a notebook has one already."""
    found = []

    def run():
        try:
            found.append(asyncio.run(_beaten(answer, network, sounds, beat, over)))
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _served(answer, sounds):
    """Ask a network that comes back when the loop has gone on, or gives up: no clock is read.

    It gives up after many short pauses, not one long one: on a busy machine the loop has its turn
    between them.
    """
    beats, over, gave_up = threading.Event(), threading.Event(), []

    def network(sound):
        beats.clear()
        if not any(beats.wait(PAUSE_S) or over.is_set() for _ in range(N_PAUSES)):
            gave_up.append(True)
        return _quick_network(sound)

    answers = _on_a_loop(answer, network, sounds, beats.set, over.set)
    return {"answers": list(answers), "the loop goes on meanwhile": not gave_up}


def _at_once(answer, sounds):
    return _on_a_loop(answer, _quick_network, sounds)[0]


def _failing(answer, sounds):
    return {"what comes back": _on_a_loop(answer, _broken_network, sounds)[0]}


def _wrong_handlers():
    async def blocks(network, sound):
        return network(sound)

    async def forgets(network, sound):
        def alone():
            with contextlib.suppress(ValueError):
                network(sound)

        threading.Thread(target=alone).start()

    async def swallows(network, sound):
        try:
            return await asyncio.to_thread(network, sound)
        except ValueError:
            return None

    return [
        (blocks, "the network is computed on the loop: nothing else happens until it is done"),
        (
            forgets,
            "the network is started in a thread, and nobody waits for its answer: return it",
        ),
        (swallows, "the error of the network is lost: who asked must hear of it"),
        (
            lambda network, sound: asyncio.to_thread(network, 0 * np.asarray(sound)),
            "the network is given something else than the sound",
        ),
    ]


@exercise(
    "serving.blocked",
    level="core",
    hints=(
        "`async` makes nothing run beside anything else. What gives way is `await`, and the "
        "network has none.",
        "A thread can compute while the loop goes on, and asyncio waits for it: look at "
        "`asyncio.to_thread`.",
        "`return await asyncio.to_thread(network, sound)`",
    ),
    probes=[
        probe("one sound is answered, and the loop stays free", [[1.0, 2.0]], observe=_served),
        probe("and another", [[0.5, -3.0, 1.0]], observe=_served),
        probe("an error of the network comes through", [[1.0]], observe=_failing),
    ],
    wrong=_wrong_handlers,
    observe=_at_once,
    valid=lambda random: ([random.normal(size=3) for _ in range(2)],),
)
async def blocked(network, sound):
    return await asyncio.to_thread(network, sound)


# --- batches for a device ------------------------------------------------------------------------

from audiolessons.exercises.large import _serving_batches  # noqa: E402, F401
