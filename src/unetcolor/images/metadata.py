"""What a picture file says besides its pixels: read, handed on, and named where it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import ExifTags, Image

from unetcolor.images.formats import Format
from unetcolor.images.profiles import usable_profile
from unetcolor.images.unreadable import UnreadableError, decoding

_Base = ExifTags.Base

# The tags that stay true of the picture in color. The others describe the old file's layout, or its rotation, which
# reading has applied.
_KEPT_TAGS = (
    _Base.ImageDescription,
    _Base.Make,
    _Base.Model,
    _Base.XResolution,
    _Base.YResolution,
    _Base.ResolutionUnit,
    _Base.Software,
    _Base.DateTime,
    _Base.Artist,
    _Base.HostComputer,
    _Base.Copyright,
    _Base.Rating,
    _Base.XPTitle,
    _Base.XPComment,
    _Base.XPAuthor,
    _Base.XPKeywords,
    _Base.XPSubject,
)
_KEPT_GROUPS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)

# The size of the picture before it was turned, and a pointer to a place that is not there in another file.
_LEFT_OUT = (_Base.ExifImageWidth, _Base.ExifImageHeight, ExifTags.IFD.Interop)

# The number of IPTC data among the resources of Photoshop, which JPEG files hold, and their tag in TIFF files.
PHOTOSHOP_IPTC, TIFF_IPTC = 0x0404, 33723

_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=[\"']|>))[0-9]")

# The orientations that exchange height and width.
_QUARTERS = (5, 6, 7, 8)

# Pixels to an inch; beyond them is nonsense, and more than some formats hold.
_HIGHEST_RESOLUTION = 60_000

# The name of what JPEG and GIF files call their comment, as PNG files call it.
COMMENT = "Comment"


@dataclass(frozen=True)
class Metadata:
    """What is said of a picture; each may be empty.

    Attributes
    ----------
    exif
        EXIF data, without rotation and thumbnail.
    icc_profile
        An ICC profile of RGB colors.
    xmp
        An XMP packet, whose rotation is that of the upright picture.
    iptc
        IPTC-IIM data.
    text
        Names and texts, as PNG files hold them; the comment of a JPEG or GIF file is the one named ``"Comment"``.
    resolution
        Pixels to an inch, across and down.
    """

    exif: bytes = b""
    icc_profile: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    text: tuple[tuple[str, str], ...] = ()
    resolution: tuple[float, float] | None = None

    def fitting(self, chosen: Format) -> tuple[Metadata, list[str]]:
        """Return what a file of a format can hold of it, and what it cannot, in words for the user."""
        kept, lost = self, []
        for name, words in _IN_WORDS.items():
            if len(getattr(self, name)) > chosen.holds.get(name, 0):
                empty: dict[str, Any] = {name: b""}
                kept = replace(kept, **empty)
                lost.append(f"its {words} do not fit into {chosen.name}")
        if "text" not in chosen.holds:
            held = tuple(pair for pair in self.text if pair[0] == COMMENT and "comment" in chosen.holds)
            kept = replace(kept, text=held)
            if others := sorted({name for name, text in self.text if (name, text) not in held}):
                lost.append(f"its text ({', '.join(others)}) does not fit into {chosen.name}")
        if self.resolution and "resolution" not in chosen.holds:
            kept = replace(kept, resolution=None)
            lost.append(f"its resolution does not fit into {chosen.name}")
        return kept, lost


# What may be too long for a format, or not fit at all. Colors that cannot be written with their profile are in sRGB.
_IN_WORDS = {"exif": "EXIF data", "xmp": "XMP data", "iptc": "IPTC data"}


def is_turned_by_pillow(picture: Image.Image) -> bool:
    """Tell, before it is decoded, whether Pillow itself turns a picture by a quarter, and then forgets that it did."""
    return getattr(picture, "tag_v2", {}).get(_Base.Orientation) in _QUARTERS


def metadata_of(picture: Image.Image, *, was_turned: bool = False) -> Metadata:
    """Return the metadata of a decoded picture; what is broken or not there is left empty.

    Parameters
    ----------
    picture
        The picture.
    was_turned
        What :func:`is_turned_by_pillow` said of it before it was decoded.
    """
    try:
        exif = _kept_exif(picture)
    # Broken EXIF data, of which the pixels know nothing.
    except UnreadableError:
        exif = b""
    xmp = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    if not isinstance(xmp, bytes | str):
        xmp = b""
    return Metadata(
        exif,
        usable_profile(picture),
        _XMP_ORIENTATION.sub(rb"\g<1>1", xmp.encode() if isinstance(xmp, str) else xmp),
        _iptc(picture),
        tuple(_text(picture)),
        _resolution(picture, was_turned or _is_turned(picture)),
    )


def _iptc(picture: Image.Image) -> bytes:
    resources = picture.info.get("photoshop")
    if isinstance(resources, dict):
        data = resources.get(PHOTOSHOP_IPTC, b"")
    else:
        data = getattr(picture, "tag_v2", {}).get(TIFF_IPTC, b"")
    return data if isinstance(data, bytes) else b""


def _text(picture: Any) -> Iterator[tuple[str, str]]:
    comment = picture.info.get("comment")
    if comment:
        text = comment.decode("utf-8", "replace") if isinstance(comment, bytes) else str(comment)
        yield COMMENT, text.rstrip("\0")
    # PNG alone has names.
    for name, text in getattr(picture, "text", {}).items():
        if name != "XML:com.adobe.xmp" and not name.startswith("Raw profile type"):
            yield name, str(text)


def _resolution(picture: Image.Image, is_turned: bool) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in picture.info["dpi"])
    # None, or what a damaged file has in its place.
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    if not (0 < across < _HIGHEST_RESOLUTION and 0 < down < _HIGHEST_RESOLUTION):
        return None
    # Of the picture before it was turned.
    return (down, across) if is_turned else (across, down)


def _is_turned(picture: Image.Image) -> bool:
    try:
        with decoding():
            return picture.getexif().get(_Base.Orientation) in _QUARTERS
    except UnreadableError:
        return False


def _kept_exif(picture: Image.Image) -> bytes:
    with decoding():
        exif = picture.getexif()
        groups = {group: exif.get_ifd(group) for group in _KEPT_GROUPS}
        values = {tag: exif[tag] for tag in _KEPT_TAGS if tag in exif}
    kept = Image.Exif()
    for tag, value in values.items():
        kept[tag] = _as_written(value)
    for group, members in groups.items():
        if written := {tag: _as_written(value) for tag, value in members.items() if tag not in _LEFT_OUT}:
            kept[group] = written
    with decoding():
        return kept.tobytes() if len(kept) else b""


def _as_written(value: Any) -> Any:
    """Return text of more than ASCII as the bytes that it was: Pillow reads all as Latin-1, and writes ASCII alone."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value
