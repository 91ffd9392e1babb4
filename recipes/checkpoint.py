"""All that a training needs to go on exactly where it stopped, and the running average of its weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from unetcolor.files import replacing


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

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the model the averages for a while."""
        own = self._current()
        self._assign(self.values)
        yield
        self._assign(own)

    def _current(self) -> list[np.ndarray]:
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._variables]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)


class Checkpoint:
    """One file, ``checkpoint.npz``: the variables of the model and its optimizer, the average, and the epoch.

    The variables of the model include the state of dropout's random numbers; all other chance follows from the
    seed and the epoch. So a resumed training equals one that was never stopped.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint.npz"

    def save(self, model: keras.Model, average: Average, epoch: int) -> None:
        arrays: dict[str, Any] = {f"model{i}": _to_numpy(variable) for i, variable in enumerate(model.variables)}
        arrays |= {f"optimizer{i}": _to_numpy(variable) for i, variable in enumerate(model.optimizer.variables)}
        arrays |= {f"average{i}": value for i, value in enumerate(average.values)}
        with replacing(self._path) as temporary, open(temporary, "wb") as file:
            np.savez(file, epoch=epoch, **arrays)
            file.flush()
            os.fsync(file.fileno())

    def load(self, model: keras.Model, average: Average) -> int:
        """Restore everything, and return the number of epochs that are done; 0 if there is no checkpoint."""
        if not self._path.exists():
            return 0
        with np.load(self._path, allow_pickle=False) as arrays:
            for kind, variables in (("model", model.variables), ("optimizer", model.optimizer.variables)):
                for i, variable in enumerate(variables):
                    variable.assign(arrays[f"{kind}{i}"])
            epoch = int(arrays["epoch"])
            average.restore([arrays[f"average{i}"] for i in range(len(average.values))], epoch)
        return epoch

    def load_average(self, model: keras.Model) -> None:
        """Give a model the averaged weights alone."""
        average = Average(model, 0.0)
        with np.load(self._path, allow_pickle=False) as arrays:
            average.restore([arrays[f"average{i}"] for i in range(len(average.values))], 0)
        average._assign(average.values)


def _to_numpy(variable: keras.Variable) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable))
