"""How the recogniser of sentences is trained: spectrograms, letters, phones, batches.

Letters alone must find out from two hours of speech that "ough" has many sounds. While training,
the layer below the last is therefore asked for the phones of each word, which a dictionary knows;
afterwards that answer is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from audiolessons import datasets, matching, metrics, models, transforms
from audiolessons.recipes._settings import Settings

SAMPLE_RATE = 16000
FRAMES = {"n_fft": 512, "hop_length": 160, "n_mels": 80, "min_hz": 60.0, "top_db": 80.0}
LETTERS = "_ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # the first stands for the blank
LAYER = 1  # its states are asked for phones
SHARE = 0.3  # of the loss that goes to them
BATCH_SIZE = 16
MOST_TEMPO = 1.2
SETTINGS = {
    "recogniser": Settings(
        lambda **options: models.Recogniser(
            len(LETTERS), **{"hidden_size": 224, "dropout": 0.3, **options}
        ),
        epochs=70,
        learning_rate=0.002,
    )
}


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence to learn: its spectrogram (D, N), letters and phones as tokens."""

    log_mel: Tensor
    letters: list
    phones: list  # empty where the dictionary lacks a word

    @property
    def fits(self) -> bool:
        """Whether there is a frame for each letter, however much the sentence is hurried."""
        return len(self.letters) + 5 < self.log_mel.shape[-1] / 4 / MOST_TEMPO


def spectrogram(audio, *, sample_rate: int = SAMPLE_RATE) -> Tensor:
    """Return what the network is given of a sound (T,): log-mel (80, N), 0 the mean of each band.

    What a microphone and a room add to a band stays the same for a sentence: the mean takes it out.

    Examples
    --------
    >>> spectrogram(np.random.default_rng(0).normal(size=16000)).shape
    torch.Size([80, 101])

    Chapter: speech/recognition
    """
    to_mel = transforms.LogMel(sample_rate=sample_rate, **FRAMES)
    level_db = to_mel(torch.as_tensor(np.asarray(audio, dtype=np.float32)))
    return (level_db - level_db.mean(dim=-1, keepdim=True)) / 10


def to_tokens(text: str) -> list[int]:
    """Return the letters of a text as tokens; what is no letter, apostrophe or space is left out.

    Examples
    --------
    >>> to_tokens("It's, a")
    [11, 22, 2, 21, 1, 3]

    Chapter: speech/recognition
    """
    kept = "".join(letter for letter in text.upper().replace("-", " ") if letter in LETTERS[1:])
    return [LETTERS.index(letter) for letter in " ".join(kept.split())]


def to_text(tokens: Sequence[int]) -> str:
    """Return the text that tokens spell.

    Examples
    --------
    >>> to_text(to_tokens("It's, a"))
    "IT'S A"

    Chapter: speech/recognition
    """
    return " ".join("".join(LETTERS[token] for token in tokens).split())


def lessons(sentences: Sequence) -> list[Lesson]:
    """Return what is learned from sentences, each with `audio` and `text`."""
    spoken = datasets.load("pronunciations").entries
    phones = sorted({phone for variants in spoken.values() for phone in variants[0]})
    number = {phone: token for token, phone in enumerate(phones, start=1)}
    made = []
    for one in sentences:
        letters = to_tokens(one.text)
        words = to_text(letters).lower().split()
        known = all(word in spoken for word in words)
        said = [number[phone] for word in words for phone in spoken[word][0]] if known else []
        made.append(Lesson(spectrogram(one.audio).half(), letters, said))
    return made


class Batches:
    """Batches of sentences about equally long, in a new order each epoch, altered while training.

    A batch is (log-mel (B, D, N), lengths), and the target: letters, their numbers, phones, theirs.
    """

    def __init__(self, lessons: Sequence[Lesson], *, seed: int | None = None):
        self.lessons = sorted(lessons, key=lambda one: one.log_mel.shape[-1])
        self.random = None if seed is None else np.random.default_rng(seed)
        self.alter = None
        if seed is not None:
            generator = torch.Generator().manual_seed(seed)
            self.alter = transforms.Chain(
                transforms.Warp(
                    most_pitch=1.15,
                    most_tempo=MOST_TEMPO,
                    sample_rate=SAMPLE_RATE,
                    generator=generator,
                ),
                transforms.SpecAugment(
                    max_bands=15, max_frames=25, n_frame_masks=3, max_share=0.1, generator=generator
                ),
            )

    def __len__(self):
        return -(-len(self.lessons) // BATCH_SIZE)

    def __iter__(self):
        lengths = np.array([one.log_mel.shape[-1] for one in self.lessons], dtype=float)
        if self.random is not None:
            lengths *= self.random.uniform(0.9, 1.1, len(lengths))
        order = np.argsort(lengths)
        groups = [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
        if self.random is not None:
            self.random.shuffle(groups)
        for group in groups:
            yield self._batch([self.lessons[number] for number in group])

    def _batch(self, chosen):
        frames = [one.log_mel.T.float() for one in chosen]
        x = nn.utils.rnn.pad_sequence(frames, batch_first=True).transpose(1, 2)
        lengths = torch.tensor([len(one) for one in frames])
        if self.alter is not None:
            room = x.new_zeros(*x.shape[:2], x.shape[-1] // 5)  # for those that become longer
            x, lengths = self.alter(torch.cat([x, room], dim=-1), lengths)
            x = x[..., : int(lengths.max())]
        target = [_padded([getattr(one, kind) for one in chosen]) for kind in ("letters", "phones")]
        return x, lengths, (*target[0], *target[1])


def _padded(texts):
    tokens = [torch.tensor(text or [1]) for text in texts]
    return (
        nn.utils.rnn.pad_sequence(tokens, batch_first=True),
        torch.tensor([len(text) for text in texts]),
    )


class WithPhones(nn.Module):
    """A recogniser whose lower layer is asked for phones as well, for training only."""

    def __init__(self, recogniser: models.Recogniser, n_phones: int = 39):
        super().__init__()
        self.recogniser = recogniser
        self.phones = nn.Linear(recogniser.predict.in_features, n_phones + 1)

    def forward(self, x, lengths):
        # Products in bfloat16 are faster where a processor has them, and as good.
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            states, n_frames = self.recogniser.encode(x, lengths)
            return self.recogniser.predict(states[-1]), self.phones(states[LAYER]), n_frames


def both_losses(output: tuple, target: tuple) -> Tensor:
    """Return the loss of letters and, where they are known, of phones, (B,)."""
    letters, phones, n_frames = output
    text, n_letters, said, n_phones = target
    loss = models.ctc_loss((letters, n_frames), (text, n_letters))
    below = models.ctc_loss((phones, n_frames), (said, n_phones.clamp(min=1)))
    share = SHARE * (n_phones > 0)
    return (1 - share) * loss + share * below


def share_of_letters(output: tuple, target: tuple) -> Tensor:
    """Return 1 minus the character error rate of each sentence, the likeliest path read, (B,)."""
    logits, _, n_frames = output
    right = []
    for row, n, text, n_letters in zip(logits, n_frames, target[0], target[1], strict=True):
        heard = matching.best_path(row[:n].float().numpy())
        right.append(
            1 - metrics.edit_distance(text[:n_letters].tolist(), heard) / max(int(n_letters), 1)
        )
    return torch.tensor(right)
