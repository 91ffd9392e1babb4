"""Convert, resize and judge pictures that are arrays already."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from PIL import Image
from PIL.Image import Resampling

from unetcolor._checks import height_and_width
from unetcolor._strips import STRIP_PIXELS, each_strip

# A picture is gray when its largest and smallest channel differ by less than this, of 255, on average. JPEG
# stores gray with an error of about 1; a faint sepia tone is already at 10 or more.
GRAY_SPREAD = 2.0

# How far beyond 0..1 a float may be, for rounding errors of earlier steps.
_TOLERANCE = 1e-6

# A triangle, widened by Pillow to the pixels that it joins when it shrinks, so nothing aliases. Its weights are
# never negative, so the result stays within the range of the values, which bicubic and Lanczos overshoot.
_FILTER = Resampling.BILINEAR
# Pillow shrinks in two steps, first by whole numbers, until this factor is left: much faster, same result.
_GAP = 3.0


def split_alpha(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Split a picture into its gray or color part and its alpha.

    Parameters
    ----------
    pixels
        ``(height, width)``, or ``(height, width, channels)`` with one to four channels; any dtype.

    Returns
    -------
    color
        ``(height, width)`` or ``(height, width, 3)``.
    alpha
        ``(height, width)``, or None.

    Examples
    --------
    >>> color, alpha = split_alpha(np.zeros((3, 4, 2), np.uint8))
    >>> color.shape, alpha.shape
    ((3, 4), (3, 4))
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if pixels.ndim not in (2, 3) or channels not in (1, 2, 3, 4) or 0 in pixels.shape:
        raise ValueError(
            f"a picture has shape (height, width) or (height, width, 1 to 4 channels), not {pixels.shape}"
            + channels_first(pixels.shape)
        )
    if pixels.ndim == 2:
        return pixels, None
    color = pixels[..., 0] if channels < 3 else pixels[..., :3]
    return color, pixels[..., -1] if channels in (2, 4) else None


def channels_first(shape: tuple[int, ...]) -> str:
    """Return what an error adds if a shape looks as if channels came before height and width; else an empty text."""
    if len(shape) < 3 or shape[-3] not in (1, 3, 4) or shape[-1] <= 4:
        return ""
    return "; channels come last: np.moveaxis(array, -3, -1) moves them there"


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Convert to float32 in 0..1; the dtype alone decides the range.

    Parameters
    ----------
    pixels
        Any shape; uint8 in 0..255, uint16 in 0..65535, or float16, float32 or float64 in 0..1.

    Returns
    -------
    np.ndarray
        float32 in 0..1, a new array of the same shape.

    Raises
    ------
    ValueError
        The dtype is another one, a float is NaN, infinite or outside 0..1, or there are no values.

    Examples
    --------
    >>> to_float(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    if pixels.size == 0:
        raise ValueError(f"there are no pixels in an array of shape {pixels.shape}")
    # The bytes of a value may stand in another order, as in many scientific files.
    dtype = pixels.dtype.newbyteorder("=")
    if dtype in (np.uint8, np.uint16):
        return pixels.astype(np.float32) / np.float32(np.iinfo(dtype).max)
    low, high = pixels.min(), pixels.max()
    given = f"got {pixels.dtype} with values {low}..{high}"
    if dtype not in (np.float16, np.float32, np.float64):
        raise ValueError(f"{given}; give uint8 (0..255), uint16 (0..65535), or floats in 0..1")
    # NaN anywhere makes both ends NaN, and NaN compares false.
    if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):
        raise ValueError(f"{given}; floats must be finite and in 0..1: divide 8-bit values by 255")
    floats = pixels.astype(np.float32)
    return np.clip(floats, 0.0, 1.0, out=floats)


def from_float(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Convert floats in 0..1 to a dtype's range; the inverse of :func:`to_float`.

    Parameters
    ----------
    values
        Floats of any shape. Values outside 0..1 are clipped.
    dtype
        uint8, uint16, or a float dtype. Integers are rounded to nearest.

    Returns
    -------
    np.ndarray
        A new array of that dtype and the same shape.

    Raises
    ------
    ValueError
        A value is NaN, or the dtype is another one.

    Examples
    --------
    >>> from_float(np.array([-0.1, 0.2, 1.0]), np.uint8)
    array([  0,  51, 255], dtype=uint8)
    """
    dtype = np.dtype(dtype)
    if dtype.newbyteorder("=") not in (np.uint8, np.uint16, np.float16, np.float32, np.float64):
        raise ValueError(f"cannot convert to {dtype}: choose uint8, uint16, float16, float32 or float64")
    if np.isnan(values).any():
        raise ValueError("cannot convert NaN to a color")
    # float16 cannot hold 65535.
    clipped: np.ndarray = np.clip(values, 0.0, 1.0, dtype=np.promote_types(values.dtype, np.float32))
    if dtype.kind == "f":
        return clipped.astype(dtype)
    clipped *= np.iinfo(dtype).max
    np.rint(clipped, out=clipped)
    return clipped.astype(dtype)


def stretch(values: np.ndarray, largest: int, dtype: Any) -> np.ndarray:
    """Scale whole numbers from ``0..largest`` to the range of uint8 or uint16, rounded to nearest.

    Examples
    --------
    >>> stretch(np.array([0, 1, 4095]), 4095, np.uint16)
    array([    0,    16, 65535], dtype=uint16)
    """
    top = int(np.iinfo(dtype).max)
    scaled = values if top == largest else (values.astype(np.uint32) * top + largest // 2) // largest
    return scaled.astype(dtype)


def resize(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize floats; antialiased when shrinking, linear when enlarging.

    Parameters
    ----------
    pixels
        Floats of any range, ``(height, width)`` or ``(height, width, channels)``.
    size
        The new ``(height, width)``.

    Returns
    -------
    np.ndarray
        float32, ``(*size)`` or ``(*size, channels)``, within the range of the input up to rounding.

    Examples
    --------
    >>> checkerboard = np.indices((4, 4)).sum(axis=0) % 2.0
    >>> resize(checkerboard, (1, 1))
    array([[0.5]], dtype=float32)
    """
    if pixels.dtype.kind != "f":
        raise ValueError(f"resize takes floats, not {pixels.dtype}: use to_float before, or cover")
    _check_shapes(pixels, size)
    return _resample(pixels, size, None)


def shrink(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return ``resize(to_float(pixels), size)``, bit for bit, without holding all of a large picture as floats.

    Parameters
    ----------
    pixels
        As :func:`to_float` takes them, ``(height, width, channels)``.
    size
        The new ``(height, width)``.

    Returns
    -------
    np.ndarray
        float32 in 0..1, ``(*size, channels)``.
    """
    _check_shapes(pixels, size)
    rows, columns, channels = pixels.shape
    # The first of Pillow's two steps, by whole numbers.
    down, across = (int(length / new / _GAP) or 1 for length, new in zip((rows, columns), size, strict=True))
    reduced = np.empty((ceil(rows / down), ceil(columns / across), channels), np.float32)

    def work(strip: slice) -> None:
        for i in range(channels):
            part = Image.fromarray(np.ascontiguousarray(to_float(pixels[strip, :, i]))).reduce((across, down))
            reduced[strip.start // down : ceil(strip.stop / down), :, i] = np.asarray(part)

    each_strip(work, rows, down * max(1, STRIP_PIXELS // (columns * down)))
    return _resample(reduced, size, (0, 0, columns / across, rows / down))


def cover(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scale a picture, keeping its aspect, until it just covers a size, and cut off what sticks out.

    Parameters
    ----------
    pixels
        ``(height, width)`` or ``(height, width, channels)``; uint8, uint16 or floats.
    size
        The new ``(height, width)``. The middle of the picture is kept.

    Returns
    -------
    np.ndarray
        ``(*size)`` or ``(*size, channels)``, of the same dtype.

    Examples
    --------
    >>> cover(np.zeros((300, 400, 3), np.uint8), (100, 100)).shape
    (100, 100, 3)
    """
    _check_shapes(pixels, size)
    rows, columns = pixels.shape[:2]
    scale = max(size[0] / rows, size[1] / columns)
    # Cut first, in fractions of a pixel, then scale: both in one step of Pillow's.
    height, width = min(size[0] / scale, rows), min(size[1] / scale, columns)
    left, top = (columns - width) / 2, (rows - height) / 2
    box = (left, top, min(left + width, columns), min(top + height, rows))
    if pixels.dtype == np.uint8 and (pixels.ndim == 2 or pixels.shape[-1] in (2, 3, 4)):
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        return np.array(picture.resize((size[1], size[0]), _FILTER, box=box, reducing_gap=_GAP))
    scaled = _resample(pixels, size, box)
    if pixels.dtype.kind == "u":
        scaled = np.clip(np.rint(scaled), 0, np.iinfo(pixels.dtype).max)
    return scaled.astype(pixels.dtype, copy=False)


def _check_shapes(pixels: np.ndarray, size: tuple[int, int]) -> None:
    if pixels.ndim not in (2, 3) or pixels.size == 0:
        raise ValueError(f"a picture has shape (height, width) or (height, width, channels), not {pixels.shape}")
    if pixels.dtype.kind != "f" and pixels.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise ValueError(f"a picture holds uint8, uint16 or floats, not {pixels.dtype}")
    height_and_width("size", size)


def _resample(pixels: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float] | None) -> np.ndarray:
    """Resample one channel after the other, so that only one is held twice."""
    if pixels.ndim == 2:
        channel = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))
        return np.array(channel.resize((size[1], size[0]), _FILTER, box=box, reducing_gap=_GAP))
    resampled = np.empty((*size, pixels.shape[-1]), np.float32)
    for i in range(pixels.shape[-1]):
        resampled[..., i] = _resample(pixels[..., i], size, box)
    return resampled


def is_gray(rgb: np.ndarray) -> bool:
    """Tell whether an RGB picture is gray, up to the noise of JPEG.

    A sepia or otherwise toned picture has a color, and is not gray.

    Parameters
    ----------
    rgb
        uint8, ``(height, width, 3)``.

    Returns
    -------
    bool
        True if the largest and smallest channel differ by less than ``GRAY_SPREAD`` on average over the pixels.

    Examples
    --------
    >>> is_gray(np.full((2, 2, 3), 128, np.uint8))
    True
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise ValueError(f"is_gray takes uint8 of shape (height, width, 3), not {rgb.dtype} of shape {rgb.shape}")
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    largest = np.maximum(np.maximum(red, green), blue)
    smallest = np.minimum(np.minimum(red, green), blue)
    return float(np.mean(largest - smallest)) < GRAY_SPREAD
