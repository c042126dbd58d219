"""Batches of two sounds at once: powers add, shares are told, nothing is lost."""

import pytest
import torch
from torch.utils.data import TensorDataset

from audiolessons import signals, training, transforms

RATE = 8000


def mixed(x, lengths, labels, *, n_classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    (batch,) = training.Mixed([(x, lengths, labels)], n_classes=n_classes, generator=generator)
    return batch


def draws(n, seed=0):
    """What `Mixed` draws: whom each item meets, and its share."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(n, generator=generator), torch.rand(n, generator=generator)


def test_shares_are_those_of_the_names_and_the_longer_sound_counts():
    labels, lengths = torch.tensor([0, 1, 2, 2]), torch.tensor([9, 5, 7, 1])
    _, after, shares = mixed(torch.zeros(4, 2, 9), lengths, labels, seed=1)
    other, share = draws(4, seed=1)
    assert other.tolist() == [1, 3, 2, 0]
    expected = torch.zeros(4, 3)
    for item in range(4):
        expected[item, labels[item]] += share[item]
        expected[item, labels[other[item]]] += 1 - share[item]
    torch.testing.assert_close(shares, expected)
    assert after.tolist() == torch.maximum(lengths, lengths[other]).tolist()


def test_a_mixture_is_what_adding_the_sounds_gives():
    """Noise and noise, both of level 1, against the log-mel of their sum."""
    audio = torch.randn(2, 4 * RATE, generator=torch.Generator().manual_seed(3))
    to_mel = transforms.LogMel(sample_rate=RATE, n_fft=512, hop_length=128, n_mels=20)
    x, lengths, labels = to_mel(audio), torch.tensor([251, 251]), torch.tensor([0, 1])
    seed = next(s for s in range(99) if draws(2, s)[0].tolist() == [1, 0])
    mixture, *_ = mixed(x, lengths, labels, seed=seed)
    share = draws(2, seed)[1][:, None]
    total = share * audio + (1 - share) * audio[[1, 0]]
    total = total / (share**2 + (1 - share) ** 2).sqrt()  # as loud as each of the two
    expected = to_mel(total).mean(dim=2)
    torch.testing.assert_close(mixture.mean(dim=2), expected, atol=0.6, rtol=0)
    assert abs(float(signals.level_db(total[0].numpy()) - signals.level_db(audio[0].numpy()))) < 0.2


def test_a_sound_that_meets_itself_stays_as_it_is():
    x = torch.randn(1, 4, 6)
    mixture, *_ = mixed(x, torch.tensor([6]), torch.tensor([2]))
    torch.testing.assert_close(mixture, x, atol=1e-4, rtol=0)


def test_a_network_learns_from_shares_and_the_order_changes_with_the_epoch():
    x = torch.zeros(12, 3, 4)
    labels = torch.arange(12) % 3
    x[torch.arange(12), labels] = 20.0
    dataset = TensorDataset(x, torch.full((12,), 4), labels)
    seen = []

    def mix(loader):
        seen.append(training.Mixed(loader, n_classes=3, generator=torch.Generator().manual_seed(0)))
        return seen[0]

    class Network(torch.nn.Sequential):
        def forward(self, x, lengths):
            return super().forward(x / 20)

    history = training.fit_one_cycle(
        Network(torch.nn.Flatten(), torch.nn.Linear(12, 3)),
        dataset,
        epochs=60,
        learning_rate=0.1,
        batch_size=4,
        batches_become=mix,
        show_progress=False,
        metric=training.accuracy,
    )
    assert history.train_metric[-1] > 0.7
    assert seen[0].sampler.sampler.epoch == 59, "each epoch has its own order"


@pytest.mark.parametrize(("shares", "expected"), [([0.2, 0.8], True), ([0.7, 0.3], False)])
def test_of_shares_the_largest_is_the_right_answer(shares, expected):
    logits = torch.tensor([[0.0, 1.0]])
    assert training.accuracy(logits, torch.tensor([shares])).tolist() == [expected]
