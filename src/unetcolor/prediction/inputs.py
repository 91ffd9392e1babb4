"""The pictures that prediction is given: which forms they may have, and how one is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from unetcolor.errors import counted
from unetcolor.hints import LAYER_SUFFIX, Hints, read_hints
from unetcolor.images import pictures_in, split_alpha, take, to_float
from unetcolor.images.arrays import channels_first
from unetcolor.images.taking import FORMS, array_of, entries_of, holds_array, is_column, is_single

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


class Given(NamedTuple):
    """What prediction was given.

    Attributes
    ----------
    pictures
        The pictures, one after the other.
    join
        Puts the results into the form of what was given.
    is_single
        Whether it was one picture, and neither a list nor a batch of one.
    """

    pictures: Iterable[Any]
    join: Callable[[list[np.ndarray]], Any]
    is_single: bool = False


def open_given(images: Any, what: str = "pictures") -> Given:
    """Return what ``predict`` or ``stream`` was given as single pictures.

    Parameters
    ----------
    images
        A picture, a batch as an array, a folder, or an iterable of pictures.
    what
        What errors call them.

    Raises
    ------
    ValueError
        It is none of these, or empty.
    """
    if isinstance(images, str | os.PathLike) and images != "" and os.path.isdir(images):
        # Layers of hints lie next to their photos.
        paths = [path for path in pictures_in(images) if not path.name.lower().endswith(LAYER_SUFFIX)]
        return Given(paths, _as_list)
    if holds_array(images):
        array = array_of(images)
        if not is_column(array):
            return _open_array(array)
    elif is_single(images):
        return Given([images], _first, is_single=True)
    entries = entries_of(images, what, f"{FORMS}; a folder; or a list or another iterable of these")
    return Given(map(_checked, entries), _as_list)


def _open_array(array: np.ndarray) -> Given:
    if _is_picture(array.shape):
        return Given([array], _first, is_single=True)
    shape = array.shape
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[-1] > 4):
        raise ValueError(
            "a picture is an array (height, width) or (height, width, channels) with 1 to 4 channels, and a batch "
            f"has one dimension more; this array has the shape {shape}{channels_first(shape)}"
        )
    if 0 in shape:
        raise ValueError(f"there are no pictures in an array of shape {shape}")
    if len(shape) == 3 and shape[0] in (3, 4):
        raise ValueError(
            f"an array of shape {shape} may be a picture whose channels come first, or {shape[0]} gray pictures: give "
            "np.moveaxis(array, 0, -1) for the one, or list(array) for the others"
        )
    return Given(list(array), np.stack)


def _checked(picture: Any) -> Any:
    """Return an entry of a list as it is, or say at once what no single picture is."""
    if not is_single(picture):
        raise ValueError(f"each picture of a list must be {FORMS}; one is a {type(picture).__name__}")
    shape = tuple(np.shape(picture)) if holds_array(picture) else ()
    if shape and not _is_picture(shape):
        raise ValueError(
            f"each picture of a list must be a single one; one has the shape {shape}{channels_first(shape)}"
        )
    return picture


def _first(results: list[np.ndarray]) -> np.ndarray:
    return results[0]


def _as_list(results: list[np.ndarray]) -> list[np.ndarray]:
    return results


def hints_of(given: Any, count: int, is_single: bool) -> list[Any]:
    """Return the hints of each picture, of what ``predict`` was given as hints.

    Parameters
    ----------
    given
        Hints for one picture, or for many a list with those of each.
    count, is_single
        How many pictures there are, and whether it is one by itself.

    Raises
    ------
    ValueError
        It is no list of as many.
    """
    if given is None:
        return [None] * count
    if is_single:
        return [given]
    if not isinstance(given, list | tuple) or len(given) != count:
        raise ValueError(
            f"hints for {counted(count, 'picture')} are a list of as many: of each its hints, or None; not "
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


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[-1] <= 4)


def _load(given: Any) -> Loaded:
    picture = take(given)
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
