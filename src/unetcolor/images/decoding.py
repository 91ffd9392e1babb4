"""Decode an opened picture into an array: all its bits, upright, in sRGB."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image

from unetcolor.images.opening import UnreadableError, decoding, open_picture
from unetcolor.images.profiles import to_srgb

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
    is_deep_gray = _unpack_16_bit_gray_and_alpha(picture)
    low_bytes = _low_bytes(picture)
    has_16_bits = _has_16_bit_color(picture)
    with decoding():
        picture.load()
    if has_16_bits:
        # The one color that is transparent, if any: 16 bits, which match nothing once the pixels have 8.
        picture.info.pop("transparency", None)
    notes: list[str] = []
    plain = picture if is_deep_gray else to_srgb(picture, notes)
    pixels = _to_array(plain)
    if is_deep_gray:
        pixels = pixels.view(">u2").astype(np.uint16)
    elif plain is picture and low_bytes is not None:
        second = open_picture(file, picture.width * picture.height)
        second.tile = low_bytes
        with decoding():
            second.load()
        pixels = pixels.astype(np.uint16) << 8 | np.asarray(second)
    elif has_16_bits:
        notes.append("only 8 of its 16 bits per channel are kept")
    # An MPO file of a phone holds the photo and its previews, or the photo for the other eye.
    if picture.format != "MPO" and _has_more_frames(picture):
        notes.append("it holds several pictures; only the first is read")
    return _upright(pixels, picture), notes


def decode_image(picture: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Take the pixels of a Pillow image's current frame; returns and raises as :func:`decode_file` does."""
    with decoding():
        picture.load()
    notes: list[str] = []
    return _upright(_to_array(to_srgb(picture, notes)), picture), notes


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
    if not picture.tile or picture.mode not in ("RGB", "RGBA"):
        return False
    tile = picture.tile[0]
    if tile[0].startswith("ppm"):
        # Its decoders of color are told the layout and the largest value.
        return bool(tile[3][1] > 255)
    return ";16" in _raw_mode(tile)


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


def _has_more_frames(picture: Any) -> bool:
    try:
        with decoding():
            return bool(getattr(picture, "is_animated", False))
    # GIF looks for the next frame here; the first one is good even when that one is broken.
    except UnreadableError:
        return False


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


def _to_array(picture: Image.Image) -> np.ndarray:
    if picture.mode == "F":
        raise UnreadableError(
            "it holds 32-bit floats, whose range is not known; scale the values to 0..1 and pass the array instead"
        )
    values = np.array(picture)
    if not picture.mode.startswith("I"):
        return values
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        raise UnreadableError(f"its values, {low}..{high}, do not fit 16 bits; scale them and pass the array instead")
    return values.astype(np.uint16)
