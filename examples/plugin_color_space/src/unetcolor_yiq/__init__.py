"""NTSC YIQ for unetcolor."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from typing_extensions import override

from unetcolor import Channel, ColorSpace
from unetcolor.spaces.arrays import Array, linear_map
from unetcolor.spaces.srgb import pull_toward_gray, weigh

__all__ = ["YIQ"]

# Luma of NTSC (SMPTE 170M, Rec. ITU-R BT.601), here of encoded sRGB as in skimage.color.rgb2yiq.
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114])

# SMPTE 170M: U and V are B - Y and R - Y, scaled to fit the broadcast signal; I and Q are V and U, turned by 33
# degrees. Built from the differences and not from rounded coefficients, so that each row sums to 0: a gray has
# no color.
_RED, _GREEN, _BLUE = np.eye(3)
_U = 0.492111 * (_BLUE - LUMA_WEIGHTS)
_V = 0.877283 * (_RED - LUMA_WEIGHTS)
_TURN = radians(33)
RGB_TO_IQ = np.array([cos(_TURN) * _V - sin(_TURN) * _U, sin(_TURN) * _V + cos(_TURN) * _U])
# The inverse's first column is 1, 1, 1: luma is added to each channel alike.
_IQ_TO_RGB = np.linalg.inv(np.vstack([LUMA_WEIGHTS, RGB_TO_IQ]))[:, 1:]

# Largest where the channels of positive weight are 1 and the others 0; smallest at the complement.
_I_LIMIT, _Q_LIMIT = np.maximum(RGB_TO_IQ, 0).sum(axis=1).tolist()


class YIQ(ColorSpace):
    """NTSC YIQ (SMPTE 170M): luma in, I (orange to blue) and Q (purple to green) out.

    Examples
    --------
    >>> luminance, targets = YIQ().encode(np.array([1.0, 0.0, 0.0]))
    >>> luminance.round(3), targets.round(3)
    (array([0.299]), array([0.596, 0.212]))
    """

    name = "yiq"
    luminance = Channel("Y", 0.0, 1.0)
    targets = (Channel("I", -_I_LIMIT, _I_LIMIT), Channel("Q", -_Q_LIMIT, _Q_LIMIT))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        return weigh(rgb, LUMA_WEIGHTS), linear_map(rgb, RGB_TO_IQ)

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        # The network may predict a color outside of sRGB: bring it back without changing the luma.
        return pull_toward_gray(luminance + linear_map(targets, _IQ_TO_RGB), luminance)
