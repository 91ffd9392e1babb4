"""YCbCr, full range, as JPEG files use it."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from unetcolor.spaces.arrays import Array, join_channels, split_channels
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.srgb import pull_toward_gray, weigh

# The weights of Rec. ITU-R BT.601; JPEG uses them with the full range (Rec. ITU-T T.871, section 7).
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114])
_RED, _GREEN, _BLUE = LUMA_WEIGHTS.tolist()


class YCbCr(ColorSpace):
    """Full-range BT.601 YCbCr (ITU-T T.871, JFIF), unscaled: Y in, Cb and Cr out.

    Examples
    --------
    >>> import numpy as np
    >>> luminance, targets = YCbCr().encode(np.array([1.0, 0.0, 0.0]))
    >>> luminance.round(3), targets.round(3)
    (array([0.299]), array([-0.169,  0.5  ]))
    """

    name = "ycbcr"
    luminance = Channel("Y", 0.0, 1.0)
    targets = (Channel("Cb", -0.5, 0.5), Channel("Cr", -0.5, 0.5))

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        red, _, blue = split_channels(rgb)
        y = weigh(rgb, LUMA_WEIGHTS)
        return y, join_channels((blue - y) / (2 * (1 - _BLUE)), (red - y) / (2 * (1 - _RED)))

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        cb, cr = split_channels(targets)
        red = luminance + 2 * (1 - _RED) * cr
        blue = luminance + 2 * (1 - _BLUE) * cb
        green = (luminance - _RED * red - _BLUE * blue) / _GREEN
        return pull_toward_gray(join_channels(red, green, blue), luminance)
