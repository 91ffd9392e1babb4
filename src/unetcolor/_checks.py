"""Checks of arguments that several modules take."""

from __future__ import annotations

from math import isfinite
from operator import index
from typing import Any

# Larger than any camera's photo, and 600 MB as 8-bit RGB: a small file can claim, and make us allocate, far more.
LARGEST_AREA = 200_000_000


def whole_number(name: str, value: Any, least: int | None = 1) -> int:
    """Return a whole number of any kind as an ``int``, or raise a ValueError that names the argument."""
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def height_and_width(name: str, value: Any) -> tuple[int, int]:
    """Return ``(height, width)`` as two ``int`` of at least 1, or raise a ValueError that names the argument."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f"{name} must be (height, width), not {value!r}")
    height, width = (whole_number(name, side) for side in value)
    if height * width > LARGEST_AREA:
        raise ValueError(f"{name} must have at most {LARGEST_AREA:,} pixels, not {height} x {width}")
    return height, width


def not_negative(name: str, value: Any) -> float:
    """Return a finite number of at least 0 as a ``float``, or raise a ValueError that names the argument."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    if not (isfinite(number) and number >= 0):
        raise ValueError(f"{name} must be finite and at least 0, not {number}")
    return number


def true_or_false(name: str, value: Any) -> bool:
    """Return a Boolean of any kind as a ``bool``, or raise a ValueError that names the argument."""
    if value not in (True, False):
        raise ValueError(f"{name} must be True or False, not {value!r}")
    return bool(value)
