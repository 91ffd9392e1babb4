"""The forms in which ``fit`` and ``evaluate`` take pictures in color."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np

from unetcolor.images.taking import SupportsArray
from unetcolor.training.pictures import Openable, Pictures


class SupportsNumpyIterator(Protocol):
    """What is read as a ``tf.data.Dataset``."""

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Return the batches as arrays."""


class SupportsBatches(Protocol):
    """What is read as a ``keras.utils.PyDataset``."""

    @property
    def num_batches(self) -> int | None:
        """How many batches there are."""

    def __getitem__(self, index: int) -> Any:
        """Return a batch."""


ColorPictures: TypeAlias = (
    np.ndarray
    | SupportsArray
    | str
    | os.PathLike[str]
    | Iterable[str | os.PathLike[str]]
    | Openable
    | Pictures
    | SupportsNumpyIterator
    | SupportsBatches
)
"""Pictures in color: an array or a tensor, the path of a folder or an ``.npz`` file, paths of files,
:class:`unetcolor.training.Sources`, a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``."""
