"""Write a picture into a file."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from PIL import Image

from unetcolor._files import replacing
from unetcolor.images.arrays import split_alpha
from unetcolor.images.formats import Format, format_to_write
from unetcolor.images.metadata import Metadata
from unetcolor.images.opening import PathLike
from unetcolor.images.png import write_png
from unetcolor.images.profiles import to_profile


def write_image(path: PathLike, pixels: np.ndarray, *, quality: int = 95, metadata: Metadata | None = None) -> None:
    """Write a picture; the suffix of the path chooses the format.

    The file appears whole or not at all: a failure or an interruption leaves what was there before.

    Parameters
    ----------
    path
        Ends in ``.jpg``, ``.jpeg``, ``.png``, ``.tif``, ``.tiff``, ``.webp`` or ``.bmp``.
    pixels
        uint8 or uint16. JPEG and BMP have no alpha; 16-bit gray goes into PNG and TIFF, 16-bit color into PNG.
    quality
        1..100, for JPEG and WebP. JPEG keeps color at full resolution (4:4:4).
    metadata
        What else to write, such as the metadata that :func:`read` found. 8-bit colors are converted to its color
        profile. BMP holds none of it.

    Raises
    ------
    ValueError
        The suffix is unknown, or the format cannot hold such pixels or that much EXIF data.
    OSError
        The file cannot be written.
    """
    if not isinstance(pixels, np.ndarray):
        raise ValueError(f"the pixels must be an array, not {type(pixels).__name__}")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    chosen = format_to_write(path)
    metadata = metadata or Metadata()
    _check_writable(pixels, metadata, chosen)
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1..100, not {quality}")
    with replacing(path) as temporary, open(temporary, "xb") as file:
        _encode(file, pixels, chosen, quality, metadata)


def _check_writable(pixels: np.ndarray, metadata: Metadata, chosen: Format) -> None:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"cannot write {pixels.dtype}: give uint8 or uint16, for example with from_float")
    _, alpha = split_alpha(pixels)
    if alpha is not None and not chosen.alpha:
        raise ValueError(f"{chosen.name} files have no alpha: write a PNG, or drop alpha with split_alpha")
    if not chosen.holds_depth(pixels):
        what = "gray" if pixels.ndim == 2 else "color or alpha"
        raise ValueError(f"{chosen.name} files cannot hold 16-bit {what}: write a PNG, or convert to uint8")
    if chosen.longest_exif and len(metadata.exif) > chosen.longest_exif:
        raise ValueError(
            f"{chosen.name} files hold {chosen.longest_exif:,} bytes of EXIF data, not {len(metadata.exif):,}: "
            "write a PNG, or leave them out"
        )


def _encode(file: IO[bytes], pixels: np.ndarray, chosen: Format, quality: int, metadata: Metadata) -> None:
    exif = metadata.exif if chosen.longest_exif else b""
    profile = metadata.icc_profile if chosen.icc_profile and pixels.ndim == 3 and pixels.shape[-1] >= 3 else b""
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        write_png(file, pixels, icc_profile=profile, exif=exif)
        return
    options: dict[str, Any] = dict(chosen.options)
    if exif:
        options["exif"] = exif
    if profile:
        pixels = to_profile(pixels, profile)
        options["icc_profile"] = profile
    if chosen.quality:
        options["quality"] = quality
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, chosen.name, **options)
