"""The assistant as a whole: how often it is right, how soon it answers, whether it lets go.

No network is trained here. Times are those of a clock: chunks arrive every 20 ms, each is computed
when it is there and the one before is done, and how long that took is measured.
"""

from __future__ import annotations

import functools
import time
from functools import partial

import numpy as np

from audiolessons import adaptive, assistant, matching, metrics, results, signals
from audiolessons.assistant import IntentClassifier, Meaning
from audiolessons.recipes.large.assistant import _parts, _turn_scenes, _waits
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE
from audiolessons.recipes.speech.recognition import _sentence_training as reading
from audiolessons.results import Row

CHUNK = 320  # samples, 20 ms
WEIGHTS = ("wake-word", "wake-check", "activity-gru", "sentences", "digit-strings-causal")
LONG_ANSWER = (
    "Ask me for the time, a timer, a call, or a number in Chinese. I can also turn the lights on, "
    "play some music, and make it warmer or cooler in here."
)
# Ways to ask that the grammar does not have; written before the classifier was tried.
PARAPHRASES = {
    "time": ("what is the time now", "how late is it", "do you know what time it is"),
    "timer": ("start a timer for me", "i need a timer", "wake me later"),
    "call": ("dial a number", "make a phone call", "call my number"),
    "translate": ("say a number in chinese", "translate this number", "what is that in chinese"),
    "light": ("lights on please", "make the lights go off", "turn off all the lights"),
    "music": ("play music", "stop playing music", "can i have some music"),
    "warmth": ("it is cold here", "i am much too hot", "it is too cold in here"),
    "help": ("what can you do", "what do you do for me", "can you do something for me"),
    "repeat": ("please say it again", "say again", "i do not understand that"),
    "never_mind": ("forget it", "never mind that", "please forget about that"),
}


def scenes() -> dict:
    """Draw commands, numbers and interruptions: `python -m audiolessons scenes voice_assistant`.

    Chapter: large/assistant
    """
    return _turn_scenes.scenes()


def ready(**options) -> assistant.Assistant:
    """Return an assistant that waits for its word; options are those of `assistant.Assistant`.

    Chapter: large/assistant
    """
    return _parts.ready(**options)


def run(helper: assistant.Assistant, audio: np.ndarray, *, chunk: int = CHUNK):
    """Feed a sound (T,) chunk by chunk; return what it says (T,), and when each chunk was done.

    Chunks arrive as they would from a microphone. Each is begun when it has come and the last is
    done; how long it takes is measured on the clock.

    Chapter: large/assistant
    """
    said, done_s = _timed(helper, audio, chunk)
    return said, done_s[:, 0]


def _timed(helper, audio, chunk=CHUNK):
    """Run; when each chunk was done (N, 2): on the clock, and had the processor been free."""
    said, done_s, free_s = [], [], np.zeros(2)
    for start in range(0, len(audio), chunk):
        part = audio[start : start + chunk]
        arrived_s = (start + len(part)) / SAMPLE_RATE
        began = _clocks()
        said.append(helper.push(part))
        free_s = np.maximum(arrived_s, free_s) + _clocks() - began
        done_s.append(free_s)
    return np.concatenate(said), np.array(done_s)


def _clocks():
    return np.array([time.perf_counter(), time.process_time()])


def first_sound_s(said: np.ndarray, done_s: np.ndarray, *, chunk: int = CHUNK) -> float | None:
    """Return when the first sample of an answer leaves for the loudspeaker, or None.

    Chapter: large/assistant
    """
    heard = np.flatnonzero(said)
    return float(done_s[heard[0] // chunk]) if len(heard) else None


@functools.cache
def _drawn(name):
    recorded = material.is_recorded()
    return (results.read_scenes("voice_assistant") if recorded else scenes())[name]


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; `quick` shows that all runs.

    Chapter: large/assistant
    """
    rows = {
        "commands": _rows_of_commands,
        "waits": _rows_of_rules,
        "turns": _rows_of_turns,
        "numbers": _rows_of_numbers,
        "barge_in": _rows_of_barges,
        "classifier": _rows_of_classifier,
    }
    return {name: partial(one, quick) for name, one in rows.items()}


def _rows_of_commands(quick):
    drawn = _drawn("commands")
    for name, change in (("", lambda a, _: a), ("_car", _turn_scenes.in_car)):
        right, refused = [], []
        for one in drawn[:: 40 if quick else 1]:
            audio, text = _turn_scenes.command_of(one)
            heard, _ = _parts.recognise(change(audio, one), known=_known(one))
            if text in one["known"]:
                right.append(heard is not None and heard.text == text)
            else:
                refused.append(heard is None)
        where = " in a car's noise at 10 dB" if name else ""
        how = f"{_turn_scenes.N_KNOWN} known sentences, unheard voices{where}"
        options = {"weights": ("sentences",)}
        goal = {"goal": ">= 90"} if not name else {}
        yield Row.share(f"right{name}", np.mean(right), len(right), how=how, **goal, **options)
        if refused:
            about = f"none of the {how}"
            yield Row.share(f"refused{name}", np.mean(refused), len(refused), how=about, **options)


def _known(one):
    return [Meaning(text, "help") for text in one["known"]]


FIXED_MS = (250, 400, 600, 800, 1000, 1200)  # waits that are tried


def _rows_of_rules(quick):
    """Yield what waits of one length, and of several, do with turns of validation voices."""
    some = _waits.turns(4 if quick else None)
    rules = {
        f"fixed_{ms}": ("no", dict.fromkeys(("short_s", "middle_s", "long_s"), ms / 1000))
        for ms in FIXED_MS
    }
    rules["known"] = ("known", {"long_s": 0.42})
    rules["whole"] = ("whole", {})
    about = {
        "no": "one wait for all",
        "known": "0.25 s if a known sentence is near enough, else 0.42 s",
        "whole": "by how likely all of a sentence was heard",
    }
    how_whole = {
        "no": lambda behind, far: "no",
        "known": lambda behind, far: "surely" if behind <= _parts.MOST_BEHIND else "no",
        "whole": _parts.how_whole,
    }
    for name, (kind, waits) in rules.items():
        cut, waited_ms = _waits.outcome(some, how_whole[kind], **waits)
        how = f"{about[kind]}; {len(some)} turns of validation voices, quiet room"
        options = {"weights": ("sentences",)}
        yield Row.share(f"cut_{name}", cut.mean(), len(cut), how=f"cut off; {how}", **options)
        for what, percent in (("median", 50), ("p95", 95)):
            value = float(np.percentile(waited_ms, percent)) if len(waited_ms) else 0.0
            about_wait = f"quiet after the last voiced sample, without computing; {how}"
            yield Row(f"{what}_{name}", value, "ms", "", about_wait, exact=True, **options)


def _rows_of_turns(quick):
    """Measure from the last voiced sample to the first sound, word and command in one go."""
    some = [one for one in _drawn("commands") if _turn_scenes.command_of(one)[1] in one["known"]]
    waits, early, woken, right = [], [], 0, 0
    some = some[:2] if quick else some[::2]
    for one in some:
        turn = _turn_scenes.command_turn(one)
        helper = ready(recognise=partial(_parts.recognise, known=_known(one)))
        said, done_s = _timed(helper, turn.audio)
        what = [event.what for event in helper.events]
        woken += "word" in what
        if "over" not in what or "word" not in what:
            continue
        over = next(event for event in helper.events if event.what == "over")
        heard = [event.detail for event in helper.events if event.what == "heard"]
        early.append(over.at_s < turn.end / SAMPLE_RATE)
        right += bool(heard) and heard[-1].startswith(turn.text)
        if not early[-1]:
            waits.append(_waited_ms(said, done_s, turn))
    how = f"{len(some)} turns, word and command, unheard voices, quiet room"
    yield Row.share("woken", woken / len(some), len(some), how=how, weights=WEIGHTS)
    yield from _rows_of_waits(waits, early, f"{len(early)} of {how}, those that the word woke")
    share = right / max(1, len(early))
    yield Row.share("right", share, max(1, len(early)), how=how, weights=WEIGHTS)


def _waited_ms(said, done_s, turn):
    return [1000 * (first_sound_s(said, one) - turn.end / SAMPLE_RATE) for one in done_s.T]


def _rows_of_waits(waits, early, how):
    clocks = (
        ("", "on the clock of a machine that other work shared"),
        ("_processor", "with the processor's time for the clock's, as if nothing else ran"),
    )
    for (suffix, clock), some in zip(clocks, np.array(waits).T, strict=True):
        for name, percent in (("median", 50), ("p95", 95)):
            low, high = metrics.bootstrap_interval(
                some, statistic=lambda x, p=percent: np.percentile(x, p)
            )
            yield Row(
                f"{name}{suffix}",
                float(np.percentile(some, percent)),
                "ms",
                "<= 500" if name == "p95" and not suffix else "",
                f"last voiced sample to first sound, {clock}, {how}, 95 % interval over turns",
                (low, high),
            )
    share, n = float(np.mean(early)), len(early)
    yield Row.share("cut_off", share, n, how=f"over before its end, {how}", goal="<= 5")


def _rows_of_numbers(quick):
    """Numbers of one to four figures, after the assistant has asked for one."""
    some = _drawn("numbers")[: 2 if quick else None]
    waits, early, right = [], [], []
    for one in some:
        turn, helper = _turn_scenes.number_turn(one), ready()
        helper.expect("translate")
        said, done_s = _timed(helper, turn.audio)
        over = [event for event in helper.events if event.what == "over"]
        heard = [event.detail.split(" ")[0] for event in helper.events if event.what == "heard"]
        right.append(bool(heard) and heard[-1] == turn.text)
        if over:
            early.append(over[0].at_s < turn.end / SAMPLE_RATE)
            if not early[-1]:
                waits.append(_waited_ms(said, done_s, turn))
    how = f"{len(some)} numbers of one to four figures, new takes of six men"
    yield from _rows_of_waits(waits, early, how)
    yield Row.share(
        "right",
        np.mean(right),
        len(right),
        how=how,
        weights=("activity-gru", "digit-strings-causal"),
    )


def _rows_of_barges(quick):
    """The word over the assistant's own voice, whose echo comes back through a room."""
    some = _drawn("barges")[: 2 if quick else None]
    for name, canceller in (("found", True), ("found_without", False)):
        found = []
        for number, one in enumerate(some):
            stopped = _interrupted(one, number, with_canceller=canceller, with_word=True)
            found.append(stopped is not None and 0 < stopped - one["at_s"] < 1.6)
        how = f"{len(some)} interruptions, echo 0 to 10 dB louder than the word"
        how += "" if canceller else ", echo not removed"
        goal = {"goal": ">= 90"} if canceller else {}
        yield Row.share(name, np.mean(found), len(found), how=how, weights=WEIGHTS, **goal)
    itself = [
        _interrupted(one, number, with_canceller=True, with_word=False) is not None
        for number, one in enumerate(some)
    ]
    about = f"{len(some)} answers of 9 s that nobody interrupts"
    yield Row.share("by_itself", np.mean(itself), len(itself), how=about, weights=WEIGHTS)


class _NoCanceller(adaptive.Canceller):
    """Leave the microphone as it is, as late as a canceller would be."""

    def _block(self, far, microphone):
        return microphone


def _interrupted(one, number, *, with_canceller, with_word):
    """Let the assistant speak into a room; return when it was interrupted, in seconds, or None."""
    take = next(some for some in material.takes("test") if some.id == one["word"])
    options = {} if with_canceller else {"canceller": _NoCanceller(block_length=256)}
    helper = ready(**options)
    helper.say(assistant.Answer(LONG_ANSWER))
    n_samples = round(9 * SAMPLE_RATE)
    near = 2e-4 * np.random.default_rng(number).standard_normal(n_samples)
    level = signals.db_to_amplitude(-one["echo_db"])
    if with_word:
        word = signals.normalize(take.audio, to_rms=0.05 * level)
        start = round(one["at_s"] * SAMPLE_RATE)
        near[start : start + len(word)] += word
    path = _turn_scenes.room(one, number)
    # The louder the room's answer, the louder the echo: RMS 0.05 at the microphone.
    path = path / np.sqrt(np.sum(path**2))
    far = np.zeros(n_samples + len(path), np.float32)
    echo = np.zeros(n_samples + 2 * len(path), np.float32)
    for start in range(0, n_samples, CHUNK):
        microphone = near[start : start + CHUNK] + echo[start : start + CHUNK]
        out = helper.push(microphone.astype(np.float32))
        begin = start + CHUNK  # what it says now is heard in the next chunk
        if begin + len(out) <= n_samples:
            far[begin : begin + len(out)] = out
            echo[begin : begin + len(out) + len(path) - 1] += np.convolve(out, path)
        stopped = [event.at_s for event in helper.events if event.what == "interrupted"]
        if stopped:
            return stopped[0]
    return None


def _rows_of_classifier(quick):
    """Ways to ask that the grammar lacks, with letters wrong by chance."""
    known = _parts.known_meanings()
    classifier = intent_classifier()
    asked = [(text, intent) for intent, texts in PARAPHRASES.items() for text in texts]
    texts = {one.text for one in known}
    inside = np.mean([text in texts for text, _ in asked])
    about = f"{len(asked)} ways to ask that were written before it was tried"
    yield Row.share("grammar", inside, len(asked), how=f"in the grammar, of {about}", exact=True)
    for percent in (0, 20, 40):
        rng, right = np.random.default_rng(percent), []
        for text, intent in asked:
            for _ in range(1 if percent == 0 or quick else 10):
                likely = classifier.probabilities(misheard(text, percent / 100, rng))
                right.append(max(likely, key=likely.get) == intent)
        low, high = metrics.bootstrap_interval(np.array(right, dtype=float))
        how = f"{about}, {percent} % of the letters wrong"
        spread = (100 * low, 100 * high)
        yield Row(f"right_{percent}", 100 * np.mean(right), "%", "", how, spread, exact=True)


def letters(audio: np.ndarray) -> np.ndarray:
    """Return the logarithms of the chances of letters (N, K) in a turn (T,) at 16 kHz.

    Chapter: large/assistant
    """
    return _parts.letters(audio)


def read_letters(log_probs: np.ndarray) -> str:
    """Return the text of the likeliest path.

    Chapter: large/assistant
    """
    return reading.to_text(matching.best_path(log_probs))


def to_tokens(text: str) -> list[int]:
    """Return the tokens of a text, as the network of letters has them.

    Chapter: large/assistant
    """
    return reading.to_tokens(text)


def intent_classifier() -> IntentClassifier:
    """Return a classifier that knows the sentences of the grammar, each also with errors.

    Chapter: large/assistant
    """
    rng = np.random.default_rng(5)
    texts, intents = [], []
    for one in _parts.known_meanings():
        for share in (0.0, 0.1, 0.2, 0.3):
            texts.append(misheard(one.text, share, rng))
            intents.append(one.intent)
    return IntentClassifier(texts, intents)


def misheard(text: str, share: float, rng: np.random.Generator) -> str:
    """Return a text in which a share of the letters is left out, doubled or another one.

    Examples
    --------
    >>> misheard("play music", 0.0, np.random.default_rng(0))
    'play music'

    Chapter: large/assistant
    """
    letters = []
    for letter in text:
        if rng.uniform() >= share:
            letters.append(letter)
            continue
        other = chr(rng.integers(ord("a"), ord("z") + 1))
        letters.append(("", other, letter + other)[rng.integers(3)])
    return "".join(letters)
