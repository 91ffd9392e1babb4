"""Encode TIFF files: 8 or 16 bits, compressed without loss, with all metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from unetcolor.images.metadata import TIFF_IPTC, Metadata
from unetcolor.images.tiff import for_tifffile

_XMP = 700

# tifffile writes these by itself.
_OF_TIFFFILE = (ExifTags.Base.XResolution, ExifTags.Base.YResolution, ExifTags.Base.ResolutionUnit)
_GROUPS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)


def write_tiff(file: IO[bytes], pixels: np.ndarray, metadata: Metadata) -> None:
    """Write a picture as a TIFF file.

    Parameters
    ----------
    file
        Open for reading and writing, and empty.
    pixels
        uint8 or uint16, ``(height, width)`` or ``(height, width, 2, 3 or 4)``.
    metadata
        What else to write. The colors are those of its profile already; text is left out.
    """
    import tifffile

    exif = Image.Exif()
    exif.load(metadata.exif)
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    tifffile.imwrite(
        for_tifffile(file),
        pixels,
        byteorder="<",
        photometric="minisblack" if channels < 3 else "rgb",
        planarconfig=None if channels == 1 else "contig",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=True,
        iccprofile=metadata.icc_profile or None,
        resolution=metadata.resolution,
        resolutionunit="inch" if metadata.resolution else None,
        # It would write its own name and the shape.
        software=False,
        metadata=None,
        extratags=[*_tags(exif), *_packets(metadata)],
    )
    _append_groups(file, exif)


def _tags(exif: Image.Exif) -> Iterator[tuple[int, str, int, Any, bool]]:
    for tag, value in exif.items():
        if tag in _OF_TIFFFILE or tag in _GROUPS:
            continue
        if isinstance(value, str | bytes):
            data = value.encode("latin-1", "replace") if isinstance(value, str) else value
            # Those of Windows are two bytes a letter, and not text to TIFF.
            yield (tag, "B" if ExifTags.Base(tag).name.startswith("XP") else "s", len(data), data, True)
        elif isinstance(value, int) and 0 <= value < 2**32:
            yield (tag, "H" if value < 2**16 else "I", 1, value, True)
    for group in _GROUPS:
        if exif.get_ifd(group):
            yield (group - 1, "I", 1, 0, True)


def _packets(metadata: Metadata) -> Iterator[tuple[int, str, int, Any, bool]]:
    if metadata.xmp:
        yield (_XMP, "B", len(metadata.xmp), metadata.xmp, True)
    if metadata.iptc:
        yield (TIFF_IPTC, "B", len(metadata.iptc), metadata.iptc, True)


def _append_groups(file: IO[bytes], exif: Image.Exif) -> None:
    """Write the directories of EXIF and GPS tags behind the pixels.

    tifffile does not write the tags that say where they are. Those of the numbers before, which mean nothing, become
    these: so the tags stay in order.
    """
    import tifffile

    for group in _GROUPS:
        if values := exif.get_ifd(group):
            directory = ImageFileDirectory_v2(prefix=b"II", group=group)
            for tag, value in values.items():
                directory[tag] = value
            # At an even place.
            place = file.seek(0, 2)
            place += file.write(bytes(place % 2))
            file.write(directory.tobytes(place))
            file.seek(0)
            entry = tifffile.TiffFile(for_tifffile(file)).pages[0].tags[group - 1].offset
            for start, data in ((entry, struct.pack("<H", group)), (entry + 8, struct.pack("<I", place))):
                file.seek(start)
                file.write(data)
