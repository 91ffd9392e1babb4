"""Open a video, and look at how it begins; needs PyAV."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_SET, FileIO
from itertools import islice
from pathlib import Path
from typing import Any

from typing_extensions import override

from unetcolor.errors import VideoError, require
from unetcolor.images.formats import READ_SUFFIXES
from unetcolor.video.conversion import check_range, orientation, transfer_to_write


def import_av() -> Any:
    """Return the package of PyAV, or say how to install it."""
    return require("av", "video")


@contextmanager
def explaining(av: Any, source: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what FFmpeg says is wrong into a VideoError that names the video."""
    try:
        yield
    except av.FFmpegError as error:
        reason = error.strerror or str(error)
        raise VideoError(f"cannot colorize {source}: {reason[:1].lower() + reason[1:]}") from error


class _Readable(FileIO):
    """A file that answers -1 if a damaged video asks for a place before its beginning, as FFmpeg's own files do."""

    @override
    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except OSError:
            return -1


@contextmanager
def open_video(av: Any, source: str | os.PathLike[str]) -> Iterator[Any]:
    """Open a file of this machine, and nothing that the file names, such as the parts of a playlist.

    Raises
    ------
    VideoError
        There is no such file, FFmpeg cannot read it, or it is a list of other files.
    """
    if not os.path.isfile(source):
        raise VideoError(f"cannot read {source}: there is no such file, and addresses, folders and pipes are not read")
    try:
        file = _Readable(os.fspath(source))
    except OSError as error:
        raise VideoError(f"cannot read {source}: {error.strerror}") from error

    def refuse(name: str, flags: int, options: dict[str, str]) -> Any:
        raise VideoError(f"cannot read {source}: it only names other files or addresses, such as {name}")

    # FFmpeg would take a path for an address. The few of its formats that do not ask for files by way of ``io_open``
    # find no protocol that is allowed.
    with file, av.open(file, options={"protocol_whitelist": "none"}, io_open=refuse) as reader:
        yield reader


def pictures_of(reader: Any, source: str | os.PathLike[str]) -> Any:
    """Return the stream of pictures that a player shows; a cover picture of music does not count."""
    from av.stream import Disposition

    streams = [stream for stream in reader.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        raise VideoError(f"cannot read {source}: there are no pictures in it")
    return next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])


def decode(av: Any, packet: Any) -> list[Any] | None:
    """Return the frames that a packet completes, or None if it is damaged."""
    try:
        frames: list[Any] = packet.decode()
    # A partial frame, such as the last of a truncated file, does not make the others unreadable.
    except av.error.InvalidDataError:
        return None
    return frames


@dataclass(frozen=True)
class First:
    """What the first frame tells of a video.

    Attributes
    ----------
    size
        ``(height, width)`` of the frame, upright.
    is_turned
        Whether it is stored on its side.
    transfer
        FFmpeg's number of the transfer curve to write.
    notes
        What a colorized frame does not keep.
    """

    size: tuple[int, int]
    is_turned: bool
    transfer: int
    notes: tuple[str, ...]


def look_at_first(av: Any, source: str | os.PathLike[str]) -> First:
    """Return what the first frame tells.

    Raises
    ------
    VideoError
        The video cannot be read, there are no frames, the only one is a picture, or the first is not of standard
        dynamic range.
    """
    with explaining(av, source), open_video(av, source) as reader:
        packets = reader.demux(pictures_of(reader, source))
        frames = list(islice((frame for packet in packets for frame in decode(av, packet) or []), 2))
        if not frames:
            raise VideoError(f"cannot read {source}: there are no pictures in it")
        is_file_of_picture = reader.format.name.endswith("_pipe") or Path(source).suffix.lower() in READ_SUFFIXES
        if len(frames) == 1 and is_file_of_picture:
            raise VideoError(f"cannot colorize {source} as a video: it is a picture: use `unetcolor colorize`")
        first = frames[0]
        check_range(first, source)
        notes = ["it holds one frame only, as a picture does: `unetcolor colorize` colorizes pictures"]
        notes = notes if len(frames) == 1 else []
        components = first.format.components
        if max(component.bits for component in components) > 8:
            notes.append(f"only 8 of its {components[0].bits} bits per channel are kept")
        if any(component.is_alpha for component in components):
            notes.append("its transparency is not kept")
        turn = orientation(first)
        return First(turn.size(first.height, first.width), turn.swapped, transfer_to_write(first), tuple(notes))
