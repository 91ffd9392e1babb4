"""What the table says of each format is what its files do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, features

from unetcolor.images import FORMATS, WRITE_FORMATS, Metadata, encode_image, read, write_image
from unetcolor.images.formats import READ_SUFFIXES, Format, format_to_write

RGBA = np.random.default_rng(0).integers(0, 256, (12, 16, 4), dtype=np.uint8)
PIXELS = {
    "gray": RGBA[..., 0],
    "gray and alpha": RGBA[..., :2],
    "color": RGBA[..., :3],
    "color and alpha": RGBA,
}
DEEP = {name: pixels.astype(np.uint16) * 257 + 3 for name, pixels in PIXELS.items()}
WRITTEN = [pytest.param(known, suffix, id=suffix) for suffix, known in WRITE_FORMATS.items()]


def exif(length: int) -> bytes:
    """Return EXIF data of that many bytes."""
    data = Image.Exif()
    data[ExifTags.Base.ImageDescription] = "x" * (length - 33)
    # Without the byte that makes the length even.
    return data.tobytes()[:length]


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_pillow_knows_the_format_and_its_suffixes_by_that_name(known: Format) -> None:
    registered = Image.registered_extensions()
    if known.name == "AVIF" and ".avif" not in registered:
        pytest.skip("this Pillow has no AVIF")
    if known.name == "HEIF":
        # It is opened without being made known to all of Pillow.
        assert {*known.suffixes} == {".heic", ".heics", ".heif", ".heifs", ".hif"}
        return
    assert {suffix for suffix, name in registered.items() if name == known.name} == set(known.suffixes)
    assert set(known.written) <= set(known.suffixes) <= READ_SUFFIXES
    assert known.name in Image.OPEN
    assert Image.OPEN[known.name][1] is not None


@pytest.mark.parametrize("kind", PIXELS)
@pytest.mark.parametrize(("known", "suffix"), WRITTEN)
def test_a_file_holds_the_depth_and_alpha_that_the_table_says(
    tmp_path: Path, known: Format, suffix: str, kind: str
) -> None:
    for pixels in (PIXELS[kind], DEEP[kind]):
        path = tmp_path / f"x{suffix}"
        if known.holds_depth(pixels) and (known.alpha or "alpha" not in kind):
            write_image(path, pixels)
            read_back = read(path).pixels
            assert read_back.dtype == pixels.dtype
            assert (read_back.shape[-1] in (2, 4)) == ("alpha" in kind)
            if not known.quality:
                np.testing.assert_array_equal(read_back, pixels)
        else:
            with pytest.raises(ValueError, match=r"have no alpha|cannot hold 16-bit"):
                write_image(path, pixels)


@pytest.mark.parametrize(("known", "suffix"), WRITTEN)
def test_a_file_holds_the_exif_data_that_the_table_says(tmp_path: Path, known: Format, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    longest = exif(min(known.holds.get("exif", 100), 100_000))
    write_image(path, PIXELS["color"], metadata=Metadata(longest))
    with Image.open(path) as picture:
        assert (ExifTags.Base.ImageDescription in picture.getexif()) == ("exif" in known.holds)
    if known.holds.get("exif") == len(longest):
        with pytest.raises(ValueError, match=r"JPEG files hold 65,527 bytes of EXIF data, not 65,528"):
            write_image(path, PIXELS["color"], metadata=Metadata(longest + b"\0"))


@pytest.mark.parametrize("kind", PIXELS)
@pytest.mark.parametrize(("known", "suffix"), WRITTEN)
def test_what_is_kept_in_memory_is_what_is_written(tmp_path: Path, known: Format, suffix: str, kind: str) -> None:
    metadata = Metadata(exif(100), text=(("Title", "a"),), resolution=(300, 200))
    for pixels in (PIXELS[kind], DEEP[kind]):
        if known.holds_depth(pixels) and (known.alpha or "alpha" not in kind):
            write_image(tmp_path / f"x{suffix}", pixels, quality=80, metadata=metadata)
            content = encode_image(pixels, known, quality=80, metadata=metadata)
            assert content == (tmp_path / f"x{suffix}").read_bytes()
            assert_same(io.BytesIO(content), tmp_path / f"x{suffix}")
        else:
            with pytest.raises(ValueError, match=r"have no alpha|cannot hold 16-bit"):
                encode_image(pixels, known)


@pytest.mark.parametrize("known", [known for known in FORMATS if not known.written], ids=lambda known: known.name)
def test_every_format_is_read_from_memory(tmp_path: Path, known: Format) -> None:
    picture, path = Image.fromarray(PIXELS["color"]), tmp_path / f"x{known.suffixes[0]}"
    if known.name == "HEIF":
        pillow_heif.from_pillow(picture).save(path)
    elif known.name == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    else:
        picture.save(path, known.name)
    assert_same(io.BytesIO(path.read_bytes()), path)
    # The position does not matter, and the file stays open.
    with path.open("rb") as file:
        file.seek(5)
        assert_same(file, path)
        assert not file.closed


def assert_same(file: io.BytesIO | io.BufferedReader, path: Path) -> None:
    in_memory, on_disk = read(file), read(path)
    np.testing.assert_array_equal(in_memory.pixels, on_disk.pixels)
    assert (in_memory.metadata, in_memory.notes) == (on_disk.metadata, on_disk.notes)


def test_a_suffix_chooses_the_format_whatever_its_case() -> None:
    assert format_to_write("a/b.JPEG").name == "JPEG"
    for path in ("a.gif", "a", "jpg"):
        with pytest.raises(ValueError, match=rf"cannot write {path}: the suffix must be one of \.jpg, .*\.bmp"):
            format_to_write(path)
