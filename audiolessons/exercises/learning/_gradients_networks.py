"""Exercises of the chapter learning/gradients: networks, their gradients and their steps."""

from __future__ import annotations

import numpy as np

from audiolessons import optimisers
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- backwards by hand --------------------------------------------------------------------------


def _backward(
    *,
    factor=2.0,
    rows=1,
    relu=True,
    bend=lambda z, a: z > 0,
    weigh=True,
    back=None,
    second=None,
):
    """The way back with its parts exchangeable: divided by B as often as `rows` says."""

    def gradients_by_hand(x, y, w1, w2):
        z = x @ w1
        a = np.maximum(0, z) if relu else z
        from_y = factor * (a @ w2 - y) / len(y) ** rows
        from_a = np.outer(from_y, w2 if weigh else np.ones_like(w2))
        from_z = back(from_a) if back else from_a * bend(z, a)
        return x.T @ from_z, second(z, a, from_y) if second else a.T @ from_y

    return gradients_by_hand


def _turned(change):
    """The right gradients, changed."""
    return lambda x, y, w1, w2: change(*_backward()(x, y, w1, w2))


@exercise(
    "gradients.backward",
    level="core",
    hints=(
        "Go forward first and keep z, a and the prediction. Then come back one line at a time.",
        "From the loss: `from_y = 2 * (a @ w2 - y) / len(y)`. From there `a.T @ from_y` is the "
        "gradient of w2.",
        "Backwards through w2: `np.outer(from_y, w2)`; through the relu: times `(z > 0)`; then "
        "`x.T @` that.",
    ),
    probes=[
        probe(
            f"{n_rows} rows of {n_columns} numbers, {n_hidden} hidden units",
            noise(n_rows, n_columns),
            noise(n_rows, seed=1),
            noise(n_columns, n_hidden, seed=2),
            noise(n_hidden, seed=3),
            rtol=1e-4,
            atol=1e-6,
        )
        for n_rows, n_columns, n_hidden in ((6, 4, 5), (3, 2, 7), (1, 5, 3))
    ],
    wrong=[
        (_backward(rows=0), "the loss is a mean: divide by the number of rows"),
        (_backward(factor=1), "the factor 2 of the square is missing"),
        (
            _backward(factor=1, rows=0),
            "the factor 2 is missing, and so is the division by the number of rows",
        ),
        (_backward(factor=-2), "the sign is turned: the error is prediction minus y"),
        (_backward(rows=2), "divided by the number of rows twice: once is enough"),
        (
            _backward(bend=lambda z, a: 1),
            "the relu is passed as if it were straight: where z < 0 nothing comes through, so "
            "multiply by (z > 0)",
        ),
        (
            _backward(bend=lambda z, a: a),
            "the slope of a relu is 1 or 0, not its value: use (z > 0)",
        ),
        (
            _backward(bend=lambda z, a: 1 - a**2),
            "1 - a ** 2 is the slope of tanh; here stands a relu",
        ),
        (_backward(bend=lambda z, a: z < 0), "the relu lets through where z is ABOVE 0"),
        (_backward(relu=False), "on the way forward the relu is left out: a is max(0, z)"),
        (
            _backward(relu=False, bend=lambda z, a: 1),
            "the relu is left out, forward and backward: these are the slopes of a straight "
            "network",
        ),
        (
            _backward(back=lambda from_a: np.maximum(0, from_a)),
            "on the way back the relu does not bend the gradient: it lets it through where z was "
            "above 0, so multiply by (z > 0)",
        ),
        (
            _backward(back=lambda from_a: from_a * (from_a > 0)),
            "on the way back the relu does not bend the gradient: it lets it through where z was "
            "above 0, so multiply by (z > 0)",
        ),
        (_backward(weigh=False), "on the way back w2 is left out: np.outer(from_y, w2)"),
        (
            _backward(second=lambda z, a, from_y: z.T @ from_y),
            "w2 weighs what came out of the relu, a, not what went in",
        ),
        (
            _backward(second=lambda z, a, from_y: a * from_y[:, np.newaxis]),
            "the second still has a row for each sound: add them up, a.T @ ...",
        ),
        (
            _turned(lambda first, second: (second, first)),
            "the two are exchanged: first the gradient of w1, then that of w2",
        ),
        (
            _turned(lambda first, second: (first.T, second)),
            "the first is transposed: x.T stands on the left, x.T @ ...",
        ),
        (
            _turned(lambda first, second: (first, second[:, np.newaxis])),
            "the second is a column: w2 has shape (H,), so `a.T @ from_y` with from_y of shape "
            "(B,), not (B, 1)",
        ),
        (_turned(lambda first, second: first), "hand back both: that of w1, then that of w2"),
        (
            lambda x, y, w1, w2: tuple(
                w - 0.1 * part for w, part in zip((w1, w2), _backward()(x, y, w1, w2), strict=True)
            ),
            "these are weights after a step: the gradients are asked for",
        ),
    ],
    valid=lambda random: (
        random.standard_normal(
            ((b := int(random.integers(1, 8))), (d := int(random.integers(1, 6))))
        ),
        random.standard_normal(b),
        random.standard_normal((d, h := int(random.integers(1, 6)))),
        random.standard_normal(h),
    ),
)
def gradients_by_hand(x, y, w1, w2):
    return _backward()(x, y, w1, w2)


# --- softmax and cross-entropy ------------------------------------------------------------------


def _softmax(logits, *, axis=1, top=True, top_of=1):
    powers = np.exp(logits - (logits.max(axis=top_of, keepdims=True) if top else 0))
    return powers / powers.sum(axis=axis, keepdims=True)


def _entropy(
    *,
    softmax=_softmax,
    true=1,
    factor=1,
    rows=True,
    warm=lambda z, t: z / t,
    outer=lambda t: 1 / t,
):
    """The gradient with its parts exchangeable."""

    def logits_gradient(logits, labels, temperature):
        probability = softmax(warm(logits, temperature))
        truth = np.eye(logits.shape[1])[labels]
        mean = 1 / len(labels) if rows else 1
        return factor * (probability - true * truth) * mean * outer(temperature)

    return logits_gradient


def _probabilities(change):
    """What a change makes of the probabilities and the table of what was true."""

    def logits_gradient(logits, labels, temperature):
        probability = _softmax(logits / temperature)
        return change(probability, np.eye(logits.shape[1])[labels], labels, temperature)

    return logits_gradient


def _whole_columns(probability, truth, labels, temperature):
    probability[:, labels] -= 1
    return probability / len(labels) / temperature


def _whole_rows(probability, truth, labels, temperature):
    probability[labels % len(probability)] -= 1
    return probability / len(labels) / temperature


def _late_top(logits, labels, temperature):
    """The largest logit is taken off what the temperature has divided already."""
    top = logits.max(axis=1, keepdims=True)
    shifted = _entropy(softmax=lambda z: _softmax(z - top, top=False))
    return shifted(logits, labels, temperature)


LOUD = np.array(
    [[1000.0, 0.0], [0.0, 1000.0], [-1000.0, -1000.0], [1000.0, 999.0], [-500.0, -501.0]]
)


@exercise(
    "gradients.softmax",
    level="core",
    hints=(
        "The text calls it the loveliest formula of the trade: what you said minus what was true. "
        "That is the slope with respect to what goes into the softmax.",
        "Into the softmax go the logits divided by the temperature: the chain rule adds a factor. "
        "What was true is a table with one 1 in each row, `np.eye(K)[labels]`.",
        "`(probability - truth) / (len(labels) * temperature)`; take the largest entry of each row "
        "off before exp.",
    ),
    probes=[
        probe(
            "five rows, three classes, a temperature of 2",
            2 * noise(5, 3),
            np.array([0, 2, 1, 1, 0]),
            2.0,
        ),
        probe(
            "three rows, seven classes, a temperature of 0.5",
            noise(3, 7, seed=1),
            np.array([6, 0, 2]),
            0.5,
        ),
        probe(
            "one row whose class is not the last, a temperature of 1",
            noise(1, 4, seed=2),
            np.array([1]),
            1.0,
        ),
        probe("logits of 1000 and -1000 give finite slopes", LOUD, np.array([0, 0, 1, 1, 0]), 0.5),
    ],
    wrong=[
        (_entropy(true=0), "these are the probabilities: subtract what was true"),
        (
            _entropy(true=0, rows=False, outer=lambda t: 1),
            "these are the probabilities: subtract what was true",
        ),
        (
            _entropy(rows=False),
            "the loss is the mean over the batch: divide by the number of rows",
        ),
        (
            _entropy(outer=lambda t: 1),
            "the chain rule is missing: a logit changes what goes into the softmax by 1 / "
            "temperature",
        ),
        (
            _entropy(outer=lambda t: t),
            "multiplied by the temperature: the inner derivative is 1 / temperature",
        ),
        (
            _entropy(warm=lambda z, t: z, outer=lambda t: 1),
            "the temperature has no say in this: divide the logits by it, then apply the chain "
            "rule",
        ),
        (
            _entropy(warm=lambda z, t: z),
            "the temperature is left out inside: the softmax is that of logits / temperature",
        ),
        (
            _entropy(warm=lambda z, t: z * t, outer=lambda t: t),
            "the logits are DIVIDED by the temperature",
        ),
        (_entropy(warm=lambda z, t: z * t), "the logits are DIVIDED by the temperature"),
        (
            _entropy(outer=lambda t: 1 / t**2),
            "the chain rule divides by the temperature once: here it stands twice",
        ),
        (
            _probabilities(lambda p, truth, labels, t: (p - labels[:, np.newaxis]) / len(p) / t),
            "the numbers of the classes are subtracted: what was true is a table with one 1 in "
            "each row",
        ),
        (
            _probabilities(lambda p, truth, labels, t: (p - truth) / p.shape[1] / t),
            "divided by the number of classes: the mean is over the rows",
        ),
        (
            _probabilities(lambda p, truth, labels, t: (p - truth) / p.size / t),
            "the mean is over the rows only: do not divide by the classes as well",
        ),
        (
            _entropy(factor=-1),
            "the sign is turned: said minus true, so that the right class goes down",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, axis=0, top=False)),
            "the softmax ran over the batch: each ROW adds up to 1, so sum along axis 1",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, axis=0, top_of=0)),
            "the softmax ran over the batch: each ROW adds up to 1, so sum along axis 1",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, axis=(0, 1), top_of=None)),
            "divided by the sum of the whole table: each row has its own sum",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, axis=(0, 1))),
            "divided by the sum of the whole table: each row has its own sum",
        ),
        (
            _entropy(softmax=lambda z: z),
            "these are logits, not probabilities yet: the softmax is missing",
        ),
        (
            _probabilities(_whole_rows),
            "`p[labels] -= 1` takes 1 off whole rows: `p[np.arange(len(labels)), labels]` is one "
            "entry in each",
        ),
        (
            lambda logits, labels, temperature: (
                (_softmax(logits / temperature) - np.eye(labels.max() + 1)[labels])
                / len(labels)
                / temperature
            ),
            "the table of what was true ends at the largest label of these rows: it has a column "
            "for each class, logits.shape[1]",
        ),
        (
            _probabilities(_whole_columns),
            "`p[:, labels] -= 1` takes 1 off whole columns: `p[np.arange(len(labels)), labels]` "
            "is one entry in each row",
        ),
        (
            _probabilities(lambda p, truth, labels, t: (p - truth) * truth / len(p) / t),
            "only the true class got a slope: the other logits matter as well, because the "
            "probabilities add up to 1",
        ),
        (
            _probabilities(lambda p, truth, labels, t: -truth / p / len(p) / t),
            "this is the slope with respect to the probabilities: go back through the softmax as "
            "well",
        ),
        (
            _probabilities(lambda p, truth, labels, t: p * (1 - p) / len(p) / t),
            "p (1 - p) is how a probability changes with its own logit: the loss is its "
            "logarithm, and the other logits count too",
        ),
        (
            _probabilities(lambda p, truth, labels, t: -np.mean(np.log((p * truth).sum(axis=1)))),
            "this is the loss: a gradient has the shape of the logits",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, top=False)),
            "exp(1000) is infinite: subtract the largest entry of each row first, which changes "
            "no probability",
        ),
        (
            _entropy(softmax=lambda z: _softmax(np.clip(z, -700, 700))),
            "clipping makes 1000 and 999 one number: subtract the largest of each row instead",
        ),
        (
            _late_top,
            "exp(1000) is infinite: the largest entry comes off after the division by the "
            "temperature, or both are divided: (logits - largest) / temperature",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, top_of=None)),
            "a row in which all is far below the largest logit of the table became 0 / 0: each "
            "row needs its own largest, max(axis=1, keepdims=True)",
        ),
        (
            _entropy(softmax=lambda z: _softmax(z, top_of=0)),
            "the largest of each column was taken off: a row needs its own, max(axis=1, "
            "keepdims=True)",
        ),
    ],
    valid=lambda random: (
        random.choice([1, 300]) * random.standard_normal(shape := tuple(random.integers(1, 8, 2))),
        random.integers(0, shape[1], shape[0]),
        float(random.uniform(0.2, 3)),
    ),
)
def logits_gradient(logits, labels, temperature):
    return _entropy()(logits, labels, temperature)


# --- a step of Adam -----------------------------------------------------------------------------


def _adam(
    *,
    shares=(0.9, 0.999),
    new=(0.1, 0.001),
    power=2,
    late=0,
    fair=(True, True),
    left=lambda share, n: 1 - share**n,
    root=np.sqrt,
    quotient=lambda m, root, q: m / (root(q) + 1e-8),
    sign=-1,
    back=lambda theta, means, corrected: (theta, *means),
):
    """A step with its parts exchangeable."""

    def adam_step(theta, gradient, mean, mean_square, n_steps, learning_rate):
        means = [
            shares[0] * mean + new[0] * gradient,
            shares[1] * mean_square + new[1] * gradient**power,
        ]
        m, q = (
            value / left(share, n_steps - late) if is_fair else value
            for value, share, is_fair in zip(means, shares, fair, strict=True)
        )
        step = sign * learning_rate * quotient(m, root, q)
        return back(theta + step, means, (m, q, step))

    return adam_step


def _in_a_row(answer, start, gradients, learning_rate):
    """Several steps, each from what the one before gave back."""
    theta, mean, mean_square = start, np.zeros(len(start)), np.zeros(len(start))
    for n_steps, gradient in enumerate(gradients, start=1):
        theta, mean, mean_square = answer(
            theta, gradient, mean, mean_square, n_steps, learning_rate
        )
    return theta


@exercise(
    "gradients.adam",
    level="core",
    hints=(
        "First the two running means: 0.9 of the old one and 0.1 of the gradient; 0.999 of the "
        "old one and 0.001 of the gradient squared.",
        "Then make up for their start at 0: divide the first by 1 - 0.9 ** n_steps, the second by "
        "1 - 0.999 ** n_steps. Keep these under new names.",
        "`theta - learning_rate * fair_mean / (np.sqrt(fair_square) + 1e-8)`; return it with the "
        "means as they were before the correction.",
    ),
    probes=[
        probe(
            "the first step turns each knob by the learning rate, whatever its slope",
            np.array([1.0, -2.0, 0.5]),
            np.array([4.0, -0.01, 100.0]),
            np.zeros(3),
            np.zeros(3),
            1,
            0.1,
            rtol=1e-4,
        ),
        probe(
            "the seventh step, two knobs",
            np.array([0.3, 7.0]),
            np.array([0.5, -3.0]),
            np.array([-0.2, -1.0]),
            np.array([0.04, 0.9]),
            7,
            0.02,
            rtol=1e-4,
        ),
        probe(
            "a slope as small as epsilon makes half a step, a slope of 0 none",
            np.zeros(2),
            np.array([1e-8, 0.0]),
            np.zeros(2),
            np.zeros(2),
            1,
            0.1,
            rtol=1e-4,
            atol=1e-18,
        ),
        probe(
            "three steps, one after the other",
            np.array([1.0, -2.0, 0.5]),
            np.array([[4.0, -0.01, 100.0], [-1.0, -0.02, 90.0], [0.3, 0.1, -0.7]]),
            0.1,
            observe=_in_a_row,
            rtol=1e-4,
        ),
    ],
    wrong=[
        (
            _adam(fair=(False, False)),
            "the correction is missing: both means began at 0, so divide them by "
            "1 - 0.9 ** n_steps and 1 - 0.999 ** n_steps",
        ),
        (
            _adam(fair=(False, True)),
            "only the mean square was corrected: the mean began at 0 as well",
        ),
        (
            _adam(fair=(True, False)),
            "only the mean was corrected: the mean square began at 0 as well",
        ),
        (_adam(sign=1), "this climbs: subtract the step"),
        (
            _adam(back=lambda theta, means, corrected: (corrected[2], *means)),
            "this is the step alone: add it to theta",
        ),
        (
            _adam(back=lambda theta, means, corrected: (-corrected[2], *means)),
            "this is the step alone: subtract it from theta",
        ),
        (
            _adam(back=lambda theta, means, corrected: (*means, theta)),
            "theta comes first: `return theta, mean, mean_square`",
        ),
        (
            _adam(back=lambda theta, means, corrected: theta),
            "the means are missing: `return theta, mean, mean_square`",
        ),
        (
            _adam(back=lambda theta, means, corrected: (theta, *corrected[:2])),
            "these means are corrected: corrected means must not go into the next step",
        ),
        (
            _adam(late=1),
            "1 - 0.9 ** 0 is 0, and nothing can be divided by it: n_steps is 1 in the first step, "
            "so use it as it is",
        ),
        (
            _adam(left=lambda share, n: (1 - share) ** n),
            "this divides by (1 - beta) ** n: by 1 - beta ** n is meant",
        ),
        (
            _adam(left=lambda share, n: 1 - share * n),
            "the correction has beta to the POWER of n_steps, `0.9 ** n_steps`",
        ),
        (
            _adam(left=lambda share, n: 1 / (1 - share**n)),
            "the means are too small at first: divide them by 1 - beta ** n, do not multiply",
        ),
        (_adam(late=-1), "n_steps is already the number of this step: do not add 1"),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: _adam()(
                theta, gradient, mean, mean_square, 1, rate
            ),
            "the correction is always that of the first step: 1 - 0.9 ** n_steps",
        ),
        (_adam(root=lambda q: q), "the root of the mean square is missing"),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: _adam()(
                theta, gradient, mean, mean_square, n_steps, 1.0
            ),
            "the learning rate is left out",
        ),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: _adam(
                quotient=lambda m, root, q: gradient / (root(q) + 1e-8)
            )(theta, gradient, mean, mean_square, n_steps, rate),
            "theta moves by the gradient of this step alone: the corrected mean stands above",
        ),
        (_adam(power=1), "the second mean is of the gradient SQUARED"),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: (
                theta - rate * gradient,
                *_adam()(theta, gradient, mean, mean_square, n_steps, rate)[1:],
            ),
            "theta takes plain descent: divide the mean by the usual size of the gradient",
        ),
        (
            _adam(shares=(0.999, 0.9), new=(0.001, 0.1)),
            "0.9 belongs to the mean and 0.999 to the mean square, not the other way",
        ),
        (
            _adam(new=(0.9, 0.999), shares=(0.1, 0.001)),
            "0.9 of the OLD mean and 0.1 of the gradient: the two shares are exchanged",
        ),
        (
            _adam(
                new=(0.9, 0.999),
                shares=(0.1, 0.001),
                left=lambda share, n: 1 - (1 - share) ** n,
            ),
            "0.9 of the OLD mean and 0.1 of the gradient: the two shares are exchanged",
        ),
        (_adam(new=(1, 0.001)), "the gradient goes into its mean with 0.1: 1 - beta"),
        (_adam(new=(1, 1)), "the gradient goes in with 0.1, its square with 0.001: 1 - beta"),
        (
            _adam(shares=(0.9, 0.9), new=(0.1, 0.1)),
            "the mean square keeps 0.999 of what it was, not 0.9",
        ),
        (
            _adam(quotient=lambda m, root, q: m / root(q)),
            "0 / 0 where the slope is 0: epsilon belongs below, `a / (b + 1e-8)`",
        ),
        (
            _adam(quotient=lambda m, root, q: m / root(q + 1e-8)),
            "epsilon stands under the root: add it to the root, np.sqrt(...) + 1e-8",
        ),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: _adam(
                quotient=lambda m, root, q: m / (root(q) + 1e-8 / root(1 - 0.999**n_steps))
            )(theta, gradient, mean, mean_square, n_steps, rate),
            "epsilon is added before the mean square is corrected: first correct, then take the "
            "root, then add 1e-8",
        ),
        (
            _adam(quotient=lambda m, root, q: m / root(q) + 1e-8),
            "0 / 0 where the slope is 0: epsilon belongs below, `a / (b + 1e-8)`",
        ),
    ],
    valid=lambda random: (
        *random.standard_normal((3, n := int(random.integers(1, 5)))),
        random.uniform(0, 2, n),
        int(random.integers(1, 30)),
        float(random.uniform(0.001, 1)),
    ),
)
def adam_step(theta, gradient, mean, mean_square, n_steps, learning_rate):
    state = (mean, mean_square, n_steps - 1)
    theta, state = optimisers.adam(theta, gradient, state, learning_rate=learning_rate)
    return theta, *state[:2]
