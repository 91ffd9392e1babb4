"""Small picture files of every format, and files that differ from them a little."""

from __future__ import annotations

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import tifffile
from PIL import Image
from pillow_heif import HeifFile

RGB = np.random.default_rng(3).integers(0, 256, (24, 40, 3)).astype(np.uint8)
DEEP = RGB.astype(np.uint16) * 257


def _saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(RGB).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def _tiff(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def _heic() -> bytes:
    file, buffer = HeifFile(), io.BytesIO()
    file.add_frombytes("RGB", (40, 24), RGB.tobytes())
    file.save(buffer)
    return buffer.getvalue()


FILES: dict[str, bytes] = {
    "jpeg": _saved("JPEG"),
    "progressive jpeg": _saved("JPEG", progressive=True),
    "cmyk jpeg": _saved("JPEG", "CMYK"),
    "png": _saved("PNG"),
    "palette png": _saved("PNG", "P"),
    "webp": _saved("WEBP"),
    "lossless webp": _saved("WEBP", lossless=True),
    "gif": _saved("GIF", "P"),
    "bmp": _saved("BMP"),
    "ppm": _saved("PPM"),
    "avif": _saved("AVIF"),
    "jpeg 2000": _saved("JPEG2000"),
    "deep jpeg 2000": imagecodecs.jpeg2k_encode(DEEP, level=0, reversible=True),
    "heic": _heic(),
    "tiff": _saved("TIFF"),
    "lzw tiff": _saved("TIFF", compression="tiff_lzw"),
    "fax tiff": _saved("TIFF", "1", compression="group4"),
    "planar tiff": _tiff(np.moveaxis(DEEP, -1, 0), photometric="rgb", planarconfig="separate", compression="zlib"),
    "tiff of 16-bit negatives": _tiff(DEEP[..., 0], photometric="miniswhite"),
}


def mutated(content: bytes, draw: Callable[[int, int], int]) -> bytes:
    """Return a file with some bytes changed, left out or repeated; ``draw(first, last)`` gives whole numbers."""
    changed = bytearray(content)
    for _ in range(draw(0, 3)):
        place = draw(0, len(changed) - 1)
        match draw(0, 4):
            case 0:
                changed[place] = draw(0, 255)
            case 1:
                changed[place] ^= 1 << draw(0, 7)
            case 2:
                del changed[place : place + draw(1, 32)]
            case 3:
                changed[place:place] = changed[place : place + draw(1, 32)]
            case 4:
                changed[place : place + 4] = bytes([draw(0, 1) * 255]) * 4
        if not changed:
            return b""
    return bytes(changed)
