"""The sentences recipe: no speaker on two sides, letters there and back, a network that learns."""

import numpy as np
import pytest
import torch

from audiolessons import datasets, metrics, models, results
from audiolessons.recipes.speech.recognition import _sentence_training as teaching
from audiolessons.recipes.speech.recognition import sentences as recipe

TINY = {"hidden_size": 32, "n_channels": 4, "dropout": 0.0}


@pytest.fixture(scope="module")
def few():
    return recipe.load(size=None)


def test_nobody_is_heard_in_two_parts(few):
    train, valid = ({one.speaker for one in part} for part in (few.train, few.valid))
    test = {one["speaker"] for one in results.read_scenes("sentences")["test"]}
    assert valid
    assert not train & valid
    assert not (train | valid) & test


def test_scenes_are_drawn_again_as_they_stand():
    if datasets.load("many_voices").source != "recordings":
        pytest.skip("the scenes were drawn from the recordings")
    drawn = recipe.scenes()["test"]
    assert drawn == results.read_scenes("sentences")["test"]
    assert len(drawn) == 120 == len(recipe.test_sentences())


def test_letters_there_and_back(few):
    for one in few.valid:
        assert recipe.to_text(recipe.to_tokens(one.text)) == one.text
    assert recipe.to_text(recipe.to_tokens("Well-known, é 3!")) == "WELL KNOWN"


def test_phones_are_aligned_or_left_out():
    words = [
        word for word, said in datasets.load("pronunciations").entries.items() if len(said[0]) > 1
    ]
    noise = np.random.default_rng(0).normal(scale=0.01, size=24000).astype("float32")
    spoken = recipe.Sentence("two", noise, " ".join(words[:2]).upper(), "somebody")
    silent = recipe.Sentence("one", noise, "QQXZ", "somebody")
    two, none = teaching.phone_frames([spoken, silent])
    assert len(two) == len(none) == 151
    named = [teaching.PHONES[token - 1] for token in two if token]
    said = datasets.load("pronunciations").entries
    order = [name for at, name in enumerate(named) if at == 0 or name != named[at - 1]]
    wanted = [*said[words[0]][0], *said[words[1]][0]]
    assert order == [name for at, name in enumerate(wanted) if at == 0 or name != wanted[at - 1]]
    assert (none == teaching.UNKNOWN).all()


def test_frames_of_unknown_words_do_not_count():
    torch.manual_seed(0)
    letters, phones = torch.randn(1, 9, 29), torch.randn(1, 9, 1 + len(teaching.PHONES))
    target = torch.tensor([[1, 2]]), torch.tensor([2])
    unknown = torch.full((1, 9), teaching.UNKNOWN)
    n_frames = torch.tensor([9])
    loss = teaching.both_losses((letters, phones, n_frames), (*target, unknown))
    alone = models.ctc_loss((letters, n_frames), target)
    torch.testing.assert_close(loss, (1 - teaching.SHARE) * alone)


def test_batches_hold_each_sentence_once_and_fit(few):
    lessons = [one for one in teaching.lessons(few.train[:40]) if one.fits]
    told = []
    for x, lengths, target in teaching.Batches(lessons, seed=0):
        assert lengths.max() == x.shape[-1]
        letters, n_letters = target[:2]
        assert (n_letters <= models.subsampled(lengths)).all()
        told += [row[:n].tolist() for row, n in zip(letters, n_letters, strict=True)]
    assert sorted(told) == sorted(one.letters for one in lessons)


def test_a_network_learns(few):
    small = recipe.Sentences(few.train[:6], few.valid[:2], few.source)
    _, history = recipe.train(small, rounds=2, epochs=8, show_progress=False, **TINY)
    assert min(history.train_loss) < history.train_loss[0]
    assert history.n_epochs == 16  # a round of eight is too short to end early
    assert history.learning_rate[8] == history.learning_rate[0] > history.learning_rate[7]


def test_the_model_of_words_reads_all_texts_but_those_held_back(few):
    read = recipe.texts()
    assert {one.text for one in few.train} <= set(read)
    assert not {one.text for one in few.valid} & set(read) or few.source == "embedded"
    assert len(read) == 1349 or few.source == "embedded"


def test_the_stored_network_beats_saying_nothing(few):
    read = recipe.reader(recipe.trained())
    chosen = few.valid[:10]
    wrong = metrics.character_error_rate(
        [one.text for one in chosen], [read(one) for one in chosen]
    )
    assert wrong < (0.6 if few.source == "recordings" else 0.98)
