"""Scale the network's colors up to the photo, with the photo's own luminance as the guide."""

from __future__ import annotations

from math import ceil

import numpy as np

from unetcolor.codec import average_blocks

# Both measured on photos whose true colors were scaled down by 2 and by 4 and up again. SIGMA is in pixels of the
# small picture; REGULARIZATION, in squared network units, says how strong an edge must be to guide.
SIGMA = 1.0
REGULARIZATION = 1e-3

# Farther away, less than a thousandth of the weight is left.
_RADIUS = round(4 * SIGMA)
_WEIGHTS = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / SIGMA) ** 2)
_WEIGHTS = (_WEIGHTS / _WEIGHTS.sum()).astype(np.float32)


class EdgeAwareUpsampler:
    """Scales target channels up, strip by strip.

    Around each pixel of the small picture the targets are modeled as a linear function of luminance, as in
    the guided filter (He et al. 2010). Its slope turns the detail that luminance lost when it was shrunk
    into the detail that the colors lack: ``up(targets) + up(slope) * (luminance - up(small luminance))``
    with a bilinear ``up``. Colors so change where the photo has its edges, and without any lost detail it
    is bilinear scaling.

    Parameters
    ----------
    targets
        Float32, shape ``(ceil(h / stride), ceil(w / stride), n)``, any units.
    luminance
        Float32, shape ``(h, w, 1)``, network units: the luminance from which the targets were predicted.
    size
        ``(height, width)`` of the photo.
    stride
        Pixels of that luminance, along each side, to one of the targets.
    """

    def __init__(self, targets: np.ndarray, luminance: np.ndarray, size: tuple[int, int], stride: int = 1) -> None:
        channels = targets.shape[-1]
        # Where the stride does not divide the size, the last targets lie partly outside of the picture.
        rows, columns = (length / stride for length in luminance.shape[:2])
        luminance = average_blocks(luminance, stride)
        self._channels = channels
        self._layers = np.concatenate([targets, _slope(targets, luminance), luminance], axis=-1)
        self._rows = _positions(rows, size[0])
        self._columns = _positions(columns, size[1])

    def rows(self, luminance: np.ndarray, start: int) -> np.ndarray:
        """Return the targets of a strip of the photo.

        Parameters
        ----------
        luminance
            The photo's luminance from row ``start`` on, shape ``(rows, width, 1)``, network units.
        start
            Number of the strip's first row.

        Returns
        -------
        Shape ``(rows, width, n)``, in the units of the targets.
        """
        strip = slice(start, start + luminance.shape[0])
        first, second, share = (values[strip] for values in self._rows)
        share = share[:, np.newaxis, np.newaxis]
        layers = self._layers[first] * (1 - share) + self._layers[second] * share
        first, second, share = self._columns
        layers = layers[:, first] * (1 - share[:, np.newaxis]) + layers[:, second] * share[:, np.newaxis]
        return self._finish(layers, luminance)

    def at(self, pixels: np.ndarray, luminance: np.ndarray) -> np.ndarray:
        """Return the targets at single pixels of the photo.

        Parameters
        ----------
        pixels
            Rows and columns, shape ``(k, 2)``.
        luminance
            The photo's luminance there, shape ``(k, 1)``, network units.

        Returns
        -------
        Shape ``(k, n)``, in the units of the targets.
        """
        above, below, down = (values[pixels[:, 0]] for values in self._rows)
        left, right, across = (values[pixels[:, 1], np.newaxis] for values in self._columns)
        down = down[:, np.newaxis]
        upper = self._layers[above, left[:, 0]] * (1 - across) + self._layers[above, right[:, 0]] * across
        lower = self._layers[below, left[:, 0]] * (1 - across) + self._layers[below, right[:, 0]] * across
        return self._finish(upper * (1 - down) + lower * down, luminance)

    def _finish(self, layers: np.ndarray, luminance: np.ndarray) -> np.ndarray:
        targets, slope, smooth = np.split(layers, [self._channels, 2 * self._channels], axis=-1)
        result: np.ndarray = targets + slope * (luminance - smooth)
        return result


def _slope(targets: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """Return the slope of the linear model of the targets over luminance around each pixel."""
    mean_luminance, mean_targets = _blur(luminance), _blur(targets)
    covariance = _blur(luminance * targets) - mean_luminance * mean_targets
    variance = _blur(luminance * luminance) - mean_luminance**2
    return _blur(covariance / (np.maximum(variance, 0) + REGULARIZATION))


def _blur(values: np.ndarray) -> np.ndarray:
    """Blur pictures ``(..., height, width, channels)``, as ``skimage.filters.gaussian`` does.

    It is written here because to import it takes a third of the time in which a photo is colorized.
    """
    for axis in (-3, -2):
        around = [(0, 0)] * values.ndim
        around[axis] = (_RADIUS, _RADIUS)
        length = values.shape[axis]
        padded = np.moveaxis(np.pad(values, around, mode="edge"), axis, 0)
        blurred = _WEIGHTS[_RADIUS] * padded[_RADIUS : _RADIUS + length]
        for i in range(_RADIUS):
            blurred += _WEIGHTS[i] * (padded[i : i + length] + padded[2 * _RADIUS - i :][:length])
        values = np.moveaxis(blurred, 0, axis)
    return values


def _positions(small: float, large: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each large pixel's center, the two small pixels around it and the share of the second."""
    last = ceil(small) - 1
    centers = np.clip((np.arange(large) + 0.5) * (small / large) - 0.5, 0, last)
    first = np.floor(centers).astype(np.intp)
    return first, np.minimum(first + 1, last), (centers - first).astype(np.float32)
