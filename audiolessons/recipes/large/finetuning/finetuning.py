"""From speech without labels to the digits of a new voice, and to other languages and questions.

`python -m audiolessons train finetuning` pre-trains the encoder in nine passes: minutes on a
GPU, half an hour and more on a processor. The arms that train whole networks are many small
networks, thirty at a time, work for a GPU of one's own. What they answered is kept in
`_build/finetuning`, so that what was interrupted goes on. What asks frozen networks takes minutes
anywhere, and what is forgotten at which rate a quarter of an hour.
"""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path

import numpy as np

from audiolessons import metrics, models
from audiolessons.recipes._choice import answers_of, chosen, judged
from audiolessons.recipes.large.finetuning import _frozen, _probes
from audiolessons.recipes.large.finetuning._arms import (
    ARMS,
    HEAD_RATE,
    LINEAR,
    MIDDLE,
    NUMBERS,
    QUICK,
    QUICK_NUMBERS,
    RANK,
    Arm,
    Trials,
    adapted,
    draw_takes,
)
from audiolessons.recipes.large.finetuning._frames import (
    SAMPLE_RATE,
    TOP_DB,
    Digits,
    cepstra,
    digits,
    frames,
    padded,
    pieces,
    says_no_digit,
    to_log_mel,
    unlabelled,
)
from audiolessons.recipes.large.finetuning._pretraining import (
    LONG_BATCH,
    LONG_EPOCHS,
    N_UNITS,
    NAME,
    UNIT_LAYER,
    dataset_of,
    described_by,
    encoder,
    learn_units,
    pretrain,
    store,
    train_round,
    trained,
    units_of,
)
from audiolessons.recipes.large.finetuning._together import answers_together, train_together
from audiolessons.results import Row

__all__ = [
    "ARMS",
    "HEAD_RATE",
    "LINEAR",
    "LONG_BATCH",
    "LONG_EPOCHS",
    "MIDDLE",
    "NUMBERS",
    "N_UNITS",
    "RANK",
    "SAMPLE_RATE",
    "TOP_DB",
    "UNIT_LAYER",
    "Arm",
    "Digits",
    "Trials",
    "adapted",
    "answers_together",
    "cepstra",
    "dataset_of",
    "described_by",
    "digits",
    "encoder",
    "frames",
    "learn_units",
    "load",
    "measure",
    "padded",
    "pieces",
    "pretrain",
    "says_no_digit",
    "scenes",
    "store",
    "to_log_mel",
    "train",
    "train_round",
    "train_together",
    "trained",
    "units_of",
    "unlabelled",
]

KEPT = Path("_build/finetuning")
FORGETTING_RATES = {"full": ARMS["both"].rates, "lora": ARMS["both_lora"].rates}
GOAL, MOST_PERCENT = 95, 5
PSEUDO = ("speech", "both", "both_lora")
LEADS = (("speech", "scratch"), ("both", "others"), ("others", "speech"))


def load() -> Digits:
    """Return the spoken digits as frames; `unlabelled` gives the speech without labels.

    Chapter: large/finetuning
    """
    return digits()


def train(network: models.SpeechClassifier, digits: Digits, rows, **options) -> None:
    """Train one classifier on rows (R,) of the digits, in place; options as `train_together`.

    Examples
    --------
    >>> digits = load()
    >>> network = models.SpeechClassifier(encoder(width=16, n_layers=1), n_classes=10)
    >>> rows = digits.rows(digits.speakers[:1], takes=range(50))[:8]
    >>> train(network, digits, rows, n_steps=1, batch_size=4, learning_rate=0.01, head_rate=0.01)

    Chapter: large/finetuning
    """
    train_together([network], digits, np.asarray(rows)[None], **options)


def scenes() -> dict:
    """Draw which takes are learned: what `python -m audiolessons scenes finetuning` writes.

    Chapter: large/finetuning
    """
    return draw_takes()


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench. `quick` trains two voices for three steps.

    Chapter: large/finetuning
    """
    if quick:
        trials = functools.cache(partial(Trials, quick=True, encoder=partial(encoder, **QUICK)))
    else:
        trials = functools.cache(partial(Trials, folder=KEPT))
    return {
        **{name: partial(_arm_rows, name, trials) for name in ARMS},
        **{f"lead_{one}_{other}": partial(_lead_rows, one, other, trials) for one, other in LEADS},
        **{
            f"low_rank_{start}_n{n}": partial(_low_rank_row, start, n, trials)
            for start in ("others", "speech", "both")
            for n in (QUICK_NUMBERS if quick else NUMBERS)
        },
        "forgetting": partial(_forgetting_rows, trials),
        "pseudo": partial(_pseudo_rows, trials),
        "one_take": partial(_one_take_rows, trials),
        **{name: partial(_frozen.arm_rows, name, quick) for name in _frozen.FROZEN},
        "frozen": partial(_frozen.lead_rows, quick),
        "own_labels": partial(_frozen.own_label_rows, quick),
        "layers": partial(_layer_rows, quick),
        "emotion": partial(_emotion_rows, quick),
        "mandarin": _mandarin_rows,
    }


def _over_voices(name, values, trials, *, how, unit="%", **options) -> Row:
    """Return the mean of values (seeds, voices, sounds) in percent; its interval is over voices."""
    by_sound = 100 * np.asarray(values, dtype=float).mean(axis=0)  # (V, T)
    groups = np.repeat(np.arange(len(by_sound)), by_sound.shape[1])
    spread = metrics.bootstrap_interval(by_sound.ravel(), groups=groups)
    n = np.shape(values)[0]
    how = f"{trials.digits.source}, {how}, {n} seed{'s' * (n > 1)}, 95 % interval over the voices"
    return Row(name, float(by_sound.mean()), unit, how=how, spread=spread, **options)


def _arm_rows(name, trials):
    trials, arm = trials(), ARMS[name]
    stored = {"weights": (NAME,)} if arm.start in ("speech", "both") and not trials.quick else {}
    network = models.SpeechClassifier(encoder(), n_classes=10)
    n_all = models.count_parameters(network)
    percent = 100 * models.count_parameters(adapted(network, arm.way)) / n_all
    is_thin = arm.way != "full"
    how = "numbers that learn, as a share of the network's"
    yield Row("learned", percent, "%", f"<= {MOST_PERCENT}" * is_thin, how, exact=True)
    has_heard = arm.start in ("others", "both")
    for n in (0, *trials.numbers) if has_heard else trials.numbers:
        found = trials.right(name, n)
        how = f"{n} takes of each digit of a new voice, its takes 0 to 4 tested"
        goal = f">= {GOAL}" if (name, n) == ("both_lora", 5) else ""
        yield _over_voices(f"n{n}", found["right"], trials, how=how, goal=goal, **stored)
        if has_heard:
            how = f"the five other voices after {n} takes of a new one, their takes 0 to 4 tested"
            yield _over_voices(f"old_n{n}", found["old"], trials, how=how, **stored)


def _difference(trials, first, second, n):
    """Return what the first arm has right more than the second, (S, V, T)."""
    one, other = (trials.right(name, n)["right"].astype(float) for name in (first, second))
    return one - other


def _lead_rows(first, second, trials):
    trials = trials()
    for n in trials.numbers:
        yield _over_voices(
            f"n{n}",
            _difference(trials, first, second, n),
            trials,
            unit="points",
            how=f"{first} less {second}, all of the network learns, {n} takes, paired",
            goal=">= 0" if second == "scratch" else "",
            weights=() if trials.quick else (NAME,),
        )


def _low_rank_row(start, n, trials):
    trials = trials()
    yield _over_voices(
        "points",
        _difference(trials, f"{start}_lora", start, n),
        trials,
        unit="points",
        how=f"LoRA less full, from {start}, {n} takes, as many steps, paired",
        weights=() if trials.quick or start == "others" else (NAME,),
    )


def _forgetting_rows(trials):
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    asked = [("full", rate) for rate in (0, *FORGETTING_RATES["full"])]
    asked += [("lora", rate) for rate in FORGETTING_RATES["lora"]]
    for way, rate in asked[: 2 if trials.quick else None]:
        found = trials.forgetting(way, rate)
        name = f"{way}_{round(1e4 * rate)}" if rate else "before"
        how = f"five takes learned, {way}, rate {rate}" if rate else "nothing of the voice learned"
        how = f"speech and three voices heard, {how}"
        yield _over_voices(f"{name}.new", found["right"], trials, how=f"{how}, new", **stored)
        how = f"{how}, the three voices heard before"
        yield _over_voices(f"{name}.old", found["old"], trials, how=how, **stored)


def _pseudo_rows(trials):
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    for name in PSEUDO[: 1 if trials.quick else None]:
        found = trials.pseudo_labels(name)
        how = f"{name}, one take of each digit labelled"
        yield _over_voices(f"{name}.before", found["before"], trials, how=how, **stored)
        how = f"{how}, and the surer half of 19 more by itself"
        yield _over_voices(f"{name}.after", found["after"], trials, how=how, **stored)
        change = found["after"].astype(float) - found["before"]
        yield _over_voices(f"{name}.gain", change, trials, unit="points", how=how, **stored)
        how = "labels that the network gave itself and that are right"
        yield _over_voices(f"{name}.sure", found["sure"], trials, how=how, **stored)


def _one_take_rows(trials):
    """The starts themselves, and one take, from nothing, from speech and from both."""
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    for name, n in (
        ("others", 0),
        ("both", 0),
        ("scratch", 1),
        ("speech", 1),
        ("both_lora", 1),
        ("both_adapters", 1),
    ):
        found, way = trials.right(name, n), ARMS[name].way
        how = f"{name}, {way}, {n} takes of each digit of a new voice"
        yield _over_voices(f"{name}_n{n}", found["right"], trials, how=how, **stored)
        if ARMS[name].start in ("others", "both"):
            how = f"{how}, the five other voices"
            yield _over_voices(f"{name}_old_n{n}", found["old"], trials, how=how, **stored)
    how = "speech less scratch, one take, paired"
    lead = _difference(trials, "speech", "scratch", 1)
    yield _over_voices("speech_scratch_n1", lead, trials, unit="points", how=how, **stored)
    for key, name in (("right", "adapters_lora_n1"), ("old", "adapters_lora_old_n1")):
        one, other = (trials.right(f"both_{way}", 1)[key] for way in ("adapters", "lora"))
        how = f"adapters less LoRA, from both, one take, {key}, paired"
        lead = one.astype(float) - other
        yield _over_voices(name, lead, trials, unit="points", how=how, **stored)


def _layer_rows(quick):
    stored = {"weights": (NAME,), "exact": True}
    for task in _probes.TASKS[: 1 if quick else None]:
        asked = _probes.asked(task)
        tested = asked.is_tested
        for is_trained in (True, False):
            for name, table in _probes.tables(task, is_trained=is_trained).items():
                if name == "cepstra" and not is_trained:
                    continue
                found = _probes.answers(task, table)
                uar = metrics.unweighted_average_recall(asked.labels[tested], found[tested])
                kind = "" if is_trained else ".untrained"
                how = f"{asked.source}, linear probe, UAR, {tested.sum()} sounds tested"
                yield Row(f"{task}{kind}.{name}", 100 * uar, "%", how=how, **stored)


def _uar_rows(asked, found, *, of):
    """Yield the UAR of each answer in percent, and how far the states are ahead of the cepstra."""
    stored = {"weights": (NAME,), "exact": True}
    columns = np.stack([asked.labels, *found.values()], axis=1)
    recall = metrics.unweighted_average_recall
    for number, name in enumerate(found, start=1):
        low, high = metrics.bootstrap_interval(
            columns,
            statistic=lambda rows, n=number: recall(rows[:, 0], rows[:, n]),
            groups=asked.groups,
        )
        value = recall(columns[:, 0], columns[:, number])
        how = f"{asked.source}, UAR, linear probe, 95 % interval over {of}"
        yield Row(name, 100 * value, "%", how=how, spread=(100 * low, 100 * high), **stored)
    names = list(found)
    for name, other in (("states", "cepstra"), ("states", "untrained"), ("together", "cepstra")):
        pair = [names.index(name) + 1, names.index(other) + 1]

        def lead(rows, pair=pair):
            return recall(rows[:, 0], rows[:, pair[0]]) - recall(rows[:, 0], rows[:, pair[1]])

        low, high = metrics.bootstrap_interval(columns, statistic=lead, groups=asked.groups)
        how = f"{asked.source}, {name} less {other}, paired, 95 % interval over {of}"
        spread = (100 * low, 100 * high)
        value = 100 * lead(columns)
        yield Row(f"{name}_{other}", value, "points", how=how, spread=spread, **stored)


def _emotion_rows(quick):
    """Which layer is asked, is chosen for each actor by the other nine."""
    asked, tables = _probes.asked("emotion"), dict(_probes.tables("emotion"))
    layers = [name for name in tables if name != "cepstra"][: 1 if quick else None]
    new = _probes.tables("emotion", is_trained=False)
    tables |= {f"new_{name}": new[name] for name in layers}

    def answer(name, train, test):
        ours = tables[name.removesuffix("+")]
        table = np.hstack([ours, tables["cepstra"]]) if name.endswith("+") else ours
        probe = _probes.classifier(_probes.CLASSIFIER)
        return probe.fit(table[train], asked.labels[train]).predict(table[test])

    found = {"cepstra": _probes.answers("emotion", tables["cepstra"])}
    kinds = {
        "states": layers,
        "untrained": [f"new_{name}" for name in layers],
        "together": [f"{name}+" for name in layers],
    }
    for kind, systems in kinds.items():
        choice = chosen(judged(asked.labels, asked.groups, systems, answer))
        found[kind] = answers_of(choice, asked.labels, asked.groups, answer)
    yield from _uar_rows(asked, found, of="actors")


def _mandarin_rows():
    """The layer is the middle one, chosen before anything was measured."""
    asked, tables = _probes.asked("syllable"), _probes.tables("syllable")
    new = _probes.tables("syllable", is_trained=False)
    given = {
        "cepstra": tables["cepstra"],
        "states": tables["layer_3"],
        "untrained": new["layer_3"],
        "together": np.hstack([tables["layer_3"], tables["cepstra"]]),
    }
    found = {name: _probes.answers("syllable", table) for name, table in given.items()}
    yield from _uar_rows(asked, found, of="syllables")
