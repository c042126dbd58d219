"""Exercises of the chapter tasks/denoising: the three faults of its bug hunt."""

from __future__ import annotations

import numpy as np

from audiolessons import metrics
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- what goes in, what should come out ---------------------------------------------------------


def _power(audio):
    return np.mean(audio**2)


def _pair(
    *,
    power=_power,
    ratio=lambda snr_db: 10 ** (snr_db / 10),
    root=np.sqrt,
    give=lambda voice, hiss, hiss_given: (voice + hiss, voice),
):
    """Mixture and target with their parts exchangeable."""

    def training_pair(voice, noise, snr_db):
        gain = root(power(voice) / power(noise) / ratio(snr_db))
        return give(voice, gain * noise, noise)

    return training_pair


def _voice_scaled(voice, noise, snr_db):
    gain = np.sqrt(_power(noise) / _power(voice) * 10 ** (snr_db / 10))
    return gain * voice + noise, gain * voice


def _noise_over_voice(voice, noise, snr_db):
    gain = np.sqrt(_power(noise) / _power(voice) / 10 ** (snr_db / 10))
    return voice + gain * noise, voice


def _voice_scaled_in_mixture(voice, noise, snr_db):
    return _voice_scaled(voice, noise, snr_db)[0], voice


def _at_full_scale(mixture, voice):
    peak = np.abs(mixture).max()
    return mixture / peak, voice / peak


def _into_the_voice(voice, noise, snr_db):
    clean = voice.copy()
    voice += _pair()(voice, noise, snr_db)[0] - voice
    return voice, clean


def _into_both(voice, noise, snr_db):
    noise *= np.sqrt(_power(voice) / _power(noise) / 10 ** (snr_db / 10))
    voice += noise
    return voice, voice


def _into_the_noise(voice, noise, snr_db):
    noise *= np.sqrt(_power(voice) / _power(noise) / 10 ** (snr_db / 10))
    return voice + noise, voice


@exercise(
    "denoising.pair",
    level="core",
    hints=(
        "Scale the noise so that the mean squares have the ratio that is asked for; leave the "
        "voice alone.",
        "gain ** 2 = mean(voice ** 2) / mean(noise ** 2) / 10 ** (snr_db / 10).",
        "What should come out is the voice: `return voice + gain * noise, voice`.",
    ),
    probes=[
        probe(f"{what}: the mixture, then the clean voice", *given, rtol=1e-3, atol=1e-6)
        for what, given in {
            "noise 5 dB below the voice": (0.1 * noise(300), noise(300, seed=1), 5.0),
            "noise 10 dB above it": (0.1 * noise(70, seed=2), noise(70, seed=3), -10),
            "noise that was handed over ten times as loud": (
                0.1 * noise(300),
                10 * noise(300, seed=1),
                5.0,
            ),
            "a loud voice in noise that was handed over soft": (
                3 * noise(80, seed=6),
                noise(80, seed=7),
                -3.3,
            ),
            "a voice and a noise that lie off the middle": (
                noise(90, seed=4) + 0.7,
                noise(90, seed=5) - 2,
                2.5,
            ),
        }.items()
    ],
    wrong=[
        *(
            (
                _pair(give=give),
                "the target is the noise of the mixture: a network that learns it well delivers "
                "the noise without the voice",
            )
            for give in (
                lambda voice, hiss, given: (voice + hiss, hiss),
                lambda voice, hiss, given: (voice + hiss, voice + hiss - voice),
            )
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice + hiss, given)),
            "the target is the noise as it was handed over: a network that learns it well delivers "
            "noise",
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice + hiss, voice + hiss)),
            "the target is the mixture: the voice alone should come out",
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice, voice + hiss)),
            "the other way round: first what goes in, the mixture",
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice, voice)),
            "the first of the two is the voice without any noise",
        ),
        (
            _pair(give=lambda voice, hiss, given: (hiss, voice)),
            "the first of the two is the noise alone: add the voice",
        ),
        (
            _pair(give=lambda voice, hiss, given: voice + hiss),
            "this is the mixture alone: give a tuple of two, `return noisy, clean`",
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice - hiss, voice)),
            "the noise is subtracted: a microphone adds it",
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice + given, voice)),
            "the noise kept its level: scale it",
        ),
        (
            _pair(ratio=lambda snr_db: 10 ** (snr_db / 5)),
            "twice as many decibels: a ratio of powers is 10 ** (snr_db / 10), and the gain is its "
            "root",
        ),
        (
            _pair(ratio=lambda snr_db: 10 ** (snr_db / 20)),
            "half as many decibels: under the root stands a ratio of powers, 10 ** (snr_db / 10)",
        ),
        (
            _pair(ratio=lambda snr_db: 10 ** (-snr_db / 10)),
            "the sign is turned round: a higher SNR takes less noise",
        ),
        (
            _pair(ratio=lambda snr_db: 10**snr_db / 10),
            "`10 ** snr_db / 10` raises first and divides then: brackets, `10 ** (snr_db / 10)`",
        ),
        (_pair(ratio=lambda snr_db: 1), "snr_db has no effect: both are equally strong here"),
        (
            _pair(ratio=lambda snr_db: snr_db),
            "decibels are no ratio: 10 ** (snr_db / 10) is",
        ),
        (
            _pair(root=lambda ratio: ratio),
            "this is a gain for powers: the gain of the samples is its root",
        ),
        *(
            (
                _pair(power=power),
                "the power is the mean of the squares, not the square of a mean",
            )
            for power in (
                lambda audio: np.mean(np.abs(audio)) ** 2,
                lambda audio: np.mean(audio) ** 2,
            )
        ),
        (
            _pair(give=lambda voice, hiss, given: (voice + hiss, voice + hiss - given)),
            "the noise as it was handed over was taken from the mixture: the target is the voice",
        ),
        (
            lambda voice, noise, snr_db: (_pair()(noise, voice, snr_db)[0], voice),
            "voice and noise are exchanged: it is the noise that is scaled",
        ),
        (
            lambda voice, noise, snr_db: _at_full_scale(*_pair()(voice, noise, snr_db)),
            "both were divided by the peak of the mixture: the voice keeps its level",
        ),
        (
            _pair(power=np.var),
            "np.var and np.std take the mean off: the power is the mean square",
        ),
        (
            _pair(power=lambda audio: np.max(np.abs(audio)) ** 2),
            "this compares the peaks: the SNR compares powers, mean squares",
        ),
        (
            _pair(root=lambda ratio: np.sqrt(1 / ratio)),
            "the gain is upside down: noise that is weaker than the voice has to be raised",
        ),
        (
            _noise_over_voice,
            "the powers are exchanged: that of the voice stands above, that of the noise below",
        ),
        (
            _pair(power=lambda audio: 1.0),
            "the levels of voice and noise have no effect: measure both",
        ),
        *(
            (scaled, "the voice has another level than it was given: scale the noise instead")
            for scaled in (_voice_scaled, _voice_scaled_in_mixture)
        ),
        (
            _into_the_voice,
            "the caller's voice was overwritten: `+=` and slices write into it, `voice + ...` "
            "makes a new array",
        ),
        (
            _into_both,
            "both arguments were overwritten, and the target is the mixture: `noise * ...` and "
            "`voice + ...` make new arrays",
        ),
        (
            _into_the_noise,
            "the caller's noise was overwritten: `noise * gain` makes a new array",
        ),
    ],
    valid=lambda random: (
        *(
            random.uniform(0.1, 2) * random.standard_normal((2, int(random.integers(5, 100))))
            + random.normal()
        ),
        float(random.uniform(-20, 20)),
    ),
    keeps_arguments=True,
)
def training_pair(voice, noise, snr_db):
    return _pair()(voice, noise, snr_db)


# --- a loss for magnitudes ----------------------------------------------------------------------


def _small(magnitude):
    return magnitude.clamp(min=1e-8) ** 0.3


def _loss(
    *,
    ours=lambda gain, noisy, clean: _small(gain * noisy),
    truth=lambda gain, noisy, clean: _small(clean),
    reduce=lambda difference: difference.square().mean(),
):
    """The loss with its parts exchangeable."""

    def compressed_loss(gain, noisy_size, clean_size):
        parts = gain, noisy_size, clean_size
        return reduce(ours(*parts) - truth(*parts))

    return compressed_loss


def _cross_entropy(gain, noisy, clean):
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(gain, clean)


def _gradient(answer, gain, noisy, clean):
    """The gradient that arrives at the gain, or what came back that has none."""
    import torch

    gain.requires_grad_()
    loss = answer(gain, noisy, clean)
    if not torch.is_tensor(loss) or not loss.requires_grad or loss.numel() != 1:
        return {"what comes back without a gradient": type(loss).__name__}
    loss.sum().backward()
    return {"the gradient": torch.zeros_like(gain) if gain.grad is None else gain.grad}


def _is_finite(answer, gain, noisy, clean):
    facts = _gradient(answer, gain, noisy, clean)
    if "the gradient" not in facts:
        return facts
    return {"the gradient is finite": bool(facts["the gradient"].isfinite().all())}


def _sizes(*shape, seed=0):
    """A gain, noisy magnitudes, clean ones."""
    import torch

    random = np.random.default_rng(seed)
    gain = random.uniform(0.02, 1, shape)
    clean = 5 * random.uniform(0.1, 1, shape) ** 3
    noisy = clean + random.uniform(0.1, 2, shape)
    return tuple(torch.from_numpy(part).float() for part in (gain, noisy, clean))


def _loss_probes():
    yield probe("a random gain", *_sizes(2, 9, 7), rtol=1e-2)
    yield probe("five cells", *_sizes(5, seed=1), rtol=1e-2)
    gain, noisy, clean = _sizes(3, 4, 11, seed=2)
    yield probe("the gain that gives the clean magnitudes", clean / noisy, noisy, clean, atol=1e-4)
    yield probe(
        "the gradient of a random gain", gain, noisy, clean, observe=_gradient, rtol=1e-2, atol=1e-6
    )
    yield probe("a gain that is nearly closed", 0.004 * gain, noisy, clean, rtol=1e-2)
    closed = gain.clone()
    closed[:, ::2] = 0
    yield probe("a gain of 0 has a gradient without NaN", closed, noisy, clean, observe=_is_finite)


@exercise(
    "denoising.loss",
    level="core",
    time_limit_s=20,
    hints=(
        "What the gain leaves: gain * noisy_size. Raise it and clean_size to the power 0.3.",
        "The slope of x ** 0.3 is infinite at 0: keep what is raised above a tiny number, with "
        "`.clamp(min=1e-8)`.",
        "`(ours - truth).square().mean()`",
    ),
    probes=_loss_probes,
    wrong=[
        (
            _loss(ours=lambda g, x, s: g * x, truth=lambda g, x, s: s),
            "nothing is compressed here: raise both to the power 0.3, so that soft sounds count",
        ),
        (
            _loss(truth=lambda g, x, s: s),
            "clean_size is not compressed: raise it to the power 0.3 as well",
        ),
        (
            _loss(ours=lambda g, x, s: g * x),
            "what the gain leaves is not compressed: raise it to the power 0.3 as well",
        ),
        (
            lambda g, x, s: ((g * x - s).abs() ** 0.3).mean(),
            "the difference was compressed: compress both, then subtract",
        ),
        (
            lambda g, x, s: ((g * x - s).square() ** 0.3).mean(),
            "the squares were compressed: compress both magnitudes, then subtract and square",
        ),
        (
            _loss(ours=lambda g, x, s: g * _small(x)),
            "the gain stands outside the power: compress what it leaves, gain * noisy_size",
        ),
        (
            _loss(ours=lambda g, x, s: _small(g) * x),
            "the power took the gain alone: brackets, `(gain * noisy_size) ** 0.3`",
        ),
        (
            _loss(ours=lambda g, x, s: g, truth=lambda g, x, s: s / x),
            "this compares masks: a cell of silence would count as much as a vowel",
        ),
        (
            _loss(ours=lambda g, x, s: _small(g), truth=lambda g, x, s: _small(s / x)),
            "this compares compressed masks: a cell of silence would count as much as a vowel",
        ),
        (_loss(ours=lambda g, x, s: _small(x)), "the gain has no effect: multiply it with noisy"),
        (
            _loss(reduce=lambda d: d.square().sum()),
            "this is the sum: take the mean, or the loss depends on the length",
        ),
        (
            _loss(reduce=lambda d: d.square()),
            "a single number is asked for: take the mean over everything",
        ),
        (
            _loss(reduce=lambda d: d.square().mean(dim=-1)),
            "a single number is asked for: this mean runs over the last axis alone",
        ),
        (
            lambda g, x, s: _loss()(g.sigmoid(), x, s),
            "a sigmoid too many: the gain is a factor already",
        ),
        (
            _loss(
                ours=lambda g, x, s: (g * x).clamp(min=1e-8) ** (1 / 3),
                truth=lambda g, x, s: s ** (1 / 3),
            ),
            "the cube root: the power is 0.3",
        ),
        (
            _loss(ours=lambda g, x, s: _small(g.clamp(min=0.01) * x)),
            "gains below 0.01 are raised to it: a tiny number, such as 1e-8, is enough",
        ),
        (_cross_entropy, "this is cross-entropy: a magnitude is no probability"),
        (_loss(reduce=lambda d: d.abs().mean()), "absolute values: take squares"),
        (_loss(reduce=lambda d: d.mean()), "the squares are missing: differences cancel"),
        (_loss(reduce=lambda d: d.mean().square()), "square first, then the mean"),
        (
            _loss(reduce=lambda d: d.square().mean().sqrt()),
            "the root of the mean: the mean square is asked for",
        ),
        (
            _loss(reduce=lambda d: -d.square().mean()),
            "the sign is turned: a loss grows as the difference does",
        ),
        (
            _loss(ours=lambda g, x, s: _small(g * s), truth=lambda g, x, s: _small(x)),
            "exchanged: the gain belongs to noisy_size",
        ),
        *(
            (
                wrong,
                "the slope of x ** 0.3 at 0 is infinite: clamp to a tiny number before the power",
            )
            for wrong in (
                lambda g, x, s: ((g * x) ** 0.3 - s**0.3).square().mean(),
                lambda g, x, s: (((g * x) ** 0.3).clamp(min=1e-8) - s**0.3).square().mean(),
            )
        ),
        (
            lambda g, x, s: _loss()(g.detach(), x, s).requires_grad_(),
            "no gradient arrives at the gain: compute with the tensors as they come, from the gain "
            "to the loss",
        ),
        (
            lambda g, x, s: _loss()(g.detach(), x, s),
            "what comes back has no gradient: compute with the tensors as they come, without "
            "`detach` or `no_grad`",
        ),
        (
            lambda g, x, s: float(_loss()(g, x, s).detach()),
            "a plain number has no gradient: return the tensor",
        ),
    ],
    valid=lambda random: _sizes(
        *(int(n) for n in random.integers(1, 6, 3)), seed=int(random.integers(1000))
    ),
)
def compressed_loss(gain, noisy_size, clean_size):
    return _loss()(gain, noisy_size, clean_size)


# --- a test that can be failed ------------------------------------------------------------------


def _smoothed(audio):
    return np.convolve(audio, [0.25, 0.5, 0.25], mode="same")


def _smoothed_in_place(audio):
    audio[:] = _smoothed(audio)
    return audio


def _delayed(audio):
    return np.roll(audio, 2)


def _spoiling(audio):
    """Returns an estimate, and leaves nothing of what it was handed."""
    estimate = 3 * _smoothed(audio)
    audio[:] = 0
    return estimate


def _score(reference, estimate):
    return metrics.si_sdr_db(reference, estimate)


def _gained(method, noisy, clean):
    return _score(clean, method(noisy.copy())) - _score(clean, noisy)


def _improvement(of_pair=_gained, total=np.mean):
    """The mean with its parts exchangeable."""

    def mean_improvement_db(method, mixtures):
        return total([of_pair(method, noisy, clean) for noisy, clean in mixtures])

    return mean_improvement_db


def _noisy_after(method, noisy, clean):
    after = _score(clean, method(noisy))
    return after - _score(clean, noisy)


def _noisy_before(method, noisy, clean):
    before = _score(clean, noisy)
    return _score(clean, method(noisy)) - before


def _scored_over_copies(method, noisy, clean):
    return _noisy_after(method, noisy.copy(), clean)


def _all_at_once(method, mixtures):
    """One score for all sounds, laid end to end."""
    cleaned = np.concatenate([method(noisy.copy()) for noisy, _ in mixtures])
    noisy, clean = (np.concatenate(sounds) for sounds in zip(*mixtures, strict=True))
    return _score(clean, cleaned) - _score(clean, noisy)


def _mixtures(*lengths, seed=0):
    """Pairs of a slow sound in noise, and the sound alone."""
    pairs = []
    for i, n_samples in enumerate(lengths):
        clean = np.sin(np.arange(n_samples) * 0.2 * (1 + 0.3 * i))
        clean = clean * np.linspace(0.2, 1, n_samples)
        pairs.append((clean + (0.2 + 0.3 * i) * noise(n_samples, seed=seed + i), clean))
    return pairs


@exercise(
    "denoising.improvement",
    level="core",
    hints=(
        "Two scores for each pair, before and after, both against the clean sound.",
        "Hand the method a copy, `noisy.copy()`, and compute the score before from the original.",
        "The mean over the pairs of si_sdr_db(clean, estimate) - si_sdr_db(clean, noisy).",
    ),
    probes=[
        probe(what, method, mixtures, rtol=1e-4, atol=1e-4)
        for what, method, mixtures in (
            ("a method that does nothing gains nothing", np.copy, _mixtures(300, 200, 250)),
            ("a method that smooths three sounds", _smoothed, _mixtures(300, 200, 250)),
            ("one sound alone", _smoothed, _mixtures(150, seed=5)),
            ("a method that makes most of four sounds worse", _delayed, _mixtures(90, 80, 70, 60)),
            ("the same method, working in place", _smoothed_in_place, _mixtures(300, 200, 250)),
            (
                "a method that spoils what it was handed, two sounds",
                _spoiling,
                _mixtures(170, 400, seed=8),
            ),
        )
    ],
    wrong=[
        (
            _improvement(lambda method, x, s: (e := method(x.copy())) is None or _score(e, e)),
            "infinite: the estimate is compared with itself; the reference is the clean sound",
        ),
        (
            _improvement(
                lambda method, x, s: _score(e := method(x.copy()), e.copy()) - _score(s, x)
            ),
            "infinite: the estimate is compared with itself; the reference is the clean sound",
        ),
        (
            _improvement(lambda method, x, s: _score(s, method(x.copy())) - _score(s, s)),
            "the clean sound is compared with itself: the score before is that of the noisy sound",
        ),
        (
            _improvement(lambda method, x, s: _score(s, method(x.copy()))),
            "this is the score after: subtract that of the noisy sound",
        ),
        (
            _improvement(lambda method, x, s: _score(s, method(x))),
            "this is the score after, and the mixtures were overwritten: subtract the score of the "
            "noisy sound, and hand over a copy",
        ),
        (
            _improvement(lambda method, x, s: _score(x, method(x.copy()))),
            "the estimate was compared with the noisy sound: the reference is the clean one, and "
            "the score before is to be subtracted",
        ),
        (
            _improvement(lambda method, x, s: _score(s, x)),
            "this is the score before: the method was not asked",
        ),
        (
            _improvement(lambda method, x, s: _score(s, x) - _score(s, method(x.copy()))),
            "turned round: after minus before",
        ),
        (
            _improvement(lambda method, x, s: _score(x, method(x.copy())) - _score(s, x)),
            "the estimate was compared with the noisy sound: the reference is the clean one",
        ),
        (
            _improvement(lambda method, x, s: _score(s, method(s.copy())) - _score(s, x)),
            "the method was handed the clean sound: it gets the noisy one",
        ),
        (
            _improvement(lambda method, x, s: _gained(method, s, x)),
            "noisy and clean are exchanged: each pair is (noisy, clean)",
        ),
        (
            _improvement(lambda method, x, s: abs(_gained(method, x, s))),
            "a method can make it worse: leave the sign of each gain",
        ),
        (
            _improvement(
                lambda method, x, s: metrics.snr_db(s, method(x.copy())) - metrics.snr_db(s, x)
            ),
            "this is the plain SNR: SI-SDR is asked for",
        ),
        (
            _improvement(lambda method, x, s: _score(s, method(x.copy())) / _score(s, x)),
            "this is a quotient: decibels are subtracted",
        ),
        (_improvement(total=np.sum), "this is the sum: take the mean over the pairs"),
        (
            _improvement(total=lambda gains: gains[0]),
            "this is the first pair alone: does `return` stand inside the loop?",
        ),
        (
            _improvement(total=lambda gains: gains[-1]),
            "this is the last pair alone: take the mean over all of them",
        ),
        (_improvement(total=np.median), "this is the middle one: the mean is asked for"),
        (_improvement(total=np.max), "this is the best pair: the mean is asked for"),
        (_improvement(total=np.array), "one number is asked for: take the mean over the pairs"),
        (
            _all_at_once,
            "one score for all sounds laid end to end is ruled by the loudest: score each pair",
        ),
        (
            _improvement(_noisy_after),
            "the method overwrote the noisy sound before you scored it: both scores are of the "
            "estimate. Hand over a copy",
        ),
        (
            _improvement(_scored_over_copies),
            "the method overwrote your copy before you scored it: score the original, or score "
            "before you ask the method",
        ),
        (
            _improvement(_noisy_before),
            "the figures are right, but the mixtures were overwritten by the method: hand it a "
            "copy, `noisy.copy()`",
        ),
    ],
    valid=lambda random: (
        (_smoothed, _smoothed_in_place, _spoiling, _delayed)[random.integers(4)],
        _mixtures(
            *(int(n) for n in random.integers(30, 200, random.integers(1, 5))),
            seed=int(random.integers(1000)),
        ),
    ),
    keeps_arguments=True,
)
def mean_improvement_db(method, mixtures):
    return _improvement()(method, mixtures)
