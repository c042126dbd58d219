"""What each of torchrun's processes does for the measurement of `throughput`: learn its share.

torchrun --nproc_per_node 2 -m audiolessons.recipes.large.efficiency._together 2
"""

from __future__ import annotations

import json
import sys

from torch.utils.data import TensorDataset

from audiolessons import models, training
from audiolessons.recipes.large.efficiency._networks import N_MELS, TEACHER
from audiolessons.recipes.large.efficiency._noise import load
from audiolessons.training import processes

BATCH_SIZE = 512


def main(seconds: float) -> None:
    """Train for three epochs; the first process prints the words a second of the fastest."""
    n_words = BATCH_SIZE * max(1, round(2 * seconds))
    network = models.SpectrogramCNN(n_mels=N_MELS, n_classes=10, channels=TEACHER.channels)
    config = training.Config(epochs=3, learning_rate=1e-3, device="cpu", show_progress=False)
    batches = training.loader(TensorDataset(*load(n_words)), batch_size=BATCH_SIZE, shuffle=True)
    history = training.fit(network, batches, None, config=config)
    if processes.rank() == 0:
        print(json.dumps({"words_per_s": n_words / min(history.epoch_s)}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
