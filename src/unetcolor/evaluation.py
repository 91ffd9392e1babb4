"""Score a colorizer on pictures whose true colors are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import tee
from typing import Any

import numpy as np

from unetcolor import metrics
from unetcolor._progress import with_progress
from unetcolor.codec import Codec
from unetcolor.images.taking import array_of, holds_array, is_column
from unetcolor.training.pictures import Size, open_pictures
from unetcolor.training.streams import is_stream, open_stream

Colorize = Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]


def score(images: Any, colorize: Colorize, codec: Codec, image_size: Size, verbose: bool) -> dict[str, float]:
    """Return the scores of colorized pictures and of plain gray ones, as :func:`unetcolor.metrics.summarize` does.

    Parameters
    ----------
    images
        Color pictures in any form that ``fit`` takes.
    colorize
        Colorizes pictures, one after the other.
    codec
        Makes the plain gray pictures.
    image_size
        ``(height, width)`` at which files are read.
    verbose
        Whether to show the progress.
    """
    if is_stream(images):
        stream = open_stream(images)
        stream.require_end(None, "evaluate a part of it, dataset.take(n)")
        pictures: Any = (picture for batch in stream.batches() for picture in batch)
        total = 0
    else:
        size: Size | None = image_size
        if holds_array(images):
            images = array_of(images)
            if not is_column(images):
                size = None
        pictures = open_pictures(images, size, part="test", verbose=verbose)
        total = len(pictures)
    truth, to_color, to_gray = tee(pictures, 3)
    return metrics.summarize(
        with_progress(truth, "Scoring", total, verbose),
        colorize(to_color),
        (codec.plain_gray(picture) for picture in to_gray),
    )
