"""What the page works with, at sizes at which a small copy has not exactly the photo's aspect."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from unetcolor import Hint
from unetcolor.app.limits import Limits
from unetcolor.app.opened import Layer, moved_hint, open_for_page, what_is_known
from unetcolor.errors import ImageTooLargeError
from unetcolor.hints import draw_layer
from unetcolor.images import write_image


@pytest.mark.parametrize("size", [(4000, 6000), (3264, 4928), (2250, 4000), (2848, 4272), (400, 12000), (60, 3000)])
def test_hints_and_layers_fit_the_small_copy_of_a_photo(size: tuple[int, int], tmp_path: Path) -> None:
    write_image(tmp_path / "photo.png", np.full(size, 128, np.uint8))
    opened = open_for_page(str(tmp_path / "photo.png"), Limits(1000))
    hints = [Hint(size[0] - 1, size[1] - 1, "red"), Hint(0, 0, "blue")]
    write_image(tmp_path / "layer.png", draw_layer(hints, size))
    layer = Layer(str(tmp_path / "layer.png"), size, Limits(1000))
    shown = opened.small.shape[:2]
    for given in (
        what_is_known(hints, None, None, size=size, shown=shown),
        what_is_known([], layer, None, size=size, shown=shown),
    ):
        (known,) = given["hints"]
        cells = known.in_cells(shown, (10, 20))
        assert cells.places[-1, -1]
        assert cells.colors[-1, -1, 0] > 0.9


def test_what_the_message_about_a_large_photo_names_is_enough(tmp_path: Path) -> None:
    write_image(tmp_path / "photo.png", np.zeros((1001, 1500), np.uint8))
    for limits, command in ((Limits(1.5), "unetcolor app"), (Limits(0.2, 1, "unetcolor serve"), "unetcolor serve")):
        with pytest.raises(ImageTooLargeError, match=f"start {command} --max-megapixels") as raised:
            limits.read(tmp_path / "photo.png", "photo.png")
        (megapixels,) = re.findall(r"--max-megapixels (\d+) to allow", str(raised.value))
        assert Limits(float(megapixels)).read(tmp_path / "photo.png", "photo.png").pixels.shape == (1001, 1500)


def test_a_click_and_its_mark_are_at_the_same_place() -> None:
    for size, other in (((400, 12000), (33, 1000)), ((4000, 6000), (667, 1000)), ((171, 256), (668, 1000))):
        there = moved_hint(Hint(size[0] // 3, size[1] - 1, "red"), size, other)
        back = moved_hint(there, other, size)
        assert abs(back.row - size[0] // 3) < 1e-6
        assert abs(back.column - (size[1] - 1)) < max(1, size[1] / other[1])


def test_a_layer_of_another_aspect_is_refused(tmp_path: Path) -> None:
    layer = np.zeros((40, 60, 4), np.uint16)
    layer[3, 3] = 65535
    write_image(tmp_path / "layer.png", layer)
    with pytest.raises(ValueError, match="a layer of hints has the photo's aspect"):
        Layer(str(tmp_path / "layer.png"), (60, 40), Limits(1))
    assert Layer(str(tmp_path / "layer.png"), (80, 120), Limits(1)).at((80, 120))[7, 7].tolist() == [255] * 4
