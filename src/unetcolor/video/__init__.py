"""Colorize videos, frame by frame; needs ``pip install "unetcolor[video]"``.

The colors are smoothed over time, so that they do not flicker, and the sound is copied as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unetcolor._checks import not_negative
from unetcolor._files import replacing
from unetcolor.errors import VideoError
from unetcolor.hints import read_hints
from unetcolor.prediction.predictor import Predictor
from unetcolor.video.conversion import BT709, to_frame
from unetcolor.video.frames import Frames
from unetcolor.video.opening import First, explaining, import_av, look_at_first, open_video, pictures_of
from unetcolor.video.shot import ShotHints
from unetcolor.video.smoothing import TemporalSmoother
from unetcolor.video.streams import codec_of, describe, keep

# Suffixes of files to write, and FFmpeg's names of their encoders.
ENCODERS = {".mp4": "libx264", ".m4v": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9"}

# Frames in work at once: enough for a fast network, few enough for 4K.
_BATCH = 8

# FFmpeg's number of the levels 16 to 235.
_LIMITED_RANGE = 1


@dataclass(frozen=True)
class VideoSummary:
    """What a call of :func:`colorize_video` wrote.

    Attributes
    ----------
    frames
        Number of frames that were written: all that can be read from the source.
    declared
        Number of frames that the source declares, without hidden ones; None if it declares none. Some formats count
        empty frames too, so only ``damaged`` says that something is missing.
    damaged
        Number of parts of the source that could not be read and were left out; a missing end is one part.
    size
        ``(height, width)`` of the frames, upright.
    seconds
        Time from the first frame to the last.
    copied
        Number of streams of sound and subtitles that were copied.
    left_out
        Number of streams that are not kept: those that the output's format cannot hold, and other videos in the file.
    notes
        What is not kept as it was, in words: these streams, interlaced frames, changes of size, more than 8 bits.
    """

    frames: int
    declared: int | None
    damaged: int
    size: tuple[int, int]
    seconds: float
    copied: int
    left_out: int
    notes: tuple[str, ...]


def colorize_video(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    predictor: Predictor,
    *,
    size: int | None = None,
    saturation: float = 1.0,
    hints: Any = None,
    reference: Any = None,
    smoothing: float = 0.8,
    quality: int = 18,
    progress: Callable[[int, int | None], None] | None = None,
) -> VideoSummary:
    """Colorize a video; size, number and times of its frames stay, and its sound is copied.

    Only a few frames are in memory at a time, however long the video is. The file appears whole or not at all.

    Parameters
    ----------
    source
        A file that FFmpeg reads. Turned and mirrored videos become upright, interlaced frames progressive, and more
        than 8 bits 8.
    output
        The file to write, ``.mp4``, ``.m4v``, ``.mov``, ``.mkv`` (H.264) or ``.webm`` (VP9).
    predictor
        Colorizes the frames, for example ``UNetColorizer.from_preset("photo").predictor()``.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    hints
        Colors of the first frame that are known, as :meth:`unetcolor.UNetColorizer.predict` takes those of a photo.
        They hold until the first cut, at the places that still show the same; from there the smoothing carries on.
    reference
        A photo in color whose palette pulls the colors of all frames its way.
    smoothing
        Weight of the past colors where the picture stays the same, from 0 (no smoothing) to below 1.
    quality
        CRF of the encoder, from 0 (no loss) to 51; 18 looks like the original.
    progress
        Called after each frame with the number of frames that are done, and the number of all or None.

    Raises
    ------
    VideoError
        The source is no file, cannot be read, holds no film, or is of high dynamic range, or the output's format
        cannot hold its sound.
    ValueError
        The output is the source, its suffix is not one of these, or an option is out of its range.
    MissingExtraError
        PyAV is not installed.
    """
    av = import_av()
    suffix = Path(output).suffix.lower()
    if suffix not in ENCODERS:
        raise ValueError(f"cannot write {output}: the suffix must be one of {', '.join(ENCODERS)}")
    if not_negative("quality", quality) > 51:
        raise ValueError(f"quality must be 0..51, not {quality}")
    if os.path.realpath(source) == os.path.realpath(output):
        raise ValueError(f"{output} is the video itself: name another file")
    smoother = TemporalSmoother(smoothing)
    known = read_hints(hints)
    shot = None if known is None else ShotHints(known)
    with explaining(av, source), open_video(av, source) as reader:
        first = look_at_first(av, source)
        with replacing(output) as temporary, av.open(str(temporary), "w") as writer:
            pictures = pictures_of(reader, source)
            video = _add_video(writer, pictures, first, ENCODERS[suffix], quality)
            kept = keep(av, source, reader, writer, pictures)
            _start(av, writer, output)
            for cover in kept.covers:
                writer.mux(cover)
            frames = Frames(av, reader, writer, kept.copies, first.size, pictures)
            declared = pictures.frames or None
            colored = predictor.stream(
                frames if shot is None else shot.watch(frames),
                size=size,
                saturation=saturation,
                hints=shot,
                reference=reference,
                batch_size=_BATCH,
                adjust=smoother if smoothing else None,
            )
            done, begin, end = 0, None, 0.0
            for rgb in colored:
                pts, time_base = frames.times.popleft()
                writer.mux(video.encode(to_frame(av, rgb, pts, time_base, video.pix_fmt)))
                done, end = done + 1, float(pts * time_base)
                begin = end if begin is None else begin
                if progress is not None:
                    progress(done, declared)
            writer.mux(video.encode(None))
    if declared is not None:
        declared = max(done, declared - frames.hidden)
    seconds = end - (begin or 0.0)
    notes = (*first.notes, *frames.notes, *kept.notes)
    copied, left_out = len(kept.copies), len(kept.notes)
    return VideoSummary(done, declared, frames.damaged, first.size, seconds, copied, left_out, notes)


def _add_video(writer: Any, source: Any, first: First, encoder: str, quality: int) -> Any:
    video = writer.add_stream(encoder, rate=source.average_rate or source.guessed_rate or 25)
    video.height, video.width = first.size
    # Most players want colors at half the size, which odd sizes do not have.
    video.pix_fmt = "yuv420p" if video.height % 2 == video.width % 2 == 0 else "yuv444p"
    video.options = {"crf": str(quality)} | ({"b": "0"} if encoder.startswith("libvpx") else {})
    context = video.codec_context
    context.time_base = source.time_base
    ratio = source.sample_aspect_ratio
    if ratio:
        context.sample_aspect_ratio = 1 / ratio if first.is_turned else ratio
    context.colorspace = context.color_primaries = BT709
    context.color_trc = first.transfer
    context.color_range = _LIMITED_RANGE
    describe(source, video)
    return video


def _start(av: Any, writer: Any, output: str | os.PathLike[str]) -> None:
    try:
        writer.start_encoding()
    except av.error.ArgumentError as error:
        kinds = ", ".join(sorted({codec_of(stream) for stream in writer.streams if stream.codec_context}))
        raise VideoError(f"cannot write {output}: {writer.format.name} files do not hold {kinds}; .mkv do") from error
