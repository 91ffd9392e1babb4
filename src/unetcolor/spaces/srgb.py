"""sRGB: its transfer curve, its matrices, and how colors are brought back into its gamut.

RGB has shape ``(..., 3)``, and is in ``[0, 1]`` if it can be displayed. "Linear" values are proportional to light;
all others are encoded with the transfer curve.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from unetcolor.spaces.arrays import Array, constant, join_channels, linear_map, namespace, piecewise, split_channels

# Linear sRGB to CIE XYZ (Y of white = 1), as exact fractions of the primaries and the white point of
# IEC 61966-2-1; the fractions are those of CSS Color 4, section "Sample code for color conversions".
RGB_TO_XYZ = np.array(
    [
        [Fraction(506752, 1228815), Fraction(87881, 245763), Fraction(12673, 70218)],
        [Fraction(87098, 409605), Fraction(175762, 245763), Fraction(12673, 175545)],
        [Fraction(7918, 409605), Fraction(87881, 737289), Fraction(1001167, 1053270)],
    ],
    dtype=np.float64,
)
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ)

# D65 from its chromaticity x = 0.3127, y = 0.3290 (the white of IEC 61966-2-1). The rows of RGB_TO_XYZ add
# up to it, so that a gray is exactly neutral.
WHITE = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])

# The weights of linear R, G, B in the luminance Y.
LUMINANCE_WEIGHTS = RGB_TO_XYZ[1]

# A divisor for black and white, which have no room for color.
_TINY = 1e-12

# How far rounding in float32 may move linear colors outside of the cube: at most 0.03 of one of 255 levels.
INVISIBLE = 1e-5


def linearize(rgb: Array) -> Array:
    """Undo the sRGB transfer curve (IEC 61966-2-1): ``[0, 1]`` to light in ``[0, 1]``."""
    return piecewise(rgb, 0.04045, lambda c: c / 12.92, lambda c: ((c + 0.055) / 1.055) ** 2.4)


def delinearize(linear: Array) -> Array:
    """Apply the sRGB transfer curve (IEC 61966-2-1): light in ``[0, 1]`` to ``[0, 1]``."""
    return piecewise(linear, 0.0031308, lambda c: c * 12.92, lambda c: 1.055 * c ** (1 / 2.4) - 0.055)


def rgb_to_xyz(rgb: Array) -> Array:
    """Convert sRGB in ``[0, 1]`` to CIE XYZ, Y of white = 1."""
    return linear_map(linearize(rgb), RGB_TO_XYZ)


def weigh(rgb: Array, weights: np.ndarray) -> Array:
    """Return the weighted sum of R, G, B: ``(..., 3)`` to ``(..., 1)``."""
    return linear_map(rgb, np.asarray(weights, dtype=np.float64)[np.newaxis])


def pull_toward_gray(rgb: Array, gray: Array) -> Array:
    """Bring colors into the unit cube, along the straight line to the gray of equal luminance.

    Clipping each channel would change luminance and hue; every point of this line has the luminance of
    both its ends, because luminance is a weighted sum of the channels.

    Parameters
    ----------
    rgb
        Shape ``(..., 3)``, any values, whose weighted sum is ``gray``.
    gray
        Shape ``(..., 1)``, in ``[0, 1]``.

    Returns
    -------
    Shape ``(..., 3)``, in ``[0, 1]``, with the same weighted sum. Colors inside the cube are returned as
    they are; colors that only rounding (``INVISIBLE``) put outside of it are clipped.
    """
    xp = namespace(rgb)
    # Most parts of a photo have no color outside of the cube.
    if isinstance(rgb, np.ndarray) and rgb.size and rgb.min() >= -INVISIBLE and rgb.max() <= 1 + INVISIBLE:
        return np.clip(rgb, 0.0, 1.0)
    gray = xp.clip(gray, 0.0, 1.0)
    # Channel by channel: NumPy broadcasts one channel to three several times slower.
    offsets = [channel - gray for channel in split_channels(rgb)]
    above, below = (xp.maximum(room, constant(_TINY, rgb)) for room in (1.0 - gray, gray))
    excess = constant(1.0, rgb)
    for offset in offsets:
        excess = xp.maximum(excess, xp.maximum(offset / above, -offset / below))
    return xp.clip(join_channels(*(gray + offset / excess for offset in offsets)), 0.0, 1.0)
