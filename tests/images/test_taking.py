"""Pictures are taken as people hold them, and what is ambiguous is never guessed."""

from __future__ import annotations

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from unetcolor import ImageReadError
from unetcolor.images import WRITE_FORMATS, encode_image, take
from unetcolor.images.taking import array_of

GRAY = np.random.default_rng(0).integers(0, 256, (30, 21), dtype=np.uint8)
PNG = encode_image(GRAY, WRITE_FORMATS[".png"])

WIDE = [np.int16, np.int32, np.int64, np.uint32, np.uint64, ">i8"]


class Handed:
    """What another library hands over by DLPack alone."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


@pytest.mark.parametrize(
    "form",
    [bytes, bytearray, memoryview, io.BytesIO, lambda content: Image.open(io.BytesIO(content))],
    ids=["bytes", "bytearray", "memoryview", "BytesIO", "Pillow"],
)
def test_the_content_of_a_file_is_a_picture(form: Any) -> None:
    np.testing.assert_array_equal(take(form(PNG)), GRAY)


@pytest.mark.parametrize("form", [np.asarray, jnp.asarray, tf.constant, tf.Variable, Handed])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_arrays_of_any_library_are_pictures(form: Any, dtype: type) -> None:
    picture = GRAY if dtype == np.uint8 else (GRAY / 255).astype(dtype)
    taken = take(form(picture))
    np.testing.assert_array_equal(taken, picture)
    assert taken.dtype == dtype


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_tensor_of_pytorch_is_taken_out_of_what_it_learns_from() -> None:
    import torch

    picture = torch.from_numpy(GRAY / 255).requires_grad_()
    np.testing.assert_array_equal(take(picture), GRAY / 255)
    with pytest.raises(ValueError, match=r"a Tensor cannot be turned into an array: .*give uint8 or float32"):
        take(picture.to(torch.bfloat16))


def test_an_open_file_is_read_from_where_it_is_and_stays_open(tmp_path: Path) -> None:
    (tmp_path / "two").write_bytes(b"before" + PNG)
    with open(tmp_path / "two", "rb") as file:
        file.seek(6)
        np.testing.assert_array_equal(take(file), GRAY)
        assert not file.closed
        with pytest.raises(ImageReadError, match=r"two: nothing follows its current position; file\.seek\(0\)"):
            take(file)
    with pytest.raises(ImageReadError, match=r"two: .*closed file"):
        take(file)


def test_a_file_that_cannot_be_searched_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", PNG)
    with zipfile.ZipFile(tmp_path / "photos.zip") as archive, archive.open("a.png") as file:
        np.testing.assert_array_equal(take(file), GRAY)


def test_errors_name_an_open_file(tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("Dear aunt,")
    with (
        open(tmp_path / "letter.png", "rb") as file,
        pytest.raises(ImageReadError, match=r"letter\.png: it is none of these kinds of picture"),
    ):
        take(file)


def test_a_file_that_is_open_for_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    for file in (open(tmp_path / "a.png", encoding="utf-8"), io.StringIO("text")):
        with file, pytest.raises(ValueError, match=r"open for reading bytes, as open\(path, 'rb'\)"):
            take(file)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", WIDE)
def test_wide_whole_numbers_are_of_0_to_255(dtype: Any) -> None:
    taken = array_of(GRAY.astype(dtype))
    np.testing.assert_array_equal(taken, GRAY)
    assert taken.dtype == np.uint8
    assert not array_of(np.zeros((2, 2), dtype)).any()


@pytest.mark.parametrize("dtype", WIDE)
@pytest.mark.parametrize(("value", "message"), [(256, "uint16 if 65535 is white"), (1, "astype.* if 1 is white")])
def test_wide_whole_numbers_of_another_range_are_refused(dtype: Any, value: int, message: str) -> None:
    picture = np.zeros((2, 2), dtype)
    picture[1, 1] = value
    with pytest.raises(ValueError, match=rf"got {picture.dtype} with values 0\.\.{value}.*{message}"):
        array_of(picture)


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"int16 with values -1\.\.200"):
        array_of(np.array([[-1, 200]], np.int16))


@pytest.mark.parametrize(("given", "message"), [(None, "NoneType"), ([[0, 1]], "list"), (7, "int"), ("", "empty")])
def test_what_is_no_picture_says_what_is(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        take(given)
