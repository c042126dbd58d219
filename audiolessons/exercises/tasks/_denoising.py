"""What the checks of tasks/denoising share, and the longest of them: a stream."""

from __future__ import annotations

import numpy as np

from audiolessons import spectral

RATE = 16000
FRAMES = {"n_fft": 512, "hop_length": 256}


def array(value) -> np.ndarray:
    """What an answer returned, before a check computes with it."""
    if value is ...:
        raise NotImplementedError  # the stub's dots: not attempted yet
    if value is None:
        raise TypeError("None is no array")  # the engine asks for the `return`
    return np.asarray(value)


def voice(seed=0, n_samples=4096) -> np.ndarray:
    """A buzz that comes and goes, as syllables do."""
    time_s = np.arange(n_samples) / RATE
    pitch_hz = 140 + 10 * seed
    buzz = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 12))
    return 0.1 * buzz * np.sin(2 * np.pi * 6 * time_s) ** 2


def hiss(seed=0, n_samples=4096) -> np.ndarray:
    return 0.05 * np.random.default_rng(seed).standard_normal(n_samples)


def check_stream(answer, trial):
    """Compare the hops that an answer yields with the whole sound, and with likely slips."""
    audio = voice() + hiss()
    hops = audio.reshape(-1, 256)
    gain = np.linspace(1, 0.2, 257)

    def run(given, gain_of):
        got = answer(given, gain_of)
        if got is ...:
            raise NotImplementedError
        parts = [array(one) for one in got]
        return np.stack(parts) if parts else np.zeros((0, 256))

    def offline(gain):
        spectrum = spectral.stft(audio, **FRAMES) * gain[:, None]
        whole = spectral.istft(spectrum, hop_length=256, length=len(audio))
        return whole.reshape(-1, 256)

    untouched = offline(np.ones(257))
    filtered = offline(gain)
    window = spectral.window("hann", 512)
    square = window[:256] ** 2 + window[256:] ** 2

    def other(gain, first=window, second=window, keep=True, order=1):
        """What comes out if a window is left out, the tail is lost, or hops change places."""
        before, tail, out = np.zeros(256), np.zeros(256), []
        for hop in hops:
            frame = first * np.concatenate([before, hop][::order])
            frame = second * np.fft.irfft(gain * np.fft.rfft(frame))
            out.append((tail + frame[:256]) / square)
            before, tail = hop, frame[256:] if keep else tail
        return np.array(out)

    def slips(right, gain):
        wrong = (
            *(
                (one, "a window is missing: one before the transform, one after the gain")
                for one in (other(gain, second=1), other(gain, first=1))
            ),
            (other(gain, keep=False), "the second half of the last frame was not kept"),
            (other(gain, order=-1), "the hops are in the wrong order: the older one comes first"),
        )
        return [
            *(
                (lambda got, out=out: got.shape == out.shape and np.allclose(got, out), message)
                for out, message in wrong
            ),
            (
                lambda got: np.allclose(got[1:], right[:-1] * square, atol=1e-6),
                "divide by the sum of the squared windows: plain Hann windows add up to 1, their "
                "squares do not",
            ),
            (
                lambda got: np.allclose(got[:-1], right[:-1], atol=1e-6),
                "these hops leave before they can be finished: hop n - 1 leaves with hop n",
            ),
            (
                lambda got: got.shape[1:] == (512,),
                "whole frames came back: yield the 256 samples that are finished",
            ),
            (
                lambda got: len(got) == len(hops) - 1,
                "one hop too few: the first call yields too, before anything is finished",
            ),
            (
                lambda got: len(got) == len(hops) + 1,
                "one hop too many: yield exactly one for each that comes in",
            ),
            (
                lambda got: np.allclose(got[1:], hops[:-1], atol=1e-6),
                "the sound comes back unchanged: multiply the spectrum with gain_of(spectrum)",
            ),
        ]

    for what, right, gain_of in (
        ("a gain of 1 gives the sound back, one hop late", untouched, lambda x: np.ones(257)),
        ("a gain that falls with frequency, as al.spectral does it", filtered, lambda x: gain),
    ):
        trial.that(
            what,
            lambda gain_of=gain_of: run(iter(hops.copy()), gain_of),
            lambda got, right=right: (
                got.shape == hops.shape and np.allclose(got[1:], right[:-1], atol=1e-6)
            ),
            expected=f"{len(hops)} hops of 256 samples",
            mistakes=slips(right, gain_of(None)),
            means="the sound that leaves is another one: check windows, overlap and order",
        )

    def causal():
        """Feed one hop at a time, and see what leaves before the next one is asked for."""
        asked = []

        def source():
            for number, hop in enumerate(hops):
                asked.append(number)
                yield hop

        return [len(asked) for _ in answer(source(), lambda x: np.ones(257))]

    trial.that(
        "each hop leaves before the next one comes",
        causal,
        lambda got: got == list(range(1, len(hops) + 1)),
        expected="hop after hop",
        mistakes=[
            (
                lambda got: got and got[0] == len(hops),
                "everything was collected before anything left: use `yield` inside the loop",
            )
        ],
        means="a stream asks for one hop, then yields one",
    )

    def seen():
        """What `gain_of` is shown: a frame of the two hops that came last."""
        shown = []

        def gain_of(spectrum):
            shown.append(np.array(spectrum))
            return np.ones(257)

        run(iter(hops.copy()), gain_of)
        return np.stack(shown)

    trial.that(
        "gain_of is shown the windowed spectrum of two hops",
        seen,
        lambda got: (
            got.shape == (len(hops), 257)
            and np.allclose(got[1], np.fft.rfft(window * audio[:512]), atol=1e-6)
        ),
        expected="np.fft.rfft(window * the last two hops)",
        mistakes=[
            (
                lambda got: np.allclose(got[1], np.fft.rfft(audio[:512]), atol=1e-6),
                "the window before the transform is missing",
            ),
            (lambda got: not np.iscomplexobj(got), "hand over the complex spectrum"),
        ],
        means="a frame is the last two hops, weighted with the window",
    )
