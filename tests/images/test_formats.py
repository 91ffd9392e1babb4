"""What the table says of each format is what its files do."""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, features

from unetcolor.errors import ImageReadError, ImageTooLargeError
from unetcolor.images import FORMATS, WRITE_FORMATS, Metadata, encode_image, read, write_image
from unetcolor.images.formats import READ_SUFFIXES, Format, format_to_write
from unetcolor.images.opening import format_of
from unetcolor.images.writing import write_to

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


OPEN_FILES: list[Callable[[], Any]] = [
    io.BytesIO,
    tempfile.TemporaryFile,
    lambda: tempfile.SpooledTemporaryFile(10**6),
    lambda: tempfile.SpooledTemporaryFile(100),
]


@pytest.mark.parametrize("new", OPEN_FILES, ids=["memory", "disk", "spooled, in memory", "spooled, on disk"])
def test_open_files_are_read_and_written_like_paths(tmp_path: Path, new: Callable[[], Any]) -> None:
    metadata = Metadata(exif=exif(100), resolution=(300, 300))
    for suffix, known in WRITE_FORMATS.items():
        for pixels in (*PIXELS.values(), *DEEP.values()):
            if not known.holds_depth(pixels) or (pixels.ndim == 3 and pixels.shape[-1] in (2, 4) and not known.alpha):
                continue
            path = tmp_path / f"x{suffix}"
            write_image(path, pixels, metadata=metadata)
            with new() as file:
                write_to(file, pixels, known, metadata=metadata)
                file.seek(0)
                assert file.read() == path.read_bytes()
                # Wherever it was read to.
                photo, expected = read(file), read(path)
                assert photo.metadata == expected.metadata
                assert np.array_equal(photo.pixels, expected.pixels)
                assert format_of(file) is known
                assert not file.closed


def test_an_open_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="cannot read the picture: the file is empty"):
        read(io.BytesIO())
    with tempfile.TemporaryFile() as file, pytest.raises(ImageReadError, match="cannot read the picture: the file"):
        read(file)
    (tmp_path / "text.png").write_text("This is no photo.")
    with open(tmp_path / "text.png", "rb") as file, pytest.raises(ImageReadError, match=r"text\.png: it is none of"):
        read(file)
    with tempfile.TemporaryFile() as file:
        Image.new("L", (40, 30)).save(file, "PNG")
        with pytest.raises(ImageTooLargeError, match="40 x 30 = 1,200 pixels") as caught:
            read(file, max_pixels=1000)
    assert caught.value.size == (40, 30)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.size, str(again)) == (caught.value.size, str(caught.value))
