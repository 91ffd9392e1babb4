"""Pictures that are arrays: ranges, sizes, alpha and gray."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unetcolor.images import cover, from_float, is_gray, read_rgb, resize, shrink, split_alpha, to_float, write_image

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
RGB = np.stack([ROWS * 5, COLUMNS * 4, 255 - ROWS * 2 - COLUMNS], axis=-1).astype(np.uint8)
GRAY = RGB[..., 1]


@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_split_alpha(channels):
    pixels = np.arange(6 * (channels or 1), dtype=np.uint8).reshape((2, 3) if channels is None else (2, 3, channels))
    color, alpha = split_alpha(pixels)
    assert color.shape == ((2, 3, 3) if channels in (3, 4) else (2, 3))
    assert (alpha is None) == (channels in (None, 1, 3))
    if alpha is not None:
        np.testing.assert_array_equal(alpha, pixels[..., -1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_integer_survives_floats(dtype):
    values = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    floats = to_float(values)
    assert floats.dtype == np.float32
    assert (floats.min(), floats.max()) == (0, 1)
    for float_type in (np.float32, np.float64):
        np.testing.assert_array_equal(from_float(floats.astype(float_type), dtype), values)


@given(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]), hnp.array_shapes(), elements=st.floats(0, 1, width=16)
    )
)
def test_floats_stay(values):
    floats = to_float(values)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, values)
    np.testing.assert_array_equal(from_float(floats, values.dtype), values)


@given(hnp.arrays(np.float32, 5, elements=st.floats(-2, 3, width=32)))
def test_from_float_rounds_and_clips(values):
    expected = np.rint(np.clip(values, 0, 1).astype(np.float64) * 255)
    result = from_float(values, np.uint8)
    assert np.abs(result - expected).max() <= 1
    assert from_float(values, "float64").dtype == np.float64
    assert from_float(values, np.float16).max() <= 1


def test_rounding_errors_are_clipped():
    assert to_float(np.array([-5e-7, 1 + 5e-7])).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.array([0.0, 200.0]), r"got float64 with values 0\.0\.\.200\.0; .* divide 8-bit values by 255"),
        (np.array([-0.1], np.float32), "0..1"),
        (np.array([0.5, np.nan]), "values nan..nan; floats must be finite"),
        (np.array([np.inf]), "inf"),
        (np.array([0, 255]), r"got int64 with values 0\.\.255; give uint8"),
        (np.array([True]), "got bool"),
        (np.zeros((0, 3), np.uint8), r"no pixels in an array of shape \(0, 3\)"),
    ],
)
def test_to_float_refuses(pixels, message):
    with pytest.raises(ValueError, match=message):
        to_float(pixels)


def test_from_float_refuses():
    with pytest.raises(ValueError, match="NaN"):
        from_float(np.array([np.nan]), np.uint8)
    with pytest.raises(ValueError, match="cannot convert to int32"):
        from_float(np.array([0.5]), np.int32)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (48, 64), (100, 90)])
@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 2), (1, 1, 3), (48, 64, 5)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_sizes_dtypes_and_constants(shape, size, dtype):
    pixels = np.full(shape, 0.3 if np.dtype(dtype).kind == "f" else 77, dtype)
    covered = cover(pixels, size)
    assert covered.shape == (*size, *shape[2:])
    assert covered.dtype == dtype
    # A gray and alpha picture is multiplied by alpha in 8 bits and divided again.
    np.testing.assert_allclose(covered, pixels.flat[0], rtol=1e-6, atol=1 if shape[2:] == (2,) else 0)
    if np.dtype(dtype).kind == "f":
        resized = resize(pixels, size)
        assert resized.shape == (*size, *shape[2:])
        assert resized.dtype == np.float32
        np.testing.assert_allclose(resized, 0.3, rtol=1e-6)


def test_shrinking_is_antialiased_and_never_overshoots():
    checkerboard = np.indices((200, 300)).sum(axis=0) % 2.0
    np.testing.assert_allclose(resize(checkerboard, (20, 30)), 0.5, atol=0.02)
    np.testing.assert_allclose(cover((checkerboard * 255).astype(np.uint8), (20, 30)), 127, atol=4)
    edges = np.random.default_rng(0).integers(0, 2, (30, 40)).astype(np.float32)
    for size in ((7, 9), (90, 100)):
        resized = resize(edges, size)
        assert resized.min() >= 0
        assert resized.max() <= 1 + 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_cover_keeps_the_middle_and_the_aspect(dtype):
    wide = np.zeros((10, 30), dtype)
    wide[:, 10:20] = 1 if dtype == np.float32 else 200
    np.testing.assert_array_equal(cover(wide, (10, 10)), wide[:, 10:20])
    np.testing.assert_array_equal(cover(wide.T, (10, 10)), wide[:, 10:20])
    np.testing.assert_array_equal(cover(wide, (10, 30)), wide)
    assert cover(wide, (20, 20)).min() < wide.max()


@pytest.mark.parametrize(
    ("function", "pixels", "size"),
    [
        (resize, RGB, (5, 5)),
        (resize, np.zeros((2, 2)), (0, 5)),
        (cover, RGB, (5, 5, 3)),
        (cover, RGB[np.newaxis], (5, 5)),
        (cover, RGB.astype(np.int64), (5, 5)),
    ],
)
def test_resizing_refuses(function, pixels, size):
    with pytest.raises(ValueError, match=r"takes|holds|size must be|has shape"):
        function(pixels, size)


def test_is_gray(tmp_path):
    gray = np.dstack([GRAY] * 3)
    assert is_gray(gray)
    write_image(tmp_path / "x.jpg", gray, quality=60)
    assert is_gray(read_rgb(tmp_path / "x.jpg"))
    assert not is_gray(RGB)
    sepia = np.clip(gray * [1.0, 0.9, 0.75], 0, 255).astype(np.uint8)
    assert not is_gray(sepia)
    with pytest.raises(ValueError, match="not uint8 of shape \\(48, 64\\)"):
        is_gray(GRAY)


@pytest.mark.parametrize("shape", [(300, 417, 1), (97, 1003, 3), (20, 30, 3), (1, 900, 1)])
@pytest.mark.parametrize("size", [(13, 17), (40, 31), (1, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_shrinking_in_strips_gives_the_same_bits(shape, size, dtype):
    pixels = from_float(np.random.default_rng(0).random(shape), dtype)
    np.testing.assert_array_equal(shrink(pixels, size), resize(to_float(pixels), size))
