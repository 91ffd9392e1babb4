"""Figures of the spaces against libraries that share no code with them."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
import pytest
from coloraide.everything import ColorAll
from PIL import Image
from skimage import color

from unetcolor import get_color_space

# 6^3 colors over all of sRGB, and as many dark ones, where the curves have their linear parts.
STEPS = np.linspace(0, 1, 6)
CUBE = np.stack(np.meshgrid(STEPS, STEPS, STEPS, indexing="ij"), axis=-1).reshape(1, -1, 3)
COLORS = np.concatenate([CUBE, CUBE / 20], axis=1)


def encode(name: str) -> np.ndarray:
    """Return luminance and targets side by side, natural units."""
    return np.concatenate(get_color_space(name).encode(COLORS), axis=-1)


def as_vector(hue: np.ndarray, saturation: np.ndarray) -> np.ndarray:
    """Return hue, in turns, and saturation as our space holds them."""
    angle = 2 * np.pi * hue
    return np.stack([saturation * np.cos(angle), saturation * np.sin(angle)], axis=-1)


# scikit-image rounds the matrix to 6 digits and the white point to 5.
@pytest.mark.parametrize(("name", "convert"), [("lab", color.rgb2lab), ("luv", color.rgb2luv)])
def test_cie_spaces_agree_with_scikit_image(name: str, convert: Callable[..., np.ndarray]) -> None:
    np.testing.assert_allclose(encode(name), convert(COLORS), atol=0.03)


# Oklab's matrix M1 has 10 digits here; coloraide derives one with more.
@pytest.mark.parametrize(
    ("name", "theirs", "tolerance"), [("lab", "lab-d65", 1e-10), ("luv", "luv", 1e-10), ("oklab", "oklab", 1e-6)]
)
def test_perceptual_spaces_agree_with_coloraide(name: str, theirs: str, tolerance: float) -> None:
    expected = [[ColorAll("srgb", rgb).convert(theirs).coords(nans=False) for rgb in COLORS[0].tolist()]]
    np.testing.assert_allclose(encode(name), expected, atol=tolerance)


def test_hsv_agrees_with_scikit_image() -> None:
    hsv = color.rgb2hsv(COLORS)
    np.testing.assert_allclose(encode("hsv")[..., 1:], as_vector(hsv[..., 0], hsv[..., 1]), atol=1e-12)


def test_hsv_agrees_with_coloraide() -> None:
    hsv = np.array([[ColorAll("srgb", rgb).convert("hsv").coords(nans=False) for rgb in COLORS[0].tolist()]])
    np.testing.assert_allclose(encode("hsv")[..., 1:], as_vector(hsv[..., 0] / 360, hsv[..., 1]), atol=1e-12)


def test_ycbcr_agrees_with_scikit_image() -> None:
    # That of video: Y from 16 to 235, Cb and Cr from 16 to 240, scaled back to the full range here.
    video = color.rgb2ycbcr(COLORS)
    np.testing.assert_allclose(encode("ycbcr"), (video - [16, 128, 128]) / [219, 224, 224], atol=1e-5)


def test_ycbcr_agrees_with_pillow() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    theirs = np.asarray(Image.fromarray(levels).convert("YCbCr"), dtype=np.float64)
    ours = np.concatenate(get_color_space("ycbcr").encode(levels / 255), axis=-1) * 255 + [0, 128, 128]
    # Pillow's fixed-point numbers are cut off, not rounded.
    assert np.abs(np.rint(ours) - theirs).max() <= 1


@pytest.mark.parametrize("name", ["rgb", "hsv"])
def test_gray_is_that_of_scikit_image(name: str) -> None:
    np.testing.assert_allclose(encode(name)[..., 0], color.rgb2gray(COLORS), atol=1e-12)


def test_rgb_targets_are_the_picture_itself() -> None:
    np.testing.assert_array_equal(encode("rgb")[..., 1:], COLORS)


def test_network_units_of_lab_divide_the_whole_sum() -> None:
    """A widely copied recipe divides the shift only: ``a + 128 / 255``."""
    luminance, targets = get_color_space("lab").normalize(np.array([[75.0]]), np.array([[-28.0, 127.0]]))
    np.testing.assert_allclose(luminance, [[75 / 100]])
    np.testing.assert_allclose(targets, [[(-28 + 128) / 255, (127 + 128) / 255]])


@pytest.mark.parametrize("name", ["lab", "luv", "oklab"])
def test_white_has_no_color(name: str) -> None:
    space = get_color_space(name)
    luminance, targets = space.encode(np.ones((1, 3)))
    assert luminance.item() == pytest.approx(space.luminance.high)
    np.testing.assert_allclose(targets, 0, atol=1e-9)


def test_hsv_agrees_with_colorsys() -> None:
    hsv = np.array([[colorsys.rgb_to_hsv(*rgb) for rgb in COLORS[0].tolist()]])
    np.testing.assert_allclose(encode("hsv")[..., 1:], as_vector(hsv[..., 0], hsv[..., 1]), atol=1e-12)


def test_the_lightness_of_a_gray_photo_is_not_that_of_its_colors() -> None:
    """Why luminance belongs to the space: no one gray picture is right for all of them."""
    lab = get_color_space("lab")
    gray = np.repeat(color.rgb2gray(COLORS)[..., np.newaxis], 3, axis=-1)
    difference = np.abs(lab.encode(gray)[0] - lab.encode(COLORS)[0])
    assert difference.max() > 20


def test_every_color_is_normalized_by_its_whole_range() -> None:
    lab = encode("lab")
    luminance, targets = get_color_space("lab").normalize(lab[..., :1], lab[..., 1:])
    np.testing.assert_array_equal(luminance, lab[..., :1] / 100)
    np.testing.assert_array_equal(targets, (lab[..., 1:] + 128) / 255)
