"""Fusion: one answer from several modalities, some of which may be missing or noisy.

Four ways to join what the encoders made, behind one interface, `Fusion`. A network that has never
missed anything fails when something is missing: `modality_dropout` makes it learn with parts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.models.joint.multimodal import Encoders, named_inputs
from audiolessons.models.layers.attention import MultiHeadAttention, masked_softmax
from audiolessons.models.layers.blocks import check_share


class EarlyFusion(nn.Module):
    """Lay the summaries side by side, then decide: a small network sees all features at once.

    What is missing is zeros.

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_modalities: int, width: int, n_classes: int, dropout: float):
        super().__init__()
        self.classify = nn.Sequential(
            nn.Linear(n_modalities * width, 2 * width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, n_classes),
        )

    def forward(self, encoded, present):
        features = torch.cat([one.summary for one in encoded], dim=1)  # M of (B, W) -> (B, M W)
        return self.classify(features), None


class LateFusion(nn.Module):
    """Decide for each modality alone, then add the logits of those that are there.

    Adding logits multiplies probabilities: right if the modalities err independently given the
    class. Whoever is unsure gives flat logits, and leaves the decision to the others.

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_modalities: int, width: int, n_classes: int, dropout: float):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.ModuleList(nn.Linear(width, n_classes) for _ in range(n_modalities))

    def forward(self, encoded, present):
        logits = torch.stack(
            [
                layer(self.dropout(one.summary))
                for layer, one in zip(self.classify, encoded, strict=True)
            ],
            dim=1,
        )  # M of (B, K) -> (B, M, K)
        return logits.masked_fill(~present[..., None], 0).sum(dim=1), None


class GatedFusion(nn.Module):
    """Average the modalities with weights that depend on what is heard, seen and read.

    The weights of those that are there sum to 1: whoever is drowned in noise can be turned down.

    References
    ----------
    J. Arevalo, T. Solorio, M. Montes-y-Gómez and F. A. González, "Gated multimodal units for
    information fusion", ICLR 2017 workshop, with one gate for each modality.

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_modalities: int, width: int, n_classes: int, dropout: float):
        super().__init__()
        self.transform = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(n_modalities))
        self.gate = nn.Linear(n_modalities * width, n_modalities)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(2 * width, n_classes)

    def forward(self, encoded, present):
        summaries = [one.summary for one in encoded]
        scores = self.gate(torch.cat(summaries, dim=1))  # (B, M W) -> (B, M)
        weights = masked_softmax(scores, present)
        values = [layer(one).relu() for layer, one in zip(self.transform, summaries, strict=True)]
        values = torch.stack(values, dim=1)  # M of (B, 2 W) -> (B, M, 2 W)
        joined = (weights[:, None] @ values).squeeze(1)  # (B, 1, M) @ (B, M, 2 W) -> (B, 2 W)
        return self.classify(self.dropout(joined)), weights


class AttentionFusion(nn.Module):
    """Each modality asks the steps of all of them: which letter, which moment, which patch?

    The summaries are queries, the steps of whatever is there are keys and values. What comes back
    is added to the summary; the summaries of those that are there are averaged.

    References
    ----------
    Y.-H. H. Tsai et al., "Multimodal Transformer for unaligned multimodal language sequences",
    ACL 2019, section 3.1, with one query for each modality.

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_modalities: int, width: int, n_classes: int, dropout: float):
        super().__init__()
        # tells a step of sound from one of text
        self.kind = nn.Parameter(0.1 * torch.randn(n_modalities, width))
        self.query_norm, self.step_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        n_heads = 4 if width % 4 == 0 else 1
        self.attention = MultiHeadAttention(width=width, n_heads=n_heads)
        self.feedforward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, n_classes)

    def forward(self, encoded, present):
        summaries = torch.stack([one.summary for one in encoded], dim=1)  # (B, M, W)
        steps = [one.steps + kind for one, kind in zip(encoded, self.kind, strict=True)]
        steps = self.step_norm(torch.cat(steps, dim=1))  # M of (B, N, W) -> (B, all N, W)
        masks = [one.mask & here[:, None] for one, here in zip(encoded, present.T, strict=True)]
        may_look = torch.cat(masks, dim=1)[:, None, None]  # (B, all N) -> (B, 1, 1, all N)
        attended, weights = self.attention(
            self.query_norm(summaries + self.kind), steps, mask=may_look, return_weights=True
        )
        x = summaries + attended  # (B, M, W)
        x = x + self.feedforward(x)
        share = present[:, None].to(x.dtype) / present.sum(dim=1)[:, None, None]  # (B, 1, M)
        joined = (share @ x).squeeze(1)  # (B, 1, M) @ (B, M, W) -> (B, W)
        # how much the queries of what is there took from the steps of each modality: (B, M)
        weights = (share[:, None] @ weights).mean(dim=(1, 2))  # (B, heads, M, N) -> (B, all N)
        sizes = [one.steps.shape[1] for one in encoded]
        weights = torch.stack([part.sum(dim=1) for part in weights.split(sizes, dim=1)], dim=1)
        return self.classify(self.dropout(joined)), weights


FUSIONS = {
    "early": EarlyFusion,
    "late": LateFusion,
    "gated": GatedFusion,
    "attention": AttentionFusion,
}


class Fusion(nn.Module):
    """Classify from sound, image and text, or from whichever of them is there.

    Parameters
    ----------
    encoders : dict of modules
        From "audio", "image", "text" (or some of them) to encoders of one width, such as
        `digit_encoders` gives. Their order is that of the columns of `present`.
    n_classes : int
        K.
    fusion : str
        "early": features side by side. "late": logits added. "gated": a learned, weighted average.
        "attention": each modality looks at the steps of all.
    modality_dropout : float
        Chance of each modality to be taken away from a row while training; one always stays.
    dropout : float
        Share of the features that is set to 0 before the last layer while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if shapes do not fit, or a row has nothing at all.

    Examples
    --------
    >>> from audiolessons.models import digit_encoders
    >>> model = Fusion(digit_encoders(n_mels=40), n_classes=10, fusion="gated").eval()
    >>> sound, lengths = torch.randn(2, 40, 50), [50, 31]
    >>> image = torch.randn(2, 8, 8)
    >>> model(sound, lengths, image).shape  # no text for anybody
    torch.Size([2, 10])
    >>> present = torch.tensor([[True, True, False], [False, True, False]])  # no second sound
    >>> model.weights(sound, lengths, image, present=present)[1].tolist()
    [0.0, 1.0, 0.0]

    Chapter: tasks/multimodal
    """

    def __init__(
        self,
        encoders: dict,
        *,
        n_classes: int,
        fusion: str = "gated",
        modality_dropout: float = 0.0,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_count(n_classes, name="n_classes")
        check_choice(fusion, name="fusion", choices=tuple(FUSIONS))
        self.modality_dropout = check_share(modality_dropout, name="modality_dropout")
        self.encoders = Encoders(encoders)
        self.fusion = FUSIONS[fusion](
            n_modalities=len(encoders),
            width=self.encoders.width,
            n_classes=n_classes,
            dropout=check_share(dropout, name="dropout"),
        )

    def forward(
        self,
        audio: Tensor | None = None,
        audio_lengths=None,
        image: Tensor | None = None,
        text: Tensor | None = None,
        text_lengths=None,
        present: Tensor | None = None,
    ) -> Tensor:
        """Return logits (B, K).

        `audio` is (B, F, N), `image` (B, H, V), `text` (B, L); the lengths are (B,). What is None
        is missing for every row. `present`, (B, M), bool, says what each row has; all that is
        given unless it is given. What a missing input holds does not matter.
        """
        inputs = named_inputs(audio, audio_lengths, image, text, text_lengths)
        return self._fused(inputs, present)[0]

    def weights(
        self,
        audio=None,
        audio_lengths=None,
        image=None,
        text=None,
        text_lengths=None,
        present=None,
    ) -> Tensor:
        """Return how much each modality counted, (B, M), each row summing to 1.

        Gates of "gated"; of "attention", how much was taken from the steps of each.
        """
        inputs = named_inputs(audio, audio_lengths, image, text, text_lengths)
        weights = self._fused(inputs, present)[1]
        if weights is None:
            raise AudioError("early and late fusion have no weights: use 'gated' or 'attention'")
        return weights

    def _fused(self, inputs, present):
        if self.training and self.modality_dropout > 0:
            present = self._dropped(self.encoders.checked(inputs, present))
        return self.fusion(*self.encoders(inputs, present))

    def _dropped(self, present):
        """Take some of what is there away; a row that would lose everything loses nothing."""
        kept = present & (torch.rand(present.shape, device=present.device) >= self.modality_dropout)
        return torch.where(kept.any(dim=1, keepdim=True), kept, present)
