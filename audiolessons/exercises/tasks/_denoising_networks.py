"""Exercises of the chapter tasks/denoising: a step of training, a stream."""

from __future__ import annotations

from itertools import count

import numpy as np

from audiolessons import spectral
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- one step, wherever it runs -----------------------------------------------------------------


def _mean_loss(estimate, clean):
    from audiolessons import models

    return models.denoising_loss(estimate, clean).mean()


def _sum_of_losses(estimate, clean):
    return len(clean) * _mean_loss(estimate, clean)


def _step(
    *,
    given=lambda noisy, clean: (noisy, clean),
    loss_of=_mean_loss,
    mode=lambda network: network.train(),
    clear=lambda optimiser: optimiser.zero_grad(),
    back=lambda loss: loss.backward(),
    turn=lambda optimiser: optimiser.step(),
    after=False,
    give=lambda loss: float(loss.detach()),
):
    """A step with its parts exchangeable."""

    def learn_once(network, optimiser, noisy_batch, clean_batch):
        place = next(network.parameters()).device
        goes_in, comes_out = given(noisy_batch.to(place), clean_batch.to(place))
        mode(network)
        loss = loss_of(network(goes_in), comes_out)
        clear(optimiser)
        back(loss)
        turn(optimiser)
        if after:
            loss = loss_of(network(goes_in), comes_out)
        return give(loss)

    return learn_once


def _step_first(network, optimiser, noisy_batch, clean_batch):
    """Steps along what the last call left, and leaves a gradient to the next one."""
    optimiser.step()
    learn = _step(turn=lambda optimiser: None)
    return learn(network, optimiser, noisy_batch, clean_batch)


def _both(optimiser):
    """Cleared between gradient and step, so that nothing is left to step along."""
    optimiser.zero_grad()
    optimiser.step()


def _learned(answer, seed, n_batch, n_samples, *, kind="Adam", evaluating=False, left_over=0.0):
    """What comes back from two steps, and the loss after each of them."""
    import torch

    from audiolessons import models, training

    torch.manual_seed(seed)
    device = training.pick_device()
    clean = torch.from_numpy(0.1 * noise(n_batch, n_samples, seed=seed)).float()
    noisy = clean + torch.from_numpy(0.1 * noise(n_batch, n_samples, seed=seed + 1)).float()
    network = models.MaskGRU(hidden_size=8, n_layers=1).to(device)
    optimiser = getattr(torch.optim, kind)(network.parameters(), lr=0.01)
    if left_over:
        for parameter in network.parameters():
            parameter.grad = torch.full_like(parameter, left_over)
    facts = {}
    for step in ("first", "second"):
        network.train(not evaluating)
        got = answer(network, optimiser, noisy.clone(), clean.clone())
        is_float = isinstance(got, float | np.floating)
        facts[f"what the {step} step returns"] = "a float" if is_float else type(got).__name__
        facts[f"its value, {step} step"] = got
        with torch.no_grad():
            network.train()
            loss = _mean_loss(network(noisy.to(device)), clean.to(device))
        facts[f"the loss after the {step} step"] = float(loss)
    return facts


def _steps():
    from audiolessons import training

    where = training.pick_device().type
    for what, args, kwargs in (
        ("Adam, a batch of 2", (0, 2, 2560), {}),
        ("SGD, a batch of 3", (5, 3, 1800), {"kind": "SGD"}),
        ("a network that comes in evaluation mode", (9, 2, 1500), {"evaluating": True}),
        ("gradients that were left over do not count", (3, 2, 1500), {"left_over": 1e3}),
    ):
        yield probe(f"on the {where}: {what}", *args, **kwargs, rtol=1e-3, atol=1e-3)


@exercise(
    "denoising.step",
    level="core",
    time_limit_s=30,
    hints=(
        "Where do the weights lie? `next(network.parameters()).device`; move both batches there.",
        "Network in training mode, loss, `optimiser.zero_grad()`, `loss.backward()`, "
        "`optimiser.step()`.",
        "`al.models.denoising_loss(network(noisy), clean).mean()`; return `float(loss.detach())`.",
    ),
    observe=_learned,
    probes=_steps,
    wrong=[
        (
            _step(given=lambda noisy, clean: (clean, noisy)),
            "given and wanted are exchanged: the network gets the noisy batch",
        ),
        (
            _step(given=lambda noisy, clean: (noisy, noisy)),
            "the network was compared with what it was given: the target is the clean batch",
        ),
        (
            _step(given=lambda noisy, clean: (noisy, noisy - clean)),
            "the target here is the noise: it is the clean batch",
        ),
        (
            _step(given=lambda noisy, clean: (clean, clean)),
            "the network was handed the clean batch: it gets the noisy one",
        ),
        (_step(loss_of=_sum_of_losses), "this is the sum over the batch: take the mean"),
        (
            _step(loss_of=_sum_of_losses, give=lambda loss: float(loss.detach()) / 2),
            "the step went along the sum over the batch: take the mean before backward",
        ),
        (
            _step(loss_of=lambda estimate, clean: (estimate - clean).square().mean()),
            "this is the mean square of the samples: the loss is al.models.denoising_loss",
        ),
        *(
            (_step(mode=mode), "switch to training mode: network.train()")
            for mode in (lambda network: network.eval(), lambda network: network)
        ),
        *(
            (wrong, "the weights did not move: zero_grad, then backward, then optimiser.step()")
            for wrong in (
                _step(turn=lambda optimiser: None),
                _step(back=lambda loss: None),
                _step(turn=_both),
            )
        ),
        (
            _step(clear=lambda optimiser: None),
            "call optimiser.zero_grad() before backward, or old gradients pile up",
        ),
        (
            _step(
                clear=lambda optimiser: None,
                turn=lambda optimiser: (optimiser.step(), optimiser.zero_grad()),
            ),
            "the gradients are cleared after the step: those that were left over before count, so "
            "call zero_grad() before backward",
        ),
        (
            _step(back=lambda loss: (-loss).backward()),
            "the loss rises: the gradient is that of minus the loss",
        ),
        (
            _step_first,
            "the step comes before backward: it goes along the gradients of the last call",
        ),
        (
            _step(turn=lambda optimiser: (optimiser.step(), optimiser.step())),
            "two steps were taken: call optimiser.step() once",
        ),
        (_step(after=True), "this is the loss after the step: take it before"),
        *(
            (
                _step(give=give),
                "a tensor came back: return a float, `float(loss.detach())`",
            )
            for give in (lambda loss: loss, lambda loss: loss.detach())
        ),
        (_step(give=lambda loss: None), "the loss is not returned"),
    ],
    valid=lambda random: (
        None
        if random.random() > 0.9
        else (
            int(random.integers(1000)),
            int(random.integers(2, 4)),
            int(random.integers(1200, 2000)),
        )
    ),
)
def learn_once(network, optimiser, noisy_batch, clean_batch):
    return _step()(network, optimiser, noisy_batch, clean_batch)


# --- a stream -----------------------------------------------------------------------------------

HOP = 128
WINDOW = spectral.window("hann", 512)
SYMMETRIC = np.hanning(512)


def _squares(window):
    """What four squared windows, a hop apart, add up to."""
    return np.sum(window.reshape(-1, HOP) ** 2, axis=0)


SQUARES = _squares(WINDOW)


def _stream(
    *,
    first=WINDOW,
    second=WINDOW,
    by=SQUARES,
    frame_of=lambda past, hop: np.concatenate([past, hop]),
    past_of=lambda frame, past: frame[HOP:],
    weigh=lambda gain_of, spectrum: gain_of(spectrum) * spectrum,
    add=lambda waiting, cleaned: waiting + cleaned,
    give=lambda sums, cleaned: sums[:HOP],
    move=lambda sums, cleaned: np.append(sums[HOP:], np.zeros(HOP)),
):
    """A stream with its parts exchangeable."""

    def clean_stream(hops, gain_of):
        past, waiting = np.zeros(512 - HOP), np.zeros(512)
        for hop in hops:
            frame = frame_of(past, hop)
            cleaned = second * np.fft.irfft(weigh(gain_of, np.fft.rfft(first * frame)))
            sums = add(waiting, cleaned)
            yield give(sums, cleaned) / by
            past, waiting = past_of(frame, past), move(sums, cleaned)

    return clean_stream


def _collected(hops, gain_of):
    return list(_stream()(hops, gain_of))


def _without_start(hops, gain_of):
    for number, part in enumerate(_stream()(hops, gain_of)):
        if number >= 3:
            yield part


def _with_end(hops, gain_of):
    def longer():
        yield from hops
        for _ in range(3):
            yield np.zeros(HOP)

    yield from _stream()(longer(), gain_of)


def _with_silence(hops, gain_of):
    yield from _stream()(hops, gain_of)
    yield from np.zeros((3, HOP))


def _one_behind(hops, gain_of):
    """Takes the next hop before it gives what the last one finished."""
    waiting = None
    for part in _stream()(hops, gain_of):
        if waiting is not None:
            yield waiting
        waiting = part
    yield waiting


def _after_four_hops(hops, gain_of):
    """Takes no frame, and lets zeros leave, before four hops have come."""
    frames = count(1)
    return _stream()(hops, lambda spectrum: gain_of(spectrum) if next(frames) > 3 else 0)


def _finished(answer, hops, gain_of):
    """What leaves once the past is full: hop n - 3 with hop n."""
    return [np.array(part, dtype=float) for part in answer(iter(hops), gain_of)][3:]


def _in_time(answer, hops, gain_of):
    """How many hops had been asked for when each array left."""
    asked = []

    def source():
        for number, hop in enumerate(hops):
            asked.append(number)
            yield hop

    return {
        "hops that had come when each array left": [len(asked) for _ in answer(source(), gain_of)]
    }


def _shown(answer, hops, gain_of):
    """What `gain_of` is shown, call by call."""
    seen = []

    def remembering(spectrum):
        seen.append(np.array(spectrum))
        return gain_of(spectrum)

    for _ in answer(iter(hops), remembering):
        pass
    return seen


def _of_one(spectrum):
    return np.ones(257)


def _falling(spectrum):
    return np.linspace(1, 0.2, 257)


class _Calm:
    """A gain that remembers: the part of the power that is above the mean of the frames before."""

    def __init__(self):
        self.mean = np.ones(257)

    def __call__(self, spectrum):
        power = np.abs(spectrum) ** 2
        self.mean = 0.8 * self.mean + 0.2 * power
        return power / (power + self.mean + 1e-9)


def _hops(n_hops, seed=0):
    return noise(n_hops, HOP, seed=seed)


@exercise(
    "denoising.stream",
    level="stretch",
    hints=(
        "Two things are remembered from one call to the next: the last three hops that came, and "
        "the sums that still wait for frames to come.",
        "frame = window * irfft(gain * rfft(window * four_hops)), added to 512 sums; the first 128 "
        "of them are finished, divided by the sum of the four squared quarters of the window.",
        "A generator: `for hop in hops: ... yield sums[:128] / squares`, then the frame and the "
        "sums move on by 128 samples, and zeros come in behind the sums.",
    ),
    observe=_finished,
    probes=[
        probe("a gain of 1 gives the sound back, three hops late", _hops(12), _of_one, atol=1e-6),
        probe("a gain that falls with frequency, nine hops", _hops(9, 1), _falling, atol=1e-6),
        probe("a gain that remembers", _hops(15, 2), _Calm(), atol=1e-6),
        probe(
            "each array leaves before the next hop comes", _hops(7, 3), _of_one, observe=_in_time
        ),
        probe(
            "gain_of is shown the windowed spectrum of the last four hops, once each",
            _hops(6, 4),
            _falling,
            observe=_shown,
            atol=1e-6,
        ),
    ],
    wrong=[
        *(
            (wrong, "a window is missing: one before the transform, one after the gain")
            for wrong in (_stream(first=1), _stream(second=1), _stream(first=1, second=1))
        ),
        *(
            (
                _stream(first=SYMMETRIC, second=SYMMETRIC, by=by),
                "np.hanning is symmetric: the periodic window is al.spectral.window('hann', 512)",
            )
            for by in (SQUARES, _squares(SYMMETRIC))
        ),
        (
            _stream(by=1),
            "divide by the sum of the squared windows: it is not 1",
        ),
        (
            _stream(by=sum(WINDOW[start : start + HOP] for start in range(0, 512, HOP))),
            "divided by the sum of the windows: each frame was weighted twice, so the sum of their "
            "squares belongs there",
        ),
        (
            _stream(by=WINDOW[:HOP] ** 2 + WINDOW[256 : 256 + HOP] ** 2),
            "four frames overlap, and this is the sum of two squared windows",
        ),
        (
            _stream(add=lambda waiting, cleaned: cleaned),
            "the frames before were not kept: each sample gets a part from four frames",
        ),
        (
            _stream(move=lambda sums, cleaned: np.append(cleaned[HOP:], np.zeros(HOP))),
            "only the last frame was kept: three of them wait, so keep their sum",
        ),
        (
            _stream(move=lambda sums, cleaned: sums),
            "the sums stay where they are: they move on by 128 samples with each hop",
        ),
        (
            _stream(move=lambda sums, cleaned: np.roll(sums, -HOP)),
            "what has left comes back at the end of the sums: zeros come in there",
        ),
        (
            _stream(past_of=lambda frame, past: past),
            "the hops that came before are not remembered: each frame holds the last four",
        ),
        (
            _stream(frame_of=lambda past, hop: np.concatenate([hop, past])),
            "the hops are in the wrong order: the oldest comes first",
        ),
        (
            _stream(
                frame_of=lambda past, hop: np.concatenate([hop, past]),
                past_of=lambda frame, past: frame[:-HOP],
            ),
            "the hops are in the wrong order: the oldest comes first",
        ),
        (
            _stream(weigh=lambda gain_of, spectrum: (gain_of(spectrum), spectrum)[1]),
            "the sound comes back unchanged: multiply the spectrum with gain_of(spectrum)",
        ),
        (
            _stream(weigh=lambda gain_of, spectrum: gain_of(spectrum) * np.abs(spectrum)),
            "the phases are lost: multiply the gain with the complex spectrum",
        ),
        (
            _stream(weigh=lambda gain_of, spectrum: gain_of(np.abs(spectrum)) * spectrum),
            "gain_of was shown magnitudes: hand over the complex spectrum",
        ),
        (
            _stream(weigh=lambda gain_of, spectrum: gain_of(spectrum) ** 2 * spectrum),
            "the gain was applied twice: multiply once",
        ),
        (
            _stream(
                weigh=lambda gain_of, spectrum: (gain_of(spectrum), gain_of(spectrum))[1] * spectrum
            ),
            "gain_of was asked twice for each hop: it may remember, so ask once",
        ),
        (
            _stream(give=lambda sums, cleaned: sums[HOP : 2 * HOP]),
            "these samples leave before they can be finished: hop n - 3 leaves with hop n",
        ),
        (
            _stream(give=lambda sums, cleaned: sums[-HOP:]),
            "these samples leave before they can be finished: hop n - 3 leaves with hop n",
        ),
        (
            _stream(give=lambda sums, cleaned: cleaned, by=1),
            "whole frames came back: yield the 128 samples that are finished",
        ),
        (
            _stream(give=lambda sums, cleaned: sums, by=1.5),
            "all the sums came back: yield the 128 samples that are finished",
        ),
        (
            _after_four_hops,
            "the first three frames are missing: before the first hop there are zeros",
        ),
        (_without_start, "three arrays are missing: the first hops get one, too"),
        *(
            (wrong, "too many arrays: yield exactly one for each hop that comes in")
            for wrong in (_with_end, _with_silence)
        ),
        (
            _collected,
            "everything was collected before anything left: use `yield` inside the loop",
        ),
        (_one_behind, "each array waits for a hop too many: yield before you take the next one"),
    ],
    valid=lambda random: (
        _hops(int(random.integers(4, 12)), int(random.integers(1000))),
        (_of_one, _falling, _Calm())[random.integers(3)],
    ),
)
def clean_stream(hops, gain_of):
    return _stream()(hops, gain_of)
