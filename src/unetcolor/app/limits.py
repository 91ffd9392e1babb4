"""How large a photo may be, and what is said of a larger one."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from unetcolor._checks import not_negative
from unetcolor.errors import ImageReadError, ImageTooLargeError
from unetcolor.images import Photo, read


@dataclass(frozen=True)
class Limits:
    """How large a photo may be.

    Parameters
    ----------
    max_megapixels
        Photos with more pixels are refused, before they are decoded.
    max_file_mb
        Larger files are refused, as soon as so much of them has arrived.
    command
        What is started with ``--max-megapixels`` and ``--max-file-mb`` to allow more.
    """

    max_megapixels: float = 50.0
    max_file_mb: float = 50.0
    command: str = "unetcolor app"

    def __post_init__(self) -> None:
        for name in ("max_megapixels", "max_file_mb"):
            if not not_negative(name, getattr(self, name)):
                raise ValueError(f"{name} must be above 0")

    @property
    def max_pixels(self) -> int:
        """The most pixels."""
        return round(self.max_megapixels * 1e6)

    @property
    def max_bytes(self) -> int:
        """The most bytes."""
        return round(self.max_file_mb * 2**20)

    def read(self, source: Any, name: str) -> Photo:
        """Read a picture, which messages call by a name.

        Raises
        ------
        ImageTooLargeError
            It has too many pixels.
        ImageReadError
            It cannot be read.
        """
        try:
            return read(source, max_pixels=self.max_pixels)
        except ImageTooLargeError as error:
            width, height = error.size
            raise ImageTooLargeError(
                f"cannot read {name}: it has {width} x {height} = {width * height:,} pixels, and at most "
                f"{self.max_pixels:,} are taken; start {self.command} --max-megapixels "
                f"{ceil(width * height / 1e6)} to allow them",
                error.size,
            ) from None
        except ImageReadError as error:
            # An open file has no name.
            raise ImageReadError(str(error).replace("cannot read the picture:", f"cannot read {name}:", 1)) from error

    def __str__(self) -> str:
        return f"{self.max_megapixels:g} megapixels and {self.max_file_mb:g} MB"
