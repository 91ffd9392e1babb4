"""Colors of 8 bits survive every color space: a part of them, and all 16.7 million with ``--long``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from unetcolor import get_color_space, list_color_spaces

# Half a level: rounding gives the color back.
TOLERANCE = 0.5 / 255

# Colors at a time.
PART = 2**16


def colors(is_long: bool) -> Iterator[np.ndarray]:
    """Yield uint8 colors, ``(PART, 3)``: each one once, or one part of them, the corners of the cube among these."""
    numbers = np.arange(2**24, dtype=np.uint32)
    if not is_long:
        numbers = np.random.default_rng(0).choice(numbers, PART, replace=False)
        numbers[:8] = [red << 16 | green << 8 | blue for red in (0, 255) for green in (0, 255) for blue in (0, 255)]
    for part in np.split(numbers, len(numbers) // PART):
        yield np.stack([part >> 16, part >> 8 & 255, part & 255], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("name", list_color_spaces())
def test_colors_survive(name: str, is_long: bool) -> None:
    space = get_color_space(name)
    worst = moved = 0.0
    for levels in colors(is_long):
        rgb = levels.astype(np.float32) / 255
        luminance, targets = space.encode(rgb)
        units = space.normalize(luminance, targets)
        for values in units:
            assert -1e-5 <= values.min() <= values.max() <= 1 + 1e-5
        back = space.denormalize(*units)
        span = np.array([channel.high - channel.low for channel in space.targets])
        moved = max(moved, float((np.abs(back[1] - targets) - 1e-6 * span).max()))
        # Of classes of colors, the way back is only near.
        decoded = space.decode(back[0], targets if space.precision else back[1])
        worst = max(worst, float(np.abs(decoded - rgb).max()))
    print(f"{name}: {255 * worst:.4f} levels of 255 at most, {moved:.3f} of the declared {space.precision} in targets")
    assert worst < TOLERANCE
    assert moved <= space.precision
