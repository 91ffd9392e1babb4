from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer
from unetcolor.images import write_image
from unetcolor.training import Sources
from unetcolor.training.pictures import open_pictures

rng = np.random.default_rng(0)


def color(height: int = 40, width: int = 30) -> np.ndarray:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deeper" / "still").mkdir(parents=True)
    write_image(tmp_path / "b.png", color())
    write_image(tmp_path / "deeper" / "a.jpg", color(60, 90))
    write_image(tmp_path / "deeper" / "still" / "c.PNG", color(20, 20))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_an_array_is_taken_as_it_is() -> None:
    array = np.stack([color() for _ in range(3)])
    pictures = open_pictures(array)
    assert pictures.size == (40, 30)
    np.testing.assert_array_equal(np.stack(list(pictures)), array)


def test_an_array_is_resized_when_a_size_is_asked_for() -> None:
    pictures = open_pictures(np.stack([color()]), (16, 16))
    assert pictures[0].shape == (16, 16, 3)


def test_a_folder_is_searched_with_its_subfolders(folder: Path) -> None:
    pictures = open_pictures(folder, (24, 24))
    assert len(pictures) == 3
    assert {picture.shape for picture in pictures} == {(24, 24, 3)}
    assert len(open_pictures(str(folder))) == 3


def test_a_list_of_paths_keeps_its_order(folder: Path) -> None:
    paths = [folder / "deeper" / "a.jpg", folder / "b.png"]
    there, back = open_pictures(paths, (24, 24)), open_pictures(paths[::-1], (24, 24))
    np.testing.assert_array_equal(there[0], back[1])
    assert not np.array_equal(there[0], back[0])


def test_what_gives_paths_is_a_list_of_them(folder: Path) -> None:
    expected = list(open_pictures([folder / "b.png", folder / "deeper" / "a.jpg"], (24, 24)))
    paths = [str(folder / "b.png"), str(folder / "deeper" / "a.jpg")]
    for same in (iter(paths), np.array(paths), np.array(paths, object)):
        np.testing.assert_array_equal(list(open_pictures(same, (24, 24))), expected)


def test_tensors_and_wide_whole_numbers_are_arrays() -> None:
    array = np.stack([color() for _ in range(3)])
    for same in (tf.constant(array), array.astype(np.int64), jnp.asarray(array)):
        np.testing.assert_array_equal(list(open_pictures(same)), array)


def test_gray_and_unreadable_files_are_left_out_and_counted(folder: Path) -> None:
    write_image(folder / "gray.png", color()[..., 0])
    write_image(folder / "gray_as_rgb.jpg", np.repeat(color()[..., :1], 3, axis=-1))
    (folder / "broken.jpg").write_bytes((folder / "deeper" / "a.jpg").read_bytes()[:200])
    with pytest.warns(UserWarning, match="left out") as caught:
        pictures = open_pictures(folder)
    messages = sorted(str(warning.message) for warning in caught)
    assert len(pictures) == 3
    assert messages[0].startswith("left out 1 of 6 files that cannot be read: ")
    assert "broken.jpg" in messages[0]
    assert messages[1] == "left out 2 of 6 files that are gray or toned: there is no color to learn"


def test_a_folder_of_gray_pictures_only_is_an_error(tmp_path: Path) -> None:
    write_image(tmp_path / "gray.png", color()[..., 0])
    with (
        pytest.warns(UserWarning, match="left out 1 of 1 files that are gray"),
        pytest.raises(ValueError, match="none of 1 file is a readable picture in color"),
    ):
        open_pictures(tmp_path)


def test_an_npz_has_a_training_and_a_test_part(tmp_path: Path) -> None:
    train, test = np.stack([color()] * 3), np.stack([color()])
    np.savez(tmp_path / "set.npz", train_images=train, test_images=test)
    np.testing.assert_array_equal(open_pictures(tmp_path / "set.npz")[0], train[0])
    np.testing.assert_array_equal(open_pictures(str(tmp_path / "set.npz"), part="test")[0], test[0])
    np.savez(tmp_path / "other.npz", faces=train)
    with pytest.raises(ValueError, match="no array 'train_images', only faces"):
        open_pictures(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="no such file"):
        open_pictures(tmp_path / "absent.npz")
    (tmp_path / "text.npz").write_text("hello")
    np.save(tmp_path / "array.npy", train)
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    np.savez(tmp_path / "objects.npz", train_images=np.array([None]))
    damaged = bytearray((tmp_path / "set.npz").read_bytes())
    damaged[200:400] = bytes(200)
    (tmp_path / "damaged.npz").write_bytes(damaged)
    for name in ("array", "objects", "damaged"):
        with pytest.raises(ValueError, match=rf"{name}\.npz is not a readable \.npz"):
            open_pictures(tmp_path / f"{name}.npz")
    with pytest.raises(ValueError, match=r"text\.npz is not a readable \.npz"):
        open_pictures(tmp_path / "text.npz")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros((5, 8, 8), np.uint8), "shape \\(n, height, width, 3\\), not \\(5, 8, 8\\)"),
        (np.zeros((5, 8, 8, 1), np.uint8), "learns from pictures in color"),
        (np.zeros((0, 8, 8, 3), np.uint8), "holds no pictures"),
        (np.full((2, 8, 8, 3), 256), "int64"),
        (np.zeros((2, 3, 8, 9), np.uint8), r"not \(2, 3, 8, 9\); channels come last: np.moveaxis\(array, -3, -1\)"),
        ({"a.png"}, "must have an order"),
        (b"a.png", "not bytes"),
        (np.full((2, 8, 8, 3), 255.0), "divide"),
        (np.full((2, 8, 8, 3), np.nan), "NaN|finite|nan"),
        ([], "not an empty list"),
        ([np.zeros((8, 8, 3), np.uint8)], "not a list of ndarray"),
        (None, "not NoneType"),
        ("/no/such/folder", "neither a folder of pictures nor"),
    ],
)
def test_what_is_no_set_of_color_pictures_says_what_is(source: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_pictures(source)


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no pictures in .*\.jpg .*\.png"):
        open_pictures(tmp_path)


def test_pictures_are_read_at_another_size(folder: Path) -> None:
    pictures = open_pictures(folder, (24, 24))
    assert pictures.at((10, 12))[0].shape == (10, 12, 3)
    assert pictures[0].shape == (24, 24, 3)
    # A quarter larger, so that few crops must be enlarged.
    assert pictures.for_crops((24, 24))[0].shape == (30, 30, 3)
    array = open_pictures(np.stack([color(), color()]), (16, 16))
    assert array.at((10, 12))[0].shape == (10, 12, 3)
    assert array.for_crops((16, 16))[0].shape == (40, 30, 3)


def test_a_share_is_split_off_from_the_end(folder: Path) -> None:
    array = np.stack([color() for _ in range(5)])
    for pictures in (open_pictures(folder, (24, 24)), open_pictures(array)):
        first, second = pictures.split(0.4)
        assert len(second) == int(0.4 * len(pictures))
        joined = np.stack([*first, *second])
        np.testing.assert_array_equal(joined, np.stack(list(pictures)))


def test_toned_and_nearly_gray_files_are_left_out_if_colorful_ones_are_asked_for(
    folder: Path, portraits: np.ndarray
) -> None:
    for name, picture in toned(portraits[0]).items():
        write_image(folder / f"{name}.png", picture)
    with pytest.warns(UserWarning, match="left out 2 of 6 files that are gray, toned or nearly colorless"):
        assert len(open_pictures(folder, colorful=True)) == 4
    (folder / "nearly.png").unlink()
    with pytest.warns(UserWarning, match="left out 1 of 5 files that are gray or toned"):
        assert len(open_pictures(folder)) == 4


def test_open_pictures_may_be_given_again(folder: Path) -> None:
    pictures = open_pictures(folder, (24, 24))
    assert open_pictures(pictures) is pictures
    np.testing.assert_array_equal(open_pictures(pictures, (16, 12))[0], open_pictures(folder, (16, 12))[0])


def toned(portrait: np.ndarray) -> dict[str, np.ndarray]:
    gray = portrait.mean(axis=-1, keepdims=True)
    return {
        "portrait": portrait,
        "sepia": np.clip(gray * [1.07, 0.95, 0.74], 0, 255).astype(np.uint8),
        "nearly": np.clip(gray + 0.1 * (portrait - gray), 0, 255).astype(np.uint8),
    }


def test_the_warning_names_the_line_that_called(folder: Path) -> None:
    write_image(folder / "gray.png", color()[..., 0])
    with pytest.warns(UserWarning, match="are gray") as caught:
        UNetColorizer("lab", filters=(4, 8)).fit(folder, epochs=1, verbose=0)
    with pytest.warns(UserWarning, match="are gray") as caught_in_sources:
        UNetColorizer("lab", filters=(4, 8)).fit(Sources({"all": folder}), epochs=1, verbose=0)
    # Keras has warnings of its own, which are not for users.
    ours = [warning for warning in [*caught, *caught_in_sources] if issubclass(warning.category, UserWarning)]
    assert {Path(warning.filename).name for warning in ours} == {"test_pictures.py"}
