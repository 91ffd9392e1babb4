"""Read the frames of a video, and copy its other streams on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from unetcolor.errors import counted
from unetcolor.video.conversion import UPRIGHT, check_range, has_captions, orientation, to_rgb
from unetcolor.video.deinterlacing import Deinterlacer
from unetcolor.video.opening import decode
from unetcolor.video.times import Times

# Formats that say how long a video is; for other formats, FFmpeg estimates it.
_LENGTH_IS_WRITTEN = {"mov", "matroska", "avi"}

# A video that ends this many seconds before the end that it declares is truncated.
_MISSING = 1.0


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
        self._deinterlacer = Deinterlacer(av, video)
        self._turn = UPRIGHT
        self._scaled = 0
        self._is_captioned = False
        self.damaged = self.hidden = 0
        self.times: deque[tuple[int, Fraction]] = deque()

    @property
    def notes(self) -> list[str]:
        """What the frames that were yielded so far do not keep."""
        height, width = self._size
        notes = []
        if self._deinterlacer.count:
            notes.append(f"it is interlaced: {counted(self._deinterlacer.count, 'frame')} made progressive")
        if self._scaled:
            notes.append(
                f"its size changes: {counted(self._scaled, 'frame')} scaled to {width} x {height}, as the first"
            )
        if self._is_captioned:
            notes.append("the closed captions in its frames are not kept")
        return notes

    def __iter__(self) -> Iterator[np.ndarray]:
        for frame in self._deinterlacer(self._decoded()):
            yield self._to_rgb(frame)
        for frame in self._deinterlacer.flush():
            yield self._to_rgb(frame)

    def _to_rgb(self, frame: Any) -> np.ndarray:
        self._turn = orientation(frame, self._turn)
        self._scaled += self._turn.size(frame.height, frame.width) != self._size
        return to_rgb(self._av, frame, self._turn, self._size)

    def _decoded(self) -> Iterator[Any]:
        video = self._video
        times = Times(video, self._reader.format.name == "avi")
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
                decoded = decode(self._av, packet)
                self.damaged += decoded is None
                if decoded is not None:
                    times.read(packet)
                for frame in decoded or []:
                    check_range(frame, self._reader.name)
                    self._is_captioned |= has_captions(frame)
                    self.times.append(times.of(frame))
                    yield frame
        if _LENGTH_IS_WRITTEN & set(self._reader.format.name.split(",")):
            self.damaged += (self._reader.duration or 0) / self._av.time_base > reached + _MISSING
