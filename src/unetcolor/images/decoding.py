"""Decode an opened picture into an array: all its bits, upright, in sRGB."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image

from unetcolor._strips import STRIP_PIXELS
from unetcolor.errors import counted
from unetcolor.images.arrays import stretch
from unetcolor.images.jpeg2000 import decode_deep, depth_of
from unetcolor.images.opening import open_picture
from unetcolor.images.profiles import inks_or_lab_to_srgb, to_srgb
from unetcolor.images.tiff import NumbersFile
from unetcolor.images.unreadable import UnreadableError, decoding

# EXIF orientation: quarter turns counterclockwise, then whether to mirror left to right.
_TURNS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}

# What unpacks the other byte of each 16-bit value; "N" is the byte order of the machine.
_OTHER_BYTE = {"16B": "16L", "16L": "16B", "16N": "16B" if np.little_endian else "16L"}


def decode_file(
    picture: Any, file: IO[bytes], draft_size: tuple[int, int] | None = None
) -> tuple[np.ndarray, list[str]]:
    """Decode the first picture of a file.

    Parameters
    ----------
    picture
        What :func:`unetcolor.images.opening.open_picture` made of the file.
    file
        The open file.
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
    UnreadableError
        The picture cannot be decoded.
    """
    if draft_size is not None:
        with decoding():
            # Rotation may exchange height and width, so ask for the longer of both in both directions.
            picture.draft(None, (max(draft_size), max(draft_size)))
    notes: list[str] = []
    profile = picture.info.get("icc_profile") or b""
    if isinstance(picture, NumbersFile):
        pixels = picture.numbers(file)
    else:
        pixels, profile = _decode_by_pillow(picture, file, notes)
    pixels = to_srgb(pixels, profile, notes)
    return _upright(pixels, picture), notes


def decode_image(picture: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Take the pixels of a Pillow image's current frame; returns and raises as :func:`decode_file` does."""
    notes: list[str] = []
    with decoding():
        picture.load()
    pixels, profile = _values(picture, notes)
    return _upright(to_srgb(pixels, profile, notes), picture), notes


def _values(picture: Image.Image, notes: list[str]) -> tuple[np.ndarray, bytes]:
    """Return the values of a decoded picture, of gray or RGB and alpha, and the color profile that they are in."""
    profile = picture.info.get("icc_profile") or b""
    if picture.mode in ("CMYK", "LAB"):
        return _to_array(inks_or_lab_to_srgb(picture, profile, notes)), b""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _to_array(picture), profile
    is_gray = picture.mode in ("1", "L", "LA", "La")
    with decoding():
        mode = ("L" if is_gray else "RGB") + ("A" if picture.has_transparency_data else "")
        return _to_array(picture if picture.mode == mode else picture.convert(mode)), profile


def _decode_by_pillow(picture: Any, file: IO[bytes], notes: list[str]) -> tuple[np.ndarray, bytes]:
    """Return all that Pillow can be brought to decode of a picture, and the color profile that it is in."""
    if (
        picture.format == "JPEG2000"
        and picture.mode in ("LA", "RGB", "RGBA")
        and not 0 < (depth := depth_of(file)) <= 8
    ):
        return decode_deep(file, depth, (picture.height, picture.width)), picture.info.get("icc_profile") or b""
    if _is_deep_ppm(picture):
        return _decode_deep_ppm(picture), b""
    is_deep_gray_and_alpha = _unpack_16_bit_gray_and_alpha(picture)
    low_bytes = _low_bytes(picture)
    has_16_bits = _has_16_bit_color(picture)
    with decoding():
        picture.load()
    # The one color that is transparent, if any: 16 bits, which match nothing where the pixels have 8.
    key = picture.info.pop("transparency", None) if has_16_bits or picture.mode.startswith("I") else None
    pixels, profile = _values(picture, notes)
    if is_deep_gray_and_alpha:
        return pixels.view(">u2").astype(np.uint16), profile
    if low_bytes is not None:
        second = open_picture(file, picture.width * picture.height, picture.tell() if picture.format == "TIFF" else 0)
        second.tile = low_bytes
        with decoding():
            second.load()
        pixels = pixels.astype(np.uint16) << 8 | np.asarray(second)
    elif has_16_bits or (bits := picture.info.get("bit_depth", 8)) > 8:
        notes.append(f"only 8 of its {16 if has_16_bits else bits} bits per channel are kept")
    if key is not None and pixels.dtype == np.uint16:
        color = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
        alpha = np.where((color == np.array(key)).all(axis=-1, keepdims=True), 0, 65535)
        pixels = np.concatenate([color, alpha.astype(np.uint16)], axis=-1)
    return pixels, profile


def _is_deep_ppm(picture: Any) -> bool:
    """Tell whether it is binary RGB with 16 bits, of which Pillow keeps 8; its tile tells the largest value."""
    if picture.format != "PPM" or picture.mode != "RGB" or picture.tile[0][0] != "ppm":
        return False
    return bool(picture.tile[0][3][1] > 255)


def _decode_deep_ppm(picture: Any) -> np.ndarray:
    tile = picture.tile[0]
    largest = tile[3][1]
    count = picture.width * picture.height * 3
    with decoding():
        picture.fp.seek(tile[2])
        data = picture.fp.read(2 * count)
    if len(data) < 2 * count:
        raise UnreadableError("the file is broken: it ends before its pixels do")
    values = np.frombuffer(data, ">u2").reshape(picture.height, picture.width, 3)
    return stretch(np.minimum(values, largest), largest, np.uint16)


def further_pictures(picture: Any) -> list[str]:
    """Say, in words for the user, that a file holds more than its first picture, if it does."""
    try:
        with decoding():
            # An MPO file of a phone holds the photo and its previews, or the photo for the other eye.
            if picture.format == "MPO" or not getattr(picture, "is_animated", False):
                return []
            # GIF says so only at its end, which is far for a film.
            held = "several pictures" if picture.format == "GIF" else counted(picture.n_frames, "picture")
    # GIF looks for the next frame here; the first one is good even when that one is broken.
    except UnreadableError:
        if picture.format != "TIFF":
            return []
        held = "several pictures"
    return [f"it holds {held}; only the first is read"]


def _raw_mode(tile: Any) -> str:
    """Return what Pillow calls the layout of the data in the file, for example ``"RGB;16B"``."""
    return str(tile[3] if isinstance(tile[3], str) else tile[3][0])


def _unpack_16_bit_gray_and_alpha(picture: Any) -> bool:
    """Have the four bytes of each pixel decoded as if they were RGBA, if it is 16-bit gray with alpha.

    Pillow has no mode for that: it keeps the high bytes.
    """
    if [_raw_mode(tile) for tile in picture.tile] != ["LA;16B"]:
        return False
    picture.tile = [picture.tile[0]._replace(args="RGBA")]
    return True


def _has_16_bit_color(picture: Any) -> bool:
    if not picture.tile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return False
    tile = picture.tile[0]
    if tile[0] == "ppm_plain":
        # It is told the layout and the largest value.
        return bool(tile[3][1] > 255)
    return _raw_mode(tile).endswith((";16B", ";16L", ";16N"))


def _low_bytes(picture: Any) -> list[Any] | None:
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


def _upright(pixels: np.ndarray, picture: Image.Image) -> np.ndarray:
    """Rotate as the EXIF data says; ``exif_transpose`` would also rewrite that data, and fail where it is odd."""
    try:
        with decoding():
            orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    # EXIF data that cannot be read says nothing about rotation, and the pixels are good.
    except UnreadableError:
        orientation = 1
    turns, mirrored = _TURNS.get(orientation, (0, False)) if isinstance(orientation, int) else (0, False)
    turned = np.rot90(pixels, turns)
    return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)


def _copied(picture: Image.Image) -> np.ndarray:
    """Return what ``np.array(picture)`` does, which holds a large picture three times on the way."""
    step = min(picture.height, max(1, STRIP_PIXELS // picture.width))
    strip = Image.new(picture.mode, (picture.width, step))
    first = np.asarray(strip)
    values = np.empty((picture.height, *first.shape[1:]), first.dtype)
    for start in range(0, picture.height, step):
        # What lies beyond the strip is left out. Pillow's crop would ask for a limit of the whole process.
        strip.paste(picture, (0, -start))
        values[start : start + step] = np.asarray(strip)[: picture.height - start]
    return values


def _to_array(picture: Image.Image) -> np.ndarray:
    if picture.mode == "F":
        raise UnreadableError(
            "it holds 32-bit floats, whose range is not known; scale the values to 0..1 and pass the array instead"
        )
    values = _copied(picture)
    if not picture.mode.startswith("I"):
        return values
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        raise UnreadableError(f"its values, {low}..{high}, do not fit 16 bits; scale them and pass the array instead")
    return values.astype(np.uint16)
