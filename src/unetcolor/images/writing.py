"""Write a picture into a file."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import IO, Any

import numpy as np
from PIL import Image

from unetcolor._files import replacing
from unetcolor.images.arrays import split_alpha
from unetcolor.images.formats import Format, format_to_write
from unetcolor.images.metadata import PHOTOSHOP_IPTC, Metadata
from unetcolor.images.opening import PathLike
from unetcolor.images.png import png_text, write_png
from unetcolor.images.profiles import can_convert, to_profile
from unetcolor.images.tiff_writing import write_tiff


def write_image(path: PathLike, pixels: np.ndarray, *, quality: int = 95, metadata: Metadata | None = None) -> None:
    """Write a picture; the suffix of the path chooses the format.

    The file appears whole or not at all: a failure or an interruption leaves what was there before.

    Parameters
    ----------
    path
        Ends in ``.jpg``, ``.jpeg``, ``.png``, ``.tif``, ``.tiff``, ``.webp`` or ``.bmp``.
    pixels
        uint8 or uint16. JPEG and BMP have no alpha; 16 bits go into PNG and TIFF.
    quality
        1..100, for JPEG and WebP. JPEG keeps color at full resolution (4:4:4).
    metadata
        What else to write, such as the metadata that :func:`read` found; what the format does not hold is left out
        (:meth:`unetcolor.images.metadata.Metadata.fitting` says what). Colors are converted to its color profile;
        16-bit ones with imagecodecs, and without that they are written in sRGB.

    Raises
    ------
    ValueError
        The suffix is unknown, or the format cannot hold such pixels or that much EXIF data.
    OSError
        The file cannot be written.
    """
    chosen, metadata = format_to_write(path), metadata or Metadata()
    pixels = _writable(pixels, metadata, chosen, quality)
    with replacing(path) as temporary, open(temporary, "x+b") as file:
        _encode(file, pixels, chosen, quality, metadata)


def write_to(
    file: IO[bytes], pixels: np.ndarray, chosen: Format, *, quality: int = 95, metadata: Metadata | None = None
) -> None:
    """Write a picture into an open file, as :func:`unetcolor.images.write_image` does into a new one.

    Parameters
    ----------
    file
        Open for reading and writing bytes, and empty.
    pixels, quality, metadata
        As in :func:`unetcolor.images.write_image`.
    chosen
        A format that can be written.

    Raises
    ------
    ValueError
        The format cannot hold such pixels or that much EXIF data.
    """
    metadata = metadata or Metadata()
    _encode(file, _writable(pixels, metadata, chosen, quality), chosen, quality, metadata)


def encode_image(pixels: np.ndarray, chosen: Format, *, quality: int = 95, metadata: Metadata | None = None) -> bytes:
    """Return what :func:`unetcolor.images.write_image` writes into a file, for programs that keep pictures elsewhere.

    Parameters
    ----------
    pixels, quality, metadata
        As in :func:`unetcolor.images.write_image`.
    chosen
        One of the formats of :data:`unetcolor.images.WRITE_FORMATS`.

    Raises
    ------
    ValueError
        The format cannot hold such pixels or that much EXIF data.

    Examples
    --------
    >>> from unetcolor.images import WRITE_FORMATS
    >>> encode_image(np.zeros((3, 4), np.uint8), WRITE_FORMATS[".png"])[1:4]
    b'PNG'
    """
    content = io.BytesIO()
    write_to(content, pixels, chosen, quality=quality, metadata=metadata)
    return content.getvalue()


def _writable(pixels: np.ndarray, metadata: Metadata, chosen: Format, quality: int) -> np.ndarray:
    """Return pixels in the machine's byte order, gray without an axis for it, or raise a ValueError."""
    if not isinstance(pixels, np.ndarray):
        raise ValueError(f"the pixels must be an array, not {type(pixels).__name__}")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    _check_writable(pixels, metadata, chosen)
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1..100, not {quality}")
    return pixels


def _check_writable(pixels: np.ndarray, metadata: Metadata, chosen: Format) -> None:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"cannot write {pixels.dtype}: give uint8 or uint16, for example with from_float")
    _, alpha = split_alpha(pixels)
    if alpha is not None and not chosen.alpha:
        raise ValueError(f"{chosen.name} files have no alpha: write a PNG, or drop alpha with split_alpha")
    if not chosen.holds_depth(pixels):
        what = "gray" if pixels.ndim == 2 else "color or alpha"
        raise ValueError(f"{chosen.name} files cannot hold 16-bit {what}: write a PNG, or convert to uint8")
    if "exif" in chosen.holds and len(metadata.exif) > chosen.holds["exif"]:
        raise ValueError(
            f"{chosen.name} files hold {chosen.holds['exif']:,} bytes of EXIF data, not {len(metadata.exif):,}: "
            "write a PNG, or leave them out"
        )


def _encode(file: IO[bytes], pixels: np.ndarray, chosen: Format, quality: int, metadata: Metadata) -> None:
    metadata, _ = metadata.fitting(chosen)
    is_color = pixels.ndim == 3 and pixels.shape[-1] >= 3
    if not (metadata.icc_profile and is_color and "icc_profile" in chosen.holds and can_convert(pixels.dtype)):
        metadata = replace(metadata, icc_profile=b"")
    else:
        pixels = to_profile(pixels, metadata.icc_profile)
    pixels = np.ascontiguousarray(pixels)
    if chosen.name == "TIFF":
        write_tiff(file, pixels, metadata)
    elif pixels.dtype == np.uint16 and pixels.ndim == 3:
        write_png(file, pixels, metadata)
    else:
        Image.fromarray(pixels).save(file, chosen.name, **_options(chosen, quality, metadata))


def _options(chosen: Format, quality: int, metadata: Metadata) -> dict[str, Any]:
    """Return what Pillow's encoder is told."""
    options: dict[str, Any] = dict(chosen.options)
    if chosen.quality:
        options["quality"] = quality
    if metadata.exif:
        options["exif"] = metadata.exif
    if metadata.icc_profile:
        options["icc_profile"] = metadata.icc_profile
    if metadata.resolution:
        options["dpi"] = metadata.resolution
    if chosen.name == "PNG":
        options["pnginfo"] = png_text(metadata)
        return options
    if metadata.xmp:
        options["xmp"] = metadata.xmp
    if metadata.iptc:
        options["extra"] = _iptc_segment(metadata.iptc)
    if metadata.text:
        options["comment"] = "\n".join(text for _, text in metadata.text).encode()[: chosen.holds["comment"]]
    return options


def _iptc_segment(iptc: bytes) -> bytes:
    """Return the segment of a JPEG file for IPTC data: one resource of Photoshop, padded to an even length."""
    resource = (
        b"Photoshop 3.0\0" + struct.pack(">4sHHI", b"8BIM", PHOTOSHOP_IPTC, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    )
    return b"\xff\xed" + struct.pack(">H", 2 + len(resource)) + resource
