"""When the frames of a video are shown."""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

# A step back by more than these seconds is a clock that starts again, as in joined films; a smaller step is an error.
_STARTED_OVER = 0.5


class Times:
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
