"""Streams whose frames change on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorTrc

from unetcolor import UNetColorizer
from unetcolor.errors import VideoError
from unetcolor.video import colorize_video

Write = Callable[..., Path]

COUNT = 5
SIZES = [(48, 64), (96, 128), (64, 48)]


def halves(height: int, width: int) -> np.ndarray:
    """A dark and a light half, one above the other."""
    picture = np.full((height, width, 3), 40, np.uint8)
    picture[height // 2 :] = 200
    return picture


@pytest.mark.parametrize(
    ("codec", "suffix", "pixels"),
    [
        ("libx264", ".h264", "yuv420p"),
        ("libx264", ".ts", "yuv420p"),
        ("mjpeg", ".mjpeg", "yuvj420p"),
    ],
)
def test_a_change_of_size_is_scaled_to_the_first_and_named(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, codec: str, suffix: str, pixels: str
) -> None:
    parts = [
        write_film(tmp_path / f"{i}{suffix}", [halves(*size)] * COUNT, codec=codec, pixels=pixels)
        for i, size in enumerate(SIZES)
    ]
    (tmp_path / f"in{suffix}").write_bytes(b"".join(part.read_bytes() for part in parts))
    seen: list[int] = []
    summary = colorize_video(
        tmp_path / f"in{suffix}",
        tmp_path / "out.mp4",
        trained.predictor(),
        size=48,
        saturation=0,
        quality=2,
        progress=lambda done, _: seen.append(done),
    )
    with av.open(str(tmp_path / "out.mp4")) as reader:
        frames = list(reader.decode(video=0))
    assert len(frames) == summary.frames == seen[-1] == COUNT * len(SIZES)
    assert summary.damaged == 0
    assert summary.notes == (f"its size changes: {2 * COUNT} frames scaled to 64 x 48, as the first",)
    assert all(early.pts < late.pts for early, late in pairwise(frames))
    for frame in frames:
        difference = np.abs(frame.to_ndarray(format="rgb24").astype(int) - halves(48, 64))
        # Where dark meets light, scaling makes some gray.
        assert difference[:20].mean() < 6
        assert difference[28:].mean() < 6


def mirrored(path: Path, how: str) -> bytes:
    """Return a stream of H.264 in which the key frames say that all are mirrored."""
    with av.open(str(path)) as reader:
        stream = reader.streams.video[0]
        say = av.bitstream.BitStreamFilterContext(f"h264_metadata=display_orientation=insert:flip={how}", stream)
        return b"".join(bytes(said) for packet in reader.demux(stream) for said in say.filter(packet))


def test_what_the_stream_itself_says_of_its_turn_is_followed(
    tmp_path: Path, write_film: Write, trained: UNetColorizer
) -> None:
    """Only key frames say it: it holds for the frames up to the next key frame."""
    upright = write_film(tmp_path / "upright.h264", [halves(48, 64)] * COUNT)
    turned = write_film(tmp_path / "turned.h264", [np.flipud(halves(48, 64))] * COUNT)
    parts = [mirrored(turned, "vertical"), upright.read_bytes(), mirrored(turned, "vertical")]
    (tmp_path / "in.h264").write_bytes(b"".join(parts))
    summary = colorize_video(
        tmp_path / "in.h264", tmp_path / "out.mp4", trained.predictor(), size=48, saturation=0, quality=2
    )
    assert summary.frames == 3 * COUNT
    with av.open(str(tmp_path / "out.mp4")) as reader:
        for frame in reader.decode(video=0):
            assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - halves(48, 64)).mean() < 6


def test_high_dynamic_range_that_begins_later_is_refused_too(
    tmp_path: Path, write_film: Write, trained: UNetColorizer
) -> None:
    def declare(_: object, video: av.VideoStream) -> None:
        video.codec_context.color_trc = ColorTrc.SMPTE2084

    parts = [
        write_film(tmp_path / "0.h264", [halves(48, 64)] * COUNT),
        write_film(tmp_path / "1.h264", [halves(48, 64)] * COUNT, prepare=declare),
    ]
    (tmp_path / "in.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(VideoError, match=r"in\.h264: its brightness is coded as PQ"):
        colorize_video(tmp_path / "in.h264", tmp_path / "out.mp4", trained.predictor(), size=48)
    assert not (tmp_path / "out.mp4").exists()


def test_closed_captions_are_named(tmp_path: Path, write_film: Write, trained: UNetColorizer) -> None:
    path = write_film(tmp_path / "in.m2v", [halves(48, 64)] * COUNT, codec="mpeg2video")
    first_slice, captions = b"\x00\x00\x01\x01", b"\x00\x00\x01\xb2GA94\x03\x41\xff\xfc\x94\x20\xff"
    path.write_bytes(path.read_bytes().replace(first_slice, captions + first_slice))
    summary = colorize_video(path, tmp_path / "out.mp4", trained.predictor(), size=48)
    assert summary.notes == ("the closed captions in its frames are not kept",)
