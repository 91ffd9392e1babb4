"""Open and decode one picture with Pillow: every format, mode and failure is dealt with here."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from unetcolor._checks import LARGEST_AREA
from unetcolor.errors import ImageReadError

# The formats that are read, in Pillow's names; its JPEG reader opens MPO files too. A list, because a file's
# name says nothing about its content: Pillow by itself would hand an EPS file named .png to Ghostscript, and
# opens some forty rare formats that nobody checks. AVIF needs Pillow 11.3.
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP", "PPM", "AVIF")

# EXIF orientation: quarter turns counterclockwise, then whether to mirror left to right.
_TURNS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}

# What unpacks the other byte of each 16-bit value; "N" is the byte order of the machine.
_OTHER_BYTE = {"16B": "16L", "16L": "16B", "16N": "16B" if np.little_endian else "16L"}

# A profile that moves no color of a coarse cube by more than this many of 255 levels is sRGB.
_SRGB_TOLERANCE = 2


class _UnreadableError(Exception):
    """Why a picture cannot be read, in words for the user."""


def read_pixels(
    source: str | os.PathLike[str] | Image.Image, max_pixels: int, draft_size: tuple[int, int] | None = None
) -> tuple[np.ndarray, list[str]]:
    """Read a picture into an array, upright and in sRGB.

    Parameters
    ----------
    source
        A path, or a Pillow image, of which the current frame is taken.
    max_pixels
        The largest width times height that is decoded.
    draft_size
        ``(height, width)``. A JPEG file may be decoded at a half, quarter or eighth of its size, as long as it
        stays larger than this in both directions, whichever way it is rotated.

    Returns
    -------
    pixels
        uint8 or uint16, of shape ``(height, width)`` or ``(height, width, channels)``.
    notes
        What was lost on the way, in words for the user.

    Raises
    ------
    ImageReadError
        The picture cannot be read.
    """
    if isinstance(source, Image.Image):
        with _explaining(getattr(source, "filename", "") or "the Pillow image"):
            _check_size(source, max_pixels)
            source.load()
            notes: list[str] = []
            return _upright(_to_array(_to_srgb(source, notes)), source), notes
    path = os.fspath(source)
    with _explaining(path), open(path, "rb") as file:
        return _read_file(file, max_pixels, draft_size)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """Open a picture file, of which only the header is read, for what stands beside the pixels."""
    with _explaining(os.fspath(path)), open(path, "rb") as file:
        yield _open(file, LARGEST_AREA)


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into an ImageReadError with the picture's name."""
    try:
        yield
    except _UnreadableError as error:
        raise ImageReadError(f"cannot read {name}: {error}") from None
    # Broken files make Pillow raise a dozen unrelated exceptions, from SyntaxError to struct.error.
    except Exception as error:
        reason = getattr(error, "strerror", None) or f"the file is broken ({type(error).__name__}: {error})"
        raise ImageReadError(f"cannot read {name}: {reason}") from error


def _read_file(file: IO[bytes], max_pixels: int, draft_size: tuple[int, int] | None) -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    picture = _open(file, max_pixels)
    if draft_size is not None:
        # Rotation may exchange height and width, so ask for the longer of both in both directions.
        picture.draft(None, (max(draft_size), max(draft_size)))
    other_bytes = _other_bytes(picture)
    has_16_bits = _has_16_bit_color(picture)
    picture.load()
    if has_16_bits:
        # The one color that is transparent, if any: 16 bits, which match nothing once the pixels have 8.
        picture.info.pop("transparency", None)
    plain = _to_srgb(picture, notes)
    pixels = _to_array(plain)
    if plain is picture and other_bytes is not None:
        second = _open(file, max_pixels)
        second.tile = other_bytes
        second.load()
        pixels = pixels.astype(np.uint16) << 8 | np.asarray(second)
    elif has_16_bits:
        notes.append("only 8 of its 16 bits per channel are kept")
    # An MPO file of a phone holds the photo and its previews, or the photo for the other eye.
    if picture.format != "MPO" and _has_more_frames(picture):
        notes.append("it holds several pictures; only the first is read")
    return _upright(pixels, picture), notes


def _open(file: IO[bytes], max_pixels: int) -> Any:
    """Read the header and return a Pillow image that is not decoded yet.

    This is the loop of ``Image.open`` without its size check. That check compares with a limit that is global
    to the process; ours belongs to one call.
    """
    Image.init()
    file.seek(0)
    prefix = file.read(16)
    if not prefix:
        raise _UnreadableError("the file is empty")
    for name in FORMATS:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is None or accept is None:
            continue
        accepted = accept(prefix)
        if isinstance(accepted, str):
            raise _UnreadableError(accepted)
        if accepted:
            file.seek(0)
            # Without a file name Pillow does not map the file into memory, where a later change would show.
            picture = factory(file, "")
            _check_size(picture, max_pixels)
            if isinstance(picture, TiffImagePlugin.TiffImageFile):
                # The TIFF reader checks the size against the global limit again, when it makes this memory.
                width, height = picture.tag_v2[256], picture.tag_v2[257]
                picture.im = Image.new(picture.mode, (width, height)).im
            return picture
    raise _UnreadableError(f"it is none of these kinds of picture: {', '.join(FORMATS)}")


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width * height == 0:
        raise _UnreadableError("it has no pixels")
    if width * height > max_pixels:
        raise _UnreadableError(
            f"it has {width} x {height} = {width * height:,} pixels, more than max_pixels={max_pixels:,}; "
            "if you trust the file, pass a larger max_pixels"
        )


def _raw_mode(tile: Any) -> str:
    """Return what Pillow calls the layout of the data in the file, for example ``"RGB;16B"``."""
    return str(tile[3] if isinstance(tile[3], str) else tile[3][0])


def _has_16_bit_color(picture: Any) -> bool:
    if not picture.tile or picture.mode.startswith("I"):
        return False
    # A PPM file's tile holds the largest value instead of the layout.
    _, _, _, args = tile = picture.tile[0]
    return ";16" in _raw_mode(tile) or (tile[0].startswith("ppm") and args[-1] > 255)


def _other_bytes(picture: Any) -> list[Any] | None:
    """Return the tiles that decode to the low byte of each value, if it is 16-bit RGB or RGBA.

    Pillow has no mode for 16-bit color: it keeps the high byte of each value and drops the low one. With the
    other byte order it keeps the low one instead.
    """
    swapped = []
    for tile in picture.tile:
        layout, _, depth = _raw_mode(tile).partition(";")
        if picture.mode != layout or layout not in ("RGB", "RGBA") or depth not in _OTHER_BYTE:
            return None
        other = f"{layout};{_OTHER_BYTE[depth]}"
        args = other if isinstance(tile[3], str) else (other, *tile[3][1:])
        swapped.append(tile._replace(args=args))
    return swapped or None


def _has_more_frames(picture: Any) -> bool:
    try:
        return bool(getattr(picture, "is_animated", False))
    # GIF looks for the next frame here; the first one is good even when that one is broken.
    except Exception:
        return False


def _upright(pixels: np.ndarray, picture: Image.Image) -> np.ndarray:
    """Rotate as the EXIF data says; ``exif_transpose`` would also rewrite that data, and fail where it is odd."""
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    # EXIF data that cannot be read says nothing about rotation, and the pixels are good.
    except Exception:
        orientation = 1
    turns, mirrored = _TURNS.get(orientation, (0, False))
    turned = np.rot90(pixels, turns)
    return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)


def _to_srgb(picture: Image.Image, notes: list[str]) -> Image.Image:
    """Return the picture in mode L, LA, RGB, RGBA, or one of the I modes; itself if nothing changes."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture
    if picture.mode == "LAB":
        return _transform(picture, ImageCms.createProfile("LAB"))
    if picture.mode == "CMYK":
        converted = _apply_profile(picture, notes)
        return picture.convert("RGB") if converted is picture else converted
    is_gray = picture.mode in ("1", "L", "LA", "La")
    mode = ("L" if is_gray else "RGB") + ("A" if picture.has_transparency_data else "")
    plain = picture if picture.mode == mode else picture.convert(mode)
    return plain if is_gray else _apply_profile(plain, notes)


def _apply_profile(picture: Image.Image, notes: list[str]) -> Image.Image:
    data = picture.info.get("icc_profile")
    if not data:
        return picture
    try:
        return _transform(picture, ImageCms.ImageCmsProfile(io.BytesIO(data)))
    # ImportError: a Pillow that was built without color management.
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError) as error:
        notes.append(f"its color profile cannot be used ({error}), so its colors may be off")
        return picture


def _transform(picture: Image.Image, profile: Any) -> Image.Image:
    """Convert from a color profile to sRGB; a picture that is in sRGB already is returned itself."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), picture.mode, mode)
    if picture.mode == mode:
        levels = np.linspace(0, 255, 6).round().astype(np.uint8)
        cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
        moved = np.asarray(ImageCms.applyTransform(Image.fromarray(cube).convert(mode), transform))[..., :3]
        if np.abs(moved.astype(int) - cube).max() <= _SRGB_TOLERANCE:
            return picture
    converted = ImageCms.applyTransform(picture, transform)
    return picture if converted is None else converted


def _to_array(picture: Image.Image) -> np.ndarray:
    if picture.mode == "F":
        raise _UnreadableError(
            "it holds 32-bit floats, whose range is not known; scale the values to 0..1 and pass the array instead"
        )
    values = np.array(picture)
    if not picture.mode.startswith("I"):
        return values
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        raise _UnreadableError(f"its values, {low}..{high}, do not fit 16 bits; scale them and pass the array instead")
    return values.astype(np.uint16)
