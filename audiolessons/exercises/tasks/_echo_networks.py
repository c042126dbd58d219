"""Exercises of the chapter tasks/echo on spectra and what is laid over them."""

from __future__ import annotations

import numpy as np

from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise
from audiolessons.exercises.tasks._asked import asked

# --- a correction that may not wrap around ------------------------------------------------------


def _constrained(*, first=0, keep=lambda n: n // 2):
    """Return the constraint with the samples that it keeps replaced."""

    def constrain(spectra):
        taps = np.fft.irfft(np.asarray(spectra), axis=-1)
        kept = np.zeros_like(taps)
        part = slice(first, first + keep(taps.shape[-1]))
        kept[..., part] = taps[..., part]
        return np.fft.rfft(kept, axis=-1)

    return constrain


def _second_half(spectra):
    taps = np.fft.irfft(np.asarray(spectra), axis=-1)
    return np.fft.rfft(np.where(np.arange(taps.shape[-1]) < taps.shape[-1] // 2, 0, taps), axis=-1)


def _short(spectra):
    taps = np.fft.irfft(np.asarray(spectra), axis=-1)
    return np.fft.rfft(taps[..., : taps.shape[-1] // 2], axis=-1)


def _spectra(n_partitions, length, seed=0):
    return np.fft.rfft(noise(n_partitions, 2 * length, seed=seed), axis=-1)


@exercise(
    "echo.constrain",
    level="core",
    hints=(
        "Go back to time: `np.fft.irfft(spectra, axis=-1)` has 2 L samples in each row.",
        "Taps 0 to L - 1 may stay; set the other half to 0.",
        "Then `np.fft.rfft(..., axis=-1)` again: the shape is (P, L + 1) as before.",
    ),
    probes=[
        probe("three partitions of 8 taps", _spectra(3, 8)),
        probe("one partition of 5 taps", _spectra(1, 5, seed=1)),
        probe(
            "what keeps to the first half stays as it is",
            np.fft.rfft(np.pad(noise(2, 6, seed=2), ((0, 0), (0, 6))), axis=-1),
        ),
        probe(
            "what lies in the second half goes",
            np.fft.rfft(np.pad(noise(2, 6, seed=3), ((0, 0), (6, 0))), axis=-1),
        ),
    ],
    wrong=[
        (
            lambda spectra: np.asarray(spectra),
            "nothing was done: half of the taps would wrap around",
        ),
        (_second_half, "the wrong half was kept: taps 0 to L - 1 stay"),
        (_short, "the half was cut off: set it to 0, so that the spectra keep their length"),
        (
            lambda spectra: (
                np.asarray(spectra)
                * (np.arange(np.shape(spectra)[-1]) < np.shape(spectra)[-1] // 2)
            ),
            "frequencies were set to 0: go to time first, and set taps to 0",
        ),
        (_constrained(keep=lambda n: n // 2 + 1), "tap L stays: the last one is L - 1"),
        (_constrained(keep=lambda n: n // 2 - 1), "tap L - 1 is lost"),
    ],
    valid=lambda random: (
        np.fft.rfft(
            random.standard_normal((random.integers(1, 4), 2 * random.integers(2, 9))), axis=-1
        ),
    ),
)
def constrain(spectra):
    return _constrained()(spectra)


# --- a Kalman filter for one frequency ----------------------------------------------------------


def _kalman(*, wander=True, conjugate=np.conj, power=lambda x: np.abs(x) ** 2, shrink=True, gain=1):
    """Return one step of the filter with its parts replaced."""

    def step(weight, uncertainty, far, heard, memory, near_power):
        expected = uncertainty
        if wander:
            expected = memory**2 * uncertainty + (1 - memory**2) * (
                np.abs(weight) ** 2 + uncertainty
            )
        k = gain * expected * conjugate(far) / (power(far) * expected + near_power)
        new = weight + k * (heard - far * weight)
        return new, np.real((1 - k * far) * expected if shrink else expected)

    return step


def _forgetting(weight, uncertainty, far, heard, memory, near_power):
    return _kalman()(memory * weight, uncertainty, far, heard, memory, near_power)


def _one_step(random):
    complex_ = [complex(*random.standard_normal(2)) for _ in range(3)]
    weight, far, heard = complex_
    return (
        weight,
        float(random.uniform(0.1, 2)),
        far,
        heard,
        float(random.uniform(0.5, 0.99)),
        float(random.uniform(0.1, 2)),
    )


@exercise(
    "echo.kalman",
    level="stretch",
    hints=(
        "First the path wanders: P becomes A² P + (1 - A²)(|W|² + P), with the memory A.",
        "The gain is P conj(X) / (|X|² P + R). The error is D - X W.",
        "The new weight is W + gain · error, the new uncertainty (1 - gain · X) P, a real number.",
    ),
    probes=[
        probe("nothing known, next to no near end", 0j, 1.0, 2 + 0j, 1 + 1j, 0.99, 1e-9),
        probe("a near end as strong as the echo", 0.3 + 0.1j, 0.5, 1 - 1j, 0.4 + 0.9j, 0.9, 1.0),
        probe("the far end is silent: the path wanders", 0.5j, 0.2, 0j, 0.7 + 0j, 0.8, 0.3),
        probe("sure of itself", 0.8 + 0j, 1e-3, 1j, 0.1 + 0.8j, 0.999, 0.5),
        probe("a loud far end", -0.2 + 0.4j, 0.05, 5 + 3j, 1 - 2j, 0.95, 0.7),
    ],
    wrong=[
        (
            _kalman(wander=False),
            "the path does not wander: uncertainty falls to 0, and a path that "
            "moves is never found again",
        ),
        (_kalman(conjugate=lambda x: x), "the gain lacks the conjugate of the far end"),
        (_kalman(power=np.abs), "the explained power is |X|² P, with the square"),
        (
            _kalman(power=lambda x: np.abs(x) ** 2 / 2),
            "half of |X|² P was taken: that half belongs to blocks that are half zeros",
        ),
        (
            lambda weight, uncertainty, far, heard, memory, near_power: _kalman()(
                weight, uncertainty, far, heard, np.sqrt(memory), near_power
            ),
            "the memory lacks its square: A², not A",
        ),
        (_kalman(shrink=False), "the uncertainty does not shrink with what was learned"),
        (_kalman(gain=0.5), "half of the gain"),
        (
            _forgetting,
            "the weight itself is shrunk before it is used: only the uncertainty changes",
        ),
        (
            lambda *given: _kalman()(*given)[::-1],
            "weight and uncertainty are exchanged",
        ),
    ],
    valid=_one_step,
)
def kalman_step(weight, uncertainty, far, heard, memory, near_power):
    return _kalman()(weight, uncertainty, far, heard, memory, near_power)


# --- no deeper than the noise -------------------------------------------------------------------


def _floored(*, root=np.sqrt, most=1.0, combine=np.maximum):
    def floor(gain, left_power, noise_power):
        gain, left = np.asarray(gain, dtype=float), np.asarray(left_power, dtype=float)
        ratio = np.asarray(noise_power, dtype=float) / np.where(left > 0, left, 1)
        lowest = np.where(left > 0, root(ratio), np.inf)
        return combine(gain, np.minimum(lowest, most))

    return floor


@exercise(
    "echo.floor",
    level="core",
    hints=(
        "Which gain brings `left_power` down to exactly `noise_power`? Powers go with its square.",
        "`np.sqrt(noise_power / left_power)`, and never more than 1.",
        "Of that and the network's gain, the larger one.",
    ),
    probes=[
        probe(
            "noise 20 dB below: no gain under 0.1",
            np.array([0.0, 0.05, 0.5]),
            np.full(3, 1.0),
            np.full(3, 0.01),
        ),
        probe(
            "quieter than the noise: nothing is raised",
            np.array([0.2, 0.9]),
            np.array([0.1, 0.1]),
            np.array([0.4, 0.2]),
        ),
        probe(
            "bands of several frames",
            np.abs(noise(4, 6)) % 1,
            noise(4, 6, seed=1) ** 2,
            0.1 * noise(4, 6, seed=2) ** 2,
        ),
        probe("without noise the network decides", np.array([0.0, 0.3]), np.ones(2), np.zeros(2)),
    ],
    wrong=[
        (_floored(root=lambda x: x), "powers go with the square of a gain: a root is missing"),
        (_floored(most=np.inf), "a gain above 1 makes noise louder than it was"),
        (
            _floored(combine=np.minimum),
            "the smaller one was taken: this cuts deeper, not less deep",
        ),
        (_floored(combine=np.add), "they were added: take the larger one"),
        (_floored(combine=lambda gain, lowest: lowest), "the network's gain is not used"),
        (lambda gain, left_power, noise_power: np.asarray(gain), "nothing was done"),
    ],
    valid=lambda random: (
        random.random(n := int(random.integers(1, 9))),
        random.random(n) + 0.01,
        random.random(n) * random.choice([0.1, 1.0]),
    ),
)
def floor(gain, left_power, noise_power):
    return _floored()(gain, left_power, noise_power)


# --- the network on the device ------------------------------------------------------------------


def _suppress(
    *,
    mode=lambda network: network.eval(),
    order=(0, 1, 2),
    give=lambda x: x.cpu().numpy(),
    follow=False,
):
    """Return a way to run the network, with parts replaced."""

    def suppress(network, left, echo, far):
        import torch

        from audiolessons import training

        device = training.pick_device()
        mode(network.to(device))
        sounds = np.stack([(left, echo, far)[place] for place in order], axis=1)
        with torch.set_grad_enabled(follow):
            return give(network(torch.from_numpy(sounds.astype(np.float32)).to(device)))

    return suppress


def _suppressed(answer, seed, n_batch, n_samples):
    """What comes back from a network that begins in training mode, and where it was asked."""
    import torch

    from audiolessons import models

    torch.manual_seed(seed)
    network = models.ResidualEchoGRU(hidden_size=8)
    network.normalize.running_mean.normal_(-4, 2)
    left, echo, far = 0.1 * noise(3, n_batch, n_samples, seed=seed).astype(np.float32)
    return asked(network, lambda network: answer(network, left, 3 * echo, far), what="the sounds")


def _networks():
    from audiolessons import training

    where = training.pick_device().type
    yield probe(f"on the {where}: two calls", 0, 2, 3000, rtol=1e-3, atol=1e-5)
    yield probe(f"on the {where}: three other calls", 1, 3, 2000, rtol=1e-3, atol=1e-5)


@exercise(
    "echo.suppress",
    level="core",
    observe=_suppressed,
    hints=(
        "`device = al.training.pick_device()`; network and batch must both be there.",
        "`np.stack([left, echo, far], axis=1)` has shape (B, 3, T).",
        "`network.eval()`, `with torch.no_grad():`, and `.cpu().numpy()` of what comes back.",
    ),
    probes=_networks,
    wrong=[
        (
            _suppress(mode=lambda network: network),
            "the network is in training mode, in which each call changes the answer for the "
            "others: network.eval()",
        ),
        (
            _suppress(order=(0, 2, 1)),
            "echo and far are exchanged: the network expects left, echo, far",
        ),
        (_suppress(order=(1, 0, 2)), "left and echo are exchanged: the gains are laid on the echo"),
        (_suppress(give=lambda x: x.cpu()), "a tensor came back: return a NumPy array"),
        (
            _suppress(follow=True, give=lambda x: x.detach().cpu().numpy()),
            "torch notes every step for gradients nobody asks for: with torch.no_grad()",
        ),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.3
        else (
            int(random.integers(1000)),
            int(random.integers(2, 4)),
            int(random.integers(1500, 3000)),
        )
    ),
)
def suppress(network, left, echo, far):
    return _suppress()(network, left, echo, far)
