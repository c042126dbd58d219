"""Sound, image and text side by side: one encoder each, all answering in the same form.

An encoder turns its own kind of input into one summary of W numbers and into steps of W numbers
each. From there on nobody needs to know what was heard, seen or read. `fusion` joins the answers,
`contrastive` brings them into one space.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from audiolessons.errors import AudioError, check_choice, check_count
from audiolessons.models.layers.blocks import BatchNorm, check_batch, masked_mean
from audiolessons.models.sound.cnn import SpectrogramCNN
from audiolessons.models.sound.rnn import recurrent_layers, run_layers
from audiolessons.padding import check_lengths, mask_or_none, shortened

MODALITIES = ("audio", "image", "text")


class Encoded(NamedTuple):
    """What an encoder makes of a batch, whatever its kind.

    `summary`, (B, W), stands for the whole; `steps`, (B, N, W), for its parts (moments of a sound,
    patches of an image, characters of a text); `mask`, (B, N), is False where a step is padding.

    Chapter: tasks/multimodal
    """

    summary: Tensor
    steps: Tensor
    mask: Tensor


class AudioEncoder(nn.Module):
    """Encode log-mel spectrograms with a `SpectrogramCNN`; its linear layer answers W numbers.

    Parameters
    ----------
    n_mels : int
        Mel bands, F.
    width : int
        W.
    channels : sequence of int
        Filters of each block; each block halves the number of steps.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, F, N), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> encoded = AudioEncoder(n_mels=40, width=32)(torch.randn(2, 40, 50), [50, 31])
    >>> encoded.summary.shape, encoded.steps.shape
    (torch.Size([2, 32]), torch.Size([2, 7, 32]))

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_mels: int, width: int, channels: Sequence[int] = (8, 16, 32)):
        super().__init__()
        self.width = check_count(width, name="width")
        self.network = SpectrogramCNN(n_mels=n_mels, n_classes=width, channels=channels)

    def forward(self, x: Tensor, lengths=None) -> Encoded:
        """Return the `Encoded` of spectrograms (B, F, N) of `lengths` (B,) frames."""
        x_map = self.network.feature_maps(x, lengths)[-1]  # (B, C, F', N')
        steps = x_map.flatten(1, 2).transpose(
            1, 2
        )  # (B, C, F', N') -> (B, C F', N') -> (B, N', C F')
        steps = self.network.classify(steps)  # (B, N', W)
        if lengths is not None:
            stride = self.network.receptive_field().stride  # frames that became one step
            lengths = shortened(torch.as_tensor(lengths).long(), stride=stride)
        mask = _mask(lengths, steps)
        return Encoded(masked_mean(steps.transpose(1, 2), mask), steps, mask)


class ImageEncoder(nn.Module):
    """Encode small grey images: two convolutions, one pooling; each quarter-size pixel is a step.

    Parameters
    ----------
    size : int
        Height and width of the images, even.
    width : int
        W.
    channels : pair of int
        Filters of the two convolutions.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, size, size).

    Examples
    --------
    >>> encoded = ImageEncoder(size=8, width=32)(torch.randn(2, 8, 8))
    >>> encoded.summary.shape, encoded.steps.shape
    (torch.Size([2, 32]), torch.Size([2, 16, 32]))

    Chapter: tasks/multimodal
    """

    def __init__(self, *, size: int, width: int, channels: Sequence[int] = (16, 32)):
        super().__init__()
        self.size = check_count(size, name="size", minimum=2)
        self.width = check_count(width, name="width")
        if size % 2:
            raise AudioError(f"size is {size}: give an even number, as pooling halves it")
        first, second = channels
        n_steps = (size // 2) ** 2
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(1, first, kernel_size=3, padding=1, bias=False),
                nn.Conv2d(first, second, kernel_size=3, padding=1, bias=False),
            ]
        )
        self.norms = nn.ModuleList([BatchNorm(first), BatchNorm(second)])
        self.pool = nn.MaxPool2d(2)
        self.to_step = nn.Linear(second, width)
        self.position = nn.Parameter(0.1 * torch.randn(n_steps, width))  # where each step lies
        self.to_summary = nn.Linear(second * n_steps, width)

    def forward(self, x: Tensor, lengths=None) -> Encoded:
        """Return the `Encoded` of images (B, size, size); they have no lengths."""
        check_batch(x, letters="B H V", name="image")
        if x.shape[1:] != (self.size, self.size):
            raise AudioError(
                f"image has shape {tuple(x.shape)}: give (B, {self.size}, {self.size})"
            )
        x = x.unsqueeze(1)  # (B, H, V) -> (B, 1, H, V)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = norm(convolution(x)).relu()  # (B, C, H, V)
        x = self.pool(x)  # (B, C, H / 2, V / 2)
        steps = self.to_step(x.flatten(2).transpose(1, 2)) + self.position  # (B, H V / 4, W)
        return Encoded(self.to_summary(x.flatten(1)), steps, _mask(None, steps))


class TextEncoder(nn.Module):
    """Encode texts that are whole numbers, one for each character (or word); 0 is padding.

    Parameters
    ----------
    n_symbols : int
        How many numbers there are, 0 among them.
    width : int
        W, even if the order counts.
    ordered : bool
        True: a GRU reads forwards and backwards. False: a bag, the average of what each symbol
        stands for, in which "man bites dog" is "dog bites man".

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, L), holds other
        numbers, or lengths, (B,), do not belong to it.

    Examples
    --------
    >>> two, six = [20, 23, 15, 0, 0], [19, 9, 24, 0, 0]
    >>> encoded = TextEncoder(n_symbols=27, width=32)(torch.tensor([two, six]), [3, 3])
    >>> encoded.summary.shape, encoded.steps.shape
    (torch.Size([2, 32]), torch.Size([2, 5, 32]))

    Chapter: tasks/multimodal
    """

    def __init__(self, *, n_symbols: int, width: int, ordered: bool = True):
        super().__init__()
        self.n_symbols = check_count(n_symbols, name="n_symbols", minimum=2)
        self.width = check_count(width, name="width")
        self.embed = nn.Embedding(n_symbols, width)
        self.layers = None
        if ordered:
            if width % 2:
                raise AudioError(f"width is {width}: give an even number, two directions share it")
            self.layers = recurrent_layers(
                "gru",
                n_features=width,
                hidden_size=width // 2,
                n_layers=1,
                bidirectional=True,
                dropout=0.0,
            )

    def forward(self, x: Tensor, lengths=None) -> Encoded:
        """Return the `Encoded` of texts (B, L) of `lengths` (B,) symbols."""
        x, lengths, mask = self._checked(x, lengths)
        steps = self.embed(x)  # (B, L) -> (B, L, W)
        if self.layers is None:
            return Encoded(masked_mean(steps.transpose(1, 2), mask), steps, mask)
        steps, last = run_layers(self.layers, steps, lengths)  # (B, L, W), (2, B, W / 2)
        return Encoded(torch.cat([last[0], last[1]], dim=1), steps, mask)

    def _checked(self, x, lengths):
        """Return the text with 0 as its padding, its lengths, and their mask."""
        if not isinstance(x, Tensor) or x.is_floating_point() or x.dtype == torch.bool:
            what = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise AudioError(f"text is {what}: give a tensor of whole numbers, one a character")
        if x.ndim != 2 or 0 in x.shape:
            raise AudioError(f"text has shape {tuple(x.shape)}: give (B, L), none of them 0")
        if lengths is not None:
            lengths = check_lengths(lengths, n_frames=x.shape[1], batch_size=len(x))
        mask = _mask(lengths, x)
        x = x.long().masked_fill(~mask, 0)
        low, high = int(x.min()), int(x.max())
        if low < 0 or high >= self.n_symbols:
            raise AudioError(
                f"text holds {low if low < 0 else high}: this network knows 0 to "
                f"{self.n_symbols - 1}"
            )
        return x, lengths, mask


def _mask(lengths, steps: Tensor) -> Tensor:
    """Return the mask (B, N) of (B, N, ...)."""
    if lengths is None:
        return torch.ones(steps.shape[:2], dtype=torch.bool, device=steps.device)
    return mask_or_none(lengths, steps[..., 0].detach() if steps.ndim == 3 else steps)


class Encoders(nn.Module):
    """Encoders beside each other, of which each sees only the rows where its input is there.

    What is missing is never looked at, so that it may hold anything: its summary is 0, and all its
    steps count as padding. The averages of batch normalisation are those of what is there, too.

    Parameters
    ----------
    encoders : dict of modules
        From the name of a modality ("audio", "image", "text") to its encoder. All have one width.

    Raises
    ------
    AudioError
        If a name is not among the three or widths differ; calling it, if `present` has another
        shape than (B, M), or nothing is there for a row.

    Examples
    --------
    >>> encoders = Encoders(digit_encoders(n_mels=40, width=32))
    >>> inputs = {"image": (torch.randn(2, 8, 8), None)}
    >>> encoded, present = encoders(inputs)
    >>> present
    tensor([[False,  True, False],
            [False,  True, False]])

    Chapter: tasks/multimodal
    """

    def __init__(self, encoders: dict):
        super().__init__()
        if not encoders:
            raise AudioError("encoders is empty: give at least one, such as {'audio': ...}")
        for name in encoders:
            check_choice(name, name="modality", choices=MODALITIES)
            if not hasattr(encoders[name], "width"):
                what = type(encoders[name]).__name__
                raise AudioError(f"the encoder of {name} is a {what}: give a module with a `width`")
        widths = {name: encoder.width for name, encoder in encoders.items()}
        if len(set(widths.values())) > 1:
            raise AudioError(f"the encoders have different widths, {widths}: give them one")
        self.width = next(iter(widths.values()))
        self.names = tuple(encoders)
        self.encoders = nn.ModuleDict(encoders)

    def forward(self, inputs: dict, present: Tensor | None = None):
        """Return a list of M `Encoded`, in the order of `names`, and what is there, (B, M).

        `inputs` maps a name to (x, lengths), lengths may be None. A modality that is left out is
        missing for all rows; `present`, (B, M), bool, says which rows have it otherwise.
        """
        present = self.checked(inputs, present)
        encoded = []
        for column, name in enumerate(self.names):
            here = present[:, column]
            x, lengths = inputs.get(name, (None, None))
            encoded.append(self._encode(self.encoders[name], x, lengths, here))
        return encoded, present

    def _encode(self, encoder, x, lengths, here) -> Encoded:
        (rows,) = torch.where(here)
        if len(rows) == len(here):
            return encoder(x, lengths)
        like = next(encoder.parameters())
        if len(rows) == 0:
            nothing = torch.zeros(len(here), 1, dtype=torch.bool, device=like.device)
            summary = like.new_zeros(len(here), self.width)
            return Encoded(summary, summary[:, None], nothing)
        lengths = None if lengths is None else torch.as_tensor(lengths)[rows.to("cpu")]
        some = encoder(x[rows], lengths)
        # back to where they came from: (rows, ...) -> (B, ...), 0 in all other rows
        return Encoded(
            *(one.new_zeros(len(here), *one.shape[1:]).index_copy(0, rows, one) for one in some)
        )

    def checked(self, inputs, present) -> Tensor:
        """Return which rows have what, (B, M), or say what does not fit."""
        given = {name: x for name, (x, _) in inputs.items() if x is not None}
        for name in given:
            check_choice(name, name="modality", choices=self.names)
        if not given:
            raise AudioError(f"nothing is given: give at least one of {', '.join(self.names)}")
        like = next(self.parameters())
        for name, x in given.items():
            if getattr(x, "ndim", 1) == 0:
                raise AudioError(f"{name} is a single number: give a batch of examples")
            if getattr(x, "dtype", None) == torch.float64 != like.dtype:
                raise AudioError(f"{name} holds {x.dtype}: give {name}.float()")
        sizes = {name: len(x) for name, x in given.items()}
        if len(set(sizes.values())) > 1:
            raise AudioError(f"the modalities have different numbers of rows, {sizes}")
        n_rows = next(iter(sizes.values()))
        is_given = torch.tensor([name in given for name in self.names], device=like.device)
        if present is None:
            return is_given.expand(n_rows, -1)
        wanted = (n_rows, len(self.names))
        if not isinstance(present, Tensor) or present.dtype != torch.bool:
            what = present.dtype if isinstance(present, Tensor) else type(present).__name__
            raise AudioError(f"present is {what}: give a tensor of bool, True where it is there")
        if tuple(present.shape) != wanted:
            raise AudioError(
                f"present has shape {tuple(present.shape)}: give {wanted}, a column for each of "
                f"{', '.join(self.names)}"
            )
        present = present.to(like.device) & is_given
        if not present.any(dim=1).all():
            row = int((~present.any(dim=1)).nonzero()[0])
            raise AudioError(f"present[{row}] has nothing that is given: leave the row out")
        return present


def digit_encoders(*, n_mels: int, width: int = 32, n_symbols: int = 27) -> dict:
    """Return small encoders for spoken digits, images of 8 x 8 and words of letters.

    Examples
    --------
    >>> list(digit_encoders(n_mels=40))
    ['audio', 'image', 'text']

    Chapter: tasks/multimodal
    """
    return {
        "audio": AudioEncoder(n_mels=n_mels, width=width),
        "image": ImageEncoder(size=8, width=width),
        "text": TextEncoder(n_symbols=n_symbols, width=width),
    }


def named_inputs(audio, audio_lengths, image, text, text_lengths) -> dict:
    """Return what was given by position, as `Encoders` takes it."""
    inputs = {"audio": (audio, audio_lengths), "image": (image, None), "text": (text, text_lengths)}
    return {name: pair for name, pair in inputs.items() if pair[0] is not None}
