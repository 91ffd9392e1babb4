from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import gaussian

from unetcolor import samples
from unetcolor.images import resize, to_float
from unetcolor.prediction.upsample import SIGMA, EdgeAwareUpsampler, _blur
from unetcolor.spaces.lab import Lab

sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


def upsample(targets: np.ndarray, small: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    return EdgeAwareUpsampler(targets, small, luminance.shape[:2]).rows(luminance, 0)


@given(small=sizes, large=st.tuples(st.integers(1, 40), st.integers(1, 40)), seed=st.integers(0, 99))
def test_constant_colors_stay_constant_on_any_photo(small: tuple[int, int], large: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = np.full((*small, 2), [0.25, 0.75], dtype=np.float32)
    guide = rng.random((*small, 1), dtype=np.float32)
    result = upsample(targets, guide, rng.random((*large, 1), dtype=np.float32))
    assert result.shape == (*large, 2)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.broadcast_to([0.25, 0.75], result.shape), atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 50, 2), (31, 7, 3)])
def test_the_blur_is_that_of_scikit_image(shape: tuple[int, int, int]) -> None:
    values = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    expected = [gaussian(each, SIGMA, mode="nearest", channel_axis=-1) for each in values]
    found = _blur(values)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_same_size_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    targets, luminance = rng.random((7, 9, 2), dtype=np.float32), rng.random((7, 9, 1), dtype=np.float32)
    np.testing.assert_allclose(upsample(targets, luminance, luminance), targets, atol=1e-6)


def test_strips_join_to_the_whole() -> None:
    rng = np.random.default_rng(0)
    targets, small = rng.random((5, 6, 2), dtype=np.float32), rng.random((5, 6, 1), dtype=np.float32)
    luminance = rng.random((33, 40, 1), dtype=np.float32)
    upsampler = EdgeAwareUpsampler(targets, small, (33, 40))
    strips = [upsampler.rows(luminance[start : start + 7], start) for start in range(0, 33, 7)]
    np.testing.assert_array_equal(np.concatenate(strips), upsampler.rows(luminance, 0))


def test_a_color_edge_follows_the_edge_of_luminance() -> None:
    luminance = np.zeros((64, 64, 1), dtype=np.float32)
    luminance[:, 27:] = 1.0
    small = resize(luminance, (8, 8)).reshape(8, 8, 1)
    # The small picture's fourth column joins both sides, so its color is a mixture.
    sharp = upsample(small.copy(), small, luminance)
    blurred = upsample(small.copy(), np.zeros_like(small), np.zeros_like(luminance))
    assert np.abs(sharp - luminance).mean() < 0.4 * np.abs(blurred - luminance).mean()


@pytest.mark.parametrize("factor", [2, 4])
def test_true_colors_come_back_better_than_from_bilinear_scaling(factor: int) -> None:
    errors = []
    for path in samples.photos():
        luminance, targets = Lab().normalize(*Lab().encode(to_float(samples.load_photo(path.stem))))
        size = (luminance.shape[0] // factor, luminance.shape[1] // factor)
        small = resize(luminance, size).reshape(*size, 1)
        colors = resize(targets, size)
        no_guide = np.zeros_like(small), np.zeros_like(luminance)
        errors.append(
            [
                np.abs(upsample(colors, small, luminance) - targets).mean(),
                np.abs(upsample(colors, *no_guide) - targets).mean(),
            ]
        )
    guided, bilinear = np.mean(errors, axis=0)
    assert guided < 0.95 * bilinear
