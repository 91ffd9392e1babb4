"""The pictures that prediction is given: which forms they may have, and how one is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from unetcolor.images import read_image, split_alpha, to_float

# Photos are held in memory until the network has seen a batch of them: no more than these values at once.
_BATCH_VALUES = 50_000_000


class Loaded(NamedTuple):
    """A picture in memory: its pixels, ``(h, w, 1)`` or ``(h, w, 3)``, and its alpha ``(h, w)`` if it has one."""

    pixels: np.ndarray
    alpha: np.ndarray | None


def list_pictures(images: Any) -> tuple[list[Any], Callable[[list[np.ndarray]], Any]]:
    """Return the pictures that ``predict`` was given, and what puts the results into the same form.

    Raises
    ------
    ValueError
        It is none of the forms that ``predict`` takes, or empty.
    """
    if isinstance(images, list | tuple):
        if not images:
            raise ValueError(f"there are no pictures in an empty {type(images).__name__}")
        batches = [image for image in images if isinstance(image, np.ndarray) and not _is_picture(image)]
        if batches:
            raise ValueError(f"each picture of a list must be a single one; one has the shape {batches[0].shape}")
        return list(images), lambda results: results
    if isinstance(images, np.ndarray) and not _is_picture(images):
        if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] > 4):
            raise ValueError(
                "a picture is an array (height, width) or (height, width, channels) with 1 to 4 channels, and a batch "
                f"has one dimension more; this array has the shape {images.shape}"
            )
        if 0 in images.shape:
            raise ValueError(f"there are no pictures in an array of shape {images.shape}")
        return list(images), np.stack
    return [images], lambda results: results[0]


def load_batches(pictures: Iterable[Any], batch_size: int) -> Iterator[list[Loaded]]:
    """Load pictures until there are enough of them, or they fill enough memory."""
    batch: list[Loaded] = []
    for picture in pictures:
        batch.append(_load(picture))
        if len(batch) == batch_size or sum(loaded.pixels.size for loaded in batch) >= _BATCH_VALUES:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_picture(array: np.ndarray) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[-1] <= 4)


def _load(picture: Any) -> Loaded:
    if isinstance(picture, str | os.PathLike | Image.Image):
        picture = read_image(picture)
    if not isinstance(picture, np.ndarray):
        raise ValueError(f"a picture is an array, a path or a Pillow image, not {type(picture).__name__}")
    if 0 in picture.shape:
        raise ValueError(f"a picture of shape {picture.shape} has no pixels")
    pixels, alpha = split_alpha(picture)
    if alpha is not None:
        # Only for its errors: alpha goes back as it came.
        to_float(alpha)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    # Gray is often saved as three equal channels.
    is_gray = all(np.array_equal(pixels[..., 0], pixels[..., i]) for i in range(1, pixels.shape[-1]))
    return Loaded(pixels[..., :1] if is_gray else pixels, alpha)
