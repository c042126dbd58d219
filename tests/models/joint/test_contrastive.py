"""Contrastive alignment, held against a plain reference, row by row."""

import math

import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.models import contrastive_loss

F = torch.nn.functional


def directions(n, d, *, seed=0):
    return F.normalize(torch.randn(n, d, generator=torch.Generator().manual_seed(seed)), dim=1)


def plain_loss(first, second, temperature, right):
    """Say it with loops: minus log of the share of the right answers, in both directions."""
    losses = []
    for x, y in ((first, second), (second, first)):
        for i in range(len(x)):
            scores = [math.exp(float(x[i] @ y[j]) / temperature) for j in range(len(y))]
            shares = [math.log(scores[j] / sum(scores)) for j in right(i)]
            losses.append(-sum(shares) / len(shares))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 5.0])
def test_the_loss_is_the_plain_one(temperature):
    first, second = directions(7, 5), directions(7, 5, seed=1)
    expected = plain_loss(first, second, temperature, lambda i: [i])
    ours = contrastive_loss(first, second, temperature=temperature)
    assert float(ours) == pytest.approx(expected, rel=1e-4)


def test_the_loss_by_class_is_the_plain_one():
    first, second = directions(7, 5), directions(7, 5, seed=1)
    labels = torch.tensor([0, 1, 0, 2, 1, 0, 3])
    expected = plain_loss(
        first, second, 0.2, lambda i: [j for j in range(7) if labels[j] == labels[i]]
    )
    ours = contrastive_loss(first, second, temperature=0.2, labels=labels)
    assert float(ours) == pytest.approx(expected, rel=1e-4)
    # classes of one row each are no classes
    alone = contrastive_loss(first, second, temperature=0.2, labels=torch.arange(7))
    torch.testing.assert_close(alone, contrastive_loss(first, second, temperature=0.2))


def test_the_loss_knows_no_first_and_no_order():
    first, second = directions(6, 4), directions(6, 4, seed=1)
    loss = contrastive_loss(first, second, temperature=0.1)
    torch.testing.assert_close(contrastive_loss(second, first, temperature=0.1), loss)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    again = contrastive_loss(first[order], second[order], temperature=0.1)
    torch.testing.assert_close(again, loss)
    shifted = contrastive_loss(first, second[order], temperature=0.1)
    assert not torch.allclose(shifted, loss)


@pytest.mark.parametrize("n", [2, 8, 64])
def test_who_knows_nothing_pays_the_logarithm_of_the_batch(n):
    same = directions(1, 4).expand(n, 4)
    assert float(contrastive_loss(same, same, temperature=0.1)) == pytest.approx(math.log(n))


def test_pulling_partners_together_lowers_the_loss():
    first, second = directions(6, 4).requires_grad_(), directions(6, 4, seed=1)
    loss = contrastive_loss(first, second, temperature=0.2)
    loss.backward()
    closer = F.normalize(first - 0.1 * first.grad, dim=1)
    assert contrastive_loss(closer, second, temperature=0.2) < loss


def towers(**options):
    torch.manual_seed(0)
    return models.Towers(models.digit_encoders(n_mels=12, width=8), n_dimensions=4, **options)


def test_embeddings_have_length_one_where_something_is():
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(3, 8, 8, generator=generator)
    text = torch.randint(1, 27, (3, 5), generator=generator)
    present = torch.tensor([[False, True, True], [False, True, False], [False, False, True]])
    aligned = towers().eval()(image=image, text=text, present=present)
    lengths = aligned.embeddings.norm(dim=2)
    torch.testing.assert_close(lengths, present.float())
    assert torch.equal(aligned.present, present)


def test_one_tower_alone_says_the_same():
    image = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0))
    model = towers().eval()
    torch.testing.assert_close(model.embed("image", image), model(image=image).embeddings[:, 1])


def test_the_alignment_loss_is_the_mean_over_pairs_that_meet():
    x = F.normalize(torch.randn(8, 3, 4, generator=torch.Generator().manual_seed(0)), dim=2)
    all_there = torch.ones(8, 3, dtype=torch.bool)
    pairs = [
        contrastive_loss(x[:, i], x[:, j], temperature=0.3) for i, j in [(0, 1), (0, 2), (1, 2)]
    ]
    ours = models.alignment_loss(models.Aligned(x, all_there, torch.tensor(0.3)))
    torch.testing.assert_close(ours, sum(pairs) / 3)


def test_a_pair_that_never_meets_is_not_trained():
    x = F.normalize(torch.randn(8, 3, 4, generator=torch.Generator().manual_seed(0)), dim=2)
    present = torch.tensor([[True, False, True]] * 4 + [[False, True, True]] * 4)
    ours = models.alignment_loss(models.Aligned(x, present, torch.tensor(0.3)))
    first = contrastive_loss(x[:4, 0], x[:4, 2], temperature=0.3)
    second = contrastive_loss(x[4:, 1], x[4:, 2], temperature=0.3)
    torch.testing.assert_close(ours, (first + second) / 2)


def test_labels_go_with_their_rows():
    x = F.normalize(torch.randn(6, 2, 4, generator=torch.Generator().manual_seed(0)), dim=2)
    present = torch.tensor([[True, True]] * 5 + [[True, False]])
    labels = torch.tensor([0, 1, 0, 1, 2, 0])
    ours = models.alignment_loss(models.Aligned(x, present, torch.tensor(0.3)), labels)
    plain = contrastive_loss(x[:5, 0], x[:5, 1], temperature=0.3, labels=labels[:5])
    torch.testing.assert_close(ours, plain)


def test_the_temperature_is_learned_and_has_a_floor():
    model = towers(temperature=0.07)
    assert float(model.temperature.detach()) == pytest.approx(0.07)
    image = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(0))
    text = torch.randint(1, 27, (4, 5), generator=torch.Generator().manual_seed(0))
    models.alignment_loss(model(image=image, text=text)).backward()
    assert model.log_temperature.grad.abs() > 0
    with torch.no_grad():
        model.log_temperature.fill_(-20)
    assert float(model.temperature.detach()) == pytest.approx(0.01)


def test_wrong_input_is_named():
    x = directions(4, 3)
    with pytest.raises(AudioError, match=r"first has shape \(4, 3\), second \(3, 3\): give \(B, D"):
        contrastive_loss(x, x[:3], temperature=1.0)
    with pytest.raises(AudioError, match="temperature is 0: it must be a finite number above 0"):
        contrastive_loss(x, x, temperature=0)
    with pytest.raises(AudioError, match=r"labels have shape \(2,\): give \(4,\)"):
        contrastive_loss(x, x, temperature=1.0, labels=torch.tensor([0, 1]))
    met = models.Aligned(
        torch.stack([x, x], dim=1), torch.ones(4, 2, dtype=torch.bool), torch.tensor(1.0)
    )
    with pytest.raises(AudioError, match=r"labels have shape \(1,\): give \(4,\)"):
        models.alignment_loss(met, torch.tensor([1]))
    assert torch.equal(
        models.alignment_loss(met, [0, 1, 0, 1]),
        models.alignment_loss(met, torch.tensor([0, 1, 0, 1])),
    )
    nothing = models.Aligned(x[:, None], torch.ones(4, 1, dtype=torch.bool), torch.tensor(1.0))
    with pytest.raises(AudioError, match="no row has two modalities"):
        models.alignment_loss(nothing)
    with pytest.raises(AudioError, match="modality is 'smell'"):
        towers().embed("smell", x)
