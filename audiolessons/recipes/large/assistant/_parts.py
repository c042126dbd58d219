"""An assistant put together: the networks that the project trained, and the voice by rule."""

from __future__ import annotations

import functools
import time

import numpy as np
import torch

from audiolessons import adaptive, assistant, models, signals
from audiolessons.errors import AudioError
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE
from audiolessons.recipes.speech.recognition import _sentence_training as reading
from audiolessons.recipes.speech.recognition._causal_lessons import levels
from audiolessons.recipes.speech.recognition._joined import SAMPLE_RATE as DIGITS_RATE
from audiolessons.recipes.speech.synthesis import rules
from audiolessons.results import weights

WORD = "computer"
THRESHOLD = 0.5  # of the wake word, chosen on validation as the next line
LEAST_LIKELY = 0.9  # that the last 1.1 s end in the word: both chosen on validation
MOST_BEHIND_WORD = 5.0  # nats a letter in the last 1.1 s: above it the word was not said
MOST_BEHIND = 2.0  # nats a letter: above it none of the sentences was said
SURELY_ALL, MAYBE_ALL = 1.5, 3.25  # nats a letter behind, anything and its own beginnings
ECHO_TAPS = {"n_partitions": 8, "partition_length": 512, "hop_length": 256}
LEVEL = 0.05  # RMS of a turn before it is recognised, and of the voice
VOICE = {"base_hz": 105.0, "speed": 1.1}


@functools.cache
def spotter() -> models.ActivityGRU:
    """Return the network that hears the word."""
    return _stored(models.ActivityGRU(hidden_size=64, delay=0), "wake-word")


@functools.cache
def word_check() -> models.WordCheck:
    """Return the network that looks again at what seems to be the word."""
    return _stored(models.WordCheck(), "wake-check")


@functools.cache
def _activity() -> models.ActivityGRU:
    return _stored(models.ActivityGRU(), "activity-gru")


@functools.cache
def sentence_reader() -> models.Recogniser:
    """Return the network that hears letters."""
    return _stored(reading.SETTINGS["recogniser"].make(), "sentences")


@functools.cache
def digit_reader() -> models.Recogniser:
    """Return the network that hears digits."""
    sizes = {"n_channels": 16, "hidden_size": 96, "n_layers": 2}
    return _stored(models.Recogniser(11, n_mels=40, causal=True, **sizes), "digit-strings-causal")


def _stored(network, name):
    weights.load(network, name)
    return network.eval()


@torch.no_grad()
def letters(audio: np.ndarray) -> np.ndarray:
    """Return the logarithms of the chances of letters (N, K) in a turn (T,) at 16 kHz."""
    logits = sentence_reader()(reading.spectrogram(_even(audio))[None])
    return logits[0].double().log_softmax(dim=-1).numpy()


@torch.no_grad()
def letter_states(sounds: np.ndarray, *, alter=None) -> torch.Tensor:
    """Return what the network of letters makes of sounds (B, T) at 16 kHz: states (B, N, D).

    They are those of the layer that was asked for phones. `alter` changes the spectrograms.
    """
    bands = torch.stack([reading.spectrogram(_even(one)) for one in sounds])
    if alter is not None:
        bands, _ = alter(bands, torch.full((len(bands),), bands.shape[-1]))
    return sentence_reader().encode(bands)[0][reading.LAYER]


def recognise(audio: np.ndarray, known=None) -> tuple[assistant.Meaning | None, str]:
    """Return which of the known sentences a turn is, or None, and whether that can be all of it."""
    known = known_meanings() if known is None else known
    number, behind, far = compare(audio, known)
    return known[number] if behind <= MOST_BEHIND else None, how_whole(behind, far)


def how_whole(behind: float, far: float) -> str:
    """Say whether what was heard is all, from what `compare` found."""
    return "surely" if far <= SURELY_ALL else "maybe" if far <= MAYBE_ALL else "no"


def compare(audio: np.ndarray, known) -> tuple[int, float, float]:
    """Return the number of the likeliest sentence, how far it lies behind saying anything, and that
    with how far it lies behind its own beginnings, both in nats a letter.
    """
    texts, heard = [one.text for one in known], letters(audio)
    try:
        number, behind = assistant.likeliest(heard, texts, to_tokens=reading.to_tokens)
    except AudioError:  # too short for any of them: a cough
        return 0, np.inf, np.inf
    more = assistant.behind_beginnings(heard, texts[number], to_tokens=reading.to_tokens)
    return number, behind, behind + more


@torch.no_grad()
def is_word(audio: np.ndarray) -> bool:
    """Say whether a sound (T,) at 16 kHz that ends now can be the wake word.

    The network of letters reads it. A small one that knows the word looks at its states, and its
    letters must not speak against it.
    """
    if not np.any(audio):
        return False
    reader = sentence_reader()
    states, _ = reader.encode(reading.spectrogram(_even(audio))[None])
    if word_check()(states[reading.LAYER]).sigmoid().item() < LEAST_LIKELY:
        return False
    heard = reader.predict(states[-1])[0].double().log_softmax(dim=-1).numpy()
    return assistant.likeliest(heard, [WORD], to_tokens=reading.to_tokens)[1] <= MOST_BEHIND_WORD


@functools.cache
def known_meanings() -> list[assistant.Meaning]:
    """Return every sentence of the assistant's grammar."""
    return assistant.meanings(assistant.GRAMMAR)


@torch.no_grad()
def recognise_digits(audio: np.ndarray) -> str:
    """Return the figures of a turn (T,) at 16 kHz."""
    sound = signals.resample(_even(audio), from_rate=SAMPLE_RATE, to_rate=DIGITS_RATE)
    path = digit_reader()(levels()(torch.from_numpy(sound))[None])[0].argmax(dim=-1)
    kept = torch.unique_consecutive(path)
    return "".join(str(int(token) - 1) for token in kept if token)


def _even(audio):
    return signals.normalize(np.asarray(audio, dtype=np.float32), to_rms=LEVEL)


def speak(answer: assistant.Answer) -> np.ndarray:
    """Return an answer as sound (T,) at 16 kHz: English, then Mandarin."""
    return _spoken(answer.text, answer.mandarin)


@functools.lru_cache(maxsize=64)
def _spoken(text, mandarin):
    said = [rules.speak(text, **VOICE)]
    if mandarin:
        said.append(assistant.speak_mandarin(list(mandarin), base_hz=VOICE["base_hz"]))
    return signals.normalize(np.concatenate(said), to_rms=LEVEL)


def ready(**options) -> assistant.Assistant:
    """Return an assistant that waits for its word; options are those of `assistant.Assistant`."""
    _warmed()
    parts = {
        "word": assistant.WordStream(spotter(), threshold=THRESHOLD, check=is_word),
        "activity": models.ActivityStream(_activity()),
        "canceller": adaptive.BlockKalman(**ECHO_TAPS),
        "recognise": recognise,
        "recognise_digits": recognise_digits,
        "speak": speak,
        "dialogue": assistant.Dialogue(clock=lambda: time.localtime()[3:5]),
    }
    return assistant.Assistant(**parts | options)


@functools.cache
def _warmed():
    """Use everything once, so that the first turn does not wait for networks to be read."""
    noise = 0.01 * np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    for listen in (letters, recognise_digits):
        listen(noise)
    speak(assistant.Answer("One.", ("yi1",)))
