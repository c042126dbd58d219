"""Distillation: a small network learns what a large one answers, and not only who is right."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons.errors import AudioError, check_positive


def distillation_loss(
    student: Tensor, teacher: Tensor, labels: Tensor, *, temperature: float, share: float = 0.5
) -> Tensor:
    """Return how far a student is from its teacher's softened answers, and from the truth.

    Both answers are softened by a temperature T: softmax(logits / T). The divergence of the two is
    multiplied with T squared: its gradient falls with the square of T, and would otherwise count
    less the softer the answers are.

    Parameters
    ----------
    student, teacher : Tensor
        Logits (B, K).
    labels : Tensor
        (B,), whole numbers below K.
    temperature : float
        T, positive. At 1 the teacher's answers are as they are; the higher, the more its second
        and third thoughts count.
    share : float
        Of the teacher, 0 to 1; the rest is the cross-entropy with the labels.

    Returns
    -------
    Tensor
        One number: the mean over the batch.

    Raises
    ------
    AudioError
        If shapes differ, labels are no whole numbers (B,), T is not positive, or the share lies
        outside 0 to 1.

    Examples
    --------
    >>> logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    >>> labels = torch.tensor([0, 1])
    >>> float(distillation_loss(logits, logits, labels, temperature=4.0, share=1.0))
    0.0

    References
    ----------
    G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network", 2015.

    Chapter: large/efficiency
    """
    check_positive(temperature, name="temperature")
    if not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise AudioError(f"share is {share!r}: give 0 (labels alone) to 1 (the teacher alone)")
    if student.shape != teacher.shape or student.ndim != 2:
        raise AudioError(
            f"student has shape {tuple(student.shape)}, teacher {tuple(teacher.shape)}: give "
            "logits (B, K) of both, for the same sounds"
        )
    if labels.shape != student.shape[:1] or not len(labels) or labels.is_floating_point():
        raise AudioError(
            f"labels has shape {tuple(labels.shape)} and type {labels.dtype}: give a whole number "
            f"for each of the {len(student)} sounds"
        )
    soft_student = functional.log_softmax(student / temperature, dim=1)
    soft_teacher = functional.log_softmax(teacher / temperature, dim=1)
    divergence = functional.kl_div(
        soft_student, soft_teacher, reduction="batchmean", log_target=True
    )
    truth = functional.cross_entropy(student, labels)
    return share * temperature**2 * divergence + (1 - share) * truth


class TaughtBy(nn.Module):
    """A student and its teacher side by side, for `training.fit`: both hear the same sounds.

    The teacher learns nothing, and answers as in use. In training the output is a pair, (student's
    logits, teacher's logits); in evaluation the student answers alone.

    Examples
    --------
    >>> both = TaughtBy(nn.Linear(4, 2), nn.Linear(4, 2))
    >>> student, teacher = both(torch.zeros(3, 4))
    >>> student.requires_grad, teacher.requires_grad, both.teacher.training
    (True, False, False)

    Chapter: large/efficiency
    """

    def __init__(self, student: nn.Module, teacher: nn.Module):
        super().__init__()
        self.student, self.teacher = student, teacher.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> TaughtBy:
        """Set the student's mode; the teacher's is that of use."""
        super().train(mode)
        self.teacher.eval()
        return self

    def forward(self, *inputs):
        answer = self.student(*inputs)
        if not self.training:
            return answer
        with torch.no_grad():
            return answer, self.teacher(*inputs)
