"""Blind listening tests: is a difference heard (ABX, pairs), and what is better (MUSHRA)?

A reader who knows which sound is the improved one hears the improvement. Here nobody does: a small
script draws the order anew in the reader's browser and tells the result at the end. No kernel is
needed, and nothing is sent anywhere. Where scripts do not run, the sounds stand without their names
in an order drawn from `seed`, above a fold that tells which is which.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolessons.errors import AudioError, check_audio, check_count, check_positive
from audiolessons.listen.listening_test import ListeningTest

FEWEST_TRIALS = 5  # all right by guessing: 1 in 32, the first under 5 %
REFERENCE = "hidden reference"
ANCHOR = "anchor"
_ANCHOR_HZ = 3500.0


def abx(
    a,
    b,
    *,
    sample_rate: float,
    label: str,
    names: Sequence[str] = ("sound A", "sound B"),
    n_trials: int = 10,
    seed: int = 0,
    match_levels: bool = False,
    recording: str | None = None,
    codec: str = "mp3",
    transcript: str | None = None,
    lang: str | None = None,
) -> None:
    """Show a test of whether a difference can be heard: X is A or B, and the reader says which.

    Each trial draws X by a fair coin. Nobody who hears no difference can do better than guess, so
    the number of right answers says what opinions cannot. Choose the number of trials beforehand:
    whoever goes on until the result is good will get a good one.

    Parameters
    ----------
    a, b : array of shape (T,) or (2, T)
        The two sounds.
    sample_rate : int
        Rate in Hz.
    label : str
        What is compared, without saying which is which.
    names : two of str
        What A and B are; told when the test is over.
    n_trials : int
        How many answers the reader gives, at least 5.
    seed : int
        Of the order in which the sounds stand where scripts do not run. The trials themselves are
        drawn in the browser, differently each time.
    match_levels : bool
        Give both sounds the same RMS level. The louder of two sounds is told from the other, and
        often liked better, by its loudness alone. The whole sound counts: the speech of a noisy
        recording becomes softer than the same speech without the noise.
    recording : str, optional
        Where the sounds come from if they were made from a recording; see `Player`.
    codec : {"mp3", "flac"}
        "flac" where the difference is smaller than what MP3 itself changes.
    transcript, lang : str, optional
        What is said in all the sounds; see `Player`.

    Raises
    ------
    AudioError
        If a sound cannot be played, n_trials is under 5, the two names are not two, or a silent
        sound is to be matched.

    References
    ----------
    W. A. Munson and M. B. Gardner, "Standardizing auditory tests", JASA 22(5), 1950; D. Clark,
    "High-resolution subjective testing using a double-blind comparator", JAES 30(5), 1982.

    Examples
    --------
    >>> tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> abx(tone, 0.9 * tone, sample_rate=8000, label="Two tones", names=("full", "softer"))
    Listening test (ABX): Two tones
      full (1.00 s)
      softer (1.00 s)
      10 trials
      The levels are as given: up to 0.9 dB apart (RMS).

    Chapter: tasks/denoising
    """
    from IPython.display import display

    if check_count(n_trials, name="n_trials") < FEWEST_TRIALS:
        raise AudioError(
            f"n_trials is {n_trials}: guessing gets all of them right in "
            f"{100 / 2**n_trials:.1f} % of tests; give at least {FEWEST_TRIALS}"
        )
    _check_names(names)
    display(
        ListeningTest(
            "abx",
            dict(zip(names, (check_audio(a, name="a"), check_audio(b, name="b")), strict=True)),
            sample_rate=sample_rate,
            label=label,
            n_trials=n_trials,
            seed=seed,
            match_levels=match_levels,
            recording=recording,
            codec=codec,
            transcript=transcript,
            lang=lang,
        )
    )


def pairs(
    sounds: Sequence[tuple],
    *,
    names: Sequence[str],
    sample_rate: float,
    label: str,
    seed: int = 0,
    match_levels: bool = False,
    recording: str | None = None,
    codec: str = "mp3",
) -> None:
    """Show a test of whether two kinds of sounds are told apart: a pair of its own for each trial.

    Each pair holds one sound of either kind, and the reader says which one is of the first kind.
    `abx` asks whether two sounds differ; here all differ, and the question is whether a listener
    knows *how*. Half of the answers of somebody who does not are right.

    Parameters
    ----------
    sounds : list of pairs of arrays, each of shape (T,) or (2, T)
        For each trial a sound of the first kind and one of the second, of one length. At least 5.
    names : two of str
        What the kinds are. The first is asked for, so it must fit into "Which one is ...?".
    sample_rate, label, match_levels, recording, codec
        As for `abx`. Levels are matched over all pairs.
    seed : int
        Of the order in which the sounds stand where scripts do not run; see `abx`.

    Raises
    ------
    AudioError
        If there are fewer than 5 pairs, one has not two sounds of one shape, a sound cannot be
        played, or the two names are not two.

    Examples
    --------
    >>> tones = [0.2 * np.sin(hz * np.arange(4000) / 8000) for hz in range(1000, 1010)]
    >>> low_and_high = list(zip(tones[:5], tones[5:], strict=True))
    >>> pairs(low_and_high, names=("low", "high"), sample_rate=8000, label="Tones")
    Listening test (PAIRS): Tones
      5 pairs: low, high
      The levels are as given: equal (RMS).

    Chapter: music/generation
    """
    from IPython.display import display

    if len(sounds) < FEWEST_TRIALS:
        raise AudioError(f"sounds holds {len(sounds)} pairs: give at least {FEWEST_TRIALS}")
    _check_names(names)
    everything = {}
    for number, pair in enumerate(sounds, start=1):
        if len(pair) != 2 or np.shape(pair[0]) != np.shape(pair[1]):
            shapes = ", ".join(str(np.shape(audio)) for audio in pair)
            raise AudioError(
                f"pair {number} has sounds of the shapes {shapes}: give two of one shape, as a "
                "length would tell which one it is"
            )
        for name, audio in zip(names, pair, strict=True):
            key = f"{name}, pair {number}"
            everything[key] = check_audio(audio, name=f"the sound {key!r}")
    display(
        ListeningTest(
            "pairs",
            everything,
            sample_rate=sample_rate,
            label=label,
            n_trials=len(sounds),
            seed=seed,
            match_levels=match_levels,
            recording=recording,
            codec=codec,
        )
    )


def mushra(
    sounds,
    *,
    reference: np.ndarray,
    sample_rate: float,
    label: str,
    anchor: str | np.ndarray | None = "lowpass",
    seed: int = 0,
    match_levels: bool = False,
    recording: str | None = None,
    codec: str = "mp3",
    transcript: str | None = None,
    lang: str | None = None,
) -> None:
    """Show a test in which the reader rates several hidden versions of a sound from 0 to 100.

    The open reference stands beside them. Hidden among them are the reference once more, which
    shows whether a listener hears what there is to hear, and an anchor that is worse on purpose,
    so that ratings of different listeners mean about the same. ITU-R BS.1534 calls this *multiple
    stimuli with hidden reference and anchor*, and asks for a second anchor (7 kHz) for sounds with
    more bandwidth than speech has here; give it as one of the `sounds`.

    Parameters
    ----------
    sounds : dict of str to array of shape (T,) or (2, T)
        The versions, by name; the names are told when the test is over.
    reference : array of the same shape
        What each version is compared with. Its hidden copy is named "hidden reference".
    sample_rate : int
        Rate in Hz.
    label : str
        What is compared.
    anchor : array of the same shape, or "lowpass", or None
        The reference through a low-pass filter of 3.5 kHz, as BS.1534 says; or a sound of yours,
        such as the noisy input; or none.
    seed : int
        Of the order in which the sounds stand where scripts do not run; see `abx`.
    match_levels : bool
        Give all sounds the RMS level of the reference; see `abx`.
    recording : str, optional
        Where the sounds come from if they were made from a recording; see `Player`.
    codec : {"mp3", "flac"}
        "flac" where the differences are smaller than what MP3 itself changes.
    transcript, lang : str, optional
        What is said in all the sounds; see `Player`.

    Raises
    ------
    AudioError
        If there are no sounds, a sound is not as long as the reference or cannot be played, a name
        is taken, the rate leaves nothing for the anchor's filter to remove, or a silent sound is
        to be matched.

    References
    ----------
    Recommendation ITU-R BS.1534-3, "Method for the subjective assessment of intermediate quality
    level of audio systems", 2015.

    Examples
    --------
    >>> tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> mushra({"softer": 0.5 * tone}, reference=tone, sample_rate=16000, label="Tones")
    Listening test (MUSHRA): Tones
      hidden reference (1.00 s)
      softer (1.00 s)
      anchor (1.00 s)
      The levels are as given: up to 6.0 dB apart (RMS).

    Chapter: tasks/denoising
    """
    from IPython.display import display

    if not isinstance(sounds, dict) or not sounds:
        raise AudioError("sounds is empty or no dict: give each version with its name")
    taken = sorted({REFERENCE, ANCHOR} & set(sounds))
    if taken:
        raise AudioError(f"sounds has the name {taken[0]!r}: the test adds that one itself")
    reference = check_audio(reference, name="reference")
    check_positive(sample_rate, name="sample_rate", unit="Hz")
    everything = {REFERENCE: reference, **sounds}
    if isinstance(anchor, str) and anchor == "lowpass":
        everything[ANCHOR] = _lowpass_anchor(reference, sample_rate)
    elif anchor is not None:
        everything[ANCHOR] = anchor
    for name, audio in everything.items():
        audio = check_audio(audio, name=f"the sound {name!r}")
        if audio.shape != reference.shape:
            raise AudioError(
                f"the sound {name!r} has shape {audio.shape} and the reference {reference.shape}: "
                "its length would tell which one it is; bring all to one shape"
            )
    display(
        ListeningTest(
            "mushra",
            everything,
            sample_rate=sample_rate,
            label=label,
            n_trials=1,
            seed=seed,
            match_levels=match_levels,
            recording=recording,
            codec=codec,
            transcript=transcript,
            lang=lang,
        )
    )


def _check_names(names):
    if isinstance(names, str) or len(names) != 2 or names[0] == names[1]:
        raise AudioError(f"names is {names!r}: give two different names, of A and of B")


def _lowpass_anchor(reference, sample_rate):
    from audiolessons.filters import apply_fir, design_lowpass

    if sample_rate < 2.5 * _ANCHOR_HZ:
        raise AudioError(
            f"sample_rate is {sample_rate} Hz: a low-pass filter of {_ANCHOR_HZ:g} Hz leaves "
            "nearly all of such a sound; give another anchor, or None"
        )
    taps = design_lowpass(_ANCHOR_HZ, sample_rate=sample_rate)
    return apply_fir(reference, taps, compensate_delay=True)
