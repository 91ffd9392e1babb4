"""Datasets of ``tf.data``: those that the user brings, and the batches of unetcolor as TensorFlow reads them.

TensorFlow is imported by the functions that need it, so that training on other backends goes without.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from unetcolor.codec import Codec
from unetcolor.training.hinting import Hinting
from unetcolor.training.pictures import Size
from unetcolor.training.shares import Shares

if TYPE_CHECKING:
    import tensorflow as tf


def is_stream(source: Any) -> bool:
    """Tell whether pictures come in batches: a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``."""
    tensorflow = sys.modules.get("tensorflow")
    is_dataset = tensorflow is not None and isinstance(source, tensorflow.data.Dataset)
    return is_dataset or isinstance(source, keras.utils.PyDataset)


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

    def encode(rgb: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return codec.example(_to_float(rgb))

    drawn, rng = hinting or Hinting(without=1.0), np.random.default_rng(seed)

    def draw(rgb: np.ndarray, luminance: np.ndarray) -> np.ndarray:
        pairs = zip(luminance, rgb, strict=True)
        return np.stack([codec.hint_layer(seen, *drawn.draw(colors, rng)) for seen, colors in pairs])

    def encode_with_hints(rgb: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rgb = _to_float(rgb)
        inputs, targets = codec.example(rgb)
        luminance, none = inputs[..., :1], inputs[..., 1:]
        hints = tf.ensure_shape(tf.numpy_function(draw, [rgb, luminance], tf.float32), none.shape)
        return tf.concat([luminance, hints], axis=-1), targets

    if hinting is None:
        encoded = open_stream(source).map(encode, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    else:
        # One after the other: that is what makes what is drawn follow from the seed.
        encoded = open_stream(source).map(encode_with_hints).prefetch(tf.data.AUTOTUNE)
    if encoded.options().autotune.enabled is None:
        encoded = _without_autotuning(encoded)
    return encoded


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

    # One batch has another size than the next, and Keras would trace each.
    known = max(int(dataset.cardinality()) * shares.count, tf.data.UNKNOWN_CARDINALITY)
    return dataset.flat_map(parts).apply(tf.data.experimental.assert_cardinality(known))


def require_end(dataset: tf.data.Dataset, steps: Any, word: str) -> None:
    """Raise a ValueError if a dataset is empty, or never ends and no number of steps says where to stop."""
    import tensorflow as tf

    if dataset.cardinality() == 0:
        raise ValueError("the dataset holds no pictures")
    if not steps and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"the dataset never ends: {word}")


def open_stream(source: tf.data.Dataset | keras.utils.PyDataset) -> tf.data.Dataset:
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


def size_of_batches(source: tf.data.Dataset | keras.utils.PyDataset) -> Size:
    """Return the size that a dataset declares for its pictures, or where it leaves that open the first batch's."""
    dataset = open_stream(source)
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

    length = source.num_batches
    if not length:
        raise ValueError(f"a PyDataset must say how many batches it has, at least one; this one says {length}")
    first = source[0]
    if not isinstance(first, np.ndarray) or first.ndim != 4:
        raise ValueError(
            "a PyDataset must return batches of color pictures (batch, height, width, 3) as arrays, and nothing "
            f"else; this one returned {type(first).__name__} {getattr(first, 'shape', '')}"
        )

    def batches() -> Iterator[np.ndarray]:
        for i in range(length):
            yield source[i]
        source.on_epoch_end()

    spec = tf.TensorSpec((None, None, None, first.shape[-1]), first.dtype)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    return dataset.apply(tf.data.experimental.assert_cardinality(length))
