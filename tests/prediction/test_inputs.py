"""What predict is given: one picture, a batch, a folder or a list, and never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unetcolor import ImageReadError, get_color_space
from unetcolor.codec import Codec
from unetcolor.images import WRITE_FORMATS, encode_image, pictures_in, write_image
from unetcolor.prediction.predictor import Predictor

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 12, 9), dtype=np.uint8)


@pytest.fixture
def predictor() -> Predictor:
    def network(batch: np.ndarray) -> np.ndarray:
        return np.concatenate([0.4 + 0.2 * batch, 0.6 - 0.1 * batch], axis=-1)

    return Predictor(Codec(get_color_space("lab")), network, 10)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c").mkdir()
    for name, picture in zip(("b.png", "a.png", "c/d.png"), PICTURES, strict=False):
        write_image(tmp_path / name, picture)
    (tmp_path / "notes.txt").write_text("no picture")
    write_image(tmp_path / "a.hints.png", np.zeros((12, 9, 4), np.uint8))
    return tmp_path


def test_one_picture_of_any_form_gives_one_array(predictor: Predictor) -> None:
    expected = predictor.predict(PICTURES[0])
    for same in (PICTURES[0].astype(np.int64), encode_image(PICTURES[0], WRITE_FORMATS[".png"])):
        colored = predictor.predict(same)
        assert isinstance(colored, np.ndarray)
        np.testing.assert_array_equal(colored, expected)


@pytest.mark.parametrize("form", [list, tuple, iter, lambda pictures: dict(enumerate(pictures)).values()])
def test_every_iterable_gives_a_list(predictor: Predictor, form: Callable[[Iterable[Any]], Any]) -> None:
    colored = predictor.predict(form(PICTURES))
    assert isinstance(colored, list)
    np.testing.assert_array_equal(colored, predictor.predict(PICTURES))


def test_a_list_may_mix_forms(predictor: Predictor, folder: Path) -> None:
    mixed = [PICTURES[0], folder / "a.png", encode_image(PICTURES[2], WRITE_FORMATS[".png"])]
    np.testing.assert_array_equal(predictor.predict(mixed), predictor.predict(list(PICTURES[:3])))


@pytest.mark.parametrize("form", [str, Path])
def test_a_folder_gives_a_list_in_the_order_of_its_paths(predictor: Predictor, folder: Path, form: type) -> None:
    colored = predictor.predict(form(folder))
    assert isinstance(colored, list)
    np.testing.assert_array_equal(colored, predictor.predict([PICTURES[i] for i in (1, 0, 2)]))
    np.testing.assert_array_equal(list(predictor.stream(form(folder))), colored)
    # The layer of hints is no photo.
    assert [path.name for path in pictures_in(folder)] == ["a.hints.png", "a.png", "b.png", "d.png"]


def test_a_broken_picture_of_a_folder_is_named(predictor: Predictor, folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(ImageReadError, match=r"broken\.png"):
        predictor.predict(folder)


def test_a_folder_without_pictures_is_told(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no pictures in .*\.jpg"):
        predictor.predict(tmp_path)


def test_a_column_of_paths_is_a_list(predictor: Predictor, folder: Path) -> None:
    paths = [str(folder / name) for name in ("b.png", "a.png")]
    for column in (np.array(paths), np.array(paths, object)):
        np.testing.assert_array_equal(predictor.predict(column), predictor.predict(list(PICTURES[:2])))


def test_pictures_are_streamed_as_they_come(predictor: Predictor) -> None:
    def endless() -> Any:
        while True:
            yield PICTURES[0]

    colored = predictor.stream(endless(), batch_size=2)
    np.testing.assert_array_equal(next(colored), predictor.predict(PICTURES[0]))
    np.testing.assert_array_equal(next(predictor.stream(PICTURES[0])), predictor.predict(PICTURES[0]))


@pytest.mark.parametrize("count", [3, 4])
def test_channels_that_come_first_are_never_gray_pictures(predictor: Predictor, count: int) -> None:
    pictures = PICTURES[:count]
    with pytest.raises(ValueError, match=rf"channels come first, or {count} gray .*moveaxis.*list\(array\)"):
        predictor.predict(pictures)
    # Both ways out that the error names, and a third.
    assert predictor.predict(np.moveaxis(pictures, 0, -1)).shape == (12, 9, count)
    np.testing.assert_array_equal(predictor.predict(list(pictures)), predictor.predict(pictures[..., np.newaxis]))


@pytest.mark.parametrize("shape", [(2, 3, 12, 9), (2, 1, 12, 9)])
def test_batches_whose_channels_come_first_are_told_how_to_move_them(predictor: Predictor, shape: Any) -> None:
    batch = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match=r"channels come last: np\.moveaxis\(array, -3, -1\)"):
        predictor.predict(batch)
    with pytest.raises(ValueError, match=r"channels come last: np\.moveaxis\(array, -3, -1\)"):
        predictor.predict(list(batch))
    assert predictor.predict(np.moveaxis(batch, -3, -1)).shape == (2, 12, 9, 3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_other_numbers_of_gray_pictures_are_a_batch(predictor: Predictor, count: int) -> None:
    assert predictor.predict(PICTURES[:count]).shape == (count, 12, 9, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": PICTURES[0]}, "must have an order, which a dict has not"),
        ({"a.png"}, "must have an order, which a set has not"),
        (iter([]), "no pictures in an empty list_iterator"),
        (iter([7]), "one is a int"),
        ([PICTURES[:2]], r"must be a single one; one has the shape \(2, 12, 9\)"),
        (np.array([None, "x"], object), "one is a NoneType"),
        ("", "must not be empty"),
    ],
)
def test_what_is_no_picture_is_told(predictor: Predictor, given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predictor.predict(given)
