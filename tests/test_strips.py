"""Work by strips gives what work on the whole gives."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from unetcolor import get_color_space, list_color_spaces
from unetcolor._strips import STRIP_PIXELS, each_strip, one_ahead
from unetcolor.spaces import in_strips

# Two strips and a bit.
SHAPE = (2 * STRIP_PIXELS // 200 + 3, 200)


@pytest.mark.parametrize("name", list_color_spaces())
def test_large_pictures_are_converted_as_small_ones(name: str) -> None:
    space = get_color_space(name)
    rgb = np.random.default_rng(0).random((*SHAPE, 3), dtype=np.float32)
    rows = range(0, SHAPE[0], 40)
    luminance, targets = in_strips(space.encode, rgb)
    parts = [space.encode(rgb[row : row + 40]) for row in rows]
    spans = [channel.high - channel.low for channel in (space.luminance, *space.targets)]
    difference = np.dstack([luminance, targets]) - np.concatenate([np.dstack(part) for part in parts])
    assert np.abs(difference / spans).max() < 1e-5
    decoded = in_strips(space.decode, luminance, targets)
    assert decoded.dtype == np.float32
    wanted = [space.decode(luminance[row : row + 40], targets[row : row + 40]) for row in rows]
    np.testing.assert_allclose(decoded, np.concatenate(wanted), atol=1e-5)


def test_every_row_is_worked_on_once() -> None:
    seen = np.zeros(1001, int)

    def work(strip: slice) -> None:
        seen[strip] += 1

    each_strip(work, len(seen), 10)
    assert (seen == 1).all()


def test_what_fails_in_a_strip_is_raised() -> None:
    def work(strip: slice) -> None:
        if strip.start == 20:
            raise MemoryError

    with pytest.raises(MemoryError):
        each_strip(work, 100, 10)


def test_one_is_in_work_ahead() -> None:
    begun: list[int] = []
    second = threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        if item == 1:
            second.set()
        return 10 * item

    results = one_ahead(work, range(4))
    assert next(results) == 0
    # Nobody asked for it yet.
    assert second.wait(10)
    assert 3 not in begun
    assert list(results) == [10, 20, 30]
    assert list(one_ahead(work, [])) == []
