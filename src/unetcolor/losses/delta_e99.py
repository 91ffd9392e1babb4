"""A loss in the units of the color difference DIN99."""

from __future__ import annotations

from math import cos, isfinite, radians, sin
from typing import Any

import keras
import numpy as np
from keras import ops
from typing_extensions import override

from unetcolor.errors import counted
from unetcolor.spaces.arrays import linear_map
from unetcolor.spaces.lab import Lab


@keras.saving.register_keras_serializable(package="unetcolor")
class DeltaE99(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types.
    """How different the colors look, for networks that predict a* and b* in the color space ``"lab"``.

    It is the color difference DIN99 (DIN 6176:2001) between two colors of the same lightness, rounded off at its
    minimum: a plane of chroma in which distances are nearly those that people see, as in CIEDE2000, but smooth. A
    network that is unsure of a color paints paler with it than with :class:`ChromaHuber`;
    ``predict(saturation=...)`` takes that back. With ``theta`` of 16 degrees and a* and b* of each color ::

        e = a cos(theta) + b sin(theta)
        f = 0.7 (b cos(theta) - a sin(theta))
        g = sqrt(e^2 + f^2)
        chroma = ln(1 + 0.045 g) / 0.045, at the angle of (e, f)

    Parameters
    ----------
    softness
        The difference, in units of DIN99, below which the loss grows quadratically instead of linearly: at ``d`` it
        is ``sqrt(d^2 + softness^2) - softness`` (Charbonnier et al. 1994).
    reduction, name, dtype
        As in all losses of Keras.

    Raises
    ------
    ValueError
        ``softness`` is not a finite number above 0; or, when called, the colors do not have two channels. Two
        channels of another color space than ``"lab"`` cannot be told from a* and b*.

    Notes
    -----
    Truth and prediction are ``(..., 2)``, a* and b* in the network units of ``"lab"``; the loss is ``(...)`` before
    the reduction, in units of DIN99.

    Examples
    --------
    The same step of a* is seen less on a colorful pixel than on a neutral one:

    >>> import numpy as np
    >>> from unetcolor import get_color_space
    >>> lab = get_color_space("lab")
    >>> truth = lab.normalize_targets(np.array([[0.0, 0.0], [60.0, 0.0]]))
    >>> result = lab.normalize_targets(np.array([[10.0, 0.0], [70.0, 0.0]]))
    >>> DeltaE99(softness=0.01, reduction=None)(truth, result).numpy().round(1)
    array([8.1, 2.5], dtype=float32)
    """

    def __init__(
        self,
        softness: float = 2.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "delta_e99",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if not (isfinite(softness) and softness > 0):
            raise ValueError(f"softness must be a finite number above 0, not {softness}")
        self.softness = float(softness)

    @override
    def call(self, y_true: Any, y_pred: Any) -> Any:
        if y_pred.shape[-1] != 2:
            raise ValueError(
                f"DeltaE99 compares a* and b* of the color space 'lab', not {counted(y_pred.shape[-1], 'channel')}"
            )
        squares = ops.sum(ops.square(_din99(y_true) - _din99(y_pred)), axis=-1)
        return ops.sqrt(squares + self.softness**2) - self.softness

    @override
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "softness": self.softness}


_THETA = radians(16)
_TO_EF = np.array([[cos(_THETA), sin(_THETA)], [-0.7 * sin(_THETA), 0.7 * cos(_THETA)]])

# Of g, so that its gradient exists for gray, where it would be zero; no other 8-bit color comes near it.
_LEAST = 1e-3


def _din99(targets: Any) -> Any:
    """Return the chroma plane of DIN99 for a* and b* in network units."""
    ef = linear_map(Lab().denormalize_targets(targets), _TO_EF)
    g = ops.sqrt(ops.sum(ops.square(ef), axis=-1, keepdims=True) + _LEAST**2)
    return ef / g * ops.log1p(0.045 * g) / 0.045
