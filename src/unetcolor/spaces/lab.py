"""CIE 1976 L*a*b*, white D65."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from unetcolor.spaces.arrays import Array, join_channels, linear_map, split_channels
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.cie import compress, expand
from unetcolor.spaces.srgb import RGB_TO_XYZ, WHITE, XYZ_TO_RGB, delinearize, linearize, pull_toward_gray

# Conversion to and from X, Y and Z, each divided by that of white.
_RGB_TO_WHITES = RGB_TO_XYZ / WHITE[:, np.newaxis]
_WHITES_TO_RGB = XYZ_TO_RGB * WHITE


class Lab(ColorSpace):
    """CIE 1976 L*a*b* (CIE 15:2018), white D65, 2 degrees: L* in, a* and b* out.

    Examples
    --------
    >>> import numpy as np
    >>> luminance, targets = Lab().encode(np.array([0.0, 0.0, 1.0]))
    >>> luminance.round(2), targets.round(2)
    (array([32.3]), array([  79.2 , -107.86]))
    """

    name = "lab"
    luminance = Channel("L*", 0.0, 100.0)
    targets = (Channel("a*", -128.0, 127.0), Channel("b*", -128.0, 127.0))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        fx, fy, fz = split_channels(compress(linear_map(linearize(rgb), _RGB_TO_WHITES)))
        return 116 * fy - 16, join_channels(500 * (fx - fy), 200 * (fy - fz))

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        a, b = split_channels(targets)
        fy = (luminance + 16) / 116
        whites = expand(join_channels(fy + a / 500, fy, fy - b / 200))
        return delinearize(pull_toward_gray(linear_map(whites, _WHITES_TO_RGB), whites[..., 1:2]))
