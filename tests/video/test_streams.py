"""What a film holds next to its pictures is kept, or named."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image
from typer.testing import CliRunner

from unetcolor import UNetColorizer
from unetcolor.cli.commands import app
from unetcolor.video import VideoSummary, colorize_video

Write = Callable[..., Path]

BLACK = [np.zeros((48, 64, 3), np.uint8)] * 10
FONT = ("letters.ttf", "font/ttf", b"no font, but bytes all the same")


def colorize(source: Path, output: Path, colorizer: UNetColorizer) -> VideoSummary:
    return colorize_video(source, output, colorizer.predictor(), size=48)


def two_videos(path: Path, *, default: int) -> Path:
    """Write a black and a white film into one file."""
    with av.open(str(path), "w") as writer:
        videos = [writer.add_stream("libx264", rate=25) for _ in range(2)]
        for number, video in enumerate(videos):
            video.height, video.width = 48, 64
            video.disposition = Disposition.default if number == default else Disposition(0)
        for pts in range(5):
            for number, video in enumerate(videos):
                picture = np.full((48, 64, 3), 255 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = pts
                writer.mux(video.encode(frame))
        for video in videos:
            writer.mux(video.encode(None))
    return path


@pytest.mark.parametrize("default", [0, 1])
def test_of_two_videos_the_default_is_colorized_and_the_other_is_named(
    tmp_path: Path, trained: UNetColorizer, default: int
) -> None:
    summary = colorize(two_videos(tmp_path / "in.mkv", default=default), tmp_path / "out.mkv", trained)
    assert summary.left_out == 1
    assert summary.notes == (f"its video stream {1 - default} is not kept: only stream {default} was colorized",)
    with av.open(str(tmp_path / "out.mkv")) as reader:
        assert len(reader.streams) == 1
        frames = [frame.to_ndarray(format="gray") for frame in reader.decode(video=0)]
    assert len(frames) == 5
    assert np.abs(np.mean(frames) - 255 * default) < 2


def test_the_command_names_what_is_not_kept(tmp_path: Path) -> None:
    source = two_videos(tmp_path / "in.mkv", default=1)
    done = CliRunner().invoke(app, ["video", str(source), "-o", str(tmp_path / "out.mkv"), "--size", "48"])
    assert done.exit_code == 0, done.output
    assert "Note: its video stream 0 is not kept: only stream 1 was colorized." in " ".join(done.output.split())


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_chapters_are_kept(tmp_path: Path, write_film: Write, trained: UNetColorizer, suffix: str) -> None:
    titles = ("The arrival", "Die Abfahrt, früh", "終")

    def add_chapters(writer: Any, _: Any) -> None:
        writer.set_chapters(
            [
                {
                    "id": number + 1,
                    "start": 120 * number,
                    "end": 120 * number + 120,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for number, title in enumerate(titles)
            ]
        )

    source = write_film(tmp_path / "in.mkv", BLACK, prepare=add_chapters)
    summary = colorize(source, tmp_path / f"out{suffix}", trained)
    assert summary.notes == ()
    # Once more, because some formats write chapters as a stream, too.
    again = colorize(tmp_path / f"out{suffix}", tmp_path / f"again{suffix}", trained)
    assert again.notes == ()
    with av.open(str(tmp_path / f"again{suffix}")) as reader:
        chapters = reader.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == list(titles)
    times = [[round(1000 * chapter[end] * chapter["time_base"]) for end in ("start", "end")] for chapter in chapters]
    assert times == [[0, 120], [120, 240], [240, 360]]


def cover(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 32), "red").save(file, kind)
    return file.getvalue()


def with_attachments(writer: Any, _: Any) -> None:
    writer.add_attachment(*FONT)
    writer.add_attachment("front.png", "image/png", cover("PNG"))
    writer.add_attachment("cover.jpg", "image/jpeg", cover("JPEG"))


def covers_in(path: Path) -> list[bytes]:
    with av.open(str(path)) as reader:
        return [
            bytes(packet)
            for packet in reader.demux(video=[*range(len(reader.streams.video))])
            if packet.size and packet.stream.disposition & Disposition.attached_pic
        ]


def test_attachments_and_covers_stay_in_matroska(tmp_path: Path, write_film: Write, trained: UNetColorizer) -> None:
    source = write_film(tmp_path / "in.mkv", BLACK, prepare=with_attachments)
    summary = colorize(source, tmp_path / "out.mkv", trained)
    assert summary.notes == ()
    assert covers_in(tmp_path / "out.mkv") == [cover("PNG"), cover("JPEG")]
    with av.open(str(tmp_path / "out.mkv")) as reader:
        (font,) = reader.streams.attachments
        assert (font.name, font.mimetype, font.data) == FONT
        names = [s.metadata["filename"] for s in reader.streams.video if s.disposition & Disposition.attached_pic]
    assert names == ["front.png", "cover.jpg"]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v", ".webm"])
def test_covers_are_kept_where_there_is_room_and_attachments_named(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, suffix: str
) -> None:
    source = write_film(tmp_path / "in.mkv", BLACK, prepare=with_attachments)
    output = tmp_path / f"out{suffix}"
    summary = colorize(source, output, trained)
    kind = {".m4v": "ipod"}.get(suffix, suffix[1:])
    attachment = f"its attachment letters.ttf is not kept: {kind} files hold none"
    covers = [f"its cover picture is not kept: {kind} files hold no {codec} covers" for codec in ("png", "mjpeg")]
    kept = covers_in(output)
    assert kept == ([cover("PNG"), cover("JPEG")] if suffix == ".mp4" else [])
    assert sorted(summary.notes) == sorted([attachment] if kept else [attachment, *covers])
    assert summary.left_out == len(summary.notes)
    with av.open(str(output)) as reader:
        assert sum(1 for _ in reader.decode(video=0)) == len(BLACK)


def test_covers_go_from_mp4_into_matroska_and_back(tmp_path: Path, write_film: Write, trained: UNetColorizer) -> None:
    source = write_film(tmp_path / "in.mkv", BLACK, prepare=with_attachments)
    for before, after in (("in.mkv", "a.mp4"), ("a.mp4", "b.mp4"), ("b.mp4", "c.mkv")):
        colorize(tmp_path / before, tmp_path / after, trained)
    assert covers_in(tmp_path / "c.mkv") == covers_in(source) == [cover("PNG"), cover("JPEG")]


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_the_time_code_is_kept(tmp_path: Path, write_film: Write, trained: UNetColorizer, suffix: str) -> None:
    def add_time_code(_: Any, video: Any) -> None:
        video.metadata["timecode"] = "01:02:03:04"

    source = write_film(tmp_path / "in.mov", BLACK, prepare=add_time_code)
    summary = colorize(source, tmp_path / f"out{suffix}", trained)
    assert summary.notes == ()
    with av.open(str(tmp_path / f"out{suffix}")) as reader:
        said = {name.lower(): value for name, value in reader.streams.video[0].metadata.items()}
    assert said["timecode"] == "01:02:03:04"


def test_data_is_named(tmp_path: Path, trained: UNetColorizer) -> None:
    with av.open(str(tmp_path / "in.ts"), "w") as writer:
        video, data = writer.add_stream("libx264", rate=25), writer.add_data_stream("klv")
        video.height, video.width = 48, 64
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(BLACK[0], format="rgb24")
            frame.pts = number
            writer.mux(video.encode(frame))
            packet = av.Packet(b"where the camera was")
            packet.stream, packet.time_base, packet.pts, packet.dts = data, Fraction(1, 25), number, number
            writer.mux(packet)
        writer.mux(video.encode(None))
    summary = colorize(tmp_path / "in.ts", tmp_path / "out.mp4", trained)
    assert summary.notes == ("its stream 1 of data (klv) is not kept",)
    assert summary.frames == 5
