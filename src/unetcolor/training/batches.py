"""Batches for training, made in NumPy: what they hold follows from the seed and their number alone."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from math import ceil
from numbers import Integral
from typing import Any

import keras
import numpy as np
from typing_extensions import override

from unetcolor._checks import MOST_EPOCHS, size_of_network, whole_number
from unetcolor.codec import Codec
from unetcolor.errors import shown
from unetcolor.images import cover, to_float
from unetcolor.training.ageing import Ageing
from unetcolor.training.augmentation import Augmentation
from unetcolor.training.hinting import Hinting
from unetcolor.training.pictures import Pictures, Size
from unetcolor.training.py_data import add_hints
from unetcolor.training.sampling import Order
from unetcolor.training.shares import WHOLE, Shares

# (epochs, (height, width)): for so many epochs the pictures have this size.
SizesInTurn = Sequence[tuple[int, Size]]

Batch = tuple[np.ndarray, np.ndarray]

# Batches that are made at once, on a machine with as many cores: more only take memory.
_MOST_AHEAD = 8


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types.
    """Batches of what the network sees and of what it should answer, float32 in network units.

    Counted on through all epochs, without an end: ``fit`` is told how many make an epoch. Keras then reads them from
    one iterator for the whole training, so that the next epoch's first batch is made while the last epoch is validated.

    Parameters
    ----------
    pictures
        The pictures in color.
    codec
        Makes examples of them.
    order
        Which pictures each batch holds.
    steps
        Batches of an epoch.
    sizes
        The size of the pictures, in turn.
    augment
        How they are cropped; None cuts out their middle.
    ageing
        How their luminance is changed; None leaves it as it is.
    hinting
        How hints are drawn, for a network that takes them; None shows it none.
    seed
        Of all random numbers.
    epochs
        The first epoch, from which on the batches are counted, and the one at which the training ends.
    shares
        The shares of each batch to make; each is then counted as a batch.
    """

    def __init__(
        self,
        pictures: Pictures,
        codec: Codec,
        order: Order,
        *,
        steps: int,
        sizes: SizesInTurn,
        augment: Augmentation | None,
        ageing: Ageing | None,
        hinting: Hinting | None = None,
        seed: int,
        epochs: tuple[int, int],
        shares: Shares = WHOLE,
    ) -> None:
        super().__init__()
        self._pictures = pictures
        self._codec = codec
        self._order = order
        self._steps = steps
        self._sizes = sizes
        self._augment = augment
        self._ageing = ageing
        self._hinting = hinting
        self._seed = seed
        self._shares = shares
        first, end = epochs
        self._first = first * steps
        self._ahead = _Ahead(self._make, (end - first) * steps * shares.count)

    @property
    def num_batches(self) -> None:
        """None: there is no end."""
        return None

    @override
    def __getitem__(self, index: int) -> Batch:
        return self._ahead.get(index)

    def _make(self, index: int) -> Batch:
        batch, share = divmod(index, self._shares.count)
        number = self._first + batch
        epoch, step = divmod(number, self._steps)
        rng = np.random.default_rng((self._seed, epoch, step))
        size = size_in(self._sizes, epoch)
        indices = self._order.choose(number, rng)
        part = self._shares.part(len(indices), share)
        # Each picture has random numbers of its own, whoever makes the others of the batch.
        chosen, rngs = [self._pictures[i] for i in indices[part]], rng.spawn(len(indices))[part]
        if self._augment is None:
            rgb = [to_float(picture if picture.shape[:2] == size else cover(picture, size)) for picture in chosen]
        else:
            rgb = [self._augment.apply(picture, size, rng) for picture, rng in zip(chosen, rngs, strict=True)]
        inputs, targets = self._codec.example(_as_batch(rgb, size))
        if self._hinting is not None:
            # Of the luminance as it was: what ages the photo does not change what the user remembers.
            add_hints(inputs, rgb, self._codec, self._hinting, rngs)
        if self._ageing is not None:
            for picture, colors, rng in zip(inputs, rgb, rngs, strict=True):
                seen = self._ageing.film(colors, rng)
                luminance = picture if seen is colors else self._codec.inputs(seen)
                picture[..., :1] = self._ageing.apply(luminance[..., :1], rng)
        return inputs, targets


class ValidationBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types.
    """The same batches again and again, each picture once, in order.

    Parameters
    ----------
    pictures
        The pictures in color.
    codec
        Makes examples of them.
    batch_size
        Pictures in a batch; the last may have fewer.
    shares
        The shares of each batch to make; each is then counted as a batch.
    """

    def __init__(self, pictures: Pictures, codec: Codec, batch_size: int, shares: Shares = WHOLE) -> None:
        super().__init__()
        self._pictures = pictures
        self._codec = codec
        self._batch_size = batch_size
        self._shares = shares
        self._ahead = _Ahead(self._make, len(self))

    @property
    def whole_batches(self) -> int:
        """Number of batches, of which each has the shares of all processes."""
        return ceil(len(self._pictures) / self._batch_size)

    @override
    def __len__(self) -> int:
        return self.whole_batches * self._shares.count

    @override
    def __getitem__(self, index: int) -> Batch:
        return self._ahead.get(index)

    def rgb(self, index: int) -> np.ndarray:
        """Return the pictures of a whole batch: float32 in ``[0, 1]``, shape ``(batch, height, width, 3)``."""
        return self._rgb(self._indices(index))

    def _make(self, index: int) -> Batch:
        batch, share = divmod(index, self._shares.count)
        indices = self._indices(batch)
        return self._codec.example(self._rgb(indices[self._shares.part(len(indices), share)]))

    def _indices(self, batch: int) -> range:
        return range(len(self._pictures))[batch * self._batch_size : (batch + 1) * self._batch_size]

    def _rgb(self, indices: range) -> np.ndarray:
        return _as_batch([to_float(self._pictures[i]) for i in indices], self._pictures.size)


def _as_batch(rgb: list[np.ndarray], size: Size) -> np.ndarray:
    """Return pictures of one size as a batch, which may be empty."""
    return np.array(rgb, np.float32).reshape(len(rgb), *size, 3)


class _Ahead:
    """Makes the batches after the one that is asked for, while the network learns from that one."""

    def __init__(self, make: Callable[[int], Batch], count: int) -> None:
        self._make = make
        self._count = count
        self._workers = min(_MOST_AHEAD, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._workers)
        self._coming: dict[int, Future[Batch]] = {}

    def get(self, index: int) -> Batch:
        for number in range(index, min(index + 1 + self._workers, self._count)):
            if number not in self._coming:
                self._coming[number] = self._pool.submit(self._make, number)
        # Whoever begins again leaves what was made ahead of the last time.
        for number in [number for number in self._coming if not index <= number <= index + self._workers]:
            self._coming.pop(number).cancel()
        return self._coming.pop(index).result() if index in self._coming else self._make(index)


def sizes_in_turn(sizes: Any) -> SizesInTurn:
    """Check what ``fit(sizes=...)`` was given: pairs of a number of epochs and a side, or a height and a width."""
    message = f"sizes must be pairs of a number of epochs and a side, such as ((22, 96), (28, 128)), not {shown(sizes)}"
    if not isinstance(sizes, Sequence) or isinstance(sizes, str) or not sizes:
        raise ValueError(message)
    checked: list[tuple[int, Size]] = []
    for entry in sizes:
        if not isinstance(entry, Sequence) or len(entry) != 2:
            raise ValueError(message)
        epochs, side = entry
        size = size_of_network("sizes", (side, side) if isinstance(side, Integral) else side)
        checked.append((whole_number("sizes", epochs, most=MOST_EPOCHS), size))
    return tuple(checked)


def size_in(sizes: SizesInTurn, epoch: int) -> Size:
    """Return the size of the pictures in an epoch; after the last entry the first follows again."""
    ends = list(accumulate(epochs for epochs, _ in sizes))
    return sizes[bisect_right(ends, epoch % ends[-1])][1]
