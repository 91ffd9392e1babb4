"""A photo as the page works with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from unetcolor.app.limits import Limits
from unetcolor.hints import Hint, Hints, draw_layer, read_hints
from unetcolor.images import Metadata, split_alpha
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

# Pixels of the longer side of the pictures on the page; the file to download has all pixels.
_SHOWN = 1600

# And of the picture to click on, which is colorized again after each click.
_SMALL = 1000


class Opened(NamedTuple):
    """A photo that was dropped on the page: its pixels, as shown, as clicked on, notes, and metadata."""

    pixels: np.ndarray
    shown: np.ndarray
    small: np.ndarray
    notes: tuple[str, ...]
    metadata: Metadata


def open_for_page(path: str, limits: Limits) -> Opened:
    """Read a photo, or raise an ImageReadError."""
    original = limits.read(path, path)
    pixels = original.pixels
    small = reduce_to_page(pixels, _SMALL)
    return Opened(pixels, reduce_to_page(pixels), small, tuple(original.notes), original.metadata)


def what_is_known(
    hints: Sequence[Hint],
    layer: Layer | None,
    reference: Reference | None,
    *,
    size: tuple[int, int],
    shown: tuple[int, int],
) -> dict[str, Any]:
    """Return the arguments of ``Predictor.stream`` that say what a user knows of a photo.

    Parameters
    ----------
    hints, layer
        Colors that were set on the page, and a layer under them.
    reference
        A photo in color.
    size
        ``(height, width)`` of the photo.
    shown
        That of the copy of it that is to be colorized.
    """
    given: dict[str, Any] = {}
    moved = [moved_hint(hint, size, shown) for hint in hints]
    if layer is not None:
        given["hints"] = [read_hints(draw_layer(moved, shown, layer.at(shown)))]
    elif moved:
        given["hints"] = [read_hints(moved)]
    if reference is not None:
        given["reference"] = reference
    return given


def moved_hint(hint: Hint, size: tuple[int, int], other: tuple[int, int]) -> Hint:
    """Return a hint of a picture of one size at its place in a copy of another size."""
    row, column = (
        min(max((place + 0.5) * after / before - 0.5, 0), after - 1)
        for place, before, after in zip((hint.row, hint.column), size, other, strict=True)
    )
    return Hint(row, column, hint.color)


class Layer:
    """A layer of hints that was dropped on the page.

    Raises
    ------
    ValueError
        It has no transparency, or another aspect than a photo of the size.
    ImageReadError
        The file cannot be read.
    """

    def __init__(self, path: str, size: tuple[int, int], limits: Limits) -> None:
        layer = limits.read(path, path).pixels
        hints = read_hints(layer)
        if hints is not None:
            # For its error about another aspect.
            hints.in_cells(size, (1, 1))
        pixels = layer if layer.shape[-1] == 4 else layer[..., [0, 0, 0, 1]]
        self._pixels = pixels if pixels.dtype == np.uint8 else (pixels // 257).astype(np.uint8)

    def at(self, size: tuple[int, int]) -> np.ndarray:
        """Return the layer at the size of a photo, uint8 with alpha."""
        return np.asarray(Image.fromarray(self._pixels).resize(size[::-1], Image.Resampling.NEAREST))


def describe(given: dict[str, Any]) -> list[str]:
    """Return in words what a user knows of a photo."""
    hints: Hints | None = given.get("hints", [None])[0]
    words = [] if hints is None else [f"{hints.count} color{'s' * (hints.count != 1)} set"]
    return words + ["with a reference"] * ("reference" in given)


def reduce_to_page(pixels: np.ndarray, side: int = _SHOWN) -> np.ndarray:
    """Return a picture as the page shows it: 8 bits, and not larger than a screen."""
    # Shrink before converting to floats: those of a large photo would fill the memory.
    shown = Image.fromarray(pixels if pixels.dtype == np.uint8 else (pixels // 257).astype(np.uint8))
    shown.thumbnail((side, side))
    return np.asarray(shown)


def enlarge_to_click(pixels: np.ndarray) -> np.ndarray:
    """Return a picture with so many pixels that the marks on it are fine."""
    height, width = pixels.shape[:2]
    scale = _SMALL / max(height, width)
    if scale <= 1:
        return pixels
    size = round(width * scale), round(height * scale)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def without_color(pixels: np.ndarray, predictor: Predictor) -> np.ndarray:
    """Return the gray picture, with its alpha, that was colorized."""
    color, alpha = split_alpha(pixels)
    rgb = np.broadcast_to(color.reshape(*color.shape[:2], -1), (*color.shape[:2], 3))
    gray = predictor.codec.plain_gray(rgb)
    return gray if alpha is None else np.dstack([gray, alpha])
