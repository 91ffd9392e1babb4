from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from unetcolor import Hint, UNetColorizer, samples
from unetcolor.hints import read_hints
from unetcolor.video import colorize_video
from unetcolor.video.shot import ShotHints

SCENE, OTHER = (samples.load_photo(name).mean(axis=-1).astype(np.uint8)[:128, :160] for name in ("chelsea", "coffee"))


@pytest.fixture(scope="module")
def hinted() -> UNetColorizer:
    """A colorizer that takes hints and knows little; tests must not change it."""
    colorizer = UNetColorizer("lab", filters=(4, 8), hints=True, image_size=(64, 64), seed=1)
    colorizer.fit(samples.load_portraits()[:8], epochs=1, verbose=0)
    return colorizer


def write(path: Path, frames: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as writer:
        video = writer.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = frames[0].shape[0], frames[0].shape[1], "yuv420p"
        video.options = {"crf": "4"}
        for i, gray in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.repeat(gray[..., np.newaxis], 3, axis=-1), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            writer.mux(video.encode(frame))
        writer.mux(video.encode(None))
    return path


def redness(path: Path, row: int, column: int) -> list[float]:
    with av.open(str(path)) as reader:
        pictures = [frame.to_ndarray(format="rgb24").astype(float) for frame in reader.decode(video=0)]
    parts = [picture[row - 2 : row + 3, column - 2 : column + 3].mean(axis=(0, 1)) for picture in pictures]
    return [red - (green + blue) / 2 for red, green, blue in parts]


def test_hints_of_the_first_frame_hold_until_the_cut(tmp_path: Path, hinted: UNetColorizer) -> None:
    source = write(tmp_path / "film.mp4", [SCENE] * 12 + [OTHER] * 4)
    plain, colored = tmp_path / "plain.mp4", tmp_path / "colored.mp4"
    colorize_video(source, plain, hinted.predictor())
    colorize_video(source, colored, hinted.predictor(), hints=[Hint(60, 80, "red", 8)])
    change = np.subtract(redness(colored, 60, 80), redness(plain, 60, 80))
    assert change[:12].min() > 40
    # It does not fade, and nothing of it is left in another scene.
    assert np.ptp(change[:12]) < 15
    assert np.abs(change[12:]).max() < 5


def test_a_hint_is_dropped_where_something_else_comes_into_view() -> None:
    hints = read_hints([Hint(30, 40, "red", 4), Hint(100, 120, "blue", 4)])
    assert hints is not None
    shot = ShotHints(hints)
    moved = SCENE.copy()
    moved[88:112, 108:132] = np.where(moved[88:112, 108:132] < 128, 220, 20)
    frames = [np.repeat(gray[..., np.newaxis], 3, axis=-1) for gray in (SCENE, SCENE, moved)]
    found = [each for _, each in zip(shot.watch(frames), shot, strict=False)]
    assert [each.count for each in found if each is not None] == [2, 2, 1]


def test_a_reference_pulls_all_frames(tmp_path: Path, hinted: UNetColorizer) -> None:
    source = write(tmp_path / "film.mp4", [SCENE] * 3)
    colorize_video(
        source, tmp_path / "out.mp4", hinted.predictor(), reference=samples.load_photo("coffee"), smoothing=0
    )
    wanted = hinted.predict(SCENE, reference=samples.load_photo("coffee")).astype(int)
    with av.open(str(tmp_path / "out.mp4")) as reader:
        for frame in reader.decode(video=0):
            # H.264 with half of the colors.
            assert np.abs(frame.to_ndarray(format="rgb24") - wanted).mean() < 4
