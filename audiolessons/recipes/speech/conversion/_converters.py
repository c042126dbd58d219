"""Ways to make one voice's mel-cepstra another's, and the sound with the new ones.

A converter is made of a `Pair` and turns cepstra (order, N), c[0] left out, into as many. The sound
is never made anew: the source's own goes through the difference of two outlines, and its periods
are laid at the target's pitch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audiolessons import matching, metrics, training, voice
from audiolessons.errors import check_choice
from audiolessons.recipes.speech.conversion._pairs import Pair, Take, aligned, scale

CONTEXT = 2  # frames to either side that ridge regression and network see
RIDGE = 100.0
N_COMPONENTS = 16
N_NEIGHBOURS = 4
HIDDEN, EPOCHS = 64, 8
# How far what was smoothed is stretched: resynthesis loses a little, hence more than 1. Chosen on
# validation takes, where it gives the target's variance.
LIVELY = 1.1
LARGEST_STEP = 1.0  # of the pitch, in ln Hz
METHODS = ("mean_variance", "ridge", "mixture", "network", "neighbours")


@dataclass(frozen=True)
class Converter:
    """What turns the source's voice into the target's.

    `change` maps cepstra (order, N); `pitch` holds mean and deviation of ln Hz, of source and
    target; `stretch` (order, 1) says how much wider than the converted takes of the training part
    the target's move, coefficient by coefficient: what averaging has smoothed away.
    """

    name: str
    change: Callable
    pitch: tuple
    stretch: np.ndarray

    def cepstra(self, take: Take, *, lively: float = LIVELY) -> np.ndarray:
        """Return new mel-cepstra (order, N); `lively` is how far they are stretched."""
        new = self.change(take.cepstra[1:])
        frames = take.is_voiced if take.is_voiced.any() else slice(None)
        mean = new[:, frames].mean(axis=1, keepdims=True)
        return mean + (new - mean) * self.stretch**lively

    def log_gain(self, take: Take, *, n_fft: int, lively: float = LIVELY) -> np.ndarray:
        """Return the difference of new outline and old, (F, N), natural logarithm."""
        difference = np.zeros_like(take.cepstra)
        difference[1:] = self.cepstra(take, lively=lively) - take.cepstra[1:]
        return voice.log_envelope(difference, n_fft=n_fft, warping=take.settings["warping"])

    def pitch_ratio(self, pitch_hz) -> np.ndarray:
        """Return new pitch over old: mean and deviation of ln Hz become the target's; 1 for NaN."""
        (mean, deviation), (new_mean, new_deviation) = self.pitch
        log_hz = np.log(pitch_hz)
        new = new_mean + (log_hz - mean) * new_deviation / deviation
        far = np.clip(new - log_hz, -LARGEST_STEP, LARGEST_STEP)
        return np.where(np.isfinite(log_hz), np.exp(far), 1.0)

    def convert(self, take: Take, *, lively: float = LIVELY) -> np.ndarray:
        """Return the sound of a take in the target's voice, (T,), at the take's rate."""
        n_fft, hop = take.settings["n_fft"], take.settings["hop_length"]
        gain = self.log_gain(take, n_fft=n_fft, lively=lively)
        filtered = voice.filter_frames(take.audio, gain, n_fft=n_fft, hop_length=hop)
        marks = voice.pitch_marks(
            filtered, take.pitch_hz, sample_rate=take.sample_rate, hop_length=hop
        )
        frames = np.minimum(marks.samples // hop, len(take.pitch_hz) - 1)
        return voice.psola(filtered, marks, pitch_ratio=self.pitch_ratio(take.pitch_hz[frames]))


def make(name: str, pair: Pair, *, seed: int = 0, n_components: int = N_COMPONENTS) -> Converter:
    """Learn to convert from the training takes of a pair.

    "mean_variance" scales each coefficient; "ridge" is a linear map from five frames, "network"
    one with a hidden layer; "mixture" a linear map for each of `n_components` Gaussians over both
    voices' frames; these three learn from frames aligned by dynamic time warping. "neighbours"
    needs no parallel sentences: it takes the mean of the four target frames nearest to the scaled
    frame.

    Raises
    ------
    AudioError
        If there is no such method.

    Chapter: speech/conversion
    """
    check_choice(name, name="method", choices=METHODS)
    said, wanted = pair.said["train"], pair.wanted["train"]
    scales = scale(said), scale(wanted)
    if name in ("mean_variance", "neighbours"):
        change = _scaling(*scales)
        if name == "neighbours":
            change = _neighbours(change, wanted, scales[1])
    elif name == "mixture":
        change = _mixture(*aligned(said, wanted), seed=seed, n_components=n_components)
    else:
        x, y = aligned(said, wanted, widen=with_context)
        change = _ridge(x, y) if name == "ridge" else _network(x, y, seed=seed)
    pitch = tuple(_log_pitch(takes) for takes in (said, wanted))
    return Converter(name, change, pitch, _stretch(change, said, wanted))


def _stretch(change, said, wanted):
    """Return the root of the target's mean global variance over that of converted takes."""
    new, old = (
        np.mean([metrics.global_variance(c) for c in found if c.shape[-1] >= 2], axis=0)
        for found in (
            [change(one.cepstra[1:])[:, one.is_voiced] for one in said],
            [one.cepstra[1:, one.is_voiced] for one in wanted],
        )
    )
    return np.sqrt(old / np.maximum(new, 1e-9))[:, np.newaxis]


def _log_pitch(takes):
    log_hz = np.log(np.concatenate([one.pitch_hz[one.is_voiced] for one in takes]))
    middle = np.median(log_hz)  # octave errors pull at the mean and at the deviation
    return middle, 1.4826 * np.median(np.abs(log_hz - middle)) + 1e-3


def _scaling(source, target):
    (mean, deviation), (new_mean, new_deviation) = source, target
    return lambda c: (c - mean) / deviation * new_deviation + new_mean


def _neighbours(change, wanted, target):
    from scipy.spatial import KDTree

    mean, deviation = target
    frames = np.concatenate([one.cepstra[1:] for one in wanted], axis=1)
    tree = KDTree(((frames - mean) / deviation).T)

    def nearest(c):
        _, found = tree.query(((change(c) - mean) / deviation).T, k=N_NEIGHBOURS)
        return frames[:, found].mean(axis=-1)

    return nearest


def with_context(cepstra, *, context: int = CONTEXT) -> np.ndarray:
    """Return each frame with its neighbours, (order (2 context + 1), N); ends are repeated.

    Examples
    --------
    >>> with_context(np.array([[1.0, 2.0, 3.0]]), context=1)
    array([[1., 1., 2.],
           [1., 2., 3.],
           [2., 3., 3.]])

    Chapter: speech/conversion
    """
    padded = np.pad(cepstra, [(0, 0), (context, context)], mode="edge")
    n = cepstra.shape[1]
    return np.concatenate([padded[:, i : i + n] for i in range(2 * context + 1)])


def _ridge(x, y):
    """Least squares with a price on large weights: W = Y X' (X X' + RIDGE I)^-1, means apart."""
    mean, deviation = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    new_mean = y.mean(axis=1, keepdims=True)
    scaled = (x - mean) / deviation
    weights = np.linalg.solve(scaled @ scaled.T + RIDGE * np.eye(len(x)), scaled @ (y - new_mean).T)
    return lambda c: weights.T @ ((with_context(c) - mean) / deviation) + new_mean


def _mixture(x, y, *, seed, n_components):
    """Gaussians over both voices' frames together; the new frame is the mean of y given x.

    Y. Stylianou, O. Cappe and E. Moulines, "Continuous probabilistic transform for voice
    conversion", IEEE Transactions on Speech and Audio Processing 6(2), 1998; joint form by Kain
    and Macon, ICASSP 1998.
    """
    from sklearn.mixture import GaussianMixture

    joint = GaussianMixture(n_components, reg_covar=1e-4, max_iter=50, tol=0.01, random_state=seed)
    joint.fit(np.concatenate([x, y]).T)
    return matching.JointMixture(
        np.log(joint.weights_), joint.means_, joint.covariances_, n_given=len(x)
    ).expected


def _network(x, y, *, seed):
    """One hidden layer; both voices are scaled to mean 0 and deviation 1 for it."""
    import torch

    mean, deviation = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    new_mean, new_deviation = y.mean(axis=1, keepdims=True), y.std(axis=1, keepdims=True)

    def tensor(values):
        return torch.from_numpy(values.T.astype(np.float32))

    training.seed_everything(seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(len(x), HIDDEN), torch.nn.GELU(), torch.nn.Linear(HIDDEN, len(y))
    )
    data = torch.utils.data.TensorDataset(
        tensor((x - mean) / deviation), tensor((y - new_mean) / new_deviation)
    )
    training.fit_one_cycle(
        network,
        data,
        epochs=EPOCHS,
        learning_rate=0.01,
        batch_size=512,
        time_axis=None,
        seed=seed,
        show_progress=False,
        loss=torch.nn.functional.mse_loss,
    )

    def change(c):
        with torch.no_grad():
            out = network.eval()(tensor((with_context(c) - mean) / deviation))
        return out.numpy().T.astype(np.float64) * new_deviation + new_mean

    return change
