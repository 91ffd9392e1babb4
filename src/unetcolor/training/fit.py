"""What ``fit`` needs before Keras takes over: the data of both kinds, and the arguments sorted."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from unetcolor._checks import whole_number
from unetcolor.errors import unknown_name
from unetcolor.losses import get_loss
from unetcolor.spaces import ColorSpace
from unetcolor.training.pictures import Pictures, Size, open_pictures
from unetcolor.training.tf_data import encode_pictures, encode_stream, is_stream, open_stream

_COMPILE_WORDS = inspect.signature(keras.Model.compile).parameters.keys() - {"self"}
# Without those that weigh or batch pictures and targets given as arrays, which here are a dataset's.
_FIT_WORDS = inspect.signature(keras.Model.fit).parameters.keys() - {
    *("self", "x", "y", "sample_weight", "class_weight", "validation_batch_size")
}


@dataclass
class TrainingData:
    """What the network is trained on.

    Attributes
    ----------
    batches, validation
        Datasets of ``(luminance, targets)`` in network units; ``validation`` may be None.
    image_size
        ``(height, width)`` of the pictures.
    count
        Number of pictures to train on; None if a dataset does not tell.
    """

    batches: tf.data.Dataset
    validation: tf.data.Dataset | None
    image_size: Size
    count: int | None


def prepare(
    images: Any,
    space: ColorSpace,
    image_size: Size | None,
    *,
    stride: int,
    validation_data: Any,
    validation_split: float,
    batch_size: int,
    shuffle: bool,
    augment: bool,
    seed: int | None,
    first_epoch: int,
    verbose: bool,
) -> TrainingData:
    """Open the pictures that ``fit`` was given, and encode them for the network."""
    if not 0 <= validation_split < 1:
        raise ValueError(f"validation_split must be at least 0 and below 1, not {validation_split}")
    if validation_split and validation_data is not None:
        raise ValueError("pass validation_split or validation_data, not both")
    if is_stream(images):
        if validation_split or augment:
            raise ValueError(
                "validation_split and augment work on single pictures, not on the batches of a dataset: pass "
                "validation_data, and augment within the dataset"
            )
        batches = encode_stream(images, space, stride)
        size = _size_of_batches(images)
        if image_size not in (None, size):
            raise ValueError(f"the dataset's pictures are {size} (height, width), not {image_size} as image_size says")
        return TrainingData(batches, _validation(validation_data, space, size, batch_size, stride), size, None)
    pictures = open_pictures(images, image_size, verbose=verbose)
    size = image_size or pictures.size
    count = len(pictures) - int(len(pictures) * validation_split)
    if validation_split and count == len(pictures):
        raise ValueError(f"validation_split={validation_split} of {count} pictures leaves none to validate on")
    batches = encode_pictures(
        pictures.part(slice(count), pictures.size_for_crops(size) if augment else size),
        space,
        batch_size=batch_size,
        shuffle=shuffle,
        augment_to=size if augment else None,
        seed=seed,
        stride=stride,
        first_epoch=first_epoch,
    )
    held_out = pictures.part(slice(count, None), size) if validation_split else validation_data
    return TrainingData(batches, _validation(held_out, space, size, batch_size, stride), size, count)


def sort_arguments(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split keyword arguments into those of ``keras.Model.compile`` and those of ``keras.Model.fit``."""
    unknown = sorted(arguments.keys() - _COMPILE_WORDS - _FIT_WORDS)
    if unknown:
        raise TypeError(unknown_name("argument of fit", unknown[0], sorted(_COMPILE_WORDS | _FIT_WORDS)))
    for word in ("steps_per_epoch", "validation_steps"):
        if arguments.get(word) is not None:
            arguments = {**arguments, word: whole_number(word, arguments[word])}
    # Unknown names raise before anything is changed.
    if arguments.get("loss") is not None:
        arguments = {**arguments, "loss": get_loss(arguments["loss"])}
    if isinstance(arguments.get("optimizer"), str):
        keras.optimizers.get(arguments["optimizer"])
    to_compile = {name: value for name, value in arguments.items() if name in _COMPILE_WORDS}
    return to_compile, {name: value for name, value in arguments.items() if name not in _COMPILE_WORDS}


def _validation(source: Any, space: ColorSpace, size: Size, batch_size: int, stride: int) -> tf.data.Dataset | None:
    if source is None:
        return None
    if is_stream(source):
        return encode_stream(source, space, stride)
    pictures = source if isinstance(source, Pictures) else open_pictures(source, size, part="test")
    return encode_pictures(pictures, space, batch_size=batch_size, stride=stride)


def _size_of_batches(source: Any) -> Size:
    """Return the size that a dataset declares for its pictures, or where it leaves that open the first batch's."""
    dataset = open_stream(source)
    height, width = dataset.element_spec.shape[1:3]
    if height and width:
        return height, width
    for batch in dataset.take(1):
        return tuple(batch.shape[1:3])
    raise ValueError("the dataset holds no pictures")
