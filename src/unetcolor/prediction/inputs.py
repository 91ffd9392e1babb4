"""The pictures that prediction is given: which forms they may have, and how one is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from unetcolor.errors import counted
from unetcolor.hints import Hints, read_hints
from unetcolor.images import read_image, split_alpha, to_float

# Photos are held in memory until the network has seen a batch of them: no more than these values at once.
_BATCH_VALUES = 50_000_000


class Loaded(NamedTuple):
    """A picture in memory.

    Attributes
    ----------
    pixels
        ``(h, w, 1)`` or ``(h, w, 3)``.
    alpha
        ``(h, w)``, or None.
    hints
        What a user knows of its colors, or None.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    hints: Hints | None = None


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
    if isinstance(images, np.ma.MaskedArray):
        raise ValueError("pictures must be arrays without a mask: give what array.filled(0) returns")
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


def hints_of(given: Any, images: Any, pictures: list[Any]) -> list[Any]:
    """Return the hints of each picture, of what ``predict`` was given as hints.

    Parameters
    ----------
    given
        Hints for one picture, or for many a list with those of each.
    images, pictures
        What ``predict`` was given as pictures, and what :func:`list_pictures` made of it.

    Raises
    ------
    ValueError
        It is no list of as many.
    """
    if given is None:
        return [None] * len(pictures)
    if len(pictures) == 1 and pictures[0] is images:
        return [given]
    if not isinstance(given, list | tuple) or len(given) != len(pictures):
        raise ValueError(
            f"hints for {counted(len(pictures), 'picture')} are a list of as many: of each its hints, or None; not "
            + (f"{len(given)}" if isinstance(given, list | tuple) else type(given).__name__)
        )
    return list(given)


def read_each(given: Iterable[Any]) -> Iterator[Hints | None]:
    """Yield the hints of each picture in its turn; a picture without an entry is an error."""
    yield from map(read_hints, given)
    raise ValueError("there are more pictures than entries of hints: give one for each, None for no hints")


def load_batches(
    pictures: Iterable[Any], hints: Iterable[Hints | None], batch_size: int, held: int = 1
) -> Iterator[list[Loaded]]:
    """Load pictures, each with its hints, until there are enough of them, or they fill enough memory.

    Parameters
    ----------
    pictures, hints
        The pictures, and the hints of each.
    batch_size
        Pictures in a batch, at most.
    held
        Batches that are held in memory at once.
    """
    batch: list[Loaded] = []
    # Pictures come first: with hints that never end, none is asked for after the last picture.
    for picture, its_hints in zip(pictures, hints, strict=False):
        batch.append(_load(picture)._replace(hints=its_hints))
        if len(batch) == batch_size or sum(loaded.pixels.size for loaded in batch) >= _BATCH_VALUES // held:
            yield batch
            batch = []
    if batch:
        yield batch


def _is_picture(array: np.ndarray) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[-1] <= 4)


def _load(picture: Any) -> Loaded:
    if isinstance(picture, str | os.PathLike | Image.Image):
        if picture == "":
            raise ValueError("the path of a picture must not be empty")
        picture = read_image(picture)
    if not isinstance(picture, np.ndarray):
        raise ValueError(f"a picture is an array, a path or a Pillow image, not {type(picture).__name__}")
    if isinstance(picture, np.ma.MaskedArray):
        raise ValueError("a picture must be an array without a mask: give what array.filled(0) returns")
    if 0 in picture.shape:
        raise ValueError(f"a picture of shape {picture.shape} has no pixels")
    pixels, alpha = split_alpha(picture)
    if alpha is not None and alpha.dtype.kind == "f":
        # Only for its errors: alpha goes back as it came.
        to_float(alpha)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    # Gray is often saved as three equal channels.
    is_gray = all(np.array_equal(pixels[..., 0], pixels[..., i]) for i in range(1, pixels.shape[-1]))
    if is_gray and picture.ndim == 3:
        # A copy, so that a large photo is not held for the sake of a third of it.
        return Loaded(pixels[..., :1].copy(), None if alpha is None else alpha.copy())
    return Loaded(pixels, alpha)
