"""A model of music that writes a frame note after note, the highest first, given the frames before.

A frame is a list of marks: mark k + 1 for key k, highest first, and `END` after the last note.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from audiolessons.errors import check_count
from audiolessons.models.layers.blocks import check_batch, check_share
from audiolessons.models.music.rolls import counted_frames
from audiolessons.models.sound.rnn import recurrent_layers, run_layers
from audiolessons.padding import without_padding

END = 0
N_NEAR = 16  # numbers that tell what sounded near a key
N_LATE = 3  # frames that they look back on
OCTAVE = 12  # keys that they see either way


class NoteByNoteModel(nn.Module):
    """Predict the notes of each next frame one after another, not each key for itself.

    A recurrent layer reads the frames, each the sum of its notes' embeddings. A second one writes
    the next frame; it starts from the state of the first and the last frame itself, and hears
    which notes are there already. A convolution along the keys tells it what sounded near each
    key of late, by distance: voices move by small steps, wherever they are. What cannot come has
    no chance: a key that is not below the last note. So the chances of all sets add up to 1.

    Parameters
    ----------
    n_features : int
        D, keys of a piano roll.
    cell : str
        "lstm", "gru" or "rnn", of the layer that reads frames.
    hidden_size : int
        H, numbers in its state.
    note_size : int
        Numbers in an embedding, and in the state of the layer that writes notes.
    dropout : float
        Share of the states that is set to 0 after either layer, while training.
    forgotten : float
        Share of the keys heard that is silenced, while training.

    Raises
    ------
    AudioError
        If an option cannot be; calling it, if a batch has another shape than (B, N, D), or
        lengths, (B,), in frames, do not belong to it.

    Examples
    --------
    >>> model = NoteByNoteModel(n_features=88, hidden_size=64, note_size=32)
    >>> model(torch.zeros(2, 20, 88), [20, 12]).shape  # nats of 19 and 11 frames
    torch.Size([30])

    References
    ----------
    N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, "Modeling temporal dependencies in
    high-dimensional sequences", ICML 2012: keys one after another, by other networks (RNN-NADE).

    Chapter: learning/rnn
    """

    def __init__(
        self,
        *,
        n_features: int = 88,
        cell: str = "lstm",
        hidden_size: int = 128,
        note_size: int = 64,
        dropout: float = 0.0,
        forgotten: float = 0.0,
    ):
        super().__init__()
        self.n_features = check_count(n_features, name="n_features")
        check_count(note_size, name="note_size")
        self.forget = nn.Dropout(check_share(forgotten, name="forgotten"))
        self.embed = nn.Embedding(n_features + 2, note_size)
        self.layers = recurrent_layers(
            cell,
            n_features=note_size,
            hidden_size=hidden_size,
            n_layers=1,
            bidirectional=False,  # it would read the answer
            dropout=dropout,
        )
        self.dropout = nn.Dropout(dropout)
        self.summarise = nn.Linear(hidden_size + note_size, note_size)
        self.write = nn.GRU(note_size, note_size, batch_first=True)
        self.predict = nn.Linear(note_size, n_features + 1)
        self.near = nn.Conv2d(1, N_NEAR, (N_LATE, 2 * OCTAVE + 1), padding=(0, OCTAVE))
        self.seek = nn.Linear(note_size, N_NEAR)

    def forward(self, x: Tensor, lengths=None) -> Tensor:
        """Return the nats of each next frame, as `next_frame_nats` does: (frames that count,)."""
        check_batch(x, letters="B N D", n_features=self.n_features)
        counted = counted_frames(x, lengths)
        past = [part[:, :-1][counted] for part in self.read(x, lengths)]
        marks = frame_marks(x[:, 1:][counted])
        before = pad(marks[:, :-1], (1, 0), value=self.n_features + 1)  # no note is higher
        logits = self.next_mark(*past, before)
        return -torch.log_softmax(logits, dim=2).gather(2, marks[..., None]).sum(dim=(1, 2))

    @torch.no_grad()
    def draw_next(self, x: Tensor, *, temperature: float, generator: torch.Generator) -> Tensor:
        """Return a frame that may follow, (B, D), of rolls (B, N, D): note after note, drawn."""
        past = [part[:, -1] for part in self.read(x)]
        marks = torch.full((len(x), 1), self.n_features + 1, device=x.device)
        while (marks[:, -1] != END).any():
            logits = self.next_mark(*past, marks)[:, -1]
            chances = torch.softmax(logits / temperature, dim=1).cpu()
            drawn = torch.multinomial(chances, 1, generator=generator)
            marks = torch.cat([marks, drawn.to(marks)], dim=1)
        frame = torch.zeros(len(x), self.n_features + 2, device=x.device, dtype=x.dtype)
        return frame.scatter(1, marks, 1)[:, 1:-1]

    def read(self, x, lengths=None):
        """Return what the frames up to each one mean for the next.

        To all of it, (B, N, note_size), and to each key, (B, N, D, N_NEAR).
        """
        frames, lengths, _ = without_padding(x.transpose(1, 2), lengths)  # (B, D, N)
        frames = self.forget(frames.transpose(1, 2))
        heard = frames @ self.embed.weight[1:-1]  # (B, N, D) -> (B, N, note_size)
        states, _ = run_layers(self.layers, heard, lengths)
        past = self.summarise(torch.cat([self.dropout(states), heard], dim=2))
        late = pad(frames, (0, 0, N_LATE - 1, 0))[:, None]  # (B, 1, N + N_LATE - 1, D)
        return torch.tanh(past), torch.relu(self.near(late)).permute(0, 2, 3, 1)

    def next_mark(self, past: Tensor, near: Tensor, marks: Tensor) -> Tensor:
        """Return logits (M, P, D + 1) of what follows each of `marks` (M, P), of M frames.

        `past`, (M, note_size), and `near`, (M, D, N_NEAR), are what the frames before mean. What
        cannot follow has -inf: after a note all that is not below it, after the end all but the
        end.
        """
        states, _ = self.write(self.embed(marks), past[None].contiguous())
        states = self.dropout(states)  # (M, P, note_size)
        by_key = self.seek(states) @ self.dropout(near).transpose(1, 2)  # (M, P, D)
        logits = self.predict(states) + pad(by_key, (1, 0))
        n_possible = marks.clamp(min=1)[..., None]  # the end, mark 0, is always possible
        possible = torch.arange(self.n_features + 1, device=marks.device) < n_possible
        return logits.masked_fill(~possible, -torch.inf)


def frame_marks(frames: Tensor) -> Tensor:
    """Return the notes of frames (M, D) as marks (M, P), highest first, then `END`.

    Mark k + 1 is key k. P is one more than the most notes in a frame: shorter ones end earlier.

    Examples
    --------
    >>> frame_marks(torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0]]))
    tensor([[3, 1, 0],
            [0, 0, 0]])

    Chapter: learning/rnn
    """
    sounding = frames > 0.5
    marks = sounding * torch.arange(1, frames.shape[1] + 1, device=frames.device)
    n_most = int(sounding.sum(dim=1).max())
    return pad(marks.sort(dim=1, descending=True).values, (0, 1), value=END)[:, : n_most + 1]
