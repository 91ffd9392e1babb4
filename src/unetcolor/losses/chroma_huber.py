"""A Huber loss that counts colorful pixels for more."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import keras
from keras import ops
from typing_extensions import override


@keras.saving.register_keras_serializable(package="unetcolor")
class ChromaHuber(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types.
    """Huber loss that counts colorful pixels for more.

    Most pixels of most photos are nearly neutral, so a plain mean of errors is small already for a network that
    paints everything gray, and training drifts there. Zhang, Isola and Efros (2016, "Colorful Image Colorization")
    rebalance their classes against it, by how rare a color is. For a regression the distance from neutral
    serves the same end, and needs no statistics of the photos. The weight of a pixel is ::

        1 + strength * min(1, distance(y_true, neutral) / scale)

    Parameters
    ----------
    delta
        The error, in network units, beyond which the loss grows linearly instead of quadratically.
    strength
        What a colorful pixel counts for, beyond the 1 of a neutral one; 0 gives Keras' Huber loss.
    neutral
        The targets of gray in network units: one number, or one for each channel. 0.5 fits Lab, Oklab, YCbCr and
        HSV, whose ranges lie about zero; for Luv see the example. RGB has no such point.
    scale
        The Euclidean distance from neutral, in network units, from which on a pixel has its full weight. In Lab,
        0.1 is a chroma of 25.5, which 21 % of the pixels of the portraits that ship surpass, and 39 % of the photos'.
    reduction, name, dtype
        As in all losses of Keras.

    Examples
    --------
    An error at a neutral pixel, and the same one at a colorful pixel:

    >>> import numpy as np
    >>> loss = ChromaHuber(strength=2.0, reduction=None)
    >>> truth = np.array([[0.5, 0.5], [0.9, 0.5]])
    >>> [round(float(value), 6) for value in loss(truth, truth + 0.01)]
    [5e-05, 0.00015]

    Where gray lies in another space:

    >>> from unetcolor import get_color_space
    >>> luv = get_color_space("luv")
    >>> _, gray = luv.normalize(*luv.encode(np.array([0.5, 0.5, 0.5])))
    >>> ChromaHuber(neutral=gray.round(3).tolist()).neutral
    [0.323, 0.556]
    """

    def __init__(
        self,
        delta: float = 0.05,
        strength: float = 2.0,
        neutral: float | Sequence[float] = 0.5,
        scale: float = 0.1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "chroma_huber",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        for argument, value in {"delta": delta, "scale": scale}.items():
            if not (isfinite(value) and value > 0):
                raise ValueError(f"{argument} must be above 0, not {value}")
        if not (isfinite(strength) and strength >= 0):
            raise ValueError(f"strength must be at least 0, not {strength}")
        self.delta = delta
        self.strength = strength
        # Plain numbers, so that the config fits JSON whatever kind of sequence was given.
        self.neutral = float(neutral) if isinstance(neutral, int | float) else [float(value) for value in neutral]
        self.scale = scale

    @override
    def call(self, y_true: Any, y_pred: Any) -> Any:
        distance = ops.norm(y_true - ops.convert_to_tensor(self.neutral, dtype=y_true.dtype), axis=-1)
        weight = 1 + self.strength * ops.minimum(distance / self.scale, 1)
        return weight * keras.losses.huber(y_true, y_pred, self.delta)

    @override
    def get_config(self) -> dict[str, Any]:
        own = {"delta": self.delta, "strength": self.strength, "neutral": self.neutral, "scale": self.scale}
        return {**super().get_config(), **own}
