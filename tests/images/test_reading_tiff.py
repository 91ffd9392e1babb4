"""TIFF files of every layout, made by hand from the specification: they read as what they say, or not at all."""

from __future__ import annotations

import itertools
import struct
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile

from unetcolor import ImageReadError
from unetcolor.images import read, read_image
from unetcolor.images.opening import count_pages

COMPRESSIONS = {"none": 1, "lzw": 5, "zlib": 8, "packbits": 32773}
KINDS = {"white": 0, "black": 1, "rgb": 2, "palette": 3, "cmyk": 5}
COLORS = {"rgb": 3, "cmyk": 4}
HEIGHT, WIDTH = 7, 13


def packed(values: np.ndarray, bits: int, order: str) -> bytes:
    """Return the numbers of a row, each of so many bits."""
    if bits == 16:
        return values.astype(order + "u2").tobytes()
    return np.packbits((values[:, np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1).tobytes()


def compressed(rows: Sequence[bytes], kind: str) -> bytes:
    data = b"".join(rows)
    if kind == "zlib":
        return zlib.compress(data)
    if kind == "packbits":
        # Each row by itself, in runs of up to 128 bytes as they are.
        runs = [row[i : i + 128] for row in rows for i in range(0, len(row), 128)]
        return b"".join(bytes([len(run) - 1]) + run for run in runs)
    if kind == "lzw":
        # Codes of 9 bits throughout: the table is cleared (256) before it would need more, and 257 ends.
        codes = [code for i in range(0, len(data), 200) for code in (256, *data[i : i + 200])]
        text = "".join(f"{code:09b}" for code in (*codes, 257))
        return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
    return data


def tiff(
    samples: np.ndarray,
    bits: int,
    kind: str,
    *,
    planar: bool = False,
    signed: bool = False,
    compression: str = "none",
    order: str = "<",
    extra: Sequence[int] = (),
    colormap: Sequence[int] | np.ndarray = (),
) -> bytes:
    """Return a TIFF 6.0 file of numbers of shape (height, width, channels), in one strip, or one for each plane."""
    height, width, channels = samples.shape
    planes = np.split(samples, channels, axis=-1) if planar else [samples]
    strips = [compressed([packed(row.ravel(), bits, order) for row in plane], compression) for plane in planes]
    starts = list(itertools.accumulate([8, *(len(strip) for strip in strips)]))
    tags: dict[int, tuple[str, Sequence[int]]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [bits] * channels),
        259: ("H", [COMPRESSIONS[compression]]),
        262: ("H", [KINDS[kind]]),
        273: ("I", starts[:-1]),
        277: ("H", [channels]),
        278: ("I", [height]),
        279: ("I", [len(strip) for strip in strips]),
        284: ("H", [2 if planar else 1]),
        320: ("H", colormap),
        338: ("H", extra),
        339: ("H", [2 if signed else 1] * channels),
    }
    tags = {number: tag for number, tag in tags.items() if len(tag[1])}
    directory = starts[-1]
    place = directory + 2 + 12 * len(tags) + 4
    entries, long_values = b"", b""
    for number, (letter, values) in tags.items():
        data = struct.pack(f"{order}{len(values)}{letter}", *values)
        entries += struct.pack(order + "HHI", number, {"H": 3, "I": 4}[letter], len(values))
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", place + len(long_values))
            long_values += data
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, directory)
    return header + b"".join(strips) + struct.pack(order + "H", len(tags)) + entries + bytes(4) + long_values


def scaled(values: np.ndarray, bits: int) -> np.ndarray:
    """Return numbers of so many bits as uint8, or uint16 if there are more than 8."""
    largest, dtype = (255, np.uint8) if bits <= 8 else (65535, np.uint16)
    return np.rint(values * (largest / (2**bits - 1))).astype(dtype)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 12, 16])
def test_a_layout_reads_as_what_it_says_or_is_an_error_that_names_it(
    tmp_path: Path, bits: int, kind: str, planar: bool, signed: bool, order: str
) -> None:
    rng = np.random.default_rng(5)
    samples = rng.integers(0, 2**bits, (HEIGHT, WIDTH, COLORS.get(kind, 1)))
    colors = rng.integers(0, 256, 3 * 2**bits) * 257 if kind == "palette" else []
    path = tmp_path / "x.tif"
    for compression in COMPRESSIONS:
        path.write_bytes(
            tiff(
                samples, bits, kind, planar=planar, signed=signed, compression=compression, order=order, colormap=colors
            )
        )
        # What people have is read.
        if signed or bits in (2, 4) or kind in ("palette", "cmyk"):
            pixels = pixels_or_none(path, ("INT" if signed else "UINT", f"x {bits} bits", "planar" if planar else ""))
        else:
            pixels = read_image(path)
        if pixels is None:
            continue
        assert not signed
        if kind == "palette":
            expected = (np.reshape(colors, (3, -1)).T // 257)[samples[..., 0]]
        elif kind == "cmyk":
            light = 1 - samples / (2**bits - 1)
            # Pillow rounds each of the inks, and their products with black.
            np.testing.assert_allclose(pixels / 255, light[..., :3] * light[..., 3:], atol=1.5 / 255)
            continue
        else:
            light = 2**bits - 1 - samples if kind == "white" else samples
            expected = scaled(light[..., 0] if light.shape[-1] == 1 else light, bits)
            assert pixels.dtype == expected.dtype
        np.testing.assert_array_equal(pixels, expected)


def pixels_or_none(path: Path, named: Sequence[str]) -> np.ndarray | None:
    """Return the pixels that the file reads as, or None if it is an error that names what it is."""
    try:
        photo = read(path)
    except ImageReadError as error:
        message = str(error)
    else:
        assert not photo.notes or photo.notes == ("only 8 of its 16 bits per channel are kept",)
        return photo.pixels
    assert all(word in message for word in named), message
    return None


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("extra", [0, 1, 2])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("kind", ["white", "black", "rgb"])
def test_alpha_is_what_the_tags_say(tmp_path: Path, kind: str, planar: bool, extra: int, bits: int) -> None:
    colors = COLORS.get(kind, 1)
    largest = 2**bits - 1
    samples = np.random.default_rng(6).integers(0, 2**bits, (HEIGHT, WIDTH, colors + 1))
    alpha = samples[..., -1:]
    light = largest - samples[..., :-1] if kind == "white" else samples[..., :-1]
    if extra == 1:
        # No color times alpha is larger than alpha.
        light = np.minimum(light, alpha)
        samples[..., :-1] = largest - light if kind == "white" else light
    (tmp_path / "x.tif").write_bytes(tiff(samples, bits, kind, planar=planar, extra=[extra]))
    pixels = read_image(tmp_path / "x.tif")
    if extra == 0:
        np.testing.assert_array_equal(np.atleast_3d(pixels), light)
        return
    np.testing.assert_array_equal(pixels[..., -1:], alpha)
    expected = light * (largest / np.maximum(alpha, 1)) if extra == 1 else light
    visible = np.broadcast_to(alpha > 0, light.shape)
    np.testing.assert_allclose(pixels[..., :-1][visible], expected[visible], atol=0 if extra == 2 else 1)


def test_what_other_programs_write_reads_the_same(tmp_path: Path) -> None:
    gray = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    tifffile.imwrite(tmp_path / "a.tif", 65535 - gray, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), gray)
    rgb = np.random.default_rng(0).integers(0, 65536, (3, 32, 40)).astype(np.uint16)
    for options in ({}, {"tile": (16, 16)}, {"compression": "zlib", "predictor": True}, {"bigtiff": True}):
        tifffile.imwrite(tmp_path / "b.tif", rgb, photometric="rgb", planarconfig="separate", **options)
        np.testing.assert_array_equal(read_image(tmp_path / "b.tif"), np.moveaxis(rgb, 0, -1))


def test_metadata_of_a_layout_that_pillow_does_not_know_are_read(tmp_path: Path) -> None:
    gray = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    tifffile.imwrite(tmp_path / "a.tif", gray, photometric="miniswhite", extratags=[(315, "s", 0, "Anna", True)])
    assert b"Anna" in read(tmp_path / "a.tif").metadata.exif


def test_a_part_that_swells_beyond_its_picture_is_an_error(tmp_path: Path) -> None:
    samples = np.zeros((HEIGHT, WIDTH, 3), int)
    content = tiff(samples, 16, "rgb", planar=True, compression="zlib")
    strip = zlib.compress(bytes(2 * HEIGHT * WIDTH))
    bomb = zlib.compress(bytes(100_000_000), 9)
    assert content.count(strip) == 3
    # Behind the rest, where the first strip's place and length now point.
    content = bytearray(content + bomb)
    for number, value in ((273, len(content) - len(bomb)), (279, len(bomb))):
        entry = content.index(struct.pack("<HHI", number, 4, 3))
        (place,) = struct.unpack_from("<I", content, entry + 8)
        struct.pack_into("<I", content, place, value)
    (tmp_path / "x.tif").write_bytes(content)
    with pytest.raises(ImageReadError, match="a part of it holds more pixels than it may"):
        read_image(tmp_path / "x.tif")


def test_without_imagecodecs_the_error_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(np.zeros((HEIGHT, WIDTH, 1), int), 12, "black"))
    code = "import sys; sys.modules['imagecodecs'] = None; import unetcolor.images as i; i.read(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert 'which is not installed: pip install "unetcolor[formats]"' in done.stderr


def test_pages_of_every_layout_are_counted_and_read(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    gray = np.full((HEIGHT, WIDTH), 1000, np.uint16)
    for options in ({"photometric": "miniswhite"}, {"photometric": "minisblack"}):
        with tifffile.TiffWriter(path) as file:
            for number in range(3):
                file.write(gray * number, resolution=(300, 150), resolutionunit="inch", **options)
        assert count_pages(path) == 3
        first = read(path)
        assert first.notes == ("it holds 3 pictures; only the first is read",)
        assert first.metadata.resolution == (300, 150)
        levels = [int(read(path, page=number).pixels[0, 0]) for number in range(3)]
        assert levels == ([65535, 64535, 63535] if options["photometric"] == "miniswhite" else [0, 1000, 2000])


def test_a_broken_second_page_takes_nothing_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as file:
        for _ in range(2):
            file.write(np.zeros((HEIGHT, WIDTH, 3), np.uint8), photometric="rgb", description="Anna", metadata=None)
    with tifffile.TiffFile(path) as written:
        second = written.pages[1].offset
    path.write_bytes(path.read_bytes()[: second + 4])
    photo = read(path)
    assert b"Anna" in photo.metadata.exif
    assert photo.notes == ("it holds several pictures; only the first is read",)


@pytest.mark.parametrize("channels", [3, 4])
def test_xmp_data_of_another_type_are_left_out(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "x.tif"
    tag = (700, "H", 3, (1, 2, 3), True)
    pixels = np.zeros((HEIGHT, WIDTH, channels), np.uint8 if channels == 3 else np.uint16)
    tifffile.imwrite(path, pixels, photometric="rgb", extratags=[tag])
    assert read(path).metadata.xmp == b""


def test_a_number_of_channels_costs_no_memory(tmp_path: Path) -> None:
    content = bytearray(tiff(np.zeros((HEIGHT, WIDTH, 1), int), 8, "black"))
    entry = content.index(struct.pack("<HHI", 277, 3, 1))
    struct.pack_into("<HHII", content, entry, 277, 4, 1, 0xFFFFFFFF)
    (tmp_path / "x.tif").write_bytes(content)
    with pytest.raises(ImageReadError, match="TIFF files of 4294967295 channels are not read"):
        read(tmp_path / "x.tif")
