"""Open a picture file with Pillow: only known formats, only up to a size, and failures explained."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import IO, Any, TypeAlias

from PIL import Image, TiffImagePlugin
from typing_extensions import TypeIs

from unetcolor._checks import LARGEST_AREA
from unetcolor.errors import ImageReadError, ImageTooLargeError, printable
from unetcolor.images.formats import FORMATS, Format
from unetcolor.images.netpbm import without_comments
from unetcolor.images.tiff import NumbersFile, open_tiff
from unetcolor.images.unreadable import TooLargeError, UnreadableError, decoding, require

# Where a WebP file says how large it is, and a HEIF file how it is compressed.
_LONGEST_PREFIX = 30

# How files begin of which Pillow looks at two letters only: with these, a text may begin, too.
_BEGINNINGS = {
    # The kinds that Pillow reads; then comes a comment, or the width after white space.
    "PPM": re.compile(rb"P(?:[1-6fF]|0CMYK|yP|yRGBA|yCMYK)\s*(?:#|\s\d)"),
    # Its header has one of seven sizes.
    "BMP": re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),
}

# Of photos, not of films, that are compressed as H.265; the first or among those that follow.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis")

# So many are made at once, whatever they are.
_HARMLESS_PIXELS = 10_000_000

PathLike: TypeAlias = str | os.PathLike[str]

#: What is read: a path, a file that is open for reading bytes, from its beginning, or a Pillow image.
Source: TypeAlias = PathLike | IO[bytes] | Image.Image

MAX_PIXELS = LARGEST_AREA


@contextmanager
def opened(source: Source, max_pixels: int = MAX_PIXELS, page: int = 0) -> Iterator[tuple[Any, IO[bytes] | None]]:
    """Open a picture file, or take one that is open or a Pillow image; what was opened here is closed at the end.

    Parameters
    ----------
    source
        A path, an open file, or a Pillow image.
    max_pixels
        The largest width times height that may be decoded.
    page
        Which picture of a TIFF file, counted from 0.

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
    try:
        if isinstance(source, Image.Image):
            _check_size(source.size, max_pixels)
            yield source, None
        elif _is_open_file(source):
            yield open_picture(source, max_pixels, page), source
        else:
            with _open_file(source) as file:
                yield open_picture(file, max_pixels, page), file
    except UnreadableError as error:
        message = f"cannot read {name_of(source)}: {error}"
        if isinstance(error, TooLargeError):
            raise ImageTooLargeError(message, error.size) from error.__cause__
        raise ImageReadError(message) from error.__cause__


def _is_open_file(source: Source) -> TypeIs[IO[bytes]]:
    return hasattr(source, "read")


def name_of(source: Source) -> str:
    """Return what messages call a picture."""
    if isinstance(source, Image.Image):
        return printable(getattr(source, "filename", "") or "the Pillow image")
    if _is_open_file(source):
        # A file without a name on the disk has none, or a number.
        name = getattr(source, "name", None)
        return printable(name) if isinstance(name, str) else "the picture"
    return printable(os.fspath(source))


def _open_file(path: PathLike) -> IO[bytes]:
    try:
        # A pipe may keep its reader waiting forever, and a device has no end.
        if not stat.S_ISREG(os.stat(os.fspath(path)).st_mode) and not os.path.isdir(path):
            raise UnreadableError("it is a pipe, a device or a socket, not a file")
        return open(path, "rb")
    # ValueError: a name that no file can have.
    except (OSError, ValueError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from error


def open_picture(file: IO[bytes], max_pixels: int, page: int = 0) -> Any:
    """Read the header of an open file and return a Pillow image that is not decoded yet.

    This is the loop of ``Image.open`` without its size check. That check compares with a limit that is global
    to the process; ours belongs to one call.

    Parameters
    ----------
    file
        Open for reading, at any position.
    max_pixels
        The largest width times height that may be decoded.
    page
        Which picture of a TIFF file, counted from 0.

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
        factory, accept = _opener(known)
        accepted = accept(prefix)
        if isinstance(accepted, str):
            raise UnreadableError(accepted)
        if accepted:
            if known.name == "WEBP":
                _check_canvas(known, prefix, max_pixels, size)
            picture = _opened_as(known, factory, file, page)
            _check_size(picture.size, max_pixels)
            _check_content(known, picture.size, size)
            if isinstance(picture, TiffImagePlugin.TiffImageFile) and not isinstance(picture, NumbersFile):
                # The TIFF reader checks the size against the global limit again, when it makes this memory.
                with decoding():
                    picture.im = Image.new(picture.mode, (picture.tag_v2[256], picture.tag_v2[257])).im
            return picture
    raise UnreadableError(
        f"it is none of these kinds of picture: {', '.join(known.name for known in FORMATS)}; save it as one of them"
    )


def format_of(source: PathLike | IO[bytes]) -> Format | None:
    """Return the format of a file, which may be open, by its content, or None if it is none that is read."""
    try:
        with nullcontext(source) if _is_open_file(source) else _open_file(source) as file, decoding():
            file.seek(0)
            prefix = file.read(_LONGEST_PREFIX)
    except UnreadableError:
        return None
    Image.init()
    return next((known for known in FORMATS if prefix and _opener(known)[1](prefix) is True), None)


def count_pages(path: PathLike) -> int:
    """Return the number of pictures of a TIFF file, and 1 for any other file, broken ones among them."""
    known = format_of(path)
    if known is None or known.name != "TIFF":
        return 1
    try:
        with opened(path) as (picture, _), decoding():
            return int(picture.n_frames)
    except ImageReadError:
        return 1


def _opener(known: Format) -> tuple[Any, Callable[[bytes], bool | str]]:
    """Return what opens a file of a format, and what tells by its first bytes whether it is one."""
    if known.name == "HEIF":
        return _open_heif, lambda prefix: prefix[4:8] == b"ftyp" and any(brand in prefix for brand in _HEIF_BRANDS)
    factory, accept = Image.OPEN.get(known.name, (None, None))
    if factory is None or accept is None:
        return None, lambda prefix: False
    if known.name in _BEGINNINGS:
        return factory, lambda prefix: _BEGINNINGS[known.name].match(prefix) is not None
    return factory, accept


def _open_heif(file: IO[bytes], name: str) -> Any:
    require("pillow-heif", "HEIC photos")
    from pillow_heif import HeifImageFile

    return HeifImageFile(file, name)


def _opened_as(known: Format, factory: Any, file: IO[bytes], page: int) -> Any:
    if known.name == "TIFF":
        return open_tiff(file, page)
    if page:
        raise UnreadableError(f"only TIFF files have pages, and it is a file of {known.name}")
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
        raise TooLargeError(
            f"it has {width} x {height} = {width * height:,} pixels, more than max_pixels={max_pixels:,}; "
            "if you trust the file, pass a larger max_pixels",
            size,
        )


def _check_content(known: Format, size: tuple[int, int], length: int) -> None:
    """Refuse a short file that declares so many pixels that only making them would take long, and much memory."""
    width, height = size
    if width * height > max(_HARMLESS_PIXELS, known.pixels_per_byte * length):
        raise UnreadableError(
            f"it declares {width} x {height} = {width * height:,} pixels, and its {length:,} bytes cannot hold a photo "
            "of that size"
        )
