"""From what ``fit`` was given as pictures to batches that Keras trains on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np

from unetcolor.codec import Codec
from unetcolor.errors import counted
from unetcolor.images import to_float
from unetcolor.training.batches import Batches, ValidationBatches
from unetcolor.training.options import Options
from unetcolor.training.pictures import Pictures, Size, open_pictures
from unetcolor.training.sampling import ByShare, InTurn, Order
from unetcolor.training.shares import WHOLE, Shares
from unetcolor.training.sources import SourcePictures
from unetcolor.training.streams import Stream, is_stream, open_stream
from unetcolor.training.tf_data import as_dataset, parts_of


@dataclass(frozen=True)
class Validation:
    """What the network is validated on.

    Attributes
    ----------
    batches
        ``(inputs, targets)`` in network units, as ``keras.Model.fit`` takes them.
    rgb
        Returns the pictures in color, a batch at a time, floats in ``[0, 1]``.
    """

    batches: Any
    rgb: Callable[[], Iterable[np.ndarray]]


@dataclass(frozen=True)
class TrainingData:
    """What the network is trained on.

    Attributes
    ----------
    batches
        ``(inputs, targets)`` in network units, as ``keras.Model.fit`` takes them.
    steps
        Batches of an epoch; None leaves that to the batches.
    validation
        What it is validated on, if anything.
    image_size
        ``(height, width)`` of the pictures.
    count
        Number of pictures to train on; None if a dataset does not tell.
    """

    batches: Any
    steps: int | None
    validation: Validation | None
    image_size: Size
    count: int | None


def prepare(
    images: Any,
    codec: Codec,
    options: Options,
    image_size: Size | None,
    *,
    seed: int | None,
    first_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    shares: Shares | None = None,
) -> TrainingData:
    """Open the pictures that ``fit`` was given, and make batches for the network of them.

    Where several train, the batches are the shares of this process, and what is said of them is said of whole batches.
    """
    # One that is not fixed is drawn once, for the order and for all else.
    seed = secrets.randbits(32) if seed is None else seed
    if is_stream(images):
        stream = open_stream(images)
        size = stream.size
        batches = _batches_of_stream(stream, codec, options, image_size, size, steps_per_epoch, seed)
        validation = _validation(options.validation_data, codec, options, size, validation_steps, shares)
        return TrainingData(_parts(batches, shares), steps_per_epoch or stream.count, validation, size, None)
    largest = _largest(options)
    pictures = open_pictures(images, largest or image_size, verbose=options.shows_progress)
    held_out = options.validation_data
    size = image_size or pictures.size
    if options.validation_split:
        pictures, held_out = pictures.split(options.validation_split)
        if not len(held_out):
            share = f"validation_split={options.validation_split} of {counted(len(pictures), 'picture')}"
            raise ValueError(f"{share} leaves none to validate on")
    order = _order(pictures, options, seed)
    steps = steps_per_epoch or order.steps
    sizes = options.sizes or ((1, size),)
    largest = largest or size
    made = Batches(
        pictures.at(largest) if options.augmentation is None else pictures.for_crops(largest),
        codec,
        order,
        steps=steps,
        sizes=sizes,
        augment=options.augmentation,
        ageing=options.old_look,
        hinting=options.hinting,
        seed=seed,
        epochs=(first_epoch, options.epochs),
        shares=shares or WHOLE,
    )
    return TrainingData(
        _as_keras_takes_it(made, codec, {size for _, size in sizes}),
        steps,
        _validation(held_out, codec, options, size, validation_steps, shares),
        size,
        len(pictures),
    )


def _batches_of_stream(
    stream: Stream,
    codec: Codec,
    options: Options,
    image_size: Size | None,
    size: Size,
    steps_per_epoch: int | None,
    seed: int,
) -> Any:
    for_pictures = {
        "validation_split": options.validation_split,
        "augment": options.augmentation,
        "ageing": options.old_look,
        "sizes": options.sizes,
    }
    given = [name for name, value in for_pictures.items() if value]
    if given:
        raise ValueError(
            f"{' and '.join(given)} work on single pictures, not on the batches of a dataset: pass validation_data, "
            "and change the pictures within the dataset"
        )
    if image_size not in (None, size):
        raise ValueError(f"the dataset's pictures are {size} (height, width), not {image_size} as image_size says")
    stream.require_end(steps_per_epoch, "pass steps_per_epoch")
    return stream.encoded(codec, options.hinting, seed)


def _parts(batches: Any, shares: Shares | None) -> Any:
    return batches if shares is None else parts_of(batches, shares)


def _validation(
    source: Any, codec: Codec, options: Options, size: Size, steps: int | None, shares: Shares | None
) -> Validation | None:
    if source is None:
        return None
    if is_stream(source):
        stream = open_stream(source)
        stream.require_end(steps, "pass validation_steps")
        return Validation(_parts(stream.encoded(codec), shares), partial(_rgb_of_stream, stream, steps))
    pictures = source.at(size) if isinstance(source, Pictures) else open_pictures(source, size, part="test")
    made = ValidationBatches(pictures, codec, options.batch_size, shares or WHOLE)
    count = steps or made.whole_batches
    return Validation(_as_keras_takes_it(made, codec, {size}), lambda: (made.rgb(i) for i in range(count)))


def _rgb_of_stream(stream: Stream, steps: int | None) -> Iterator[np.ndarray]:
    for batch in stream.batches(steps):
        yield to_float(batch)


def _order(pictures: Pictures, options: Options, seed: int) -> Order:
    if isinstance(pictures, SourcePictures):
        return ByShare(pictures.counts, pictures.shares, options.batch_size)
    # JAX compiles the step for each shape that it meets, which takes it longer than the few pictures more.
    full = keras.backend.backend() == "jax"
    return InTurn(len(pictures), options.batch_size, shuffle=options.shuffle, seed=seed, full=full)


def _largest(options: Options) -> Size | None:
    if options.sizes is None:
        return None
    sizes = [size for _, size in options.sizes]
    return max(height for height, _ in sizes), max(width for _, width in sizes)


def _as_keras_takes_it(batches: keras.utils.PyDataset, codec: Codec, sizes: set[Size]) -> Any:
    return as_dataset(batches, codec, sizes) if keras.backend.backend() == "tensorflow" else batches
