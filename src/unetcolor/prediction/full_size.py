"""Colors at the photo's own size: the network sees a small picture, whose colors are scaled up to the photo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from math import sqrt
from typing import Any

import numpy as np

from unetcolor._strips import STRIP_PIXELS, each_strip, one_ahead
from unetcolor.codec import Codec, average_blocks
from unetcolor.hints import Hints
from unetcolor.images import shrink, to_float
from unetcolor.prediction.following import between, follow, surfaces_of
from unetcolor.prediction.inputs import Loaded, load_batches
from unetcolor.prediction.reference import Reference
from unetcolor.prediction.steps import Network, ask, join, reader
from unetcolor.prediction.unscaled import are_alike, colorize_unscaled
from unetcolor.prediction.upsample import EdgeAwareUpsampler

# Takes a picture's luminance and its colors, both as small as the network's answer, and returns other colors.
Adjust = Callable[[np.ndarray, np.ndarray], np.ndarray]


def colorize(
    pictures: Iterable[Any],
    network: Network,
    codec: Codec,
    side: float,
    batch_size: int,
    *,
    saturation: float = 1.0,
    hints: Iterable[Hints | None] | None = None,
    reference: Reference | None = None,
    adjust: Adjust | None = None,
    ahead: bool = False,
) -> Iterator[np.ndarray]:
    """Yield the pictures in color, in their order.

    Parameters
    ----------
    pictures
        Arrays, paths and Pillow images, one a picture.
    network
        Maps a batch of inputs to the network's answer, as the codec describes both.
    codec
        Translates between pictures and the network.
    side
        The network sees each picture shrunk or enlarged to the area of a square with this side, in pixels.
    batch_size
        Pictures that are read, and shown to the network, at once.
    saturation
        The colors' distance from gray is multiplied by this; hints are followed after that.
    hints
        Those of each picture, for a codec that has hints.
    reference
        A photo whose palette pulls the colors its way.
    adjust
        Called for each picture in its turn, with its luminance ``(h, w, 1)`` in network units and its colors
        ``(h, w, n)`` in natural units, both at the size of the network's answer; returns the colors to use instead.
    ahead
        Let the network see the next batch while one is finished.

    Yields
    ------
    Arrays ``(height, width, 3)``, or 4 channels if the picture has transparency, of the picture's dtype.
    """
    show = partial(
        _show,
        network=network,
        codec=codec,
        side=side,
        saturation=saturation,
        reference=reference,
        adjust=adjust,
    )
    batches = load_batches(pictures, repeat(None) if hints is None else hints, batch_size, held=1 + ahead)
    for colored in one_ahead(show, batches) if ahead else map(show, batches):
        yield from colored


def _show(
    batch: list[Loaded],
    network: Network,
    codec: Codec,
    side: float,
    saturation: float,
    reference: Reference | None,
    adjust: Adjust | None,
) -> Iterator[np.ndarray]:
    """Show a batch to the network, and return what gives its pictures their colors."""
    height, width, _ = batch[0].pixels.shape
    is_plain = reference is None and adjust is None and codec.stride == 1
    if is_plain and are_alike(batch) and working_size(height, width, side) == (height, width):
        return colorize_unscaled(batch, network, codec, saturation)
    small = [_shrink(photo.pixels, codec, side) for photo in batch]
    hinted = [
        _with_hints(luminance, photo.hints, photo.pixels.shape[:2], codec)
        for luminance, photo in zip(small, batch, strict=True)
        if photo.hints is not None
    ]
    unhinted = _predict_by_size([codec.without_hints(luminance) for luminance in small], network, codec)
    answers = iter(_predict_by_size(hinted, network, codec))

    def finish() -> Iterator[np.ndarray]:
        for photo, luminance, predicted in zip(batch, small, unhinted, strict=True):
            seen = average_blocks(luminance, codec.stride)
            colors = codec.colors(seen, predicted, saturation)
            if photo.hints is not None:
                surfaces = surfaces_of(seen, codec.colors(seen, predicted), codec)
                colors = between(colors, codec.colors(seen, next(answers), saturation), seen, codec)
            if reference is not None:
                colors = reference.pull(colors, seen, codec)
            size = photo.pixels.shape[:2]
            upsample = partial(EdgeAwareUpsampler, luminance=luminance, size=size, stride=codec.stride)
            if photo.hints is not None:
                grid = luminance.shape[0] / codec.stride, luminance.shape[1] / codec.stride
                cells = photo.hints.in_cells(size, grid)
                colors = follow(
                    colors, seen, cells, surfaces, codec, upsample, partial(_luminance_at, photo.pixels, codec)
                )
            if adjust is not None:
                colors = adjust(seen, colors)
            yield _finish(photo, upsample(colors), codec)

    return finish()


def working_size(height: int, width: int, side: float) -> tuple[int, int]:
    """Return the size at which the network sees a picture: the area ``side ** 2``, the aspect kept.

    Examples
    --------
    >>> working_size(3000, 4000, 128)
    (111, 148)
    """
    scale = side / sqrt(height * width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _shrink(pixels: np.ndarray, codec: Codec, side: float) -> np.ndarray:
    """Return what the network sees of a picture: ``(h, w, 1)``, network units."""
    height, width, _ = pixels.shape
    _, luminance = codec.luminances(shrink(pixels, working_size(height, width, side)))
    return luminance


def _with_hints(luminance: np.ndarray, hints: Hints, size: tuple[int, int], codec: Codec) -> np.ndarray:
    """Return the network's input for a photo of a size with hints."""
    cells = hints.in_cells(size, luminance.shape[:2])
    return np.concatenate([luminance, codec.hint_layer(luminance, cells.colors, cells.places)], axis=-1)


def _luminance_at(pixels: np.ndarray, codec: Codec, places: np.ndarray) -> np.ndarray:
    """Return a photo's luminance at places ``(k, 2)``, network units, shape ``(k, 1)``."""
    _, luminance = codec.luminances(to_float(pixels[places[:, 0], places[:, 1]])[np.newaxis])
    found: np.ndarray = luminance[0]
    return found


def _predict_by_size(inputs: list[np.ndarray], network: Network, codec: Codec) -> list[np.ndarray]:
    """Show all pictures of one size to the network together; return its answers in the order of the inputs."""
    by_size: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for i, luminance in enumerate(inputs):
        by_size[luminance.shape].append(i)
    answers: dict[int, np.ndarray] = {}
    for indices in by_size.values():
        predicted = ask(network, np.stack([inputs[i] for i in indices]), codec)
        answers.update(zip(indices, predicted, strict=True))
    return [answers[i] for i in range(len(inputs))]


def _finish(photo: Loaded, upsampler: EdgeAwareUpsampler, codec: Codec) -> np.ndarray:
    """Join a photo's own luminance, and its alpha, with the colors that were predicted for the small one."""
    pixels, alpha = photo.pixels, photo.alpha
    height, width = pixels.shape[:2]
    result = np.empty((height, width, 3 if alpha is None else 4), dtype=pixels.dtype)
    luminances_of = reader(pixels, codec)

    def work(strip: slice) -> None:
        natural, full = luminances_of(pixels[strip])
        result[strip, :, :3] = join(natural, upsampler.rows(full, strip.start), codec.space, pixels.dtype)
        if alpha is not None:
            result[strip, :, 3] = alpha[strip]

    each_strip(work, height, max(1, STRIP_PIXELS // width))
    return result
