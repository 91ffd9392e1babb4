"""The whole way from gray to color as one Keras model: what prediction does in NumPy, in a graph that can be exported.

Shrinking, smoothing and enlarging are linear along the rows and along the columns, so each is two matrices, and runs
wherever matrices are multiplied. Values that are resized have shape ``(batch, channels, height, width)``.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from unetcolor.codec import Codec, average_blocks
from unetcolor.prediction.steps import DARKEST_COLORED
from unetcolor.prediction.upsample import REGULARIZATION, SIGMA
from unetcolor.spaces.arrays import join_channels

# Pillow shrinks in two steps, first by whole numbers until this factor is left, as unetcolor.images.shrink has it do.
_GAP = 3

# Where SciPy ends its Gaussian, in standard deviations.
_TRUNCATE = 4


def picture_model(network: keras.Model, codec: Codec, side: float, size: tuple[int, int] | None = None) -> keras.Model:
    """Return a model that does what :meth:`unetcolor.UNetColorizer.predict` does to gray pictures of 8 bits.

    It is for pictures of up to about a megapixel: those that it works on are in memory at once, as floats.

    Parameters
    ----------
    network
        The network that gives the colors.
    codec
        Translates between pictures and the network.
    side
        The network sees each picture at the area of a square with this side, in pixels.
    size
        ``(height, width)`` of the pictures, or None for any.

    Returns
    -------
    keras.Model
        Maps uint8 ``(batch, height, width, 1)`` to uint8 ``(batch, height, width, 3)``.
    """
    gray = keras.Input((*(size or (None, None)), 1), dtype="uint8", name="gray")
    return keras.Model(gray, _Colorize(network, codec, side)(gray), name="picture")


class _Colorize(keras.layers.Layer):  # type: ignore[misc]
    """What is computed between the two pictures; within a layer, sizes are known that the model's own graph lacks."""

    def __init__(self, network: keras.Model, codec: Codec, side: float) -> None:
        super().__init__(name="rgb")
        self._network = network
        self._codec = codec
        self._side = side

    def call(self, gray: Any) -> Any:
        space = self._codec.space
        _, height, width, _ = ops.shape(gray)
        rows, columns = _working_size(height, width, self._side)
        pixels = ops.cast(gray, "float32") / 255
        small = _resample(_shrinking(height, rows), _channels_first(pixels), _shrinking(width, columns))
        luminance = self._luminance(_channels_last(small))
        seen = average_blocks(luminance, self._codec.stride)
        answer = self._network(self._codec.without_hints(luminance), training=False)
        _, colors = space.denormalize(seen, answer)

        colors, seen = _channels_first(colors), _channels_first(seen)
        layers = ops.concatenate([colors, _slope(colors, seen), seen], axis=1)
        stride = self._codec.stride
        layers = _resample(_enlarging(rows, stride, height), layers, _enlarging(columns, stride, width))
        full = self._luminance(pixels)
        count = colors.shape[1]
        targets, slope, smooth = (
            _channels_last(part) for part in (layers[:, :count], layers[:, count : 2 * count], layers[:, 2 * count :])
        )
        natural = space.denormalize_luminance(full)
        rgb = space.decode(natural, targets + slope * (full - smooth))
        darkest, _ = space.encode(np.full(3, DARKEST_COLORED, np.float32))
        rgb = ops.where(natural < float(darkest[0]), pixels, rgb)
        return ops.cast(ops.round(255 * ops.clip(rgb, 0, 1)), "uint8")

    def _luminance(self, gray: Any) -> Any:
        """Return the luminance of a gray picture ``(batch, height, width, 1)``, network units."""
        natural, _ = self._codec.space.encode(join_channels(gray, gray, gray))
        return self._codec.space.normalize_luminance(natural)


def _working_size(height: Any, width: Any, side: float) -> tuple[Any, Any]:
    """Return the size at which the network sees a picture, as :func:`unetcolor.prediction.full_size` does."""
    ratio = ops.sqrt(ops.cast(height, "float32") / ops.cast(width, "float32"))
    return tuple(ops.maximum(1, ops.cast(ops.round(length), "int32")) for length in (side * ratio, side / ratio))


def _resample(rows: Any, values: Any, columns: Any) -> Any:
    """Multiply values ``(batch, channels, height, width)`` by a matrix along each of the two sides."""
    return ops.matmul(rows, ops.matmul(values, ops.transpose(columns)))


def _shrinking(length: Any, new: Any) -> Any:
    """Return the matrix ``(new, length)`` that resizes one side as :func:`unetcolor.images.shrink` does."""
    length, new = ops.cast(length, "float32"), ops.cast(new, "float32")
    # The first step: means of blocks, of which the last may be shorter.
    block = ops.maximum(1.0, ops.floor(length / (_GAP * new)))
    number = ops.floor(_centers(length) / block)
    sizes = ops.minimum(block, length - number * block)
    # The second: triangles, as wide as two of the new pixels and not narrower than two of the blocks.
    scale = length / block / new
    distances = (number + 0.5 - _centers(new)[:, None] * scale) / ops.maximum(scale, 1.0)
    weights = _triangle(distances) / sizes
    return weights / ops.sum(weights, axis=1, keepdims=True)


def _enlarging(length: Any, stride: int, new: Any) -> Any:
    """Return the matrix that scales one side of the network's answer to a picture up, without any smoothing."""
    length, new = ops.cast(length, "float32"), ops.cast(new, "float32")
    count = ops.ceil(length / stride)
    positions = ops.clip(_centers(new) * (length / stride / new), 0.5, count - 0.5)
    return _triangle(positions[:, None] - _centers(count))


def _blurring(length: Any) -> Any:
    """Return the matrix that blurs one side with a Gaussian; what lies outside of it is like the edge."""
    places = _centers(length)
    radius = int(_TRUNCATE * SIGMA + 0.5)
    offsets = np.arange(-radius, radius + 1, dtype=np.float32)[:, np.newaxis, np.newaxis]
    weights = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    # For each offset a matrix that takes a pixel from there, or from the edge.
    sources = ops.clip(places[:, None] + offsets, 0.5, length - 0.5)
    return ops.sum(weights / weights.sum() * _triangle(sources - places), axis=0)


def _slope(colors: Any, luminance: Any) -> Any:
    """Return the slope of a linear model of the colors over luminance, as unetcolor.prediction.upsample has it."""
    _, _, height, width = ops.shape(colors)
    rows, columns = (_blurring(ops.cast(length, "float32")) for length in (height, width))
    mean_luminance, mean_colors = _resample(rows, luminance, columns), _resample(rows, colors, columns)
    covariance = _resample(rows, luminance * colors, columns) - mean_luminance * mean_colors
    variance = _resample(rows, luminance * luminance, columns) - mean_luminance * mean_luminance
    return _resample(rows, covariance / (ops.maximum(variance, 0.0) + REGULARIZATION), columns)


def _centers(length: Any) -> Any:
    """Return where the centers of so many pixels are."""
    return ops.arange(length, dtype="float32") + 0.5


def _triangle(x: Any) -> Any:
    return ops.maximum(0.0, 1.0 - ops.abs(x))


def _channels_first(x: Any) -> Any:
    return ops.transpose(x, (0, 3, 1, 2))


def _channels_last(x: Any) -> Any:
    return ops.transpose(x, (0, 2, 3, 1))
