"""The exceptions of unetcolor, the message for a missing extra, and how messages show what was given."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Self

from typing_extensions import override

# Only what was made to do harm needs more room than this.
_LONGEST_MESSAGE = 1000


def printable(text: str) -> str:
    """Return a text as a terminal may show it: what would steer it, or turn the direction of writing, becomes ``?``.

    Examples
    --------
    >>> printable(f"red: {chr(27)}[31m")
    'red: ?[31m'
    """
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def shown(value: object) -> str:
    """Return what was given as a message shows it: as Python writes it, but short.

    Examples
    --------
    >>> shown("a" * 1000), shown(range(3))
    ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", 'range(0, 3)')
    """
    if hasattr(value, "dtype") and getattr(value, "shape", ()) != ():
        return f"an array of shape {value.shape} and dtype {value.dtype}"  # type: ignore[attr-defined]
    return printable(_SHORT.repr(value))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "frame"), counted(2, "frame")
    ('1 frame', '2 frames')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def shown_names(names: Iterable[str]) -> str:
    """Return the first of some names from a file, in the order of the alphabet, without quotation marks."""
    return ", ".join(shown(name)[1:-1] for name in sorted(names)[:5])


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 80
        self.maxlist = self.maxtuple = 8

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write a number of thousands of digits.
        return super().repr_int(x, level) if x.bit_length() < 1000 else f"a number of {x.bit_length()} bits"


_SHORT = _Short()


class UnetcolorError(Exception):
    """Base class of every exception that unetcolor defines."""


class ImageReadError(UnetcolorError, ValueError):
    """A picture file could not be read; the message holds its path and the reason."""


class ImageTooLargeError(ImageReadError):
    """A picture has more pixels than the caller of the library allows.

    Attributes
    ----------
    size
        ``(width, height)`` of the picture, as its header says.
    """

    def __init__(self, message: str, size: tuple[int, int]) -> None:
        super().__init__(message)
        self.size = size

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[str, tuple[int, int]]]:
        return type(self), (str(self), self.size)


class VideoError(UnetcolorError, ValueError):
    """A video could not be read or written; the message holds its path and the reason."""


class ModelLoadError(UnetcolorError, ValueError):
    """A model file could not be loaded; the message holds its path and the reason.

    Much of the message may come from the file itself: it is made printable, and is never long.
    """

    def __init__(self, message: object) -> None:
        text = printable(str(message))
        if len(text) > _LONGEST_MESSAGE:
            text = f"{text[: _LONGEST_MESSAGE // 2]} ... {text[-_LONGEST_MESSAGE // 3 :]}"
        super().__init__(text)


class ColorSpaceError(UnetcolorError, ValueError):
    """A color space is unknown, badly declared, or its plug-in failed to import."""


class NotFittedError(UnetcolorError, RuntimeError):
    """A colorizer was asked for colors before it was trained."""


class ExportError(UnetcolorError, RuntimeError):
    """A colorizer could not be exported, or the file has other colors; the message says why, or by how much."""


class DivergedError(UnetcolorError, ArithmeticError):
    """A training ran into numbers that are not finite; the message says when, and what the network is left with."""


class ForkedError(UnetcolorError, RuntimeError):
    """Keras was to compute in a process that was forked after it had; the message says what to do."""


class MissingExtraError(UnetcolorError, ImportError):
    """An optional dependency is not installed; the message holds the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'this needs {package}: pip install "unetcolor[{extra}]"')


def require(package: str, extra: str) -> Any:
    """Import an optional package and return it.

    Raises
    ------
    MissingExtraError
        It is not installed.

    Examples
    --------
    >>> require("a_package_that_nobody_wrote", "export")
    Traceback (most recent call last):
    unetcolor.errors.MissingExtraError: this needs a_package_that_nobody_wrote: pip install "unetcolor[export]"
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        # A package that is there, and lacks another one itself, is not missing.
        if error.name != package:
            raise
        raise MissingExtraError(package, extra) from error


def unknown_name(kind: str, given: object, available: Sequence[str]) -> str:
    """Say that a name is unknown, what was probably meant, and what there is.

    Examples
    --------
    >>> unknown_name("color space", "OK Lab", ["lab", "oklab"])
    "unknown color space 'OK Lab'. Did you mean 'oklab'? Available: lab, oklab"
    """
    # The first of several that differ in case alone is meant.
    by_letters = {_letters(name): name for name in reversed(available)}
    close = get_close_matches(_letters(str(given)[:100]), by_letters, n=1)
    hint = f" Did you mean {by_letters[close[0]]!r}?" if close else ""
    return f"unknown {kind} {shown(given)}.{hint} Available: {', '.join(available)}"


def _letters(name: str) -> str:
    """Return a name without what people mistake most: capital letters, spaces, hyphens and underscores."""
    return "".join(c for c in name.casefold() if c.isalnum())
