"""Text to mel bands: how long, how high and how loud each sound is, then all frames at once."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolessons import features
from audiolessons.errors import AudioError, check_count
from audiolessons.models.layers.blocks import check_share, masked_mean
from audiolessons.models.speech.vocoder import CENTRE, SPREAD, FrameBlock
from audiolessons.padding import mask_or_none

N_TRAITS = 3  # duration, pitch, energy
MIDDLE_HZ, STEPS = 200.0, 4.0  # pitch is counted in units of so many semitones from there


def in_units(pitch_hz: np.ndarray) -> np.ndarray:
    """Return pitch as networks count it: 0 at 200 Hz, 1 four semitones above.

    Examples
    --------
    >>> in_units(np.array([100.0, 200.0]))
    array([-3.,  0.])

    Chapter: speech/synthesis
    """
    return 12 * np.log2(pitch_hz / MIDDLE_HZ) / STEPS


def in_hz(pitch: np.ndarray | Tensor) -> np.ndarray | Tensor:
    """Return pitch in Hz of what networks count.

    Examples
    --------
    >>> in_hz(torch.tensor([-3.0, 0.0]))
    tensor([100., 200.])

    Chapter: speech/synthesis
    """
    return MIDDLE_HZ * 2 ** (STEPS * pitch / 12)


def places_of(durations: Tensor) -> tuple[Tensor, Tensor]:
    """Return which token each frame belongs to, (N,), and where in it the frame lies, (N, 2).

    Parameters
    ----------
    durations : Tensor
        Frames of each token, (L,), whole numbers, 0 allowed.

    Returns
    -------
    (Tensor, Tensor)
        Token numbers (N,); and for each frame how much of the token is over at its middle, 0 to
        1, with the logarithm of 1 + the token's duration, (N, 2).

    Examples
    --------
    >>> places, within = places_of(torch.tensor([2, 0, 1]))
    >>> places, within[:, 0]
    (tensor([0, 0, 2]), tensor([0.2500, 0.7500, 0.5000]))

    Chapter: speech/synthesis
    """
    places = torch.repeat_interleave(torch.arange(len(durations)), durations)
    starts = durations.cumsum(0) - durations
    passed = (torch.arange(len(places)) - starts[places] + 0.5) / durations[places]
    return places, torch.stack([passed, durations[places].log1p()], dim=1)


class TextToMel(nn.Module):
    """Write log-mel bands of a text: a token is as many frames as it lasts, no attention needed.

    An encoder reads the tokens. From its states, duration, pitch and energy of each token are
    predicted; in training the true ones are used instead, so that the decoder need not guess
    melody and rhythm. States are repeated as long as each token lasts. From them a melody is
    predicted, frame by frame: whether it is voiced, and the pitch. Where harmonics of that pitch
    lie among the bands follows from it and is given to the decoder as a comb, which then writes all
    frames at once. Without the comb, harmonics are a blur: where they lie, no text says.

    Parameters
    ----------
    n_tokens : int
        Sounds and signs that there are.
    n_mels : int
        D, bands.
    width, hidden_size : int
        Of the states, and inside each block.
    n_encoder, n_decoder : int
        Blocks before and after the states are repeated.
    dropout : float
        Share of the states set to 0 in training.
    sample_rate, n_fft : float, int
        Of the sound and the spectrum that the bands are made of.

    Raises
    ------
    AudioError
        If an option cannot be.

    Examples
    --------
    >>> network = TextToMel(10, width=8, hidden_size=8).eval()
    >>> traits = network.traits(torch.tensor([[1, 2, 3]]))
    >>> traits.shape
    torch.Size([1, 3, 3])
    >>> network.write(torch.tensor([1, 2, 3]), torch.tensor([2, 3, 2]), traits[0, 1:]).shape
    torch.Size([80, 7])

    References
    ----------
    Y. Ren and others, "FastSpeech 2: fast and high-quality end-to-end text to speech", ICLR 2021;
    A. Lancucki, "FastPitch: parallel text-to-speech with pitch prediction", ICASSP 2021.

    Chapter: speech/synthesis
    """

    def __init__(
        self,
        n_tokens: int,
        *,
        n_mels: int = 80,
        width: int = 160,
        hidden_size: int = 448,
        n_encoder: int = 4,
        n_decoder: int = 6,
        dropout: float = 0.2,
        sample_rate: float = 16000,
        n_fft: int = 800,
    ):
        super().__init__()
        check_count(n_tokens, name="n_tokens")
        check_count(n_mels, name="n_mels")
        check_count(width, name="width")
        check_count(hidden_size, name="hidden_size")
        check_share(dropout, name="dropout")
        self.embed = nn.Embedding(n_tokens, width)
        self.encoder = nn.ModuleList(FrameBlock(width, hidden_size) for _ in range(n_encoder))
        self.judge = nn.ModuleList(FrameBlock(width, width) for _ in range(2))
        self.predict = nn.Linear(width, N_TRAITS)
        self.voice = nn.Conv1d(N_TRAITS - 1, width, 3, padding=1)
        self.place = nn.Linear(2, width)
        self.tune = nn.ModuleList(FrameBlock(width, width) for _ in range(2))
        self.sing = nn.Linear(width, 2)
        self.harmonics = nn.Linear(n_mels + 2, width)
        self.decoder = nn.ModuleList(FrameBlock(width, hidden_size) for _ in range(n_decoder))
        self.leave = nn.LayerNorm(width)
        self.bands = nn.Linear(width, n_mels)
        self.dropout = nn.Dropout(dropout)
        # Both follow from the settings, so stored weights need not hold them.
        filters = features.mel_filterbank(sample_rate=sample_rate, n_fft=n_fft, n_mels=n_mels)
        shares = torch.from_numpy(filters / filters.sum(axis=1, keepdims=True)).float()
        self.register_buffer("filters", shares, persistent=False)  # (D, F)
        hz = torch.linspace(0, sample_rate / 2, filters.shape[1])
        self.register_buffer("hz", hz, persistent=False)

    def forward(
        self,
        tokens: Tensor,
        lengths: Tensor,
        voice: Tensor,
        places: Tensor,
        within: Tensor,
        n_frames,
        melody: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Write frames of a batch from true traits.

        Parameters
        ----------
        tokens : Tensor
            Shape (B, L), padded with anything; `lengths` (B,) says how many there are.
        voice : Tensor
            Pitch and energy of each token, (B, 2, L).
        places, within : Tensor
            (B, N) and (B, N, 2), as `places_of` gives; a part of the frames is enough.
        n_frames : Tensor
            How many frames of each are meant, (B,).
        melody : Tensor
            1 where a frame is voiced, else 0, and its pitch, (B, 2, N).

        Returns
        -------
        (Tensor, Tensor, Tensor)
            Log-mel bands (B, D, N); predicted traits (B, 3, L): log of 1 + duration, pitch, energy;
            and the predicted melody (B, 2, N), its first a logit.
        """
        states, mask = self._read(tokens, lengths)
        traits = self._judge(states, mask)
        if mask is not None:
            voice = voice * mask[:, None]
        x, sung = self._sing(states, voice, places, within, n_frames)
        return self._write(x, melody, n_frames), traits, sung

    def traits(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the predicted traits of each token, (B, 3, L)."""
        return self._judge(*self._read(tokens, lengths))

    def write(self, tokens: Tensor, durations: Tensor, voice: Tensor) -> Tensor:
        """Return log-mel bands (D, N) of one text, (L,), by its durations, (L,), and voice, (2, L).

        Raises
        ------
        AudioError
            If no token lasts.
        """
        if int(durations.sum()) < 1:
            raise AudioError("durations are all 0: give one token a frame at least")
        states, _ = self._read(tokens[None], None)
        places, within = places_of(durations.cpu())
        places, within = places[None].to(tokens.device), within[None].to(tokens.device)
        return self._write_sung(states, voice[None], places, within, None)[0]

    def say(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return bands (B, D, N) of texts (B, L), all from predictions, and their frames, (B,).

        What `traits` and `write` do for one text. In a graph that is exported, lengths of frames
        are not known beforehand: so each frame counts the tokens that are over.
        """
        states, mask = self._read(tokens, lengths)
        lasting, pitch, energy = self._judge(states, mask).unbind(1)
        # ONNX has no expm1 and no log1p
        durations = (lasting.exp() - 1).round().clamp(min=0) * mask
        ends = durations.cumsum(dim=1)
        n_frames = ends[:, -1].long()
        frame = torch.arange(n_frames.max(), device=tokens.device)
        places = (frame[:, None] >= ends[:, None]).sum(dim=2)  # (B, N)
        places = places.clamp(max=tokens.shape[1] - 1)  # the padding belongs to the last
        length = durations.gather(1, places)
        passed = (frame - (ends - durations).gather(1, places) + 0.5) / length.clamp(min=1)
        within = torch.stack([passed, (1 + length).log()], dim=2)
        voice = torch.stack([pitch, energy], dim=1) * mask[:, None]
        return self._write_sung(states, voice, places, within, n_frames), n_frames

    def comb(self, melody: Tensor) -> Tensor:
        """Return where harmonics of a melody (B, 2, N) lie in the bands, (B, D, N).

        A cosine along frequency has its tops at the multiples of the pitch; a band that is wider
        than the distance of harmonics holds as much of valleys and shows 0, as an unvoiced frame.
        """
        wave = torch.cos(2 * math.pi * self.hz[:, None] / in_hz(melody[:, 1:]))  # (B, F, N)
        return melody[:, :1] * (self.filters @ wave)

    def _read(self, tokens, lengths):
        if tokens.ndim != 2:
            raise AudioError(f"tokens have shape {tuple(tokens.shape)}: give (B, L)")
        mask = mask_or_none(lengths, tokens)
        x = self.dropout(self.embed(tokens)).transpose(1, 2)  # (B, W, L)
        return self.dropout(_through(self.encoder, x, mask)), mask

    def _judge(self, states, mask):
        x = self.dropout(_through(self.judge, states, mask))
        return self.predict(x.transpose(1, 2)).transpose(1, 2)

    def _sing(self, states, voice, places, within, n_frames):
        """Return states by frame, (B, W, N), and the melody that they predict, (B, 2, N)."""
        states = states + self.voice(voice)
        x = _by_frame(states, places) + self.place(within).transpose(1, 2)
        sung = _through(self.tune, x, mask_or_none(n_frames, x)).transpose(1, 2)
        voiced, bend = self.sing(sung).float().unbind(dim=2)
        return x, torch.stack([voiced, _by_frame(voice[:, :1], places)[:, 0] + bend], dim=1)

    def _write_sung(self, states, voice, places, within, n_frames):
        """Write frames by the melody that is predicted, each voiced or not."""
        x, sung = self._sing(states, voice, places, within, n_frames)
        melody = torch.stack([(sung[:, 0] > 0).float(), sung[:, 1]], dim=1)
        return self._write(x, melody, n_frames)

    def _write(self, x, melody, n_frames):
        given = torch.cat([self.comb(melody), melody], dim=1)  # (B, D + 2, N)
        x = self.dropout(x + self.harmonics(given.transpose(1, 2)).transpose(1, 2))
        x = _through(self.decoder, x, mask_or_none(n_frames, x))
        log_mel = self.bands(self.leave(x.transpose(1, 2))).transpose(1, 2)
        return SPREAD * log_mel + CENTRE


def _by_frame(x, places):
    """Return what belongs to tokens, (B, C, L), for frames, (B, C, N)."""
    return x.gather(2, places[:, None].expand(-1, x.shape[1], -1))


def _through(blocks, x, mask):
    """Return what blocks make of x (B, W, N); padding is 0 before each, as it is beyond an end."""
    for block in blocks:
        x = block(x if mask is None else x * mask[:, None])
    return x


def writing_loss(output: tuple, target: tuple) -> Tensor:
    """Return how wrong mel bands, traits and melody are, (B,): a loss for `training.fit`.

    The mean difference of log-mel values over frames that are meant; a tenth of the squared
    differences of traits over tokens that are there; a tenth of the cross-entropy of what is
    voiced, with the difference of pitch where it is. Padding is counted nowhere.

    Parameters
    ----------
    output : (Tensor, Tensor, Tensor)
        What a `TextToMel` gives: (B, D, N), (B, 3, L), (B, 2, N).
    target : (Tensor, Tensor, Tensor, Tensor, Tensor)
        The true ones, and how many frames and tokens of each count, (B,) each.

    Examples
    --------
    >>> mel, traits, melody = torch.zeros(1, 80, 4), torch.zeros(1, 3, 2), torch.ones(1, 2, 4)
    >>> wrong, sure = torch.ones(1, 80, 4), torch.tensor([[[100.0], [1.0]]]).expand(1, 2, 4)
    >>> counts = torch.tensor([4]), torch.tensor([2])
    >>> writing_loss((mel, traits, sure), (wrong, traits, melody, *counts))
    tensor([1.])

    Chapter: speech/synthesis
    """
    log_mel, traits, sung = output
    true_mel, true_traits, melody, n_frames, n_tokens = target
    apart = (log_mel.float() - true_mel).abs().mean(dim=1)
    wrong = functional.mse_loss(traits.float(), true_traits, reduction="none").sum(dim=1)
    (voiced, pitch), (is_voiced, true_pitch) = sung.float().unbind(dim=1), melody.unbind(dim=1)
    doubt = functional.binary_cross_entropy_with_logits(voiced, is_voiced, reduction="none")
    doubt = doubt + is_voiced * (pitch - true_pitch).abs()
    return masked_mean(apart + 0.1 * doubt, mask_or_none(n_frames, apart)) + 0.1 * masked_mean(
        wrong, mask_or_none(n_tokens, wrong)
    )
