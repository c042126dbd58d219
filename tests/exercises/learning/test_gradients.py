"""Right answers to the exercises of the chapter learning/gradients: other ways, other writings."""

import itertools

import numpy as np
import torch

from audiolessons import autograd
from audiolessons.autograd import Value


def _slope_by_measuring(gain, x, delayed, y):
    def loss(gain):
        return np.mean((x + gain * delayed - y) ** 2)

    return (loss(gain + 0.5) - loss(gain - 0.5)) / (2 * 0.5)  # exact for a parabola


def _slope_by_torch(gain, x, delayed, y):
    gain = torch.tensor(gain, dtype=torch.float64, requires_grad=True)
    x, delayed, y = map(torch.as_tensor, (x, delayed, y))
    torch.mean((x + gain * delayed - y) ** 2).backward()
    return gain.grad


def _unmixing_by_elimination(matrix):
    size = len(matrix)
    table = np.hstack([matrix, np.eye(size)])
    for i in range(size):
        j = i + np.argmax(np.abs(table[i:, i]))
        table[[i, j]] = table[[j, i]]
        table[i] /= table[i, i]
        for k in range(size):
            if k != i:
                table[k] -= table[k, i] * table[i]
    return table[:, size:]


def _unmixing_by_cross_products(matrix):
    if len(matrix) == 2:
        (a, b), (c, d) = matrix
        return [
            [d / (a * d - b * c), -b / (a * d - b * c)],
            [-c / (a * d - b * c), a / (a * d - b * c)],
        ]
    a, b, c = matrix
    return np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1) / (a @ np.cross(b, c))


def _unmixing_by_slots(matrix):
    size, found = len(matrix), []
    for column, row in itertools.product(range(size), repeat=2):
        rest = [
            [v for j, v in enumerate(line) if j != column]
            for i, line in enumerate(matrix)
            if i != row
        ]
        found.append((1 if (row + column) % 2 == 0 else -1) * np.linalg.det(np.array(rest)))
    return np.reshape(found, (size, size)) / np.linalg.det(matrix)


def _measured_in_place(function, x, step):
    found = []
    for i in range(len(x)):
        x[i] += step
        up = function(x)
        x[i] -= 2 * step
        found.append((up - function(x)) / (2 * step))
        x[i] += step
    return found


def _measured_by_copies(function, x, step):
    found = np.zeros_like(x)
    for i, value in enumerate(x):
        up, down = x.copy(), x.copy()
        up[i], down[i] = value + step, value - step
        found[i] = 0.5 / step * (function(up) - function(down))
    return found


def _by_torch(x, y, w1, w2):
    x, y, w1, w2 = (torch.tensor(part, dtype=torch.float32) for part in (x, y, w1, w2))
    w1.requires_grad_(), w2.requires_grad_()
    torch.mean((torch.relu(x @ w1) @ w2 - y) ** 2).backward()
    return [w1.grad, w2.grad]


def _by_loops(x, y, w1, w2):
    first, second = np.zeros_like(w1), np.zeros_like(w2)
    for row, goal in zip(x, y, strict=True):
        z = row @ w1
        error = 2 * (np.maximum(z, 0) @ w2 - goal) / len(y)
        second += error * np.maximum(z, 0)
        first += np.outer(row, error * w2 * (z > 0))
    return first, second


def _by_columns(x, y, w1, w2):
    hidden = x @ w1
    is_on = (hidden > 0).astype(np.float32)
    hidden *= is_on
    error = (hidden @ w2[:, None] - y[:, None]) * 2 / y.size
    return np.einsum("bd,bh->dh", x, (error @ w2[None]) * is_on), (hidden.T @ error)[:, 0]


def _entropy_by_autograd(logits, labels, temperature):
    value = Value(logits)
    autograd.cross_entropy(value * (1 / temperature), labels).backward()
    return value.grad


def _entropy_by_torch(logits, labels, temperature):
    value = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(value / temperature, torch.tensor(labels)).backward()
    return value.grad


def _entropy_in_place(logits, labels, temperature):
    logits /= temperature
    logits -= logits.max(axis=1)[:, None]
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1)[:, None]
    logits[np.arange(len(labels)), labels] -= 1
    logits /= len(labels) * temperature
    return logits


def _entropy_by_rows(logits, labels, temperature):
    found = []
    for row, label in zip(logits / temperature, labels, strict=True):
        p = np.exp(row - np.logaddexp.reduce(row))
        p[label] -= 1
        found.append((p / len(labels) / temperature).tolist())
    return found


def _adam_in_place(theta, gradient, mean, mean_square, n_steps, learning_rate):
    mean *= 0.9
    mean += 0.1 * gradient
    mean_square *= 0.999
    mean_square += 0.001 * gradient**2
    theta -= (
        learning_rate
        * mean
        / (1 - 0.9**n_steps)
        / (np.sqrt(mean_square / (1 - 0.999**n_steps)) + 1e-8)
    )
    return theta, mean, mean_square


def _adam_as_one_expression(theta, gradient, mean, mean_square, n_steps, learning_rate):
    moved = [
        (share * old + (1 - share) * new, 1 - share**n_steps)
        for share, old, new in ((0.9, mean, gradient), (0.999, mean_square, gradient**2))
    ]
    (m, m_seen), (q, q_seen) = moved
    rate = learning_rate * np.sqrt(q_seen) / m_seen
    return theta - rate * m / (np.sqrt(q) + 1e-8 * np.sqrt(q_seen)), m, q


def _adam_by_lerp(theta, gradient, mean, mean_square, n_steps, learning_rate):
    mean = mean + (1 - 0.9) * (gradient - mean)
    mean_square = mean_square + (1 - 0.999) * (gradient * gradient - mean_square)
    size = (mean_square / (1 - 0.999**n_steps)) ** 0.5 + 1e-8
    return [theta - learning_rate / (1 - 0.9**n_steps) * mean / size, mean, mean_square]


def _adam_by_knobs(theta, gradient, mean, mean_square, n_steps, learning_rate):
    found = []
    for t, g, m, q in zip(theta, gradient, mean, mean_square, strict=True):
        m, q = 0.9 * m + 0.1 * g, 0.999 * q + 0.001 * g * g
        fair = m / (1 - 0.9**n_steps), q / (1 - 0.999**n_steps)
        found.append((t - learning_rate * fair[0] / (np.sqrt(fair[1]) + 1e-8), m, q))
    return tuple(np.array(part) for part in zip(*found, strict=True))


def _fit_linear(x, labels, n_classes, device):
    layer = torch.nn.Linear(x.shape[1], n_classes).to(device)
    torch.nn.init.zeros_(layer.weight), torch.nn.init.zeros_(layer.bias)
    adam = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(50):
        loss = torch.nn.functional.cross_entropy(layer(x.to(device)), labels.to(device))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return layer.weight.data.T, layer.bias.data


def _fit_by_hand(x, labels, n_classes, device):
    x, truth = x.to(device), torch.eye(n_classes, device=device)[labels.to(device)]
    x = torch.cat([x, torch.ones(len(x), 1, device=device)], dim=1)
    w = torch.zeros(x.shape[1], n_classes, device=device)
    m, q = torch.zeros_like(w), torch.zeros_like(w)
    for n in range(1, 51):
        gradient = x.T @ ((x @ w).softmax(1) - truth) / len(x)
        m, q = 0.9 * m + 0.1 * gradient, 0.999 * q + 0.001 * gradient**2
        w = w - 0.1 * m / (1 - 0.9**n) / ((q / (1 - 0.999**n)).sqrt() + 1e-8)
    return w[:-1], w[-1]


def _fit_with_grad(x, labels, n_classes, device):
    w = torch.nn.Parameter(torch.zeros(x.shape[1], n_classes, device=device))
    b = torch.nn.Parameter(torch.zeros(n_classes, device=device))
    adam = torch.optim.Adam([{"params": [w]}, {"params": [b]}], lr=1e-1)
    x, labels = x.to(device), labels.to(device)
    for _ in range(50):
        loss = -torch.log_softmax(x @ w + b, dim=1)[range(len(x)), labels].mean()
        w.grad, b.grad = torch.autograd.grad(loss, [w, b])
        adam.step()
    return [w.detach().clone(), b.detach().clone()]


def _fit_in_double(x, labels, n_classes, device):
    w, b = _fit_linear(x, labels, n_classes, device)
    return w.double(), b.double()


def _softplus_composed(value):
    """Out of operations that the machine knows: relu(z) + ln(1 + e^-|z|)."""
    size = value.relu() + (-value).relu()
    return value.relu() + (1 + (-size).exp()).log()


def _softplus_by_shift(value):
    z = value.data
    top = np.maximum(z, 0)

    def pull(g):
        small = np.exp(-np.abs(z))
        return [g * np.where(z > 0, 1, small) / (1 + small)]

    return Value(top + np.log1p(np.exp(-np.abs(z))), [value], pull)


def _softplus_by_expit(value):
    from scipy.special import expit, log_expit

    return Value(-log_expit(-value.data), (value,), lambda g: (g * expit(value.data),))


def _softplus_by_torch(value):
    z = torch.tensor(value.data, requires_grad=True)
    y = torch.nn.functional.softplus(z, threshold=800)

    def pull(g):
        return torch.autograd.grad(y, z, torch.tensor(g), retain_graph=True)

    return Value(y.detach(), (value,), lambda g: tuple(part.numpy() for part in pull(g)))


RIGHT_ANSWERS = {
    "gradients.slope": [
        _slope_by_measuring,
        _slope_by_torch,
        lambda gain, x, delayed, y: 2 / len(x) * np.dot(x + gain * delayed - y, delayed),
        lambda gain, x, delayed, y: (
            sum(2 * (a + gain * d - b) * d for a, d, b in zip(x, delayed, y, strict=True)) / len(y)
        ),
        lambda gain, x, d, y: 2 * (np.mean(x * d) + gain * np.mean(d * d) - np.mean(y * d)),
    ],
    "gradients.beats": [443, 443.0, np.int64(443), 440 + 6 / 2],
    "gradients.inverse": [
        _unmixing_by_elimination,
        _unmixing_by_cross_products,
        _unmixing_by_slots,
        lambda matrix: torch.from_numpy(_unmixing_by_slots(matrix)),
    ],
    "gradients.measure": [
        _measured_in_place,
        _measured_by_copies,
        lambda function, x, step: [
            (function(x + move) - function(x - move)) / (2 * step) for move in np.eye(len(x)) * step
        ],
        lambda function, x, step: torch.tensor(_measured_by_copies(function, x, step)),
    ],
    "gradients.backward": [
        _by_torch,
        _by_loops,
        _by_columns,
        lambda *given: list(_by_loops(*given)),
    ],
    "gradients.softmax": [
        _entropy_by_autograd,
        _entropy_by_torch,
        _entropy_in_place,
        _entropy_by_rows,
    ],
    "gradients.adam": [_adam_in_place, _adam_as_one_expression, _adam_by_lerp, _adam_by_knobs],
    "gradients.device": [_fit_linear, _fit_by_hand, _fit_with_grad, _fit_in_double],
    "gradients.operation": [
        _softplus_composed,
        _softplus_by_shift,
        _softplus_by_expit,
        _softplus_by_torch,
    ],
}
