"""Predict at the photo's own size: the network sees a small picture, whose colors are scaled up to the photo."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from math import sqrt
from typing import Any

import numpy as np
from PIL import Image

from unetcolor._strips import STRIP_PIXELS, each_strip
from unetcolor.images import from_float, read_image, resize, split_alpha, to_float
from unetcolor.prediction.upsample import EdgeAwareUpsampler, average_blocks
from unetcolor.spaces import ColorSpace

# Photos are held in memory until the network has seen a batch of them: no more than these values at once.
_BATCH_VALUES = 50_000_000

# At the first of the 255 levels above black, rounding alone moves Oklab's L by 1 % of its range, and no color can be
# seen.
_DARKEST_COLORED = 1.5 / 255

Network = Callable[[np.ndarray], np.ndarray]

# Takes a picture's luminance and its colors, both as small as the network's answer, and returns other colors.
Adjust = Callable[[np.ndarray, np.ndarray], np.ndarray]


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


def colorize(
    pictures: Iterable[Any],
    network: Network,
    space: ColorSpace,
    side: float,
    batch_size: int,
    *,
    stride: int = 1,
    saturation: float = 1.0,
    adjust: Adjust | None = None,
) -> Iterator[np.ndarray]:
    """Yield the pictures in color, in their order.

    Parameters
    ----------
    pictures
        Arrays, paths and Pillow images, one a picture.
    network
        Maps luminance ``(batch, h, w, 1)`` to targets ``(batch, ceil(h / stride), ceil(w / stride), n)``, both in
        network units.
    space
        The color space of the network.
    side
        The network sees each picture shrunk or enlarged to the area of a square with this side, in pixels.
    batch_size
        Pictures that are read, and shown to the network, at once.
    stride
        Pixels of the small picture, along each side, to one pixel of the network's answer.
    saturation
        The colors' distance from gray is multiplied by this.
    adjust
        Called for each picture in its turn, with its luminance ``(h, w, 1)`` in network units and its colors
        ``(h, w, n)`` in natural units, both at the size of the network's answer; returns the colors to use instead.

    Yields
    ------
    Arrays ``(height, width, 3)``, or 4 channels if the picture has transparency, of the picture's dtype.
    """
    for loaded in _batches(pictures, batch_size):
        small = [_shrink(pixels, space, side) for pixels, _ in loaded]
        targets = _predict_by_size(small, network)
        for (pixels, alpha), luminance, predicted in zip(loaded, small, targets, strict=True):
            seen = average_blocks(luminance, stride)
            colors = _saturate(seen, predicted, space, saturation)
            if adjust is not None:
                colors = adjust(seen, colors)
            rgb = _finish(pixels, EdgeAwareUpsampler(colors, luminance, pixels.shape[:2], stride), space)
            yield rgb if alpha is None else np.concatenate([rgb, alpha[..., np.newaxis]], axis=-1)


def working_size(height: int, width: int, side: float) -> tuple[int, int]:
    """Return the size at which the network sees a picture: the area ``side ** 2``, the aspect kept.

    Examples
    --------
    >>> working_size(3000, 4000, 128)
    (111, 148)
    """
    scale = side / sqrt(height * width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _is_picture(array: np.ndarray) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[-1] <= 4)


def _batches(pictures: Iterable[Any], batch_size: int) -> Iterator[list[tuple[np.ndarray, np.ndarray | None]]]:
    """Load pictures until there are enough of them, or they fill enough memory."""
    batch: list[tuple[np.ndarray, np.ndarray | None]] = []
    for picture in pictures:
        batch.append(_load(picture))
        if len(batch) == batch_size or sum(pixels.size for pixels, _ in batch) >= _BATCH_VALUES:
            yield batch
            batch = []
    if batch:
        yield batch


def _load(picture: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a picture's pixels, ``(h, w, 1)`` or ``(h, w, 3)``, and its alpha channel if it has one."""
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
    return pixels[..., :1] if is_gray else pixels, alpha


def _shrink(pixels: np.ndarray, space: ColorSpace, side: float) -> np.ndarray:
    """Return what the network sees of a picture: ``(h, w, 1)``, network units."""
    height, width, channels = pixels.shape
    size = working_size(height, width, side)
    # One channel after the other: as floats, all of a large photo at once would take much memory, and time to get it.
    small = [resize(to_float(pixels[..., i]), size) for i in range(channels)]
    _, luminance = _luminances(np.stack(small, axis=-1), space)
    return luminance


def _luminances(values: np.ndarray, space: ColorSpace) -> tuple[np.ndarray, np.ndarray]:
    """Return the luminance, in natural and in network units, of a picture in floats with one or three channels."""
    # A gray photo takes the same way as the training photos: luma and L* are not the same thing.
    natural: np.ndarray
    natural, _ = space.encode(np.broadcast_to(values, (*values.shape[:2], 3)))
    network: np.ndarray = space.normalize_luminance(natural)
    return natural, network


def _predict_by_size(inputs: list[np.ndarray], network: Network) -> list[np.ndarray]:
    """Show all pictures of one size to the network together; return the targets in the order of the inputs."""
    by_size: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for i, luminance in enumerate(inputs):
        by_size[luminance.shape].append(i)
    targets: dict[int, np.ndarray] = {}
    for indices in by_size.values():
        predicted = network(np.stack([inputs[i] for i in indices]))
        if not np.isfinite(predicted).all():
            raise ValueError("the network's output is not finite: its training diverged; try a lower learning rate")
        targets.update(zip(indices, predicted, strict=True))
    return [targets[i] for i in range(len(inputs))]


def _saturate(luminance: np.ndarray, predicted: np.ndarray, space: ColorSpace, saturation: float) -> np.ndarray:
    """Return the targets, in natural units, that a prediction stands for, nearer to gray or farther from it."""
    colors: np.ndarray
    natural, colors = space.denormalize(luminance, predicted)
    if saturation == 1:
        return colors
    _, gray = space.encode(space.gray(natural))
    result: np.ndarray = gray + saturation * (colors - gray)
    return result


def _finish(pixels: np.ndarray, upsampler: EdgeAwareUpsampler, space: ColorSpace) -> np.ndarray:
    """Join a photo's own luminance with the colors that were predicted for the small one."""
    height, width = pixels.shape[:2]
    result = np.empty((height, width, 3), dtype=pixels.dtype)
    luminances_of = _reader(pixels, space)

    def work(strip: slice) -> None:
        natural, full = luminances_of(pixels[strip])
        rgb = space.decode(natural, upsampler.rows(full, strip.start))
        if pixels.dtype == np.uint8:
            _keep_darkest_gray(rgb, natural, space)
        result[strip] = from_float(rgb, pixels.dtype)

    each_strip(work, height, max(1, STRIP_PIXELS // width))
    return result


def _reader(pixels: np.ndarray, space: ColorSpace) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return what tells the luminances of parts of a picture, as :func:`_luminances` does."""
    if pixels.shape[-1] == 1 and pixels.dtype.kind == "u":
        levels = np.arange(np.iinfo(pixels.dtype).max + 1).astype(pixels.dtype)
        if len(levels) < pixels.size:
            # Each level is converted once, and looked up for its pixels.
            natural, network = _luminances(to_float(levels).reshape(1, -1, 1), space)
            return lambda part: (natural[0][part[..., 0]], network[0][part[..., 0]])
    return lambda part: _luminances(to_float(part), space)


def _keep_darkest_gray(rgb: np.ndarray, luminance: np.ndarray, space: ColorSpace) -> None:
    darkest, _ = space.encode(np.full(3, _DARKEST_COLORED, dtype=luminance.dtype))
    too_dark = luminance[..., 0] < darkest
    if too_dark.any():
        rgb[too_dark] = space.gray(luminance[too_dark])
