"""Score a colorizer on pictures whose true colors are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import tee
from typing import Any

import numpy as np

from unetcolor import metrics
from unetcolor._progress import with_progress
from unetcolor.images import from_float, to_float
from unetcolor.spaces import ColorSpace
from unetcolor.training.pictures import Size, open_pictures
from unetcolor.training.tf_data import is_stream, open_stream, require_end

Colorize = Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]


def score(images: Any, colorize: Colorize, space: ColorSpace, image_size: Size, verbose: bool) -> dict[str, float]:
    """Return the scores of colorized pictures and of plain gray ones, as :func:`unetcolor.metrics.summarize` does.

    Parameters
    ----------
    images
        Color pictures in any form that ``fit`` takes.
    colorize
        Gives color to pictures, one after the other.
    space
        The color space whose luminance the plain gray pictures have.
    image_size
        ``(height, width)`` at which files are read.
    verbose
        Show the progress.
    """
    if is_stream(images):
        batches = open_stream(images)
        require_end(batches, None, "evaluate a part of it, dataset.take(n)")
        pictures: Any = batches.unbatch().as_numpy_iterator()
        total = 0
    else:
        size = None if isinstance(images, np.ndarray) else image_size
        pictures = open_pictures(images, size, part="test", verbose=verbose)
        total = len(pictures)
    truth, to_color, to_gray = tee(pictures, 3)
    return metrics.summarize(
        with_progress(truth, "Scoring", total, verbose),
        colorize(to_color),
        (plain_gray(picture, space) for picture in to_gray),
    )


def plain_gray(picture: np.ndarray, space: ColorSpace) -> np.ndarray:
    """Return a picture, or a batch, without its colors: gray of the same luminance, in three channels, same dtype."""
    luminance, _ = space.encode(to_float(picture))
    return from_float(space.gray(luminance), picture.dtype)
