"""Datasets of ``tf.data``: those that the user brings, and the batches of unetcolor as TensorFlow reads them.

TensorFlow is imported by the functions that need it, so that training on other backends goes without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count
from typing import TYPE_CHECKING

import keras
import numpy as np

from unetcolor.codec import Codec
from unetcolor.training.hinting import Hinting
from unetcolor.training.pictures import Size
from unetcolor.training.py_data import color_batch, count_of, encoded
from unetcolor.training.shares import Shares

if TYPE_CHECKING:
    import tensorflow as tf


def encode_stream(
    source: tf.data.Dataset | keras.utils.PyDataset, codec: Codec, hinting: Hinting | None = None, seed: int = 0
) -> tf.data.Dataset:
    """Return a dataset of batches ``(inputs, targets)``, float32 in network units.

    Parameters
    ----------
    source
        Batches of RGB pictures ``(batch, height, width, 3)``, uint8, uint16 or floats in ``[0, 1]``.
    codec
        Makes examples of them.
    hinting, seed
        How hints are drawn, and the seed of what is random in that; None shows the network none.

    Raises
    ------
    ValueError
        The batches are not of that shape or of another dtype.
    """
    import tensorflow as tf

    rng = np.random.default_rng(seed)

    def example(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return encoded(rgb, codec, hinting, rng)

    def encode(rgb: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return codec.example(_to_float(rgb))

    def encode_in_numpy(rgb: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs, targets = tf.numpy_function(example, [_to_float(rgb)], (tf.float32, tf.float32))
        height, width = rgb.shape[1:3] if rgb.shape.rank else (None, None)
        answer = codec.answer_size(height, width) if height and width else (None, None)
        return (
            tf.ensure_shape(inputs, (None, height, width, codec.input_channels)),
            tf.ensure_shape(targets, (None, *answer, codec.output_channels)),
        )

    if hinting is None and keras.backend.backend() == "tensorflow":
        dataset = open_dataset(source).map(encode, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    else:
        # Hints are drawn in NumPy, one batch after the other, so that they follow from the seed. And on other backends
        # of Keras, its functions do not compute with TensorFlow's tensors.
        dataset = open_dataset(source).map(encode_in_numpy).prefetch(tf.data.AUTOTUNE)
    if dataset.options().autotune.enabled is None:
        dataset = _without_autotuning(dataset)
    return dataset


def as_dataset(batches: keras.utils.PyDataset, codec: Codec, sizes: Collection[Size]) -> tf.data.Dataset:
    """Return batches ``(inputs, targets)`` of unetcolor as a dataset.

    What Keras makes of a PyDataset tunes itself in a thread that sleeps longer and longer, and the end of a training
    waits for it to wake up; and it takes the size of the first pictures for that of all.

    Parameters
    ----------
    batches
        The batches; without a number of them, they have no end.
    codec
        What made them.
    sizes
        ``(height, width)`` of the pictures, each that occurs.
    """
    import tensorflow as tf

    def each() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for i in count() if batches.num_batches is None else range(batches.num_batches):
            yield batches[i]

    (size,) = sizes if len(sizes) == 1 else [(None, None)]
    answer = codec.answer_size(*size) if len(sizes) == 1 else size
    signature = (
        tf.TensorSpec((None, *size, codec.input_channels), tf.float32),
        tf.TensorSpec((None, *answer, codec.output_channels), tf.float32),
    )
    dataset = tf.data.Dataset.from_generator(each, output_signature=signature)
    known = tf.data.INFINITE_CARDINALITY if batches.num_batches is None else batches.num_batches
    return _without_autotuning(dataset.apply(tf.data.experimental.assert_cardinality(known)))


def parts_of(dataset: tf.data.Dataset, shares: Shares) -> tf.data.Dataset:
    """Return the shares of each batch ``(inputs, targets)`` of a dataset, each as a batch."""
    import tensorflow as tf

    def parts(inputs: tf.Tensor, targets: tf.Tensor) -> tf.data.Dataset:
        def part(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = shares.part(tf.shape(inputs, tf.int64)[0], number)
            return inputs[chosen], targets[chosen]

        return tf.data.Dataset.range(shares.count).map(part)

    parted, count = dataset.flat_map(parts), int(dataset.cardinality())
    if count == tf.data.UNKNOWN_CARDINALITY:
        return parted
    known = count if count < 0 else count * shares.count
    return parted.apply(tf.data.experimental.assert_cardinality(known))


def open_dataset(source: tf.data.Dataset | keras.utils.PyDataset) -> tf.data.Dataset:
    """Return batches of RGB pictures as a checked ``tf.data.Dataset``; a ``PyDataset`` is read by one thread."""
    import tensorflow as tf

    dataset = source if isinstance(source, tf.data.Dataset) else _from_py_dataset(source)
    spec = dataset.element_spec
    is_batch = isinstance(spec, tf.TensorSpec) and spec.shape.rank in (None, 4) and spec.shape[-1:] in ([3], [None])
    if not is_batch or spec.dtype.name not in _SCALE:
        raise ValueError(
            "a dataset must yield batches of color pictures (batch, height, width, 3), uint8, uint16 or floats in "
            f"0..1, and nothing else; this one yields {spec}"
        )
    return dataset


def size_of_batches(dataset: tf.data.Dataset) -> Size:
    """Return the size that a dataset declares for its pictures, or where it leaves that open the first batch's."""
    height, width = dataset.element_spec.shape[1:3]
    if height and width:
        return height, width
    for batch in dataset.take(1):
        return tuple(batch.shape[1:3])
    raise ValueError("the dataset holds no pictures")


# What the values of a dtype are divided by.
_SCALE = {"uint8": 255.0, "uint16": 65535.0, "float16": 1.0, "float32": 1.0, "float64": 1.0}


def _to_float(pictures: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    scaled = tf.cast(pictures, tf.float32) / _SCALE[pictures.dtype.name]
    if not pictures.dtype.is_floating:
        return scaled
    # A NaN would not show: the CPU's ReLU turns it into a number.
    message = "pictures of floats must be finite and in 0..1; divide values of 0..255 by 255"
    within = tf.reduce_all((scaled >= -1e-6) & (scaled <= 1 + 1e-6))
    with tf.control_dependencies([tf.debugging.Assert(within, [message])]):
        return tf.clip_by_value(scaled, 0.0, 1.0)


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    import tensorflow as tf

    options = tf.data.Options()
    # Its thread sleeps twice as long each time, and an epoch that ends meanwhile waits for it to wake up.
    options.autotune.enabled = False
    return dataset.with_options(options)


def _from_py_dataset(source: keras.utils.PyDataset) -> tf.data.Dataset:
    import tensorflow as tf

    length, first = count_of(source), color_batch(source, 0)

    def batches() -> Iterator[np.ndarray]:
        source.on_epoch_begin()
        for i in range(length):
            yield source[i]
        source.on_epoch_end()

    spec = tf.TensorSpec((None, None, None, first.shape[-1]), first.dtype)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    return dataset.apply(tf.data.experimental.assert_cardinality(length))
