"""Read a picture file or a Pillow image; every reading of one goes through here."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from unetcolor._checks import height_and_width
from unetcolor.images.arrays import cover, split_alpha
from unetcolor.images.decoding import decode_file, decode_image, further_pictures
from unetcolor.images.metadata import Metadata, is_turned_by_pillow, metadata_of
from unetcolor.images.opening import MAX_PIXELS, PathLike, Source, name_of, opened


@dataclass(frozen=True)
class Photo:
    """What a picture file holds.

    Attributes
    ----------
    pixels
        uint8, or uint16 for 16-bit files, of shape ``(height, width)`` or ``(height, width, 2, 3 or 4)``.
    metadata
        The EXIF tags that stay true of the upright picture, and the color profile, if it is one of RGB colors. What is
        broken or not there is empty.
    notes
        What was lost in reading, in words for the user.
    """

    pixels: np.ndarray
    metadata: Metadata
    notes: tuple[str, ...] = ()


def read(source: Source, *, max_pixels: int = MAX_PIXELS, page: int | None = None) -> Photo:
    """Read a picture, upright and in sRGB, and what the file says of it, in one reading.

    Parameters
    ----------
    source, max_pixels
        As in :func:`read_image`.
    page
        Which picture of a TIFF file, counted from 0. None is the first, with a note if there are others.

    Returns
    -------
    Photo
        The pixels that :func:`read_image` returns, the metadata for :func:`write_image`, and what was lost.

    Raises
    ------
    ImageReadError
        The file is missing, is not a picture, is broken or truncated, or is too large.

    Examples
    --------
    >>> from PIL import Image
    >>> photo = read(Image.new("CMYK", (4, 3)))
    >>> photo.pixels.shape, photo.notes
    ((3, 4, 3), ())
    """
    with opened(source, max_pixels, page or 0) as (picture, file):
        was_turned = is_turned_by_pillow(picture)
        pixels, notes = decode_image(picture) if file is None else decode_file(picture, file)
        # Before others are looked for, of which a broken one would take the place of the first.
        metadata = metadata_of(picture, was_turned=was_turned)
        if file is not None and page is None:
            notes += further_pictures(picture)
        return Photo(pixels, metadata, tuple(notes))


def read_image(source: Source, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture, upright and in sRGB.

    The rotation in the EXIF data is applied. Color palettes, CMYK, YCbCr, Lab and HSV become RGB, 1-bit pictures
    become gray of 0 and 255, and a color profile other than sRGB is converted. Gray values are kept as they are.

    Parameters
    ----------
    source
        A path, a file that is open for reading bytes, or a Pillow image. JPEG, PNG, TIFF, BMP, GIF, WebP, PBM, PGM,
        PPM, JPEG 2000 and AVIF files are read, and HEIC files with pillow-heif.
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
    >>> from PIL import Image
    >>> read_image(Image.new("CMYK", (4, 3))).shape
    (3, 4, 3)
    """
    with opened(source, max_pixels) as (picture, file):
        pixels, notes = decode_image(picture) if file is None else decode_file(picture, file)
        if file is not None:
            notes += further_pictures(picture)
    for note in notes:
        warnings.warn(f"{name_of(source)}: {note}", stacklevel=2)
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
    with opened(path) as (picture, file):
        # What could not be kept, such as later frames, matters to a photo and not to training.
        pixels, _ = decode_image(picture) if file is None else decode_file(picture, file, draft_size)
    color, _ = split_alpha(pixels)
    if color.dtype == np.uint16:
        color = ((color.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if size is not None:
        color = cover(color, size)
    if color.ndim == 2:
        color = np.repeat(color[..., np.newaxis], 3, axis=-1)
    return np.ascontiguousarray(color)
