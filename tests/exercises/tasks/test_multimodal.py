"""Wrong answers to the exercises of tasks/multimodal, and the message meant for each."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from audiolessons import exercises
from audiolessons.exercises.tasks.multimodal import cases_shown, edit_distance

TRUTH = [who for _, _, who in cases_shown()]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _normalized(log_probabilities):
    return log_probabilities - np.logaddexp.reduce(log_probabilities)


def _mixture(log_probabilities):
    with np.errstate(divide="ignore"):
        return np.log(np.exp(log_probabilities).mean(axis=0))


def _late_of_probabilities(log_probabilities):
    with np.errstate(divide="ignore", invalid="ignore"):
        product = np.exp(log_probabilities).prod(axis=0)
        return np.log(product / product.sum())


def _typo(*, kinds="dirs", first=0, behind=True, redraw=True, far=False, own=False, as_list=False):
    """The solution with its parts exchangeable: delete, insert, replace, swap."""

    def one_error(word, random):
        random = np.random.default_rng(5) if own else random
        while True:
            kind = kinds[random.integers(len(kinds))]
            place = int(random.integers(first, len(word)))
            letter = LETTERS[random.integers(26)]
            letters = list(word)
            if kind == "d":
                del letters[place]
            elif kind == "i":
                letters.insert(place + int(behind and random.random() < 0.5), letter)
            elif kind == "r":
                letters[place] = letter
            else:
                other = int(random.integers(len(word))) if far else min(place + 1, len(word) - 1)
                letters[place], letters[other] = letters[other], letters[place]
            typed = "".join(letters)
            if typed != word or not redraw:
                return letters if as_list else typed

    return one_error


def _twice(word, random):
    return _typo()(_typo()(word, random), random)


def _capitals(word, random):
    return _typo()(word, random).upper()


def _gate(*, axis=1, absent=-torch.inf, late=False, mean=False, clean=True, order=1, use=True):
    def gated(embeddings, scores, present):
        weights = scores.masked_fill(~present, absent) if use and not late else scores
        weights = weights.softmax(dim=axis)
        if late:
            weights = weights * present
        if clean:
            embeddings = torch.where(present[..., None], embeddings, 0)
        mixture = (weights[..., None] * embeddings).sum(dim=1)
        mixture = mixture / embeddings.shape[1] if mean else mixture
        return (mixture, weights)[::order]

    return gated


def _mixture_alone(embeddings, scores, present):
    return _gate()(embeddings, scores, present)[0]


def _turned_mask(embeddings, scores, present):
    return _gate()(embeddings, scores, ~present)


def _drop(*, per_batch=False, rescue="random", turned=False, known=True, inside=False, scale=False):
    def drop_modalities(present, rate, random):
        shape = (1, present.shape[1]) if per_batch else present.shape
        stays = random.random(shape) < rate if turned else random.random(shape) >= rate
        kept = present & stays if known else np.broadcast_to(stays, present.shape).copy()
        for row in np.flatnonzero(~kept.any(axis=1)):
            had = np.flatnonzero(present[row])
            if rescue == "anything":
                kept[row, random.integers(present.shape[1])] = True
            elif rescue and len(had):
                kept[row, had[0] if rescue == "first" else random.choice(had)] = True
        if inside:
            present &= kept
        return kept / (1 - rate) if scale else kept

    return drop_modalities


def _all_back(present, rate, random):
    kept = present & (random.random(present.shape) >= rate)
    return np.where(kept.any(axis=1, keepdims=True), kept, present)


def _loss(*, norm=True, ways=2, weight=0.5, power=-1, sign=1, use=True):
    def contrastive_loss(a, b, temperature):
        if norm:
            a, b = functional.normalize(a, dim=1), functional.normalize(b, dim=1)
        logits = a @ b.T * (temperature**power if use else 1)
        partner = torch.arange(len(a))
        loss = functional.cross_entropy(logits, partner)
        if ways == 2:
            loss = weight * (loss + functional.cross_entropy(logits.T, partner))
        return sign * loss

    return contrastive_loss


def _softmax_first(a, b, temperature):
    a, b = functional.normalize(a, dim=1), functional.normalize(b, dim=1)
    logits, partner = a @ b.T / temperature, torch.arange(len(a))
    ways = (functional.cross_entropy(x.softmax(dim=1), partner) for x in (logits, logits.T))
    return sum(ways) / 2


def _columns(a, b, temperature):
    a, b = functional.normalize(a, dim=0), functional.normalize(b, dim=0)
    return _loss(norm=False)(a, b, temperature)


def _partners_only(a, b, temperature):
    return (1 - functional.cosine_similarity(a, b)).mean()


def _recall(*, sign=-1, combine="any", begin=0, scale=1):
    def recall_at(similarity, query_class, found_class, k):
        order = np.argsort(sign * similarity, axis=1)[:, begin and k - 1 : k]
        right = found_class[order] == query_class[:, None]
        return scale * (right.mean() if combine == "mean" else getattr(right, combine)(1).mean())

    return recall_at


def _recall_of_places(similarity, query_class, found_class, k):
    order = np.argsort(-similarity, axis=1)[:, :k]
    return (order == query_class[:, None]).any(axis=1).mean()


def _recall_of_the_item(similarity, query_class, found_class, k):
    order = np.argsort(-similarity, axis=1)[:, :k]
    return np.mean([i in order[i] for i in range(len(query_class))])


def _align(*, step=True, detach=True, turned=False, norm=True, shuffled=False, layer=False):
    def align(source, target, n_steps, temperature):
        matrix = 0.1 * torch.randn(source.shape[1], target.shape[1], device=source.device)
        matrix.requires_grad_()
        optimiser = torch.optim.Adam([matrix], lr=0.03)
        partner = torch.arange(len(source), device=source.device)
        for _ in range(n_steps if step else 0):
            moved = functional.normalize(source @ matrix, dim=1)
            logits = moved @ functional.normalize(target, dim=1).T / temperature
            if shuffled:
                partner = torch.randperm(len(source), device=source.device)
            loss = functional.cross_entropy(logits, partner)
            loss = loss + functional.cross_entropy(logits.T, partner.argsort())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        matrix = matrix.detach() if detach else matrix
        if layer:
            return nn.Linear(source.shape[1], target.shape[1])
        return matrix.T if turned else matrix

    return align


def _moved(source, target, n_steps, temperature):
    return source @ _align()(source, target, 1, temperature)


def _checked(join):
    def joined(parts):
        if len({len(part) for part in parts}) > 1:
            raise ValueError("the parts hold different numbers of examples")
        return join(parts)

    return joined


def _dealt_out(parts):
    return torch.cat(parts).reshape(len(parts[0]), -1)


def _expanded(parts):
    longest = max(len(part) for part in parts)
    if any(len(part) not in (1, longest) for part in parts):
        raise ValueError("the parts hold different numbers of examples")
    return torch.cat([part.expand(longest, -1) for part in parts], dim=1)


WRONG = {
    "multimodal.liars": [
        (["sound"] * 5, "not always the same one"),
        ("SWPPS", "this is one text"),
        ([4, 8, 7, 3, 0], "not the digit"),
        (TRUTH[:4], "five cases"),
        (["4", "8", "7", "3", "0"], "not the digit"),
        (dict(zip("ABCDE", TRUTH, strict=True)), "a list of five names"),
        ([who.capitalize() for who in TRUTH], "lower case"),
        (["audio", *TRUTH[1:]], "three names of the task"),
        (TRUTH[::-1], "from E to A"),
        ([*TRUTH[:4], "word"], "again to E"),
        (["word", "sound", "sound", "word", "picture"], "none of them"),
    ],
    "multimodal.late": [
        (lambda x: x.sum(axis=0), "not normalised"),
        (lambda x: _normalized(x.mean(axis=0)), "mean of the logarithms"),
        (_mixture, "is a mixture"),
        (lambda x: np.exp(_normalized(x.sum(axis=0))), "return their logarithms"),
        (lambda x: _normalized(x.sum(axis=1)), "summed over the classes"),
        (lambda x: x - np.logaddexp.reduce(x, axis=0), "all models are still there"),
        (_late_of_probabilities, "stay with logarithms"),
        (lambda x: x.sum(axis=0) - x.sum(axis=0).max(), "the largest is 0 now"),
        (lambda x: _normalized(x.prod(axis=0)), "were multiplied"),
    ],
    "multimodal.typos": [
        (lambda word, random: word.replace("v", "v"), "nothing ever changes"),
        (_typo(redraw=False), "comes back unchanged"),
        (_typo(far=True), "letters far apart"),
        (_twice, "more than one error"),
        (_typo(kinds="irs"), "no letter is ever left out"),
        (_typo(kinds="drs"), "doubled or inserted"),
        (_typo(kinds="dir"), "never change places"),
        (_typo(kinds="dis"), "replaced by another one"),
        (_typo(first=1), "the first letter is never left out"),
        (_typo(behind=False), "len(word) + 1 places"),
        (_typo(own=True), "all four kinds"),
        (_typo(as_list=True), "a list of letters"),
        (_capitals, "more than one error"),
    ],
    "multimodal.gate": [
        (_gate(axis=0), "runs over the batch"),
        (_gate(absent=0.0), "a score of 0 is no absence"),
        (_gate(late=True), "no longer add up to 1"),
        (_gate(mean=True), "this is the mean"),
        (_gate(clean=False), "0 times NaN"),
        (_gate(order=-1), "the mixture comes first"),
        (_gate(use=False), "`present` was not used"),
        (_mixture_alone, "return the mixture and the weights"),
        (_turned_mask, "the wrong way round"),
        (lambda e, s, p: (s.softmax(1)[..., None] * e, s.softmax(1)), "still apart"),
        (lambda e, s, p: (e.mean(dim=1), s.softmax(dim=1)), "all modalities count alike"),
        (lambda e, s, p: (e[:, 0], s[..., None]), "an axis too many"),
        (lambda e, s, p: (_gate()(e, s, p)[0], s), "these are the scores"),
        (lambda e, s, p: (_gate()(e, s, p)[0], s.sigmoid()), "a sigmoid of each"),
    ],
    "multimodal.dropout": [
        (_drop(per_batch=True), "draw for each example"),
        (_drop(rescue=None), "some rows are empty"),
        (_drop(rescue="first"), "favours one modality"),
        (_drop(rescue="anything"), "what the row had"),
        (_drop(turned=True), "the rate is that of dropping"),
        (_drop(known=False), "never there"),
        (_drop(inside=True), "work on a copy"),
        (_drop(scale=True), "nothing is rescaled"),
        (lambda present, rate, random: present, "nothing was dropped"),
        (_all_back, "got all back"),
    ],
    "multimodal.infonce": [
        (_loss(norm=False), "brought to length 1"),
        (_loss(ways=1), "every b must find its a"),
        (lambda a, b, t: _loss(ways=1)(b, a, t), "every a must find its b"),
        (_loss(weight=1), "take their mean"),
        (_loss(power=1), "multiplied by the temperature"),
        (_loss(use=False), "temperature was not used"),
        (_loss(sign=-1), "drive partners apart"),
        (_partners_only, "only partners were compared"),
        (lambda a, b, t: len(a) * _loss()(a, b, t), "summed over the batch"),
        (_softmax_first, "does the softmax itself"),
        (_columns, "an embedding is a row"),
    ],
    "multimodal.recall": [
        (_recall(sign=1), "the least similar come first"),
        (_recall(combine="mean"), "share of right ones among the k"),
        (_recall(combine="all"), "all k were asked"),
        (_recall(combine="sum"), "counted several times"),
        (_recall(begin=1), "only the k-th is looked at"),
        (_recall(scale=100), "in percent"),
        (_recall(scale=12), "this is a count"),
        (_recall_of_the_item, "item i was sought"),
        (_recall_of_places, "look up the class"),
        (lambda s, q, f, k: _recall()(s - 99 * (s == s.max(1)[:, None]), q, f, k), "was skipped"),
    ],
    "multimodal.align": [
        (_align(step=False), "no better than guessing"),
        (_align(shuffled=True), "no better than guessing"),
        (_align(detach=False), "end with `.detach()`"),
        (_align(turned=True), "turned over"),
        (_align(layer=True), "a layer came back"),
        (_moved, "return the matrix that moves them"),
    ],
    "multimodal.join": [
        (_checked(_dealt_out), "`reshape` deals numbers out"),
        (_checked(torch.cat), "more examples than before"),
        (_checked(lambda parts: torch.cat(parts, dim=1).T), "turned over"),
        (_checked(lambda parts: torch.stack([p[:, :4] for p in parts])), "a new axis"),
        (_checked(sum), "added, not joined"),
        (lambda parts: torch.cat(parts, dim=1), "raise al.AudioError"),
        (_expanded, "instead of expanding"),
        (_checked(lambda parts: torch.cat(parts[::-1], dim=1)), "another order"),
    ],
}


@pytest.mark.parametrize(
    ("a", "b", "errors"),
    [("six", "six", 0), ("six", "sx", 1), ("six", "sxi", 1), ("six", "sixe", 1), ("one", "two", 3)],
)
def test_the_distance_counts_typing_errors(a, b, errors):
    assert edit_distance(a, b) == edit_distance(b, a) == errors


def test_two_agree_in_every_case_and_each_witness_lies_once_at_least():
    assert all(true != told for true, told, _ in cases_shown())
    assert set(TRUTH) == {"sound", "picture", "word"}


def test_what_is_right_in_another_form_is_right():
    assert exercises.check("multimodal.liars", np.array(TRUTH)).passed
    assert exercises.check("multimodal.gate", lambda *given: list(_gate()(*given))).passed


def test_no_message_about_axes_where_two_models_meet_two_classes():
    report = exercises.check("multimodal.late", lambda x: x.sum(axis=0) + 1)
    assert "summed over the classes" not in str(report)


def test_an_extra_letter_before_the_last_is_not_one_behind_it():
    def one_error(word, random):  # puts nothing behind the last letter, though "sixx" comes up
        typed = _typo()(word, random)
        ends = len(typed) > len(word) and typed.startswith(word) and typed[-1] != word[-1]
        return one_error(word, random) if ends else typed

    assert "len(word) + 1 places" in str(exercises.check("multimodal.typos", one_error))


def test_the_alignment_says_where_it_ran():
    report = exercises.check("multimodal.align", _align())
    assert report.passed, str(report)
    assert report.rows[0].what.startswith("on the c")  # cpu or cuda
