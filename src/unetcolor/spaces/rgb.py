"""RGB: gray in, red, green and blue out."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from unetcolor.spaces.arrays import Array
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.srgb import pull_toward_gray, weigh

# The weights of skimage.color.rgb2gray: Rec. 709 primaries with a CRT's white, applied to encoded values.
LUMA_WEIGHTS = np.array([0.2125, 0.7154, 0.0721])


class RGB(ColorSpace):
    """Gray in, encoded sRGB red, green and blue out.

    Parameters
    ----------
    keep_luminance
        Shift the predicted color to the luma of the photo. False gives the network's raw picture, whose
        brightness is a guess.

    Examples
    --------
    >>> import numpy as np
    >>> half, orange = np.array([0.5]), np.array([0.9, 0.5, 0.1])
    >>> RGB().decode(half, orange).round(3)
    array([0.844, 0.444, 0.044])
    >>> RGB(keep_luminance=False).decode(half, orange)
    array([0.9, 0.5, 0.1])
    """

    name = "rgb"
    luminance = Channel("gray", 0.0, 1.0)
    targets = (Channel("R", 0.0, 1.0), Channel("G", 0.0, 1.0), Channel("B", 0.0, 1.0))

    def __init__(self, keep_luminance: bool = True) -> None:
        self.keep_luminance = bool(keep_luminance)

    @override
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "keep_luminance": self.keep_luminance}

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        return weigh(rgb, LUMA_WEIGHTS), rgb

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        gray = luminance if self.keep_luminance else weigh(targets, LUMA_WEIGHTS)
        return pull_toward_gray(targets + (gray - weigh(targets, LUMA_WEIGHTS)), gray)
