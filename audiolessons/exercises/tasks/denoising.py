"""Exercises of the chapter tasks/denoising."""

from __future__ import annotations

from math import comb

import numpy as np

from audiolessons import metrics, signals, spectral

from .._engine import exercise
from ._denoising import FRAMES, check_stream
from ._denoising import array as _array
from ._denoising import hiss as _hiss
from ._denoising import voice as _voice


@exercise(
    "denoising.gain",
    level="easy",
    hints=(
        "Decibels first: a ratio of powers is 10 to the power of a tenth of them.",
        "With that ratio xi the gain is xi / (1 + xi).",
        "At 0 dB it must be 0.5, at 10 dB 10/11.",
    ),
)
def gain_for(answer, trial):
    def slips(snr_db):
        ratio = 10 ** (np.asarray(snr_db) / 10)
        amplitude = 10 ** (np.asarray(snr_db) / 20)
        return [
            (
                amplitude / (1 + amplitude),
                "this takes 20 dB for a factor of 10: the ratio is one of powers, so divide by 10",
            ),
            (1 / (1 + ratio), "this is the part of the noise: turn it round"),
            (np.sqrt(ratio / (1 + ratio)), "this is the root: the ratio mask, not Wiener's gain"),
            (
                np.asarray(snr_db) / (1 + np.asarray(snr_db)),
                "decibels went into the formula, or a switch: 0 dB is a ratio of 1, half passes"
                if np.all(np.asarray(snr_db) == 0)
                else "decibels went into the formula: turn them into a ratio of powers first",
            ),
            (ratio, "this is the ratio itself: divide it by one more than itself"),
        ]

    for snr_db, what in ((0.0, "equally strong: half"), (10.0, "10 dB: 10/11"), (-20.0, "-20 dB")):
        trial.close(
            what,
            lambda snr_db=snr_db: _array(answer(snr_db)),
            10 ** (snr_db / 10) / (1 + 10 ** (snr_db / 10)),
            mistakes=slips(snr_db),
        )
    several = np.array([-10.0, 3.0, 25.0])
    trial.close(
        "an array of ratios gives an array of gains",
        lambda: _array(answer(several)),
        10 ** (several / 10) / (1 + 10 ** (several / 10)),
        mistakes=slips(several),
    )


@exercise(
    "denoising.ears",
    level="easy",
    hints=(
        "Two of them are still full of rain. The one without high frequencies sounds as if from "
        "under a blanket.",
        "One twitters: its noise comes and goes in short tones. One whispers roughly, without a "
        "pitch. One is nearly clean.",
        "Answer with five letters: rain, rain under a blanket, twitter, nearly clean, whisper.",
    ),
)
def ears(answer, trial):
    order = np.random.default_rng(1984).permutation(5).tolist()  # what letter number i plays
    truth = "".join("ABCDE"[order.index(version)] for version in range(5))
    names = ("rain", "rain below 1 kHz", "subtraction", "ratio mask", "random phases")

    def wrong_places(got):
        return ", ".join(names[i] for i in range(5) if got[i] != truth[i])

    is_text = trial.that(
        "the answer is a text with each of the five letters once",
        lambda: answer,
        lambda got: isinstance(got, str) and sorted(got) == list("ABCDE"),
        expected="five letters",
        mistakes=[
            (
                lambda got: isinstance(got, list | tuple),
                "this is a list: write the letters as one text",
            ),
            (
                lambda got: isinstance(got, str) and sorted(got.upper()) == list("ABCDE"),
                "capital letters, please",
            ),
            (lambda got: isinstance(got, str), "five letters, each once, and nothing between them"),
            (lambda got: True, "a text is asked for, in quotation marks"),
        ],
    )
    if is_text:
        letters = "ABCDE"
        played = "".join(str(order[i] + 1) for i in range(5))
        trial.that(
            "each letter stands at the place of its version",
            lambda: answer,
            lambda got: got == truth,
            expected="rain, rain below 1 kHz, subtraction, ratio mask, random phases",
            mistakes=[
                (
                    lambda got: "".join(str(letters.index(one) + 1) for one in got) == played,
                    "turned round: the first letter is the version in untouched rain, and so on",
                ),
                (
                    lambda got: got[0] == truth[1] and got[1] == truth[0],
                    "the two in the rain are exchanged: one of them lacks what is above 1 kHz",
                ),
                (
                    lambda got: got[2] == truth[4] and got[4] == truth[2],
                    "subtraction and random phases are exchanged: the first twitters and keeps "
                    "its melody, the second is a rough whisper without one",
                ),
                (
                    lambda got: got[3] == truth[2] and got[2] == truth[3],
                    "subtraction and ratio mask are exchanged: listen to the pause before the "
                    "first word",
                ),
            ],
            means=f"listen again for: {wrong_places(answer)}",
        )


@exercise(
    "denoising.fewest",
    level="easy",
    hints=(
        "How often does a guesser get r or more right? Count the ways, out of 2 ** n.",
        "`sum(math.comb(n, k) for k in range(r, n + 1)) / 2**n`",
        "Go up from r = 0, and return the first r for which that is at most 0.05.",
    ),
)
def fewest_right(answer, trial):
    def tail(n_right, n_trials):
        return sum(comb(n_trials, k) for k in range(n_right, n_trials + 1)) / 2**n_trials

    for n_trials in (10, 5, 16, 40):
        counts = range(n_trials + 1)
        right = next(r for r in counts if tail(r, n_trials) <= 0.05)
        trial.close(
            f"{n_trials} trials",
            lambda n_trials=n_trials: answer(n_trials),
            right,
            rtol=0,
            atol=1e-9,
            mistakes=[
                (
                    next(r for r in counts if tail(r + 1, n_trials) <= 0.05),
                    "one too few: a guesser gets this many, or more, in over 5 % of the tests; r "
                    "or more counts, not exactly r, nor more than r",
                ),
                (
                    next((r for r in counts if tail(r, n_trials) <= 0.025), n_trials + 1),
                    "this halves the 5 %: only many right answers speak for hearing, so there is "
                    "one side",
                ),
                (0, "0 right, or more, happens always: add up the ways for r and all above r"),
                (int(np.ceil(0.95 * n_trials)), "95 % right is not the same as 5 % by luck"),
            ],
            means="the smallest r for which r or more happens in at most 5 % of coin tosses",
        )


@exercise(
    "denoising.si_sdr",
    level="core",
    hints=(
        "First the scale: how much of `truth` is in `estimate`? Two sums and a division.",
        "a = sum(estimate * truth) / sum(truth ** 2). The rest is estimate - a * truth.",
        "10 log10 of the energy of a * truth over the energy of the rest.",
    ),
)
def scale_invariant_db(answer, trial):
    truth = _voice()
    estimate = 0.5 * truth + _hiss() * 0.2

    def slips(truth, estimate):
        scale = np.sum(estimate * truth) / np.sum(truth**2)
        rest = estimate - scale * truth
        level = np.sqrt(np.sum(estimate**2) / np.sum(truth**2))

        def ratio(signal, error):
            return 10 * np.log10(np.sum(signal**2) / np.sum(error**2))

        return [
            (ratio(truth, estimate - truth), "this is the plain SNR: the scale is missing"),
            (
                ratio(truth, rest),
                "the voice above the line needs the scale too: it is a times the truth",
            ),
            (
                2 * ratio(scale * truth, rest),
                "twice as many decibels: energies take 10 log10, amplitudes 20",
            ),
            (
                ratio(scale * truth, rest) / 2,
                "half as many decibels: take the squares, or 20 log10 of amplitudes",
            ),
            (ratio(rest, scale * truth), "turned round: this is the rest over the voice"),
            (ratio(scale * truth, rest) / 10, "a tenth of it: decibels are 10 times the log10"),
            (np.log(10) * ratio(scale * truth, rest), "natural logarithm: take log10"),
            (
                ratio(level * truth, estimate - level * truth),
                "a is no ratio of levels: multiply both, sample by sample, and sum",
            ),
            (
                ratio(estimate, rest),
                "too high: what stands above the line is the voice in the estimate, a times the "
                "truth; and it is the truth that is scaled, not the estimate",
            ),
        ]

    trial.close(
        "a voice at half its level in noise agrees with metrics.si_sdr_db",
        lambda: _array(answer(truth, estimate)),
        float(metrics.si_sdr_db(truth, estimate)),
        mistakes=slips(truth, estimate),
    )
    for factor, what in ((4.0, "four times as loud"), (-1.0, "turned upside down")):
        trial.close(
            f"the same estimate, {what}",
            lambda factor=factor: _array(answer(truth, factor * estimate)),
            float(metrics.si_sdr_db(truth, estimate)),
            mistakes=[
                *slips(truth, factor * estimate),
                (
                    lambda got: not np.allclose(got, answer(truth, estimate)),
                    "the result must not depend on the level of the estimate",
                ),
            ],
        )
    shifted = estimate + 0.05
    trial.close(
        "a constant that was added counts as an error",
        lambda: _array(answer(truth, shifted)),
        float(metrics.si_sdr_db(truth, shifted)),
        mistakes=slips(truth, shifted),
        means="subtract no mean: the formula does not",
    )


@exercise(
    "denoising.subtract",
    level="core",
    hints=(
        "What is left of the power: max(noisy - over_subtraction * noise, floor * noise).",
        "A gain multiplies the spectrum, so its square multiplies the power.",
        "`np.minimum(np.sqrt(left / noisy_power), 1)`",
    ),
)
def subtracted_gain(answer, trial):
    random = np.random.default_rng(0)
    noise = random.uniform(0.5, 2.0, (6, 1))
    noisy = noise * random.exponential(size=(6, 9)) + (random.random((6, 9)) > 0.7) * 10

    def right(over, floor):
        left = np.maximum(noisy - over * noise, floor * noise)
        return np.sqrt(np.minimum(left, noisy) / noisy)

    def slips(over, floor):
        left = np.maximum(noisy - over * noise, floor * noise)
        return [
            (np.minimum(left / noisy, 1), "the root is missing: this gain is one of powers"),
            (left, "this is the power that is left: the gain is the root of its part"),
            (
                np.sqrt(left / noisy),
                "where the floor lies above the noisy power the gain is above 1: keep it at 1",
            ),
            (
                np.minimum(np.sqrt(np.maximum(noisy - over * noise, floor * noisy) / noisy), 1),
                "the floor is a part of the noise's power, not of the noisy power",
            ),
            (
                np.minimum(np.sqrt(np.maximum(noisy - over * noise, 0) / noisy), 1),
                "the floor is missing: with floor above 0 no gain is 0",
            ),
            (
                np.sqrt(np.maximum(noisy - noise, floor * noise).clip(max=noisy) / noisy),
                "over_subtraction has no effect: subtract that many times the noise",
            ),
            (
                np.maximum(np.sqrt(np.maximum(noisy - over * noise, 0) / noisy), floor),
                "the floor was taken for a gain: it is a part of the noise's power",
            ),
            (
                np.maximum(noisy**0.5 - over * noise**0.5, floor * noise**0.5) / noisy**0.5,
                "magnitudes were subtracted: the formula subtracts powers",
            ),
            (np.minimum(np.sqrt(left / noise), 1), "divide by the noisy power, not by the noise's"),
            (
                lambda got: np.isnan(got).any(),
                "there is NaN: the power left was negative, so take the maximum with the floor "
                "before the root",
            ),
        ]

    for over, floor in ((1.0, 0.0), (2.0, 0.1), (4.0, 0.02)):
        trial.close(
            f"{over:g} times the noise, floor {floor:g}",
            lambda given=(over, floor): _array(answer(noisy, noise, *given)),
            right(over, floor),
            mistakes=slips(over, floor),
        )
    trial.that(
        "the gain lies between 0 and 1",
        lambda: _array(answer(noisy, noise, 3.0, 0.9)),
        lambda got: got.min() >= 0 and got.max() <= 1,
        expected="values in [0, 1]",
        means="where the floor lies above the noisy power the gain is above 1: keep it at 1",
    )


@exercise(
    "denoising.phases",
    level="core",
    hints=(
        "Two spectra: np.abs of the first, np.angle of the second.",
        "A size and a phase make a complex number: size * np.exp(1j * phase).",
        "Back with al.spectral.istft(..., hop_length=256, length=len(sizes_from)).",
    ),
)
def borrow_phases(answer, trial):
    voice, noisy = _voice(n_samples=4000), _voice(n_samples=4000) + _hiss(n_samples=4000)

    def back(spectrum):
        return spectral.istft(spectrum + 0j, hop_length=256, length=4000)

    first, second = (spectral.stft(one, **FRAMES) for one in (voice, noisy))
    trial.close(
        "a sound with its own phases is itself",
        lambda: _array(answer(voice, voice)),
        voice,
        atol=1e-6,
        mistakes=[
            (
                lambda got: np.iscomplexobj(got) and got.ndim == 2,
                "this is a spectrum: go back to a sound with al.spectral.istft",
            ),
            (
                lambda got: got.ndim == 1 and got.size != 4000,
                "the length is another one: give istft `length=len(sizes_from)`",
            ),
            (
                back(np.abs(first)),
                "these are the magnitudes with phases of 0: multiply with np.exp(1j * phase)",
            ),
            (
                back(np.abs(first) * np.angle(first)),
                "sizes times angles: a phase enters as np.exp(1j * phase)",
            ),
            (
                back(np.abs(first) * np.exp(np.angle(first))),
                "the 1j is missing in np.exp(1j * phase)",
            ),
            (back(np.abs(first) ** 2 * np.exp(1j * np.angle(first))), "powers: take magnitudes"),
            (
                back(first * np.exp(1j * np.angle(first))),
                "the phases went in twice: np.abs of the first spectrum leaves its own behind",
            ),
        ],
    )
    trial.close(
        "the sizes of the first, the phases of the second",
        lambda: _array(answer(voice, noisy)),
        back(np.abs(first) * np.exp(1j * np.angle(second))),
        atol=1e-6,
        mistakes=[
            (
                back(np.abs(second) * np.exp(1j * np.angle(first))),
                "exchanged: the first gives the magnitudes, the second the phases",
            ),
            (voice, "this is the first sound: its own phases were used"),
            (noisy, "this is the second sound: its own magnitudes were used"),
            (
                back(np.abs(first) * np.exp(-1j * np.angle(second))),
                "the phases run backwards: there is a minus too many",
            ),
            (lambda got: True, "check the frames (512 samples, one every 256) and the phases"),
        ],
    )


@exercise(
    "denoising.pair",
    level="core",
    hints=(
        "Scale the noise so that the mean squares have the ratio that is asked for; leave the "
        "voice alone.",
        "gain ** 2 = mean(voice ** 2) / mean(noise ** 2) / 10 ** (snr_db / 10).",
        "What should come out is the voice: `return voice + gain * noise, voice`.",
    ),
)
def training_pair(answer, trial):
    voice, noise = _voice(), _hiss()

    def ratio_db(signal, error):
        with np.errstate(divide="ignore"):
            return 10 * np.log10(np.mean(signal**2) / np.mean(error**2))

    def pair(snr_db, noise=noise):
        got = answer(voice.copy(), noise.copy(), snr_db)
        if not isinstance(got, tuple | list) and got is not ... and got is not None:
            raise TypeError("give a tuple of two: `return noisy, clean`")
        return tuple(_array(one) for one in (got if isinstance(got, tuple | list) else (got,) * 2))

    right = signals.mix_at_snr(voice, noise, snr_db=5.0)
    trial.that(
        "what should come out is the clean voice",
        lambda: pair(5.0)[1],
        lambda got: got.shape == voice.shape and np.allclose(got, voice),
        expected="the voice, sample by sample",
        mistakes=[
            (
                lambda got: np.allclose(got, right - voice),
                "this is the noise of the mixture: a network that learns it well delivers the "
                "noise without the voice",
            ),
            (
                lambda got: np.allclose(got, noise),
                "this is the noise as it was handed over: a network that learns it well delivers "
                "noise",
            ),
            (
                lambda got: np.allclose(got, right),
                "this is the mixture: the target is the voice; what goes in comes first",
            ),
            (
                lambda got: np.allclose(got / np.abs(got).max(), voice / np.abs(voice).max()),
                "the voice has another level than it was given",
            ),
        ],
        means="the target is the voice as it was handed over",
    )
    for snr_db in (5.0, -10.0):
        trial.that(
            f"the mixture holds the voice, and noise {snr_db:g} dB below it",
            lambda snr_db=snr_db: ratio_db(voice, pair(snr_db)[0] - voice),
            lambda got, snr_db=snr_db: abs(got - snr_db) < 0.01,
            expected=f"{snr_db:g} dB",
            mistakes=[
                (
                    lambda got, snr_db=snr_db: abs(got - 2 * snr_db) < 0.01,
                    "twice as many decibels: a ratio of powers is 10 ** (snr_db / 10), and the "
                    "gain is its root",
                ),
                (
                    lambda got, snr_db=snr_db: abs(got - snr_db / 2) < 0.01,
                    "half as many decibels: the gain of the noise is taken once under the root",
                ),
                (
                    lambda got, snr_db=snr_db: abs(got + snr_db) < 0.01,
                    "the sign is turned round: a higher SNR takes less noise",
                ),
                (lambda got: np.isinf(got), "the first of the two is the voice without any noise"),
                (
                    lambda got: abs(got - ratio_db(voice, noise)) < 0.01,
                    "the noise kept its level: scale it",
                ),
            ],
            means="mixture minus voice has another level: was the voice scaled, a root left out?",
        )
    trial.that(
        "noise that is handed over ten times as loud makes the same mixture",
        lambda: ratio_db(voice, pair(5.0, 10 * noise)[0] - voice),
        lambda got: abs(got - 5.0) < 0.01,
        expected="5 dB",
        means="measure the power of the noise, whatever it is",
    )


@exercise(
    "denoising.loss",
    level="core",
    hints=(
        "What the gain leaves: gain * noisy_size. Raise it and clean_size to the power 0.3.",
        "The slope of x ** 0.3 is infinite at 0: keep what is raised above a tiny number, with "
        "`.clamp(min=1e-8)`.",
        "`(ours - truth).square().mean()`",
    ),
)
def compressed_loss(answer, trial):
    import torch

    generator = torch.Generator().manual_seed(0)
    clean = 5 * torch.rand((2, 9, 7), generator=generator) ** 3
    noisy = clean + 2 * torch.rand((2, 9, 7), generator=generator) + 0.1
    ideal = clean / noisy
    gain = torch.rand((2, 9, 7), generator=generator)

    def value(gain, clean=clean, noisy=noisy):
        got = answer(gain, noisy, clean)
        return got.detach() if torch.is_tensor(got) else got

    right = ((gain * noisy) ** 0.3 - clean**0.3).square().mean()
    trial.close(
        "a random gain",
        lambda: value(gain),
        right,
        rtol=1e-4,
        mistakes=[
            (
                ((gain * noisy) - clean).square().mean(),
                "nothing is compressed here: raise both to the power 0.3, so that soft sounds "
                "count",
            ),
            (
                ((gain * noisy - clean).abs() ** 0.3).mean(),
                "the difference was compressed: compress both, then subtract",
            ),
            (
                (gain * noisy**0.3 - clean**0.3).square().mean(),
                "the gain stands outside the power: compress what it leaves, gain * noisy_size",
            ),
            (
                (gain - ideal).square().mean(),
                "this compares masks: a cell of silence would count as much as a vowel",
            ),
            (
                ((gain * noisy) ** 0.3 - clean**0.3).square().sum(),
                "this is the sum: take the mean, or the loss depends on the length",
            ),
            (
                torch.nn.functional.binary_cross_entropy_with_logits(gain, clean),
                "this is cross-entropy: a magnitude is no probability",
            ),
            (((gain * noisy) ** 0.3 - clean**0.3).abs().mean(), "absolute values: take squares"),
            (((gain * noisy) ** 0.3 - clean**0.3).mean() ** 2, "square first, then the mean"),
            (right**0.5, "the root of the mean: the mean square is asked for"),
            (
                ((gain * clean) ** 0.3 - noisy**0.3).square().mean(),
                "exchanged: the gain belongs to noisy_size",
            ),
            (
                lambda got: got.ndim > 0,
                "a single number is asked for: take the mean over everything",
            ),
        ],
    )
    trial.that(
        "no gain is better than the one that gives the clean magnitudes",
        lambda: [float(value(g)) for g in (ideal, 0.9 * ideal, 1.1 * ideal)],
        lambda got: abs(got[0]) < 1e-6 and got[0] < min(got[1:]),
        expected="about 0 for the ideal gain, more for others",
        means="with gain = clean_size / noisy_size the loss is 0, and above 0 otherwise",
    )

    def slope_at_zero():
        zero = torch.zeros_like(gain, requires_grad=True)
        loss = answer(zero, noisy, clean)
        if torch.is_tensor(loss) and loss.requires_grad:
            loss.backward()
        return zero.grad

    trial.that(
        "a gain of 0 has a gradient without NaN",
        slope_at_zero,
        lambda got: got is not None and bool(torch.isfinite(got).all()),
        expected="finite numbers",
        mistakes=[
            (
                lambda got: got is None,
                "no gradient arrives at the gain: was it detached, or a number?",
            ),
        ],
        means="the slope of x ** 0.3 at 0 is infinite: clamp to a tiny number before the power",
    )


@exercise(
    "denoising.improvement",
    level="core",
    hints=(
        "Two scores for each pair, before and after, both against the clean sound.",
        "Hand the method a copy, `noisy.copy()`, and compute the score before from the original.",
        "The mean over the pairs of si_sdr_db(clean, estimate) - si_sdr_db(clean, noisy).",
    ),
)
def mean_improvement_db(answer, trial):
    clean = [_voice(seed) for seed in range(3)]
    noisy = [c + (0.3 + seed) * _hiss(seed) for seed, c in enumerate(clean)]
    softer = [c + 0.25 * (n - c) for c, n in zip(clean, noisy, strict=True)]

    def pairs():
        return [(n.copy(), c.copy()) for n, c in zip(noisy, clean, strict=True)]

    def ask(method):
        return _array(answer(method, pairs()))

    answers_to = {
        n.tobytes(): estimate for n, estimate in zip(noisy, softer, strict=True)
    }  # a method that removes three quarters of the noise, by knowing

    def good(audio):
        known = answers_to.get(np.ascontiguousarray(audio).tobytes())
        if known is None:
            raise ValueError("hand the method one noisy sound at a time, the first of each pair")
        return known.copy()

    def in_place(audio):
        audio[:] = good(audio)
        return audio

    before = [float(metrics.si_sdr_db(c, n)) for c, n in zip(clean, noisy, strict=True)]
    after = [float(metrics.si_sdr_db(c, s)) for c, s in zip(clean, softer, strict=True)]
    gained = float(np.mean(after) - np.mean(before))
    slips = [
        (
            lambda got: got.ndim == 0 and not got < 90,
            "infinite, or nearly: something is compared with itself; the reference is the clean "
            "sound, for both scores",
        ),
        (np.mean(after), "this is the score after: subtract the score of the noisy sound"),
        (-gained, "turned round: after minus before"),
        (gained * len(clean), "this is the sum: take the mean over the pairs"),
        (after[-1] - before[-1], "this is the last pair alone: take the mean over all of them"),
        (
            np.mean([float(metrics.si_sdr_db(n, s)) for n, s in zip(noisy, softer, strict=True)])
            - np.mean(before),
            "the estimate was compared with the noisy sound: the reference is the clean one",
        ),
        (
            np.mean([float(metrics.snr_db(c, s)) for c, s in zip(clean, softer, strict=True)])
            - np.mean([float(metrics.snr_db(c, n)) for c, n in zip(clean, noisy, strict=True)]),
            "this is the plain SNR: SI-SDR is asked for",
        ),
    ]
    trial.close(
        "a method that does nothing gains nothing",
        lambda: ask(lambda audio: audio),
        0,
        atol=1e-6,
        mistakes=[
            slips[0],
            (np.mean(before), "this is the score, not the gain: subtract that of the noisy sound"),
        ],
    )
    trial.close(
        "a method that removes three quarters of the noise",
        lambda: ask(good),
        gained,
        rtol=1e-4,
        mistakes=slips,
    )
    trial.close(
        "the same method, working in place",
        lambda: ask(in_place),
        gained,
        rtol=1e-4,
        mistakes=[
            (
                lambda got: abs(got) < 1e-6,
                "the method overwrote the noisy sound before you scored it: both scores are of "
                "the estimate. Hand over a copy",
            ),
            *slips,
        ],
    )


@exercise(
    "denoising.step",
    level="core",
    hints=(
        "Where do the weights lie? `next(network.parameters()).device`; move both batches there.",
        "Network in training mode, loss, `optimiser.zero_grad()`, `loss.backward()`, "
        "`optimiser.step()`.",
        "`al.models.denoising_loss(network(noisy), clean).mean()`; return `float(loss.detach())`.",
    ),
)
def learn_once(answer, trial):
    import torch

    from audiolessons import models, training

    device = training.pick_device()
    clean = torch.from_numpy(np.stack([_voice(seed, 2560) for seed in range(2)])).float()
    noisy = clean + torch.from_numpy(np.stack([_hiss(seed, 2560) for seed in range(2)])).float()

    def fresh():
        torch.manual_seed(0)
        network = models.MaskGRU(hidden_size=8, n_layers=1).to(device)
        return network, torch.optim.Adam(network.parameters(), lr=0.01)

    def loss_of(network, given=noisy, target=clean, mode=True):
        with torch.no_grad():
            network.train(mode)
            return float(models.denoising_loss(network(given.to(device)), target.to(device)).mean())

    first = loss_of(fresh()[0])
    swapped = loss_of(fresh()[0], clean, noisy)

    def one_step():
        network, optimiser = fresh()
        return answer(network, optimiser, noisy.clone(), clean.clone())

    def after_step():
        network, optimiser = fresh()
        answer(network, optimiser, noisy.clone(), clean.clone())
        return loss_of(network)

    where = f"on the {device.type}: "
    trial.close(
        where + "it returns the loss before the step",
        one_step,
        first,
        rtol=1e-3,
        mistakes=[
            (swapped, "given and wanted are exchanged: the network gets the noisy batch"),
            (2 * first, "this is the sum over the batch: take the mean"),
            (loss_of(fresh()[0].eval(), mode=False), "switch to training mode: network.train()"),
            (
                lambda got: got.shape == (2,),
                "one loss a sound came back: take the mean, as a float",
            ),
            (
                loss_of(fresh()[0], noisy, noisy),
                "the network was compared with what it was given: the target is the clean batch",
            ),
            (
                loss_of(fresh()[0], noisy, noisy - clean),
                "the target here is the noise: it is the clean batch",
            ),
            (
                loss_of(_stepped(fresh(), models, noisy, clean, device)),
                "this is the loss after the step: take it before",
            ),
        ],
    )
    trial.that(
        where + "it is a float that holds no graph",
        one_step,
        lambda got: isinstance(got, float),
        expected="a float",
        mistakes=[
            (
                lambda got: hasattr(got, "detach"),
                "a tensor keeps the whole graph alive: return float(loss.detach())",
            )
        ],
        means="return float(loss.detach())",
    )
    expected = loss_of(_stepped(fresh(), models, noisy, clean, device))
    trial.that(
        where + "one step lowers the loss, as one step of Adam does",
        after_step,
        lambda got: abs(got - expected) < 1e-2 * max(1, abs(expected)),
        expected=f"{expected:.2f} after the step, {first:.2f} before",
        mistakes=[
            (
                lambda got: abs(got - first) < 1e-4,
                "the weights did not move: backward, then optimiser.step()",
            ),
            (
                lambda got: got > first,
                "the loss rose: is the sign of the loss turned round?",
            ),
        ],
        means="the step is another one: zero_grad, backward and step, once each",
    )

    def gradients_do_not_pile_up():
        network, optimiser = fresh()
        for parameter in network.parameters():
            parameter.grad = torch.full_like(parameter, 1e3)
        answer(network, optimiser, noisy.clone(), clean.clone())
        return loss_of(network)

    trial.that(
        where + "gradients that were left over do not count",
        gradients_do_not_pile_up,
        lambda got: abs(got - expected) < 1e-2 * max(1, abs(expected)),
        expected=f"{expected:.2f} after the step",
        means="call optimiser.zero_grad() before backward, or old gradients pile up",
    )


def _stepped(fresh, models, noisy, clean, device):
    network, optimiser = fresh
    network.train()
    loss = models.denoising_loss(network(noisy.to(device)), clean.to(device)).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return network


@exercise(
    "denoising.stream",
    level="stretch",
    hints=(
        "Two things are remembered from one call to the next: the last hop that came, and the "
        "second half of the last frame, still waiting for its partner.",
        "frame = window * irfft(gain * rfft(window * both_hops)); out = (waiting + frame[:256]) "
        "divided by window[:256] ** 2 + window[256:] ** 2.",
        "A generator: `for hop in hops: ... yield (tail + frame[:256]) / square`, then "
        "`before, tail = hop, frame[256:]`.",
    ),
)
def clean_stream(answer, trial):
    check_stream(answer, trial)
