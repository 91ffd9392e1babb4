"""Oklab."""

from __future__ import annotations

from functools import reduce
from typing import TypeAlias

import numpy as np
from typing_extensions import override

from unetcolor.spaces.arrays import Array, constant, linear_map, namespace, signed_power, split_channels
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.srgb import RGB_TO_XYZ, WHITE, delinearize, linearize

# Björn Ottosson, "A perceptual color space for image processing" (2020), matrices M1 and M2. M1 is published
# to 10 digits, for a white that differs from D65 in the sixth: dividing by its own response to white, as
# CSS Color 4 does, makes grays exactly neutral. For the same reason the rows of M2 are made to add up to 1, 0, 0.
_XYZ_TO_LMS = np.array(
    [
        [0.8189330101, 0.3618667424, -0.1288597137],
        [0.0329845436, 0.9293118715, 0.0361456387],
        [0.0482003018, 0.2643662691, 0.6338517070],
    ]
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_RGB_TO_LMS = (_XYZ_TO_LMS / (_XYZ_TO_LMS @ WHITE)[:, np.newaxis]) @ RGB_TO_XYZ
_LMS_TO_LAB = _LMS_TO_LAB - (_LMS_TO_LAB.sum(axis=1) - [1.0, 0.0, 0.0])[:, np.newaxis] / 3
_LMS_TO_RGB = np.linalg.inv(_RGB_TO_LMS)
_AB_TO_LMS = np.linalg.inv(_LMS_TO_LAB)[:, 1:]

# Each step halves the error of the largest chroma that fits. NumPy rounds differently from TensorFlow, so their last
# steps may differ, and where a channel is near 0 the transfer curve amplifies that. From 20 steps on both give the
# same color, within 4e-5.
_BISECTIONS = 20


class Oklab(ColorSpace):
    """Oklab (Ottosson 2020), white D65: L in, a and b out.

    The ranges of a and b are those of CSS Color 4.

    Examples
    --------
    >>> import numpy as np
    >>> luminance, targets = Oklab().encode(np.array([1.0, 0.0, 0.0]))
    >>> luminance.round(3), targets.round(3)
    (array([0.628]), array([0.225, 0.126]))
    """

    name = "oklab"
    luminance = Channel("L", 0.0, 1.0)
    targets = (Channel("a", -0.4, 0.4), Channel("b", -0.4, 0.4))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        lms = linear_map(linearize(rgb), _RGB_TO_LMS)
        lab = linear_map(signed_power(lms, 1 / 3), _LMS_TO_LAB)
        return lab[..., :1], lab[..., 1:]

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        # L is not a weighted sum of linear R, G, B, so the share of chroma that fits has no closed form.
        xp = namespace(luminance)
        luminance = xp.clip(luminance, 0.0, 1.0)
        offset = linear_map(targets, _AB_TO_LMS)
        cubics = _cubics(luminance, offset)
        # The rounding error of float32, which shrinks with the color: near black all values are small.
        slack = 4e-6 * luminance
        one = constant(1.0, luminance)
        low, high = xp.zeros_like(luminance), xp.ones_like(luminance)
        fits_whole = _fits(cubics, one, slack)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            fits = _fits(cubics, middle, slack)
            low, high = xp.where(fits, middle, low), xp.where(fits, high, middle)
        share = xp.where(fits_whole, one, low)
        linear = linear_map((luminance + share * offset) ** 3, _LMS_TO_RGB)
        return delinearize(xp.clip(linear, 0.0, 1.0))


Cubic: TypeAlias = tuple[Array, Array, Array, Array]


def _cubics(luminance: Array, offset: Array) -> list[Cubic]:
    """Return linear R, G and B as polynomials of the share of chroma, each by its four coefficients.

    ``offset`` is the part of the whole chroma in each compressed cone response, and linear RGB is a matrix times
    ``(luminance + share * offset) ** 3``. Its rows add up to 1, so without chroma each channel is gray.
    """
    xp = namespace(luminance)
    coefficients = [
        split_channels(3 * luminance**2 * linear_map(offset, _LMS_TO_RGB)),
        split_channels(3 * luminance * linear_map(offset**2, _LMS_TO_RGB)),
        split_channels(linear_map(offset**3, _LMS_TO_RGB)),
    ]
    # Copied, because each is read many times, and reading every third value of an array takes three times as long.
    return [(luminance**3, *map(xp.copy, channel)) for channel in zip(*coefficients, strict=True)]


def _fits(cubics: list[Cubic], share: Array, slack: Array) -> Array:
    """Tell where all three channels lie in [0, 1], within the slack."""
    xp = namespace(share)
    channels = [gray + share * (first + share * (second + share * third)) for gray, first, second, third in cubics]
    farthest = reduce(xp.maximum, [xp.abs(channel - 0.5) for channel in channels])
    return farthest <= 0.5 + slack
