"""One training loop for every model of the book: it knows no model and no data set.

`fit` takes a torch module, two loaders and a `Config`, and returns a `History` for
`plots.history`. The model is left with its best weights.
"""

from audiolessons.training.config import Config
from audiolessons.training.cycle import fit_one_cycle
from audiolessons.training.devices import has_bfloat16, pick_device, seed_everything
from audiolessons.training.history import History
from audiolessons.training.loaders import loader
from audiolessons.training.loop import accuracy, fit
from audiolessons.training.mixing import Mixed
from audiolessons.training.predicting import evaluating, predict, share_right

__all__ = [
    "Config",
    "History",
    "Mixed",
    "accuracy",
    "evaluating",
    "fit",
    "fit_one_cycle",
    "has_bfloat16",
    "loader",
    "pick_device",
    "predict",
    "seed_everything",
    "share_right",
]
