"""Blame a picture for what a library raises about its data."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from PIL import Image

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
    """Why a picture cannot be read, in words for the user, without the name of the file."""


class TooLargeError(UnreadableError):
    """It has more pixels than the caller allows; ``size`` is its width and height."""

    def __init__(self, reason: str, size: tuple[int, int]) -> None:
        super().__init__(reason)
        self.size = size


def require(library: str, what: str) -> None:
    """Raise an UnreadableError that says what to install, if a library of the extra ``formats`` is not there."""
    if find_spec(library.replace("-", "_")) is None:
        raise UnreadableError(
            f'{what} are read with {library}, which is not installed: pip install "unetcolor[formats]"'
        )


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
