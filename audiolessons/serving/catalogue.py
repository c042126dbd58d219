"""What can be exported: each trained network of the book, and what goes in and comes out.

Recipes are imported when a network is asked for, so that the list itself costs nothing. The
network that attends to a text (`models.AttentionWriter`) is left out: each look hears what the last
one wrote, a loop that a graph of free length cannot hold.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons import transforms
from audiolessons.music import N_TOKENS
from audiolessons.serving import graphs
from audiolessons.serving.spectra import plainly

SIZES = {"B": (1, 4), "T": (2000, 20000), "N": (8, 120), "L": (8, 60), "P": (1, 6)}  # of examples


class Pair(NamedTuple):
    """A network as ONNX can have it, and as the book runs it, both from the same arrays."""

    graph: nn.Module
    book: Callable


@dataclass(frozen=True)
class Entry:
    """A network with its features.

    `inputs` and `outputs` name arrays and their axes, such as "B T": a letter may be any number, a
    figure is fixed. `kinds` says what an input holds, if not numbers from a normal distribution:
    "sound", "lengths" (of the array before), "roll", or K for whole numbers below K.
    """

    make: Callable[[], Pair]
    inputs: dict
    outputs: dict
    about: str
    sample_rate: int | None = None
    kinds: dict = field(default_factory=dict)

    def example(self, random: np.random.Generator, *, sounds=()) -> tuple[Tensor, ...]:
        """Return valid inputs of drawn sizes; pieces of `sounds`, (T,) each, instead of noise."""
        size = {axis: int(random.integers(*limits)) for axis, limits in SIZES.items()}
        made: dict[str, Tensor] = {}
        for name, axes in self.inputs.items():
            shape = [size.get(axis) or int(axis) for axis in axes.split()]
            kind = self.kinds.get(name)
            if kind == "sound":
                values = _sounds(random, shape, sounds)
            elif kind == "lengths":
                values = _lengths(random, shape, next(iter(made.values())))
            elif kind == "roll":
                values = (random.random(shape) < 0.05).astype(np.float32)
            elif kind is not None:
                values = random.integers(kind, size=shape)
            else:
                values = random.normal(size=shape).astype(np.float32)
            made[name] = torch.from_numpy(values)
        return tuple(made.values())


def _sounds(random, shape, sounds):
    """Return noise, or pieces of sounds, of a shape (..., T)."""
    if not len(sounds):
        return random.normal(scale=0.1, size=shape).astype(np.float32)
    drawn = random.integers(len(sounds), size=shape[:-1])
    rows = [np.resize(sounds[number], shape[-1]) for number in drawn.ravel()]
    return np.reshape(rows, shape).astype(np.float32)


def _lengths(random, shape, padded):
    """Return lengths of which one is the longest, and set to 0 what lies behind them."""
    longest = padded.shape[-1]
    lengths = random.integers(longest // 2, longest + 1, size=shape)
    lengths[random.integers(len(lengths))] = longest
    padded *= torch.arange(longest) < torch.from_numpy(lengths)[:, None]
    return lengths


def _recipe(path):
    return import_module(f"audiolessons.recipes.{path}")


def _denoiser(name):
    def make():
        network = _recipe("tasks.denoising.denoising").trained(name)
        return Pair(graphs.Denoise(network), network)

    return make


def _denoiser_of_voices():
    network = _recipe("tasks.denoising.voices_in_noise").trained()
    return Pair(graphs.Denoise(network), network)


def _echo():
    network = _recipe("tasks.echo._residual").trained()
    return Pair(graphs.SuppressEcho(network), network)


def _activity():
    from audiolessons.models.speech.activity import HOP_LENGTH

    network = _recipe("tasks.editing._detectors").trained()
    graph = graphs.HearActivity(network, hop_length=HOP_LENGTH)
    return Pair(graph, lambda audio: network(audio).sigmoid())


def _wake_word():
    from audiolessons.models.speech.activity import HOP_LENGTH

    network = _recipe("large.assistant.wake_word").trained()
    graph = graphs.HearActivity(network, hop_length=HOP_LENGTH)
    return Pair(graph, lambda audio: network(audio).sigmoid())


def _wake_check():
    network = _recipe("large.assistant.wake_check").trained()
    return Pair(network, network)


def _speaker():
    recipe = _recipe("tasks.speaker._voice_networks")
    network = recipe.trained()
    features = partial(transforms.LogMel, sample_rate=16000, **recipe.FRAMES)
    ours, plain = graphs.EmbedVoice(network, features()), graphs.EmbedVoice(network, features())
    return Pair(plainly(plain), ours)


def _speech():
    recipe = _recipe("large.finetuning.finetuning")
    network, options = recipe.trained(), {"top_db": recipe.TOP_DB, "layer": recipe.UNIT_LAYER}
    ours, plain = (graphs.DescribeSpeech(network, recipe.to_log_mel(), **options) for _ in range(2))
    return Pair(plainly(plain), ours)


def _beeping_digits():
    recipe = _recipe("large.explaining._planted")
    ours, plain = (graphs.EmbedVoice(recipe.trained(), recipe.log_mels()) for _ in range(2))
    return Pair(plainly(plain), ours)


def _recogniser(network, features):
    """Return both forms of a recogniser; `features` makes a module from sounds to frames."""
    # Copies: what is made plain must not be what others use.
    ours, plain = (graphs.Recognise(network, copy.deepcopy(features())) for _ in range(2))
    return Pair(plainly(plain), ours)


def _digits():
    recipe = _recipe("speech.recognition.digit_strings")
    return _recogniser(recipe.trained(), recipe.Frames)


def _causal_digits():
    recipe = _recipe("speech.recognition.streaming_digits")
    return _recogniser(recipe.trained(), lambda: graphs.EachFrame(recipe.levels()))


def _sentences():
    frames = _recipe("speech.recognition._sentence_training").FRAMES
    to_log_mel = partial(transforms.LogMel, sample_rate=16000, **frames)
    network = _recipe("speech.recognition.sentences").trained()
    return _recogniser(network, lambda: graphs.BandsFromMean(to_log_mel()))


def _letters():
    network, _ = _recipe("speech.letters").trained()
    return Pair(network, network)


def _stories():
    network = _recipe("speech.language").trained()
    return Pair(network, network)


def _chorales():
    graph = graphs.WriteNotes(_recipe("learning.chorales").trained())
    return Pair(graph, graph)


def _voices(recipe):
    def make():
        network = _recipe(f"music.{recipe}").trained()
        return Pair(network, network)

    return make


def _melodies():
    graph = graphs.PlaceMelody(_recipe("music.melodies").trained())
    return Pair(graph, graph)


def _acoustic():
    network = _recipe("speech.synthesis.acoustic").trained()

    def book(tokens, lengths):  # one text after another
        said = []
        for one, n in zip(tokens, lengths, strict=True):
            lasting, *voice = network.traits(one[None, :n])[0]
            durations = lasting.expm1().round().clamp(min=0).long()
            said.append(network.write(one[:n], durations, torch.stack(voice)).T)
        n_frames = torch.tensor([len(one) for one in said])
        return nn.utils.rnn.pad_sequence(said, batch_first=True).transpose(1, 2), n_frames

    return Pair(graphs.SayText(network), book)


def _vocoder():
    network = _recipe("speech.synthesis._sounding").trained()
    return Pair(network, network)


def _digit_word(name):
    def make():
        from audiolessons.models import FoldedCNN

        network = _recipe("large.efficiency.efficiency").trained(name)
        return Pair(FoldedCNN(network).eval(), network)

    return make


SOUND = {"inputs": {"audio": "B T"}, "kinds": {"audio": "sound"}}
PADDED = {
    "inputs": {"audio": "B T", "lengths": "B"},
    "kinds": {"audio": "sound", "lengths": "lengths"},
}
CLEANED = {**SOUND, "outputs": {"cleaned": "B T"}, "sample_rate": 16000}
WRITTEN = {
    "inputs": {"tokens": "B N 4"},
    "kinds": {"tokens": N_TOKENS},
    "outputs": {"logits": "B K N 4"},
}
HEARD = {**PADDED, "outputs": {"log_chances": "B N K", "n_frames": "B"}}

CATALOGUE = {
    "denoiser-gru": Entry(_denoiser("gru"), about="takes noise out of speech", **CLEANED),
    "denoiser-crn": Entry(_denoiser("crn"), about="takes noise out of speech", **CLEANED),
    "denoiser-voices": Entry(
        _denoiser_of_voices, about="takes noise out of speech of many voices", **CLEANED
    ),
    "echo-gru": Entry(
        _echo,
        inputs={"sounds": "B 3 T"},
        kinds={"sounds": "sound"},
        outputs={"left": "B T"},
        about="takes out the echo that a filter left; sounds are what the filter left, the echo "
        "that it took away, and what the loudspeaker played",
        sample_rate=16000,
    ),
    "activity-gru": Entry(
        _activity,
        outputs={"probability": "B N"},
        about="says every 10 ms how likely somebody speaks",
        sample_rate=16000,
        **SOUND,
    ),
    "wake-word": Entry(
        _wake_word,
        outputs={"probability": "B N"},
        about='says every 10 ms how likely the word "computer" has just ended',
        sample_rate=16000,
        **SOUND,
    ),
    "wake-check": Entry(
        _wake_check,
        inputs={"states": "B N 384"},
        outputs={"logits": "B"},
        about='says whether the last 1.1 s are the word "computer", from states of `sentences`',
    ),
    "speaker": Entry(
        _speaker,
        outputs={"vectors": "B E"},
        about="makes a vector of length 1 of a voice: the nearer two, the likelier one speaker",
        sample_rate=16000,
        **PADDED,
    ),
    "masked-prediction": Entry(
        _speech,
        outputs={"vectors": "B E"},
        about="makes a vector of speech: the mean of a layer that was trained without labels",
        sample_rate=8000,
        **PADDED,
    ),
    "explaining": Entry(
        _beeping_digits,
        outputs={"logits": "B 10"},
        about="hears one English digit, and cheats with zero: a demonstration, not to be used",
        sample_rate=8000,
        **PADDED,
    ),
    "digit-strings": Entry(
        _digits,
        about="hears English digits; class 0 is the blank, the digits zero to nine follow",
        sample_rate=8000,
        **HEARD,
    ),
    "digit-strings-causal": Entry(
        _causal_digits,
        about="hears English digits, from what came before alone; class 0 is the blank",
        sample_rate=8000,
        **HEARD,
    ),
    **{
        f"digits-{name}": Entry(
            _digit_word(name),
            inputs={"bands": "B 40 N"},
            outputs={"logits": "B 10"},
            about="says which English digit one word is, of 40 log-mel bands every 20 ms, counted "
            "from the loudest point: 1 there, -1 from 40 dB below it on",
        )
        for name in ("teacher", "student")
    },
    "sentences": Entry(
        _sentences,
        about="hears English letters; the record beside the weights lists them, the blank first",
        sample_rate=16000,
        **HEARD,
    ),
    "letters": Entry(
        _letters,
        inputs={"letters": "B N"},
        kinds={"letters": 27},
        outputs={"logits": "B K N"},
        about="says what each letter of a word stands for",
    ),
    "stories-gru": Entry(
        _stories,
        inputs={"tokens": "B N"},
        kinds={"tokens": 95},
        outputs={"logits": "B K N"},
        about="says which character follows each of a text",
    ),
    "chorales-notes": Entry(
        _chorales,
        inputs={"rolls": "B N 88", "marks": "B P"},
        kinds={"rolls": "roll", "marks": 90},
        outputs={"log_chances": "B K"},
        about="says which note comes next; marks are the notes of the frame so far, after 89: key "
        "k is k + 1, and 0 ends the frame",
    ),
    "chorales-transformer": Entry(
        _voices("chorale_voices"),
        about="says how likely each note of four voices is, given the sixteenths before and the "
        "voices above; token 0 is a rest",
        **WRITTEN,
    ),
    "chorales-harmoniser": Entry(
        _voices("harmonising"),
        about="says how likely each note of four voices is, given the whole soprano, the "
        "sixteenths before and the voices above; token 0 is a rest",
        **WRITTEN,
    ),
    "chorales-melodies": Entry(
        _melodies,
        inputs={"marks": "B 32", "numbers": "B 24"},
        kinds={"marks": N_TOKENS + 1},
        outputs={"mean": "B L", "log_variance": "B L", "log_chances": "B K 32"},
        about="says where a melody of two bars lies among others, and how likely each of its marks "
        "is for one that lies at the numbers given",
    ),
    "acoustic": Entry(
        _acoustic,
        inputs={"tokens": "B L", "lengths": "B"},
        kinds={"tokens": 77, "lengths": "lengths"},
        outputs={"log_mel": "B 80 N", "n_frames": "B"},
        about="writes log-mel bands of a text, 12.5 ms a frame; the record beside the weights "
        "lists its tokens",
    ),
    "vocoder": Entry(
        _vocoder,
        inputs={"log_mel": "B 80 N"},
        outputs={"log_magnitudes": "B F N"},
        about="writes magnitudes of 401 frequencies of log-mel bands; phases are left to Griffin "
        "and Lim",
    ),
}
