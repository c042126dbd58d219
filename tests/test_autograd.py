"""The small autograd against torch's, and against measured slopes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiolessons import autograd
from audiolessons.autograd import Value
from audiolessons.errors import AudioError

numbers = st.floats(0.2, 3.0)  # positive: the logarithm and the powers want it


def both(function, *arrays_):
    """Return the gradients that we and torch find for the same formula."""
    ours = [Value(array) for array in arrays_]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays_]
    function(*ours).backward()
    function(*theirs).backward()
    return [value.grad for value in ours], [value.grad.numpy() for value in theirs]


FORMULAE = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: (x * x).mean(),
    "powers": lambda x: (x**3 + x**-1 + x**0.5).sum(),
    "division": lambda x: (1 / x - x / 3 + 2 / (x + 1)).sum(),
    "exp and log": lambda x: ((x * x).log() + (-x).exp()).sum(),
    "sin": lambda x: (3 * x).sin().sum(),
    "tanh": lambda x: (x - 1).tanh().sum(),
    "relu": lambda x: (x - 1.2345).relu().sum(),
    "used twice": lambda x: (x.exp() * x.sin() + x.exp()).sum(),
    "axis": lambda x: (x.sum(axis=1) ** 2).sum(),
    "first axis": lambda x: (x.sum(axis=0) ** 3).sum(),
    "numbers before": lambda x: (2 - x + 1 - 3 * x).sum(),
}


@pytest.mark.parametrize("name", FORMULAE)
@settings(max_examples=20, deadline=None)
@given(x=arrays(float, (3, 4), elements=numbers))
def test_gradients_agree_with_torch(name, x):
    (ours,), (theirs,) = both(FORMULAE[name], x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 1), (1, 4), (1, 1), (2, 3, 4)])
def test_broadcasting_adds_up_what_was_used_more_than_once(shape):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((3, 4)), np.asarray(rng.standard_normal(shape))
    ours, theirs = both(lambda x, y: ((x * y + y - x / (y * y + 1)) ** 2).sum(), x, y)
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_network_of_two_layers_agrees_with_torch():
    rng = np.random.default_rng(1)
    x, labels = rng.standard_normal((5, 4)), rng.integers(0, 3, 5)
    parts = [rng.standard_normal(shape) for shape in ((4, 6), (6,), (6, 3), (3,))]
    ours = [Value(part) for part in parts]
    logits = (x @ ours[0] + ours[1]).tanh() @ ours[2] + ours[3]
    loss = autograd.cross_entropy(logits, labels)
    loss.backward()
    theirs = [torch.tensor(part, requires_grad=True) for part in parts]
    expected = torch.nn.functional.cross_entropy(
        (torch.tensor(x) @ theirs[0] + theirs[1]).tanh() @ theirs[2] + theirs[3],
        torch.tensor(labels),
    )
    expected.backward()
    assert float(loss.data) == pytest.approx(expected.item())
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.grad, other.grad.numpy(), atol=1e-12)


def test_cross_entropy_survives_large_logits():
    logits = Value([[1000.0, 0.0], [0.0, -1000.0]])
    loss = autograd.cross_entropy(logits, [0, 1])
    loss.backward()
    assert float(loss.data) == pytest.approx(500)
    np.testing.assert_allclose(logits.grad, [[0, 0], [0.5, -0.5]])


def test_backward_starts_afresh_each_time():
    x = Value([2.0])
    for _ in range(2):
        (x**2).sum().backward()
    np.testing.assert_allclose(x.grad, [4])
    result = (x**2).sum()
    result.backward()
    result.backward()
    np.testing.assert_allclose(x.grad, [4])


def test_a_long_chain_does_not_exhaust_the_stack():
    x = Value(1.0)
    result = x
    for _ in range(5000):
        result = result + 0.001
    result.backward()
    assert x.grad == 1


def test_types_stay_single_and_whole_numbers_become_double():
    x = Value(np.ones(3, dtype=np.float32))
    y = (x * x).sum()
    y.backward()
    assert y.data.dtype == x.grad.dtype == np.float32
    assert Value([1, 2]).data.dtype == np.float64


def test_arrays_may_stand_on_either_side():
    x = Value(np.ones((2, 2)))
    for result in (np.eye(2) @ x, np.ones(2) * x, np.ones(2) + x, np.ones(2) - x, np.ones(2) / x):
        assert isinstance(result, Value)
    assert "Value" in repr(x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Value([1j]), "complex128: give real numbers"),
        (lambda: Value(["a"]), "give real numbers"),
        (lambda: Value([1.0, 2.0]).backward(), r"not from shape \(2,\)"),
        (lambda: Value(2.0) ** Value(2.0), "exponent must be a number"),
        (lambda: Value([1.0]) @ Value([1.0]), "give two matrices"),
        (lambda: autograd.cross_entropy(Value([[1.0, 2.0]]), [2]), "from 0 to 1"),
        (lambda: autograd.cross_entropy(Value([[1.0, 2.0]]), [0.5]), "whole numbers"),
        (lambda: autograd.cross_entropy(Value([1.0, 2.0]), [0]), r"give \(B, K\), \(B,\)"),
        (lambda: autograd.numerical_gradient(np.sum, [1.0], step=0), "step is 0"),
    ],
)
def test_what_cannot_be_differentiated_says_so(make, message):
    with pytest.raises(AudioError, match=message):
        make()


def test_measured_slopes_agree():
    x = np.random.default_rng(2).uniform(0.5, 2, (2, 3))
    value = Value(x)
    (value.log() * value).sum().backward()
    measured = autograd.numerical_gradient(lambda x: np.sum(np.log(x) * x), x)
    assert measured.shape == x.shape
    np.testing.assert_allclose(value.grad, measured, rtol=1e-6)
