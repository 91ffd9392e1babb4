"""All that a training needs to go on exactly where it stopped, in one file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Self

import keras
import numpy as np

from unetcolor._files import replacing
from unetcolor.errors import ModelLoadError
from unetcolor.networks.precision import Precision, resolve
from unetcolor.networks.snapshot import copies


def save_checkpoint(path: str | os.PathLike[str], model: keras.Model, epoch: int, **further: np.ndarray) -> None:
    """Write the variables of a compiled model and of its optimizer, and the number of epochs that are done.

    The model's variables include the state of dropout's random numbers, so that a training whose pictures come in
    an order that follows from the seed and the epoch goes on as if it had not been stopped. An existing file is
    replaced only when the new one is complete.

    Parameters
    ----------
    path
        The file, an ``.npz``.
    model
        The model, compiled.
    epoch
        Epochs that are done.
    **further
        More arrays to keep.
    """
    arrays: dict[str, Any] = {
        f"{kind}{i}": value for kind, variables in _variables(model) for i, value in enumerate(copies(variables))
    }
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, epoch=epoch, **(arrays | further))


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read: the epochs that are done, and arrays.

    Attributes
    ----------
    path
        The file.
    epoch
        Epochs that are done.
    arrays
        All other arrays of the file, by their names.
    """

    path: str | os.PathLike[str]
    epoch: int
    arrays: dict[str, np.ndarray]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a checkpoint, or raise a ModelLoadError if the file is missing or damaged."""
        try:
            with open(path, "rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            return cls(path, int(arrays.pop("epoch")), arrays)
        # What damaged data raises depends on where the damage is.
        except Exception as error:
            reason = getattr(error, "strerror", None) or f"it is no checkpoint, or damaged ({error})"
            raise ModelLoadError(f"cannot go on from {path}: {reason}") from error

    @property
    def facts(self) -> dict[str, Any]:
        """What ``UNetColorizer.fit`` wrote next to the variables."""
        if "facts" not in self.arrays:
            raise ModelLoadError(f"cannot go on from {self.path}: it was not written by UNetColorizer.fit")
        facts: dict[str, Any] = json.loads(str(self.arrays["facts"]))
        return facts

    def require(self, course: Mapping[str, Any]) -> None:
        """Raise a ModelLoadError that names the first option which the training was not begun with."""
        begun = self.facts["course"]
        # As JSON has them: lists for tuples.
        for name, value in json.loads(json.dumps(course)).items():
            before = begun.get(name)
            if before != value:
                raise ModelLoadError(
                    f"cannot go on from {self.path}: that training has {name}={before!r}, not {value!r}; give the "
                    "same, or delete the checkpoint to begin again"
                )

    def precision(self, asked: Precision) -> Precision:
        """Return the precision to go on in: that of the training so far, unless another one is asked for.

        Raises
        ------
        ModelLoadError
            This processor does not have the precision of the training so far.
        """
        begun: Precision = self.facts["course"]["precision"]
        if asked != "auto":
            return resolve(asked)
        try:
            return resolve(begun)
        except ValueError as error:
            raise ModelLoadError(
                f"cannot go on from {self.path}: that training computes in {begun}, which this processor does not have"
            ) from error

    def restore(self, model: keras.Model) -> None:
        """Give a model, compiled as the one that was saved, and its optimizer their variables.

        Raises
        ------
        ModelLoadError
            The checkpoint was written for another model or another optimizer.
        """
        pairs: list[tuple[Any, Any]] = []
        for kind, variables in _variables(model):
            saved = [array for name, array in self.arrays.items() if name.rstrip("0123456789") == kind]
            pairs += zip_longest(variables, saved)
        if any(variable is None or value is None or value.shape != tuple(variable.shape) for variable, value in pairs):
            raise ModelLoadError(
                f"cannot go on from {self.path}: it belongs to another network or optimizer; train with the options "
                "that it was begun with, or delete it to begin again"
            )
        for variable, value in pairs:
            variable.assign(value)


def _variables(model: keras.Model) -> tuple[tuple[str, list[Any]], ...]:
    model.optimizer.build(model.trainable_variables)
    return ("model", model.variables), ("optimizer", model.optimizer.variables)
