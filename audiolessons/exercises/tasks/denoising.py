"""Exercises of the chapter tasks/denoising: gains, measures, phases."""

from __future__ import annotations

import re
from math import comb

import numpy as np

from audiolessons import spectral
from audiolessons.exercises.engine import exercise, probe
from audiolessons.exercises.engine.inputs import noise

# --- Wiener's gain ------------------------------------------------------------------------------


def _gain(of_ratio, *, per_decade=10, base=10):
    """What becomes of the ratio of powers that a number of decibels stands for."""

    def gain_for(snr_db):
        return of_ratio(base ** (np.asarray(snr_db) / per_decade))

    return gain_for


def _first_alone(snr_db):
    return _gain(_wiener)(np.ravel(snr_db)[0])


def _wiener(ratio):
    return ratio / (1 + ratio)


@exercise(
    "denoising.gain",
    level="easy",
    hints=(
        "Decibels first: a ratio of powers is 10 to the power of a tenth of them.",
        "With that ratio xi the gain is xi / (1 + xi).",
        "At 0 dB it must be 0.5, at 10 dB 10/11.",
    ),
    probes=[
        probe("equally strong: half", 0.0),
        probe("10 dB: 10/11", 10),
        probe("-23 dB", -23.0),
        probe("an array of ratios gives an array of gains", np.array([-10.0, 3.0, 25.0])),
        probe("a table of whole decibels gives a table", np.array([[-30, -4], [7, 12], [1, 0]])),
    ],
    wrong=[
        (
            _gain(_wiener, per_decade=20),
            "this takes 20 dB for a factor of 10: the ratio is one of powers, so divide by 10",
        ),
        (
            _gain(_wiener, base=np.e),
            "decibels count in powers of 10: this raises e to a tenth of them",
        ),
        *(
            (
                lambda snr_db, ten=ten: _wiener(ten ** np.asarray(snr_db) / 10),
                "`10 ** snr_db / 10` raises first and divides then: brackets, "
                "`10 ** (snr_db / 10)`",
            )
            for ten in (10, 10.0)  # 10, an int, has no negative powers of whole numbers
        ),
        *(
            (
                lambda snr_db, ten=ten: _wiener(ten ** np.asarray(snr_db)),
                "these are bels: divide the decibels by 10 before you raise 10 to them",
            )
            for ten in (10, 10.0)
        ),
        (_gain(lambda ratio: 1 / (1 + ratio)), "this is the part of the noise: turn it round"),
        (
            _gain(lambda ratio: np.sqrt(_wiener(ratio))),
            "this is the root: the ratio mask, not Wiener's gain",
        ),
        (
            _gain(lambda ratio: _wiener(ratio) ** 2),
            "this is the square: what the gain does to the power",
        ),
        (_gain(lambda ratio: ratio), "this is the ratio itself: divide it by one more than itself"),
        (
            _gain(lambda ratio: ratio / 1 + ratio),
            "`xi / 1 + xi` divides by 1 alone: brackets, `xi / (1 + xi)`",
        ),
        (_gain(lambda ratio: (1 + ratio) / ratio), "upside down: a gain is at most 1"),
        (_gain(lambda ratio: ratio / (1 - ratio)), "one more than the ratio, not one less"),
        (
            lambda snr_db: np.asarray(snr_db) / (1 + np.asarray(snr_db)),
            "decibels went into the formula: turn them into a ratio of powers first",
        ),
        *(
            (switch, "this is a switch: between all and nothing lie all the gains of the formula")
            for switch in (
                lambda snr_db: 1.0 * (np.asarray(snr_db) > 0),
                lambda snr_db: 1.0 * (np.asarray(snr_db) >= 0),
            )
        ),
        (
            _gain(lambda ratio: 10 * np.log10(_wiener(ratio))),
            "this is the gain in decibels: a factor is asked for",
        ),
        (_gain(lambda ratio: 100 * _wiener(ratio)), "these are percent: a factor is asked for"),
        (_first_alone, "of an array only the first came back: compute with all of it"),
    ],
    valid=lambda random: (
        float(random.uniform(-40, 40))
        if random.random() < 0.5
        else random.uniform(-40, 40, tuple(random.integers(1, 5, 2))),
    ),
)
def gain_for(snr_db):
    return _gain(_wiener)(snr_db)


# --- by ear -------------------------------------------------------------------------------------

VERSIONS = 5  # rain, rain below 1 kHz, subtraction, ratio mask, random phases


def order_of_versions() -> np.ndarray:
    """Which version the player of the exercise plays under A, B, and so on."""
    return np.random.default_rng(1984).permutation(VERSIONS)


def _letters(places) -> str:
    return "".join("ABCDE"[place] for place in places)


def _with(*exchanges) -> str:
    """The right letters, some of them exchanged."""
    places = list(np.argsort(order_of_versions()))
    for one, other in exchanges:
        places[one], places[other] = places[other], places[one]
    return _letters(places)


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
    observe=lambda answer: "".join(re.findall("[A-Z0-9]", str(answer).upper())),
    probes=[probe("each letter stands at the place of its version")],
    wrong=[
        (
            _letters(order_of_versions()),
            "turned round: the first letter is the version in untouched rain, and so on",
        ),
        *(
            (
                "".join(str(place + 1) for place in places),
                "these are the right numbers for letters: write the letter under which the "
                "untouched rain plays, then that of the second version, and so on",
            )
            for places in (order_of_versions(), np.argsort(order_of_versions()))
        ),
        (
            _with((0, 1)),
            "the two in the rain are exchanged: one of them lacks what is above 1 kHz",
        ),
        (
            _with((2, 4)),
            "subtraction and random phases are exchanged: the first twitters and keeps its melody, "
            "the second is a rough whisper without one",
        ),
        (
            _with((2, 3)),
            "subtraction and ratio mask are exchanged: listen to the pause before the first word",
        ),
        (
            _with((3, 4)),
            "ratio mask and random phases are exchanged: one is nearly clean, one whispers",
        ),
        (
            _with((0, 2)),
            "the untouched rain and the subtraction are exchanged: rain hisses evenly, what is "
            "left of it twitters",
        ),
        (
            _with((0, 1), (2, 3)),
            "two pairs are exchanged: the two in the rain, and subtraction and ratio mask",
        ),
    ],
)
def letters():
    return _with()


# --- more than luck -----------------------------------------------------------------------------


def _first_number(is_rare, *, otherwise=lambda n_trials: n_trials + 1):
    """The smallest number of right answers of which the condition holds, or one too many."""

    def fewest_right(n_trials):
        numbers = range(n_trials + 1)
        return next((r for r in numbers if is_rare(r, n_trials)), otherwise(n_trials))

    return fewest_right


def _tail(n_right, n_trials):
    """How often a guesser gets this many right, or more."""
    return sum(comb(n_trials, k) for k in range(n_right, n_trials + 1)) / 2**n_trials


def _after_fewest(change):
    return lambda n_trials: change(fewest_right(n_trials), n_trials)


@exercise(
    "denoising.fewest",
    level="easy",
    hints=(
        "How often does a guesser get r or more right? Count the ways, out of 2 ** n.",
        "`sum(math.comb(n, k) for k in range(r, n + 1)) / 2**n`",
        "Go up from r = 0, and return the first r for which that is at most 0.05.",
    ),
    probes=[
        probe(f"{n_trials} trials", n_trials, rtol=0, atol=1e-9)
        for n_trials in (10, 5, 6, 7, 8, 13, 16, 23, 30, 37, 40, 100)
    ],
    wrong=[
        (
            _after_fewest(lambda right, n_trials: right - 1),
            "one too few: a guesser gets this many, or more, in over 5 % of the tests",
        ),
        (_after_fewest(lambda right, n_trials: right + 1), "one too many: one less is rare enough"),
        (
            _first_number(lambda r, n: r > n / 2 and comb(n, r) / 2**n <= 0.05),
            "this counts the ways for exactly r: r or more is asked for, so add them up",
        ),
        (
            _first_number(lambda r, n: comb(n, r) / 2**n <= 0.05),
            "0 right, or more, happens always: go up to the first number that, with all above it, "
            "happens in at most 0.05 of the tests",
        ),
        *(
            (
                _first_number(lambda r, n, part=part: _tail(r, n) <= part, otherwise=otherwise),
                message,
            )
            for part, message in (
                (
                    0.025,
                    "this halves the 5 %: only many right answers speak for hearing, so there is "
                    "one side",
                ),
                (0.01, "this allows luck 1 % of the tests: it may have 5 %"),
            )
            for otherwise in (lambda n: n + 1, lambda n: None)
        ),
        (
            lambda n: n,
            "this is n_trials itself: fewer are rare enough, too. Does `return` come in the first "
            "round of the loop?",
        ),
        (lambda n: int(np.ceil(0.95 * n)), "95 % right is not the same as 5 % by luck"),
        (
            _after_fewest(lambda right, n_trials: n_trials - right),
            "so few right are as rare, but they do not speak for hearing: count from r upwards",
        ),
        *(
            (
                lambda n, middle=middle: int(np.ceil(n / 2 + middle + 1.645 * np.sqrt(n) / 2)),
                "the bell curve is only near the counts: add up the ways themselves",
            )
            for middle in (0, 0.5)
        ),
        (
            _after_fewest(_tail),
            "this is the chance of so many right: the number of right answers is asked for",
        ),
        (
            _after_fewest(lambda right, n_trials: right / n_trials),
            "this is the share: the number of right answers is asked for",
        ),
        (
            _first_number(lambda r, n: _tail(r, n) <= 0.1),
            "a guesser gets this many in up to 10 % of the tests: at most 5 % are allowed",
        ),
    ],
    valid=lambda random: (int(random.integers(5, 80)),),
)
def fewest_right(n_trials):
    return _first_number(lambda r, n: _tail(r, n) <= 0.05)(n_trials)


# --- a ratio that ignores the volume ------------------------------------------------------------


def _overlap(truth, estimate):
    return np.sum(estimate * truth)


def _energy(audio):
    return np.sum(audio**2)


def _si_sdr(
    *,
    scale=lambda t, e: _overlap(t, e) / _energy(t),
    above=lambda a, t, e: a * t,
    below=lambda a, t, e: e - a * t,
    energy=_energy,
    decibels=lambda ratio: 10 * np.log10(ratio),
):
    """The ratio with its parts exchangeable."""

    def scale_invariant_db(truth, estimate):
        a = scale(truth, estimate)
        parts = [energy(part(a, truth, estimate)) for part in (above, below)]
        return decibels(parts[0] / parts[1])

    return scale_invariant_db


def _summed_rest(a, truth, estimate):
    return 10 * np.log10(_energy(a * truth) / np.sum(estimate - a * truth) ** 2)


def _half_squared(a, truth, estimate):
    return 10 * np.log10(np.sum(a * truth**2) / _energy(estimate - a * truth))


def _of_quotients(total):
    def scale_invariant_db(truth, estimate):
        voice = _overlap(truth, estimate) / _energy(truth) * truth
        return 10 * np.log10(total(voice**2 / (estimate - voice) ** 2))

    return scale_invariant_db


def _without_mean(truth, estimate):
    return _si_sdr()(truth - truth.mean(), estimate - estimate.mean())


TRUTH = noise(400)
ESTIMATE = 0.5 * TRUTH + 0.2 * noise(400, seed=1)


@exercise(
    "denoising.si_sdr",
    level="core",
    hints=(
        "First the scale: how much of `truth` is in `estimate`? Two sums and a division.",
        "a = sum(estimate * truth) / sum(truth ** 2). The rest is estimate - a * truth.",
        "10 log10 of the energy of a * truth over the energy of the rest.",
    ),
    probes=[
        probe(what, *sounds, rtol=1e-4, atol=1e-4)
        for what, sounds in {
            "a sound at half its level, in noise": (TRUTH, ESTIMATE),
            "the same estimate, four times as loud": (TRUTH, 4 * ESTIMATE),
            "the same estimate, turned upside down": (TRUTH, -ESTIMATE),
            "a constant that was added counts as an error": (TRUTH, ESTIMATE + 0.3),
            "a softer truth of 57 samples, in more noise": (
                0.1 * noise(57, seed=2) + 0.02,
                0.3 * noise(57, seed=2) + noise(57, seed=3),
            ),
        }.items()
    ],
    wrong=[
        (_si_sdr(scale=lambda t, e: 1), "this is the plain SNR: the scale is missing"),
        (
            _si_sdr(above=lambda a, t, e: t),
            "the voice above the line needs the scale too: it is a times the truth",
        ),
        (
            _si_sdr(below=lambda a, t, e: e - t),
            "the scale is missing in the rest: take a times the truth from the estimate",
        ),
        *(
            (
                wrong,
                "too high: what stands above the line is the voice in the estimate, a times the "
                "truth; and it is the truth that is scaled, not the estimate",
            )
            for wrong in (
                _si_sdr(above=lambda a, t, e: e),
                _si_sdr(
                    scale=lambda t, e: _overlap(t, e) / _energy(e),
                    above=lambda a, t, e: t,
                    below=lambda a, t, e: t - a * e,
                ),
            )
        ),
        (
            _si_sdr(decibels=lambda ratio: 20 * np.log10(ratio)),
            "twice as many decibels: energies take 10 log10, amplitudes 20",
        ),
        (
            _si_sdr(energy=lambda part: np.sqrt(_energy(part))),
            "half as many decibels: leave the root, or take 20 log10 with it",
        ),
        (
            _si_sdr(energy=lambda part: np.sum(np.abs(part))),
            "these are sums of sizes: square each sample",
        ),
        *(
            (wrong, "square each sample, then sum: this squares the sum")
            for wrong in (
                _si_sdr(energy=lambda part: np.sum(part) ** 2),
                _si_sdr(scale=lambda t, e: _overlap(t, e) / np.sum(t) ** 2),
                lambda t, e: _summed_rest(_overlap(t, e) / _energy(t), t, e),
            )
        ),
        (
            lambda t, e: _half_squared(_overlap(t, e) / _energy(t), t, e),
            "`a * t ** 2` squares the truth alone: brackets, `(a * t) ** 2`",
        ),
        *(
            (wrong, "sum first, then divide: this divides sample by sample")
            for wrong in (_of_quotients(np.sum), _of_quotients(np.mean))
        ),
        (
            _si_sdr(scale=lambda t, e: np.mean(e * t) / _energy(t)),
            "a mean over a sum: take two sums for a, or two means",
        ),
        (
            _si_sdr(decibels=lambda ratio: -10 * np.log10(ratio)),
            "turned round: this is the rest over the voice",
        ),
        (_si_sdr(decibels=np.log10), "a tenth of it: decibels are 10 times the log10"),
        (
            _si_sdr(decibels=lambda ratio: 10 * np.log(ratio)),
            "natural logarithm: take log10",
        ),
        (_si_sdr(decibels=lambda ratio: ratio), "this is the ratio: decibels are asked for"),
        (
            _si_sdr(scale=lambda t, e: np.sqrt(_energy(e) / _energy(t))),
            "a is no ratio of levels: multiply both, sample by sample, and sum",
        ),
        (
            _si_sdr(scale=lambda t, e: _overlap(t, e)),
            "divide the sum of the products by the energy of the truth",
        ),
        (
            _si_sdr(scale=lambda t, e: _overlap(t, e) / np.sqrt(_energy(t))),
            "divided by the root of the energy: the energy itself stands below",
        ),
        (
            _si_sdr(scale=lambda t, e: _overlap(t, e) / np.sqrt(_energy(t) * _energy(e))),
            "this a is a correlation: divide by the energy of the truth alone",
        ),
        (
            _si_sdr(scale=lambda t, e: _overlap(t, e) / _energy(e)),
            "divide by the energy of the truth, not of the estimate",
        ),
        (
            _si_sdr(scale=lambda t, e: _energy(t) / _overlap(t, e)),
            "a is upside down: the energy of the truth stands below",
        ),
        (
            _si_sdr(scale=lambda t, e: abs(_overlap(t, e)) / _energy(t)),
            "the sign of a is lost: an estimate that is upside down has a negative one",
        ),
        (_without_mean, "subtract no mean: the formula does not"),
    ],
    valid=lambda random: (
        truth := random.standard_normal(int(random.integers(20, 200))),
        random.normal() * truth + random.uniform(0.1, 2) * random.standard_normal(len(truth)),
    ),
    forbidden={"nothing of al.metrics": ("metrics", "si_sdr_db")},
)
def scale_invariant_db(truth, estimate):
    return _si_sdr()(truth, estimate)


# --- subtraction with a floor -------------------------------------------------------------------


def _left(noisy, noise_power, over, floor):
    return np.maximum(noisy - over * noise_power, floor * noise_power)


def _subtracted(*, left=_left, by=lambda noisy, noise_power: noisy, root=np.sqrt, most=1.0):
    """The gain with its parts exchangeable."""

    def subtracted_gain(noisy_power, noise_power, over_subtraction, floor):
        part = left(noisy_power, noise_power, over_subtraction, floor)
        return np.minimum(root(part / by(noisy_power, noise_power)), most)

    return subtracted_gain


def _powers(n_bins, n_frames, seed):
    """Powers of noise with a voice in some cells, and the mean power of the noise."""
    random = np.random.default_rng(seed)
    noise_power = random.uniform(0.5, 2.0, (n_bins, 1))
    noisy = noise_power * random.exponential(size=(n_bins, n_frames))
    return noisy + 10 * (random.random((n_bins, n_frames)) > 0.7) + 1e-3, noise_power


@exercise(
    "denoising.subtract",
    level="core",
    hints=(
        "What is left of the power: max(noisy - over_subtraction * noise, floor * noise).",
        "A gain multiplies the spectrum, so its square multiplies the power.",
        "`np.minimum(np.sqrt(left / noisy_power), 1)`",
    ),
    probes=[
        probe(
            f"{n_bins} bins, {n_frames} frames: {over:g} times the noise, floor {floor:g}",
            *_powers(n_bins, n_frames, seed),
            over,
            floor,
        )
        for seed, (n_bins, n_frames, over, floor) in enumerate(
            [
                (6, 9, 1.0, 0.0),
                (3, 20, 2.0, 0.1),
                (5, 4, 4.0, 0.02),
                (7, 7, 0.5, 0.9),
                (2, 30, 3, 1),
            ]
        )
    ],
    wrong=[
        (_subtracted(root=lambda part: part), "the root is missing: this gain is one of powers"),
        *(
            (
                _subtracted(by=lambda noisy, noise_power: 1.0, most=most),
                "this is the root of the power that is left: the gain is the root of its part of "
                "the noisy power, so divide",
            )
            for most in (1, np.inf)
        ),
        *(
            (
                _subtracted(by=lambda noisy, noise_power: 1.0, root=lambda part: part, most=most),
                "this is the power that is left: the gain is the root of its part",
            )
            for most in (1, np.inf)
        ),
        (
            _subtracted(most=np.inf),
            "where the floor lies above the noisy power the gain is above 1: keep it at 1",
        ),
        (
            _subtracted(root=lambda part: part, most=np.inf),
            "the root is missing, and where the floor lies above the noisy power the gain is to "
            "stay at 1",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x - over * v, floor * x)),
            "the floor is a part of the noise's power, not of the noisy power",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x - over * v, floor)),
            "the floor is a part of the noise's power: multiply it by that",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x - over * v, 0)),
            "the floor is missing: with floor above 0 no gain is 0",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: _left(x, v, 1, floor)),
            "over_subtraction has no effect: subtract that many times the noise",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: _left(x, v, floor, over)),
            "over_subtraction and floor are exchanged",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x - v, 0) + floor * v),
            "over_subtraction has no effect, and the floor is added: take the larger of the two",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x - over * v, 0) + floor * v),
            "the floor is added: take the larger of the two",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.minimum(x - over * v, floor * v)),
            "the smaller of the two was taken: what is left is the larger",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(x + over * v, floor * v)),
            "the noise is added: subtract it",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.maximum(over * x - v, floor * v)),
            "it is the noise that is multiplied by over_subtraction",
        ),
        (
            lambda x, v, over, floor: np.maximum(
                _subtracted(left=lambda x, v, over, floor: np.maximum(x - over * v, 0))(
                    x, v, over, floor
                ),
                floor,
            ),
            "the floor was taken for a gain: it is a part of the noise's power",
        ),
        *(
            (
                lambda x, v, over, floor, most=most: np.minimum(
                    _left(np.sqrt(x), np.sqrt(v), over, floor) / np.sqrt(x), most
                ),
                "magnitudes were subtracted: the formula subtracts powers",
            )
            for most in (1, np.inf)
        ),
        *(
            (
                lambda x, v, over, floor, most=most: np.minimum(
                    np.sqrt(_left(x, v, over, floor)) / x, most
                ),
                "divide before you take the root: the noisy power belongs under it",
            )
            for most in (1, np.inf)
        ),
        (
            _subtracted(
                left=lambda x, v, over, floor: np.where(x > over * v, x - over * v, floor * v)
            ),
            "where hardly more than the noise came in, what is left may lie below the floor: take "
            "the larger of the two everywhere",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: np.abs(x - over * v)),
            "a negative power was turned positive: the floor belongs there",
        ),
        *(
            (
                _subtracted(by=lambda x, v: v, most=most),
                "divide by the noisy power, not by the noise's",
            )
            for most in (1, np.inf)
        ),
        (
            _subtracted(left=lambda x, v, over, floor: x - over * v),
            "there is NaN: the power left was negative, so take the maximum with the floor before "
            "the root",
        ),
        (
            _subtracted(left=lambda x, v, over, floor: _left(x, v.mean(), over, floor)),
            "each bin has a noise of its own: this takes their mean",
        ),
    ],
    valid=lambda random: (
        *_powers(*random.integers(1, 9, 2), int(random.integers(1000))),
        float(random.uniform(0.3, 5)),
        float(random.choice([0, random.uniform(0, 1)])),
    ),
    forbidden={
        "no al.enhancement": ("enhancement", "spectral_subtraction_gain"),
    },
)
def subtracted_gain(noisy_power, noise_power, over_subtraction, floor):
    return _subtracted()(noisy_power, noise_power, over_subtraction, floor)


# --- borrowed phases ----------------------------------------------------------------------------


def _stft(audio, hop_length=256):
    return spectral.stft(audio, n_fft=512, hop_length=hop_length)


def _sound(spectrum, audio, hop_length=256):
    return spectral.istft(spectrum + 0j, hop_length=hop_length, length=len(audio))


def _borrowed(
    *,
    combine=lambda own, other: np.abs(own) * np.exp(1j * np.angle(other)),
    low=None,
    back=_sound,
    hop_length=256,
):
    """The exchange with its parts exchangeable; `low(n_bins)` says which rows are exchanged."""

    def borrow_phases(sizes_from, phases_from, n_bins):
        own, other = _stft(sizes_from, hop_length), _stft(phases_from, hop_length)
        rows = low(n_bins) if low else slice(None, n_bins)
        phases_of = own.copy()
        phases_of[rows] = other[rows]
        return back(combine(own, phases_of), sizes_from, hop_length)

    return borrow_phases


def _exchanged(sizes_from, phases_from, n_bins):
    return _borrowed()(phases_from, sizes_from, n_bins)


def _halves(sizes_from, phases_from, n_bins):
    """Whole spectra below the limit, not their phases alone."""
    return _borrowed(combine=lambda own, phases_of: phases_of)(sizes_from, phases_from, n_bins)


def _both_phases(sizes_from, phases_from, n_bins):
    own = _stft(sizes_from)
    own[:n_bins] *= np.exp(1j * np.angle(_stft(phases_from)[:n_bins]))
    return _sound(own, sizes_from)


def _silent_above(sizes_from, phases_from, n_bins):
    own = _stft(sizes_from)
    own[n_bins:] = 0
    return _sound(np.abs(own) * np.exp(1j * np.angle(_stft(phases_from))), sizes_from)


def _zero_above(sizes_from, phases_from, n_bins):
    angles = np.angle(_stft(phases_from))
    angles[n_bins:] = 0
    return _sound(np.abs(_stft(sizes_from)) * np.exp(1j * angles), sizes_from)


def _frames_not_bins(sizes_from, phases_from, n_bins):
    own, phases_of = _stft(sizes_from), _stft(sizes_from)
    phases_of[:, :n_bins] = _stft(phases_from)[:, :n_bins]
    return _sound(np.abs(own) * np.exp(1j * np.angle(phases_of)), sizes_from)


def _of_the_whole(sizes_from, phases_from, n_bins):
    own, other = np.fft.rfft(sizes_from), np.fft.rfft(phases_from)
    phases_of = own.copy()
    phases_of[:n_bins] = other[:n_bins]
    return np.fft.irfft(np.abs(own) * np.exp(1j * np.angle(phases_of)), len(sizes_from))


@exercise(
    "denoising.phases",
    level="core",
    hints=(
        "Two spectra: np.abs of the first for all bins; np.angle of the first, and of the second.",
        "Rows are bins: `phases[:n_bins] = other[:n_bins]`. A size and a phase make a complex "
        "number: size * np.exp(1j * phase).",
        "Back with al.spectral.istft(..., hop_length=256, length=len(sizes_from)).",
    ),
    probes=[
        probe(what, noise(n_samples, seed=seed), noise(n_samples, seed=seed + 1), n_bins, atol=1e-5)
        for what, n_samples, seed, n_bins in (
            ("the phases of the second in all 257 bins", 4000, 0, 257),
            ("in the lowest 100 bins", 2900, 2, 100),
            ("in the lowest 8 bins of a short sound", 700, 4, 8),
            ("in none: the sound itself", 1500, 6, 0),
        )
    ],
    wrong=[
        (_exchanged, "exchanged: the first gives the magnitudes, the second the phases"),
        (
            _borrowed(low=lambda n_bins: slice(None)),
            "n_bins has no effect: above that bin each phase stays that of the first",
        ),
        (
            _borrowed(low=lambda n_bins: slice(n_bins, None)),
            "the phases of the second belong below, in the lowest n_bins bins",
        ),
        (
            _borrowed(low=lambda n_bins: slice(None, n_bins + 1)),
            "one bin too many: `[:n_bins]` takes n_bins of them",
        ),
        (
            _borrowed(low=lambda n_bins: slice(1, n_bins)),
            "bin 0 belongs to the lowest bins, too: `[:n_bins]`",
        ),
        (_halves, "the low bins came over whole: take only their phases, not their magnitudes"),
        (_silent_above, "above the lowest n_bins bins nothing is left: they keep their own phases"),
        (_zero_above, "above the lowest n_bins bins the phases are 0: they keep their own"),
        (_frames_not_bins, "the first n_bins frames were exchanged: bins are rows, `[:n_bins]`"),
        (
            lambda sizes_from, phases_from, n_bins: sizes_from,
            "this is the first sound: its own phases were used",
        ),
        (
            lambda sizes_from, phases_from, n_bins: phases_from,
            "this is the second sound: its own magnitudes were used",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own)),
            "these are the magnitudes with phases of 0: multiply with np.exp(1j * phase)",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own) * np.angle(other)),
            "sizes times angles: a phase enters as np.exp(1j * phase)",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own) * np.exp(np.angle(other))),
            "the 1j is missing in np.exp(1j * phase)",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own) ** 2 * np.exp(1j * np.angle(other))),
            "powers: take magnitudes",
        ),
        (
            _borrowed(combine=lambda own, other: own * np.exp(1j * np.angle(other))),
            "the phases of the first went in as well: take np.abs of its spectrum",
        ),
        (
            _both_phases,
            "in the low bins the phases of the first went in as well: they are replaced there",
        ),
        (
            _borrowed(low=lambda n_bins: slice(-n_bins, None)),
            "these are the highest bins: the lowest n_bins are `[:n_bins]`",
        ),
        (
            _borrowed(hop_length=128),
            "the frames start every 128 samples here: one every 256 is asked for",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own) * other),
            "the magnitudes of the second came in as well: take only its np.angle",
        ),
        (
            _borrowed(combine=lambda own, other: np.abs(own) * np.exp(-1j * np.angle(other))),
            "the phases run backwards: there is a minus too many",
        ),
        (
            _borrowed(back=lambda spectrum, audio, hop: spectrum),
            "this is a spectrum: go back to a sound with al.spectral.istft",
        ),
        (
            _borrowed(back=lambda spectrum, audio, hop: spectral.istft(spectrum, hop_length=hop)),
            "the length is another one: give istft `length=len(sizes_from)`",
        ),
        (_of_the_whole, "this is one spectrum of the whole sound: frames of 512 are asked for"),
    ],
    valid=lambda random: (
        *random.standard_normal((2, int(random.integers(300, 2000)))),
        int(random.integers(0, 258)),
    ),
)
def borrow_phases(sizes_from, phases_from, n_bins):
    return _borrowed()(sizes_from, phases_from, n_bins)


# They follow in the chapter, so they are stated after these.
from audiolessons.exercises.tasks import _denoising_bugs, _denoising_networks  # noqa: E402, F401
