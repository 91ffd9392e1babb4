"""A photo as the page works with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from unetcolor.hints import Hint, Hints, draw_layer, read_hints
from unetcolor.images import from_float, read, read_image, split_alpha, to_float
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

# Pixels of the longer side of the pictures on the page; the file to download has all pixels.
_SHOWN = 1600

# And of the picture to click on, which is colorized again after each click.
_SMALL = 1000


class Opened(NamedTuple):
    """A photo that was dropped on the page: its pixels, as they are shown, as they are clicked on, and notes."""

    pixels: np.ndarray
    shown: np.ndarray
    small: np.ndarray
    notes: tuple[str, ...]


def open_for_page(path: str, max_pixels: int) -> Opened:
    """Read a photo, or raise an ImageReadError."""
    original = read(path, max_pixels=max_pixels)
    pixels = original.pixels
    return Opened(pixels, reduce_to_page(pixels), reduce_to_page(pixels, _SMALL), tuple(original.notes))


def what_is_known(
    pixels: np.ndarray,
    hints: Sequence[Hint],
    layer: str | None,
    reference: str | None,
    *,
    shown: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``Predictor.stream`` that say what a user knows of a photo.

    Parameters
    ----------
    pixels
        The photo.
    hints, layer
        Colors that were set on the page, and the file of a layer under them.
    reference
        The file of a photo in color.
    shown
        The photo as it is to be colorized, if that is a smaller copy.

    Raises
    ------
    ValueError
        They do not fit the photo.
    ImageReadError
        A file cannot be read.
    """
    given: dict[str, Any] = {}
    size = pixels.shape[:2]
    if layer is not None:
        given["hints"] = [read_hints(draw_layer(hints, size, read_layer(layer, pixels)))]
    elif hints:
        scale = 1 if shown is None else shown.shape[0] / size[0]
        moved = [Hint(hint.row * scale, hint.column * scale, hint.color) for hint in hints]
        given["hints"] = [read_hints(moved)]
    if reference is not None:
        given["reference"] = Reference(reference)
    return given


def describe(given: dict[str, Any]) -> list[str]:
    """Return in words what a user knows of a photo."""
    hints: Hints | None = given.get("hints", [None])[0]
    words = [] if hints is None else [f"{hints.count} color{'s' * (hints.count != 1)} set"]
    return words + ["with a reference"] * ("reference" in given)


def read_layer(path: str | None, pixels: np.ndarray) -> np.ndarray | None:
    """Return a layer of hints at the size of a photo, uint8 with alpha; None for no file."""
    if path is None:
        return None
    layer = read_image(path)
    hints = read_hints(layer)
    if hints is not None:
        # For its error about another aspect.
        hints.in_cells(pixels.shape[:2], (1, 1))
    rgba = from_float(to_float(layer if layer.shape[-1] == 4 else layer[..., [0, 0, 0, 1]]), np.uint8)
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(rgba).resize((width, height), Image.Resampling.NEAREST))


def reduce_to_page(pixels: np.ndarray, side: int = _SHOWN) -> np.ndarray:
    """Return a picture as the page shows it: 8 bits, and not larger than a screen."""
    # Shrink before converting to floats: those of a large photo would fill the memory.
    shown = Image.fromarray(pixels if pixels.dtype == np.uint8 else (pixels // 257).astype(np.uint8))
    shown.thumbnail((side, side))
    return np.asarray(shown)


def enlarge_to_click(pixels: np.ndarray) -> np.ndarray:
    """Return a picture large enough to click on: Gradio shows no picture larger than it is."""
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
