from __future__ import annotations

from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from unetcolor import ImageReadError, UNetColorizer, get_color_space, list_color_spaces
from unetcolor.codec import Codec
from unetcolor.images import read_image, write_image
from unetcolor.prediction import inputs
from unetcolor.prediction.full_size import colorize, working_size

rng = np.random.default_rng(0)
GRAY = rng.integers(0, 256, (30, 21), dtype=np.uint8)


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
def test_shape_and_dtype_are_kept(trained: UNetColorizer, channels: int | None, dtype: type) -> None:
    picture = GRAY if channels is None else np.repeat(GRAY[..., None], channels, axis=-1)
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    picture = (picture * np.float64(scale)).astype(dtype)
    result = trained.predict(picture)
    has_alpha = channels in (2, 4)
    assert result.shape == (30, 21, 4 if has_alpha else 3)
    assert result.dtype == dtype
    if has_alpha:
        np.testing.assert_array_equal(result[..., 3], picture[..., -1])
    assert trained.predict(np.stack([picture, picture])).shape == (2, *result.shape)


def test_single_batch_and_list_agree(trained: UNetColorizer) -> None:
    pictures = rng.integers(0, 256, (5, 30, 21), dtype=np.uint8)
    batch = trained.predict(pictures)
    listed = trained.predict(list(pictures))
    assert isinstance(listed, list)
    for i, picture in enumerate(pictures):
        np.testing.assert_allclose(batch[i], trained.predict(picture), atol=1)
        np.testing.assert_array_equal(batch[i], listed[i])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_is_gray_however_it_is_stored(trained: UNetColorizer, dtype: type) -> None:
    levels = np.iinfo(dtype).max
    picture = rng.integers(0, levels + 1, (300, 301)).astype(dtype)
    colored = trained.predict(picture)
    np.testing.assert_array_equal(trained.predict(np.repeat(picture[..., np.newaxis], 3, axis=-1)), colored)
    # Floats are converted pixel by pixel, and integers level by level; black is kept black in 8 bits only.
    as_floats = trained.predict(picture / levels)
    is_lit = picture > 2
    np.testing.assert_allclose(colored[is_lit] / levels, as_floats[is_lit], atol=0.51 / levels + 1e-5)


def test_pictures_of_many_sizes_come_back_in_their_order(trained: UNetColorizer) -> None:
    sizes = [(30, 21), (8, 50), (30, 21), (1, 1), (64, 64), (3, 200)]
    pictures = [np.full(size, 40 * i, dtype=np.uint8) for i, size in enumerate(sizes)]
    results = trained.predict(pictures, batch_size=4)
    assert [result.shape[:2] for result in results] == sizes
    gray = [result.mean() for result in results]
    assert gray == sorted(gray)


def test_paths_and_pillow_images_are_read(trained: UNetColorizer, tmp_path: Path) -> None:
    write_image(tmp_path / "gray.png", GRAY)
    expected = trained.predict(GRAY)
    np.testing.assert_array_equal(trained.predict(tmp_path / "gray.png"), expected)
    np.testing.assert_array_equal(trained.predict(str(tmp_path / "gray.png")), expected)
    np.testing.assert_array_equal(trained.predict(Image.fromarray(GRAY)), expected)
    with pytest.raises(ImageReadError, match=r"absent\.png"):
        trained.predict(tmp_path / "absent.png")


@pytest.mark.parametrize("name", list_color_spaces())
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(2, 40))
def test_luminance_is_kept_whatever_the_network_says(name: str, dtype: type, seed: int, side: int) -> None:
    space = get_color_space(name)
    noise = np.random.default_rng(seed)
    scale = {np.uint8: 255, np.uint16: 65535, np.float32: 1}[dtype]
    # All levels from black to white, the darkest twice as often.
    photo = (np.sort(noise.random((64, 48)) ** 2, axis=None).reshape(64, 48) * scale).round(6).astype(dtype)

    def network(luminance: np.ndarray) -> np.ndarray:
        return noise.random((*luminance.shape[:3], space.output_channels), dtype=np.float32)

    (result,) = colorize([photo], network, Codec(space), side, 1)
    before, _ = space.encode(np.repeat(photo[..., None], 3, axis=-1) / scale)
    after, _ = space.encode(result / scale)
    largest = np.abs(after - before).max() / (space.luminance.high - space.luminance.low)
    assert largest < 0.01


@pytest.mark.slow
def test_a_photo_of_12_megapixels_keeps_its_luminance_within_3_gigabytes() -> None:
    import subprocess
    import sys

    # The kernel hands the peak of getrusage on from the process that starts another; this one is its own.
    script = r"""
import re, numpy as np
from unetcolor import UNetColorizer, list_color_spaces
from unetcolor.codec import Codec
from unetcolor.prediction.engines import engine_for
from unetcolor.prediction.predictor import Predictor
rng = np.random.default_rng(0)
photo = np.linspace(0, 255, 4000)[None] * np.linspace(0, 1, 3000)[:, None]
photo = np.clip(photo + rng.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)
for name in list_color_spaces():
    colorizer = UNetColorizer(name, filters=(8, 16), seed=0)
    predictor = Predictor(Codec(colorizer.space), engine_for(colorizer.model, "float32"), 128)
    result = predictor.predict(photo)
    assert result.shape == (3000, 4000, 3) and result.dtype == np.uint8
    # The largest so far.
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 2**20
    span = colorizer.space.luminance.high - colorizer.space.luminance.low
    before, _ = colorizer.space.encode(np.repeat(photo[::7, :, None], 3, axis=-1) / 255)
    after, _ = colorizer.space.encode(result[::7] / 255)
    print(name, np.abs(after - before).max() / span, peak)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _, _ in lines] == list_color_spaces()
    for name, worst, peak_gigabytes in lines:
        assert float(worst) < 0.01, name
        assert float(peak_gigabytes) < 3, name


def test_large_photos_are_not_held_in_memory_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_BATCH_VALUES", 2 * GRAY.size)
    seen = []

    def network(luminance: np.ndarray) -> np.ndarray:
        seen.append(len(luminance))
        return np.full((*luminance.shape[:3], 2), 0.5, dtype=np.float32)

    assert len(list(colorize([GRAY] * 5, network, Codec(get_color_space("lab")), 8, 32))) == 5
    assert seen == [2, 2, 1]


def test_the_network_sees_the_same_picture_at_every_size(trained: UNetColorizer) -> None:
    seen = []

    def network(luminance: np.ndarray) -> np.ndarray:
        seen.append(luminance)
        return np.full((*luminance.shape[:3], 2), 0.5, dtype=np.float32)

    ramp = np.linspace(0, 1, 512, dtype=np.float32)
    photo = (ramp[:, None] + ramp[None]) / 2
    list(colorize([photo, photo[::4, ::4]], network, Codec(get_color_space("lab")), 64, 1))
    assert seen[0].shape == seen[1].shape == (1, 64, 64, 1)
    np.testing.assert_allclose(seen[0], seen[1], atol=0.01)


def test_working_sizes_keep_area_and_aspect() -> None:
    assert working_size(100, 75, np.sqrt(7500)) == (100, 75)
    assert working_size(1, 1, 100) == (100, 100)
    assert working_size(1, 10**6, 10) == (1, 10_000)
    height, width = working_size(3000, 4000, 256)
    assert height * width == pytest.approx(256**2, rel=0.01)
    assert width / height == pytest.approx(4 / 3, rel=0.01)


def test_size_changes_what_the_network_sees(trained: UNetColorizer, small_portraits: np.ndarray) -> None:
    coarse, fine = (trained.predict(small_portraits, size=size) for size in (8, 40))
    assert not np.array_equal(coarse, fine)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "empty list"),
        (np.zeros((0, 8, 8), np.uint8), "no pictures in an array"),
        (np.zeros((8, 0), np.uint8), "no pixels"),
        (np.zeros(8, np.uint8), "this array has the shape \\(8,\\)"),
        (np.zeros((2, 8, 8, 5), np.uint8), "this array has the shape"),
        (np.zeros((2, 2, 8, 8, 3), np.uint8), "this array has the shape"),
        ([np.zeros((2, 8, 8), np.uint8)], "must be a single one"),
        (np.full((8, 8), 256, np.int32), "int32"),
        (np.zeros((8, 8), bool), "bool"),
        (np.full((8, 8), 200.0), "divide"),
        (np.full((8, 8), np.nan), "NaN|nan|finite"),
        (None, "NoneType"),
        ([None], "NoneType"),
        (7, "int"),
    ],
)
def test_bad_input_says_what_was_given(trained: UNetColorizer, images: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trained.predict(images)


@pytest.mark.parametrize("value", [np.nan, 200.0])
def test_alpha_is_checked_like_colors(trained: UNetColorizer, value: float) -> None:
    picture = np.full((8, 8, 4), 0.5)
    picture[0, 0, 3] = value
    with pytest.raises(ValueError, match="floats must be finite"):
        trained.predict(picture)


def test_the_order_of_bytes_and_of_memory_changes_nothing(trained: UNetColorizer) -> None:
    picture = GRAY.astype(np.uint16) * 257
    expected = trained.predict(picture)
    for same in (picture.astype(">u2"), np.asfortranarray(picture), np.repeat(picture, 2, axis=0)[::2]):
        np.testing.assert_array_equal(trained.predict(same), expected)


@pytest.mark.parametrize("options", [{"size": 0}, {"batch_size": 0}])
def test_bad_options_are_refused(trained: UNetColorizer, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        trained.predict(GRAY, **options)


def test_transparent_pictures_keep_their_alpha_in_a_file(trained: UNetColorizer, tmp_path: Path) -> None:
    picture = rng.integers(0, 256, (30, 21, 4), dtype=np.uint8)
    write_image(tmp_path / "in.png", picture)
    write_image(tmp_path / "out.png", trained.predict(tmp_path / "in.png"))
    np.testing.assert_array_equal(read_image(tmp_path / "out.png")[..., 3], picture[..., 3])


@pytest.mark.parametrize("name", list_color_spaces())
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_saturation_moves_colors_from_gray_to_vivid_in_every_space(name: str, seed: int) -> None:
    space = get_color_space(name)
    photo = np.linspace(60, 190, 40 * 30).reshape(40, 30).astype(np.uint8)
    outputs = np.random.default_rng(seed).random((5, 4, space.output_channels), dtype=np.float32)
    if space.activation == "softmax":
        outputs /= outputs.sum(axis=-1, keepdims=True)
    else:
        # Pale enough for sRGB to show twice as much.
        gray = space.normalize(*space.encode(np.full(3, 0.5)))[1].astype(np.float32)
        outputs = gray + (outputs - 0.5) * 0.1

    def colored(saturation: float) -> np.ndarray:
        answer = outputs[np.newaxis]
        (result,) = colorize([photo], lambda luminance: answer, Codec(space), sqrt(20), 1, saturation=saturation)
        return np.ptp(result.astype(int), axis=-1)

    assert colored(0.0).max() <= 1
    assert colored(0.5).mean() < colored(1.0).mean() < colored(1.5).mean()


def test_a_bad_saturation_is_an_error(trained: UNetColorizer) -> None:
    for saturation in (-1, float("nan"), "much"):
        with pytest.raises(ValueError, match="saturation must be"):
            trained.predict(GRAY, saturation=saturation)  # type: ignore[arg-type]


@pytest.mark.parametrize("head_stride", [2, 4])
def test_colors_at_a_part_of_the_size_come_back_at_full_size(
    head_stride: int, portraits: np.ndarray, tmp_path: Path
) -> None:
    colorizer = UNetColorizer("lab", filters=(8, 16, 32), head_stride=head_stride, momentum=0.9, seed=1)
    history = colorizer.fit(portraits[:32], epochs=3, batch_size=8, validation_data=portraits[32:40], verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    colorizer.save(tmp_path / "model.keras")
    for size in [(1, 1), (3, 50), (101, 75)]:
        gray = rng.integers(0, 256, size, dtype=np.uint8)
        result = colorizer.predict(gray)
        assert isinstance(result, np.ndarray)
        assert result.shape == (*size, 3)
        np.testing.assert_array_equal(UNetColorizer.load(tmp_path / "model.keras").predict(gray), result)


def test_colors_stay_in_their_place_where_the_stride_does_not_divide_the_size() -> None:
    # Left half red, right half blue, in a picture of 21 pixels: the edge must not move with the stride.
    space = get_color_space("lab")
    photo = np.full((20, 21), 128, np.uint8)

    def halves(luminance: np.ndarray, stride: int) -> np.ndarray:
        columns = (np.arange(21) < 10).astype(np.float32)
        columns = np.pad(columns, (0, -21 % stride), mode="edge").reshape(-1, stride).mean(axis=1)
        targets = np.full((1, -(-20 // stride), len(columns), 2), 0.5, np.float32)
        targets[..., 0] = 0.4 + 0.2 * columns
        return targets

    edges = []
    for stride in (1, 2, 4):
        (result,) = colorize([photo], partial(halves, stride=stride), Codec(space, stride), sqrt(20 * 21), 1)
        _, chroma = space.encode(result / 255)
        edges.append(np.interp(0, -chroma[10, :, 0], np.arange(21)))
    np.testing.assert_allclose(edges, edges[0], atol=0.75)
