"""Mandarin syllables as strings of two sounds, the initial and the final: "zhuang" is zh, uang.

A network learns three tones of each syllable and is asked for the fourth, each tone in turn (CTC,
with initials and finals as tokens); or it is asked for syllables that it has never heard in any
tone, whose two sounds it knows from others. Beside it stand templates: the nearest of all training
takes, stretched to the same length.

What one take of each, by one speaker, allows: a melody that was never heard with this syllable, and
a syllable that was never heard at all. What it does not: nothing is said about other speakers,
rooms or microphones, nothing about syllables inside a sentence, and one take of each leaves chance
variation and a systematic error in the same figure, as there is no second take to tell them apart.
Sounds are those of the spelling, in which "i" stands for three vowels (zhi, zi, ji).

Settings were chosen with training tones alone: two learned, the third heard.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import TensorDataset

from audiolessons import (
    datasets,
    features,
    matching,
    metrics,
    models,
    signals,
    training,
    transforms,
)
from audiolessons.results import Row

SAMPLE_RATE = 16000
FRAMES = {"n_fft": 512, "hop_length": 256, "n_mels": 40}  # 32 ms every 16 ms
LONGEST_S = 1.7
TOP_DB = 50.0
SPEEDS = (0.9, 1.0, 1.1)
INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
N_STRETCHED = 16  # frames of a template
N_MFCC = 20
N_FOLDS = 6  # of syllables
EPOCHS, BATCH_SIZE, LEARNING_RATE = 24, 32, 0.004
NETWORK = {"n_channels": 16, "hidden_size": 96, "n_layers": 1, "dropout": 0.2}


def sounds_of(syllable: str) -> tuple[str, ...]:
    """Return initial and final of a syllable in Pinyin without its tone; the final alone of some.

    Examples
    --------
    >>> sounds_of("zhuang"), sounds_of("ma"), sounds_of("er")
    (('zh', 'uang'), ('m', 'a'), ('er',))

    Chapter: speech/recognition
    """
    initial = next((one for one in INITIALS if syllable.startswith(one)), "")
    return (initial, syllable[len(initial) :]) if initial else (syllable,)


@dataclass(frozen=True, eq=False)
class Syllables:
    """All syllables: log-mel (V, B, 40, N) at V speeds, lengths (V, B), and what each is.

    `syllable` (B,) and `tone` (B,) are arrays; `sounds` are the tokens after the blank;
    `templates` (B, D) are MFCC stretched to one length. `source` is "recordings" or "embedded".
    """

    x: torch.Tensor
    lengths: torch.Tensor
    syllable: np.ndarray
    tone: np.ndarray
    sounds: list
    templates: np.ndarray
    source: str

    @functools.cached_property
    def spelled(self) -> dict:
        """The tokens of each syllable there is, {syllable: [token, ...]}."""
        return {
            one: [self.sounds.index(sound) + 1 for sound in sounds_of(one)]
            for one in sorted(set(self.syllable.tolist()))
        }


@functools.cache
def load() -> Syllables:
    """Return the syllables as log-mel frames between -1 (50 dB down) and 1 (loudest point).

    Examples
    --------
    >>> syllables = load()
    >>> syllables.x.shape[2], sorted(set(syllables.tone.tolist()))
    (40, [1, 2, 3, 4])

    Chapter: speech/recognition
    """
    items = datasets.load("mandarin_syllables")
    spoken = [_trimmed(one) for one in items]
    to_mel = transforms.LogMel(sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)
    parts = [_frames(spoken, to_mel, speed) for speed in SPEEDS]
    n_frames = max(x.shape[2] for x, _ in parts)
    x = torch.stack([functional.pad(x, (0, n_frames - x.shape[2])) for x, _ in parts])
    syllable = items.table["syllable"]
    return Syllables(
        x,
        torch.stack([lengths for _, lengths in parts]),
        syllable,
        items.table["tone"],
        sorted({sound for one in syllable.tolist() for sound in sounds_of(one)}),
        np.stack([_template(one) for one in spoken]),
        items.source,
    )


def _trimmed(one):
    audio = signals.resample(one.audio, from_rate=one.sample_rate, to_rate=SAMPLE_RATE)
    audio = signals.trim_silence(audio, sample_rate=SAMPLE_RATE, threshold_db=-40.0)
    return audio[: round(LONGEST_S * SAMPLE_RATE)]


def _frames(spoken, to_mel, speed):
    rate = round(SAMPLE_RATE * speed)
    spoken = [signals.resample(one, from_rate=rate, to_rate=SAMPLE_RATE) for one in spoken]
    lengths = torch.tensor([one.size for one in spoken])
    audio = torch.stack(
        [
            functional.pad(torch.from_numpy(one), (0, int(lengths.max()) - one.size))
            for one in spoken
        ]
    )
    x, lengths = to_mel(audio, lengths)
    inside = models.sequence_mask(lengths, n_frames=x.shape[2])[:, None]
    loudest = x.masked_fill(~inside, -torch.inf).amax(dim=(1, 2), keepdim=True)
    return ((x - loudest) / (TOP_DB / 2) + 1).clamp(min=-1) * inside, lengths


def _template(audio):
    """Return MFCC without the level, stretched to `N_STRETCHED` frames, as one vector."""
    mel = features.log_mel(audio, sample_rate=SAMPLE_RATE, top_db=TOP_DB, **FRAMES)
    cepstrum = features.dct(mel, n_out=N_MFCC)[1:]
    here = np.linspace(0, cepstrum.shape[1] - 1, N_STRETCHED)
    frames = np.arange(cepstrum.shape[1])
    return np.concatenate([np.interp(here, frames, row) for row in cepstrum])


def nearest(syllables: Syllables, train: np.ndarray, test: np.ndarray) -> list[str]:
    """Return the syllable of the nearest training take for each test row, both (B,) booleans.

    Chapter: speech/recognition
    """
    first, second = syllables.templates[test], syllables.templates[train]
    closest = matching.distances(first.T, second.T).argmin(axis=1)
    return syllables.syllable[train][closest].tolist()


def train(
    syllables: Syllables,
    rows: np.ndarray,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    show_progress: bool = True,
    **options,
):
    """Train on some rows, (B,) booleans, at all speeds; the last weights count.

    Parameters
    ----------
    syllables : Syllables
        From `load`.
    rows : array
    epochs, seed : int
    show_progress : bool
        Whether a table grows, one line an epoch.
    **options
        Of `models.Recogniser`, such as a smaller `hidden_size`.

    Returns
    -------
    (models.Recogniser, training.History)

    Examples
    --------
    >>> syllables = load()
    >>> _, history = train(
    ...     syllables, syllables.tone < 4, epochs=1, hidden_size=8, show_progress=False
    ... )
    >>> history.n_epochs
    1

    Chapter: speech/recognition
    """
    training.seed_everything(seed)
    network = models.Recogniser(
        1 + len(syllables.sounds), n_mels=FRAMES["n_mels"], **{**NETWORK, **options}
    )
    chosen = torch.from_numpy(rows)
    spelled = [syllables.spelled[one] for one in syllables.syllable[rows].tolist()]
    targets = torch.tensor([[*(one * 2)[:2], len(one)] for one in spelled])  # any filling will do
    generator = torch.Generator().manual_seed(seed)
    history = training.fit(
        transforms.Chain(
            transforms.Warp(
                most_pitch=1.1, most_tempo=1.2, sample_rate=SAMPLE_RATE, generator=generator
            ),
            transforms.SpecAugment(max_bands=6, max_frames=6, generator=generator),
            network,
        ),
        training.loader(
            TensorDataset(
                syllables.x[:, chosen].flatten(0, 1),
                syllables.lengths[:, chosen].flatten(),
                targets.repeat(len(SPEEDS), 1),
            ),
            batch_size=BATCH_SIZE,
            shuffle=True,
            seed=seed,
            time_axis=2,
        ),
        None,
        config=training.Config(
            epochs=epochs,
            learning_rate=LEARNING_RATE,
            weight_decay=0.01,
            scheduler="cosine",
            clip_norm=1.0,
            seed=seed,
            show_progress=show_progress,
        ),
        loss=_loss,
    )
    return network, history


def _loss(output, target):
    return models.ctc_loss(output, (target[:, :-1], target[:, -1]))


def recognise(network: models.Recogniser, syllables: Syllables, rows: np.ndarray) -> tuple:
    """Return what is heard in some rows, (B,) booleans: as sounds, freely, and as a syllable.

    The first are lists such as ["m", "a"], the likeliest path; the second is that syllable of
    those there are, in whichever tone, whose sounds have the largest sum over paths.

    Chapter: speech/recognition
    """
    chosen = torch.from_numpy(rows)
    middle = SPEEDS.index(1.0)
    with training.evaluating(network) as device:
        x, lengths = syllables.x[middle, chosen], syllables.lengths[middle, chosen]
        logits, n_frames = network(x.to(device), lengths.to(device))
        losses = []
        for spelled in syllables.spelled.values():
            target = torch.tensor([spelled] * len(x), device=device)
            n_tokens = torch.full((len(x),), len(spelled), device=device)
            loss = models.ctc_loss((logits, n_frames), (target, n_tokens))
            losses.append(loss * len(spelled))  # the whole text, not a token of it
    likeliest = torch.stack(losses).argmin(dim=0).tolist()
    names = list(syllables.spelled)
    paths = [
        matching.best_path(one[:n])
        for one, n in zip(logits.cpu().numpy(), n_frames.tolist(), strict=True)
    ]
    free = [[syllables.sounds[token - 1] for token in path] for path in paths]
    return free, [names[number] for number in likeliest]


def folds(syllables: Syllables) -> list[np.ndarray]:
    """Return parts of the syllables, (B,) booleans, to be left out in every tone.

    Only syllables are in them whose two sounds come in others too, whichever part is left out.

    Chapter: speech/recognition
    """
    left = list(syllables.spelled)
    parts = []
    for number in range(N_FOLDS):
        out = left[number::N_FOLDS]
        known = {sound for one in left if one not in out for sound in sounds_of(one)}
        fair = [one for one in out if known.issuperset(sounds_of(one))]
        parts.append(np.isin(syllables.syllable, fair))
    return [part for part in parts if part.any()]


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of the bench; all train, for some minutes. `quick`: one short epoch.

    Chapter: speech/recognition
    """
    return {
        "templates": partial(_rows_of_templates, quick),
        "unheard_tones": partial(_rows_of_tones, quick),
        "unheard_syllables": partial(_rows_of_syllables, quick),
    }


def _tones(syllables, quick):
    return [syllables.tone == tone for tone in range(1, 2 if quick else 5)]


def _rows_of_templates(quick):
    syllables = load()
    right = [
        np.array(nearest(syllables, ~test, test)) == syllables.syllable[test]
        for test in _tones(syllables, quick)
    ]
    how = f"{syllables.source}, {len(syllables.spelled)} syllables, each tone unheard in turn"
    shares = [100 * float(one.mean()) for one in right]
    yield Row.several("syllables", shares, "%", how=f"{how}, nearest take", exact=True)


def _answers(syllables, tests, quick):
    """Yield for each test part (truth, what was heard freely, which syllable it was taken for)."""
    for test in tests:
        network, _ = train(syllables, ~test, epochs=1 if quick else EPOCHS, show_progress=False)
        yield syllables.syllable[test], *recognise(network, syllables, test)


def _rows_of(syllables, tests, how, quick):
    names, shares = ("syllables", "sounds", "both_sounds"), []
    for truth, free, taken in _answers(syllables, tests, quick):
        said = [sounds_of(one) for one in truth.tolist()]
        texts = [" ".join(one) for one in said], [" ".join(one) for one in free]
        exactly = [one == other for one, other in zip(*texts, strict=True)]
        rate = 1 - metrics.word_error_rate(*texts)
        shares.append((np.mean(np.array(taken) == truth), rate, np.mean(exactly)))
    labels = (
        "right syllables of all there are",
        "100 less the error rate of initials and finals, heard freely",
        "both heard freely, without an error",
    )
    for name, said, each in zip(names, labels, 100 * np.array(shares).T, strict=True):
        yield Row.several(name, each.tolist(), "%", how=f"{how}, seed 0: {said}")


def _rows_of_tones(quick):
    syllables = load()
    how = f"{syllables.source}, {len(syllables.spelled)} syllables, each tone unheard in turn"
    yield from _rows_of(syllables, _tones(syllables, quick), how, quick)


def _rows_of_syllables(quick):
    syllables = load()
    tests = folds(syllables)[: 1 if quick else None]
    how = f"{syllables.source}, {len(tests)} parts of the syllables, unheard in every tone"
    yield from _rows_of(syllables, tests, how, quick)
