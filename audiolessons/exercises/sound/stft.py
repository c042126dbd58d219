"""Exercises of the chapter sound/stft."""

from __future__ import annotations

import numpy as np

from audiolessons import spectral

from .._engine import exercise

KEY_ROWS = ("123", "456", "789", "*0#")


def _array(value) -> np.ndarray:
    """What an answer returned, before a check computes with it."""
    if value is ...:
        raise NotImplementedError  # the stub's dots: not attempted yet
    if value is None:
        raise TypeError("None is no array")  # the engine asks for the `return`
    return np.asarray(value)


def _noise(n_samples, seed=0):
    return np.random.default_rng(seed).standard_normal(n_samples)


@exercise(
    "stft.bin",
    level="easy",
    hints=(
        "Bin k asks how much of `x` turns k times while the sound lasts. Make that phasor, one "
        "value a sample.",
        "With n = 0, 1, ..., T - 1 the phasor is exp(-2 pi i k n / T).",
        "Multiply it by `x` and sum: `np.sum(x * np.exp(-2j * np.pi * k * n / len(x)))`.",
    ),
)
def one_bin(answer, trial):
    n = np.arange(32)
    cosine, sine = np.cos(2 * np.pi * 3 * n / 32), np.sin(2 * np.pi * 3 * n / 32)

    def summed(x, k, turns):
        return np.sum(x * np.exp(turns * k * np.arange(len(x)) / len(x)))

    def slips(x, k):
        """Errors of any sound and bin."""
        right = np.fft.fft(x)[k]
        late = right * np.exp(-2j * np.pi * k / len(x))
        return [
            (right / len(x), f"divided by {len(x)}: the DFT only sums (the inverse divides by T)"),
            (
                lambda got: abs(right.imag) > 1e-6 and np.isclose(got, np.conj(right)),
                "the phasor turns the wrong way: the exponent has a minus sign",
            ),
            (summed(x, k, -1j * np.pi), "the 2 of 2 pi is missing: this makes half the turns"),
            (summed(x, k, -2j), "pi is missing: a whole turn is 2 pi"),
            (summed(x, k, -2 * np.pi), "the result is real and fades: did exp get its 1j?"),
            (late, "n starts at 1: the first sample is number 0"),
            (lambda got: np.shape(got) == (1,), "the number is wrapped in an array: return X[k]"),
            (
                lambda got: np.shape(got) == (len(x),) and np.isclose(np.sum(got), right),
                "these are the products: add them up",
            ),
            (lambda got: np.shape(got) == (len(x),), "these are many numbers: return bin k alone"),
        ]

    saw_cosine = trial.close(
        "32 samples of a cosine that turns 3 times have X[3] = 16",
        lambda: answer(cosine, 3),
        16,
        atol=1e-9,
        mistakes=[
            (
                lambda got: abs(got) < 1e-9,
                "nothing was found: does the phasor turn 3 times while n goes from 0 to T? "
                "(exp(-2 pi i k n), without the division by T, is 1 at every sample)",
            ),
            *slips(cosine, 3),
        ],
    )
    saw_sine = trial.close(
        "a sine that turns 3 times has X[3] = -16j",
        lambda: answer(sine, 3),
        -16j,
        atol=1e-9,
        mistakes=[
            (
                lambda got: saw_cosine and abs(got) < 1e-9,
                "correlating with a cosine alone cannot see a sine: use the complex phasor",
            ),
            (16, "the phase is lost: return the complex sum, not its absolute value"),
            *slips(sine, 3),
        ],
    )
    x = _noise(45)
    trial.close(
        "bin 7 of 45 samples of noise agrees with np.fft.fft",
        lambda: answer(x, 7),
        np.fft.fft(x)[7],
        mistakes=[
            (np.fft.fft(x, 32)[7], "the length is fixed at 32 somewhere: use len(x)"),
            *slips(x, 7),
        ],
        means="it held for 32 samples: does your phasor take its length from x?"
        if saw_cosine and saw_sine
        else "",
    )


def dialled() -> np.ndarray:
    """The keys that the chapter dials, as (row, column) pairs: shape (6, 2)."""
    random = np.random.default_rng(1876)  # the year of the first telephone call
    return np.stack([random.integers(0, 4, 6), random.integers(0, 3, 6)], axis=1)


@exercise(
    "stft.dial",
    level="easy",
    hints=(
        "Each key shows two bright lines, one below and one above 1050 Hz. Read both off.",
        "The lower line names the row of the keypad, the upper one the column.",
        "The first key has its lines near 697 and 1477 Hz: first row, third column, key 3. The "
        "answer is a text of six characters such as `'12*45#'`.",
    ),
)
def dial(answer, trial):
    truth = "".join(KEY_ROWS[row][column] for row, column in dialled())
    flat = "".join(KEY_ROWS)
    transposed = "".join((KEY_ROWS[c][r] if r < 3 else "?") for r, c in dialled())

    def wrong_keys(got, which):
        found = [divmod(flat.index(key), 3)[which] for key in got]
        wanted = [place[which] for place in dialled()]
        return [i for i in range(6) if found[i] != wanted[i]]

    def look_at(which):
        places = [str(i + 1) for i in wrong_keys(answer, which)]
        return f"look again at key {', '.join(places)} of the six"

    is_six = trial.that(
        "the answer is a text of six keys",
        lambda: answer,
        lambda got: isinstance(got, str) and len(got) == 6 and set(got) <= set(flat),
        expected="six characters out of 0-9, * and #",
        mistakes=[
            (
                lambda got: isinstance(got, int | np.integer),
                "put it in quotation marks: a number cannot hold * or a leading 0",
            ),
            (
                lambda got: isinstance(got, list | tuple),
                "write the keys as one text, in one pair of quotation marks: '12*45#'",
            ),
            (
                lambda got: not set(got) <= set(flat),
                "only 0 to 9, * and # are keys: leave out spaces and letters",
            ),
            (lambda got: len(got) != 6, "count the bursts: there are six"),
        ],
    )
    if not is_six:
        return
    swapped = [
        (
            lambda got: got == truth[::-1],
            "this is the right number backwards: time runs from left to right",
        ),
        (
            lambda got: sum(g == t for g, t in zip(got, transposed, strict=True)) >= 4,
            "rows and columns are exchanged: the lower tone names the row",
        ),
    ]
    trial.that(
        "the rows, told by the lower tones, are right",
        lambda: answer,
        lambda got: not wrong_keys(got, 0),
        expected="the row of every key",
        mistakes=swapped,
        means=f"{look_at(0)}: compare the lower line with 697, 770, 852 and 941 Hz",
    )
    trial.that(
        "the columns, told by the upper tones, are right",
        lambda: answer,
        lambda got: not wrong_keys(got, 1),
        expected="the column of every key",
        mistakes=swapped,
        means=f"{look_at(1)}: compare the upper line with 1209, 1336 and 1477 Hz",
    )


@exercise(
    "stft.separate",
    level="core",
    hints=(
        "The main lobe of a Hann window is 4 bins wide. How many hertz is one bin?",
        "Two lobes of 4 bins, each around its tone, stop overlapping when the tones are 4 bins "
        "apart: high_hz - low_hz >= 4 * sample_rate / n_fft.",
        "Solve for n_fft, then round up: `2 ** int(np.ceil(np.log2(...)))`.",
    ),
)
def separate(answer, trial):
    def needed(low_hz, high_hz, sample_rate):
        return 2 ** int(np.ceil(np.log2(4 * sample_rate / (high_hz - low_hz))))

    def mistakes(low_hz, high_hz, sample_rate):
        right = needed(low_hz, high_hz, sample_rate)
        exact = 4 * sample_rate / (high_hz - low_hz)
        bins = (high_hz - low_hz) / (sample_rate / (right // 2))
        return [
            (
                right // 4,
                f"so the tones lie only {bins / 2:.1f} bins apart, and a main lobe of Hann is 4 "
                "bins wide",
            ),
            (
                right // 2,
                f"so the tones lie only {bins:.1f} bins apart, and the lobes overlap: did you "
                "round down, or count half a lobe?",
            ),
            (np.log2(right), "this is the exponent: n_fft is 2 to that power"),
            (right * 2, "this works, but half of it does too, and blurs time half as much"),
            (
                lambda got: abs(got - exact) < 1 and exact != right,
                "the smallest number is right, but it is no power of two yet: round up",
            ),
            (lambda got: got < 1, "less than one sample: is the fraction upside down?"),
        ]

    for low_hz, high_hz, sample_rate in ((1000, 1050, 8000), (440, 466, 44100)):
        trial.close(
            f"tones of {low_hz} and {high_hz} Hz at {sample_rate} Hz",
            lambda: answer(low_hz, high_hz, sample_rate=sample_rate),  # noqa: B023 - called at once
            needed(low_hz, high_hz, sample_rate),
            mistakes=mistakes(low_hz, high_hz, sample_rate),
            means="how far apart are the tones, counted in bins of sample_rate / n_fft?",
        )
    trial.that(
        "the result is a whole number",
        lambda: answer(3000, 3100, sample_rate=16000),
        lambda got: isinstance(got, int | np.integer),
        expected="an int",
        mistakes=[(lambda got: isinstance(got, float), "make it an int: n_fft counts samples")],
    )


@exercise(
    "stft.inverse",
    level="core",
    hints=(
        "Turn each column back into n_fft samples with `np.fft.irfft(spectrum, axis=0)`.",
        "Window the frames once more, add frame n to `total[n * hop_length:][:n_fft]`, and add the "
        "squared window to `weight` at the same place.",
        "At the end divide `total` by `weight`. The very first sample has weight 0: use "
        "`total / np.maximum(weight, 1e-12)`.",
    ),
)
def inverse(answer, trial):
    n_fft, n_frames = 64, 30
    taps = spectral.window("hann", n_fft)
    inside = slice(8, -8)  # at the very edges the weights are too small to divide by

    def spectrum_of(sound, hop_length):
        return spectral.stft(sound, n_fft=n_fft, hop_length=hop_length, center=False)

    def added(frames, hop_length):
        return spectral.overlap_add(frames, hop_length=hop_length)[inside]

    sounds = {hop: _noise(n_fft + hop * (n_frames - 1), seed=hop) for hop in (16, 20, 32)}
    fits = trial.that(
        "30 frames of 64 samples, 16 apart, make a sound of 528 samples",
        lambda: _array(answer(spectrum_of(sounds[16], 16), 16)).shape,
        lambda got: got == (528,),
        expected="(528,)",
        mistakes=[
            (
                lambda got: got == (64 * 30,),
                "the frames stand end to end: they start hop_length apart, so they overlap",
            ),
            (
                lambda got: len(got) == 2 and n_fft not in got,
                "irfft ran along the frames: give it axis=0, each column is one spectrum",
            ),
            (
                lambda got: len(got) == 2,
                "these are still frames: lay them hop_length apart and add them up",
            ),
            (
                lambda got: got == (480,),
                "the end is missing: the last frame starts at hop * (N - 1) and has n_fft samples",
            ),
            (
                lambda got: got == (64,),
                "this is one frame: all of them are to be added, each in its place",
            ),
        ],
        means="the last of the N frames starts at hop_length * (N - 1) and has n_fft samples",
    )
    if not fits:
        return
    for hop, sound in sounds.items():
        frames = np.fft.irfft(spectrum_of(sound, hop), axis=0)  # (n_fft, N)
        copies = np.repeat(taps[:, np.newaxis], n_frames, axis=1)
        twice = frames * copies
        overwritten, weight = np.zeros(sound.size), added(copies**2, hop)
        for m in range(n_frames):
            overwritten[m * hop : m * hop + n_fft] = twice[:, m]
        trial.close(
            f"hop {hop}: all but the outermost 8 samples come back",
            lambda: _array(answer(spectrum_of(sound, hop), hop))[inside].real,  # noqa: B023
            sound[inside],
            atol=1e-6,
            mistakes=[
                (
                    lambda got: not got[n_fft:].any(),
                    "all is silent after the first frame: does `return` stand inside the loop?",
                ),
                (
                    lambda got: not got[8 - hop :].any(),  # noqa: B023
                    "the last frame is missing: range(N) already stops at N - 1",
                ),
                (
                    overwritten[inside] / weight,
                    "each frame overwrites the ones before: add it with +=",
                ),
                (overwritten[inside], "each frame overwrites the ones before: add it with +="),
                (added(twice, hop), "the division by the sum of the squared windows is missing"),
                (added(frames, hop), "nothing divides what the overlapping windows added up to"),
                (
                    added(twice, hop) / added(copies, hop),
                    "it is windowed twice: divide by the sum of the squared windows, not of the "
                    "windows",
                ),
                (
                    added(frames, hop) / weight,
                    "windowed once, divided by the squared windows: window each frame again before "
                    "adding it",
                ),
                (
                    lambda got: not np.isfinite(got).all(),
                    "there is NaN inside: a weight of 0 was divided by",
                ),
                (
                    added(twice, hop) / 1.5,
                    "1.5 is right for one hop only: sum up the squared windows themselves",
                ),
            ],
        )
    trial.that(
        "there is no NaN at the edges, where the window is 0",
        lambda: answer(spectrum_of(sounds[16], 16), 16),
        lambda got: np.isfinite(got).all(),
        expected="finite numbers",
        means="the first sample has weight 0: divide by np.maximum(weight, 1e-12)",
    )


@exercise(
    "stft.swap",
    level="core",
    hints=(
        "A complex number is magnitude times direction: z = abs(z) * exp(i angle(z)).",
        "Take `np.abs` of one and `np.angle` of the other.",
        "`np.abs(magnitude_from) * np.exp(1j * np.angle(phase_from))`",
    ),
)
def swap(answer, trial):
    a = spectral.stft(_noise(600, 1), n_fft=64, hop_length=16)
    b = 3 * spectral.stft(_noise(600, 2), n_fft=64, hop_length=16)
    a, b = a + 0.01, b - 0.01j  # bins at 0 Hz and at Nyquist get a phase too
    exchanged = [
        (np.abs(b), "the roles are exchanged: magnitudes come from the first argument"),
        (np.abs(a) * np.abs(b), "this multiplies both magnitudes: the second gives its phase only"),
        (np.abs(a) ** 2, "the magnitudes are squared: take np.abs once"),
        (
            np.abs(np.abs(a) * np.cos(np.angle(b))),
            "the result is real: a phase needs exp(1j * angle), not a cosine",
        ),
        (
            np.abs(np.abs(a) + np.exp(1j * np.angle(b))),
            "magnitude and direction are multiplied, not added",
        ),
        (
            np.abs(np.abs(a) + 1j * np.angle(b)),
            "magnitude and angle are no real and imaginary part: abs * exp(1j * angle)",
        ),
        (np.abs(a) * np.exp(np.angle(b)), "the result is real: did exp get its 1j?"),
        (
            lambda got: got.shape == (2, *a.shape),
            "magnitudes and phases came back side by side: make one complex array of them",
        ),
    ]
    trial.close(
        "the magnitudes are those of the first spectrum",
        lambda: np.abs(_array(answer(a, b))),
        np.abs(a),
        mistakes=exchanged,
    )
    trial.close(
        "the phases are those of the second",
        lambda: np.exp(1j * np.angle(_array(answer(a, b)))),
        np.exp(1j * np.angle(b)),
        mistakes=[
            (np.exp(1j * np.angle(a)), "the phases are still those of the first spectrum"),
            (np.conj(np.exp(1j * np.angle(b))), "the phases have the wrong sign: exp(+1j * angle)"),
            (
                np.exp(1j * (np.angle(a) + np.angle(b))),
                "the phases were added: take the absolute value of the first spectrum first",
            ),
            (
                np.exp(1j * np.degrees(np.angle(b))),
                "exp takes radians, which np.angle already gives: no degrees",
            ),
            (
                np.exp(2j * np.pi * np.angle(b)),
                "np.angle gives radians: they need no factor 2 pi",
            ),
            (
                np.exp(1j * np.arctan(b.imag / b.real)),
                "np.arctan cannot tell z from -z: np.angle (or np.arctan2) can",
            ),
            (np.ones_like(a), "every phase is 0 here: did exp get its 1j?"),
        ],
    )
    trial.that(
        "silence in the second spectrum does not make NaN",
        lambda: answer(a, np.zeros_like(b)),
        lambda got: np.isfinite(got).all(),
        expected="finite numbers",
        means="dividing by abs() fails where it is 0: np.angle gives 0 there and is safe",
    )


@exercise(
    "stft.repair",
    level="core",
    hints=(
        "In the formula the sum must see the sound around one moment only. Which n may it use for "
        "frame number m?",
        "Frame m is `audio[m * hop_length : m * hop_length + n_fft]`, times a window; the phasor "
        "counts from the start of the frame.",
        "Loop over m, append `np.fft.rfft(frame * al.spectral.window('hann', n_fft))`, and stack "
        "with `np.stack(columns, axis=1)`.",
    ),
)
def repair(answer, trial):
    n_fft, hop = 64, 16
    burst = np.concatenate([np.zeros(320), _noise(320, 3)])
    n_frames = 1 + (640 - n_fft) // hop
    fits = trial.that(
        "640 samples, n_fft 64, hop 16 make 33 bins and 37 frames",
        lambda: _array(answer(burst, n_fft=n_fft, hop_length=hop)).shape,
        lambda got: got == (33, n_frames),
        expected=f"(33, {n_frames})",
        mistakes=[
            (
                lambda got: got == (n_frames, 33),
                "rows and columns are exchanged: a spectrogram is (F, N)",
            ),
            (lambda got: got == (64, n_frames), "the sound is real: n_fft // 2 + 1 bins suffice"),
            (
                lambda got: got == (32, n_frames),
                "the bins run from 0 to n_fft // 2, both included: 1 + n_fft // 2 of them",
            ),
            (
                lambda got: got == (33, n_frames - 1),
                "the last frame is missing: it starts at T - n_fft, so range ends one later",
            ),
            (
                lambda got: got == (33, 1 + 640 // hop),
                "frames that stick out were padded: without centring take those that fit",
            ),
            (
                lambda got: got == (64, 1 + n_frames // 2),
                "rfft ran along the frames: with frames in columns give it axis=0",
            ),
        ],
        means="1 + n_fft // 2 bins, and as many frames as fit: 1 + (T - n_fft) // hop_length",
    )
    if not fits:
        return
    trial.that(
        "silent frames before a burst of noise stay silent",
        lambda: np.abs(_array(answer(burst, n_fft=n_fft, hop_length=hop)))[:, :10],
        lambda got: got.max() < 1e-9,
        expected="zeros",
        means="these frames hold nothing but silence, so something still sums over the whole sound",
    )
    x = _noise(640, 4)
    frames = np.stack([x[m * hop : m * hop + n_fft] for m in range(n_frames)], axis=1)
    symmetric = np.hanning(n_fft)[:, np.newaxis]
    faded = x * spectral.window("hann", x.size)
    whole = np.stack([faded[m * hop : m * hop + n_fft] for m in range(n_frames)], axis=1)
    right = spectral.stft(x, n_fft=n_fft, hop_length=hop, center=False)
    trial.close(
        "on noise it agrees with al.spectral.stft, center=False",
        lambda: answer(x, n_fft=n_fft, hop_length=hop),
        right,
        mistakes=[
            (np.fft.rfft(frames, axis=0), "the frames are right, the window is missing"),
            (
                np.fft.rfft(frames * symmetric, axis=0),
                "np.hanning is symmetric: the periodic window is al.spectral.window('hann', n_fft)",
            ),
            (
                lambda got: np.ptp(np.abs(got), axis=1).max() < 1e-9,
                "all frames have the same magnitudes: the frame index only turns the phase",
            ),
            (
                np.fft.rfft(whole, axis=0),
                "the window was laid over the whole sound: each frame gets its own",
            ),
            (
                lambda got: not np.iscomplexobj(got),
                "the phase is lost: return the complex spectrum, not its absolute value",
            ),
            (
                np.conj(right),
                "the phasors turn the wrong way: the exponent has a minus sign",
            ),
            (
                lambda got: np.allclose(np.abs(got), np.abs(right)),
                "magnitudes right, phases not: let the phasor start with the frame",
            ),
        ],
        means="compare column 0 with np.fft.rfft(audio[:n_fft] * window): what differs?",
    )


@exercise(
    "stft.round",
    level="stretch",
    hints=(
        "Three steps: spectrum to sound, sound to spectrum, put the magnitudes back.",
        "`al.spectral.istft(spectrum, hop_length=hop_length)`, then `al.spectral.stft` with n_fft "
        "= 2 * (F - 1), F the number of rows.",
        "Keep only the angle of what comes back: `magnitude * np.exp(1j * np.angle(consistent))`.",
    ),
)
def one_round(answer, trial):
    hop, n_fft = 16, 64
    sound = _noise(40 * hop, 5)
    true = spectral.stft(sound, n_fft=n_fft, hop_length=hop)
    magnitude = np.abs(true)
    random = np.random.default_rng(6).uniform(-np.pi, np.pi, magnitude.shape)
    guess = magnitude * np.exp(1j * random)

    def projected(spectrum):
        back = spectral.istft(spectrum, hop_length=hop)
        return spectral.stft(back, n_fft=n_fft, hop_length=hop)

    def inconsistency(spectrum):
        return np.linalg.norm(projected(spectrum) - spectrum)

    consistent = projected(guess)
    kept = trial.close(
        "the magnitudes afterwards are the ones asked for",
        lambda: np.abs(_array(answer(guess, magnitude, hop))),
        magnitude,
        atol=1e-9,
        mistakes=[
            (
                np.abs(consistent),
                "these are the magnitudes of what came back: put the asked-for ones in",
            ),
            (magnitude**2, "the magnitudes are multiplied in twice: normalise what came back"),
            (
                magnitude * np.abs(consistent),
                "keep only the direction of what came back: exp(1j * angle)",
            ),
            (
                magnitude * np.exp(np.angle(consistent)),
                "the result is real: did exp get its 1j?",
            ),
            (
                lambda got: got.ndim == 1,
                "this is a sound: go back to a spectrum and put the magnitudes in",
            ),
        ],
        means="multiply `magnitude` by something of absolute value 1: exp(1j * angle)",
    )
    if not kept:
        return
    trial.that(
        "the spectrum has come nearer to one that a sound has",
        lambda: inconsistency(_array(answer(guess, magnitude, hop))) / inconsistency(guess),
        lambda got: got < 0.9,
        expected="less than 0.9 of the inconsistency before",
        mistakes=[
            (1.0, "nothing has changed: take the phases of what came back, not the old ones"),
        ],
    )
    trial.close(
        "the spectrogram of a real sound is left alone",
        lambda: answer(true, magnitude, hop),
        true,
        atol=1e-6,
        mistakes=[
            (np.conj(true), "the phases came back with the wrong sign"),
            (lambda got: np.allclose(got, magnitude), "the phases are all 0: where did they go?"),
            (
                magnitude * np.exp(1j * np.angle(projected(magnitude + 0j))),
                "the phases of the guess went unused: istft gets `spectrum`, not `magnitude`",
            ),
        ],
    )
