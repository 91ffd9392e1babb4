"""16-bit PNG files, read back by decoders of others."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from unetcolor.images import Metadata
from unetcolor.images.png import write_png

rng = np.random.default_rng(0)


def encoded(pixels: np.ndarray, **metadata: bytes) -> bytes:
    file = io.BytesIO()
    write_png(file, pixels, Metadata(**metadata))
    return file.getvalue()


# 64 rows are compressed at once.
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (64, 3), (65, 20), (130, 17)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_reader_of_tensorflow_finds_the_same_values(size: tuple[int, int], channels: int) -> None:
    import tensorflow as tf

    pixels = rng.integers(0, 65536, (*size, channels), dtype=np.uint16)
    # A slope, whose bytes wrap around from one row to the next.
    pixels[..., 0] = np.add.outer(np.arange(size[0]) * 250, np.arange(size[1]) * 130)
    data = encoded(pixels if channels > 1 else pixels[..., 0])
    np.testing.assert_array_equal(tf.io.decode_png(data, dtype=tf.uint16).numpy(), pixels)


@pytest.mark.parametrize("channels", [3, 4])
def test_pillow_finds_the_high_bytes_and_no_fault(channels: int) -> None:
    pixels = rng.integers(0, 65536, (100, 30, channels), dtype=np.uint16)
    data = encoded(pixels)
    with Image.open(io.BytesIO(data)) as picture:
        picture.verify()
    with Image.open(io.BytesIO(data)) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels >> 8)


def test_an_array_may_lie_in_memory_in_any_order() -> None:
    pixels = rng.integers(0, 65536, (70, 80, 3), dtype=np.uint16)
    turned = np.rot90(pixels)[:, ::-1]
    assert encoded(turned) == encoded(np.ascontiguousarray(turned))
    assert encoded(pixels.astype(">u2")) == encoded(pixels)


def test_metadata_stand_before_the_pixels() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Grandmother at the sea"
    data = encoded(np.zeros((4, 5, 3), np.uint16), exif=exif.tobytes(), icc_profile=b"profile" * 99)
    assert data.index(b"iCCP") < data.index(b"eXIf") < data.index(b"IDAT")
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info["icc_profile"] == b"profile" * 99
        assert picture.getexif()[0x010E] == "Grandmother at the sea"


def test_even_tones_take_little_room() -> None:
    flat = np.full((300, 400, 3), 40_000, np.uint16)
    assert len(encoded(flat)) < flat.nbytes / 100


def test_writing_loads_neither_tensorflow_nor_keras(tmp_path) -> None:
    script = """
import sys
import numpy as np
from unetcolor.images import write_image
for depth in (np.uint8, np.uint16):
    for channels in (1, 2, 3, 4):
        write_image("x.png", np.ones((5, 6, channels), depth))
for name in ("x.jpg", "x.tif", "x.webp", "x.bmp"):
    write_image(name, np.ones((5, 6, 3), np.uint8))
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
