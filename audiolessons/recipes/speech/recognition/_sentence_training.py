"""How the recogniser of sentences is taught: spectrograms, letters, phones, batches.

From less than two hours of speech, letters alone find no beginning: for a thousand steps the
network says little but spaces. So the models of the last generation show it where to begin. Hidden
Markov models of phones align what is said, and the layer below the last is asked in each frame for
the phone; afterwards that answer is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from audiolessons import datasets, matching, metrics, models, transforms
from audiolessons.recipes._hurried import in_16_bits
from audiolessons.recipes._settings import Settings
from audiolessons.recipes.speech._spoken_text import N_STATES, SILENCE, phone_features

SAMPLE_RATE = 16000
HOP_LENGTH = 160
FRAMES = {"n_fft": 512, "hop_length": HOP_LENGTH, "n_mels": 80, "min_hz": 60.0, "top_db": 80.0}
LETTERS = "_ 'ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # the first stands for the blank
LAYER = 1  # its states are asked for phones
SHARE = 0.3  # of the loss that goes to them
PHONES = (  # of the dictionary, without stress
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH"),
    *("IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH"),
    *("UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
UNKNOWN = -100  # torch's number for a frame that does not count
N_ITER = (8, 3)  # rounds of Baum-Welch with the reader alone, and with everybody
READER = "reader"
BATCH_SIZE = 16
MOST_TEMPO = 1.2
SETTINGS = {
    "recogniser": Settings(
        lambda **options: models.Recogniser(
            len(LETTERS), **{"hidden_size": 192, "dropout": 0.2, **options}
        ),
        epochs=40,
        learning_rate=0.0015,
    )
}


@dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence to learn: spectrogram (D, N), letters as tokens, and the phone of each frame.

    `phones` (N,) is 0 where there is silence, and `UNKNOWN` where no dictionary knows a word.
    """

    log_mel: Tensor
    letters: list
    phones: Tensor

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
    """Return what is learned from sentences, each with `audio`, `text` and `speaker`."""
    return [
        Lesson(spectrogram(one.audio).half(), to_tokens(one.text), torch.from_numpy(phones))
        for one, phones in zip(sentences, phone_frames(sentences), strict=True)
    ]


def phone_frames(sentences: Sequence) -> list[np.ndarray]:
    """Return the phone of each frame of 10 ms, (N,) for each sentence, by hidden Markov models.

    One reader's sentences teach the models where phones lie; all others then change what they are.
    """
    spoken = datasets.load("pronunciations").entries
    number = {phone: token for token, phone in enumerate(PHONES, start=1)} | {SILENCE: 0}
    sizes = dict.fromkeys([*PHONES, SILENCE], N_STATES)
    known: dict = {}  # sentences whose words a dictionary holds
    for place, one in enumerate(sentences):
        words = one.text.lower().split()
        frames = phone_features(one.audio, sample_rate=SAMPLE_RATE)
        lexicon = {word: spoken[word][0] for word in words if word in spoken}
        if words and set(words) == set(lexicon):
            network = matching.chain(sizes, words, lexicon=lexicon, between=SILENCE)
            if len(network.states) < frames.shape[-1]:
                known[place] = (network, frames)
    found = [np.full(1 + len(one.audio) // HOP_LENGTH, UNKNOWN) for one in sentences]
    if not known:
        return found
    clear = [pair for place, pair in known.items() if sentences[place].speaker == READER]
    units = matching.even_start(sizes, clear or list(known.values()))
    for heard, n_iter in ((clear, N_ITER[0]), (list(known.values()), N_ITER[1])):
        if heard:
            units, _ = matching.baum_welch(units, heard, n_iter=n_iter)
    for place, (network, frames) in known.items():
        states, at = np.unique(network.states, return_inverse=True)
        emissions = units.mixtures.of_states(states).log_densities(frames)[at]
        _, nodes = matching.viterbi(emissions, **network.chances(units.stay))
        for unit, first, end in matching.spans(network, nodes):
            found[place][first:end] = number[network.names[unit]]
    return found


class Batches:
    """Batches of sentences about equally long, in a new order each epoch, altered while training.

    A batch is (log-mel (B, D, N), lengths), and the target: letters, how many,
    phones (B, N / 4).
    """

    def __init__(self, lessons: Sequence[Lesson], *, seed: int | None = None, device="cpu"):
        self.device = device
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
        frames = [one.log_mel.T for one in chosen]
        x = pad_sequence(frames, batch_first=True).to(self.device).transpose(1, 2).float()
        lengths = torch.tensor([len(one) for one in frames])
        if self.alter is not None:
            room = x.new_zeros(*x.shape[:2], x.shape[-1] // 5)  # for those that become longer
            x, lengths = self.alter(torch.cat([x, room], dim=-1), lengths)
            lengths = lengths.cpu()
            x = x[..., : int(lengths.max())]
        letters = pad_sequence([torch.tensor(one.letters) for one in chosen], batch_first=True)
        n_letters = torch.tensor([len(one.letters) for one in chosen])
        phones = pad_sequence(
            [_every_fourth(one.phones, int(n)) for one, n in zip(chosen, lengths, strict=True)],
            batch_first=True,
            padding_value=UNKNOWN,
        )
        return x, lengths, (letters, n_letters, phones)


def _every_fourth(phones, n_frames):
    """Return the phones (N,) of a sentence that was hurried to `n_frames`, one for 40 ms."""
    places = torch.arange(0, n_frames, 4) * len(phones) // n_frames
    return phones[places]


class WithPhones(nn.Module):
    """A recogniser whose lower layer is asked for phones as well, for training only."""

    def __init__(self, recogniser: models.Recogniser):
        super().__init__()
        self.recogniser = recogniser
        self.phones = nn.Linear(recogniser.predict.in_features, 1 + len(PHONES))

    def forward(self, x, lengths):
        with in_16_bits(x.device):
            states, n_frames = self.recogniser.encode(x, lengths)
            return self.recogniser.predict(states[-1]), self.phones(states[LAYER]), n_frames


def both_losses(output: tuple, target: tuple) -> Tensor:
    """Return the loss of letters and that of phones together, in nats a letter or frame, (B,)."""
    letters, phones, n_frames = output
    text, n_letters, said = target
    told = functional.cross_entropy(
        phones.float().transpose(1, 2), said, ignore_index=UNKNOWN, reduction="none"
    )
    told = told.sum(dim=1) / (said != UNKNOWN).sum(dim=1).clamp(min=1)
    return (1 - SHARE) * models.ctc_loss((letters, n_frames), (text, n_letters)) + SHARE * told


def share_of_letters(output: tuple, target: tuple) -> Tensor:
    """Return 1 minus the character error rate of each sentence, the likeliest path read, (B,)."""
    logits, _, n_frames = output
    right = []
    rows = zip(logits.detach().float().cpu().numpy(), n_frames.tolist(), *target[:2], strict=True)
    for row, n, text, n_letters in rows:
        heard = matching.best_path(row[:n])
        right.append(
            1 - metrics.edit_distance(text[:n_letters].tolist(), heard) / max(int(n_letters), 1)
        )
    return torch.tensor(right)
