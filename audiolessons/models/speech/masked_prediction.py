"""Masked prediction: a network learns from speech without labels by guessing what is hidden.

Stretches of frames are hidden, and for each hidden frame the network says which of K units was
there. Units are numbers of clusters: of MFCC frames at first, of the network's own states later.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.attention import sinusoidal_positions
from audiolessons.models.layers.blocks import check_batch, check_share, masked_mean
from audiolessons.models.sound.transformer import TransformerEncoder
from audiolessons.padding import without_padding

MOST_FRAMES = 6000  # of an exported graph: two minutes


def hidden_spans(
    lengths: Tensor, *, n_frames: int, share: float, span_frames: int, generator: torch.Generator
) -> Tensor:
    """Draw which frames of each sound are hidden: stretches, which may overlap.

    Every frame begins a stretch with the same chance, chosen so that `share` of the frames are
    hidden in the middle of a long sound. In a sound where no stretch began, one is begun.

    Parameters
    ----------
    lengths : Tensor
        (B,), frames of each sound.
    n_frames : int
        N, frames of the padded batch.
    share : float
        Of the frames, 0 to 1 (1 left out).
    span_frames : int
        Frames of a stretch.
    generator : torch.Generator
        Where the random numbers come from.

    Returns
    -------
    Tensor
        (B, N), bool, on the device of `lengths`.

    Raises
    ------
    AudioError
        If a number cannot be.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> hidden = hidden_spans(
    ...     torch.tensor([400, 9]), n_frames=400, share=0.5, span_frames=10, generator=generator
    ... )
    >>> hidden.shape, bool(hidden[1, 9:].any()), bool(hidden[1].any())
    (torch.Size([2, 400]), False, True)

    References
    ----------
    A. Baevski et al., "wav2vec 2.0: a framework for self-supervised learning of speech
    representations", NeurIPS 2020, section 3.1.

    Chapter: large/finetuning
    """
    check_share(share, name="share")
    check_count(span_frames, name="span_frames")
    check_count(n_frames, name="n_frames")
    if not isinstance(lengths, Tensor) or lengths.ndim != 1:
        raise AudioError("lengths must be a tensor (B,), the frames of each sound")
    # a frame stays seen if none of the span_frames frames up to it begins a stretch
    chance = 1 - (1 - share) ** (1 / span_frames)
    shape = (len(lengths), n_frames)
    drawn = torch.rand(shape, generator=generator, device=generator.device).to(lengths.device)
    inside = torch.arange(n_frames, device=lengths.device) < lengths[:, None]
    drawn = drawn.masked_fill(~inside, 1.0)
    begins = drawn < chance
    if share > 0:  # the likeliest frame begins one, where none did
        begins |= ~begins.any(dim=1, keepdim=True) & (drawn == drawn.amin(dim=1, keepdim=True))
    begins = functional.pad(begins.float(), (span_frames - 1, 0))[:, None]
    return (functional.max_pool1d(begins, span_frames, stride=1)[:, 0] > 0) & inside


class SpeechEncoder(nn.Module):
    """A convolution over three frames and a Transformer: states of every layer for every frame.

    Parameters
    ----------
    n_mels : int
        F, bands of the log-mel frames.
    width : int
        W, numbers a frame inside, even.
    n_heads, n_layers : int
        Of the `TransformerEncoder`.
    dropout : float
        Share of the values that is set to 0 while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, F, N), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> encoder = SpeechEncoder(width=32, n_layers=2)
    >>> encoder(torch.zeros(2, 40, 50), torch.tensor([50, 31])).shape
    torch.Size([2, 50, 32])
    >>> len(encoder.states(torch.zeros(2, 40, 50)))  # before the first layer, after each
    3

    References
    ----------
    W.-N. Hsu et al., "HuBERT: self-supervised speech representation learning by masked prediction
    of hidden units", IEEE/ACM TASLP 29, 2021, section III.

    Chapter: large/finetuning
    """

    def __init__(
        self,
        *,
        n_mels: int = 40,
        width: int = 128,
        n_heads: int = 4,
        n_layers: int = 5,
        dropout: float = 0.1,
    ):
        super().__init__()
        self.n_mels, self.width = check_count(n_mels, name="n_mels"), width
        self.stands_in = nn.Parameter(torch.zeros(n_mels))  # for a hidden frame
        self.enter = nn.Conv1d(n_mels, width, kernel_size=3, padding=1)
        self.norm = nn.LayerNorm(width)  # as large as the positions that are added
        self.transformer = TransformerEncoder(
            width=width, n_heads=n_heads, n_layers=n_layers, dropout=dropout
        )

    def forward(self, log_mel: Tensor, lengths=None, *, hidden: Tensor | None = None) -> Tensor:
        """Return the normalised states after the last layer, (B, N, W), 0 at the padding.

        `hidden`, (B, N), bool, says which frames are replaced by the learned one.
        """
        return self.states(log_mel, lengths, hidden=hidden)[-1]

    def states(self, log_mel: Tensor, lengths=None, *, hidden: Tensor | None = None) -> list:
        """Return what enters the first layer and what leaves each, (B, N, W), the last normalised.

        Padding holds 0.
        """
        check_batch(log_mel, letters="B F N", n_features=self.n_mels, name="log_mel")
        log_mel, _, mask = without_padding(log_mel, lengths)
        if hidden is not None and hidden.shape != (len(log_mel), log_mel.shape[2]):
            raise AudioError(
                f"hidden has shape {tuple(hidden.shape)} for log_mel of shape "
                f"{tuple(log_mel.shape)}: give (B, N)"
            )
        if hidden is not None and hidden.dtype != torch.bool:
            raise AudioError(f"hidden holds {hidden.dtype}: give a tensor of booleans")
        found = self.encode(log_mel, mask, hidden=hidden)
        return found if mask is None else [x.masked_fill(~mask[..., None], 0) for x in found]

    def encode(self, log_mel: Tensor, mask: Tensor | None, *, hidden: Tensor | None = None) -> list:
        """Do what `states` does, for a batch and a mask (B, N) that were checked.

        The padding must hold 0; of the states there, nothing is promised.
        """
        if hidden is not None:
            log_mel = torch.where(hidden[:, None], self.stands_in[:, None], log_mel)
        x = functional.gelu(self.enter(log_mel)).transpose(1, 2)  # (B, F, N) -> (B, N, W)
        x = self.norm(x) + self._positions(x.shape[1]).to(x)
        x = self.transformer.dropout(x)
        found, may_look = [x], None if mask is None else mask[:, None, None]
        for layer in self.transformer.layers:
            x, _ = layer(x, may_look)
            found.append(x)
        found[-1] = self.transformer.norm(x)
        return found

    def _positions(self, n_frames) -> Tensor:
        if torch.jit.is_tracing():  # a recorded graph takes any number of frames up to this
            return sinusoidal_positions(MOST_FRAMES, self.width)[:n_frames]
        return sinusoidal_positions(n_frames, self.width)


class Guess(NamedTuple):
    """What a `MaskedPredictor` makes of a batch: logits (B, N, K), and which frames were hidden.

    Chapter: large/finetuning
    """

    logits: Tensor
    hidden: Tensor  # (B, N), bool


class MaskedPredictor(nn.Module):
    """Hide stretches of speech, and say for every frame which of K units is there.

    Parameters
    ----------
    encoder : SpeechEncoder
    n_units : int
        K.
    share, span_frames
        As for `hidden_spans`.
    generator : torch.Generator
        Where the stretches come from.

    Examples
    --------
    >>> encoder = SpeechEncoder(width=32, n_layers=2)
    >>> predictor = MaskedPredictor(encoder, n_units=50, generator=torch.Generator())
    >>> guess = predictor(torch.zeros(2, 40, 60), torch.tensor([60, 31]))
    >>> guess.logits.shape, guess.hidden.shape
    (torch.Size([2, 60, 50]), torch.Size([2, 60]))
    >>> masked_loss(guess, torch.zeros(2, 60, dtype=torch.long)).ndim
    0

    References
    ----------
    W.-N. Hsu et al., "HuBERT: self-supervised speech representation learning by masked prediction
    of hidden units", IEEE/ACM TASLP 29, 2021.

    Chapter: large/finetuning
    """

    def __init__(
        self,
        encoder: SpeechEncoder,
        *,
        n_units: int,
        generator: torch.Generator,
        share: float = 0.4,
        span_frames: int = 6,
    ):
        super().__init__()
        self.encoder, self.generator = encoder, generator
        self.share = check_share(share, name="share")
        self.span_frames = check_count(span_frames, name="span_frames")
        self.guess = nn.Linear(encoder.width, check_count(n_units, name="n_units"))

    def forward(self, log_mel: Tensor, lengths: Tensor) -> Guess:
        hidden = hidden_spans(
            lengths,
            n_frames=log_mel.shape[-1],
            share=self.share,
            span_frames=self.span_frames,
            generator=self.generator,
        ).to(log_mel.device)
        return Guess(self.guess(self.encoder(log_mel, lengths, hidden=hidden)), hidden)


def masked_loss(guess: Guess, units: Tensor) -> Tensor:
    """Return the mean cross-entropy over the hidden frames.

    What was seen teaches nothing: there the answer could be copied.

    Parameters
    ----------
    guess : Guess
    units : Tensor
        (B, M), whole numbers below K; M may be larger than N, as in a set of longer sounds.

    Raises
    ------
    AudioError
        If nothing is hidden, or units are of another shape.

    Examples
    --------
    >>> guess = Guess(torch.zeros(1, 2, 4), torch.tensor([[True, False]]))
    >>> masked_loss(guess, torch.tensor([[3, 1]]))  # log 4
    tensor(1.3863)

    Chapter: large/finetuning
    """
    return functional.cross_entropy(guess.logits[guess.hidden], _hidden_units(guess, units))


def masked_accuracy(guess: Guess, units: Tensor) -> Tensor:
    """Return the share of hidden frames whose unit is the most likely one.

    Examples
    --------
    >>> logits = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    >>> masked_accuracy(Guess(logits, torch.tensor([[True, True]])), torch.tensor([[1, 0]]))
    tensor(0.5000)

    Chapter: large/finetuning
    """
    guessed = guess.logits[guess.hidden].argmax(dim=1)
    return (guessed == _hidden_units(guess, units)).float().mean()


def _hidden_units(guess, units):
    if units.ndim != 2 or len(units) != len(guess.hidden) or units.shape[1] < guess.hidden.shape[1]:
        raise AudioError(
            f"units have shape {tuple(units.shape)} for a guess of shape "
            f"{tuple(guess.hidden.shape)}: give (B, N)"
        )
    if units.is_floating_point():
        raise AudioError(f"units hold {units.dtype}: give whole numbers, for example units.long()")
    if not guess.hidden.any():
        raise AudioError("no frame is hidden: nothing is left to guess (share must be above 0)")
    return units[:, : guess.hidden.shape[1]][guess.hidden]


class SpeechClassifier(nn.Module):
    """A linear layer on the states of a `SpeechEncoder`, averaged over the frames of each sound.

    Parameters
    ----------
    encoder : SpeechEncoder
    n_classes : int
        K.
    layer : int, optional
        Whose states are averaged: 0 is what enters the first layer; the last unless given.

    Raises
    ------
    AudioError
        If there is no such layer.

    Examples
    --------
    >>> network = SpeechClassifier(SpeechEncoder(width=32, n_layers=2), n_classes=10)
    >>> network(torch.zeros(2, 40, 50), torch.tensor([50, 31])).shape
    torch.Size([2, 10])

    Chapter: large/finetuning
    """

    def __init__(self, encoder: SpeechEncoder, *, n_classes: int, layer: int | None = None):
        super().__init__()
        n_layers = len(encoder.transformer.layers)
        self.layer = n_layers if layer is None else check_count(layer, name="layer", minimum=0)
        if self.layer > n_layers:
            raise AudioError(f"layer is {layer}, and the encoder has {n_layers}")
        self.encoder = encoder
        self.classify = nn.Linear(encoder.width, check_count(n_classes, name="n_classes"))

    def forward(self, log_mel: Tensor, lengths=None) -> Tensor:
        """Return logits (B, K) of log-mel frames (B, F, N) of `lengths` (B,) frames."""
        check_batch(log_mel, letters="B F N", n_features=self.encoder.n_mels, name="log_mel")
        log_mel, _, mask = without_padding(log_mel, lengths)
        return self.answer(log_mel, mask)

    def answer(self, log_mel: Tensor, mask: Tensor | None) -> Tensor:
        """Do what `forward` does, for a batch and a mask (B, N) that were checked."""
        states = self.encoder.encode(log_mel, mask)[self.layer]
        return self.classify(masked_mean(states.transpose(1, 2), mask))
