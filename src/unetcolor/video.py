"""Colorize videos, frame by frame; needs ``pip install "unetcolor[video]"``.

The colors are smoothed over time, so that they do not flicker, and the sound is copied as it is.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import numpy as np

from unetcolor.checks import not_negative
from unetcolor.colorizer import UNetColorizer
from unetcolor.errors import MissingExtraError, VideoError
from unetcolor.files import replacing
from unetcolor.smoothing import TemporalSmoother

# Suffix of a file to write, and FFmpeg's name of what encodes its pictures.
ENCODERS = {".mp4": "libx264", ".m4v": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9"}

# Frames in work at once: enough for the network to be quick, few enough for 4K.
_BATCH = 8

# FFmpeg's numbers of BT.709: matrix, primaries and transfer curve of high-definition video.
_BT709 = 1
_LIMITED_RANGE = 1

# Formats that say how long a video is; of others, FFmpeg estimates it.
_LENGTH_IS_WRITTEN = {"mov", "matroska", "avi"}

# A video that ends this many seconds before the end that it declares is truncated.
_MISSING = 1.0


@dataclass(frozen=True)
class VideoSummary:
    """What was written.

    Attributes
    ----------
    frames
        Frames, all that can be read of the source.
    declared
        Frames that the source says it has, less those that it hides; None if it does not say. Some formats count
        empty frames too: only ``damaged`` tells that something is missing.
    damaged
        Parts of the source that could not be read, and were left out; the end of a truncated one is a part.
    size
        ``(height, width)`` of the frames, upright.
    seconds
        From the first frame to the last.
    copied
        Streams of sound and subtitles that were copied.
    left_out
        Streams of subtitles that the output's format cannot hold.
    """

    frames: int
    declared: int | None
    damaged: int
    size: tuple[int, int]
    seconds: float
    copied: int
    left_out: int


def colorize_video(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    colorizer: UNetColorizer,
    *,
    size: int | None = None,
    saturation: float = 1.0,
    smoothing: float = 0.8,
    quality: int = 18,
    progress: Callable[[int, int | None], None] | None = None,
) -> VideoSummary:
    """Give a video its colors, with the size, the number and the times of its frames, and its sound.

    Some frames are in memory at a time, however long the video is. The file appears whole or not at all.

    Parameters
    ----------
    source
        A video that FFmpeg reads. Rotated ones are turned upright, and more than 8 bits become 8.
    output
        The file to write, ``.mp4``, ``.m4v``, ``.mov``, ``.mkv`` (H.264) or ``.webm`` (VP9).
    colorizer
        A trained colorizer.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    smoothing
        0 to below 1: the weight of the colors so far where the picture stays the same; 0 smooths nothing.
    quality
        CRF of the encoder, 0 (no loss) to 51; 18 looks like the original.
    progress
        Called after each frame with the number that is done, and that of all if the source says it.

    Raises
    ------
    VideoError
        The source cannot be read or holds no pictures, or the output's format cannot hold its sound.
    ValueError
        The output is the source, its suffix is none of these, or an option is out of its range.
    MissingExtraError
        PyAV is not installed.
    """
    av = _import_av()
    suffix = Path(output).suffix.lower()
    if suffix not in ENCODERS:
        raise ValueError(f"cannot write {output}: the suffix must be one of {', '.join(ENCODERS)}")
    if not_negative("quality", quality) > 51:
        raise ValueError(f"quality must be 0..51, not {quality}")
    if os.path.realpath(source) == os.path.realpath(output):
        raise ValueError(f"{output} is the video itself: name another file")
    smoother = TemporalSmoother(smoothing)
    with _explaining(av, source), av.open(os.fspath(source)) as reader:
        first = _first_frame(av, source)
        with replacing(output) as temporary, av.open(str(temporary), "w") as writer:
            pictures = _pictures(reader, source)
            video = _add_video(writer, pictures, first, ENCODERS[suffix], quality)
            copies, left_out = _add_copies(reader, writer)
            writer.metadata.update(reader.metadata)
            _start(av, writer, output)
            frames = _Frames(av, reader, writer, copies, first.rgb.shape[:2], pictures)
            declared = pictures.frames or None
            colored = colorizer.stream(
                frames, size=size, saturation=saturation, batch_size=_BATCH, adjust=smoother if smoothing else None
            )
            done, begin, end = 0, None, 0.0
            for rgb in colored:
                pts, time_base = frames.times.popleft()
                writer.mux(video.encode(_to_frame(av, rgb, pts, time_base, video.pix_fmt)))
                done, end = done + 1, float(pts * time_base)
                begin = end if begin is None else begin
                if progress is not None:
                    progress(done, declared)
            writer.mux(video.encode(None))
    if declared is not None:
        declared = max(done, declared - frames.hidden)
    seconds = end - (begin or 0.0)
    return VideoSummary(done, declared, frames.damaged, first.rgb.shape[:2], seconds, len(copies), left_out)


@dataclass(frozen=True)
class _First:
    """The first frame, upright, and whether it lies on its side in the file."""

    rgb: np.ndarray
    is_turned: bool


class _Frames:
    """Yields the frames of a video, upright, as RGB arrays, and copies what lies between them to another file.

    ``times`` holds the time of each frame that was yielded, as a number and its unit in seconds; ``damaged`` counts
    the parts that could not be decoded, and the end if it is missing; ``hidden`` the frames that are not to be shown.
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
                # What ends a stream has no time, and is no part of it.
                if packet.dts is not None:
                    packet.stream = self._copies[packet.stream.index]
                    self._writer.mux(packet)
            elif packet.stream.index == video.index:
                # Where a film was trimmed without encoding it anew, frames before its beginning are still there.
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
    """Tells when frames are shown, each one later than the one before."""

    def __init__(self, video: Any, numbered: bool) -> None:
        self._rate = video.average_rate or video.guessed_rate or Fraction(25)
        self._numbered = numbered
        self._numbers: list[int] = []
        self._last: tuple[int, Fraction] | None = None
        self._count = 0

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
        # An encoder refuses a time twice, and a step back, both of which films from tape have.
        if self._last is not None and pts * unit <= self._last[0] * self._last[1]:
            pts, unit = self._last[0] + 1, self._last[1]
        self._last, self._count = (pts, unit), self._count + 1
        return pts, unit


def _decode(av: Any, packet: Any) -> list[Any] | None:
    """Return the frames that a packet completes, or None if it is damaged."""
    try:
        frames: list[Any] = packet.decode()
    # Part of a frame, such as the last one of a truncated file, is no reason to give up the others.
    except av.error.InvalidDataError:
        return None
    return frames


def _pictures(reader: Any, source: str | os.PathLike[str]) -> Any:
    """Return the stream of pictures; the cover of a piece of music is none."""
    from av.stream import Disposition

    for stream in reader.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise VideoError(f"cannot read {source}: there are no pictures in it")


def _first_frame(av: Any, source: str | os.PathLike[str]) -> _First:
    """Return what tells the size of all frames."""
    with av.open(os.fspath(source)) as reader:
        for packet in reader.demux(_pictures(reader, source)):
            for frame in _decode(av, packet) or []:
                return _First(_to_rgb(frame, None), frame.rotation // 90 % 2 == 1)
    raise VideoError(f"cannot read {source}: there are no pictures in it")


def _to_rgb(frame: Any, size: tuple[int, int] | None) -> np.ndarray:
    turns = frame.rotation // 90 % 4
    if size is not None:
        height, width = size if turns % 2 == 0 else size[::-1]
        frame = frame.reformat(width=width, height=height, format="rgb24")
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))


def _to_frame(av: Any, rgb: np.ndarray, pts: int, time_base: Fraction, pixel_format: str) -> Any:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    frame = frame.reformat(format=pixel_format, dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.pts, frame.time_base = pts, time_base
    return frame


def _add_video(writer: Any, source: Any, first: _First, encoder: str, quality: int) -> Any:
    video = writer.add_stream(encoder, rate=source.average_rate or source.guessed_rate or 25)
    video.height, video.width = first.rgb.shape[:2]
    # Most players want colors at half the size, which odd sizes do not have.
    video.pix_fmt = "yuv420p" if video.height % 2 == video.width % 2 == 0 else "yuv444p"
    video.options = {"crf": str(quality)} | ({"b": "0"} if encoder.startswith("libvpx") else {})
    context = video.codec_context
    context.time_base = source.time_base
    ratio = source.sample_aspect_ratio
    if ratio:
        context.sample_aspect_ratio = 1 / ratio if first.is_turned else ratio
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED_RANGE
    _describe(source, video)
    return video


def _add_copies(reader: Any, writer: Any) -> tuple[dict[int, Any], int]:
    """Add a stream for each one of sound and each one of subtitles; return them by their number in the source.

    Also return how many of subtitles the format cannot hold.
    """
    copies = {}
    left_out = 0
    for stream in (*reader.streams.audio, *reader.streams.subtitles):
        codec = stream.codec_context and stream.codec_context.codec.canonical_name
        if codec in writer.supported_codecs:
            copies[stream.index] = writer.add_stream_from_template(stream)
            _describe(stream, copies[stream.index])
        elif stream.type == "audio":
            raise VideoError(
                f"cannot colorize {reader.name}: {writer.format.name} files hold no {codec} sound; .mkv do"
            )
        else:
            left_out += 1
    return copies, left_out


def _describe(source: Any, copy: Any) -> None:
    """Keep a stream's language and title, and whether it is played unasked."""
    copy.metadata.update({name: source.metadata[name] for name in ("language", "title") if name in source.metadata})
    copy.disposition = source.disposition


def _start(av: Any, writer: Any, output: str | os.PathLike[str]) -> None:
    try:
        writer.start_encoding()
    except av.error.ArgumentError as error:
        kinds = ", ".join(sorted({stream.codec_context.codec.canonical_name for stream in writer.streams}))
        raise VideoError(f"cannot write {output}: {writer.format.name} files do not hold {kinds}; .mkv do") from error


@contextmanager
def _explaining(av: Any, source: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        reason = error.strerror or str(error)
        raise VideoError(f"cannot colorize {source}: {reason[:1].lower() + reason[1:]}") from error


def _import_av() -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise MissingExtraError("av", "video") from error
    return av
