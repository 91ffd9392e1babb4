"""From frames of FFmpeg to upright RGB pictures and back; gray keeps its exact luma both ways."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from unetcolor.errors import VideoError

# FFmpeg's number of BT.709: matrix, primaries and transfer curve of high-definition video.
BT709 = 1

# Transfer curves whose gray is no standard dynamic range, by FFmpeg's numbers.
_OTHER_RANGES = {
    8: "linear light",
    9: "a logarithmic curve",
    10: "a logarithmic curve",
    16: "PQ",
    17: "SMPTE 428",
    18: "HLG",
}

# Transfer curves that differ from that of BT.709, but little: gamma 2.2, gamma 2.8, SMPTE 240M, sRGB.
_OWN_CURVES = {4, 5, 7, 13}


@dataclass(frozen=True)
class Orientation:
    """How a frame becomes upright: rows and columns are swapped first, then mirrored."""

    swapped: bool
    left_right: bool
    up_down: bool

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """Return the pixels as a player shows them."""
        pixels = np.swapaxes(pixels, 0, 1) if self.swapped else pixels
        return np.ascontiguousarray(pixels[:: -1 if self.up_down else 1, :: -1 if self.left_right else 1])

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return the upright height and width of a frame; of an upright picture, those of its frame."""
        return (width, height) if self.swapped else (height, width)


UPRIGHT = Orientation(swapped=False, left_right=False, up_down=False)


def orientation(frame: Any, before: Orientation = UPRIGHT) -> Orientation:
    """Return which of the eight turns and mirrors a frame asks for; other angles go to the nearest.

    ``before`` is that of the frame before: within a stream, it is said with key frames only.
    """
    matrix = _display_matrix(frame)
    if matrix is None:
        return UPRIGHT if frame.key_frame else before
    a, b, c, d = matrix
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, left_right=c < 0, up_down=b < 0)
    return Orientation(False, left_right=a < 0, up_down=d < 0)


def _display_matrix(frame: Any) -> tuple[float, float, float, float] | None:
    """Return ``a, b, c, d``: what is stored at ``(x, y)`` is shown at ``(a x + c y, b x + d y)``."""
    try:
        data = frame.side_data.get("DISPLAYMATRIX")
    # PyAV lists no side data if one of them, such as EXIF, is unknown to it: it still tells the turn, not the mirror.
    except ValueError:
        turn = np.deg2rad(frame.rotation)
        return np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)
    if data is None:
        return None
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
    return a, b, c, d


def to_rgb(av: Any, frame: Any, turn: Orientation, size: tuple[int, int]) -> np.ndarray:
    """Return a frame upright as RGB pixels, scaled to an upright ``(height, width)`` if it has another size."""
    height, width = turn.size(*size)
    rgb = frame.reformat(width=width, height=height, format="rgb24", interpolation=_accurate(av))
    return turn.upright(rgb.to_ndarray())


def to_frame(av: Any, rgb: np.ndarray, pts: int, time_base: Fraction, pixel_format: str) -> Any:
    """Return RGB pixels as a frame to encode, in the limited range of BT.709."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    frame = frame.reformat(
        format=pixel_format, dst_colorspace="ITU709", dst_color_range="MPEG", interpolation=_accurate(av)
    )
    frame.pts, frame.time_base = pts, time_base
    return frame


def _accurate(av: Any) -> Any:
    """Return what FFmpeg is told, so that it rounds: otherwise it cuts, which darkens each pass by half a level."""
    scaling = av.video.reformatter.Interpolation
    return scaling.BILINEAR | scaling.ACCURATE_RND | scaling.FULL_CHR_H_INT


def transfer_to_write(frame: Any) -> int:
    """Return FFmpeg's number of the transfer curve that is true for the gray of a frame, also after colorizing."""
    return frame.color_trc if frame.color_trc in _OWN_CURVES else BT709


def has_captions(frame: Any) -> bool:
    """Tell whether closed captions, as of American television, are hidden in a frame."""
    try:
        return "A53_CC" in frame.side_data
    except ValueError:
        return False


def check_range(frame: Any, source: Any) -> None:
    """Raise a VideoError for high dynamic range, whose brightness would come out wrong."""
    curve = _OTHER_RANGES.get(frame.color_trc)
    if curve is not None:
        raise VideoError(
            f"cannot colorize {source}: its brightness is coded as {curve}, and only videos of standard dynamic range "
            "can be colorized: convert it first, for example with FFmpeg's filters zscale and tonemap"
        )
