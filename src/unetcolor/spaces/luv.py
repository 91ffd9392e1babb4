"""CIE 1976 L*u*v*, white D65."""

from __future__ import annotations

from typing_extensions import override

from unetcolor.spaces.arrays import Array, constant, join_channels, linear_map, namespace, split_channels
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.cie import lightness_to_luminance, luminance_to_lightness
from unetcolor.spaces.srgb import WHITE, XYZ_TO_RGB, delinearize, pull_toward_gray, rgb_to_xyz

# The white's chromaticity u', v' (CIE 15:2018, equation 8.31).
_WHITE_SUM = WHITE[0] + 15 * WHITE[1] + 3 * WHITE[2]
WHITE_U = float(4 * WHITE[0] / _WHITE_SUM)
WHITE_V = float(9 * WHITE[1] / _WHITE_SUM)

# Blue has the lowest v' in sRGB, 0.1579. Below this limit, XYZ grows to infinity, and then changes its sign.
LOWEST_V = 0.15


class Luv(ColorSpace):
    """CIE 1976 L*u*v* (CIE 15:2018), white D65, 2 degrees: L* in, u* and v* out.

    The ranges of u* and v* are those of sRGB, rounded outward.

    Examples
    --------
    >>> import numpy as np
    >>> luminance, targets = Luv().encode(np.array([1.0, 0.0, 0.0]))
    >>> luminance.round(2), targets.round(2)
    (array([53.24]), array([175.01,  37.77]))
    """

    name = "luv"
    luminance = Channel("L*", 0.0, 100.0)
    targets = (Channel("u*", -84.0, 176.0), Channel("v*", -135.0, 108.0))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        xp = namespace(rgb)
        x, y, z = split_channels(rgb_to_xyz(rgb))
        total = x + 15 * y + 3 * z
        # Black has no chromaticity; divide by 1 there, because L* = 0 makes u* = v* = 0 anyway.
        total = xp.where(total > 0, total, constant(1.0, rgb))
        l_star = luminance_to_lightness(y)
        u = 13 * l_star * (4 * x / total - WHITE_U)
        v = 13 * l_star * (9 * y / total - WHITE_V)
        return l_star, join_channels(u, v)

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        xp = namespace(luminance)
        u, v = split_channels(targets)
        is_black = luminance <= 0
        scale = 13 * xp.where(is_black, constant(1.0, luminance), luminance)
        du, dv = u / scale, v / scale
        # Chromaticities that no light has are moved toward white until sRGB has their v'.
        lowest = LOWEST_V - WHITE_V
        is_low = dv < lowest
        share = xp.where(is_low, lowest / xp.where(is_low, dv, constant(-1.0, dv)), constant(1.0, dv))
        u_prime, v_prime = WHITE_U + share * du, WHITE_V + share * dv
        y = lightness_to_luminance(luminance)
        x = y * 9 * u_prime / (4 * v_prime)
        z = y * (12 - 3 * u_prime - 20 * v_prime) / (4 * v_prime)
        return delinearize(pull_toward_gray(linear_map(join_channels(x, y, z), XYZ_TO_RGB), y))
