"""The checkpoint of a recipe, and the running average of the weights in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from unetcolor.training import checkpoint


class Average:
    """A running average of a model's variables, which is steadier than the last ones (Izmailov et al. 2018)."""

    def __init__(self, model: keras.Model, decay: float) -> None:
        self._variables = [variable for variable in model.variables if "float" in variable.dtype]
        self._decay = decay
        self.values = self._current()
        self._count = 0

    def update(self) -> None:
        # The first epochs count for less, lest the initial weights stay in the average.
        self._count += 1
        decay = min(self._decay, 1 - 1 / self._count)
        self.values = [decay * old + (1 - decay) * new for old, new in zip(self.values, self._current(), strict=True)]

    def restore(self, values: list[np.ndarray], count: int) -> None:
        self.values, self._count = values, count

    def apply(self) -> None:
        """Give the model the averages for good."""
        self._assign(self.values)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the model the averages for a while."""
        own = self._current()
        self.apply()
        yield
        self._assign(own)

    def _current(self) -> list[np.ndarray]:
        return [checkpoint.to_numpy(variable) for variable in self._variables]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)


class Checkpoint:
    """One file, ``checkpoint.npz``: the variables of the model and its optimizer, the average, and the epoch."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint.npz"

    def save(self, model: keras.Model, average: Average, epoch: int) -> None:
        averages = {f"average{i}": value for i, value in enumerate(average.values)}
        checkpoint.save_checkpoint(self._path, model, epoch, **averages)

    def load(self, model: keras.Model, average: Average) -> int:
        """Restore everything, and return the number of epochs that are done; 0 if there is no checkpoint."""
        if not self._path.exists():
            return 0
        saved = checkpoint.Checkpoint.read(self._path)
        saved.restore(model)
        average.restore([saved.arrays[f"average{i}"] for i in range(len(average.values))], saved.epoch)
        return saved.epoch

    def load_average(self, model: keras.Model) -> None:
        """Give a model the averaged weights alone."""
        average = Average(model, 0.0)
        saved = checkpoint.Checkpoint.read(self._path)
        average.restore([saved.arrays[f"average{i}"] for i in range(len(average.values))], 0)
        average.apply()
