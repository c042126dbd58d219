"""The wake word "computer": a small network, words found in noise, false alarms in hours of speech.

The threshold was chosen on validation takes, sentences and noises; all of the test is other takes,
other speakers and other noises. `python -m audiolessons train wake_word` trains it.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np
import torch

from audiolessons import datasets, metrics, models, results, signals, training
from audiolessons.assistant import Spotter, car_noise
from audiolessons.assistant.spotting import CHECKED
from audiolessons.recipes._settings import Settings, new_network, training_record
from audiolessons.recipes.large.assistant import _parts
from audiolessons.recipes.large.assistant import _wake_material as material
from audiolessons.recipes.large.assistant._wake_lessons import (
    HOP,
    Altered,
    Lessons,
    where_told,
)
from audiolessons.recipes.large.assistant._wake_material import SAMPLE_RATE
from audiolessons.results import Row, weights

STORED = "wake-word"
COMMAND = "python -m audiolessons train wake_word"
SETTINGS = {
    "gru": Settings(
        lambda **options: models.ActivityGRU(**{"hidden_size": 64, "delay": 0, **options}),
        epochs=22,
        learning_rate=0.004,
    )
}
STEPS_IN_EPOCH = 100
THRESHOLD = 0.5
KINDS = ("car", "environment", "voices", "both")  # of noise, in turn; "both" is car and environment
SNRS_DB = {"test": (5, 10, 15, 20), "valid": (5, 10, 15, 20)}
N_SCENES = {"valid": 48, "test": 120}
BEFORE_S, AFTER_S = 1.5, 1.0
EARLY, LATE = 20, 60  # hops around the end of the word in which an answer is about it
BABBLE = 3  # voices at once
WEIGHTS = {"stored": (STORED,), "checked": (STORED, "wake-check", "sentences")}  # of the two forms


def scenes() -> dict:
    """Draw which take is heard in which noise, how loud, and where: {"valid", "test"}.

    Chapter: large/assistant
    """
    return {part: _draw(part) for part in N_SCENES}


def _draw(part):
    rng = np.random.default_rng(31 if part == "test" else 32)
    takes = [one.id for one in material.takes(part)]
    noises = [one.id for one in material.noises(part)]
    spoken = [one.id for one in _babblers(part)]
    drawn = []
    for number in range(N_SCENES[part]):
        kind = KINDS[number // len(takes) % len(KINDS)]
        drawn.append(
            {
                "take": takes[number % len(takes)],
                "kind": kind,
                "snr_db": int(rng.choice(SNRS_DB[part])),
                "noise": str(rng.choice(noises)),
                "voices": rng.choice(spoken, BABBLE, replace=False).tolist(),
                "speed_kmh": int(rng.integers(0, 14)) * 10,
                "seed": int(1000 + number),
                "rt60_s": round(float(rng.uniform(0.1, 0.5)), 2),
            }
        )
    return drawn


@functools.cache
def _babblers(part):
    return material.speech_without(part, first=150, size=_size())


def _size():
    return "full" if material.is_recorded() else None


def hear(part: str, one: dict) -> tuple[np.ndarray, int]:
    """Return a scene's sound (T,) and the hop at which its word ends.

    Chapter: large/assistant
    """
    take = next(some for some in material.takes(part) if some.id == one["take"])
    before, after = (np.zeros(round(s * SAMPLE_RATE), np.float32) for s in (BEFORE_S, AFTER_S))
    clean = np.concatenate([before, signals.normalize(take.audio, to_rms=0.05), after])
    rng = np.random.default_rng(one["seed"])
    size = len(clean)
    made = {
        "car": lambda: car_noise(
            size / SAMPLE_RATE,
            sample_rate=SAMPLE_RATE,
            speed_kmh=one["speed_kmh"],
            seed=one["seed"],
        ),
        "environment": lambda: _looped(_by_id(material.noises(part), one["noise"]), size, rng),
        "voices": lambda: sum(
            _looped(_by_id(_babblers(part), name), size, rng) for name in one["voices"]
        ),
    }
    kinds = ("car", "environment") if one["kind"] == "both" else (one["kind"],)
    noise = sum(signals.normalize(made[kind]()[:size], to_rms=0.05) for kind in kinds)
    noise = signals.normalize(noise, to_rms=0.05) * signals.db_to_amplitude(-one["snr_db"])
    return (clean + noise).astype(np.float32), (len(before) + len(take.audio)) // HOP


def _by_id(some, name):
    return next(one.audio for one in some if one.id == name)


def _looped(audio, size, rng):
    return np.resize(np.roll(audio, rng.integers(len(audio))), size)


def model(*, seed: int = 0, **options) -> models.ActivityGRU:
    """Return a network that has learned nothing yet; `seed` draws its first weights.

    Examples
    --------
    >>> model(hidden_size=8).delay
    0

    Chapter: large/assistant
    """
    return new_network(SETTINGS, "gru", seed=seed, **options)


def load(*, n_batches: int = STEPS_IN_EPOCH, seed: int = 0, first: int | None = None) -> Lessons:
    """Return batches to learn from; `first` takes so many sentences and noises only.

    Chapter: large/assistant
    """
    return Lessons(n_batches=n_batches, seed=seed, first=first)


def train(
    lessons: Lessons,
    *,
    epochs: int | None = None,
    seed: int = 0,
    show_progress: bool = True,
    **options,
):
    """Train a network; return it and its history.

    Chapter: large/assistant
    """
    settings, network = SETTINGS["gru"], model(seed=seed, **options)
    history = training.fit(
        Altered(network, seed=seed),
        lessons,
        None,
        config=training.Config(
            epochs=epochs or settings.epochs,
            learning_rate=settings.learning_rate,
            scheduler="one-cycle",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=where_told,
    )
    return network, history


@torch.no_grad()
def probabilities(network: models.ActivityGRU, audio: np.ndarray) -> np.ndarray:
    """Return how likely the word has just ended, in each hop (N,) of a sound (T,) at 16 kHz.

    Chapter: large/assistant
    """
    with training.evaluating(network) as device:
        sound = torch.from_numpy(np.asarray(audio, dtype=np.float32))[None].to(device)
        return network(sound)[0].sigmoid().cpu().numpy()


def moments(network: models.ActivityGRU, audio: np.ndarray, *, part: int = 2) -> dict:
    """Return the hops at which the word is heard in a sound (T,), in two forms.

    "stored" is the small network alone. "checked" has two steps, as the assistant has: what seems
    to be the word is looked at again, through the network of letters. The sound comes `part` hops
    at a time.

    Chapter: large/assistant
    """
    likely = probabilities(network, audio)
    spotter, kept = Spotter(threshold=THRESHOLD), []
    heard = np.pad(audio, (CHECKED * HOP, 0))  # hop h ends at sample (CHECKED + h + 1) * HOP of it
    for start in range(0, len(likely), part):
        for hop in spotter.push(likely[start : start + part])[0]:
            if _parts.is_word(heard[(hop + 1) * HOP : (CHECKED + hop + 1) * HOP]):
                kept.append(hop)
            else:
                spotter.release()
    return {"stored": Spotter(threshold=THRESHOLD).push(likely)[0], "checked": kept}


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench. `quick` shows that all runs.

    Chapter: large/assistant
    """
    counted = functools.cache(lambda: _counted(model(hidden_size=8) if quick else trained(), quick))
    return {form: partial(_rows, counted, form) for form in WEIGHTS}


def _counted(network, quick):
    """Return everything that is counted: scenes and, in each, what the two forms found."""
    drawn = (results.read_scenes("wake_word") if material.is_recorded() else scenes())["test"]
    drawn = drawn[:2] if quick else drawn
    takes = material.takes("test")[: 2 if quick else None]
    spoken = material.speech_without("test", first=6 if quick else None, size=_size())
    # Some of these people taught the network of letters, though none the others.
    teachers = {one.id for one in datasets.load("many_voices", size=_size(), split="train")}
    strangers = [one for one in spoken if one.id not in teachers] or spoken
    teachers = [one for one in spoken if one.id in teachers]
    return {
        "kinds": [one["kind"] for one in drawn],
        "found": [_found(network, *hear("test", one)) for one in drawn],
        "found_quiet": [_found(network, *_in_quiet(one)) for one in takes],
        "alarms": [_alarms(network, some, None) for some in (strangers, teachers)],
        "alarms_car": [_alarms(network, some, _in_car) for some in (strangers, teachers)],
        "parameters": models.count_parameters(network),
    }


def _rows(counted, form):
    counted, options = counted(), {"weights": WEIGHTS[form]}
    is_whole = form == "checked"  # the form that the assistant has
    how = f"threshold {THRESHOLD}, {'in two steps' if is_whole else 'the small network alone'}"
    found = np.array([one[form] for one in counted["found"]])
    about = f"unheard takes, SNR 5 to 20 dB, {how}"
    goal = ">= 90" if is_whole else ""
    yield Row.share("found", found.mean(), len(found), how=about, goal=goal, **options)
    for kind in KINDS:
        some = found[[one == kind for one in counted["kinds"]]]
        if len(some):
            about = f"{kind}; unheard takes, SNR 5 to 20 dB, {how}"
            yield Row.share(f"found_{kind}", some.mean(), len(some), how=about, **options)
    quiet = [one[form] for one in counted["found_quiet"]]
    yield Row.share("found_quiet", np.mean(quiet), len(quiet), how=f"no noise, {how}", **options)
    for name, where in (("alarms", ""), ("alarms_car", ", in a car's noise at 10 dB")):
        for suffix, n_parts in (("", 2), ("_strangers", 1)):
            some = counted[name][:n_parts]
            count, hours = sum(one[form] for one, _ in some), sum(hours for _, hours in some)
            who = "people not trained on" if n_parts == 2 else "people whom no network has heard"
            yield Row(
                f"{name}{suffix}",
                count / hours,
                "an hour",
                "<= 1" if is_whole and not where and not suffix else "",
                f"{count} in {hours:.2f} h of speech by {who}{where}; {how}",
                metrics.rate_interval(count, hours),
                exact=True,
                **options,
            )
    hours = sum(hours for _, hours in counted["alarms"])
    yield Row("hours", hours, "h", ">= 3", "speech without the word, unheard", exact=True)
    yield Row("parameters", counted["parameters"] / 1000, "k", "", "", exact=True)


def _found(network, audio, end):
    heard = moments(network, audio)
    return {form: any(end - EARLY <= hop < end + LATE for hop in heard[form]) for form in heard}


def _in_car(n_samples):
    return car_noise(n_samples / SAMPLE_RATE, sample_rate=SAMPLE_RATE, seed=n_samples)


def _alarms(network, some, noise):
    """Return how often speech without the word wakes each form, and the hours heard.

    Sentences follow each other, ten in a row; `noise(n_samples)` is added 10 dB below.
    """
    counts, n_samples = dict.fromkeys(WEIGHTS, 0), 0
    for begin in range(0, len(some), 10):
        audio = np.concatenate(
            [signals.normalize(one.audio, to_rms=0.05) for one in some[begin : begin + 10]]
        )
        if noise is not None:
            audio = signals.mix_at_snr(audio, noise(len(audio)), snr_db=10)
        n_samples += len(audio)
        for form, hops in moments(network, audio).items():
            counts[form] += len(hops)
    return counts, n_samples / SAMPLE_RATE / 3600


def _in_quiet(take):
    before, after = (np.zeros(round(s * SAMPLE_RATE), np.float32) for s in (BEFORE_S, AFTER_S))
    rng = np.random.default_rng(0)
    audio = np.concatenate([before, signals.normalize(take.audio, to_rms=0.05), after])
    audio = audio + 1e-4 * rng.standard_normal(len(audio)).astype(np.float32)
    return audio, (len(before) + len(take.audio)) // HOP


def store(*, epochs: int | None = None, folder=None):
    """Train the network, seed 0, and store it; yield the path of its weights.

    Chapter: large/assistant
    """
    lessons = load()
    network, history = train(lessons, epochs=epochs)
    record = training_record(
        network,
        history,
        command=COMMAND,
        model="ActivityGRU(hidden_size=64, delay=0)",
        source="recordings" if material.takes("train")[0].recording else "embedded",
        data="24 takes of wake_words (Apache-2.0) and machines' voices; sentences of many_voices "
        "(CC BY 4.0), digits of FSDD (CC BY-SA 4.0), noises of ESC-10 (CC BY 3.0) and computed",
        not_for="listening to anybody who has not been asked",
        seed=0,
        epochs=history.n_epochs,
        learning_rate=SETTINGS["gru"].learning_rate,
    )
    yield weights.save(network, STORED, record=record, folder=folder)


def trained(*, folder=None) -> models.ActivityGRU:
    """Return the network with its stored weights.

    Examples
    --------
    >>> trained().training
    False

    Chapter: large/assistant
    """
    network = model()
    weights.load(network, STORED, folder=folder)
    return network
