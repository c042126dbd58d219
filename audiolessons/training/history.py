"""What a training run leaves behind: one number an epoch, and which epoch was best."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass
class History:
    """Losses and metrics by epoch, as `plots.history` draws them.

    Training values are means over the epoch, with the weights as they were at each batch and with
    dropout and augmentation on; validation values come from the weights at the epoch's end. So a
    validation loss below the training loss is no fault. Lists for which there is nothing to
    report are empty.

    Attributes
    ----------
    train_loss, valid_loss, train_metric, valid_metric : list of float
    learning_rate : list of float
        At the start of each epoch.
    epoch_s : list of float
        Seconds each epoch took.
    metric_name : str or None
    best_epoch : int or None
        Counted from 1: the epoch whose weights the model has now.
    stopped_early : bool
        Whether `patience` ended the run before `epochs` did.

    Examples
    --------
    >>> print(History(train_loss=[2.3, 1.1], valid_loss=[2.2, 1.3], best_epoch=2))
    epoch  train loss  valid loss
        1      2.3000      2.2000
        2      1.1000      1.3000
    best epoch: 2

    Chapter: learning/gradients
    """

    train_loss: list = field(default_factory=list)
    valid_loss: list = field(default_factory=list)
    train_metric: list = field(default_factory=list)
    valid_metric: list = field(default_factory=list)
    learning_rate: list = field(default_factory=list)
    epoch_s: list = field(default_factory=list)
    metric_name: str | None = None
    best_epoch: int | None = None
    stopped_early: bool = False

    @property
    def n_epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.train_loss)

    def followed_by(self, later: History) -> History:
        """Return the history of this run and of one that went on with its weights.

        Examples
        --------
        >>> first = History(train_loss=[2.3, 1.1], best_epoch=2)
        >>> first.followed_by(History(train_loss=[0.9], best_epoch=1)).best_epoch
        3

        Chapter: speech/recognition
        """
        lists = {
            name: value + getattr(later, name)
            for name, value in vars(self).items()
            if isinstance(value, list)
        }
        best = later.best_epoch and self.n_epochs + later.best_epoch
        return replace(later, **lists, best_epoch=best)

    def __str__(self) -> str:
        lines = [self.header(), *(self.line(epoch) for epoch in range(1, self.n_epochs + 1))]
        if self.best_epoch:
            stopped = " (stopped early)" if self.stopped_early else ""
            lines.append(f"best epoch: {self.best_epoch}{stopped}")
        return "\n".join(lines)

    def header(self) -> str:
        """Return the first line of the table."""
        return "epoch" + "".join(f"  {name}" for name, _ in self._columns())

    def line(self, epoch: int) -> str:
        """Return one line of the table, rounded."""
        columns = self._columns()
        return f"{epoch:5d}" + "".join(f"  {v[epoch - 1]:{len(n)}.4f}" for n, v in columns)

    def _columns(self):
        metric = (self.metric_name or "metric").lower()
        columns = {
            "train loss": self.train_loss,
            "valid loss": self.valid_loss,
            f"train {metric}": self.train_metric,
            f"valid {metric}": self.valid_metric,
        }
        return [(name, values) for name, values in columns.items() if values]
