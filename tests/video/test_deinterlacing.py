"""Interlaced films become progressive, frame for frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor.video import colorize_video
from unetcolor.video.deinterlacing import Deinterlacer
from unetcolor.video.opening import pictures_of

Write = Callable[..., Path]

COUNT = 8


def woven(count: int = COUNT) -> Iterator[np.ndarray]:
    """Yield frames of two fields each, the upper first: a bar that moves from one field to the next."""
    for number in range(count):
        frame = np.full((64, 96, 3), 60, np.uint8)
        frame[0::2, 4 * number : 4 * number + 16] = 220
        frame[1::2, 4 * number + 2 : 4 * number + 18] = 220
        yield frame


def interlaced(_: Any, video: Any) -> None:
    video.codec_context.field_order = 2


# How each codec is told to keep the fields apart.
FIELDS = {
    "mpeg2video": {"flags": "+ildct+ilme", "qmin": "1", "qmax": "2"},
    "libx264": {"x264-params": "tff=1", "crf": "4"},
    "ffv1": {},
}


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path)) as reader:
        return list(reader.decode(video=0))


def teeth(frame: Any) -> float:
    """Return how much each row differs from the rows around it."""
    rows = frame.to_ndarray(format="gray").astype(int)
    return float(np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).mean())


@pytest.mark.parametrize(("codec", "suffix"), [("mpeg2video", ".ts"), ("libx264", ".mp4"), ("ffv1", ".mkv")])
def test_an_interlaced_film_comes_out_progressive(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, codec: str, suffix: str
) -> None:
    source = write_film(tmp_path / f"in{suffix}", woven(), codec=codec, options=FIELDS[codec], prepare=interlaced)
    summary = colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48, quality=2)
    before, after = frames_of(source), frames_of(tmp_path / "out.mp4")
    assert len(after) == summary.frames == COUNT
    times, new_times = ([frame.pts * frame.time_base for frame in film] for film in (before, after))
    assert [time - times[0] for time in times] == [time - new_times[0] for time in new_times]
    assert min(map(teeth, before)) > 10
    assert max(map(teeth, after)) < 2
    assert not any(frame.interlaced_frame for frame in after)
    assert f"it is interlaced: {COUNT} frames made progressive" in summary.notes


@pytest.mark.parametrize(("order", "first"), [(2, 0), (3, 1), (4, 1), (5, 0)])
def test_the_field_that_is_shown_first_is_kept_line_for_line(
    tmp_path: Path, write_film: Write, order: int, first: int
) -> None:
    def in_order(_: Any, video: Any) -> None:
        video.codec_context.field_order = order

    path = write_film(tmp_path / "in.mkv", woven(), codec="ffv1", prepare=in_order)
    with av.open(str(path)) as reader:
        video = pictures_of(reader, path)
        passed = Deinterlacer(av, video)
        frames = [*passed(reader.decode(video)), *passed.flush()]
    for old, new in zip(frames_of(path), frames, strict=True):
        before, after = (frame.to_ndarray()[: frame.height] for frame in (old, new))
        np.testing.assert_array_equal(after[first::2], before[first::2])
        assert (after[1 - first :: 2] != before[1 - first :: 2]).any()


def test_progressive_frames_are_passed_on_as_they_are(tmp_path: Path, write_film: Write) -> None:
    path = write_film(tmp_path / "in.mp4", woven())
    with av.open(str(path)) as reader:
        video = pictures_of(reader, path)
        frames, passed = list(reader.decode(video)), Deinterlacer(av, video)
        assert [*passed(iter(frames)), *passed.flush()] == frames
    assert passed.count == 0


def test_frames_of_several_kinds_in_one_stream_stay_in_order(tmp_path: Path, write_film: Write) -> None:
    small = [frame[::2, ::2] for frame in woven()]
    paths = [
        write_film(tmp_path / "plain.mp4", woven()),
        write_film(tmp_path / "fields.mp4", woven(), options=FIELDS["libx264"], prepare=interlaced),
        write_film(tmp_path / "plain.mp4", woven()),
        write_film(tmp_path / "small.mp4", small, options=FIELDS["libx264"], prepare=interlaced),
        write_film(tmp_path / "plain.mp4", woven()),
    ]
    frames = [frame for path in paths for frame in frames_of(path)]
    for number, frame in enumerate(frames):
        frame.opaque = number
    with av.open(str(paths[0])) as reader:
        passed = Deinterlacer(av, pictures_of(reader, paths[0]))
    done = [*passed(iter(frames)), *passed.flush()]
    assert [frame.width for frame in done] == [frame.width for frame in frames]
    assert [frame.opaque for frame in done] == list(range(len(frames)))
    assert passed.count == 2 * COUNT


def test_full_range_and_mirrors_are_still_known_afterwards(
    tmp_path: Path, write_film: Write, trained: UNetColorizer
) -> None:
    def prepare(_: Any, video: Any) -> None:
        interlaced(_, video)
        video.set_display_matrix([-1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30])

    still = np.zeros((64, 96, 3), np.uint8)
    still[:, 48:] = 255
    source = write_film(tmp_path / "in.mp4", [still] * 4, pixels="yuvj420p", options=FIELDS["libx264"], prepare=prepare)
    summary = colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48, saturation=0, quality=2)
    assert summary.notes == ("it is interlaced: 4 frames made progressive",)
    for frame in frames_of(tmp_path / "out.mp4"):
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - np.fliplr(still)).mean() < 3
