"""Make a result fit the format that it is written in."""

from __future__ import annotations

import numpy as np

from unetcolor._strips import in_strips
from unetcolor.images import from_float, split_alpha, to_float
from unetcolor.images.formats import Format


def pixels_that_fit(pixels: np.ndarray, chosen: Format) -> tuple[np.ndarray, list[str]]:
    """Return the pixels as a file of the format can hold them, and what was lost, in words."""
    lost = []
    if not chosen.holds_depth(pixels):
        pixels = in_strips(lambda part: from_float(to_float(part), np.uint8), pixels)
        lost.append(f"its 16 bits became 8: {chosen.name} holds no more")
    _, alpha = split_alpha(pixels)
    if alpha is not None and not chosen.alpha:
        pixels = in_strips(_on_white, pixels)
        if (alpha < np.iinfo(alpha.dtype).max).any():
            lost.append(f"it is transparent, which {chosen.name} is not: it was laid on white")
    return pixels, lost


def _on_white(pixels: np.ndarray) -> np.ndarray:
    opacity = to_float(pixels[..., -1:])
    return from_float(to_float(pixels[..., :-1]) * opacity + (1 - opacity), pixels.dtype)
