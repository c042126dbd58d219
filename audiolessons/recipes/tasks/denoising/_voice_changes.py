"""What each change of the training bought: one small network, taught in four ways, equally long."""

from __future__ import annotations

from audiolessons import models, training
from audiolessons.recipes.tasks.denoising._voice_training import material, train

CHANGES = {
    "one_voice": {"many": False, "n_made": 0, "in_rooms": False},
    "many_voices": {"many": True, "n_made": 0, "in_rooms": False},
    "made_noises": {"many": True, "n_made": 300, "in_rooms": False},
    "rooms": {"many": True, "n_made": 300, "in_rooms": True},
}
N_STEPS, BATCH_SIZE, SEGMENT_S = 800, 8, 2.0


def network() -> models.MaskGRU:
    """Return the small network that has learned nothing yet."""
    training.seed_everything(0)
    return models.MaskGRU(hidden_size=128, n_layers=1)


def taught(change: str, *, quick: bool = False) -> models.MaskGRU:
    """Return the network after training with the changes up to one of `CHANGES`."""
    how = dict(CHANGES[change])
    in_rooms = how.pop("in_rooms")
    if quick:
        how["n_made"] = min(how["n_made"], 2)
    denoiser = network()
    train(
        denoiser,
        material(size=None, **how),
        n_steps=2 if quick else N_STEPS,
        batch_size=BATCH_SIZE,
        segment_s=SEGMENT_S,
        in_rooms=in_rooms,
    )
    return denoiser.cpu()
