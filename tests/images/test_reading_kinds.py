"""Reading pictures: every format, mode, rotation and color profile."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from unetcolor.images import read_image, read_rgb

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
RGB = np.stack([ROWS * 5, COLUMNS * 4, 255 - ROWS * 2 - COLUMNS], axis=-1).astype(np.uint8)
GRAY = RGB[..., 1]
ALPHA = RGB[..., 0]
GRAY16 = (ROWS * 1361 + COLUMNS * 7).astype(np.uint16)
RGB16 = np.stack([GRAY16, GRAY16[::-1], GRAY16[:, ::-1]], axis=-1)
RGBA16 = np.dstack([RGB16, GRAY16 // 2])


def save(path: Path, picture: Image.Image | np.ndarray, **options: object) -> Path:
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(path, **options)
    return path


def png16(pixels: np.ndarray, extra: bytes = b"") -> bytes:
    """Return a 16-bit PNG file made by hand, since Pillow writes none; ``extra`` are finished chunks."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in pixels)
    middle = extra + chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + middle + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def swapped_profile() -> bytes:
    """Return the sRGB profile with its red and green primaries exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {bytes(data[i : i + 4]): i for i in range(132, 132 + 12 * struct.unpack_from(">I", data, 128)[0], 12)}
    red, green = entries[b"rXYZ"] + 4, entries[b"gXYZ"] + 4
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    return bytes(data)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I"])
def test_every_mode(mode):
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.profileToProfile(Image.fromarray(RGB), srgb, lab, outputMode="LAB")
    elif mode.startswith("I"):
        picture = Image.fromarray(GRAY16 if mode == "I;16" else GRAY16.astype(np.int32))
    else:
        picture = Image.fromarray(RGB).convert(mode)
    read = read_image(picture)
    channels = {"1": 0, "L": 0, "LA": 2, "RGBA": 4, "I;16": 0, "I": 0}.get(mode, 3)
    assert read.shape == ((48, 64, channels) if channels else (48, 64))
    if mode.startswith("I"):
        np.testing.assert_array_equal(read, GRAY16)
        assert read.dtype == np.uint16
    elif mode == "P":
        np.testing.assert_array_equal(read, np.asarray(picture.convert("RGB")))
    elif mode == "1":
        assert set(np.unique(read)) == {0, 255}
    elif channels == 3:
        # A palette of 216 colors is the coarsest of these.
        assert np.abs(read.astype(int) - RGB).mean() < 3


@pytest.mark.parametrize(
    ("name", "mode", "options"),
    [
        ("x.tif", "CMYK", {}),
        ("x.tif", "LAB", {}),
        ("x.tif", "1", {"compression": "group4"}),
        ("x.tif", "RGB", {"compression": "jpeg", "quality": 95}),
        ("x.jpg", "CMYK", {"quality": 95}),
        ("x.gif", "P", {}),
        ("x.ppm", "RGB", {}),
        ("x.pgm", "L", {}),
        ("x.pbm", "1", {}),
        ("x.webp", "RGBA", {"lossless": True}),
        pytest.param(
            "x.avif",
            "RGB",
            {"quality": 95},
            marks=pytest.mark.skipif(".avif" not in Image.registered_extensions(), reason="no AVIF"),
        ),
    ],
)
def test_other_formats(tmp_path, name, mode, options):
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.profileToProfile(Image.fromarray(RGB), srgb, lab, outputMode="LAB")
    else:
        picture = Image.fromarray(np.dstack([RGB, ALPHA]) if mode == "RGBA" else RGB).convert(mode)
    read = read_image(save(tmp_path / name, picture, **options))
    assert np.abs(read.astype(int) - read_image(picture)).mean() < 3


@pytest.mark.parametrize("pixels", [RGB16, RGBA16, RGBA16[..., 2:]], ids=["rgb", "rgba", "gray and alpha"])
def test_sixteen_bit_png_keeps_all_bits(tmp_path, pixels):
    path = tmp_path / "x.png"
    path.write_bytes(png16(pixels))
    np.testing.assert_array_equal(read_image(path), pixels)
    color = pixels[..., :3] if pixels.shape[-1] > 2 else np.dstack([pixels[..., 0]] * 3)
    np.testing.assert_array_equal(read_rgb(path), np.rint(color / 257))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_sixteen_bit_color_tiff_keeps_all_bits(tmp_path, byteorder, compression):
    tifffile.imwrite(tmp_path / "x.tif", RGB16, byteorder=byteorder, compression=compression, photometric="rgb")
    np.testing.assert_array_equal(read_image(tmp_path / "x.tif"), RGB16)


def test_sixteen_bit_color_ppm_warns(tmp_path):
    path = tmp_path / "x.ppm"
    path.write_bytes(b"P6 64 48 65535\n" + RGB16.astype(">u2").tobytes())
    with pytest.warns(UserWarning, match=r"x\.ppm: only 8 of its 16 bits"):
        assert read_image(path).dtype == np.uint8


@pytest.mark.parametrize(("name", "dtype"), [("x.pgm", np.uint16), ("x.tif", ">u2")])
def test_sixteen_bit_gray_of_other_kinds(tmp_path, name, dtype):
    if name == "x.tif":
        tifffile.imwrite(tmp_path / name, GRAY16, byteorder=">")
    else:
        save(tmp_path / name, GRAY16)
    np.testing.assert_array_equal(read_image(tmp_path / name), GRAY16)


def test_transparency_becomes_alpha(tmp_path):
    palette = Image.new("P", (2, 2))
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.putpixel((1, 0), 1)
    read = read_image(save(tmp_path / "palette.png", palette, transparency=1))
    np.testing.assert_array_equal(read[0], [[255, 0, 0, 255], [0, 255, 0, 0]])
    gray = np.array([[3, 9]], np.uint8)
    read = read_image(save(tmp_path / "gray.png", gray, transparency=9))
    np.testing.assert_array_equal(read, [[[3, 255], [9, 0]]])


@pytest.mark.parametrize("key", [(700, 0, 0), (0, 0, 0)])
def test_transparent_color_of_sixteen_bits_is_ignored(tmp_path, key):
    (tmp_path / "x.png").write_bytes(png16(RGB16, extra=chunk(b"tRNS", struct.pack(">HHH", *key))))
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), RGB16)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "lzw.tif", "x.webp"])
def test_exif_rotation(tmp_path, name, orientation):
    # How an upright picture is stored, for each value of the tag.
    stored = {
        2: RGB[:, ::-1],
        3: RGB[::-1, ::-1],
        4: RGB[::-1],
        5: RGB.swapaxes(0, 1),
        6: np.rot90(RGB, 1),
        7: RGB[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(RGB, -1),
    }.get(orientation, RGB)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"compression": "tiff_lzw"} if name == "lzw.tif" else {"quality": 95}
    read = read_image(save(tmp_path / name, np.ascontiguousarray(stored), exif=exif, **options))
    assert read.shape == RGB.shape
    assert np.abs(read.astype(int) - RGB).mean() < 4
    assert read_rgb(tmp_path / name, (6, 8)).shape == (6, 8, 3)


def test_sixteen_bit_color_is_rotated(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(np.rot90(RGB16, 1))
    (tmp_path / "x.png").write_bytes(png16(stored, extra=chunk(b"eXIf", exif.tobytes()[6:])))
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), RGB16)


@pytest.mark.parametrize("orientation", [0, 9])
def test_odd_exif_data_is_no_reason_to_fail(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_image(save(tmp_path / "x.jpg", RGB, exif=exif)).shape == RGB.shape
    path = save(tmp_path / "x.jpg", RGB, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_image(path).shape == RGB.shape


@pytest.mark.parametrize("name", ["x.gif", "x.tif", "x.png", "x.webp"])
def test_first_of_several_frames_with_a_warning(tmp_path, name):
    black, white = np.zeros((8, 8), np.uint8), np.full((8, 8), 255, np.uint8)
    save(tmp_path / name, black, save_all=True, append_images=[Image.fromarray(white)])
    with pytest.warns(UserWarning, match="it holds several pictures; only the first is read"):
        assert read_image(tmp_path / name).max() < 5
    # Which matters to a photo; training would say so of each picture in each epoch.
    assert read_rgb(tmp_path / name).max() < 5


def test_preview_of_a_phone_is_no_reason_to_warn(tmp_path):
    preview = Image.fromarray(RGB[::2, ::2])
    save(tmp_path / "x.jpg", RGB, format="MPO", save_all=True, append_images=[preview])
    assert read_image(tmp_path / "x.jpg").shape == RGB.shape
    assert read_rgb(tmp_path / "x.jpg", (10, 10)).shape == (10, 10, 3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_color_profile_is_applied(tmp_path, mode):
    red = Image.new("RGB", (4, 4), (255, 0, 0)).convert(mode)
    read = read_image(save(tmp_path / "x.png", red, icc_profile=swapped_profile()))
    np.testing.assert_allclose(read[0, 0, :3], [0, 255, 0], atol=2)
    assert read.shape[-1] == (4 if mode == "RGBA" else 3)


def test_color_profile_of_sixteen_bits_is_applied_to_eight(tmp_path):
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(swapped_profile()))
    (tmp_path / "x.png").write_bytes(png16(RGB16, extra=profile))
    with pytest.warns(UserWarning, match="only 8 of its 16 bits"):
        assert read_image(tmp_path / "x.png").dtype == np.uint8


def test_srgb_profile_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(read_image(save(tmp_path / "x.png", RGB, icc_profile=profile)), RGB)
    np.testing.assert_array_equal(read_image(save(tmp_path / "y.png", GRAY, icc_profile=swapped_profile())), GRAY)


@pytest.mark.parametrize(("name", "mode"), [("x.png", "RGB"), ("x.jpg", "CMYK")])
@pytest.mark.parametrize("profile", [b"not a profile", swapped_profile()[:400]], ids=["text", "cut"])
def test_broken_color_profile_warns(tmp_path, name, mode, profile):
    picture = Image.fromarray(RGB).convert(mode)
    save(tmp_path / name, picture, icc_profile=profile, **({"quality": 95} if mode == "CMYK" else {}))
    with pytest.warns(UserWarning, match="color profile cannot be used"):
        read = read_image(tmp_path / name)
    assert np.abs(read.astype(int) - RGB).mean() < 3


NETPBM = {
    "P1": (b"P1\n# a comment\n4 2\n0 1 1 0\n1000\n", [[255, 0, 0, 255], [0, 255, 255, 255]]),
    "P1 without spaces": (b"P1 4 2 01101000", [[255, 0, 0, 255], [0, 255, 255, 255]]),
    "P4": (b"P4 4 2\n" + bytes([0b01100000, 0b10000000]), [[255, 0, 0, 255], [0, 255, 255, 255]]),
    "P2": (b"P2\n2 2 # a comment\n255\n0 7\n200 255\n", [[0, 7], [200, 255]]),
    "P2 of few levels": (b"P2 2 1 3 1 3", [[85, 255]]),
    "P5": (b"P5 2 2 255\n" + bytes([0, 7, 200, 255]), [[0, 7], [200, 255]]),
    "P3": (b"P3\n1 2\n255\n1 2 3\n250 251 252\n", [[[1, 2, 3]], [[250, 251, 252]]]),
    "P6": (b"P6 1 2 255\n" + bytes([1, 2, 3, 250, 251, 252]), [[[1, 2, 3]], [[250, 251, 252]]]),
    "P6 of few levels": (b"P6 1 1 15\n" + bytes([0, 5, 15]), [[[0, 85, 255]]]),
}
NETPBM_OF_16_BITS = {
    "P2": (b"P2 2 1 65535 258 65535", [[258, 65535]]),
    "P5": (b"P5 2 1 65535\n" + bytes([1, 2, 255, 255]), [[258, 65535]]),
    "P5 of 1000 levels": (b"P5 2 1 1000\n" + bytes([0, 0, 3, 232]), [[0, 65535]]),
}


@pytest.mark.parametrize("kind", NETPBM)
def test_netpbm_files_written_by_hand(tmp_path, kind):
    content, values = NETPBM[kind]
    (tmp_path / "x.pnm").write_bytes(content)
    read = read_image(tmp_path / "x.pnm")
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.uint8


@pytest.mark.parametrize("kind", NETPBM_OF_16_BITS)
def test_netpbm_files_of_16_bits_written_by_hand(tmp_path, kind):
    content, values = NETPBM_OF_16_BITS[kind]
    (tmp_path / "x.pgm").write_bytes(content)
    read = read_image(tmp_path / "x.pgm")
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.uint16


@pytest.mark.parametrize("content", [b"P3 1 1 65535 258 515 772", b"P6 1 1 65535\n" + bytes([1, 2, 2, 3, 3, 4])])
def test_netpbm_files_of_16_bit_color_keep_8(tmp_path, content):
    (tmp_path / "x.ppm").write_bytes(content)
    with pytest.warns(UserWarning, match="only 8 of its 16 bits"):
        np.testing.assert_array_equal(read_image(tmp_path / "x.ppm"), [[[1, 2, 3]]])
