"""Open a picture file with Pillow: only known formats, only up to a size, and failures explained."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeAlias

from PIL import Image, TiffImagePlugin

from unetcolor._checks import LARGEST_AREA
from unetcolor.errors import ImageReadError
from unetcolor.images.formats import FORMATS, Format
from unetcolor.images.netpbm import without_comments
from unetcolor.images.tiff import open_tiff
from unetcolor.images.unreadable import UnreadableError, decoding

# Where a WebP file says how large it is.
_LONGEST_PREFIX = 30

# So many are made at once, whatever they are.
_HARMLESS_PIXELS = 10_000_000

PathLike: TypeAlias = str | os.PathLike[str]

MAX_PIXELS = LARGEST_AREA


@contextmanager
def opened(source: PathLike | Image.Image, max_pixels: int = MAX_PIXELS) -> Iterator[tuple[Any, IO[bytes] | None]]:
    """Open a picture file, or take a Pillow image, and close the file at the end.

    Parameters
    ----------
    source
        A path, or a Pillow image.
    max_pixels
        The largest width times height that may be decoded.

    Yields
    ------
    picture
        The Pillow image; that of a file is not decoded yet.
    file
        The open file, or None for a Pillow image.

    Raises
    ------
    ImageReadError
        The file cannot be opened, or an ``UnreadableError`` was raised while it was open.
    """
    name = getattr(source, "filename", "") or "the Pillow image" if isinstance(source, Image.Image) else source
    try:
        if isinstance(source, Image.Image):
            _check_size(source.size, max_pixels)
            yield source, None
        else:
            with _open_file(source) as file:
                yield open_picture(file, max_pixels), file
    except UnreadableError as error:
        raise ImageReadError(f"cannot read {os.fspath(name)}: {error}") from error.__cause__


def _open_file(path: PathLike) -> IO[bytes]:
    try:
        # A pipe may keep its reader waiting forever, and a device has no end.
        if not stat.S_ISREG(os.stat(os.fspath(path)).st_mode) and not os.path.isdir(path):
            raise UnreadableError("it is a pipe, a device or a socket, not a file")
        return open(path, "rb")
    # ValueError: a name that no file can have.
    except (OSError, ValueError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error


def open_picture(file: IO[bytes], max_pixels: int) -> Any:
    """Read the header of an open file and return a Pillow image that is not decoded yet.

    This is the loop of ``Image.open`` without its size check. That check compares with a limit that is global
    to the process; ours belongs to one call.

    Parameters
    ----------
    file
        Open for reading, at any position.
    max_pixels
        The largest width times height that may be decoded.

    Raises
    ------
    UnreadableError
        It is no picture of a known format, it is broken, or it is too large.
    """
    Image.init()
    with decoding():
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        prefix = file.read(_LONGEST_PREFIX)
    if not prefix:
        raise UnreadableError("the file is empty")
    for known in FORMATS:
        factory, accept = Image.OPEN.get(known.name, (None, None))
        if factory is None or accept is None:
            continue
        accepted = accept(prefix[:16])
        if isinstance(accepted, str):
            raise UnreadableError(accepted)
        if accepted:
            if known.name == "WEBP":
                _check_canvas(known, prefix, max_pixels, size)
            picture = _opened_as(known, factory, file)
            _check_size(picture.size, max_pixels)
            _check_content(known, picture.size, size)
            if isinstance(picture, TiffImagePlugin.TiffImageFile):
                # The TIFF reader checks the size against the global limit again, when it makes this memory.
                with decoding():
                    picture.im = Image.new(picture.mode, (picture.tag_v2[256], picture.tag_v2[257])).im
            return picture
    raise UnreadableError(f"it is none of these kinds of picture: {', '.join(known.name for known in FORMATS)}")


def _opened_as(known: Format, factory: Any, file: IO[bytes]) -> Any:
    if known.name == "TIFF":
        return open_tiff(file)
    content = without_comments(file) if known.name == "PPM" else file
    with decoding():
        content.seek(0)
        # Without a file name Pillow does not map the file into memory, where a later change would show.
        return factory(content, "")


def _check_canvas(known: Format, prefix: bytes, max_pixels: int, size: int) -> None:
    """Check the size of an extended WebP file, of which Pillow makes a canvas as soon as it opens it."""
    if prefix[12:16] == b"VP8X" and len(prefix) >= 30:
        width, height = (1 + int.from_bytes(prefix[start : start + 3], "little") for start in (24, 27))
        _check_size((width, height), max_pixels)
        _check_content(known, (width, height), size)


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height == 0:
        raise UnreadableError("it has no pixels")
    if width * height > max_pixels:
        raise UnreadableError(
            f"it has {width} x {height} = {width * height:,} pixels, more than max_pixels={max_pixels:,}; "
            "if you trust the file, pass a larger max_pixels"
        )


def _check_content(known: Format, size: tuple[int, int], length: int) -> None:
    """Refuse a short file that declares so many pixels that only making them would take long, and much memory."""
    width, height = size
    if width * height > max(_HARMLESS_PIXELS, known.pixels_per_byte * length):
        raise UnreadableError(
            f"it declares {width} x {height} = {width * height:,} pixels, and its {length:,} bytes cannot hold a photo "
            "of that size"
        )
