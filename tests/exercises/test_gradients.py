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


def _measure(kind="central", divide=2.0, sign=1, fixed=None):
    def measured_gradient(function, x, step):
        step = fixed or step
        found = []
        for place in range(len(x)):
            move = np.zeros(len(x))
            move[place] = step
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
    *, factor=2.0, mean=True, relu="step", weigh=True, sign=1, order=1, inner="a", transpose=False
):
    def gradients_by_hand(x, y, w1, w2):
        z = x @ w1
        a = np.maximum(0, z)
        from_y = sign * factor * (a @ w2 - y) / (len(y) if mean else 1)
        slope = {"step": z > 0, "none": 1.0, "value": a, "tanh": 1 - a**2}[relu]
        from_z = np.outer(from_y, w2 if weigh else np.ones_like(w2)) * slope
        first = x.T @ from_z
        second = (a if inner == "a" else z).T @ from_y
        if inner == "rows":
            second = a * from_y[:, np.newaxis]
        return (first.T if transpose else first, second)[::order]

    return gradients_by_hand


def _softmax(*, minus=True, mean=True, axis=1, sign=1, classes=False, bare=False, shift=False):
    def logits_gradient(logits, labels):
        top = logits.max(axis=1, keepdims=True) if shift else 0
        powers = np.exp(logits - top)
        probability = logits if bare else powers / powers.sum(axis=axis, keepdims=True)
        truth = np.eye(logits.shape[1])[labels] if minus else 0
        n = logits.shape[1] if classes else len(labels)
        return sign * (probability - truth) / (n if mean else 1)

    return logits_gradient


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
):
    def adam_step(theta, gradient, mean, mean_square, n_steps, learning_rate):
        n = fixed or n_steps
        mean = 0.1 * mean + 0.9 * gradient if swap else 0.9 * mean + 0.1 * gradient
        inside = gradient**2 if square else gradient
        mean_square = decay * mean_square + 0.001 * inside
        m = mean / (1 - 0.9**n) if correct[0] else mean
        q = mean_square / (1 - 0.999**n) if correct[1] else mean_square
        below = np.sqrt(np.abs(q)) if root else q
        moved = m / (below + 1e-8)
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
):
    def fit_on(x, labels, n_classes, device):
        x, labels = x.to(device), labels.to(device)
        w = torch.zeros(x.shape[1], n_classes, device=device)
        if random:
            w += 1.0 * torch.arange(n_classes, device=device) ** 2
        w.requires_grad_()
        b = torch.zeros(n_classes, device=device, requires_grad=True)
        optimiser = make([w, b], lr=lr)
        for _ in range(n_steps):
            if clear:
                optimiser.zero_grad()
            torch.nn.functional.cross_entropy(x @ w + b, labels).backward()
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
    ],
    "gradients.operation": [
        (lambda value: np.logaddexp(0, value.data), "this is a bare array"),
        (_softplus_without_g, "g is left out"),
        (_softplus(slope=np.ones_like), "g is passed on as it is"),
        (_softplus(slope=lambda z: 0.5 * (1 - np.tanh(z / 2))), "1 minus the slope"),
        (_softplus(slope=lambda z: np.logaddexp(0, z)), "g is multiplied by the value"),
        (_softplus(slope=lambda z: z > 0), "the slope of relu"),
        (_softplus(data=lambda z: np.maximum(z, 0)), "its corner is not round"),
        (_softplus(data=lambda z: np.log10(1 + np.exp(z))), "use the natural one"),
        (lambda value: Value(np.logaddexp(0, value.data)), "nothing comes back"),
        (_softplus(data=lambda z: np.log(1 + np.exp(z))), "e^1000 is infinite"),
    ],
}
