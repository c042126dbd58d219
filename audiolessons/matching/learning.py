"""Baum-Welch: units learn from sequences whose words are known, and not when each was said.

Expectation: how likely each state speaks at each frame, over all ways through the network.
Maximisation: means, variances, shares and durations of each state from the frames so weighed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from audiolessons.errors import AudioError, check_count, check_positive
from audiolessons.matching.markov import backward, forward, log_likelihood
from audiolessons.matching.mixtures import Mixtures, log_sum
from audiolessons.matching.units import Network, Units

BATCH_SIZE = 32  # sequences of one network that are weighed together


def even_start(sizes: Mapping[str, int], sequences: Sequence) -> Units:
    """First units: each sequence is cut evenly among the nodes of its network.

    Parameters
    ----------
    sizes : dict
        States of each unit.
    sequences : list of (Network, array)
        What was said, and features (D, N).

    Returns
    -------
    Units
        One Gaussian a state.

    Raises
    ------
    AudioError
        If a sequence has fewer frames than nodes, or a state was never met.

    Examples
    --------
    >>> from audiolessons import matching
    >>> said = matching.chain({"up": 2}, ["up"], lexicon={"up": ["up"]})
    >>> units = even_start({"up": 2}, [(said, np.array([[0.0, 1.0, 4.0, 5.0]]))])
    >>> units.mixtures.means.ravel(), units.stay
    (array([0.5, 4.5]), array([0.5, 0.5]))

    Chapter: speech/alignment
    """
    n_states = sum(sizes.values())
    counted = _Counts(n_states, 1, _check(sequences))
    for network, features in sequences:
        n_nodes, n_frames = len(network.states), features.shape[1]
        if n_frames < n_nodes:
            raise AudioError(f"{n_frames} frames are too few for {n_nodes} states in a row")
        states = network.states[np.arange(n_frames) * n_nodes // n_frames]
        weights = (states == np.arange(n_states)[:, None]).astype(float)
        kept = weights.sum(axis=1) - np.bincount(network.states, minlength=n_states)
        counted.add(np.arange(n_states), weights[None, :, None], features[None], kept)
    blank = Mixtures(np.zeros((n_states, 1)), *np.ones((2, n_states, 1, counted.n_features)))
    return counted.units(Units(dict(sizes), blank, np.zeros(n_states)), floor=counted.floor(1e-6))


def baum_welch(
    units: Units, sequences: Sequence, *, n_iter: int, floor: float = 0.01
) -> tuple[Units, list]:
    """Learn from all sequences again and again; the likelihood of all of them never falls.

    Parameters
    ----------
    units : Units
        What is known at first, from `even_start`.
    sequences : list of (Network, array)
        What was said, and features (D, N). Sequences with one network (the same object) are weighed
        together, which is faster.
    n_iter : int
        Times that all are weighed and learned from.
    floor : float
        Smallest variance, as a share of that of all frames: no Gaussian shrinks to a point.

    Returns
    -------
    units : Units
    log_likelihoods : list of float
        Of all sequences before each time, n_iter values; a mean a frame.

    Raises
    ------
    AudioError
        If features differ in D, or a sequence is shorter than any way through its network.

    Examples
    --------
    >>> from audiolessons import matching
    >>> said = matching.chain({"up": 2}, ["up"], lexicon={"up": ["up"]})
    >>> sequences = [(said, np.array([[0.0, 0.2, 0.1, 4.0]])), (said, np.array([[0.1, 4.1, 4.2]]))]
    >>> units, log_likelihoods = baum_welch(even_start({"up": 2}, sequences), sequences, n_iter=5)
    >>> units.mixtures.means.ravel()
    array([0.1, 4.1])

    References
    ----------
    L. E. Baum, T. Petrie, G. Soules and N. Weiss, "A maximization technique occurring in the
    statistical analysis of probabilistic functions of Markov chains", Annals of Mathematical
    Statistics 41(1), 1970.

    Chapter: speech/alignment
    """
    check_count(n_iter, name="n_iter")
    check_positive(floor, name="floor")
    n_features = _check(sequences)
    batches = _batches(sequences)
    n_states, n_components = units.mixtures.log_weights.shape
    log_likelihoods = []
    for _ in range(n_iter):
        counted = _Counts(n_states, n_components, n_features)
        for network, features, lengths in batches:
            _weigh(counted, units, network, features, lengths)
        units = counted.units(units, floor=counted.floor(floor))
        log_likelihoods.append(counted.log_likelihood / counted.n_frames)
    return units, log_likelihoods


def _weigh(counted, units, network, features, lengths):
    """Expectation: add how likely each component of each state speaks at each frame."""
    spoken, at = np.unique(network.states, return_inverse=True)
    components = units.mixtures.of_states(spoken).log_components(features)  # (B, S, M, N)
    densities = log_sum(components, axis=-2)  # (B, S, N)
    emissions = densities[:, at]  # (B, J, N)
    chances = network.chances(units.stay)
    end = chances.pop("log_end")
    alpha = forward(emissions, **chances)
    beta = backward(
        emissions, log_transitions=chances["log_transitions"], log_end=end, lengths=lengths
    )
    total = log_likelihood(alpha, log_end=end, lengths=lengths)
    if np.isneginf(total).any():
        n = lengths[np.isneginf(total)][0]
        raise AudioError(f"no way leads through {n} frames: give longer sequences or fewer states")
    total = total[:, None, None]
    posterior = np.exp(alpha + beta - total)  # (B, J, N)
    log_stay = np.log(np.maximum(units.stay[network.states], 1e-300))
    again = alpha[..., :-1] + log_stay[:, None] + (emissions + beta)[..., 1:] - total
    kept = np.exp(again).sum(axis=(0, 2))  # (J,)
    is_state = (at == np.arange(len(spoken))[:, None]).astype(float)  # (S, J)
    shares = np.exp(components - densities[:, :, None])  # (B, S, M, N)
    weights = shares * (is_state @ posterior)[:, :, None]
    counted.add(spoken, weights, features, is_state @ kept)
    counted.log_likelihood += float(total.sum())


class _Counts:
    """Sums over all frames of all sequences, weighed, from which the next units are made."""

    def __init__(self, n_states, n_components, n_features):
        self.n_features = n_features
        self.weights = np.zeros((n_states, n_components))
        self.sums = np.zeros((n_states, n_components, n_features))
        self.squares = np.zeros_like(self.sums)
        self.kept = np.zeros(n_states)
        self.log_likelihood = 0.0

    def add(self, states, weights, features, kept):
        """Add weights (B, S, M, N) of frames (B, D, N), and how often states (S,) were kept."""
        frames = np.moveaxis(features, 1, -1)[:, None]  # (B, 1, N, D)
        self.weights[states] += weights.sum(axis=(0, 3))
        self.sums[states] += (weights @ frames).sum(axis=0)
        self.squares[states] += (weights @ frames**2).sum(axis=0)
        self.kept[states] += kept

    @property
    def n_frames(self):
        return self.weights.sum()

    def floor(self, share):
        """Return a share of the variance of all frames: (D,)."""
        mean = self.sums.sum(axis=(0, 1)) / self.n_frames
        return share * (self.squares.sum(axis=(0, 1)) / self.n_frames - mean**2)

    def units(self, before, *, floor):
        """Maximisation; a component that nothing fell to stays as it was."""
        met = self.weights > 1e-8
        n = np.where(met, self.weights, 1)[..., None]
        means = np.where(met[..., None], self.sums / n, before.mixtures.means)
        variances = np.maximum(self.squares / n - means**2, floor)
        variances = np.where(met[..., None], variances, before.mixtures.variances)
        of_state = self.weights.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_weights = np.log(self.weights / of_state[:, None])
            stay = self.kept / of_state
        is_met = of_state > 1e-8
        log_weights = np.where(is_met[:, None], log_weights, before.mixtures.log_weights)
        stay = np.where(is_met, stay, before.stay)
        return Units(before.sizes, Mixtures(log_weights, means, variances), stay)


def _check(sequences):
    """Return D, which all sequences must share."""
    if not len(sequences):
        raise AudioError("there are no sequences: give one at least")
    sizes = {np.shape(features)[:-1] for _, features in sequences}
    if len(sizes) > 1 or len(min(sizes)) != 1:
        raise AudioError(f"features have shapes {sorted(sizes)} before N: give (D, N), one D")
    return min(sizes)[0]


def _batches(sequences):
    """Return (network, features (B, D, N), lengths (B,)): like lengths together, padded with 0."""
    of_network: dict[int, tuple[Network, list]] = {}
    for network, features in sequences:
        of_network.setdefault(id(network), (network, []))[1].append(np.asarray(features, float))
    batches = []
    for network, those in of_network.values():
        those.sort(key=lambda features: features.shape[1])
        for first in range(0, len(those), BATCH_SIZE):
            some = those[first : first + BATCH_SIZE]
            lengths = np.array([features.shape[1] for features in some])
            padded = np.zeros((len(some), len(some[0]), lengths.max()))
            for row, features in zip(padded, some, strict=True):
                row[:, : features.shape[1]] = features
            batches.append((network, padded, lengths))
    return batches
