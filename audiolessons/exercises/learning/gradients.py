"""Exercises of the chapter learning/gradients."""

from __future__ import annotations

import numpy as np

from audiolessons import autograd, optimisers

from .._engine import exercise


def _noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@exercise(
    "gradients.slope",
    level="easy",
    hints=(
        "Call what stands in the brackets the error. How does the error change with the gain?",
        "The derivative of error squared is 2 times error times the derivative of the error, and "
        "that is the delayed sound.",
        "`2 * np.mean((x + gain * delayed - y) * delayed)`",
    ),
)
def slope(answer, trial):
    x, delayed = _noise(200), _noise(200, seed=1)
    y = x + 0.5 * delayed

    trial.close(
        "with the right gain the slope is 0",
        lambda: answer(0.5, x, delayed, y),
        0.0,
        atol=1e-9,
        mistakes=[
            (
                lambda got: np.isclose(got, 2 * np.mean((x + 0.5 * delayed + y) * delayed)),
                "the error is a difference: subtract y",
            ),
            (
                lambda got: np.isclose(got, 2 * np.mean((0.5 * delayed - y) * delayed)),
                "the direct sound is missing: the model is x + gain * delayed",
            ),
        ],
    )
    for gain in (0.8, 0.0):
        error = x + gain * delayed - y
        right = 2 * np.mean(error * delayed)
        trial.close(
            f"a gain of {gain:g} where 0.5 is right",
            lambda: answer(gain, x, delayed, y),  # noqa: B023 - called at once
            right,
            mistakes=[
                (np.mean(error**2), "this is the loss itself: its derivative is asked for"),
                (right / 2, "the factor 2 is missing: it comes from the square"),
                (right * 200, "this is the sum: the loss is a mean, so divide by T"),
                (-right, "the sign is wrong: too much echo must give a positive slope"),
                (
                    2 * np.mean(error),
                    "the chain rule is missing: inside the square, the error changes by `delayed` "
                    "for each unit of gain",
                ),
                (
                    2 * np.mean(error * x),
                    "the inner derivative is `delayed`, which the gain multiplies, not x",
                ),
                (
                    2 * np.mean(error * (x + delayed)),
                    "the direct sound does not change with the gain: only `delayed` stands outside",
                ),
                (
                    lambda got, gain=gain, right=right: np.allclose(got, gain * right),
                    "the gain itself is no part of the inner derivative: that is `delayed` alone",
                ),
                (
                    2 * np.mean(error) * np.mean(delayed),
                    "multiply sample by sample first, then take the mean: a product of two means "
                    "is something else",
                ),
                (
                    lambda got, error=error: np.shape(got) == error.shape,
                    "there is one slope for the whole sound: take the mean",
                ),
            ],
            means="move the gain a little up and down and compare the losses: is that your slope?",
        )


def stuck_pair() -> tuple[float, float]:
    """The wanted frequency and the guess that the player of the exercise holds, in Hz."""
    return 440.0, 443.0


@exercise(
    "gradients.beats",
    level="easy",
    hints=(
        "Two tones that nearly agree swell and fade as often a second as their frequencies differ.",
        "Count the swells, and mind that the sound lasts two seconds.",
        "Six swells in two seconds are three a second, and the guess lies above 440 Hz.",
    ),
)
def beats(answer, trial):
    goal, guess = stuck_pair()
    difference = guess - goal
    trial.close(
        "the frequency of the guess in Hz",
        lambda: answer,
        guess,
        atol=0.4,
        rtol=0,
        mistakes=[
            (difference, f"this is how far the guess is off: add it to {goal:g} Hz"),
            (2 * difference, "these are the swells in two seconds: how many are there in one?"),
            (
                goal + 2 * difference,
                "you counted the swells right, but in two seconds: beats are counted a second",
            ),
            (goal - difference, "as far off, but the guess is too high, not too low"),
            (
                goal + difference / 2,
                "each swell from one silence to the next counts as a whole beat",
            ),
            (goal, "then nothing would beat: both tones would be one"),
        ],
        means="count the swells from one silence to the next, in two seconds, and halve the number",
    )


@exercise(
    "gradients.inverse",
    level="core",
    hints=(
        "Dividing by the determinant is right. What has to stand above it is the adjugate.",
        "Its entry in row i and column j is the determinant of what remains when ROW j and COLUMN "
        "i are struck out, times (-1) ** (i + j).",
        "Fill a table of signed minors, striking out row i and column j for place (i, j); then "
        "return `table.T / np.linalg.det(matrix)`.",
    ),
)
def inverse(answer, trial):
    cases = {
        "two microphones": np.array([[1.0, 0.6], [0.5, 1.0]]),
        "a matrix drawn at random, 2 x 2": _noise(2, 2, seed=3),
        "three microphones": np.array([[1.0, 0.5, 0.2], [0.3, 1.0, 0.4], [0.1, 0.6, 1.0]]),
        "a matrix drawn at random, 3 x 3": _noise(3, 3, seed=4),
    }
    for name, matrix in cases.items():
        determinant = np.linalg.det(matrix)
        right = np.linalg.inv(matrix)
        size = len(matrix)
        sign = (-1.0) ** np.add.outer(np.arange(size), np.arange(size))
        trial.close(
            f"{name}: the answer times the matrix is 1",
            lambda: answer(matrix.copy()),  # noqa: B023 - called at once
            right,
            atol=1e-8,
            mistakes=[
                (
                    matrix / determinant,
                    "this is the matrix itself, divided by its determinant: it still mixes. The "
                    "adjugate belongs there",
                ),
                (
                    right * determinant,
                    "this is the adjugate: divide it by the determinant of the matrix",
                ),
                (right.T, "turn the table over at its diagonal, .T, before you divide"),
                (
                    right * sign,
                    "the signs are missing: a minor counts as (-1) ** (row + column), as on a "
                    "chess board",
                ),
                (
                    right.T * sign,
                    "signs and the turn at the diagonal are both missing: these are bare minors",
                ),
                (matrix.T / determinant, "the adjugate is more than the transposed matrix"),
                (
                    matrix.T,
                    "turning a matrix over undoes only rotations",
                ),
                (right / determinant, "divided by the determinant twice"),
                (
                    lambda got, size=size: np.shape(got) == (2, 2) != (size, size),
                    "this is the formula for two rows: for three, take the determinant of what "
                    "remains when a row and a column are struck out",
                ),
                (1 / matrix, "this inverts each number by itself; the product is not 1 then"),
                (
                    right * determinant**2,
                    "multiplied by the determinant: the adjugate is to be divided by it",
                ),
            ],
            means="multiply your answer with the matrix, and look which entries are not those of 1",
        )


@exercise(
    "gradients.measure",
    level="core",
    hints=(
        "Take one entry at a time. All the others stay where they are.",
        "`move = np.zeros(len(x)); move[i] = step`, then compare `function(x + move)` with "
        "`function(x - move)`.",
        "The two points are 2 * step apart: divide by that. Collect the slopes in an array.",
    ),
)
def measure(answer, trial):
    x = np.array([0.7, -1.2, 2.0])
    kept = x.copy()

    def curve(v):
        return v[0] ** 2 + np.exp(v[1]) + v[2] ** 3 + v[0] * v[1] * v[2]

    right = np.array([1.4 - 2.4, np.exp(-1.2) + 1.4, 12 - 0.84])
    step = 0.1
    moves = step * np.eye(3)
    up = np.array([curve(x + move) for move in moves])
    down = np.array([curve(x - move) for move in moves])
    here = curve(x)
    together = np.full(3, (curve(x + step) - curve(x - step)) / (2 * step))
    trial.close(
        "with a step of 0.1, the slopes of a curve of three knobs",
        lambda: answer(curve, x.copy(), step),
        (up - down) / (2 * step),
        mistakes=[
            (
                (up - here) / step,
                "this compares with the point itself: take one point above and one below, whose "
                "errors cancel",
            ),
            ((here - down) / step, "only the point below is used: take one above as well"),
            ((up - down) / step, "the two points are 2 steps apart: divide by 2 * step"),
            ((up - down) / 2, "divide by the step, too"),
            (
                np.array([curve(x + m / 2) - curve(x - m / 2) for m in moves]) / step,
                "the two points lie half a step away: move x by a whole step up and down",
            ),
            (up - down, "these are differences: divide them by the way between, 2 * step"),
            ((down - up) / (2 * step), "upper minus lower: the sign is turned"),
            (together, "all knobs moved at once: move one and leave the others"),
            (
                lambda got: np.ndim(got) == 0,
                "this is one number: each of the three knobs has a slope of its own",
            ),
        ],
        means="does every entry start again from x itself? A knob that stays moved spoils the next",
    )
    trial.close(
        "with a step of 1e-5, the slopes that the formula gives",
        lambda: answer(curve, x.copy(), 1e-5),
        right,
        rtol=1e-6,
        mistakes=[
            (
                lambda got: np.allclose(got, (up - down) / (2 * step)),
                "the step is fixed somewhere: use the one that is given",
            )
        ],
        means="with a small step the measured slopes come close to those of the formula: yours do "
        "not, so look at what you divide by",
    )
    trial.that(
        "x is left as it was",
        lambda: (answer(curve, x, step), x)[1],
        lambda got: np.array_equal(got, kept),
        expected="no change to x",
        means="you moved x itself: work on a copy, x.copy(), or add a vector to it",
    )


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
)
def backward(answer, trial):
    x, y = _noise(6, 4), _noise(6, seed=1)
    w1, w2 = _noise(4, 5, seed=2), _noise(5, seed=3)
    z = x @ w1
    a = np.maximum(0, z)
    from_y = 2 * (a @ w2 - y) / 6
    from_a = np.outer(from_y, w2)

    def loss(w1, w2):
        return np.mean((np.maximum(0, x @ w1) @ w2 - y) ** 2)

    first, second = x.T @ (from_a * (z > 0)), a.T @ from_y
    got = trial.that(
        "two arrays come back, of the shapes of w1 and w2",
        lambda: answer(x, y, w1, w2),
        lambda got: len(got) == 2 and np.shape(got[0]) == w1.shape and np.shape(got[1]) == w2.shape,
        expected="shapes (4, 5) and (5,)",
        mistakes=[
            (
                lambda got: np.shape(got[0]) == w2.shape and np.shape(got[1]) == w1.shape,
                "the two are exchanged: first the gradient of w1, then that of w2",
            ),
            (
                lambda got: np.shape(got[0]) == w1.T.shape,
                "the first is transposed: x.T stands on the left, x.T @ ...",
            ),
            (
                lambda got: np.shape(got[1]) == (w2.size, 1),
                "the second is a column: w2 has shape (5,), so `a.T @ from_y` with from_y of "
                "shape (6,), not (6, 1)",
            ),
            (lambda got: len(got) > 2, "hand back the two gradients alone"),
            (
                lambda got: np.shape(got[1]) == a.shape,
                "the second still has a row for each sound: add them up, a.T @ ...",
            ),
        ],
        means="a gradient has the shape of what it belongs to: one slope for each weight",
    )
    if not got:
        return
    trial.close(
        "the gradient of w2 agrees with the measured one",
        lambda: answer(x, y, w1, w2)[1],
        autograd.numerical_gradient(lambda w: loss(w1, w), w2),
        rtol=1e-4,
        mistakes=[
            (6 * second, "the loss is a mean: divide by the number of rows"),
            (second / 2, "the factor 2 of the square is missing"),
            (3 * second, "the factor 2 is missing, and so is the division by the number of rows"),
            (-second, "the sign is turned: the error is prediction minus y"),
            (second / 6, "divided by the number of rows twice: once is enough"),
            (z.T @ from_y, "w2 weighs what came out of the relu, a, not what went in"),
        ],
        means="the prediction is a @ w2: each weight changes it by its column of a, so multiply "
        "with 2 / B times the error and add up over the rows",
    )
    trial.close(
        "the gradient of w1 agrees with the measured one",
        lambda: answer(x, y, w1, w2)[0],
        autograd.numerical_gradient(lambda w: loss(w, w2), w1),
        rtol=1e-4,
        mistakes=[
            (
                x.T @ from_a,
                "the relu is passed as if it were straight: where z < 0 nothing comes through, so "
                "multiply by (z > 0)",
            ),
            (
                x.T @ np.maximum(0, from_a),
                "on the way back the relu does not bend the gradient: it lets it through where z "
                "was above 0, so multiply by (z > 0)",
            ),
            (first / 6, "divided by the number of rows twice: once is enough"),
            (x.T @ (from_a * a), "the slope of a relu is 1 or 0, not its value: use (z > 0)"),
            (
                x.T @ (np.outer(from_y, np.ones(5)) * (z > 0)),
                "on the way back w2 is left out: np.outer(from_y, w2)",
            ),
            (6 * first, "the loss is a mean: divide by the number of rows"),
            (first / 2, "the factor 2 of the square is missing"),
            (-first, "the sign is turned: the error is prediction minus y"),
            (x.T @ (from_a * (1 - a**2)), "1 - a ** 2 is the slope of tanh; here stands a relu"),
        ],
        means="three steps back: np.outer(from_y, w2), times (z > 0), then x.T @ that. Print the "
        "shape of each",
    )


@exercise(
    "gradients.softmax",
    level="core",
    hints=(
        "The text calls it the loveliest formula of the trade: what you said minus what was true.",
        "Probabilities: exp of the logits, divided by their sum over the classes (axis 1). What "
        "was true: a table with one 1 in each row, `np.eye(K)[labels]`.",
        "`(probability - truth) / len(labels)`; take the largest logit of each row off before exp.",
    ),
)
def softmax(answer, trial):
    logits, labels = 2 * _noise(5, 3), np.array([0, 2, 1, 1, 0])
    powers = np.exp(logits)
    probability = powers / powers.sum(axis=1, keepdims=True)
    truth = np.eye(3)[labels]
    right = (probability - truth) / 5
    over_batch = powers / powers.sum(axis=0, keepdims=True)
    by_rows = probability.copy()
    by_rows[labels] -= 1  # the slip: picks rows, not the entry of each row
    value = autograd.Value(logits)
    autograd.cross_entropy(value, labels).backward()
    trial.close(
        "five rows, three classes: agrees with automatic differentiation",
        lambda: answer(logits.copy(), labels),
        value.grad,
        mistakes=[
            (probability, "these are the probabilities: subtract what was true"),
            (probability / 5, "these are the probabilities: subtract what was true"),
            (
                probability - truth,
                "the loss is the mean over the batch: divide by the number of rows",
            ),
            (right / 3 * 5, "divided by the number of classes: the mean is over the rows"),
            (right / 3, "the mean is over the rows only: do not divide by the classes as well"),
            (-right, "the sign is turned: said minus true, so that the right class goes down"),
            (
                (over_batch - truth) / 5,
                "the softmax ran over the batch: each ROW adds up to 1, so sum along axis 1",
            ),
            (
                (logits - truth) / 5,
                "these are logits, not probabilities yet: the softmax is missing",
            ),
            (
                (powers / powers.sum() - truth) / 5,
                "divided by the sum of the whole table: each row has its own sum",
            ),
            (
                by_rows / 5,
                "`p[labels] -= 1` takes 1 off whole rows: `p[np.arange(len(labels)), labels]` "
                "is one entry in each",
            ),
            (
                right * truth,
                "only the true class got a slope: the other logits matter as well, because the "
                "probabilities add up to 1",
            ),
            (
                -truth / probability / 5,
                "this is the slope with respect to the probabilities: go back through the "
                "softmax as well",
            ),
            (
                probability * (1 - probability) / 5,
                "p (1 - p) is how a probability changes with its own logit: the loss is its "
                "logarithm, and the other logits count too",
            ),
            (
                lambda got: np.ndim(got) == 0,
                "this is one number, the loss perhaps: a gradient has the shape of the logits",
            ),
        ],
        means="each row of the right answer adds up to 0, and only the true class is negative: is "
        "that so in yours?",
    )
    large = np.array([[1000.0, 0.0], [0.0, 1000.0], [-1000.0, -1000.0]])
    trial.close(
        "logits of 1000 and -1000 give finite slopes",
        lambda: _quietly(answer, large, np.array([0, 0, 1])),
        [[0, 0], [-1 / 3, 1 / 3], [1 / 6, -1 / 6]],
        mistakes=[
            (
                lambda got: not np.isfinite(got[:2]).all(),
                "exp(1000) is infinite: subtract the largest logit of each row first, which "
                "changes no probability",
            ),
            (
                lambda got: not np.isfinite(got).all(),
                "a row in which all is far below the largest logit of the table became 0 / 0: "
                "each row needs its own largest, max(axis=1, keepdims=True)",
            ),
        ],
        means="the same formula must hold here: see what the first property says",
    )


def _quietly(function, *args):
    """Call without NumPy's warnings: the check itself says what went wrong."""
    with np.errstate(all="ignore"):
        return function(*args)


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
)
def adam(answer, trial):
    start, rate = np.array([1.0, -2.0, 0.5]), 0.1
    pulls = [np.array([4.0, -0.01, 100.0]), np.array([-1.0, -0.02, 90.0]), _noise(3)]

    def first_step():
        return _quietly(answer, start.copy(), pulls[0], np.zeros(3), np.zeros(3), 1, rate)

    def stepped(correct=True, root=True, square=True):
        mean, mean_square = 0.1 * pulls[0], 0.001 * (pulls[0] ** 2 if square else pulls[0])
        if correct:
            mean, mean_square = mean / 0.1, mean_square / 0.001
        below = np.sqrt(np.abs(mean_square)) if root else mean_square
        return start - rate * mean / (below + 1e-8)

    right = stepped()
    swapped = np.stack([0.001 * pulls[0], 0.1 * pulls[0] ** 2])
    has_three = trial.that(
        "three arrays come back: theta, mean, mean_square",
        first_step,
        lambda got: len(got) == 3 and all(np.shape(part) == (3,) for part in got),
        expected="a tuple of three arrays",
        means="end with `return theta, mean, mean_square`",
    )
    if not has_three:
        return
    first_is_right = trial.close(
        "the first step turns each knob by the learning rate, whatever its slope",
        lambda: first_step()[0],
        right,
        mistakes=[
            (
                stepped(correct=False),
                "the correction is missing: both means began at 0, so divide them by "
                "1 - 0.9 ** n_steps and 1 - 0.999 ** n_steps",
            ),
            (2 * start - right, "this climbs: subtract the step"),
            (start - right, "this is the step alone: subtract it from theta"),
            (
                0.1 * pulls[0],
                "this is the mean: theta comes first, `return theta, mean, mean_square`",
            ),
            (
                lambda got: not np.isfinite(got).all(),
                "1 - 0.9 ** 0 is 0, and nothing can be divided by it: n_steps is 1 in the first "
                "step, so use it as it is",
            ),
            (stepped(root=False), "the root of the mean square is missing"),
            (start - rate * pulls[0], "this is plain descent: divide by the usual size, too"),
            (
                start - rate * 0.1 * pulls[0] / (np.abs(pulls[0]) + 1e-8),
                "only the mean square was corrected: the mean began at 0 as well",
            ),
            (
                start - rate * pulls[0] / (np.sqrt(0.001) * np.abs(pulls[0]) + 1e-8),
                "only the mean was corrected: the mean square began at 0 as well",
            ),
            (
                start - rate * 9 * np.sign(pulls[0]),
                "0.9 of the old mean and 0.1 of the gradient: the two shares are exchanged",
            ),
        ],
        means="after one step the corrected means are the gradient and its square: print both",
    )
    if not first_is_right:
        return
    trial.close(
        "the means come back without the correction",
        lambda: np.stack(first_step()[1:]),
        np.stack([0.1 * pulls[0], 0.001 * pulls[0] ** 2]),
        mistakes=[
            (
                np.stack([pulls[0], pulls[0] ** 2]),
                "these are corrected: corrected means must not go into the next step",
            ),
            (
                np.stack([0.1 * pulls[0], 0.001 * pulls[0]]),
                "the second mean is of the gradient SQUARED",
            ),
            (swapped, "0.9 belongs to the mean and 0.999 to the mean square, not the other way"),
        ],
        means="0.9 of the old mean plus 0.1 of the gradient; 0.999 and 0.001 for the square",
    )
    tiny, none = np.array([1e-8]), np.zeros(1)
    trial.close(
        "a slope as small as epsilon makes half a step, a slope of 0 none",
        lambda: np.array(
            [_quietly(answer, none, pull, none, none, 1, rate)[0][0] for pull in (tiny, none)]
        ),
        [-rate / 2, 0],
        atol=1e-6,
        mistakes=[
            (
                lambda got: not np.isfinite(got).all(),
                "0 / 0: epsilon is missing, which keeps the division from failing",
            ),
            (
                lambda got: np.allclose(got, [-1e-5, 0], atol=1e-6),
                "epsilon stands under the root: add it to the root, np.sqrt(...) + 1e-8",
            ),
        ],
        means="is epsilon 1e-8, and is it added to the root of the mean square?",
    )

    def three_steps():
        theta, mean, mean_square = start.copy(), np.zeros(3), np.zeros(3)
        for number, pull in enumerate(pulls, start=1):
            theta, mean, mean_square = answer(theta, pull, mean, mean_square, number, rate)
        return theta

    theta, state = start, None
    for pull in pulls:
        theta, state = optimisers.adam(theta, pull, state, learning_rate=rate)
    trial.close(
        "three steps agree with the package's Adam",
        three_steps,
        theta,
        means="the first step was right: does the correction use n_steps, and do both means keep "
        "0.9 and 0.999 of what they were?",
    )


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
    time_limit_s=30.0,
)
def device(answer, trial):
    import torch

    from audiolessons import training

    where = training.pick_device()
    n_rows, n_columns, n_classes = (200, 8, 3) if where.type == "cpu" else (20000, 400, 10)
    random = torch.Generator().manual_seed(0)
    middles = 3 * torch.randn(n_classes, n_columns, generator=random)
    labels = torch.randint(n_classes, (n_rows,), generator=random)
    x = middles[labels] + torch.randn(n_rows, n_columns, generator=random)

    got = trial.value(
        f"{n_rows} rows of {n_columns} numbers, on the device {where.type}",
        lambda: answer(x, labels, n_classes, where),
    )
    fits = trial.that(
        f"a weight ({n_columns}, {n_classes}) and a bias ({n_classes},) come back as tensors",
        lambda: got,
        lambda got: (
            len(got) == 2
            and all(isinstance(part, torch.Tensor) for part in got)
            and got[0].shape == (n_columns, n_classes)
            and got[1].shape == (n_classes,)
        ),
        expected="two tensors",
        mistakes=[
            (
                lambda got: len(got) == 2 and isinstance(got[0], np.ndarray),
                "these are NumPy arrays: give tensors back, on the device",
            ),
            (
                lambda got: isinstance(got, torch.Tensor),
                "this is one tensor: give back the weight and the bias",
            ),
            (
                lambda got: got[0].shape == (n_classes, n_columns),
                "the weight is transposed: x @ w needs (D, K); torch.nn.Linear keeps (K, D)",
            ),
        ],
        means="end with `return w.detach(), b.detach()`",
    )
    if not fits:
        return
    trial.that(
        f"they are on the device {where.type}, and detached",
        lambda: got,
        lambda got: all(part.device.type == where.type and not part.requires_grad for part in got),
        expected=f"tensors on {where.type} that need no gradient",
        mistakes=[
            (lambda got: any(part.requires_grad for part in got), "call .detach() on both"),
        ],
        means=f"make the weights with device=device, so that they lie on {where.type}",
    )

    def trained(
        n_steps=50, learning_rate=0.1, clear=True, make=torch.optim.Adam, twice=False, both=True
    ):
        w = torch.zeros(n_columns, n_classes, device=where, requires_grad=True)
        b = torch.zeros(n_classes, device=where, requires_grad=True)
        optimiser = make([w, b] if both else [w], lr=learning_rate)
        here, there = x.to(where), labels.to(where)
        for _ in range(n_steps):
            if clear:
                optimiser.zero_grad()
            logits = here @ w + b
            logits = logits.softmax(dim=1) if twice else logits
            torch.nn.functional.cross_entropy(logits, there).backward()
            optimiser.step()
        return w.detach().cpu().numpy()

    def is_like(**options):
        return lambda got: np.allclose(got, trained(**options), rtol=1e-3, atol=5e-4)

    trial.close(
        "the weights are those of 50 steps of Adam from 0",
        lambda: got[0].detach().cpu().numpy(),
        trained(),
        rtol=1e-3,
        atol=5e-4,
        mistakes=[
            (np.zeros((n_columns, n_classes)), "nothing was learned: is step() called?"),
            (
                trained(clear=False),
                "the gradients were never cleared, so that each step also repeats all earlier "
                "ones: call zero_grad() in each round",
            ),
            (trained(n_steps=1), "this is one step: does `return` stand inside the loop?"),
            (
                is_like(learning_rate=0.001),
                "these are the steps of torch's own learning rate, 0.001: give lr=0.1",
            ),
            (is_like(make=torch.optim.SGD), "this is plain descent: torch.optim.Adam is asked for"),
            (
                is_like(twice=True),
                "softmax ran twice: cross_entropy takes logits and does the softmax itself",
            ),
            (is_like(both=False), "the bias was never turned: hand both to Adam, [w, b]"),
            (is_like(n_steps=49), "one step is missing: 49 were made"),
            (is_like(n_steps=51), "one step too many: 51 were made"),
        ],
        means="do weight and bias begin at 0, is lr 0.1, and are there 50 steps over all rows?",
    )
    weight, bias = (part.detach().cpu() for part in got)
    trial.that(
        f"trained on {where.type}, it names the class of nearly every row",
        lambda: float(((x @ weight + bias).argmax(dim=1) == labels).float().mean()),
        lambda share: share > 0.95,
        expected="more than 0.95",
        means="weight and bias belong together: give back the bias of the same training",
    )


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
)
def operation(answer, trial):
    z = np.array([[-3.0, -0.5, 0.0], [0.7, 2.0, 5.0]])

    def run(z, scale=1.0):
        value = autograd.Value(np.array(z))
        result = answer(value)
        if isinstance(result, autograd.Value):
            (result * scale).sum().backward()
        return result, value.grad

    def is_whole(got):
        if not isinstance(got, autograd.Value) or not isinstance(got._parents, tuple):
            return False
        return got._pull is None or isinstance(got._pull(np.ones_like(got.data)), tuple)

    is_value = trial.that(
        "a new Value comes back, whose pull returns a tuple",
        lambda: answer(autograd.Value(z)),
        is_whole,
        expected="a Value",
        mistakes=[
            (
                lambda got: isinstance(got._parents, autograd.Value),
                "the parents are a tuple, even if there is one: `(value,)` with its comma",
            ),
            (
                lambda got: not callable(got._pull),
                "pull must be a function: `lambda g: (g * slope,)`, not the slope itself",
            ),
            (
                lambda got: isinstance(got, autograd.Value),
                "pull must return a tuple, one gradient for each parent: `(g * slope,)` with its "
                "comma",
            ),
            (
                lambda got: isinstance(got, np.ndarray),
                "this is a bare array, which has forgotten where it came from: wrap it, "
                "Value(data, (value,), pull)",
            ),
        ],
    )
    if not is_value:
        return
    trial.close(
        "the values are ln(1 + exp(z))",
        lambda: run(z)[0].data,
        np.log1p(np.exp(z)),
        mistakes=[
            (np.maximum(z, 0), "this is relu: its corner is not round"),
            (np.log(np.exp(z)), "the 1 is missing: ln(1 + e^z)"),
            (1 / (1 + np.exp(-z)), "this is the sigmoid, which is the slope, not the value"),
            (np.log10(1 + np.exp(z)), "np.log10 is another logarithm: use the natural one"),
        ],
        means="compute ln(1 + exp(z)) of value.data, entry by entry",
    )
    sigmoid = 1 / (1 + np.exp(-z))
    scale = np.arange(1.0, 7).reshape(2, 3)
    trial.close(
        "the gradient is that of the formula, times what comes from behind",
        lambda: run(z, scale)[1],
        scale * sigmoid,
        mistakes=[
            (sigmoid, "g is left out: multiply the slope by the gradient that comes in"),
            (scale, "g is passed on as it is: multiply it by the slope, the sigmoid"),
            (np.zeros_like(z), "nothing comes back: are `(value,)` and `pull` handed to Value?"),
            (scale * (1 - sigmoid), "this is 1 minus the slope: which sign has z in the sigmoid?"),
            (
                scale * np.log1p(np.exp(z)),
                "g is multiplied by the value: the slope of ln(1 + e^z) is the sigmoid",
            ),
            (scale * (z > 0), "this is the slope of relu: round the corner, take the sigmoid"),
            (scale + sigmoid, "g and the slope are added: the chain rule multiplies"),
        ],
        means="measure it: al.autograd.numerical_gradient(lambda z: np.logaddexp(0, z).sum(), z)",
    )
    trial.close(
        "at z = 1000 and z = -1000 it stays finite",
        lambda: np.concatenate(_quietly(_values_and_slopes, run)),
        [1000, 0, 1, 0],
        mistakes=[
            (
                lambda got: not np.isfinite(got).all(),
                "e^1000 is infinite: np.logaddexp(0, z) and 0.5 * (1 + np.tanh(z / 2)) never "
                "compute it",
            )
        ],
    )


def _values_and_slopes(run):
    result, slopes = run([1000.0, -1000.0])
    return result.data, slopes
