"""Features and augmentation on tensors: against `features`, `signals` and laws of their own."""

import copy

import librosa
import numpy as np
import pytest
import torch
import torchaudio
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from audiolessons import AudioError, features, signals, transforms
from audiolessons.padding import is_sound
from audiolessons.transforms.augmenting import change_speed

RATE = 8000
SIZES = {"sample_rate": RATE, "n_fft": 256, "hop_length": 80, "n_mels": 40}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return 0.1 * torch.randn(*shape, generator=seeded(seed))


def padded(n_items=6, n_samples=2000, *, seed=0):
    """Sounds of unequal length, zero-padded, and their lengths."""
    lengths = torch.linspace(500, n_samples, n_items).long()
    audio = noise(n_items, n_samples, seed=seed)
    return audio * is_sound(lengths, audio), lengths


# --- mel spectrograms ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scale": "htk", "norm": None},
        {"power": 1.0},
        {"min_hz": 100.0, "max_hz": 3000.0, "n_mels": 20},
        {"n_fft": 301},
        {"n_fft": 1024, "hop_length": 33},
    ],
)
def test_mel_is_our_mel_spectrogram(options):
    options = SIZES | options
    audio = noise(2, 3, 1000)
    expected = features.mel_spectrogram(audio.numpy(), **options)
    mel = transforms.Mel(**options)(audio)
    assert mel.dtype == torch.float32
    np.testing.assert_allclose(mel.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("power", [1.0, 2.0])
@pytest.mark.parametrize(("scale", "norm"), [("slaney", "slaney"), ("htk", None)])
def test_mel_is_librosas_and_torchaudios_set_up_alike(power, scale, norm):
    audio = noise(2, 1600)
    sizes = {"n_fft": 256, "hop_length": 80, "n_mels": 20, "power": power, "norm": norm}
    mel = transforms.Mel(sample_rate=RATE, scale=scale, **sizes)(audio)
    theirs = librosa.feature.melspectrogram(y=audio.numpy(), sr=RATE, htk=scale == "htk", **sizes)
    np.testing.assert_allclose(mel.numpy(), theirs, rtol=1e-4)
    theirs = torchaudio.transforms.MelSpectrogram(
        RATE, mel_scale=scale, pad_mode="constant", **sizes
    )(audio)
    torch.testing.assert_close(mel, theirs, rtol=1e-4, atol=0)


def test_torchaudio_as_it_comes_is_something_else():
    audio = noise(1, 1000)
    stock = torchaudio.transforms.MelSpectrogram(
        sample_rate=RATE, n_fft=256, hop_length=80, n_mels=20
    )(audio)
    ours = transforms.Mel(**(SIZES | {"n_mels": 20}))(audio)
    assert float((stock / ours - 1).abs().max()) > 0.5


def test_mel_moves_with_its_module_and_leaves_stored_weights_alone():
    mel = transforms.Mel(**SIZES)
    assert not mel.state_dict()
    assert mel.to(torch.float64)(noise(1600).double()).dtype == torch.float64


def test_mel_refuses_what_features_refuses():
    with pytest.raises(AudioError, match="n_mels is 128, too many for n_fft = 128"):
        transforms.Mel(sample_rate=RATE, n_fft=128, n_mels=128)
    with pytest.raises(AudioError, match="hop_length is 0"):
        transforms.Mel(**(SIZES | {"hop_length": 0}))
    with pytest.raises(AudioError, match="max_hz is 5000"):
        transforms.Mel(**SIZES, max_hz=5000)
    with pytest.raises(AudioError, match=r"audio is ndarray: give a float tensor"):
        transforms.Mel(**SIZES)(np.zeros(1000))


@pytest.mark.parametrize("top_db", [None, 80.0, 20.0])
def test_log_mel_is_ours_for_each_sound(top_db):
    audio = noise(3, 1600) * torch.tensor([1.0, 0.1, 1e-4])[:, None]
    level_db = transforms.LogMel(**SIZES, top_db=top_db)(audio).numpy()
    for one, sound in zip(level_db, audio.numpy(), strict=True):
        np.testing.assert_allclose(one, features.log_mel(sound, **SIZES, top_db=top_db), atol=1e-3)


def test_log_mel_knows_the_natural_logarithm():
    audio = noise(2, 1600)
    log = transforms.LogMel(**SIZES, unit="log")(audio)
    decibels = transforms.LogMel(**SIZES)(audio)
    torch.testing.assert_close(log, decibels * np.log(10) / 10)
    silence = transforms.LogMel(**SIZES, unit="log")(torch.zeros(1, 1600))
    torch.testing.assert_close(silence, torch.full_like(silence, np.log(1e-10)))


@given(
    lengths=st.lists(st.integers(1, 1500), min_size=1, max_size=4),
    extra=st.integers(0, 700),
    n_fft=st.sampled_from([255, 256]),
)
@settings(max_examples=25, deadline=None)
def test_padding_and_batch_never_change_a_log_mel(lengths, extra, n_fft):
    to_mel = transforms.LogMel(**(SIZES | {"n_fft": n_fft, "n_mels": 20}), top_db=5.0)
    audio = torch.zeros(len(lengths), max(lengths) + extra)
    for row, length in zip(audio, lengths, strict=True):
        row[:length] = noise(length)
        row[length - 1] = 5.0  # the loudest at the very end, where a frame of the padding hears it
    level_db, n_frames = to_mel(audio, torch.tensor(lengths))
    for row, one, n, length in zip(level_db, audio, n_frames, lengths, strict=True):
        alone = to_mel(one[:length])
        assert alone.shape[-1] == n
        torch.testing.assert_close(row[:, :n], alone, atol=1e-3, rtol=0)


def test_log_mel_lets_gradients_through_and_is_no_half_precision():
    audio = noise(2, 800).requires_grad_()
    to_mel = transforms.LogMel(**SIZES)
    to_mel(audio).sum().backward()
    assert audio.grad.isfinite().all()
    assert (audio.grad != 0).any()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        within = to_mel(audio.detach())
    assert torch.equal(within, to_mel(audio.detach()))


def test_standardise_measures_sound_and_not_padding():
    x = 3 * torch.randn(5, 8, 30, generator=seeded()) + 7
    lengths = torch.tensor([30, 20, 10, 5, 1])
    x = x.masked_fill(~is_sound(lengths, x), -100.0)
    standardise = transforms.Standardise.measure(x, lengths)
    result, same = standardise(x, lengths)
    inside = is_sound(lengths, x).expand(x.shape)
    assert same is lengths
    assert result[inside].mean().item() == pytest.approx(0, abs=1e-5)
    assert result[inside].std(unbiased=False).item() == pytest.approx(1, rel=1e-5)
    assert (result[~inside] == 0).all()

    by_band = transforms.Standardise.measure(x, lengths, by_band=True)
    result, _ = by_band(x, lengths)
    for band in range(8):
        assert result[:, band][inside[:, band]].std(unbiased=False).item() == pytest.approx(1)
    assert set(standardise.state_dict()) == {"mean", "std"}
    assert by_band.mean.shape == (8, 1)


def test_a_band_that_never_changes_is_centred():
    x = torch.full((2, 3, 4), 5.0)
    assert (transforms.Standardise.measure(x, by_band=True)(x) == 0).all()
    with pytest.raises(AudioError, match="std above 0"):
        transforms.Standardise(0.0, 0.0)


# --- what all augmentations keep ----------------------------------------------------------------

WAVEFORM = {
    "shift": lambda g: transforms.TimeShift(max_shift_samples=300, generator=g),
    "gain": lambda g: transforms.Gain(low_db=-10, high_db=10, generator=g),
    "white": lambda g: transforms.AddNoise(low_snr_db=0, high_snr_db=20, generator=g),
    "noises": lambda g: transforms.AddNoise(
        low_snr_db=0, high_snr_db=20, generator=g, noise=noise(3, 700, seed=9)
    ),
    "speed": lambda g: transforms.Speed(generator=g),
}
SPECTRAL = {"mask": lambda g: transforms.SpecAugment(max_bands=8, max_frames=40, generator=g)}
ALL = WAVEFORM | SPECTRAL


def batch_for(name):
    audio, lengths = padded()
    if name in SPECTRAL:
        audio = audio[:, :600].reshape(6, 20, 30)
        return audio, torch.tensor([30, 25, 20, 15, 10, 5])
    return audio, lengths


@pytest.mark.parametrize("name", ALL)
def test_evaluation_changes_nothing_and_draws_nothing(name):
    x, lengths = batch_for(name)
    generator = seeded()
    step = ALL[name](generator).eval()
    before = generator.get_state()
    assert step(x) is x
    assert step(x, lengths) == (x, lengths)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("name", ALL)
def test_the_seed_decides(name):
    x, lengths = batch_for(name)
    first, again, other = (ALL[name](seeded(seed)) for seed in (3, 3, 4))
    torch.manual_seed(0)
    one = first(x, lengths)
    torch.manual_seed(1)  # the global state plays no part
    assert all(map(torch.equal, one, again(x, lengths)))
    assert not torch.equal(one[0], other(x, lengths)[0])
    assert not torch.equal(one[0], first(x, lengths)[0])  # and each time it is another
    with torch.random.fork_rng():
        torch.manual_seed(7)
        expected = torch.rand(1)
        torch.manual_seed(7)
        first(x)
        assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("with_channels", [False, True])
def test_shape_type_and_padding_stay(name, with_channels):
    x, lengths = batch_for(name)
    if with_channels:
        x = torch.stack([x, 0.5 * x], dim=1)  # (B, 2, ...)
    step = ALL[name](seeded())
    for _ in range(5):
        result, ends = step(x, lengths)
        assert (result.shape, result.dtype) == (x.shape, x.dtype)
        assert (ends <= x.shape[-1]).all()
        inside = is_sound(torch.maximum(ends, lengths), x).expand(x.shape)
        if name in WAVEFORM:
            assert (result[~is_sound(ends, x).expand(x.shape)] == 0).all()
        assert torch.equal(result[~inside], x[~inside])
        assert not torch.equal(result, x)
        if name != "speed":
            assert torch.equal(ends, lengths)


@pytest.mark.parametrize("name", [name for name in ALL if name != "white"])
def test_padding_has_no_part_in_what_happens(name):
    """More padding, same draws: the sound becomes the same. White noise is drawn for it all."""
    x, lengths = batch_for(name)
    longer = nn.functional.pad(x, (0, 37))
    short, short_ends = ALL[name](seeded(5))(x, lengths)
    long, long_ends = ALL[name](seeded(5))(longer, lengths)
    inside = is_sound(torch.minimum(short_ends, long_ends), x).expand(x.shape)
    torch.testing.assert_close(
        short[inside], long[..., : x.shape[-1]][inside], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", ALL)
def test_each_item_draws_for_itself(name):
    x, _ = batch_for(name)
    same = x[-1:].repeat(8, *[1] * (x.ndim - 1))
    results = ALL[name](seeded())(same)
    n_different = len({tuple(one.flatten().tolist()) for one in results})
    assert n_different >= (3 if name == "speed" else 6)


@pytest.mark.parametrize("name", ALL)
def test_gradients_flow(name):
    x, lengths = batch_for(name)
    x = x.clone().requires_grad_()
    result, _ = ALL[name](seeded())(x, lengths)
    result.square().sum().backward()
    assert x.grad.isfinite().all()
    assert (x.grad != 0).any()


@pytest.mark.parametrize("name", ALL)
def test_silence_stays_silent(name):
    x, lengths = batch_for(name)
    result, _ = ALL[name](seeded())(torch.zeros_like(x), lengths)
    assert (result == 0).all()


@pytest.mark.parametrize("name", ALL)
def test_bad_input_is_refused(name):
    step = ALL[name](seeded())
    x, lengths = batch_for(name)
    with pytest.raises(AudioError, match=r"audio has shape \(5,\): give a batch, audio\[None\]"):
        step(torch.zeros(5))
    with pytest.raises(AudioError, match="audio is ndarray: give a float tensor"):
        step(x.numpy())
    with pytest.raises(AudioError, match=r"audio is torch\.int16"):
        step(x.to(torch.int16))
    with pytest.raises(AudioError, match=r"lengths have shape \(5,\) for a batch of shape \(6,"):
        step(x, lengths[:5])
    with pytest.raises(AudioError, match="lengths are no tensor of whole numbers"):
        step(x, lengths.float())
    with pytest.raises(AudioError, match="generator is int: give torch"):
        ALL[name](0)


@pytest.mark.parametrize("name", ALL)
def test_modules_can_be_copied(name):
    x, lengths = batch_for(name)
    step = ALL[name](seeded())
    twin = copy.deepcopy(step)
    assert torch.equal(step(x, lengths)[0], twin(x, lengths)[0])


# --- each augmentation --------------------------------------------------------------------------


def test_time_shift_moves_and_fills_with_zeros():
    ramp = torch.arange(1.0, 101.0).repeat(200, 1)
    shifted = transforms.TimeShift(max_shift_samples=3, generator=seeded())(ramp)
    seen = set()
    for row in shifted.int().tolist():
        middle = row[50] - 51
        seen.add(-middle)
        expected = [0] * max(0, -middle) + list(range(1, 101)) + [0] * 3
        assert row == expected[max(0, middle) :][:100]
    assert seen == {-3, -2, -1, 0, 1, 2, 3}


def test_time_shift_counts_each_shift_alike():
    place = torch.zeros(7000, 11)
    place[:, 5] = 1.0
    shifted = transforms.TimeShift(max_shift_samples=3, generator=seeded())(place)
    np.testing.assert_allclose(shifted.sum(dim=0)[2:9], 1000, atol=150)  # 5 standard deviations


def test_gain_is_uniform_in_decibels():
    gain = transforms.Gain(low_db=-20, high_db=6, generator=seeded())
    gained = gain(torch.ones(4000, 2))
    level_db = 20 * torch.log10(gained[:, 0])
    assert (level_db >= -20.001).all()
    assert (level_db <= 6.001).all()
    quarters = torch.histc(level_db, bins=4, min=-20, max=6)
    np.testing.assert_allclose(quarters, 1000, atol=140)
    assert torch.equal(gained[:, 0], gained[:, 1])


@pytest.mark.parametrize("kind", ["white", "noises"])
@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 25.0])
def test_noise_has_its_ratio_over_the_sound(kind, snr_db):
    collection = noise(4, 311, seed=2) if kind == "noises" else None
    audio, lengths = padded()
    step = transforms.AddNoise(
        low_snr_db=snr_db, high_snr_db=snr_db, noise=collection, generator=seeded()
    )
    mixture, _ = step(audio, lengths)
    for one, sound, n in zip(mixture.double(), audio.double(), lengths, strict=True):
        added = (one - sound)[:n]
        ratio_db = 10 * torch.log10(sound[:n].square().sum() / added.square().sum())
        assert ratio_db.item() == pytest.approx(snr_db, abs=0.01)


def test_noise_is_mixed_as_signals_does():
    audio, collection = noise(1, 500), noise(1, 200, seed=3)
    step = transforms.AddNoise(low_snr_db=6, high_snr_db=6, noise=collection, generator=seeded())
    mixture = step(audio).numpy()
    candidates = [
        signals.mix_at_snr(audio.numpy(), np.roll(collection.numpy(), -start), snr_db=6.0)
        for start in range(200)
    ]
    assert min(np.abs(mixture - one).max() for one in candidates) < 1e-6


def test_every_noise_of_a_collection_is_used():
    collection = torch.eye(3).repeat_interleave(50, dim=1) + 0.001  # told apart by where they sound
    step = transforms.AddNoise(low_snr_db=0, high_snr_db=0, noise=collection, generator=seeded())
    audio = torch.full((300, 150), 1e-3)
    added = step(audio) - audio
    starts = {tuple((row > row.mean()).int().tolist()) for row in added}
    assert len(starts) > 100


def test_a_ratio_is_drawn_between_its_bounds():
    audio = noise(500, 400)
    added = transforms.AddNoise(low_snr_db=5, high_snr_db=15, generator=seeded())(audio) - audio
    ratio_db = 10 * torch.log10(audio.square().sum(-1) / added.square().sum(-1))
    assert 4.99 < ratio_db.min().item() < 5.2
    assert 14.8 < ratio_db.max().item() < 15.01


def test_a_tone_played_faster_is_higher_and_shorter():
    n = 4000
    tone = torch.sin(2 * torch.pi * 500 * torch.arange(n) / RATE)[None]
    for factor in (0.8, 0.9, 1.1, 1.25):
        faster, ends = change_speed(tone, torch.tensor([n]), factor)
        assert faster.shape == tone.shape
        assert ends.item() == min(n, int(np.ceil(n / factor)))
        spectrum = torch.fft.rfft(faster[0, : ends.item()] * torch.hann_window(ends.item()), 64000)
        assert spectrum.abs().argmax().item() * RATE / 64000 == pytest.approx(500 * factor, abs=1)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_speed_is_resampling(factor):
    generator = np.random.default_rng(0)
    low = signals.resample(generator.standard_normal(500), from_rate=1, to_rate=4)  # below 1 kHz
    expected = signals.resample(low, from_rate=round(100 * factor), to_rate=100)
    lengths = torch.tensor([len(low)])
    given, ends = change_speed(torch.from_numpy(low)[None], lengths, factor)
    n = min(ends.item(), len(expected))
    np.testing.assert_allclose(given[0, 50 : n - 50], expected[50 : n - 50], atol=2e-3)


def test_speed_one_is_the_sound_itself():
    audio, lengths = padded()
    step = transforms.Speed(factors=[1.0], generator=seeded())
    same, ends = step(audio, lengths)
    assert torch.equal(same, audio)
    assert torch.equal(ends, lengths)


def test_every_item_keeps_its_place_when_speeds_differ():
    audio = torch.arange(1.0, 31.0)[:, None].repeat(1, 400)
    faster = transforms.Speed(factors=(0.9, 1.0, 1.1), generator=seeded())(audio)
    np.testing.assert_allclose(faster[:, 100:200].mean(dim=1), torch.arange(1.0, 31.0), rtol=0.01)
    lengths = (faster.abs() > 0.1).sum(dim=1)
    assert set(lengths.tolist()) == {400, 364}


def test_masks_have_their_sizes():
    x = torch.randn(2000, 20, 50, generator=seeded(1))
    step = transforms.SpecAugment(
        max_bands=6, max_frames=9, n_band_masks=1, n_frame_masks=1, generator=seeded()
    )
    hidden = step(x) != x
    bands, frames = hidden.all(dim=2), hidden.all(dim=1)
    assert torch.equal(hidden, bands[:, :, None] | frames[:, None, :])  # stripes, nothing else
    for stripes, most in ((bands, 6), (frames, 9)):
        widths = stripes.sum(dim=1)
        np.testing.assert_allclose(
            torch.bincount(widths, minlength=most + 1), 2000 / (most + 1), rtol=0.35
        )
        for row in stripes:  # one piece
            (where,) = row.nonzero(as_tuple=True)
            assert len(where) == 0 or where[-1] - where[0] + 1 == len(where)
    assert bands[:, 0].any()
    assert bands[:, -1].any()
    assert frames[:, -1].any()


def test_masks_hide_with_the_mean_of_the_sound():
    x = torch.randn(4, 10, 20, generator=seeded(1)) + 5
    lengths = torch.tensor([20, 15, 10, 5])
    x = x.masked_fill(~is_sound(lengths, x), -100.0)
    step = transforms.SpecAugment(max_bands=5, max_frames=5, generator=seeded(2))
    result, _ = step(x, lengths)
    for one, before, n in zip(result, x, lengths, strict=True):
        changed = one[one != before]
        assert len(changed)
        torch.testing.assert_close(changed, before[:, :n].mean().expand(changed.shape))


def test_a_mask_over_time_hides_a_share_at_most():
    x = torch.randn(500, 4, 40, generator=seeded(1))
    lengths = torch.full((500,), 20)
    step = transforms.SpecAugment(
        max_bands=0, max_frames=40, n_frame_masks=1, max_share=0.25, generator=seeded()
    )
    result, _ = step(x, lengths)
    widths = (result != x).all(dim=1).sum(dim=1)
    assert widths.max() == 5
    nothing = transforms.SpecAugment(max_bands=0, max_frames=0, generator=seeded())
    assert torch.equal(nothing(x), x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda g: transforms.TimeShift(max_shift_samples=0, generator=g),
            "max_shift_samples is 0",
        ),
        (lambda g: transforms.Gain(low_db=3, high_db=-3, generator=g), "low_db is 3 dB, above"),
        (
            lambda g: transforms.AddNoise(low_snr_db=np.inf, high_snr_db=3, generator=g),
            "low_snr_db is inf",
        ),
        (
            lambda g: transforms.AddNoise(
                low_snr_db=0, high_snr_db=3, noise=torch.zeros(2, 9), generator=g
            ),
            "none of them silent",
        ),
        (lambda g: transforms.Speed(factors=[], generator=g), "factors is empty"),
        (lambda g: transforms.Speed(factors=[0.9, -1], generator=g), "factors is -1"),
        (lambda g: transforms.Speed(factors=[0.955], generator=g), "0.955: round it"),
        (
            lambda g: transforms.SpecAugment(max_bands=-1, max_frames=3, generator=g),
            "max_bands is -1",
        ),
        (
            lambda g: transforms.SpecAugment(max_bands=1, max_frames=3, max_share=2, generator=g),
            "max_share is 2",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(make, message):
    with pytest.raises(AudioError, match=message):
        make(seeded())


def test_masks_want_spectrograms():
    step = transforms.SpecAugment(max_bands=1, max_frames=3, generator=seeded())
    with pytest.raises(AudioError, match=r"x has shape \(2, 30\): give spectrograms"):
        step(torch.zeros(2, 30))


# --- chains and caches --------------------------------------------------------------------------


def test_a_chain_hands_lengths_on_to_the_model():
    class Model(nn.Module):
        def forward(self, x, n_frames):
            return x.sum(dim=(1, 2)) + n_frames

    audio, lengths = padded()
    to_mel = transforms.LogMel(**SIZES)
    shift = transforms.TimeShift(max_shift_samples=100, generator=seeded())
    chain = transforms.Chain(shift, to_mel, transforms.Standardise(-50.0, 20.0), Model()).eval()
    level, n_frames = to_mel(audio, lengths)
    level, _ = transforms.Standardise(-50.0, 20.0)(level, n_frames)
    torch.testing.assert_close(chain(audio, lengths), level.sum(dim=(1, 2)) + n_frames)
    assert not torch.equal(chain.train()(audio, lengths), chain.eval()(audio, lengths))
    plain = transforms.Chain(to_mel, nn.Flatten())
    assert plain(audio).shape == (6, 40 * 26)


class Sounds:
    """A set of unequal sounds, as `datasets` has them."""

    def __init__(self, n_items=70, labels=True):
        self.audio, self.lengths = (one.numpy() for one in padded(n_items))
        self.labels = np.arange(n_items) % 3 if labels else None

    def as_arrays(self):
        return self.audio, self.lengths, self.labels


def test_a_cached_set_is_what_each_sound_gives_alone():
    sounds, to_mel = Sounds(), transforms.LogMel(**SIZES)
    cached = transforms.cache_dataset(sounds, to_mel)
    assert len(cached) == 70
    for number in (0, 63, 64, 69):  # on both sides of a batch's end
        x, n_frames, label = cached[number]
        alone = to_mel(torch.from_numpy(sounds.audio[number, : sounds.lengths[number]]))
        torch.testing.assert_close(x[:, :n_frames], alone, atol=1e-3, rtol=0)
        assert label == number % 3
    x, _, _ = cached.tensors
    assert not x.requires_grad


def test_a_cache_takes_no_augmentation():
    shift = transforms.TimeShift(max_shift_samples=100, generator=seeded())
    chain = transforms.Chain(shift, transforms.LogMel(**SIZES))
    cached = transforms.cache_dataset(Sounds(), chain)
    plain = transforms.cache_dataset(Sounds(), transforms.LogMel(**SIZES))
    assert torch.equal(cached.tensors[0], plain.tensors[0])
    assert chain.training


@pytest.mark.parametrize("n_samples", [700, 3000])
def test_a_cache_can_cut_and_pad(n_samples):
    sounds = Sounds(8)
    audio, lengths, _ = transforms.cache_dataset(sounds, n_samples=n_samples).tensors
    assert audio.shape == (8, n_samples)
    assert torch.equal(lengths, torch.from_numpy(sounds.lengths).clamp(max=n_samples))
    shared = min(n_samples, 2000)
    np.testing.assert_array_equal(audio[:, :shared], sounds.audio[:, :shared])
    assert (audio[:, shared:] == 0).all()


def test_a_cache_of_rolls_grows_along_time():
    class Rolls:
        def as_arrays(self):
            return np.ones((2, 5, 88), np.float32), np.array([5, 5]), None

    x, _ = transforms.cache_dataset(Rolls(), n_samples=7).tensors
    assert x.shape == (2, 7, 88)
    assert (x[:, 5:] == 0).all()


def test_a_cache_without_lengths_or_labels():
    assert len(transforms.cache_dataset(Sounds(), with_lengths=False)[0]) == 2
    assert len(transforms.cache_dataset(Sounds(labels=False))[0]) == 2


def test_a_cache_refuses_what_it_cannot_read():
    with pytest.raises(AudioError, match="dataset is list: give a set"):
        transforms.cache_dataset([])
    with pytest.raises(AudioError, match="transform returns Tensor: it must take"):
        transforms.cache_dataset(Sounds(3), lambda audio, lengths: audio)


def test_a_set_of_the_book_can_be_cached(embedded_only):
    from audiolessons import datasets

    digits = datasets.load("spoken_digits", split="test")
    cached = transforms.cache_dataset(digits, transforms.LogMel(**SIZES), n_samples=RATE)
    assert cached.tensors[0].shape == (len(digits), 40, 101)
    assert cached.tensors[2].dtype == torch.int64


def test_augmentation_is_resumed_with_a_run():
    """Its generator is found by `training.fit`, wherever it stands in the model."""
    from audiolessons.training.devices import find_generators

    chain = transforms.Chain(nn.Sequential(WAVEFORM["gain"](seeded())), nn.Flatten())
    assert list(find_generators(chain, {})) == ["model.0.0.generator"]
