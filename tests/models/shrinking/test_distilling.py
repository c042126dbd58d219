"""A student and its teacher: the loss, its gradient, and who learns."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from audiolessons import models
from audiolessons.errors import AudioError


def _drawn():
    torch.manual_seed(0)
    return 3 * torch.randn(6, 4), 3 * torch.randn(6, 4), torch.arange(6) % 4


def test_without_a_teacher_it_is_the_cross_entropy():
    student, teacher, labels = _drawn()
    loss = models.distillation_loss(student, teacher, labels, temperature=3.0, share=0.0)
    torch.testing.assert_close(loss, functional.cross_entropy(student, labels))


def test_the_divergence_by_hand():
    student, teacher, labels = _drawn()
    p, q = (teacher / 2).softmax(1), (student / 2).softmax(1)
    by_hand = 4 * (p * (p / q).log()).sum(1).mean()
    loss = models.distillation_loss(student, teacher, labels, temperature=2.0, share=1.0)
    torch.testing.assert_close(loss, by_hand)


def test_hot_answers_pull_as_hard_as_cold_ones():
    """At high temperatures the gradient is that of the squared distance of logits, over K."""
    student, teacher, labels = _drawn()
    student, teacher = student - student.mean(1, True), teacher - teacher.mean(1, True)
    student.requires_grad_()
    models.distillation_loss(student, teacher, labels, temperature=1e3, share=1.0).backward()
    by_hand = (student - teacher).detach() / (4 * len(student))
    torch.testing.assert_close(student.grad, by_hand, atol=2e-3, rtol=2e-2)


def test_the_student_learns_and_the_teacher_does_not():
    both = models.TaughtBy(nn.Linear(3, 2), nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2)))
    both.train()
    x = torch.ones(2, 3)
    first, second = both(x)[1], both(x)[1]
    assert torch.equal(first, second)  # no dropout
    student, teacher = both(x)
    models.distillation_loss(student, teacher, torch.tensor([0, 1]), temperature=2.0).backward()
    assert both.student.weight.grad is not None
    assert all(one.grad is None for one in both.teacher.parameters())
    assert both.eval()(x).shape == (2, 2)


def test_what_cannot_be():
    student, teacher, labels = _drawn()
    with pytest.raises(AudioError, match="temperature"):
        models.distillation_loss(student, teacher, labels, temperature=0)
    with pytest.raises(AudioError, match="share is 2"):
        models.distillation_loss(student, teacher, labels, temperature=1, share=2)
    for wrong in (labels[:2], labels.float()):
        with pytest.raises(AudioError, match="a whole number for each of the 6 sounds"):
            models.distillation_loss(student, teacher, wrong, temperature=1)
    with pytest.raises(AudioError, match="share is 'all'"):
        models.distillation_loss(student, teacher, labels, temperature=1, share="all")
    with pytest.raises(AudioError, match="logits"):
        models.distillation_loss(student, teacher[:, :2], labels, temperature=1)
