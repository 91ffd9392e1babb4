"""What a picture file says of its pixels: EXIF data and the color profile, read and handed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image

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


@dataclass(frozen=True)
class Metadata:
    """EXIF data, without rotation and thumbnail, and an ICC profile of RGB colors; each may be empty."""

    exif: bytes = b""
    icc_profile: bytes = b""


def metadata_of(picture: Image.Image) -> Metadata:
    """Return the metadata of a decoded picture; what is broken or not there is left empty."""
    try:
        exif = _kept_exif(picture)
    # Broken EXIF data, of which the pixels know nothing.
    except UnreadableError:
        exif = b""
    return Metadata(exif, usable_profile(picture))


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
