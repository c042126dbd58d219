"""Scores that predict what listeners say: quality (PESQ) and intelligibility (STOI) of speech.

Both are standards with many constants, and are computed by packages that are optional. So are
DNSMOS and AECMOS, networks trained on what listeners said, which need no clean sound.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_rate
from audiolessons.metrics.distortion import check_pair

PACKAGES = {"pesq": "pesq", "stoi": "pystoi"}
DNSMOS_RATE = 16000


def pesq(reference: np.ndarray, estimate: np.ndarray, *, sample_rate: float) -> np.ndarray:
    """Return PESQ, a prediction of how good listeners call the quality of speech, up to 4.64.

    Perceptual evaluation of speech quality (ITU-T P.862): both sounds are brought to one level
    and aligned in time, turned into loudness over Bark bands, and the disturbances counted, then
    mapped to the mean opinion score of listening tests, from 1 (bad) to 5 (excellent). At
    16000 Hz this is the wideband form (P.862.2, at most 4.64), at 8000 Hz the narrowband form
    (P.862.1, at most 4.55). It was made for telephone lines: the two forms are not to be
    compared, and differences below 0.1 are hard to hear.

    Parameters
    ----------
    reference
        Clean speech, shape (..., T), at least a quarter of a second of it.
    estimate
        The speech to judge, same shape.
    sample_rate
        16000 or 8000 Hz.

    Returns
    -------
    Shape (...).

    Raises
    ------
    AudioError
        If the package is not installed, the shapes differ, either sound is silent, the rate is
        another one, or the sound is too short or holds no speech that PESQ would find.

    Examples
    --------
    >>> from audiolessons import datasets, signals
    >>> sentence = datasets.load("read_speech")[0]
    >>> clean = signals.resample(sentence.audio, from_rate=sentence.sample_rate, to_rate=16000)
    >>> noise = signals.white_noise(duration_s=1.0, sample_rate=16000, seed=0)
    >>> noisy = signals.mix_at_snr(clean, noise, snr_db=10)
    >>> if "pesq" not in missing_scores():
    ...     assert 1 < pesq(clean, noisy, sample_rate=16000) < 2

    References
    ----------
    A. W. Rix, J. G. Beerends, M. P. Hollier, A. P. Hekstra, "Perceptual evaluation of speech
    quality (PESQ)", ICASSP 2001.

    Chapter: tasks/denoising
    """
    rate = check_rate(sample_rate)
    if rate not in (8000, 16000):
        raise AudioError(
            f"sample_rate is {rate} Hz: PESQ is defined at 16000 Hz (wideband) and 8000 Hz "
            "(narrowband), so resample both sounds with signals.resample"
        )
    reference, estimate = check_pair(reference, estimate, silent_estimate=False)
    library = _load("pesq")
    mode = "wb" if rate == 16000 else "nb"

    def score(clean, other):
        try:
            return library.pesq(rate, clean, other, mode)
        except library.PesqError as error:
            said = error.args[0].decode() if isinstance(error.args[0], bytes) else error
            raise AudioError(
                f"PESQ of {len(clean) / rate:.2f} s at {rate} Hz has no value ({said}): give "
                "speech, at least a quarter of a second of it"
            ) from error

    return _for_each(score, reference, estimate)


def stoi(reference: np.ndarray, estimate: np.ndarray, *, sample_rate: float) -> np.ndarray:
    """Return STOI, a prediction of how many words of noisy speech are understood, up to 1.

    Short-time objective intelligibility: in 15 third-octave bands the envelopes of both sounds
    are correlated over 384 ms at a time, and the correlations averaged. It rises with the share
    of words that listeners understand, but is not that share: 0.6 is hard to follow, above 0.9
    nearly everything is understood.

    Parameters
    ----------
    reference
        Clean speech, shape (..., T), at least 0.4 s of it.
    estimate
        The speech to judge, same shape.
    sample_rate
        Hz; both sounds are resampled to 10000 Hz inside.

    Returns
    -------
    Shape (...), usually from 0 to 1.

    Raises
    ------
    AudioError
        If the package is not installed, the shapes differ, either sound is silent, or the speech
        is too short.

    Examples
    --------
    >>> from audiolessons import datasets, signals
    >>> sentence = datasets.load("read_speech")[0]
    >>> noise = signals.white_noise(duration_s=1.0, sample_rate=22050, seed=0)
    >>> noisy = signals.mix_at_snr(sentence.audio, noise, snr_db=10)
    >>> if "stoi" not in missing_scores():
    ...     assert 0.7 < stoi(sentence.audio, noisy, sample_rate=22050) < 1

    References
    ----------
    C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, "An algorithm for intelligibility
    prediction of time-frequency weighted noisy speech", IEEE Transactions on Audio, Speech, and
    Language Processing 19(7), 2011.

    Chapter: tasks/denoising
    """
    rate = check_rate(sample_rate)
    reference, estimate = check_pair(reference, estimate, silent_estimate=False)
    library = _load("stoi")

    def score(clean, other):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                return library.stoi(clean, other, rate)
            except (RuntimeWarning, ValueError) as error:
                raise AudioError(
                    f"STOI of {len(clean) / rate:.2f} s has no value: it looks at 384 ms at a "
                    "time, after pauses are cut out; give longer speech"
                ) from error

    return _for_each(score, reference, estimate)


def dnsmos(audio: np.ndarray, *, sample_rate: float) -> np.ndarray:
    """Return DNSMOS, a prediction of the overall opinion of listeners, from 1 to 5.

    A network of Microsoft that learned from listening tests (P.835) of denoised speech. It is
    given the sound alone, so that recordings without a clean version can be scored, and so that
    it cannot notice when another word is spoken. Sounds shorter than 9 s are repeated.

    Parameters
    ----------
    audio
        Shape (..., T), the speech to judge; samples beyond -1 and 1 are clipped.
    sample_rate
        16000 Hz.

    Returns
    -------
    Shape (...).

    Raises
    ------
    AudioError
        If the package `speechmos`, or what it needs, is not installed, or the rate is another.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> if find_spec("speechmos") and find_spec("onnxruntime"):
    ...     assert dnsmos(np.zeros(16000, np.float32), sample_rate=16000) < 2

    References
    ----------
    C. K. A. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835: a non-intrusive perceptual objective speech
    quality metric to evaluate noise suppressors", ICASSP 2022.

    Chapter: tasks/denoising
    """
    if sample_rate != DNSMOS_RATE:
        raise AudioError(f"sample_rate is {sample_rate} Hz: DNSMOS is defined at {DNSMOS_RATE} Hz")
    audio = np.clip(check_audio(audio), -1, 1)
    library = _speechmos("dnsmos", "DNSMOS")
    rows = audio.reshape(-1, audio.shape[-1])
    values = [float(library.run(row, DNSMOS_RATE)["ovrl_mos"]) for row in rows]
    return np.array(values).reshape(audio.shape[:-1])[()]


def aecmos(
    far: np.ndarray, microphone: np.ndarray, output: np.ndarray, *, sample_rate: float
) -> tuple[float, float]:
    """Return AECMOS, two predictions of the opinion of listeners on an echo canceller, 1 to 5.

    A network of Microsoft that learned from listening tests (P.831): how little the echo annoys,
    and how little anything else does. It is told that both ends speak. Only 20 s are looked at.

    Parameters
    ----------
    far, microphone, output
        What the loudspeaker was given, what the microphone heard, what the canceller made of it,
        each (T,), at most 20 s; samples beyond -1 and 1 are clipped.
    sample_rate
        16000 Hz.

    Returns
    -------
    The opinion on the echo and the one on everything else.

    Raises
    ------
    AudioError
        If the package `speechmos`, or what it needs, is not installed, the rate is another, or the
        sounds are not of one length and at most 20 s.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> noise = np.random.default_rng(0).uniform(-0.1, 0.1, 16000).astype(np.float32)
    >>> if find_spec("speechmos") and find_spec("onnxruntime"):
    ...     assert max(aecmos(noise, noise, noise, sample_rate=16000)) < 5

    References
    ----------
    M. Purin, S. Sootla, M. Sponza, A. Saabas, R. Cutler, "AECMOS: a speech quality assessment
    metric for echo impairment", ICASSP 2022.

    Chapter: tasks/echo
    """
    if sample_rate != DNSMOS_RATE:
        raise AudioError(f"sample_rate is {sample_rate} Hz: AECMOS is used at {DNSMOS_RATE} Hz")
    named = {"far": far, "microphone": microphone, "output": output}
    sounds = [np.clip(check_audio(one, name=name), -1, 1) for name, one in named.items()]
    shapes = [one.shape for one in sounds]
    if sounds[0].ndim != 1 or len(set(shapes)) > 1 or len(sounds[0]) > 20 * DNSMOS_RATE:
        raise AudioError(f"the sounds have shapes {shapes}: give three (T,) of one length, 20 s")
    library = _speechmos("aecmos", "AECMOS")
    given = dict(zip(("lpb", "mic", "enh"), sounds, strict=True))
    found = library.run(given, DNSMOS_RATE, talk_type="dt")
    return found["echo_mos"], found["deg_mos"]


def missing_scores() -> list[str]:
    """Return which of the scores "pesq" and "stoi" cannot be computed here.

    Their packages are optional, because one of them is compiled when it is installed.

    Examples
    --------
    >>> set(missing_scores()) <= {"pesq", "stoi"}
    True

    Chapter: tasks/denoising
    """
    return [score for score, package in PACKAGES.items() if find_spec(package) is None]


def _load(score):
    """Import the package of a score, or say how to get it and what works without it."""
    package = PACKAGES[score]
    try:
        if package == "pesq":
            import pesq as library
        else:
            import pystoi as library
    except ImportError as error:
        compiler = " (it is compiled on the way, which takes a C compiler)"
        raise AudioError(
            f"{score} needs the package {package}, which is not installed: python -m pip install "
            f"{package}{compiler if package == 'pesq' else ''}; snr_db, segmental_snr_db and "
            "si_sdr_db work without it"
        ) from error
    return library


def _speechmos(module, title):
    """Import a part of the package speechmos, or say how to get it."""
    try:
        return import_module(f"speechmos.{module}")
    except ImportError as error:
        raise AudioError(
            f"{title} needs packages that are not installed: python -m pip install --no-deps "
            "speechmos, and onnxruntime, librosa and requests"
        ) from error


def _for_each(score, reference, estimate):
    """Return the score of each sound (T,) of two batches (..., T)."""
    pairs = zip(*(x.reshape(-1, x.shape[-1]) for x in (reference, estimate)), strict=True)
    values = [float(score(clean, other)) for clean, other in pairs]
    return np.array(values).reshape(reference.shape[:-1])[()]
