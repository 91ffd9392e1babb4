"""All that a training needs to go on exactly where it stopped, in one file, and in another one what it was before."""

from __future__ import annotations

import json
import os
import shutil
import stat
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, get_args

import keras
import numpy as np

from unetcolor._checks import MOST_EPOCHS
from unetcolor._files import replacing
from unetcolor.errors import ModelLoadError, shown
from unetcolor.models.record import check_training
from unetcolor.networks.precision import Precision, resolve_for_training
from unetcolor.networks.snapshot import copies
from unetcolor.training.state import variables_of


def save_checkpoint(
    path: str | os.PathLike[str], model: keras.Model, epoch: int, *, keep_former: bool = False, **further: np.ndarray
) -> None:
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
    keep_former
        Keep what the file was before, in that of :func:`former_of`.
    **further
        More arrays to keep.
    """
    arrays: dict[str, Any] = {
        f"{kind}{i}": value
        for kind, variables in variables_of(model).items()
        for i, value in enumerate(copies(variables))
    }
    if keep_former:
        # A copy: at no moment is there no checkpoint.
        with replacing(former_of(path)) as temporary:
            shutil.copyfile(path, temporary)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, epoch=epoch, **(arrays | further))


def former_of(path: str | os.PathLike[str]) -> Path:
    """Return the file of the checkpoint before the one in a file.

    Examples
    --------
    >>> former_of("runs/checkpoint.npz").name
    'checkpoint.previous.npz'
    """
    path = Path(path)
    return path.with_name(f"{path.stem}.previous{path.suffix}")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read: the epochs that are done, what ``fit`` wrote of the training, and arrays.

    Attributes
    ----------
    path
        The file.
    epoch
        Epochs that are done.
    facts
        What ``fit`` wrote next to the variables: ``course``, ``compilation`` and ``training``.
    arrays
        All other arrays of the file, by their names.
    """

    path: str | os.PathLike[str]
    epoch: int
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a checkpoint, or raise a ModelLoadError if the file is missing or damaged, or no checkpoint."""
        try:
            arrays = _read_arrays(path)
            epoch = arrays.pop("epoch")
        # What damaged data raises depends on where the damage is.
        except Exception as error:
            reason = getattr(error, "strerror", None) or f"it is no checkpoint, or damaged ({error})"
            raise ModelLoadError(f"cannot go on from {path}: {reason}") from error
        if epoch.shape != () or epoch.dtype.kind not in "iu" or not 0 < epoch <= MOST_EPOCHS:
            raise ModelLoadError(f"cannot go on from {path}: it is damaged: its epoch is {shown(epoch.tolist())}")
        infinite = [name for name, array in arrays.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]
        if infinite:
            raise ModelLoadError(f"cannot go on from {path}: values of its array {infinite[0]} are not finite")
        return cls(path, int(epoch), _facts(path, arrays.pop("facts", None)), arrays)

    @classmethod
    def read_newest(cls, path: str | os.PathLike[str]) -> Self:
        """Read a checkpoint; if it is damaged, warn, and read the one before it, if there is one."""
        try:
            return cls.read(path)
        except ModelLoadError as error:
            try:
                former = cls.read(former_of(path))
            except ModelLoadError:
                raise error from None
            warnings.warn(
                f"{error}; the training goes on from the checkpoint before, {former.path}, after epoch {former.epoch}",
                stacklevel=2,
            )
            return former

    def require(self, course: Mapping[str, Any]) -> None:
        """Raise a ModelLoadError that names the first option which the training was not begun with."""
        self._compare(self.facts["course"], course)

    def _compare(self, begun: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        # As JSON has them: lists for tuples.
        for name, value in json.loads(json.dumps(now)).items():
            before = begun.get(name)
            if before != value:
                raise ModelLoadError(
                    f"cannot go on from {self.path}: that training has {name}={shown(before)}, not {shown(value)}; "
                    "give the same, or delete the checkpoint to begin again"
                )

    def precision(self, asked: Precision) -> Precision:
        """Return the precision to go on in: that of the training so far, unless another one is asked for.

        Raises
        ------
        ModelLoadError
            This processor, or this backend of Keras, does not have the precision of the training so far.
        """
        begun: Precision = self.facts["course"]["precision"]
        if asked != "auto":
            return resolve_for_training(asked)
        try:
            return resolve_for_training(begun)
        except ValueError as error:
            backend = keras.backend.backend()
            lacking = "this processor" if backend == "tensorflow" else f"Keras on {backend}"
            raise ModelLoadError(
                f"cannot go on from {self.path}: that training computes in {begun}, which {lacking} does not have"
            ) from error

    def restore(self, model: keras.Model, compilation: Mapping[str, Any]) -> None:
        """Give a model, compiled as the one that was saved, and its optimizer their variables.

        Parameters
        ----------
        model
            The model.
        compilation
            What :func:`unetcolor.training.state.compilation_of` says of it.

        Raises
        ------
        ModelLoadError
            The checkpoint was written for another model, another optimizer or another loss.
        """
        # Checkpoints from before this was written do not say.
        if "compilation" in self.facts:
            begun = self.facts["compilation"]
            self._compare(begun, {**dict.fromkeys(begun), **compilation})
        pairs = [
            pair
            for kind, variables in variables_of(model).items()
            for pair in zip(variables, self.arrays_of(kind, variables), strict=True)
        ]
        for variable, value in pairs:
            variable.assign(value)

    def arrays_of(self, kind: str, variables: Sequence[Any]) -> list[np.ndarray]:
        """Return the arrays of a kind, one for each of these variables, or raise a ModelLoadError."""
        saved = {name: array for name, array in self.arrays.items() if name.rstrip("0123456789") == kind}
        names = [f"{kind}{i}" for i in range(len(variables))]
        if saved.keys() != set(names) or any(
            saved[name].shape != tuple(variable.shape) or saved[name].dtype.kind != np.dtype(variable.dtype).kind
            for name, variable in zip(names, variables, strict=True)
        ):
            raise ModelLoadError(
                f"cannot go on from {self.path}: it belongs to another network or optimizer; train with the options "
                "that it was begun with, or delete it to begin again"
            )
        return [saved[name] for name in names]


def _read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("it is no ordinary file")
    with open(path, "rb") as file:
        # What is compressed could be made to swell; fit writes nothing that is.
        if any(member.compress_type != zipfile.ZIP_STORED for member in zipfile.ZipFile(file).infolist()):
            raise ValueError("it is compressed")
        with np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
            return {name: np.asarray(array) for name, array in archive.items()}


def _facts(path: str | os.PathLike[str], written: np.ndarray | None) -> dict[str, Any]:
    """Return what ``fit`` wrote of the training, after making sure that it is that."""
    if written is None:
        raise ModelLoadError(f"cannot go on from {path}: it was not written by UNetColorizer.fit")
    try:
        facts: dict[str, Any] = json.loads(str(written))
    except (ValueError, RecursionError) as error:
        raise ModelLoadError(f"cannot go on from {path}: what it says of the training is damaged: {error}") from error
    course = facts.get("course") if isinstance(facts, dict) else None
    if not isinstance(course, dict) or course.get("precision") not in get_args(Precision):
        raise ModelLoadError(f"cannot go on from {path}: it does not say how the training was begun")
    if not isinstance(facts.get("compilation", {}), dict):
        raise ModelLoadError(f"cannot go on from {path}: what it says of the loss and the optimizer is damaged")
    check_training(f"cannot go on from {path}", facts.get("training"))
    return facts
