"""Batches of a ``keras.utils.PyDataset`` that the user brings, encoded in NumPy: for any backend of Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from typing_extensions import override

from unetcolor.codec import Codec
from unetcolor.errors import shown
from unetcolor.images import to_float
from unetcolor.training.hinting import Hinting


class EncodedBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types.
    """Batches ``(inputs, targets)``, float32 in network units, of batches of RGB pictures.

    Parameters
    ----------
    source
        Batches of RGB pictures ``(batch, height, width, 3)``, uint8, uint16 or floats in ``[0, 1]``.
    codec
        Makes examples of them.
    hinting, seed
        How hints are drawn, and the seed of what is random in that; None shows the network none.
    """

    def __init__(self, source: keras.utils.PyDataset, codec: Codec, hinting: Hinting | None, seed: int) -> None:
        # As many threads as the user wants; processes would have to pickle what this one holds.
        super().__init__(workers=source.workers, max_queue_size=source.max_queue_size)
        self._source = source
        self._codec = codec
        self._hinting = hinting
        self._seed = seed
        self._epoch = 0

    @property
    def num_batches(self) -> int:
        """How many batches the source has."""
        return int(self._source.num_batches)

    @override
    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self._seed, self._epoch, index))
        return encoded(to_float(color_batch(self._source, index)), self._codec, self._hinting, rng)

    @override
    def on_epoch_begin(self) -> None:
        self._source.on_epoch_begin()

    @override
    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._source.on_epoch_end()


def count_of(source: keras.utils.PyDataset) -> int:
    """Return how many batches a PyDataset has, or raise a ValueError if it has none or does not say."""
    count = source.num_batches
    if not count:
        raise ValueError(f"a PyDataset must say how many batches it has, at least one; this one says {count}")
    return int(count)


def color_batch(source: keras.utils.PyDataset, index: int) -> np.ndarray:
    """Return a batch of RGB pictures of a PyDataset, or raise a ValueError if it is something else."""
    batch: Any = source[index]
    if not isinstance(batch, np.ndarray) or batch.ndim != 4 or batch.shape[-1] != 3:
        given = shown(batch) if isinstance(batch, np.ndarray) else f"{type(batch).__name__}"
        raise ValueError(
            "a PyDataset must return batches of color pictures (batch, height, width, 3) as arrays, and nothing "
            f"else; this one returned {given}"
        )
    return batch


def encoded(
    rgb: np.ndarray, codec: Codec, hinting: Hinting | None, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network sees of a batch of pictures, floats in ``[0, 1]``, and what it should answer."""
    inputs, targets = codec.example(rgb)
    if hinting is not None:
        add_hints(inputs, rgb, codec, hinting, [rng] * len(rgb))
    return inputs, targets


def add_hints(
    inputs: np.ndarray,
    rgb: Iterable[np.ndarray],
    codec: Codec,
    hinting: Hinting,
    rngs: Iterable[np.random.Generator],
) -> None:
    """Show the network hints of its pictures, drawn by a generator for each: write them into the channels of hints."""
    for picture, colors, rng in zip(inputs, rgb, rngs, strict=True):
        # Of the luminance as it was: what ages the photo does not change what the user remembers.
        picture[..., 1:] = codec.hint_layer(picture[..., :1], *hinting.draw(colors, rng))
