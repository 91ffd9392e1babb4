from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.measure import label

from unetcolor import Hint
from unetcolor.hints import Cells, read_hints

SIZE = (60, 90)


def cells_of(given: Any, size: tuple[int, int] = SIZE, grid: tuple[float, float] = (20, 30)) -> Cells:
    hints = read_hints(given)
    assert hints is not None
    return hints.in_cells(size, grid)


def layer_of(size: tuple[int, int], square: tuple[slice, slice], color: tuple[int, int, int]) -> np.ndarray:
    layer = np.zeros((*size, 4), np.uint8)
    layer[square] = (*color, 255)
    return layer


@pytest.mark.parametrize("color", ["red", "#ff0000", "#F00", "rgb(255, 0, 0)", (1.0, 0.0, 0.0), [1, 0, 0]])
def test_a_color_can_be_said_in_several_ways(color: Any) -> None:
    assert Hint(1, 2, color).rgb == (1, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"color": "reddish"}, "'reddish' is no color: give a CSS name"),
        ({"color": "#12345"}, "'#12345' is no color"),
        ({"color": (255, 0, 0)}, "the floats of a color are in 0..1, not .*255"),
        ({"color": (0.1, float("nan"), 0.2)}, "is no color"),
        ({"color": (0.1, 0.2)}, "is no color"),
        ({"color": 5}, "is no color"),
        ({"row": -1}, "row must be finite and at least 0, not -1"),
        ({"column": float("nan")}, "column must be finite"),
        ({"radius": 0}, "radius must be above 0"),
    ],
)
def test_a_wrong_hint_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Hint(**{"row": 1, "column": 2, "color": "red", **wrong})


@given(st.integers(0, 59), st.integers(0, 89), st.floats(0.1, 40))
def test_a_hint_marks_its_cell_however_small_it_is(row: int, column: int, radius: float) -> None:
    cells = cells_of([Hint(row, column, "teal", radius)])
    middle = row // 3, column // 3
    assert cells.places[middle]
    assert tuple(cells.pixels[middle]) == (row, column)
    assert np.abs(cells.colors[cells.places] - (0, 128 / 255, 128 / 255)).max() < 1e-6
    rows, columns = np.nonzero(cells.places)
    distance = np.hypot(rows * 3 + 1 - row, columns * 3 + 1 - column)
    # No further than half of a cell beyond the disc.
    assert distance.max() <= radius + 3 * np.sqrt(0.5) + 1


def test_a_hint_between_the_last_pixels_and_the_border_is_in_the_photo() -> None:
    cells = cells_of([Hint(59.9, 89.9, "teal")])
    assert cells.pixels[19, 29].tolist() == [59, 89]


def test_the_later_of_two_hints_covers_the_earlier() -> None:
    cells = cells_of([Hint(30, 45, "red", 12), Hint(30, 45, "blue", 4)])
    np.testing.assert_allclose(cells.colors[10, 15], (0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(cells.colors[10, 12], (1, 0, 0), atol=1e-6)


@pytest.mark.parametrize("times", [0.5, 1, 2, 4])
def test_a_layer_may_have_any_size_of_the_same_aspect(times: float) -> None:
    size = round(60 * times), round(90 * times)
    square = slice(round(12 * times), round(24 * times)), slice(round(30 * times), round(60 * times))
    cells = cells_of(layer_of(size, square, (200, 100, 50)))
    expected = np.zeros((20, 30), bool)
    expected[4:8, 10:20] = True
    np.testing.assert_array_equal(cells.places, expected)
    np.testing.assert_allclose(cells.colors[5, 12] * 255, (200, 100, 50), atol=1e-3)
    assert (cells.pixels[cells.places] < SIZE).all()


def test_a_small_layer_leaves_no_cell_between_its_pixels_empty() -> None:
    cells = cells_of(layer_of((6, 9), (slice(2, 4), slice(3, 6)), (9, 9, 9)))
    rows, columns = np.nonzero(cells.places)
    assert cells.places.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_a_pixel_of_a_large_layer_counts() -> None:
    cells = cells_of(layer_of((600, 900), (slice(301, 302), slice(455, 456)), (10, 20, 30)))
    assert np.argwhere(cells.places).tolist() == [[10, 15]]


def test_the_rim_of_a_patch_is_left_to_the_network() -> None:
    # A third of a pixel of cell 3, all of 4 to 6, two thirds of 7.
    cells = cells_of(layer_of(SIZE, (slice(11, 23), slice(11, 23)), (9, 9, 9)))
    assert np.nonzero(cells.places.any(axis=1))[0].tolist() == [4, 5, 6, 7]


def test_gray_layers_of_files_and_pillow_images_are_read(tmp_path: Path) -> None:
    layer = np.zeros((*SIZE, 2), np.uint8)
    layer[30:33, 45:48] = (128, 255)
    image = Image.fromarray(layer)
    image.save(tmp_path / "layer.png")
    for given_layer in (layer, image, tmp_path / "layer.png", str(tmp_path / "layer.png")):
        cells = cells_of(given_layer)
        assert np.argwhere(cells.places).tolist() == [[10, 15]]
        np.testing.assert_allclose(cells.colors[10, 15], 128 / 255, atol=1e-6)


@pytest.mark.parametrize("nothing", [None, [], (), np.zeros((4, 6, 4), np.uint8), np.zeros((4, 6, 4), np.float32)])
def test_nothing_is_no_hint(nothing: Any) -> None:
    assert read_hints(nothing) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((60, 90, 3), np.uint8), "four channels, RGB and alpha, not the shape"),
        (np.full((60, 90, 4), np.nan, np.float32), "floats must be finite"),
        (np.full((60, 90, 4), 300.0), "floats must be finite and in 0..1"),
        (np.full((60, 90, 4), 300), "give uint16"),
        (7, "hints are a list of Hint, or a picture with transparency, not int"),
        ([(1, 2, "red")], "hints are a list of unetcolor.Hint; one of them is"),
    ],
)
def test_what_is_no_hint_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_hints(given)


def test_hints_must_fit_the_photo() -> None:
    with pytest.raises(ValueError, match=r"row 60, column 3 is outside of a photo of 60 x 90 \(height x width\)"):
        cells_of([Hint(60, 3, "red")])
    with pytest.raises(ValueError, match=r"photo's aspect: it is 90 x 60 \(height x width\), and the photo 60 x 90"):
        cells_of(layer_of((90, 60), (slice(3), slice(3)), (9, 9, 9)))


def test_hints_are_counted() -> None:
    layer = layer_of(SIZE, (slice(3), slice(3)), (9, 9, 9))
    layer[40:50, 40:50, 3] = 1
    hints = read_hints(layer)
    assert hints is not None
    assert hints.count == 2
    hints = read_hints([Hint(1, 1, "red")] * 3)
    assert hints is not None
    assert hints.count == 3


@pytest.mark.parametrize("share", [0.001, 0.1, 0.4, 0.999])
def test_patches_of_a_layer_are_counted_as_scikit_image_counts_them(share: float) -> None:
    random = np.random.default_rng(0)
    alpha = (random.random((300, 401)) < share) * random.integers(1, 256, (300, 401))
    layer = np.dstack([np.zeros((300, 401, 3)), alpha]).astype(np.uint8)
    hints = read_hints(layer)
    assert hints is not None
    assert hints.count == label(alpha > 0, connectivity=2).max()
