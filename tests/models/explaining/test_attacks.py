"""Adversarial sounds: the size of the change, what it does to the loss, what it leaves alone."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from audiolessons import models
from audiolessons.errors import AudioError

ATTACKS = [models.fgsm, models.pgd]


class Classifier(nn.Module):
    """From samples to three logits, not linear; the padding counts nothing."""

    def __init__(self, n_samples=200, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.hidden, self.out = nn.Linear(n_samples, 16), nn.Linear(16, 3)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x, lengths=None):
        return self.out(self.dropout(self.hidden(x.flatten(1)).tanh()))


def batch(n=8, n_samples=200):
    generator = torch.Generator().manual_seed(1)
    return 0.1 * torch.randn(n, n_samples, generator=generator), torch.arange(n) % 3


def loss_of(model, x, target):
    with torch.no_grad():
        return functional.cross_entropy(model.eval()(x), target, reduction="none")


def test_fgsm_moves_every_sample_by_epsilon_along_the_gradient():
    model, (x, target) = Classifier().eval(), batch()
    moved = models.fgsm(model, x, target, epsilon=0.01)
    torch.testing.assert_close((moved - x).abs(), torch.full_like(x, 0.01))
    x.requires_grad_()
    functional.cross_entropy(model(x), target).backward()
    torch.testing.assert_close((moved - x).sign(), x.grad.sign())


def test_of_a_linear_loss_nothing_raises_more():
    """The margin of two logits falls by epsilon times the sum of |weight differences|."""
    torch.manual_seed(0)
    model, (x, _) = nn.Linear(200, 2), batch()
    target = torch.zeros(len(x), dtype=torch.long)
    margin = model.weight[0] - model.weight[1]
    for attack in ATTACKS:
        moved = attack(model, x, target, epsilon=0.02)
        torch.testing.assert_close((moved - x) @ margin, -0.02 * margin.abs().sum().expand(len(x)))


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("random_start", [False, True])
def test_the_loss_grows_and_the_change_stays_small(attack, random_start):
    if random_start and attack is models.fgsm:
        return
    model, (x, target) = Classifier(), batch()
    start = {"generator": torch.Generator().manual_seed(0)} if random_start else {}
    moved = attack(model, x, target, epsilon=0.02, **start)
    assert (moved - x).abs().max() <= 0.02 + 1e-6
    assert (loss_of(model, moved, target) > loss_of(model, x, target) + 0.01).all()
    assert not moved.requires_grad


def test_more_steps_find_worse_places():
    model, (x, target) = Classifier(), batch(64)
    one = models.fgsm(model, x, target, epsilon=0.2)
    ten = models.pgd(model, x, target, epsilon=0.2, n_steps=10)
    assert loss_of(model, ten, target).mean() > loss_of(model, one, target).mean()


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_model_is_left_as_it_was(attack):
    model, (x, target) = Classifier(), batch()
    model.train()
    model.out.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    given = x.clone()
    with torch.no_grad():  # an attack needs gradients even where the caller wants none
        first, again = (attack(model, x, target, epsilon=0.01) for _ in range(2))
    assert model.training and model.dropout.training and not model.out.training  # noqa: PT018
    assert all(parameter.grad is None for parameter in model.parameters())
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    torch.testing.assert_close(x, given, rtol=0, atol=0)
    torch.testing.assert_close(first, again, rtol=0, atol=0)  # dropout was off


@pytest.mark.parametrize("attack", ATTACKS)
def test_padding_stays_as_it_is(attack):
    model, (x, target) = Classifier(), batch()
    lengths = torch.tensor([200, 150, 100, 50, 1, 200, 20, 199])
    start = {"generator": torch.Generator().manual_seed(0)} if attack is models.pgd else {}
    moved = attack(model, x, target, epsilon=0.01, lengths=lengths, **start)
    changed = (moved != x).sum(dim=1)
    assert (changed <= lengths).all()
    assert (changed[lengths > 100] > 90).all()


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_sound_may_have_its_own_epsilon(attack):
    model, (x, target) = Classifier(), batch()
    epsilon = torch.linspace(0, 0.07, 8)
    moved = attack(model, x, target, epsilon=epsilon)
    torch.testing.assert_close((moved - x).abs().amax(dim=1), epsilon, atol=1e-6, rtol=0)
    together = attack(model, x[5:6], target[5:6], epsilon=epsilon[5:6])
    torch.testing.assert_close(moved[5:6], together)  # and nothing of its neighbours


@pytest.mark.parametrize("attack", ATTACKS)
def test_full_scale_is_kept(attack):
    model, (x, target) = Classifier(), batch()
    x = (10 * x).clamp(-1, 1)
    assert attack(model, x, target, epsilon=0.1).abs().max() == 1
    assert attack(model, x, target, epsilon=0.1, limit=None).abs().max() > 1.05
    loud = 3 * x  # what was beyond full scale before is not cut
    moved = attack(model, loud, target, epsilon=0.1)
    assert (moved - loud).abs().max() <= 0.1 + 1e-6
    assert moved.abs().max() <= 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x, t: models.fgsm(m, x, t, epsilon=-0.1), "epsilon holds -0.1"),
        (lambda m, x, t: models.fgsm(m, x, t, epsilon=torch.ones(3)), r"epsilon has shape \(3,\)"),
        (lambda m, x, t: models.fgsm(m, x.int(), t, epsilon=0.1), "x is torch.int32"),
        (lambda m, x, t: models.fgsm(m, x[0], t, epsilon=0.1), r"x\[None\]"),
        (lambda m, x, t: models.pgd(m, x, t, epsilon=0.1, n_steps=0), "n_steps is 0"),
        (lambda m, x, t: models.pgd(m, x, t, epsilon=0.1, step=-1.0), "step holds -1.0"),
        (
            lambda m, x, t: models.fgsm(Detached(), x, t, epsilon=0.1),
            "does not depend on x by any gradient",
        ),
        (
            lambda m, x, t: models.fgsm(Detached().requires_grad_(False), x, t, epsilon=0.1),
            "does not depend on x by any gradient",
        ),
    ],
)
def test_what_cannot_be_attacked(call, message):
    with pytest.raises(AudioError, match=message):
        call(Classifier(), *batch())


def test_recurrent_networks_and_lengths():
    model = models.RecurrentClassifier(n_features=5, n_classes=3, hidden_size=8)
    x, lengths = torch.randn(2, 5, 12), torch.tensor([12, 7])
    target = torch.tensor([0, 1])
    moved = models.fgsm(model, x, target, epsilon=0.1, lengths=lengths, limit=None)
    assert (moved != x)[1, :, 7:].sum() == 0
    assert (moved != x)[1, :, :7].any()


class Detached(Classifier):
    def forward(self, x, lengths=None):
        return super().forward(x.detach())
