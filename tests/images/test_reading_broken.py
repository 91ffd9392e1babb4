"""Reading pictures that are broken, too large, or no pictures at all."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from unetcolor.errors import ImageReadError
from unetcolor.images import read_image

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
RGB = np.stack([ROWS * 5, COLUMNS * 4, 255 - ROWS * 2 - COLUMNS], axis=-1).astype(np.uint8)


def save(path: Path, picture: Image.Image | np.ndarray, **options: object) -> Path:
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path, **options)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    """Return a PNG file that claims to be an 8-bit gray picture of that size, and holds no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_size_is_checked_before_decoding(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(100_000, 100_000))
    with pytest.raises(ImageReadError, match="10,000,000,000 pixels, more than max_pixels=200,000,000"):
        read_image(tmp_path / "bomb.png")
    path = save(tmp_path / "x.png", RGB)
    assert read_image(path, max_pixels=RGB.size // 3).shape == RGB.shape
    for source in (path, Image.fromarray(RGB)):
        with pytest.raises(ImageReadError, match="48 = 3,072 pixels, more than max_pixels=3,071"):
            read_image(source, max_pixels=RGB.size // 3 - 1)


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "lzw.tif", "x.bmp", "x.gif", "x.ppm"])
def test_our_limit_decides_not_that_of_pillow(tmp_path, monkeypatch, name):
    path = save(tmp_path / name, RGB, **({"compression": "tiff_lzw"} if name == "lzw.tif" else {}))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    assert read_image(path).shape == RGB.shape
    assert Image.MAX_IMAGE_PIXELS == 1


def unreadable() -> Iterator[tuple[str, bytes, str]]:
    yield "empty.png", b"", "the file is empty"
    yield "text.jpg", b"This is not a picture.", "it is none of these kinds of picture: JPEG, PNG"
    eps = io.BytesIO()
    Image.fromarray(RGB).save(eps, "EPS")
    yield "eps.png", eps.getvalue(), "none of these kinds"
    pfm = b"Pf 2 2 -1.0\n" + struct.pack("<4f", 0, 0.5, 1, 7)
    yield "floats.pfm", pfm, "scale the values to 0..1"
    yield "no_pixels.png", png(0, 5), "broken"
    yield "bad_header.png", png(5, 5).replace(b"IHDR", b"IHDX"), "broken"


@pytest.mark.parametrize(("name", "content", "reason"), list(unreadable()), ids=[name for name, *_ in unreadable()])
def test_unreadable_file(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageReadError, match=f"cannot read .*{name}: .*{reason}"):
        read_image(tmp_path / name)


def test_unreadable_values(tmp_path):
    tifffile.imwrite(tmp_path / "signed.tif", np.array([[-5, 70_000]], np.int32))
    with pytest.raises(ImageReadError, match=r"1 x 32 bits of INT.* are not read: save it with 8 or 16 bits"):
        read_image(tmp_path / "signed.tif")
    with pytest.raises(ImageReadError, match=r"its values, -5\.\.70000, do not fit 16 bits"):
        read_image(Image.fromarray(np.array([[-5, 70_000]], np.int32)))
    with pytest.raises(ImageReadError, match="the Pillow image: it has no pixels"):
        read_image(Image.new("L", (0, 3)))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ImageReadError, match=r"missing\.png: No such file"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(ImageReadError, match="cannot read"):
        read_image(tmp_path)
    with pytest.raises(ImageReadError, match="null"):
        read_image("a\0b.png")
    with pytest.raises(TypeError):
        read_image(RGB)


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "progressive.jpg", "x.tif", "lzw.tif", "x.bmp", "x.gif", "x.webp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_file_is_an_error(tmp_path, name, share):
    options = {"progressive.jpg": {"progressive": True}, "lzw.tif": {"compression": "tiff_lzw"}}.get(name, {})
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / name, noise, **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ImageReadError, match=name):
            read_image(path)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP", "PPM"])
def test_mutated_file_is_read_or_refused(tmp_path, file_format):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if file_format in ("GIF", "BMP", "PPM") else {"exif": exif, "icc_profile": b"not a profile"}
    Image.fromarray(RGB[:12, :16]).save(buffer, file_format, **options)
    original = np.frombuffer(buffer.getvalue(), np.uint8)
    rng = np.random.default_rng(0)
    path = tmp_path / "mutated"
    for _ in range(60):
        mutated = original.copy()
        # Headers are where it hurts: half of the changes go there.
        places = rng.integers(0, rng.choice([min(100, len(mutated)), len(mutated)]), size=rng.integers(1, 6))
        mutated[places] = rng.integers(0, 256, size=len(places))
        path.write_bytes(mutated[: rng.choice([len(mutated), rng.integers(1, len(mutated))])].tobytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Anything else that is raised fails the test.
            with contextlib.suppress(ImageReadError):
                assert read_image(path, max_pixels=1_000_000).ndim in (2, 3)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_files_are_closed(tmp_path):
    good, bad = save(tmp_path / "good.tif", RGB), tmp_path / "bad.png"
    bad.write_bytes(png(5, 5))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        read_image(good)
        with pytest.raises(ImageReadError):
            read_image(bad)
    assert len(os.listdir("/proc/self/fd")) == before
