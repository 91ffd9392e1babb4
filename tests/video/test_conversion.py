"""Frames and pictures: upright as a player shows them, and gray with its exact luma."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorTrc, Interpolation
from PIL import Image

from unetcolor import UNetColorizer, samples
from unetcolor.errors import VideoError
from unetcolor.spaces.lab import Lab
from unetcolor.video import colorize_video
from unetcolor.video.conversion import UPRIGHT, orientation, to_frame, to_rgb

Write = Callable[..., Path]

# The four numbers of a display matrix that turn and mirror, and what they do, as for the orientations 1 to 8 of EXIF.
TURNS = {
    (1, 0, 0, 1): lambda p: p,
    (-1, 0, 0, 1): np.fliplr,
    (-1, 0, 0, -1): lambda p: np.rot90(p, 2),
    (1, 0, 0, -1): np.flipud,
    (0, 1, 1, 0): lambda p: p.swapaxes(0, 1),
    (0, 1, -1, 0): lambda p: np.rot90(p, -1),
    (0, -1, -1, 0): lambda p: np.rot90(p, 2).swapaxes(0, 1),
    (0, -1, 1, 0): lambda p: np.rot90(p, 1),
}


def quarters() -> np.ndarray:
    """Four quarters of different gray, which look different in each of the eight turns."""
    gray = np.array([[20, 90], [160, 235]], np.uint8).repeat(24, 0).repeat(32, 1)
    return np.repeat(gray[..., np.newaxis], 3, axis=-1)


def display_matrix(turn: tuple[int, int, int, int]) -> list[int]:
    a, b, c, d = (number << 16 for number in turn)
    return [a, b, 0, c, d, 0, 0, 0, 1 << 30]


def luma(frame: Any) -> np.ndarray:
    plane = frame.planes[0]
    kind = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    return np.frombuffer(plane, kind).reshape(frame.height, -1)[:, : frame.width]


def lumas(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as reader:
        return [luma(frame).copy() for frame in reader.decode(video=0)]


def gray_frame(levels: np.ndarray, pixels: str) -> Any:
    """Return a frame of gray columns with these codes of luma."""
    frame = av.VideoFrame(len(levels), 8, pixels)
    bits = frame.format.components[0].bits
    kind = np.uint16 if bits > 8 else np.uint8
    for number, plane in enumerate(frame.planes):
        codes = np.full((plane.height, plane.line_size // np.dtype(kind).itemsize), 1 << (bits - 1), kind)
        if number == 0:
            codes[:, : len(levels)] = levels
        plane.update(codes.tobytes())
    return frame


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("turn", list(TURNS))
def test_each_turn_and_mirror_comes_out_upright(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, turn: tuple[int, int, int, int], suffix: str
) -> None:
    matrix = display_matrix(turn)
    source = write_film(
        tmp_path / f"in{suffix}", [quarters()] * 3, prepare=lambda _, video: video.set_display_matrix(matrix)
    )
    summary = colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48, saturation=0, quality=2)
    upright = TURNS[turn](quarters())
    assert summary.size == upright.shape[:2]
    with av.open(str(tmp_path / "out.mp4")) as reader:
        for frame in reader.decode(video=0):
            assert "DISPLAYMATRIX" not in {data.type.name for data in frame.side_data}
            assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - upright).mean() < 4


def test_a_turn_is_known_where_pyav_cannot_list_what_a_frame_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(quarters()).save(tmp_path / "in.png", exif=exif)
    with av.open(str(tmp_path / "in.png")) as reader:
        frame = next(reader.decode(video=0))
    turn = orientation(frame)
    assert turn.size(48, 64) == (64, 48)
    np.testing.assert_array_equal(to_rgb(av, frame, turn, (64, 48)), np.rot90(quarters(), -1))


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuv422p10le"])
def test_gray_comes_back_with_the_luma_it_had(pixels: str) -> None:
    levels = np.arange(16, 236)
    frame = gray_frame(levels * 4 if "10" in pixels else levels, pixels)
    rgb = to_rgb(av, frame, UPRIGHT, (8, 220))
    assert np.ptp(rgb, axis=-1).max() == 0
    assert np.abs(rgb[0, :, 0] - (levels - 16) * 255 / 219).max() <= 0.5
    for written in ("yuv420p", "yuv444p"):
        back = to_frame(av, rgb, 0, Fraction(1, 25), written)
        np.testing.assert_array_equal(luma(back), np.broadcast_to(levels, (8, 220)))


def test_gray_of_full_range_is_rounded_not_cut() -> None:
    levels = np.arange(256)
    rgb = to_rgb(av, gray_frame(levels, "yuvj420p"), UPRIGHT, (8, 256))
    back = to_frame(av, rgb, 0, Fraction(1, 25), "yuv420p")
    # FFmpeg computes with 15 bits.
    assert np.abs(luma(back)[0] - (16 + levels * 219 / 255)).max() < 0.51


def test_a_gray_film_without_colors_is_the_same_after_three_passes(
    tmp_path: Path, write_film: Write, trained: UNetColorizer
) -> None:
    ramp = np.repeat(np.tile(np.linspace(0, 255, 256).astype(np.uint8), (32, 1))[..., np.newaxis], 3, axis=-1)
    path = write_film(tmp_path / "0.mp4", [ramp, ramp[:, ::-1], ramp], options={"qp": "0"})
    before = lumas(path)
    for number in range(1, 4):
        source, path = path, tmp_path / f"{number}.mp4"
        colorize_video(source, path, trained.predictor(), size=48, saturation=0, quality=0)
    np.testing.assert_array_equal(lumas(path), before)
    assert len(np.unique(before)) > 200


def test_a_film_in_color_is_as_light_as_it_was(tmp_path: Path, write_film: Write, trained: UNetColorizer) -> None:
    photo = samples.load_photo("chelsea")[:160, :200].mean(axis=-1).astype(np.uint8)
    gray = np.repeat(photo[..., np.newaxis], 3, axis=-1)
    source = write_film(tmp_path / "in.mp4", [gray] * 2, options={"qp": "0"})
    colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48, smoothing=0, quality=0)
    lightness = []
    for path in (source, tmp_path / "out.mp4"):
        with av.open(str(path)) as reader:
            frame = next(reader.decode(video=0))
            flags = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
            rgb = frame.to_ndarray(format="rgb24", interpolation=flags)
            lightness.append(Lab().encode(rgb / 255)[0])
    assert np.abs(np.mean(lightness[1] - lightness[0])) < 0.1


@pytest.mark.parametrize(
    ("curve", "name"), [("SMPTE2084", "PQ"), ("ARIB_STD_B67", "HLG"), ("LINEAR", "linear"), ("LOG", "logarithmic")]
)
def test_high_dynamic_range_is_refused(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, curve: str, name: str
) -> None:
    def declare(_: Any, video: Any) -> None:
        video.codec_context.color_trc = ColorTrc[curve]

    source = write_film(tmp_path / "in.mkv", [quarters()] * 3, pixels="yuv420p10le", prepare=declare)
    with pytest.raises(VideoError, match=rf"in\.mkv: its brightness is coded as .*{name}.*standard dynamic range"):
        colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize(
    ("curve", "written"), [("IEC61966_2_1", 13), ("GAMMA28", 5), ("BT709", 1), ("BT2020_10", 1), ("UNSPECIFIED", 1)]
)
def test_the_curve_that_is_declared_is_the_one_of_the_gray(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, curve: str, written: int
) -> None:
    def declare(_: Any, video: Any) -> None:
        video.codec_context.color_trc = ColorTrc[curve]

    source = write_film(tmp_path / "in.mkv", [quarters()] * 2, prepare=declare)
    colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48)
    with av.open(str(tmp_path / "out.mp4")) as reader:
        assert next(reader.decode(video=0)).color_trc == written
