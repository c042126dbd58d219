"""Who speaks: a network that makes a vector of a voice, of sounds of any length.

Dilated convolutions see a quarter of a second around each frame; a pooling that weighs the frames
makes one vector of them all. It is trained to name the speakers of the training set, with a margin
that pushes them apart; what names them is thrown away, and the vectors compare any two voices.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

from audiolessons.errors import AudioError, check_choice, check_count, check_finite, check_positive
from audiolessons.models.layers.attention import masked_softmax
from audiolessons.models.layers.blocks import BatchNorm, check_batch, masked_mean
from audiolessons.padding import without_padding

LEAST_VARIANCE = 1e-4  # below this the square root is too steep for a gradient
POOLINGS = ("mean", "statistics", "attentive")
LEVEL_DB = 10.0  # what counts as 1


class AttentiveStatistics(nn.Module):
    """Mean and deviation of each channel over the frames of a sound, weighed by attention.

    A small network gives each frame a score, and a softmax over the frames makes weights of the
    scores: frames that tell voices apart count more than silence and noise.

    Parameters
    ----------
    n_channels : int
        C.
    hidden_size : int
        Of the small network.

    Examples
    --------
    >>> pooled, weights = AttentiveStatistics(n_channels=64)(torch.randn(2, 64, 10))
    >>> pooled.shape, weights.shape
    (torch.Size([2, 128]), torch.Size([2, 10]))

    References
    ----------
    K. Okabe, T. Koshinaka and K. Shinoda, "Attentive statistics pooling for deep speaker
    embedding", Interspeech 2018, equations 3 to 6.

    Chapter: tasks/speaker
    """

    def __init__(self, *, n_channels: int, hidden_size: int = 64):
        super().__init__()
        check_count(n_channels, name="n_channels")
        check_count(hidden_size, name="hidden_size")
        self.score = nn.Sequential(
            nn.Conv1d(n_channels, hidden_size, 1), nn.Tanh(), nn.Conv1d(hidden_size, 1, 1)
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, 2 C) of (B, C, N), and the weights (B, N), which sum to 1 where mask is."""
        weights = masked_softmax(self.score(x).squeeze(1), mask)  # (B, 1, N) -> (B, N)
        return weighted_statistics(x, weights), weights


def weighted_statistics(x: Tensor, weights: Tensor) -> Tensor:
    """Return mean and deviation of each channel, (B, 2 C), of x (B, C, N) and weights (B, N)."""
    mean = (weights[:, None] * x).sum(dim=2)  # (B, C)
    # from the mean, and not mean of squares less square of mean: no digits are lost
    variance = (weights[:, None] * (x - mean[..., None]).square()).sum(dim=2)
    return torch.cat([mean, variance.clamp(min=LEAST_VARIANCE).sqrt()], dim=1)


class SpeakerEncoder(nn.Module):
    """Make a vector of length 1 of a voice: the nearer two vectors, the likelier one speaker.

    The mean of each band over time is subtracted first: a microphone that lifts a band lifts all
    frames of it alike, so what it adds is gone, and the level with it.

    Parameters
    ----------
    n_mels : int
        F, bands of the log-mel spectrogram, in dB.
    n_channels : int
        Of the convolutions along time; the last has three times as many.
    embedding_size : int
        E.
    pooling : str
        "attentive"; or all frames alike, "statistics" (mean and deviation) or "mean".

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, F, N), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> from audiolessons.models import count_parameters
    >>> encoder = SpeakerEncoder()
    >>> encoder(torch.randn(2, 40, 100), [100, 60]).shape
    torch.Size([2, 128])
    >>> count_parameters(encoder)
    125249

    References
    ----------
    D. Snyder et al., "X-vectors: robust DNN embeddings for speaker recognition", ICASSP 2018,
    table 1; smaller, and the fourth layer looks around, too.

    Chapter: tasks/speaker
    """

    def __init__(
        self,
        *,
        n_mels: int = 40,
        n_channels: int = 64,
        embedding_size: int = 128,
        pooling: str = "attentive",
    ):
        super().__init__()
        self.pooling = check_choice(pooling, name="pooling", choices=POOLINGS)
        self.n_mels = check_count(n_mels, name="n_mels")
        check_count(n_channels, name="n_channels")
        check_count(embedding_size, name="embedding_size")
        wide = 3 * n_channels
        # (channels in, channels out, frames of a filter, how far they lie apart)
        shapes = [
            (n_mels, n_channels, 5, 1),
            (n_channels, n_channels, 3, 2),
            (n_channels, n_channels, 3, 3),
            (n_channels, n_channels, 3, 4),
            (n_channels, wide, 1, 1),
        ]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n_in, n_out, size, dilation=dilation, padding=dilation * (size // 2))
            for n_in, n_out, size, dilation in shapes
        )
        self.norms = nn.ModuleList(BatchNorm(n_out) for _, n_out, _, _ in shapes)
        if pooling == "attentive":
            self.attend = AttentiveStatistics(n_channels=wide)
        self.embed = nn.Linear(wide if pooling == "mean" else 2 * wide, embedding_size)
        self.norm = BatchNorm(embedding_size)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return embeddings (B, E), each of length 1, of log-mel spectrograms (B, F, N) in dB."""
        return normalize(self.norm(self.embed(self.pooled(x, lengths)[0])[..., None])[..., 0])

    def pooled(self, x: Tensor, lengths=None) -> tuple[Tensor, Tensor]:
        """Return the statistics (B, 2 C), or means (B, C), and the weights of the frames (B, N)."""
        check_batch(x, letters="B F N", n_features=self.n_mels)
        x, _, mask = without_padding(x, lengths)
        x = (x - masked_mean(x, mask)[..., None]) / LEVEL_DB
        for layer, (convolution, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            if mask is not None:  # padding is silence to each filter, whatever the last one left
                x = x.masked_fill(~mask[:, None], 0)
            y = norm(convolution(x).relu(), mask)
            x = x + y if x.shape == y.shape and layer else y
        if self.pooling == "attentive":
            return self.attend(x, mask)
        weights = masked_softmax(x.new_zeros(x.shape[0], x.shape[2]), mask)  # all frames alike
        statistics = weighted_statistics(x, weights)
        return (statistics[:, : x.shape[1]] if self.pooling == "mean" else statistics), weights


class SpeakerClassifier(nn.Module):
    """Name the speakers of the training set: a direction is learned for each of them.

    Parameters
    ----------
    encoder : SpeakerEncoder
    n_speakers : int
        K.

    Examples
    --------
    >>> classifier = SpeakerClassifier(SpeakerEncoder(), n_speakers=5)
    >>> cosines = classifier(torch.randn(2, 40, 100))
    >>> cosines.shape, bool((cosines.abs() <= 1).all())
    (torch.Size([2, 5]), True)

    Chapter: tasks/speaker
    """

    def __init__(self, encoder: SpeakerEncoder, *, n_speakers: int):
        super().__init__()
        self.encoder = encoder
        check_count(n_speakers, name="n_speakers")
        self.directions = nn.Parameter(torch.randn(n_speakers, encoder.embed.out_features))

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return the cosine between each voice and each speaker's direction, (B, K)."""
        cosines = linear(self.encoder(x, lengths), normalize(self.directions))
        return cosines.clamp(-1, 1)  # rounding can leave -1 to 1


def margin_loss(
    cosines: Tensor, target: Tensor, *, margin: float = 0.2, scale: float = 30.0
) -> Tensor:
    """Return the cross-entropy of cosines, where the right speaker is made harder to find.

    The angle to the right direction is enlarged by a margin before the softmax: it is not enough to
    lie nearer to one's own direction than to the others, it must be nearer by the margin.

    Parameters
    ----------
    cosines : Tensor
        Shape (B, K), from -1 to 1.
    target : Tensor
        Shape (B,), speaker numbers.
    margin : float
        Radians, 0 to below pi; 0 is the softmax without a margin.
    scale : float
        What cosines are multiplied by: a softmax of numbers from -1 to 1 can be sure of nothing.

    Returns
    -------
    Tensor
        One number, the mean over the batch.

    Raises
    ------
    AudioError
        If the shapes do not fit, the margin is not from 0 to pi, or the scale not above 0.

    References
    ----------
    J. Deng, J. Guo, N. Xue and S. Zafeiriou, "ArcFace: additive angular margin loss for deep face
    recognition", CVPR 2019, equation 3.

    Examples
    --------
    >>> cosines, target = torch.tensor([[0.5, 0.4]]), torch.tensor([0])
    >>> bool(margin_loss(cosines, target) > margin_loss(cosines, target, margin=0.0))
    True

    Chapter: tasks/speaker
    """
    if not 0 <= check_finite(margin, name="margin", unit="rad") < torch.pi:
        raise AudioError(f"margin is {margin!r} rad: give 0 to pi")
    check_positive(scale, name="scale")
    if cosines.ndim != 2 or target.shape != cosines.shape[:1]:
        raise AudioError(
            f"cosines have shape {tuple(cosines.shape)} and target {tuple(target.shape)}: give "
            "(B, K) and (B,)"
        )
    own = cosines.gather(1, target[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)  # arccos is too steep at 1
    angle = (own.arccos() + margin).clamp(max=torch.pi)  # past pi a cosine would rise again
    harder = cosines.scatter(1, target[:, None], angle.cos())
    return cross_entropy(scale * harder, target)
