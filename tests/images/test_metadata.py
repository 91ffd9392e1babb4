"""What a file says of its pixels goes from file to file, and stays true."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from unetcolor import ImageReadError
from unetcolor.images import WRITE_FORMATS, Metadata, read, read_image, write_image

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation: int = 6) -> bytes:
    data = Image.Exif()
    data[ExifTags.Base.ImageDescription] = "Grandmother at the sea"
    data[ExifTags.Base.Artist] = "Jürgen Groß".encode()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "1931:07:04 12:00:00",
        ExifTags.Base.ExifImageWidth: 16,
        ExifTags.Base.ExifImageHeight: 12,
    }
    data[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (54.0, 10.0, 1.0)}
    return data.tobytes()


def wide_profile() -> bytes:
    """Return a profile whose red and green are exchanged: as far from sRGB as can be seen."""
    data = bytearray(SRGB)
    tags = {}
    for i in range(int.from_bytes(data[128:132], "big")):
        entry = data[132 + 12 * i : 144 + 12 * i]
        tags[bytes(entry[:4])] = 132 + 12 * i
    red, green = tags[b"rXYZ"] + 4, tags[b"gXYZ"] + 4
    data[red : red + 8], data[green : green + 8] = data[green : green + 8], data[red : red + 8]
    return bytes(data)


FORMATS_WITH_METADATA = sorted(set(WRITE_FORMATS) - {".bmp"})


@pytest.mark.parametrize("suffix", FORMATS_WITH_METADATA)
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif", ".webp"])
def test_exif_goes_from_any_format_to_any_other_but_for_rotation_and_size(
    tmp_path: Path, source: str, suffix: str
) -> None:
    Image.fromarray(PIXELS).save(tmp_path / f"in{source}", exif=exif())
    write_image(tmp_path / f"out{suffix}", PIXELS, metadata=read(tmp_path / f"in{source}").metadata)
    with Image.open(tmp_path / f"out{suffix}") as picture:
        written = picture.getexif()
        assert written[ExifTags.Base.ImageDescription] == "Grandmother at the sea"
        # Pillow takes each byte for a letter, and writes other letters than ASCII not into TIFF.
        if not {source, suffix} & {".tif", ".tiff"}:
            assert written[ExifTags.Base.Artist].encode("latin-1").decode() == "Jürgen Groß"
        assert ExifTags.Base.Orientation not in written
        assert written.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.DateTimeOriginal: "1931:07:04 12:00:00"}
        assert written.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == (54, 10, 1)
    assert read_image(tmp_path / f"out{suffix}").shape == PIXELS.shape


@pytest.mark.parametrize("suffix", FORMATS_WITH_METADATA)
@pytest.mark.parametrize("profile", [SRGB, wide_profile()], ids=["sRGB", "another"])
def test_colors_are_converted_to_the_profile_that_is_written(tmp_path: Path, suffix: str, profile: bytes) -> None:
    flat = np.full((16, 16, 3), (180, 120, 90), np.uint8)
    path = tmp_path / f"out{suffix}"
    write_image(path, flat, metadata=Metadata(icc_profile=profile))
    with Image.open(path) as picture:
        assert picture.info["icc_profile"] == profile
    assert read(path).metadata.icc_profile == profile
    assert np.abs(read_image(path).astype(int) - flat).max() <= 4


def test_alpha_stays_when_colors_are_converted(tmp_path: Path) -> None:
    rgba = np.dstack([PIXELS, PIXELS[..., 0]])
    write_image(tmp_path / "x.png", rgba, metadata=Metadata(icc_profile=wide_profile()))
    np.testing.assert_array_equal(read_image(tmp_path / "x.png")[..., 3], rgba[..., 3])


def test_sixteen_bit_png_files_hold_both(tmp_path: Path) -> None:
    deep = PIXELS.astype(np.uint16) * 257 + 3
    write_image(tmp_path / "x.png", deep, metadata=Metadata(exif(1), SRGB))
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), deep)
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.info["icc_profile"] == SRGB
        assert picture.getexif()[ExifTags.Base.ImageDescription] == "Grandmother at the sea"


def test_profiles_of_gray_and_cmyk_are_not_handed_on_to_colors(tmp_path: Path) -> None:
    gray = bytearray(SRGB)
    gray[16:20] = b"GRAY"
    Image.new("L", (8, 8)).save(tmp_path / "gray.jpg", icc_profile=bytes(gray))
    assert read(tmp_path / "gray.jpg").metadata.icc_profile == b""


def test_gray_pixels_get_no_profile_of_colors(tmp_path: Path) -> None:
    write_image(tmp_path / "x.png", PIXELS[..., 0], metadata=Metadata(icc_profile=SRGB))
    with Image.open(tmp_path / "x.png") as picture:
        assert "icc_profile" not in picture.info


@given(st.binary(max_size=60))
def test_broken_metadata_are_left_out(garbage: bytes) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", exif=b"Exif\0\0" + garbage, icc_profile=garbage or b"x")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.png"
        path.write_bytes(buffer.getvalue())
        assert read(path).metadata.icc_profile == b""


def test_what_is_no_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ImageReadError, match=r"notes\.txt"):
        read(tmp_path / "notes.txt")
    with pytest.raises(ImageReadError, match="No such file"):
        read(tmp_path / "missing.jpg")


def test_exif_data_of_a_tiff_with_several_pictures_are_read(tmp_path: Path) -> None:
    picture = Image.fromarray(PIXELS)
    picture.save(tmp_path / "one.tif", exif=exif())
    picture.save(tmp_path / "two.tif", exif=exif(), save_all=True, append_images=[picture])
    one, two = read(tmp_path / "one.tif"), read(tmp_path / "two.tif")
    assert one.metadata.exif == two.metadata.exif != b""
    assert two.notes == ("it holds 2 pictures; only the first is read",)


def test_exif_data_behind_the_pixels_are_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", exif=exif())
    data = buffer.getvalue()
    start = data.index(b"eXIf") - 4
    length = 12 + int.from_bytes(data[start : start + 4], "big")
    end = data.index(b"IEND") - 4
    moved = data[:start] + data[start + length : end] + data[start : start + length] + data[end:]
    (tmp_path / "x.png").write_bytes(moved)
    (tmp_path / "y.png").write_bytes(data)
    behind, before = read(tmp_path / "x.png"), read(tmp_path / "y.png")
    assert behind.metadata.exif == before.metadata.exif != b""
    np.testing.assert_array_equal(behind.pixels, before.pixels)


def test_a_pillow_image_has_metadata_too(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "x.jpg", exif=exif(), icc_profile=SRGB)
    with Image.open(tmp_path / "x.jpg") as picture:
        photo = read(picture)
    assert photo.metadata == read(tmp_path / "x.jpg").metadata
    assert photo.pixels.shape == (16, 12, 3)
    assert read(Image.fromarray(PIXELS)).metadata == Metadata()


def everything() -> Metadata:
    with Image.open(_with_exif()) as picture:
        kept = read(picture).metadata.exif
    return Metadata(
        kept,
        SRGB,
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><d tiff:Orientation="1" dc:title="S\xc3\xbce"/></x:xmpmeta>',
        b"\x1c\x02\x05\x00\x04Anna",
        (("Comment", "Am Strand, größer"), ("Title", "Anna")),
        (300.0, 600.0),
    )


def _with_exif() -> io.BytesIO:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", exif=exif(1))
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", WRITE_FORMATS)
def test_what_fits_into_a_file_is_read_from_it_and_all_else_is_named(
    tmp_path: Path, suffix: str, depth: type[np.generic]
) -> None:
    chosen = WRITE_FORMATS[suffix]
    pixels = PIXELS.astype(depth) * (np.iinfo(depth).max // 255)
    if not chosen.holds_depth(pixels):
        return
    given = everything()
    kept, lost = given.fitting(chosen)
    write_image(tmp_path / f"x{suffix}", pixels, metadata=given)
    written = read(tmp_path / f"x{suffix}").metadata
    for name in ("exif", "icc_profile", "xmp", "iptc", "text"):
        if name == "exif" and "exif" in chosen.holds:
            # Also with the tags of the resolution, which are the file's own.
            assert b"Grandmother at the sea" in written.exif
        elif name == "icc_profile":
            assert written.icc_profile == (SRGB if name in chosen.holds else b"")
        else:
            assert getattr(written, name) == getattr(kept, name)
    if kept.resolution:
        np.testing.assert_allclose(written.resolution, kept.resolution, rtol=1e-3)
    named = " ".join(lost)
    expected = {"exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "resolution": "resolution", "text": "Title"}
    for name, word in expected.items():
        assert (word in named) == (name not in chosen.holds)
    assert ("Comment" in named) == ("text" not in chosen.holds and "comment" not in chosen.holds)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_the_rotation_in_xmp_data_is_that_of_the_upright_picture(tmp_path: Path, suffix: str) -> None:
    for packet in (b'<d tiff:Orientation="6"/>', b"<tiff:Orientation>6</tiff:Orientation>"):
        write_image(tmp_path / f"x{suffix}", PIXELS, metadata=Metadata(xmp=packet))
        photo = read(tmp_path / f"x{suffix}")
        assert photo.pixels.shape == (16, 12, 3)
        # Pillow takes it away from TIFF files.
        assert photo.metadata.xmp in (packet.replace(b"6", b"1"), b"<d />", b"")


def test_the_resolution_is_turned_with_the_picture(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "x.jpg", exif=exif(6), dpi=(300, 600))
    assert read(tmp_path / "x.jpg").metadata.resolution == (600, 300)


def only_from() -> bytes:
    """Return a profile of RGB colors that only leads from them, by a table: its other direction makes all black."""
    data = bytearray(SRGB)
    # What it is for: a scanner has no way back.
    data[12:16] = b"scnr"
    curve = struct.pack(">4sII2H", b"curv", 0, 2, 65535, 65535)
    count = int.from_bytes(data[128:132], "big")
    places = {bytes(data[i : i + 4]): i for i in range(132, 132 + 12 * count, 12)}
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        struct.pack_into(">II", data, places[name] + 4, len(data), len(curve))
    data += curve
    data[:4] = len(data).to_bytes(4, "big")
    return bytes(data)


def test_a_profile_that_does_not_lead_back_is_not_written(tmp_path: Path) -> None:
    Image.fromarray(PIXELS).save(tmp_path / "x.png", icc_profile=only_from())
    assert read(tmp_path / "x.png").metadata.icc_profile == b""


def test_a_tiff_file_is_compressed(tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(200), np.arange(300)).astype(np.uint8)
    write_image(tmp_path / "x.tif", np.dstack([ramp] * 3))
    assert (tmp_path / "x.tif").stat().st_size < 200 * 300 * 3 / 20


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_the_resolution_of_every_format_is_turned(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(PIXELS).save(tmp_path / f"x{suffix}", exif=exif(6), dpi=(300, 150))
    assert read(tmp_path / f"x{suffix}").metadata.resolution == (150, 300)


def test_numbers_of_exif_data_that_do_not_fit_are_no_reason_to_fail(tmp_path: Path) -> None:
    for rating in (5, 100_000):
        data = Image.Exif()
        data[ExifTags.Base.Rating] = rating
        write_image(tmp_path / "x.tif", PIXELS, metadata=Metadata(data.tobytes()))
        with Image.open(tmp_path / "x.tif") as picture:
            assert picture.getexif()[ExifTags.Base.Rating] == rating
