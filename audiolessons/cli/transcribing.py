"""`transcribe`: write down what is said in a recording, and when."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

LONGEST_S = 12.0  # of what is heard at once: sentences in training are shorter
PAUSE_S = 0.8  # a longer one ends a passage
MARGIN_S = 0.2  # kept before and behind a passage


class Recognition(NamedTuple):
    """A network that is ready, and how what it says becomes words.

    `log_probs(audio)` gives (N, K) for a sound at `sample_rate`, a row each `frame_s`;
    `tokens(log_probs)` the tokens that it heard; `words(tokens)` each word with the numbers of its
    first and last token.
    """

    sample_rate: int
    frame_s: float
    log_probs: Callable
    tokens: Callable
    words: Callable


class Word(NamedTuple):
    word: str
    start_s: float
    end_s: float


def add_to(commands) -> None:
    """Add the command to the parser's."""
    transcribe = commands.add_parser(
        "transcribe",
        help="write down what is said in a recording, and when",
        description="Write down what is said in a recording: a line for each passage between two "
        "pauses. Recordings of any length, rate and number of channels are heard; passages longer "
        f"than {LONGEST_S:.0f} s are cut where it is quietest. Nothing is written to files.",
        epilog="The networks are small and learned from few voices: expect many wrong words. "
        "Transcribe only what those who speak agreed to.",
    )
    transcribe.add_argument("source", type=Path, metavar="IN", help="a sound file")
    transcribe.add_argument(
        "--model",
        choices=tuple(MODELS),
        default="sentences",
        help="sentences: English; digits: the words zero to nine (default: %(default)s)",
    )
    transcribe.add_argument(
        "--language-model",
        action="store_true",
        help="ask a model of words which texts are likely: slower, fewer wrong words; needs the "
        "data sets it is counted in (sentences)",
    )
    form = transcribe.add_mutually_exclusive_group()
    form.add_argument(
        "--words",
        action="store_true",
        help="a line for each word: start and end in seconds (of a digit: the moment it is sure), "
        "word; Audacity reads it as labels",
    )
    form.add_argument("--json", action="store_true", help="passages and words as JSON")
    transcribe.set_defaults(run=_transcribe)


def _transcribe(options) -> int:
    from audiolessons import files
    from audiolessons.errors import AudioError

    if options.language_model and options.model != "sentences":
        raise AudioError(f"--language-model spells sentences, not {options.model}: leave one out")
    with files.reading(options.source) as sound:
        recognition = MODELS[options.model](options.language_model)
        if sound.sample_rate != recognition.sample_rate or sound.n_channels != 1:
            print(
                f"{options.source}: {sound.sample_rate} Hz, channels: {sound.n_channels}; "
                f"heard as {recognition.sample_rate} Hz, one channel",
                file=sys.stderr,
            )
        understood = []
        for start_s, audio in _heard(sound, options.source, recognition.sample_rate):
            words = heard_words(recognition, audio, start_s=start_s)
            if words:
                understood.append(words)
                if not options.json:
                    _show(words, options.words)
    if not understood:
        raise AudioError(
            f"somebody may speak in {options.source}, but no word was understood: is it "
            f"{'English' if options.model == 'sentences' else 'a row of digits'}, and loud enough?"
        )
    if options.json:
        listed = [
            {"text": _text(words), "words": [word._asdict() for word in words]}
            for words in understood
        ]
        found = {"file": str(options.source), "model": options.model, "passages": listed}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    return 0


def heard_words(recognition: Recognition, audio: np.ndarray, *, start_s: float = 0.0) -> list[Word]:
    """Return the words of a passage (T,) that begins at `start_s`, with the times they are said."""
    from audiolessons import matching

    log_probs = recognition.log_probs(audio)
    tokens = recognition.tokens(log_probs)
    if not tokens:
        return []
    times_s = start_s + recognition.frame_s * matching.ctc_align(log_probs, tokens)
    return [
        Word(word, round(float(times_s[first, 0]), 2), round(float(times_s[last, 1]), 2))
        for word, first, last in recognition.words(tokens)
    ]


def passages(segments: np.ndarray) -> list:
    """Return from when to when to listen, in seconds: segments of speech (S, 2), joined.

    They are joined over short pauses, as long as the whole stays short.
    """
    found: list = []
    for start, end in segments.tolist():
        if found and start - found[-1][1] < PAUSE_S and end - found[-1][0] <= LONGEST_S:
            found[-1][1] = end
        else:
            found.append([start, end])
    return found


def pieces(audio: np.ndarray, *, sample_rate: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield pieces of a passage (T,), each with its first sample, none longer than `LONGEST_S`.

    A passage that is longer is cut in the second half of that time, where it is quietest.
    """
    from audiolessons import editing

    start, longest = 0, round(LONGEST_S * sample_rate)
    while len(audio) - start > longest:
        middle = start + longest // 2
        level_db = editing.frame_level_db(audio[middle : start + longest], sample_rate=sample_rate)
        end = middle + int(np.argmin(level_db)) * sample_rate // 100
        yield start, audio[start:end]
        start = end
    yield start, audio[start:]


def _heard(sound, name, sample_rate):
    """Yield start in seconds and sound (T,) of what is heard at once; little else is held."""
    from audiolessons import editing
    from audiolessons.errors import AudioError
    from audiolessons.recipes.tasks.editing import editing as recipe

    segments = recipe.voice_segments(sound)
    if len(segments) == 0:
        raise AudioError(f"nobody speaks in {name}: is it the right file, and loud enough?")
    blocks = editing.resampled_blocks(sound, sample_rate=sample_rate)
    held, first = np.zeros(0, np.float32), 0
    for start_s, end_s in passages(segments):
        start = max(0, round((start_s - MARGIN_S) * sample_rate))
        end = round((end_s + MARGIN_S) * sample_rate)
        while first + len(held) < end and (block := next(blocks, None)) is not None:
            if first + len(held) < start:  # all that is held lies before the passage
                held, first = held[:0], first + len(held)
            held = np.concatenate([held, block])
        held, first = held[start - first :], start
        for offset, piece in pieces(held[: end - start], sample_rate=sample_rate):
            yield (start + offset) / sample_rate, piece


def _show(words, timed):
    if not timed:
        print(_text(words), flush=True)
        return
    for word, start_s, end_s in words:
        print(f"{start_s:.2f}\t{end_s:.2f}\t{word}", flush=True)


def _text(words):
    return " ".join(word for word, *_ in words)


def _sentences(with_words) -> Recognition:
    from audiolessons.recipes.speech.recognition import sentences as recipe

    network = recipe.trained()
    model = recipe.language_model() if with_words else None

    def words(tokens):
        letters, found = recipe.to_text(tokens), []
        for word in letters.split():
            first = found[-1][2] + 2 if found else 0
            found.append((word, first, first + len(word) - 1))
        return found

    return Recognition(
        recipe.SAMPLE_RATE,
        0.04,
        lambda audio: recipe.log_probs(network, audio),
        lambda log_probs: recipe.to_tokens(recipe.recognise(log_probs, words=model)),
        words,
    )


def _digits(_) -> Recognition:
    from audiolessons import matching
    from audiolessons.recipes.speech.recognition import digit_strings as recipe

    network = recipe.trained()
    return Recognition(
        recipe.SAMPLE_RATE,
        0.05,
        lambda audio: recipe.log_probs(network, audio),
        matching.best_path,
        lambda tokens: [(recipe.WORDS[token - 1], n, n) for n, token in enumerate(tokens)],
    )


MODELS = {"sentences": _sentences, "digits": _digits}
