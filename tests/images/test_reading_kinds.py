"""Reading pictures: every format, mode, rotation and color profile."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from unetcolor import ImageReadError
from unetcolor.images import read, read_image, read_rgb

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
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
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


def test_sixteen_bit_color_ppm_keeps_all_bits(tmp_path):
    path = tmp_path / "x.ppm"
    path.write_bytes(b"P6 64 48 65535\n" + RGB16.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_image(path), RGB16)
    # Of a camera with 12 bits.
    path.write_bytes(b"P6 64 48 4095\n" + (RGB16 >> 4).astype(">u2").tobytes())
    np.testing.assert_array_equal(read_image(path), np.rint((RGB16 >> 4) * (65535 / 4095)))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ImageReadError, match="it ends before its pixels do"):
        read_image(path)


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


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_color_of_sixteen_bits_becomes_alpha(tmp_path, channels):
    pixels = RGB16[..., :channels].copy()
    # One that is the color, and one whose high bytes are those of the color.
    pixels[0, 0], pixels[0, 1] = 700, 701
    (tmp_path / "x.png").write_bytes(
        png16(pixels, extra=chunk(b"tRNS", struct.pack(f">{channels}H", *[700] * channels)))
    )
    read = read_image(tmp_path / "x.png")
    np.testing.assert_array_equal(read[..., :-1], pixels)
    assert read[0, :3, -1].tolist() == [0, 65535, 65535]


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
    with pytest.warns(
        UserWarning, match=f"it holds {'several' if name == 'x.gif' else 2} pictures; only the first is read"
    ):
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


def test_color_profile_of_sixteen_bits_is_applied_to_sixteen(tmp_path):
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(swapped_profile()))
    (tmp_path / "x.png").write_bytes(png16(RGB16, extra=profile))
    # As the same colors with 8 bits, up to what those do not hold.
    eight = read_image(save(tmp_path / "y.png", (RGB16 >> 8).astype(np.uint8), icc_profile=swapped_profile()))
    deep = read_image(tmp_path / "x.png")
    assert deep.dtype == np.uint16
    assert np.abs((deep / 257) - eight).max() < 4
    assert len(np.unique(deep)) > 4 * len(np.unique(eight))


def test_color_profile_of_sixteen_bits_without_imagecodecs(tmp_path):
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(swapped_profile()))
    (tmp_path / "x.png").write_bytes(png16(RGB16, extra=profile))
    code = (
        "import sys; sys.modules['imagecodecs'] = None; from unetcolor.images import read; p = read(sys.argv[1]);"
        "print(p.pixels.dtype, p.notes)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.png"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("uint8 ('only 8 of its 16 bits per channel are kept, since it has a color profile")


# The profiles of gray that scanners and printers write: gamma 1.0 and 1.8, a table, and one in CIE Lab.
def gray_profile(curve: bytes, space: bytes = b"XYZ ") -> bytes:
    tags = [(b"wtpt", struct.pack(">4sI3i", b"XYZ ", 0, 0xF6D6, 0x10000, 0xD32D)), (b"kTRC", curve)]
    body, table = b"", struct.pack(">I", len(tags))
    for name, content in tags:
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    size = 128 + len(table) + len(body)
    kind = struct.pack(
        ">I4xI4s4s4s12x4s28x3i", size, 0x02400000, b"prtr", b"GRAY", space, b"acsp", 0xF6D6, 0x10000, 0xD32D
    )
    return kind.ljust(128, b"\0") + table + body


def gamma(exponent: float) -> bytes:
    return struct.pack(">4sIIH", b"curv", 0, 1, round(exponent * 256))


def table_of_dot_gain() -> bytes:
    return struct.pack(">4sII256H", b"curv", 0, 256, *np.rint(65535 * np.linspace(0, 1, 256) ** 1.75).astype(int))


def srgb_from_light(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


GRAY_PROFILES = {
    "linear": (gray_profile(gamma(1.0)), lambda values: values),
    "gamma 1.8": (gray_profile(gamma(1.8)), lambda values: values ** (round(1.8 * 256) / 256)),
    "dot gain": (gray_profile(table_of_dot_gain()), lambda values: values**1.75),
}


@pytest.mark.parametrize("name", GRAY_PROFILES)
@pytest.mark.parametrize(
    "pixels", [GRAY, np.dstack([GRAY, ALPHA]), GRAY16, RGBA16[..., 2:]], ids=lambda p: f"{p.dtype} {p.ndim}"
)
def test_the_tone_curve_of_a_gray_profile_is_applied(tmp_path, name, pixels):
    profile, light = GRAY_PROFILES[name]
    if pixels.dtype == np.uint8:
        save(tmp_path / "x.png", pixels, icc_profile=profile)
    else:
        extra = chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))
        (tmp_path / "x.png").write_bytes(png16(np.atleast_3d(pixels), extra=extra))
    read = read_image(tmp_path / "x.png")
    assert read.dtype == pixels.dtype
    assert read.shape == pixels.shape
    largest = np.iinfo(pixels.dtype).max
    gray, alpha = (read, None) if pixels.ndim == 2 else (read[..., 0], read[..., 1])
    values = (pixels if pixels.ndim == 2 else pixels[..., 0]) / largest
    np.testing.assert_allclose(gray, largest * srgb_from_light(light(values)), atol=0.51 if largest == 255 else 40)
    if alpha is not None:
        np.testing.assert_array_equal(alpha, pixels[..., 1])


def test_half_of_the_light_looks_like_half_of_the_light(tmp_path):
    profile, _ = GRAY_PROFILES["linear"]
    read = read_image(save(tmp_path / "x.tif", np.full((4, 4), 128, np.uint8), icc_profile=profile))
    assert read[0, 0] == 188


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


def test_netpbm_files_of_16_bit_color_in_plain_text_keep_8(tmp_path):
    (tmp_path / "x.ppm").write_bytes(b"P3 1 1 65535 258 515 772")
    with pytest.warns(UserWarning, match="only 8 of its 16 bits"):
        np.testing.assert_array_equal(read_image(tmp_path / "x.ppm"), [[[1, 2, 3]]])


def test_a_bmp_of_five_and_six_bits_loses_nothing(tmp_path):
    # Red, green and blue in 16 bits together; the rows from the bottom, of 4 bytes each.
    masks = struct.pack("<3I", 0xF800, 0x07E0, 0x001F)
    rows = struct.pack("<HHHH", 0xF800, 0x07E0, 0x001F, 0xFFFF)
    header = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 16, 3, len(rows), 0, 0, 0, 0)
    start = 14 + len(header) + len(masks)
    content = struct.pack("<2sIII", b"BM", start + len(rows), 0, start) + header + masks + rows
    (tmp_path / "x.bmp").write_bytes(content)
    np.testing.assert_array_equal(
        read_image(tmp_path / "x.bmp"), [[[0, 0, 255], [255, 255, 255]], [[255, 0, 0], [0, 255, 0]]]
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jpeg_2000_files_keep_all_bits(tmp_path, channels, bits):
    # Up to white, which more than 8 bits must not turn into black.
    pixels = (
        np.random.default_rng(1).integers(0, 2**bits, (32, 40, channels)).astype(np.uint8 if bits == 8 else np.uint16)
    )
    pixels[0] = 2**bits - 1
    content = imagecodecs.jpeg2k_encode(pixels.squeeze(), level=0, reversible=True, bitspersample=bits)
    (tmp_path / "x.jp2").write_bytes(content)
    read = np.atleast_3d(read_image(tmp_path / "x.jp2"))
    assert read.dtype == pixels.dtype
    # Gray of 12 bits is stretched by 16 instead of 16.004.
    np.testing.assert_allclose(
        read, pixels.astype(float) * (255 if bits == 8 else 65535) / (2**bits - 1), rtol=1e-3, atol=0.51
    )


def heic(**options):
    pytest.importorskip("pillow_heif")
    from pillow_heif import HeifFile

    file = HeifFile()
    file.add_frombytes("RGB", (64, 48), RGB.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, quality=100, **options)
    return buffer.getvalue()


def test_photos_of_phones_are_read(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "Grandmother"
    (tmp_path / "x.heic").write_bytes(heic(exif=exif.tobytes()))
    photo = read(tmp_path / "x.heic")
    assert np.abs(photo.pixels.astype(int) - RGB).mean() < 4
    assert b"Grandmother" in photo.metadata.exif
    code = "import sys; sys.modules['pillow_heif'] = None; from unetcolor.images import read; read(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.heic"], capture_output=True, text=True)
    assert (
        'HEIC photos are read with pillow-heif, which is not installed: pip install "unetcolor[formats]"' in done.stderr
    )


def test_a_raw_photo_is_not_taken_for_its_preview(tmp_path):
    for tags in ([(50706, "B", 4, (1, 4, 0, 0), True)], []):
        preview = np.zeros((12, 16, 3), np.uint8)
        options = {"subifds": 1, "subfiletype": 1} if not tags else {"extratags": tags}
        with tifffile.TiffWriter(tmp_path / "x.dng") as file:
            file.write(preview, photometric="rgb", **options)
            if not tags:
                file.write(np.zeros((120, 160), np.uint16))
        with pytest.raises(ImageReadError, match="it is the raw photo of a camera: develop it"):
            read(tmp_path / "x.dng")
