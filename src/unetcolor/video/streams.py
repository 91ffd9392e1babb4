"""What a film holds next to its pictures: sound, subtitles, covers, attachments, chapters. Keep it, or name it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from unetcolor.errors import VideoError
from unetcolor.video.opening import open_video

# What is kept of what a stream says of itself; its language is part of that.
_DESCRIPTIONS = ("language", "title", "timecode")

# The names and kinds of cover pictures, which Matroska files keep as attachments.
_COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}


@dataclass
class Kept:
    """What a film to write keeps next to its pictures.

    Attributes
    ----------
    copies
        The copy of each stream of sound and subtitles, by the stream's number in the source.
    covers
        The packets of cover pictures, to be written first.
    notes
        What is not kept, one note for each stream.
    """

    copies: dict[int, Any] = field(default_factory=dict)
    covers: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def keep(av: Any, source: str | os.PathLike[str], reader: Any, writer: Any, video: Any) -> Kept:
    """Prepare copies of all that the format to write can hold; ``video`` is the stream of pictures.

    Raises
    ------
    VideoError
        The format cannot hold the sound.
    """
    kept = Kept()
    kind = f"{writer.format.name} files"
    for stream in reader.streams:
        number, codec = stream.index, codec_of(stream)
        if number == video.index:
            continue
        if stream.type in ("audio", "subtitle"):
            if codec in writer.supported_codecs:
                kept.copies[number] = writer.add_stream_from_template(stream)
                describe(stream, kept.copies[number])
            elif stream.type == "audio":
                advice = "" if writer.format.name == "matroska" else "; most kinds go into .mkv files"
                raise VideoError(f"cannot colorize {source}: {kind} hold no {codec} sound{advice}")
            else:
                kept.notes.append(f"its stream {number} of subtitles is not kept: {kind} hold no {codec}")
        elif stream.type == "video" and stream.disposition & av.stream.Disposition.attached_pic:
            _keep_cover(av, source, stream, writer, kept)
        elif stream.type == "video":
            kept.notes.append(f"its video stream {number} is not kept: only stream {video.index} was colorized")
        elif stream.type == "attachment":
            if writer.format.name == "matroska":
                writer.add_attachment(stream.name, stream.mimetype, stream.data)
            else:
                kept.notes.append(f"its attachment {stream.name} is not kept: {kind} hold none")
        # FFmpeg writes titles of chapters and time codes by itself.
        elif stream.discard != av.stream.Discard.all and "timecode" not in stream.metadata:
            kept.notes.append(f"its stream {number} of data ({codec}) is not kept")
    writer.set_chapters(reader.chapters())
    writer.metadata.update(reader.metadata)
    return kept


def describe(source: Any, copy: Any) -> None:
    """Keep a stream's language and title, and whether it is played by default."""
    copy.metadata.update({name: source.metadata[name] for name in _DESCRIPTIONS if name in source.metadata})
    copy.disposition = source.disposition


def codec_of(stream: Any) -> str:
    """Return FFmpeg's name of a stream's codec."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else stream.name or "unknown kind"


def _keep_cover(av: Any, source: str | os.PathLike[str], stream: Any, writer: Any, kept: Kept) -> None:
    """Keep a cover picture as an attachment, or as a stream of one packet."""
    codec = codec_of(stream)
    # Others of FFmpeg's formats take a cover as a stream, and drop it without a word.
    if codec not in _COVERS or writer.format.name not in ("matroska", "mp4"):
        kept.notes.append(f"its cover picture is not kept: {writer.format.name} files hold no {codec} covers")
        return
    with open_video(av, source) as again:
        packet = next((packet for packet in again.demux(again.streams[stream.index]) if packet.size), None)
    if packet is None:
        kept.notes.append("its cover picture is not kept: it is empty")
    elif writer.format.name == "matroska":
        name, kind = _COVERS[codec]
        writer.add_attachment(
            stream.metadata.get("filename", name), stream.metadata.get("mimetype", kind), bytes(packet)
        )
    else:
        packet.stream = writer.add_stream_from_template(stream, opaque=True)
        packet.stream.disposition = stream.disposition
        packet.pts = packet.dts = 0
        kept.covers.append(packet)
