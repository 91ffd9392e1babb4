"""Color profiles (ICC): from the profile of a picture to sRGB, and back."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from unetcolor.images.arrays import split_alpha
from unetcolor.images.unreadable import BAD_DATA, UnreadableError, decoding

# A profile that moves no color of a coarse cube by more than this many of 255 levels is sRGB.
_SRGB_TOLERANCE = 2

# Grays that come back from a profile differ by no more: by rounding alone, dark ones do by 12 where its gamma is 1.
_ROUND_TRIP = 20


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


def inks_or_lab_to_srgb(picture: Image.Image, profile: bytes, notes: list[str]) -> Image.Image:
    """Convert a picture of inks, or of Lab, to sRGB.

    Parameters
    ----------
    picture
        Of mode CMYK or LAB.
    profile
        The ICC profile of the inks; may be empty.
    notes
        What is lost is added here, in words for the user.

    Raises
    ------
    UnreadableError
        The picture cannot be converted.
    """
    if picture.mode == "LAB":
        try:
            with _color_management():
                return _converted(picture, _transform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB"))
        except _ProfileError as error:
            raise UnreadableError(f"its Lab colors cannot be converted: {error}") from error
    if profile:
        try:
            return _converted(picture, _transform(_opened(profile), _srgb(), "CMYK", "RGB"))
        except _ProfileError as error:
            notes.append(_unusable(error))
    with decoding():
        return picture.convert("RGB")


def to_srgb(pixels: np.ndarray, profile: bytes, notes: list[str]) -> np.ndarray:
    """Convert gray values to those of sRGB's tone curve, and colors to sRGB.

    Parameters
    ----------
    pixels
        uint8 or uint16, gray or RGB, with or without alpha.
    profile
        The ICC profile that they are in; may be empty. One of the other kind, of colors for gray or of gray for
        colors, says nothing of them.
    notes
        What is lost is added here, in words for the user.

    Returns
    -------
    np.ndarray
        Of the shape of ``pixels``, which is returned itself if nothing changes.
    """
    color, alpha = split_alpha(pixels)
    if not profile:
        return pixels
    try:
        source = _opened(profile)
        if source.profile.xcolor_space.strip() != ("GRAY" if color.ndim == 2 else "RGB"):
            return pixels
        if color.ndim == 2:
            converted = _gray_to_srgb(color, source)
        elif color.dtype == np.uint8:
            converted = _colors_to_srgb(color, source)
        elif can_convert(color.dtype):
            converted = _deep_colors(color, profile, _srgb_bytes())
        elif _is_srgb(source):
            return pixels
        else:
            notes.append(
                "only 8 of its 16 bits per channel are kept, since it has a color profile: imagecodecs converts all, "
                'pip install "unetcolor[formats]"'
            )
            converted = _colors_to_srgb((color >> 8).astype(np.uint8), source)
    except _ProfileError as error:
        notes.append(_unusable(error))
        return pixels
    if converted is color:
        return pixels
    if alpha is None:
        return converted
    if alpha.dtype != converted.dtype:
        alpha = (alpha >> 8).astype(np.uint8)
    return np.concatenate([converted.reshape(*alpha.shape, -1), alpha[..., np.newaxis]], axis=-1)


def _unusable(error: _ProfileError) -> str:
    return f"its color profile cannot be used ({error}), so its colors may be off"


def usable_profile(picture: Image.Image) -> bytes:
    """Return a picture's color profile if sRGB colors can be converted to it and back, else nothing.

    A profile of gray or of inks, one that only describes a scanner, and a broken one are of no use to a picture in
    color.
    """
    data: bytes = picture.info.get("icc_profile") or b""
    try:
        return data if data and _leads_back(_opened(data)) else b""
    except _ProfileError:
        return b""


def to_profile(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert sRGB colors to those of an ICC profile; alpha stays.

    16-bit colors are converted with imagecodecs.

    Raises
    ------
    ValueError
        The profile cannot be used.
    """
    color, alpha = split_alpha(pixels)
    try:
        if color.dtype == np.uint16:
            result = _deep_colors(color, _srgb_bytes(), profile)
        else:
            picture = Image.fromarray(np.ascontiguousarray(color))
            result = np.asarray(_converted(picture, _transform(_srgb(), _opened(profile), "RGB", "RGB")))
    except _ProfileError as error:
        raise ValueError(f"the color profile cannot be used: {error}") from error
    return result if alpha is None else np.concatenate([result, alpha[..., np.newaxis]], axis=-1)


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    with _color_management():
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def _transform(
    source: Any, target: Any, mode: str, wanted: str, flags: ImageCms.Flags = ImageCms.Flags.NONE
) -> ImageCms.ImageCmsTransform:
    with _color_management():
        return ImageCms.buildTransform(source, target, mode, wanted, flags=flags)


def _converted(picture: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    with _color_management():
        converted = ImageCms.applyTransform(picture, transform)
    return picture if converted is None else converted


def _leads_back(profile: ImageCms.ImageCmsProfile) -> bool:
    """Tell whether grays come back from a profile that they were converted to; tables of some only lead from it."""
    grays = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=-1)
    there = _converted(Image.fromarray(grays), _transform(_srgb(), profile, "RGB", "RGB"))
    back = np.asarray(_converted(there, _transform(profile, _srgb(), "RGB", "RGB")))
    return bool(np.abs(back.astype(int) - grays).max() <= _ROUND_TRIP)


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    levels = np.linspace(0, 255, 6).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(6, 36, 3)
    moved = np.asarray(_converted(Image.fromarray(cube), _transform(profile, _srgb(), "RGB", "RGB")))
    return bool(np.abs(moved.astype(int) - cube).max() <= _SRGB_TOLERANCE)


def _colors_to_srgb(color: np.ndarray, profile: ImageCms.ImageCmsProfile) -> np.ndarray:
    if _is_srgb(profile):
        return color
    picture = Image.fromarray(np.ascontiguousarray(color))
    return np.asarray(_converted(picture, _transform(profile, _srgb(), "RGB", "RGB")))


def can_convert(dtype: np.dtype) -> bool:
    """Tell whether colors of a dtype can be converted: those of 16 bits only with imagecodecs."""
    return dtype == np.uint8 or find_spec("imagecodecs") is not None


def _deep_colors(color: np.ndarray, source: bytes, target: bytes) -> np.ndarray:
    import imagecodecs

    try:
        return np.asarray(
            imagecodecs.cms_transform(
                np.ascontiguousarray(color), source, target, colorspace="rgb", outcolorspace="rgb", intent=0
            )
        )
    except BAD_DATA as error:
        raise _ProfileError(str(error)) from error


@cache
def _srgb_bytes() -> bytes:
    return ImageCms.ImageCmsProfile(_srgb()).tobytes()


def _gray_to_srgb(gray: np.ndarray, profile: ImageCms.ImageCmsProfile) -> np.ndarray:
    """Apply the tone curve of a gray profile, and take back that of sRGB."""
    mode = "L" if gray.dtype == np.uint8 else "I;16"
    # The optimized curve has too few points for dark values.
    transform = _transform(profile, _opened(_gray_srgb()), mode, mode, ImageCms.Flags.NOOPTIMIZE)
    levels = np.arange(np.iinfo(gray.dtype).max + 1, dtype=gray.dtype).reshape(-1, 256)
    curve = np.asarray(_converted(Image.fromarray(levels), transform)).ravel()
    return np.take(curve, gray)


@cache
def _gray_srgb() -> bytes:
    """Return an ICC profile (version 4.3) of gray with the tone curve of sRGB, IEC 61966-2-1, which Pillow has not."""
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    curve = struct.pack(">4sIHH5i", b"para", 0, 3, 0, *(round(number * 65536) for number in numbers))
    # The white of the connection space, D50.
    white = struct.pack(">4sI3i", b"XYZ ", 0, 0xF6D6, 0x10000, 0xD32D)
    start = 128 + 4 + 2 * 12
    table = struct.pack(">I", 2)
    table += struct.pack(">4sII4sII", b"wtpt", start, len(white), b"kTRC", start + len(white), len(curve))
    body = table + white + curve
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x3i",
        128 + len(body),
        b"",
        0x04300000,
        b"mntr",
        b"GRAY",
        b"XYZ ",
        b"acsp",
        0xF6D6,
        0x10000,
        0xD32D,
    )
    return header.ljust(128, b"\0") + body
