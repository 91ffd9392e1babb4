"""Run a trained network as Keras does, on any of its backends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar, Self

import keras
import numpy as np
from typing_extensions import override

from unetcolor._forking import about_to_compute
from unetcolor.networks.copying import UncopyableError, give_weights
from unetcolor.networks.precision import Precision, with_precision
from unetcolor.prediction.engines.base import Engine


class KerasEngine(Engine):
    """A copy of a network, run by ``predict_on_batch``.

    A network that cannot be copied runs as it is, in float32: it alone is no snapshot, and cannot be pickled unless
    Keras can.

    Parameters
    ----------
    model
        The network to run, which nobody else changes.
    precision
        The one that it computes in.
    """

    name: ClassVar[str] = "keras"

    def __init__(self, model: keras.Model, precision: Precision) -> None:
        super().__init__(precision)
        self._model = model

    @classmethod
    @override
    def from_model(cls, model: keras.Model, precision: Precision) -> Self:
        try:
            return cls(with_precision(model, precision), precision)
        except UncopyableError:
            return cls(model, "float32")

    @override
    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        about_to_compute()
        model, alone = self._model, threading.Lock()
        model.make_predict_function()

        def run(batch: np.ndarray) -> np.ndarray:
            # On JAX, Keras gives the weights away to the step that computes, and takes them back from it.
            with alone:
                return np.asarray(model.predict_on_batch(batch), np.float32)

        return run

    @override
    def __getstate__(self) -> dict[str, Any]:
        config = keras.saving.serialize_keras_object(self._model)
        return {"config": config, "weights": self._model.get_weights(), "precision": self.precision}

    @override
    def __setstate__(self, state: dict[str, Any]) -> None:
        about_to_compute()
        model = keras.saving.deserialize_keras_object(state["config"])
        give_weights(model, state["weights"])
        super().__setstate__({"_model": model, "precision": state["precision"]})
