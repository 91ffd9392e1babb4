"""Make interlaced frames progressive, one for one, with FFmpeg's filter ``bwdif``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

# Codecs that do not say which of their frames are interlaced, so that only the container does.
_SAID_BY_CONTAINER = {"ffv1", "ffvhuff", "huffyuv", "magicyuv", "utvideo"}

# FFmpeg's numbers of the orders of fields: which of them is shown first.
_FIRST_FIELD = {2: "tff", 3: "bff", 4: "bff", 5: "tff"}


class Deinterlacer:
    """Passes frames on in their order and number, interlaced frames made progressive.

    The time of a frame that was interlaced may be in another unit. ``count`` is the number of these frames.
    """

    def __init__(self, av: Any, video: Any) -> None:
        self._av = av
        context = video.codec_context
        self._fields = _FIRST_FIELD.get(context.field_order) if context.name in _SAID_BY_CONTAINER else None
        self._graph: Any = None
        self._shape: tuple[int, int, str] | None = None
        self.count = 0

    def __call__(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Yield the frames; a frame that waits for the next one is yielded later."""
        for frame in frames:
            is_interlaced = frame.interlaced_frame or self._fields is not None
            self.count += is_interlaced
            # A graph takes frames of one shape only.
            shape = frame.height, frame.width, frame.format.name
            if shape != self._shape:
                yield from self.flush()
                self._shape = shape
            if self._graph is None and not is_interlaced:
                yield frame
                continue
            if self._graph is None:
                self._graph = self._new_graph(frame)
            self._graph.vpush(frame)
            yield from self._ready()

    def flush(self) -> Iterator[Any]:
        """Yield the frames that still wait."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._ready()
            self._graph = None

    def _new_graph(self, frame: Any) -> Any:
        graph = self._av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format.name, time_base=frame.time_base
        )
        fields = [graph.add("setfield", self._fields)] if self._fields else []
        # One frame for each frame; those that are progressive stay as they are.
        bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        graph.link_nodes(source, *fields, bwdif, graph.add("buffersink")).configure()
        return graph

    def _ready(self) -> Iterator[Any]:
        while True:
            try:
                frame = self._graph.vpull()
            except (self._av.error.BlockingIOError, self._av.error.EOFError):
                return
            yield frame
