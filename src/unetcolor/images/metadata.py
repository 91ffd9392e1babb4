"""What a picture file says beside its pixels: EXIF data and the color profile, read and handed on."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from unetcolor.images.arrays import split_alpha
from unetcolor.images.reading import opened

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

_PNG_SIGNATURE = 8
_PNG_HEADER = 25


@dataclass(frozen=True)
class Metadata:
    """EXIF data, without rotation and thumbnail, and an ICC profile of RGB colors; each may be empty."""

    exif: bytes = b""
    icc_profile: bytes = b""


def read_metadata(path: str | os.PathLike[str]) -> Metadata:
    """Read what a picture file says beside its pixels; what is broken or not there is left empty.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Metadata
        The EXIF tags that stay true of the upright picture, and the color profile, if it is one of RGB colors.

    Raises
    ------
    ImageReadError
        The file is missing or not a picture.
    """
    with opened(path) as picture:
        return Metadata(_kept_exif(picture), _rgb_profile(picture))


def _kept_exif(picture: Image.Image) -> bytes:
    try:
        exif = picture.getexif()
        kept = Image.Exif()
        for tag in _KEPT_TAGS:
            if tag in exif:
                kept[tag] = _as_written(exif[tag])
        for group in _KEPT_GROUPS:
            values = {tag: _as_written(value) for tag, value in exif.get_ifd(group).items() if tag not in _LEFT_OUT}
            if values:
                kept[group] = values
        return kept.tobytes() if len(kept) else b""
    # Broken EXIF data raises whatever its bytes lead to, and the pixels are good.
    except Exception:
        return b""


def _as_written(value: Any) -> Any:
    """Return text of more than ASCII as the bytes that it was: Pillow reads all as Latin-1, and writes ASCII alone."""
    return value.encode("latin-1") if isinstance(value, str) and not value.isascii() else value


def _rgb_profile(picture: Image.Image) -> bytes:
    data: bytes = picture.info.get("icc_profile") or b""
    try:
        if data:
            _from_srgb(data)
    # A profile of gray or of inks, one that only describes a scanner, or a broken one.
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError):
        return b""
    return data


def _from_srgb(profile: bytes) -> ImageCms.ImageCmsTransform:
    target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.buildTransform(ImageCms.createProfile("sRGB"), target, "RGB", "RGB")


def to_profile(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert 8-bit sRGB colors to those of an ICC profile; alpha stays.

    Raises
    ------
    ValueError
        The profile cannot be used.
    """
    color, alpha = split_alpha(pixels)
    try:
        transform = _from_srgb(profile)
    except (ImageCms.PyCMSError, OSError, TypeError) as error:
        raise ValueError(f"the color profile cannot be used: {error}") from error
    result = np.asarray(ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(color)), transform))
    return result if alpha is None else np.concatenate([result, alpha[..., np.newaxis]], axis=-1)


def insert_into_png(png: bytes, metadata: Metadata) -> bytes:
    """Return an encoded PNG file with the metadata in it, for an encoder that cannot write them."""
    chunks = b""
    if metadata.icc_profile:
        chunks += _png_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc_profile))
    if metadata.exif:
        chunks += _png_chunk(b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
    start = _PNG_SIGNATURE + _PNG_HEADER
    return png[:start] + chunks + png[start:]


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
