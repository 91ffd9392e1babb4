"""The steps between a picture and its colors that each way of colorizing takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unetcolor.codec import Codec
from unetcolor.images import from_float, to_float
from unetcolor.spaces import ColorSpace

# At the first of the 255 levels above black, rounding alone moves Oklab's L by 1 % of its range, and no color can be
# seen.
DARKEST_COLORED = 1.5 / 255

Network = Callable[[np.ndarray], np.ndarray]


def reader(pixels: np.ndarray, codec: Codec) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return what tells the luminances of parts of pictures ``(..., channels)``, as :meth:`Codec.luminances` does."""
    if pixels.shape[-1] == 1 and pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        levels = np.arange(np.iinfo(pixels.dtype).max + 1).astype(pixels.dtype)
        if len(levels) < pixels.size:
            # Each level is converted once, and looked up for its pixels.
            natural, network = (each.ravel() for each in codec.luminances(to_float(levels).reshape(1, -1, 1)))
            return lambda part: (natural[part], network[part])
    return lambda part: codec.luminances(to_float(part))


def ask(network: Network, batch: np.ndarray, codec: Codec) -> np.ndarray:
    """Return what a network answers to a batch of inputs.

    Raises
    ------
    ValueError
        The answer is not finite, or it has not the shape that the codec expects.
    """
    predicted = network(batch)
    expected = (len(batch), *codec.answer_size(*batch.shape[1:3]), codec.output_channels)
    if predicted.shape != expected:
        raise ValueError(f"the network's answer must have the shape {expected}, not {predicted.shape}")
    if not np.isfinite(predicted).all():
        raise ValueError("the network's output is not finite: its training diverged; try a lower learning rate")
    return predicted


def join(luminance: np.ndarray, targets: np.ndarray, space: ColorSpace, dtype: np.dtype) -> np.ndarray:
    """Return the pixels, of a dtype, that have a luminance and targets, both in natural units."""
    rgb = space.decode(luminance, targets)
    if dtype == np.uint8:
        _keep_darkest_gray(rgb, luminance, space)
    return from_float(rgb, dtype)


def _keep_darkest_gray(rgb: np.ndarray, luminance: np.ndarray, space: ColorSpace) -> None:
    darkest, _ = space.encode(np.full(3, DARKEST_COLORED, dtype=luminance.dtype))
    too_dark = luminance[..., 0] < darkest
    if too_dark.any():
        rgb[too_dark] = space.gray(luminance[too_dark])
