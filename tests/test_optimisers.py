"""Steps downhill beside torch.optim, step by step."""

import numpy as np
import pytest
import torch

from audiolessons import optimisers
from audiolessons.errors import AudioError

CURVATURE = np.array([1.0, 30.0, 0.1])

PAIRS = {
    "sgd": (optimisers.sgd, {}, lambda p: torch.optim.SGD(p, lr=0.02)),
    "momentum": (optimisers.momentum, {}, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    "less momentum": (
        optimisers.momentum,
        {"decay": 0.5},
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.5),
    ),
    "adam": (optimisers.adam, {}, lambda p: torch.optim.Adam(p, lr=0.02)),
    "adam, other means": (
        optimisers.adam,
        {"decay": 0.8, "square_decay": 0.9, "epsilon": 1e-3},
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.9), eps=1e-3),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_path_is_torchs(name):
    step, options, make = PAIRS[name]
    start = np.array([1.0, -0.5, 2.0])
    path = optimisers.minimise(
        lambda x: CURVATURE * x + np.sin(3 * x),
        start,
        step=step,
        n_steps=50,
        learning_rate=0.02,
        **options,
    )
    x = torch.tensor(start, requires_grad=True)
    optimiser = make([x])
    for number in range(50):
        optimiser.zero_grad()
        (torch.tensor(CURVATURE) * x**2 / 2 - torch.cos(3 * x) / 3).sum().backward()
        optimiser.step()
        np.testing.assert_allclose(path[number + 1], x.detach().numpy(), atol=1e-10)
    np.testing.assert_array_equal(path[0], start)


@pytest.mark.parametrize("step", [optimisers.sgd, optimisers.momentum, optimisers.adam])
def test_nothing_is_changed_in_place(step):
    x, gradient = np.ones(3), np.ones(3)
    state = None
    for _ in range(3):
        new, state = step(x, gradient, state, learning_rate=0.1)
    np.testing.assert_array_equal(x, 1)
    np.testing.assert_array_equal(gradient, 1)
    assert (new < x).all()


@pytest.mark.parametrize("step", [optimisers.sgd, optimisers.momentum, optimisers.adam])
def test_single_precision_stays(step):
    x = np.ones(3, dtype=np.float32)
    state = None
    for _ in range(2):
        x, state = step(x, x, state, learning_rate=0.1)
    assert x.dtype == np.float32


def test_adam_steps_by_the_learning_rate_whatever_the_scale():
    for scale in (1e-4, 1.0, 1e6):
        moved, _ = optimisers.adam(np.zeros(1), np.array([scale]), learning_rate=0.01)
        assert moved[0] == pytest.approx(-0.01, rel=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimisers.sgd(np.ones(2), np.ones(3), learning_rate=0.1), "each parameter"),
        (lambda: optimisers.sgd(np.ones(2), np.ones(2), learning_rate=0), "learning_rate is 0"),
        (lambda: optimisers.momentum([1.0], [1.0], learning_rate=1, decay=1), "decay is 1"),
        (lambda: optimisers.adam([1.0], [1.0], learning_rate=1, decay=-1), "decay is -1"),
        (
            lambda: optimisers.adam([1.0], [1.0], learning_rate=1, square_decay=1),
            "square_decay is 1",
        ),
        (
            lambda: optimisers.minimise(
                lambda x: x, [1.0], step=optimisers.sgd, n_steps=2000, learning_rate=3
            ),
            "make learning_rate=3 smaller",
        ),
        (
            lambda: optimisers.minimise(
                lambda x: x, [1.0], step=optimisers.sgd, n_steps=0, learning_rate=1
            ),
            "n_steps is 0",
        ),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(AudioError, match=message):
        make()
