"""Exercises of the chapter learning/gradients: networks, from their gradients to their training."""

from __future__ import annotations

import numpy as np

from audiolessons import optimisers
from audiolessons.autograd import Value
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- backwards by hand --------------------------------------------------------------------------


def _backward(*, factor=2.0, rows=1, bend=lambda z, a: z > 0, weigh=True, back=None, second=None):
    """The way back with its parts exchangeable: divided by B as often as `rows` says."""

    def gradients_by_hand(x, y, w1, w2):
        z = x @ w1
        a = np.maximum(0, z)
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


def _whole_rows(probability, truth, labels, temperature):
    probability[labels % len(probability)] -= 1
    return probability / len(labels) / temperature


LOUD = np.array([[1000.0, 0.0], [0.0, 1000.0], [-1000.0, -1000.0]])


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
        probe("one row, a temperature of 1", noise(1, 4, seed=2), np.array([3]), 1.0),
        probe("logits of 1000 and -1000 give finite slopes", LOUD, np.array([0, 0, 1]), 1.0),
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
            _entropy(softmax=lambda z: z),
            "these are logits, not probabilities yet: the softmax is missing",
        ),
        (
            _probabilities(_whole_rows),
            "`p[labels] -= 1` takes 1 off whole rows: `p[np.arange(len(labels)), labels]` is one "
            "entry in each",
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
            value / (1 - share ** (n_steps - late)) if is_fair else value
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
        (_adam(late=-1), "n_steps is already the number of this step: do not add 1"),
        (
            lambda theta, gradient, mean, mean_square, n_steps, rate: _adam()(
                theta, gradient, mean, mean_square, 1, rate
            ),
            "the correction is always that of the first step: 1 - 0.9 ** n_steps",
        ),
        (_adam(root=lambda q: q), "the root of the mean square is missing"),
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


# --- on the device ------------------------------------------------------------------------------


def _fit(*, n_steps=50, rate=0.1, clear=True, optimiser="Adam", step=True, twice=False, start=0.0):
    """Train with the parts of the loop exchangeable."""

    def fit_on(x, labels, n_classes, device):
        import torch

        x, labels = x.to(device), labels.to(device)
        w = torch.full((x.shape[1], n_classes), start, device=device)
        w = (w * torch.arange(n_classes, device=device)).requires_grad_()
        b = torch.zeros(n_classes, device=device, requires_grad=True)
        walker = getattr(torch.optim, optimiser)([w, b], lr=rate)
        for _ in range(n_steps):
            if clear:
                walker.zero_grad()
            logits = (x @ w + b).softmax(dim=1) if twice else x @ w + b
            torch.nn.functional.cross_entropy(logits, labels).backward()
            if step:
                walker.step()
        return w.detach(), b.detach()

    return fit_on


def _without_bias(x, labels, n_classes, device):
    import torch

    w, b = _fit()(x, labels, n_classes, device)
    w = torch.zeros_like(w, requires_grad=True)
    walker = torch.optim.Adam([w], lr=0.1)
    for _ in range(50):
        walker.zero_grad()
        torch.nn.functional.cross_entropy(x.to(device) @ w, labels.to(device)).backward()
        walker.step()
    return w.detach(), torch.zeros_like(b)


def _given_back(change):
    """The right weight and bias, changed."""
    return lambda *given: change(*_fit()(*given))


def _table(n_rows, n_columns, n_classes, seed=0):
    """Rows around one middle a class."""
    import torch

    random = torch.Generator().manual_seed(seed)
    middles = 2 * torch.randn(n_classes, n_columns, generator=random)
    labels = torch.randint(n_classes, (n_rows,), generator=random)
    return middles[labels] + torch.randn(n_rows, n_columns, generator=random), labels


def _weights(answer, x, labels, n_classes, device):
    import torch

    got = answer(x, labels, n_classes, device)
    parts = list(got) if isinstance(got, list | tuple) else [got]
    weight, bias = parts if len(parts) == 2 else (None, None)
    return {
        "two tensors": len(parts) == 2 and all(isinstance(part, torch.Tensor) for part in parts),
        "the device": ", ".join(str(getattr(part, "device", "none")) for part in parts),
        "detached": not any(getattr(part, "requires_grad", False) for part in parts),
        "the shape of the weight": np.shape(
            weight.detach().cpu() if torch.is_tensor(weight) else weight
        ),
        "the weight": weight,
        "the bias": bias,
    }


def _devices():
    """The device that is there, with a table of its size; and the processor."""
    import torch

    from audiolessons import training

    where = training.pick_device()
    sizes = (200, 8, 3) if where.type == "cpu" else (20000, 400, 10)
    tolerance = {"rtol": 2e-3, "atol": 1e-3}
    for (n_rows, n_columns, n_classes), device in (
        (sizes, where),
        ((31, 5, 4), torch.device("cpu")),
    ):
        yield probe(
            f"{n_rows} rows of {n_columns} numbers, {n_classes} classes, 50 steps on {device.type}",
            *_table(n_rows, n_columns, n_classes),
            n_classes,
            device,
            **tolerance,
        )


def _valid_table(random):
    import torch

    if random.random() > 0.8:  # a few trainings are enough
        return None
    sizes = tuple(int(size) for size in random.integers(2, 9, 3))
    return *_table(*sizes, seed=int(random.integers(1000))), sizes[2], torch.device("cpu")


@exercise(
    "gradients.device",
    level="core",
    hints=(
        "Move `x` and `labels` to the device first: `x.to(device)`. Make the weights there: "
        "`torch.zeros(..., device=device, requires_grad=True)`.",
        "A step: clear the gradients, compute the loss, `backward()`, `step()`. Fifty of them.",
        "`adam = torch.optim.Adam([w, b], lr=0.1)`; inside the loop `adam.zero_grad()`, "
        "`torch.nn.functional.cross_entropy(x @ w + b, labels).backward()`, `adam.step()`; at the "
        "end `return w.detach(), b.detach()`.",
    ),
    observe=_weights,
    probes=_devices,
    wrong=[
        (_fit(step=False), "nothing was learned: is step() called?"),
        (
            _fit(clear=False),
            "the gradients were never cleared, so that each step also repeats all earlier ones: "
            "call zero_grad() in each round",
        ),
        (_fit(n_steps=1), "this is one step: does `return` stand inside the loop?"),
        (_fit(n_steps=49), "one step is missing: 49 were made"),
        (_fit(n_steps=51), "one step too many: 51 were made"),
        (_fit(rate=0.001), "these are steps of torch's own learning rate, 0.001: give lr=0.1"),
        (_fit(rate=0.01), "the learning rate is 0.01: give lr=0.1"),
        (_fit(optimiser="SGD"), "this is plain descent: torch.optim.Adam is asked for"),
        (_fit(start=1.0), "the weight does not begin at 0"),
        (
            _fit(twice=True),
            "softmax ran twice: cross_entropy takes logits and does the softmax itself",
        ),
        (_without_bias, "the bias was never turned: hand both to Adam, [w, b]"),
        (_given_back(lambda w, b: w), "this is one tensor: give back the weight and the bias"),
        (_given_back(lambda w, b: (b, w)), "the two are exchanged: first the weight"),
        (
            _given_back(lambda w, b: (w.T, b)),
            "the weight is transposed: x @ w needs (D, K); torch.nn.Linear keeps (K, D)",
        ),
        (
            _given_back(lambda w, b: (w.requires_grad_(), b.requires_grad_())),
            "both still ask for gradients: call .detach() on them",
        ),
        (
            _given_back(lambda w, b: (w.cpu().numpy(), b.cpu().numpy())),
            "these are NumPy arrays: give tensors back, on the device",
        ),
    ],
    valid=_valid_table,
    time_limit_s=30,
)
def fit_on(x, labels, n_classes, device):
    return _fit()(x, labels, n_classes, device)


# --- a new operation ----------------------------------------------------------------------------


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def _softplus(data=lambda z: np.logaddexp(0, z), pull=lambda g, z: (g * _sigmoid(z),)):
    """The operation with its values and its way back exchangeable."""
    return lambda value: Value(data(value.data), (value,), lambda g: pull(g, value.data))


def _values(answer, z, scale):
    result = answer(Value(z))
    return result.data if isinstance(result, Value) else {"a Value": False}


def _is_made_from_it(answer, z, scale):
    """Whether the value that came in is found behind the result: no pull reaches it else."""
    value = Value(z)
    waiting = [answer(value)]
    while waiting:
        last = waiting.pop()
        if last is value:
            return {"made from the value that came in": True}
        parents = getattr(last, "_parents", ())
        if not isinstance(parents, tuple | list):
            return {"the parents": type(parents).__name__}
        waiting.extend(parents)
    return {"made from the value that came in": False}


def _passed_back(answer, z, scale):
    value = Value(z)
    result = answer(value)
    (result * scale).sum().backward()
    return {"values": result.data, "gradients": value.grad}


SIX = (np.array([[-3.0, -0.5, 0.1], [0.7, 2.0, 5.0]]), np.arange(1.0, 7).reshape(2, 3))


@exercise(
    "gradients.operation",
    level="stretch",
    hints=(
        "The derivative of ln(1 + e^z) is the sigmoid, 1 / (1 + e^-z).",
        "`pull(g)` gets the gradient of the result and returns a tuple with that of z: g times the "
        "sigmoid.",
        "Without overflow: `np.logaddexp(0, z)` is ln(e^0 + e^z), and the sigmoid is "
        "`0.5 * (1 + np.tanh(z / 2))`. Return `Value(..., (value,), lambda g: (g * sigmoid,))`.",
    ),
    observe=_passed_back,
    probes=[
        probe("a Value comes back that holds ln(1 + exp(z))", *SIX, observe=_values),
        probe("it remembers the value it was made from", *SIX, observe=_is_made_from_it),
        probe("the gradient is that of the formula, times what comes from behind", *SIX),
        probe("eight numbers in a row", 3 * noise(8, seed=5), noise(8, seed=6)),
        probe(
            "at z = 1000 and z = -1000 values and gradients are finite",
            np.array([1000.0, -1000.0]),
            np.array([2.0, 3.0]),
        ),
    ],
    wrong=[
        (
            lambda value: np.logaddexp(0, value.data),
            "this is a bare array, which has forgotten where it came from: wrap it, "
            "Value(data, (value,), pull)",
        ),
        (
            lambda value: Value(np.logaddexp(0, value.data), value, lambda g: (g,)),
            "the parents are a tuple, even if there is one: `(value,)` with its comma",
        ),
        (
            lambda value: Value(np.logaddexp(0, value.data)),
            "nothing comes back: hand `(value,)` and `pull` to Value",
        ),
        (
            lambda value: Value(
                np.logaddexp(0, value.data), (), lambda g: (g * _sigmoid(value.data),)
            ),
            "the parents are missing: `(value,)` stands between data and pull",
        ),
        (
            lambda value: Value(np.logaddexp(0, value.data), (value,)),
            "the result has no pull: nothing can pass a gradient back",
        ),
        (
            _softplus(pull=lambda g, z: g * _sigmoid(z)),
            "pull must return a tuple, one gradient for each parent: `(g * slope,)` with its comma",
        ),
        (
            lambda value: Value(np.logaddexp(0, value.data), (value,), (_sigmoid(value.data),)),
            "pull must be a function: `lambda g: (g * slope,)`, not the slope itself",
        ),
        (
            lambda value: Value(np.logaddexp(0, value.data), (value,), _sigmoid(value.data)),
            "pull must be a function: `lambda g: (g * slope,)`, not the slope itself",
        ),
        (
            _softplus(data=lambda z: np.maximum(z, 0)),
            "the values are those of relu: its corner is not round",
        ),
        (
            _softplus(data=lambda z: z),
            "the 1 is missing: ln(e^z) is z, ln(1 + e^z) is asked for",
        ),
        (
            _softplus(data=_sigmoid),
            "the values are those of the sigmoid, which is the slope",
        ),
        (
            _softplus(data=lambda z: np.logaddexp(0, z) / np.log(10)),
            "np.log10 is another logarithm: use the natural one",
        ),
        (
            _softplus(pull=lambda g, z: (_sigmoid(z),)),
            "g is left out: multiply the slope by the gradient that comes in",
        ),
        (
            _softplus(pull=lambda g, z: (g,)),
            "g is passed on as it is: multiply it by the slope, the sigmoid",
        ),
        (
            _softplus(pull=lambda g, z: (g * _sigmoid(-z),)),
            "this is 1 minus the slope: which sign has z in the sigmoid?",
        ),
        (
            _softplus(pull=lambda g, z: (g * np.logaddexp(0, z),)),
            "g is multiplied by the value: the slope of ln(1 + e^z) is the sigmoid",
        ),
        (
            _softplus(pull=lambda g, z: (g * (z > 0),)),
            "this is the slope of relu: round the corner, take the sigmoid",
        ),
        (
            _softplus(pull=lambda g, z: (g + _sigmoid(z),)),
            "g and the slope are added: the chain rule multiplies",
        ),
        (
            _softplus(pull=lambda g, z: (_sigmoid(g),)),
            "the sigmoid of g: the slope is taken at z, and multiplied by g",
        ),
        *(
            (
                _softplus(data, pull),
                "e^1000 is infinite: np.logaddexp(0, z) and 0.5 * (1 + np.tanh(z / 2)) never "
                "compute it",
            )
            for data, pull in (
                (lambda z: np.log(1 + np.exp(z)), lambda g, z: (g * _sigmoid(z),)),
                (
                    lambda z: np.log(1 + np.exp(z)),
                    lambda g, z: (g * np.exp(z) / (1 + np.exp(z)),),
                ),
                (lambda z: np.logaddexp(0, z), lambda g, z: (g * np.exp(z) / (1 + np.exp(z)),)),
            )
        ),
    ],
    valid=lambda random: tuple(
        random.choice([1, 200]) * part for part in random.standard_normal((2, 3, 4))
    ),
)
def softplus(value):
    return _softplus()(value)
