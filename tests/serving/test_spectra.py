"""Convolutions give the spectra that fast transforms give."""

import pytest
import torch

from audiolessons import transforms
from audiolessons.serving.spectra import PlainMel, Sound, Spectrum, plainly


@pytest.mark.parametrize(("n_fft", "hop_length"), [(512, 256), (400, 160), (64, 16)])
def test_spectrum_and_back_are_those_of_torch(n_fft, hop_length):
    window = torch.hann_window(n_fft)
    audio = torch.randn(2, 20 * hop_length, generator=torch.Generator().manual_seed(0))
    options = {"n_fft": n_fft, "hop_length": hop_length, "window": window}
    theirs = torch.stft(audio, pad_mode="constant", return_complex=True, **options)
    real, imaginary = Spectrum(window, hop_length=hop_length)(audio)
    torch.testing.assert_close(torch.complex(real, imaginary), theirs, rtol=1e-5, atol=1e-4)
    other = theirs * torch.randn(theirs.shape, generator=torch.Generator().manual_seed(1))
    other[:, [0, -1]] = other[:, [0, -1]].real + 0j  # as those of a real sound are
    again = Sound(window, hop_length=hop_length)(other.real, other.imag)
    torch.testing.assert_close(again, torch.istft(other, **options), rtol=1e-4, atol=1e-5)


def test_frames_that_are_not_centred_begin_with_the_first_sample():
    audio, window = torch.arange(1.0, 33)[None], torch.ones(8)
    real, _ = Spectrum(window, hop_length=4, center=False)(audio)
    assert real.shape == (1, 5, 7)
    torch.testing.assert_close(real[0, 0], audio.unfold(1, 8, 4).sum(2)[0])


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_mel_spectrograms_are_replaced_wherever_they_are(power):
    mel = transforms.Mel(sample_rate=8000, n_fft=256, hop_length=100, n_mels=40, power=power)
    audio = torch.randn(2, 3000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(PlainMel(mel)(audio), mel(audio), rtol=1e-3, atol=1e-5)
    to_log_mel = transforms.LogMel(sample_rate=8000, n_fft=256, hop_length=100, n_mels=40)
    before = to_log_mel(audio)
    held = plainly(torch.nn.Sequential(to_log_mel))
    assert not any(isinstance(part, transforms.Mel) for part in held.modules())
    torch.testing.assert_close(held(audio), before, rtol=1e-3, atol=1e-3)
