"""Stop a training whose numbers are no longer finite, before it spoils what was good."""

from __future__ import annotations

from math import isfinite
from typing import Any

import keras
import numpy as np
from typing_extensions import override

from unetcolor.errors import DivergedError
from unetcolor.networks.snapshot import copies
from unetcolor.training.state import variables_of


class Guard(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Raises a DivergedError at the first loss, or after the first epoch with weights, that is not finite.

    The network and its optimizer then have the values again that they had after the last good epoch.

    Parameters
    ----------
    network
        The network that is trained, compiled; what Keras trains may be a view of it.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self._network = network
        self._good: list[np.ndarray] = []
        self._good_epochs = 0
        self._epoch = 0

    @override
    def on_train_begin(self, logs: Any = None) -> None:
        self._good = copies(self._variables)

    @override
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch
        if not self._good_epochs:
            self._good_epochs = epoch

    @override
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = float((logs or {}).get("loss", 0.0))
        if not isfinite(loss):
            self._stop(f"the loss is {loss} in epoch {self._epoch + 1}, step {batch + 1}")

    @override
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        values = copies(self._variables)
        # Activations can hide weights that are not finite from the loss.
        if not all(np.isfinite(value).all() for value in values if value.dtype.kind == "f"):
            self._stop(f"the weights are not finite after epoch {epoch + 1}")
        self._good, self._good_epochs = values, epoch + 1

    def _stop(self, what: str) -> None:
        for variable, value in zip(self._variables, self._good, strict=True):
            variable.assign(value)
        since = f"after epoch {self._good_epochs}" if self._good_epochs else "before the training"
        raise DivergedError(
            f"{what}, so the training was stopped: the network has the weights again that it had {since}, and a "
            "checkpoint was left as it was; try a lower learning rate"
        )

    @property
    def _variables(self) -> list[Any]:
        return [variable for variables in variables_of(self._network).values() for variable in variables]
