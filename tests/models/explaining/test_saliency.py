"""Saliency: exact on linear models, pointing at what was planted, silent about the padding."""

import pytest
import torch
from torch import nn

from audiolessons import models
from audiolessons.errors import AudioError

MAPS = [
    models.input_gradient,
    models.gradient_times_input,
    lambda *args, **options: models.occlusion(*args, size=4, **options),
]


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Ear(nn.Module):
    """Hears one band at one moment, through a curve; dropout and normalisation in its way."""

    def __init__(self):
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(8), nn.Dropout(0.5)

    def forward(self, x, lengths=None):
        heard = self.dropout(self.norm(x))[:, 3, 5]
        return torch.stack([heard.tanh(), -heard], dim=1)


def test_the_gradient_of_a_linear_model_is_its_row_of_weights():
    model, x = nn.Linear(6, 3), noise(4, 6)
    target = torch.tensor([0, 1, 2, 1])
    torch.testing.assert_close(models.input_gradient(model, x, target), model.weight[target])


def test_it_agrees_with_finite_differences():
    model = models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4,)).double().eval()
    x, target = noise(1, 8, 10).double(), torch.tensor([1])
    gradient = models.input_gradient(model, x, target)
    for band, frame in ((0, 0), (3, 5), (7, 9)):
        moved = x.clone()
        moved[0, band, frame] += 1e-6
        slope = (model(moved) - model(x))[0, 1] / 1e-6
        torch.testing.assert_close(gradient[0, band, frame], slope, rtol=1e-4, atol=1e-6)


def test_times_the_input_it_adds_up_to_the_logit_of_a_linear_model():
    model, x = nn.Linear(6, 3), noise(4, 6)
    target = torch.tensor([0, 1, 2, 1])
    added = models.gradient_times_input(model, x, target, baseline=0.5).sum(dim=1)
    wanted = (model(x) - model(torch.full_like(x, 0.5)))[torch.arange(4), target]
    torch.testing.assert_close(added, wanted)


def test_hiding_part_by_part_adds_up_to_the_logit_of_a_linear_model():
    model, x = nn.Linear(6, 3), noise(4, 6)
    target = torch.tensor([0, 1, 2, 1])
    fall = models.occlusion(model, x, target, size=2, step=2)
    wanted = (model(x) - model(torch.zeros_like(x)))[torch.arange(4), target]
    torch.testing.assert_close(fall[:, ::2].sum(dim=1), wanted)
    torch.testing.assert_close(fall[:, ::2], fall[:, 1::2])


def test_every_place_is_hidden_also_where_steps_do_not_fit():
    x = noise(2, 7, 11)
    fall = models.occlusion(nn.Sequential(nn.Flatten(), nn.Linear(77, 2)), x, [0, 1], size=(3, 4))
    assert fall.isfinite().all()
    assert (fall != 0).all()


@pytest.mark.parametrize("saliency", MAPS)
def test_it_points_at_the_only_place_that_is_heard(saliency):
    x = noise(3, 8, 12) + 3
    size = saliency(Ear(), x, torch.zeros(3, dtype=torch.long)).abs()
    assert (size[:, 3, 5] == size.flatten(1).amax(dim=1)).all()


def test_a_patch_that_misses_the_place_changes_nothing():
    fall = models.occlusion(Ear(), noise(1, 8, 12) + 3, [1], size=(2, 3), step=1)
    reached = torch.zeros(8, 12, dtype=torch.bool)
    reached[2:5, 3:8] = True  # a patch of 2 x 3 that hides (3, 5) begins at (2, 3) or later
    assert torch.equal(fall[0] != 0, reached)


@pytest.mark.parametrize("saliency", MAPS)
def test_padding_has_no_say_and_gets_none(saliency):
    model = models.SpectrogramCNN(n_mels=8, n_classes=3, channels=(4,))
    x, lengths, target = noise(2, 8, 20), torch.tensor([20, 12]), torch.tensor([0, 2])
    given = saliency(model, x, target, lengths=lengths)
    assert (given[1, :, 12:] == 0).all()
    x[1, :, 12:] = 99
    torch.testing.assert_close(saliency(model, x, target, lengths=lengths), given)


@pytest.mark.parametrize("saliency", MAPS)
def test_the_model_is_left_as_it_was(saliency):
    model = Ear().train()
    model.norm.eval()
    x = noise(2, 8, 12)
    before = x.clone()
    first, again = (saliency(model, x, torch.tensor([0, 1])) for _ in range(2))
    torch.testing.assert_close(first, again)  # no dropout
    assert [m.training for m in (model, model.dropout, model.norm)] == [True, True, False]
    assert all(p.grad is None for p in model.parameters())
    assert not first.requires_grad
    torch.testing.assert_close(x, before)


@pytest.mark.parametrize("saliency", MAPS)
def test_other_sounds_of_the_batch_have_no_say(saliency):
    x, target = noise(3, 8, 12), torch.tensor([0, 1, 0])
    together = saliency(Ear(), x, target)
    torch.testing.assert_close(together[1:2], saliency(Ear(), x[1:2], target[1:2]))


def test_recurrent_networks_have_maps_too():
    model = models.RecurrentClassifier(n_features=4, n_classes=2, cell="gru", hidden_size=3)
    assert models.input_gradient(model, noise(2, 4, 9), [0, 1]).abs().sum() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": torch.zeros(2, 6, dtype=torch.long)}, "give a float tensor"),
        ({"x": torch.zeros(6)}, "give a batch"),
        ({"target": torch.tensor([0])}, r"shape \(2,\)"),
        ({"target": torch.tensor([0.0, 1.0])}, "one class number"),
        ({"target": torch.tensor([0, 3])}, "classes 0 to 2"),
        ({"size": 7}, "but x has 6"),
        ({"size": 2, "step": 3}, "never be hidden"),
        ({"size": (2, 2)}, "more axes"),
        ({"size": 0}, "size"),
        ({"size": 2, "step": (1, 1)}, "one number for each"),
    ],
)
def test_bad_input_is_named(change, message):
    options = {"model": nn.Linear(6, 3), "x": noise(2, 6), "target": [0, 1], "size": 2} | change
    with pytest.raises(AudioError, match=message):
        models.occlusion(**options)


def test_an_answer_without_gradient_is_named():
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach()

    with pytest.raises(AudioError, match="does not depend on x"):
        models.input_gradient(Cut(), noise(2, 6), [0, 1])


def test_logits_of_another_shape_are_named():
    with pytest.raises(AudioError, match=r"logits have shape"):
        models.input_gradient(nn.Identity(), noise(2, 3, 4), [0, 1])
