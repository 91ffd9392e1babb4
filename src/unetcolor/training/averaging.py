"""A running average of a network's weights over the epochs, which is steadier than the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from typing_extensions import override

from unetcolor._checks import share
from unetcolor.networks.snapshot import copies


class Averaging(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types.
    """Averages the weights after each epoch (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima").

    From the end of an epoch to the beginning of the next, and after the training, the network has the averages: they
    are what is validated, saved and kept. In between it has its own weights, with which it learns on.

    Parameters
    ----------
    decay
        What the average of the earlier epochs counts for in that of all: 0 keeps the last epoch alone. The first
        epochs count for less, so that the initial weights do not stay in the average.
    """

    def __init__(self, decay: float) -> None:
        super().__init__()
        self._decay = share("average", decay)
        self._averages: list[np.ndarray] = []
        self._own: list[np.ndarray] | None = None
        self._epochs = 0

    @override
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._take_own()

    @override
    def on_test_begin(self, logs: Any = None) -> None:
        # The validation of Keras comes before the end of the epoch.
        self._take_averages()

    @override
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._take_averages()

    def finish(self) -> None:
        """Give the network the averages, wherever the training was stopped."""
        if self._averages and self._own is None:
            self._assign(self._averages)

    @contextmanager
    def own_weights(self) -> Iterator[None]:
        """Give the network the weights that it learns with, for a while."""
        own = self._own
        if own is not None:
            self._assign(own)
        try:
            yield
        finally:
            if own is not None:
                self._assign(self._averages)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of the average."""
        return {f"average{i}": values for i, values in enumerate(self._averages)}

    def restore(self, averages: list[np.ndarray], epochs: int) -> None:
        """Go on from the averages, one for each of :attr:`variables`, that a checkpoint has kept after some epochs."""
        self._averages, self._epochs = averages, epochs

    def _take_averages(self) -> None:
        if self._own is not None:
            return
        self._own = copies(self.variables)
        self._epochs += 1
        decay = min(self._decay, 1 - 1 / self._epochs)
        before = self._averages or self._own
        self._averages = [
            (decay * old + (1 - decay) * new).astype(new.dtype) for old, new in zip(before, self._own, strict=True)
        ]
        self._assign(self._averages)

    def _take_own(self) -> None:
        if self._own is not None:
            self._assign(self._own)
            self._own = None

    @property
    def variables(self) -> list[Any]:
        """What is averaged: all variables of the network that hold floats."""
        return [variable for variable in self.model.variables if "float" in variable.dtype]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
