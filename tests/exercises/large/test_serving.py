"""Right answers to the exercises of the chapter large/serving: other algorithms and writings."""

import asyncio
import functools
import heapq

import numpy as np
import torch

import audiolessons as al


def _little_by_steps(arrivals, departures):
    """Walk through all moments at which somebody comes or goes."""
    events = sorted([(t, 1) for t in arrivals] + [(t, -1) for t in departures])
    area, inside = 0.0, 0
    for (now, change), (later, _) in zip(events, events[1:] + events[-1:], strict=True):
        inside += change
        area += inside * (later - now)
    span = events[-1][0] - events[0][0]
    return area / span, len(arrivals) / span, area / len(arrivals)


def _little_by_law(arrivals, departures):
    rate = len(arrivals) / (max(departures) - min(arrivals))
    stay = sum(d - a for a, d in zip(arrivals, departures, strict=True)) / len(arrivals)
    return [rate * stay, rate, stay]


def _together_by_pad(network, sounds):
    longest = max(len(one) for one in sounds)
    answers = network(np.array([np.pad(one, (0, longest - len(one))) for one in sounds]))
    return [answers[i, : len(one)] for i, one in enumerate(sounds)]


def _together_longer(network, sounds):
    """More padding than is needed."""
    batch = np.zeros((len(sounds), 50))
    for i in range(len(sounds)):
        batch[i, : len(sounds[i])] = sounds[i]
    return [row[:n] for row, n in zip(network(batch), map(len, sounds), strict=True)]


def _together_by_lists(network, sounds):
    longest = max(map(len, sounds))
    batch = [[*map(float, one)] + [0.0] * (longest - len(one)) for one in sounds]
    answers = network(np.array(batch))
    return [list(answers[i])[: len(one)] for i, one in enumerate(sounds)]


def _batches_by_search(arrivals, most, first_s, each_s):
    arrivals, done, free = np.asarray(arrivals, float), np.zeros(len(arrivals)), 0.0
    i = 0
    while i < len(arrivals):
        begin = max(free, arrivals[i])
        stop = min(int(np.searchsorted(arrivals, begin, side="right")), i + most)
        free = begin + first_s + (stop - i) * each_s
        done[i:stop] = free
        i = stop
    return done


def _batches_by_queue(arrivals, most, first_s, each_s):
    coming, free, done = list(arrivals), 0.0, []
    while coming:
        free = max(free, coming[0])
        batch = [one for one in coming if one <= free][:most]
        coming = coming[len(batch) :]
        free += first_s + each_s * len(batch)
        done.extend(free for _ in batch)
    return done


def _bucket_by_debt(times, a_second, burst):
    """The other way round: a debt that flows off, of at most burst."""
    debt, then, found = 0.0, times[0], []
    for now in times:
        debt = max(0.0, debt - (now - then) * a_second)
        then = now
        found.append(burst - debt >= 1)
        if found[-1]:
            debt += 1
    return found


class _Bucket:
    def __init__(self, a_second, burst):
        self.a_second, self.burst, self.tokens, self.then = a_second, burst, burst, None

    def take(self, now):
        if self.then is not None:
            self.tokens = min(self.burst, self.tokens + self.a_second * (now - self.then))
        self.then = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def _bucket_by_object(times, a_second, burst):
    one = _Bucket(a_second, burst)
    return np.array([one.take(now) for now in times])


def _bounded_by_room(blocks, most):
    room, found = most, []
    for block in blocks:
        room -= len(block)
        if room < 0:
            raise ValueError("too long")
        found.extend(block)
    return found


def _bounded_in_place(blocks, most):
    audio, n = np.zeros(most), 0
    for block in blocks:
        if n + len(block) > most:
            raise ValueError("too long")
        audio[n : n + len(block)] = block
        n += len(block)
    return audio[:n]


def _bounded_by_next(blocks, most):
    blocks, found = iter(blocks), []
    while (block := next(blocks, None)) is not None:
        found.append(block)
        if sum(map(len, found)) > most:
            raise ValueError("too long")
    return np.hstack(found)


def _pressure_by_events(arrivals, takes_s, most_waiting, patience_s):
    """Arrivals and ends of work, from the earliest on."""
    waits, queue, is_free = np.full(len(arrivals), np.nan), [], True
    events = [(t, 1, i) for i, t in enumerate(arrivals)]  # an end at the same moment comes first
    heapq.heapify(events)

    def begin(now):
        nonlocal is_free
        while queue and is_free:
            i = queue.pop(0)
            if now - arrivals[i] <= patience_s:
                waits[i], is_free = now - arrivals[i], False
                heapq.heappush(events, (now + takes_s, 0, -1))

    while events:
        now, is_arrival, i = heapq.heappop(events)
        if not is_arrival:
            is_free = True
        elif is_free or len(queue) < most_waiting:
            queue.append(i)
        begin(now)
    return waits


def _pressure_renamed(times, duration, room, patience):
    answer, line, ready = [float("nan")] * len(times), [], 0.0
    for number in range(len(times) + 1):
        now = times[number] if number < len(times) else float("inf")
        while line and ready <= now:
            head = line[0]
            line = line[1:]
            waited = ready - times[head]
            if waited > patience:
                continue
            answer[head] = waited
            ready = ready + duration
        if number < len(times):
            if ready <= now and not line:
                answer[number] = 0.0
                ready = now + duration
            elif len(line) < room:
                line = [*line, number]
    return answer


async def _blocked_by_executor(network, sound):
    return await asyncio.get_running_loop().run_in_executor(None, network, sound)


async def _blocked_by_partial(network, sound):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, functools.partial(network, sound))


async def _blocked_by_task(network, sound):
    task = asyncio.create_task(asyncio.to_thread(network, sound))
    return await task


def _blocked_without_async(network, sound):
    return asyncio.to_thread(lambda: network(sound))


def _batched_by_groups(network, sounds, most):
    """First all groups, then all answers."""
    groups = []
    for i in sorted(range(len(sounds)), key=lambda i: len(sounds[i])):
        if groups and (len(groups[-1]) + 1) * len(sounds[i]) <= most:
            groups[-1].append(i)
        else:
            groups.append([i])
    device, answers = al.training.pick_device(), {}
    network.eval().to(device)
    for group in groups:
        parts = [torch.from_numpy(sounds[i]) for i in group]
        batch = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)
        with torch.inference_mode():
            rows = network(batch.to(device)).cpu()
        answers |= {i: rows[b, : len(sounds[i])].numpy() for b, i in enumerate(group)}
    return [answers[i] for i in range(len(sounds))]


@torch.no_grad()
def _batched_on_the_device(network, sounds, most):
    """The batch is filled where it is needed; places are kept in an inverse permutation."""
    device = al.training.pick_device()
    network.to(device).train(False)
    lengths = np.array([len(one) for one in sounds])
    order = np.argsort(lengths, kind="stable")
    sorted_answers, begin = [], 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and (end + 1 - begin) * lengths[order[end]] <= most:
            end += 1
        batch = torch.zeros(end - begin, lengths[order[end - 1]], device=device)
        for b, i in enumerate(order[begin:end]):
            batch[b, : lengths[i]] = torch.tensor(sounds[i], device=device)
        rows = network(batch)
        for b, i in enumerate(order[begin:end]):
            sorted_answers.append(np.array(rows[b].tolist()[: lengths[i]], np.float32))
        begin = end
    return [sorted_answers[place] for place in np.argsort(order)]


def _batched_from_the_end(network, sounds, most):
    """The rest is a stack; a batch is closed when the next does not fit."""
    device = al.training.pick_device()
    network = network.to(device).eval()
    stack = sorted(enumerate(sounds), key=lambda pair: -len(pair[1]))
    answers = [None] * len(sounds)
    while stack:
        batch = [stack.pop()]
        while stack and (len(batch) + 1) * len(stack[-1][1]) <= most:
            batch.append(stack.pop())
        longest = len(batch[-1][1])
        filled = np.stack([np.pad(one, (0, longest - len(one))) for _, one in batch])
        with torch.no_grad():
            rows = network(torch.tensor(filled).to(device)).cpu().numpy()
        for row, (i, one) in zip(rows, batch, strict=True):
            answers[i] = row[: len(one)]
    return answers


def _batched_as_a_generator(network, sounds, most):
    yield from _batched_by_groups(network, list(sounds), most)


RIGHT_ANSWERS = {
    "serving.batched": [
        _batched_by_groups,
        _batched_on_the_device,
        _batched_from_the_end,
        _batched_as_a_generator,
    ],
    "serving.little": [
        _little_by_steps,
        _little_by_law,
        lambda a, d: (
            np.array([np.sum(d - a), len(a), 0]) / (np.max(d) - np.min(a)) + [0, 0, np.mean(d - a)]
        ),
        lambda a, d: (
            float(np.mean(d - a) * len(a) / np.ptp(np.concatenate([a, d]))),
            len(a) / float(np.ptp(np.concatenate([a, d]))),
            float(np.mean(d) - np.mean(a)),
        ),
    ],
    "serving.together": [
        _together_by_pad,
        _together_longer,
        _together_by_lists,
        lambda network, sounds: [
            row[: len(one)]
            for one, row in zip(
                sounds,
                network(
                    np.stack(
                        [np.append(s, np.zeros(max(map(len, sounds)) - len(s))) for s in sounds]
                    )
                ),
                strict=True,
            )
        ],
    ],
    "serving.batches": [
        _batches_by_search,
        _batches_by_queue,
        lambda a, m, f, e: list(_batches_by_search(a, m, f, e)),
        lambda arrivals, most, first_s, each_s: np.array(
            _batches_by_queue(arrivals, most, first_s, each_s)
        ),
    ],
    "serving.bucket": [
        _bucket_by_debt,
        _bucket_by_object,
        lambda times, a_second, burst: list(map(bool, _bucket_by_object(times, a_second, burst))),
        lambda t, r, b: [int(one) for one in _bucket_by_debt(t, r, b)],
    ],
    "serving.bounded": [
        _bounded_by_room,
        _bounded_in_place,
        _bounded_by_next,
        lambda blocks, most: np.array(_bounded_by_room(blocks, most)),
    ],
    "serving.pressure": [
        _pressure_by_events,
        _pressure_renamed,
        lambda a, t, m, p: list(_pressure_by_events(a, t, m, p)),
        lambda a, t, m, p: np.array(_pressure_renamed(list(a), t, m, p)),
    ],
    "serving.blocked": [
        _blocked_by_executor,
        _blocked_by_partial,
        _blocked_by_task,
        _blocked_without_async,
    ],
}
