"""Ways to make one voice's mel-cepstra another's, and the sound with the new ones.

A converter is made of a `Pair` and turns cepstra (16, N), c[0] left out, into as many. The sound is
never made anew: the source's own goes through the difference of two outlines, and its periods are
laid at the target's pitch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from audiolessons import metrics, training, voice
from audiolessons.errors import check_choice
from audiolessons.recipes.speech.conversion._pairs import CEPSTRUM, RATE, Pair, Take, aligned, scale

CONTEXT = 2  # frames to either side that ridge regression and network see
RIDGE = 100.0
N_COMPONENTS = 8
N_NEIGHBOURS = 4
HIDDEN, EPOCHS = 64, 8
METHODS = ("mean_variance", "ridge", "mixture", "network", "neighbours")


@dataclass(frozen=True)
class Converter:
    """What turns the source's voice into the target's.

    `change` maps cepstra (16, N); `pitch` holds mean and deviation of ln Hz, of source and target;
    `variance` (16, 1) is the target's mean global variance.
    """

    name: str
    change: Callable
    pitch: tuple
    variance: np.ndarray

    def cepstra(self, take: Take, *, lively: bool = True) -> np.ndarray:
        """Return new mel-cepstra; `lively` scales their variance over time to the target's."""
        new = self.change(take.cepstra[1:])
        voiced = take.is_voiced
        if not lively or voiced.sum() < 2:
            return new
        mean = new[:, voiced].mean(axis=1, keepdims=True)
        found = metrics.global_variance(new[:, voiced])[:, np.newaxis]
        return mean + (new - mean) * np.sqrt(self.variance / np.maximum(found, 1e-9))

    def convert(self, take: Take, *, lively: bool = True) -> np.ndarray:
        """Return the sound of a take in the target's voice, (T,) at `RATE`."""
        difference = np.zeros_like(take.cepstra)
        difference[1:] = self.cepstra(take, lively=lively) - take.cepstra[1:]
        frames = {key: CEPSTRUM[key] for key in ("n_fft", "hop_length")}
        gain = voice.log_envelope(difference, n_fft=CEPSTRUM["n_fft"], warping=CEPSTRUM["warping"])
        filtered = voice.filter_frames(take.audio, gain, **frames)
        hop = CEPSTRUM["hop_length"]
        marks = voice.pitch_marks(filtered, take.pitch_hz, sample_rate=RATE, hop_length=hop)
        return voice.psola(filtered, marks, pitch_ratio=self._ratios(take, marks.samples // hop))

    def _ratios(self, take, frames):
        (mean, deviation), (new_mean, new_deviation) = self.pitch
        log_hz = np.log(take.pitch_hz[np.minimum(frames, len(take.pitch_hz) - 1)])
        new = new_mean + (log_hz - mean) * new_deviation / deviation
        return np.where(np.isfinite(log_hz), np.exp(np.clip(new - log_hz, -0.7, 0.7)), 1.0)


def make(name: str, pair: Pair, *, seed: int = 0) -> Converter:
    """Learn to convert from the training takes of a pair.

    "mean_variance" scales each coefficient; "ridge" is a linear map from five frames, "network"
    one with a hidden layer; "mixture" a linear map for each of eight Gaussians over both voices'
    frames; these three learn from frames aligned by dynamic time warping. "neighbours" needs no
    parallel sentences: it takes the mean of the four target frames nearest to the scaled frame.

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
        change = _mixture(*aligned(said, wanted), seed=seed)
    else:
        x, y = aligned(said, wanted, widen=with_context)
        change = _ridge(x, y) if name == "ridge" else _network(x, y, seed=seed)
    gv = [metrics.global_variance(one.cepstra[1:, one.is_voiced]) for one in wanted if _can(one)]
    pitch = tuple(_log_pitch(takes) for takes in (said, wanted))
    return Converter(name, change, pitch, np.mean(gv, axis=0)[:, np.newaxis])


def _can(take):
    return take.is_voiced.sum() >= 2


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
    """Return each frame with its neighbours, (16 (2 context + 1), N); ends are repeated.

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


def _mixture(x, y, *, seed):
    """Gaussians over both voices' frames together; the new frame is the mean of y given x.

    Y. Stylianou, O. Cappe and E. Moulines, "Continuous probabilistic transform for voice
    conversion", IEEE Transactions on Speech and Audio Processing 6(2), 1998; joint form by Kain
    and Macon, ICASSP 1998.
    """
    from sklearn.mixture import GaussianMixture

    joint = GaussianMixture(N_COMPONENTS, reg_covar=1e-4, max_iter=50, tol=0.01, random_state=seed)
    joint.fit(np.concatenate([x, y]).T)
    n = len(x)
    means_x, means_y = joint.means_[:, :n], joint.means_[:, n:]
    of_x, across = joint.covariances_[:, :n, :n], joint.covariances_[:, n:, :n]
    maps = np.linalg.solve(of_x, across.transpose(0, 2, 1)).transpose(0, 2, 1)  # (M, 16, 16)
    _, log_determinants = np.linalg.slogdet(of_x)

    def expected(c):
        away = c[np.newaxis] - means_x[:, :, np.newaxis]  # (M, 16, N)
        distance = np.sum(away * np.linalg.solve(of_x, away), axis=1)
        score = np.log(joint.weights_)[:, np.newaxis] - 0.5 * (
            distance + log_determinants[:, np.newaxis]
        )
        share = np.exp(score - score.max(axis=0))
        share /= share.sum(axis=0)
        return np.einsum("mn,mdn->dn", share, means_y[:, :, np.newaxis] + maps @ away)

    return expected


def _network(x, y, *, seed):
    """One hidden layer beside a straight path, which starts from nothing learned."""
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
