"""Read the frames of a video; needs PyAV."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

import numpy as np

from unetcolor.errors import MissingExtraError, VideoError

# Formats that say how long a video is; for other formats, FFmpeg estimates it.
_LENGTH_IS_WRITTEN = {"mov", "matroska", "avi"}

# A step back by more than these seconds is a clock that starts again, as in joined films; a smaller step is an error.
_STARTED_OVER = 0.5

# A video that ends this many seconds before the end that it declares is truncated.
_MISSING = 1.0


def import_av() -> Any:
    """Return the package of PyAV, or say how to install it."""
    try:
        import av
    except ModuleNotFoundError as error:
        raise MissingExtraError("av", "video") from error
    return av


@dataclass(frozen=True)
class First:
    """The first frame, upright, and whether it is stored on its side."""

    rgb: np.ndarray
    is_turned: bool


def first_frame(av: Any, source: str | os.PathLike[str]) -> First:
    """Return the first frame, which gives the size of all frames."""
    with av.open(os.fspath(source)) as reader:
        for packet in reader.demux(pictures_of(reader, source)):
            for frame in _decode(av, packet) or []:
                return First(_to_rgb(frame, None), frame.rotation // 90 % 2 == 1)
    raise VideoError(f"cannot read {source}: there are no pictures in it")


def pictures_of(reader: Any, source: str | os.PathLike[str]) -> Any:
    """Return the stream of pictures; a cover picture of music does not count."""
    from av.stream import Disposition

    for stream in reader.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise VideoError(f"cannot read {source}: there are no pictures in it")


class Frames:
    """Yields the frames of a video, upright, as RGB arrays, and copies the other streams to another file.

    ``times`` holds the time of each yielded frame, as a number and its unit in seconds; ``damaged`` counts the parts
    that could not be decoded, and a missing end; ``hidden`` counts the frames that must not be shown.
    """

    def __init__(
        self, av: Any, reader: Any, writer: Any, copies: dict[int, Any], size: tuple[int, int], video: Any
    ) -> None:
        self._av = av
        self._reader = reader
        self._writer = writer
        self._copies = copies
        self._size = size
        self._video = video
        self.damaged = self.hidden = 0
        self.times: deque[tuple[int, Fraction]] = deque()

    def __iter__(self) -> Iterator[np.ndarray]:
        video = self._video
        times = _Times(video, self._reader.format.name == "avi")
        reached = 0.0
        for packet in self._reader.demux():
            if packet.pts is not None:
                reached = max(reached, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.stream.index in self._copies:
                # The packet that ends a stream has no time and no content.
                if packet.dts is not None:
                    packet.stream = self._copies[packet.stream.index]
                    self._writer.mux(packet)
            elif packet.stream.index == video.index:
                # A film that was trimmed without encoding it again still has frames before its beginning.
                self.hidden += packet.is_discard
                decoded = _decode(self._av, packet)
                self.damaged += decoded is None
                if decoded is not None:
                    times.read(packet)
                for frame in decoded or []:
                    self.times.append(times.of(frame))
                    yield _to_rgb(frame, self._size)
        if _LENGTH_IS_WRITTEN & set(self._reader.format.name.split(",")):
            self.damaged += (self._reader.duration or 0) / self._av.time_base > reached + _MISSING


class _Times:
    """Tells when frames are shown, each later than the frame before."""

    def __init__(self, video: Any, numbered: bool) -> None:
        self._rate = video.average_rate or video.guessed_rate or Fraction(25)
        self._numbered = numbered
        self._numbers: list[int] = []
        self._last: tuple[int, Fraction] | None = None
        self._count = 0
        # Joined films need a shift, because their clock starts again.
        self._shift, self._step = 0, 1

    def read(self, packet: Any) -> None:
        """Take note of a packet that was decoded."""
        if self._numbered and packet.dts is not None:
            heappush(self._numbers, packet.dts)

    def of(self, frame: Any) -> tuple[int, Fraction]:
        """Return the time of the next frame, as a number and its unit in seconds."""
        pts, unit = frame.pts, frame.time_base
        # AVI numbers what it holds in the order of decoding, not of showing.
        if self._numbers:
            pts = heappop(self._numbers)
        # Some old formats have no times.
        if pts is None:
            pts, unit = self._count, 1 / self._rate
        pts += self._shift
        if self._last is not None and (self._last[0] * self._last[1] - pts * unit) > _STARTED_OVER:
            shift = self._last[0] + self._step - pts
            self._shift, pts = self._shift + shift, pts + shift
        # Films from tape repeat times and step back, and an encoder refuses both.
        if self._last is not None and pts * unit <= self._last[0] * self._last[1]:
            pts, unit = self._last[0] + 1, self._last[1]
        if self._last is not None:
            self._step = pts - self._last[0]
        self._last, self._count = (pts, unit), self._count + 1
        return pts, unit


def _decode(av: Any, packet: Any) -> list[Any] | None:
    """Return the frames that a packet completes, or None if it is damaged."""
    try:
        frames: list[Any] = packet.decode()
    # A partial frame, such as the last of a truncated file, does not make the others unreadable.
    except av.error.InvalidDataError:
        return None
    return frames


def _to_rgb(frame: Any, size: tuple[int, int] | None) -> np.ndarray:
    turns = frame.rotation // 90 % 4
    if size is not None:
        height, width = size if turns % 2 == 0 else size[::-1]
        frame = frame.reformat(width=width, height=height, format="rgb24")
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))
