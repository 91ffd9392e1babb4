"""Pictures in color that come in batches: a ``tf.data.Dataset`` or a ``keras.utils.PyDataset`` of the user."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from typing_extensions import override

from unetcolor.codec import Codec
from unetcolor.training.hinting import Hinting
from unetcolor.training.pictures import Size
from unetcolor.training.py_data import EncodedBatches, color_batch, count_of
from unetcolor.training.tf_data import encode_stream, open_dataset, size_of_batches

# What tf.data calls the number of batches that have no end: tf.data.INFINITE_CARDINALITY.
_NO_END = -1


class Stream(ABC):
    """Batches of pictures in color."""

    count: int | None
    """How many batches there are; None if that is not known, or there is no end."""

    has_end: bool
    """Whether they may come to an end."""

    @property
    @abstractmethod
    def size(self) -> Size:
        """``(height, width)`` of the pictures, or at least of the first."""

    @abstractmethod
    def encoded(self, codec: Codec, hinting: Hinting | None = None, seed: int = 0) -> Any:
        """Return batches ``(inputs, targets)`` in network units, as ``keras.Model.fit`` takes them."""

    @abstractmethod
    def batches(self, count: int | None = None) -> Iterator[np.ndarray]:
        """Yield the pictures, a batch at a time: so many batches, or all."""

    def require_end(self, steps: int | None, word: str) -> None:
        """Raise a ValueError if there is no batch, or no end and no number of steps that says where to stop."""
        if self.count == 0:
            raise ValueError("the dataset holds no pictures")
        if not steps and not self.has_end:
            raise ValueError(f"the dataset never ends: {word}")


def is_stream(source: Any) -> bool:
    """Tell whether pictures come in batches: a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``."""
    tensorflow = sys.modules.get("tensorflow")
    is_dataset = tensorflow is not None and isinstance(source, tensorflow.data.Dataset)
    return is_dataset or isinstance(source, keras.utils.PyDataset)


def open_stream(source: Any) -> Stream:
    """Return batches that the user brings, checked as far as they are known before they are read.

    Parameters
    ----------
    source
        What :func:`is_stream` says is one.

    Raises
    ------
    ValueError
        The batches are not of color pictures, or there are none.
    """
    if keras.backend.backend() != "tensorflow" and isinstance(source, keras.utils.PyDataset):
        return _PyBatches(source)
    return _Dataset(source)


class _Dataset(Stream):
    def __init__(self, source: Any) -> None:
        self._dataset = open_dataset(source)
        cardinality = int(self._dataset.cardinality())
        self.count = cardinality if cardinality >= 0 else None
        self.has_end = cardinality != _NO_END

    @property
    @override
    def size(self) -> Size:
        return size_of_batches(self._dataset)

    @override
    def encoded(self, codec: Codec, hinting: Hinting | None = None, seed: int = 0) -> Any:
        return encode_stream(self._dataset, codec, hinting, seed)

    @override
    def batches(self, count: int | None = None) -> Iterator[np.ndarray]:
        yield from self._dataset.take(-1 if count is None else count).as_numpy_iterator()


class _PyBatches(Stream):
    has_end = True

    def __init__(self, source: keras.utils.PyDataset) -> None:
        self._source = source
        self.count = count_of(source)
        height, width = color_batch(source, 0).shape[1:3]
        self._size = height, width

    @property
    @override
    def size(self) -> Size:
        return self._size

    @override
    def encoded(self, codec: Codec, hinting: Hinting | None = None, seed: int = 0) -> Any:
        return EncodedBatches(self._source, codec, hinting, seed)

    @override
    def batches(self, count: int | None = None) -> Iterator[np.ndarray]:
        self._source.on_epoch_begin()
        for index in range(count_of(self._source) if count is None else count):
            yield color_batch(self._source, index)
        self._source.on_epoch_end()
