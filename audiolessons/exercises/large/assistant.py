"""Exercises of the chapter large/assistant."""

from __future__ import annotations

import math
import re

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.large import _assistant_networks  # noqa: F401

# --- how long somebody waits --------------------------------------------------------------------


def _any_wait(random):
    chunk, quiet = int(random.integers(5, 60)), int(random.integers(20, 400))
    return quiet, chunk, int(random.integers(0, quiet + 1)), int(random.integers(0, 400))


@exercise(
    "assistant.wait",
    level="easy",
    hints=(
        "Quiet is looked at when a chunk is complete: round up to whole chunks.",
        "Computing that began at the pause has `quiet - pause` of time. Only what it needs beyond "
        "that is waited for.",
    ),
    probes=[
        probe("whole chunks, computing is done in time", 250, 50, 100, 100),
        probe("quiet is full within a chunk: the end of that chunk decides", 250, 40, 100, 100),
        probe("computing takes longer than the rest of the quiet", 250, 50, 100, 400),
        probe("computing begins when the turn is over", 300, 20, 300, 70),
        probe("computing takes no time at all", 130, 60, 0, 0),
        probe("the pause is noticed at the end of its chunk, too", 250, 40, 90, 200),
        probe("one millisecond too long", 200, 100, 100, 101),
    ],
    wrong=[
        (
            lambda quiet, chunk, pause, computing: quiet + max(0, computing - (quiet - pause)),
            "quiet is noticed at the end of a chunk: round up to whole chunks",
        ),
        (
            lambda quiet, chunk, pause, computing: (
                quiet // chunk * chunk
                + max(
                    0,
                    computing
                    - (math.ceil(quiet / chunk) * chunk - math.ceil(pause / chunk) * chunk),
                )
            ),
            "rounded down: a chunk that is not complete has not been heard",
        ),
        (
            lambda quiet, chunk, pause, computing: math.ceil(quiet / chunk) * chunk + computing,
            "computing began at the pause: it is not added to the whole wait",
        ),
        (
            lambda quiet, chunk, pause, computing: math.ceil(quiet / chunk) * chunk,
            "what computing needs beyond the quiet is left out",
        ),
        (
            lambda quiet, chunk, pause, computing: (
                math.ceil(quiet / chunk) * chunk
                + computing
                - (math.ceil(quiet / chunk) * chunk - math.ceil(pause / chunk) * chunk)
            ),
            "computing that is done early does not shorten the quiet",
        ),
        (
            lambda quiet, chunk, pause, computing: (
                math.ceil(quiet / chunk) * chunk
                + max(0, computing - (math.ceil(quiet / chunk) * chunk - pause))
            ),
            "the pause, too, is noticed at the end of a chunk",
        ),
    ],
    valid=_any_wait,
)
def wait(quiet_ms, chunk_ms, pause_ms, computing_ms):
    over = math.ceil(quiet_ms / chunk_ms) * chunk_ms
    paused = math.ceil(pause_ms / chunk_ms) * chunk_ms
    return max(over, paused + computing_ms)


# --- found, and false alarms --------------------------------------------------------------------


def _rates(*, at_least=False, per=3600.0, share=True, swap=False):
    def rates(word_peaks, other_peaks, seconds, threshold):
        words, others = np.asarray(word_peaks), np.asarray(other_peaks)
        if swap:
            words, others = others, words
        above = (lambda x: x >= threshold) if at_least else (lambda x: x > threshold)
        found = np.mean(above(words)) if share else np.sum(above(words))
        return float(found), float(np.sum(above(others)) * per / seconds)

    return rates


def _any_peaks(random):
    words = np.round(random.uniform(0, 1, int(random.integers(1, 9))), 1)
    others = np.round(random.uniform(0, 1, int(random.integers(1, 9))), 1)
    return words, others, float(random.integers(60, 9000)), round(float(random.uniform(0, 1)), 1)


@exercise(
    "assistant.rates",
    level="easy",
    hints=(
        "A word is found if its peak lies above the threshold: `np.mean(peaks > threshold)`.",
        "Alarms are counted, and divided by hours: an hour has 3600 seconds.",
    ),
    probes=[
        probe("two of three found, one alarm in an hour", [0.9, 0.8, 0.2], [0.6, 0.1], 3600, 0.5),
        probe("half an hour", [0.9, 0.1], [0.7, 0.8, 0.2], 1800, 0.5),
        probe("a peak that is the threshold is not above it", [0.5, 0.6], [0.5, 0.5], 7200, 0.5),
        probe("three quarters of an hour", [0.9], [0.7, 0.8, 0.2], 2700, 0.5),
        probe("three hours without an alarm", [0.3, 0.4, 0.9, 0.95], [0.2], 10800, 0.35),
    ],
    wrong=[
        (_rates(at_least=True), "a peak that equals the threshold is not above it"),
        (_rates(per=1.0), "these are alarms a second: an hour has 3600"),
        (_rates(per=60.0), "these are alarms a minute: an hour has 3600 seconds"),
        (
            lambda w, o, s, t: (100 * _rates()(w, o, s, t)[0], _rates()(w, o, s, t)[1]),
            "found is a share, from 0 to 1, and not a percentage",
        ),
        (_rates(share=False), "found is a share: divide by the number of words"),
        (_rates(swap=True), "words and other sounds are exchanged"),
        (
            lambda w, o, s, t: (_rates()(w, o, s, t)[0], float(np.mean(np.asarray(o) > t))),
            "alarms are not a share: count them, and divide by the hours",
        ),
    ],
    valid=_any_peaks,
)
def rates(word_peaks, other_peaks, seconds, threshold):
    return _rates()(word_peaks, other_peaks, seconds, threshold)


# --- a threshold --------------------------------------------------------------------------------


def _threshold(*, most_of="floor", least=True, reverse=True, minimum=0.0):
    def choose(peaks, hours, most_an_hour):
        allowed = most_an_hour * hours
        n = int(allowed) if most_of == "floor" else math.ceil(allowed)
        ordered = sorted((float(p) for p in peaks), reverse=reverse)
        n = n if least else n - 1
        return ordered[n] if 0 <= n < len(ordered) else minimum

    return choose


def _any_alarms(random):
    peaks = np.round(random.uniform(0.05, 1, int(random.integers(1, 12))), 3)
    return peaks, round(float(random.uniform(0.3, 6)), 2), float(random.choice([0.5, 1, 1.5, 2]))


@exercise(
    "assistant.threshold",
    level="core",
    hints=(
        "How many alarms may there be in all? The hours times the most in an hour, rounded down.",
        "An alarm is a peak above the threshold. Sort the peaks, largest first: with the threshold "
        "at number n (from 0), exactly the n before it are above.",
        "If there are no more peaks than may be alarms, 0 will do.",
    ),
    probes=[
        probe("two hours, one an hour: two peaks may lie above", [0.9, 0.2, 0.7, 0.4], 2.0, 1.0),
        probe("half an hour, one an hour: none may", [0.3, 0.8, 0.5], 0.5, 1.0),
        probe("3.8 hours, one an hour: three may", [0.1, 0.6, 0.5, 0.9, 0.3], 3.8, 1.0),
        probe("more may than there are", [0.4, 0.6], 5.0, 1.0),
        probe("as many may as there are", [0.4, 0.6], 2.0, 1.0),
        probe("two an hour", [0.9, 0.8, 0.7, 0.6, 0.5], 1.0, 2.0),
        probe("half an alarm an hour", [0.31, 0.81, 0.51], 2.0, 0.5),
    ],
    wrong=[
        (_threshold(most_of="ceil"), "rounded up: then there are more alarms an hour than may be"),
        (_threshold(least=False), "one alarm fewer than may be: the peak itself is not above"),
        (_threshold(reverse=False), "sorted the other way: the largest peaks are the alarms"),
        (_threshold(minimum=1.0), "if all may be alarms, the lowest threshold is 0"),
        (
            lambda peaks, hours, most: _threshold()(peaks, 1.0, most),
            "the hours are not used: the more were heard, the more alarms may be among them",
        ),
    ],
    valid=_any_alarms,
)
def threshold(peaks, hours, most_an_hour):
    return _threshold()(peaks, hours, most_an_hour)


# --- how much a grammar can say -----------------------------------------------------------------

SLOT = re.compile(r"<(\w+)>")


def _count(*, join=math.prod, add=sum, once=False):
    def count(rules, start):
        total = []
        for choice in rules[start]:
            slots = SLOT.findall(choice)
            slots = list(dict.fromkeys(slots)) if once else slots
            total.append(join([count(rules, name) for name in slots]) if slots else 1)
        return add(total)

    return count


def _any_rules(random):
    words = ["a", "b", "c", "d"]
    rules = {"z": [str(random.choice(words)) for _ in range(int(random.integers(1, 4)))]}
    for name in ("y", "x", "start"):
        below = [one for one in ("z", "y", "x") if one in rules]
        rules[name] = [
            " ".join(
                f"<{random.choice(below)}>" if random.uniform() < 0.6 else str(random.choice(words))
                for _ in range(int(random.integers(1, 4)))
            )
            for _ in range(int(random.integers(1, 4)))
        ]
    return rules, "start"


LIGHTS = {
    "command": ["turn <room> lights <state>", "lights <state>", "help"],
    "room": ["all", "the <place>"],
    "place": ["kitchen", "hall", "front door"],
    "state": ["on", "off"],
}


@exercise(
    "assistant.count",
    level="core",
    hints=(
        "A rule can say what its first choice can, and what its second can: add.",
        "Within a choice, every filling of the first slot goes with every filling of the second: "
        "multiply. `re.findall(r'<(\\w+)>', choice)` lists its slots.",
        "A slot is a rule: let the function call itself. A choice without slots counts 1, which is "
        "the product of nothing.",
    ),
    probes=[
        probe("two choices", {"s": ["yes", "no"]}, "s"),
        probe("a slot", {"s": ["light <v>"], "v": ["on", "off", "blue"]}, "s"),
        probe("rooms and lights", LIGHTS, "command"),
        probe("another start", LIGHTS, "room"),
        probe("one slot twice", {"s": ["<n> and <n>"], "n": ["one", "two", "six"]}, "s"),
    ],
    wrong=[
        (_count(join=sum), "within a choice, fillings are combined: multiply"),
        (_count(add=math.prod), "choices are alternatives: add"),
        (_count(once=True), "a slot that stands twice is filled twice"),
        (lambda rules, start: len(rules[start]), "these are choices: each may have slots to fill"),
        (
            lambda rules, start: _count()(rules, next(iter(rules))),
            "`start` is not used: begin with that rule",
        ),
    ],
    valid=_any_rules,
)
def count(rules, start):
    return _count()(rules, start)


# --- a word that is heard once ------------------------------------------------------------------


def _heard(*, low=0.5, strict=True, rearm_below=True, first=True, rearm_at=False):
    def heard(scores, threshold):
        found, armed = [], True
        for at, score in enumerate(scores):
            over = score > threshold if strict else score >= threshold
            if armed and over:
                found.append(at if first else at + 1)
                armed = False
            elif rearm_below and (
                score < low * threshold or (rearm_at and score == low * threshold)
            ):
                armed = True
        return found

    return heard


def _any_scores(random):
    n = int(random.integers(1, 30))
    return np.round(random.choice([0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9], n), 1), float(
        random.choice([0.4, 0.5, 0.6])
    )


@exercise(
    "assistant.once",
    level="core",
    hints=(
        "Keep one thing in mind from hop to hop: whether it may be heard again.",
        "Above the threshold, and it may: note the hop, and it may no longer.",
        "Below half of the threshold it may again. In between nothing changes.",
    ),
    probes=[
        probe("one word", [0.1, 0.6, 0.9, 0.4, 0.1], 0.5),
        probe("a dip that is not deep enough", [0.6, 0.3, 0.7, 0.2, 0.8], 0.5),
        probe(
            "at the threshold is not above, at half of it is not below", [0.5, 0.6, 0.25, 0.9], 0.5
        ),
        probe("another threshold", [0.5, 0.7, 0.35, 0.7, 0.1, 0.7, 0.9], 0.6),
        probe("four hops above it", [0.6, 0.7, 0.8, 0.6], 0.5),
        probe("nothing", [0.0, 0.1], 0.5),
    ],
    wrong=[
        (_heard(rearm_below=False), "only the first word of all is heard: it never may again"),
        (_heard(low=1.0), "it may again below the threshold itself: wait for half of it"),
        (_heard(strict=False), "a score that equals the threshold is not above it"),
        (_heard(rearm_at=True), "a score that equals half of the threshold is not below it"),
        (_heard(first=False), "one hop late"),
        (
            lambda scores, threshold: [i for i, s in enumerate(scores) if s > threshold],
            "every hop above the threshold is given: a word is heard once",
        ),
    ],
    valid=_any_scores,
)
def heard(scores, threshold):
    return _heard()(scores, threshold)


# --- numbers from Mandarin ----------------------------------------------------------------------

FIGURES = {
    "ling2": 0, "yi1": 1, "er4": 2, "san1": 3, "si4": 4, "wu3": 5, "liu4": 6, "qi1": 7, "ba1": 8,
    "jiu3": 9,
}  # fmt: skip
PLACES = {"shi2": 10, "bai3": 100, "qian1": 1000}


def _number(*, ten=1, add_place=False, digitwise=False, left=0):
    def number(syllables):
        if digitwise:
            return int("".join(str(FIGURES[s]) for s in syllables if s in FIGURES) or 0)
        total, figure = 0, None
        for syllable in syllables:
            if syllable in FIGURES:
                figure = FIGURES[syllable]
            elif add_place:
                total, figure = total + (figure or 0) + PLACES[syllable], None
            else:
                total, figure = total + (ten if figure is None else figure) * PLACES[syllable], None
        return total + (left if figure is None else figure)

    return number


def _any_number(random):
    from audiolessons.assistant import numeral

    return (numeral(int(random.integers(0, 10 ** int(random.integers(1, 5))))),)


@exercise(
    "assistant.number",
    level="stretch",
    hints=(
        "Keep the figure that was said last. A place (ten, hundred, thousand) multiplies it, and "
        "the product is added to the sum.",
        "What is left at the end are the ones.",
        "Without a figure before it, ten is ten: ten to nineteen begin so.",
    ),
    probes=[
        probe("forty-two", ["si4", "shi2", "er4"]),
        probe("nought", ["ling2"]),
        probe("ten to nineteen begin with the ten", ["shi2", "qi1"]),
        probe("a zero that is said", ["yi1", "qian1", "ling2", "wu3"]),
        probe("all places", ["jiu3", "qian1", "ba1", "bai3", "liu4", "shi2", "san1"]),
        probe("no ones", ["er4", "bai3"]),
    ],
    wrong=[
        (_number(ten=0), "ten to nineteen begin with the ten: without a figure, it counts once"),
        (_number(left=1), "a number that ends with a place has no ones: nothing is left to add"),
        (_number(add_place=True), "a place multiplies the figure before it, and is not added"),
        (_number(digitwise=True), "figures are put side by side: places say what they are worth"),
    ],
    valid=_any_number,
)
def number(syllables):
    return _number()(syllables)


# --- the bug hunt: when is a turn over? ---------------------------------------------------------


def _over(*, reset=True, need_voice=True, at_least=True, report=0):
    def over(is_voice, wait):
        quiet, begun = 0, False
        for hop, voice in enumerate(is_voice):
            if voice:
                begun = True
                quiet = 0 if reset else quiet
            elif begun or not need_voice:
                quiet += 1
            if (quiet >= wait if at_least else quiet > wait) and (begun or not need_voice):
                return hop + report
        return None

    return over


def _any_voice(random):
    pieces = random.integers(1, 7, int(random.integers(1, 7)))
    first = int(random.integers(0, 2))
    voice = [(first + at) % 2 == 1 for at, n in enumerate(pieces) for _ in range(n)]
    return voice, int(random.integers(1, 6))


def _voice(text):
    return [one == "#" for one in text]


@exercise(
    "assistant.over",
    level="stretch",
    hints=(
        "Try a turn with two short gaps, and one that begins with a long silence.",
        "Quiet hops must follow each other: what happens to their number when a voice comes?",
        "Before anybody has spoken, no turn can be over. And it is over at the hop that makes the "
        "quiet long enough, not one later.",
    ),
    probes=[
        probe("a voice and a wait of three", _voice("..###......"), 3),
        probe("two gaps of two within a turn", _voice("##..##..##....."), 3),
        probe("nobody speaks", _voice("........"), 3),
        probe("a long silence comes first", _voice("......##...."), 3),
        probe("it goes on to the end", _voice(".####"), 2),
        probe("a wait of one", _voice("#.##"), 1),
        probe("a gap that is just too long", _voice("##...##...."), 3),
    ],
    wrong=[
        (_over(reset=False), "gaps are added up: a voice between them must begin the count anew"),
        (_over(need_voice=False), "a silence before anybody spoke ends no turn"),
        (_over(at_least=False), "one hop late: the hop that makes it long enough ends it"),
        (_over(report=-1), "one hop early"),
        (
            lambda is_voice, wait: (
                None if (hop := _over()(is_voice, wait)) is None else hop - wait + 1
            ),
            "this is where the quiet begins: the turn is over when it has lasted",
        ),
        (
            lambda is_voice, wait: max((i for i, v in enumerate(is_voice) if v), default=None),
            "this is the last voice of all: nobody can know that while the turn goes on",
        ),
    ],
    valid=_any_voice,
)
def over(is_voice, wait):
    return _over()(is_voice, wait)
