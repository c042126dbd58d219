"""From speech without labels to the digits of a new voice, and to other languages and questions.

`python -m audiolessons train finetuning` pre-trains the encoder: seven minutes on one core of a
processor that multiplies numbers of 16 bits. The arms teach some 1,000 networks, two
core hours. What they answered is kept in `_build/finetuning`, in a folder for these
weights, so that what was interrupted goes on. What asks frozen networks takes minutes.
"""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path

import numpy as np

from audiolessons import metrics, models
from audiolessons.recipes._choice import answers_of, chosen, judged
from audiolessons.recipes.large.finetuning import _frozen, _probes
from audiolessons.recipes.large.finetuning._adapting import answers, train
from audiolessons.recipes.large.finetuning._arms import (
    ARMS,
    NUMBERS,
    QUICK,
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
    pieces,
    says_no_digit,
    to_log_mel,
    unlabelled,
)
from audiolessons.recipes.large.finetuning._pretraining import (
    LONG_BATCH,
    LONG_EPOCHS,
    NAME,
    UNIT_LAYER,
    dataset_of,
    encoder,
    learn_units,
    pretrain,
    store,
    train_round,
    trained,
    units_of,
)
from audiolessons.results import Row
from audiolessons.results.weights import read_record

__all__ = [
    "ARMS",
    "LONG_BATCH",
    "LONG_EPOCHS",
    "NUMBERS",
    "SAMPLE_RATE",
    "TOP_DB",
    "UNIT_LAYER",
    "adapted",
    "answers",
    "cepstra",
    "dataset_of",
    "encoder",
    "frames",
    "learn_units",
    "load",
    "measure",
    "pieces",
    "pretrain",
    "says_no_digit",
    "scenes",
    "store",
    "to_log_mel",
    "train",
    "train_round",
    "trained",
    "units_of",
    "unlabelled",
]

KEPT = Path("_build/finetuning")
FORGETTING_RATES = {"full": ARMS["both"].rates, "lora": ARMS["both_lora"].rates}
GOAL, MOST_PERCENT = 95, 5
THIN_STARTS = ("speech", "both")
LEADS = (("speech", "scratch"), ("both", "others"), ("others", "speech"))


def load() -> Digits:
    """Return the spoken digits as frames; `unlabelled` gives the speech without labels.

    Chapter: large/finetuning
    """
    return digits()


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
        trials = functools.cache(lambda: Trials(folder=kept_folder()))
    return {
        **{name: partial(_arm_rows, name, trials) for name in ARMS},
        **{f"lead_{one}_{other}": partial(_lead_rows, one, other, trials) for one, other in LEADS},
        **{f"low_rank_{start}": partial(_low_rank_rows, start, trials) for start in THIN_STARTS},
        "adapters_low_rank": partial(_adapter_rows, trials),
        "forgetting": partial(_forgetting_rows, trials),
        "rounds": partial(_round_rows, trials),
        **{name: partial(_frozen.arm_rows, name, quick) for name in _frozen.FROZEN},
        "frozen": partial(_frozen.lead_rows, quick),
        "own_labels": partial(_frozen.own_label_rows, quick),
        "layers": partial(_layer_rows, quick),
        "emotion": partial(_emotion_rows, quick),
        "mandarin": _mandarin_rows,
    }


def kept_folder() -> Path:
    """Return where networks and answers are kept: other weights have another folder."""
    return KEPT / read_record(NAME)["sha256"][:12]


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
    for n in trials.numbers(name):
        found = trials.right(name, n)
        how = f"{n} takes of each digit of a new voice, its takes 0 to 4 tested"
        goal = f">= {GOAL}" if is_thin and arm.start == "both" and n == 5 else ""
        yield _over_voices(f"n{n}", found["right"], trials, how=how, goal=goal, **stored)
        if arm.start in ("others", "both"):
            how = f"the five other voices after {n} takes of a new one, their takes 0 to 4 tested"
            yield _over_voices(f"old_n{n}", found["old"], trials, how=how, **stored)


def _lead(trials, first, second, n, *, key="right"):
    """Return what the first arm has right more than the second, (S, V, T)."""
    one, other = (trials.right(name, n)[key].astype(float) for name in (first, second))
    return one - other


def _lead_rows(first, second, trials):
    trials = trials()
    for n in sorted(set(trials.numbers(first)) & set(trials.numbers(second))):
        yield _over_voices(
            f"n{n}",
            _lead(trials, first, second, n),
            trials,
            unit="points",
            how=f"{first} less {second}, all of the network learns, {n} takes, paired",
            goal=">= 0" if second == "scratch" else "",
            weights=() if trials.quick else (NAME,),
        )


def _low_rank_rows(start, trials):
    trials, thin = trials(), f"{start}_lora"
    stored = {} if trials.quick else {"weights": (NAME,)}
    for n in trials.numbers(thin):
        if n:
            how = f"LoRA less full, from {start}, {n} takes, as many steps, paired"
            lead = _lead(trials, thin, start, n)
            yield _over_voices(f"n{n}", lead, trials, unit="points", how=how, **stored)
    for name in (start, thin):
        seconds = np.median(trials.right(name, trials.five)["seconds"])
        how = f"{name}, five takes, {trials.steps} steps, median of all runs"
        yield Row(f"{ARMS[name].way}_s", float(seconds), "s", how=how, **stored)


def _adapter_rows(trials):
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    for n in trials.numbers("both_adapters")[1:]:
        for key, name in (("right", f"n{n}"), ("old", f"old_n{n}")):
            how = f"adapters less LoRA, from both, {n} takes, {key}, paired"
            lead = _lead(trials, "both_adapters", "both_lora", n, key=key)
            yield _over_voices(name, lead, trials, unit="points", how=how, **stored)


def _forgetting_rows(trials):
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    asked = [("full", rate) for rate in (0, *FORGETTING_RATES["full"])]
    asked += [("lora", rate) for rate in FORGETTING_RATES["lora"]]
    for way, rate in asked[: 2 if trials.quick else None]:
        found = trials.forgetting(way, rate)
        name = f"{way}_{round(1e4 * rate)}" if rate else "before"
        how = f"five takes learned, {way}, rate {rate}" if rate else "nothing of the voice learned"
        how = f"speech and five voices heard, {how}"
        yield _over_voices(f"{name}.new", found["right"], trials, how=f"{how}, new", **stored)
        how = f"{how}, the five voices heard before"
        yield _over_voices(f"{name}.old", found["old"], trials, how=how, **stored)


def _round_rows(trials):
    trials = trials()
    stored = {} if trials.quick else {"weights": (NAME,)}
    for name in ("new", "first", "second"):
        for n in (1, trials.five):
            how = (
                f"all of the network learns {n} takes, round: {name}; takes 25 to 49, which choose"
            )
            found = trials.rounds(name, n)["right"]
            yield _over_voices(f"{name}.n{n}", found, trials, how=how, **stored)


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
    """Yield the UAR of each answer in percent, and how far some are ahead of others."""
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
    """The layer is the third, chosen before anything was measured."""
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
