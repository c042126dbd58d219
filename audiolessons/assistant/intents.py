"""What is meant: every sentence that a grammar can say, and which of them a sound is likeliest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

from audiolessons.errors import AudioError, check_choice
from audiolessons.language.grammar import DEEPEST, SLOT
from audiolessons.matching import check_log_probs


@dataclass(frozen=True)
class Meaning:
    """A sentence, what it is for, and what fills its slots, such as {"state": "on"}.

    Chapter: large/assistant
    """

    text: str
    intent: str
    slots: dict = field(default_factory=dict)


def meanings(rules: dict[str, list[str]], *, start: str = "command") -> list[Meaning]:
    """Return every sentence of a grammar that is written as for `language.expand`.

    The choices of `start` are intents: rules by themselves. What stands for a rule inside an
    intent is a slot, and is kept by the rule's name.

    Raises
    ------
    AudioError
        If a rule is missing, does not end, or an intent is no rule.

    Examples
    --------
    >>> rules = {"command": ["<light>"], "light": ["light <state>"], "state": ["on", "off"]}
    >>> meanings(rules)[1]
    Meaning(text='light off', intent='light', slots={'state': 'off'})

    Chapter: large/assistant
    """
    check_choice(start, name="rule", choices=tuple(rules))
    found = []
    for choice in rules[start]:
        name = SLOT.fullmatch(choice)
        if not name:
            raise AudioError(f"{choice!r} is no intent: write <its rule> in {start!r}")
        for text, slots in _said(rules, name[1], depth=1):
            found.append(Meaning(text, name[1], slots))
    return found


def _said(rules, name, *, depth):
    check_choice(name, name="rule", choices=tuple(rules))
    if depth > DEEPEST:
        raise AudioError(f"<{name}> does not end: rules call each other {DEEPEST} deep")
    found = []
    for choice in rules[name]:
        ways: list[tuple[str, dict]] = [("", {})]
        for number, part in enumerate(re.split(SLOT, choice)):
            if number % 2 == 0:
                ways = [(text + part, slots) for text, slots in ways]
                continue
            fills = _said(rules, part, depth=depth + 1)
            ways = [
                (text + fill, {**slots, **inner, part: fill})
                for text, slots in ways
                for fill, inner in fills
            ]
        found += ways
    return found


def likeliest(
    log_probs: np.ndarray, texts: Sequence[str], *, to_tokens: Callable[[str], list[int]]
) -> tuple[int, float]:
    """Return which of some texts a sound says, and how far that lies behind saying anything.

    Each text gets its CTC loss: how unlikely the recogniser finds it under all alignments. The
    second number is the loss of the best text less that of the likeliest path, which may say what
    it likes, in nats a letter: near 0 if that text was said, high if none was.

    Parameters
    ----------
    log_probs
        Natural logarithms (N, K) from a recogniser with CTC, blank at 0.
    texts
        What may be said.
    to_tokens
        From a text to its tokens, 1 to K - 1.

    Raises
    ------
    AudioError
        If there is no text, a text has no tokens or others than 1 to K - 1, `log_probs` is no such
        table, or the sound is too short for any of the texts.

    Examples
    --------
    >>> chances = np.log(np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]))
    >>> tokens = {"ba": [2, 1], "ab": [1, 2]}
    >>> number, behind = likeliest(chances, ["ba", "ab"], to_tokens=tokens.get)
    >>> number, round(behind, 2)
    (1, -0.12)

    References
    ----------
    The sum over alignments is that of `matching.ctc_loss`, for all texts at once.

    Chapter: large/assistant
    """
    losses, lengths = text_losses(log_probs, texts, to_tokens=to_tokens)
    best = int(losses.argmin())
    if torch.isinf(losses[best]):
        raise AudioError(f"{len(log_probs)} frames are too few for any of the texts: listen longer")
    free = -float(np.max(log_probs, axis=1).sum())
    return best, (float(losses[best]) - free) / int(lengths[best])


def behind_beginnings(
    log_probs: np.ndarray, text: str, *, to_tokens: Callable[[str], list[int]]
) -> float:
    """Return how far a text lies behind the likeliest of its own beginnings, in nats a letter.

    Beginnings are its first word, its first two, and so on. Above 0 the speaker has probably not
    said all of it yet; a text of one word has no beginning, and gives minus infinity.

    Parameters
    ----------
    log_probs, to_tokens
        As for `likeliest`.
    text
        What may be said.

    Raises
    ------
    AudioError
        As `likeliest` does.

    Examples
    --------
    >>> chances = np.log(np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]))
    >>> tokens = {"a b": [1, 2], "a": [1]}
    >>> behind_beginnings(chances, "a b", to_tokens=tokens.get) < 0
    True

    References
    ----------
    R. Maas and others, "Combining acoustic embeddings and decoding features for end-of-utterance
    detection in real-time far-field speech recognition systems", ICASSP 2018, has other features.

    Chapter: large/assistant
    """
    words = text.split()
    said = [" ".join(words[:n]) for n in range(1, len(words) + 1)]
    losses, lengths = text_losses(log_probs, said, to_tokens=to_tokens)
    if torch.isinf(losses[-1]):
        raise AudioError(f"{len(log_probs)} frames are too few for {text!r}: listen longer")
    beginnings = losses[:-1].tolist()
    return (float(losses[-1]) - min(beginnings, default=np.inf)) / int(lengths[-1])


def text_losses(
    log_probs: np.ndarray, texts: Sequence[str], *, to_tokens: Callable[[str], list[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the CTC loss of each text in nats, and how many tokens each has, one number a text.

    Parameters and errors are those of `likeliest`; a text that is too long for the sound has an
    infinite loss.

    Examples
    --------
    >>> losses, lengths = text_losses(np.log(np.full((2, 2), 0.5)), ["a"], to_tokens=lambda _: [1])
    >>> losses.exp(), lengths  # three of the four paths say it
    (tensor([1.3333], dtype=torch.float64), tensor([1]))

    Chapter: large/assistant
    """
    if not texts:
        raise AudioError("texts is empty: give what may be said")
    table = torch.from_numpy(check_log_probs(log_probs))
    tokens, last = [to_tokens(text) for text in texts], table.shape[1] - 1
    for text, some in zip(texts, tokens, strict=True):
        if not some or min(some) < 1 or max(some) > last:
            raise AudioError(f"the tokens of {text!r} are {some}: give one at least, 1 to {last}")
    if not len(table):
        raise AudioError("log_probs has no frame: listen longer")
    lengths = torch.tensor([len(one) for one in tokens])
    losses = functional.ctc_loss(
        table[:, None].expand(-1, len(texts), -1),
        torch.tensor([token for one in tokens for token in one]),
        torch.full((len(texts),), len(table)),
        lengths,
        reduction="none",
    )
    return losses, lengths


class IntentClassifier:
    """Guess an intent from letters that were heard wrongly: naive Bayes over groups of three.

    Each intent has counts of the groups of three letters in its sentences, one added to each, and
    a text belongs where the product of its groups' shares is largest. A group that is wrong costs
    a little, and the other groups still speak.

    Parameters
    ----------
    texts, intents
        Sentences, and what each is for.

    Raises
    ------
    AudioError
        If there are no sentences, or not as many intents.

    Examples
    --------
    >>> classifier = IntentClassifier(["what time is it", "play some music"], ["time", "music"])
    >>> classifier.probabilities("wat tyme is it")["time"] > 0.9
    True

    References
    ----------
    A. McCallum and K. Nigam, "A comparison of event models for naive Bayes text classification",
    AAAI workshop on learning for text categorization, 1998.

    Chapter: large/assistant
    """

    def __init__(self, texts: Sequence[str], intents: Sequence[str]):
        if not texts or len(texts) != len(intents):
            raise AudioError(f"{len(texts)} texts, {len(intents)} intents: give one for each")
        self.intents = sorted(set(intents))
        groups = [groups_of_three(text) for text in texts]
        self.groups = {
            one: at for at, one in enumerate(sorted({g for some in groups for g in some}))
        }
        counts = np.ones((len(self.intents), len(self.groups)))
        for some, intent in zip(groups, intents, strict=True):
            for group in some:
                counts[self.intents.index(intent), self.groups[group]] += 1
        self.log_shares = np.log(counts / counts.sum(axis=1, keepdims=True))

    def probabilities(self, text: str) -> dict[str, float]:
        """Return how likely each intent is; the same for all if no group is known."""
        known = [self.groups[one] for one in groups_of_three(text) if one in self.groups]
        scores = self.log_shares[:, known].sum(axis=1)
        shares = np.exp(scores - scores.max())
        return dict(zip(self.intents, (shares / shares.sum()).tolist(), strict=True))


def groups_of_three(text: str) -> list[str]:
    """Return the groups of three letters of a text, spaces at its ends included.

    Examples
    --------
    >>> groups_of_three("Hi!")
    [' hi', 'hi ']

    Chapter: large/assistant
    """
    kept = re.sub("[^a-z]+", " ", text.lower()).strip()
    padded = f" {kept} "
    return [padded[at : at + 3] for at in range(len(padded) - 2)]
