"""Color profiles (ICC): from the profile of a picture to sRGB, and back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from unetcolor.images.arrays import split_alpha
from unetcolor.images.opening import BAD_DATA, UnreadableError, decoding

# A profile that moves no color of a coarse cube by more than this many of 255 levels is sRGB.
_SRGB_TOLERANCE = 2


class _ProfileError(Exception):
    """Why a color profile cannot be used."""


@contextmanager
def _color_management() -> Iterator[None]:
    """Blame the profile for what Pillow raises inside, where only calls into Pillow may stand."""
    try:
        yield
    # ImportError: a Pillow that was built without color management.
    except (ImageCms.PyCMSError, ImportError, *BAD_DATA) as error:
        raise _ProfileError(str(error)) from error


def to_srgb(picture: Image.Image, notes: list[str]) -> Image.Image:
    """Bring a decoded picture to plain gray or sRGB.

    Parameters
    ----------
    picture
        Of any of Pillow's modes.
    notes
        What is lost is added here, in words for the user.

    Returns
    -------
    PIL.Image.Image
        In mode L, LA, RGB, RGBA, F, or one of the I modes; ``picture`` itself if nothing changes.

    Raises
    ------
    UnreadableError
        The picture cannot be converted.
    """
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture
    if picture.mode == "LAB":
        try:
            return _transform(picture, None)
        except _ProfileError as error:
            raise UnreadableError(f"its Lab colors cannot be converted: {error}") from error
    if picture.mode == "CMYK":
        converted = _apply_profile(picture, notes)
        with decoding():
            return picture.convert("RGB") if converted is picture else converted
    is_gray = picture.mode in ("1", "L", "LA", "La")
    with decoding():
        mode = ("L" if is_gray else "RGB") + ("A" if picture.has_transparency_data else "")
        plain = picture if picture.mode == mode else picture.convert(mode)
    return plain if is_gray else _apply_profile(plain, notes)


def _apply_profile(picture: Image.Image, notes: list[str]) -> Image.Image:
    data = picture.info.get("icc_profile")
    if not data:
        return picture
    try:
        return _transform(picture, data)
    except _ProfileError as error:
        notes.append(f"its color profile cannot be used ({error}), so its colors may be off")
        return picture


def _transform(picture: Image.Image, data: bytes | None) -> Image.Image:
    """Convert from a color profile, or from Lab, to sRGB; a picture that is in sRGB already is returned itself."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    with _color_management():
        profile: Any = ImageCms.createProfile("LAB") if data is None else ImageCms.ImageCmsProfile(io.BytesIO(data))
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), picture.mode, mode)
    if picture.mode == mode and _keeps_colors(transform, mode):
        return picture
    with _color_management():
        converted = ImageCms.applyTransform(picture, transform)
    return picture if converted is None else converted


def _keeps_colors(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.linspace(0, 255, 6).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    picture = Image.fromarray(cube).convert(mode)
    with _color_management():
        moved = ImageCms.applyTransform(picture, transform)
    return bool(np.abs(np.asarray(moved)[..., :3].astype(int) - cube).max() <= _SRGB_TOLERANCE)


def rgb_profile(picture: Image.Image) -> bytes:
    """Return a picture's color profile if colors can be converted to it, else nothing.

    A profile of gray or of inks, one that only describes a scanner, and a broken one are of no use to a picture in
    color.
    """
    data: bytes = picture.info.get("icc_profile") or b""
    try:
        if data:
            _from_srgb(data)
    except _ProfileError:
        return b""
    return data


def to_profile(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert 8-bit sRGB colors to those of an ICC profile; alpha stays.

    Raises
    ------
    ValueError
        The profile cannot be used.
    """
    color, alpha = split_alpha(pixels)
    try:
        transform = _from_srgb(profile)
    except _ProfileError as error:
        raise ValueError(f"the color profile cannot be used: {error}") from error
    result = np.asarray(ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(color)), transform))
    return result if alpha is None else np.concatenate([result, alpha[..., np.newaxis]], axis=-1)


def _from_srgb(profile: bytes) -> ImageCms.ImageCmsTransform:
    with _color_management():
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.buildTransform(ImageCms.createProfile("sRGB"), target, "RGB", "RGB")
