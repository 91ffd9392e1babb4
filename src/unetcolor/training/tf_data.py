"""From color pictures to a ``tf.data.Dataset`` of what the network sees and what it should predict."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import count
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from unetcolor.spaces import ColorSpace
from unetcolor.training.pictures import Pictures, Size

# Random crops: their share of the picture's area, and of the aspect asked for.
CROP_AREA = (0.5, 1.0)
CROP_STRETCH = (0.85, 1.18)


def is_stream(source: Any) -> bool:
    """Tell whether pictures come in batches: a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``."""
    return isinstance(source, tf.data.Dataset | keras.utils.PyDataset)


def encode_pictures(
    pictures: Pictures,
    space: ColorSpace,
    *,
    batch_size: int,
    shuffle: bool = False,
    augment_to: Size | None = None,
    seed: int | None = None,
    stride: int = 1,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Return a dataset of batches ``(luminance, targets)``, float32 in network units.

    Parameters
    ----------
    pictures
        The pictures in color.
    space
        The color space that splits them.
    batch_size
        Pictures in a batch; the last batch may have fewer.
    shuffle
        Take the pictures in a new order in each epoch.
    augment_to
        Flip every second picture, cut out a random half to whole of its area, and resize that to this
        ``(height, width)``. None leaves the pictures as they are.
    seed
        Seed of the order and of the augmentation; None draws one.
    stride
        The targets are averaged over squares of so many pixels a side.
    first_epoch
        Begin with the order and the augmentation of this epoch, as if those before had been taken.
    """
    # The order and the augmentation of an epoch follow from the seed and the epoch alone, so that a training that was
    # stopped goes on as if it had not been; the state of tf.data's own shuffling cannot be restored.
    seed = secrets.randbits(32) if seed is None else seed
    epochs = count(first_epoch)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((seed, next(epochs)))
        order = rng.permutation(len(pictures)) if shuffle else np.arange(len(pictures))
        return order, rng.integers(2**62, size=(len(pictures), 2))

    def epoch(_: tf.Tensor) -> tf.data.Dataset:
        order, seeds = tf.numpy_function(draw, [], (tf.int64, tf.int64))
        count = len(pictures)
        return tf.data.Dataset.from_tensor_slices(
            (tf.ensure_shape(order, (count,)), tf.ensure_shape(seeds, (count, 2)))
        )

    def load(index: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        picture = tf.numpy_function(lambda i: pictures[int(i)], [index], tf.as_dtype(pictures.dtype), stateful=False)
        loaded = _to_float(tf.ensure_shape(picture, (*pictures.size, 3)))
        return loaded if augment_to is None else _augment(loaded, augment_to, seeds)

    dataset = tf.data.Dataset.range(1).flat_map(epoch)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(pictures)))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    return _encode(dataset.batch(batch_size), space, stride)


def encode_stream(
    source: tf.data.Dataset | keras.utils.PyDataset, space: ColorSpace, stride: int = 1
) -> tf.data.Dataset:
    """Return a dataset of batches ``(luminance, targets)``, float32 in network units.

    Parameters
    ----------
    source
        Batches of RGB pictures ``(batch, height, width, 3)``, uint8, uint16 or floats in ``[0, 1]``.
    space
        The color space that splits them.
    stride
        The targets are averaged over squares of so many pixels a side.

    Raises
    ------
    ValueError
        The batches are not of that shape or of another dtype.
    """
    return _encode(open_stream(source).map(_to_float, num_parallel_calls=tf.data.AUTOTUNE), space, stride)


def require_end(dataset: tf.data.Dataset | None, steps: Any, word: str) -> None:
    """Raise a ValueError if a dataset is empty, or never ends and no number of steps says where to stop."""
    if dataset is not None and dataset.cardinality() == 0:
        raise ValueError("the dataset holds no pictures")
    if dataset is not None and not steps and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"the dataset never ends: {word}")


def open_stream(source: tf.data.Dataset | keras.utils.PyDataset) -> tf.data.Dataset:
    """Return batches of RGB pictures as a checked ``tf.data.Dataset``; a ``PyDataset`` is read by one thread."""
    dataset = source if isinstance(source, tf.data.Dataset) else _from_py_dataset(source)
    spec = dataset.element_spec
    is_batch = isinstance(spec, tf.TensorSpec) and spec.shape.rank in (None, 4) and spec.shape[-1:] in ([3], [None])
    if not is_batch or spec.dtype not in _SCALE:
        raise ValueError(
            "a dataset must yield batches of color pictures (batch, height, width, 3), uint8, uint16 or floats in "
            f"0..1, and nothing beside them; this one yields {spec}"
        )
    return dataset


_SCALE = {tf.uint8: 255.0, tf.uint16: 65535.0, tf.float16: 1.0, tf.float32: 1.0, tf.float64: 1.0}


def _to_float(pictures: tf.Tensor) -> tf.Tensor:
    scaled = tf.cast(pictures, tf.float32) / _SCALE[pictures.dtype]
    if not pictures.dtype.is_floating:
        return scaled
    # A NaN would not show: the CPU's ReLU turns it into a number.
    message = "pictures of floats must be finite and in 0..1; divide values of 0..255 by 255"
    within = tf.reduce_all((scaled >= -1e-6) & (scaled <= 1 + 1e-6))
    with tf.control_dependencies([tf.debugging.Assert(within, [message])]):
        return tf.clip_by_value(scaled, 0.0, 1.0)


def _augment(picture: tf.Tensor, size: Size, seeds: tf.Tensor) -> tf.Tensor:
    picture = tf.image.stateless_random_flip_left_right(picture, seeds)
    aspect = size[1] / size[0]
    begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.shape(picture),
        tf.constant([[[0.0, 0.0, 1.0, 1.0]]]),
        # A seed of its own, lest the side that is cut off follow the flip.
        seeds + 1,
        aspect_ratio_range=[aspect * stretch for stretch in CROP_STRETCH],
        area_range=CROP_AREA,
    )
    crop = tf.ensure_shape(tf.slice(picture, begin, extent), (None, None, 3))
    return tf.clip_by_value(tf.image.resize(crop, size, antialias=True), 0.0, 1.0)


def _encode(batches: tf.data.Dataset, space: ColorSpace, stride: int) -> tf.data.Dataset:
    def encode(rgb: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        luminance, targets = space.encode(rgb)
        if stride > 1:
            # "SAME" rounds up, as the network does, and counts no pixel outside of the picture.
            targets = tf.nn.avg_pool2d(targets, stride, stride, "SAME")
        return space.normalize(luminance, targets)

    encoded = batches.map(encode, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    options = tf.data.Options()
    if batches.options().autotune.enabled is None:
        # Its thread sleeps twice as long each time, and an epoch that ends meanwhile waits for it to wake up.
        options.autotune.enabled = False
    return encoded.with_options(options)


def _from_py_dataset(source: keras.utils.PyDataset) -> tf.data.Dataset:
    count = source.num_batches
    if not count:
        raise ValueError(f"a PyDataset must say how many batches it has, at least one; this one says {count}")
    first = source[0]
    if not isinstance(first, np.ndarray) or first.ndim != 4:
        raise ValueError(
            "a PyDataset must return batches of color pictures (batch, height, width, 3) as arrays, and nothing "
            f"beside them; this one returned {type(first).__name__} {getattr(first, 'shape', '')}"
        )

    def batches() -> Iterator[np.ndarray]:
        for i in range(count):
            yield source[i]
        source.on_epoch_end()

    spec = tf.TensorSpec((None, None, None, first.shape[-1]), first.dtype)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec)
    return dataset.apply(tf.data.experimental.assert_cardinality(count))
