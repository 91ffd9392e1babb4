"""What the page shows of hints: marks on the photo, a palette, names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from unetcolor.hints import Hint

# Radius of a mark, as a share of the longer side of the picture, and the least in pixels.
_MARK = 0.012
_LEAST_MARK = 5

# How near to a mark a click has to be that means it, in pixels of the picture.
_NEAR = 40

# Colors that are offered, taken from the photo.
_SWATCHES = 8


def marked(rgb: np.ndarray, hints: Sequence[Hint], size: tuple[int, int]) -> np.ndarray:
    """Return a picture with a ring of its color at the place of each hint.

    Parameters
    ----------
    rgb
        uint8, shape ``(h, w, 3)``: the photo as the page shows it.
    hints
        Places in the photo itself.
    size
        ``(height, width)`` of the photo itself.
    """
    picture = Image.fromarray(rgb)
    mark = max(_LEAST_MARK, round(_MARK * max(rgb.shape)))
    draw = ImageDraw.Draw(picture)
    for hint in hints:
        row, column = (
            place * shown / whole for place, shown, whole in zip(_place(hint), rgb.shape, size, strict=False)
        )
        for radius, width, color in ((mark, 4, "black"), (mark - 1, 2, "white")):
            draw.ellipse((column - radius, row - radius, column + radius, row + radius), outline=color, width=width)
        inner = mark - 3
        draw.ellipse((column - inner, row - inner, column + inner, row + inner), fill=to_hex(hint.rgb))
    return np.asarray(picture)


def nearest(hints: Sequence[Hint], row: float, column: float, scale: float) -> int | None:
    """Return the number of the hint that a click means, or None; ``scale`` is the photo's pixels to one shown."""
    distances = [np.hypot(hint.row - row, hint.column - column) for hint in hints]
    if not distances or min(distances) > _NEAR * scale:
        return None
    return int(np.argmin(distances))


def palette(rgb: np.ndarray) -> list[str]:
    """Return colors of a picture, uint8 ``(h, w, 3)``, as ``#rrggbb``, the vivid ones first."""
    small = Image.fromarray(rgb)
    small.thumbnail((128, 128))
    colors = np.array(small.quantize(2 * _SWATCHES).getpalette(), int)[: 6 * _SWATCHES].reshape(-1, 3)
    vivid = np.argsort(-np.ptp(colors, axis=-1), kind="stable")[:_SWATCHES]
    return [to_hex(color / 255) for color in colors[vivid]]


def names(hints: Sequence[Hint]) -> list[str]:
    """Return what each hint is called in a list."""
    return [
        f"{number}: {to_hex(hint.rgb)} at column {hint.column:.0f}, row {hint.row:.0f}"
        for number, hint in enumerate(hints, start=1)
    ]


def to_hex(rgb: Sequence[float] | np.ndarray) -> str:
    """Return sRGB in ``[0, 1]`` as ``#rrggbb``."""
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in rgb)


def _place(hint: Hint) -> tuple[float, float]:
    return hint.row + 0.5, hint.column + 0.5
