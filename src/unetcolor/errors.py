"""The exceptions of unetcolor, and the message for a missing extra."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class UnetcolorError(Exception):
    """Base class of every exception that unetcolor defines."""


class ImageReadError(UnetcolorError, ValueError):
    """A picture file could not be read; the message holds its path and the reason."""


class VideoError(UnetcolorError, ValueError):
    """A video could not be read or written; the message holds its path and the reason."""


class ModelLoadError(UnetcolorError, ValueError):
    """A model file could not be loaded; the message holds its path and the reason."""


class ColorSpaceError(UnetcolorError, ValueError):
    """A color space is unknown, badly declared, or its plug-in failed to import."""


class NotFittedError(UnetcolorError, RuntimeError):
    """A colorizer was asked for colors before it was trained."""


class MissingExtraError(UnetcolorError, ImportError):
    """An optional dependency is not installed; the message holds the command that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'this needs {package}: pip install "unetcolor[{extra}]"')


def unknown_name(kind: str, given: object, available: Sequence[str]) -> str:
    """Say that a name is unknown, what was probably meant, and what there is."""
    close = get_close_matches(str(given), available, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"unknown {kind} {given!r}.{hint} Available: {', '.join(available)}"
