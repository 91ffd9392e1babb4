"""The way back into the unit cube: what every decode rests upon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unetcolor.spaces.srgb import (
    INVISIBLE,
    LUMINANCE_WEIGHTS,
    RGB_TO_XYZ,
    WHITE,
    XYZ_TO_RGB,
    delinearize,
    linearize,
    pull_toward_gray,
    weigh,
)

# Colors of this gray that may lie far outside: the gray, and an offset that has no luminance of its own.
grays = st.floats(0, 1).map(lambda gray: np.array([gray]))
offsets = arrays.arrays(np.float64, 3, elements=st.floats(-3, 3)).map(lambda v: v - weigh(v, LUMINANCE_WEIGHTS))
colors_inside = arrays.arrays(np.float64, 3, elements=st.floats(0, 1))


@given(grays, offsets)
def test_the_result_is_displayable(gray: np.ndarray, offset: np.ndarray) -> None:
    pulled = pull_toward_gray(gray + offset, gray)
    assert pulled.min() >= 0
    assert pulled.max() <= 1


@given(grays, offsets)
def test_luminance_is_kept(gray: np.ndarray, offset: np.ndarray) -> None:
    pulled = pull_toward_gray(gray + offset, gray)
    np.testing.assert_allclose(weigh(pulled, LUMINANCE_WEIGHTS), gray, atol=INVISIBLE)


@given(colors_inside)
def test_displayable_colors_are_left_as_they_are(rgb: np.ndarray) -> None:
    pulled = pull_toward_gray(rgb, weigh(rgb, LUMINANCE_WEIGHTS))
    np.testing.assert_allclose(pulled, rgb, atol=1e-12)


@given(grays, offsets)
def test_the_result_lies_on_the_line_to_gray(gray: np.ndarray, offset: np.ndarray) -> None:
    moved = pull_toward_gray(gray + offset, gray) - gray
    share = np.clip(moved @ offset / max(offset @ offset, 1e-30), 0, 1)
    np.testing.assert_allclose(moved, share * offset, atol=2 * INVISIBLE)


@given(grays, offsets)
def test_no_more_is_given_up_than_needed(gray: np.ndarray, offset: np.ndarray) -> None:
    rgb = gray + offset
    pulled = pull_toward_gray(rgb, gray)
    if rgb.min() < 0 or rgb.max() > 1:
        assert min(pulled.min(), 1 - pulled.max()) <= 1e-9


def test_a_gray_out_of_range_gives_black_or_white() -> None:
    rgb = np.array([[-0.3, -0.2, -0.1], [1.1, 1.5, 1.2]])
    np.testing.assert_array_equal(pull_toward_gray(rgb, weigh(rgb, LUMINANCE_WEIGHTS)), [[0, 0, 0], [1, 1, 1]])


@given(colors_inside)
def test_the_transfer_curve_has_an_inverse(rgb: np.ndarray) -> None:
    np.testing.assert_allclose(delinearize(linearize(rgb)), rgb, atol=1e-7)


@given(colors_inside)
def test_the_inverse_curve_has_an_inverse(linear: np.ndarray) -> None:
    # The standard's rounded thresholds leave a gap of 3e-8 between the two branches.
    np.testing.assert_allclose(linearize(delinearize(linear)), linear, atol=1e-7)


def test_the_curves_rise_everywhere() -> None:
    x = np.linspace(0, 1, 100_001)
    assert np.diff(linearize(x)).min() > 0
    assert np.diff(delinearize(x)).min() > 0


# IEC 61966-2-1: straight up to and including the threshold, 0.04045 encoded or 0.0031308 linear.
@pytest.mark.parametrize(
    ("encoded", "linear"), [(0.0, 0.0), (0.04045, 0.04045 / 12.92), (0.5, (0.555 / 1.055) ** 2.4), (1.0, 1.0)]
)
def test_linearize_has_the_values_of_the_standard(encoded: float, linear: float) -> None:
    assert linearize(np.array([encoded]))[0] == pytest.approx(linear, abs=1e-15)


@pytest.mark.parametrize(
    ("linear", "encoded"),
    [(0.0, 0.0), (0.0031308, 0.0031308 * 12.92), (0.5, 1.055 * 0.5 ** (1 / 2.4) - 0.055), (1.0, 1.0)],
)
def test_delinearize_has_the_values_of_the_standard(linear: float, encoded: float) -> None:
    assert delinearize(np.array([linear]))[0] == pytest.approx(encoded, abs=1e-15)


def test_white_is_the_sum_of_the_primaries() -> None:
    np.testing.assert_allclose(RGB_TO_XYZ.sum(axis=1), WHITE, rtol=0, atol=1e-15)
    np.testing.assert_allclose(XYZ_TO_RGB @ WHITE, 1, rtol=0, atol=1e-14)
