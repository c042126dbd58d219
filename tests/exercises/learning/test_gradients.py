"""Wrong answers to the exercises of the chapter learning/gradients, and their messages."""

import numpy as np
import torch

from audiolessons.autograd import Value


def _slope(
    factor=2.0, reduce=np.mean, sign=1, inner="delayed", loss=False, direct=True, plus=False
):
    def echo_slope(gain, x, delayed, y):
        error = (x if direct else 0) + gain * delayed + (y if plus else -y)
        if loss:
            return np.mean(error**2)
        inside = {"delayed": delayed, "x": x, "none": 1.0}[inner]
        return sign * factor * reduce(error * inside)

    return echo_slope


def _inverse(signs=True, turn=True, power=-1):
    def unmixing_matrix(matrix):
        size = len(matrix)
        table = np.empty((size, size))
        for i in range(size):
            for j in range(size):
                rest = np.delete(np.delete(matrix, i, axis=0), j, axis=1)
                table[i, j] = ((-1) ** (i + j) if signs else 1) * np.linalg.det(rest)
        return (table.T if turn else table) * np.linalg.det(matrix) ** power

    return unmixing_matrix


def _only_two_by_two(matrix):
    (a, b), (c, d) = matrix[:2, :2]
    right = np.array([[d, -b], [-c, a]]) / (a * d - b * c)
    if len(matrix) == 2:
        return right
    whole = np.eye(len(matrix))
    whole[:2, :2] = right
    return whole


def _two_by_two_always(matrix):
    (a, b), (c, d) = matrix[:2, :2]
    return np.array([[d, -b], [-c, a]]) / (a * d - b * c)


def _measure(kind="central", divide=2.0, sign=1, fixed=None, move_by=1.0):
    def measured_gradient(function, x, step):
        step = fixed or step
        found = []
        for place in range(len(x)):
            move = np.zeros(len(x))
            move[place] = move_by * step
            if kind == "together":
                move[:] = step
            up, down = function(x + move), function(x - move)
            if kind == "forward":
                down, up = function(x), up
            if kind == "backward":
                up = function(x)
            found.append(sign * (up - down) / (divide * step if divide else 1))
        return np.array(found)

    return measured_gradient


def _measure_in_place(function, x, step):
    found = []
    for place in range(len(x)):
        x[place] += step
        up = function(x)
        x[place] -= 2 * step
        found.append((up - function(x)) / (2 * step))
        x[place] += step * 1.001
    return np.array(found)


def _measure_and_leave(function, x, step):
    found = _measure()(function, x, step)
    x += step
    return found


def _backward(
    *,
    factor=2.0,
    mean=True,
    relu="step",
    weigh=True,
    sign=1,
    order=1,
    inner="a",
    transpose=False,
    twice=False,
    column=False,
):
    def gradients_by_hand(x, y, w1, w2):
        z = x @ w1
        a = np.maximum(0, z)
        from_y = sign * factor * (a @ w2 - y) / (len(y) if mean else 1)
        from_y = from_y / len(y) if twice else from_y
        slope = {"step": z > 0, "none": 1.0, "bend": 1.0, "value": a, "tanh": 1 - a**2}[relu]
        from_z = np.outer(from_y, w2 if weigh else np.ones_like(w2)) * slope
        if relu == "bend":
            from_z = np.maximum(0, np.outer(from_y, w2))
        first = x.T @ from_z
        second = (a if inner == "a" else z).T @ from_y
        if inner == "rows":
            second = a * from_y[:, np.newaxis]
        if column:
            second = second[:, np.newaxis]
        return (first.T if transpose else first, second)[::order]

    return gradients_by_hand


def _softmax(
    *, minus=True, mean=True, axis=1, sign=1, classes=False, bare=False, shift=False, top_of=1
):
    def logits_gradient(logits, labels):
        top = logits.max(axis=top_of, keepdims=True) if shift else 0
        powers = np.exp(logits - top)
        probability = logits if bare else powers / powers.sum(axis=axis, keepdims=True)
        truth = np.eye(logits.shape[1])[labels] if minus else 0
        n = logits.shape[1] if classes else len(labels)
        return sign * (probability - truth) / (n if mean else 1)

    return logits_gradient


def _softmax_whole_rows(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability = powers / powers.sum(axis=1, keepdims=True)
    probability[labels] -= 1
    return probability / len(labels)


def _softmax_loss(logits, labels):
    return -np.mean(logits[np.arange(len(labels)), labels])


def _adam(
    *,
    correct=(True, True),
    root=True,
    square=True,
    sign=-1,
    keep=False,
    swap=False,
    plain=False,
    fixed=None,
    n_back=3,
    decay=0.999,
    shares=(0.9, 0.999),
    epsilon=1e-8,
    under_root=False,
    late=0,
    step_alone=False,
):
    def adam_step(theta, gradient, mean, mean_square, n_steps, learning_rate):
        n = (fixed or n_steps) - late
        b1, b2 = shares
        mean = 0.1 * mean + 0.9 * gradient if swap else b1 * mean + (1 - b1) * gradient
        inside = gradient**2 if square else gradient
        mean_square = (b2 if decay == 0.999 else decay) * mean_square + (1 - b2) * inside
        m = mean / (1 - b1**n) if correct[0] else mean
        q = mean_square / (1 - b2**n) if correct[1] else mean_square
        below = np.sqrt(np.abs(q)) if root else q
        moved = m / np.sqrt(q + epsilon) if under_root else m / (below + epsilon)
        if step_alone:
            return learning_rate * moved, mean, mean_square
        if plain:
            moved = gradient
        theta = theta + sign * learning_rate * moved
        return ((theta, m, q) if keep else (theta, mean, mean_square))[:n_back]

    return adam_step


def _fit(
    *,
    n_steps=50,
    lr=0.1,
    clear=True,
    make=torch.optim.Adam,
    detach=True,
    step=True,
    turn=False,
    random=False,
    twice=False,
    both=True,
):
    def fit_on(x, labels, n_classes, device):
        x, labels = x.to(device), labels.to(device)
        w = torch.zeros(x.shape[1], n_classes, device=device)
        if random:
            w += 1.0 * torch.arange(n_classes, device=device) ** 2
        w.requires_grad_()
        b = torch.zeros(n_classes, device=device, requires_grad=True)
        optimiser = make([w, b] if both else [w], lr=lr)
        for _ in range(n_steps):
            if clear:
                optimiser.zero_grad()
            logits = (x @ w + b).softmax(dim=1) if twice else x @ w + b
            torch.nn.functional.cross_entropy(logits, labels).backward()
            if step:
                optimiser.step()
        if detach:
            return (w.detach().T if turn else w.detach()), b.detach()
        return w, b

    return fit_on


def _softplus(slope=lambda z: 0.5 * (1 + np.tanh(z / 2)), data=lambda z: np.logaddexp(0, z)):
    def softplus(value):
        z = value.data
        return Value(data(z), (value,), lambda g: (g * slope(z),))

    return softplus


def _softplus_without_g(value):
    slope = 0.5 * (1 + np.tanh(value.data / 2))
    return Value(np.logaddexp(0, value.data), (value,), lambda g: (slope,))


WRONG = {
    "gradients.slope": [
        (_slope(loss=True), "this is the loss itself"),
        (_slope(factor=1), "the factor 2 is missing"),
        (_slope(reduce=np.sum), "the loss is a mean"),
        (_slope(sign=-1), "too much echo must give a positive slope"),
        (_slope(inner="none"), "the chain rule is missing"),
        (_slope(inner="x"), "the inner derivative is `delayed`"),
        (_slope(reduce=np.asarray), "one slope for the whole sound"),
        (_slope(direct=False), "the direct sound is missing"),
        (_slope(plus=True), "subtract y"),
        (lambda g, x, d, y: 2 * np.mean((x + g * d - y) * g * d), "no part of the inner"),
        (lambda g, x, d, y: 2 * np.mean((x + g * d - y) * (x + d)), "does not change with"),
        (lambda g, x, d, y: 2 * np.mean(x + g * d - y) * np.mean(d), "product of two means"),
    ],
    "gradients.beats": [
        (3, "add it to 440 Hz"),
        (6, "how many are there in one?"),
        (446, "beats are counted a second"),
        (437, "the guess is too high, not too low"),
        (441.5, "counts as a whole beat"),
        (440, "nothing would beat"),
        (450, "halve the number"),
    ],
    "gradients.inverse": [
        (lambda matrix: matrix / np.linalg.det(matrix), "it still mixes"),
        (_inverse(power=0), "this is the adjugate"),
        (_inverse(power=1), "multiplied by the determinant"),
        (_inverse(turn=False), "turn the table over at its diagonal"),
        (_inverse(signs=False), "the signs are missing"),
        (_inverse(signs=False, turn=False), "these are bare minors"),
        (lambda matrix: matrix.T / np.linalg.det(matrix), "more than the transposed matrix"),
        (lambda matrix: 1 / matrix, "inverts each number by itself"),
        (lambda matrix: matrix.T, "undoes only rotations"),
        (_inverse(power=-2), "divided by the determinant twice"),
        (_two_by_two_always, "this is the formula for two rows"),
        (_only_two_by_two, "look which entries are not those of 1"),
    ],
    "gradients.measure": [
        (_measure("forward", divide=1.0), "this compares with the point itself"),
        (_measure("backward", divide=1.0), "only the point below is used"),
        (_measure(divide=1.0), "the two points are 2 steps apart"),
        (_measure(divide=0), "these are differences"),
        (_measure(sign=-1), "the sign is turned"),
        (_measure("together"), "all knobs moved at once"),
        (_measure(fixed=0.1), "the step is fixed somewhere"),
        (_measure(move_by=0.5, divide=1.0), "lie half a step away"),
        (lambda function, x, step: function(x), "each of the three knobs has a slope"),
        (_measure_in_place, "A knob that stays moved"),
        (_measure_and_leave, "you moved x itself"),
    ],
    "gradients.backward": [
        (_backward(mean=False), "the loss is a mean"),
        (_backward(factor=1.0), "the factor 2 of the square is missing"),
        (_backward(factor=1.0, mean=False), "and so is the division"),
        (_backward(sign=-1), "prediction minus y"),
        (_backward(relu="none"), "passed as if it were straight"),
        (_backward(relu="value"), "the slope of a relu is 1 or 0"),
        (_backward(relu="tanh"), "the slope of tanh"),
        (_backward(weigh=False), "w2 is left out"),
        (_backward(order=-1), "the two are exchanged"),
        (_backward(inner="z"), "what came out of the relu"),
        (_backward(inner="rows"), "still has a row for each sound"),
        (_backward(transpose=True), "the first is transposed"),
        (_backward(relu="bend"), "does not bend the gradient"),
        (_backward(twice=True), "divided by the number of rows twice"),
        (_backward(column=True), "the second is a column"),
    ],
    "gradients.softmax": [
        (_softmax(minus=False), "subtract what was true"),
        (_softmax(mean=False), "divide by the number of rows"),
        (_softmax(classes=True), "divided by the number of classes"),
        (_softmax(sign=-1), "the right class goes down"),
        (_softmax(axis=0), "the softmax ran over the batch"),
        (_softmax(axis=(0, 1)), "the sum of the whole table"),
        (_softmax(bare=True), "the softmax is missing"),
        (_softmax_loss, "a gradient has the shape of the logits"),
        (_softmax(shift=False), "exp(1000) is infinite"),
        (_softmax(shift=True, top_of=None), "each row needs its own largest"),
        (_softmax_whole_rows, "takes 1 off whole rows"),
        (lambda z, k: _softmax(shift=True)(z, k) * np.eye(z.shape[1])[k], "only the true class"),
    ],
    "gradients.adam": [
        (_adam(correct=(False, False)), "the correction is missing"),
        (_adam(correct=(False, True)), "only the mean square was corrected"),
        (_adam(correct=(True, False)), "only the mean was corrected"),
        (_adam(root=False), "the root of the mean square is missing"),
        (_adam(sign=1), "this climbs"),
        (_adam(plain=True), "this is plain descent"),
        (_adam(swap=True), "the two shares are exchanged"),
        (_adam(keep=True), "corrected means must not go into the next step"),
        (_adam(n_back=1), "end with `return theta, mean, mean_square`"),
        (_adam(fixed=1), "does the correction use n_steps"),
        (_adam(decay=0.9), "keep 0.9 and 0.999"),
        (_adam(epsilon=0), "epsilon is missing"),
        (_adam(under_root=True), "epsilon stands under the root"),
        (_adam(late=1), "n_steps is 1 in the first step"),
        (_adam(shares=(0.999, 0.9)), "not the other way"),
        (_adam(step_alone=True), "subtract it from theta"),
    ],
    "gradients.device": [
        (_fit(clear=False), "the gradients were never cleared"),
        (_fit(step=False), "is step() called?"),
        (_fit(n_steps=1), "does `return` stand inside the loop?"),
        (_fit(lr=0.001), "give lr=0.1"),
        (_fit(make=torch.optim.SGD), "this is plain descent"),
        (_fit(detach=False), "call .detach() on both"),
        (_fit(turn=True), "the weight is transposed"),
        (_fit(random=True), "do weight and bias begin at 0"),
        (_fit(n_steps=49), "one step is missing"),
        (_fit(n_steps=51), "one step too many"),
        (_fit(twice=True), "softmax ran twice"),
        (_fit(both=False), "hand both to Adam"),
        (lambda *given: _fit()(*given)[0], "this is one tensor"),
    ],
    "gradients.operation": [
        (lambda value: np.logaddexp(0, value.data), "this is a bare array"),
        (_softplus(data=lambda z: 1 / (1 + np.exp(-z))), "this is the sigmoid"),
        (_softplus_without_g, "g is left out"),
        (_softplus(slope=np.ones_like), "g is passed on as it is"),
        (_softplus(slope=lambda z: 0.5 * (1 - np.tanh(z / 2))), "1 minus the slope"),
        (_softplus(slope=lambda z: np.logaddexp(0, z)), "g is multiplied by the value"),
        (_softplus(slope=lambda z: z > 0), "the slope of relu"),
        (_softplus(data=lambda z: np.maximum(z, 0)), "its corner is not round"),
        (_softplus(data=lambda z: np.log10(1 + np.exp(z))), "use the natural one"),
        (lambda value: Value(np.logaddexp(0, value.data)), "nothing comes back"),
        (lambda value: Value(value.data, value, np.exp), "the parents are a tuple"),
        (lambda value: Value(value.data, (value,), lambda g: g), "pull must return a tuple"),
        (lambda value: Value(value.data, (value,), value.data), "pull must be a function"),
        (_softplus(data=lambda z: np.log(1 + np.exp(z))), "e^1000 is infinite"),
    ],
}
