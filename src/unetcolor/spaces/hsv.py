"""HSV hue and saturation as a vector, with luma in place of value."""

from __future__ import annotations

from math import pi

from typing_extensions import override

from unetcolor.spaces.arrays import (
    Array,
    constant,
    join_channels,
    largest_channel,
    namespace,
    smallest_channel,
    split_channels,
)
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.rgb import LUMA_WEIGHTS
from unetcolor.spaces.srgb import pull_toward_gray, weigh


class HSV(ColorSpace):
    """Hue and saturation of HSV (Smith 1978) as the vector ``(s cos h, s sin h)``: luma in, the vector out.

    A hue jumps from 360 to 0 degrees in the middle of the reds; its vector does not. The luminance is luma,
    not V: V is the brightest of the three channels, so keeping it would darken everything that gets a color.

    Examples
    --------
    >>> import numpy as np
    >>> luminance, targets = HSV().encode(np.array([0.5, 1.0, 0.5]))
    >>> luminance.round(3), targets.round(3)
    (array([0.858]), array([-0.25 ,  0.433]))
    """

    name = "hsv"
    luminance = Channel("gray", 0.0, 1.0)
    targets = (Channel("s cos h", -1.0, 1.0), Channel("s sin h", -1.0, 1.0))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        xp = namespace(rgb)
        red, green, blue = split_channels(rgb)
        value = largest_channel(rgb)
        chroma = value - smallest_channel(rgb)
        # Divide by 1 where there is no color, so that the gradient stays finite.
        has_color = chroma > 0
        one = constant(1.0, rgb)
        unit = xp.where(has_color, chroma, one)
        # The hue in sixths of a turn, from the sector in which the color lies. `equal` and not `==`, because `==` asks
        # whether two symbolic tensors of Keras are the same object.
        hue = xp.where(
            xp.equal(value, red),
            (green - blue) / unit,
            xp.where(xp.equal(value, green), 2 + (blue - red) / unit, 4 + (red - green) / unit),
        )
        angle = hue * (pi / 3)
        saturation = chroma / xp.where(has_color, value, one)
        return weigh(rgb, LUMA_WEIGHTS), join_channels(saturation * xp.cos(angle), saturation * xp.sin(angle))

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        xp = namespace(luminance)
        x, y = split_channels(targets)
        square = x * x + y * y
        has_color = square > 0
        one, zero = constant(1.0, luminance), constant(0.0, luminance)
        saturation = xp.where(has_color, xp.minimum(xp.sqrt(xp.where(has_color, square, one)), one), zero)
        hue = xp.arctan2(xp.where(has_color, y, zero), xp.where(has_color, x, one)) * (3 / pi)
        # The color of value 1: each channel falls from 1 to 1 - s as the hue moves 1 to 2 sixths away from it.
        pure = join_channels(*(_ramp(hue, center) for center in (0.0, 2.0, -2.0)))
        brightest = 1 - saturation * (1 - pure)
        # Scaling all three channels keeps hue and saturation, so scale to the given luma.
        rgb = brightest * (luminance / weigh(brightest, LUMA_WEIGHTS))
        return pull_toward_gray(rgb, luminance)


def _ramp(hue: Array, center: float) -> Array:
    """Return a channel's part of a pure hue, in sixths of a turn from -3 to 3: 1 near its center, 0 from 2 on."""
    xp = namespace(hue)
    distance = xp.abs(hue - center)
    around = xp.minimum(distance, 6 - distance)
    return xp.clip(2 - around, 0.0, 1.0)
