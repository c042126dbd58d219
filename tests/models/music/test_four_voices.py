"""Networks of four voices: they know nothing later, draw by their own chances, look by distance."""

import numpy as np
import pytest
import torch

from audiolessons import models
from audiolessons.errors import AudioError
from audiolessons.models.music.voice_writer import ages

SMALL = {
    "rnn": lambda: models.ChoraleRNN(hidden_size=12, width=8),
    "transformer": lambda: models.ChoraleTransformer(width=8, n_layers=2, n_heads=2, farthest=5),
    "harmoniser": lambda: models.Harmoniser(hidden_size=12, melody_size=6, width=8),
}


def network(name, seed=0):
    torch.manual_seed(seed)
    return SMALL[name]().eval()


def drawn(*shape, seed=0):
    """Tokens, a rest here and there, notes held here and there."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, 47, shape, generator=generator)
    tokens[:, 1::2] = torch.where(tokens[:, 1::2] % 3 > 0, tokens[:, ::2], tokens[:, 1::2])
    return tokens


def changed_places(net, tokens, frame, voice):
    other = tokens.clone()
    other[0, frame, voice] = (other[0, frame, voice] + 4) % 47
    differs = (net(other) - net(tokens)).abs().amax(dim=(0, 1)) > 1e-6
    return [tuple(place) for place in differs.nonzero().tolist()]


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_no_note_knows_of_itself_or_of_what_comes_later(name):
    net, tokens = network(name), drawn(1, 8, 4)
    first = 1 if name == "harmoniser" else 0  # its soprano is known beforehand, and only that
    for frame in (0, 3, 6):
        for voice in range(first, 4):
            places = changed_places(net, tokens, frame, voice)
            assert places
            assert min(places) > (frame, voice)


@torch.no_grad()
def test_the_harmoniser_knows_the_whole_soprano():
    places = changed_places(network("harmoniser"), drawn(1, 8, 4), 6, 0)
    assert {(0, 1), (0, 3), (7, 3)} <= set(places)


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_padding_changes_nothing(name):
    net, tokens = network(name), drawn(2, 10, 4)
    padded = tokens.clone()
    padded[1, 6:] = -100
    alone = net(tokens[1:, :6])
    torch.testing.assert_close(net(padded)[1:, :, :6], alone, atol=1e-5, rtol=1e-4)
    nats = models.note_nats(net(padded), padded)
    assert nats.shape == ((10 + 6) * 4,)
    torch.testing.assert_close(
        nats[40:], models.note_nats(alone, tokens[1:, :6]), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_what_is_drawn_has_the_chances_that_the_network_states(name, monkeypatch):
    """The chances met while drawing are those of `forward` for the piece that came of it."""
    net, met = network(name), []
    original = torch.multinomial

    def remember(chances, *args, **options):
        found = original(chances, *args, **options)
        met.append(chances.gather(1, found).log())
        return found

    monkeypatch.setattr(torch, "multinomial", remember)
    given = torch.full((1, 20, 4), -1)
    if name == "harmoniser":
        given[..., 0] = drawn(1, 20)
    piece = net.draw(given, seed=3)
    nats = models.note_nats(net(piece), torch.where(given == -1, piece, -100))
    torch.testing.assert_close(-torch.cat(met)[:, 0], nats, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_given_stays_and_a_seed_repeats(name):
    net, given = network(name), drawn(2, 10, 4)
    given[:, 4:, 1:] = -1
    first, again = net.draw(given, seed=5), net.draw(given, seed=5)
    assert torch.equal(first, again)
    assert torch.equal(first[given >= 0], given[given >= 0])
    assert not torch.equal(first, net.draw(given, seed=6))
    cold = net.draw(given, temperature=0.01, seed=1)
    assert torch.equal(cold, net.draw(given, temperature=0.01, seed=2))  # always the likeliest


def test_a_step_up_costs_the_same_in_every_key():
    """Scores by distance alone: without those of pitches themselves the chances move along."""
    net = network("rnn")
    torch.manual_seed(1)
    x, own = torch.randn(1, 1, 4, 8), torch.tensor([[[30, 25, 20, 15]]])
    reference = own[..., None].expand(1, 1, 4, 4)
    scores = net.write._by_interval(x, reference)
    higher = net.write._by_interval(x, reference + 5)
    torch.testing.assert_close(higher[..., 6:], scores[..., 1:-5])
    assert (scores[..., 0] == 0).all()  # a rest has no distance


def test_ages_count_what_is_held():
    tokens = torch.tensor([[[5, 1]] * 20 + [[5, 2]]])
    age = ages(tokens)[0]
    assert age[:, 0].tolist() == [*range(16), 15, 15, 15, 15, 15]
    assert age[-1, 1] == 0


def test_relative_attention_is_a_plain_loop():
    torch.manual_seed(0)
    attention = models.RelativeAttention(width=8, n_heads=2, farthest=3).eval()
    torch.nn.init.normal_(attention.distances)
    x = torch.randn(2, 6, 8)
    query, key, value = (part.unflatten(2, (2, 4)) for part in attention.to_all(x).chunk(3, dim=2))
    output = torch.zeros(2, 6, 2, 4)
    for b, n, head in np.ndindex(2, 6, 2):
        distance = [attention.distances[head, min(n - m, 2)] for m in range(n + 1)]
        scores = [query[b, n, head] @ (key[b, m, head] + distance[m]) / 2 for m in range(n + 1)]
        shares = torch.softmax(torch.stack(scores), dim=0)
        output[b, n, head] = sum(shares[m] * value[b, m, head] for m in range(n + 1))
    torch.testing.assert_close(attention(x), attention.to_output(output.flatten(2)))


def test_scores_slide_to_the_frames_they_are_of():
    scores = torch.randn(2, 3, 7, 7)
    moved = models.by_distance(scores)
    for n, m in np.ndindex(7, 7):
        if m <= n:
            assert torch.equal(moved[..., n, m], scores[..., n, 6 - (n - m)])


def test_wrong_arguments_are_named():
    net = network("rnn")
    with pytest.raises(AudioError, match=r"shape \(1, 5, 3\).*music.to_tokens"):
        net(torch.zeros(1, 5, 3, dtype=torch.long))
    with pytest.raises(AudioError, match="float32: give whole numbers"):
        net(torch.zeros(1, 5, 4))
    with pytest.raises(AudioError, match="hold 47: give 0 to 46"):
        net(torch.full((1, 5, 4), 47))
    with pytest.raises(AudioError, match="temperature is 0"):
        net.draw(torch.full((1, 2, 4), -1), temperature=0)
    with pytest.raises(AudioError, match="n_heads is 3, which does not divide"):
        models.RelativeAttention(width=8, n_heads=3, farthest=4)
    with pytest.raises(AudioError, match=r"give \(\.\.\., N, N\)"):
        models.by_distance(torch.zeros(2, 3))
