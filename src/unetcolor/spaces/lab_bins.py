"""CIE L*a*b* whose network classifies colors instead of measuring them (Zhang, Isola and Efros 2016)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from typing_extensions import override

from unetcolor.errors import ColorSpaceError
from unetcolor.spaces.arrays import Array, constant, join_channels, namespace, split_channels
from unetcolor.spaces.lab import Lab

# Distance between the centers of neighboring bins, in a* and in b*.
GRID = 10.0

# Below any probability that matters, and far above the smallest float32.
_LEAST_PROBABILITY = 1e-7


class LabBins(Lab):
    """CIE L*a*b* with a* and b* as probabilities of quantized colors (Zhang, Isola and Efros 2016).

    A network that predicts one color for each pixel settles for the middle of all plausible colors, which
    is brown or gray. In the paper, "Colorful Image Colorization", it predicts how probable each color is: the plane
    of a* and b* is divided into bins 10 units apart, and the bins that sRGB can show are kept. Here a color is
    shared among the four bins around it, bilinearly. The probabilities are decoded by their annealed mean, and
    trained by a cross entropy in which rare colors have a larger weight.

    So many values for each pixel take memory: combine the space with ``head_stride=4``, as the paper does.

    Parameters
    ----------
    temperature
        Temperature ``T`` of the annealed mean: the probabilities are raised to ``1 / T`` and divided by their sum
        before the mean is taken. 1 is the plain mean; 0.01, the least, is the most probable bin, vivid but
        blotchy. It affects only decoding, and can be changed after training:
        ``colorizer.space = LabBins(temperature=0.6)``.
    rebalancing
        A bin with the share ``p`` of all training pixels has the weight ``1 / ((1 - rebalancing) / Q + rebalancing *
        p)`` for ``Q`` bins, divided by the mean over all pixels. 0 gives all bins one weight; the paper's choice is
        0.5.

    Examples
    --------
    >>> import numpy as np
    >>> space = LabBins()
    >>> _, targets = space.encode(np.array([1.0, 0.0, 0.0]))
    >>> probabilities = space.normalize_targets(targets)
    >>> probabilities.shape == (space.output_channels,), round(float(probabilities.sum()), 6)
    (True, 1.0)
    >>> LabBins(temperature=1.0).denormalize_targets(probabilities).round(2), targets.round(2)
    (array([80.09, 67.2 ]), array([80.09, 67.2 ]))
    """

    name = "lab_bins"
    activation = "softmax"
    # Annealing moves a color between two bins toward the nearer bin.
    precision = 3.5

    def __init__(self, temperature: float = 0.38, rebalancing: float = 0.5) -> None:
        if not 0.01 <= temperature <= 1:
            raise ColorSpaceError(f"temperature must be from 0.01 to 1, not {temperature}")
        if not 0 <= rebalancing <= 1:
            raise ColorSpaceError(f"rebalancing must be from 0 to 1, not {rebalancing}")
        self.temperature = float(temperature)
        self.rebalancing = float(rebalancing)

    @override
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "temperature": self.temperature, "rebalancing": self.rebalancing}

    @property
    @override
    def output_channels(self) -> int:
        """Number of bins."""
        return len(bins())

    @override
    def normalize_targets(self, targets: Array) -> Array:
        xp = namespace(targets)
        centers = constant(bins(), targets)
        # Tents of height 1 over each center that end at its neighbors: bilinear interpolation.
        shares = 1.0
        for axis, values in enumerate(split_channels(targets)):
            shares = shares * xp.maximum(1 - xp.abs(values - centers[:, axis]) / GRID, 0)
        total = xp.sum(shares, axis=-1, keepdims=True)
        return shares / xp.maximum(total, constant(_LEAST_PROBABILITY, targets))

    @override
    def denormalize_targets(self, predicted: Array) -> Array:
        xp = namespace(predicted)
        logs = xp.log(xp.maximum(predicted, constant(_LEAST_PROBABILITY, predicted))) / self.temperature
        annealed = xp.exp(logs - _largest(logs))
        annealed = annealed / xp.sum(annealed, axis=-1, keepdims=True)
        centers = constant(bins(), predicted)
        return join_channels(*(xp.sum(annealed * centers[:, i], axis=-1, keepdims=True) for i in (0, 1)))

    def rebalanced_cross_entropy(self, truth: Array, predicted: Array) -> Array:
        """Return the loss of each pixel, equation 2 of the paper, for probabilities ``(..., output_channels)``."""
        xp = namespace(predicted)
        weights = constant(class_weights(self.rebalancing), predicted)
        surprise = -xp.log(xp.maximum(predicted, constant(_LEAST_PROBABILITY, predicted)))
        return xp.sum(truth * weights, axis=-1) * xp.sum(truth * surprise, axis=-1)

    loss = rebalanced_cross_entropy


@cache
def bins() -> np.ndarray:
    """Return the centers of all bins that share in sRGB colors, ``(count, 2)``, in units of a* and b*."""
    levels = np.linspace(0.0, 1.0, 65)
    rgb = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    _, chroma = Lab().encode(rgb)
    corners = np.floor(np.unique((chroma / GRID).round(6), axis=0)).astype(int)
    corners = np.unique(corners, axis=0)
    around = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    centers = np.unique((corners[:, np.newaxis] + around).reshape(-1, 2), axis=0)
    return centers * GRID


@cache
def class_weights(rebalancing: float) -> np.ndarray:
    """Return the weight of each bin in training, from the shares that ``recipes/color_shares.py`` measured."""
    text = (resources.files("unetcolor.spaces") / "lab_bins_shares.csv").read_text()
    share_of = {(a, b): share for a, b, share in (map(float, row.split(",")) for row in text.splitlines()[1:])}
    shares = np.array([share_of.get((a, b), 0.0) for a, b in bins()])
    weights = 1 / ((1 - rebalancing) / len(shares) + rebalancing * shares)
    return np.asarray(weights / (shares * weights).sum())


def _largest(values: Array) -> Array:
    # keras.ops.max refuses an array without pixels, although this axis is never empty.
    return namespace(values).max(values, axis=-1, keepdims=True)
