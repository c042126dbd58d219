"""Digits that are heard, seen and read, in pairs, as noisy as one likes.

Spoken digits (official split), scikit-learn's images of handwritten digits, and the words "zero"
to "nine" with typing errors. A pair is a sound with an image and a word of the same class, drawn
from a seed; parts never share a sound or an image.

The images come from 13 people (the test set of UCI's optical digits). The set does not say who
wrote what, but its rows follow the writers, in blocks that begin 0, 1, 2, ... 9; so the parts are
whole blocks, and hardly a writer stands in two of them. Every block has about 13 of each digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.utils.data import TensorDataset

from audiolessons import datasets, models, transforms
from audiolessons.errors import AudioError, check_choice, check_count, check_finite
from audiolessons.models import MODALITIES
from audiolessons.recipes import _spoken_digits as spoken

FRAMES = spoken.COARSE_FRAMES
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTERS = "abcdefghijklmnopqrstuvwxyz"  # 1 to 26; 0 is padding
LONGEST_TEXT = 8
IMAGE_ROWS = {"train": (0, 1157), "valid": (1157, 1415), "test": (1415, 1797)}  # whole blocks
# What the networks are trained with: each pair draws its own levels from these ranges.
LEARNED_NOISE = {
    "audio_snr_db": (-15.0, 25.0),
    "image_noise": (0.0, 1.2),
    "text_errors": (0.0, 1.0),
}
# What towers are trained with: mild, as their question is what belongs together.
MILD = {"audio_snr_db": (10.0, 40.0), "image_noise": (0.0, 0.3), "text_errors": (0.0, 0.3)}
CLEAN = {"audio_snr_db": None, "image_noise": 0.0, "text_errors": 0.0}
WIDTH = 32  # of what an encoder gives
N_PAIRS = 4800  # that a network learns from; every sound is in several


@dataclass(frozen=True)
class Part:
    """What pairs are made of: waveforms (A, T), lengths (A,), images (I, 8, 8), their digits.

    Chapter: tasks/multimodal
    """

    audio: torch.Tensor
    lengths: torch.Tensor
    audio_digits: np.ndarray
    image: torch.Tensor
    image_digits: np.ndarray
    number: int  # keeps the random numbers of the parts apart


@dataclass(frozen=True)
class DigitPairs:
    """Three parts, and pairs made of them. `source` is "recordings" or "embedded".

    Chapter: tasks/multimodal
    """

    parts: dict
    sample_rate: int
    source: str
    seed: int

    @cached_property
    def train(self) -> TensorDataset:
        """The pairs that networks learn from, at all levels of noise."""
        n_copies = -(-N_PAIRS // len(self.parts["train"].audio))
        return self.pairs("train", n_copies=n_copies, **LEARNED_NOISE)

    @cached_property
    def valid(self) -> TensorDataset:
        """The pairs by which the best epoch is chosen, at all levels of noise."""
        n_copies = -(-1000 // len(self.parts["valid"].audio))
        return self.pairs("valid", n_copies=n_copies, **LEARNED_NOISE)

    def pairs(
        self,
        part: str,
        *,
        audio_snr_db=None,
        image_noise=0.0,
        text_errors=0.0,
        n_copies: int = 1,
        seed: int | None = None,
    ) -> TensorDataset:
        """Return each sound of a part with an image and a word of its class, all of them noisy.

        Parameters
        ----------
        part : str
            "train", "valid" or "test".
        audio_snr_db : number, pair of numbers or None
            White noise in the waveform, dB; None leaves it out.
        image_noise : number or pair of numbers
            Deviation of the noise of a pixel, where paper is 0 and ink is 1.
        text_errors : number or pair of numbers
            Share of letters that are mistyped.
        n_copies : int
            How often each sound is used, with other images and other noise.
        seed : int, optional
            Of pairs and noise; that of `load` unless given. Pairs, and the noise of the one
            modality, do not depend on the levels of the others.

        Of two numbers each pair draws one in between.

        Returns
        -------
        TensorDataset
            Of (log-mel (B, 40, N), lengths, image (B, 8, 8), text (B, 8), lengths, present (B, 3),
            digit): what `models.Fusion` takes, and the target.
        """
        check_choice(part, name="part", choices=tuple(self.parts))
        check_count(n_copies, name="n_copies")
        part, seed = self.parts[part], self.seed if seed is None else seed
        check_count(seed, name="seed", minimum=0)
        _ends(image_noise, name="image_noise", low=0)
        _ends(text_errors, name="text_errors", low=0, high=1)
        if audio_snr_db is not None:
            audio_snr_db = _ends(audio_snr_db, name="audio_snr_db")
        # independent streams: who meets whom, and the noise of each modality
        streams = np.random.SeedSequence([seed, part.number]).spawn(4)
        to_pair, _, for_image, for_text = (np.random.default_rng(one) for one in streams)
        digits = np.tile(part.audio_digits, n_copies)
        images = np.array([to_pair.choice(np.flatnonzero(part.image_digits == d)) for d in digits])
        audio_seed = int(streams[1].generate_state(1)[0])
        heard = self._heard(part, n_copies, audio_snr_db, audio_seed)
        image = noisy_image(part.image[images], noise=image_noise, generator=for_image)
        share = _drawn(text_errors, len(digits), for_text)
        typed = [
            mistyped(WORDS[digit], share=one, generator=for_text)
            for digit, one in zip(digits, share, strict=True)
        ]
        present = torch.ones(len(digits), len(MODALITIES), dtype=torch.bool)
        return TensorDataset(
            *heard, image, *encode_text(typed), present, torch.from_numpy(digits).long()
        )

    def _heard(self, part, n_copies, snr_db, seed):
        """Return log-mel spectrograms of noisy waveforms, and their lengths."""
        to_mel = transforms.LogMel(sample_rate=self.sample_rate, **FRAMES)
        if snr_db is not None:
            low, high = snr_db
            add_noise = transforms.AddNoise(
                low_snr_db=low, high_snr_db=high, generator=torch.Generator().manual_seed(seed)
            )
            to_mel = transforms.Chain(add_noise, to_mel)
        to_mel.train()  # augmentation acts in training only
        parts = [
            to_mel(audio, lengths)
            for _ in range(n_copies)
            for audio, lengths in zip(part.audio.split(128), part.lengths.split(128), strict=True)
        ]
        x, lengths = zip(*parts, strict=True)
        return torch.cat(x), torch.cat(lengths)


def load(*, seed: int = 0) -> DigitPairs:
    """Return what is heard and seen of the ten digits, in three parts that share nothing.

    Parameters
    ----------
    seed : int
        Which tenth of the training sounds is for validation, and who is paired with whom.

    Examples
    --------
    >>> digits = load()
    >>> [one.shape[1:] for one in digits.pairs("test", n_copies=2).tensors][2]
    torch.Size([8, 8])

    Chapter: tasks/multimodal
    """
    check_count(seed, name="seed", minimum=0)
    sounds = datasets.load("spoken_digits")
    rate = sounds[0].sample_rate
    n_samples = round(spoken.LONGEST_S * rate)
    cached = transforms.cache_dataset(sounds, n_samples=n_samples)
    audio, lengths, labels = cached.tensors
    rows = spoken.parts(sounds, sounds.table["split"] == "test", seed=seed)
    written = load_digits()
    image = torch.from_numpy(written.images).float() / 16  # ink is 1
    parts = {}
    for number, (name, is_in) in enumerate(rows.items()):
        here, block = torch.from_numpy(is_in), slice(*IMAGE_ROWS[name])
        parts[name] = Part(
            audio[here],
            lengths[here],
            labels[here].numpy(),
            image[block],
            written.target[block],
            number,
        )
    return DigitPairs(parts, rate, sounds.source, seed)


def encoders() -> dict:
    """Return encoders that have learned nothing yet, for `models.Fusion` and `models.Towers`.

    Chapter: tasks/multimodal
    """
    return models.digit_encoders(n_mels=FRAMES["n_mels"], width=WIDTH, n_symbols=1 + len(LETTERS))


def only(dataset: TensorDataset, *names: str) -> TensorDataset:
    """Return the same pairs with nothing but these modalities there.

    Examples
    --------
    >>> only(load().pairs("test"), "audio", "text").tensors[5][0]
    tensor([ True, False,  True])

    Chapter: tasks/multimodal
    """
    for name in names:
        check_choice(name, name="modality", choices=MODALITIES)
    *inputs, present, digit = dataset.tensors
    kept = torch.tensor([name in names for name in MODALITIES])
    return TensorDataset(*inputs, present & kept, digit)


# --- noise ---------------------------------------------------------------------------------------


def noisy_image(image: torch.Tensor, *, noise, generator: np.random.Generator) -> torch.Tensor:
    """Return images (B, H, V) with normally distributed noise of this deviation in each pixel.

    `noise` may be a pair (low, high): then each image draws its own.

    Chapter: tasks/multimodal
    """
    level = torch.from_numpy(_drawn(noise, len(image), generator)).float()
    grain = torch.from_numpy(generator.standard_normal(image.shape)).float()
    return image + level[:, None, None] * grain


def mistyped(word: str, *, share: float, generator: np.random.Generator) -> str:
    """Return a word with about this share of its letters mistyped; at least one letter is left.

    Each mistake is a wrong letter, a letter left out, or one too many, equally often.

    Examples
    --------
    >>> mistyped("seven", share=0.5, generator=np.random.default_rng(0))
    'sbven'

    Chapter: tasks/multimodal
    """
    if not isinstance(word, str) or not word:
        raise AudioError(f"word is {word!r}: give at least one letter")
    typed = []
    for letter in word:
        kind = generator.integers(3) if generator.random() < share else None
        other = LETTERS[generator.integers(len(LETTERS))]
        typed.append({None: letter, 0: other, 1: "", 2: other + letter}[kind])
    return "".join(typed)[:LONGEST_TEXT] or other


def encode_text(words) -> tuple[torch.Tensor, torch.Tensor]:
    """Return words as numbers (B, 8), "a" is 1, 0 is padding, and their lengths (B,).

    Examples
    --------
    >>> encode_text(["two"])[0].tolist()
    [[20, 23, 15, 0, 0, 0, 0, 0]]

    Chapter: tasks/multimodal
    """
    if isinstance(words, str):
        raise AudioError(f"words is {words!r}: give a list, such as [{words!r}]")
    text = torch.zeros(len(words), LONGEST_TEXT, dtype=torch.long)
    for row, word in zip(text, words, strict=True):
        if (
            not isinstance(word, str)
            or not 1 <= len(word) <= LONGEST_TEXT
            or not set(word) <= set(LETTERS)
        ):
            raise AudioError(f"{word!r} is not 1 to {LONGEST_TEXT} letters from a to z")
        row[: len(word)] = torch.tensor([1 + LETTERS.index(letter) for letter in word])
    return text, torch.tensor([len(word) for word in words])


def decode_text(text, length) -> str:
    """Return the letters of one text, as `encode_text` took them.

    Examples
    --------
    >>> decode_text(*(one[0] for one in encode_text(["two"])))
    'two'

    Chapter: tasks/multimodal
    """
    return "".join(LETTERS[number - 1] for number in text[: int(length)].tolist())


def _drawn(level, n, generator):
    """Return n levels: all the same, or uniform between two."""
    low, high = _ends(level, name="level")
    return low + (high - low) * generator.random(n)


def _ends(level, *, name, low=-np.inf, high=np.inf):
    """Return the two ends of a level, one number or a pair from low to high."""
    ends = tuple(level) if isinstance(level, tuple | list) else (level, level)
    if len(ends) != 2:
        raise AudioError(f"{name} is {level}: give one number, or a pair (low, high)")
    for end in ends:
        check_finite(end, name=name)
    if not low <= ends[0] <= ends[1] <= high:
        within = f" from {low:g} to {high:g}" if np.isfinite(low) else ""
        raise AudioError(f"{name} is {level}: give a number or a pair (low, high){within}")
    return ends
