"""Ways downhill: SGD, momentum and Adam as plain step functions. `torch.optim` is for use.

Each takes parameters, their gradient and what it remembers (None at the start), and returns new
parameters and a new memory. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive

__all__ = ["adam", "minimise", "momentum", "sgd"]


def sgd(parameters, gradient, state=None, *, learning_rate: float) -> tuple:
    """Take one step of gradient descent: against the gradient, as far as it is steep.

    Parameters
    ----------
    parameters, gradient : array
        Of one shape.
    state : None
        It remembers nothing.
    learning_rate : float

    Returns
    -------
    (numpy.ndarray, None)

    Raises
    ------
    AudioError
        If the shapes differ, or the learning rate is not above 0.

    Examples
    --------
    >>> sgd(np.array([1.0]), np.array([0.5]), learning_rate=0.1)
    (array([0.95]), None)

    Chapter: learning/gradients
    """
    parameters, gradient = _checked(parameters, gradient, learning_rate)
    return parameters - learning_rate * gradient, None


def momentum(
    parameters, gradient, state=None, *, learning_rate: float, decay: float = 0.9
) -> tuple:
    """Take one step that keeps rolling: the velocity gathers gradients and slowly forgets them.

    As `torch.optim.SGD(momentum=decay)` has it (Polyak 1964: the heavy ball).

    Parameters
    ----------
    parameters, gradient : array
        Of one shape.
    state : numpy.ndarray or None
        The velocity.
    learning_rate : float
    decay : float
        Share of the velocity that is kept, from 0 to below 1.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        New parameters and the new velocity.

    Raises
    ------
    AudioError
        If the shapes differ, the learning rate is not above 0, or `decay` is out of its range.

    Examples
    --------
    >>> parameters, velocity = momentum(np.array([1.0]), np.array([0.5]), learning_rate=0.1)
    >>> parameters, velocity = momentum(parameters, np.array([0.5]), velocity, learning_rate=0.1)
    >>> parameters.round(3), velocity
    (array([0.855]), array([0.95]))

    Chapter: learning/gradients
    """
    parameters, gradient = _checked(parameters, gradient, learning_rate)
    _check_share(decay, "decay")
    velocity = gradient if state is None else decay * state + gradient
    return parameters - learning_rate * velocity, velocity


def adam(
    parameters,
    gradient,
    state=None,
    *,
    learning_rate: float,
    decay: float = 0.9,
    square_decay: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple:
    """Take one step of Adam: the mean gradient, measured in units of its own usual size.

    Kingma and Ba 2015, algorithm 1.

    Parameters
    ----------
    parameters, gradient : array
        Of one shape.
    state : tuple or None
        Running mean of the gradient, of its square, and the number of steps taken.
    learning_rate : float
        About the size of a step, whatever the size of the gradient.
    decay, square_decay : float
        Share of each running mean that is kept, from 0 to below 1.
    epsilon : float
        Keeps the division from failing where gradients are 0.

    Returns
    -------
    (numpy.ndarray, tuple)

    Raises
    ------
    AudioError
        If the shapes differ, the learning rate is not above 0, or a decay is out of its range.

    Examples
    --------
    >>> parameters, state = adam(np.array([1.0, 1.0]), np.array([9, -0.01]), learning_rate=0.1)
    >>> parameters.round(4)
    array([0.9, 1.1])

    Chapter: learning/gradients
    """
    parameters, gradient = _checked(parameters, gradient, learning_rate)
    _check_share(decay, "decay")
    _check_share(square_decay, "square_decay")
    mean, mean_square, n_steps = (0.0, 0.0, 0) if state is None else state
    mean = decay * mean + (1 - decay) * gradient
    mean_square = square_decay * mean_square + (1 - square_decay) * gradient**2
    n_steps = n_steps + 1
    # Both means began at 0 and are still too small: divide by what they have seen so far.
    fair_mean = mean / (1 - decay**n_steps)
    fair_square = mean_square / (1 - square_decay**n_steps)
    step = learning_rate * fair_mean / (np.sqrt(fair_square) + epsilon)
    return parameters - step, (mean, mean_square, n_steps)


def minimise(gradient, start, *, step: Callable, n_steps: int, **options) -> np.ndarray:
    """Take many steps downhill and keep the whole path.

    Parameters
    ----------
    gradient : callable
        Takes parameters, returns the gradient of the loss there.
    start : array
        Shape (...).
    step : callable
        `sgd`, `momentum` or `adam`.
    n_steps : int
    **options
        Of `step`, such as `learning_rate`.

    Returns
    -------
    numpy.ndarray
        Shape (n_steps + 1, ...), the start first.

    Raises
    ------
    AudioError
        If the path leaves for infinity, and as `step` does.

    Examples
    --------
    >>> minimise(lambda x: 2 * x, [1.0], step=sgd, n_steps=3, learning_rate=0.25).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])

    Chapter: learning/gradients
    """
    check_count(n_steps, name="n_steps")
    path, state = [np.array(start, dtype=float)], None
    for number in range(n_steps):
        with np.errstate(over="ignore", invalid="ignore"):
            here, state = step(path[-1], gradient(path[-1]), state, **options)
        if not np.isfinite(here).all():
            raise AudioError(
                f"after {number + 1} steps the parameters are {here}: the steps are too long, "
                f"make learning_rate={options.get('learning_rate')} smaller"
            )
        path.append(here)
    return np.stack(path)


def _checked(parameters, gradient, learning_rate):
    check_positive(learning_rate, name="learning_rate")
    parameters, gradient = np.asarray(parameters), np.asarray(gradient)
    if parameters.shape != gradient.shape:
        raise AudioError(
            f"parameters have shape {parameters.shape} and their gradient {gradient.shape}: "
            "each parameter needs one slope"
        )
    return parameters, gradient


def _check_share(value, name):
    if not 0 <= value < 1:
        raise AudioError(f"{name} is {value}: it must be from 0 to below 1")
