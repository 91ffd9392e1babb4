"""The picture file formats: how each is recognized, and what it can hold. A new one is one entry of ``FORMATS``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

# What four bytes can say of the length of a part of a file.
_ANY_LENGTH = 2**31 - 1


@dataclass(frozen=True)
class Format:
    """A picture file format.

    Attributes
    ----------
    name
        What Pillow calls it.
    suffixes
        Those of its files, in lower case, with the dot; a folder is searched for them.
    written
        Those of ``suffixes`` that choose it for a file to write; none if it is only read.
    alpha
        Whether files that are written can be transparent.
    gray_16_bits, color_16_bits
        Whether files that are written can hold 16 bits for each gray value, or for each color and alpha.
    holds
        What else it holds, by the names of :class:`~unetcolor.images.metadata.Metadata`, and the most bytes of each.
        ``comment`` is text without a name.
    quality
        Whether it loses some of the pixels, and has a quality to choose.
    pixels_per_byte
        No photo takes fewer bytes for so many pixels; a larger one declares what it does not hold. Where the format
        has no such bound, one that a picture of a single color keeps, if it is not huge.
    options
        What else Pillow's encoder is told.
    """

    name: str
    suffixes: tuple[str, ...]
    written: tuple[str, ...] = ()
    alpha: bool = False
    gray_16_bits: bool = False
    color_16_bits: bool = False
    holds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    quality: bool = False
    pixels_per_byte: int = 20_000
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def holds_depth(self, pixels: np.ndarray) -> bool:
        """Tell whether a file can hold all bits of such pixels, uint8 or uint16."""
        return pixels.dtype != np.uint16 or (self.gray_16_bits if pixels.ndim == 2 else self.color_16_bits)


def _any_length(*names: str) -> Mapping[str, int]:
    return MappingProxyType(dict.fromkeys(names, _ANY_LENGTH))


# All that are read. A list, because a file's name says nothing about its content: Pillow by itself would hand an EPS
# file named .png to Ghostscript, and opens some forty rare formats that nobody checks. AVIF needs Pillow 11.3.
FORMATS = (
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        written=(".jpg", ".jpeg", ".jpe", ".jfif"),
        # At least one bit for each block of 8 x 8 pixels.
        pixels_per_byte=512,
        # What a segment of the file holds; of a color profile there may be several.
        holds=MappingProxyType(
            {
                "exif": 65_527,
                "icc_profile": _ANY_LENGTH,
                "xmp": 65_504,
                "iptc": 65_500,
                "comment": 65_533,
                "resolution": _ANY_LENGTH,
            }
        ),
        quality=True,
        # Color at full resolution, 4:4:4.
        options=MappingProxyType({"subsampling": 0}),
    ),
    Format(
        "PNG",
        (".png", ".apng"),
        written=(".png",),
        alpha=True,
        gray_16_bits=True,
        color_16_bits=True,
        holds=_any_length("exif", "icc_profile", "xmp", "text", "resolution"),
    ),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        written=(".tif", ".tiff"),
        alpha=True,
        gray_16_bits=True,
        color_16_bits=True,
        holds=_any_length("exif", "icc_profile", "xmp", "iptc", "resolution"),
    ),
    Format(
        "WEBP",
        (".webp",),
        written=(".webp",),
        alpha=True,
        holds=_any_length("exif", "icc_profile", "xmp"),
        quality=True,
    ),
    Format("BMP", (".bmp",), written=(".bmp",), holds=_any_length("resolution")),
    Format("GIF", (".gif",)),
    Format("PPM", (".ppm", ".pgm", ".pbm", ".pnm", ".pfm")),
    Format("JPEG2000", (".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c")),
    # Photos of phones, with pillow-heif. Before AVIF, whose reader takes some of them for its own.
    Format("HEIF", (".heic", ".heics", ".heif", ".heifs", ".hif")),
    Format("AVIF", (".avif", ".avifs")),
)

#: The suffixes of all formats that are read.
READ_SUFFIXES = frozenset(suffix for known in FORMATS for suffix in known.suffixes)

#: The suffixes that can be written, and the format of each.
WRITE_FORMATS: Mapping[str, Format] = MappingProxyType({suffix: known for known in FORMATS for suffix in known.written})


def format_to_write(path: str | os.PathLike[str]) -> Format:
    """Return the format that a path's suffix chooses.

    Raises
    ------
    ValueError
        No format that can be written has the suffix.
    """
    chosen = WRITE_FORMATS.get(Path(path).suffix.lower())
    if chosen is None:
        raise ValueError(f"cannot write {path}: the suffix must be one of {', '.join(WRITE_FORMATS)}")
    return chosen
