"""Checks of arguments that several modules take."""

from __future__ import annotations

import os
from math import isfinite
from operator import index
from typing import Any

from unetcolor.errors import shown

# Larger than any camera's photo, and 600 MB as 8-bit RGB: a small file can claim, and make us allocate, far more.
LARGEST_AREA = 200_000_000

# Networks are trained at a hundredth of this; at more, one feature map of a U-Net takes gigabytes.
LARGEST_SIDE_OF_NETWORK = 2048

# At ten times, nearly all colors are at the border of what the screen can show.
_LARGEST_SATURATION = 100.0

# Seeds are counted up, and must stay numbers of 64 bits.
LARGEST_SEED = 2**62

MOST_EPOCHS = 1_000_000
MOST_PICTURES_AT_ONCE = 1_000_000


def whole_number(name: str, value: Any, least: int | None = 1, most: int | None = None) -> int:
    """Return a whole number of any kind as an ``int``, or raise a ValueError that names the argument."""
    try:
        # True is a number to Python, and a mistake as an argument.
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {shown(value)}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, not {shown(number)}")
    if most is not None and number > most:
        raise ValueError(f"{name} must be at most {most:,}, not {shown(number)}")
    return number


def seed_or_none(value: Any) -> int | None:
    """Return a seed as an ``int``, or None as it is, or raise a ValueError."""
    return None if value is None else whole_number("seed", value, least=0, most=LARGEST_SEED)


def height_and_width(name: str, value: Any, most: int = LARGEST_AREA) -> tuple[int, int]:
    """Return ``(height, width)`` as two ``int`` of at least 1, or raise a ValueError that names the argument."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f"{name} must be (height, width), not {shown(value)}")
    height, width = (whole_number(name, side) for side in value)
    if height * width > most:
        raise ValueError(f"{name} must have at most {most:,} pixels, not {shown(height)} x {shown(width)}")
    return height, width


def side_of_network(value: Any) -> int:
    """Return the ``size`` at which a network sees photos as an ``int``, or raise a ValueError."""
    return whole_number("size", value, most=LARGEST_SIDE_OF_NETWORK)


def saturation_of(value: Any) -> float:
    """Return the ``saturation`` of colors as a ``float``, or raise a ValueError."""
    return not_negative("saturation", value, most=_LARGEST_SATURATION)


def size_of_network(name: str, value: Any) -> tuple[int, int]:
    """Return ``(height, width)`` of the pictures that a network sees, or raise a ValueError that names the argument."""
    return height_and_width(name, value, most=LARGEST_SIDE_OF_NETWORK**2)


def not_negative(name: str, value: Any, most: float | None = None) -> float:
    """Return a finite number of at least 0 as a ``float``, or raise a ValueError that names the argument."""
    number = any_number(name, value)
    if not (isfinite(number) and number >= 0):
        raise ValueError(f"{name} must be finite and at least 0, not {number}")
    if most is not None and number > most:
        raise ValueError(f"{name} must be at most {most:g}, not {number:g}")
    return number


def share(name: str, value: Any) -> float:
    """Return a number that is at least 0 and below 1 as a ``float``, or raise a ValueError that names the argument."""
    number = any_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {number}")
    return number


def any_number(name: str, value: Any) -> float:
    """Return a number of any kind as a ``float``, or raise a ValueError that names the argument."""
    try:
        # Neither an array of one value nor "1" is a number, though Python would make one of it.
        if isinstance(value, bool | str | bytes) or getattr(value, "shape", ()) != ():
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number, not {shown(value)}") from None


def true_or_false(name: str, value: Any) -> bool:
    """Return a Boolean of any kind as a ``bool``, or raise a ValueError that names the argument."""
    # An array cannot be looked for.
    if getattr(value, "shape", ()) != () or value not in (True, False):
        raise ValueError(f"{name} must be True or False, not {shown(value)}")
    return bool(value)


def verbosity(value: Any) -> Any:
    """Return what ``verbose`` may be in Keras, or raise a ValueError."""
    if getattr(value, "shape", ()) != () or value not in ("auto", 0, 1, 2):
        raise ValueError(f"verbose must be 'auto', 0, 1 or 2, not {shown(value)}")
    return value


def path_to(name: str, value: Any) -> str | os.PathLike[str]:
    """Return a path that is not empty, or raise a ValueError that names the argument."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str) or not os.fspath(value):
        raise ValueError(f"{name} must be the path of a file, not {shown(value)}")
    if "\0" in os.fspath(value):
        raise ValueError(f"{name} must be a path without null characters, not {shown(value)}")
    return value
