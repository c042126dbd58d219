"""Exercises of the chapter learning/gradients: training on a device, and a new operation."""

from __future__ import annotations

import numpy as np

from audiolessons.autograd import Value
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- on the device ------------------------------------------------------------------------------


def _fit(
    *,
    n_steps=50,
    rate=0.1,
    clear=True,
    optimiser="Adam",
    step=True,
    twice=False,
    start=lambda w: 0.0,
    anew=False,
    uphill=False,
):
    """Train with the parts of the loop exchangeable; `start` makes the first of a weight of 0."""

    def fit_on(x, labels, n_classes, device):
        import torch

        x, labels = x.to(device), labels.to(device)
        w = torch.zeros(x.shape[1], n_classes, device=device)
        w = (w + start(w)).requires_grad_()
        b = torch.zeros(n_classes, device=device, requires_grad=True)
        walker = getattr(torch.optim, optimiser)([w, b], lr=rate, maximize=uphill)
        for _ in range(n_steps):
            if anew:
                walker = getattr(torch.optim, optimiser)([w, b], lr=rate)
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
    for (n_rows, n_columns, n_classes), unheard, device in (
        (sizes, 0, where),
        ((31, 5, 4), 1, torch.device("cpu")),
    ):
        yield probe(
            f"{n_rows} rows of {n_columns} numbers, {n_classes} classes"
            f"{', the last in no row' if unheard else ''}, 50 steps on {device.type}",
            *_table(n_rows, n_columns, n_classes - unheard),
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
        (
            _fit(step=False),
            "nothing was learned: is step() called, and not right after the gradients were "
            "cleared?",
        ),
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
        (
            _fit(start=lambda w: w.new_tensor(range(w.shape[1]))),
            "the weight does not begin at 0",
        ),
        (_fit(start=lambda w: 1.0), "the weight does not begin at 0"),
        (
            _fit(anew=True),
            "a new Adam in each round has forgotten its means: make it once, before the loop",
        ),
        (_fit(uphill=True), "this climbs: the loss itself is what backward() starts from"),
        (
            _fit(optimiser="AdamW"),
            "this is AdamW, which also shrinks the weights: torch.optim.Adam is asked for",
        ),
        (
            _fit(twice=True),
            "softmax ran twice: cross_entropy takes logits and does the softmax itself",
        ),
        (_without_bias, "the bias was never turned: hand both to Adam, [w, b]"),
        (
            lambda x, labels, n_classes, device: _fit()(x, labels, int(labels.max()) + 1, device),
            "a class that is in no row has a column as well: the number of classes is n_classes",
        ),
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
            _softplus(lambda z: np.maximum(z, 0), lambda g, z: (g * (z > 0),)),
            "this is relu: its corner is not round",
        ),
        (
            _softplus(data=lambda z: np.logaddexp(1, z)),
            "np.logaddexp(1, z) is ln(e^1 + e^z): the 1 under the logarithm is e^0",
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
            _softplus(pull=lambda g, z: (g * 0.5 * (1 + np.tanh(z)),)),
            "a 2 is missing inside: the sigmoid of z is 0.5 * (1 + tanh(z / 2))",
        ),
        (
            _softplus(pull=lambda g, z: (g * _sigmoid(z) * _sigmoid(-z),)),
            "this is the slope of the sigmoid: the slope of softplus is the sigmoid itself",
        ),
        (
            _softplus(pull=lambda g, z: (g * _sigmoid(np.logaddexp(0, z)),)),
            "the sigmoid is taken of the result: the slope is that at z",
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
                (lambda z: z + np.log1p(np.exp(-z)), lambda g, z: (g * _sigmoid(z),)),
            )
        ),
    ],
    valid=lambda random: tuple(
        random.choice([1, 200]) * part for part in random.standard_normal((2, 3, 4))
    ),
)
def softplus(value):
    return _softplus()(value)
