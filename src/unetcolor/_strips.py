"""Work on large pictures strip by strip: what a core works on stays in its cache, and all cores work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from typing import Any, TypeVar

import numpy as np

# What is computed of so many pixels fits into the cache of a core. Of a 12-megapixel photo, half of it and twice of it
# were slower.
STRIP_PIXELS = 49_152

T = TypeVar("T")
R = TypeVar("R")


def each_strip(work: Callable[[slice], None], length: int, step: int) -> None:
    """Call ``work`` for strips of ``step`` rows that together are ``length`` rows, on all cores."""
    strips = [slice(start, min(start + step, length)) for start in range(0, length, step)]
    if len(strips) == 1:
        work(strips[0])
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The list raises what a thread has raised.
        list(pool.map(work, strips))


def one_ahead(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield ``work(item)`` of each item in its turn; the next one is in work meanwhile, in a thread of its own.

    Examples
    --------
    >>> list(one_ahead(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1) as pool:
        begun: Future[R] | None = None
        for item in items:
            last, begun = begun, pool.submit(work, item)
            if last is not None:
                yield last.result()
        if begun is not None:
            yield begun.result()


def in_strips(convert: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """Apply a conversion of pixels to large arrays strip by strip, on all cores.

    Parameters
    ----------
    convert
        Takes arrays ``(..., channels)``, treats each pixel by itself, and returns one array or a tuple of them: for
        example the ``encode`` or ``decode`` of a color space.
    *arrays
        Its arguments; their leading dimensions broadcast.

    Returns
    -------
    What ``convert(*arrays)`` returns. Small arrays go straight through it.

    Examples
    --------
    >>> from unetcolor import get_color_space
    >>> photo = np.full((600, 800, 3), 0.5, np.float32)
    >>> luminance, targets = in_strips(get_color_space("lab").encode, photo)
    >>> luminance.shape, targets.shape
    ((600, 800, 1), (600, 800, 2))
    """
    shape = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    pixels = int(np.prod(shape))
    if pixels <= STRIP_PIXELS:
        return convert(*arrays)
    flat = [np.broadcast_to(array, (*shape, array.shape[-1])).reshape(pixels, -1) for array in arrays]
    # One pixel tells how many results there are, and of which kind.
    sample = convert(*(array[:1] for array in flat))
    results = [np.empty((pixels, each.shape[-1]), each.dtype) for each in _as_tuple(sample)]

    def work(strip: slice) -> None:
        made = _as_tuple(convert(*(array[strip] for array in flat)))
        for result, part in zip(results, made, strict=True):
            result[strip] = part

    each_strip(work, pixels, ceil(pixels / ceil(pixels / STRIP_PIXELS)))
    whole = [result.reshape(*shape, -1) for result in results]
    return tuple(whole) if isinstance(sample, tuple) else whole[0]


def _as_tuple(made: Any) -> tuple[np.ndarray, ...]:
    return made if isinstance(made, tuple) else (made,)
