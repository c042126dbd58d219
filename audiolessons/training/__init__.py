"""One training loop for every model of the book: it knows no model and no data set.

`fit` takes a torch module, two loaders and a `Config`, and returns a `History` for
`plots.history`. The model is left with its best weights.
"""

from audiolessons.training.config import Config
from audiolessons.training.devices import pick_device, seed_everything
from audiolessons.training.history import History
from audiolessons.training.loaders import loader
from audiolessons.training.loop import accuracy, fit

__all__ = ["Config", "History", "accuracy", "fit", "loader", "pick_device", "seed_everything"]
