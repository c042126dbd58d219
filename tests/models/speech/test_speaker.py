"""The speaker encoder: pooling by a plain loop, what it must not hear, and the margin."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from audiolessons import models
from audiolessons.errors import AudioError


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def test_attentive_statistics_by_a_plain_loop(generator):
    x = torch.randn(2, 3, 7, generator=generator, dtype=torch.float64)
    pool = models.AttentiveStatistics(n_channels=3, hidden_size=4).double()
    pooled, weights = pool(x)
    for b in range(2):
        scores = []
        for n in range(7):
            first, _, second = pool.score
            hidden = torch.tanh(first.weight[:, :, 0] @ x[b, :, n] + first.bias)
            scores.append(float((second.weight[0, :, 0] @ hidden + second.bias).detach()))
        total = sum(math.exp(score) for score in scores)
        for n in range(7):
            assert float(weights[b, n].detach()) == pytest.approx(math.exp(scores[n]) / total)
        for c in range(3):
            values = [(float(weights[b, n].detach()), float(x[b, c, n])) for n in range(7)]
            mean = sum(w * v for w, v in values)
            deviation = math.sqrt(sum(w * (v - mean) ** 2 for w, v in values))
            assert float(pooled[b, c].detach()) == pytest.approx(mean)
            assert float(pooled[b, 3 + c].detach()) == pytest.approx(deviation)


def test_where_all_frames_count_alike_it_is_mean_and_deviation(generator):
    x = torch.randn(2, 40, 60, generator=generator)
    encoder = models.SpeakerEncoder(n_channels=8, pooling="attentive").eval()
    torch.nn.init.zeros_(encoder.attend.score[2].weight)
    attentive, weights = encoder.pooled(x)
    torch.testing.assert_close(weights, torch.full((2, 60), 1 / 60))
    for pooling, n in (("statistics", 48), ("mean", 24)):
        other = models.SpeakerEncoder(n_channels=8, pooling=pooling).eval()
        other.load_state_dict(
            {k: v for k, v in encoder.state_dict().items() if k.split(".")[0] in PARTS},
            strict=False,
        )
        torch.testing.assert_close(other.pooled(x)[0], attentive[:, :n])


PARTS = ("convolutions", "norms")


def test_a_level_and_a_microphone_are_not_heard(generator):
    """What lifts each band of all frames alike changes nothing."""
    x = torch.randn(2, 40, 60, generator=generator) * 10
    encoder = models.SpeakerEncoder(n_channels=8).eval()
    lift = 20 * torch.randn(1, 40, 1, generator=generator)
    torch.testing.assert_close(encoder(x + lift), encoder(x), atol=1e-4, rtol=1e-4)
    assert (encoder(x * 1.5) - encoder(x)).abs().max() > 1e-3


@pytest.mark.parametrize("pooling", ["mean", "statistics", "attentive"])
@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_no_vector(generator, pooling, training):
    encoder = models.SpeakerEncoder(n_channels=8, pooling=pooling).train(training)
    x = torch.randn(2, 40, 60, generator=generator) * 10
    x[1, :, 25:] = float("nan")
    longer = torch.cat([x, torch.full((2, 40, 9), 7.0)], dim=2)
    ours = encoder(x, [60, 25])
    torch.testing.assert_close(encoder(longer, [60, 25]), ours, atol=1e-4, rtol=1e-4)
    if not training:
        torch.testing.assert_close(encoder(x[1:, :, :25])[0], ours[1], atol=1e-4, rtol=1e-4)
        assert (encoder(x.nan_to_num())[1] - ours[1]).abs().max() > 1e-3  # without lengths


def test_vectors_have_length_one_and_a_sound_of_silence_has_a_finite_gradient():
    encoder = models.SpeakerEncoder(n_channels=8)
    x = torch.zeros(3, 40, 20, requires_grad=True)
    y = encoder(x, [20, 1, 7])
    torch.testing.assert_close(y.norm(dim=1), torch.ones(3))
    y[:, 0].sum().backward()
    assert x.grad.isfinite().all()


@pytest.fixture
def layers():
    """An encoder, and where what goes into its first layer and comes out of its last is kept."""
    encoder, kept = models.SpeakerEncoder().eval(), {}
    encoder.convolutions[0].register_forward_pre_hook(lambda _, x: kept.update(first=x[0]))
    encoder.norms[-1].register_forward_hook(lambda *given: kept.update(last=given[2]))
    return encoder, kept


def test_each_frame_sees_eleven_to_either_side_in_units_of_ten_decibels(layers, generator):
    encoder, kept = layers
    x = 10 * torch.randn(1, 40, 121, generator=generator)
    encoder(x)
    before = kept["last"]
    torch.testing.assert_close(10 * kept["first"], x - x.mean(dim=2, keepdim=True))
    x[:, :, 30] += 50
    x[:, :, 90] -= 50  # so that the mean over time stays
    encoder(x)
    changed = ((kept["last"] - before).abs().amax(dim=(0, 1)) > 1e-4).nonzero()[:, 0]
    assert changed.tolist() == [*range(19, 42), *range(79, 102)]


def test_what_a_layer_finds_is_added_to_what_it_was_given(layers, generator):
    encoder, kept = layers
    for layer in encoder.convolutions[1:4]:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    encoder(10 * torch.randn(1, 40, 30, generator=generator))
    assert kept["last"].std(dim=2).max() > 0.01  # from the first layer, past the three


def test_directions_of_any_length_are_directions(generator):
    classifier = models.SpeakerClassifier(models.SpeakerEncoder(n_channels=8), n_speakers=5).eval()
    x = 10 * torch.randn(3, 40, 30, generator=generator)
    cosines = classifier(x)
    with torch.no_grad():
        classifier.directions *= 3
    torch.testing.assert_close(classifier(x), cosines)


def test_without_a_margin_it_is_cross_entropy(generator):
    cosines = normalize(torch.randn(6, 4, generator=generator))
    target = torch.tensor([0, 1, 2, 3, 0, 1])
    ours = models.margin_loss(cosines, target, margin=0.0, scale=7.0)
    torch.testing.assert_close(ours, cross_entropy(7 * cosines, target), atol=1e-4, rtol=1e-4)


def test_the_margin_is_added_to_the_angle_of_the_right_speaker_alone():
    angles = torch.tensor([[0.5, 1.2, 2.0]])
    harder = torch.tensor([[0.5, 1.2 + 0.3, 2.0]])
    target = torch.tensor([1])
    ours = models.margin_loss(angles.cos(), target, margin=0.3, scale=10.0)
    torch.testing.assert_close(ours, cross_entropy(10 * harder.cos(), target))


def test_the_loss_never_falls_as_the_angle_grows_and_its_gradient_is_finite():
    angles = torch.linspace(0, math.pi, 50)
    cosines = torch.stack([angles.cos(), torch.zeros(50)], dim=1).requires_grad_()
    losses = torch.stack(
        [models.margin_loss(row[None], torch.tensor([0]), margin=0.5) for row in cosines]
    )
    assert (losses.diff() >= -1e-5).all()
    losses.sum().backward()
    assert cosines.grad.isfinite().all()


def test_bad_input():
    with pytest.raises(AudioError, match="pooling"):
        models.SpeakerEncoder(pooling="max")
    with pytest.raises(AudioError, match=r"\(B, F, N\)"):
        models.SpeakerEncoder()(torch.zeros(40, 10))
    with pytest.raises(AudioError, match="margin is 4 rad"):
        models.margin_loss(torch.zeros(1, 2), torch.tensor([0]), margin=4)
    with pytest.raises(AudioError, match="give"):
        models.margin_loss(torch.zeros(2, 2), torch.tensor([0]))
    with pytest.raises(AudioError, match="n_speakers"):
        models.SpeakerClassifier(models.SpeakerEncoder(), n_speakers=0)
