"""JPEG 2000 files with more than 8 bits for each color, which Pillow rounds so that white becomes black.

The format: ISO/IEC 15444-1, annex A.5.1.
"""

from __future__ import annotations

import struct
from typing import IO

import numpy as np

from unetcolor.images.arrays import stretch
from unetcolor.images.unreadable import UnreadableError, decoding, require

# Start of the codestream, and of the segment that says its size.
_START = b"\xff\x4f\xff\x51"
_BOXES = 1_000_000


def depth_of(file: IO[bytes]) -> int:
    """Return the bits of each number of a file, or 0 if they differ or are signed."""
    with decoding():
        file.seek(0)
        head = file.read(_BOXES)
    place = head.find(_START)
    try:
        (count,) = struct.unpack_from(">H", head, place + 40)
        depths = set(head[place + 42 : place + 42 + 3 * count : 3])
    except struct.error as error:
        raise UnreadableError("the file is broken: it does not say how large it is") from error
    depth = depths.pop() + 1 if len(depths) == 1 else 0
    return depth if depth <= 16 else 0


def decode_deep(file: IO[bytes], depth: int, shape: tuple[int, int]) -> np.ndarray:
    """Decode colors of more than 8 bits.

    Returns
    -------
    np.ndarray
        uint16, of shape ``(*shape, 2, 3 or 4)``.

    Raises
    ------
    UnreadableError
        The file is broken, or imagecodecs is not there.
    """
    if depth == 0:
        raise UnreadableError("JPEG 2000 files of numbers that differ in depth are not read: save it as PNG or TIFF")
    require("imagecodecs", f"JPEG 2000 files of colors of {depth} bits")
    import imagecodecs

    with decoding():
        file.seek(0)
        values = imagecodecs.jpeg2k_decode(file.read())
    if values.shape[:2] != shape or values.shape[2:] not in ((2,), (3,), (4,)) or values.dtype != np.uint16:
        raise UnreadableError(f"JPEG 2000 files of {values.dtype} of shape {values.shape} are not read")
    largest = 2**depth - 1
    return stretch(np.minimum(values, largest), largest, np.uint16)
