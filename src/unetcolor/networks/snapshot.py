"""Tell whether a network still has the weights that it had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


def copies(variables: Sequence[Any]) -> list[np.ndarray]:
    """Return copies of the values of variables of Keras: the array of a backend may change as its variable does."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


class Snapshot:
    """The weights of a network as they are now.

    Parameters
    ----------
    model
        The network.
    read
        Returns the values of variables, which later changes of the variables must not reach. If it does not copy
        them, as :func:`unetcolor.prediction.engines.tensorflow.read`, values that did not change need not be compared.
    """

    def __init__(self, model: keras.Model, read: Callable[[Sequence[Any]], list[np.ndarray]] = copies) -> None:
        self._model = model
        self._variables = model.weights
        self._read = read
        self._values = read(self._variables)

    def matches(self, model: keras.Model) -> bool:
        """Tell whether this is the network, and has the weights that it had."""
        return model is self._model and all(
            np.may_share_memory(kept, value) or np.array_equal(kept, value)
            for kept, value in zip(self._values, self._read(self._variables), strict=True)
        )
