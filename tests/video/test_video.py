"""Videos: real files, written and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from unetcolor import UNetColorizer, samples
from unetcolor.cli.commands import app
from unetcolor.errors import UnetcolorError
from unetcolor.spaces.lab import Lab
from unetcolor.video import ENCODERS, colorize_video
from unetcolor.video.frames import Frames

FRAMES = 14
PHOTO = np.repeat(samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[..., np.newaxis], 3, axis=-1)


@pytest.fixture(scope="module")
def colorizer() -> UNetColorizer:
    return UNetColorizer.from_preset("photo")


def frames(count: int, height: int, width: int) -> Iterator[np.ndarray]:
    for i in range(count):
        yield np.ascontiguousarray(PHOTO[i : i + height, 2 * i : 2 * i + width])


def write(
    path: Path,
    *,
    count: int = FRAMES,
    height: int = 48,
    width: int = 64,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    audio: str | None = "aac",
    times: list[int] | None = None,
    rotation: int = 0,
    ratio: Fraction | None = None,
) -> Path:
    with av.open(str(path), "w") as writer:
        video = writer.add_stream(codec, rate=25)
        video.height, video.width, video.pix_fmt = height, width, pixels
        video.codec_context.time_base = Fraction(1, 600)
        if codec == "libx264":
            video.options = {"crf": "4"}
        if ratio:
            video.codec_context.sample_aspect_ratio = ratio
        if rotation:
            video.set_display_rotation(rotation)
        sound = writer.add_stream(audio, rate=48000) if audio else None
        for i, rgb in enumerate(frames(count, height, width)):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = (times or [24 * i for i in range(count)])[i], Fraction(1, 600)
            writer.mux(video.encode(frame))
            if sound is not None:
                wave = np.sin(np.arange(1920) * (0.02 + 0.001 * i), dtype=np.float32)[np.newaxis]
                part = av.AudioFrame.from_ndarray(np.repeat(wave, 2, axis=0), format="fltp", layout="stereo")
                part.sample_rate, part.pts = 48000, 1920 * i
                writer.mux(sound.encode(part))
        for stream in filter(None, (video, sound)):
            writer.mux(stream.encode(None))
    return path


def pictures(path: Path) -> tuple[list[np.ndarray], list[Fraction]]:
    with av.open(str(path)) as reader:
        decoded = list(reader.decode(video=0))
        return [frame.to_ndarray(format="rgb24") for frame in decoded], [
            frame.pts * frame.time_base for frame in decoded
        ]


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as reader:
        return [bytes(packet) for packet in reader.demux(audio=0) if packet.size]


def colorize(source: Path, output: Path, colorizer: UNetColorizer, **options: Any) -> Any:
    return colorize_video(source, output, colorizer.predictor(), **{"size": 48, **options})


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_frames_times_size_and_sound_are_kept(tmp_path: Path, colorizer: UNetColorizer, suffix: str) -> None:
    source = write(tmp_path / "in.mp4")
    seen: list[tuple[int, int | None]] = []
    summary = colorize(source, tmp_path / f"out{suffix}", colorizer, progress=lambda *done: seen.append(done))
    before, times = pictures(source)
    after, new_times = pictures(tmp_path / f"out{suffix}")
    assert len(after) == len(before) == summary.frames == FRAMES
    assert after[0].shape == before[0].shape == (*summary.size, 3)
    # Matroska counts in milliseconds, and moves all streams to where the first of them begins.
    shifted = [float(time - new_times[0] + times[0]) for time in new_times]
    assert shifted == pytest.approx([float(time) for time in times], abs=1e-3)
    assert sound(tmp_path / f"out{suffix}") == sound(source)
    assert seen == [(i + 1, FRAMES) for i in range(FRAMES)]


def test_colors_are_the_libraries_and_the_luminance_is_the_videos(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mp4", audio=None)
    colorize(source, tmp_path / "out.mp4", colorizer, smoothing=0, quality=2)
    before, _ = pictures(source)
    after, _ = pictures(tmp_path / "out.mp4")
    wanted = colorizer.predict(before, size=48)
    for old, new, want in zip(before, after, wanted, strict=True):
        lab_old, lab_new, lab_want = (np.concatenate(Lab().encode(rgb / 255), axis=-1) for rgb in (old, new, want))
        # Colors at half the size, and 8 bits of YCbCr.
        assert np.abs(lab_new[..., 0] - lab_old[..., 0]).mean() < 1.5
        assert np.abs(lab_new[..., 1:] - lab_want[..., 1:]).mean() < 2
        assert np.hypot(*np.moveaxis(lab_new[..., 1:], -1, 0)).mean() > 5


def test_uneven_times_are_kept(tmp_path: Path, colorizer: UNetColorizer) -> None:
    times = list(np.cumsum([0, 24, 48, 24, 200, 24]).tolist())
    source = write(tmp_path / "in.mp4", count=len(times), times=times, audio=None)
    colorize(source, tmp_path / "out.mp4", colorizer)
    assert pictures(tmp_path / "out.mp4")[1] == [Fraction(time, 600) for time in times]


@pytest.mark.parametrize(("height", "width"), [(47, 63), (48, 63), (16, 16)])
def test_odd_sizes_are_kept(tmp_path: Path, colorizer: UNetColorizer, height: int, width: int) -> None:
    source = write(tmp_path / "in.mkv", count=3, height=height, width=width, pixels="yuv444p", audio=None)
    colorize(source, tmp_path / "out.mp4", colorizer)
    assert pictures(tmp_path / "out.mp4")[0][0].shape == (height, width, 3)


def test_ten_bits_and_pixels_that_are_not_square(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mkv", count=3, pixels="yuv420p10le", ratio=Fraction(4, 3), audio=None)
    colorize(source, tmp_path / "out.mkv", colorizer)
    with av.open(str(tmp_path / "out.mkv")) as reader:
        assert reader.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
        assert reader.streams.video[0].pix_fmt == "yuv420p"


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_rotated_videos_are_turned_upright(tmp_path: Path, colorizer: UNetColorizer, rotation: int, turns: int) -> None:
    source = write(tmp_path / "in.mp4", count=3, audio=None, height=48, width=48, ratio=Fraction(4, 3))
    upright = np.rot90(pictures(source)[0][0], turns)
    turned = write(
        tmp_path / "turned.mp4", count=3, audio=None, height=48, width=48, ratio=Fraction(4, 3), rotation=rotation
    )
    colorize(turned, tmp_path / "out.mp4", colorizer, saturation=0, quality=2)
    with av.open(str(tmp_path / "out.mp4")) as reader:
        frame = next(reader.decode(video=0))
        assert frame.rotation == 0
        # Though a square does not show that it was turned.
        assert reader.streams.video[0].sample_aspect_ratio == (Fraction(3, 4) if turns % 2 else Fraction(4, 3))
    assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - upright).mean() < 3


@pytest.mark.parametrize(("pixels", "levels"), [("yuv420p", (16, 235)), ("yuvj420p", (0, 255))])
def test_the_luma_of_a_gray_video_is_kept_and_its_colors_are_declared(
    tmp_path: Path, colorizer: UNetColorizer, pixels: str, levels: tuple[int, int]
) -> None:
    ramp = np.full((72, 64), 128, np.uint8)
    ramp[:48] = np.linspace(*levels, 64).astype(np.uint8)
    with av.open(str(tmp_path / "in.mp4"), "w") as writer:
        video = writer.add_stream("libx264", rate=25, options={"crf": "1"})
        video.height, video.width, video.pix_fmt = 48, 64, pixels
        for i in range(3):
            frame = av.VideoFrame.from_ndarray(ramp, format=pixels)
            frame.pts = i
            writer.mux(video.encode(frame))
        writer.mux(video.encode(None))
    colorize(tmp_path / "in.mp4", tmp_path / "out.mp4", colorizer, quality=1)
    with av.open(str(tmp_path / "out.mp4")) as reader:
        context = reader.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        luma = next(reader.decode(video=0)).to_ndarray()[:48].astype(float)
    expected = 16 + (ramp[:48].astype(float) - levels[0]) * 219 / (levels[1] - levels[0])
    assert np.abs(luma - expected).max() < 4


def remux(source: Path, output: Path, *, frames_earlier: int = 0) -> None:
    with av.open(str(source)) as reader, av.open(str(output), "w", options={"avoid_negative_ts": "disabled"}) as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for packet in reader.demux(video=0):
            if packet.dts is not None:
                earlier = round(frames_earlier / 25 / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - earlier, packet.dts - earlier, stream
                writer.mux(packet)


def test_what_was_trimmed_away_is_not_called_missing(tmp_path: Path, colorizer: UNetColorizer) -> None:
    remux(write(tmp_path / "in.mp4", audio=None), tmp_path / "trimmed.mp4", frames_earlier=6)
    summary = colorize(tmp_path / "trimmed.mp4", tmp_path / "out.mp4", colorizer)
    assert (summary.frames, summary.declared, summary.damaged) == (FRAMES - 6, FRAMES - 6, 0)


def test_h264_in_avi_whose_times_are_out_of_order(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source, numbered = (write(tmp_path / name, audio=None) for name in ("in.mp4", "in.avi"))
    summary = colorize(numbered, tmp_path / "out.mp4", colorizer, saturation=0, quality=2)
    after, times = pictures(tmp_path / "out.mp4")
    assert (summary.frames, summary.damaged) == (FRAMES, 0)
    assert [times[i + 1] - times[i] for i in range(FRAMES - 1)] == [Fraction(1, 25)] * (FRAMES - 1)
    for old, new in zip(pictures(source)[0], after, strict=True):
        assert np.abs(old.astype(int) - new).mean() < 3


def test_times_that_stand_still_or_go_back_are_moved_on(tmp_path: Path, colorizer: UNetColorizer) -> None:
    given = [0, 40, 40, 80, 60, 120, 5000]
    with av.open(str(tmp_path / "in.mkv"), "w") as writer:
        video = writer.add_stream("mjpeg", rate=25)
        video.height, video.width, video.pix_fmt = 48, 64, "yuvj420p"
        video.codec_context.time_base = Fraction(1, 1000)
        for i, rgb in enumerate(frames(len(given), 48, 64)):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = 40 * i, Fraction(1, 1000)
            for packet in video.encode(frame):
                packet.pts, packet.dts = given[i], max(given[: i + 1])
                if given[i] < packet.dts:
                    packet.pts = packet.dts
                writer.mux(packet)
    colorize(tmp_path / "in.mkv", tmp_path / "out.mkv", colorizer)
    assert [round(1000 * time) for time in pictures(tmp_path / "out.mkv")[1]] == [0, 40, 41, 80, 81, 120, 5000]


def test_joined_films_whose_clock_starts_over(tmp_path: Path, colorizer: UNetColorizer) -> None:
    part = write(tmp_path / "part.ts", audio=None).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part + part)
    summary = colorize(tmp_path / "joined.ts", tmp_path / "out.mkv", colorizer)
    assert summary.frames == 2 * FRAMES
    times = pictures(tmp_path / "out.mkv")[1]
    steps = [float(times[i + 1] - times[i]) for i in range(len(times) - 1)]
    assert steps == pytest.approx([0.04] * len(steps), abs=0.002)


def test_titles_and_languages_are_kept_and_subtitles_where_there_is_room(
    tmp_path: Path, colorizer: UNetColorizer
) -> None:
    (tmp_path / "in.srt").write_text("1\n00:00:00,100 --> 00:00:00,400\nhello\n")
    with (
        av.open(str(write(tmp_path / "in.mp4"))) as reader,
        av.open(str(tmp_path / "in.srt")) as lines,
        av.open(str(tmp_path / "in.mkv"), "w") as writer,
    ):
        writer.metadata["title"] = "A film"
        copies = [writer.add_stream_from_template(s) for s in (*reader.streams, *lines.streams)]
        copies[1].metadata["language"] = "deu"
        for container, first in ((lines, 2), (reader, 0)):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = copies[first + packet.stream.index]
                    writer.mux(packet)
    for suffix, subtitles in ((".mkv", 1), (".mp4", 0)):
        summary = colorize(tmp_path / "in.mkv", tmp_path / f"out{suffix}", colorizer)
        assert (summary.copied, summary.left_out) == (1 + subtitles, 1 - subtitles)
        with av.open(str(tmp_path / f"out{suffix}")) as reader:
            assert reader.metadata["title"] == "A film"
            assert reader.streams.audio[0].metadata["language"] == "deu"
            assert len(reader.streams.subtitles) == subtitles


def test_webm_takes_sound_that_it_can_hold_and_names_what_it_cannot(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mkv", audio="libopus", count=4)
    colorize(source, tmp_path / "out.webm", colorizer)
    assert sound(tmp_path / "out.webm") == sound(source)
    with pytest.raises(UnetcolorError, match=r"in\.mp4"):
        colorize(write(tmp_path / "in.mp4", count=4), tmp_path / "aac.webm", colorizer)
    assert not (tmp_path / "aac.webm").exists()


def test_sound_that_a_format_refuses_only_when_written_is_named(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mkv", audio="libopus", count=3)
    with pytest.raises(UnetcolorError, match=r"out\.mov: mov files do not hold .*opus"):
        colorize(source, tmp_path / "out.mov", colorizer)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


def test_memory_does_not_grow_with_the_length(tmp_path: Path, colorizer: UNetColorizer) -> None:
    """Frames are asked for as they are needed: when the first result is there, few of the source have been read."""
    source = write(tmp_path / "in.mkv", count=60, audio=None)
    with av.open(str(source)) as reader:
        read = Frames(av, reader, None, {}, (48, 64), reader.streams.video[0])
        next(colorizer.stream(read, size=48, batch_size=8))
        assert len(read.times) <= 16


def bad_videos(tmp_path: Path) -> dict[str, Path]:
    whole = write(tmp_path / "whole.mp4")
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[:3000])
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    with av.open(str(tmp_path / "sound.m4a"), "w") as writer:
        stream = writer.add_stream("aac", rate=48000)
        part = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        part.sample_rate = 48000
        writer.mux(stream.encode(part))
        writer.mux(stream.encode(None))
    with av.open(str(tmp_path / "cover.mp4"), "w") as writer:
        stream, cover = writer.add_stream("aac", rate=48000), writer.add_stream("png", rate=1)
        cover.height, cover.width, cover.pix_fmt = 48, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(next(frames(1, 48, 64)), format="rgb24")
        picture.pts = 0
        writer.mux([*cover.encode(picture), *cover.encode(None)])
        writer.mux([*stream.encode(part), *stream.encode(None)])
    return {path.name: path for path in tmp_path.iterdir()} | {"missing.mp4": tmp_path / "missing.mp4"}


@pytest.mark.parametrize("name", ["cut.mp4", "text.mp4", "empty.mp4", "sound.m4a", "cover.mp4", "missing.mp4"])
def test_what_is_no_video_is_named_and_nothing_is_written(tmp_path: Path, colorizer: UNetColorizer, name: str) -> None:
    source = bad_videos(tmp_path)[name]
    (tmp_path / "out.mp4").write_text("from before")
    with pytest.raises(UnetcolorError, match=name.replace(".", r"\.")):
        colorize(source, tmp_path / "out.mp4", colorizer)
    assert (tmp_path / "out.mp4").read_text() == "from before"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_truncated_video_says_so(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mp4", audio=None)
    short = tmp_path / "short.mp4"
    # The list of frames first, as on the web: so a truncated file still opens.
    with av.open(str(source)) as reader, av.open(str(short), "w", options={"movflags": "faststart"}) as writer:
        stream = writer.add_stream_from_template(reader.streams.video[0])
        for packet in reader.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                writer.mux(packet)
    content = short.read_bytes()
    short.write_bytes(content[: len(content) * 9 // 10])
    summary = colorize(short, tmp_path / "out.mp4", colorizer)
    assert 0 < summary.frames < summary.declared == FRAMES
    assert summary.damaged
    assert len(pictures(tmp_path / "out.mp4")[0]) == summary.frames


def test_a_truncated_film_that_does_not_count_its_frames_says_so_too(tmp_path: Path, colorizer: UNetColorizer) -> None:
    content = write(tmp_path / "in.mkv", count=50).read_bytes()
    (tmp_path / "short.mkv").write_bytes(content[: len(content) * 3 // 10])
    summary = colorize(tmp_path / "short.mkv", tmp_path / "out.mp4", colorizer)
    assert 0 < summary.frames < 50
    assert summary.damaged


def test_wrong_arguments(tmp_path: Path, colorizer: UNetColorizer) -> None:
    source = write(tmp_path / "in.mp4", count=2)
    content = source.read_bytes()
    with pytest.raises(ValueError, match="is the video itself"):
        colorize(source, source, colorizer)
    with pytest.raises(ValueError, match=r"must be one of \.mp4"):
        colorize(source, tmp_path / "out.gif", colorizer)
    with pytest.raises(ValueError, match=r"0\.\.51"):
        colorize(source, tmp_path / "out.mp4", colorizer, quality=60)
    with pytest.raises(ValueError, match="'high'"):
        colorize(source, tmp_path / "out.mp4", colorizer, quality="high")
    with pytest.raises(ValueError, match="below 1"):
        colorize(source, tmp_path / "out.mp4", colorizer, smoothing=1)
    assert source.read_bytes() == content


def test_stopped_it_leaves_what_was_there(tmp_path: Path, colorizer: UNetColorizer) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        colorize(write(tmp_path / "in.mp4"), tmp_path / "out.mp4", colorizer, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_the_command(tmp_path: Path) -> None:
    source, output = write(tmp_path / "in.mp4", count=4), tmp_path / "out.mp4"
    arguments = ["video", str(source), "-o", str(output), "--size", "48", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["frames"] == 4
    assert len(pictures(output)[0]) == 4
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 2
    assert "--overwrite" in json.loads(again.stdout)["error"]
    assert CliRunner().invoke(app, [*arguments, "--overwrite"]).exit_code == 0


def test_every_suffix_has_an_encoder_that_is_there() -> None:
    for encoder in set(ENCODERS.values()):
        assert av.codec.Codec(encoder, "w").type == "video"
