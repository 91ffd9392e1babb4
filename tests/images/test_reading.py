"""Pictures: into files and back, and as training reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unetcolor.images import cover, read_image, read_rgb, reading, split_alpha, write_image

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
RGB = np.stack([ROWS * 5, COLUMNS * 4, 255 - ROWS * 2 - COLUMNS], axis=-1).astype(np.uint8)
GRAY = RGB[..., 1]
ALPHA = RGB[..., 0]
GRAY16 = (ROWS * 1361 + COLUMNS * 7).astype(np.uint16)
RGB16 = np.stack([GRAY16, GRAY16[::-1], GRAY16[:, ::-1]], axis=-1)
RGBA16 = np.dstack([RGB16, GRAY16 // 2])

LOSSLESS = [
    ("gray.png", GRAY),
    ("rgb.png", RGB),
    ("gray_alpha.png", np.dstack([GRAY, ALPHA])),
    ("tiny.png", np.array([[[7, 200]]], np.uint8)),
    ("rgba.png", np.dstack([RGB, ALPHA])),
    ("gray16.png", GRAY16),
    ("gray.tif", GRAY),
    ("rgb.tiff", RGB),
    ("gray_alpha.tif", np.dstack([GRAY, ALPHA])),
    ("rgba.tif", np.dstack([RGB, ALPHA])),
    ("gray16.tif", GRAY16),
    ("gray.bmp", GRAY),
    ("rgb.bmp", RGB),
]


def save(path: Path, picture: Image.Image | np.ndarray, **options: object) -> Path:
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path, **options)
    return path


@pytest.mark.parametrize(("name", "pixels"), LOSSLESS, ids=[name for name, _ in LOSSLESS])
def test_lossless_round_trip(tmp_path, name, pixels):
    write_image(tmp_path / name, pixels)
    read = read_image(str(tmp_path / name))
    np.testing.assert_array_equal(read, pixels)
    assert read.dtype == pixels.dtype
    assert read.flags.writeable
    assert read.flags.c_contiguous


@pytest.mark.parametrize("name", ["x.jpg", "x.JPEG", "x.webp"])
@pytest.mark.parametrize("pixels", [GRAY, RGB], ids=["gray", "rgb"])
def test_lossy_round_trip(tmp_path, name, pixels):
    write_image(tmp_path / name, pixels, quality=95)
    read = read_rgb(tmp_path / name).astype(int)
    expected = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    assert np.abs(read - expected).mean() < 3


def test_jpeg_keeps_color_at_full_resolution(tmp_path):
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 255
    write_image(tmp_path / "stripes.jpg", stripes)
    assert np.abs(read_image(tmp_path / "stripes.jpg").astype(int) - stripes).mean() < 10


@pytest.mark.parametrize("pixels", [RGB16, RGBA16, RGBA16[..., :2]], ids=["rgb", "rgba", "gray_alpha"])
def test_sixteen_bit_color_comes_back(tmp_path, pixels):
    write_image(tmp_path / "x.png", pixels)
    read = read_image(tmp_path / "x.png")
    np.testing.assert_array_equal(read, pixels)
    assert read.dtype == np.uint16


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "x.webp", "x.bmp"])
def test_one_channel_is_gray(tmp_path, name):
    write_image(tmp_path / name, GRAY[..., np.newaxis])
    assert read_image(tmp_path / name).shape[:2] == GRAY.shape


@pytest.mark.parametrize("pixels", [[[0, 1]], None, Image.new("L", (2, 2))], ids=["list", "None", "Pillow"])
def test_what_is_no_array_is_not_written(tmp_path, pixels):
    with pytest.raises(ValueError, match="the pixels must be an array, not"):
        write_image(tmp_path / "x.png", pixels)


@pytest.mark.parametrize(
    ("name", "pixels", "message"),
    [
        ("x.xyz", RGB, r"the suffix must be one of \.jpg, .*\.png"),
        ("x", RGB, "the suffix must be one of"),
        ("x.jpg", RGBA16.astype(np.uint8), "JPEG files have no alpha: write a PNG"),
        ("x.bmp", RGBA16.astype(np.uint8), "BMP files have no alpha"),
        ("x.jpg", GRAY16, "JPEG files cannot hold 16-bit gray"),
        ("x.webp", RGB16, "WEBP files cannot hold 16-bit color or alpha: write a PNG"),
        ("x.png", RGB / 255.0, "cannot write float64: give uint8 or uint16"),
        ("x.png", RGB[np.newaxis], "not \\(1, 48, 64, 3\\)"),
        ("x.png", RGB[:0], "not \\(0, 64, 3\\)"),
    ],
)
def test_what_cannot_be_written(tmp_path, name, pixels, message):
    with pytest.raises(ValueError, match=message):
        write_image(tmp_path / name, pixels)
    assert list(tmp_path.iterdir()) == []


def test_quality_and_folder_are_checked(tmp_path):
    with pytest.raises(ValueError, match=r"quality must be 1\.\.100, not 0"):
        write_image(tmp_path / "x.jpg", RGB, quality=0)
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere does not exist"):
        write_image(tmp_path / "nowhere" / "x.jpg", RGB)


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["os.replace", "os.fsync"])
def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch, where, error):
    path = tmp_path / "x.png"
    write_image(path, GRAY)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(where, fail)
    with pytest.raises(error):
        write_image(path, RGB)
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(read_image(path), GRAY)


@pytest.mark.skipif(sys.platform == "win32", reason="links and permissions of POSIX")
def test_link_and_permissions_stay(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link.png"
    Image.fromarray(GRAY).save(real, "PNG")
    real.chmod(0o640)
    link.symlink_to(real)
    write_image(link, RGB)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    np.testing.assert_array_equal(read_image(real), RGB)


def test_importing_does_not_load_tensorflow():
    code = "import sys, unetcolor.images; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "pixels", [GRAY, RGB, np.dstack([RGB, ALPHA]), np.dstack([GRAY, ALPHA])], ids=["gray", "rgb", "rgba", "gray_alpha"]
)
def test_read_rgb(tmp_path, pixels):
    path = save(tmp_path / "x.png", pixels)
    expected = pixels[..., :3] if pixels.ndim == 3 and pixels.shape[-1] > 2 else np.dstack([GRAY] * 3)
    np.testing.assert_array_equal(read_rgb(path), expected)
    np.testing.assert_array_equal(read_rgb(path, (10, 10)), cover(expected, (10, 10)))
    assert read_rgb(path).dtype == np.uint8


def test_read_rgb_checks_the_size_first(tmp_path):
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        read_rgb(tmp_path / "missing.jpg", (0, 5))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_draft_of_a_large_jpeg_equals_the_full_picture(tmp_path, monkeypatch, mode, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    large = Image.fromarray(cover(RGB, (1200, 1600))).convert(mode)
    path = save(tmp_path / "x.jpg", large, quality=95, exif=exif)
    full = cover(read_rgb(path), (75, 120))
    draft = read_rgb(path, (75, 120))
    assert np.abs(full.astype(int) - draft).max() <= 6
    assert np.abs(full.astype(int) - draft).mean() < 1.5
    decoded = []
    monkeypatch.setattr(reading, "split_alpha", lambda pixels: (decoded.append(pixels.shape), split_alpha(pixels))[1])
    read_rgb(path, (75, 120))
    assert decoded[0][:2] == ((300, 400) if orientation == 1 else (400, 300))
