"""Open a picture file with Pillow: only known formats, only up to a size, and failures explained."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeAlias

from PIL import Image, TiffImagePlugin

from unetcolor._checks import LARGEST_AREA
from unetcolor.errors import ImageReadError
from unetcolor.images.formats import FORMATS

PathLike: TypeAlias = str | os.PathLike[str]

MAX_PIXELS = LARGEST_AREA

#: What Pillow raises for bad data. Its readers check little: what is missing, too short or of another type shows as
#: whatever the next line of them raises. ``MemoryError`` is not there, since it says nothing about the file.
BAD_DATA = (
    # Decoders report errors so; also a disk that cannot be read.
    OSError,
    EOFError,
    # A header that is not understood.
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    NameError,
    AssertionError,
    RuntimeError,
    Image.DecompressionBombError,
    # In a program that turns warnings into errors.
    Warning,
)


class UnreadableError(Exception):
    """Why a picture cannot be read, in words for the user; :func:`opened` adds the name of the file."""


@contextmanager
def decoding() -> Iterator[None]:
    """Blame the picture for what Pillow raises inside.

    Only calls into Pillow may stand inside: an error of unetcolor's own code must be seen as what it is.

    Raises
    ------
    UnreadableError
        Pillow raised one of ``BAD_DATA``.
    """
    try:
        yield
    except BAD_DATA as error:
        reason = getattr(error, "strerror", None) or f"the file is broken ({type(error).__name__}: {error})"
        raise UnreadableError(reason) from error


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
            _check_size(source, max_pixels)
            yield source, None
        else:
            with _open_file(source) as file:
                yield open_picture(file, max_pixels), file
    except UnreadableError as error:
        raise ImageReadError(f"cannot read {os.fspath(name)}: {error}") from error.__cause__


def _open_file(path: PathLike) -> IO[bytes]:
    try:
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
        file.seek(0)
        prefix = file.read(16)
    if not prefix:
        raise UnreadableError("the file is empty")
    for known in FORMATS:
        factory, accept = Image.OPEN.get(known.name, (None, None))
        if factory is None or accept is None:
            continue
        accepted = accept(prefix)
        if isinstance(accepted, str):
            raise UnreadableError(accepted)
        if accepted:
            with decoding():
                file.seek(0)
                # Without a file name Pillow does not map the file into memory, where a later change would show.
                picture = factory(file, "")
            _check_size(picture, max_pixels)
            if isinstance(picture, TiffImagePlugin.TiffImageFile):
                # The TIFF reader checks the size against the global limit again, when it makes this memory.
                with decoding():
                    picture.im = Image.new(picture.mode, (picture.tag_v2[256], picture.tag_v2[257])).im
            return picture
    raise UnreadableError(f"it is none of these kinds of picture: {', '.join(known.name for known in FORMATS)}")


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width * height == 0:
        raise UnreadableError("it has no pixels")
    if width * height > max_pixels:
        raise UnreadableError(
            f"it has {width} x {height} = {width * height:,} pixels, more than max_pixels={max_pixels:,}; "
            "if you trust the file, pass a larger max_pixels"
        )
