"""Reverse-mode automatic differentiation in a few lines, for reading. `torch.autograd` is for use.

A `Value` is an array that remembers what it was computed from. `backward` walks that memory from
the result to the beginning and multiplies slopes on the way: the chain rule, and nothing else.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from audiolessons.errors import AudioError, check_positive

__all__ = ["Value", "as_value", "cross_entropy", "numerical_gradient"]

_ages = count()


class Value:
    """An array that knows how to pass a gradient on to the values it was computed from.

    Arithmetic (`+ - * / **` with a number, `@` of matrices) and the methods below make new values.
    Arrays and numbers may stand in for values that need no gradient. Shapes are broadcast as in
    NumPy.

    Parameters
    ----------
    data : array
        Whole numbers become float64; float32 stays.

    Attributes
    ----------
    data : numpy.ndarray
    grad : numpy.ndarray
        After `backward`: how much the result changes with each entry of `data`.

    Raises
    ------
    AudioError
        If the data are no real numbers, an exponent is no number, or `@` gets no two matrices.

    Examples
    --------
    >>> x = Value([1.0, 2.0, 3.0])
    >>> (x**2).sum().backward()
    >>> x.grad
    array([2., 4., 6.])

    Chapter: learning/gradients
    """

    __array_ufunc__ = None  # `array * value` asks the value, not the array

    def __init__(self, data, parents=(), pull=None):
        data = np.asarray(data)
        if data.dtype.kind not in "fiub":
            raise AudioError(f"a Value holds {data.dtype}: give real numbers")
        self.data = data if data.dtype.kind == "f" else data.astype(float)
        self.grad = np.zeros_like(self.data)
        self._parents = parents  # the values that this one was computed from
        self._pull = pull  # own gradient -> one gradient for each parent
        self._age = next(_ages)

    def __repr__(self):
        return f"Value({self.data})"

    def backward(self) -> None:
        """Set `grad` of every value that this one, a single number, was computed from."""
        if self.data.size != 1:
            raise AudioError(
                f"backward starts from a single number, not from shape {self.data.shape}: "
                "call .sum() or .mean() first"
            )
        reached, waiting = set(), [self]
        while waiting:
            value = waiting.pop()
            if value not in reached:
                reached.add(value)
                waiting.extend(value._parents)
                value.grad = np.zeros_like(value.data)
        self.grad = np.ones_like(self.data)
        # Nothing is older than what it was made from. Newest first, each gradient is complete
        # before it is passed on.
        for value in sorted(reached, key=lambda value: value._age, reverse=True):
            if value._pull is not None:
                for parent, grad in zip(value._parents, value._pull(value.grad), strict=True):
                    parent.grad = parent.grad + _sum_to(parent.data.shape, grad)

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = as_value(other)
        return Value(
            self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data)
        )

    def __pow__(self, exponent):
        if isinstance(exponent, Value) or np.ndim(exponent):
            raise AudioError("the exponent must be a number: write (x.log() * y).exp() instead")
        slope = exponent * self.data ** (exponent - 1)
        return Value(self.data**exponent, (self,), lambda g: (g * slope,))

    def __matmul__(self, other):
        other = as_value(other)
        if self.data.ndim != 2 or other.data.ndim != 2:
            raise AudioError(
                f"@ got shapes {self.data.shape} and {other.data.shape}: give two matrices; a "
                "vector can be a matrix of one row"
            )
        return Value(
            self.data @ other.data, (self, other), lambda g: (g @ other.data.T, self.data.T @ g)
        )

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __rmatmul__(self, other):
        return as_value(other) @ self

    def exp(self) -> Value:
        """Return e to the power of each entry."""
        result = np.exp(self.data)
        return Value(result, (self,), lambda g: (g * result,))

    def log(self) -> Value:
        """Return the natural logarithm of each entry."""
        return Value(np.log(self.data), (self,), lambda g: (g / self.data,))

    def sin(self) -> Value:
        """Return the sine of each entry, in radians."""
        return Value(np.sin(self.data), (self,), lambda g: (g * np.cos(self.data),))

    def tanh(self) -> Value:
        """Return the hyperbolic tangent of each entry."""
        result = np.tanh(self.data)
        return Value(result, (self,), lambda g: (g * (1 - result**2),))

    def relu(self) -> Value:
        """Return each entry where it is above 0, else 0. At 0 the slope counts as 0."""
        return Value(np.maximum(self.data, 0), (self,), lambda g: (g * (self.data > 0),))

    def sum(self, axis: int | None = None) -> Value:
        """Return the sum of all entries, or along one axis, which then is gone."""

        def pull(g):
            if axis is not None:
                g = np.expand_dims(g, axis)
            return (np.broadcast_to(g, self.data.shape),)

        return Value(self.data.sum(axis=axis), (self,), pull)

    def mean(self) -> Value:
        """Return the mean of all entries."""
        return self.sum() * (1 / self.data.size)


def as_value(given) -> Value:
    """Return a Value as it is, and anything else as a Value without a history.

    Examples
    --------
    >>> as_value(3)
    Value(3.0)

    Chapter: learning/gradients
    """
    return given if isinstance(given, Value) else Value(given)


def cross_entropy(logits, labels) -> Value:
    """Mean over the batch of minus the logarithm of the probability given to the right class.

    Parameters
    ----------
    logits : Value
        Shape (B, K).
    labels : array of int
        Shape (B,), each from 0 to K - 1.

    Raises
    ------
    AudioError
        If the shapes do not fit, or a label is no class.

    Examples
    --------
    >>> loss = cross_entropy(Value(np.zeros((2, 10))), [3, 7])
    >>> round(float(loss.data), 3)  # ten classes, no idea: log(10)
    2.303

    Chapter: learning/gradients
    """
    logits, labels = as_value(logits), np.asarray(labels)
    if logits.data.ndim != 2 or labels.shape != logits.data.shape[:1]:
        raise AudioError(
            f"logits have shape {logits.data.shape} and labels {labels.shape}: give (B, K), (B,)"
        )
    n_classes = logits.data.shape[1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= n_classes:
        raise AudioError(f"labels must be whole numbers from 0 to {n_classes - 1}: got {labels}")
    # exp of a large number overflows; a constant taken off all logits changes no probability
    shifted = logits - logits.data.max(axis=1, keepdims=True)
    right = (shifted * np.eye(n_classes, dtype=logits.data.dtype)[labels]).sum(axis=1)
    return (shifted.exp().sum(axis=1).log() - right).mean()


def numerical_gradient(function, x, *, step: float = 1e-6) -> np.ndarray:
    """Measure a gradient: move each entry a little up and down and see what `function` does.

    Parameters
    ----------
    function : callable
        Takes an array of the shape of `x`, returns a number.
    x : array
        Where to measure.
    step : float
        How far each entry is moved. Too far and the curve bends, too little and rounding shows.

    Returns
    -------
    numpy.ndarray
        The shape of `x`, float64.

    Raises
    ------
    AudioError
        If `step` is not above 0.

    Examples
    --------
    >>> numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, 2.0])).round(6)
    array([2., 4.])

    Chapter: learning/gradients
    """
    check_positive(step, name="step")
    x = np.array(x, dtype=float)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (function(up) - function(down)) / (2 * step)
    return gradient


def _sum_to(shape, grad):
    """Add up the gradients of an entry that broadcasting used several times."""
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True) if stretched else grad
