from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from unetcolor import Channel, list_color_spaces
from unetcolor.spaces.arrays import Array, namespace
from unetcolor.spaces.hsv import HSV
from unetcolor.spaces.lab import Lab
from unetcolor.spaces.rgb import RGB
from unetcolor.spaces.ycbcr import YCbCr
from unetcolor.testing import check_color_space


@pytest.mark.parametrize("name", list_color_spaces())
def test_every_registered_space_keeps_all_laws(name: str) -> None:
    check_color_space(name)


class WrongDtype(Lab):
    name = "wrong_dtype"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        luminance, targets = super().encode(rgb)
        return luminance * np.float64(1), targets


class NarrowRange(Lab):
    name = "narrow_range"
    targets = (Channel("a*", -50.0, 50.0), Channel("b*", -50.0, 50.0))


class NoWayBack(YCbCr):
    name = "no_way_back"

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        return super().decode(luminance, targets[..., ::-1])


class Clipped(Lab):
    """Shifts colors without regard to luminance, and clips each channel."""

    name = "clipped"

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        xp = namespace(luminance)
        cb, cr = targets[..., :1] / 128, targets[..., 1:] / 128
        return xp.clip(super().decode(luminance, targets) + 0.01 * (cb + cr), 0.0, 1.0)


class Overflowing(YCbCr):
    name = "overflowing"

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        xp = namespace(luminance)
        red = luminance + 1.402 * targets[..., 1:]
        blue = luminance + 1.772 * targets[..., :1]
        return xp.concatenate([red, (luminance - 0.299 * red - 0.114 * blue) / 0.587, blue], axis=-1)


class Negative(YCbCr):
    """Sees a negative."""

    name = "negative"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        luminance, targets = super().encode(rgb)
        return 1.0 - luminance, targets

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        return super().decode(1.0 - luminance, targets)


class NumpyOnly(Lab):
    name = "numpy_only"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        luminance, targets = super().encode(rgb)
        return luminance, targets if isinstance(rgb, np.ndarray) else targets * 1.01


class NumpyOnlyOutsideTheGamut(YCbCr):
    name = "numpy_only_outside_the_gamut"

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        if not isinstance(targets, np.ndarray):
            targets = namespace(targets).clip(targets, -0.5, 0.5)
        return super().decode(luminance, targets)


class ComparesSymbols(HSV):
    """``==`` of two symbolic tensors asks whether they are one object, and is always false here."""

    name = "compares_symbols"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        luminance, targets = super().encode(rgb)
        xp = namespace(rgb)
        return xp.where(luminance == luminance[..., :1], luminance, 0.99 * luminance), targets


class NeedsPixels(YCbCr):
    """Reducing a channel of an empty tensor is an error of Keras."""

    name = "needs_pixels"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        namespace(rgb).max(rgb, axis=-1)
        return super().encode(rgb)


class BadGradient(YCbCr):
    """The square root has an infinite slope at black."""

    name = "bad_gradient"

    @override
    def decode(self, luminance: Array, targets: Array) -> Array:
        xp = namespace(luminance)
        return super().decode(luminance + 1e-9 * xp.sqrt(luminance), targets)


class ForgetfulConfig(RGB):
    name = "forgetful_config"

    @override
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


class Destructive(Lab):
    name = "destructive"

    @override
    def encode(self, rgb: Array) -> tuple[Array, Array]:
        result = super().encode(rgb)
        if isinstance(rgb, np.ndarray):
            rgb *= 0.5
        return result


class UnknownHead(Lab):
    name = "unknown_head"
    activation = "sigmoyd"


class UnknownLoss(Lab):
    name = "unknown_loss"
    loss = "mean_of_errors"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (WrongDtype, "luminance has dtype float64, not float32"),
        (NarrowRange, "Every sRGB color lies within the declared ranges. Found: normalized targets from -0.5"),
        (NoWayBack, "gives the picture back. Found: pictures of float64 differ"),
        (Clipped, "gives the picture back|keeps its luminance"),
        (Overflowing, r"finite and in \[0, 1\]. Found: values from -"),
        (RGB(keep_luminance=False), "keeps its luminance"),
        (Negative, "luminance that does not grow from black to white"),
        (NumpyOnly, "targets of NumPy and of eager tensors differ"),
        (NumpyOnlyOutsideTheGamut, "Found: decode of NumPy and of eager tensors differ"),
        (ComparesSymbols, "luminance of NumPy and of a functional model differ"),
        (NeedsPixels, "give the same values. It raised InvalidArgumentError"),
        (BadGradient, "a gradient of decode that is not finite"),
        (ForgetfulConfig, r"a config of \[\] for arguments \['keep_luminance'\]"),
        (Destructive, "changes its input"),
        (UnknownHead, "activation 'sigmoyd'"),
        (UnknownLoss, "loss 'mean_of_errors'"),
    ],
)
def test_a_broken_space_is_caught_by_the_law_that_it_breaks(broken: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_color_space(broken)
