"""Sound to text without an alignment: a network that says something, or nothing, each 40 ms."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import BatchNorm, check_batch, check_share
from audiolessons.padding import mask_or_none, shortened, without_padding

KERNEL = 3  # frames and bands of a convolution
N_CONVOLUTIONS = 2  # each leaves out every other frame and every other band


def ctc_loss(output: tuple, target: tuple) -> Tensor:
    """Return for each sound how unlikely the right text is under all its alignments, in nats.

    A loss for `training.fit`: the sum over paths is that of `matching.ctc_loss`, here for a batch
    and with a gradient. It is divided by the number of tokens, so that long texts do not rule.

    Parameters
    ----------
    output : (Tensor, Tensor)
        Logits (B, N, K), blank at 0, and how many frames of each are sound, (B,): what a
        `Recogniser` gives.
    target : (Tensor, Tensor)
        Tokens (B, L), from 1 to K - 1, padded with anything, and how many there are, (B,).

    Returns
    -------
    Tensor
        Shape (B,), nats a token.

    Raises
    ------
    AudioError
        If a text cannot be fitted into its frames: it needs one for each token, and one more
        between two that are alike.

    Examples
    --------
    >>> logits = torch.zeros(1, 2, 3)  # two frames, three equally likely tokens
    >>> loss = ctc_loss((logits, torch.tensor([2])), (torch.tensor([[1]]), torch.tensor([1])))
    >>> loss.exp()  # 3 of the 9 paths say token 1: "1-", "-1" and "11"
    tensor([3.])

    References
    ----------
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    Chapter: speech/recognition
    """
    logits, n_frames = output
    tokens, n_tokens = target
    losses = functional.ctc_loss(
        logits.float().log_softmax(dim=-1).transpose(0, 1),  # torch wants (N, B, K)
        tokens,
        n_frames,
        n_tokens,
        blank=0,
        reduction="none",
    )
    if torch.isinf(losses).any():
        number = int(torch.isinf(losses).nonzero()[0])
        raise AudioError(
            f"text {number} of the batch has {int(n_tokens[number])} tokens, too many for its "
            f"{int(n_frames[number])} frames (alike neighbours need one more): leave it out, "
            "or take shorter steps"
        )
    return losses / n_tokens.clamp(min=1)


class Recogniser(nn.Module):
    """Two convolutions that take one frame in four, recurrent layers, and one answer a frame.

    Parameters
    ----------
    n_tokens : int
        K, tokens to choose from, the blank (token 0) among them.
    n_mels : int
        D, bands of the spectrogram.
    n_channels : int
        Channels of the convolutions.
    hidden_size : int
        H, numbers in the state of each recurrent layer and direction.
    n_layers : int
        Recurrent layers on top of each other.
    causal : bool
        Whether an answer may depend on what came before alone. Then it runs on a stream; if not,
        every layer is read forwards and backwards.
    dropout : float
        Share of the states that is set to 0 while training.

    Shapes
    ------
    log-mel spectrograms (B, D, N), lengths (B,) in frames -> logits (B, ceil(N / 4), K), and how
    many frames of each are sound, (B,). Without lengths: the logits alone.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if shapes do not fit.

    Examples
    --------
    >>> model = Recogniser(n_tokens=29, n_mels=40, hidden_size=16).eval()
    >>> logits, lengths = model(torch.zeros(2, 40, 101), torch.tensor([101, 60]))
    >>> logits.shape, lengths
    (torch.Size([2, 26, 29]), tensor([26, 15]))

    References
    ----------
    D. Amodei and others, "Deep Speech 2: end-to-end speech recognition in English and Mandarin",
    ICML 2016.

    Chapter: speech/recognition
    """

    def __init__(
        self,
        n_tokens: int,
        *,
        n_mels: int = 80,
        n_channels: int = 32,
        hidden_size: int = 192,
        n_layers: int = 3,
        causal: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_count(n_tokens, name="n_tokens", minimum=2)
        check_count(n_mels, name="n_mels")
        check_count(n_channels, name="n_channels")
        check_count(hidden_size, name="hidden_size")
        check_count(n_layers, name="n_layers")
        check_share(dropout, name="dropout")
        self.n_mels, self.causal = n_mels, causal
        self.normalize = BatchNorm(n_mels)
        in_out = [1] + [n_channels] * N_CONVOLUTIONS
        self.convolutions = nn.ModuleList(
            nn.Conv2d(n_in, n_out, KERNEL, stride=2) for n_in, n_out in pairwise(in_out)
        )
        self.norms = nn.ModuleList(BatchNorm(n_channels) for _ in self.convolutions)
        n_features = n_channels * int(subsampled(torch.tensor(n_mels)))
        self.enter = nn.Linear(n_features, hidden_size)
        n_directions = 1 if causal else 2
        widths = [hidden_size] + [n_directions * hidden_size] * (n_layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(
                nn.LSTM(width, hidden_size, batch_first=True) for _ in range(n_directions)
            )
            for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.predict = nn.Linear(n_directions * hidden_size, n_tokens)

    def forward(self, log_mel: Tensor, lengths: Tensor | None = None):
        check_batch(log_mel, letters="B D N", name="log_mel")
        if log_mel.shape[1] != self.n_mels:
            raise AudioError(
                f"log_mel has {log_mel.shape[1]} bands, the network was made for {self.n_mels}"
            )
        states, n_frames = self.encode(log_mel, lengths)
        logits = self.predict(states[-1])
        return logits if lengths is None else (logits, n_frames)

    def encode(self, log_mel: Tensor, lengths: Tensor | None = None) -> tuple:
        """Return the states of each recurrent layer, (B, N', H or 2 H), and their lengths."""
        x, lengths, mask = without_padding(log_mel, lengths)
        x = self.normalize(x, mask)[:, None]  # (B, 1, D, N)
        before, behind = (KERNEL - 1, 0) if self.causal else (KERNEL // 2, KERNEL // 2)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = functional.pad(x, (before, behind, KERNEL // 2, KERNEL // 2))
            x = convolution(x)  # (B, C, F, N), half as many frames and bands
            lengths = shortened(lengths, stride=2)
            mask = mask_or_none(lengths, x)
            x = functional.relu(norm(x, mask))
        x = x.permute(0, 3, 1, 2).flatten(start_dim=2)  # (B, N', C * F)
        x = self.dropout(functional.relu(self.enter(x)))
        back = None if self.causal else _backwards(x, lengths)
        states = []
        for directions in self.layers:
            x = self.dropout(torch.cat(_read(directions, x, back), dim=-1))
            states.append(x)
        return states, lengths


def _read(directions, x: Tensor, back: Tensor | None) -> list[Tensor]:
    """Return the states of a layer, (B, N, H) for each direction.

    For the second direction each sound is turned round within its own length. Then padding lies
    behind the sound for both, where it changes nothing, and no frame is read twice.
    """
    states = [directions[0](x)[0]]
    if back is not None:
        turned = x.gather(1, back.expand(-1, -1, x.shape[-1]))
        read, _ = directions[1](turned)
        states.append(read.gather(1, back.expand(-1, -1, read.shape[-1])))
    return states


def _backwards(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the order of frames that turns each sound round, its padding left, (B, N, 1)."""
    order = torch.arange(x.shape[1], device=x.device)[None].expand(x.shape[0], -1)
    ends = order.new_full((x.shape[0],), x.shape[1]) if lengths is None else lengths.to(x.device)
    turned = ends[:, None] - 1 - order
    return torch.where(turned >= 0, turned, order)[..., None]


def subsampled(n_frames: Tensor) -> Tensor:
    """Return how many frames are left after the convolutions of a `Recogniser`.

    Examples
    --------
    >>> subsampled(torch.tensor([1, 4, 5, 100]))
    tensor([ 1,  1,  2, 25])

    Chapter: speech/recognition
    """
    for _ in range(N_CONVOLUTIONS):
        n_frames = shortened(n_frames, stride=2)
    return n_frames
