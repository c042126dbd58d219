"""How networks of synthesis are taught: by distance, and then to be taken for recorded.

A network that is asked for what is right on the mean answers with the mean of what might be, and
that is blurred. So after a while a critic joins, who learns to tell made from recorded, and the
network learns to be taken for recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import nn

from audiolessons import models, training
from audiolessons.recipes._hurried import Hurried, in_16_bits

SLOWER = 0.25  # learning rate with a critic, as a share of that before
CRITIC_RATE = 4e-4
MATCH = 2.0  # weight of the distance of the critic's features, beside 1


class Persuading:
    """A loss for `training.fit`: another one, and what a critic finds, who learns with it.

    `shown(output, target)` gives the pictures (B, F, N) that it judges: made, and true.

    References
    ----------
    J. H. Lim and J. C. Ye, "Geometric GAN", arXiv:1705.02894, 2017, for verdicts that count up to
    1; A. B. L. Larsen and others, "Autoencoding beyond pixels", ICML 2016, for features.
    """

    def __init__(self, loss: Callable, shown: Callable):
        self.loss, self.shown = loss, shown
        self.judge = models.PictureCritic().to(training.pick_device())
        options = {"betas": (0.8, 0.99), "weight_decay": 0.01}
        self.optimiser = torch.optim.AdamW(self.judge.parameters(), CRITIC_RATE, **options)

    def __call__(self, output, target):
        loss = self.loss(output, target).mean()
        made, true = self.shown(output, target)
        verdicts, features = self._judged(true)
        seen_through, _ = self._judged(made.detach())
        wrong = (1 - verdicts).relu().mean() + (1 + seen_through).relu().mean()
        self.optimiser.zero_grad()
        wrong.backward()
        self.optimiser.step()
        verdicts, seen = self._judged(made)
        pairs = zip(seen, features, strict=True)
        apart = sum((one - other.detach()).abs().mean() for one, other in pairs) / len(seen)
        return loss + (1 - verdicts).relu().mean() + MATCH * apart

    def _judged(self, shown):
        with in_16_bits(shown.device):
            verdicts, features = self.judge(shown)
        return verdicts.float(), [one.float() for one in features]


def teach(
    network: nn.Module,
    learned: Iterable,
    tested: Iterable,
    *,
    config: training.Config,
    loss: Callable,
    metric: Callable | None = None,
    shown: Callable | None = None,
    judged: int = 0,
) -> training.History:
    """Train for `config.epochs` by the loss, keep the best, and train `judged` more with a critic.

    The weights of the last epoch with the critic are kept: it asks for more than closeness. Its own
    are in no checkpoint; a run that is interrupted goes on from before it.
    """
    hurried = Hurried(network)
    history = training.fit(hurried, learned, tested, config=config, loss=loss, metric=metric)
    if shown is None or not judged:
        return history
    config = replace(
        config,
        epochs=judged,
        learning_rate=SLOWER * config.learning_rate,
        scheduler="cosine",
        monitor="loss",
        checkpoint_folder=None,
    )
    later = training.fit(
        hurried, learned, None, config=config, loss=Persuading(loss, shown), metric=metric
    )
    return history.followed_by(later)
