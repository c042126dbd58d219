"""Contrastive alignment: what belongs together lies close together, in one space for all.

Each modality keeps its own encoder ("tower"); a linear layer turns its summary to a direction in a
common space. There, a sound finds its image by the angle between them.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_choice, check_count, check_positive
from audiolessons.models.joint.multimodal import Encoders, named_inputs

COLDEST = 0.01  # below it, a single error would count for all (the same limit as the paper's)


def contrastive_loss(
    first: Tensor, second: Tensor, *, temperature: float | Tensor, labels: Tensor | None = None
) -> Tensor:
    """Return how badly each row finds its partner among all rows, in both directions (InfoNCE).

    The similarities of a row to all candidates, divided by the temperature, are logits of a
    classification whose right answer is the partner. More rows are more candidates: a harder, and
    more telling, question.

    Parameters
    ----------
    first, second : Tensor
        Shape (B, D), rows of length 1; row b of one belongs to row b of the other.
    temperature : float or Tensor
        Small: only the hardest candidates count. Large: all count alike.
    labels : Tensor, optional
        Shape (B,), classes. If given, every row of the same class is a right answer, and not a
        candidate to be pushed away.

    Returns
    -------
    Tensor
        A single number, the mean of both directions; log B if nothing is known.

    Raises
    ------
    AudioError
        If the shapes differ, or the temperature is not positive.

    Examples
    --------
    >>> x = torch.eye(4)
    >>> contrastive_loss(x, x, temperature=0.1) < 0.001
    tensor(True)
    >>> contrastive_loss(x[:1].expand(4, 4), x, temperature=1e6)  # log 4
    tensor(1.3863)

    References
    ----------
    A. van den Oord, Y. Li and O. Vinyals, "Representation learning with contrastive predictive
    coding", 2018; A. Radford et al., "Learning transferable visual models from natural language
    supervision", ICML 2021, figure 3; with labels, P. Khosla et al., "Supervised contrastive
    learning", NeurIPS 2020, equation 2.

    Chapter: tasks/multimodal
    """
    if first.ndim != 2 or first.shape != second.shape or 0 in first.shape:
        raise AudioError(
            f"first has shape {tuple(first.shape)}, second {tuple(second.shape)}: give (B, D) twice"
        )
    if not isinstance(temperature, Tensor):
        check_positive(temperature, name="temperature")
    logits = first @ second.T / temperature  # (B, D) @ (D, B) -> (B, B)
    if labels is None:
        target = torch.arange(len(logits), device=logits.device)
    else:
        if labels.shape != first.shape[:1]:
            raise AudioError(f"labels have shape {tuple(labels.shape)}: give ({len(first)},)")
        same = (labels[:, None] == labels).to(logits.dtype)  # (B, B)
        target = same / same.sum(dim=1, keepdim=True)  # all right answers share the probability
    rows = functional.cross_entropy(logits, target)
    columns = functional.cross_entropy(logits.T, target)
    return (rows + columns) / 2


def _checked_labels(labels, n_rows) -> Tensor:
    """Return labels as a tensor (B,), or say what does not fit."""
    labels = torch.as_tensor(labels)
    if labels.shape != (n_rows,):
        raise AudioError(f"labels have shape {tuple(labels.shape)}: give ({n_rows},)")
    return labels


class Aligned(NamedTuple):
    """What `Towers` answers: directions in the common space, and what their loss needs.

    `embeddings`, (B, M, D), have length 1 where `present`, (B, M), is True, and are 0 elsewhere.

    Chapter: tasks/multimodal
    """

    embeddings: Tensor
    present: Tensor
    temperature: Tensor


class Towers(nn.Module):
    """Encode each modality into one common space, and learn the temperature with it.

    Parameters
    ----------
    encoders : dict of modules
        From "audio", "image", "text" (or two of them) to encoders of one width.
    n_dimensions : int
        D, of the common space.
    temperature : float
        Where learning starts.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if shapes do not fit, or a row has nothing at all.

    Examples
    --------
    >>> from audiolessons.models import digit_encoders
    >>> towers = Towers(digit_encoders(n_mels=40), n_dimensions=16).eval()
    >>> towers(image=torch.randn(2, 8, 8)).embeddings.shape
    torch.Size([2, 3, 16])
    >>> towers.embed("image", torch.randn(2, 8, 8)).norm(dim=1).detach()
    tensor([1., 1.])

    References
    ----------
    A. Radford et al., "Learning transferable visual models from natural language supervision",
    ICML 2021, section 2.3.

    Chapter: tasks/multimodal
    """

    def __init__(self, encoders: dict, *, n_dimensions: int = 32, temperature: float = 0.07):
        super().__init__()
        check_count(n_dimensions, name="n_dimensions")
        check_positive(temperature, name="temperature")
        self.encoders = Encoders(encoders)
        self.project = nn.ModuleList(
            nn.Linear(self.encoders.width, n_dimensions, bias=False) for _ in encoders
        )
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    @property
    def temperature(self) -> Tensor:
        """The temperature now."""
        return self.log_temperature.exp().clamp(min=COLDEST)

    def forward(
        self,
        audio: Tensor | None = None,
        audio_lengths=None,
        image: Tensor | None = None,
        text: Tensor | None = None,
        text_lengths=None,
        present: Tensor | None = None,
    ) -> Aligned:
        """Return `Aligned`; the inputs are those of `Fusion`."""
        inputs = named_inputs(audio, audio_lengths, image, text, text_lengths)
        encoded, present = self.encoders(inputs, present)
        directions = [
            functional.normalize(layer(one.summary), dim=1)
            for layer, one in zip(self.project, encoded, strict=True)
        ]
        embeddings = torch.stack(directions, dim=1)  # M of (B, D) -> (B, M, D)
        return Aligned(embeddings, present, self.temperature)

    def embed(self, modality: str, x: Tensor, lengths=None) -> Tensor:
        """Return the embeddings (B, D) of one modality alone."""
        check_choice(modality, name="modality", choices=self.encoders.names)
        encoded, _ = self.encoders({modality: (x, lengths)})
        column = self.encoders.names.index(modality)
        return functional.normalize(self.project[column](encoded[column].summary), dim=1)


def alignment_loss(aligned: Aligned, labels: Tensor | None = None) -> Tensor:
    """Return the mean of `contrastive_loss` over all pairs of modalities that meet in a row.

    Of each pair only the rows count that have both. A pair that never meets is not trained.

    Parameters
    ----------
    aligned : Aligned
        From `Towers`.
    labels : Tensor, optional
        Shape (B,): rows of one class are no wrong answers to each other.

    Raises
    ------
    AudioError
        If no row has two modalities.

    Examples
    --------
    >>> x = functional.normalize(torch.randn(8, 3, 4), dim=2)
    >>> there = torch.tensor([[True, False, True]] * 8)  # the second modality is missing
    >>> aligned = Aligned(x, there, torch.tensor(0.5))
    >>> pair = contrastive_loss(x[:, 0], x[:, 2], temperature=0.5)
    >>> torch.equal(alignment_loss(aligned), pair)
    True

    Chapter: tasks/multimodal
    """
    if labels is not None:
        labels = _checked_labels(labels, len(aligned.present)).to(aligned.present.device)
    losses = []
    for one, other in itertools.combinations(range(aligned.present.shape[1]), 2):
        both = aligned.present[:, one] & aligned.present[:, other]
        if both.any():
            first, second = aligned.embeddings[both, one], aligned.embeddings[both, other]
            its_labels = None if labels is None else labels[both]
            temperature = aligned.temperature
            losses.append(
                contrastive_loss(first, second, temperature=temperature, labels=its_labels)
            )
    if not losses:
        raise AudioError("no row has two modalities: there is nothing to bring together")
    return torch.stack(losses).mean()
