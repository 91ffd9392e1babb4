"""Hints for the first frame of a video, kept through its shot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from unetcolor.hints import Cells, Hints, read_hints
from unetcolor.images import resize, to_float
from unetcolor.spaces.srgb import LUMINANCE_WEIGHTS, weigh
from unetcolor.video.smoothing import is_another_scene

# The side of a square with the area at which frames are compared with the first.
_SIDE = 160

# The change of luminance, as a share of its range, from which a place shows something else than in the first frame;
# film grain stays below it.
_SAME = 0.08


class ShotHints:
    """The hints of each frame: those of the first at the places that still show the same, until the first cut.

    Parameters
    ----------
    hints
        Those of the first frame.

    Examples
    --------
    >>> from unetcolor.hints import Hint
    >>> shot = ShotHints(read_hints([Hint(20, 30, "red")]))
    >>> frames = [np.full((60, 80, 3), gray, np.uint8) for gray in (100, 105, 200, 100)]
    >>> [None if hints is None else hints.count for _, hints in zip(shot.watch(frames), shot)]
    [1, 1, None, None]
    """

    def __init__(self, hints: Hints) -> None:
        self._hints: Hints | None = hints
        self._first: np.ndarray | None = None
        self._last: np.ndarray | None = None
        self._cells: Cells | None = None

    def watch(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the frames, and look at each before it is used."""
        for frame in frames:
            self._look(frame)
            yield frame

    def __iter__(self) -> Iterator[Hints | None]:
        """Yield the hints of the frame that was watched last, without an end."""
        while True:
            yield self._now()

    def _look(self, frame: np.ndarray) -> None:
        if self._hints is None:
            return
        height, width = frame.shape[:2]
        scale = _SIDE / np.sqrt(height * width)
        size = max(1, round(height * scale)), max(1, round(width * scale))
        small = weigh(resize(to_float(frame), size), LUMINANCE_WEIGHTS)
        if self._last is None:
            self._first, self._cells = small, self._hints.in_cells((height, width), size)
        elif is_another_scene(self._last, small):
            self._hints = None
        self._last = small

    def _now(self) -> Hints | None:
        if self._hints is None or self._cells is None or self._first is None or self._last is None:
            return None
        is_same = np.abs(self._last - self._first)[..., 0] < _SAME
        return read_hints(np.dstack([self._cells.colors, (self._cells.places & is_same).astype(np.float32)]))
