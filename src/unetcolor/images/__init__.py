"""Read, check, convert, resize and write one picture.

Everywhere here a picture is an array of shape ``(height, width)`` for gray, ``(height, width, 2)`` for gray and
alpha, ``(height, width, 3)`` for RGB, or ``(height, width, 4)`` for RGB and alpha. Its range follows from its
dtype: uint8 is 0..255, uint16 is 0..65535, floats are 0..1. Colors are sRGB.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from PIL import Image

from unetcolor._checks import LARGEST_AREA, height_and_width
from unetcolor._files import replacing
from unetcolor.images.arrays import GRAY_SPREAD, cover, from_float, is_gray, resize, split_alpha, to_float
from unetcolor.images.metadata import Metadata, insert_into_png, to_profile
from unetcolor.images.reading import FORMATS, read_pixels

__all__ = [
    "FORMATS",
    "GRAY_SPREAD",
    "MAX_PIXELS",
    "WRITE_FORMATS",
    "cover",
    "from_float",
    "is_gray",
    "read_image",
    "read_rgb",
    "resize",
    "split_alpha",
    "to_float",
    "write_image",
]

PathLike: TypeAlias = str | os.PathLike[str]

MAX_PIXELS = LARGEST_AREA

# Suffix of a file to write, and Pillow's name of its format.
WRITE_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".bmp": "BMP",
}


def read_image(source: PathLike | Image.Image, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture, upright and in sRGB.

    The rotation in the EXIF data is applied. Color palettes, CMYK, YCbCr, Lab and HSV become RGB, 1-bit pictures
    become gray of 0 and 255, and a color profile other than sRGB is converted. Gray values are kept as they are.

    Parameters
    ----------
    source
        A path, or a Pillow image. JPEG, PNG, TIFF, BMP, GIF, WebP, PPM, PGM, and AVIF files are read.
    max_pixels
        The largest width times height to decode. It is compared with the header, before any memory is taken.

    Returns
    -------
    np.ndarray
        uint8, or uint16 for 16-bit files, of shape ``(height, width)`` or ``(height, width, 2, 3 or 4)``.

    Raises
    ------
    ImageReadError
        The file is missing, is not a picture, is broken or truncated, or is too large.

    Warns
    -----
    UserWarning
        Something is lost: further frames of a file, bits of a 16-bit file that Pillow cannot keep, or a color
        profile that cannot be used.

    Notes
    -----
    A truncated file is an error, unless another part of the program sets ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES``.
    ``max_pixels`` replaces Pillow's own limit, ``PIL.Image.MAX_IMAGE_PIXELS``; only for WebP does twice that still
    hold, about 179 million pixels.

    Examples
    --------
    >>> read_image(Image.new("CMYK", (4, 3))).shape
    (3, 4, 3)
    """
    pixels, notes = read_pixels(source, max_pixels)
    for note in notes:
        warnings.warn(f"{source}: {note}", stacklevel=2)
    return pixels


def read_rgb(path: PathLike, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read a picture as 8-bit RGB, as training needs it.

    Alpha is dropped, gray is repeated to three channels, and 16 bits are rounded to 8.

    Parameters
    ----------
    path
        The file.
    size
        ``(height, width)`` to bring the picture to with :func:`cover`. Large JPEG files are then decoded at a
        fraction of their size, which is several times faster.

    Returns
    -------
    np.ndarray
        uint8, ``(height, width, 3)``.

    Raises
    ------
    ImageReadError
        The file cannot be read; see :func:`read_image`, whose warnings are not given.
    """
    draft_size = None
    if size is not None:
        size = height_and_width("size", size)
        # Twice the size leaves the resizing its own antialiasing.
        draft_size = (2 * size[0], 2 * size[1])
    # What could not be kept, such as later frames, matters to a photo and not to training.
    pixels, _ = read_pixels(path, MAX_PIXELS, draft_size)
    color, _ = split_alpha(pixels)
    if color.dtype == np.uint16:
        color = ((color.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if size is not None:
        color = cover(color, size)
    if color.ndim == 2:
        color = np.repeat(color[..., np.newaxis], 3, axis=-1)
    return np.ascontiguousarray(color)


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
        What else to write, such as :func:`unetcolor.images.metadata.read_metadata` takes from another file. 8-bit
        colors are converted to its color profile. BMP holds none of it.

    Raises
    ------
    ValueError
        The suffix is unknown, or the format cannot hold such pixels.
    OSError
        The file cannot be written.
    """
    if not isinstance(pixels, np.ndarray):
        raise ValueError(f"the pixels must be an array, not {type(pixels).__name__}")
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.dtype == np.uint16 and pixels.ndim == 3 and pixels.shape[-1] == 2:
        # No encoder takes 16-bit gray with alpha; as color it loses nothing.
        pixels = pixels[..., [0, 0, 0, 1]]
    file_format = _check_writable(Path(path), pixels)
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be 1..100, not {quality}")
    with replacing(path) as temporary, open(temporary, "xb") as file:
        _encode(file, pixels, file_format, quality, metadata or Metadata())


def _check_writable(path: Path, pixels: np.ndarray) -> str:
    """Return the format for the path's suffix, or raise if it cannot hold the pixels."""
    file_format = WRITE_FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise ValueError(f"cannot write {path}: the suffix must be one of {', '.join(WRITE_FORMATS)}")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"cannot write {pixels.dtype}: give uint8 or uint16, for example with from_float")
    _, alpha = split_alpha(pixels)
    if alpha is not None and file_format in ("JPEG", "BMP"):
        raise ValueError(f"{file_format} files have no alpha: write a PNG, or drop alpha with split_alpha")
    if pixels.dtype == np.uint16 and file_format != "PNG" and not (file_format == "TIFF" and pixels.ndim == 2):
        what = "gray" if pixels.ndim == 2 else "color or alpha"
        raise ValueError(f"{file_format} files cannot hold 16-bit {what}: write a PNG, or convert to uint8")
    return file_format


def _encode(file: IO[bytes], pixels: np.ndarray, file_format: str, quality: int, metadata: Metadata) -> None:
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        # Pillow has no mode for 16-bit color, TensorFlow has a PNG encoder.
        import tensorflow as tf

        file.write(insert_into_png(tf.io.encode_png(pixels).numpy(), metadata))
        return
    options: dict[str, Any] = {"exif": metadata.exif} if metadata.exif else {}
    if metadata.icc_profile and pixels.ndim == 3 and pixels.shape[-1] >= 3 and file_format != "BMP":
        pixels = to_profile(pixels, metadata.icc_profile)
        options["icc_profile"] = metadata.icc_profile
    if file_format in ("JPEG", "WEBP"):
        options["quality"] = quality
    if file_format == "JPEG":
        options["subsampling"] = 0
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, file_format, **options)
