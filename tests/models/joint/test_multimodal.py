"""Encoders and fusion: padding, order, company and missing modalities change no answer."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiolessons import models
from audiolessons.errors import AudioError

F, W, K, S = 12, 8, 3, 6  # mel bands, width, classes, symbols
NAMES = ("audio", "image", "text")
SMALL = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
every_fusion = pytest.mark.parametrize("fusion", ["early", "late", "gated", "attention"])
ENCODERS = {
    "audio": lambda: models.AudioEncoder(n_mels=F, width=W, channels=(4, 4)),
    "image": lambda: models.ImageEncoder(size=8, width=W, channels=(4, 4)),
    "text": lambda: models.TextEncoder(n_symbols=S, width=W),
    "bag": lambda: models.TextEncoder(n_symbols=S, width=W, ordered=False),
}


def encoders():
    return {name: ENCODERS[name]() for name in NAMES}


def made(fusion, *, seed=0, **options):
    """Make a fusion whose running averages are not the ones it was born with."""
    torch.manual_seed(seed)
    kind = models.Towers if fusion == "towers" else models.Fusion
    options = options if fusion == "towers" else {"n_classes": K, "fusion": fusion, **options}
    model = kind(encoders(), **options)
    with torch.no_grad():
        for _ in range(3):
            model.train()(*batch([20, 13, 9], [4, 3, 5]))
    return model.eval()


def batch(frames, letters, *, seed=0, n_frames=None, n_letters=None, padding=0.0):
    generator = torch.Generator().manual_seed(seed)
    audio = torch.full((len(frames), F, n_frames or max(frames)), padding)
    text = torch.full((len(letters), n_letters or max(letters)), 999 if padding != 0 else 0)
    image = torch.randn(len(frames), 8, 8, generator=generator)
    for row, (n, m) in enumerate(zip(frames, letters, strict=True)):
        audio[row, :, :n] = torch.randn(F, n, generator=generator)
        text[row, :m] = torch.randint(1, S, (m,), generator=generator)
    return [audio, torch.tensor(frames), image, text, torch.tensor(letters)]


def answer(model, *inputs, **options):
    with torch.no_grad():
        y = model(*inputs, **options)
    return y.embeddings if isinstance(y, models.Aligned) else y


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=2e-5)


def rows(inputs, which):
    return [one[which] for one in inputs]


all_kinds = pytest.mark.parametrize("kind", ["early", "late", "gated", "attention", "towers"])


@all_kinds
@pytest.mark.parametrize("padding", [0.0, -80.0, float("nan")])
@SMALL
@given(data=st.data())
def test_padding_never_changes_an_answer(kind, padding, data):
    frames = data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=3))
    letters = [data.draw(st.integers(1, 6)) for _ in frames]
    size = {"n_frames": max(frames) + data.draw(st.integers(0, 20)), "n_letters": 6 + max(letters)}
    model = made(kind)
    inputs = batch(frames, letters, padding=padding, **size)
    together = answer(model, *inputs)
    for i, (n, m) in enumerate(zip(frames, letters, strict=True)):
        audio, _, image, text, _ = rows(inputs, slice(i, i + 1))
        alone = answer(model, audio[:, :, :n], None, image, text[:, :m], None)
        assert_same(together[i : i + 1], alone)


@all_kinds
@SMALL
@given(order=st.permutations(range(4)), n_together=st.integers(1, 4), data=st.data())
def test_order_and_size_of_the_batch_do_not_matter(kind, order, n_together, data):
    model, inputs = made(kind), batch([30, 11, 25, 4], [1, 5, 3, 4])
    there = data.draw(st.lists(st.sampled_from(range(1, 8)), min_size=4, max_size=4))
    present = torch.tensor([[bool(one & bit) for bit in (1, 2, 4)] for one in there])
    order = torch.tensor(order[:n_together])
    together = answer(model, *inputs, present)
    assert_same(answer(model, *rows(inputs, order), present[order]), together[order])


@all_kinds
@pytest.mark.parametrize("missing", range(3))
def test_what_a_missing_modality_holds_does_not_matter(kind, missing):
    model, inputs = made(kind), batch([20, 13], [4, 3])
    present = torch.ones(2, 3, dtype=torch.bool)
    present[1, missing] = False
    expected = answer(model, *inputs, present)
    column = [0, 2, 3][missing]
    spoilt = [one.clone() for one in inputs]
    spoilt[column][1] = 77 if missing == 2 else float("nan")
    if missing != 1:
        spoilt[column + 1][1] = 0  # a length that no sound and no text has
    assert_same(answer(model, *spoilt, present), expected)
    left_out = rows(inputs, slice(1, 2))
    left_out[column] = None
    assert_same(answer(model, *left_out), expected[1:])
    assert not torch.allclose(answer(model, *inputs)[1], expected[1], atol=1e-4)


@all_kinds
def test_missing_rows_change_no_gradient_and_no_average(kind):
    """In training, too: what is missing is no part of the means of batch normalisation."""
    results = []
    for content in (0.0, float("nan")):
        model, inputs = made(kind).train(), batch([20, 13, 17], [4, 3, 5])
        inputs[0][1], inputs[2][2] = content, content
        present = torch.tensor([[True, True, True], [False, True, True], [True, False, True]])
        y = model(*inputs, present)
        y = y.embeddings[present] if kind == "towers" else y
        (y * torch.arange(1.0, 1 + y.shape[-1])).sum().backward()
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        averages = [b for b in model.buffers() if b.is_floating_point()]
        results.append([*gradients, *averages])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


@every_fusion
def test_gradients_reach_every_parameter(fusion):
    model = made(fusion).train()
    y = model(*batch([20, 13, 17], [4, 3, 5]))
    (y * torch.randn(y.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
    for key, parameter in model.named_parameters():
        if fusion != "attention" and ("to_step" in key or "position" in key):
            continue  # only attention looks at single steps
        assert parameter.grad is not None, key
        assert parameter.grad.abs().max() > 0, key


@every_fusion
def test_a_tiny_batch_can_be_learned_by_heart(fusion):
    model = made(fusion)
    inputs, target = batch([20, 13, 17, 9, 12, 20], [4, 3, 5, 2, 2, 4]), torch.arange(6) % K
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(model(*inputs), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss < 0.05:
            break
    assert loss < 0.1
    assert (model(*inputs).argmax(dim=1) == target).all()


@every_fusion
def test_a_single_modality_is_enough_for_an_answer(fusion):
    model, inputs = made(fusion), batch([20, 13], [4, 3])
    audio, lengths, image, text, text_lengths = inputs
    assert model(audio, lengths).shape == (2, K)
    assert model(image=image).shape == (2, K)
    assert model(text=text, text_lengths=text_lengths).shape == (2, K)


def test_late_fusion_adds_the_logits_of_what_is_there():
    model, inputs = made("late"), batch([20, 13], [4, 3])
    alone = [answer(model, *inputs, torch.eye(3).bool()[[i, i]]) for i in range(3)]
    assert_same(answer(model, *inputs), sum(alone))
    without_image = torch.tensor([[True, False, True]] * 2)
    assert_same(answer(model, *inputs, without_image), alone[0] + alone[2])


@pytest.mark.parametrize("fusion", ["gated", "attention"])
def test_weights_sum_to_one_over_what_is_there(fusion):
    model, inputs = made(fusion), batch([20, 13], [4, 3])
    present = torch.tensor([[True, True, True], [True, False, True]])
    weights = model.weights(*inputs, present=present)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    assert weights[1, 1] == 0
    assert (weights[present] > 0).all()


@pytest.mark.parametrize("fusion", ["early", "late"])
def test_fusions_without_weights_say_so(fusion):
    with pytest.raises(AudioError, match="have no weights: use 'gated' or 'attention'"):
        made(fusion).weights(*batch([20], [4]))


@every_fusion
def test_modality_dropout_acts_while_training_only_and_leaves_something(fusion):
    model, inputs = made(fusion, modality_dropout=0.5), batch([9] * 12, [3] * 12)
    assert_same(answer(model, *inputs), answer(model, *inputs))
    model.train()
    for _ in range(10):
        kept = model._dropped(torch.tensor([[True, False, True]] * 50))
        assert kept.any(dim=1).all()
        assert not kept[:, 1].any()
    assert not torch.allclose(answer(model, *inputs), answer(model, *inputs))


def test_modality_dropout_takes_away_the_share_that_was_asked_for():
    torch.manual_seed(0)
    model = models.Fusion(encoders(), n_classes=K, modality_dropout=0.3)
    kept = model._dropped(torch.ones(20000, 3, dtype=torch.bool))
    # a row that would lose all three, 0.3 ** 3 of them, keeps them
    assert float(kept.float().mean()) == pytest.approx(0.7 + 0.027, abs=0.01)


@pytest.mark.parametrize("name", ENCODERS)
def test_summary_and_steps_of_every_encoder_have_one_width(name):
    inputs = batch([20, 13], [4, 3])
    x, lengths = {"audio": inputs[:2], "image": (inputs[2], None)}.get(name, inputs[3:])
    encoded = ENCODERS[name]().eval()(x, lengths)
    assert encoded.summary.shape == (2, W)
    assert encoded.steps.shape[::2] == (2, W)
    assert encoded.mask.shape == encoded.steps.shape[:2]
    assert encoded.mask.dtype == torch.bool
    assert encoded.mask.any(dim=1).all()


def test_the_summary_of_a_sound_is_what_a_cnn_says_of_it():
    encoder = ENCODERS["audio"]().eval()
    audio, lengths, *_ = batch([20, 13], [4, 3])
    assert_same(encoder(audio, lengths).summary, encoder.network(audio, lengths))


def test_a_bag_forgets_the_order_and_a_reader_does_not():
    text = torch.tensor([[1, 2, 3], [3, 2, 1]])
    bag, reader = ENCODERS["bag"]()(text).summary, ENCODERS["text"]()(text).summary
    assert_same(bag[0], bag[1])
    assert not torch.allclose(reader[0], reader[1], atol=1e-3)


# --- wrong input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: {"present": torch.ones(2, 2, dtype=torch.bool)}, r"give \(2, 3\), a column for"),
        (
            lambda x: {"present": torch.ones(2, 3)},
            "present is torch.float32: give a tensor",
        ),
        (lambda x: {"present": [[True]]}, "present is list: give a tensor of bool"),
        (
            lambda x: {"present": torch.tensor([[True] * 3, [False] * 3])},
            r"present\[1\] has nothing that is given: leave the row out",
        ),
        (lambda x: {"image": x[2][:1]}, r"different numbers of rows, {'audio': 2, 'image': 1"),
        (lambda x: {"image": x[2][:, :4]}, r"image has shape \(2, 4, 8\): give \(B, 8, 8\)"),
        (lambda x: {"image": x[2].long()}, "image holds torch.int64: give floating point"),
        (lambda x: {"image": x[2].double()}, r"image holds torch.float64: give image.float\(\)"),
        (lambda x: {"image": torch.tensor(1.0)}, "image is a single number: give a batch"),
        (lambda x: {"text": x[3].float()}, "text is torch.float32: give a tensor of whole"),
        (lambda x: {"text": x[3] + 9}, "text holds .*: this network knows 0 to 5"),
        (lambda x: {"text": x[3] - 9}, "text holds -.*: this network knows 0 to 5"),
        (lambda x: {"text": x[3][:, 0]}, r"text has shape \(2,\): give \(B, L\)"),
        (lambda x: {"text_lengths": [4, 9]}, r"lengths\[1\] is 9, but the batch has 4"),
        (lambda x: {"audio_lengths": [20]}, r"lengths have shape \(1,\): give \(2,\)"),
        (lambda x: {"audio": x[0][:, :5]}, "so F is 5: this network was made for 12"),
        (lambda x: {"audio": None, "image": None, "text": None}, "nothing is given: give"),
    ],
)
def test_wrong_input_is_named(change, message):
    inputs = batch([20, 13], [4, 3])
    names = ["audio", "audio_lengths", "image", "text", "text_lengths"]
    given = {**dict(zip(names, inputs, strict=True)), **change(inputs)}
    with pytest.raises(AudioError, match=message):
        made("gated")(**given)


def test_bytes_are_whole_numbers_too():
    _, _, _, text, lengths = batch([20, 13], [4, 3])
    network = made("gated").eval()
    assert_same(
        network(text=text.byte(), text_lengths=lengths), network(text=text, text_lengths=lengths)
    )


def test_wrong_options_are_named():
    with pytest.raises(AudioError, match="the encoder of audio is a int: give a module"):
        models.Fusion({"audio": 3}, n_classes=K)
    with pytest.raises(AudioError, match="fusion is 'middle': choose one of 'early', 'late'"):
        models.Fusion(encoders(), n_classes=K, fusion="middle")
    with pytest.raises(AudioError, match="modality_dropout is 1: it must be at least 0 and below"):
        models.Fusion(encoders(), n_classes=K, modality_dropout=1)
    with pytest.raises(AudioError, match="modality is 'smell'"):
        models.Fusion({"smell": ENCODERS["audio"]()}, n_classes=K)
    with pytest.raises(AudioError, match="encoders is empty"):
        models.Fusion({}, n_classes=K)
    other = models.ImageEncoder(size=8, width=16)
    with pytest.raises(AudioError, match=r"different widths, \{'audio': 8, 'image': 16\}"):
        models.Fusion({"audio": ENCODERS["audio"](), "image": other}, n_classes=K)
    with pytest.raises(AudioError, match="size is 7: give an even number"):
        models.ImageEncoder(size=7, width=8)
    with pytest.raises(AudioError, match="width is 7: give an even number"):
        models.TextEncoder(n_symbols=5, width=7)
    sound = batch([20], [4])[0]
    only_text = models.Fusion({"text": ENCODERS["text"]()}, n_classes=K)
    with pytest.raises(AudioError, match="modality is 'audio': choose one of 'text'"):
        only_text(sound)
