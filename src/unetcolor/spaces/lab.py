"""CIE 1976 L*a*b*, white D65."""

from __future__ import annotations

from typing_extensions import override

from unetcolor.spaces.arrays import Array, constant, join_channels, linear_map, split_channels
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.cie import compress, expand
from unetcolor.spaces.srgb import WHITE, XYZ_TO_RGB, delinearize, pull_toward_gray, rgb_to_xyz


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
        xyz = rgb_to_xyz(rgb)
        fx, fy, fz = split_channels(compress(xyz / constant(WHITE, xyz)))
        return 116 * fy - 16, join_channels(500 * (fx - fy), 200 * (fy - fz))

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        a, b = split_channels(targets)
        fy = (luminance + 16) / 116
        xyz = expand(join_channels(fy + a / 500, fy, fy - b / 200)) * constant(WHITE, luminance)
        return delinearize(pull_toward_gray(linear_map(xyz, XYZ_TO_RGB), expand(fy)))
